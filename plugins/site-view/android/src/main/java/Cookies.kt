package nl.kidskonnect.groep.site

import android.app.Activity
import android.webkit.CookieManager
import android.webkit.WebStorage
import android.webkit.WebView
import android.webkit.WebViewDatabase

/** What the engine keeps of sites. Every answer comes after the engine has done it. */
internal class Cookies(private val activity: Activity) {
  private val jar get() = CookieManager.getInstance()

  /** [line] is a whole `Set-Cookie` line; the answer says whether the cookie is there now. */
  fun set(address: String, line: String, done: (Boolean) -> Unit) {
    val named = line.substringBefore(';')
    jar.setCookie(address, line) {
      jar.flush()
      done(jar.getCookie(address).orEmpty().split("; ").contains(named))
    }
  }

  fun clear(done: () -> Unit) {
    WebStorage.getInstance().deleteAllData()
    WebViewDatabase.getInstance(activity).clearHttpAuthUsernamePassword()
    // The cache is one for the whole app; it needs some view to be asked through.
    WebView(activity).apply {
      clearCache(true)
      destroy()
    }
    jar.removeAllCookies {
      jar.flush()
      done()
    }
  }
}
