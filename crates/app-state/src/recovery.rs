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
    pub retries: bool,
}

/// The one table from error to buttons.
#[must_use]
pub fn recovery(kind: ErrorKind) -> Recovery {
    use Action::{ChangeOrganisation, OpenGroup, Retry, SignIn, SignInHere, SignInWithCode};
    let (buttons, retries): (&'static [Action], bool) = match kind {
        ErrorKind::TenantEmpty | ErrorKind::TenantInvalid | ErrorKind::TenantForeign | ErrorKind::TenantEmail => {
            (&[ChangeOrganisation], false)
        }
        ErrorKind::LinkRefused => (&[SignIn, ChangeOrganisation], false),
        ErrorKind::SettingsInvalid => (&[Retry], true),
        ErrorKind::EnvironmentEmpty => (&[Retry, ChangeOrganisation], false),
        ErrorKind::SignInDenied | ErrorKind::SignInExpired | ErrorKind::SignInRejected => (&[SignIn], false),
        ErrorKind::WrongOrganisation => (&[SignIn, ChangeOrganisation], false),
        ErrorKind::NotAllowed => (&[Retry, ChangeOrganisation], false),
        ErrorKind::NoBrowser => (&[SignInHere, SignInWithCode], false),
        ErrorKind::CodeExpired => (&[SignInWithCode, SignIn], false),
        ErrorKind::CodeUnavailable => (&[SignIn, SignInHere], false),
        ErrorKind::NoNetwork
        | ErrorKind::ServerDown
        | ErrorKind::ServerBusy
        | ErrorKind::CaptivePortal
        | ErrorKind::InsecureConnection
        | ErrorKind::SiteUnreachable
        | ErrorKind::SiteCrashed => (&[Retry], true),
        // With a session, staff can go on working. Without one, signing in is all that is left.
        ErrorKind::KeystoreAbsent => (&[OpenGroup, SignIn], false),
        ErrorKind::KeystoreLocked => (&[Retry, OpenGroup, SignIn], true),
        ErrorKind::KeystoreFailed => (&[OpenGroup, Retry, SignIn], true),
        ErrorKind::NotOnTablet => (&[], false),
    };
    Recovery { buttons, retries }
}
