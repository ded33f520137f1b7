package nl.kidskonnect.groep.site

import android.annotation.SuppressLint
import android.app.Activity
import android.view.ViewGroup
import android.webkit.CookieManager
import android.webkit.WebSettings
import android.webkit.WebView

/** A web view of the site: its own, or a pop-up's. It has nothing of Tauri's in it. */
internal abstract class Page(val activity: Activity, val services: PageServices) {
  val view: WebView = PageView(activity) { back() }

  /** What is on screen. */
  var address = BLANK
    private set

  /** The last address that was let through, before it is on screen. */
  @Volatile var pendingUrl = BLANK
    private set

  /** A page came since the last address was let through. */
  @Volatile var committed = false
    private set

  /** The load under way failed: its end is not a page on screen. */
  @Volatile var failed = false

  abstract val popup: Boolean

  /** Its windows may be seen now. */
  abstract val shown: Boolean

  abstract fun back()

  abstract fun crashed()

  /** The page asked to be closed. */
  abstract fun close()

  open fun mayNavigate(address: String, mainFrame: Boolean): Boolean = NativeHost.mayNavigate(address, popup, mainFrame)

  /** The second fence: form posts and script-made windows never pass [mayNavigate]. Not on the main thread. */
  open fun mayFetch(address: String): Boolean = NativeHost.mayNavigate(address, popup, true)

  fun onNavigationAllowed(to: String) {
    pendingUrl = to
    failed = false
    committed = false
  }

  /** What is on screen stays there. */
  fun onNavigationBlocked() {
    committed = false
  }

  /** Whoever opened the pop-ups is gone with the origin. */
  open fun onPageStarted(now: String) {
    if (origin(now) != origin(address)) services.popups.closeOf(this)
    address = now
    committed = true
  }

  open fun destroy() {
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
      // As a browser shows a page: as wide as it asks to be, and larger where somebody spreads two fingers.
      useWideViewPort = true
      loadWithOverviewMode = true
      builtInZoomControls = true
      displayZoomControls = false
      allowFileAccess = false
      allowContentAccess = false
      mixedContentMode = WebSettings.MIXED_CONTENT_NEVER_ALLOW
      javaScriptCanOpenWindowsAutomatically = true
      setSupportMultipleWindows(true)
    }
    // Konnect renews its session in a hidden frame of the identity server. A pop-up stands on its own.
    CookieManager.getInstance().setAcceptThirdPartyCookies(view, !popup)
    view.webViewClient = PageClient(this)
    view.webChromeClient = PageChrome(this)
    view.setDownloadListener { address, agent, disposition, type, _ -> services.downloads.onRequest(this, address, agent, disposition, type) }
  }
}

internal const val BLANK = "about:blank"

/** Scheme, host and port. */
internal fun origin(address: String): String =
  android.net.Uri.parse(address).let { "${it.scheme}://${it.encodedAuthority}" }
