//! Sources, precedence and checks.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::Url;

use crate::check::{self, Sound, check, is_blank};
use crate::code::Code;
use crate::environment::{DEVELOPMENT, EnvironmentFault, Environments};
use crate::table::{self, From};
use crate::tenant::Tenant;

/// Where a value came from, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Managed configuration (MDM).
    Managed,
    /// A set-up link that a known key signed.
    SignedLink,
    /// A set-up link that nobody signed.
    UnsignedLink,
    /// What a person set up on this tablet.
    SetUp,
    /// The app's own.
    BuiltIn,
}

/// What the app does about a wrong value. [`Code`] says what is wrong to the letter.
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
    /// What the app does about it.
    pub code: FaultCode,
    /// What is wrong, to the letter.
    pub detail: Code,
}

/// How staff sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(rename_all = "snake_case")]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// The tablet's own.
    #[default]
    System,
    /// Dutch.
    Nl,
    /// English.
    En,
}

/// Whether the tablet is pinned to this app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kiosk {
    /// It is not.
    #[default]
    Off,
    /// Where device management permits it.
    IfPermitted,
}

/// When the screen stays on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepScreenOn {
    /// As the tablet has it.
    #[default]
    Never,
    /// While it charges.
    Charging,
    /// Always.
    Always,
}

/// What is reported. Never tokens or personal data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Diagnostics {
    /// Nothing.
    Off,
    /// Faults.
    #[default]
    Errors,
    /// The way to them too.
    Verbose,
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
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the table")]
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
    /// The location's number or code.
    pub location_id: Option<String>,
    /// The tablet's label.
    pub device_label: Option<String>,
    /// Where help is: a telephone number, an e-mail address or an https address.
    pub support_contact: Option<String>,
    /// The public keys of set-up links, by their ids.
    pub provisioning_keys: Vec<(String, [u8; 32])>,
    /// Whether the tablet is pinned to this app.
    pub kiosk: Kiosk,
    /// When the screen stays on.
    pub keep_screen_on: KeepScreenOn,
    /// Minutes without a touch until a personal session ends; 0 is never.
    pub idle_lock_minutes: u16,
    /// No pictures of the screen.
    pub block_screenshots: bool,
    /// The group view may use the camera.
    pub allow_camera: bool,
    /// The group view may use the microphone.
    pub allow_microphone: bool,
    /// Files may be kept on the tablet.
    pub allow_downloads: bool,
    /// What is reported.
    pub diagnostics: Diagnostics,
    /// The source of every key that has a value.
    pub sources: BTreeMap<&'static str, Source>,
    /// Everything that was wrong, security and comfort alike.
    pub faults: Vec<Fault>,
}

/// What each source gives, strongest first. A set-up link belongs to one of the two only after
/// [`read_link`](crate::read_link) has accepted it.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Managed configuration.
    pub managed: &'a Map<String, Value>,
    /// A signed set-up link.
    pub signed: &'a Map<String, Value>,
    /// An unsigned set-up link.
    pub unsigned: &'a Map<String, Value>,
    /// What a person typed.
    pub typed: &'a Map<String, Value>,
}

