package nl.kidskonnect.groep.site

import android.annotation.SuppressLint
import android.app.Activity
import android.content.res.Configuration
import android.view.KeyEvent
import android.view.MotionEvent
import android.view.inputmethod.EditorInfo
import android.view.inputmethod.InputConnection
import android.view.inputmethod.InputConnectionWrapper
import android.webkit.WebView
import kotlin.math.roundToInt

/** A web view that says when somebody uses its page, and what [back] is there. No layout names it. */
@SuppressLint("ViewConstructor")
internal class PageView(activity: Activity, private val back: () -> Unit) : WebView(activity) {
  override fun dispatchTouchEvent(event: MotionEvent): Boolean {
    NativeHost.onUserActivity()
    return super.dispatchTouchEvent(event)
  }

  override fun dispatchKeyEvent(event: KeyEvent): Boolean {
    NativeHost.onUserActivity()
    return isBack(event, back) || super.dispatchKeyEvent(event)
  }

  // A mouse that only lies there moves too: its wheel does not.
  override fun dispatchGenericMotionEvent(event: MotionEvent): Boolean {
    if (event.action == MotionEvent.ACTION_SCROLL) NativeHost.onUserActivity()
    return super.dispatchGenericMotionEvent(event)
  }

  override fun onConfigurationChanged(now: Configuration) {
    super.onConfigurationChanged(now)
    applyFontScale(now)
  }

  // A keyboard on the screen presses no keys: somebody who writes a report would seem to be gone.
  override fun onCreateInputConnection(info: EditorInfo): InputConnection? = typing(super.onCreateInputConnection(info))
}

/** The engine's connection to the keyboard, as it is. The keyboard calls on a thread of its own. */
internal fun typing(connection: InputConnection?): InputConnection? =
  if (connection == null) null
  else object : InputConnectionWrapper(connection, false) {
    override fun commitText(text: CharSequence?, cursor: Int): Boolean {
      NativeHost.onUserActivity()
      return super.commitText(text, cursor)
    }

    override fun setComposingText(text: CharSequence?, cursor: Int): Boolean {
      NativeHost.onUserActivity()
      return super.setComposingText(text, cursor)
    }
  }

/** The engine reads the tablet's size of text once, when a view is made; no view is made anew for another. */
internal fun WebView.applyFontScale(now: Configuration) {
  settings.textZoom = (now.fontScale * 100).roundToInt()
}
