//! The links that started the app, where the framework loses them (iPad).

use url::Url;

/// Calls `listener` with each link that started the app or brought its window back, custom scheme and https alike, on an
/// iPad: there Tauri reports only the links that reach a running app (`RunEvent::Opened`). Links that came before this
/// call are delivered in it. On other systems Tauri reports all links, and this never calls `listener`.
///
/// The listener must not call this function, and there is one: a later one replaces it.
pub fn on_launch_link(listener: impl Fn(Url) + Send + 'static) {
    #[cfg(all(feature = "tauri", target_os = "ios"))]
    crate::link_queue::LINKS.listen(Box::new(listener));
    #[cfg(not(all(feature = "tauri", target_os = "ios")))]
    drop(listener);
}
