//! One web site inside a Tauri app, as a browser would show it: pop-ups with their opener, cookies, uploads, downloads,
//! JavaScript dialogs, and recovery from a crashed renderer.
//!
//! Tauri itself opens no pop-ups on tablets (`on_new_window`: "Android / iOS: Not supported"), so sites that sign in
//! through a pop-up do not work there. This plugin shows the site in a web view of its own, over the app's page, and
//! opens real pop-ups on Android, iPad and the desktop.
//!
//! The site never runs in a web view that has Tauri's bridge. On tablets the web view is a plain one that this plugin
//! makes; on the desktop it is a second window that no capability names, so Tauri's access control refuses every
//! command from it.
//!
//! # How to use it
//!
//! Implement [`Host`]: it decides every navigation and every pop-up, on all platforms, and receives what happens. Then
//! register the plugin with `init(Arc::new(host))` and load the site with `app.site_view().load(&url)`. The example
//! `popups` is a complete app.
//!
//! ```
//! use tauri_plugin_site_view::{Decision, Host, Navigation, Permission, RefusalReason, SiteEvent};
//! use url::Url;
//!
//! /// One site over https, and nothing else.
//! struct OneSite;
//!
//! impl Host for OneSite {
//!     fn decide(&self, navigation: &Navigation) -> Decision {
//!         match (navigation.url.scheme(), navigation.url.host_str()) {
//!             ("https", Some("site.example")) => Decision::Allow,
//!             ("https", _) => Decision::Refuse(RefusalReason::Host),
//!             ("http", _) => Decision::Refuse(RefusalReason::Insecure),
//!             _ => Decision::Refuse(RefusalReason::Scheme),
//!         }
//!     }
//!     fn decide_popup(&self, _opener: &Url, target: &Url, open: usize) -> Decision {
//!         if open > 0 {
//!             return Decision::Refuse(RefusalReason::SecondPopup);
//!         }
//!         if target.as_str() == "about:blank" {
//!             return Decision::Allow; // The first page in the window is decided before it loads.
//!         }
//!         self.decide(&Navigation { url: target.clone(), popup: true })
//!     }
//!     fn allows(&self, _page: &Url, _what: Permission) -> bool {
//!         false
//!     }
//!     fn on_event(&self, event: SiteEvent) {
//!         println!("{event:?}");
//!     }
//! }
//!
//! let to = |url: &str| Navigation { url: Url::parse(url).unwrap(), popup: false };
//! assert_eq!(OneSite.decide(&to("https://site.example/start")), Decision::Allow);
//! assert_eq!(OneSite.decide(&to("https://site.example.evil.example/")), Decision::Refuse(RefusalReason::Host));
//! ```
//!
//! # Features
//!
//! `tauri` (default) is the plugin itself. Without it the crate offers the plain types of [`Host`] only, with no Tauri,
//! GTK or WebKit among its dependencies, so that a policy can live and be tested in a crate that knows no window
//! system. `jvm` builds what the Kotlin half calls, for a JVM that tests it.
//!
//! # Why objc2 and not Swift
//!
//! The iPad half is Rust on `objc2`. A Swift half would need the Swift compiler, and thus a Mac, for every check; Rust
//! is type-checked and linted for `aarch64-apple-ios` on any machine, together with the rest of the crate. The
//! delegates of `WKWebView` must answer synchronously from the host's policy, which is Rust. With Swift in between,
//! every delegate method would need a C function and a second set of types, and the closed enums of this crate would
//! cross that border as numbers. What `objc2` cannot express, for example that a block runs on the main thread only, is
//! stated in a `SAFETY` comment at each place.
//!
//! # Why JNI and not `UniFFI`
//!
//! The Android half needs Kotlin, because the framework calls subclasses of its own classes (`WebViewClient`, `Dialog`,
//! `ContentProvider`), which only a class loader can define. The border between the two is small: static
//! functions with texts, numbers and booleans (`NativeHost.kt`), bound by name to `android_jni`. `UniFFI` would
//! generate such functions, but its Kotlin calls Rust through JNA, which adds a native library and reflection to the
//! app, and its callback interfaces keep handles that both sides must release. A few functions are less than that.
//! Tests hold the names together: the linked library must export what the Kotlin declares, and the Kotlin's own tests
//! run against this Rust.
#![warn(missing_docs)]

#[cfg(all(feature = "tauri", target_os = "android"))]
mod android;
#[cfg(any(target_os = "android", feature = "jvm"))]
pub mod android_jni;
#[cfg(all(feature = "tauri", not(any(target_os = "android", target_os = "ios"))))]
mod desktop;
mod host;
#[cfg(all(feature = "tauri", target_os = "ios"))]
mod ios;
#[cfg(any(feature = "tauri", feature = "jvm", target_os = "android", test))]
#[cfg_attr(
    not(any(target_os = "linux", target_os = "android", target_os = "ios")),
    allow(dead_code, reason = "Tauri reports less of an engine on the other desktops")
)]
mod rules;

#[cfg(feature = "tauri")]
use std::sync::Arc;

#[cfg(feature = "tauri")]
use tauri::plugin::TauriPlugin;
#[cfg(feature = "tauri")]
use tauri::{Manager, Runtime};

pub use host::{
    Cookie, Decision, Error, Host, Labels, LoadError, Navigation, Permission, RefusalReason, RefusedWhat, SiteEvent,
};

#[cfg(all(feature = "tauri", target_os = "android"))]
pub use android::SiteView;
#[cfg(all(feature = "tauri", not(any(target_os = "android", target_os = "ios"))))]
pub use desktop::SiteView;
#[cfg(all(feature = "tauri", target_os = "ios"))]
pub use ios::SiteView;

/// The label of the site's own window on the desktop; pop-ups are `popup-1`, `popup-2` and so on. No capability may
/// name them: that would give the site Tauri's commands.
pub const SITE: &str = "site";

/// Gives access to the site view from an app handle, a window or a web view.
#[cfg(feature = "tauri")]
pub trait SiteViewExt<R: Runtime> {
    /// The site view of this app. Panics if the plugin is not registered.
    fn site_view(&self) -> &SiteView<R>;
}

#[cfg(feature = "tauri")]
impl<R: Runtime, M: Manager<R>> SiteViewExt<R> for M {
    fn site_view(&self) -> &SiteView<R> {
        self.state::<SiteView<R>>().inner()
    }
}

/// Makes the plugin. `host` decides and receives events for as long as the app runs.
#[cfg(feature = "tauri")]
pub fn init<R: Runtime>(host: Arc<dyn Host>) -> TauriPlugin<R> {
    tauri::plugin::Builder::new("site-view")
        .setup(move |app, api| {
            #[cfg(target_os = "android")]
            app.manage(SiteView::new(&api, host)?);
            #[cfg(not(target_os = "android"))]
            let _ = (api, app.manage(SiteView::new(app.clone(), host)));
            Ok(())
        })
        .build()
}
