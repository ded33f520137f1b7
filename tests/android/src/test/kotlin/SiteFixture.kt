package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.Dialog
import android.content.Intent
import android.net.Uri
import android.os.Handler
import android.os.Looper
import android.os.Message
import android.os.SystemClock
import android.view.View
import android.view.ViewGroup
import android.webkit.PermissionRequest
import android.webkit.RenderProcessGoneDetail
import android.webkit.WebResourceRequest
import android.webkit.WebView
import androidx.activity.ComponentActivity
import androidx.activity.OnBackPressedCallback
import java.time.Duration
import org.junit.Assert.assertEquals
import org.junit.Before
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.shadows.ShadowDialog

/**
 * The app's side in Rust (`tests/android/native`): the app's navigation policy for one organisation, and a record of
 * events.
 */
object App {
    init {
        System.load(System.getProperty("native"))
    }

    @JvmStatic external fun setPolicy(name: String)

    @JvmStatic external fun allow(camera: Boolean, microphone: Boolean, download: Boolean)

    @JvmStatic external fun settings(language: String): String

    @JvmStatic private external fun events(): String

    /** The events since the last call. */
    fun takeEvents(): List<String> = events().lines().filter { it.isNotEmpty() }
}

const val GROUP = "https://zonnetje.example/groep"
const val AUTHORIZE =
    "https://id.example/authorize?client_id=k&redirect_uri=https%3A%2F%2Fzonnetje.example%2Fback"
const val MFA = "https://login.mfa.example/code"
const val EVIL = "https://evil.example/"

/** Stands in for the app's `MainActivity`, with the part of AndroidX that the site uses. */
class HostActivity : ComponentActivity()

/** A site that shows the group view, in an activity on a simulated tablet. Each test starts from there. */
@RunWith(RobolectricTestRunner::class)
abstract class SiteFixture {
    /** Records what the site starts, instead of other apps and the system's permission dialogs. */
    internal class FakeLauncher : ActivityLauncher {
        val started = ArrayList<Pair<Intent, (Intent?) -> Unit>>()
        val requested = ArrayList<Pair<List<String>, (Boolean) -> Unit>>()

        override fun start(intent: Intent, onResult: (Intent?) -> Unit) {
            started += intent to onResult
        }

        override fun requestPermissions(permissions: Array<String>, onResult: (Boolean) -> Unit) {
            requested += permissions.toList() to onResult
        }
    }

    internal val launcher = FakeLauncher()
    internal lateinit var activity: Activity
    internal lateinit var site: Site

    /** The activity's life, for tests that stop and start it. */
    internal lateinit var life: ActivityController<HostActivity>

    /** How often Tauri's own callback got the back gesture. */
    var backsOfTauri = 0

    /** The site's own web view. After its renderer crashed it is another one. */
    val page: WebView get() = webViews(activity.window.decorView).single()

    @Before
    fun showTheGroup() {
        App.setPolicy("group")
        // The manifest has this attribute, but the parser with which Robolectric reads manifests does not know it.
        RuntimeEnvironment.getApplication().applicationInfo.setEnableOnBackInvokedCallback(true)
        life = Robolectric.buildActivity(HostActivity::class.java).setup()
        activity = life.get()
        // As `app.tauri.AppPlugin` does.
        life.get().onBackPressedDispatcher.addCallback(
            life.get(),
            object : OnBackPressedCallback(true) {
                override fun handleOnBackPressed() {
                    backsOfTauri++
                }
            }
        )
        site = Site(activity, launcher)
        site.load(GROUP)
        finishLoad(page, GROUP)
        site.show()
        assertEquals(listOf("loaded $GROUP"), App.takeEvents())
    }

    // The calls that the engine makes. Robolectric's WebView has no engine.

    fun webViews(view: View): List<WebView> = when (view) {
        is WebView -> listOf(view)
        is ViewGroup -> (0 until view.childCount).flatMap { webViews(view.getChildAt(it)) }
        else -> emptyList()
    }

    fun idle() = shadowOf(Looper.getMainLooper()).idle()

