//! The events that the state machine takes, and the effects that it returns.

use std::time::Duration;

use error_codes::ErrorCode;
use settings::{Language, LoginMethod};
use url::Url;

use crate::{Action, AppError, DeviceCode, Organisation, RetryPace, SetupOffer, SignedOutReason, StatusInfo};

/// The settings, as far as the state machine needs them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppSettings {
    /// The organisation, when the tablet is set up.
    pub organisation: Option<Organisation>,
    /// A security setting is invalid: no sign-in until it is corrected.
    pub error: Option<AppError>,
    /// The fixed part behind a typed organisation name, with its leading dot: `.ouderportaal.nl`.
    pub domain_suffix: String,
    /// A person may type the organisation's name (`allow_manual_setup`).
    pub manual_setup: bool,
    /// A person may sign out (`allow_sign_out`).
    pub sign_out_allowed: bool,
    /// How staff sign in.
    pub login_method: LoginMethod,
    /// The account is personal: its session ends with the app.
    pub personal: bool,
    /// The language of the shell's pages.
    pub language: Language,
}

/// What the saved state on disk says about a session. It is at hand before the keystore has answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RememberedSession {
    /// No session when the app last ran.
    #[default]
    None,
    /// A session of this organisation, or of an unknown one while the settings name none. The group view may open
    /// at once.
    ThisOrganisation,
    /// A session of another organisation. The saved state may be older than the keystore, which decides.
    OtherOrganisation,
}

/// The keystore's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeystoreResult {
    /// A session of this organisation.
    Session,
    /// A session of another organisation. The app removes it and has it revoked.
    OtherOrganisation,
    /// No session, or nothing that can be used. Definitive.
    Empty,
    /// The keystore cannot be read now. Says nothing about the session.
    Unreadable(AppError),
}

/// Something that happened. [`crate::State::step`] takes one at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The settings were read: at start, on resume, after typing, on a change of the managed configuration.
    Settings {
        /// The settings.
        settings: Box<AppSettings>,
        /// What the saved state says. Ignored once the keystore has answered.
        remembered: RememberedSession,
    },
    /// The typed text is not an organisation's name.
    TenantRejected {
        /// The text as typed, shortened for display.
        typed: String,
        /// Why it was rejected.
        error: AppError,
    },
    /// A setup link was read and is valid.
    SetupLinkOffered(SetupOffer),
    /// A setup link cannot be used.
    SetupLinkRefused(AppError),
    /// The keystore answered [`Effect::ReadKeystore`].
    KeystoreRead(KeystoreResult),
    /// A person used a button or a field of the shell's page.
    UserAction(Action),
    /// The authorization request of [`Effect::BeginSignIn`] is ready at this URL.
    AuthorizationRequestReady(Url),
    /// The identity provider issued a code for another device (RFC 8628, section 3.2).
    DeviceCodeReady(DeviceCode),
    /// The sign-in under way ended without a session.
    SignInFailed(AppError),
    /// The callback belonged to another sign-in, or arrived twice. Nothing changes.
    CallbackIgnored,
    /// The system handed over a link to the redirect URI, or the site view intercepted a navigation to it.
    Callback(String),
    /// Somebody signed in.
    SignedIn {
        /// Why the keystore could not save the session, if it could not.
        unsaved: Option<AppError>,
    },
    /// The system browser did not start.
    BrowserFailed(AppError),
    /// The browser's window for a sign-in closed without an answer: a person closed it, or the system did. The sign-in
    /// stays pending, because its callback may still come.
    BrowserClosed,
    /// The session transfer is in place. Load this URL: the intercepted navigation, perhaps with the token added.
    SessionTransferReady(Url),
    /// The identity provider gives this client no session transfer now. The application layer asks it again after an hour.
    SessionTransferUnsupported,
    /// The session transfer failed for now. The session stays.
    SessionTransferDeferred(AppError),
    /// The identity provider ended the session. Definitive.
    SessionEnded(SignedOutReason),
    /// The keystore refused the session's new refresh token, which replaces one that the identity provider no longer
    /// accepts. The session goes on from memory.
    SessionUnsaved(AppError),
    /// The keystore saved the session that it refused before.
    SessionSaved,
    /// The identity provider has refused for a day to renew the session, for a reason that does not pass by itself. Sent
    /// once a day at most, when nobody is using the tablet. None: the session is renewed again.
    SessionAtRisk(Option<ErrorCode>),
    /// The site view intercepted a navigation to the authorization endpoint.
    NavigationIntercepted(Url),
    /// A page of the site is on screen.
    SiteLoaded(Url),
    /// The site could not be loaded, or its web view died.
    SiteFailed {
        /// Why.
        error: AppError,
        /// How long the server asked to be left alone (`Retry-After`). None if it did not ask.
        retry_after: Option<Duration>,
    },
    /// The site's own page tried to go to an untrusted host. Before the first page this is often a guest network's
    /// sign-in page; later it is usually a link that somebody followed.
    RedirectedAway {
        /// The error to show while no page has been on screen.
        error: AppError,
        /// The URL that was refused.
        to: Url,
        /// The web engine reported that a person followed a link.
        by_link: bool,
    },
    /// The information for the status page, in answer to [`Effect::ReadStatusInfo`].
    StatusInfoRead(StatusInfo),
    /// Nobody has touched the tablet for `idle_lock_minutes`.
    IdleTimeout,
    /// The app came to the front.
    Resumed,
    /// The time set by [`Effect::RetryLater`] has come.
    RetryDue,
    /// The time set by [`Effect::WaitForSite`] has passed.
    SiteWaitElapsed,
    /// The time set by [`Effect::StartLoopGuard`] has passed.
    LoopGuardElapsed,
    /// Nobody has touched the tablet for the time that [`Effect::WatchSignInPage`] asked for.
    SignInPageUntouched,
}

