package nl.kidskonnect.groep.site

import android.Manifest
import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.content.RestrictionEntry
import android.content.RestrictionsManager
import android.content.res.Configuration
import android.graphics.Insets
import android.view.View
import android.view.WindowInsets
import android.webkit.CookieManager
import android.webkit.RenderProcessGoneDetail
import android.webkit.WebView
import androidx.appcompat.app.AppCompatActivity
import app.tauri.plugin.Invoke
import app.tauri.plugin.PluginHandle
import app.tauri.plugin.PluginManager
import com.fasterxml.jackson.databind.DeserializationFeature
import com.fasterxml.jackson.databind.ObjectMapper
import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController

/**
 * The commands that the Rust half calls, and the app restrictions that an MDM console reads.
 *
 * Real: Tauri's plugin classes and their JSON, the plugin's Kotlin, the app's navigation policy, the framework's reader
 * of app restrictions, and the resources that aapt2 links from the settings schema. Robolectric's shadows replace
 * `WebView` and `CookieManager`; that shadow accepts every cookie and ignores its attributes.
 */
class PluginTest : SiteFixture() {
    private val mapper = ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
    private val said = ArrayList<String>()

    private lateinit var controller: ActivityController<Activity>

    private fun plugin(): Pair<SitePlugin, PluginHandle> {
        controller = Robolectric.buildActivity(Activity::class.java).setup()
        activity = controller.get()
        val plugin = SitePlugin(activity)
        return plugin to PluginHandle(PluginManager, "site-view", plugin, "{}", mapper)
    }

    private fun PluginHandle.run(command: String, arguments: String = "{}"): String {
        said.clear()
        invoke(
            Invoke(1, command, 0, 1, { to, data ->
                said += "${if (to == 0L) "yes" else "no"} $data"
            }, arguments, mapper)
        )
        idle()
        return said.single()
    }

    @Test
    fun `Tauri finds every command and each answers once`() {
        val (_, handle) = plugin()
        assertEquals("""no {"message":"no site is open"}""", handle.run("show"))
        assertEquals("yes null", handle.run("hide"))
        assertEquals("yes null", handle.run("load", """{"url":"$GROUP"}"""))
        assertEquals(GROUP, shadowOf(page).lastLoadedUrl)
        assertEquals("yes null", handle.run("show"))
        assertTrue(page.isShown)
        assertEquals("yes null", handle.run("hide"))
        assertFalse(page.isShown)
        assertEquals("yes null", handle.run("close"))
        assertEquals("yes null", handle.run("close"))
        assertTrue(webViews(activity.window.decorView).isEmpty())
    }

    @Test
    fun `a command without its arguments fails and opens nothing`() {
        val (_, handle) = plugin()
        assertThrows(Exception::class.java) { handle.run("load", "[]") }
        assertThrows(Exception::class.java) { handle.run("load", "{}") }
        assertTrue(webViews(activity.window.decorView).isEmpty())
    }

    @Test
    fun `the site ends with the activity`() {
        val (plugin, handle) = plugin()
        handle.run("load", """{"url":"$GROUP"}""")
        val view = page
        plugin.onDestroy(AppCompatActivity())
        assertFalse("another activity does not close the site", isClosed(view))
        activity.finish()
        controller.destroy()
        plugin.onDestroy(AppCompatActivity())
        assertTrue(isClosed(view))
        assertEquals(emptyList<String>(), App.takeEvents())
    }

    @Test
    fun `a renderer that takes the activity along is reported once`() {
        val (plugin, handle) = plugin()
        handle.run("load", """{"url":"$GROUP"}""")
        // The engine says so of the site's view, and of the app's own, whose activity is made anew.
        val detail = object : RenderProcessGoneDetail() {
            override fun didCrash() = true
            override fun rendererPriorityAtExit() = WebView.RENDERER_PRIORITY_BOUND
        }
        assertTrue(page.webViewClient.onRenderProcessGone(page, detail))
        idle()
        assertEquals("or the app would load the site into the old activity", emptyList<String>(), App.takeEvents())
        controller.destroy()
        plugin.onDestroy(AppCompatActivity())
        assertEquals(listOf("crashed"), App.takeEvents())
        pass(5)
        assertEquals(emptyList<String>(), App.takeEvents())
    }

    @Test
    fun `pages rest while the app is away, and not beside another app on a split screen`() {
        val (plugin, handle) = plugin()
        handle.run("load", """{"url":"$GROUP"}""")
        plugin.onPause(AppCompatActivity())
        assertFalse(shadowOf(page).wasOnPauseCalled())
        plugin.onStop(AppCompatActivity())
        assertTrue(shadowOf(page).wasOnPauseCalled())
        plugin.onResume(AppCompatActivity())
        assertTrue(shadowOf(page).wasOnResumeCalled())
    }

    @Test
    fun `each activity is padded for the system bars, the first one when its page is there`() {
        val (plugin, _) = plugin()
        plugin.load(WebView(activity))
        val second = Robolectric.buildActivity(Activity::class.java).setup().get()
        plugin.currentActivity = { second }
        plugin.onResume(AppCompatActivity())
        val insets = WindowInsets.Builder().setInsets(WindowInsets.Type.ime(), Insets.of(0, 0, 0, 300)).build()
        for (padded in listOf(activity, second)) {
            val content = padded.findViewById<View>(android.R.id.content)
            content.dispatchApplyWindowInsets(insets)
            assertEquals(300, content.paddingBottom)
        }
    }

    private val camera = arrayOf(Manifest.permission.CAMERA)

