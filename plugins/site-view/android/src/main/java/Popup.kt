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

/** A window that a page opened: a full-screen dialog with the host's name and a close button above the page. */
internal class Popup(activity: Activity, services: PageServices, val opener: Page) : Page(activity, services) {
  override val popup get() = true
  override val shown get() = services.popups.shown

  private val title = TextView(activity).apply { isSingleLine = true }
  private val dialog = Dialog(activity, theme(activity))

  /** Its first address was let through. */
  @Volatile private var opened = false

  init {
    prepare()
    val touch = (48 * activity.resources.displayMetrics.density).toInt()
    val button = Button(activity).apply {
      text = "\u2715"
      contentDescription = NativeHost.closeLabel()
      minimumWidth = touch
      minimumHeight = touch
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
    dialog.copySecureFlag(activity)
    dialog.window?.resizeForKeyboard()
    dialog.onBack(::back)
  }

  /** The first address is the one that the window was opened for: refused, it leaves nothing to show. */
  override fun mayNavigate(address: String, mainFrame: Boolean): Boolean {
    if (opened || !mainFrame || address == BLANK) return super.mayNavigate(address, mainFrame)
    val allowed = NativeHost.mayOpenPopup(opener.address, address, 0)
    if (allowed) firstIs(address) else services.popups.close(this)
    return allowed
  }

  override fun mayFetch(address: String): Boolean {
    val allowed = super.mayFetch(address)
    if (!opened) activity.runOnUiThread { if (allowed) firstIs(address) else services.popups.close(this) }
    return allowed
  }

  private fun firstIs(address: String) {
    if (!opened) NativeHost.onPopupOpened(address)
    opened = true
  }

  override fun onPageStarted(now: String) {
    super.onPageStarted(now)
    title.text = android.net.Uri.parse(now).host.orEmpty()
  }

  fun show() = dialog.show()

  fun hide() = dialog.hide()

  override fun back() {
    if (view.canGoBack()) view.goBack() else close()
  }

  override fun close() = services.popups.close(this)

  override fun crashed() = close()

  override fun destroy() {
    super.destroy()
    dialog.dismiss()
    if (opened) NativeHost.onPopupClosed()
  }

  private companion object {
    fun theme(activity: Activity): Int {
      val night = activity.resources.configuration.uiMode and Configuration.UI_MODE_NIGHT_MASK
      return if (night == Configuration.UI_MODE_NIGHT_YES) android.R.style.Theme_DeviceDefault_NoActionBar
      else android.R.style.Theme_DeviceDefault_Light_NoActionBar
    }
  }
}