struct Reader<'a> {
    environments: &'a Environments,
    given: [(Source, &'a Map<String, Value>); 4],
    sources: BTreeMap<&'static str, Source>,
    faults: Vec<Fault>,
    /// The first fault of a security key.
    broken: Option<Fault>,
}

/// The keys of a custom environment, beside `environment` itself.
const CUSTOM: [&str; 4] = ["issuer", "client_id", "group_url", "audience"];

/// Whether a source may give a key of that row.
fn may_give(source: Source, row: &table::Key) -> bool {
    match source {
        Source::Managed | Source::BuiltIn => true,
        Source::SignedLink => row.from <= From::Signed,
        Source::UnsignedLink => row.from == From::Anybody,
        Source::SetUp => row.from != From::ManagedOnly && !CUSTOM.contains(&row.name),
    }
}

impl Reader<'_> {
    /// A key's value, from the strongest source that has one.
    fn read(&mut self, name: &'static str) -> Option<Sound> {
        let row = table::key(name)?;
        let (source, value) = self.given.iter().find_map(|(source, map)| {
            map.get(name)
                .filter(|value| !is_blank(value))
                .map(|value| (*source, value))
        })?;
        let answer = if may_give(source, row) {
            self.check(row, value)
        } else {
            Err(Code::NotFromHere)
        };
        match answer {
            Ok(sound) => {
                self.sources.insert(row.name, source);
                Some(sound)
            }
            Err(code) => {
                self.fault(name, source, code);
                None
            }
        }
    }

    /// The table's check; but an environment is whatever this build has, and a build for development has more.
    fn check(&self, row: &table::Key, value: &Value) -> Result<Sound, Code> {
        match value.as_str().map(str::trim) {
            Some(text) if row.name == "environment" && self.environments.get(text).is_some() => {
                Ok(Sound::Text(text.to_owned()))
            }
            _ => check(row, value).map_err(|code| {
                if row.name == "environment" && code == Code::Choice {
                    Code::UnknownEnvironment
                } else {
                    code
                }
            }),
        }
    }

    fn fault(&mut self, key: &str, source: Source, detail: Code) {
        let fault = Fault {
            key: key.to_owned(),
            source,
            code: detail.class(),
            detail,
        };
        if self.broken.is_none() && table::key(key).is_some_and(|row| row.security) {
            self.broken = Some(fault.clone());
        }
        self.faults.push(fault);
    }

    fn source(&self, name: &str) -> Source {
        self.sources.get(name).copied().unwrap_or(Source::BuiltIn)
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        self.read(name).map(|sound| sound.to_text())
    }

    fn choice<T: Copy + Default>(&mut self, name: &'static str, choices: &[(&str, T)]) -> T {
        let text = self.text(name).unwrap_or_default();
        choices
            .iter()
            .find(|(choice, _)| *choice == text)
            .map(|(_, value)| *value)
            .unwrap_or_default()
    }

    /// A flag; the row's default where nothing sound is given.
    fn flag(&mut self, name: &'static str) -> bool {
        match self.read(name) {
            Some(Sound::Flag(flag)) => flag,
            _ => matches!(table::key(name).map(|row| row.kind), Some(table::Kind::Flag(true))),
        }
    }

    fn number(&mut self, name: &'static str) -> i64 {
        match (self.read(name), table::key(name).map(|row| row.kind)) {
            (Some(Sound::Number(number)), _) | (_, Some(table::Kind::Number(_, _, number))) => number,
            _ => 0,
        }
    }
}

/// Resolves managed configuration and what a person set up, key by key.
#[must_use]
pub fn resolve(environments: &Environments, managed: &Map<String, Value>, set_up: &Map<String, Value>) -> Resolved {
    let none = Map::new();
    resolve_all(
        environments,
        Given {
            managed,
            signed: &none,
            unsigned: &none,
            typed: set_up,
        },
    )
}

/// Resolves all sources, key by key: managed > signed link > unsigned link > typed > built in.
#[must_use]
pub fn resolve_all(environments: &Environments, given: Given<'_>) -> Resolved {
    let given = [
        (Source::Managed, given.managed),
        (Source::SignedLink, given.signed),
        (Source::UnsignedLink, given.unsigned),
        (Source::SetUp, given.typed),
    ];
    let mut reader = Reader {
        environments,
        given,
        sources: BTreeMap::new(),
        faults: vec![],
        broken: None,
    };
    for (source, map) in given {
        for key in map.keys().filter(|key| table::key(key).is_none()) {
            reader.fault(key, source, Code::UnknownKey);
        }
    }
    reader.number("config_version");
    let environment = reader
        .text("environment")
        .unwrap_or_else(|| environments.default_name().to_owned());
    let tenant = reader.text("tenant").and_then(|text| Tenant::new(&text).ok());
    let allowed = reader
        .text("allowed_hosts")
        .and_then(|text| check::hosts(&text).ok())
        .unwrap_or_default();
    let may_set_up = reader.flag("allow_manual_setup") && reader.source("tenant") != Source::Managed;
    let provisioning_keys = reader
        .text("provisioning_keys")
        .and_then(|text| check::public_keys(&text).ok())
        .unwrap_or_default();
    let login_method = reader.choice(
        "login_method",
        &[
            ("browser", LoginMethod::Browser),
            ("in_app", LoginMethod::InApp),
            ("device_code", LoginMethod::DeviceCode),
        ],
    );
    let account = reader.choice("account_type", &[("personal", Account::Personal)]);
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
    let suffix = environments
        .get(&environment)
        .map(|known| known.tenant_suffix.clone())
        .filter(|suffix| !suffix.is_empty())
        .unwrap_or_else(|| ".ouderportaal.nl".to_owned());

    let custom = CUSTOM.map(|name| reader.text(name));
    let target = if environment == "custom" && environments.get("custom").is_none() {
        custom_target(custom, tenant, allowed, &mut reader)
    } else {
        for name in CUSTOM
            .iter()
            .zip(&custom)
            .filter_map(|(name, value)| value.as_ref().map(|_| *name))
        {
            reader.fault(name, reader.source(name), Code::CustomOnly);
        }
        target(environment, tenant, allowed, &mut reader)
    };
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
        faults: reader.faults,
    }
}

