//! What the settings ask of the tablet itself: its screen, its kiosk, and a word to the device manager.

use std::collections::BTreeMap;
use std::time::Duration;

use app_state::Fault;
use settings::{Code, KeepScreenOn, Kiosk, Language, Resolved};
use tauri::{AppHandle, Wry};
use tauri_plugin_device::{Fault as DeviceFault, Report, Severity, Tablet, TabletExt};
use tokio::sync::watch;

use crate::log;

/// How often a tablet is asked whether it charges, where that matters, and again for what it refused.
const LOOK: Duration = Duration::from_secs(10);

/// The key in a report about the settings as a whole.
const WHOLE: &str = "managed_configuration";

/// What is wanted of the tablet; the newest counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Nothing, until settings could be read.
    tablet: Option<Asked>,
    reports: Vec<Report>,
    /// Moves on when everything is to be asked for once more.
    turn: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    keep_screen_on: KeepScreenOn,
    block_screenshots: bool,
    kiosk: bool,
}

impl Wishes {
    /// Everything is to be asked for once more.
    pub fn ask_again(&mut self) {
        self.turn += 1;
    }

    /// From the settings. Where they cannot be read at all, the tablet stays as it was, and its manager hears why beside
    /// what was wrong before: nobody can say that it is well again.
    pub fn new(read: Result<&Resolved, &Fault>, before: &Self) -> Self {
        match read {
            Ok(resolved) => Self {
                tablet: Some(Asked {
                    keep_screen_on: resolved.keep_screen_on,
                    block_screenshots: resolved.block_screenshots,
                    kiosk: resolved.kiosk == Kiosk::IfPermitted,
                }),
                reports: resolved
                    .faults
                    .iter()
                    .map(|fault| report(fault, resolved.language))
                    .collect(),
                turn: before.turn,
            },
            Err(fault) => {
                let words = Code::from_number(&fault.code)
                    .map_or_else(String::new, |code| format!(" {} {}", code.what().nl, code.fix().nl));
                let whole = Report {
                    key: WHOLE.to_owned(),
                    severity: Severity::Error,
                    message: format!("{}{words}", fault.code),
                };
                let others = before.reports.iter().filter(|report| report.key != WHOLE).cloned();
                Self {
                    reports: std::iter::once(whole).chain(others).collect(),
                    ..before.clone()
                }
            }
        }
    }
}

/// Names the key, the code and the fix, never the value: somebody may have pasted a secret.
fn report(fault: &settings::Fault, language: Language) -> Report {
    let language = if language == Language::En { "en" } else { "nl" };
    let code = fault.detail;
    Report {
        key: fault.key.clone(),
        severity: if code.is_information() {
            Severity::Info
        } else {
            Severity::Error
        },
        message: format!(
            "{} {} {}",
            code.number(),
            code.what().in_language(language),
            code.fix().in_language(language)
        ),
    }
}

/// What the tablet has done as asked; none is to be asked still.
#[derive(Default)]
struct Done {
    keep_screen_on: Option<bool>,
    block_screenshots: Option<bool>,
    kiosk: Option<bool>,
    reports: Option<Vec<Report>>,
    /// What the last line about each of them said: one that is refused again and again is told once.
    said: BTreeMap<&'static str, String>,
}

/// Asks the tablet for what is wanted, and again for what changes or was refused, until the app ends.
pub async fn obey(app: AppHandle<Wry>, mut wishes: watch::Receiver<Wishes>) {
    let tablet = app.tablet();
    let mut done = Done::default();
    let mut turn = 0;
    loop {
        let wish = wishes.borrow_and_update().clone();
        if std::mem::replace(&mut turn, wish.turn) != wish.turn {
            done = Done {
                said: done.said,
                ..Done::default()
            };
        }
        carry_out(tablet, &wish, &mut done).await;
        let look = !done.all(&wish)
            || wish
                .tablet
                .is_some_and(|asked| asked.keep_screen_on == KeepScreenOn::Charging);
        let ended = if look {
            matches!(tokio::time::timeout(LOOK, wishes.changed()).await, Ok(Err(_)))
        } else {
            wishes.changed().await.is_err()
        };
        if ended {
            return;
        }
    }
}

async fn carry_out(tablet: &Tablet<Wry>, wish: &Wishes, done: &mut Done) {
    if let Some(asked) = wish.tablet {
        let screen_on = match asked.keep_screen_on {
            KeepScreenOn::Never => false,
            KeepScreenOn::Always => true,
            // One that does not tell is left alone.
            KeepScreenOn::Charging => tablet.charging().await.unwrap_or(false),
        };
        if done.keep_screen_on != Some(screen_on) {
            let outcome = tablet.keep_screen_on(screen_on).await;
            done.keep_screen_on = done
                .told("keep_screen_on", &screen_on.to_string(), &outcome)
                .then_some(screen_on);
        }
        if done.block_screenshots != Some(asked.block_screenshots) {
            let outcome = tablet.block_screenshots(asked.block_screenshots).await;
            done.block_screenshots = done
                .told("block_screenshots", &asked.block_screenshots.to_string(), &outcome)
                .then_some(asked.block_screenshots);
        }
        if done.kiosk != Some(asked.kiosk) {
            let outcome = tablet.kiosk(asked.kiosk).await;
            done.kiosk = done
                .told("kiosk", &asked.kiosk.to_string(), &outcome)
                .then_some(asked.kiosk);
        }
    }
    if done.reports.as_ref() != Some(&wish.reports) {
        let outcome = tablet.report(wish.reports.clone()).await;
        done.reports = done
            .told("report", &wish.reports.len().to_string(), &outcome)
            .then(|| wish.reports.clone());
    }
}

