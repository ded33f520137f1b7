package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.Dialog
import android.os.Build
import android.util.TypedValue
import android.view.View
import android.view.ViewTreeObserver
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
    insets.run {
        view.setPadding(systemWindowInsetLeft, systemWindowInsetTop, systemWindowInsetRight, systemWindowInsetBottom)
    }
    return insets.consumeSystemWindowInsets()
}

/**
 * Pads everything in this activity, the app's own page and the site alike. Web views report the keyboard to their pages
 * since version 139 and the system bars since 144; the newest version for Android 8 and 9 is 138.
 */
internal fun Activity.padContent() {
    val content = findViewById<View>(android.R.id.content)
    content.padForSystemBars()
    // Or the splash screen, which is the window's background, would show behind the bars.
    content.useThemeBackground()
    content.requestApplyInsets()
}

internal fun View.useThemeBackground() {
    val color = TypedValue()
    if (context.theme.resolveAttribute(android.R.attr.colorBackground, color, true)) setBackgroundColor(color.data)
}

/**
 * Blocks screenshots of this dialog for as long as they are blocked for the activity: each window has a flag of its
 * own. The activity draws a frame when its flag changes.
 */
internal fun Dialog.followSecureFlag(activity: Activity) {
    val frames = activity.window.decorView
    val copy = ViewTreeObserver.OnPreDrawListener {
        copySecureFlag(activity)
        true
    }
    copySecureFlag(activity)
    frames.viewTreeObserver.addOnPreDrawListener(copy)
    setOnDismissListener { frames.viewTreeObserver.removeOnPreDrawListener(copy) }
}

private fun Dialog.copySecureFlag(activity: Activity) {
    val window = window ?: return
    val secure = WindowManager.LayoutParams.FLAG_SECURE
    val wanted = activity.window.attributes.flags and secure
    if (window.attributes.flags and secure != wanted) window.setFlags(wanted, secure)
}

@Suppress("DEPRECATION")
internal fun Window.resizeForKeyboard() = setSoftInputMode(WindowManager.LayoutParams.SOFT_INPUT_ADJUST_RESIZE)
