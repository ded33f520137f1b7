package nl.kidskonnect.groep.site

import android.annotation.SuppressLint
import android.app.Activity
import android.content.res.Configuration
import android.os.SystemClock
import android.view.KeyEvent
import android.view.MotionEvent
import android.view.inputmethod.EditorInfo
import android.view.inputmethod.InputConnection
import android.view.inputmethod.InputConnectionWrapper
import android.webkit.WebView
import kotlin.math.roundToInt

/** A time long before the device started. */
internal const val NEVER = Long.MIN_VALUE / 2

/** A web view that reports a person's input, and calls [onBack] for the back key. No layout file inflates it. */
@SuppressLint("ViewConstructor")
internal class PageView(activity: Activity, private val onBack: () -> Unit) : WebView(activity) {
    /** When a finger was lifted or a key went down, in the time of [SystemClock.uptimeMillis]. */
    var tappedAt = NEVER

    override fun dispatchTouchEvent(event: MotionEvent): Boolean {
        NativeHost.onUserActivity()
        if (event.actionMasked == MotionEvent.ACTION_UP) tappedAt = SystemClock.uptimeMillis()
        return super.dispatchTouchEvent(event)
    }

    override fun dispatchKeyEvent(event: KeyEvent): Boolean {
        NativeHost.onUserActivity()
        if (event.action == KeyEvent.ACTION_DOWN && event.repeatCount == 0) tappedAt = SystemClock.uptimeMillis()
        return handleBackKey(event, onBack) || super.dispatchKeyEvent(event)
    }

    // A mouse that lies on a moving table reports movements without a person, but no scrolling.
    override fun dispatchGenericMotionEvent(event: MotionEvent): Boolean {
        if (event.action == MotionEvent.ACTION_SCROLL) NativeHost.onUserActivity()
        return super.dispatchGenericMotionEvent(event)
    }

    override fun onConfigurationChanged(now: Configuration) {
        super.onConfigurationChanged(now)
        applyFontScale(now)
    }

    // An on-screen keyboard sends text and no key events. Without this, a person who types a report would count as
    // idle.
    override fun onCreateInputConnection(info: EditorInfo): InputConnection? =
        observed(super.onCreateInputConnection(info))
}

/** The engine's connection to the keyboard, which also reports input. The keyboard calls it on a thread of its own. */
internal fun observed(connection: InputConnection?): InputConnection? = connection?.let {
    object : InputConnectionWrapper(it, false) {
        override fun commitText(text: CharSequence?, cursor: Int): Boolean {
            NativeHost.onUserActivity()
            return super.commitText(text, cursor)
        }

        override fun setComposingText(text: CharSequence?, cursor: Int): Boolean {
            NativeHost.onUserActivity()
            return super.setComposingText(text, cursor)
        }
    }
}

/**
 * Applies the system's font size. The engine reads it only when a web view is made, and no view is remade for a new
 * size.
 */
internal fun WebView.applyFontScale(now: Configuration) {
    settings.textZoom = (now.fontScale * 100).roundToInt()
}
