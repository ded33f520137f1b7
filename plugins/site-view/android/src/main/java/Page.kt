package nl.kidskonnect.groep.site

import android.annotation.SuppressLint
import android.app.Activity
import android.view.ViewGroup
import android.webkit.CookieManager
import android.webkit.WebSettings
import android.webkit.WebView

/** A web view of the site: its own, or a pop-up's. It has nothing of Tauri's in it. */
internal abstract class Page(val activity: Activity, val tools: Tools) {
  val view: WebView = PageView(activity) { back() }

  /** What is on screen. */
  var address = BLANK
    private set

  /** The last address that was let through, before it is on screen. */
  @Volatile var going = BLANK
    private set

  /** A page came since the last address was let through. */
  @Volatile var arrived = false
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

  open fun mayGo(address: String, mainFrame: Boolean): Boolean = Rust.navigate(address, popup, mainFrame)

  /** The second fence: form posts and script-made windows never pass [mayGo]. Not on the main thread. */
  open fun mayFetch(address: String): Boolean = Rust.navigate(address, popup, true)

  fun goes(to: String) {
    going = to
    failed = false
    arrived = false
  }

  /** What is on screen stays there. */
  fun stays() {
    arrived = false
  }

  /** Whoever opened the pop-ups is gone with the origin. */
  open fun started(now: String) {
    if (origin(now) != origin(address)) tools.popups.closeOf(this)
    address = now
    arrived = true
  }

  open fun destroy() {
    tools.popups.closeOf(this)
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
    view.setDownloadListener { address, agent, disposition, type, _ -> tools.downloads.asked(this, address, agent, disposition, type) }
  }
}

internal const val BLANK = "about:blank"

/** Scheme, host and port. */
internal fun origin(address: String): String =
  android.net.Uri.parse(address).let { "${it.scheme}://${it.encodedAuthority}" }
