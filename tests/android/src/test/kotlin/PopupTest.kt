package nl.kidskonnect.groep.site

import android.view.KeyEvent
import android.view.View
import android.view.WindowManager
import android.webkit.WebSettings
import android.webkit.WebView
import android.widget.Button
import android.widget.TextView
import android.window.WindowOnBackInvokedDispatcher
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Shadows.shadowOf

/**
 * Pop-ups.
 *
 * Real: the plugin's Kotlin and Rust, the app's navigation policy, `Dialog`, `Message`, the view tree, the back
 * dispatcher. Robolectric's shadow replaces `WebView`, so `window.open`, `window.close` and navigations are calls of
 * the plugin's clients here. Only a tablet shows that the engine connects a window with its opener, and that it makes
 * these calls in this order.
 */
class PopupTest : SiteFixture() {
    private fun shownIn(view: WebView, text: String): View? =
        ArrayList<View>().also { view.rootView.findViewsWithText(it, text, View.FIND_VIEWS_WITH_TEXT) }.firstOrNull()

    private fun closeButton(view: WebView): Button = shownIn(view, "\u2715") as Button

    @Test
    fun `a page's pop-up is a web view in a dialog, without an interface to the app`() {
        val window = windowOpen()!!
        window.settings.apply {
            assertTrue(javaScriptEnabled)
            assertTrue(supportMultipleWindows())
            assertFalse(allowFileAccess)
            assertFalse(allowContentAccess)
            assertEquals(WebSettings.MIXED_CONTENT_NEVER_ALLOW, mixedContentMode)
        }
        assertNull(shadowOf(window).getJavascriptInterface("ipc"))
        assertSame(dialogs().single().window!!.decorView, window.rootView)
    }

    @Test
    fun `the first URL of a pop-up is decided, and the app is informed then`() {
        val window = windowOpen()!!
        assertEquals(emptyList<String>(), App.takeEvents())
        assertTrue(navigate(window, MFA))
        assertEquals(listOf("popup_opened $MFA"), App.takeEvents())
        assertTrue(navigate(window, "https://id.example/next"))
        assertEquals(emptyList<String>(), App.takeEvents())
    }

    @Test
    fun `a trusted page may open a pop-up without a user gesture`() {
        assertNotNull(windowOpen(gesture = false))
    }

    @Test
    fun `a pop-up to an untrusted host closes at once and is reported`() {
        val window = windowOpen()!!
        assertFalse(navigate(window, EVIL))
        assertEquals(listOf("refused Window host $EVIL"), App.takeEvents())
        assertTrue(isClosed(window))
        assertTrue(dialogs().isEmpty())
        assertFalse(isClosed(page))
    }

    @Test
    fun `a pop-up to a URL that is not http or https closes at once and starts no app`() {
        val expected = mapOf(
            "javascript:alert(1)" to "scheme",
            "data:text/html,x" to "scheme",
            "file:///etc/hosts" to "scheme",
            "intent://x#Intent;end" to "scheme",
            "content://x/y" to "scheme",
            "tel:112" to "other_app",
            "http://zonnetje.example/" to "insecure"
        )
        for ((address, code) in expected) {
            val window = windowOpen()!!
            assertFalse(navigate(window, address))
            assertEquals(address, "refused Window $code", App.takeEvents().single().substringBeforeLast(" $address"))
            assertTrue(isClosed(window))
        }
        assertNull(shadowOf(activity).nextStartedActivity)
    }

    @Test
    fun `a pop-up that starts blank is decided by its first URL`() {
        val good = windowOpen()!!
        assertTrue(navigate(good, "about:blank"))
        finishLoad(good, "about:blank")
        assertEquals(emptyList<String>(), App.takeEvents())
        assertTrue(navigate(good, MFA))
        assertEquals(listOf("popup_opened $MFA"), App.takeEvents())
        good.webChromeClient!!.onCloseWindow(good)
        App.takeEvents()

        val bad = windowOpen()!!
        assertTrue(navigate(bad, "about:blank"))
        finishLoad(bad, "about:blank")
        assertFalse(navigate(bad, EVIL))
        assertTrue(isClosed(bad))
        assertEquals(listOf("refused Window host $EVIL"), App.takeEvents())
    }

