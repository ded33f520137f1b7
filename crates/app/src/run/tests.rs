use app_state::{Action, AppError, Screen, SignedOutReason};
use error_codes::{ErrorCode, ErrorKind};
use serde_json::{Value, json};
use session::store::{Slot, Store};
use tauri_plugin_device::ManagedConfigError;
use tauri_plugin_site_view::{Decision, Host, Navigation, Permission, RefusalReason, RefusedWhat, SiteEvent};

use super::*;
use crate::diagnostics::capture::LogLines;
use crate::fakes::{Answer, Call, Running, SiteCall, Tablet, url};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const GROUP: &str = "http://127.0.0.2:4401/zonnetje/groep";
const CARD: &str = "nl.kidskonnect.groep:/setup#tenant=zonnetje";
const OTHER_CARD: &str = "nl.kidskonnect.groep:/setup#tenant=regenboog";

fn group() -> Value {
    json!({"tenant": "zonnetje"})
}

fn personal() -> Value {
    json!({"tenant": "zonnetje", "account_type": "personal", "idle_lock_minutes": 10})
}

fn is_group_view(app: &Running) -> bool {
    matches!(app.screen(), Screen::Group { .. })
}

/// The organisation on the sign-in screen, and why nobody is signed in.
fn sign_in_screen(app: &Running) -> (String, SignedOutReason) {
    match app.screen() {
        Screen::SignIn { organisation, why, .. } => (organisation, why),
        other => panic!("{other:?}"),
    }
}

fn nobody(why: SignedOutReason) -> (String, SignedOutReason) {
    ("zonnetje".to_owned(), why)
}

#[tokio::test(start_paused = true)]
async fn the_settings_are_watched_then_read_before_any_message_is_handled() {
    let tablet = Tablet::managed(&json!({}));
    // Only a tablet whose settings have been read asks for an organisation.
    let typed = Action::SetTenant {
        typed: "zonnetje".to_owned(),
    };
    let app = tablet.start_after(|handle| handle.dispatch(typed)).await;
    assert_eq!(sign_in_screen(&app), nobody(SignedOutReason::Never));
    assert_eq!(tablet.device.managed_calls()[..2], ["watch", "read"]);
}

#[tokio::test(start_paused = true)]
async fn the_settings_are_read_in_the_loop_only() {
    let tablet = Tablet::managed(&json!({}));
    let app = tablet.start().await;
    let before = tablet.device.readings();
    tablet.device.manage(&group());
    assert_eq!(
        tablet.device.readings(),
        before,
        "whoever reports a change does not read"
    );
    app.settle().await;
    assert_eq!(tablet.device.readings(), before + 1);
    assert_eq!(sign_in_screen(&app), nobody(SignedOutReason::Never));
}

#[tokio::test(start_paused = true)]
async fn the_mdm_hears_of_an_invalid_setting_at_once_and_never_before_that_all_is_well() {
    let tablet = Tablet::managed(&json!({"tenant": "zonnetje", "language": "wrong"}));
    let app = tablet.start().await;
    app.pass(MINUTE).await;
    let reports = |calls: Vec<Call>| -> Vec<Vec<String>> {
        let report = |call| match call {
            Call::Report(reports) => Some(reports.into_iter().map(|report| report.key).collect()),
            _ => None,
        };
        calls.into_iter().filter_map(report).collect()
    };
    assert_eq!(reports(tablet.device.take_calls()), [["language"]]);
    tablet
        .device
        .manage(&json!({"tenant": "zonnetje", "keep_screen_on": "always"}));
    app.settle().await;
    let calls = tablet.device.take_calls();
    assert!(calls.contains(&Call::KeepScreenOn(true)), "{calls:?}");
    assert_eq!(reports(calls), [[""; 0]]);
}

