//! Precedence: which source a key's value comes from, and what follows from all keys together.

use std::collections::BTreeMap;

use error_codes::ErrorCode;
use serde_json::{Map, Value};
use url::Url;

use crate::environment::{DEVELOPMENT, Environment, EnvironmentError, Environments, ROTATION_LEEWAY_SECONDS};
use crate::resolved::{
    AccountType, Diagnostics, KeepScreenOn, Kiosk, Language, LoginMethod, Resolved, SettingError, SignInTarget, Source,
    Sources,
};
use crate::schema::{self, TrustLevel};
use crate::tenant::Tenant;
use crate::validate::{self, Parsed, is_blank, looks_secret, validate_in};

/// Resolves managed configuration and what a person typed; short for [`resolve_all`] without setup links.
#[must_use]
pub fn resolve(environments: &Environments, managed: &Map<String, Value>, set_up: &Map<String, Value>) -> Resolved {
    let none = Map::new();
    resolve_all(
        environments,
        Sources {
            managed,
            signed: &none,
            unsigned: &none,
            typed: set_up,
        },
    )
}

/// Resolves all sources, key by key: managed > signed link > unsigned link > typed > built in.
///
/// Never fails: what is wrong is in [`Resolved::errors`], and [`Resolved::target`] is an error if a security key is
/// wrong. Call it again whenever one of the sources changes.
#[must_use]
pub fn resolve_all(environments: &Environments, sources: Sources<'_>) -> Resolved {
    let values = [
        (Source::Managed, sources.managed),
        (Source::SignedLink, sources.signed),
        (Source::UnsignedLink, sources.unsigned),
        (Source::SetUp, sources.typed),
    ];
    let mut reader = Reader {
        environments,
        values,
        sources: BTreeMap::new(),
        errors: vec![],
        security_error: None,
    };
    reader.report_unknown_keys();
    reader.number("config_version");
    let environment = reader
        .text("environment")
        .unwrap_or_else(|| environments.default_name().to_owned());
    let tenant = reader.text("tenant").and_then(|text| Tenant::new(&text).ok());
    let allowed = reader
        .text("allowed_hosts")
        .and_then(|text| validate::hosts(&text).ok())
        .unwrap_or_default();
    // Neither this key nor the keys for setup links say where to sign in, so a wrong value takes only its own right away:
    // nobody may set up, no signed link counts. A tablet that works goes on working.
    let may_set_up = reader.flag("allow_manual_setup")
        && !reader.is_wrong("allow_manual_setup")
        && reader.source("tenant") != Source::Managed;
    let provisioning_keys = reader
        .text("provisioning_keys")
        .and_then(|text| validate::public_keys(&text).ok())
        .unwrap_or_default();
    let login_method = reader.choice(
        "login_method",
        &[
            ("browser", LoginMethod::Browser),
            ("in_app", LoginMethod::InApp),
            ("device_code", LoginMethod::DeviceCode),
        ],
    );
    let account_type = reader.choice("account_type", &[("personal", AccountType::Personal)]);
    let language = reader.choice("language", &[("nl", Language::Nl), ("en", Language::En)]);
    let organization = reader.text("organization");
    let connection = reader.text("connection");
    let login_hint = reader.text("login_hint");
    let organisation_name = reader.text("organisation_name");
    let location_id = reader.text("location_id");
    let device_label = reader.text("device_label");
    let support_contact = reader.text("support_contact");
    let may_sign_out = reader.flag("allow_sign_out");
    let kiosk = reader.choice("kiosk", &[("if_permitted", Kiosk::IfPermitted)]);
    let keep_screen_on = reader.choice(
        "keep_screen_on",
        &[("charging", KeepScreenOn::Charging), ("always", KeepScreenOn::Always)],
    );
    let idle_lock_minutes = u16::try_from(reader.number("idle_lock_minutes")).unwrap_or(0);
    let block_screenshots = reader.flag("block_screenshots");
    let allow_camera = reader.flag("allow_camera");
    let allow_microphone = reader.flag("allow_microphone");
    let allow_downloads = reader.flag("allow_downloads");
    let diagnostics = reader.choice(
        "diagnostics",
        &[("off", Diagnostics::Off), ("verbose", Diagnostics::Verbose)],
    );
    let tenant_suffix = tenant_suffix(environments, &environment);
    let target = target(environment, tenant, allowed, &mut reader);
    Resolved {
        target: match reader.security_error.take() {
            Some(error) => Err(error),
            None => Ok(target),
        },
        organisation_name,
        login_method,
        account_type,
        organization,
        connection,
        login_hint,
        language,
        may_set_up,
        may_sign_out,
        tenant_suffix,
        location_id,
        device_label,
        support_contact,
        provisioning_keys,
        kiosk,
        keep_screen_on,
        idle_lock_minutes,
        block_screenshots,
        allow_camera,
        allow_microphone,
        allow_downloads,
        diagnostics,
        sources: reader.sources,
        errors: reader.errors,
    }
}

