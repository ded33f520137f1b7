//! What the settings demand of the tablet itself (screen, kiosk, screenshots), and the feedback to the MDM.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use app_state::AppError;
use error_codes::ErrorCode;
use settings::{KeepScreenOn, Kiosk, Language, Resolved, SettingError};
use tauri_plugin_device::{DeviceError, Report, Severity};
use tokio::sync::watch;

use crate::Device;
use crate::diagnostics::log;

/// How often the app asks whether the tablet charges, where that matters, and repeats what the tablet refused.
const POLL_INTERVAL: Duration = Duration::from_secs(10);

/// The key of a report about the settings as a whole.
const ALL_SETTINGS: &str = "managed_configuration";
/// The key of a report about the session.
const SESSION: &str = "session";

/// What the settings demand of the tablet. The newest policy counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DevicePolicy {
    /// None until the settings could be read once: a kiosk from the last run of the app stays as it is until then.
    screen: Option<ScreenPolicy>,
    reports: Vec<Report>,
    /// Why the identity provider refuses to renew the session, if it has done so for a day.
    session_at_risk: Option<ErrorCode>,
    is_english: bool,
    /// Counts up when everything is to be applied again.
    round: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ScreenPolicy {
    keep_screen_on: KeepScreenOn,
    block_screenshots: bool,
    kiosk: bool,
}

impl DevicePolicy {
    /// Has everything applied again, because a window may be a new one, or a permission may have been granted.
    pub(crate) fn apply_again(&mut self) {
        self.round += 1;
    }

    /// The identity provider has refused for a day to renew the session, for a reason that does not pass by itself: a
    /// blocked account, MFA that a person has to answer, a client that is set up in another way. Staff notice nothing until
    /// the session has run out, so the administrator is told. `None` when it is renewed again. Returns whether that is new.
    pub(crate) fn set_session_at_risk(&mut self, why: Option<ErrorCode>) -> bool {
        std::mem::replace(&mut self.session_at_risk, why) != why
    }

    /// What the MDM is to show.
    fn reports(&self) -> Vec<Report> {
        let session = self.session_at_risk.map(|code| Report {
            key: SESSION.to_owned(),
            severity: Severity::Error,
            message: code.feedback(if self.is_english { "en" } else { "nl" }),
        });
        self.reports.iter().cloned().chain(session).collect()
    }

    /// The policy of these settings. If the settings cannot be read at all, the tablet stays as it was, and the MDM gets
    /// the reason beside all earlier reports, because nobody can say that those are resolved.
    pub(crate) fn new(read: Result<&Resolved, AppError>, before: &Self) -> Self {
        match read {
            Ok(resolved) => Self {
                screen: Some(ScreenPolicy {
                    keep_screen_on: resolved.keep_screen_on,
                    block_screenshots: resolved.block_screenshots,
                    kiosk: resolved.kiosk == Kiosk::IfPermitted,
                }),
                reports: resolved
                    .errors
                    .iter()
                    .map(|error| report(error, resolved.language))
                    .collect(),
                session_at_risk: before.session_at_risk,
                is_english: resolved.language == Language::En,
                round: before.round,
            },
            Err(error) => {
                let unreadable = Report {
                    key: ALL_SETTINGS.to_owned(),
                    severity: Severity::Error,
                    message: error.code.feedback("nl"),
                };
                let others = before
                    .reports
                    .iter()
                    .filter(|report| report.key != ALL_SETTINGS)
                    .cloned();
                Self {
                    reports: std::iter::once(unreadable).chain(others).collect(),
                    ..before.clone()
                }
            }
        }
    }
}

/// Names the key, the code and the remedy, never the value: somebody may have pasted a secret.
fn report(error: &SettingError, language: Language) -> Report {
    let severity = if error.code.is_information() {
        Severity::Info
    } else {
        Severity::Error
    };
    let language = if language == Language::En { "en" } else { "nl" };
    Report {
        key: error.key.clone(),
        severity,
        message: error.code.feedback(language),
    }
}

