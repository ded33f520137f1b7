//! Sources, precedence and checks.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::Url;

use crate::environment::{DEVELOPMENT, EnvironmentFault, Environments};
use crate::tenant::Tenant;

/// Where a value came from, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Managed configuration (MDM).
    Managed,
    /// What a person set up on this tablet.
    SetUp,
    /// The app's own.
    BuiltIn,
}

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultCode {
    /// Not of the key's type, or not one of its choices.
    Value,
    /// No key of this app: for information only.
    UnknownKey,
    /// No environment of that name in this build.
    UnknownEnvironment,
    /// The environment has no values in this build.
    EmptyEnvironment,
    /// A value of the environment is unsound.
    UnsoundEnvironment,
    /// No organisation's name.
    Tenant,
    /// Not a host or `*.` and a domain of at least two labels.
    Host,
}

impl FaultCode {
    /// The code that helpdesk and screen name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Value => "E101",
            Self::UnknownKey => "E102",
            Self::UnknownEnvironment => "E103",
            Self::EmptyEnvironment => "E104",
            Self::UnsoundEnvironment => "E105",
            Self::Tenant => "E106",
            Self::Host => "E107",
        }
    }
}

/// A wrong value: the key, where it came from, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The key as it was given.
    pub key: String,
    /// Its source.
    pub source: Source,
    /// What is wrong.
    pub code: FaultCode,
}

/// How staff sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoginMethod {
    /// The system browser where one can be used, else inside the app.
    #[default]
    Auto,
    /// The system browser.
    Browser,
    /// Inside the app.
    InApp,
    /// A code on another device.
    DeviceCode,
}

/// Whose account it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Account {
    /// The group's: stays signed in.
    #[default]
    Group,
    /// A person's: its session ends with the app.
    Personal,
}

/// The language of the screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// The tablet's own.
    #[default]
    System,
    /// Dutch.
    Nl,
    /// English.
    En,
}

/// Where a tablet signs in and what it shows: all of it from security keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The environment's name.
    pub environment: String,
    /// The issuer, to the letter.
    pub issuer: String,
    /// The client id.
    pub client_id: String,
    /// The audience, if there is one.
    pub audience: Option<String>,
    /// The organisation.
    pub tenant: Tenant,
    /// The group view of this organisation.
    pub group: Url,
    /// Further hosts that may be shown: origins, or `*.domain`.
    pub hosts: Vec<String>,
    /// http and loopback are allowed.
    pub development: bool,
}

/// What the sources come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Where to sign in; none while the tablet is not set up; a fault of a security key instead.
    pub target: Result<Option<Target>, Fault>,
    /// The name to show; else the tenant's.
    pub organisation_name: Option<String>,
    /// How to sign in.
    pub login_method: LoginMethod,
    /// Whose account.
    pub account: Account,
    /// Auth0's `organization`.
    pub organization: Option<String>,
    /// Auth0's `connection`.
    pub connection: Option<String>,
    /// `login_hint`.
    pub login_hint: Option<String>,
    /// The language.
    pub language: Language,
    /// A person may set this tablet up or change its organisation.
    pub may_set_up: bool,
    /// A person may sign out.
    pub may_sign_out: bool,
    /// What stands behind a typed organisation's name, with its dot.
    pub suffix: String,
    /// The source of every key that has a value.
    pub sources: BTreeMap<&'static str, Source>,
    /// Everything that was wrong, security and comfort alike.
    pub faults: Vec<Fault>,
}

/// The keys, with † for security.
const KEYS: [(&str, bool); 12] = [
    ("environment", true),
    ("tenant", true),
    ("allowed_hosts", true),
    ("allow_manual_setup", true),
    ("login_method", false),
    ("account_type", false),
    ("organization", false),
    ("connection", false),
    ("login_hint", false),
    ("organisation_name", false),
    ("language", false),
    ("allow_sign_out", false),
];

struct Reader<'a> {
    managed: &'a Map<String, Value>,
    set_up: &'a Map<String, Value>,
    sources: BTreeMap<&'static str, Source>,
    faults: Vec<Fault>,
    /// The first fault of a security key.
    broken: Option<Fault>,
}

