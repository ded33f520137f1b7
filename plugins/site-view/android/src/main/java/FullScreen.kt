package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.Dialog
import android.view.View
import android.webkit.WebChromeClient

/** A video that fills the screen, until the page or a person ends it. */
internal class FullScreen(private val activity: Activity) {
    private var dialog: Dialog? = null
    private var callback: WebChromeClient.CustomViewCallback? = null

    val isShown get() = dialog != null

    fun show(view: View, requested: WebChromeClient.CustomViewCallback) {
        if (isShown) return requested.onCustomViewHidden()
        callback = requested
        dialog = Dialog(activity, android.R.style.Theme_Black_NoTitleBar_Fullscreen).apply {
            setContentView(view)
            followSecureFlag(activity)
            onBack(::hide)
            show()
        }
    }

    fun hide() {
        dialog?.dismiss()
        dialog = null
        // The engine answers this callback by calling `hide` again, so the field is cleared first.
        callback.also { callback = null }?.onCustomViewHidden()
    }
}
