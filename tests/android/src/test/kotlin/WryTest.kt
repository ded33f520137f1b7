package nl.kidskonnect.groep.site

import android.app.Activity
import android.webkit.RenderProcessGoneDetail
import android.webkit.WebView
import android.webkit.WebViewClient
import java.io.File
import java.time.Duration
import nl.kidskonnect.groep.RustWebViewClient
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.shadows.ShadowSystemClock

/** wry's own classes, as its build script writes them with `.cargo/config.toml`. */
@RunWith(RobolectricTestRunner::class)
class WryTest {
    private val gone = object : RenderProcessGoneDetail() {
        override fun didCrash() = false
        override fun rendererPriorityAtExit() = WebView.RENDERER_PRIORITY_BOUND
    }

    class Recreated : Activity() {
        var times = 0

        override fun recreate() {
            times++
        }
    }

    /** Without its constructor, which asks the app's library for the page's domain. */
    private fun client(): RustWebViewClient {
        val field = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe").apply { isAccessible = true }
        val make = field.type.getMethod("allocateInstance", Class::class.java)
        return make.invoke(field.get(null), RustWebViewClient::class.java) as RustWebViewClient
    }

    @Test
    fun `a renderer that ends does not take the app along, and the app's own page comes back`() {
        System.clearProperty("renderer.ends")
        val activity = Robolectric.setupActivity(Recreated::class.java)
        assertTrue("or Android ends the app", client().onRenderProcessGone(WebView(activity), gone))
        assertEquals(1, activity.times)
    }

    @Test
    fun `a page that ends its renderer three times in a minute does not come back`() {
        System.clearProperty("renderer.ends")
        val activity = Robolectric.setupActivity(Recreated::class.java)
        fun end(seconds: Long) {
            ShadowSystemClock.advanceBy(Duration.ofSeconds(seconds))
            client().onRenderProcessGone(WebView(activity), gone)
        }
        repeat(4) { end(31) }
        assertEquals("now and then", 4, activity.times)
        assertFalse(activity.isFinishing)
        end(20)
        assertEquals(4, activity.times)
        assertTrue(activity.isFinishing)
        System.clearProperty("renderer.ends")
    }

    @Test
    fun `every client of a web view in the app answers for its renderer`() {
        val classes = File("target/classes")
        val ours = classes.walk().filter { it.extension == "class" }.map { it.relativeTo(classes).path }
            .filter { it.startsWith("nl/kidskonnect/") || it.startsWith("app/tauri/") }
            .map { Class.forName(it.removeSuffix(".class").replace('/', '.'), false, javaClass.classLoader) }
            .filter { WebViewClient::class.java.isAssignableFrom(it) }.toList()
        assertEquals(listOf("PageClient", "RustWebViewClient"), ours.map { it.simpleName }.sorted())
        for (client in ours) assertNotNull(client.declaredMethods.singleOrNull { it.name == "onRenderProcessGone" })
    }
}
