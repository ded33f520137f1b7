package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.Dialog
import android.os.Build
import android.view.View
import android.view.Window
import android.view.WindowInsets
import android.view.WindowManager

/** Pads this view, so that its content is clear of the system bars, the display cutout and the keyboard. */
internal fun View.padForSystemBars() = setOnApplyWindowInsetsListener { view, insets ->
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) {
        val type = WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout() or WindowInsets.Type.ime()
        val taken = insets.getInsets(type)
        view.setPadding(taken.left, taken.top, taken.right, taken.bottom)
        WindowInsets.CONSUMED
    } else {
        padBefore30(view, insets)
    }
}

@Suppress("DEPRECATION")
private fun padBefore30(view: View, insets: WindowInsets): WindowInsets {
    view.setPadding(
        insets.systemWindowInsetLeft,
        insets.systemWindowInsetTop,
        insets.systemWindowInsetRight,
        insets.systemWindowInsetBottom
    )
    return insets.consumeSystemWindowInsets()
}

/** Blocks screenshots of this dialog if they are blocked for the activity: each window has a flag of its own. */
internal fun Dialog.copySecureFlag(activity: Activity) {
    val secure = WindowManager.LayoutParams.FLAG_SECURE
    window?.setFlags(activity.window.attributes.flags and secure, secure)
}

@Suppress("DEPRECATION")
internal fun Window.resizeForKeyboard() = setSoftInputMode(WindowManager.LayoutParams.SOFT_INPUT_ADJUST_RESIZE)
