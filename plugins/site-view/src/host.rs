//! The plain types of the site view: what the app decides, what it hears, and what it sets. No type here needs Tauri.

use std::fmt;
use std::time::Duration;

use url::Url;

/// The app's side of the site view: its policy, and its ear for events.
///
/// The site view calls a host on the main thread, except where a method says otherwise. The web engine waits for each
/// answer, so a host must answer from memory and start any work elsewhere. All methods may run at the same time.
pub trait Host: Send + Sync + 'static {
    /// Decides whether a page, a frame or a redirect may load. On Android the engine's network threads call this too.
    ///
    /// The site view may ask more than once about one navigation (link, redirect, request), so an implementation must
    /// answer from its policy alone and change nothing.
    fn decide(&self, navigation: &Navigation) -> Decision;
    /// Decides whether the page at `opener`, which has `open` pop-ups, may open one more to `target`.
    ///
    /// `target` is `about:blank` where the engine does not yet know where the window will go. The first page in that
    /// window then comes here as `target`, with `open` 0, before it loads. [`Decision::Hold`] refuses the window.
    ///
    /// The site view reports at least 1 in `open` once three pop-ups exist in total, so a host that allows one pop-up
    /// per page also bounds chains of pop-ups that open pop-ups.
    fn decide_popup(&self, opener: &Url, target: &Url, open: usize) -> Decision;
    /// Decides whether a page may use a part of the device. A page that is refused gets the engine's usual denial.
    fn allows(&self, page: &Url, what: Permission) -> bool;
    /// Whether pages may leave files on the device at all. Where they may not, an iPad also offers nobody to save or share
    /// a picture. The site view asks at each navigation, so nothing is to be recorded here.
    fn may_save_files(&self) -> bool {
        false
    }
    /// The texts on controls that the site view itself draws.
    fn labels(&self) -> Labels {
        Labels::ENGLISH
    }
    /// Receives what happened. On Android the network threads and the keyboard's thread call this too.
    fn on_event(&self, event: SiteEvent);
}

/// A page, a frame or a redirect on its way into a web view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Navigation {
    /// Where it goes.
    pub url: Url,
    /// It happens in a pop-up, not in the site's own view.
    pub popup: bool,
}

/// A host's answer to a navigation or to a new window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The page loads.
    Allow,
    /// The page does not load; the host then receives [`SiteEvent::Refused`] with this reason.
    Refuse(RefusalReason),
    /// The page does not load; the host then receives [`SiteEvent::NavigationIntercepted`] and continues from there. A
    /// new window is refused without an event.
    Hold,
}

/// Why a host refuses a navigation or a new window.
///
/// The list is closed, so that apps can map every reason to a text or an error code with an exhaustive `match`. The
/// site view itself uses only [`RefusalReason::Scheme`], for URLs that do not parse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalReason {
    /// No site may be shown at the moment.
    Closed,
    /// The scheme never loads: `javascript:`, `data:`, `file:` and the like, and what does not parse as a URL.
    Scheme,
    /// The URL is for another app: `tel:`, `mailto:`, `sms:`.
    OtherApp,
    /// Plain http.
    Insecure,
    /// The URL carries a user name or a password.
    Credentials,
    /// The host is not trusted.
    Host,
    /// The page that opens a window is not trusted.
    Opener,
    /// The page already has a pop-up.
    SecondPopup,
}

impl RefusalReason {
    /// Every reason, in declaration order.
    pub const ALL: [Self; 8] = [
        Self::Closed,
        Self::Scheme,
        Self::OtherApp,
        Self::Insecure,
        Self::Credentials,
        Self::Host,
        Self::Opener,
        Self::SecondPopup,
    ];

    /// The variant's name in snake case, for logs and tests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Scheme => "scheme",
            Self::OtherApp => "other_app",
            Self::Insecure => "insecure",
            Self::Credentials => "credentials",
            Self::Host => "host",
            Self::Opener => "opener",
            Self::SecondPopup => "second_popup",
        }
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "no site is open",
            Self::Scheme => "this scheme never loads",
            Self::OtherApp => "the URL is for another app",
            Self::Insecure => "the URL is not https",
            Self::Credentials => "the URL carries credentials",
            Self::Host => "the host is not trusted",
            Self::Opener => "the opening page is not trusted",
            Self::SecondPopup => "the page already has a pop-up",
        })
    }
}

/// A part of the device that a page may ask for. The site view refuses everything else that a page can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Video from the camera. A photo for an upload field comes from the system's camera app instead; Android asks the
    /// host for this permission before it offers that app.
    Camera,
    /// Sound from the microphone.
    Microphone,
    /// Saving a file on the device.
    Download,
}

