package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.Dialog
import android.os.Build
import android.view.KeyEvent
import android.window.OnBackInvokedCallback
import android.window.OnBackInvokedDispatcher

/**
 * The registration for an activity's back gesture, until [remove]. Android 13 and later call a dispatcher; earlier
 * versions send a key event, which [PageView] handles.
 */
internal class Back private constructor(private val unregister: () -> Unit) {
    fun remove() = unregister()

    companion object {
        fun of(activity: Activity, onBack: () -> Unit): Back {
            if (Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU) return Back {}
            val callback = OnBackInvokedCallback { onBack() }
            // The overlay priority goes before the callback that Tauri's activity registers.
            activity.onBackInvokedDispatcher.registerOnBackInvokedCallback(
                OnBackInvokedDispatcher.PRIORITY_OVERLAY,
                callback
            )
            return Back { activity.onBackInvokedDispatcher.unregisterOnBackInvokedCallback(callback) }
        }
    }
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
