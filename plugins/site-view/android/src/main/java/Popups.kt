package nl.kidskonnect.groep.site

import android.app.Activity

/** The windows that pages opened. */
internal class Popups(private val activity: Activity, private val services: PageServices) {
  private val open = ArrayList<Popup>()

  /** They are seen only while the site is. */
  var shown = false
    private set

  /** The engine does not say where the window is to go: its first address is decided in the window itself. */
  fun open(opener: Page): Popup? {
    if (activity.isFinishing) return null
    val mine = open.count { it.opener === opener }
    val counted = if (open.size >= MAX) maxOf(mine, 1) else mine
    if (!NativeHost.mayOpenPopup(opener.address, BLANK, counted)) return null
    return Popup(activity, services, opener).also {
      open += it
      if (shown) it.show()
    }
  }

  fun closeOf(opener: Page) = open.filter { it.opener === opener }.forEach(::close)

  fun closeAll() = open.toList().forEach(::close)

  fun close(popup: Popup) {
    if (open.remove(popup)) popup.destroy()
  }

  fun show() {
    shown = true
    open.forEach(Popup::show)
  }

  fun hide() {
    shown = false
    open.forEach(Popup::hide)
  }

  private companion object {
    /** A sign-in page in a pop-up may need one of its own; a storm does not. */
    const val MAX = 3
  }
}
