package nl.kidskonnect.groep.site

import android.Manifest
import android.app.Activity
import android.content.pm.PackageManager
import android.webkit.PermissionRequest

/** Camera and microphone, as far as the app's settings, the page's address and the person allow. */
internal class Permissions(private val activity: Activity, private val launcher: ActivityLauncher) {
  private var pending: PermissionRequest? = null

  fun onRequest(page: Page, request: PermissionRequest) {
    val wanted = request.resources
    val guards = wanted.map { guard(it) }
    val origin = request.origin.toString()
    if (!page.shown || guards.any { it == null }) return request.deny()
    // Each is asked about, so that each refusal is told.
    if (wanted.count { NativeHost.allows(origin, it) } < wanted.size) return request.deny()
    val missing = guards.filterNotNull().filter { activity.checkSelfPermission(it) != PackageManager.PERMISSION_GRANTED }
    if (missing.isEmpty()) return request.grant(wanted)
    withdraw()
    pending = request
    launcher.ask(missing.toTypedArray()) { granted ->
      // One that was withdrawn while the person was asked is answered already.
      if (pending !== request) return@ask
      pending = null
      if (granted) request.grant(wanted) else request.deny()
    }
  }

  fun onRequestCanceled(request: PermissionRequest) {
    if (pending === request) pending = null
  }

  fun withdraw() {
    pending.also { pending = null }?.deny()
  }

  private fun guard(resource: String): String? = when (resource) {
    PermissionRequest.RESOURCE_VIDEO_CAPTURE -> Manifest.permission.CAMERA
    PermissionRequest.RESOURCE_AUDIO_CAPTURE -> Manifest.permission.RECORD_AUDIO
    else -> null
  }
}
