package nl.kidskonnect.groep.site

import android.Manifest
import android.app.Activity
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.provider.MediaStore
import android.webkit.PermissionRequest
import android.webkit.ValueCallback
import android.webkit.WebChromeClient.FileChooserParams

/** Files for the page: chosen by the person, or photographed. Each question gets one answer, or the page asks no more. */
internal class Uploads(private val activity: Activity, private val launcher: ActivityLauncher) {
  private var pending: ValueCallback<Array<Uri>>? = null

  fun onRequest(page: Page, callback: ValueCallback<Array<Uri>>, params: FileChooserParams) {
    cancel()
    pending = callback
    if (!page.shown) return cancel()
    val camera = params.acceptTypes.any { it.startsWith("image/") } &&
      NativeHost.allows(page.address, PermissionRequest.RESOURCE_VIDEO_CAPTURE)
    if (!camera) return choose(callback, params, null)
    // An app that declares the permission must hold it to start the camera.
    if (activity.checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED) {
      return choose(callback, params, Photos.next(activity))
    }
    launcher.ask(arrayOf(Manifest.permission.CAMERA)) { granted ->
      choose(callback, params, if (granted) Photos.next(activity) else null)
    }
  }

  fun cancel() {
    pending.also { pending = null }?.onReceiveValue(null)
  }

  private fun choose(callback: ValueCallback<Array<Uri>>, params: FileChooserParams, photo: Uri?) {
    if (pending !== callback) return
    val files = params.createIntent().putExtra(Intent.EXTRA_ALLOW_MULTIPLE, params.mode == FileChooserParams.MODE_OPEN_MULTIPLE)
    val intent = if (photo == null) files else withCamera(files, photo, params.isCaptureEnabled)
    launcher.start(intent) { answer ->
      if (pending !== callback) return@start
      pending = null
      callback.onReceiveValue(chosen(answer, photo))
    }
  }

  private fun withCamera(files: Intent, photo: Uri, only: Boolean): Intent {
    val camera = Intent(MediaStore.ACTION_IMAGE_CAPTURE).putExtra(MediaStore.EXTRA_OUTPUT, photo)
      .addFlags(Intent.FLAG_GRANT_WRITE_URI_PERMISSION or Intent.FLAG_GRANT_READ_URI_PERMISSION)
    camera.clipData = android.content.ClipData.newRawUri(null, photo)
    if (only) return camera
    return Intent.createChooser(files, null).putExtra(Intent.EXTRA_INITIAL_INTENTS, arrayOf(camera))
  }

  // The camera's answer names nothing: the photo is where it was told to be. Only `content:` is anyone else's to give.
  private fun chosen(answer: Intent?, photo: Uri?): Array<Uri>? {
    if (answer == null) return null
    val clip = answer.clipData
    val many = if (clip == null) emptyList() else (0 until clip.itemCount).mapNotNull { clip.getItemAt(it).uri }
    val named = many.ifEmpty { listOfNotNull(answer.data) }.filter { it.scheme == "content" }
    return named.ifEmpty { listOfNotNull(photo?.takeIf { Photos.isTaken(activity, it) }) }.ifEmpty { null }?.toTypedArray()
  }
}
