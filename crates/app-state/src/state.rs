//! The state: which phase the tablet is in, and what is known of its session.

use error_codes::{ErrorCode, ErrorKind};
use url::Url;

use crate::{AppError, AppSettings, DeviceCode, NavigationPolicy, SetupOffer, SignedOutReason, StatusInfo};

/// The whole state. Starts as [`State::default`]: nothing is known yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The settings as last read.
    pub settings: AppSettings,
    /// The phase that the tablet is in.
    pub phase: Phase,
    /// A setup link that a person is asked about. Its question covers every other screen.
    pub offer: Option<SetupOffer>,
}

/// The phase that the tablet is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Settings or keystore are being read.
    Starting {
        /// The callback that started the app. It waits here until settings and keystore are known.
        callback: Option<String>,
        /// The saved state remembers a session of another organisation or account type, so what the web view holds is
        /// not for whoever comes next.
        changed: bool,
    },
    /// The tablet is not set up (S1).
    NotSetUp {
        /// The text that was typed and rejected.
        typed: String,
        /// Why it was rejected.
        error: Option<AppError>,
    },
    /// A security setting is invalid.
    Blocked {
        /// The error in the setting.
        error: AppError,
        /// The session from before the setting became invalid. It is kept with its loaded page, and comes back when the
        /// setting is corrected.
        session: Option<Box<SignedIn>>,
    },
    /// Nobody is signed in (S2, S5, S14).
    SignedOut {
        /// Why.
        why: SignedOutReason,
        /// What stopped the last attempt.
        error: Option<AppError>,
    },
    /// A sign-in is under way.
    SigningIn {
        /// How far it is.
        step: SignInStep,
        /// Why nobody was signed in before. Shown again when the person cancels.
        why: SignedOutReason,
    },
    /// Somebody is signed in.
    SignedIn(Box<SignedIn>),
}

impl Default for Phase {
    fn default() -> Self {
        Self::Starting {
            callback: None,
            changed: false,
        }
    }
}

/// How far a sign-in is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInStep {
    /// The authorization request is being built.
    Preparing {
        /// It will open in the app's own web view instead of the system browser.
        in_app: bool,
    },
    /// The app asks the identity provider for a code for another device.
    RequestingDeviceCode,
    /// The system browser shows the authorization request at this URL.
    Browser(Url),
    /// The site view shows the sign-in page.
    InApp {
        /// A page of the sign-in has been on screen. Before the first page, an untrusted host is a guest network.
        loaded: bool,
    },
    /// The person uses this code on another device.
    DeviceCode(DeviceCode),
    /// A callback is being checked.
    CompletingCallback {
        /// The step to resume if the callback belonged to another sign-in. None if the callback came while no sign-in
        /// was on screen, for example after a restart.
        resume: Option<Box<Self>>,
        /// How many callbacks are being checked.
        pending: u32,
    },
}

impl SignInStep {
    /// The site view shows the sign-in page, or showed it until its callback came.
    pub(crate) fn is_in_app(&self) -> bool {
        match self {
            Self::InApp { .. } => true,
            Self::CompletingCallback { resume, .. } => resume.as_deref().is_some_and(Self::is_in_app),
            Self::Preparing { .. } | Self::RequestingDeviceCode | Self::Browser(_) | Self::DeviceCode(_) => false,
        }
    }

    /// A request to the identity provider is under way which a session from elsewhere makes unnecessary.
    pub(crate) fn has_request_under_way(&self) -> bool {
        match self {
            Self::Preparing { .. } | Self::RequestingDeviceCode | Self::DeviceCode(_) => true,
            Self::CompletingCallback { resume, .. } => resume.as_deref().is_some_and(Self::has_request_under_way),
            Self::Browser(_) | Self::InApp { .. } => false,
        }
    }
}

