//! Where settings come from: managed configuration, set-up links, what a person typed, what is compiled in.

use std::path::PathBuf;

use app_state::{Fault, Offer, Problem, Setting, SettingSource};
use serde_json::{Map, Value};
use settings::{Code, Environment, Environments, Given, KEYS, Link, Resolved, Source};
use tauri_plugin_device as tablet;

use crate::ground::name;
use crate::notes::Noted;

/// Names a TOML file with the addresses of a development stack.
const DEVELOPMENT: &str = "KONNECT_GROEP_DEVELOPMENT";
/// Names a JSON file that stands in for the managed configuration, in builds with `development` only.
const MANAGED: &str = "KONNECT_GROEP_MANAGED";

/// What this build knows of environments.
pub struct Sources {
    environments: Environments,
    managed_file: Option<PathBuf>,
}

/// The settings, and what each source gave.
pub struct Read {
    /// What they come to.
    pub resolved: Resolved,
    managed: Map<String, Value>,
}

impl Sources {
    /// Reads what is compiled in, and a developer's replacement of `development`.
    pub fn new() -> Result<Self, String> {
        let mut environments = Environments::from_toml(include_str!(concat!(env!("OUT_DIR"), "/environments.toml")))
            .map_err(|error| error.to_string())?;
        let mut managed_file = None;
        if environments.default_name() == "development" {
            if let Some(file) = std::env::var_os(DEVELOPMENT) {
                let text = std::fs::read_to_string(&file).map_err(|error| format!("{DEVELOPMENT}: {error}"))?;
                let stack = Environment::from_toml(&text).map_err(|error| format!("{DEVELOPMENT}: {error}"))?;
                environments = environments.with_development(stack);
            }
            managed_file = std::env::var_os(MANAGED).map(PathBuf::from);
        }
        Ok(Self {
            environments,
            managed_file,
        })
    }

    /// Moves the app's clock, in development only.
    pub fn clock_offset(&self) -> i64 {
        self.environments
            .get("development")
            .map_or(0, |environment: &Environment| environment.clock_offset_seconds)
    }

    /// All settings, as they are now.
    pub fn read(&self, noted: &Noted) -> Result<Read, Fault> {
        let managed = match &self.managed_file {
            Some(file) => tablet::managed_from(file),
            None => tablet::managed(),
        }
        .map_err(|fault| Fault::new(Problem::SettingsInvalid, fault.code()))?;
        let resolved = self.resolve(&managed, noted);
        Ok(Read { resolved, managed })
    }

    fn resolve(&self, managed: &Map<String, Value>, noted: &Noted) -> Resolved {
        settings::resolve_all(
            &self.environments,
            Given {
                managed,
                signed: &noted.signed,
                unsigned: &noted.unsigned,
                typed: &noted.set_up,
            },
        )
    }

    /// Calls `changed` whenever the managed configuration may have changed, for as long as the app runs.
    pub fn watch(&self, changed: impl Fn() + Send + Sync + 'static) {
        match &self.managed_file {
            Some(file) => tablet::watch_from(file, changed),
            None => tablet::watch(changed),
        }
    }

    /// Reads a set-up link and says what it would make of this tablet; `now` in seconds since 1970.
    pub fn offer(&self, link: &str, noted: &Noted, now: i64) -> Result<(Offer, Link), Fault> {
        let refused = |code: Code| Fault::new(Problem::LinkRefused, code.number());
        let before = self.read(noted)?;
        let resolved = &before.resolved;
        let environment = resolved
            .target
            .as_ref()
            .ok()
            .and_then(Option::as_ref)
            .map_or(self.environments.default_name(), |target| &target.environment);
        let host = self
            .environments
            .get(environment)
            .map(|known| known.claimed_host.as_str())
            .filter(|host| !host.is_empty());
        let link =
            settings::read_link(link, host, &resolved.provisioning_keys, now).map_err(|fault| refused(fault.code))?;
        // Who keeps people from setting the tablet up keeps unsigned cards from it too.
        if link.kid.is_none() && !resolved.may_set_up {
            return Err(refused(Code::NotFromHere));
        }
        let mut with = noted.clone();
        with.take(&link);
        let after = self.resolve(&before.managed, &with);
        let target = match &after.target {
            Ok(Some(target)) => target,
            // A card without an organisation leaves that to the person.
            Ok(None) => return Err(refused(Code::Tenant)),
            Err(fault) => return Err(refused(fault.detail)),
        };
        let moves = resolved.target.as_ref().ok().and_then(Option::as_ref) != Some(target);
        let offer = Offer {
            organisation: name(&after, target),
            host: target.group.host_str().unwrap_or_default().to_owned(),
            label: after.device_label.clone(),
            signed: link.kid.is_some(),
            moves,
        };
        Ok((offer, link))
    }
}

