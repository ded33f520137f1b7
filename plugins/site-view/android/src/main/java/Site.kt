package nl.kidskonnect.groep.site

import android.app.Activity
import android.os.Handler
import android.os.Looper
import android.view.View
import android.view.ViewGroup
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.webkit.WebView
import android.widget.FrameLayout
import androidx.activity.OnBackPressedCallback

private const val HALF_A_SECOND = 500L
private const val HIDDEN = View.IMPORTANT_FOR_ACCESSIBILITY_NO_HIDE_DESCENDANTS

/** The site over the app's own page, visible or hidden. Main thread only. */
internal class Site(val activity: Activity, launcher: ActivityLauncher) {
    private val services = PageServices(activity, launcher)
    private var frame: FrameLayout? = null
    private var page: MainPage? = null
    private var back: OnBackPressedCallback? = null

    private inner class MainPage : Page(activity, services) {
        override val popup get() = false
        override val visible get() = services.popups.visible

        init {
            prepare()
        }

        override fun back() = this@Site.back()

        // `window.close()` in the site's own page would leave the app without a page.
        override fun close() = Unit

        // A web view whose renderer is gone cannot be used again, either.
        override fun replace(reason: Int) {
            if (this@Site.page !== this) return
            services.fullScreen.hide()
            destroy()
            open()
            if (reason != NativeHost.CRASHED) return NativeHost.onFailed(reason)
            // The same renderer had the app's own page, which comes back with a new activity. The app must load the
            // site once, and into that one.
            crashed = true
            Handler(Looper.getMainLooper()).postDelayed({
                if (crashed) NativeHost.onFailed(reason)
                crashed = false
            }, HALF_A_SECOND)
        }
    }

    val isOpen get() = page != null

    /** Whether a page was loaded or is loading since the web view was made. */
    val isUsed get() = page.let { it != null && (it.pendingUrl != BLANK || crashed) }

    /** Whether the app is yet to hear that a renderer ended. */
    private var crashed = false

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
            // The app's own page below must neither shine through nor be touched.
            it.useThemeBackground()
            it.isClickable = true
            activity.addContentView(it, ViewGroup.LayoutParams(MATCH_PARENT, MATCH_PARENT))
            frame = it
            back = backCallback(activity, ::back)
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
        back?.isEnabled = true
        coverShell(true)
        services.popups.show()
    }

    /** Keeps screen readers and the Tab key out of what the site covers, or lets them in again. */
    private fun coverShell(covered: Boolean) {
        val parent = frame?.parent as? ViewGroup ?: return
        for (view in (0 until parent.childCount).map(parent::getChildAt).filter { it !== frame }) {
            view.importantForAccessibility = if (covered) HIDDEN else View.IMPORTANT_FOR_ACCESSIBILITY_AUTO
            if (view is WebView) view.isFocusable = !covered
            if (view is WebView && !covered) view.isFocusableInTouchMode = true
        }
    }

    /** Hides the site and its pop-ups without unloading their pages. */
    fun hide() {
        services.popups.hide()
        services.fullScreen.hide()
        back?.isEnabled = false
        coverShell(false)
        frame?.visibility = View.GONE
    }

    /** The activity leaves the screen: pages stop playing. */
    fun stop() {
        page?.view?.onPause()
        services.popups.forEachView { it.onPause() }
    }

    fun resume() {
        page?.view?.onResume()
        services.popups.forEachView { it.onResume() }
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
        crashed = false
        back?.remove()
        back = null
        (frame?.parent as? ViewGroup)?.removeView(frame)
        frame = null
    }
}
