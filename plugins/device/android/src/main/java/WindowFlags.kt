package nl.kidskonnect.groep.device

import android.app.Activity
import android.app.Application
import android.os.Bundle

/**
 * What the app asks of its windows: to keep the screen on, to stay out of screenshots. Android may replace an activity
 * at any time, and the window of the new one starts without flags, so each new activity gets them before it is drawn.
 */
object WindowFlags : Application.ActivityLifecycleCallbacks {
    private var flags = 0
    private var application: Application? = null

    /** Sets or clears one of the flags of `WindowManager.LayoutParams`. Rust calls this on the main thread. */
    @JvmStatic
    fun set(activity: Activity, flag: Int, on: Boolean) {
        flags = if (on) flags or flag else flags and flag.inv()
        activity.window.setFlags(if (on) flag else 0, flag)
        if (application !== activity.application) {
            application = activity.application
            activity.application.registerActivityLifecycleCallbacks(this)
        }
    }

    override fun onActivityCreated(activity: Activity, state: Bundle?) = activity.window.addFlags(flags)

    override fun onActivityStarted(activity: Activity) = Unit

    override fun onActivityResumed(activity: Activity) = Unit

    override fun onActivityPaused(activity: Activity) = Unit

    override fun onActivityStopped(activity: Activity) = Unit

    override fun onActivitySaveInstanceState(activity: Activity, state: Bundle) = Unit

    override fun onActivityDestroyed(activity: Activity) = Unit
}
