//! The settings of a tablet: the one schema of keys, the sources of their values, validation, exports and setup links.
//!
//! A key is declared once, in [`KEYS`]. Validation ([`validate()`]), precedence ([`resolve_all`]), every MDM's format
//! ([`export`]) and setup links ([`read_setup_link`]) follow from that declaration.
//!
//! # Resolve the settings of a tablet
//!
//! ```
//! use error_codes::ErrorCode;
//! use serde_json::{Map, json};
//! use settings::{Environments, LoginMethod, Source, Sources, resolve_all};
//!
//! let environments = Environments::from_toml(
//!     r#"
//!     [production]
//!     issuer = "https://id.example/"
//!     client_id = "groep-client"
//!     group_url = "https://{tenant}.example.nl/groep"
//!     "#,
//! )?;
//! let managed = json!({ "tenant": "zonnetje", "login_method": "magic" });
//! let typed = json!({ "device_label": "Groep Blauw 1" });
//! let none = Map::new();
//!
//! let resolved = resolve_all(
//!     &environments,
//!     Sources {
//!         managed: managed.as_object().unwrap_or(&none),
//!         signed: &none,
//!         unsigned: &none,
//!         typed: typed.as_object().unwrap_or(&none),
//!     },
//! );
//!
//! // Every security key is valid, so the tablet knows where to sign in.
//! let target = resolved.target.expect("no security key is wrong").expect("a tenant is given");
//! assert_eq!(target.group_url.as_str(), "https://zonnetje.example.nl/groep");
//! assert_eq!(resolved.sources["device_label"], Source::SetUp);
//!
//! // A wrong value of a comfort key falls back to its default and is reported.
//! assert_eq!(resolved.login_method, LoginMethod::Auto);
//! assert_eq!((resolved.errors[0].key.as_str(), resolved.errors[0].code), ("login_method", ErrorCode::Choice));
//! # Ok::<(), toml::de::Error>(())
//! ```
//!
//! # Security keys and comfort keys
//!
//! If a value of a *security* key ([`Key::security`]) is wrong, [`Resolved::target`] is an error and nobody can sign in,
//! because a fallback could send credentials to a server that nobody chose. If a value of a *comfort* key is wrong, the
//! default applies. Both end up in [`Resolved::errors`], each with its [`ErrorCode`](error_codes::ErrorCode): the tablet,
//! the feedback to the MDM and `provision validate` show that same code.
//!
//! The crate is pure: it reads no file, no clock and no system setting. The caller passes them in.
#![warn(missing_docs)]

mod environment;
pub mod export;
mod resolve;
mod resolved;
mod schema;
mod setup_link;
mod tenant;
mod validate;

pub use environment::{Environment, EnvironmentError, Environments, ROTATION_LEEWAY_SECONDS, StoreBuildError};
pub use resolve::{resolve, resolve_all};
pub use resolved::{
    AccountType, Diagnostics, KeepScreenOn, Kiosk, Language, LoginMethod, Resolved, SettingError, SignInTarget, Source,
    Sources,
};
pub use schema::{CONFIG_VERSION, KEYS, Key, Kind, Stakeholder, TrustLevel, key};
pub use setup_link::{
    DAY, LinkError, MAX_LIFETIME_DAYS, MAX_LINK, SCHEME, SetupLink, read_setup_link, sign_setup_link,
    unsigned_setup_link,
};
pub use tenant::{Tenant, TenantError};
pub use validate::{Parsed, is_blank, is_unexpanded, looks_secret, public_keys, validate, validate_in};
