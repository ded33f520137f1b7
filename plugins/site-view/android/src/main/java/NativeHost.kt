package nl.kidskonnect.groep.site

/** The app's side, in Rust: it decides and is told. Loaded with the app's library; any thread may call. */
internal object NativeHost {
  /** May this address load? Where it may not, the app was told why, and goes on from there by itself. */
  @JvmStatic external fun mayNavigate(address: String, popup: Boolean, mainFrame: Boolean): Boolean

  /** May the page at [opener], which has [open] pop-ups, open one to [target]? */
  @JvmStatic external fun mayOpenPopup(opener: String, target: String, open: Int): Boolean

  /** May the page at [address] use what `PermissionRequest` names so? */
  @JvmStatic external fun allows(address: String, resource: String): Boolean

  /** May [page] keep this file? */
  @JvmStatic external fun mayDownload(page: String, file: String, popup: Boolean): Boolean

  /** What closes a pop-up is called. */
  @JvmStatic external fun closeLabel(): String?

  @JvmStatic external fun onLoaded(address: String)

  /** [status] is the server's own (5xx), or one of [UNREACHABLE] and [INSECURE]. */
  @JvmStatic external fun onFailed(status: Int)

  @JvmStatic external fun onCrashed()

  /** Somebody touched a page; told as often as it happens. */
  @JvmStatic external fun onUserActivity()

  @JvmStatic external fun onPopupOpened(address: String)

  @JvmStatic external fun onPopupClosed()

  const val UNREACHABLE = 0
  const val INSECURE = 1
}
