package nl.kidskonnect.groep.site

import android.Manifest
import android.app.Activity
import android.content.pm.PackageManager
import android.webkit.PermissionRequest

/** Camera and microphone for a page, if the app's policy and the person allow them. */
internal class Permissions(private val activity: Activity, private val launcher: ActivityLauncher) {
    private var pending: PermissionRequest? = null

    fun onRequest(page: Page, request: PermissionRequest) {
        val wanted = request.resources
        val needed = wanted.map { systemPermission(it) }
        val origin = request.origin.toString()
        if (!page.visible || needed.any { it == null }) return request.deny()
        // `count` asks the app about every resource, so that the app can record each refusal.
        if (wanted.count { NativeHost.allows(origin, it) } < wanted.size) return request.deny()
        val missing = needed.filterNotNull().filter {
            activity.checkSelfPermission(it) != PackageManager.PERMISSION_GRANTED
        }
        if (missing.isEmpty()) return request.grant(wanted)
        denyPending()
        pending = request
        launcher.requestPermissions(missing.toTypedArray()) { granted ->
            // A request that was cancelled while the person was asked must not be answered.
            if (pending !== request) return@requestPermissions
            pending = null
            if (granted) request.grant(wanted) else request.deny()
        }
    }

    fun onRequestCanceled(request: PermissionRequest) {
        if (pending === request) pending = null
    }

    fun denyPending() {
        pending.also { pending = null }?.deny()
    }

    private fun systemPermission(resource: String): String? = when (resource) {
        PermissionRequest.RESOURCE_VIDEO_CAPTURE -> Manifest.permission.CAMERA
        PermissionRequest.RESOURCE_AUDIO_CAPTURE -> Manifest.permission.RECORD_AUDIO
        else -> null
    }
}