/// What the tablet has applied. None: still to be applied.
#[derive(Default)]
struct Applied {
    keep_screen_on: Option<bool>,
    block_screenshots: Option<bool>,
    kiosk: Option<bool>,
    reports: Option<Vec<Report>>,
    /// The last logged outcome of each part, so that a part that the tablet refuses again and again is logged once.
    logged: BTreeMap<&'static str, String>,
}

/// Applies the newest policy, and again whatever changes or was refused. Ends when the sender is dropped.
pub(crate) async fn apply(device: Arc<dyn Device>, mut policies: watch::Receiver<DevicePolicy>) {
    let mut applied = Applied::default();
    let mut round = 0;
    loop {
        let policy = policies.borrow_and_update().clone();
        if std::mem::replace(&mut round, policy.round) != policy.round {
            applied = Applied {
                logged: applied.logged,
                ..Applied::default()
            };
        }
        applied.apply(&*device, &policy).await;
        let is_charging_relevant = policy
            .screen
            .is_some_and(|screen| screen.keep_screen_on == KeepScreenOn::Charging);
        let ended = if is_charging_relevant || !applied.is_complete(&policy) {
            matches!(
                tokio::time::timeout(POLL_INTERVAL, policies.changed()).await,
                Ok(Err(_))
            )
        } else {
            policies.changed().await.is_err()
        };
        if ended {
            return;
        }
    }
}

impl Applied {
    async fn apply(&mut self, device: &dyn Device, policy: &DevicePolicy) {
        if let Some(screen) = policy.screen {
            let keep_on = match screen.keep_screen_on {
                KeepScreenOn::Never => false,
                KeepScreenOn::Always => true,
                // A tablet that does not tell is left alone.
                KeepScreenOn::Charging => device.charging().await.unwrap_or(false),
            };
            if self.keep_screen_on != Some(keep_on) {
                let outcome = device.keep_screen_on(keep_on).await;
                self.keep_screen_on = self
                    .is_done("keep_screen_on", &keep_on.to_string(), &outcome)
                    .then_some(keep_on);
            }
            let block = screen.block_screenshots;
            if self.block_screenshots != Some(block) {
                let outcome = device.block_screenshots(block).await;
                self.block_screenshots = self
                    .is_done("block_screenshots", &block.to_string(), &outcome)
                    .then_some(block);
            }
            if self.kiosk != Some(screen.kiosk) {
                let outcome = device.kiosk(screen.kiosk).await;
                self.kiosk = self
                    .is_done("kiosk", &screen.kiosk.to_string(), &outcome)
                    .then_some(screen.kiosk);
            }
        }
        let reports = policy.reports();
        if self.reports.as_ref() != Some(&reports) {
            let outcome = device.report(reports.clone()).await;
            let is_done = self.is_done("report", &reports.len().to_string(), &outcome);
            self.reports = is_done.then_some(reports);
        }
    }

    /// Nothing of this policy is left to apply.
    fn is_complete(&self, policy: &DevicePolicy) -> bool {
        let screen = self.keep_screen_on.is_some() && self.block_screenshots.is_some() && self.kiosk.is_some();
        (screen || policy.screen.is_none()) && self.reports.is_some()
    }

