package nl.kidskonnect.groep.site

import android.content.res.Configuration
import android.graphics.Insets
import android.net.http.SslCertificate
import android.net.http.SslError
import android.view.InputDevice
import android.view.KeyEvent
import android.view.MotionEvent
import android.view.View
import android.view.WindowInsets
import android.view.inputmethod.BaseInputConnection
import android.view.inputmethod.EditorInfo
import android.webkit.SslErrorHandler
import android.webkit.WebResourceError
import android.webkit.WebResourceResponse
import android.webkit.WebSettings
import android.webkit.WebView
import android.window.WindowOnBackInvokedDispatcher
import java.util.Date
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotSame
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Shadows.shadowOf

/**
 * The site's own view.
 *
 * Real: our Kotlin, the policy of `app-state` and the Rust behind JNI, the view tree, the back dispatcher, insets.
 * A shadow stands for `WebView`: it loads and draws nothing, so these tests call our clients as the engine would, and
 * order and completeness of those calls are what only a tablet shows.
 */
class SiteTest : Tablet() {
  private fun fails(mainFrame: Boolean = true) {
    val error = object : WebResourceError() {
      override fun getErrorCode() = -2
      override fun getDescription() = "no connection"
    }
    page.webViewClient.onReceivedError(page, Request(GROUP, mainFrame), error)
  }

  private fun answers(status: Int, mainFrame: Boolean = true) {
    val response = WebResourceResponse("text/html", "utf-8", status, "x", emptyMap(), null)
    page.webViewClient.onReceivedHttpError(page, Request(GROUP, mainFrame), response)
  }

  private fun hasBadCertificate(address: String): Boolean {
    val handler = SslErrorHandler()
    val certificate = SslCertificate("CN=a", "CN=a", Date(0), Date(0))
    page.webViewClient.onReceivedSslError(page, handler, SslError(SslError.SSL_UNTRUSTED, certificate, address))
    return shadowOf(handler).wasCancelCalled() && !shadowOf(handler).wasProceedCalled()
  }

  @Test
  fun `the page stays and takes over another size of text`() {
    val view = page
    activity.window.decorView.dispatchConfigurationChanged(Configuration(activity.resources.configuration).apply { fontScale = 1.3f })
    assertSame(view, page)
    assertEquals(130, page.settings.textZoom)
  }

  @Test
  fun `the site has scripts and storage and nothing of the app, of files or of other apps' content`() {
    page.settings.apply {
      assertTrue(javaScriptEnabled)
      assertTrue(domStorageEnabled)
      assertTrue("a page is as wide as it asks to be", useWideViewPort && loadWithOverviewMode)
      assertTrue("two fingers make it larger", builtInZoomControls && !displayZoomControls)
      assertTrue(supportMultipleWindows())
      assertTrue(javaScriptCanOpenWindowsAutomatically)
      assertFalse(allowFileAccess)
      assertFalse(allowContentAccess)
      assertEquals(WebSettings.MIXED_CONTENT_NEVER_ALLOW, mixedContentMode)
    }
    for (name in listOf("ipc", "__TAURI_INTERNALS__")) assertNull(shadowOf(page).getJavascriptInterface(name))
    assertNull(shadowOf(page).lastEvaluatedJavascript)
  }

  @Test
  fun `pages of the place load and nobody is told`() {
    for (address in listOf(GROUP, "https://zonnetje.example/x?y#z", "https://id.example/login", MFA, "about:blank")) {
      assertTrue(address, goes(page, address))
    }
    assertEquals(emptyList<String>(), App.heard())
  }

  @Test
  fun `a page of another host does not load and the app hears why`() {
    assertFalse(goes(page, EVIL))
    assertEquals(listOf("refused Navigation E515 $EVIL", "astray E515 $EVIL"), App.heard())
    for (address in listOf("https://zonnetje.example.evil.example/", "https://id.example:8443/", "https://mfa.example/")) {
      assertFalse(address, goes(page, address))
      assertEquals("refused Navigation E515 $address", App.heard().first())
    }
  }

  @Test
  fun `plain http and names in the address do not load`() {
    assertFalse(goes(page, "http://zonnetje.example/"))
    assertFalse(goes(page, "https://me@zonnetje.example/"))
    assertEquals(listOf("E513", "E514"), App.heard().filter { it.startsWith("refused") }.map { it.split(' ')[2] })
  }

  @Test
  fun `no address starts another app`() {
    val expected = mapOf(
      "tel:112" to "E512", "mailto:a@b.example" to "E512", "sms:1" to "E512", "intent://x#Intent;scheme=https;end" to "E511",
      "market://details?id=x" to "E511", "javascript:alert(1)" to "E511", "data:text/html,x" to "E511",
      "file:///data/data/x" to "E511", "content://x/y" to "E511", "blob:https://zonnetje.example/1" to "E511"
    )
    for ((address, code) in expected) {
      assertFalse(address, goes(page, address))
      assertEquals(address, code, App.heard().first().split(' ')[2])
    }
    assertNull(shadowOf(activity).nextStartedActivity)
    assertTrue(others.started.isEmpty())
  }

