package nl.kidskonnect.groep.site

import android.content.Intent
import android.content.res.Configuration
import android.graphics.Insets
import android.graphics.drawable.ColorDrawable
import android.net.http.SslCertificate
import android.net.http.SslError
import android.os.Build
import android.view.InputDevice
import android.view.KeyEvent
import android.view.MotionEvent
import android.view.View
import android.view.ViewGroup
import android.view.WindowInsets
import android.view.inputmethod.BaseInputConnection
import android.view.inputmethod.EditorInfo
import android.webkit.SslErrorHandler
import android.webkit.WebResourceError
import android.webkit.WebResourceResponse
import android.webkit.WebSettings
import android.webkit.WebView
import android.window.OnBackInvokedDispatcher
import android.window.WindowOnBackInvokedDispatcher
import java.util.Date
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNotSame
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowToast
import org.robolectric.util.ReflectionHelpers

/**
 * The site's own view.
 *
 * Real: the plugin's Kotlin and Rust, the app's navigation policy, the view tree, the back dispatcher, insets.
 * Robolectric's shadow replaces `WebView`. It loads and draws nothing, so these tests call the plugin's clients as the
 * engine does. Only a tablet shows the order and the completeness of those calls.
 */
class SiteTest : SiteFixture() {
    private fun failLoad(mainFrame: Boolean = true) {
        val error = object : WebResourceError() {
            override fun getErrorCode() = -2
            override fun getDescription() = "no connection"
        }
        page.webViewClient.onReceivedError(page, Request(GROUP, mainFrame), error)
    }

    private fun respond(status: Int, mainFrame: Boolean = true, headers: Map<String, String>? = emptyMap()) {
        val response = WebResourceResponse("text/html", "utf-8", status, "x", headers, null)
        page.webViewClient.onReceivedHttpError(page, Request(GROUP, mainFrame), response)
    }

    private fun hasBadCertificate(address: String): Boolean {
        val handler = SslErrorHandler()
        val certificate = SslCertificate("CN=a", "CN=a", Date(0), Date(0))
        page.webViewClient.onReceivedSslError(page, handler, SslError(SslError.SSL_UNTRUSTED, certificate, address))
        return shadowOf(handler).wasCancelCalled() && !shadowOf(handler).wasProceedCalled()
    }

    @Test
    fun `the page stays loaded and follows the font size`() {
        val view = page
        activity.window.decorView.dispatchConfigurationChanged(
            Configuration(activity.resources.configuration).apply {
                fontScale =
                    1.3f
            }
        )
        assertSame(view, page)
        assertEquals(130, page.settings.textZoom)
    }

    @Test
    fun `the site has scripts and storage and no access to the app, to files or to other apps' content`() {
        page.settings.apply {
            assertTrue(javaScriptEnabled)
            assertTrue(domStorageEnabled)
            assertTrue("a page has the width that it asks for", useWideViewPort && loadWithOverviewMode)
            assertTrue("two fingers zoom", builtInZoomControls && !displayZoomControls)
            assertTrue(supportMultipleWindows())
            assertTrue(javaScriptCanOpenWindowsAutomatically)
            assertFalse(allowFileAccess)
            assertFalse(allowContentAccess)
            assertEquals(WebSettings.MIXED_CONTENT_NEVER_ALLOW, mixedContentMode)
        }
        for (name in listOf("ipc", "__TAURI_INTERNALS__")) assertNull(shadowOf(page).getJavascriptInterface(name))
    }

    @Test
    fun `pages of trusted hosts load without an event`() {
        for (address in listOf(
            GROUP,
            "https://zonnetje.example/x?y#z",
            "https://id.example/login",
            MFA,
            "about:blank"
        )) {
            assertTrue(address, navigate(page, address))
        }
        assertEquals(emptyList<String>(), App.takeEvents())
    }

    @Test
    fun `a page of an untrusted host does not load and the reason is reported`() {
        assertFalse(navigate(page, EVIL))
        assertEquals(listOf("refused Navigation host $EVIL", "redirected_away host $EVIL"), App.takeEvents())
        for (address in listOf(
            "https://zonnetje.example.evil.example/",
            "https://id.example:8443/",
            "https://mfa.example/"
        )) {
            assertFalse(address, navigate(page, address))
            assertEquals("refused Navigation host $address", App.takeEvents().first())
        }
    }

