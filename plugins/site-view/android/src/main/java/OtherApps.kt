package nl.kidskonnect.groep.site

import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.widget.Toast

/** Links for the telephone, the mail app or an app with one-time codes, which a person has tapped. */
internal class OtherApps(private val activity: Activity) {
    fun open(page: Page, url: String) {
        if (!NativeHost.isForOtherApp(url) || !page.takeTap(FIVE_SECONDS)) return
        val intent = Intent(Intent.ACTION_VIEW, Uri.parse(url)).addCategory(Intent.CATEGORY_BROWSABLE)
        // There may be no such app (ActivityNotFoundException), or none that may be started (SecurityException).
        runCatching { activity.startActivity(intent.addFlags(Intent.FLAG_ACTIVITY_NEW_TASK)) }
            .onFailure { onAbsent(url) }
    }

    fun onAbsent(url: String) {
        NativeHost.onNoApp(url)
        activity.say(NativeHost.NO_APP)
    }
}

/** Shows one of the texts of [NativeHost.label] for some seconds. */
internal fun Activity.say(which: Int) = Toast.makeText(this, NativeHost.label(which), Toast.LENGTH_LONG).show()
