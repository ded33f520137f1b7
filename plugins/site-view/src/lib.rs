//! One web site inside a Tauri app, as a browser would show it: pop-ups with their opener, cookies, dialogs, crashes.
//!
//! The site never runs in a web view that has Tauri's bridge. On the desktop it is a second window that no capability
//! names, so the access control list refuses every command from it. The app decides each navigation and each pop-up
//! through one [`Host`]; whatever is refused is reported to it with the reason.
#![warn(missing_docs)]

#[cfg(all(feature = "tauri", target_os = "android"))]
mod android;
#[cfg(any(target_os = "android", feature = "jvm"))]
pub mod android_jni;
#[cfg(any(target_os = "android", feature = "jvm", test))]
mod android_rules;
#[cfg(all(feature = "tauri", not(any(target_os = "android", target_os = "ios"))))]
mod desktop;
#[cfg(all(feature = "tauri", target_os = "ios"))]
mod ios;
#[cfg(all(feature = "tauri", any(target_os = "ios", test)))]
mod ios_rules;
#[cfg(all(feature = "tauri", target_os = "linux"))]
mod linux;

#[cfg(feature = "tauri")]
use std::sync::Arc;

#[cfg(feature = "tauri")]
use tauri::plugin::TauriPlugin;
#[cfg(feature = "tauri")]
use tauri::{Manager, Runtime};
use url::Url;

#[cfg(all(feature = "tauri", target_os = "android"))]
pub use android::SiteView;
#[cfg(all(feature = "tauri", not(any(target_os = "android", target_os = "ios"))))]
pub use desktop::SiteView;
#[cfg(all(feature = "tauri", target_os = "ios"))]
pub use ios::SiteView;

/// The label of the site's own window; pop-ups are `popup-1`, `popup-2` and so on.
pub const SITE: &str = "site";

/// The app's side of the site view. Called on the main thread: answer at once and do the work elsewhere.
pub trait Host: Send + Sync + 'static {
    /// May this address load in the site view, or in a pop-up of it?
    fn decide(&self, url: &Url, popup: bool) -> Decision;
    /// May the page at `opener`, which has `open` pop-ups, open one to `target`?
    fn decide_popup(&self, opener: &Url, target: &Url, open: usize) -> Decision;
    /// May this page use it? A page that is refused is told so, and goes on without.
    fn permits(&self, page: &Url, what: Permission) -> bool;
    /// The words on what the site view itself shows, where the system has none.
    fn words(&self) -> Labels {
        Labels::ENGLISH
    }
    /// Something on_event.
    fn on_event(&self, event: SiteEvent);
}

/// The words on pop-ups and on a page's own questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labels {
    /// Closes a pop-up.
    pub close: &'static str,
    /// Yes, or that it was read.
    pub ok: &'static str,
    /// No.
    pub cancel: &'static str,
}

impl Labels {
    /// For Dutch.
    pub const DUTCH: Self = Self {
        close: "Sluiten",
        ok: "OK",
        cancel: "Annuleren",
    };
    /// For English.
    pub const ENGLISH: Self = Self {
        close: "Close",
        ok: "OK",
        cancel: "Cancel",
    };
}

/// The answer to a navigation or a new window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Load it.
    Allow,
    /// Do not load it.
    Refuse(Refusal),
    /// Do not load it: the host gets [`SiteEvent::NavigationIntercepted`] and goes on from there. In a new window it refuses.
    Hold,
}

/// Something of the device that a page asks for. Everything else that a page can ask for is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Moving pictures from the camera. A photo for an upload field needs none: the system's own camera takes it.
    Camera,
    /// Sound.
    Microphone,
    /// Keeping a file on the device.
    Download,
}

/// Why something is refused, in the host's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The host's code.
    pub code: &'static str,
}

/// What the site view tells its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteEvent {
    /// A navigation was held.
    Held(Url),
    /// A navigation or a new window was refused.
    Refused {
        /// Where it would have gone.
        url: Url,
        /// The host's reason.
        refusal: Refusal,
        /// What was refused.
        what: Refused,
    },
    /// The site's own page was on its way to an address that was refused, by a redirect or a link: what was on screen
    /// before still is. Told beside [`SiteEvent::Refused`], which is told for frames too.
    Astray {
        /// Where it would have gone.
        url: Url,
        /// The host's reason.
        refusal: Refusal,
        /// A person is known to have followed a link to it. Android does not tell.
        link: bool,
    },
    /// A page of the site is on screen, pop-ups aside.
    Loaded(Url),
    /// The site could not be loaded, pop-ups aside. The page before it stays as it was.
    Failed(LoadError),
    /// The process behind the site's page died.
    Crashed,
    /// Somebody touched a page: a finger, a mouse button, a key. At most once a second. An iPad does not tell of keys.
    Touched,
    /// A pop-up is open.
    PopupOpened(Url),
    /// A pop-up is closed.
    PopupClosed,
    /// A person closed the site's window.
    Closed,
}

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A navigation of the site view or of a frame in it.
    Navigation,
    /// A navigation in a pop-up.
    PopupNavigation,
    /// A new window.
    Window,
}

/// Why a page could not be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// No connection to the server.
    Unreachable,
    /// The certificate is not to be trusted.
    Insecure,
    /// The server answered with a fault of its own (5xx).
    Server,
}

/// A cookie to set before a navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie<'a> {
    /// The page that is to get it; the cookie is for this host only, path `/`, `HttpOnly`. On https it is `Secure`
    /// with `SameSite=None`; on http (loopback) it can only be `Lax`.
    pub url: &'a Url,
    /// Its name.
    pub name: &'a str,
    /// Its value.
    pub value: &'a str,
    /// Seconds since 1970 when it ends.
    pub expires_at: i64,
}

/// Why the site view could not do as told.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There is no web view to do it in.
    NotOpen,
    /// Tauri said no.
    #[cfg(feature = "tauri")]
    Tauri(tauri::Error),
    /// The cookie is not there after it was set.
    CookieNotKept,
    /// The engine did not do it.
    Engine(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotOpen => f.write_str("no site is open"),
            #[cfg(feature = "tauri")]
            Self::Tauri(error) => error.fmt(f),
            Self::CookieNotKept => f.write_str("the cookie was not kept"),
            Self::Engine(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(feature = "tauri")]
impl From<tauri::Error> for Error {
    fn from(error: tauri::Error) -> Self {
        Self::Tauri(error)
    }
}

/// Access to the site view.
#[cfg(feature = "tauri")]
pub trait SiteViewExt<R: Runtime> {
    /// The site view of this app.
    fn site_view(&self) -> &SiteView<R>;
}

#[cfg(feature = "tauri")]
impl<R: Runtime, M: Manager<R>> SiteViewExt<R> for M {
    fn site_view(&self) -> &SiteView<R> {
        self.state::<SiteView<R>>().inner()
    }
}

/// The plugin, with the app's side of it.
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