#[tokio::test(start_paused = true)]
async fn a_tablet_that_is_not_set_up_keeps_reading_its_settings_and_logs_a_change_only() {
    let mut tablet = Tablet::managed(&json!({}));
    let log = LogLines::keep();
    tablet.log_level = log.level.clone();
    tablet.device.manage(&json!({"diagnostics": "verbose"}));
    let app = tablet.start().await;
    app.pass(10 * MINUTE).await;
    // The shortest wait is 55 seconds.
    assert_eq!(tablet.device.readings(), 11);
    assert_eq!(log.with("\"settings\"").len(), 1);
    tablet.device.manage(&group());
    app.pass(10 * MINUTE).await;
    assert_eq!((tablet.device.readings(), log.with("\"settings\"").len()), (12, 2));
}

#[tokio::test(start_paused = true)]
async fn unreadable_settings_leave_the_session_the_sites_permissions_and_the_log_as_they_were() {
    let mut tablet = Tablet::managed(&json!({"tenant": "zonnetje", "allow_downloads": true, "diagnostics": "off"}));
    let log = LogLines::keep();
    tablet.log_level = log.level.clone();
    let app = tablet.start_signed_in().await;
    tablet.device.set_managed(Err(ManagedConfigError::Unreadable));
    app.settle().await;
    let unreadable = AppError::new(ErrorKind::SettingsInvalid, ErrorCode::ManagedUnreadable);
    assert!(
        matches!(app.screen(), Screen::Trouble { error, .. } if error == unreadable),
        "{:?}",
        app.screen()
    );
    assert!(tablet.store().get(Slot::Session).is_some());
    let page = Navigation {
        url: url(GROUP),
        popup: false,
    };
    assert_eq!(
        app.site_host.decide(&page),
        Decision::Refuse(RefusalReason::Closed),
        "the page is covered"
    );
    app.inbox.event(Event::CallbackIgnored);
    app.settle().await;
    assert_eq!(log.with("callback_ignored").len(), 0);
    // The settings come back, and with them the page; nothing was signed out meanwhile.
    tablet
        .device
        .manage(&json!({"tenant": "zonnetje", "allow_downloads": true, "diagnostics": "verbose"}));
    app.settle().await;
    assert!(is_group_view(&app), "{:?}", app.screen());
    assert!(app.site_host.allows(&url(GROUP), Permission::Download));
    assert_eq!(tablet.provider.sessions(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_page_hears_of_a_change_of_the_view_and_of_nothing_else() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start().await;
    let changes = app.ui.changes();
    assert!(changes > 0);
    app.inbox.event(Event::LoopGuardElapsed);
    tablet.device.manage(&group());
    app.settle().await;
    assert_eq!(app.ui.changes(), changes);
    app.act(Action::SignIn).await;
    assert!(app.ui.changes() > changes);
}

#[tokio::test(start_paused = true)]
async fn the_site_may_load_a_page_before_the_effect_that_loads_it() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start().await;
    app.site.take_calls();
    app.sign_in().await;
    let page = Navigation {
        url: url(GROUP),
        popup: false,
    };
    assert_eq!(app.site_host.decide(&page), Decision::Allow);
    assert_eq!(app.site.calls(), [SiteCall::Load(url(GROUP)), SiteCall::Show]);
}

#[tokio::test(start_paused = true)]
async fn a_session_of_this_organisation_opens_the_group_view_before_the_keystore_has_answered() {
    let tablet = Tablet::managed(&group());
    tablet.start_signed_in().await.kill().await;
    tablet.store().set_error(Some(session::StoreError::Locked));
    let app = tablet.start().await;
    assert!(is_group_view(&app), "{:?}", app.screen());
    assert_eq!(app.site.calls(), [SiteCall::Load(url(GROUP)), SiteCall::Show]);
    tablet.store().set_error(None);
    app.pass(10 * SECOND).await;
    assert!(is_group_view(&app));
    app.pass(26 * HOUR).await;
    assert_eq!(tablet.provider.refreshes(), 1, "confirmed, so it is refreshed");
}

#[tokio::test(start_paused = true)]
async fn a_remembered_session_that_the_keystore_does_not_have_is_over() {
    let tablet = Tablet::managed(&group());
    tablet.start_signed_in().await.kill().await;
    tablet.store().remove(Slot::Session).unwrap();
    let app = tablet.start().await;
    assert_eq!(sign_in_screen(&app), nobody(SignedOutReason::Ended));
    assert_eq!(tablet.file.state().signed_in, None);
}

#[tokio::test(start_paused = true)]
async fn a_remembered_session_of_another_organisation_is_ended_and_deleted() {
    let elsewhere = Tablet::managed(&json!({
        "environment": "custom", "tenant": "zonnetje", "issuer": "https://id.example.nl/",
        "client_id": "custom-client", "group_url": "https://groep.example.nl/{tenant}",
        "allowed_hosts": "groep.example.nl",
    }));
    elsewhere.start_signed_in().await.kill().await;
    // Another issuer's session, and one of the same issuer and client.
    let tablet = Tablet::managed(&group());
    let left = elsewhere.namespace("nl.kidskonnect.groep").get(Slot::Session).unwrap();
    tablet.store().put(Slot::Session, &left);
    tablet.file.change(|state| *state = elsewhere.file.state());
    let app = tablet.start().await;
    assert_eq!(sign_in_screen(&app), nobody(SignedOutReason::Changed));
    assert_eq!(
        (tablet.store().get(Slot::Session), tablet.file.state().signed_in),
        (None, None)
    );
    assert!(app.site.calls().contains(&SiteCall::Cleared));
    let is_browser = |call: &Call| matches!(call, Call::OpenBrowser(_));
    assert!(
        !tablet.device.calls().iter().any(is_browser),
        "nobody is there who signed out"
    );
}

#[tokio::test(start_paused = true)]
async fn a_personal_session_that_nobody_touches_ends() {
    let tablet = Tablet::managed(&personal());
    let app = tablet.start_signed_in().await;
    app.pass(5 * MINUTE).await;
    app.site_host.on_event(SiteEvent::UserActivity);
    app.pass(9 * MINUTE).await;
    assert!(is_group_view(&app), "touched nine minutes ago");
    app.pass(MINUTE + SECOND).await;
    assert_eq!(sign_in_screen(&app), nobody(SignedOutReason::Personal));
    assert_eq!(tablet.provider.sessions(), 0);
    assert!(app.site.calls().contains(&SiteCall::Cleared));
}

#[tokio::test(start_paused = true)]
async fn whoever_signs_in_is_present_even_if_they_touched_only_the_browser() {
    let tablet = Tablet::managed(&personal());
    let app = tablet.start().await;
    app.act(Action::SignIn).await;
    app.pass(9 * MINUTE).await;
    let callback = tablet.provider.authorize(&app.browser_url());
    app.open_link(&callback).await;
    app.pass(9 * MINUTE).await;
    assert!(is_group_view(&app), "signed in nine minutes ago: {:?}", app.screen());
    app.pass(MINUTE + SECOND).await;
    assert_eq!(sign_in_screen(&app), nobody(SignedOutReason::Personal));
}

#[tokio::test(start_paused = true)]
async fn a_group_account_and_a_personal_one_without_minutes_never_idle() {
    for managed in [
        json!({"tenant": "zonnetje", "idle_lock_minutes": 1}),
        json!({"tenant": "zonnetje", "account_type": "personal", "idle_lock_minutes": 0}),
    ] {
        let tablet = Tablet::managed(&managed);
        let app = tablet.start_signed_in().await;
        app.pass(23 * HOUR).await;
        assert!(is_group_view(&app), "{managed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_personal_session_ends_by_idleness_also_while_the_settings_cannot_be_read() {
    let tablet = Tablet::managed(&personal());
    let app = tablet.start_signed_in().await;
    tablet.device.set_managed(Err(ManagedConfigError::Unreadable));
    app.settle().await;
    assert!(matches!(app.screen(), Screen::Trouble { .. }), "{:?}", app.screen());
    assert_eq!(tablet.provider.sessions(), 1);
    app.pass(HOUR).await;
    assert_eq!(tablet.provider.sessions(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_personal_session_that_was_idle_while_the_tablet_slept_is_over_when_it_wakes() {
    let tablet = Tablet::managed(&personal());
    let app = tablet.start_signed_in().await;
    tablet.clock.set_forward(4 * 3_600);
    app.site_host.on_event(SiteEvent::UserActivity);
    app.settle().await;
    assert!(matches!(app.screen(), Screen::SignIn { .. }), "{:?}", app.screen());
    assert_eq!(tablet.provider.sessions(), 0);
}

#[tokio::test(start_paused = true)]
async fn coming_to_the_front_counts_once_a_minute_and_applies_the_device_policy_again() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start().await;
    tablet.device.take_calls();
    let readings = tablet.device.readings();
    app.handle.came_to_front();
    app.settle().await;
    assert_eq!(
        (tablet.device.take_calls().len(), tablet.device.readings()),
        (0, readings)
    );
    for _ in 0..2 {
        app.pass(MINUTE).await;
        for _ in 0..3 {
            app.handle.came_to_front();
        }
        app.settle().await;
        let all = [
            Call::KeepScreenOn(false),
            Call::BlockScreenshots(false),
            Call::Kiosk(false),
            Call::Report(vec![]),
        ];
        assert_eq!(tablet.device.take_calls(), all, "a window may be a new one");
    }
    assert_eq!(tablet.device.readings(), readings + 2);
}

#[tokio::test(start_paused = true)]
async fn a_second_setup_link_while_one_is_asked_about_is_not_kept() {
    let tablet = Tablet::managed(&json!({}));
    let app = tablet.start().await;
    app.open_link(CARD).await;
    app.open_link(OTHER_CARD).await;
    let offer = match app.screen() {
        Screen::SetUpLink { offer, .. } => offer,
        other => panic!("{other:?}"),
    };
    assert_eq!((offer.organisation.as_str(), offer.moves), ("zonnetje", true));
    app.act(Action::UseLink).await;
    assert_eq!(sign_in_screen(&app), nobody(SignedOutReason::Never));
    assert_eq!(tablet.file.state().unsigned["tenant"], "zonnetje");
}

#[tokio::test(start_paused = true)]
async fn a_setup_link_that_was_accepted_is_no_question_any_more() {
    let tablet = Tablet::managed(&json!({}));
    let app = tablet.start().await;
    let log = LogLines::keep();
    app.open_link(CARD).await;
    app.act(Action::UseLink).await;
    app.open_link(CARD).await;
    assert_eq!(sign_in_screen(&app), nobody(SignedOutReason::Never));
    assert_eq!(log.with("link_known").len(), 1);
    app.open_link(OTHER_CARD).await;
    assert!(matches!(app.screen(), Screen::SetUpLink { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_setup_link_that_was_refused_or_came_during_a_sign_in_is_not_used_later() {
    let tablet = Tablet::managed(&json!({}));
    let app = tablet.start().await;
    app.open_link(OTHER_CARD).await;
    app.act(Action::Cancel).await;
    assert!(matches!(app.screen(), Screen::NotSetUp { .. }), "{:?}", app.screen());
    app.open_link(CARD).await;
    app.act(Action::UseLink).await;
    app.act(Action::SignIn).await;
    app.open_link(OTHER_CARD).await;
    assert!(matches!(app.screen(), Screen::Browser { .. }), "{:?}", app.screen());
    assert_eq!(tablet.file.state().unsigned["tenant"], "zonnetje");
}

#[tokio::test(start_paused = true)]
async fn a_damaged_setup_link_is_refused_on_screen() {
    let tablet = Tablet::managed(&json!({}));
    let app = tablet.start().await;
    app.open_link("nl.kidskonnect.groep:/setup#a.b.c").await;
    let refused = AppError::new(ErrorKind::LinkRefused, ErrorCode::LinkBroken);
    assert!(
        matches!(app.screen(), Screen::NotSetUp { error, .. } if error == Some(refused)),
        "{:?}",
        app.screen()
    );
}

#[tokio::test(start_paused = true)]
async fn a_window_that_the_site_may_not_open_opens_in_the_browser_once_for_each_touch() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    tablet.device.take_calls();
    let elsewhere = url("https://elsewhere.example/");
    let refused = || {
        app.site_host.on_event(SiteEvent::Refused {
            url: elsewhere.clone(),
            reason: RefusalReason::Host,
            what: RefusedWhat::Window,
        });
    };
    refused();
    refused();
    app.pass(10 * SECOND).await;
    refused();
    app.settle().await;
    assert_eq!(tablet.device.take_calls(), [Call::OpenBrowser(elsewhere.clone())]);
    app.site_host.on_event(SiteEvent::UserActivity);
    refused();
    app.settle().await;
    assert_eq!(tablet.device.take_calls(), [Call::OpenBrowser(elsewhere.clone())]);
}

#[tokio::test(start_paused = true)]
async fn errors_are_kept_for_the_status_page_the_newest_first() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    let codes = [
        ErrorCode::Denied,
        ErrorCode::NotJson,
        ErrorCode::SiteUnreachable,
        ErrorCode::BrowserAbsent,
        ErrorCode::Unreachable,
    ];
    let [sign_in, transfer, site, browser, refresh] = codes.map(AppError::from);
    app.inbox.event(Event::SignInFailed(sign_in));
    app.inbox.event(Event::SessionTransferDeferred(transfer));
    app.inbox.event(Event::SiteFailed {
        error: site,
        retry_after: None,
    });
    app.inbox.event(Event::BrowserFailed(browser));
    app.inbox.send(Message::RefreshFailed(refresh));
    app.inbox.event(Event::SetupLinkRefused(ErrorCode::LinkBroken.into()));
    app.settle().await;
    assert_eq!(
        app.status().await.recent_errors,
        [refresh, browser, site, transfer, sign_in]
    );
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_failed_is_on_the_status_page_and_is_tried_again() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    tablet.provider.answer_next("/token", Answer::Json(200, Value::Null));
    app.pass(25 * HOUR + MINUTE).await;
    assert_eq!(app.status().await.recent_errors, [AppError::from(ErrorCode::NotJson)]);
    assert_eq!(tablet.provider.refreshes(), 2);
    assert!(tablet.provider.sessions() == 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_of_an_older_sign_in_is_ignored_unless_it_brings_a_session() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start().await;
    // The authorization request is the first sign-in, its browser the second.
    app.act(Action::SignIn).await;
    let failed = |code| Event::SignInFailed(AppError::from(code));
    app.inbox.send(Message::SignIn(1, failed(ErrorCode::Denied)));
    app.settle().await;
    assert!(matches!(app.screen(), Screen::Browser { .. }), "{:?}", app.screen());
    app.inbox.send(Message::SignIn(2, failed(ErrorCode::Tls)));
    app.settle().await;
    let tls = AppError::from(ErrorCode::Tls);
    assert!(
        matches!(app.screen(), Screen::Trouble { error, .. } if error == tls),
        "{:?}",
        app.screen()
    );
    app.inbox.send(Message::SignIn(1, Event::SignedIn { unsaved: None }));
    app.settle().await;
    assert!(is_group_view(&app), "{:?}", app.screen());
    assert_eq!(app.status().await.recent_errors, [tls], "an ignored event is no error");
}

#[tokio::test(start_paused = true)]
async fn closing_the_sites_window_quits_and_nothing_else_does() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    app.pass(HOUR).await;
    assert_eq!(app.ui.quits(), 0);
    app.site_host.on_event(SiteEvent::WindowClosed);
    app.settle().await;
    assert_eq!(app.ui.quits(), 1);
}

#[tokio::test(start_paused = true)]
async fn when_the_loop_is_dropped_all_work_beside_it_stops() {
    let tablet = Tablet::managed(&json!({"tenant": "zonnetje", "keep_screen_on": "charging"}));
    tablet.device.set_charging(Some(true));
    tablet.start_signed_in().await.kill().await;
    tablet.device.set_browser(|_| None);
    tablet.store().remove(Slot::Session).unwrap();
    let app = tablet.start().await;
    app.act(Action::SignIn).await;
    assert_eq!(tablet.device.open_sheets(), 1, "{:?}", app.screen());
    app.kill().await;
    assert_eq!(tablet.device.open_sheets(), 0);
    tablet.device.take_calls();
    tablet.device.set_charging(Some(false));
    tokio::time::sleep(48 * HOUR).await;
    assert_eq!(tablet.device.take_calls(), []);
    assert_eq!(tablet.provider.refreshes(), 0);
}