impl Read {
    /// Every setting that somebody gave, in the order of the manual.
    pub fn settings(&self, noted: &Noted) -> Vec<Setting> {
        let given = |source: Source| match source {
            Source::Managed => Some((SettingSource::Managed, &self.managed)),
            Source::SignedLink => Some((SettingSource::SignedLink, &noted.signed)),
            Source::UnsignedLink => Some((SettingSource::UnsignedLink, &noted.unsigned)),
            Source::SetUp => Some((SettingSource::SetUp, &noted.set_up)),
            Source::BuiltIn => None,
        };
        let known = KEYS.iter().filter_map(|key| {
            let (source, map) = given(*self.resolved.sources.get(key.name)?)?;
            let value = map.get(key.name)?;
            Some(Setting {
                key: key.name.to_owned(),
                value: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                source,
            })
        });
        known.collect()
    }

    /// What is wrong in the settings, one code each.
    pub fn wrong(&self) -> Vec<String> {
        self.resolved
            .faults
            .iter()
            .map(|fault| format!("{} {}", fault.key, fault.detail.number()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    fn sources(managed: &Value) -> (tempfile::TempDir, Sources) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("managed.json");
        std::fs::write(&file, managed.to_string()).unwrap();
        let mut sources = Sources::new().unwrap();
        sources.managed_file = Some(file);
        (folder, sources)
    }

    fn code(managed: &Value, link: &str) -> String {
        sources(managed).1.offer(link, &Noted::default(), NOW).unwrap_err().code
    }

    #[test]
    fn a_card_says_whose_tablet_it_would_be() {
        let (_folder, sources) = sources(&json!({}));
        let link =
            "nl.kidskonnect.groep:/setup#tenant=zonnetje&organisation_name=Het%20Zonnetje&device_label=Blauw%201";
        let (offer, link) = sources.offer(link, &Noted::default(), NOW).unwrap();
        assert_eq!(
            (
                offer.organisation.as_str(),
                offer.label.as_deref(),
                offer.signed,
                offer.moves
            ),
            ("Het Zonnetje", Some("Blauw 1"), false, true)
        );
        let mut noted = Noted::default();
        noted.take(&link);
        let read = sources.read(&noted).unwrap();
        assert_eq!(
            read.settings(&noted)
                .iter()
                .map(|setting| setting.key.as_str())
                .collect::<Vec<_>>(),
            ["tenant", "organisation_name", "device_label"]
        );
        assert!(
            read.settings(&noted)
                .iter()
                .all(|setting| setting.source == SettingSource::UnsignedLink)
        );
    }

    #[test]
    fn a_card_that_changes_a_name_only_does_not_move_the_tablet() {
        let (_folder, sources) = sources(&json!({"tenant": "zonnetje"}));
        let signed = |noted: &Noted| sources.offer("nl.kidskonnect.groep:/setup#language=en", noted, NOW);
        // Managed by the organisation: nobody sets it up by hand, unless the organisation is what a person chose.
        assert_eq!(signed(&Noted::default()).unwrap_err().code, "E128");
        let noted = Noted {
            set_up: Map::from_iter([("tenant".to_owned(), json!("zonnetje"))]),
            ..Noted::default()
        };
        std::fs::write(sources.managed_file.as_ref().unwrap(), "{}").unwrap();
        assert!(
            !sources
                .offer("nl.kidskonnect.groep:/setup#language=en", &noted, NOW)
                .unwrap()
                .0
                .moves
        );
    }

    #[test]
    fn links_that_are_not_to_be_used_are_refused_with_their_code() {
        let scheme = "nl.kidskonnect.groep:/setup#";
        assert_eq!(
            code(
                &json!({"allow_manual_setup": false}),
                &format!("{scheme}tenant=zonnetje")
            ),
            "E128"
        );
        assert_eq!(code(&json!({}), &format!("{scheme}language=en")), "E106");
        assert_eq!(code(&json!({}), &format!("{scheme}tenant=de%20zon")), "E106");
        assert_eq!(code(&json!({}), &format!("{scheme}client_id=abcdefgh1234")), "E148");
        assert_eq!(
            code(&json!({}), &format!("{scheme}environment=production&tenant=zonnetje")),
            "E104"
        );
        assert_eq!(
            code(&json!({}), "https://evil.example/groep/setup#tenant=zonnetje"),
            "E140"
        );
        assert_eq!(code(&json!({}), &format!("{scheme}a.b.c")), "E142");
    }
}