/// Something for the application layer to carry out, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read the keystore. Answer with [`Event::KeystoreRead`].
    ReadKeystore,
    /// Validate and save the typed organisation name. Answer with [`Event::Settings`] or [`Event::TenantRejected`].
    SetTenant(String),
    /// Forget the organisation that a person typed or scanned. Answer with [`Event::Settings`].
    ForgetTenant,
    /// Save the settings of the offered setup link. Answer with [`Event::Settings`].
    UseSetupLink,
    /// Discard the offered setup link.
    DropSetupLink,
    /// Read the settings again. Answer with [`Event::Settings`].
    ReadSettings,
    /// Build an authorization request. Answer with [`Event::AuthorizationRequestReady`] or [`Event::SignInFailed`].
    BeginSignIn {
        /// Ask for credentials even if the browser has a session at the identity provider, because another account
        /// may be meant.
        fresh: bool,
    },
    /// Ask for a code for another device and wait until somebody uses it. Answer with [`Event::DeviceCodeReady`],
    /// then [`Event::SignedIn`] or [`Event::SignInFailed`].
    BeginDeviceFlow,
    /// Check a callback and redeem its code. Answer with [`Event::SignedIn`], [`Event::SignInFailed`] or
    /// [`Event::CallbackIgnored`].
    CompleteSignIn(String),
    /// Cancel the sign-in under way.
    CancelSignIn,
    /// Open the system browser for a sign-in. Answer with [`Event::BrowserFailed`] if it does not start.
    OpenBrowser(Url),
    /// Open a URL that the site view may not show in the system browser. No answer. The application layer limits how
    /// often a page can cause this.
    OpenExternally(Url),
    /// Load this URL in the site view. Creates the view, hidden, if there is none.
    LoadSite(Url),
    /// Show the site view over the shell's page.
    ShowSite,
    /// Hide the site view. Its page stays loaded.
    HideSite,
    /// Close the site view and its pop-ups.
    CloseSite,
    /// Delete all cookies and data of the site.
    ClearSite,
    /// Exchange the refresh token for a session transfer token for this navigation. Answer with
    /// [`Event::SessionTransferReady`], [`Event::SessionTransferUnsupported`], [`Event::SessionTransferDeferred`] or
    /// [`Event::SessionEnded`].
    RequestSessionTransfer(Url),
    /// Refresh the session when it is due, at a jittered moment, so that its idle lifetime slides.
    KeepSessionAlive,
    /// Try again to save the session. Answer with [`Event::SessionSaved`] when it worked.
    SaveSession,
    /// Revoke the refresh token, forget the session and end it at the identity provider.
    SignOut,
    /// Write to the saved state whether a session of this organisation exists.
    RememberSession(bool),
    /// Collect the information of the status page. Answer with [`Event::StatusInfoRead`].
    ReadStatusInfo,
    /// Send [`Event::LoopGuardElapsed`] after 30 seconds, once for each request: a page that redirects in a loop has
    /// asked for another session transfer by then.
    StartLoopGuard,
    /// Send [`Event::RetryDue`] after a jittered wait that grows with `attempt` (from 0). A new request replaces a
    /// pending one.
    RetryLater {
        /// How many attempts failed before.
        attempt: u32,
        /// What the retry waits for.
        pace: RetryPace,
    },
    /// The site's server asked to be left alone. Send [`Event::SiteWaitElapsed`] when that time has passed, by the clock that
    /// goes on while the tablet sleeps, and a jittered wait that grows with `attempt`. A new request replaces a pending one.
    WaitForSite {
        /// How many attempts failed before.
        attempt: u32,
        /// The shortest wait. The application layer caps it.
        at_least: Duration,
    },
    /// A sign-in page that nobody asked for is on screen. Send [`Event::SignInPageUntouched`] when nobody has touched the
    /// tablet for a while: half a minute for the first two attempts, ten minutes once somebody has touched that page,
    /// half an hour after several attempts. It also comes when somebody opens the tablet and nobody uses that page. A new
    /// request replaces a pending one.
    WatchSignInPage {
        /// How often the app has left such a page since the group view was last on screen.
        attempt: u32,
    },
}