/// Reads keys one by one, remembers their sources, and collects what is wrong.
struct Reader<'a> {
    environments: &'a Environments,
    /// Strongest first.
    values: [(Source, &'a Map<String, Value>); 4],
    sources: BTreeMap<&'static str, Source>,
    errors: Vec<SettingError>,
    /// The first error of a security key.
    security_error: Option<SettingError>,
}

/// The keys that make up a custom environment, besides `environment` itself.
const CUSTOM_KEYS: [&str; 4] = ["issuer", "client_id", "group_url", "audience"];

/// Whether a key accepts values from `source`.
///
/// A person at the tablet may set every key except the trusted link keys and those of a custom environment, because
/// these would let a person point the tablet at another server.
fn accepts(row: &schema::Key, source: Source) -> bool {
    match source {
        Source::Managed | Source::BuiltIn => true,
        Source::SignedLink => row.required_trust <= TrustLevel::Signed,
        Source::UnsignedLink => row.required_trust == TrustLevel::Anyone,
        Source::SetUp => row.required_trust != TrustLevel::Managed && !CUSTOM_KEYS.contains(&row.name),
    }
}

impl Reader<'_> {
    /// The value of a key from the strongest source that has one. If that value is wrong, the result is `None`: a weaker
    /// source never replaces what a stronger one got wrong.
    fn read(&mut self, name: &'static str) -> Option<Parsed> {
        let row = schema::key(name)?;
        let (source, value) = self.values.iter().find_map(|(source, map)| {
            map.get(name)
                .filter(|value| !is_blank(value))
                .map(|value| (*source, value))
        })?;
        let parsed = if accepts(row, source) {
            validate_in(self.environments, row, value)
        } else {
            Err(ErrorCode::NotFromHere)
        };
        match parsed {
            Ok(parsed) => {
                self.sources.insert(row.name, source);
                Some(parsed)
            }
            Err(code) => {
                self.report(name, source, code);
                None
            }
        }
    }

    /// Reports every key that the schema does not have. The app skips such keys, but a secret must leave the settings even
    /// under an unknown name.
    fn report_unknown_keys(&mut self) {
        for (source, map) in self.values {
            for (key, value) in map.iter().filter(|(key, _)| schema::key(key).is_none()) {
                let secret = looks_secret(key, value.as_str().unwrap_or_default());
                let code = if secret {
                    ErrorCode::Secret
                } else {
                    ErrorCode::UnknownKey
                };
                self.report(key, source, code);
            }
        }
    }

    fn report(&mut self, key: &str, source: Source, code: ErrorCode) {
        let error = SettingError {
            key: key.to_owned(),
            source,
            code,
        };
        if self.security_error.is_none() && schema::key(key).is_some_and(|row| row.security) {
            self.security_error = Some(error.clone());
        }
        self.errors.push(error);
    }

    fn is_wrong(&self, name: &str) -> bool {
        self.errors.iter().any(|error| error.key == name)
    }

    fn source(&self, name: &str) -> Source {
        self.sources.get(name).copied().unwrap_or(Source::BuiltIn)
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        self.read(name).map(|parsed| parsed.to_text())
    }

    fn choice<T: Copy + Default>(&mut self, name: &'static str, choices: &[(&str, T)]) -> T {
        let text = self.text(name).unwrap_or_default();
        choices
            .iter()
            .find(|(choice, _)| *choice == text)
            .map(|(_, value)| *value)
            .unwrap_or_default()
    }

    /// A flag, or the default of its row if no valid value is given.
    fn flag(&mut self, name: &'static str) -> bool {
        match self.read(name) {
            Some(Parsed::Flag(flag)) => flag,
            _ => matches!(schema::key(name).map(|row| row.kind), Some(schema::Kind::Flag(true))),
        }
    }

    fn number(&mut self, name: &'static str) -> i64 {
        match (self.read(name), schema::key(name).map(|row| row.kind)) {
            (Some(Parsed::Number(number)), _) | (_, Some(schema::Kind::Number(_, _, number))) => number,
            _ => 0,
        }
    }
}

/// What follows the tenant in the address of its Konnect: as the environment says, otherwise Konnect's own domain.
fn tenant_suffix(environments: &Environments, environment: &str) -> String {
    environments
        .get(environment)
        .map(|known| known.tenant_suffix.clone())
        .filter(|suffix| !suffix.is_empty())
        .unwrap_or_else(|| ".ouderportaal.nl".to_owned())
}

