package nl.kidskonnect.groep.site

import android.Manifest
import android.app.Activity
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.provider.MediaStore
import android.webkit.MimeTypeMap
import android.webkit.PermissionRequest
import android.webkit.ValueCallback
import android.webkit.WebChromeClient.FileChooserParams
import java.util.Locale

/**
 * Files for an upload field, chosen or photographed by the person. The engine opens no second chooser before the first
 * callback got its one answer, so every path here must answer.
 */
internal class Uploads(private val activity: Activity, private val launcher: ActivityLauncher) {
    private var pending: ValueCallback<Array<Uri>>? = null

    fun onRequest(page: Page, callback: ValueCallback<Array<Uri>>, params: FileChooserParams) {
        cancel()
        pending = callback
        if (!page.visible) return cancel()
        val camera = types(params).any { it.startsWith("image/") || it == ANY } &&
            NativeHost.allows(page.url, PermissionRequest.RESOURCE_VIDEO_CAPTURE)
        if (!camera) return choose(callback, params, null)
        // Android lets an app that declares the camera permission start the camera app only if it holds that
        // permission.
        if (activity.checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED) {
            return choose(callback, params, Photos.reserve(activity))
        }
        launcher.requestPermissions(arrayOf(Manifest.permission.CAMERA)) { granted ->
            choose(callback, params, if (granted) Photos.reserve(activity) else null)
        }
    }

    fun cancel() {
        pending.also { pending = null }?.onReceiveValue(null)
    }

    private fun choose(callback: ValueCallback<Array<Uri>>, params: FileChooserParams, photo: Uri?) {
        if (pending !== callback) return
        val types = types(params)
        // Not `params.createIntent()`: older web views put only the first type into it, and extensions as they are.
        val files = Intent(Intent.ACTION_GET_CONTENT).addCategory(Intent.CATEGORY_OPENABLE)
            .setType(types.singleOrNull() ?: ANY)
            .putExtra(Intent.EXTRA_ALLOW_MULTIPLE, params.mode == FileChooserParams.MODE_OPEN_MULTIPLE)
        if (types.size > 1) files.putExtra(Intent.EXTRA_MIME_TYPES, types.toTypedArray())
        val intent = if (photo == null) files else withCamera(files, photo, params.isCaptureEnabled)
        launcher.start(intent) { result ->
            if (pending !== callback) return@start
            pending = null
            callback.onReceiveValue(chosen(result, photo))
        }
    }

    /** The types that the page asks for, with extensions as the types that they stand for. */
    private fun types(params: FileChooserParams): List<String> {
        val named = params.acceptTypes.flatMap { it.split(',') }.map { it.trim().lowercase(Locale.ROOT) }
        val types = named.filter { it.startsWith(".") || '/' in it }.map { type ->
            if (!type.startsWith(".")) return@map type
            MimeTypeMap.getSingleton().getMimeTypeFromExtension(type.drop(1)) ?: ANY
        }
        return if (types.isEmpty() || ANY in types) listOf(ANY) else types.distinct()
    }

    private fun withCamera(files: Intent, photo: Uri, only: Boolean): Intent {
        val camera = Intent(MediaStore.ACTION_IMAGE_CAPTURE).putExtra(MediaStore.EXTRA_OUTPUT, photo)
            .addFlags(Intent.FLAG_GRANT_WRITE_URI_PERMISSION or Intent.FLAG_GRANT_READ_URI_PERMISSION)
        camera.clipData = android.content.ClipData.newRawUri(null, photo)
        if (only) return camera
        return Intent.createChooser(files, null).putExtra(Intent.EXTRA_INITIAL_INTENTS, arrayOf(camera))
    }

    // The camera app's result names no file: the photo is where `EXTRA_OUTPUT` said. Only `content:` URIs are accepted,
    // because another app could answer with a `file:` path of this app.
    private fun chosen(result: Intent?, photo: Uri?): Array<Uri>? {
        if (result == null) return null
        val clip = result.clipData
        val many = if (clip == null) emptyList() else (0 until clip.itemCount).mapNotNull { clip.getItemAt(it).uri }
        val named = many.ifEmpty { listOfNotNull(result.data) }.filter { it.scheme == "content" }
        val files = named.ifEmpty { listOfNotNull(photo?.takeIf { Photos.isTaken(activity, it) }) }
        return files.ifEmpty { null }?.toTypedArray()
    }

    private companion object {
        const val ANY = "*/*"
    }
}
