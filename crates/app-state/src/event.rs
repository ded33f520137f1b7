//! What happens to the tablet, and what it is told to do.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Action, DeviceCode, Facts, Fault, HostRule, Language, Offer};

/// How staff sign in, by the settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoginMethod {
    /// The system browser, and inside the app where there is none.
    #[default]
    Auto,
    /// The system browser, always.
    Browser,
    /// The app's own web view.
    InApp,
    /// A code on another device (RFC 8628).
    DeviceCode,
}

/// Why nobody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(rename_all = "snake_case")]
pub enum SignedOutWhy {
    /// Nobody has signed in yet.
    Never,
    /// A person signed out.
    Person,
    /// Unused for longer than the idle lifetime (S5).
    Expired,
    /// The identity server or the keystore no longer has the session (S14).
    Ended,
    /// A personal account is not kept (S6).
    Personal,
    /// A security setting changed.
    Changed,
}

/// The place this tablet belongs to, once it is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name to show.
    pub organisation: String,
    /// Whose session belongs here: issuer, client and audience in one word. Only compared.
    pub session: String,
    /// The group view.
    pub group: Url,
    /// The identity server's authorization endpoint: the navigation on which a hand-off is possible.
    pub authorize: Url,
    /// Where a sign-in comes back to.
    pub callback: Url,
    /// Hosts that may be shown in the site view, next to the group's and the identity server's own.
    pub trusted: Vec<HostRule>,
    /// Plain http is allowed to loopback (development only).
    pub loopback: bool,
}

impl Place {
    /// The session and the trust of the one go for the other too. The name to show may differ, and so may the
    /// authorization endpoint, which is learnt from the identity server's own metadata.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self.session == other.session
            && self.group == other.group
            && self.callback == other.callback
            && self.trusted == other.trusted
            && self.loopback == other.loopback
    }
}

/// What the settings come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ground {
    /// The place, when the tablet is set up.
    pub place: Option<Place>,
    /// A fault in a security setting: no sign-in.
    pub fault: Option<Fault>,
    /// What stands behind a typed organisation's name, with its dot.
    pub suffix: String,
    /// A person may type the organisation's name.
    pub manual: bool,
    /// A person may sign out.
    pub sign_out: bool,
    /// How to sign in.
    pub login: LoginMethod,
    /// The account is personal: its session ends with the app.
    pub personal: bool,
    /// The language to show.
    pub language: Option<Language>,
}

/// The app's own note of a session, which is at hand before the keystore is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Noted {
    /// There was none.
    #[default]
    Nothing,
    /// There was one, of this place, or of one that the settings do not tell now. The group view may open at once.
    Here,
    /// There was one of another place: it ends.
    Elsewhere,
}

/// What the keystore holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A session of this place.
    Session,
    /// Nothing, or nothing of use: definitive.
    Nothing,
    /// It cannot be read now.
    Unreadable(Fault),
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The settings were read: at start, on resume, after typing, on a managed change.
    Settings {
        /// What they come to.
        ground: Box<Ground>,
        /// The app's own note of a session when it last ran; looked at until the keystore has answered.
        noted: Noted,
    },
    /// What was typed is no organisation's name.
    TenantRefused {
        /// As typed.
        typed: String,
        /// Why not.
        fault: Fault,
    },
    /// A set-up link was read and is sound.
    LinkOffered(Offer),
    /// A set-up link cannot be used.
    LinkRefused(Fault),
    /// The keystore was read.
    Keystore(Found),
    /// A person pressed something.
    Person(Action),
    /// The authorization request is ready.
    AuthorizeReady(Url),
    /// The code for another device is there.
    CodeReady(DeviceCode),
    /// The sign-in that was under way is over, without a session.
    SignInFailed(Fault),
    /// A callback was not ours, or came twice: nothing changes.
    CallbackIgnored,
    /// The system handed over a link to the redirect address, or the site view held one.
    Callback(String),
    /// Signed in. `unsaved` says why the session could not be kept.
    SignedIn {
        /// The keystore's fault, if it had one.
        unsaved: Option<Fault>,
    },
    /// The system browser did not start.
    BrowserFailed(Fault),
    /// The hand-off is in place: the held navigation may go on, to this address.
    HandOffReady(Url),
    /// The identity server gives no hand-off; remembered for this run.
    HandOffMissing,
    /// The hand-off failed for now; the session stays.
    HandOffKept(Fault),
    /// The identity server's definitive answer: the session is over.
    SessionOver(SignedOutWhy),
    /// The keystore saved what it refused before.
    Saved,
    /// The site view held a navigation for the hand-off.
    Held(Url),
    /// A page of the site is on screen.
    SiteLoaded(Url),
    /// The site could not be loaded, or its web view died.
    SiteFailed(Fault),
    /// The site's own page led to a host that is not trusted: at first often a guest network's sign-in page, later a
    /// link that somebody followed.
    SiteLedAstray {
        /// What it is at first.
        fault: Fault,
        /// Where it would have gone.
        to: Url,
        /// A person is known to have followed a link.
        link: bool,
    },
    /// The facts of the status page.
    Facts(Facts),
    /// Nobody has touched the tablet for as long as the settings allow a personal session.
    Idle,
    /// The app came to the front, or the network returned.
    Resumed,
    /// The time set by [`Effect::RetryLater`] has come.
    RetryDue,
    /// The time set by [`Effect::Settle`] has passed.
    Settled,
}

