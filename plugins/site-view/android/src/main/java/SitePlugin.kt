package nl.kidskonnect.groep.site

import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.content.res.Configuration
import android.view.ViewGroup
import android.webkit.WebView
import androidx.appcompat.app.AppCompatActivity
import app.tauri.annotation.Command
import app.tauri.annotation.InvokeArg
import app.tauri.annotation.TauriPlugin
import app.tauri.plugin.Invoke
import app.tauri.plugin.JSObject
import app.tauri.plugin.Plugin
import app.tauri.plugin.PluginManager

@InvokeArg
internal class LoadArgs {
  lateinit var url: String
}

@InvokeArg
internal class CookieArgs {
  lateinit var url: String
  lateinit var line: String
}

/** Tauri's way in, for the Rust half alone: no page has a permission for these commands. Tauri calls on the main thread. */
@TauriPlugin
class SitePlugin(private val activity: Activity) : Plugin(activity) {
  private val launcher = object : ActivityLauncher {
    override fun start(intent: Intent, done: (Intent?) -> Unit) {
      try {
        PluginManager.startActivityForResult(intent) { result ->
          done(if (result.resultCode == Activity.RESULT_OK) result.data ?: Intent() else null)
        }
      } catch (_: ActivityNotFoundException) {
        done(null)
      }
    }

    override fun ask(permissions: Array<String>, done: (Boolean) -> Unit) =
      PluginManager.requestPermissions(permissions) { answers -> done(answers.values.all { it }) }
  }

  internal var current: () -> Activity? = { PluginManager.activity }
  private var known = Site(activity, launcher)

  /** The site in the activity that is there now: the system makes a new one where memory was short, say. */
  private val site: Site
    get() {
      val now = current()
      if (known.activity.isDestroyed && now != null) known = Site(now, launcher)
      return known
    }
  private val cookies = Cookies(activity)

  @Command
  fun load(invoke: Invoke) {
    site.load(invoke.parseArgs(LoadArgs::class.java).url)
    invoke.resolve()
  }

  @Command
  fun show(invoke: Invoke) {
    if (!site.isOpen) return invoke.reject("no site is open")
    site.show()
    invoke.resolve()
  }

  @Command
  fun hide(invoke: Invoke) {
    site.hide()
    invoke.resolve()
  }

  @Command
  fun close(invoke: Invoke) {
    site.close()
    invoke.resolve()
  }

  @Command
  fun setCookie(invoke: Invoke) {
    val args = invoke.parseArgs(CookieArgs::class.java)
    cookies.set(args.url, args.line) { kept -> invoke.resolve(JSObject().put("kept", kept)) }
  }

  @Command
  fun clear(invoke: Invoke) {
    Photos.forget(activity)
    cookies.clear { invoke.resolve() }
  }

  /** The app's own page is none of our views, and takes over what they do. */
  override fun onConfigurationChanged(newConfig: Configuration) {
    val shell = current()?.findViewById<ViewGroup>(android.R.id.content)?.getChildAt(0)
    (shell as? WebView)?.applyFontScale(newConfig)
  }

  /** Told for every activity; what was open in one that is not ending for good is to be opened again. */
  override fun onDestroy(activity: AppCompatActivity) {
    val open = known.isOpen
    if (!known.activity.isDestroyed) return
    known.close()
    if (open && !known.activity.isFinishing) NativeHost.onCrashed()
  }
}