  @Test
  fun `an address that nobody can read is refused and reported`() {
    for (address in listOf("", "https://", "https://[", "\u0000", "%%%")) {
      assertFalse(goes(page, address))
      assertEquals("refused Navigation E511 about:unreadable", App.heard().first())
    }
  }

  @Test
  fun `a frame that is refused leaves the page where it is`() {
    assertFalse(goes(page, EVIL, mainFrame = false))
    assertEquals(listOf("refused Navigation E515 $EVIL"), App.heard())
  }

  @Test
  fun `a form is not posted to another host, whoever started it`() {
    assertFalse(posts(page, EVIL))
    assertEquals(listOf("refused Navigation E515 $EVIL", "astray E515 $EVIL"), App.heard())
    assertTrue(posts(page, GROUP))
    assertTrue("what a page is made of is the engine's matter", posts(page, "https://cdn.example/x.png", mainFrame = false))
    assertEquals(emptyList<String>(), App.heard())
  }

  @Test
  fun `a form that is not posted leaves what is on screen as it is`() {
    val answer = page.webViewClient.shouldInterceptRequest(page, Request(EVIL))!!
    assertEquals(204, answer.statusCode)
    assertEquals(-1, answer.data.read())
  }

  @Test
  fun `a sign-in that the session can answer is held, and loads once the app says so`() {
    App.policy("hand-off")
    assertFalse(goes(page, AUTHORIZE))
    assertEquals(listOf("held $AUTHORIZE"), App.heard())
    App.policy("group")
    site.load(AUTHORIZE)
    assertEquals(AUTHORIZE, shadowOf(page).lastLoadedUrl)
    assertTrue(posts(page, AUTHORIZE))
    assertEquals(emptyList<String>(), App.heard())
  }

  @Test
  fun `what the app itself loads is decided like any other page`() {
    site.load(EVIL)
    assertEquals(GROUP, shadowOf(page).lastLoadedUrl)
    assertEquals(listOf("refused Navigation E515 $EVIL", "astray E515 $EVIL"), App.heard())
  }

  @Test
  fun `the end of a sign-in inside the app is held for the app, and refused to a group`() {
    val callback = "nl.kidskonnect.groep:/callback?code=c"
    assertFalse(goes(page, callback))
    assertEquals("refused Navigation E511 $callback", App.heard().first())
    App.policy("sign-in")
    assertFalse(goes(page, callback))
    assertEquals(listOf("held $callback"), App.heard())
  }

  @Test
  fun `nothing loads once no site may be shown`() {
    App.policy("closed")
    assertFalse(goes(page, GROUP))
    assertEquals("refused Navigation E510 $GROUP", App.heard().first())
  }

  @Test
  fun `a page that could not be reached is told once and is not on screen`() {
    site.load(GROUP)
    fails()
    arrives(page, GROUP)
    assertEquals(listOf("failed Unreachable"), App.heard())
    site.load(GROUP)
    arrives(page, GROUP)
    assertEquals(listOf("loaded $GROUP"), App.heard())
  }

  @Test
  fun `a load that was stopped is no page on screen, though the engine says that it finished`() {
    assertFalse(goes(page, EVIL))
    page.webViewClient.onPageFinished(page, EVIL)
    assertEquals(listOf("refused Navigation E515 $EVIL", "astray E515 $EVIL"), App.heard())
    assertTrue(goes(page, MFA))
    page.webViewClient.onPageFinished(page, MFA)
    assertEquals(emptyList<String>(), App.heard())
    page.webViewClient.onPageStarted(page, MFA, null)
    page.webViewClient.onPageFinished(page, "$MFA#renamed-meanwhile")
    assertEquals(listOf("loaded $MFA#renamed-meanwhile"), App.heard())
  }

  @Test
  fun `a picture that could not be reached is the page's own matter`() {
    fails(mainFrame = false)
    answers(500, mainFrame = false)
    arrives(page, GROUP)
    assertEquals(listOf("loaded $GROUP"), App.heard())
  }

  @Test
  fun `a server's own fault is told and a page that is missing is a page`() {
    site.load(GROUP)
    answers(503)
    arrives(page, GROUP)
    assertEquals(listOf("failed Server"), App.heard())
    site.load(GROUP)
    answers(404)
    arrives(page, GROUP)
    assertEquals(listOf("loaded $GROUP"), App.heard())
  }

  @Test
  fun `a certificate that is not to be trusted is never overridden`() {
    site.load(GROUP)
    assertTrue(hasBadCertificate(GROUP))
    fails()
    arrives(page, GROUP)
    assertEquals("one load has one fault", listOf("failed Insecure"), App.heard())
    site.load(GROUP)
    assertTrue(hasBadCertificate("https://cdn.example/x.png"))
    assertEquals(emptyList<String>(), App.heard())
  }

