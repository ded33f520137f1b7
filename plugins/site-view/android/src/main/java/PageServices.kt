package nl.kidskonnect.groep.site

import android.app.Activity
import android.content.Intent

/** Starts other apps' activities and the system's permission dialog. Only the activity's owner receives the results. */
internal interface ActivityLauncher {
    /** Starts an activity; [onResult] gets its result, or null if the person cancelled. */
    fun start(intent: Intent, onResult: (Intent?) -> Unit)

    /** Asks the person for [permissions]; [onResult] gets whether the person granted all of them. */
    fun requestPermissions(permissions: Array<String>, onResult: (Boolean) -> Unit)
}

/** What all pages of the site share. */
internal class PageServices(activity: Activity, val launcher: ActivityLauncher) {
    val popups = Popups(activity, this)
    val permissions = Permissions(activity, launcher)
    val uploads = Uploads(activity, launcher)
    val downloads = Downloads(activity)
    val otherApps = OtherApps(activity)
    val printer = Printer(activity, otherApps)
    val fullScreen = FullScreen(activity)
}
