package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.Dialog
import android.content.res.Configuration
import android.view.Gravity
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.widget.Button
import android.widget.LinearLayout
import android.widget.TextView

/** A pop-up: a full-screen dialog with the host's name and a close button above the page. */
internal class Popup(activity: Activity, services: PageServices, val opener: Page) : Page(activity, services) {
    override val popup get() = true
    override val visible get() = services.popups.visible

    private val title = TextView(activity).apply { isSingleLine = true }
    private val dialog = Dialog(activity, theme(activity))

    /** Whether the first URL of this window was allowed, and the app knows of the pop-up. */
    @Volatile private var opened = false

    init {
        prepare()
        // The smallest size that a finger hits reliably, by Android's guidelines.
        val minimum = (48 * activity.resources.displayMetrics.density).toInt()
        val button = Button(activity).apply {
            text = "\u2715"
            contentDescription = NativeHost.label(NativeHost.CLOSE)
            minimumWidth = minimum
            minimumHeight = minimum
            setOnClickListener { close() }
        }
        val bar = LinearLayout(activity).apply {
            gravity = Gravity.CENTER_VERTICAL
            addView(button, LinearLayout.LayoutParams(WRAP_CONTENT, WRAP_CONTENT))
            addView(title, LinearLayout.LayoutParams(0, WRAP_CONTENT, 1f))
        }
        val root = LinearLayout(activity).apply {
            orientation = LinearLayout.VERTICAL
            padForSystemBars()
            addView(bar, LinearLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT))
            addView(view, LinearLayout.LayoutParams(MATCH_PARENT, 0, 1f))
        }
        dialog.setContentView(root)
        dialog.followSecureFlag(activity)
        dialog.window?.resizeForKeyboard()
        dialog.onBack(::back)
    }

    /**
     * The first URL decides about the window as a whole, because the engine does not say in advance where a window
     * goes. The app counted this window when it opened, so it is asked here as if no other existed.
     */
    override fun mayNavigate(url: String, mainFrame: Boolean): Boolean {
        if (opened || !mainFrame || url == BLANK) return super.mayNavigate(url, mainFrame)
        val allowed = NativeHost.mayOpenPopup(opener.url, url, 0, 0)
        if (allowed) onFirstNavigation(url) else services.popups.close(this)
        return allowed
    }

    override fun mayFetch(url: String): Boolean {
        val allowed = super.mayFetch(url)
        if (!opened) activity.runOnUiThread { if (allowed) onFirstNavigation(url) else services.popups.close(this) }
        return allowed
    }

    private fun onFirstNavigation(url: String) {
        if (!opened) NativeHost.onPopupOpened(url)
        opened = true
    }

    override fun onPageStarted(started: String) {
        super.onPageStarted(started)
        // The host and not the page's title, so that a page cannot claim to be another site.
        title.text = android.net.Uri.parse(started).host.orEmpty()
    }

    fun show() = dialog.show()

    fun hide() = dialog.hide()

    override fun back() {
        if (view.canGoBack()) view.goBack() else close()
    }

    override fun close() = services.popups.close(this)

    override fun replace(reason: Int) = close()

    override fun destroy() {
        super.destroy()
        dialog.dismiss()
        if (opened) NativeHost.onPopupClosed()
    }
}

private fun theme(activity: Activity): Int {
    val night = activity.resources.configuration.uiMode and Configuration.UI_MODE_NIGHT_MASK
    if (night == Configuration.UI_MODE_NIGHT_YES) return android.R.style.Theme_DeviceDefault_NoActionBar
    return android.R.style.Theme_DeviceDefault_Light_NoActionBar
}
