package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.DownloadManager
import android.net.Uri
import android.os.Environment
import android.webkit.CookieManager
import android.webkit.URLUtil

/**
 * Files that a page saves. The system's download manager fetches them, with the page's cookies, if the app allows it.
 */
internal class Downloads(private val activity: Activity) {
    fun onRequest(page: Page, url: String, userAgent: String?, disposition: String?, type: String?) {
        if (!NativeHost.mayDownload(page.url, url, page.popup)) return
        // The server may choose the name, but not a hidden file and not a folder.
        val name = URLUtil.guessFileName(url, disposition, type).trimStart('.').ifBlank { "download" }
        val request = DownloadManager.Request(Uri.parse(url))
            .setTitle(name)
            .setMimeType(type)
            .setNotificationVisibility(DownloadManager.Request.VISIBILITY_VISIBLE_NOTIFY_COMPLETED)
            .setDestinationInExternalFilesDir(activity, Environment.DIRECTORY_DOWNLOADS, name)
        CookieManager.getInstance().getCookie(url)?.let { request.addRequestHeader("Cookie", it) }
        userAgent?.let { request.addRequestHeader("User-Agent", it) }
        try {
            activity.getSystemService(DownloadManager::class.java)?.enqueue(request)
        } catch (_: IllegalArgumentException) {
            // The download manager is disabled on this tablet.
        }
    }
}
