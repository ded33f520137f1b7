//! What a person in front of the tablet is told: a closed list, far shorter than the codes.

use serde::{Deserialize, Serialize};

/// A class of trouble that a person sees. The pages have a title and an explanation for each, in every language
/// (`problem-<name>-title` and `problem-<name>-text` in `locales`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
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
    /// Never on a tablet's screen: the code is met in logs, in an MDM console or in the administrator's tool only.
    NotOnTablet,
}

impl ErrorKind {
    /// Every kind that a tablet can show, so that tables can be shown to be complete.
    pub const ON_TABLET: &'static [Self] = &[
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
}
