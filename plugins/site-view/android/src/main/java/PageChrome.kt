package nl.kidskonnect.groep.site

import android.net.Uri
import android.os.Message
import android.view.View
import android.webkit.GeolocationPermissions
import android.webkit.JsPromptResult
import android.webkit.JsResult
import android.webkit.PermissionRequest
import android.webkit.ValueCallback
import android.webkit.WebChromeClient
import android.webkit.WebView

/** What a page asks of the browser around it. */
internal class PageChrome(private val page: Page) : WebChromeClient() {
  private val services get() = page.services

  // The app decides, not the engine's guess whether a finger was on the screen: a page that first asks its own server
  // opens its pop-up long after the tap.
  override fun onCreateWindow(view: WebView, isDialog: Boolean, isUserGesture: Boolean, resultMsg: Message): Boolean {
    val transport = resultMsg.obj as? WebView.WebViewTransport ?: return false
    val popup = services.popups.open(page) ?: return false
    transport.webView = popup.view
    resultMsg.sendToTarget()
    return true
  }

  override fun onCloseWindow(window: WebView) = page.close()

  // False leaves the dialog to the engine, which names the page. One of a hidden page would lie over the app's own.
  override fun onJsAlert(view: WebView, url: String, message: String, result: JsResult) = silent(result)

  override fun onJsConfirm(view: WebView, url: String, message: String, result: JsResult) = silent(result)

  override fun onJsPrompt(view: WebView, url: String, message: String, defaultValue: String?, result: JsPromptResult) =
    silent(result)

  // A page that is hidden is on its way out.
  override fun onJsBeforeUnload(view: WebView, url: String, message: String, result: JsResult): Boolean {
    if (!page.shown) result.confirm()
    return !page.shown
  }

  private fun silent(result: JsResult): Boolean {
    if (!page.shown) result.cancel()
    return !page.shown
  }

  override fun onPermissionRequest(request: PermissionRequest) = services.permissions.onRequest(page, request)

  override fun onPermissionRequestCanceled(request: PermissionRequest) = services.permissions.onRequestCanceled(request)

  override fun onGeolocationPermissionsShowPrompt(origin: String, callback: GeolocationPermissions.Callback) =
    callback.invoke(origin, false, false)

  override fun onShowFileChooser(
    webView: WebView,
    filePathCallback: ValueCallback<Array<Uri>>,
    fileChooserParams: FileChooserParams
  ): Boolean {
    services.uploads.onRequest(page, filePathCallback, fileChooserParams)
    return true
  }

  override fun onShowCustomView(view: View, callback: CustomViewCallback) = services.fullScreen.show(view, callback)

  override fun onHideCustomView() = services.fullScreen.hide()
}
