//! `environments.toml`: what only the publisher knows, compiled in.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// All environments of a build, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Environments(BTreeMap<String, Environment>);

/// One environment. An empty text means: not known to this build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Environment {
    /// The identity server's issuer, to the letter (a trailing slash counts).
    pub issuer: String,
    /// The app's client id at the identity server.
    pub client_id: String,
    /// The API the access token is for; may stay empty.
    pub audience: String,
    /// The https host whose links open the app; may stay empty where only the custom scheme is used.
    pub claimed_host: String,
    /// The group view, with `{tenant}` where the organisation's name belongs.
    pub group_url: String,
    /// What stands behind a typed organisation's name, with its dot.
    pub tenant_suffix: String,
    /// Further hosts that belong to Konnect, such as the profile page's: origins, or `*.domain`.
    pub hosts: Vec<String>,
    /// The Apple team that signs the app.
    pub apple_team: String,
    /// SHA-256 fingerprint of the certificate that signs the Android app.
    pub android_certificate: String,
    /// Moves the app's clock; `development` only.
    pub clock_offset_seconds: i64,
}

/// Why there is no build for a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// Keys without a value.
    Missing(Vec<String>),
    /// A key whose value is not sound there: not https, on loopback, or no host.
    Unsound(String),
}

impl fmt::Display for StoreFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(keys) => write!(
                f,
                "environments.toml lacks values that only the publisher can give: {}",
                keys.join(", ")
            ),
            Self::Unsound(key) => write!(
                f,
                "environments.toml has a value that a build for a store cannot have: {key}"
            ),
        }
    }
}

impl std::error::Error for StoreFault {}

/// Why an environment cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvironmentFault {
    /// This build has no environment of that name.
    Unknown,
    /// The environment has no values in this build.
    Empty,
    /// A value is not what its key asks for; the key is named.
    Invalid(&'static str),
}

/// The one environment where http and loopback exist.
pub const DEVELOPMENT: &str = "development";

impl Environments {
    /// Reads `environments.toml`.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The same as text, for a build script to compile in.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// What a store build may contain: everything but `development`, and `production` must be whole.
    pub fn for_store(mut self) -> Result<Self, StoreFault> {
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
            return Err(StoreFault::Missing(missing));
        }
        for (name, environment) in &self.0 {
            match environment.check(false) {
                // The others may stay empty: choosing them shows a code.
                Ok(()) | Err(EnvironmentFault::Empty) => {}
                Err(EnvironmentFault::Invalid(key)) => return Err(StoreFault::Unsound(format!("{name}.{key}"))),
                Err(EnvironmentFault::Unknown) => {}
            }
        }
        Ok(self)
    }

    /// Replaces `development` by other loopback addresses, such as those of a stack on free ports. Does nothing in a
    /// build that has no `development`.
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

    /// The environment that is used when nothing chooses one: `development` where a build has it.
    #[must_use]
    pub fn default_name(&self) -> &'static str {
        if self.0.contains_key(DEVELOPMENT) {
            DEVELOPMENT
        } else {
            "production"
        }
    }

    /// An environment by name, as it stands.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Environment> {
        self.0.get(name)
    }

    /// An environment by name, with sound values.
    pub fn usable(&self, name: &str) -> Result<&Environment, EnvironmentFault> {
        let environment = self.0.get(name).ok_or(EnvironmentFault::Unknown)?;
        environment.check(name == DEVELOPMENT)?;
        Ok(environment)
    }
}

impl Environment {
    /// Reads one environment by itself: its keys, without a heading.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    fn check(&self, development: bool) -> Result<(), EnvironmentFault> {
        if self.issuer.is_empty() || self.client_id.is_empty() || self.group_url.is_empty() {
            return Err(EnvironmentFault::Empty);
        }
        if !self.group_url.contains("{tenant}") {
            return Err(EnvironmentFault::Invalid("group_url"));
        }
        for (key, value) in [
            ("issuer", self.issuer.clone()),
            ("group_url", self.group_url.replace("{tenant}", "a")),
        ] {
            if !Url::parse(&value).is_ok_and(|url| is_home(&url, development)) {
                return Err(EnvironmentFault::Invalid(key));
            }
        }
        for host in &self.hosts {
            let sound = match host.strip_prefix("*.") {
                Some(domain) => domain.contains('.'),
                None => Url::parse(host).is_ok_and(|url| is_home(&url, development)),
            };
            if !sound {
                return Err(EnvironmentFault::Invalid("hosts"));
            }
        }
        Ok(())
    }
}

/// An address that the app may be set up with: https, and in development http on loopback only.
fn is_home(url: &Url, development: bool) -> bool {
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

    fn whole() -> Environment {
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
            ..whole()
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
        let built = of(&[("production", whole()), (DEVELOPMENT, whole())])
            .for_store()
            .unwrap();
        assert_eq!(built.usable(DEVELOPMENT), Err(EnvironmentFault::Unknown));
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
                    ..whole()
                },
            ),
            (
                "production.issuer",
                Environment {
                    issuer: "https://127.0.0.1/".into(),
                    ..whole()
                },
            ),
            (
                "production.group_url",
                Environment {
                    group_url: "http://{tenant}.example/".into(),
                    ..whole()
                },
            ),
            (
                "production.hosts",
                Environment {
                    hosts: vec!["http://127.0.0.3:1".into()],
                    ..whole()
                },
            ),
        ] {
            assert_eq!(
                of(&[("production", environment)]).for_store(),
                Err(StoreFault::Unsound(key.to_owned()))
            );
        }
        assert!(
            of(&[("production", whole()), ("acceptance", Environment::default())])
                .for_store()
                .is_ok()
        );
    }

    #[test]
    fn http_and_loopback_exist_in_development_only() {
        let loopback = Environment {
            issuer: "http://127.0.0.1:4000/".into(),
            group_url: "http://127.0.0.2:4000/{tenant}/".into(),
            ..whole()
        };
        let all = of(&[("production", loopback.clone()), (DEVELOPMENT, loopback)]);
        assert!(all.usable(DEVELOPMENT).is_ok());
        assert_eq!(all.usable("production"), Err(EnvironmentFault::Invalid("issuer")));
        let plain = Environment {
            issuer: "http://id.example/".into(),
            ..whole()
        };
        assert_eq!(
            of(&[(DEVELOPMENT, plain)]).usable(DEVELOPMENT),
            Err(EnvironmentFault::Invalid("issuer"))
        );
    }

    #[test]
    fn an_environment_without_values_says_so() {
        let all = of(&[("production", Environment::default())]);
        assert_eq!(all.usable("production"), Err(EnvironmentFault::Empty));
        assert_eq!(all.usable("acceptance"), Err(EnvironmentFault::Unknown));
    }

    #[test]
    fn a_stack_on_free_ports_takes_the_place_of_development_where_there_is_one() {
        let stack = Environment {
            issuer: "http://127.0.0.1:1/".into(),
            client_id: "c".into(),
            group_url: "http://127.0.0.2:2/{tenant}/".into(),
            ..Environment::default()
        };
        let with = of(&[(DEVELOPMENT, whole())]).with_development(stack.clone());
        assert_eq!(with.get(DEVELOPMENT).unwrap().issuer, stack.issuer);
        assert_eq!(with.get(DEVELOPMENT).unwrap().tenant_suffix, ".example");
        let without = of(&[("production", whole())]).with_development(stack);
        assert_eq!(without.get(DEVELOPMENT), None);
    }
}
