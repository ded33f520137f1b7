//! `environments.toml`: the addresses and ids that only the publisher of the app knows, compiled into each build.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// The environments of a build, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Environments(BTreeMap<String, Environment>);

/// One environment. An empty text means that this build does not know the value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Environment {
    /// The issuer, byte for byte as the identity provider names itself (a trailing slash counts).
    pub issuer: String,
    /// The app's client id at the identity provider.
    pub client_id: String,
    /// The audience of the access token; may stay empty.
    pub audience: String,
    /// The https host whose links open the app. May stay empty if the app uses its custom scheme only.
    pub claimed_host: String,
    /// The URL of the group view, with `{tenant}` in place of the organisation's name.
    pub group_url: String,
    /// What follows the tenant in the address of its Konnect, with the leading dot.
    pub tenant_suffix: String,
    /// Further hosts of Konnect, such as the host of the profile page: origins, or `*.domain`.
    pub hosts: Vec<String>,
    /// The Apple team that signs the app.
    pub apple_team: String,
    /// SHA-256 fingerprint of the certificate that signs the Android app.
    pub android_certificate: String,
    /// For how many seconds the identity provider accepts a refresh token that it has rotated already (Auth0: rotation
    /// overlap period), as its administrator has set it. [`ROTATION_LEEWAY_SECONDS`] if this is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation_leeway_seconds: Option<u64>,
    /// Seconds to add to the app's clock; `development` only.
    pub clock_offset_seconds: i64,
}

/// Why an `environments.toml` cannot go into a build for an app store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreBuildError {
    /// Keys of `production` without a value, written `production.<key>`.
    Missing(Vec<String>),
    /// A key, written `<environment>.<key>`, whose value is not https, is on loopback, or names no host.
    Invalid(String),
}

impl fmt::Display for StoreBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(keys) => write!(
                f,
                "environments.toml lacks values that only the publisher can give: {}",
                keys.join(", ")
            ),
            Self::Invalid(key) => write!(
                f,
                "environments.toml has a value that a build for a store cannot have: {key}"
            ),
        }
    }
}

impl std::error::Error for StoreBuildError {}

/// Why an environment cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvironmentError {
    /// This build has no environment of that name.
    Unknown,
    /// The environment has no values in this build.
    Empty,
    /// The value of this key breaks the key's constraint.
    Invalid(&'static str),
}

/// The rotation leeway that an identity provider of this app is asked to have, in seconds. If it has none, a lost response
/// costs the session whether the app retries within this time or later.
pub const ROTATION_LEEWAY_SECONDS: u64 = 180;

/// The only environment that may use http and loopback addresses.
pub const DEVELOPMENT: &str = "development";

impl Environments {
    /// Parses `environments.toml`. Validates no value: an environment without values is an error only when it is used.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Writes the environments as TOML, for a build script to compile in.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// The environments that a build for an app store contains: all but `development`. Fails if a value of `production` is
    /// missing or a value of any environment is invalid.
    pub fn for_store(mut self) -> Result<Self, StoreBuildError> {
        self.0.remove(DEVELOPMENT);
        let production = self.0.get("production").cloned().unwrap_or_default();
        let missing = [
            ("issuer", &production.issuer),
            ("client_id", &production.client_id),
            ("claimed_host", &production.claimed_host),
            ("group_url", &production.group_url),
            ("tenant_suffix", &production.tenant_suffix),
            ("apple_team", &production.apple_team),
            ("android_certificate", &production.android_certificate),
        ]
        .into_iter()
        .filter(|(_, value)| value.trim().is_empty())
        .map(|(key, _)| format!("production.{key}"))
        .collect::<Vec<_>>();
        if !missing.is_empty() {
            return Err(StoreBuildError::Missing(missing));
        }
        for (name, environment) in &self.0 {
            match environment.validate(false) {
                // Other environments may stay empty, because choosing one shows an error code.
                Ok(()) | Err(EnvironmentError::Empty) => {}
                Err(EnvironmentError::Invalid(key)) => return Err(StoreBuildError::Invalid(format!("{name}.{key}"))),
                Err(EnvironmentError::Unknown) => {}
            }
        }
        Ok(self)
    }

    /// Replaces the values of `development`, for example by the addresses of test services on free ports. Keeps the
    /// built-in tenant suffix unless `development` has one. A build without `development` stays as it is, so this
    /// cannot open a store build to loopback addresses.
    #[must_use]
    pub fn with_development(mut self, development: Environment) -> Self {
        if let Some(built_in) = self.0.get_mut(DEVELOPMENT) {
            let suffix = std::mem::take(&mut built_in.tenant_suffix);
            *built_in = development;
            if built_in.tenant_suffix.is_empty() {
                built_in.tenant_suffix = suffix;
            }
        }
        self
    }

    /// The environment that applies if no source names one: `development` if the build has it, otherwise `production`.
    #[must_use]
    pub fn default_name(&self) -> &'static str {
        if self.0.contains_key(DEVELOPMENT) {
            DEVELOPMENT
        } else {
            "production"
        }
    }

    /// The environment of this name, not validated.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Environment> {
        self.0.get(name)
    }

    /// The environment of this name, validated.
    pub fn usable(&self, name: &str) -> Result<&Environment, EnvironmentError> {
        let environment = self.0.get(name).ok_or(EnvironmentError::Unknown)?;
        environment.validate(name == DEVELOPMENT)?;
        Ok(environment)
    }
}

