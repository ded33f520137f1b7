package nl.kidskonnect.groep.site

import android.Manifest
import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.content.ComponentName
import nl.kidskonnect.groep.device.BackgroundWork
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadow.api.Shadow

/**
 * The job that keeps the process from being frozen while a token is on its way.
 *
 * Real: the plugin's Rust and Kotlin, `JobInfo` with its checks, the manifest. Robolectric's shadow replaces the job
 * scheduler and starts no job, so these tests start and stop the service as the system does. Only a tablet shows that a
 * process with such a job is not frozen.
 */
class BackgroundWorkTest : SiteFixture() {
    private val application get() = RuntimeEnvironment.getApplication()
    private val scheduler get() = application.getSystemService(JobScheduler::class.java)
    private val jobs: List<JobInfo> get() = scheduler.allPendingJobs
    private var underWay = 0

    private fun begin() {
        assertEquals("", Device.beginWork(application))
        underWay += 1
    }

    private fun end() {
        Device.endWork()
        underWay -= 1
    }

    private fun service() = Robolectric.setupService(BackgroundWork::class.java)

    private fun parameters() = Shadow.newInstanceOf(JobParameters::class.java)

    /** The counts outlive a test, as they outlive an activity. */
    @After
    fun everythingHasEnded() = repeat(underWay) { end() }

    @Test
    fun `work is one expedited job that runs until the last piece of work has ended`() {
        begin()
        begin()
        val job = jobs.single()
        assertTrue(job.isExpedited)
        assertFalse("it is for this moment only", job.isPersisted)
        assertEquals(ComponentName(application, BackgroundWork::class.java), job.service)
        val service = service()
        assertTrue("it goes on after onStartJob", service.onStartJob(parameters()))
        end()
        assertFalse(shadowOf(service).isJobFinished)
        end()
        assertTrue(shadowOf(service).isJobFinished)
        assertFalse(shadowOf(service).isRescheduleNeeded)
    }

    @Test
    fun `a job that the system has not started when the work ends never starts`() {
        begin()
        end()
        assertEquals(emptyList<JobInfo>(), jobs)
        assertFalse("if it starts all the same, it ends at once", service().onStartJob(parameters()))
    }

    @Test
    fun `after the system stopped the job the next piece of work gets a new one`() {
        begin()
        val service = service()
        service.onStartJob(parameters())
        assertFalse("not again by itself", service.onStopJob(parameters()))
        scheduler.cancelAll()
        begin()
        assertEquals(1, jobs.size)
        end()
        end()
        assertFalse(shadowOf(service).isJobFinished)
        assertEquals(emptyList<JobInfo>(), jobs)
    }

    @Test
    fun `a job that the system refuses is an error and no piece of work begins`() {
        shadowOf(scheduler).failOnJob(1)
        assertEquals("System(\"the job scheduler refused the job\")", Device.beginWork(application))
        assertEquals(emptyList<JobInfo>(), jobs)
        assertFalse(service().onStartJob(parameters()))
    }

    @Test
    fun `only the system may bind to the service`() {
        val service = application.packageManager.getServiceInfo(
            ComponentName(application, BackgroundWork::class.java),
            0
        )
        assertEquals(Manifest.permission.BIND_JOB_SERVICE, service.permission)
        assertFalse(service.exported)
    }
}