    @Test
    fun `plain http and credentials in the URL do not load`() {
        assertFalse(navigate(page, "http://zonnetje.example/"))
        assertFalse(navigate(page, "https://me@zonnetje.example/"))
        assertEquals(
            listOf("insecure", "credentials"),
            App.takeEvents().filter {
                it.startsWith("refused")
            }.map { it.split(' ')[2] }
        )
    }

    @Test
    fun `no page starts another app by itself`() {
        val expected = mapOf(
            "tel:112" to "other_app", "mailto:a@b.example" to "other_app", "sms:1" to "other_app",
            "otpauth://totp/x?secret=A" to "other_app",
            "intent://x#Intent;scheme=https;end" to "scheme",
            "market://details?id=x" to "scheme", "javascript:alert(1)" to "scheme", "data:text/html,x" to "scheme",
            "file:///data/data/x" to "scheme", "content://x/y" to "scheme",
            "blob:https://zonnetje.example/1" to "scheme"
        )
        for ((address, code) in expected) {
            assertFalse(address, navigate(page, address))
            assertEquals(address, code, App.takeEvents().first().split(' ')[2])
        }
        assertNull(shadowOf(activity).nextStartedActivity)
        assertTrue(launcher.started.isEmpty())
    }

    @Test
    fun `a person's tap opens the app for telephone, mail and one-time codes and no other app`() {
        for (address in listOf("tel:112", "mailto:a@b.example", "sms:1", "otpauth://totp/x?secret=A")) {
            assertFalse(navigate(page, address, tap = true))
            val intent = shadowOf(activity).nextStartedActivity
            assertEquals(Intent.ACTION_VIEW to address, intent.action to intent.dataString)
            assertEquals(setOf(Intent.CATEGORY_BROWSABLE), intent.categories)
        }
        for (address in listOf("intent://x#Intent;end", "market://details?id=x", "file:///x", EVIL)) {
            assertFalse(navigate(page, address, tap = true))
        }
        site.hide()
        assertFalse(navigate(page, "tel:112", tap = true))
        assertNull(shadowOf(activity).nextStartedActivity)
    }

    @Test
    fun `one touch opens one other app, from the page itself and only while the app has the input`() {
        fun opens(mainFrame: Boolean = true, tap: Boolean = true): Boolean {
            if (tap) tap(page)
            page.webViewClient.shouldOverrideUrlLoading(page, Request("tel:112", mainFrame, true))
            return shadowOf(activity).nextStartedActivity != null
        }
        assertFalse("a frame, perhaps of a stranger", opens(mainFrame = false))
        assertTrue(opens())
        assertFalse("the same touch", opens(tap = false))
        life.pause()
        assertFalse("another app has the input", opens())
        life.resume()
        assertTrue(opens())
        tap(page)
        pass(6)
        assertFalse("long after the touch", opens(tap = false))
        page.dispatchTouchEvent(MotionEvent.obtain(0, 0, MotionEvent.ACTION_UP, 1f, 1f, 0))
        assertTrue(opens(tap = false))
        page.dispatchKeyEvent(KeyEvent(KeyEvent.ACTION_DOWN, KeyEvent.KEYCODE_ENTER))
        assertTrue(opens(tap = false))
    }

    @Test
    fun `where there is no app for a link, the person and the app hear of it`() {
        shadowOf(activity.application).checkActivities(true)
        assertFalse(navigate(page, "tel:112", tap = true))
        assertEquals(listOf("refused", "redirected_away", "no_app"), App.takeEvents().map { it.substringBefore(' ') })
        assertEquals("Deze tablet heeft hiervoor geen app.", ShadowToast.getTextOfLatestToast())
    }

