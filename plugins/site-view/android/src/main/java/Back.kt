package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.Dialog
import android.os.Build
import android.view.KeyEvent
import android.window.OnBackInvokedCallback
import android.window.OnBackInvokedDispatcher

/** The activity's back, as long as it is ours. From Android 13 on the system calls, before it a key is pressed. */
internal class Back private constructor(private val undo: () -> Unit) {
  fun remove() = undo()

  companion object {
    fun of(activity: Activity, back: () -> Unit): Back {
      if (Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU) return Back {}
      val callback = OnBackInvokedCallback { back() }
      // In front of the one that Tauri's activity registers.
      activity.onBackInvokedDispatcher.registerOnBackInvokedCallback(OnBackInvokedDispatcher.PRIORITY_OVERLAY, callback)
      return Back { activity.onBackInvokedDispatcher.unregisterOnBackInvokedCallback(callback) }
    }
  }
}

internal fun Dialog.onBack(back: () -> Unit) {
  if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) {
    onBackInvokedDispatcher.registerOnBackInvokedCallback(OnBackInvokedDispatcher.PRIORITY_DEFAULT) { back() }
  }
  setOnKeyListener { _, _, event -> isBack(event, back) }
}

internal fun isBack(event: KeyEvent, back: () -> Unit): Boolean {
  if (event.keyCode != KeyEvent.KEYCODE_BACK) return false
  if (event.action == KeyEvent.ACTION_UP && !event.isCanceled) back()
  return true
}
