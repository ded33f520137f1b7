package nl.kidskonnect.groep.site

/**
 * The app's side of the site view, in Rust (`src/android_jni.rs`). JNI binds these functions by name, once the app's
 * library is loaded. Any thread may call them.
 */
internal object NativeHost {
    /** Whether [url] may load. After `false` the app has the event and continues by itself. */
    @JvmStatic external fun mayNavigate(url: String, popup: Boolean, mainFrame: Boolean): Boolean

    /**
     * Whether the page at [opener] may open a pop-up to [target]. [byOpener] pop-ups of that page exist, and [inTotal]
     * pop-ups of all pages.
     */
    @JvmStatic external fun mayOpenPopup(opener: String, target: String, byOpener: Int, inTotal: Int): Boolean

    /** Whether the page at [page] may use [resource], a constant of `PermissionRequest` or [PRINT]. */
    @JvmStatic external fun allows(page: String, resource: String): Boolean

    /** Whether the page at [page] may save the file at [file]. */
    @JvmStatic external fun mayDownload(page: String, file: String, popup: Boolean): Boolean

    /** Whether the page at [url], which is about to be shown, may be shown. */
    @JvmStatic external fun mayShow(url: String, popup: Boolean): Boolean

    /** Whether a person who taps a link to [url] wants the app for it: for telephone, mail or one-time codes. */
    @JvmStatic external fun isForOtherApp(url: String): Boolean

    /** The script that gives a page `window.print()` and lets the app read its files (`rules/page_script.js`). */
    @JvmStatic external fun pageScript(token: String): String?

    /** A name for a file that a server or a page calls [given]: no path, no hidden file, no hidden ending. */
    @JvmStatic external fun fileName(given: String): String?

    /** A text in the app's language: [CLOSE], [SAVED], [NOT_SAVED], [NO_APP] or [NOT_READ]. */
    @JvmStatic external fun label(which: Int): String?

    @JvmStatic external fun onLoaded(url: String)

    /** The site's page did not load, or is gone: [UNREACHABLE], [INSECURE], [PAGE_REFUSED] or [CRASHED]. */
    @JvmStatic external fun onFailed(reason: Int)

    /**
     * The server answered the site's main frame with an error [status] and these [headers], one per line as
     * `name: value`. Returns whether that counts as a failed load; otherwise the answer is a page. After `true` the app
     * has the event.
     */
    @JvmStatic external fun onHttpError(status: Int, headers: String): Boolean

    /** The file at [url], which a page may save, could not be saved. */
    @JvmStatic external fun onNotSaved(url: String)

    /** The device has no app for [url], or none that prints the page there. */
    @JvmStatic external fun onNoApp(url: String)

    /** A person used a page. Callers report every touch and key; Rust passes on at most one per second. */
    @JvmStatic external fun onUserActivity()

    @JvmStatic external fun onPopupOpened(url: String)

    @JvmStatic external fun onPopupClosed()

    const val UNREACHABLE = 0
    const val INSECURE = 1
    const val PAGE_REFUSED = 2
    const val CRASHED = 3

    const val CLOSE = 0
    const val SAVED = 1
    const val NOT_SAVED = 2
    const val NO_APP = 3
    const val NOT_READ = 4

    const val PRINT = "print"
}
