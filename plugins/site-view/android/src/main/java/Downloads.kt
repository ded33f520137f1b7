package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.DownloadManager
import android.net.Uri
import android.os.Environment
import android.webkit.CookieManager
import android.webkit.URLUtil

/** Files that a page wants to save, where the app allows it: the system fetches them, with the page's cookies. */
internal class Downloads(private val activity: Activity) {
  fun onRequest(page: Page, address: String, agent: String?, disposition: String?, type: String?) {
    if (!NativeHost.mayDownload(page.address, address, page.popup)) return
    // The name may be the server's: never one that is hidden, or a folder.
    val name = URLUtil.guessFileName(address, disposition, type).trimStart('.').ifBlank { "download" }
    val request = DownloadManager.Request(Uri.parse(address))
      .setTitle(name)
      .setMimeType(type)
      .setNotificationVisibility(DownloadManager.Request.VISIBILITY_VISIBLE_NOTIFY_COMPLETED)
      .setDestinationInExternalFilesDir(activity, Environment.DIRECTORY_DOWNLOADS, name)
    CookieManager.getInstance().getCookie(address)?.let { request.addRequestHeader("Cookie", it) }
    agent?.let { request.addRequestHeader("User-Agent", it) }
    try {
      activity.getSystemService(DownloadManager::class.java)?.enqueue(request)
    } catch (_: IllegalArgumentException) {
      // A tablet on which the app that fetches is switched off.
    }
  }
}