/// Somebody is signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedIn {
    /// The keystore or a sign-in has confirmed the session. Before that, only the saved state says that there is one.
    pub confirmed: bool,
    /// The keystore refused the session, so it lives in memory only.
    pub unsaved: Option<UnsavedSession>,
    /// Why the identity provider does not renew the session, until a person has read it.
    pub at_risk: Option<ErrorCode>,
    /// The load of the group's site.
    pub site: SiteLoad,
    /// An error of the site or of the session transfer, shown over the group view. An error of the keystore alone never
    /// stands here.
    pub error: Option<AppError>,
    /// The status page, when it is open. It covers everything else.
    pub status: Option<StatusPage>,
    /// The session transfer to the site.
    pub transfer: SessionTransfer,
    /// Failed attempts since a page was last on screen.
    pub attempts: u32,
    /// The site's web view died a moment ago and was reloaded without showing an error.
    pub crashed: bool,
    /// Running timers of [`crate::Effect::StartLoopGuard`].
    pub loop_guards: u32,
    /// The identity provider's sign-in page is on screen, although the app has a session.
    pub on_sign_in_page: bool,
    /// How often the app has left that page by itself since the group view was last on screen.
    pub sign_in_pages_left: u32,
}

/// A session that the keystore refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsavedSession {
    /// Why the keystore refused it.
    pub error: AppError,
    /// A person has read the error and works on.
    pub acknowledged: bool,
}

/// The load of the group's site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SiteLoad {
    /// A load is under way.
    #[default]
    Loading,
    /// A page is on screen.
    Loaded,
    /// The last load failed.
    Failed,
    /// The last load failed, and the server asked to be left alone for a while. Until [`crate::Event::SiteWaitElapsed`]
    /// only a person loads the site again.
    Waiting,
}

/// The status page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusPage {
    /// What it shows, once collected.
    pub info: Option<StatusInfo>,
    /// The question "Sign out?" is on screen.
    pub confirming_sign_out: bool,
}

/// The session transfer of the app's session to the site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SessionTransfer {
    /// The site's next authorization request is intercepted.
    #[default]
    Ready,
    /// An authorization request was intercepted, and a token for it has been requested.
    Requesting {
        /// The navigation for which the token was requested.
        requested_for: Url,
        /// The newest intercepted navigation, which the person waits for.
        newest: Url,
    },
    /// It failed for now. The scheduled retry reloads the group view; until then the page behind the error screen is
    /// ignored.
    Deferred,
    /// This navigation chain has had its one transfer, or goes without one.
    Used,
}

impl SignedIn {
    /// The error shown over the group view, if any. The status page may cover it in turn.
    #[must_use]
    pub fn covering_error(&self) -> Option<AppError> {
        let unsaved = self
            .unsaved
            .as_ref()
            .filter(|unsaved| !unsaved.acknowledged)
            .map(|unsaved| unsaved.error);
        self.error.or(unsaved).or(self.risk())
    }

    /// That the session is not renewed, as an error to show.
    pub(crate) fn risk(&self) -> Option<AppError> {
        self.at_risk.map(|code| AppError::new(ErrorKind::SessionAtRisk, code))
    }

    pub(crate) fn is_confirming_sign_out(&self) -> bool {
        self.status.as_ref().is_some_and(|page| page.confirming_sign_out)
    }
}

impl State {
    /// What the site view may load now.
    #[must_use]
    pub fn navigation_policy(&self) -> NavigationPolicy {
        let Some(organisation) = self.settings.organisation.clone() else {
            return NavigationPolicy::Closed;
        };
        match &self.phase {
            Phase::SigningIn { step, .. } if step.is_in_app() => NavigationPolicy::SignIn { organisation },
            Phase::SignedIn(session) => NavigationPolicy::Group {
                organisation,
                intercept_authorization: session.transfer != SessionTransfer::Used,
            },
            Phase::Starting { .. }
            | Phase::NotSetUp { .. }
            | Phase::Blocked { .. }
            | Phase::SignedOut { .. }
            | Phase::SigningIn { .. } => NavigationPolicy::Closed,
        }
    }
}
