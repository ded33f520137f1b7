//! Where the settings come from: managed configuration, setup links, what a person typed, what is compiled in.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app_state::{AppError, Setting, SetupOffer};
use error_codes::ErrorCode;
use serde_json::{Map, Value};
use settings::{Environment, Environments, KEYS, Resolved, SetupLink, Source, Sources};
use tokio::time::Instant;

use crate::diagnostics::log;
use crate::organisation::display_name;
use crate::saved_state::SavedState;
use crate::timers::Moment;
use crate::{Device, codes};

/// Names a TOML file with the addresses of a development set-up.
const DEVELOPMENT_VARIABLE: &str = "KONNECT_GROEP_DEVELOPMENT";
/// Names a JSON file to use as the managed configuration.
const MANAGED_VARIABLE: &str = "KONNECT_GROEP_MANAGED";
/// The environment that a developer may replace.
const DEVELOPMENT: &str = "development";

/// What a developer replaced by environment variables. Only a build whose default environment is `development` looks at
/// them, so a store build cannot be redirected.
#[derive(Clone, Debug)]
pub struct Development {
    /// The environments of this build, with `development` replaced if a file was named.
    pub environments: Environments,
    /// The file to read as the managed configuration instead of asking the system.
    pub managed_config_file: Option<PathBuf>,
}

impl Development {
    /// Reads the compiled-in environments (TOML) and the replacements. `variable` looks up an environment variable. The
    /// error names the variable and what is wrong with its file.
    pub fn from_compiled(compiled: &str, variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        let mut environments = Environments::from_toml(compiled).map_err(|error| error.to_string())?;
        let mut managed_config_file = None;
        if environments.default_name() == DEVELOPMENT {
            if let Some(file) = variable(DEVELOPMENT_VARIABLE) {
                let named = |error: &dyn std::fmt::Display| format!("{DEVELOPMENT_VARIABLE}: {error}");
                let text = std::fs::read_to_string(file).map_err(|error| named(&error))?;
                let replacement = Environment::from_toml(&text).map_err(|error| named(&error))?;
                environments = environments.with_development(replacement);
            }
            managed_config_file = variable(MANAGED_VARIABLE).map(PathBuf::from);
        }
        Ok(Self {
            environments,
            managed_config_file,
        })
    }
}

/// How long the last managed configuration stays in effect after the system gives an empty one, or one that suddenly names
/// no organisation. Android gives an empty one where it cannot read its own file, and an MDM takes settings away for a
/// moment when it replaces them. Sleep does not count. A start of the app ends the wait, too.
const EMPTY_MANAGED_GRACE: Duration = Duration::from_mins(30);

/// Reads the settings from all sources.
pub struct SettingsSources {
    environments: Environments,
    device: Arc<dyn Device>,
    last_managed: Mutex<Option<LastManaged>>,
}

/// The last managed configuration that was not empty.
struct LastManaged {
    config: Map<String, Value>,
    /// It named the organisation.
    is_complete: bool,
    /// By the clock that stands still while the device sleeps: the other one may be set meanwhile.
    empty_since: Option<Instant>,
}

/// One reading of the settings.
pub(crate) struct Reading {
    pub(crate) resolved: Resolved,
    managed: Map<String, Value>,
    /// The managed configuration is empty, and is taken for empty unless it comes back within this time.
    pub(crate) empty_for: Option<Duration>,
}

impl SettingsSources {
    /// Settings of these environments, with the managed configuration of this device.
    #[must_use]
    pub fn new(environments: Environments, device: Arc<dyn Device>) -> Self {
        Self {
            environments,
            device,
            last_managed: Mutex::default(),
        }
    }

    /// By how many seconds to move the session's clock (development only).
    pub(crate) fn clock_offset(&self) -> i64 {
        self.environments
            .get(DEVELOPMENT)
            .map_or(0, |environment: &Environment| environment.clock_offset_seconds)
    }

    /// Calls `changed` whenever the managed configuration may have changed.
    pub(crate) fn watch(&self, changed: impl Fn() + Send + Sync + 'static) {
        self.device.watch_managed_config(Box::new(changed));
    }

    /// Reads all sources now. Fails if the managed configuration cannot be read, because its security keys would be
    /// missing.
    pub(crate) fn read(&self, saved: &SavedState, now: Moment) -> Result<Reading, AppError> {
        let managed = self
            .device
            .managed_config()
            .map_err(|error| AppError::from(codes::of_managed_config(error)))?;
        let resolved = self.resolve(&managed, saved);
        let is_complete = !matches!(resolved.target, Ok(None));
        Ok(match self.keep_for_a_while(&managed, is_complete, now) {
            Some((before, left)) => Reading {
                resolved: self.resolve(&before, saved),
                managed: before,
                empty_for: Some(left),
            },
            None => Reading {
                resolved,
                managed,
                empty_for: None,
            },
        })
    }