/// What the site view reports to its [`Host`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteEvent {
    /// The host answered [`Decision::Hold`] to this navigation.
    NavigationIntercepted(Url),
    /// The host answered [`Decision::Refuse`].
    Refused {
        /// The refused URL; `about:unreadable` for one that does not parse.
        url: Url,
        /// The host's reason.
        reason: RefusalReason,
        /// What was refused.
        what: RefusedWhat,
    },
    /// The site's own page (not a frame, not a pop-up) was on its way to a refused URL, by a redirect or by a link. The
    /// page before it stays on screen. The site view reports this after [`SiteEvent::Refused`] for the same URL.
    RedirectedAway {
        /// The refused URL.
        url: Url,
        /// The host's reason.
        reason: RefusalReason,
        /// Whether the engine says that a person followed a link. Android's engine does not say, so it is always false
        /// there.
        link: bool,
    },
    /// The site's own view finished loading a page. Pop-ups, error pages and `about:blank` are not reported.
    Loaded(Url),
    /// The site's own view could not load a page. The page before it stays on screen, except after
    /// [`LoadError::PageRefused`].
    Failed(LoadError),
    /// The engine's process for the site's own view ended. The host must load the site again.
    Crashed,
    /// A person touched a page: a finger, a mouse button, a wheel or a key. At most one per second. An
    /// iPad reports the keys that reach a field or the page.
    UserActivity,
    /// The file at this URL, which the host allowed a page to save, could not be saved (Android only).
    NotSaved(Url),
    /// A person tapped a link for another app, or printed the page at this URL, and the device has no app for that
    /// (Android only).
    NoApp(Url),
    /// A pop-up opened.
    PopupOpened(Url),
    /// A pop-up closed.
    PopupClosed,
    /// A person closed the site's window (desktop only). The window and its pop-ups are destroyed after this event.
    WindowClosed,
}

/// What the host refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusedWhat {
    /// A navigation of the site's own view, or of a frame in it.
    Navigation,
    /// A navigation in a pop-up.
    PopupNavigation,
    /// A new window.
    Window,
}

/// Why a page could not be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoadError {
    /// No connection to the server.
    Unreachable,
    /// The server's certificate is not trusted, or TLS is required and missing.
    Insecure,
    /// The server failed (5xx), did not take the request now (408, 425, 429), or refused it for a while (403 with
    /// `Retry-After`).
    Server {
        /// How long the server asks to be left alone (`Retry-After`); `None` if it does not say. May be as long as the
        /// server likes, so a host bounds it.
        retry_after: Option<Duration>,
    },
    /// A page that the host refuses has replaced the one before without an announcement, for example because a server
    /// sent a form on (Android only). The view is empty after this, so the host must load the site again. Comes after
    /// [`SiteEvent::Refused`] for the same URL.
    PageRefused,
}

/// The texts that the site view shows: the pop-up's close button, an iPad's JavaScript dialogs, and Android's short
/// messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labels {
    /// Closes a pop-up.
    pub close: &'static str,
    /// Confirms a dialog.
    pub ok: &'static str,
    /// Cancels a dialog.
    pub cancel: &'static str,
    /// Says that a file which the page made was saved.
    pub saved: &'static str,
    /// Says that a file could not be saved.
    pub not_saved: &'static str,
    /// Says that a file which the page made could not be read, or is too large.
    pub not_read: &'static str,
    /// Says that the device has no app for a link or for printing.
    pub no_app: &'static str,
}

impl Labels {
    /// The Dutch texts.
    pub const DUTCH: Self = Self {
        close: "Sluiten",
        ok: "OK",
        cancel: "Annuleren",
        saved: "Het bestand staat bij de downloads van deze tablet.",
        not_saved: "Het bestand kon niet worden bewaard.",
        not_read: "Het bestand is te groot of kon niet worden gelezen.",
        no_app: "Deze tablet heeft hiervoor geen app.",
    };
    /// The English texts.
    pub const ENGLISH: Self = Self {
        close: "Close",
        ok: "OK",
        cancel: "Cancel",
        saved: "The file is among the downloads of this tablet.",
        not_saved: "The file could not be saved.",
        not_read: "The file is too large or could not be read.",
        no_app: "This tablet has no app for this.",
    };
}

/// A cookie that the app sets before a navigation.
///
/// The cookie is host-only, with path `/` and `HttpOnly`. On https it gets `Secure` and `SameSite=None`; on http
/// (loopback, in development) browsers accept only `SameSite=Lax`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Cookie<'a> {
    /// A URL on the host that receives the cookie.
    pub url: &'a Url,
    /// The name. Must be visible ASCII without `"`, `,`, `;`, `\` and `=`.
    pub name: &'a str,
    /// The value. Must be visible ASCII without `"`, `,`, `;` and `\`.
    pub value: &'a str,
    /// When the cookie expires, in seconds since 1970-01-01 UTC.
    pub expires_at: i64,
}

impl fmt::Debug for Cookie<'_> {
    /// Leaves the value out, because it may be a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookie")
            .field("host", &self.url.host_str())
            .field("name", &self.name)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Why the site view could not carry out a call.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No site is open.
    NotOpen,
    /// Tauri returned an error.
    #[cfg(feature = "tauri")]
    Tauri(tauri::Error),
    /// The engine does not have the cookie after it was set, or the cookie's name or value contains a forbidden
    /// character.
    CookieNotKept,
    /// The web engine or the platform failed; the text is the platform's own.
    Engine(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_reason_has_the_snake_case_of_its_own_name() {
        for reason in RefusalReason::ALL {
            let mut name = String::new();
            for letter in format!("{reason:?}").chars() {
                if letter.is_ascii_uppercase() && !name.is_empty() {
                    name.push('_');
                }
                name.push(letter.to_ascii_lowercase());
            }
            assert_eq!(reason.name(), name);
        }
        let names: std::collections::BTreeSet<_> = RefusalReason::ALL.map(RefusalReason::name).into();
        assert_eq!(names.len(), RefusalReason::ALL.len());
    }

    #[test]
    fn a_cookies_value_does_not_reach_a_log() {
        let url = Url::parse("https://id.example/").unwrap();
        let cookie = Cookie {
            url: &url,
            name: "transfer",
            value: "s3cret",
            expires_at: 0,
        };
        assert!(!format!("{cookie:?}").contains("s3cret"));
    }
}
