package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.Dialog
import android.content.Intent
import android.net.Uri
import android.os.Handler
import android.os.Looper
import android.os.Message
import android.view.View
import android.view.ViewGroup
import android.webkit.PermissionRequest
import android.webkit.RenderProcessGoneDetail
import android.webkit.WebResourceRequest
import android.webkit.WebView
import org.junit.Assert.assertEquals
import org.junit.Before
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowDialog

/** The app's side in Rust (`tests/android/native`): app-state's own policy for one place, and what the site view told. */
object App {
  init {
    System.load(System.getProperty("native"))
  }

  @JvmStatic external fun policy(name: String)
  @JvmStatic external fun permit(camera: Boolean, microphone: Boolean, download: Boolean)
  @JvmStatic external fun settings(language: String): String
  @JvmStatic private external fun told(): String

  /** What was told since it was last asked. */
  fun heard(): List<String> = told().lines().filter { it.isNotEmpty() }
}

const val GROUP = "https://zonnetje.example/groep"
const val AUTHORIZE = "https://id.example/authorize?client_id=k"
const val MFA = "https://login.mfa.example/code"
const val EVIL = "https://evil.example/"

/** A tablet that shows the group view. */
@RunWith(RobolectricTestRunner::class)
abstract class Tablet {
  /** Stands for other apps and the system's questions. */
  internal class Others : Outside {
    val started = ArrayList<Pair<Intent, (Intent?) -> Unit>>()
    val asked = ArrayList<Pair<List<String>, (Boolean) -> Unit>>()

    override fun start(intent: Intent, done: (Intent?) -> Unit) {
      started += intent to done
    }

    override fun ask(permissions: Array<String>, done: (Boolean) -> Unit) {
      asked += permissions.toList() to done
    }
  }

  internal val others = Others()
  internal lateinit var activity: Activity
  internal lateinit var site: Site

  /** The site's own web view, which is made anew after its renderer died. */
  val page: WebView get() = webViews(activity.window.decorView).single()

  @Before
  fun showTheGroup() {
    App.policy("group")
    // The manifest says so, but Robolectric reads manifests with a parser that is older than this.
    RuntimeEnvironment.getApplication().applicationInfo.setEnableOnBackInvokedCallback(true)
    activity = Robolectric.setupActivity(Activity::class.java)
    site = Site(activity, others)
    site.load(GROUP)
    arrives(page, GROUP)
    site.show()
    assertEquals(listOf("loaded $GROUP"), App.heard())
  }

  // What the engine does.

  fun webViews(view: View): List<WebView> = when (view) {
    is WebView -> listOf(view)
    is ViewGroup -> (0 until view.childCount).flatMap { webViews(view.getChildAt(it)) }
    else -> emptyList()
  }

  fun idle() = shadowOf(Looper.getMainLooper()).idle()

  fun arrives(view: WebView, address: String) {
    shadowOf(view).pushEntryToHistory(address)
    view.webViewClient.onPageStarted(view, address, null)
    view.webViewClient.onPageFinished(view, address)
    idle()
  }

  class Request(private val address: String, private val mainFrame: Boolean = true) : WebResourceRequest {
    override fun getUrl(): Uri = Uri.parse(address)
    override fun isForMainFrame() = mainFrame
    override fun isRedirect() = false
    override fun hasGesture() = true
    override fun getMethod() = "GET"
    override fun getRequestHeaders(): Map<String, String> = emptyMap()
  }

  /** A link, a script or a redirect goes there; true where it loads. */
  fun goes(view: WebView, address: String, mainFrame: Boolean = true): Boolean {
    val loads = !view.webViewClient.shouldOverrideUrlLoading(view, Request(address, mainFrame))
    idle()
    return loads
  }

  /** A form is posted there: the engine asks on a thread of its own. True where it is sent. */
  fun posts(view: WebView, address: String, mainFrame: Boolean = true): Boolean {
    var sent = false
    val thread = Thread { sent = view.webViewClient.shouldInterceptRequest(view, Request(address, mainFrame)) == null }
    thread.start()
    thread.join()
    idle()
    return sent
  }

  /** `window.open`: the web view that the page got, or null where it was refused. */
  fun windowOpen(opener: WebView = page, gesture: Boolean = true): WebView? {
    val transport = opener.WebViewTransport()
    var answered = false
    val handler = Handler(Looper.getMainLooper()) { answered = true; true }
    val accepted = opener.webChromeClient!!.onCreateWindow(opener, false, gesture, Message.obtain(handler, 1, transport))
    idle()
    assertEquals("the engine is answered when, and only when, it is told to wait", accepted, answered)
    assertEquals(accepted, transport.webView != null)
    return transport.webView
  }

  /** A pop-up with a page in it; what was told on the way is forgotten. */
  fun popupAt(address: String = MFA, opener: WebView = page): WebView {
    val window = windowOpen(opener)!!
    assert(goes(window, address))
    arrives(window, address)
    App.heard()
    return window
  }

  fun rendererDies(view: WebView): Boolean {
    val detail = object : RenderProcessGoneDetail() {
      override fun didCrash() = true
      override fun rendererPriorityAtExit() = WebView.RENDERER_PRIORITY_BOUND
    }
    return view.webViewClient.onRenderProcessGone(view, detail).also { idle() }
  }

  class Asked(private val origin: String, private vararg val resource: String) : PermissionRequest() {
    var answer: String? = null

    override fun getOrigin(): Uri = Uri.parse(origin)
    override fun getResources() = arrayOf(*resource)
    override fun grant(resources: Array<String>) = once("granted ${resources.map { it.substringAfterLast('.') }}")
    override fun deny() = once("denied")

    private fun once(now: String) {
      assertEquals("one question, one answer", null, answer)
      answer = now
    }
  }

  // What a person sees.

  fun dialogs(): List<Dialog> = ShadowDialog.getShownDialogs().distinct().filter { it.isShowing }

  /** Dialogs of which something is on screen. */
  fun visible(): List<Dialog> = dialogs().filter { it.window!!.decorView.visibility == View.VISIBLE }

  fun isClosed(view: WebView): Boolean = shadowOf(view).wasDestroyCalled()
}
