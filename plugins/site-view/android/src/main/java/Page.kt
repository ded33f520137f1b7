package nl.kidskonnect.groep.site

import android.annotation.SuppressLint
import android.app.Activity
import android.os.Handler
import android.os.Looper
import android.os.SystemClock
import android.view.View
import android.view.ViewGroup
import android.webkit.CookieManager
import android.webkit.WebSettings
import androidx.lifecycle.Lifecycle
import androidx.lifecycle.LifecycleOwner
import androidx.webkit.WebSettingsCompat
import androidx.webkit.WebViewFeature
import java.util.UUID

/**
 * A web view of the site: the site's own or a pop-up's. It has no JavaScript interface, so a page cannot reach the app.
 */
internal abstract class Page(val activity: Activity, val services: PageServices) {
    val view = PageView(activity) { back() }

    /** What begins the messages of the page's script: new for each page, and unknown to frames of other origins. */
    var token = ""
        private set

    /** The URL of the page on screen. */
    var url = BLANK
        private set

    /** The last URL that was allowed, whether it is on screen yet or not. */
    @Volatile var pendingUrl = BLANK
        private set

    /** Whether a page started to load since the last URL was allowed. */
    @Volatile var committed = false
        private set

    /** Whether the load in progress failed, so that its end puts no page on screen. */
    @Volatile var failed = false

    abstract val popup: Boolean

    /** Whether the site, and with it this page, is shown at the moment. */
    abstract val visible: Boolean

    abstract fun back()

    /**
     * Takes the web view away, with all that its page does. The site's own view gets an empty one instead, and the app,
     * which then loads the site again, hears [reason].
     */
    abstract fun replace(reason: Int)

    /** The page called `window.close()`. */
    abstract fun close()

    open fun mayNavigate(url: String, mainFrame: Boolean): Boolean = NativeHost.mayNavigate(url, popup, mainFrame)

    /**
     * Decides a request for the main frame. The engine announces links, scripts and redirects to [mayNavigate] first,
     * but form posts and windows that a script fills only come here. Runs on the engine's network threads.
     */
    open fun mayFetch(url: String): Boolean = NativeHost.mayNavigate(url, popup, true)

    fun onNavigationAllowed(to: String) {
        pendingUrl = to
        failed = false
        committed = false
    }

    /** The page on screen stays there. */
    fun onNavigationBlocked() {
        committed = false
    }

    /**
     * A page that may not be shown has come all the same: a form that a trusted server sends on to a stranger (307 or
     * 308) is not announced. A web view must not be destroyed in a callback of its own.
     */
    fun onStranger() {
        failed = true
        view.visibility = View.INVISIBLE
        view.stopLoading()
        Handler(Looper.getMainLooper()).post { replace(NativeHost.PAGE_REFUSED) }
    }

    /**
     * Whether a person touched this page within the last [milliseconds], and sees it in an app that has the input. A
     * touch counts once, so that a page does not ask for more than the person did.
     */
    fun takeTap(milliseconds: Long): Boolean {
        val recent = SystemClock.uptimeMillis() - view.tappedAt <= milliseconds
        if (recent) view.tappedAt = NEVER
        val resumed = (activity as? LifecycleOwner)?.lifecycle?.currentState?.isAtLeast(Lifecycle.State.RESUMED)
        return recent && visible && resumed != false
    }

    /** A page starts to load. If it has another origin, the pop-ups of this page have lost their opener and close. */
    open fun onPageStarted(started: String) {
        if (origin(started) != origin(url)) services.popups.closeOf(this)
        url = started
        committed = true
        services.downloads.cancel(this)
        token = UUID.randomUUID().toString()
        view.evaluateJavascript(NativeHost.pageScript(token).orEmpty(), null)
    }

    open fun destroy() {
        services.downloads.cancel(this)
        services.popups.closeOf(this)
        (view.parent as? ViewGroup)?.removeView(view)
        view.stopLoading()
        view.destroy()
    }

    @SuppressLint("SetJavaScriptEnabled")
    protected fun prepare() {
        view.settings.apply {
            javaScriptEnabled = true
            domStorageEnabled = true
            // Lay pages out as a browser does: in the width that the page asks for, and zoomable with two fingers.
            useWideViewPort = true
            loadWithOverviewMode = true
            builtInZoomControls = true
            displayZoomControls = false
            allowFileAccess = false
            allowContentAccess = false
            mixedContentMode = WebSettings.MIXED_CONTENT_NEVER_ALLOW
            javaScriptCanOpenWindowsAutomatically = true
            setSupportMultipleWindows(true)
            // Passkeys and security keys, for hosts that name this app in their `assetlinks.json`.
            if (WebViewFeature.isFeatureSupported(WebViewFeature.WEB_AUTHENTICATION)) {
                val forApp = WebSettingsCompat.WEB_AUTHENTICATION_SUPPORT_FOR_APP
                WebSettingsCompat.setWebAuthenticationSupport(this, forApp)
            }
        }
        // The site renews its session in a hidden frame of the identity provider, which needs that provider's cookies.
        // A pop-up needs no cookies of other sites.
        CookieManager.getInstance().setAcceptThirdPartyCookies(view, !popup)
        view.webViewClient = PageClient(this)
        view.webChromeClient = PageChrome(this)
        view.setDownloadListener { url, userAgent, disposition, type, _ ->
            services.downloads.onRequest(this, url, userAgent, disposition, type)
        }
    }
}

internal const val FIVE_SECONDS = 5_000L
internal const val BLANK = "about:blank"

/** Scheme, host and port of a URL. */
internal fun origin(url: String): String = android.net.Uri.parse(url).let { "${it.scheme}://${it.encodedAuthority}" }
