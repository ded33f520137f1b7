package nl.kidskonnect.groep.site

import android.app.Activity
import android.content.Intent

/** What only the activity's owner can do. */
internal interface ActivityLauncher {
  /** Starts another app's activity; null where it was cancelled. */
  fun start(intent: Intent, done: (Intent?) -> Unit)

  /** Asks the person for permissions that the system guards. */
  fun ask(permissions: Array<String>, done: (Boolean) -> Unit)
}

/** What all pages of the site share. */
internal class PageServices(activity: Activity, launcher: ActivityLauncher) {
  val popups = Popups(activity, this)
  val permissions = Permissions(activity, launcher)
  val uploads = Uploads(activity, launcher)
  val downloads = Downloads(activity)
  val fullScreen = FullScreen(activity)
}
