package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.Dialog
import android.os.Build
import android.view.View
import android.view.Window
import android.view.WindowInsets
import android.view.WindowManager

/** Keeps what is inside off the system's bars, the camera's hole and the keyboard. */
internal fun View.padForSystemBars() = setOnApplyWindowInsetsListener { view, insets ->
  if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) {
    val type = WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout() or WindowInsets.Type.ime()
    val taken = insets.getInsets(type)
    view.setPadding(taken.left, taken.top, taken.right, taken.bottom)
    WindowInsets.CONSUMED
  } else {
    before30(view, insets)
  }
}

@Suppress("DEPRECATION")
private fun before30(view: View, insets: WindowInsets): WindowInsets {
  view.setPadding(
    insets.systemWindowInsetLeft, insets.systemWindowInsetTop, insets.systemWindowInsetRight, insets.systemWindowInsetBottom
  )
  return insets.consumeSystemWindowInsets()
}

/** Where the app may not be photographed, neither may its windows. */
internal fun Dialog.copySecureFlag(activity: Activity) {
  val secure = WindowManager.LayoutParams.FLAG_SECURE
  window?.setFlags(activity.window.attributes.flags and secure, secure)
}

@Suppress("DEPRECATION")
internal fun Window.resizeForKeyboard() = setSoftInputMode(WindowManager.LayoutParams.SOFT_INPUT_ADJUST_RESIZE)