impl Event {
    /// The event's name in the diagnostics log, in snake case. Part of the log's format.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Settings { .. } => "settings",
            Self::TenantRejected { .. } => "tenant_rejected",
            Self::SetupLinkOffered(_) => "setup_link_offered",
            Self::SetupLinkRefused(_) => "setup_link_refused",
            Self::KeystoreRead(KeystoreResult::Session) => "keystore_session",
            Self::KeystoreRead(KeystoreResult::OtherOrganisation) => "keystore_other_organisation",
            Self::KeystoreRead(KeystoreResult::Empty) => "keystore_empty",
            Self::KeystoreRead(KeystoreResult::Unreadable(_)) => "keystore_unreadable",
            Self::UserAction(_) => "user_action",
            Self::AuthorizationRequestReady(_) => "authorization_request_ready",
            Self::DeviceCodeReady(_) => "device_code_ready",
            Self::SignInFailed(_) => "sign_in_failed",
            Self::CallbackIgnored => "callback_ignored",
            Self::Callback(_) => "callback",
            Self::SignedIn { .. } => "signed_in",
            Self::BrowserFailed(_) => "browser_failed",
            Self::BrowserClosed => "browser_closed",
            Self::SessionTransferReady(_) => "session_transfer_ready",
            Self::SessionTransferUnsupported => "session_transfer_unsupported",
            Self::SessionTransferDeferred(_) => "session_transfer_deferred",
            Self::SessionEnded(_) => "session_ended",
            Self::SessionUnsaved(_) => "session_unsaved",
            Self::SessionSaved => "session_saved",
            Self::SessionAtRisk(Some(_)) => "session_at_risk",
            Self::SessionAtRisk(None) => "session_no_longer_at_risk",
            Self::NavigationIntercepted(_) => "navigation_intercepted",
            Self::SiteLoaded(_) => "site_loaded",
            Self::SiteFailed { .. } => "site_failed",
            Self::RedirectedAway { .. } => "redirected_away",
            Self::StatusInfoRead(_) => "status_info_read",
            Self::IdleTimeout => "idle_timeout",
            Self::Resumed => "resumed",
            Self::RetryDue => "retry_due",
            Self::SiteWaitElapsed => "site_wait_elapsed",
            Self::LoopGuardElapsed => "loop_guard_elapsed",
            Self::SignInPageUntouched => "sign_in_page_untouched",
        }
    }

    /// The code of the error that the event reports, if it reports one.
    #[must_use]
    pub fn error_code(&self) -> Option<ErrorCode> {
        let error = match self {
            Self::SessionAtRisk(code) => return *code,
            Self::Settings { settings, .. } => settings.error.as_ref()?,
            Self::SignedIn { unsaved } => unsaved.as_ref()?,
            Self::TenantRejected { error, .. }
            | Self::SetupLinkRefused(error)
            | Self::KeystoreRead(KeystoreResult::Unreadable(error))
            | Self::SignInFailed(error)
            | Self::BrowserFailed(error)
            | Self::SessionUnsaved(error)
            | Self::SessionTransferDeferred(error)
            | Self::SiteFailed { error, .. }
            | Self::RedirectedAway { error, .. } => error,
            Self::SetupLinkOffered(_)
            | Self::KeystoreRead(KeystoreResult::Session | KeystoreResult::OtherOrganisation | KeystoreResult::Empty)
            | Self::UserAction(_)
            | Self::AuthorizationRequestReady(_)
            | Self::DeviceCodeReady(_)
            | Self::CallbackIgnored
            | Self::BrowserClosed
            | Self::Callback(_)
            | Self::SessionTransferReady(_)
            | Self::SessionTransferUnsupported
            | Self::SessionEnded(_)
            | Self::SessionSaved
            | Self::NavigationIntercepted(_)
            | Self::SiteLoaded(_)
            | Self::StatusInfoRead(_)
            | Self::IdleTimeout
            | Self::Resumed
            | Self::RetryDue
            | Self::SiteWaitElapsed
            | Self::LoopGuardElapsed
            | Self::SignInPageUntouched => return None,
        };
        Some(error.code)
    }
}