    /// The managed configuration before, if this one is suddenly empty or names no organisation any more, for as long as that
    /// may be a passing fault; and how much longer.
    fn keep_for_a_while(
        &self,
        managed: &Map<String, Value>,
        is_complete: bool,
        now: Moment,
    ) -> Option<(Map<String, Value>, Duration)> {
        let mut last_managed = self.last_managed.lock().unwrap_or_else(PoisonError::into_inner);
        let is_lacking = |last: &LastManaged| managed.is_empty() || (last.is_complete && !is_complete);
        let Some(last) = last_managed.as_mut().filter(|last| is_lacking(last)) else {
            *last_managed = (!managed.is_empty()).then(|| LastManaged {
                config: managed.clone(),
                is_complete,
                empty_since: None,
            });
            return None;
        };
        let since = *last.empty_since.get_or_insert_with(|| {
            log::step("managed_config_empty");
            now.awake
        });
        let left = EMPTY_MANAGED_GRACE.saturating_sub(now.awake.saturating_duration_since(since));
        if left.is_zero() {
            *last_managed = None;
            return None;
        }
        Some((last.config.clone(), left))
    }

    fn resolve(&self, managed: &Map<String, Value>, saved: &SavedState) -> Resolved {
        let sources = Sources {
            managed,
            signed: &saved.signed,
            unsigned: &saved.unsigned,
            typed: &saved.set_up,
        };
        settings::resolve_all(&self.environments, sources)
    }

    /// Checks a setup link and works out what it would make of this tablet.
    pub(crate) fn read_setup_link(
        &self,
        link: &str,
        saved: &SavedState,
        now: Moment,
    ) -> Result<(SetupOffer, SetupLink), AppError> {
        // Whatever is wrong with a link, the person sees that the link cannot be used.
        let refused = |code: ErrorCode| AppError::new(error_codes::ErrorKind::LinkRefused, code);
        let before = self.read(saved, now)?;
        let present = before.resolved.target.as_ref().ok().and_then(Option::as_ref);
        let environment = present.map_or(self.environments.default_name(), |target| &target.environment);
        let claimed_host = self
            .environments
            .get(environment)
            .map(|known| known.claimed_host.as_str());
        let claimed_host = claimed_host.filter(|host| !host.is_empty());
        let keys = &before.resolved.provisioning_keys;
        let link =
            settings::read_setup_link(link, claimed_host, keys, now.wall).map_err(|error| refused(error.code))?;
        // Whoever forbids manual set-up forbids unsigned setup links, too.
        if link.kid.is_none() && !before.resolved.may_set_up {
            return Err(refused(ErrorCode::NotFromHere));
        }
        let mut accepted = saved.clone();
        accepted.accept(&link);
        let after = self.resolve(&before.managed, &accepted);
        let target = match &after.target {
            Ok(Some(target)) => target,
            // A link without an organisation, on a tablet without one, sets nothing up.
            Ok(None) => return Err(refused(ErrorCode::Tenant)),
            Err(error) => return Err(refused(error.code)),
        };
        let moves = present != Some(target);
        // Anybody can make an unsigned card, and give any name to the organisation that it leads to. The person who is
        // asked therefore sees the organisation's own short name, which is part of its host.
        let is_own_name = after.sources.get("organisation_name") != Some(&Source::UnsignedLink);
        let organisation = if is_own_name || !moves {
            display_name(&after, target)
        } else {
            target.tenant.to_string()
        };
        let offer = SetupOffer {
            organisation,
            host: target.group_url.host_str().unwrap_or_default().to_owned(),
            label: after.device_label.clone(),
            signed: link.kid.is_some(),
            moves,
        };
        Ok((offer, link))
    }
}

impl Reading {
    /// Every setting that some source gave, in the manual's order.
    pub(crate) fn settings(&self, saved: &SavedState) -> Vec<Setting> {
        let given = |source: Source| match source {
            Source::Managed => Some(&self.managed),
            Source::SignedLink => Some(&saved.signed),
            Source::UnsignedLink => Some(&saved.unsigned),
            Source::SetUp => Some(&saved.set_up),
            Source::BuiltIn => None,
        };
        let settings = KEYS.iter().filter_map(|key| {
            let source = *self.resolved.sources.get(key.name)?;
            let value = given(source)?.get(key.name)?;
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some(Setting {
                key: key.name.to_owned(),
                value,
                source,
            })
        });
        settings.collect()
    }