    @Test
    fun `a pop-up stays on its page if its next navigation is refused`() {
        val window = openPopup()
        assertFalse(navigate(window, EVIL))
        assertEquals(listOf("refused PopupNavigation host $EVIL"), App.takeEvents())
        assertFalse(isClosed(window))
    }

    @Test
    fun `a frame in a new pop-up does not decide the pop-up`() {
        val window = windowOpen()!!
        assertFalse(navigate(window, EVIL, mainFrame = false))
        assertEquals(listOf("refused PopupNavigation host $EVIL"), App.takeEvents())
        assertFalse(isClosed(window))
    }

    @Test
    fun `a pop-up that a form post opens is decided too`() {
        val bad = windowOpen()!!
        assertFalse(postForm(bad, EVIL))
        assertTrue(isClosed(bad))
        assertEquals(listOf("refused PopupNavigation host $EVIL"), App.takeEvents())
        val good = windowOpen()!!
        assertTrue(postForm(good, MFA))
        assertFalse(isClosed(good))
        assertEquals(listOf("popup_opened $MFA"), App.takeEvents())
    }

    @Test
    fun `a page that opens a hundred pop-ups gets one`() {
        val windows = (1..100).map { windowOpen() }
        assertEquals(1, windows.count { it != null })
        assertEquals(1, dialogs().size)
        assertEquals(List(99) { "refused Window second_popup about:blank" }, App.takeEvents())
        assertFalse(isClosed(page))
    }

    @Test
    fun `pop-ups that open pop-ups end at three`() {
        val first = openPopup()
        val second = openPopup(opener = first)
        val third = openPopup(opener = second)
        assertNull(windowOpen(third))
        assertEquals(listOf("refused Window second_popup about:blank"), App.takeEvents())
        assertEquals(3, dialogs().size)
    }

    @Test
    fun `a blank page opens no pop-up`() {
        val window = windowOpen()!!
        assertNull(windowOpen(window))
        assertEquals(listOf("refused Window opener about:blank"), App.takeEvents())
    }

    @Test
    fun `no pop-up opens when no site may be shown, or in an activity that is finishing`() {
        App.setPolicy("closed")
        assertNull(windowOpen())
        assertEquals(listOf("refused Window closed about:blank"), App.takeEvents())
        App.setPolicy("group")
        activity.finish()
        assertNull(windowOpen())
    }

    @Test
    fun `a message without a transport opens no pop-up`() {
        assertFalse(page.webChromeClient!!.onCreateWindow(page, false, true, android.os.Message.obtain()))
        assertTrue(dialogs().isEmpty())
    }

    @Test
    fun `a sign-in in a pop-up is not intercepted`() {
        App.setPolicy("session-transfer")
        val window = openPopup()
        assertTrue(navigate(window, AUTHORIZE))
        assertEquals(emptyList<String>(), App.takeEvents())
    }

    @Test
    fun `window close closes the pop-up and the page may open another`() {
        val window = openPopup()
        window.webChromeClient!!.onCloseWindow(window)
        idle()
        assertTrue(isClosed(window))
        assertNull(window.parent)
        assertTrue(dialogs().isEmpty())
        assertEquals(listOf("popup_closed"), App.takeEvents())
        assertNotNull(windowOpen())
    }

    @Test
    fun `a page cannot close the site's own view`() {
        page.webChromeClient!!.onCloseWindow(page)
        idle()
        assertFalse(isClosed(page))
        assertTrue(page.isShown)
    }

    @Test
    fun `the close button is large enough, has a label, and closes`() {
        val window = openPopup()
        val button = closeButton(window)
        button.measure(0, 0)
        val least = 48 * activity.resources.displayMetrics.density
        assertTrue(button.measuredWidth >= least && button.measuredHeight >= least)
        assertEquals("the app's own label", "Sluiten", button.contentDescription)
        button.performClick()
        idle()
        assertTrue(isClosed(window))
        assertEquals(listOf("popup_closed"), App.takeEvents())
    }

    @Test
    fun `a pop-up shows its page's host, not the page's title`() {
        val window = openPopup()
        window.webChromeClient!!.onReceivedTitle(window, "Your bank")
        assertEquals("login.mfa.example", (shownIn(window, "login.mfa.example") as TextView).text.toString())
        assertNull(shownIn(window, "Your bank"))
        finishLoad(window, "https://id.example/x")
        assertNotNull(shownIn(window, "id.example"))
    }

