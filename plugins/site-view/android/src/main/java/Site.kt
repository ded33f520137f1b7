package nl.kidskonnect.groep.site

import android.app.Activity
import android.view.View
import android.view.ViewGroup
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.widget.FrameLayout

/** The site over the app's own page, visible or hidden. Main thread only. */
internal class Site(val activity: Activity, launcher: ActivityLauncher) {
    private val services = PageServices(activity, launcher)
    private var frame: FrameLayout? = null
    private var page: MainPage? = null
    private var back: Back? = null

    private inner class MainPage : Page(activity, services) {
        override val popup get() = false
        override val visible get() = services.popups.visible

        init {
            prepare()
        }

        override fun back() = this@Site.back()

        // `window.close()` in the site's own page would leave the app without a page.
        override fun close() = Unit

        /**
         * Replaces the web view, because one whose renderer is gone cannot be used again. The app then loads the site
         * into it.
         */
        override fun onRendererGone() {
            services.fullScreen.hide()
            destroy()
            open()
            NativeHost.onCrashed()
        }
    }

    val isOpen get() = page != null

    /** Loads a URL. If no site is open, this opens one, hidden. The app decides this navigation too. */
    fun load(url: String) {
        val page = page ?: open()
        if (!NativeHost.mayNavigate(url, false, true)) return
        page.onNavigationAllowed(url)
        page.view.loadUrl(url)
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

    /** Hides the site and its pop-ups without unloading their pages. */
    fun hide() {
        services.popups.hide()
        services.fullScreen.hide()
        back?.remove()
        back = null
        frame?.visibility = View.GONE
    }

    /** Leaves a full-screen video; else goes back in the history; else leaves to the tablet's home screen. */
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
        services.permissions.denyPending()
        services.uploads.cancel()
        page?.destroy()
        page = null
        (frame?.parent as? ViewGroup)?.removeView(frame)
        frame = null
    }
}