    /// The invalid settings, as key and code.
    pub(crate) fn invalid_settings(&self) -> Vec<String> {
        self.resolved
            .errors
            .iter()
            .map(|error| format!("{} {}", error.key, error.code))
            .collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;
    use tokio::time::Instant;

    use super::*;
    use crate::fakes::FakeDevice;

    const SCHEME: &str = "nl.kidskonnect.groep:/setup#";
    /// The repository's own environments: `development` has values, `production` is empty.
    pub(crate) const ENVIRONMENTS: &str = include_str!("../../../environments.toml");

    fn now() -> Moment {
        Moment {
            awake: Instant::now(),
            wall: 1_800_000_000,
        }
    }

    /// The settings of a tablet with this managed configuration and nothing else.
    pub(crate) fn resolve(managed: &Value) -> Resolved {
        sources(managed).read(&SavedState::default(), now()).unwrap().resolved
    }

    fn sources(managed: &Value) -> SettingsSources {
        let device = FakeDevice::managed(managed);
        SettingsSources::new(Environments::from_toml(ENVIRONMENTS).unwrap(), device)
    }

    fn refusal(managed: &Value, link: &str) -> ErrorCode {
        sources(managed)
            .read_setup_link(link, &SavedState::default(), now())
            .unwrap_err()
            .code
    }

    #[test]
    fn a_setup_card_says_whose_tablet_it_would_be() {
        let sources = sources(&json!({}));
        let link = format!("{SCHEME}tenant=zonnetje&organisation_name=Het%20Zonnetje&device_label=Blauw%201");
        let (offer, link) = sources.read_setup_link(&link, &SavedState::default(), now()).unwrap();
        assert_eq!(
            (offer.organisation.as_str(), offer.label.as_deref()),
            ("zonnetje", Some("Blauw 1")),
            "anybody can give any name to an organisation"
        );
        assert_eq!((offer.signed, offer.moves), (false, true));
        let mut saved = SavedState::default();
        saved.accept(&link);
        let settings = sources.read(&saved, now()).unwrap().settings(&saved);
        let keys: Vec<_> = settings.iter().map(|setting| setting.key.as_str()).collect();
        assert_eq!(keys, ["tenant", "organisation_name", "device_label"]);
        assert!(settings.iter().all(|setting| setting.source == Source::UnsignedLink));
        // Once a person has decided, the same card may name it.
        let link = format!("{SCHEME}tenant=zonnetje&organisation_name=Zonnetje%20BV");
        let (offer, _) = sources.read_setup_link(&link, &saved, now()).unwrap();
        assert_eq!((offer.organisation.as_str(), offer.moves), ("Zonnetje BV", false));
    }

    #[test]
    fn an_organisation_that_the_mdm_set_is_not_changed_by_an_unsigned_card() {
        let link = format!("{SCHEME}language=en");
        assert_eq!(refusal(&json!({"tenant": "zonnetje"}), &link), ErrorCode::NotFromHere);
    }

    #[test]
    fn a_card_that_changes_a_comfort_setting_only_does_not_move_the_tablet() {
        let set_up = Map::from_iter([("tenant".to_owned(), json!("zonnetje"))]);
        let saved = SavedState {
            set_up,
            ..SavedState::default()
        };
        let (offer, _) = sources(&json!({}))
            .read_setup_link(&format!("{SCHEME}language=en"), &saved, now())
            .unwrap();
        assert!(!offer.moves);
    }

    #[test]
    fn links_that_cannot_be_used_are_refused_with_their_code() {
        let link = |settings: &str| format!("{SCHEME}{settings}");
        let no_manual_setup = json!({"allow_manual_setup": false});
        assert_eq!(
            refusal(&no_manual_setup, &link("tenant=zonnetje")),
            ErrorCode::NotFromHere
        );
        let nothing = json!({});
        assert_eq!(refusal(&nothing, &link("language=en")), ErrorCode::Tenant);
        assert_eq!(refusal(&nothing, &link("tenant=de%20zon")), ErrorCode::Tenant);
        assert_eq!(
            refusal(&nothing, &link("client_id=abcdefgh1234")),
            ErrorCode::LinkNeedsSignature
        );
        assert_eq!(
            refusal(&nothing, &link("environment=production&tenant=zonnetje")),
            ErrorCode::EmptyEnvironment
        );
        let foreign = "https://evil.example/groep/setup#tenant=zonnetje";
        assert_eq!(refusal(&nothing, foreign), ErrorCode::NotOurLink);
        assert_eq!(refusal(&nothing, &link("a.b.c")), ErrorCode::LinkBroken);
    }

    #[test]
    fn a_setup_link_of_the_environments_own_host_is_read_and_one_of_another_host_is_not() {
        let environments = Environments::from_toml(ENVIRONMENTS).unwrap();
        let mut claimed = environments.get(DEVELOPMENT).unwrap().clone();
        claimed.claimed_host = "groep.example".to_owned();
        let sources = SettingsSources::new(environments.with_development(claimed), FakeDevice::managed(&json!({})));
        let read = |host: &str| {
            let link = format!("https://{host}/groep/setup#tenant=zonnetje");
            sources.read_setup_link(&link, &SavedState::default(), now())
        };
        assert_eq!(read("groep.example").unwrap().0.organisation, "zonnetje");
        assert_eq!(read("elsewhere.example").unwrap_err().code, ErrorCode::NotOurLink);
    }

    #[test]
    fn managed_configuration_that_cannot_be_read_fails_the_whole_reading() {
        for (error, code) in [
            (
                tauri_plugin_device::ManagedConfigError::Unreadable,
                ErrorCode::ManagedUnreadable,
            ),
            (
                tauri_plugin_device::ManagedConfigError::NotProtected,
                ErrorCode::ManagedNotProtected,
            ),
            (
                tauri_plugin_device::ManagedConfigError::Malformed,
                ErrorCode::ManagedMalformed,
            ),
        ] {
            let device = FakeDevice::managed(&json!({}));
            device.set_managed(Err(error));
            let sources = SettingsSources::new(Environments::from_toml(ENVIRONMENTS).unwrap(), device);
            assert_eq!(sources.read(&SavedState::default(), now()).err(), Some(code.into()));
        }
    }

    #[test]
    fn invalid_settings_are_listed_by_key_and_code() {
        let reading = sources(&json!({"language": "fr", "no_such_key": 1}))
            .read(&SavedState::default(), now())
            .unwrap();
        let mut invalid = reading.invalid_settings();
        invalid.sort();
        assert_eq!(invalid, ["language E108", "no_such_key E102"]);
    }

    #[test]
    fn a_development_build_takes_its_addresses_from_the_named_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("development.toml");
        std::fs::write(&file, "issuer = \"http://127.0.0.1:1/\"\nclock_offset_seconds = 7\n").unwrap();
        let named = |name: &str| match name {
            DEVELOPMENT_VARIABLE => Some(file.clone().into_os_string()),
            MANAGED_VARIABLE => Some("managed.json".into()),
            _ => None,
        };
        let development = Development::from_compiled(ENVIRONMENTS, named);
        match development {
            Ok(development) => {
                assert_eq!(development.managed_config_file, Some(PathBuf::from("managed.json")));
                let sources = SettingsSources::new(development.environments, FakeDevice::managed(&json!({})));
                assert_eq!(sources.clock_offset(), 7);
            }
            Err(error) => panic!("{error}"),
        }
        let missing = |name: &str| (name == DEVELOPMENT_VARIABLE).then(|| OsString::from("/nowhere/else.toml"));
        let error = Development::from_compiled(ENVIRONMENTS, missing).unwrap_err();
        assert!(error.starts_with(DEVELOPMENT_VARIABLE), "{error}");
    }