    @Test
    fun `a stranger's page that was not announced is taken away before anybody sees it`() {
        val before = page
        before.webViewClient.onPageStarted(before, EVIL, null)
        assertFalse(before.isShown)
        assertFalse("not in a callback of its own", isClosed(before))
        before.webViewClient.onPageFinished(before, EVIL)
        idle()
        assertTrue(isClosed(before))
        assertNotSame(before, page)
        // The state machine's part, to cover the site and load it again, is tested in `crates/app`.
        assertEquals(listOf("refused Navigation host $EVIL", "failed PageRefused"), App.takeEvents())
        assertNull("empty, so the app must hear of it", shadowOf(page).lastLoadedUrl)
    }

    @Test
    fun `a page that came unannounced and may not be shown is a failed load, whatever the reason`() {
        for (url in listOf(EVIL, "http://zonnetje.example/", "https://me@zonnetje.example/", "data:text/html,x", "")) {
            val before = page
            before.webViewClient.onPageStarted(before, url, null)
            assertEquals(1, App.takeEvents().size)
            idle()
            assertEquals(url, listOf("failed PageRefused"), App.takeEvents())
            assertTrue(isClosed(before))
        }
    }

    @Test
    fun `a pop-up with a stranger's page that was not announced closes`() {
        val window = openPopup()
        window.webViewClient.onPageStarted(window, EVIL, null)
        assertFalse(window.isShown)
        idle()
        assertTrue(isClosed(window))
        assertEquals(listOf("refused PopupNavigation host $EVIL", "popup_closed"), App.takeEvents())
    }

    @Test
    fun `a URL that does not parse is refused and reported`() {
        for (address in listOf("", "https://", "https://[", "\u0000", "%%%")) {
            assertFalse(navigate(page, address))
            assertEquals("refused Navigation scheme about:unreadable", App.takeEvents().first())
        }
    }

    @Test
    fun `a refused frame leaves the page where it is`() {
        assertFalse(navigate(page, EVIL, mainFrame = false))
        assertEquals(listOf("refused Navigation host $EVIL"), App.takeEvents())
    }

    @Test
    fun `a form is not posted to an untrusted host`() {
        assertFalse(postForm(page, EVIL))
        assertEquals(listOf("refused Navigation host $EVIL", "redirected_away host $EVIL"), App.takeEvents())
        assertTrue(postForm(page, GROUP))
        assertTrue(
            "the parts of a page are not decided here",
            postForm(page, "https://cdn.example/x.png", mainFrame = false)
        )
        assertEquals(emptyList<String>(), App.takeEvents())
    }

    @Test
    fun `a refused form post leaves the page on screen as it is`() {
        val answer = page.webViewClient.shouldInterceptRequest(page, Request(EVIL))!!
        assertEquals(204, answer.statusCode)
        assertEquals(-1, answer.data.read())
    }

    @Test
    fun `an authorization request that the session can answer is intercepted, and loads once the app says so`() {
        App.setPolicy("session-transfer")
        assertFalse(navigate(page, AUTHORIZE))
        assertEquals(listOf("navigation_intercepted $AUTHORIZE"), App.takeEvents())
        App.setPolicy("group")
        site.load(AUTHORIZE)
        assertEquals(AUTHORIZE, shadowOf(page).lastLoadedUrl)
        assertTrue(postForm(page, AUTHORIZE))
        assertEquals(emptyList<String>(), App.takeEvents())
    }

    @Test
    fun `a load by the app itself is decided like any navigation`() {
        site.load(EVIL)
        assertEquals(GROUP, shadowOf(page).lastLoadedUrl)
        assertEquals(listOf("refused Navigation host $EVIL", "redirected_away host $EVIL"), App.takeEvents())
    }

    @Test
    fun `the redirect URI is intercepted during a sign-in, and refused in the group view`() {
        val callback = "nl.kidskonnect.groep:/callback?code=c"
        assertFalse(navigate(page, callback))
        assertEquals("refused Navigation scheme $callback", App.takeEvents().first())
        App.setPolicy("sign-in")
        assertFalse(navigate(page, callback))
        assertEquals(listOf("navigation_intercepted $callback"), App.takeEvents())
    }

    @Test
    fun `nothing loads when no site may be shown`() {
        App.setPolicy("closed")
        assertFalse(navigate(page, GROUP))
        assertEquals("refused Navigation closed $GROUP", App.takeEvents().first())
    }