/// Where to sign in, if the keys that it follows from are there. Reports keys that do not fit the environment.
fn target(
    environment: String,
    tenant: Option<Tenant>,
    allowed: Vec<String>,
    reader: &mut Reader<'_>,
) -> Option<SignInTarget> {
    let custom = CUSTOM_KEYS.map(|name| reader.text(name));
    if environment == "custom" && reader.environments.get("custom").is_none() {
        return custom_target(custom, tenant, allowed, reader);
    }
    for name in CUSTOM_KEYS
        .iter()
        .zip(&custom)
        .filter_map(|(name, value)| value.as_ref().map(|_| *name))
    {
        reader.report(name, reader.source(name), ErrorCode::CustomOnly);
    }
    known_target(environment, tenant, allowed, reader)
}

/// The target of a custom environment, whose identity provider and group view come from the settings themselves.
fn custom_target(
    custom: [Option<String>; 4],
    tenant: Option<Tenant>,
    allowed: Vec<String>,
    reader: &mut Reader<'_>,
) -> Option<SignInTarget> {
    let [issuer, client_id, group_url, audience] = custom;
    for (name, value) in CUSTOM_KEYS.iter().zip([&issuer, &client_id, &group_url]) {
        // A value that was refused has its own error already; that it is missing too would only confuse.
        if value.is_none() && !reader.errors.iter().any(|error| error.key == *name) {
            reader.report(name, reader.source("environment"), ErrorCode::CustomLacks);
        }
    }
    let (issuer, client_id, template, tenant) = (issuer?, client_id?, group_url?, tenant?);
    let group_url = Url::parse(&template.replace("{tenant}", tenant.as_str())).ok()?;
    let host = group_url.host_str().unwrap_or_default();
    let built_in = |known: &Environment| {
        validate::allows(&known.hosts, host)
            || (!known.tenant_suffix.is_empty()
                && host
                    .strip_suffix(&known.tenant_suffix)
                    .is_some_and(|left| !left.is_empty()))
    };
    if !validate::allows(&allowed, host)
        && !["production", "acceptance"]
            .iter()
            .filter_map(|name| reader.environments.get(name))
            .any(built_in)
    {
        reader.report("group_url", reader.source("group_url"), ErrorCode::GroupHost);
        return None;
    }
    Some(SignInTarget {
        environment: "custom".to_owned(),
        issuer,
        client_id,
        audience,
        tenant,
        group_url,
        trusted_hosts: allowed,
        rotation_leeway_seconds: ROTATION_LEEWAY_SECONDS,
        development: false,
    })
}

