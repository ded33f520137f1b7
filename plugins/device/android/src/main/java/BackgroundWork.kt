package nl.kidskonnect.groep.device

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.ComponentName
import android.content.Context
import android.os.Build

/**
 * A job that does nothing itself: while it runs, the system does not freeze this process, and leaves it the network.
 *
 * Since Android 11 the system freezes a process about ten seconds after its last activity left the screen. Older systems
 * let it run, so they get no job. A started service would be simpler, but a process that is already behind the screen may
 * not start one, and the timer of a refresh does not know where the app is.
 */
class BackgroundWork : JobService() {
    override fun onStartJob(params: JobParameters): Boolean = synchronized(lock) {
        if (open > 0) finish = { jobFinished(params, false) }
        open > 0
    }

    /** The system ends the job early. The work goes on for as long as the process may run. */
    override fun onStopJob(params: JobParameters): Boolean = synchronized(lock) {
        finish = null
        scheduled = false
        false
    }

    companion object {
        /** The app schedules no other job, so any number will do. */
        private const val JOB = 1
        private val lock = Any()

        /** How many pieces of work are under way. They share one job. */
        private var open = 0
        private var scheduled = false

        /** Ends the job, once the system has started it. */
        private var finish: (() -> Unit)? = null

        /**
         * A piece of work begins. Returns whether the system keeps the process running for it; after `false`, or an
         * exception, it has not begun. Rust calls this on any thread.
         */
        @JvmStatic
        fun begin(context: Context): Boolean = synchronized(lock) {
            if (!scheduled && !schedule(context)) return false
            open += 1
            true
        }

        /** A piece of work that began has ended. */
        @JvmStatic
        fun end(context: Context): Unit = synchronized(lock) {
            open -= 1
            if (open > 0 || !scheduled) return
            scheduled = false
            val finishStarted = finish.also { finish = null }
            if (finishStarted != null) return finishStarted()
            context.getSystemService(JobScheduler::class.java)?.cancel(JOB)
        }

        private fun schedule(context: Context): Boolean {
            if (Build.VERSION.SDK_INT < Build.VERSION_CODES.R) return true
            val job = JobInfo.Builder(JOB, ComponentName(context, BackgroundWork::class.java))
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) job.setExpedited(true) else job.setOverrideDeadline(0)
            val scheduler = context.getSystemService(JobScheduler::class.java)
            scheduled = scheduler?.schedule(job.build()) == JobScheduler.RESULT_SUCCESS
            return scheduled
        }
    }
}
