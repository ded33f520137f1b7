package nl.kidskonnect.groep.site

import android.app.Activity
import android.content.RestrictionEntry
import android.content.RestrictionsManager
import android.content.res.Configuration
import android.webkit.CookieManager
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
 * The way in for the Rust half, and what a device manager's console reads.
 *
 * Real: tauri's own plugin classes and their JSON, our Kotlin, the policy of `app-state`, the framework's reader of the
 * restrictions and resources linked by aapt2 from what the table of settings emits. Shadows stand for `WebView` and for
 * `CookieManager`, which is a map here: it takes any cookie, and forgets what is not asked for by name.
 */
class PluginTest : Tablet() {
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
    invoke(Invoke(1, command, 0, 1, { to, data -> said += "${if (to == 0L) "yes" else "no"} $data" }, arguments, mapper))
    idle()
    return said.single()
  }

  @Test
  fun `tauri finds every command and each answers once`() {
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
    assertFalse("another activity is none of ours", isClosed(view))
    activity.finish()
    controller.destroy()
    plugin.onDestroy(AppCompatActivity())
    assertTrue(isClosed(view))
    assertEquals(emptyList<String>(), App.heard())
  }

  @Test
  fun `an activity that the system makes anew gets the site again once the app loads it`() {
    val (plugin, handle) = plugin()
    handle.run("load", """{"url":"$GROUP"}""")
    controller.destroy()
    plugin.onDestroy(AppCompatActivity())
    assertEquals("the app is to load it again", listOf("crashed"), App.heard())
    assertEquals("""no {"message":"no site is open"}""", handle.run("show"))
    assertNull("tauri knows of no activity here", plugin.current())
    val fresh = Robolectric.setupActivity(Activity::class.java)
    plugin.current = { fresh }
    handle.run("load", """{"url":"$GROUP"}""")
    handle.run("show")
    assertEquals(GROUP, shadowOf(webViews(fresh.window.decorView).single()).lastLoadedUrl)
  }

  @Test
  fun `the app's own page takes over another size of text`() {
    val (plugin, handle) = plugin()
    val shell = WebView(activity)
    activity.setContentView(shell)
    handle.run("load", """{"url":"$GROUP"}""")
    plugin.current = { activity }
    plugin.onConfigurationChanged(Configuration(activity.resources.configuration).apply { fontScale = 0.85f })
    assertEquals(85, shell.settings.textZoom)
    plugin.current = { null }
    plugin.onConfigurationChanged(activity.resources.configuration)
    assertEquals(85, shell.settings.textZoom)
  }

  @Test
  fun `a cookie is there once the answer is`() {
    val (_, handle) = plugin()
    val cookie = """{"url":"$AUTHORIZE","line":"t=secret; Path=/; HttpOnly; Max-Age=60; Secure; SameSite=None"}"""
    assertEquals("""yes {"kept":true}""", handle.run("setCookie", cookie))
    assertTrue(CookieManager.getInstance().getCookie(AUTHORIZE).contains("t=secret"))
  }

  @Test
  fun `a cookie that the engine does not take is not said to be there`() {
    val (_, handle) = plugin()
    val late = """{"url":"$AUTHORIZE","line":"t=secret; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}"""
    assertEquals("""yes {"kept":false}""", handle.run("setCookie", late))
  }

  @Test
  fun `clearing leaves no cookie and no photo`() {
    val (_, handle) = plugin()
    val photo = File(activity.cacheDir, "photo.jpg").apply { writeText("x") }
    CookieManager.getInstance().setCookie("https://zonnetje.example/", "a=b")
    assertEquals("yes null", handle.run("clear"))
    assertFalse(CookieManager.getInstance().hasCookies())
    assertFalse(photo.exists())
  }

  private fun restrictions(): List<RestrictionEntry> = RuntimeEnvironment.getApplication().let {
    it.getSystemService(RestrictionsManager::class.java).getManifestRestrictions(it.packageName)
  }

  /** A row as [App.settings] has it. */
  private fun row(entry: RestrictionEntry): String {
    val default = when (entry.type) {
      RestrictionEntry.TYPE_BOOLEAN -> entry.selectedState.toString()
      RestrictionEntry.TYPE_INTEGER -> entry.intValue.toString()
      else -> entry.selectedString.orEmpty()
    }
    return listOf(entry.key, entry.type, default, entry.title, entry.description).joinToString("\t")
  }

  @Test
  fun `a console reads every setting of the table with its type, default and words, in the person's language`() {
    assertEquals(App.settings("en").lines(), restrictions().map(::row))
    RuntimeEnvironment.setQualifiers("+nl")
    assertEquals(App.settings("nl").lines(), restrictions().map(::row))
  }

  @Test
  fun `a console offers the choices that the table has`() {
    val choices = restrictions().filter { it.type == RestrictionEntry.TYPE_CHOICE }
    assertTrue(choices.isNotEmpty())
    for (entry in choices) {
      assertTrue(entry.key, entry.selectedString in entry.choiceValues)
      assertEquals(entry.key, entry.choiceValues.size, entry.choiceEntries.size)
    }
  }
}
