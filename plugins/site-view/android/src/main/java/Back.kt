package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.Dialog
import android.os.Build
import android.view.KeyEvent
import android.window.OnBackInvokedDispatcher
import androidx.activity.ComponentActivity
import androidx.activity.OnBackPressedCallback

/**
 * Calls [onBack] for the activity's back gesture, while the result is enabled. It is disabled at first.
 *
 * AndroidX dispatches to it, and not the platform: a callback of the platform's with a higher priority would also go
 * before the keyboard's. Bound to the activity's lifecycle, AndroidX adds it after Tauri's own callback at every start
 * of the activity, if it was added later. The newest callback goes first.
 */
internal fun backCallback(activity: Activity, onBack: () -> Unit): OnBackPressedCallback {
    val callback = object : OnBackPressedCallback(false) {
        override fun handleOnBackPressed() = onBack()
    }
    if (activity is ComponentActivity) activity.onBackPressedDispatcher.addCallback(activity, callback)
    return callback
}

internal fun Dialog.onBack(onBack: () -> Unit) {
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) {
        onBackInvokedDispatcher.registerOnBackInvokedCallback(OnBackInvokedDispatcher.PRIORITY_DEFAULT) { onBack() }
    }
    setOnKeyListener { _, _, event -> handleBackKey(event, onBack) }
}

/** Whether [event] is the back key; calls [onBack] when that key is released. */
internal fun handleBackKey(event: KeyEvent, onBack: () -> Unit): Boolean {
    if (event.keyCode != KeyEvent.KEYCODE_BACK) return false
    if (event.action == KeyEvent.ACTION_UP && !event.isCanceled) onBack()
    return true
}
