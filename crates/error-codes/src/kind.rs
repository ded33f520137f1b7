//! What staff see on the tablet: a closed list, far shorter than the list of codes.

use serde::{Deserialize, Serialize};

/// The kind of error that staff see. The pages have a title and a text for each kind in every language
/// (`problem-<name>-title` and `problem-<name>-text` in `locales`, see [`ErrorKind::name`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The person typed nothing in the field for the organisation's name.
    TenantEmpty,
    /// The person typed something that cannot be an organisation's name (one DNS label).
    TenantInvalid,
    /// The person pasted the address of another site.
    TenantForeign,
    /// The person typed an e-mail address.
    TenantEmail,
    /// The app refused a setup link or setup card.
    LinkRefused,
    /// A security setting is wrong. Nobody can sign in until the device administrator corrects it.
    SettingsInvalid,
    /// The chosen environment has no values in this build.
    EnvironmentEmpty,
    /// The identity provider or the person refused the sign-in.
    SignInDenied,
    /// The sign-in took longer than ten minutes.
    SignInExpired,
    /// The identity provider's answer did not pass the app's checks.
    SignInRejected,
    /// The account belongs to another organisation than this tablet.
    WrongOrganisation,
    /// The identity provider does not accept this app as it is configured.
    NotAllowed,
    /// The tablet has no browser, or the kiosk does not permit it to open.
    NoBrowser,
    /// The code for another device has expired.
    CodeExpired,
    /// The identity provider offers no sign-in with a code on another device.
    CodeUnavailable,
    /// The tablet has no connection.
    NoNetwork,
    /// The identity provider does not answer, or answers with an error of its own; or the site's server does the latter.
    ServerDown,
    /// The identity provider or the site's server asks the app to wait.
    ServerBusy,
    /// Something other than the server answered, often the sign-in page of a guest network.
    CaptivePortal,
    /// The connection is not secure (certificate).
    InsecureConnection,
    /// The group view cannot be loaded.
    SiteUnreachable,
    /// The web view stopped.
    SiteCrashed,
    /// This device has no keystore.
    KeystoreAbsent,
    /// The keystore is locked.
    KeystoreLocked,
    /// The keystore refused to read or to save.
    KeystoreFailed,
    /// The identity provider has refused for a day to renew the session. It still holds, but not for ever.
    SessionAtRisk,
    /// No tablet shows this kind on its screen. The code appears in logs, in an MDM console or in `provision` only.
    NotOnTablet,
}

impl ErrorKind {
    /// Every kind that a tablet can show: all but [`ErrorKind::NotOnTablet`]. For tests that a table is complete.
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
        Self::SessionAtRisk,
    ];

    /// The name in `locales` and in JSON, in snake case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TenantEmpty => "tenant_empty",
            Self::TenantInvalid => "tenant_invalid",
            Self::TenantForeign => "tenant_foreign",
            Self::TenantEmail => "tenant_email",
            Self::LinkRefused => "link_refused",
            Self::SettingsInvalid => "settings_invalid",
            Self::EnvironmentEmpty => "environment_empty",
            Self::SignInDenied => "sign_in_denied",
            Self::SignInExpired => "sign_in_expired",
            Self::SignInRejected => "sign_in_rejected",
            Self::WrongOrganisation => "wrong_organisation",
            Self::NotAllowed => "not_allowed",
            Self::NoBrowser => "no_browser",
            Self::CodeExpired => "code_expired",
            Self::CodeUnavailable => "code_unavailable",
            Self::NoNetwork => "no_network",
            Self::ServerDown => "server_down",
            Self::ServerBusy => "server_busy",
            Self::CaptivePortal => "captive_portal",
            Self::InsecureConnection => "insecure_connection",
            Self::SiteUnreachable => "site_unreachable",
            Self::SiteCrashed => "site_crashed",
            Self::KeystoreAbsent => "keystore_absent",
            Self::KeystoreLocked => "keystore_locked",
            Self::KeystoreFailed => "keystore_failed",
            Self::SessionAtRisk => "session_at_risk",
            Self::NotOnTablet => "not_on_tablet",
        }
    }
}