impl Reader<'_> {
    /// A key's value by `check`, from the strongest source that has one.
    fn read<T>(&mut self, key: &'static str, check: impl Fn(&Value) -> Result<T, FaultCode>) -> Option<T> {
        let (source, value) = [(Source::Managed, self.managed), (Source::SetUp, self.set_up)]
            .into_iter()
            .find_map(|(source, map)| map.get(key).filter(|value| !is_blank(value)).map(|value| (source, value)))?;
        match check(value) {
            Ok(value) => {
                self.sources.insert(key, source);
                Some(value)
            }
            Err(code) => {
                self.fault(key, source, code);
                None
            }
        }
    }

    fn fault(&mut self, key: &str, source: Source, code: FaultCode) {
        let fault = Fault { key: key.to_owned(), source, code };
        if self.broken.is_none() && KEYS.contains(&(key, true)) {
            self.broken = Some(fault.clone());
        }
        self.faults.push(fault);
    }

    fn text(&mut self, key: &'static str, longest: usize) -> Option<String> {
        self.read(key, |value| {
            let text = value.as_str().ok_or(FaultCode::Value)?.trim();
            // Consoles leave a token that they do not know as it stands.
            let expanded = !text.contains("{{") && !text.starts_with('$');
            if text.chars().count() <= longest && !text.chars().any(char::is_control) && expanded { Ok(text.to_owned()) } else { Err(FaultCode::Value) }
        })
    }

    fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        self.read(key, |value| {
            let text = value.as_str().ok_or(FaultCode::Value)?;
            choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice).ok_or(FaultCode::Value)
        })
    }

    /// Consoles send booleans as text too.
    fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.read(key, |value| match value {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) if text == "true" => Ok(true),
            Value::String(text) if text == "false" => Ok(false),
            _ => Err(FaultCode::Value),
        })
    }
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Resolves the sources, key by key.
#[must_use]
pub fn resolve(environments: &Environments, managed: &Map<String, Value>, set_up: &Map<String, Value>) -> Resolved {
    let mut reader = Reader { managed, set_up, sources: BTreeMap::new(), faults: vec![], broken: None };
    for (source, map) in [(Source::Managed, managed), (Source::SetUp, set_up)] {
        for key in map.keys().filter(|key| !KEYS.iter().any(|(known, _)| known == key)) {
            reader.fault(key, source, FaultCode::UnknownKey);
        }
    }
    let environment = reader.text("environment", 40).unwrap_or_else(|| environments.default_name().to_owned());
    let tenant = reader.read("tenant", |value| Tenant::new(value.as_str().unwrap_or_default().trim()).map_err(|_| FaultCode::Tenant));
    let allowed = reader
        .read("allowed_hosts", |value| {
            let hosts: Vec<String> =
                value.as_str().ok_or(FaultCode::Value)?.split([',', ' ', ';']).filter(|host| !host.is_empty()).map(str::to_ascii_lowercase).collect();
            if hosts.len() <= 20 && hosts.iter().all(|host| is_host_rule(host)) { Ok(hosts) } else { Err(FaultCode::Host) }
        })
        .unwrap_or_default();
    let may_set_up = reader.flag("allow_manual_setup").unwrap_or(true) && reader.sources.get("tenant") != Some(&Source::Managed);
    let login_method = reader
        .choice(
            "login_method",
            &[("auto", LoginMethod::Auto), ("browser", LoginMethod::Browser), ("in_app", LoginMethod::InApp), ("device_code", LoginMethod::DeviceCode)],
        )
        .unwrap_or_default();
    let account = reader.choice("account_type", &[("group", Account::Group), ("personal", Account::Personal)]).unwrap_or_default();
    let language = reader.choice("language", &[("system", Language::System), ("nl", Language::Nl), ("en", Language::En)]).unwrap_or_default();
    let organization = reader.text("organization", 128);
    let connection = reader.text("connection", 128);
    let login_hint = reader.text("login_hint", 128);
    let organisation_name = reader.text("organisation_name", 60);
    let may_sign_out = reader.flag("allow_sign_out").unwrap_or(true);
    let suffix = environments
        .get(&environment)
        .map(|known| known.tenant_suffix.clone())
        .filter(|suffix| !suffix.is_empty())
        .unwrap_or_else(|| ".ouderportaal.nl".to_owned());

    let target = target(environments, environment, tenant, allowed, &mut reader);
    Resolved {
        target: match reader.broken.take() {
            Some(fault) => Err(fault),
            None => Ok(target),
        },
        organisation_name,
        login_method,
        account,
        organization,
        connection,
        login_hint,
        language,
        may_set_up,
        may_sign_out,
        suffix,
        sources: reader.sources,
        faults: reader.faults,
    }
}

fn target(environments: &Environments, environment: String, tenant: Option<Tenant>, allowed: Vec<String>, reader: &mut Reader<'_>) -> Option<Target> {
    let source = reader.sources.get("environment").copied().unwrap_or(Source::BuiltIn);
    let known = match environments.usable(&environment) {
        Ok(known) => known,
        Err(fault) => {
            // A tablet that is not set up yet has nothing to be told about environments.
            if tenant.is_some() || source != Source::BuiltIn {
                let code = match fault {
                    EnvironmentFault::Unknown => FaultCode::UnknownEnvironment,
                    EnvironmentFault::Empty => FaultCode::EmptyEnvironment,
                    EnvironmentFault::Invalid(_) => FaultCode::UnsoundEnvironment,
                };
                reader.fault("environment", source, code);
            }
            return None;
        }
    };
    let tenant = tenant?;
    let group = Url::parse(&known.group_url.replace("{tenant}", tenant.as_str())).ok()?;
    let mut hosts = known.hosts.clone();
    hosts.extend(allowed);
    Some(Target {
        issuer: known.issuer.clone(),
        client_id: known.client_id.clone(),
        audience: Some(known.audience.clone()).filter(|audience| !audience.is_empty()),
        development: environment == DEVELOPMENT,
        environment,
        tenant,
        group,
        hosts,
    })
}

