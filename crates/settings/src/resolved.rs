//! What goes into [`resolve_all`](crate::resolve_all) and what comes out of it.

use std::collections::BTreeMap;

use error_codes::ErrorCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use crate::tenant::Tenant;

/// Where a value comes from. The order of the variants is the order of precedence, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Managed configuration, from an MDM.
    Managed,
    /// A setup link whose signature was made with a key of `provisioning_keys`.
    SignedLink,
    /// A setup link without a signature.
    UnsignedLink,
    /// Typed on this tablet.
    SetUp,
    /// The default of the schema, or an environment of this build.
    BuiltIn,
}

/// The values of each source, strongest first.
///
/// Put the settings of a setup link into `signed` or `unsigned` only after
/// [`read_setup_link`](crate::read_setup_link) accepted the link: nothing here verifies a signature.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// Managed configuration, from an MDM.
    pub managed: &'a Map<String, Value>,
    /// The settings of a signed setup link.
    pub signed: &'a Map<String, Value>,
    /// The settings of an unsigned setup link.
    pub unsigned: &'a Map<String, Value>,
    /// What a person typed on the tablet.
    pub typed: &'a Map<String, Value>,
}

/// A value that was refused. Holds no value: an administrator may have pasted a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    /// The key, spelled as the source spells it. Not always a key of the schema.
    pub key: String,
    /// The source of the refused value.
    pub source: Source,
    /// What is wrong. [`ErrorCode::kind`] decides what staff see, [`ErrorCode::feedback`] what the MDM console shows.
    pub code: ErrorCode,
}

/// How staff sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(rename_all = "snake_case")]
pub enum LoginMethod {
    /// In the system browser if one can be used, otherwise inside the app.
    #[default]
    Auto,
    /// In the system browser.
    Browser,
    /// Inside the app.
    InApp,
    /// With a code on another device (RFC 8628).
    DeviceCode,
}

/// Whose account signs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountType {
    /// The group's account: the session is stored and outlives the app.
    #[default]
    Group,
    /// A person's account: the session ends with the app.
    Personal,
}

/// The language of the screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// The language of the tablet.
    #[default]
    System,
    /// Dutch.
    Nl,
    /// English.
    En,
}

/// Whether the app pins itself to the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kiosk {
    /// The app does not pin itself.
    #[default]
    Off,
    /// The app pins itself if the MDM permits that.
    IfPermitted,
}

/// When the app keeps the screen on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepScreenOn {
    /// Never: the tablet's own timeout applies.
    #[default]
    Never,
    /// While the tablet charges.
    Charging,
    /// Whenever the app is in front.
    Always,
}

/// What the diagnostics log records. Never tokens or personal data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Diagnostics {
    /// Nothing.
    Off,
    /// Errors.
    #[default]
    Errors,
    /// Errors and the steps that led to them.
    Verbose,
}

/// Where a tablet signs in and what it opens afterwards. Follows from security keys only, all of them valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInTarget {
    /// The name of the environment.
    pub environment: String,
    /// The issuer, byte for byte as the identity provider names itself (OpenID Connect Discovery, section 4.3).
    pub issuer: String,
    /// The app's client id at the identity provider.
    pub client_id: String,
    /// The audience of the access token, if the environment has one.
    pub audience: Option<String>,
    /// The organisation.
    pub tenant: Tenant,
    /// The group view of this organisation.
    pub group_url: Url,
    /// Further hosts that the site view may open: origins, exact hosts, or `*.domain`.
    pub trusted_hosts: Vec<String>,
    /// For how many seconds the identity provider accepts a refresh token that it has rotated already.
    pub rotation_leeway_seconds: u64,
    /// The target is the `development` environment, where http and loopback addresses are allowed.
    pub development: bool,
}

/// The settings that apply, and every value that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the schema")]
pub struct Resolved {
    /// Where to sign in. `Ok(None)` if no source names an organisation; the first error of a security key if there is
    /// one, whatever other sources say.
    pub target: Result<Option<SignInTarget>, SettingError>,
    /// The organisation's name for the screen. Without it the app shows the tenant.
    pub organisation_name: Option<String>,
    /// How staff sign in.
    pub login_method: LoginMethod,
    /// Whose account signs in.
    pub account_type: AccountType,
    /// Auth0's `organization` parameter.
    pub organization: Option<String>,
    /// Auth0's `connection` parameter.
    pub connection: Option<String>,
    /// The user name that the sign-in page fills in (`login_hint`, OpenID Connect Core, section 3.1.2.1).
    pub login_hint: Option<String>,
    /// The language of the screens.
    pub language: Language,
    /// Whether a person may choose or change the organisation on the tablet. `false` if the MDM names the organisation
    /// or `allow_manual_setup` forbids it.
    pub may_set_up: bool,
    /// Whether the app offers to sign out.
    pub may_sign_out: bool,
    /// What follows the tenant in the address of its Konnect, with the leading dot.
    pub tenant_suffix: String,
    /// The number or code of the location, for the helpdesk.
    pub location_id: Option<String>,
    /// The name of the tablet.
    pub device_label: Option<String>,
    /// The helpdesk: a telephone number, an e-mail address or an https address.
    pub support_contact: Option<String>,
    /// Ed25519 public keys that may sign setup links, with their key ids.
    pub provisioning_keys: Vec<(String, [u8; 32])>,
    /// Whether the app pins itself to the screen.
    pub kiosk: Kiosk,
    /// When the app keeps the screen on.
    pub keep_screen_on: KeepScreenOn,
    /// Minutes without a touch after which a personal session ends; 0 means never.
    pub idle_lock_minutes: u16,
    /// Whether the system refuses screenshots of the app.
    pub block_screenshots: bool,
    /// Whether the group view may use the camera.
    pub allow_camera: bool,
    /// Whether the group view may use the microphone.
    pub allow_microphone: bool,
    /// Whether the group view may save files on the tablet.
    pub allow_downloads: bool,
    /// What the diagnostics log records.
    pub diagnostics: Diagnostics,
    /// The source of each key that has a valid value. Keys at their default are absent.
    pub sources: BTreeMap<&'static str, Source>,
    /// Every value that was refused, of security keys and comfort keys alike, and every unknown key.
    pub errors: Vec<SettingError>,
}
