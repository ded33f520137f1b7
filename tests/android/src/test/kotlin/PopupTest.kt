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
 * The windows that pages open.
 *
 * Real: our Kotlin, the policy of `app-state` and the Rust behind JNI, `Dialog`, `Message`, the view tree, the back dispatcher.
 * A shadow stands for `WebView`: `window.open`, `window.close` and navigations are calls of our clients here. That the
 * engine ties a window to its opener, and calls in this order, only a tablet shows.
 */
class PopupTest : Tablet() {
  private fun shownIn(view: WebView, text: String): View? =
    ArrayList<View>().also { view.rootView.findViewsWithText(it, text, View.FIND_VIEWS_WITH_TEXT) }.firstOrNull()

  private fun closeButton(view: WebView): Button = shownIn(view, "\u2715") as Button

  @Test
  fun `a page gets a window of its own in a dialog, with nothing of the app in it`() {
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
  fun `the first address of a window decides, and the app hears of it then`() {
    val window = windowOpen()!!
    assertEquals(emptyList<String>(), App.heard())
    assertTrue(goes(window, MFA))
    assertEquals(listOf("opened $MFA"), App.heard())
    assertTrue(goes(window, "https://id.example/next"))
    assertEquals(emptyList<String>(), App.heard())
  }

  @Test
  fun `a window that is opened without a touch by the place's page is a window`() {
    assertNotNull(windowOpen(gesture = false))
  }

  @Test
  fun `a window for a host that is not trusted closes at once and is reported`() {
    val window = windowOpen()!!
    assertFalse(goes(window, EVIL))
    assertEquals(listOf("refused Window E515 $EVIL"), App.heard())
    assertTrue(isClosed(window))
    assertTrue(dialogs().isEmpty())
    assertFalse(isClosed(page))
  }

  @Test
  fun `a window for an address that is none of the web's closes at once and starts no app`() {
    val expected = mapOf(
      "javascript:alert(1)" to "E511", "data:text/html,x" to "E511", "file:///etc/hosts" to "E511",
      "intent://x#Intent;end" to "E511", "content://x/y" to "E511", "tel:112" to "E512", "http://zonnetje.example/" to "E513"
    )
    for ((address, code) in expected) {
      val window = windowOpen()!!
      assertFalse(goes(window, address))
      assertEquals(address, "refused Window $code", App.heard().single().substringBeforeLast(" $address"))
      assertTrue(isClosed(window))
    }
    assertNull(shadowOf(activity).nextStartedActivity)
  }

  @Test
  fun `a window that starts empty is decided by where it then goes`() {
    val good = windowOpen()!!
    assertTrue(goes(good, "about:blank"))
    arrives(good, "about:blank")
    assertEquals(emptyList<String>(), App.heard())
    assertTrue(goes(good, MFA))
    assertEquals(listOf("opened $MFA"), App.heard())
    good.webChromeClient!!.onCloseWindow(good)
    App.heard()

    val bad = windowOpen()!!
    assertTrue(goes(bad, "about:blank"))
    arrives(bad, "about:blank")
    assertFalse(goes(bad, EVIL))
    assertTrue(isClosed(bad))
    assertEquals(listOf("refused Window E515 $EVIL"), App.heard())
  }

  @Test
  fun `a window stays where it is when it may not go further`() {
    val window = popupAt()
    assertFalse(goes(window, EVIL))
    assertEquals(listOf("refused PopupNavigation E515 $EVIL"), App.heard())
    assertFalse(isClosed(window))
  }

  @Test
  fun `a frame in a new window is not the window's address`() {
    val window = windowOpen()!!
    assertFalse(goes(window, EVIL, mainFrame = false))
    assertEquals(listOf("refused PopupNavigation E515 $EVIL"), App.heard())
    assertFalse(isClosed(window))
  }

  @Test
  fun `a window that a form opens is decided too`() {
    val bad = windowOpen()!!
    assertFalse(posts(bad, EVIL))
    assertTrue(isClosed(bad))
    assertEquals(listOf("refused PopupNavigation E515 $EVIL"), App.heard())
    val good = windowOpen()!!
    assertTrue(posts(good, MFA))
    assertFalse(isClosed(good))
    assertEquals(listOf("opened $MFA"), App.heard())
  }

  @Test
  fun `a page that opens a hundred windows gets one`() {
    val windows = (1..100).map { windowOpen() }
    assertEquals(1, windows.count { it != null })
    assertEquals(1, dialogs().size)
    assertEquals(List(99) { "refused Window E517 about:blank" }, App.heard())
    assertFalse(isClosed(page))
  }

  @Test
  fun `windows that open windows end at three`() {
    val first = popupAt()
    val second = popupAt(opener = first)
    val third = popupAt(opener = second)
    assertNull(windowOpen(third))
    assertEquals(listOf("refused Window E517 about:blank"), App.heard())
    assertEquals(3, dialogs().size)
  }

  @Test
  fun `an empty page opens no window`() {
    val window = windowOpen()!!
    assertNull(windowOpen(window))
    assertEquals(listOf("refused Window E516 about:blank"), App.heard())
  }

  @Test
  fun `no window opens once no site may be shown, or in an activity that ends`() {
    App.policy("closed")
    assertNull(windowOpen())
    assertEquals(listOf("refused Window E510 about:blank"), App.heard())
    App.policy("group")
    activity.finish()
    assertNull(windowOpen())
  }

  @Test
  fun `a message without a place for a window opens none`() {
    assertFalse(page.webChromeClient!!.onCreateWindow(page, false, true, android.os.Message.obtain()))
    assertTrue(dialogs().isEmpty())
  }

  @Test
  fun `a sign-in in a window is not held for the app`() {
    App.policy("hand-off")
    val window = popupAt()
    assertTrue(goes(window, AUTHORIZE))
    assertEquals(emptyList<String>(), App.heard())
  }

  @Test
  fun `window close takes the window away and the page may open another`() {
    val window = popupAt()
    window.webChromeClient!!.onCloseWindow(window)
    idle()
    assertTrue(isClosed(window))
    assertNull(window.parent)
    assertTrue(dialogs().isEmpty())
    assertEquals(listOf("closed"), App.heard())
    assertNotNull(windowOpen())
  }

  @Test
  fun `a page cannot close the site itself`() {
    page.webChromeClient!!.onCloseWindow(page)
    idle()
    assertFalse(isClosed(page))
    assertTrue(page.isShown)
  }

  @Test
  fun `the close button is there, is big enough, says what it is, and closes`() {
    val window = popupAt()
    val button = closeButton(window)
    button.measure(0, 0)
    val least = 48 * activity.resources.displayMetrics.density
    assertTrue(button.measuredWidth >= least && button.measuredHeight >= least)
    assertEquals("the app's own word", "Sluiten", button.contentDescription)
    button.performClick()
    idle()
    assertTrue(isClosed(window))
    assertEquals(listOf("closed"), App.heard())
  }

  @Test
  fun `a window shows whose page it is, whatever the page calls itself`() {
    val window = popupAt()
    window.webChromeClient!!.onReceivedTitle(window, "Your bank")
    assertEquals("login.mfa.example", (shownIn(window, "login.mfa.example") as TextView).text.toString())
    assertNull(shownIn(window, "Your bank"))
    arrives(window, "https://id.example/x")
    assertNotNull(shownIn(window, "id.example"))
  }

  @Test
  fun `the back key goes back in the window and then closes it`() {
    val window = popupAt()
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
  fun `the back gesture goes back in the window and then closes it`() {
    val window = popupAt()
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
  fun `a window closes when its opener leaves its site, and not before`() {
    val window = popupAt()
    arrives(page, "https://zonnetje.example/other")
    assertFalse(isClosed(window))
    arrives(page, "https://id.example/login")
    assertTrue(isClosed(window))
    assertEquals("closed", App.heard().single { it == "closed" })
  }

  @Test
  fun `a window and the windows that it opened end with the site`() {
    val first = popupAt()
    val second = popupAt(opener = first)
    site.close()
    assertTrue(isClosed(first) && isClosed(second))
    assertTrue(dialogs().isEmpty())
    assertEquals(listOf("closed", "closed"), App.heard())
  }

  @Test
  fun `a window that closes takes along what it opened and nothing else`() {
    val first = popupAt()
    val second = popupAt(opener = first)
    first.webChromeClient!!.onCloseWindow(first)
    assertTrue(isClosed(second))
    assertFalse(isClosed(page))
  }

  @Test
  fun `a renderer that dies in a window ends the window and nothing else`() {
    val window = popupAt()
    assertTrue("or Android ends the app", rendererDies(window))
    assertTrue(isClosed(window))
    assertEquals(listOf("closed"), App.heard())
    assertFalse(isClosed(page))
    assertNotNull(windowOpen())
  }

  @Test
  fun `windows hide and come back with the site`() {
    val window = popupAt()
    site.hide()
    assertTrue(visible().isEmpty())
    assertFalse(isClosed(window))
    site.show()
    assertEquals(1, visible().size)
  }

  @Test
  fun `a window that a hidden site opens waits until the site is shown`() {
    site.hide()
    val window = windowOpen()!!
    assertTrue(visible().isEmpty())
    site.show()
    assertTrue(window.isShown)
    site.close()
    assertTrue(isClosed(window))
  }

  @Test
  fun `what goes wrong in a window is no fault of the site`() {
    val window = popupAt()
    val response = android.webkit.WebResourceResponse("text/html", "utf-8", 500, "x", emptyMap(), null)
    window.webViewClient.onReceivedHttpError(window, Request(MFA), response)
    arrives(window, MFA)
    assertEquals(emptyList<String>(), App.heard())
  }

  @Test
  fun `a window may not be photographed where the app may not be`() {
    val secure = WindowManager.LayoutParams.FLAG_SECURE
    windowOpen()
    assertEquals(0, dialogs().single().window!!.attributes.flags and secure)
    site.close()
    activity.window.addFlags(secure)
    site.load(GROUP)
    arrives(page, GROUP)
    site.show()
    windowOpen()
    page.webChromeClient!!.onShowCustomView(View(activity)) {}
    assertEquals(listOf(secure, secure), dialogs().map { it.window!!.attributes.flags and secure })
  }
}