/// The target of an environment that this build knows.
fn known_target(
    environment: String,
    tenant: Option<Tenant>,
    allowed: Vec<String>,
    reader: &mut Reader<'_>,
) -> Option<SignInTarget> {
    let source = reader.source("environment");
    let known = match reader.environments.usable(&environment) {
        Ok(known) => known,
        Err(error) => {
            // Until a source names an organisation or an environment, the missing values concern nobody: the tablet
            // asks to be set up instead.
            if tenant.is_some() || source != Source::BuiltIn {
                let code = match error {
                    EnvironmentError::Unknown => ErrorCode::UnknownEnvironment,
                    EnvironmentError::Empty => ErrorCode::EmptyEnvironment,
                    EnvironmentError::Invalid(_) => ErrorCode::UnsoundEnvironment,
                };
                reader.report("environment", source, code);
            }
            return None;
        }
    };
    let tenant = tenant?;
    let group_url = Url::parse(&known.group_url.replace("{tenant}", tenant.as_str())).ok()?;
    let mut trusted_hosts = known.hosts.clone();
    trusted_hosts.extend(allowed);
    Some(SignInTarget {
        issuer: known.issuer.clone(),
        client_id: known.client_id.clone(),
        audience: Some(known.audience.clone()).filter(|audience| !audience.is_empty()),
        development: environment == DEVELOPMENT,
        environment,
        tenant,
        group_url,
        trusted_hosts,
        rotation_leeway_seconds: known.rotation_leeway_seconds.unwrap_or(ROTATION_LEEWAY_SECONDS),
    })
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
        resolve(
            &Environments::from_toml(ENVIRONMENTS).unwrap(),
            &map(managed),
            &map(set_up),
        )
    }

    #[test]
    fn nothing_set_is_not_set_up_and_no_error() {
        let resolved = resolved(json!({}), json!({}));
        assert_eq!(resolved.target, Ok(None));
        assert!(resolved.errors.is_empty() && resolved.may_set_up && resolved.may_sign_out);
    }

    #[test]
    fn the_rotation_leeway_is_the_environments_or_what_every_identity_provider_is_asked_for() {
        let of = |toml: &str| {
            let environments = Environments::from_toml(&format!("{ENVIRONMENTS}\n{toml}")).unwrap();
            let managed = json!({"tenant": "zonnetje", "environment": "elsewhere"});
            let resolved = resolve(&environments, managed.as_object().unwrap(), &Map::new());
            resolved.target.unwrap().unwrap().rotation_leeway_seconds
        };
        let elsewhere = "[elsewhere]\nissuer = \"https://id.example/\"\nclient_id = \"groep-client\"\ngroup_url = \"https://{tenant}.example/\"\n";
        assert_eq!(of(elsewhere), 180);
        assert_eq!(of(&format!("{elsewhere}rotation_leeway_seconds = 30")), 30);
    }

    #[test]
    fn a_typed_tenant_is_enough() {
        let target = resolved(json!({}), json!({"tenant": "zonnetje"}))
            .target
            .unwrap()
            .unwrap();
        assert_eq!(target.group_url.as_str(), "https://zonnetje.ouderportaal.nl/groep");
        assert_eq!(target.issuer, "https://id.example/");
        assert!(!target.development);
    }

    #[test]
    fn managed_beats_what_a_person_set_up_and_says_so() {
        let resolved = resolved(
            json!({"tenant": "regenboog"}),
            json!({"tenant": "zonnetje", "language": "en"}),
        );
        assert_eq!(resolved.target.unwrap().unwrap().tenant.as_str(), "regenboog");
        assert_eq!(resolved.sources["tenant"], Source::Managed);
        assert_eq!(resolved.sources["language"], Source::SetUp);
        assert!(!resolved.may_set_up);
    }

    #[test]
    fn a_wrong_security_key_leaves_no_target_even_when_a_weaker_source_has_a_valid_value() {
        for managed in [
            json!({"tenant": "de zon"}),
            json!({"tenant": 7}),
            json!({"allowed_hosts": "*.nl"}),
            json!({"allowed_hosts": "*.co.uk"}),
            json!({"allowed_hosts": "github.io"}),
            json!({"allowed_hosts": "10.0.0.1"}),
        ] {
            let resolved = resolved(managed.clone(), json!({"tenant": "zonnetje"}));
            assert!(resolved.target.is_err(), "{managed}");
        }
    }

    #[test]
    fn a_wrong_key_that_says_nothing_about_where_to_sign_in_takes_only_its_own_right_away() {
        for (key, value) in [("allow_manual_setup", "ja"), ("provisioning_keys", "no key")] {
            let resolved = resolved(json!({key: value}), json!({"tenant": "zonnetje"}));
            assert!(matches!(resolved.target, Ok(Some(_))), "{key}");
            assert!(resolved.errors.iter().any(|error| error.key == key));
            assert!(resolved.provisioning_keys.is_empty());
            assert_eq!(resolved.may_set_up, key != "allow_manual_setup");
        }
    }

    #[test]
    fn a_wrong_comfort_key_falls_back_and_is_reported() {
        let resolved = resolved(
            json!({"login_method": "magic", "language": 3, "login_hint": "{{serialnumber}}"}),
            json!({"tenant": "zonnetje"}),
        );
        assert!(resolved.target.is_ok());
        assert_eq!(
            (resolved.login_method, resolved.language, resolved.login_hint),
            (LoginMethod::Auto, Language::System, None)
        );
        assert_eq!(resolved.errors.len(), 3);
    }

    #[test]
    fn booleans_may_come_as_text_and_unknown_keys_are_information() {
        let resolved = resolved(
            json!({"allow_sign_out": "false", "wifi": "guest"}),
            json!({"tenant": "zonnetje"}),
        );
        assert!(!resolved.may_sign_out);
        assert!(resolved.target.is_ok());
        assert_eq!(
            resolved.errors,
            vec![SettingError {
                key: "wifi".into(),
                source: Source::Managed,
                code: ErrorCode::UnknownKey,
            }]
        );
    }

    #[test]
    fn an_environment_without_values_stops_with_its_code() {
        let empty = resolved(json!({"environment": "acceptance"}), json!({"tenant": "zonnetje"}));
        assert_eq!(empty.target.unwrap_err().code, ErrorCode::EmptyEnvironment);
        let unknown = resolved(json!({"environment": "elsewhere"}), json!({}));
        assert_eq!(unknown.target.unwrap_err().code.number(), "E103");
    }
}