    @Test
    fun `an unreachable page is reported once and not as loaded`() {
        site.load(GROUP)
        failLoad()
        finishLoad(page, GROUP)
        assertEquals(listOf("failed Unreachable"), App.takeEvents())
        site.load(GROUP)
        finishLoad(page, GROUP)
        assertEquals(listOf("loaded $GROUP"), App.takeEvents())
    }

    @Test
    fun `a stopped load is not reported as loaded, although the engine says that it finished`() {
        assertFalse(navigate(page, EVIL))
        page.webViewClient.onPageFinished(page, EVIL)
        assertEquals(listOf("refused Navigation host $EVIL", "redirected_away host $EVIL"), App.takeEvents())
        assertTrue(navigate(page, MFA))
        page.webViewClient.onPageFinished(page, MFA)
        assertEquals(emptyList<String>(), App.takeEvents())
        page.webViewClient.onPageStarted(page, MFA, null)
        page.webViewClient.onPageFinished(page, "$MFA#renamed-meanwhile")
        assertEquals(listOf("loaded $MFA#renamed-meanwhile"), App.takeEvents())
    }

    @Test
    fun `an unreachable picture is not an error of the page`() {
        failLoad(mainFrame = false)
        respond(500, mainFrame = false)
        finishLoad(page, GROUP)
        assertEquals(listOf("loaded $GROUP"), App.takeEvents())
    }

    @Test
    fun `a server that failed or asks to come back later is an error and a 404 or a 403 is a page`() {
        val answers = listOf(503, 500, 408, 425, 429).map { it to "failed Server { retry_after: None }" } +
            listOf(404, 403, 401, 400).map { it to "loaded $GROUP" }
        for ((status, event) in answers) {
            site.load(GROUP)
            respond(status)
            finishLoad(page, GROUP)
            assertEquals("$status", listOf(event), App.takeEvents())
        }
    }

    @Test
    fun `the wait that a server asks for reaches the app`() {
        // Over HTTP/2 the names are in lower case.
        for (name in listOf("Retry-After", "retry-after")) {
            for (status in listOf(429, 503, 403)) {
                site.load(GROUP)
                respond(status, headers = mapOf("Content-Type" to "text/html", name to "120"))
                finishLoad(page, GROUP)
                assertEquals(listOf("failed Server { retry_after: Some(120s) }"), App.takeEvents())
            }
        }
        site.load(GROUP)
        respond(429, headers = null)
        assertEquals(listOf("failed Server { retry_after: None }"), App.takeEvents())
    }

    @Test
    fun `a load that failed twice is reported once`() {
        site.load(GROUP)
        respond(429)
        respond(500)
        failLoad()
        assertEquals(listOf("failed Server { retry_after: None }"), App.takeEvents())
    }

    @Test
    fun `an untrusted certificate is never overridden`() {
        site.load(GROUP)
        assertTrue(hasBadCertificate(GROUP))
        failLoad()
        finishLoad(page, GROUP)
        assertEquals("a load reports one error", listOf("failed Insecure"), App.takeEvents())
        site.load(GROUP)
        assertTrue(hasBadCertificate("https://cdn.example/x.png"))
        assertEquals(emptyList<String>(), App.takeEvents())
    }

    @Test
    fun `after its renderer crashed the site has a new view that loads`() {
        val dead = page
        assertTrue("or Android ends the app", crashRenderer(dead))
        assertEquals(listOf("crashed"), App.takeEvents())
        assertTrue(isClosed(dead))
        assertNotSame(dead, page)
        site.load(GROUP)
        finishLoad(page, GROUP)
        assertEquals(GROUP, shadowOf(page).lastLoadedUrl)
        assertEquals(listOf("loaded $GROUP"), App.takeEvents())
        assertTrue(page.isShown)
    }

    @Test
    fun `the pop-ups of a page close when its renderer crashes`() {
        val window = openPopup()
        crashRenderer(page)
        assertTrue(isClosed(window))
        assertEquals(listOf("popup_closed", "crashed"), App.takeEvents())
    }

    @Test
    fun `a hidden site keeps its page and returns with it`() {
        val view = page
        site.hide()
        assertFalse(view.isShown)
        site.show()
        assertTrue(view.isShown)
        assertFalse(isClosed(view))
    }

