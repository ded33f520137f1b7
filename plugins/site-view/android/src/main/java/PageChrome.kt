package nl.kidskonnect.groep.site

import android.net.Uri
import android.os.Message
import android.view.View
import android.webkit.ConsoleMessage
import android.webkit.GeolocationPermissions
import android.webkit.JsPromptResult
import android.webkit.JsResult
import android.webkit.PermissionRequest
import android.webkit.ValueCallback
import android.webkit.WebChromeClient
import android.webkit.WebView

/** Answers what a page asks of the browser around it: windows, dialogs, permissions, files, full screen. */
internal class PageChrome(private val page: Page) : WebChromeClient() {
    private val services get() = page.services

    // Ignores `isUserGesture`, because a page that asks its own server first opens its pop-up long after the tap. The
    // app's policy decides instead.
    override fun onCreateWindow(view: WebView, isDialog: Boolean, isUserGesture: Boolean, resultMsg: Message): Boolean {
        val transport = resultMsg.obj as? WebView.WebViewTransport ?: return false
        val popup = services.popups.open(page) ?: return false
        transport.webView = popup.view
        resultMsg.sendToTarget()
        return true
    }

    override fun onCloseWindow(window: WebView) = page.close()

    // `false` leaves the dialog to the engine, which names the page in it. A dialog of a hidden page would cover the
    // app's own page, so it is cancelled.
    override fun onJsAlert(view: WebView, url: String, message: String, result: JsResult) = cancelIfHidden(result)

    override fun onJsConfirm(view: WebView, url: String, message: String, result: JsResult) = cancelIfHidden(result)

    override fun onJsPrompt(view: WebView, url: String, message: String, value: String?, result: JsPromptResult) =
        cancelIfHidden(result)

    // If the page is hidden, it leaves without a question, because nobody can answer one.
    override fun onJsBeforeUnload(view: WebView, url: String, message: String, result: JsResult): Boolean {
        if (!page.visible) result.confirm()
        return !page.visible
    }

    private fun cancelIfHidden(result: JsResult): Boolean {
        if (!page.visible) result.cancel()
        return !page.visible
    }

    override fun onPermissionRequest(request: PermissionRequest) = services.permissions.onRequest(page, request)

    override fun onPermissionRequestCanceled(request: PermissionRequest) =
        services.permissions.onRequestCanceled(request)

    override fun onGeolocationPermissionsShowPrompt(origin: String, callback: GeolocationPermissions.Callback) =
        callback.invoke(origin, false, false)

    override fun onShowFileChooser(view: WebView, callback: ValueCallback<Array<Uri>>, params: FileChooserParams) =
        services.uploads.onRequest(page, callback, params).let { true }

    override fun onConsoleMessage(message: ConsoleMessage): Boolean {
        when (message.message()) {
            "${page.token}:print" -> services.printer.onRequest(page)
            "${page.token}:read" -> services.downloads.onRead(page)
            else -> return false
        }
        return true
    }

    override fun onShowCustomView(view: View, callback: CustomViewCallback) = services.fullScreen.show(view, callback)

    override fun onHideCustomView() = services.fullScreen.hide()
}
