package nl.kidskonnect.groep.site

import android.app.Activity
import android.view.View
import android.view.ViewGroup
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.widget.FrameLayout

/** The site over the app's own page, shown or hidden. Main thread only. */
internal class Site(val activity: Activity, outside: Outside) {
  private val tools = Tools(activity, outside)
  private var frame: FrameLayout? = null
  private var page: Main? = null
  private var back: Back? = null

  private inner class Main : Page(activity, tools) {
    override val popup get() = false
    override val shown get() = tools.popups.shown

    init {
      prepare()
    }

    override fun back() = this@Site.back()

    // A page does not close the site that it is.
    override fun close() = Unit

    /** A fresh view takes its place, for the app to load the site in again. */
    override fun crashed() {
      tools.fullScreen.hide()
      destroy()
      open()
      Rust.crashed()
    }
  }

  val isOpen get() = page != null

  /** Loads an address, in a new hidden view where there is none. The app is asked, as for any navigation. */
  fun load(address: String) {
    val page = page ?: open()
    if (!Rust.navigate(address, false, true)) return
    page.goes(address)
    page.view.loadUrl(address)
  }

  private fun open(): Main {
    val frame = frame ?: FrameLayout(activity).also {
      it.visibility = View.GONE
      it.keepClearOfBars()
      activity.addContentView(it, ViewGroup.LayoutParams(MATCH_PARENT, MATCH_PARENT))
      frame = it
    }
    return Main().also {
      frame.addView(it.view, FrameLayout.LayoutParams(MATCH_PARENT, MATCH_PARENT))
      page = it
    }
  }

  fun show() {
    frame?.visibility = View.VISIBLE
    frame?.requestApplyInsets()
    page?.view?.requestFocus()
    if (back == null) back = Back.of(activity, ::back)
    tools.popups.show()
  }

  /** The pages stay as they are. */
  fun hide() {
    tools.popups.hide()
    tools.fullScreen.hide()
    back?.remove()
    back = null
    frame?.visibility = View.GONE
  }

  /** Back leaves a film, then goes through the history, then to the tablet's home screen. */
  fun back() {
    val view = page?.view
    when {
      tools.fullScreen.isShown -> tools.fullScreen.hide()
      view != null && view.canGoBack() -> view.goBack()
      else -> activity.moveTaskToBack(true)
    }
  }

  fun close() {
    hide()
    tools.popups.closeAll()
    tools.permissions.withdraw()
    tools.uploads.cancel()
    page?.destroy()
    page = null
    (frame?.parent as? ViewGroup)?.removeView(frame)
    frame = null
  }
}