    @Test
    fun `the back key goes back in the pop-up and then closes it`() {
        val window = openPopup()
        val dialog = dialogs().single()
        fun back() {
            assertTrue(dialog.dispatchKeyEvent(KeyEvent(KeyEvent.ACTION_DOWN, KeyEvent.KEYCODE_BACK)))
            assertTrue(dialog.dispatchKeyEvent(KeyEvent(KeyEvent.ACTION_UP, KeyEvent.KEYCODE_BACK)))
            idle()
        }
        shadowOf(window).pushEntryToHistory("https://id.example/2")
        back()
        assertEquals(1, shadowOf(window).goBackInvocations)
        assertFalse(isClosed(window))
        back()
        assertTrue(isClosed(window))
        assertTrue(site.isOpen)
    }

    @Test
    fun `the back gesture goes back in the pop-up and then closes it`() {
        val window = openPopup()
        val root = dialogs().single().window!!.decorView.viewRootImpl
        fun back() {
            (root.onBackInvokedDispatcher as WindowOnBackInvokedDispatcher).topCallback!!.onBackInvoked()
            idle()
        }
        shadowOf(window).pushEntryToHistory("https://id.example/2")
        back()
        assertEquals(1, shadowOf(window).goBackInvocations)
        assertFalse(isClosed(window))
        back()
        assertTrue(isClosed(window))
    }

    @Test
    fun `a pop-up closes when its opener leaves its origin, and not before`() {
        val window = openPopup()
        finishLoad(page, "https://zonnetje.example/other")
        assertFalse(isClosed(window))
        finishLoad(page, "https://id.example/login")
        assertTrue(isClosed(window))
        assertEquals("popup_closed", App.takeEvents().single { it == "popup_closed" })
    }

    @Test
    fun `a pop-up and its own pop-ups close with the site`() {
        val first = openPopup()
        val second = openPopup(opener = first)
        site.close()
        assertTrue(isClosed(first) && isClosed(second))
        assertTrue(dialogs().isEmpty())
        assertEquals(listOf("popup_closed", "popup_closed"), App.takeEvents())
    }

    @Test
    fun `a pop-up that closes closes its own pop-ups and nothing else`() {
        val first = openPopup()
        val second = openPopup(opener = first)
        first.webChromeClient!!.onCloseWindow(first)
        assertTrue(isClosed(second))
        assertFalse(isClosed(page))
    }

    @Test
    fun `a crashed renderer of a pop-up closes the pop-up and nothing else`() {
        val window = openPopup()
        assertTrue("or Android ends the app", crashRenderer(window))
        assertTrue(isClosed(window))
        assertEquals(listOf("popup_closed"), App.takeEvents())
        assertFalse(isClosed(page))
        assertNotNull(windowOpen())
    }

    @Test
    fun `pop-ups hide and return with the site`() {
        val window = openPopup()
        site.hide()
        assertTrue(visible().isEmpty())
        assertFalse(isClosed(window))
        site.show()
        assertEquals(1, visible().size)
    }

    @Test
    fun `a pop-up of a hidden site appears when the site is shown`() {
        site.hide()
        val window = windowOpen()!!
        assertTrue(visible().isEmpty())
        site.show()
        assertTrue(window.isShown)
        site.close()
        assertTrue(isClosed(window))
    }

    @Test
    fun `a load error in a pop-up is not one of the site`() {
        val window = openPopup()
        for (status in listOf(429, 500)) {
            val response = android.webkit.WebResourceResponse("text/html", "utf-8", status, "x", emptyMap(), null)
            window.webViewClient.onReceivedHttpError(window, Request(MFA), response)
        }
        finishLoad(window, MFA)
        assertEquals(emptyList<String>(), App.takeEvents())
    }

    @Test
    fun `screenshots of a pop-up are blocked if those of the app are`() {
        val secure = WindowManager.LayoutParams.FLAG_SECURE
        windowOpen()
        assertEquals(0, dialogs().single().window!!.attributes.flags and secure)
        site.close()
        activity.window.addFlags(secure)
        site.load(GROUP)
        finishLoad(page, GROUP)
        site.show()
        windowOpen()
        page.webChromeClient!!.onShowCustomView(View(activity)) {}
        assertEquals(listOf(secure, secure), dialogs().map { it.window!!.attributes.flags and secure })
    }
}
