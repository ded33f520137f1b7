package nl.kidskonnect.groep.site

import android.app.Activity
import android.content.Intent
import android.content.res.Configuration
import android.view.ViewGroup
import android.webkit.WebView
import androidx.activity.result.ActivityResult
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

/** The commands that the Rust half calls, on the main thread. No page has a permission for them. */
@TauriPlugin
class SitePlugin(private val activity: Activity) : Plugin(activity) {
    internal val launcher: ActivityLauncher = object : ActivityLauncher {
        override fun start(intent: Intent, onResult: (Intent?) -> Unit) {
            // There may be no such app (ActivityNotFoundException), or none that may be started (SecurityException).
            runCatching {
                startForResult(intent) { result ->
                    onResult(if (result.resultCode == Activity.RESULT_OK) result.data ?: Intent() else null)
                }
            }.onFailure { onResult(null) }
        }

        // Tauri keeps one callback, and the system answers a second question at once, with nothing. A question that was
        // interrupted is answered with nothing, too. Only a person grants.
        override fun requestPermissions(permissions: Array<String>, onResult: (Boolean) -> Unit) {
            if (asking) return onResult(false)
            asking = true
            askSystem(permissions) { granted ->
                asking = false
                onResult(permissions.all { granted[it] == true })
            }
        }
    }

    /** Starts another app's activity; tests replace it. */
    internal var startForResult: (Intent, (ActivityResult) -> Unit) -> Unit = { intent, onResult ->
        PluginManager.startActivityForResult(intent) { onResult(it) }
    }

    /** Shows the system's permission dialog; tests replace it. */
    internal var askSystem: (Array<String>, (Map<String, Boolean>) -> Unit) -> Unit = { permissions, onAnswer ->
        PluginManager.requestPermissions(permissions) { onAnswer(it) }
    }

    /** Whether a person is being asked for a permission. */
    private var asking = false

    /** The activity that Tauri has at the moment; tests replace it. */
    internal var currentActivity: () -> Activity? = { PluginManager.activity }
    private var lastSite = Site(activity, launcher)

    /**
     * The site in the current activity. The system replaces an activity that it destroyed, for example when memory was
     * short.
     */
    private val site: Site
        get() {
            val now = currentActivity()
            if (lastSite.activity.isDestroyed && now != null) lastSite = Site(now, launcher)
            return lastSite
        }
    private val cookies = Cookies(activity.applicationContext)

    @Command
    fun load(invoke: Invoke) = site.load(invoke.parseArgs(LoadArgs::class.java).url).also { invoke.resolve() }

    @Command
    fun show(invoke: Invoke) =
        if (site.isOpen) site.show().also { invoke.resolve() } else invoke.reject("no site is open")

    @Command
    fun hide(invoke: Invoke) = site.hide().also { invoke.resolve() }

    @Command
    fun close(invoke: Invoke) = site.close().also { invoke.resolve() }

    @Command
    fun setCookie(invoke: Invoke) = invoke.parseArgs(CookieArgs::class.java).let { args ->
        cookies.set(args.url, args.line) { kept -> invoke.resolve(JSObject().put("kept", kept)) }
    }

    @Command
    fun clear(invoke: Invoke) {
        Photos.delete(activity)
        Downloads.delete(activity)
        cookies.clear { invoke.resolve() }
    }

    // The first activity has started before the plugin exists; later ones come by `onResume`.
    override fun load(webView: WebView) = activity.padContent()

    override fun onResume(activity: AppCompatActivity) {
        currentActivity()?.padContent()
        lastSite.resume()
    }

    override fun onPause(activity: AppCompatActivity) = cookies.flush()

    // Not in `onPause`: beside another app on a split screen, pages go on.
    override fun onStop(activity: AppCompatActivity) = lastSite.stop()

    /** Tauri's own web view, with the app's page, does not follow the system's font size by itself. */
    override fun onConfigurationChanged(newConfig: Configuration) {
        val shell = currentActivity()?.findViewById<ViewGroup>(android.R.id.content)?.getChildAt(0)
        (shell as? WebView)?.applyFontScale(newConfig)
    }

    /**
     * Tauri calls this for every activity. If the site's activity was destroyed but will be made again, the app must
     * load the site again.
     */
    override fun onDestroy(activity: AppCompatActivity) {
        // A web view that was just made after a crash is empty: the app has that event already.
        val wasUsed = lastSite.isUsed
        if (!lastSite.activity.isDestroyed) return
        asking = false
        lastSite.close()
        if (wasUsed && !lastSite.activity.isFinishing) NativeHost.onFailed(NativeHost.CRASHED)
    }
}