impl Effect {
    /// The effect's name in the diagnostics log, in snake case. Part of the log's format.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ReadKeystore => "read_keystore",
            Self::SetTenant(_) => "set_tenant",
            Self::ForgetTenant => "forget_tenant",
            Self::UseSetupLink => "use_setup_link",
            Self::DropSetupLink => "drop_setup_link",
            Self::ReadSettings => "read_settings",
            Self::BeginSignIn { .. } => "begin_sign_in",
            Self::BeginDeviceFlow => "begin_device_flow",
            Self::CompleteSignIn(_) => "complete_sign_in",
            Self::CancelSignIn => "cancel_sign_in",
            Self::OpenBrowser(_) => "open_browser",
            Self::OpenExternally(_) => "open_externally",
            Self::LoadSite(_) => "load_site",
            Self::ShowSite => "show_site",
            Self::HideSite => "hide_site",
            Self::CloseSite => "close_site",
            Self::ClearSite => "clear_site",
            Self::RequestSessionTransfer(_) => "request_session_transfer",
            Self::KeepSessionAlive => "keep_session_alive",
            Self::SaveSession => "save_session",
            Self::SignOut => "sign_out",
            Self::RememberSession(_) => "remember_session",
            Self::ReadStatusInfo => "read_status_info",
            Self::StartLoopGuard => "start_loop_guard",
            Self::RetryLater { .. } => "retry_later",
            Self::WaitForSite { .. } => "wait_for_site",
            Self::WatchSignInPage { .. } => "watch_sign_in_page",
        }
    }
}
