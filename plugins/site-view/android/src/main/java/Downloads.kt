package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.DownloadManager
import android.content.ContentValues
import android.net.Uri
import android.os.Build
import android.os.Environment
import android.provider.MediaStore
import android.util.Base64
import android.webkit.CookieManager
import android.webkit.URLUtil
import androidx.annotation.RequiresApi
import java.io.File
import java.io.IOException

/**
 * Files that a page saves, if the app allows it: in the tablet's Downloads, or before Android 10, where that needs a
 * permission, in the app's own folder of that name.
 *
 * The system's download manager fetches what a server has, with the page's cookies. It is another app: it does not know
 * root certificates that a person added. What a page made itself (`blob:`, `data:`) is read from the page.
 */
internal class Downloads(private val activity: Activity) {
    private val manager get() = activity.getSystemService(DownloadManager::class.java)

    fun onRequest(page: Page, url: String, userAgent: String?, disposition: String?, type: String?) {
        if (!NativeHost.mayDownload(page.url, url, page.popup)) return
        if (Uri.parse(url).scheme !in listOf("blob", "data")) {
            return orReport(url) { fetch(url, userAgent, disposition, type) }
        }
        page.view.evaluateJavascript(readScript(url)) { json -> save(url, type, readResult(json)) }
    }

    private fun fetch(url: String, userAgent: String?, disposition: String?, type: String?) {
        val name = safe(URLUtil.guessFileName(url, disposition, type))
        val request = DownloadManager.Request(Uri.parse(url))
            .setTitle(name)
            .setMimeType(type)
            .setNotificationVisibility(DownloadManager.Request.VISIBILITY_VISIBLE_NOTIFY_COMPLETED)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) {
            request.setDestinationInExternalPublicDir(Environment.DIRECTORY_DOWNLOADS, name)
        } else {
            request.setDestinationInExternalFilesDir(activity, Environment.DIRECTORY_DOWNLOADS, name)
        }
        CookieManager.getInstance().getCookie(url)?.let { request.addRequestHeader("Cookie", it) }
        userAgent?.let { request.addRequestHeader("User-Agent", it) }
        manager?.enqueue(request)
    }

    private fun save(url: String, type: String?, file: Pair<String, String>?) = orReport(url) {
        val (given, content) = file ?: throw IOException("the page let nobody read it")
        val name = safe(given.ifBlank { URLUtil.guessFileName("/download", null, type) })
        val bytes = Base64.decode(content, Base64.DEFAULT)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) insert(name, type, bytes) else write(name, type, bytes)
        activity.say(NativeHost.SAVED)
    }

    @RequiresApi(Build.VERSION_CODES.Q)
    private fun insert(name: String, type: String?, bytes: ByteArray) {
        val values = ContentValues().apply {
            put(MediaStore.MediaColumns.DISPLAY_NAME, name)
            put(MediaStore.MediaColumns.MIME_TYPE, type)
        }
        val resolver = activity.contentResolver
        val uri = resolver.insert(MediaStore.Downloads.EXTERNAL_CONTENT_URI, values) ?: throw IOException("no place")
        resolver.openOutputStream(uri)?.use { it.write(bytes) } ?: throw IOException("no file")
    }

    @Suppress("DEPRECATION")
    private fun write(name: String, type: String?, bytes: ByteArray) {
        val folder = activity.getExternalFilesDir(Environment.DIRECTORY_DOWNLOADS) ?: throw IOException("no storage")
        val file = generateSequence(0) { it + 1 }.map { File(folder, if (it == 0) name else "$it $name") }
            .first { !it.exists() }
        file.writeBytes(bytes)
        val length = file.length().coerceAtLeast(1)
        manager?.addCompletedDownload(name, name, false, type ?: "application/octet-stream", file.path, length, true)
    }

    /** The system throws whatever it likes where there is no storage, no room, or no download manager. */
    private fun orReport(url: String, act: () -> Unit) = try {
        act()
    } catch (_: IOException) {
        onNotSaved(url)
    } catch (_: RuntimeException) {
        onNotSaved(url)
    }

    private fun onNotSaved(url: String) {
        NativeHost.onNotSaved(url)
        activity.say(NativeHost.NOT_SAVED)
    }

    /** The server or the page may choose the name, but not a hidden file and not a folder. */
    private fun safe(name: String): String {
        val last = name.substringAfterLast('/').substringAfterLast('\\')
        return last.filterNot { it.isISOControl() }.trimStart('.').ifBlank { "download" }
    }
}