/// Something for the shell to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read the keystore; answer with [`Event::Keystore`].
    ReadKeystore,
    /// Check and keep what was typed; answer with [`Event::Settings`] or [`Event::TenantRefused`].
    SetTenant(String),
    /// Forget the typed organisation; answer with [`Event::Settings`].
    ForgetTenant,
    /// Keep what the offered link says; answer with [`Event::Settings`].
    UseLink,
    /// Forget the offered link.
    DropLink,
    /// Read the settings again; answer with [`Event::Settings`].
    ReadSettings,
    /// Make an authorization request; answer with [`Event::AuthorizeReady`] or [`Event::SignInFailed`].
    BeginSignIn {
        /// The person is to sign in anew, also where the browser still knows somebody: another account may be meant.
        fresh: bool,
    },
    /// Ask for a code for another device and wait for its use; answer with [`Event::CodeReady`], then
    /// [`Event::SignedIn`] or [`Event::SignInFailed`].
    BeginCode,
    /// Check a callback; answer with [`Event::SignedIn`], [`Event::SignInFailed`] or [`Event::CallbackIgnored`].
    Complete(String),
    /// Forget the sign-in that is under way.
    CancelSignIn,
    /// Open the system browser; answer with [`Event::BrowserFailed`] if it does not start.
    OpenBrowser(Url),
    /// Open an address that the site may not show in the system browser. Nobody waits for it, and a page may not storm
    /// the browser: once for each touch, and not at once again.
    OpenOutside(Url),
    /// Load this address in the site view, creating the view, hidden, where there is none.
    LoadSite(Url),
    /// Show the site view over the shell's page.
    ShowSite,
    /// Hide the site view without touching its page.
    HideSite,
    /// Close the site view and its pop-ups.
    CloseSite,
    /// Forget all cookies and data of the site.
    ClearSite,
    /// Exchange the refresh token for a hand-off to this navigation; answer with [`Event::HandOffReady`],
    /// [`Event::HandOffMissing`], [`Event::HandOffKept`] or [`Event::SessionOver`].
    HandOff(Url),
    /// Use the session when it is due, at a jittered moment, so that its idle lifetime slides.
    KeepAlive,
    /// Try again to save the session; answer with [`Event::Saved`] when done.
    Save,
    /// Sign out: revoke, forget, end the session at the identity server.
    SignOut,
    /// Keep or drop the note that a session is there.
    Note(bool),
    /// Collect the facts of the status page; answer with [`Event::Facts`].
    ReadFacts,
    /// Send [`Event::Settled`] after half a minute, one for each time it is asked: long enough that a page which loops
    /// has asked again.
    Settle,
    /// Send [`Event::RetryDue`] after a while: longer for each `attempt` (from 0), jittered; one timer at a time.
    RetryLater {
        /// How many tries there were.
        attempt: u32,
    },
}
