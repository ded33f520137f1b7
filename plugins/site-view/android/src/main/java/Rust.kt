package nl.kidskonnect.groep.site

/** The app's side, in Rust: it decides and is told. Loaded with the app's library; any thread may call. */
internal object Rust {
  /** May this address load? Where it may not, the app was told why, and goes on from there by itself. */
  @JvmStatic external fun navigate(address: String, popup: Boolean, mainFrame: Boolean): Boolean

  /** May the page at [opener], which has [open] pop-ups, open one to [target]? */
  @JvmStatic external fun mayOpen(opener: String, target: String, open: Int): Boolean

  /** May the page at [address] use what `PermissionRequest` names so? */
  @JvmStatic external fun permits(address: String, resource: String): Boolean

  /** May [page] keep this file? */
  @JvmStatic external fun maySave(page: String, file: String, popup: Boolean): Boolean

  /** What closes a pop-up is called. */
  @JvmStatic external fun closeWord(): String?

  @JvmStatic external fun loaded(address: String)

  /** [status] is the server's own (5xx), or one of [UNREACHABLE] and [INSECURE]. */
  @JvmStatic external fun failed(status: Int)

  @JvmStatic external fun crashed()

  /** Somebody touched a page; told as often as it happens. */
  @JvmStatic external fun touched()

  @JvmStatic external fun popupOpened(address: String)

  @JvmStatic external fun popupClosed()

  const val UNREACHABLE = 0
  const val INSECURE = 1
}