    fun finishLoad(view: WebView, address: String) {
        shadowOf(view).pushEntryToHistory(address)
        view.webViewClient.onPageStarted(view, address, null)
        token = shadowOf(view).lastEvaluatedJavascript.orEmpty().substringAfterLast("('").substringBefore("')")
        view.webViewClient.onPageFinished(view, address)
        idle()
    }

    /** What begins the messages of the script in the page that was loaded last. */
    var token = ""

    /** A person touches the page. */
    fun tap(view: WebView = page) {
        (view as PageView).tappedAt = SystemClock.uptimeMillis()
    }

    /** Time passes on the main thread. */
    fun pass(seconds: Long) = shadowOf(Looper.getMainLooper()).idleFor(Duration.ofSeconds(seconds))

    class Request(
        private val address: String,
        private val mainFrame: Boolean = true,
        private val tap: Boolean = false
    ) : WebResourceRequest {
        override fun getUrl(): Uri = Uri.parse(address)
        override fun isForMainFrame() = mainFrame
        override fun isRedirect() = false
        override fun hasGesture() = tap
        override fun getMethod() = "GET"
        override fun getRequestHeaders(): Map<String, String> = emptyMap()
    }

    /** A link, a script or a redirect navigates to [address]. Returns whether it loads. */
    fun navigate(view: WebView, address: String, mainFrame: Boolean = true, tap: Boolean = false): Boolean {
        if (tap) tap(view)
        val loads = !view.webViewClient.shouldOverrideUrlLoading(view, Request(address, mainFrame, tap))
        idle()
        return loads
    }

    /** A form is posted to [address]; the engine asks on a network thread. Returns whether it is sent. */
    fun postForm(view: WebView, address: String, mainFrame: Boolean = true): Boolean {
        var sent = false
        val thread = Thread {
            sent =
                view.webViewClient.shouldInterceptRequest(view, Request(address, mainFrame)) == null
        }
        thread.start()
        thread.join()
        idle()
        return sent
    }

    /** The page calls `window.open`. Returns the web view of the pop-up, or null if it was refused. */
    fun windowOpen(opener: WebView = page, gesture: Boolean = true): WebView? {
        val transport = opener.WebViewTransport()
        var answered = false
        val handler = Handler(Looper.getMainLooper()) {
            answered = true
            true
        }
        val accepted = opener.webChromeClient!!.onCreateWindow(
            opener,
            false,
            gesture,
            Message.obtain(handler, 1, transport)
        )
        idle()
        assertEquals("the engine gets a message if and only if the window is accepted", accepted, answered)
        assertEquals(accepted, transport.webView != null)
        return transport.webView
    }

    /** Opens a pop-up with a page in it, and drops the events on the way. */
    fun openPopup(address: String = MFA, opener: WebView = page): WebView {
        val window = windowOpen(opener)!!
        assert(navigate(window, address))
        finishLoad(window, address)
        App.takeEvents()
        return window
    }

    fun crashRenderer(view: WebView): Boolean {
        val detail = object : RenderProcessGoneDetail() {
            override fun didCrash() = true
            override fun rendererPriorityAtExit() = WebView.RENDERER_PRIORITY_BOUND
        }
        return view.webViewClient.onRenderProcessGone(view, detail).also { pass(1) }
    }

    class FakePermissionRequest(private val origin: String, private vararg val resource: String) : PermissionRequest() {
        var answer: String? = null

        override fun getOrigin(): Uri = Uri.parse(origin)
        override fun getResources() = arrayOf(*resource)
        override fun grant(resources: Array<String>) = once("granted ${resources.map { it.substringAfterLast('.') }}")
        override fun deny() = once("denied")

        private fun once(now: String) {
            assertEquals("a request is answered once", null, answer)
            answer = now
        }
    }

    // What is on screen.

    fun dialogs(): List<Dialog> = ShadowDialog.getShownDialogs().distinct().filter { it.isShowing }

    /** The dialogs that are not hidden. */
    fun visible(): List<Dialog> = dialogs().filter { it.window!!.decorView.visibility == View.VISIBLE }

    fun isClosed(view: WebView): Boolean = shadowOf(view).wasDestroyCalled()
}
