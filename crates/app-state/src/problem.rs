//! What can go wrong, in the words of the person in front of the tablet, and what they can do about it.
//!
//! A [`Problem`] is a closed question: the pages have words for each, in every language, and [`Problem::remedy`] says
//! which buttons go with them. The finer code of the crate that met the fault travels beside it in a [`Fault`], for
//! the helpdesk only: nothing branches on it here.

use serde::{Deserialize, Serialize};

use crate::Action;

/// A class of trouble that a person sees. The pages have a title and an explanation for each (`problem-<name>-*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Nothing was typed where the organisation's name belongs.
    TenantEmpty,
    /// What was typed cannot be an organisation's name (one DNS label).
    TenantInvalid,
    /// An address of another site was pasted.
    TenantForeign,
    /// An e-mail address was typed.
    TenantEmail,
    /// A set-up link cannot be used.
    LinkRefused,
    /// A security setting is wrong: no sign-in until the device manager has put it right.
    SettingsInvalid,
    /// The chosen environment has no values in this build.
    EnvironmentEmpty,
    /// The identity server or the person said no.
    SignInDenied,
    /// The sign-in took longer than ten minutes.
    SignInExpired,
    /// The identity server's answer did not pass our checks.
    SignInRejected,
    /// The account belongs to another organisation than this tablet.
    WrongOrganisation,
    /// The identity server does not accept this app as it is set up.
    NotAllowed,
    /// There is no browser on this tablet, or it may not be opened.
    NoBrowser,
    /// The code for another device has run out.
    CodeExpired,
    /// The identity server gives no codes for another device.
    CodeUnavailable,
    /// No connection at all.
    NoNetwork,
    /// The identity server cannot be reached or answers with a fault.
    ServerDown,
    /// The identity server asks to wait.
    ServerBusy,
    /// Something else than the server answered: often the sign-in page of a guest network.
    CaptivePortal,
    /// The connection is not safe (certificate).
    InsecureConnection,
    /// The group view cannot be loaded.
    SiteUnreachable,
    /// The web view stopped.
    SiteCrashed,
    /// This device has no keystore.
    KeystoreAbsent,
    /// The keystore is locked.
    KeystoreLocked,
    /// The keystore refused to read or save.
    KeystoreFailed,
}

/// A problem with the code of the crate that met it (`E…`), to read out to a helpdesk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
pub struct Fault {
    /// What the person is told.
    pub problem: Problem,
    /// The finer code, for example `E212`.
    pub code: String,
}

impl Fault {
    /// A fault of this class with this code.
    pub fn new(problem: Problem, code: impl Into<String>) -> Self {
        Self {
            problem,
            code: code.into(),
        }
    }
}

/// What goes with a problem on the trouble screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// The buttons, the best one first; never empty.
    pub buttons: &'static [Action],
    /// The app tries again by itself, later and later.
    pub retries: bool,
}

impl Problem {
    /// All of them, so that tables can be shown to be complete.
    pub const ALL: [Self; 25] = [
        Self::TenantEmpty,
        Self::TenantInvalid,
        Self::TenantForeign,
        Self::TenantEmail,
        Self::LinkRefused,
        Self::SettingsInvalid,
        Self::EnvironmentEmpty,
        Self::SignInDenied,
        Self::SignInExpired,
        Self::SignInRejected,
        Self::WrongOrganisation,
        Self::NotAllowed,
        Self::NoBrowser,
        Self::CodeExpired,
        Self::CodeUnavailable,
        Self::NoNetwork,
        Self::ServerDown,
        Self::ServerBusy,
        Self::CaptivePortal,
        Self::InsecureConnection,
        Self::SiteUnreachable,
        Self::SiteCrashed,
        Self::KeystoreAbsent,
        Self::KeystoreLocked,
        Self::KeystoreFailed,
    ];

    /// The one table from trouble to buttons.
    #[must_use]
    pub fn remedy(self) -> Remedy {
        use Action::{ChangeOrganisation, OpenGroup, Retry, SignIn, SignInHere, SignInWithCode};
        let (buttons, retries): (&'static [Action], bool) = match self {
            Self::TenantEmpty | Self::TenantInvalid | Self::TenantForeign | Self::TenantEmail => {
                (&[ChangeOrganisation], false)
            }
            Self::LinkRefused => (&[SignIn, ChangeOrganisation], false),
            Self::SettingsInvalid => (&[Retry], true),
            Self::EnvironmentEmpty => (&[Retry, ChangeOrganisation], false),
            Self::SignInDenied | Self::SignInExpired | Self::SignInRejected => (&[SignIn], false),
            Self::WrongOrganisation => (&[SignIn, ChangeOrganisation], false),
            Self::NotAllowed => (&[Retry, ChangeOrganisation], false),
            Self::NoBrowser => (&[SignInHere, SignInWithCode], false),
            Self::CodeExpired => (&[SignInWithCode, SignIn], false),
            Self::CodeUnavailable => (&[SignIn, SignInHere], false),
            Self::NoNetwork
            | Self::ServerDown
            | Self::ServerBusy
            | Self::CaptivePortal
            | Self::InsecureConnection
            | Self::SiteUnreachable
            | Self::SiteCrashed => (&[Retry], true),
            // With a session, work goes on; without one, signing in is all that is left.
            Self::KeystoreAbsent => (&[OpenGroup, SignIn], false),
            Self::KeystoreLocked => (&[Retry, OpenGroup, SignIn], true),
            Self::KeystoreFailed => (&[OpenGroup, Retry, SignIn], true),
        };
        Remedy { buttons, retries }
    }
}