    @Test
    fun `a loaded site is invisible until it is shown`() {
        site.close()
        site.load(GROUP)
        assertFalse(page.isShown)
    }

    @Test
    fun `a closed site leaves no view behind and can be opened again`() {
        val view = page
        site.close()
        assertTrue(isClosed(view))
        assertTrue(webViews(activity.window.decorView).isEmpty())
        assertFalse(site.isOpen)
        site.close()
        site.load(GROUP)
        site.show()
        assertTrue(page.isShown)
    }

    private fun systemBack() {
        val dispatcher = activity.window.decorView.viewRootImpl.onBackInvokedDispatcher as WindowOnBackInvokedDispatcher
        dispatcher.topCallback!!.onBackInvoked()
        idle()
    }

    @Test
    fun `the back gesture goes back in the site and then to the home screen`() {
        shadowOf(page).pushEntryToHistory("https://zonnetje.example/2")
        systemBack()
        assertEquals(1, shadowOf(page).goBackInvocations)
        while (page.canGoBack()) page.goBack()
        systemBack()
        assertFalse(activity.isFinishing)
        assertTrue(site.isOpen)
        assertEquals(0, backsOfTauri)
    }

    @Test
    fun `the site gets the back gesture before Tauri does, also after the activity was away`() {
        shadowOf(page).pushEntryToHistory("https://zonnetje.example/2")
        life.pause().stop()
        life.restart().start().resume()
        systemBack()
        assertEquals(1 to 0, shadowOf(page).goBackInvocations to backsOfTauri)
    }

    @Test
    fun `an open keyboard gets the back gesture before the site does`() {
        shadowOf(page).pushEntryToHistory("https://zonnetje.example/2")
        var closed = 0
        // As a keyboard does when it opens.
        activity.onBackInvokedDispatcher.registerOnBackInvokedCallback(OnBackInvokedDispatcher.PRIORITY_DEFAULT) {
            closed++
        }
        systemBack()
        assertEquals(1 to 0, closed to shadowOf(page).goBackInvocations)
    }

    @Test
    fun `the back key goes back in the site`() {
        shadowOf(page).pushEntryToHistory("https://zonnetje.example/2")
        assertTrue(page.dispatchKeyEvent(KeyEvent(KeyEvent.ACTION_DOWN, KeyEvent.KEYCODE_BACK)))
        assertEquals(0, shadowOf(page).goBackInvocations)
        assertTrue(page.dispatchKeyEvent(KeyEvent(KeyEvent.ACTION_UP, KeyEvent.KEYCODE_BACK)))
        assertEquals(1, shadowOf(page).goBackInvocations)
    }

    @Test
    fun `the app's own page handles back again once the site is hidden`() {
        site.hide()
        systemBack()
        assertEquals(1, backsOfTauri)
        site.show()
        systemBack()
        assertEquals(1, backsOfTauri)
    }

    /** The events of some input after a pause of more than a second. */
    private fun eventsOf(view: WebView, how: (WebView) -> Unit): List<String> {
        App.setPolicy("group")
        how(view)
        return App.takeEvents()
    }

    private fun finger(view: WebView) =
        view.dispatchTouchEvent(MotionEvent.obtain(0, 0, MotionEvent.ACTION_DOWN, 1f, 1f, 0))

    private fun mouse(view: WebView, action: Int) {
        val event = MotionEvent.obtain(0, 0, action, 1f, 1f, 0)
        event.source = InputDevice.SOURCE_MOUSE
        view.dispatchGenericMotionEvent(event)
    }

    @Test
    fun `a touch, a key, a wheel and typed text are user activity, and a mouse movement is not`() {
        val pages = listOf(page, windowOpen()!!)
        for (view in pages) {
            assertEquals(listOf("user_activity"), eventsOf(view, ::finger))
            assertEquals(
                listOf("user_activity"),
                eventsOf(view) {
                    it.dispatchKeyEvent(KeyEvent(KeyEvent.ACTION_DOWN, KeyEvent.KEYCODE_A))
                }
            )
            assertEquals(listOf("user_activity"), eventsOf(view) { mouse(it, MotionEvent.ACTION_SCROLL) })
            assertEquals(emptyList<String>(), eventsOf(view) { mouse(it, MotionEvent.ACTION_HOVER_MOVE) })
            assertEquals(
                listOf("user_activity"),
                eventsOf(view) {
                    it.onCreateInputConnection(EditorInfo())!!.commitText("a", 1)
                }
            )
            assertEquals(
                listOf("user_activity"),
                eventsOf(view) {
                    it.onCreateInputConnection(EditorInfo())!!.setComposingText("a", 1)
                }
            )
        }
        assertNull(observed(null))
    }