/// An exact host, or `*.` and a domain of two labels or more that is nobody's public suffix.
fn is_host_rule(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let labels: Vec<&str> = name.split('.').collect();
    let suffix = psl::suffix_str(name) == Some(name);
    !suffix
        && labels.len() >= 2
        && labels.iter().all(|label| Tenant::new(label).is_ok())
        && labels.last().is_some_and(|top| !top.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ENVIRONMENTS: &str = r#"
        [production]
        issuer = "https://id.example/"
        client_id = "groep-client"
        group_url = "https://{tenant}.ouderportaal.nl/groep"
        hosts = ["https://profiel.example"]
        [acceptance]
    "#;

    fn resolved(managed: Value, set_up: Value) -> Resolved {
        let map = |value: Value| value.as_object().cloned().unwrap();
        resolve(&Environments::from_toml(ENVIRONMENTS).unwrap(), &map(managed), &map(set_up))
    }

    #[test]
    fn nothing_set_is_not_set_up_and_no_fault() {
        let resolved = resolved(json!({}), json!({}));
        assert_eq!(resolved.target, Ok(None));
        assert!(resolved.faults.is_empty() && resolved.may_set_up && resolved.may_sign_out);
    }

    #[test]
    fn a_typed_tenant_is_enough() {
        let target = resolved(json!({}), json!({"tenant": "zonnetje"})).target.unwrap().unwrap();
        assert_eq!(target.group.as_str(), "https://zonnetje.ouderportaal.nl/groep");
        assert_eq!(target.issuer, "https://id.example/");
        assert!(!target.development);
    }

    #[test]
    fn managed_beats_what_a_person_set_up_and_says_so() {
        let resolved = resolved(json!({"tenant": "regenboog"}), json!({"tenant": "zonnetje", "language": "en"}));
        assert_eq!(resolved.target.unwrap().unwrap().tenant.as_str(), "regenboog");
        assert_eq!(resolved.sources["tenant"], Source::Managed);
        assert_eq!(resolved.sources["language"], Source::SetUp);
        assert!(!resolved.may_set_up);
    }

    #[test]
    fn a_wrong_security_key_leaves_no_target_even_when_a_weaker_source_has_a_sound_value() {
        for managed in [
            json!({"tenant": "de zon"}),
            json!({"tenant": 7}),
            json!({"allowed_hosts": "*.nl"}),
            json!({"allowed_hosts": "*.co.uk"}),
            json!({"allowed_hosts": "github.io"}),
            json!({"allowed_hosts": "10.0.0.1"}),
            json!({"allow_manual_setup": "ja"}),
        ] {
            let resolved = resolved(managed.clone(), json!({"tenant": "zonnetje"}));
            assert!(resolved.target.is_err(), "{managed}");
        }
    }

    #[test]
    fn a_wrong_comfort_key_falls_back_and_is_reported() {
        let resolved = resolved(json!({"login_method": "magic", "language": 3, "login_hint": "{{serialnumber}}"}), json!({"tenant": "zonnetje"}));
        assert!(resolved.target.is_ok());
        assert_eq!((resolved.login_method, resolved.language, resolved.login_hint), (LoginMethod::Auto, Language::System, None));
        assert_eq!(resolved.faults.len(), 3);
    }

    #[test]
    fn booleans_may_come_as_text_and_unknown_keys_are_information() {
        let resolved = resolved(json!({"allow_sign_out": "false", "wifi": "guest"}), json!({"tenant": "zonnetje"}));
        assert!(!resolved.may_sign_out);
        assert!(resolved.target.is_ok());
        assert_eq!(resolved.faults, vec![Fault { key: "wifi".into(), source: Source::Managed, code: FaultCode::UnknownKey }]);
    }

    #[test]
    fn an_environment_without_values_stops_with_its_code() {
        let empty = resolved(json!({"environment": "acceptance"}), json!({"tenant": "zonnetje"}));
        assert_eq!(empty.target.unwrap_err().code, FaultCode::EmptyEnvironment);
        let unknown = resolved(json!({"environment": "elsewhere"}), json!({}));
        assert_eq!(unknown.target.unwrap_err().code.code(), "E103");
    }
}
