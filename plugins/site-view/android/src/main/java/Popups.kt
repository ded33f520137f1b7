package nl.kidskonnect.groep.site

import android.app.Activity
import android.webkit.WebView

/** The pop-ups that are open. */
internal class Popups(private val activity: Activity, private val services: PageServices) {
    private val open = ArrayList<Popup>()

    /** Whether the site is shown; its pop-ups are shown and hidden with it. */
    var visible = false
        private set

    /**
     * Opens an empty pop-up; null if the app refuses it. The engine does not say where the window will go, so [Popup]
     * decides its first URL.
     */
    fun open(opener: Page): Popup? {
        if (activity.isFinishing) return null
        val byOpener = open.count { it.opener === opener }
        if (!NativeHost.mayOpenPopup(opener.url, BLANK, byOpener, open.size)) return null
        return Popup(activity, services, opener).also {
            open += it
            if (visible) it.show()
        }
    }

    fun closeOf(opener: Page) = open.filter { it.opener === opener }.forEach(::close)

    fun closeAll() = open.toList().forEach(::close)

    fun close(popup: Popup) {
        if (open.remove(popup)) popup.destroy()
    }

    fun forEachView(act: (WebView) -> Unit) = open.forEach { act(it.view) }

    fun show() {
        visible = true
        open.forEach(Popup::show)
    }

    fun hide() {
        visible = false
        open.forEach(Popup::hide)
    }
}