impl Done {
    /// Nothing of these wishes is left to be asked.
    fn all(&self, wishes: &Wishes) -> bool {
        let tablet = self.keep_screen_on.is_some() && self.block_screenshots.is_some() && self.kiosk.is_some();
        (tablet || wishes.tablet.is_none()) && self.reports.is_some()
    }

    /// Notes what came of it; false where it is to be asked again. What a tablet does not have, it never will.
    fn told(&mut self, asked: &'static str, value: &str, outcome: &Result<(), DeviceFault>) -> bool {
        let words = outcome
            .as_ref()
            .map_or_else(ToString::to_string, |()| "done".to_owned());
        if self.said.insert(asked, format!("{value} {words}")) != Some(format!("{value} {words}")) {
            log::line("device", &[("asked", asked), ("value", value), ("outcome", &words)]);
        }
        matches!(outcome, Ok(()) | Err(DeviceFault::Unsupported))
    }
}

/// What the tablet is, for the status page.
pub fn words(facts: tauri_plugin_device::Facts) -> Vec<String> {
    let system = match facts.version {
        Some(version) => format!("{} {version}", facts.system),
        None => facts.system,
    };
    let engine = facts.engine.map(|version| format!("web view {version}"));
    let kiosk = facts.kiosk.then(|| "kiosk".to_owned());
    [Some(system), facts.model, engine, kiosk]
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(managed: &serde_json::Value) -> Resolved {
        let environments =
            settings::Environments::from_toml(include_str!(concat!(env!("OUT_DIR"), "/environments.toml"))).unwrap();
        let none = serde_json::Map::new();
        settings::resolve_all(
            &environments,
            settings::Given {
                managed: managed.as_object().unwrap(),
                signed: &none,
                unsigned: &none,
                typed: &none,
            },
        )
    }

    #[test]
    fn the_screen_and_the_kiosk_are_what_the_settings_say() {
        let asked = |managed: serde_json::Value| Wishes::new(Ok(&resolved(&managed)), &Wishes::default()).tablet;
        let all = serde_json::json!({"keep_screen_on": "charging", "block_screenshots": true, "kiosk": "if_permitted"});
        assert_eq!(
            asked(all),
            Some(Asked {
                keep_screen_on: KeepScreenOn::Charging,
                block_screenshots: true,
                kiosk: true
            })
        );
        assert_eq!(
            asked(serde_json::json!({})),
            Some(Asked {
                keep_screen_on: KeepScreenOn::default(),
                block_screenshots: false,
                kiosk: false
            })
        );
    }

    #[test]
    fn the_device_manager_hears_key_code_and_fix_and_never_a_value() {
        let wishes = Wishes::new(
            Ok(&resolved(
                &serde_json::json!({"language": "s3cret-value", "no_such_key": "x"}),
            )),
            &Wishes::default(),
        );
        let [language, unknown] = &wishes.reports[..] else {
            panic!("{:?}", wishes.reports)
        };
        let (wrong, other) = if language.key == "language" {
            (language, unknown)
        } else {
            (unknown, language)
        };
        assert_eq!((wrong.severity, other.severity), (Severity::Error, Severity::Info));
        assert!(
            wrong.message.starts_with("E1") && !wrong.message.contains("s3cret"),
            "{}",
            wrong.message
        );
        assert_eq!(other.key, "no_such_key");
    }

    #[test]
    fn settings_that_cannot_be_read_leave_the_tablet_as_it_was_and_are_told() {
        let before = Wishes::new(
            Ok(&resolved(
                &serde_json::json!({"kiosk": "if_permitted", "language": "wrong"}),
            )),
            &Wishes::default(),
        );
        let mut wishes = before.clone();
        for code in ["E190", "E192"] {
            wishes = Wishes::new(Err(&Fault::new(app_state::Problem::SettingsInvalid, code)), &wishes);
            assert_eq!(wishes.tablet, before.tablet);
            let [whole, language] = &wishes.reports[..] else {
                panic!("{:?}", wishes.reports)
            };
            assert_eq!(
                (whole.key.as_str(), language),
                ("managed_configuration", &before.reports[0])
            );
            assert!(
                whole.message.starts_with(code) && whole.message.len() > 20,
                "{}",
                whole.message
            );
        }
    }

    #[test]
    fn a_tablet_whose_settings_were_never_read_is_asked_for_nothing_and_its_manager_hears_why() {
        let wishes = Wishes::new(
            Err(&Fault::new(app_state::Problem::SettingsInvalid, "E190")),
            &Wishes::default(),
        );
        assert_eq!((wishes.tablet, wishes.reports.len()), (None, 1));
        let mut done = Done::default();
        assert!(!done.all(&wishes));
        done.reports = Some(wishes.reports.clone());
        assert!(done.all(&wishes));
    }
}
