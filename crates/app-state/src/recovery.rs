//! What a person can do about an error.

use error_codes::ErrorKind;

use crate::{Action, AppError};

impl AppError {
    /// What a person can do about it.
    #[must_use]
    pub fn recovery(self) -> Recovery {
        recovery(self.kind)
    }
}

/// What the error screen offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The buttons, the best one first. Never empty for a kind that a tablet can show. The state machine leaves out
    /// those that do nothing in the present phase.
    pub buttons: &'static [Action],
    /// The app tries again by itself, at growing intervals.
    pub retry: Option<RetryPace>,
}

/// What a retry waits for. It decides how far the interval between two attempts may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryPace {
    /// The tablet's own network. It is back at any moment, and an attempt without it costs nobody anything.
    Network,
    /// A server that answers with an error, or asks to wait. A whole fleet waits for it, and would keep it down.
    Server,
    /// The keystore, or settings that somebody has to correct.
    Tablet,
}

/// The one table from error to buttons.
#[must_use]
pub fn recovery(kind: ErrorKind) -> Recovery {
    use Action::{ChangeOrganisation, OpenGroup, Retry, SignIn, SignInHere, SignInWithCode};
    let (buttons, retry): (&'static [Action], Option<RetryPace>) = match kind {
        ErrorKind::TenantEmpty | ErrorKind::TenantInvalid | ErrorKind::TenantForeign | ErrorKind::TenantEmail => {
            (&[ChangeOrganisation], None)
        }
        ErrorKind::LinkRefused => (&[SignIn, ChangeOrganisation], None),
        ErrorKind::SettingsInvalid => (&[Retry], Some(RetryPace::Tablet)),
        ErrorKind::EnvironmentEmpty => (&[Retry, ChangeOrganisation], None),
        ErrorKind::SignInDenied | ErrorKind::SignInExpired | ErrorKind::SignInRejected => (&[SignIn], None),
        ErrorKind::WrongOrganisation => (&[SignIn, ChangeOrganisation], None),
        ErrorKind::NotAllowed => (&[Retry, ChangeOrganisation], None),
        ErrorKind::NoBrowser => (&[SignInHere, SignInWithCode], None),
        ErrorKind::CodeExpired => (&[SignInWithCode, SignIn], None),
        ErrorKind::CodeUnavailable => (&[SignIn, SignInHere], None),
        ErrorKind::NoNetwork | ErrorKind::CaptivePortal | ErrorKind::SiteUnreachable | ErrorKind::SiteCrashed => {
            (&[Retry], Some(RetryPace::Network))
        }
        ErrorKind::ServerDown | ErrorKind::ServerBusy | ErrorKind::InsecureConnection => {
            (&[Retry], Some(RetryPace::Server))
        }
        // With a session, staff can go on working. Without one, signing in is all that is left.
        ErrorKind::KeystoreAbsent => (&[OpenGroup, SignIn], None),
        ErrorKind::KeystoreLocked => (&[Retry, OpenGroup, SignIn], Some(RetryPace::Tablet)),
        ErrorKind::KeystoreFailed => (&[OpenGroup, Retry, SignIn], Some(RetryPace::Tablet)),
        // The group view works. Only the helpdesk can mend what stops the renewal.
        ErrorKind::SessionAtRisk => (&[OpenGroup], None),
        ErrorKind::NotOnTablet => (&[], None),
    };
    Recovery { buttons, retry }
}