impl Environment {
    /// Parses a single environment: its keys, without a table header.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    fn validate(&self, development: bool) -> Result<(), EnvironmentError> {
        if self.issuer.is_empty() || self.client_id.is_empty() || self.group_url.is_empty() {
            return Err(EnvironmentError::Empty);
        }
        if !self.group_url.contains("{tenant}") {
            return Err(EnvironmentError::Invalid("group_url"));
        }
        for (key, value) in [
            ("issuer", self.issuer.clone()),
            ("group_url", self.group_url.replace("{tenant}", "a")),
        ] {
            if !Url::parse(&value).is_ok_and(|url| is_permitted(&url, development)) {
                return Err(EnvironmentError::Invalid(key));
            }
        }
        for host in &self.hosts {
            let valid = match host.strip_prefix("*.") {
                Some(domain) => domain.contains('.'),
                None => Url::parse(host).is_ok_and(|url| is_permitted(&url, development)),
            };
            if !valid {
                return Err(EnvironmentError::Invalid("hosts"));
            }
        }
        Ok(())
    }
}

/// Whether the app may sign in at a URL or show it: https off loopback, and in development also https or http on loopback.
fn is_permitted(url: &Url, development: bool) -> bool {
    if !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(host)) => host == "localhost",
        None => return false,
    };
    match url.scheme() {
        "https" => development || !loopback,
        "http" => development && loopback,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> Environment {
        Environment {
            issuer: "https://id.example/".into(),
            client_id: "groep-client".into(),
            claimed_host: "app.example".into(),
            group_url: "https://{tenant}.example/".into(),
            tenant_suffix: ".example".into(),
            apple_team: "TEAM123456".into(),
            android_certificate: "AA:BB".into(),
            ..Environment::default()
        }
    }

    fn of(entries: &[(&str, Environment)]) -> Environments {
        Environments(
            entries
                .iter()
                .map(|(name, environment)| ((*name).to_owned(), environment.clone()))
                .collect(),
        )
    }

    #[test]
    fn a_store_build_names_every_key_that_it_lacks() {
        let lacking = Environment {
            client_id: String::new(),
            group_url: " ".into(),
            ..complete()
        };
        let error = of(&[("production", lacking)]).for_store().unwrap_err().to_string();
        assert!(
            error.contains("production.client_id") && error.contains("production.group_url"),
            "{error}"
        );
        assert!(!error.contains("production.issuer"), "{error}");
    }

    #[test]
    fn a_store_build_does_not_contain_development() {
        let built = of(&[("production", complete()), (DEVELOPMENT, complete())])
            .for_store()
            .unwrap();
        assert_eq!(built.usable(DEVELOPMENT), Err(EnvironmentError::Unknown));
        assert_eq!(built.default_name(), "production");
        assert!(!built.to_toml().unwrap().contains(DEVELOPMENT));
    }

    #[test]
    fn a_store_build_refuses_http_and_loopback() {
        for (key, environment) in [
            (
                "production.issuer",
                Environment {
                    issuer: "http://id.example/".into(),
                    ..complete()
                },
            ),
            (
                "production.issuer",
                Environment {
                    issuer: "https://127.0.0.1/".into(),
                    ..complete()
                },
            ),
            (
                "production.group_url",
                Environment {
                    group_url: "http://{tenant}.example/".into(),
                    ..complete()
                },
            ),
            (
                "production.hosts",
                Environment {
                    hosts: vec!["http://127.0.0.3:1".into()],
                    ..complete()
                },
            ),
        ] {
            assert_eq!(
                of(&[("production", environment)]).for_store(),
                Err(StoreBuildError::Invalid(key.to_owned()))
            );
        }
        assert!(
            of(&[("production", complete()), ("acceptance", Environment::default())])
                .for_store()
                .is_ok()
        );
    }

    #[test]
    fn http_and_loopback_exist_in_development_only() {
        let loopback = Environment {
            issuer: "http://127.0.0.1:4000/".into(),
            group_url: "http://127.0.0.2:4000/{tenant}/".into(),
            ..complete()
        };
        let all = of(&[("production", loopback.clone()), (DEVELOPMENT, loopback)]);
        assert!(all.usable(DEVELOPMENT).is_ok());
        assert_eq!(all.usable("production"), Err(EnvironmentError::Invalid("issuer")));
        let plain = Environment {
            issuer: "http://id.example/".into(),
            ..complete()
        };
        assert_eq!(
            of(&[(DEVELOPMENT, plain)]).usable(DEVELOPMENT),
            Err(EnvironmentError::Invalid("issuer"))
        );
    }

    #[test]
    fn an_environment_without_values_says_so() {
        let all = of(&[("production", Environment::default())]);
        assert_eq!(all.usable("production"), Err(EnvironmentError::Empty));
        assert_eq!(all.usable("acceptance"), Err(EnvironmentError::Unknown));
    }

    #[test]
    fn other_development_values_replace_development_only_in_a_build_that_has_it() {
        let local = Environment {
            issuer: "http://127.0.0.1:1/".into(),
            client_id: "c".into(),
            group_url: "http://127.0.0.2:2/{tenant}/".into(),
            ..Environment::default()
        };
        let with = of(&[(DEVELOPMENT, complete())]).with_development(local.clone());
        assert_eq!(with.get(DEVELOPMENT).unwrap().issuer, local.issuer);
        assert_eq!(with.get(DEVELOPMENT).unwrap().tenant_suffix, ".example");
        let without = of(&[("production", complete())]).with_development(local);
        assert_eq!(without.get(DEVELOPMENT), None);
    }
}