    #[test]
    fn a_build_for_a_store_ignores_a_developers_variables() {
        let (store, _) = ENVIRONMENTS.split_once("[development]").unwrap();
        let named = |_: &str| Some(OsString::from("/nowhere/else"));
        match Development::from_compiled(store, named) {
            Ok(development) => assert_eq!(development.managed_config_file, None),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_managed_configuration_that_is_suddenly_empty_stays_in_effect_for_half_an_hour() {
        let device = FakeDevice::managed(&json!({"tenant": "zonnetje"}));
        let sources = SettingsSources::new(Environments::from_toml(ENVIRONMENTS).unwrap(), device.clone());
        let start = now();
        let read = |minutes: u64| {
            let later = Moment {
                awake: start.awake + Duration::from_mins(minutes),
                ..start
            };
            let reading = sources.read(&SavedState::default(), later).unwrap();
            let is_set_up = reading.resolved.target.unwrap().is_some();
            (is_set_up, reading.empty_for.map(|left| left.as_secs() / 60))
        };
        assert_eq!(read(0), (true, None));
        device.manage(&json!({}));
        assert_eq!(read(1), (true, Some(30)));
        assert_eq!(read(30), (true, Some(1)));
        device.manage(&json!({"tenant": "zonnetje"}));
        assert_eq!(read(31), (true, None));
        device.manage(&json!({}));
        assert_eq!(read(32), (true, Some(30)), "counted anew");
        assert_eq!(read(62), (false, None));
        assert_eq!(read(63), (false, None));
    }

    #[test]
    fn a_tablet_that_never_had_a_managed_configuration_waits_for_none() {
        let reading = sources(&json!({})).read(&SavedState::default(), now()).unwrap();
        assert!(reading.empty_for.is_none() && reading.resolved.target.unwrap().is_none());
    }
}