    @Test
    fun `only a person grants, and a question that was interrupted grants nothing`() {
        val (plugin, _) = plugin()
        for ((answer, expected) in listOf(
            mapOf(Manifest.permission.CAMERA to true) to true,
            mapOf(Manifest.permission.CAMERA to false) to false,
            emptyMap<String, Boolean>() to false,
            mapOf(Manifest.permission.RECORD_AUDIO to true) to false
        )) {
            plugin.askSystem = { _, onAnswer -> onAnswer(answer) }
            var heard: Boolean? = null
            plugin.launcher.requestPermissions(camera) { heard = it }
            assertEquals("$answer", expected, heard)
        }
    }

    @Test
    fun `a second question while one is open gets a no, and the first one its own answer`() {
        val (plugin, _) = plugin()
        val heard = ArrayList<String>()
        val open = ArrayList<(Map<String, Boolean>) -> Unit>()
        plugin.askSystem = { _, onAnswer -> open += onAnswer }
        plugin.launcher.requestPermissions(camera) { heard += "first $it" }
        plugin.launcher.requestPermissions(arrayOf(Manifest.permission.RECORD_AUDIO)) { heard += "second $it" }
        open.single()(mapOf(Manifest.permission.CAMERA to true))
        assertEquals(listOf("second false", "first true"), heard)
        plugin.launcher.requestPermissions(camera) { heard += "third $it" }
        assertEquals("a later question is asked", 2, open.size)
    }

    @Test
    fun `a camera app that may not be started leaves the page without a file`() {
        val (plugin, _) = plugin()
        for (refusal in listOf(SecurityException(), ActivityNotFoundException())) {
            plugin.startForResult = { _, _ -> throw refusal }
            var answered = false
            plugin.launcher.start(Intent()) {
                answered = true
                assertNull(it)
            }
            assertTrue("$refusal", answered)
        }
    }

    @Test
    fun `a recreated activity gets the site again once the app loads it`() {
        val (plugin, handle) = plugin()
        handle.run("load", """{"url":"$GROUP"}""")
        controller.destroy()
        plugin.onDestroy(AppCompatActivity())
        assertEquals("the app must load the site again", listOf("crashed"), App.takeEvents())
        assertEquals("""no {"message":"no site is open"}""", handle.run("show"))
        assertNull("Tauri has no activity in this test", plugin.currentActivity())
        val fresh = Robolectric.setupActivity(Activity::class.java)
        plugin.currentActivity = { fresh }
        handle.run("load", """{"url":"$GROUP"}""")
        handle.run("show")
        assertEquals(GROUP, shadowOf(webViews(fresh.window.decorView).single()).lastLoadedUrl)
    }

    @Test
    fun `the app's own page follows the font size`() {
        val (plugin, handle) = plugin()
        val shell = WebView(activity)
        activity.setContentView(shell)
        handle.run("load", """{"url":"$GROUP"}""")
        plugin.currentActivity = { activity }
        plugin.onConfigurationChanged(Configuration(activity.resources.configuration).apply { fontScale = 0.85f })
        assertEquals(85, shell.settings.textZoom)
        plugin.currentActivity = { null }
        plugin.onConfigurationChanged(activity.resources.configuration)
        assertEquals(85, shell.settings.textZoom)
    }

    @Test
    fun `the engine has the cookie when the command answers`() {
        val (_, handle) = plugin()
        val cookie = """{"url":"$AUTHORIZE","line":"t=secret; Path=/; HttpOnly; Max-Age=60; Secure; SameSite=None"}"""
        assertEquals("""yes {"kept":true}""", handle.run("setCookie", cookie))
        assertTrue(CookieManager.getInstance().getCookie(AUTHORIZE).contains("t=secret"))
    }

    @Test
    fun `a cookie that the engine rejects is reported as not kept`() {
        val (_, handle) = plugin()
        val late = """{"url":"$AUTHORIZE","line":"t=secret; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}"""
        assertEquals("""yes {"kept":false}""", handle.run("setCookie", late))
    }

    @Test
    fun `clear leaves no cookie, no photo and no part of a file`() {
        val (_, handle) = plugin()
        val photo = File(activity.cacheDir, "photo.jpg").apply { writeText("x") }
        val part = File(activity.cacheDir, "download").apply { writeText("x") }
        CookieManager.getInstance().setCookie("https://zonnetje.example/", "a=b")
        assertEquals("yes null", handle.run("clear"))
        assertFalse(part.exists())
        assertFalse(CookieManager.getInstance().hasCookies())
        assertFalse(photo.exists())
    }

    private fun restrictions(): List<RestrictionEntry> = RuntimeEnvironment.getApplication().let {
        it.getSystemService(RestrictionsManager::class.java).getManifestRestrictions(it.packageName)
    }

    /** An entry in the format of [App.settings]. */
    private fun row(entry: RestrictionEntry): String {
        val default = when (entry.type) {
            RestrictionEntry.TYPE_BOOLEAN -> entry.selectedState.toString()
            RestrictionEntry.TYPE_INTEGER -> entry.intValue.toString()
            else -> entry.selectedString.orEmpty()
        }
        return listOf(entry.key, entry.type, default, entry.title, entry.description).joinToString("\t")
    }

    @Test
    fun `an MDM console reads every setting with its type, default and texts, in the administrator's language`() {
        assertEquals(App.settings("en").lines(), restrictions().map(::row))
        RuntimeEnvironment.setQualifiers("+nl")
        assertEquals(App.settings("nl").lines(), restrictions().map(::row))
    }

    @Test
    fun `an MDM console offers the choices of the settings schema`() {
        val choices = restrictions().filter { it.type == RestrictionEntry.TYPE_CHOICE }
        assertTrue(choices.isNotEmpty())
        for (entry in choices) {
            assertTrue(entry.key, entry.selectedString in entry.choiceValues)
            assertEquals(entry.key, entry.choiceValues.size, entry.choiceEntries.size)
        }
    }
}