  @Test
  fun `after its renderer died the site gets a view that is new and can be loaded into`() {
    val dead = page
    assertTrue("or Android ends the app", rendererDies(dead))
    assertEquals(listOf("crashed"), App.heard())
    assertTrue(isClosed(dead))
    assertNotSame(dead, page)
    site.load(GROUP)
    arrives(page, GROUP)
    assertEquals(GROUP, shadowOf(page).lastLoadedUrl)
    assertEquals(listOf("loaded $GROUP"), App.heard())
    assertTrue(page.isShown)
  }

  @Test
  fun `the pop-ups of a page whose renderer died are gone with it`() {
    val window = popupAt()
    rendererDies(page)
    assertTrue(isClosed(window))
    assertEquals(listOf("closed", "crashed"), App.heard())
  }

  @Test
  fun `a hidden site keeps its page and comes back with it`() {
    val view = page
    site.hide()
    assertFalse(view.isShown)
    site.show()
    assertTrue(view.isShown)
    assertFalse(isClosed(view))
  }

  @Test
  fun `a site that is loaded is not seen before it is shown`() {
    site.close()
    site.load(GROUP)
    assertFalse(page.isShown)
  }

  @Test
  fun `a closed site leaves nothing behind and can be opened again`() {
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
  fun `the shell has its back again once the site is hidden`() {
    fun top() = (activity.window.decorView.viewRootImpl.onBackInvokedDispatcher as WindowOnBackInvokedDispatcher).topCallback
    val ours = top()
    site.hide()
    assertNotSame(ours, top())
  }

  /** What was told of touches, by a person who was away before. */
  private fun touches(view: WebView, how: (WebView) -> Unit): List<String> {
    App.policy("group")
    how(view)
    return App.heard()
  }

  private fun finger(view: WebView) = view.dispatchTouchEvent(MotionEvent.obtain(0, 0, MotionEvent.ACTION_DOWN, 1f, 1f, 0))

  private fun mouse(view: WebView, action: Int) {
    val event = MotionEvent.obtain(0, 0, action, 1f, 1f, 0)
    event.source = InputDevice.SOURCE_MOUSE
    view.dispatchGenericMotionEvent(event)
  }

  @Test
  fun `a finger, a key, a wheel and what is written on the screen are touches, a mouse that moves is none`() {
    val pages = listOf(page, windowOpen()!!)
    for (view in pages) {
      assertEquals(listOf("touched"), touches(view, ::finger))
      assertEquals(listOf("touched"), touches(view) { it.dispatchKeyEvent(KeyEvent(KeyEvent.ACTION_DOWN, KeyEvent.KEYCODE_A)) })
      assertEquals(listOf("touched"), touches(view) { mouse(it, MotionEvent.ACTION_SCROLL) })
      assertEquals(emptyList<String>(), touches(view) { mouse(it, MotionEvent.ACTION_HOVER_MOVE) })
      assertEquals(listOf("touched"), touches(view) { it.onCreateInputConnection(EditorInfo())!!.commitText("a", 1) })
      assertEquals(listOf("touched"), touches(view) { it.onCreateInputConnection(EditorInfo())!!.setComposingText("a", 1) })
    }
    assertNull(typing(null))
  }

  @Test
  fun `what is written on the screen reaches the page as it is`() {
    val written = ArrayList<String>()
    val engine = object : BaseInputConnection(page, false) {
      override fun commitText(text: CharSequence?, cursor: Int) = written.add("$text $cursor")
      override fun setComposingText(text: CharSequence?, cursor: Int) = written.add("($text) $cursor")
    }
    typing(engine)!!.run {
      assertTrue(setComposingText("ho", 1))
      assertTrue(commitText("hoi", 2))
    }
    assertEquals(listOf("(ho) 1", "hoi 2"), written)
  }

  @Test
  fun `a finger that goes on touching is told once a second`() {
    val told = touches(page) { view ->
      repeat(100) { finger(view) }
      Thread.sleep(1100)
      repeat(100) { finger(view) }
    }
    assertEquals(listOf("touched", "touched"), told)
  }

  @Test
  fun `the site keeps clear of bars and keyboard`() {
    val frame = page.parent as View
    val insets = WindowInsets.Builder()
      .setInsets(WindowInsets.Type.statusBars(), Insets.of(0, 24, 0, 0))
      .setInsets(WindowInsets.Type.displayCutout(), Insets.of(10, 0, 0, 0))
      .setInsets(WindowInsets.Type.ime(), Insets.of(0, 0, 0, 300))
      .build()
    frame.dispatchApplyWindowInsets(insets)
    assertEquals(listOf(10, 24, 0, 300), frame.run { listOf(paddingLeft, paddingTop, paddingRight, paddingBottom) })
  }
}
