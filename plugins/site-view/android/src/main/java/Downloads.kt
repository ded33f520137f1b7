package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.DownloadManager
import android.content.ContentValues
import android.content.Context
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
import java.util.concurrent.Executor
import java.util.concurrent.Executors
import org.json.JSONObject

/**
 * Files that a page saves, if the app allows it: in the tablet's Downloads, or before Android 10, where that needs a
 * permission, in the app's own folder of that name.
 *
 * The system's download manager fetches what a server has, with the page's cookies. It is another app: it does not know
 * root certificates that a person added. What a page made itself (`blob:`, `data:`) is read from the page, slice by
 * slice, because there may be no memory for all of it.
 */
internal class Downloads(private val activity: Activity) {
    private val manager get() = activity.getSystemService(DownloadManager::class.java)

    /** The main thread sets it; the writer looks whether its file is still wanted. */
    @Volatile private var reading: Reading? = null

    /** A file that a page made, on its way into [part]. */
    private inner class Reading(val page: Page, val url: String, val type: String?, val name: String) {
        val part = File(activity.cacheDir, PART)

        @Volatile var length = 0L

        fun next() = page.view.evaluateJavascript("window['${page.token}'].read($length, $SLICE)") {
            if (it != "true") end(this, NativeHost.NOT_READ)
        }

        fun write(base64: String) {
            if (reading !== this) return
            val bytes = Base64.decode(base64, Base64.DEFAULT)
            if (length == 0L) part.writeBytes(bytes) else part.appendBytes(bytes)
            length += bytes.size
            if (bytes.size == SLICE) return activity.runOnUiThread { if (reading === this) next() }
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) insert(name, type, part) else copy(name, type, part)
            activity.runOnUiThread { end(this, NativeHost.SAVED) }
        }
    }

    fun onRequest(page: Page, url: String, userAgent: String?, disposition: String?, type: String?) {
        if (!NativeHost.mayDownload(page.url, url, page.popup)) return
        if (Uri.parse(url).scheme !in listOf("blob", "data")) {
            // The system throws whatever it likes where there is no storage, no room, or no download manager.
            runCatching { fetch(url, userAgent, disposition, type) }
                .onFailure { onNotSaved(url, NativeHost.NOT_SAVED) }
            return
        }
        if (reading != null || !page.takeTap(MINUTE)) return onNotSaved(url, NativeHost.NOT_READ)
        page.view.evaluateJavascript("window['${page.token}'].open(${JSONObject.quote(url)})") { encoded ->
            if (encoded == null || encoded == "null") {
                onNotSaved(url, NativeHost.NOT_READ)
            } else {
                val given = Uri.decode(encoded.trim('"')).ifBlank { URLUtil.guessFileName("/download", null, type) }
                reading = Reading(page, url, type, safe(given)).also { it.next() }
            }
        }
    }

    /** The page has read a slice. Its size is counted here, because a page may give more than it was asked for. */
    fun onRead(page: Page) {
        val reading = reading?.takeIf { it.page === page } ?: return
        page.view.evaluateJavascript("window['${page.token}'].take()") { base64 ->
            val size = reading.length + (base64?.length ?: 0)
            if (base64 == null || base64 == "null" || base64.length > 2 * SLICE || size > MAX_BYTES) {
                end(reading, NativeHost.NOT_READ)
            } else {
                writer.execute {
                    runCatching { reading.write(base64.trim('"')) }
                        .onFailure { activity.runOnUiThread { end(reading, NativeHost.NOT_SAVED) } }
                }
            }
        }
    }

    /** The page is gone, and with it a file that was not read to its end. */
    fun cancel(page: Page) {
        reading?.takeIf { it.page === page }?.let { end(it, NativeHost.NOT_READ) }
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

    private fun end(ended: Reading, how: Int) {
        if (reading !== ended) return
        reading = null
        // After what the writer is doing at the moment, and before it begins the next file.
        writer.execute { ended.part.delete() }
        if (how == NativeHost.SAVED) activity.say(how) else onNotSaved(ended.url, how)
    }

    @RequiresApi(Build.VERSION_CODES.Q)
    private fun insert(name: String, type: String?, content: File) {
        val values = ContentValues().apply {
            put(MediaStore.MediaColumns.DISPLAY_NAME, name)
            put(MediaStore.MediaColumns.MIME_TYPE, type)
            put(MediaStore.MediaColumns.IS_PENDING, 1)
        }
        val resolver = activity.contentResolver
        val uri = resolver.insert(MediaStore.Downloads.EXTERNAL_CONTENT_URI, values) ?: throw IOException("no place")
        runCatching {
            resolver.openOutputStream(uri)!!.use { out -> content.inputStream().use { it.copyTo(out) } }
            resolver.update(uri, ContentValues().apply { put(MediaStore.MediaColumns.IS_PENDING, 0) }, null, null)
        }.onFailure { resolver.delete(uri, null, null) }.getOrThrow()
    }

    @Suppress("DEPRECATION")
    private fun copy(name: String, type: String?, content: File) {
        val folder = activity.getExternalFilesDir(Environment.DIRECTORY_DOWNLOADS) ?: throw IOException("no storage")
        val file = generateSequence(0) { it + 1 }.map { File(folder, if (it == 0) name else "$it $name") }
            .first { !it.exists() }
        runCatching { content.copyTo(file) }.onFailure { file.delete() }.getOrThrow()
        val length = file.length().coerceAtLeast(1)
        manager?.addCompletedDownload(name, name, false, type ?: "application/octet-stream", file.path, length, true)
    }

    private fun onNotSaved(url: String, why: Int) {
        NativeHost.onNotSaved(url)
        activity.say(why)
    }

    private fun safe(name: String) = NativeHost.fileName(name) ?: "download"

    internal companion object {
        /** Writes files, away from the main thread; tests replace it. */
        var writer: Executor = Executors.newSingleThreadExecutor()
        private const val PART = "download"
        private const val MINUTE = 60_000L

        /** A multiple of three, so that only the last slice can be shorter than asked for. */
        const val SLICE = 3 * 256 * 1024
        const val MAX_BYTES = 32 * 1024 * 1024

        /** What is left of a file that the app did not finish. */
        fun delete(context: Context) = File(context.cacheDir, PART).delete()
    }
}
