package nl.kidskonnect.groep.site

import android.graphics.Bitmap
import android.net.http.SslError
import android.webkit.RenderProcessGoneDetail
import android.webkit.SslErrorHandler
import android.webkit.WebResourceError
import android.webkit.WebResourceRequest
import android.webkit.WebResourceResponse
import android.webkit.WebView
import android.webkit.WebViewClient
import java.io.ByteArrayInputStream

/** Decides where a page may navigate, and reports how each load ended. */
internal class PageClient(private val page: Page) : WebViewClient() {
    override fun shouldOverrideUrlLoading(view: WebView, request: WebResourceRequest): Boolean {
        val url = request.url.toString()
        val allowed = page.mayNavigate(url, request.isForMainFrame)
        if (!request.isForMainFrame) return !allowed
        if (allowed) page.onNavigationAllowed(url) else page.onNavigationBlocked()
        if (!allowed && request.hasGesture()) page.services.otherApps.open(page, url)
        return !allowed
    }

    // A blocked request is answered with 204, because that status leaves the page on screen as it is.
    override fun shouldInterceptRequest(view: WebView, request: WebResourceRequest): WebResourceResponse? {
        if (!request.isForMainFrame) return null
        val url = request.url.toString()
        if (page.mayFetch(url)) {
            page.onNavigationAllowed(url)
            return null
        }
        page.onNavigationBlocked()
        val nothing = ByteArrayInputStream(ByteArray(0))
        return WebResourceResponse("text/plain", null, 204, "No Content", emptyMap(), nothing)
    }

    // Comes when the page replaces the one before, and before anything of the page is drawn.
    override fun onPageStarted(view: WebView, url: String, favicon: Bitmap?) {
        if (!NativeHost.mayShow(url, page.popup)) return page.onStranger()
        page.onPageStarted(url)
    }

    // The engine also calls this for a load that was stopped, with the URL that never came on screen.
    override fun onPageFinished(view: WebView, url: String) {
        if (!page.popup && !page.failed && url != BLANK && (page.committed || url == page.url)) NativeHost.onLoaded(url)
    }

    override fun onReceivedError(view: WebView, request: WebResourceRequest, error: WebResourceError) {
        if (request.isForMainFrame) fail(NativeHost.UNREACHABLE)
    }

    override fun onReceivedHttpError(view: WebView, request: WebResourceRequest, response: WebResourceResponse) {
        if (!request.isForMainFrame || page.popup || page.failed) return
        val headers = response.responseHeaders.orEmpty().entries.joinToString("\n") { "${it.key}: ${it.value}" }
        page.failed = NativeHost.onHttpError(response.statusCode, headers)
    }

    override fun onReceivedSslError(view: WebView, handler: SslErrorHandler, error: SslError) {
        handler.cancel()
        if (error.url == page.pendingUrl) fail(NativeHost.INSECURE)
    }

    override fun onRenderProcessGone(view: WebView, detail: RenderProcessGoneDetail): Boolean {
        page.replace(NativeHost.CRASHED)
        return true
    }

    /** Reports the first error of a load only: the engine may report a second error for the same load. */
    private fun fail(reason: Int) {
        if (!page.popup && !page.failed) NativeHost.onFailed(reason)
        page.failed = true
    }
}
