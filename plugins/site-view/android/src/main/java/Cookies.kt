package nl.kidskonnect.groep.site

import android.content.Context
import android.webkit.CookieManager
import android.webkit.WebStorage
import android.webkit.WebView
import android.webkit.WebViewDatabase

/** What the engine stores for sites. Every callback runs after the engine has finished. */
internal class Cookies(private val application: Context) {
    private val cookies get() = CookieManager.getInstance()

    /** Sets a cookie. [line] is a whole `Set-Cookie` line; [onResult] gets whether the engine then has the cookie. */
    fun set(url: String, line: String, onResult: (Boolean) -> Unit) {
        val pair = line.substringBefore(';')
        cookies.setCookie(url, line) {
            cookies.flush()
            onResult(cookies.getCookie(url).orEmpty().split("; ").contains(pair))
        }
    }

    /** Writes cookies to disk. The engine does so every half minute only, and the system may end the app before. */
    fun flush() = cookies.flush()

    fun clear(onDone: () -> Unit) {
        WebStorage.getInstance().deleteAllData()
        WebViewDatabase.getInstance(application).clearHttpAuthUsernamePassword()
        // The whole app has one cache, but only an instance of WebView can clear it.
        WebView(application).apply {
            clearCache(true)
            destroy()
        }
        cookies.removeAllCookies {
            cookies.flush()
            onDone()
        }
    }
}
