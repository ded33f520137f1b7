//! What the settings ask of the tablet itself: its screen, its kiosk, and a word to the device manager.

use std::time::Duration;

use flow::Fault;
use settings::{KeepScreenOn, Kiosk, Language, Resolved};
use tauri::{AppHandle, Wry};
use tauri_plugin_tablet::{Fault as DeviceFault, Report, Severity, Tablet, TabletExt};
use tokio::sync::watch;

use crate::log;

/// How often a tablet is asked whether it charges, where that matters.
const LOOK: Duration = Duration::from_secs(10);

/// A key in a report: what Android's consoles take.
const MAX_KEY: usize = 100;

/// What is wanted of the tablet; the newest counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    keep_screen_on: KeepScreenOn,
    block_screenshots: bool,
    kiosk: bool,
    reports: Vec<Report>,
}

impl Wishes {
    /// From the settings. Where they cannot be read at all, the tablet stays as it was, and its manager hears why.
    pub fn new(read: Result<&Resolved, &Fault>, before: &Self) -> Self {
        match read {
            Ok(resolved) => Self {
                keep_screen_on: resolved.keep_screen_on,
                block_screenshots: resolved.block_screenshots,
                kiosk: resolved.kiosk == Kiosk::IfPermitted,
                reports: resolved.faults.iter().map(|fault| report(fault, resolved.language)).collect(),
            },
            Err(fault) => {
                let whole = Report { key: "managed_configuration".to_owned(), severity: Severity::Error, message: fault.code.clone() };
                Self { reports: vec![whole], ..before.clone() }
            }
        }
    }
}

/// Names the key, the code and the fix, never the value: somebody may have pasted a secret.
fn report(fault: &settings::Fault, language: Language) -> Report {
    let language = if language == Language::En { "en" } else { "nl" };
    let code = fault.detail;
    Report {
        key: fault.key.chars().take(MAX_KEY).collect(),
        severity: if code.is_information() { Severity::Info } else { Severity::Error },
        message: format!("{} {} {}", code.number(), code.what().in_language(language), code.fix().in_language(language)),
    }
}

/// What was last asked of the tablet; at first what it is by itself.
#[derive(Default)]
struct Asked {
    keep_screen_on: bool,
    block_screenshots: bool,
    kiosk: bool,
    reports: Vec<Report>,
}

/// Asks the tablet for what is wanted, and again for what changes, until the app ends.
pub async fn obey(app: AppHandle<Wry>, mut wishes: watch::Receiver<Wishes>) {
    let tablet = app.tablet();
    let mut asked = Asked::default();
    loop {
        let wish = wishes.borrow_and_update().clone();
        carry_out(tablet, &wish, &mut asked).await;
        let ended = match wish.keep_screen_on {
            KeepScreenOn::Charging => matches!(tokio::time::timeout(LOOK, wishes.changed()).await, Ok(Err(_))),
            KeepScreenOn::Never | KeepScreenOn::Always => wishes.changed().await.is_err(),
        };
        if ended {
            return;
        }
    }
}

async fn carry_out(tablet: &Tablet<Wry>, wish: &Wishes, asked: &mut Asked) {
    let screen_on = match wish.keep_screen_on {
        KeepScreenOn::Never => false,
        KeepScreenOn::Always => true,
        // One that does not tell is left alone.
        KeepScreenOn::Charging => tablet.charging().await.unwrap_or(false),
    };
    if std::mem::replace(&mut asked.keep_screen_on, screen_on) != screen_on {
        told("keep_screen_on", screen_on, &tablet.keep_screen_on(screen_on).await);
    }
    if std::mem::replace(&mut asked.block_screenshots, wish.block_screenshots) != wish.block_screenshots {
        told("block_screenshots", wish.block_screenshots, &tablet.block_screenshots(wish.block_screenshots).await);
    }
    if std::mem::replace(&mut asked.kiosk, wish.kiosk) != wish.kiosk {
        told("kiosk", wish.kiosk, &tablet.kiosk(wish.kiosk).await);
    }
    if asked.reports != wish.reports {
        asked.reports.clone_from(&wish.reports);
        let outcome = tablet.report(wish.reports.clone()).await;
        log::line("device", &[("asked", "report"), ("entries", &wish.reports.len().to_string()), ("outcome", &outcome_of(&outcome))]);
    }
}

fn told(what: &str, on: bool, outcome: &Result<(), DeviceFault>) {
    log::line("device", &[("asked", what), ("on", if on { "true" } else { "false" }), ("outcome", &outcome_of(outcome))]);
}

fn outcome_of(outcome: &Result<(), DeviceFault>) -> String {
    outcome.as_ref().map_or_else(ToString::to_string, |()| "done".to_owned())
}

/// What the tablet is, for the status page.
pub fn words(facts: tauri_plugin_tablet::Facts) -> Vec<String> {
    let system = match facts.version {
        Some(version) => format!("{} {version}", facts.system),
        None => facts.system,
    };
    let engine = facts.engine.map(|version| format!("web view {version}"));
    let kiosk = facts.kiosk.then(|| "kiosk".to_owned());
    [Some(system), facts.model, engine, kiosk].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(managed: &serde_json::Value) -> Resolved {
        let environments = settings::Environments::from_toml(include_str!(concat!(env!("OUT_DIR"), "/environments.toml"))).unwrap();
        let none = serde_json::Map::new();
        settings::resolve_all(&environments, settings::Given { managed: managed.as_object().unwrap(), signed: &none, unsigned: &none, typed: &none })
    }

    #[test]
    fn the_screen_and_the_kiosk_are_what_the_settings_say() {
        let wishes = Wishes::new(
            Ok(&resolved(&serde_json::json!({"keep_screen_on": "charging", "block_screenshots": true, "kiosk": "if_permitted"}))),
            &Wishes::default(),
        );
        assert_eq!((wishes.keep_screen_on, wishes.block_screenshots, wishes.kiosk), (KeepScreenOn::Charging, true, true));
        assert_eq!(Wishes::new(Ok(&resolved(&serde_json::json!({}))), &wishes), Wishes::default());
    }

    #[test]
    fn the_device_manager_hears_key_code_and_fix_and_never_a_value() {
        let wishes = Wishes::new(Ok(&resolved(&serde_json::json!({"language": "s3cret-value", "no_such_key": "x"}))), &Wishes::default());
        let [language, unknown] = &wishes.reports[..] else { panic!("{:?}", wishes.reports) };
        let (wrong, other) = if language.key == "language" { (language, unknown) } else { (unknown, language) };
        assert_eq!((wrong.severity, other.severity), (Severity::Error, Severity::Info));
        assert!(wrong.message.starts_with("E1") && !wrong.message.contains("s3cret"), "{}", wrong.message);
        assert_eq!(other.key, "no_such_key");
    }

    #[test]
    fn settings_that_cannot_be_read_leave_the_tablet_as_it_was_and_are_told() {
        let before = Wishes { kiosk: true, ..Wishes::default() };
        let wishes = Wishes::new(Err(&Fault::new(flow::Problem::SettingsInvalid, "E192")), &before);
        assert!(wishes.kiosk);
        assert_eq!(wishes.reports.iter().map(|report| (report.key.as_str(), report.message.as_str())).collect::<Vec<_>>(), [("managed_configuration", "E192")]);
    }
}
