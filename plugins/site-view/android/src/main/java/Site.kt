package nl.kidskonnect.groep.site

import android.app.Activity
import android.view.View
import android.view.ViewGroup
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.widget.FrameLayout

/** The site over the app's own page, shown or hidden. MainPage thread only. */
internal class Site(val activity: Activity, launcher: ActivityLauncher) {
  private val services = PageServices(activity, launcher)
  private var frame: FrameLayout? = null
  private var page: MainPage? = null
  private var back: Back? = null

  private inner class MainPage : Page(activity, services) {
    override val popup get() = false
    override val shown get() = services.popups.shown

    init {
      prepare()
    }

    override fun back() = this@Site.back()

    // A page does not close the site that it is.
    override fun close() = Unit

    /** A fresh view takes its place, for the app to load the site in again. */
    override fun crashed() {
      services.fullScreen.hide()
      destroy()
      open()
      NativeHost.onCrashed()
    }
  }

  val isOpen get() = page != null

  /** Loads an address, in a new hidden view where there is none. The app is asked, as for any navigation. */
  fun load(address: String) {
    val page = page ?: open()
    if (!NativeHost.mayNavigate(address, false, true)) return
    page.onNavigationAllowed(address)
    page.view.loadUrl(address)
  }

  private fun open(): MainPage {
    val frame = frame ?: FrameLayout(activity).also {
      it.visibility = View.GONE
      it.padForSystemBars()
      activity.addContentView(it, ViewGroup.LayoutParams(MATCH_PARENT, MATCH_PARENT))
      frame = it
    }
    return MainPage().also {
      frame.addView(it.view, FrameLayout.LayoutParams(MATCH_PARENT, MATCH_PARENT))
      page = it
    }
  }

  fun show() {
    frame?.visibility = View.VISIBLE
    frame?.requestApplyInsets()
    page?.view?.requestFocus()
    if (back == null) back = Back.of(activity, ::back)
    services.popups.show()
  }

  /** The pages stay as they are. */
  fun hide() {
    services.popups.hide()
    services.fullScreen.hide()
    back?.remove()
    back = null
    frame?.visibility = View.GONE
  }

  /** Back leaves a film, then goes through the history, then to the tablet's home screen. */
  fun back() {
    val view = page?.view
    when {
      services.fullScreen.isShown -> services.fullScreen.hide()
      view != null && view.canGoBack() -> view.goBack()
      else -> activity.moveTaskToBack(true)
    }
  }

  fun close() {
    hide()
    services.popups.closeAll()
    services.permissions.withdraw()
    services.uploads.cancel()
    page?.destroy()
    page = null
    (frame?.parent as? ViewGroup)?.removeView(frame)
    frame = null
  }
}