    @Test
    fun `typed text reaches the page unchanged`() {
        val written = ArrayList<String>()
        val engine = object : BaseInputConnection(page, false) {
            override fun commitText(text: CharSequence?, cursor: Int) = written.add("$text $cursor")
            override fun setComposingText(text: CharSequence?, cursor: Int) = written.add("($text) $cursor")
        }
        observed(engine)!!.run {
            assertTrue(setComposingText("ho", 1))
            assertTrue(commitText("hoi", 2))
        }
        assertEquals(listOf("(ho) 1", "hoi 2"), written)
    }

    @Test
    fun `continuous touching is reported once a second`() {
        val events = eventsOf(page) { view ->
            repeat(100) { finger(view) }
            Thread.sleep(1100)
            repeat(100) { finger(view) }
        }
        assertEquals(listOf("user_activity", "user_activity"), events)
    }

    @Test
    fun `nobody reads, touches or sees the app's own page below the site`() {
        val content = activity.findViewById<ViewGroup>(android.R.id.content)
        val shell = View(activity)
        content.addView(shell, 0)
        site.show()
        assertEquals(View.IMPORTANT_FOR_ACCESSIBILITY_NO_HIDE_DESCENDANTS, shell.importantForAccessibility)
        val frame = page.parent as View
        assertNotEquals(View.IMPORTANT_FOR_ACCESSIBILITY_NO_HIDE_DESCENDANTS, frame.importantForAccessibility)
        assertTrue("no touch goes through", frame.isClickable)
        assertEquals("opaque", 255, (frame.background as ColorDrawable).alpha)
        site.hide()
        assertEquals(View.IMPORTANT_FOR_ACCESSIBILITY_AUTO, shell.importantForAccessibility)
    }

    @Test
    fun `the Tab key does not reach the app's own page below the site`() {
        val shell = WebView(activity)
        activity.findViewById<ViewGroup>(android.R.id.content).addView(shell, 0)
        assertTrue(shell.isFocusable)
        site.show()
        assertFalse(shell.isFocusable)
        site.hide()
        assertTrue(shell.isFocusable && shell.isFocusableInTouchMode)
    }

    @Test
    fun `the site and the app's own page are padded for the system bars and the keyboard`() {
        activity.padContent()
        val frame = activity.findViewById<View>(android.R.id.content)
        val insets = WindowInsets.Builder()
            .setInsets(WindowInsets.Type.statusBars(), Insets.of(0, 24, 0, 0))
            .setInsets(WindowInsets.Type.displayCutout(), Insets.of(10, 0, 0, 0))
            .setInsets(WindowInsets.Type.ime(), Insets.of(0, 0, 0, 300))
            .build()
        frame.dispatchApplyWindowInsets(insets)
        assertEquals(listOf(10, 24, 0, 300), frame.run { listOf(paddingLeft, paddingTop, paddingRight, paddingBottom) })
        assertTrue("no splash screen behind the bars", frame.background is ColorDrawable)
        val sdk = Build.VERSION.SDK_INT
        ReflectionHelpers.setStaticField(Build.VERSION::class.java, "SDK_INT", 29)
        try {
            @Suppress("DEPRECATION")
            val old = WindowInsets.Builder().setSystemWindowInsets(Insets.of(1, 2, 3, 4)).build()
            assertTrue(frame.dispatchApplyWindowInsets(old).isConsumed)
        } finally {
            ReflectionHelpers.setStaticField(Build.VERSION::class.java, "SDK_INT", sdk)
        }
        assertEquals(listOf(1, 2, 3, 4), frame.run { listOf(paddingLeft, paddingTop, paddingRight, paddingBottom) })
    }
}