/// A target whose identity server and group view come from the settings themselves.
fn custom_target(
    custom: [Option<String>; 4],
    tenant: Option<Tenant>,
    allowed: Vec<String>,
    reader: &mut Reader<'_>,
) -> Option<Target> {
    let [issuer, client_id, group_url, audience] = custom;
    for (name, value) in CUSTOM.iter().zip([&issuer, &client_id, &group_url]) {
        // A value that was given and refused has its own fault already.
        if value.is_none() && !reader.faults.iter().any(|fault| fault.key == *name) {
            reader.fault(name, reader.source("environment"), Code::CustomLacks);
        }
    }
    let (issuer, client_id, group_url, tenant) = (issuer?, client_id?, group_url?, tenant?);
    let group = Url::parse(&group_url.replace("{tenant}", tenant.as_str())).ok()?;
    let host = group.host_str().unwrap_or_default();
    let built_in = |known: &crate::Environment| {
        check::allows(&known.hosts, host)
            || (!known.tenant_suffix.is_empty()
                && host
                    .strip_suffix(&known.tenant_suffix)
                    .is_some_and(|left| !left.is_empty()))
    };
    if !check::allows(&allowed, host)
        && !["production", "acceptance"]
            .iter()
            .filter_map(|name| reader.environments.get(name))
            .any(built_in)
    {
        reader.fault("group_url", reader.source("group_url"), Code::GroupHost);
        return None;
    }
    Some(Target {
        environment: "custom".to_owned(),
        issuer,
        client_id,
        audience,
        tenant,
        group,
        hosts: allowed,
        development: false,
    })
}

fn target(
    environment: String,
    tenant: Option<Tenant>,
    allowed: Vec<String>,
    reader: &mut Reader<'_>,
) -> Option<Target> {
    let source = reader.source("environment");
    let known = match reader.environments.usable(&environment) {
        Ok(known) => known,
        Err(fault) => {
            // A tablet that is not set up yet has nothing to be told about environments.
            if tenant.is_some() || source != Source::BuiltIn {
                let code = match fault {
                    EnvironmentFault::Unknown => Code::UnknownEnvironment,
                    EnvironmentFault::Empty => Code::EmptyEnvironment,
                    EnvironmentFault::Invalid(_) => Code::UnsoundEnvironment,
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
    fn nothing_set_is_not_set_up_and_no_fault() {
        let resolved = resolved(json!({}), json!({}));
        assert_eq!(resolved.target, Ok(None));
        assert!(resolved.faults.is_empty() && resolved.may_set_up && resolved.may_sign_out);
    }

    #[test]
    fn a_typed_tenant_is_enough() {
        let target = resolved(json!({}), json!({"tenant": "zonnetje"}))
            .target
            .unwrap()
            .unwrap();
        assert_eq!(target.group.as_str(), "https://zonnetje.ouderportaal.nl/groep");
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
        let resolved = resolved(
            json!({"login_method": "magic", "language": 3, "login_hint": "{{serialnumber}}"}),
            json!({"tenant": "zonnetje"}),
        );
        assert!(resolved.target.is_ok());
        assert_eq!(
            (resolved.login_method, resolved.language, resolved.login_hint),
            (LoginMethod::Auto, Language::System, None)
        );
        assert_eq!(resolved.faults.len(), 3);
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
            resolved.faults,
            vec![Fault {
                key: "wifi".into(),
                source: Source::Managed,
                code: FaultCode::UnknownKey,
                detail: Code::UnknownKey
            }]
        );
    }

    #[test]
    fn an_environment_without_values_stops_with_its_code() {
        let empty = resolved(json!({"environment": "acceptance"}), json!({"tenant": "zonnetje"}));
        assert_eq!(empty.target.unwrap_err().code, FaultCode::EmptyEnvironment);
        let unknown = resolved(json!({"environment": "elsewhere"}), json!({}));
        assert_eq!(unknown.target.unwrap_err().code.code(), "E103");
    }
}
