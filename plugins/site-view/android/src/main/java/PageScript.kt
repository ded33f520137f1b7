package nl.kidskonnect.groep.site

import org.json.JSONArray
import org.json.JSONException
import org.json.JSONObject

/** What [PAGE_SCRIPT] writes to the console for `window.print()`. No content security policy stops the console. */
internal const val PRINT = "site-view:print"

/**
 * Gives a page what browsers have and web views lack: `window.print()`, and files that the page makes itself. A page
 * revokes the URL of such a file right after the click, and Android does not say which name the page gave it, so the
 * URL and the name are kept for a minute.
 */
internal const val PAGE_SCRIPT = """(() => {
  const say = console.debug.bind(console), revoke = URL.revokeObjectURL.bind(URL), names = {};
  const click = HTMLAnchorElement.prototype.click;
  const note = a => { if (a && a.download) names[a.href] = a.download; };
  window.print = () => say('$PRINT');
  URL.revokeObjectURL = url => { setTimeout(() => { revoke(url); delete names[url]; }, 60000); };
  HTMLAnchorElement.prototype.click = function () { note(this); return click.call(this); };
  addEventListener('click', e => note(e.target.closest && e.target.closest('a')), true);
  Object.defineProperty(window, '__siteViewNames', { value: names });
})()"""

/** The largest file that a page can make. Its content passes through JavaScript as text. */
private const val MAX_BYTES = 32 * 1024 * 1024

/** Reads the file at a `blob:` or `data:` URL of the page: its name, or an empty one, and its content in base64. */
internal fun readScript(url: String) = """(url => {
  const request = new XMLHttpRequest(), bytes = [];
  request.open('GET', url, false);
  request.overrideMimeType('text/plain; charset=x-user-defined');
  request.send();
  const text = request.responseText;
  if (text.length > $MAX_BYTES) return null;
  for (let i = 0; i < text.length; i++) bytes.push(String.fromCharCode(text.charCodeAt(i) & 255));
  return [(window.__siteViewNames || {})[url] || '', btoa(bytes.join(''))];
})(${JSONObject.quote(url)})"""

/** The name and the content that [readScript] found; null if the page let nobody read the file. */
internal fun readResult(json: String?): Pair<String, String>? = try {
    JSONArray(json).let { it.getString(0) to it.getString(1) }
} catch (_: JSONException) {
    null
} catch (_: NullPointerException) {
    null
}