    /// Logs the outcome. False if it is to be applied again later. What a tablet does not support, it never will.
    fn is_done(&mut self, part: &'static str, value: &str, outcome: &Result<(), DeviceError>) -> bool {
        let words = outcome
            .as_ref()
            .map_or_else(ToString::to_string, |()| "done".to_owned());
        let line = format!("{value} {words}");
        if self.logged.insert(part, line.clone()) != Some(line) {
            log::device(part, value, &words);
        }
        matches!(outcome, Ok(()) | Err(DeviceError::Unsupported))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fakes::{Call, FakeDevice};
    use crate::settings_sources::tests::resolve;

    const UNREADABLE: ErrorCode = ErrorCode::ManagedUnreadable;

    fn policy(managed: &Value) -> DevicePolicy {
        DevicePolicy::new(Ok(&resolve(managed)), &DevicePolicy::default())
    }

    #[test]
    fn screen_and_kiosk_are_what_the_settings_say() {
        let all = json!({"keep_screen_on": "charging", "block_screenshots": true, "kiosk": "if_permitted"});
        let expected = ScreenPolicy {
            keep_screen_on: KeepScreenOn::Charging,
            block_screenshots: true,
            kiosk: true,
        };
        assert_eq!(policy(&all).screen, Some(expected));
        let defaults = ScreenPolicy {
            keep_screen_on: KeepScreenOn::Never,
            block_screenshots: false,
            kiosk: false,
        };
        assert_eq!(policy(&json!({})).screen, Some(defaults));
    }

    #[test]
    fn the_mdm_gets_key_code_and_remedy_and_never_a_value() {
        let policy = policy(&json!({"language": "s3cret-value", "no_such_key": "x"}));
        let report = |key: &str| policy.reports.iter().find(|report| report.key == key).unwrap();
        let (invalid, unknown) = (report("language"), report("no_such_key"));
        assert_eq!((invalid.severity, unknown.severity), (Severity::Error, Severity::Info));
        assert!(
            invalid.message.starts_with("E108 ") && !invalid.message.contains("s3cret"),
            "{}",
            invalid.message
        );
        assert_eq!(policy.reports.len(), 2);
    }

    #[test]
    fn the_mdm_hears_in_english_if_the_settings_say_so_and_in_dutch_otherwise() {
        let message = |language: &str| {
            let policy = policy(&json!({"language": language, "kiosk": "wrong"}));
            policy.reports[0].message.clone()
        };
        let code = ErrorCode::Choice;
        assert_eq!(message("en"), code.feedback("en"));
        assert_eq!(
            [message("nl"), message("system")],
            [code.feedback("nl"), code.feedback("nl")]
        );
        assert_ne!(code.feedback("nl"), code.feedback("en"));
    }

    #[test]
    fn a_policy_is_complete_when_screen_and_feedback_are_applied() {
        let screen = policy(&json!({}));
        let feedback_only = DevicePolicy::new(Err(UNREADABLE.into()), &DevicePolicy::default());
        let applied = |screenshots: Option<bool>, reports: Option<Vec<Report>>| Applied {
            keep_screen_on: Some(false),
            block_screenshots: screenshots,
            kiosk: Some(false),
            reports,
            ..Applied::default()
        };
        let all = applied(Some(false), Some(vec![]));
        assert!(all.is_complete(&screen) && all.is_complete(&feedback_only));
        assert!(!applied(Some(false), None).is_complete(&screen));
        let no_screen = applied(None, Some(vec![]));
        assert!(!no_screen.is_complete(&screen) && no_screen.is_complete(&feedback_only));
        assert!(!applied(None, None).is_complete(&feedback_only));
    }

    #[test]
    fn settings_that_cannot_be_read_leave_the_tablet_as_it_was_and_are_reported() {
        let before = policy(&json!({"kiosk": "if_permitted", "language": "wrong"}));
        let mut now = before.clone();
        for code in [UNREADABLE, ErrorCode::ManagedMalformed] {
            now = DevicePolicy::new(Err(code.into()), &now);
            assert_eq!(now.screen, before.screen);
            let [all, language] = &now.reports[..] else {
                panic!("{:?}", now.reports)
            };
            assert_eq!((all.key.as_str(), language), (ALL_SETTINGS, &before.reports[0]));
            assert!(
                all.message.starts_with(code.number()) && all.message.len() > 20,
                "{}",
                all.message
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_tablet_whose_settings_were_never_read_is_left_alone_and_the_mdm_hears_why() {
        let policy = DevicePolicy::new(Err(UNREADABLE.into()), &DevicePolicy::default());
        let device = FakeDevice::managed(&json!({}));
        let (sender, receiver) = watch::channel(policy.clone());
        let task = tokio::spawn(apply(device.clone(), receiver));
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(device.calls(), [Call::Report(policy.reports)]);
        drop(sender);
        task.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_policy_is_applied_once_and_a_change_alone_is_applied_anew() {
        let device = FakeDevice::managed(&json!({}));
        let (sender, receiver) = watch::channel(policy(&json!({"keep_screen_on": "always"})));
        tokio::spawn(apply(device.clone(), receiver));
        tokio::time::sleep(Duration::from_mins(1)).await;
        let all = [
            Call::KeepScreenOn(true),
            Call::BlockScreenshots(false),
            Call::Kiosk(false),
            Call::Report(vec![]),
        ];
        assert_eq!(device.take_calls(), all);
        sender.send_replace(policy(&json!({"keep_screen_on": "always", "block_screenshots": true})));
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(device.take_calls(), [Call::BlockScreenshots(true)]);
        sender.send_modify(DevicePolicy::apply_again);
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(device.take_calls().len(), 4, "a window may be a new one");
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_tablet_refuses_is_tried_again_every_ten_seconds_and_what_it_lacks_is_not() {
        let device = FakeDevice::managed(&json!({}));
        device.refuse_kiosk(Some(DeviceError::NotPermitted));
        let (sender, receiver) = watch::channel(policy(&json!({"kiosk": "if_permitted"})));
        tokio::spawn(apply(device.clone(), receiver));
        tokio::time::sleep(Duration::from_secs(35)).await;
        let kiosk = |calls: Vec<Call>| calls.into_iter().filter(|call| *call == Call::Kiosk(true)).count();
        assert_eq!(kiosk(device.take_calls()), 4);
        device.refuse_kiosk(Some(DeviceError::Unsupported));
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(kiosk(device.take_calls()), 1);
        drop(sender);
    }

    #[tokio::test(start_paused = true)]
    async fn feedback_that_the_system_does_not_take_is_sent_again() {
        let device = FakeDevice::managed(&json!({}));
        device.refuse_reports(Some(DeviceError::System("busy".into())));
        let (_sender, receiver) = watch::channel(policy(&json!({})));
        tokio::spawn(apply(device.clone(), receiver));
        tokio::time::sleep(Duration::from_secs(25)).await;
        let reports = |calls: Vec<Call>| calls.into_iter().filter(|call| *call == Call::Report(vec![])).count();
        assert_eq!(reports(device.take_calls()), 3);
        device.refuse_reports(None);
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(reports(device.take_calls()), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_tablet_refuses_again_and_again_is_logged_once() {
        let log = crate::diagnostics::capture::LogLines::keep();
        let device = FakeDevice::managed(&json!({}));
        device.refuse_kiosk(Some(DeviceError::NotPermitted));
        let (sender, receiver) = watch::channel(policy(&json!({"kiosk": "if_permitted"})));
        tokio::spawn(apply(device.clone(), receiver));
        tokio::time::sleep(Duration::from_mins(1)).await;
        sender.send_modify(DevicePolicy::apply_again);
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(
            log.with("\"event\":\"device\"").len(),
            4,
            "screen, screenshots, kiosk, feedback"
        );
        device.refuse_kiosk(None);
        tokio::time::sleep(Duration::from_mins(1)).await;
        let kiosk = log.with("\"asked\":\"kiosk\"");
        assert!(
            kiosk.len() == 2 && kiosk[1].contains(r#""value":"true","outcome":"done""#),
            "{kiosk:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_screen_stays_on_while_the_tablet_charges() {
        let device = FakeDevice::managed(&json!({}));
        device.set_charging(Some(true));
        let (_sender, receiver) = watch::channel(policy(&json!({"keep_screen_on": "charging"})));
        tokio::spawn(apply(device.clone(), receiver));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(device.take_calls()[0], Call::KeepScreenOn(true));
        device.set_charging(Some(false));
        tokio::time::sleep(POLL_INTERVAL).await;
        assert_eq!(device.take_calls(), [Call::KeepScreenOn(false)]);
        device.set_charging(None);
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(
            device.take_calls(),
            [],
            "a tablet that does not tell lets the system decide"
        );
    }
}
