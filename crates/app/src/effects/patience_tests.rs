//! What passes by itself, and what another person left: the app comes through it without a sign-in, and leaves nothing.

use std::time::Duration;

use app_state::{Action, Screen};
use serde_json::{Value, json};
use session::StoreError;
use session::store::Slot;
use tauri_plugin_site_view::{Host, LoadError, RefusalReason, SiteEvent};

use super::*;
use crate::fakes::{Answer, Running, SiteCall, Tablet, url};
use crate::handle::SessionOwner;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const GROUP: &str = "http://127.0.0.2:4401/zonnetje/groep";
const LOGIN: &str = "http://127.0.0.1:4400/u/login";
const AUTHORIZE: &str =
    "http://127.0.0.1:4400/authorize?client_id=web&redirect_uri=http%3A%2F%2F127.0.0.2%3A4401%2Fcallback";

fn group() -> Value {
    json!({"tenant": "zonnetje"})
}

#[track_caller]
fn expect_group_view(app: &Running) {
    assert!(matches!(app.screen(), Screen::Group { .. }), "{:?}", app.screen());
}

#[track_caller]
fn expect_signed_out(app: &Running, expected: SignedOutReason) {
    assert!(
        matches!(app.screen(), Screen::SignIn { why, .. } if why == expected),
        "{:?}",
        app.screen()
    );
}

#[track_caller]
fn expect_error(app: &Running, code: ErrorCode) {
    assert!(
        matches!(app.screen(), Screen::Trouble { error, .. } if error.code == code),
        "{:?}",
        app.screen()
    );
}

/// Neither the identity provider nor the keystore has a session.
#[track_caller]
fn expect_no_session(tablet: &Tablet) {
    assert_eq!(
        (tablet.provider.sessions(), tablet.store().get(Slot::Session)),
        (0, None)
    );
}

/// The site asks the identity provider for a sign-in.
async fn ask_for_sign_in(app: &Running) {
    app.site_host.on_event(SiteEvent::NavigationIntercepted(url(AUTHORIZE)));
    app.settle().await;
}

/// The site's server answers that it cannot serve the page now.
async fn answer_busy(app: &Running, retry_after: Option<Duration>) {
    app.site_host
        .on_event(SiteEvent::Failed(LoadError::Server { retry_after }));
    app.settle().await;
    app.site.take_calls();
}

#[tokio::test(start_paused = true)]
async fn a_site_that_asks_to_wait_is_not_loaded_sooner_and_then_loads_by_itself() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    answer_busy(&app, Some(10 * MINUTE)).await;
    expect_error(&app, ErrorCode::SiteServerFault);
    app.pass(5 * MINUTE).await;
    app.handle.came_to_front();
    app.pass(4 * MINUTE).await;
    assert_eq!(app.site.calls(), [], "also not for a person who only opens the cover");
    app.pass(4 * MINUTE).await;
    assert_eq!(app.site.take_calls(), [SiteCall::Load(url(GROUP))]);
    app.site_host.on_event(SiteEvent::Loaded(url(GROUP)));
    app.settle().await;
    expect_group_view(&app);
}

#[tokio::test(start_paused = true)]
async fn a_person_loads_a_site_that_asks_to_wait_at_once() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    answer_busy(&app, Some(10 * MINUTE)).await;
    app.act(Action::Retry).await;
    assert_eq!(app.site.take_calls(), [SiteCall::Load(url(GROUP))]);
    app.pass(HOUR).await;
    assert_eq!(app.site.calls(), [], "the wait is over, and a load is under way");
}

#[tokio::test(start_paused = true)]
async fn a_site_that_asks_to_wait_for_a_day_is_loaded_after_an_hour_and_a_quarter_at_most() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    answer_busy(&app, Some(24 * HOUR)).await;
    app.pass(59 * MINUTE).await;
    assert_eq!(app.site.calls(), []);
    app.pass(17 * MINUTE).await;
    assert_eq!(app.site.calls(), [SiteCall::Load(url(GROUP))]);
}

#[tokio::test(start_paused = true)]
async fn a_site_that_fails_without_a_request_to_wait_is_asked_half_as_often_each_time() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    for _ in 0..6 {
        answer_busy(&app, None).await;
        app.pass(2 * MINUTE).await;
        assert_eq!(app.site.take_calls(), [SiteCall::Load(url(GROUP))]);
    }
    answer_busy(&app, None).await;
    app.pass(30 * SECOND).await;
    assert_eq!(app.site.calls(), [], "32 to 64 seconds after the seventh time");
}

#[tokio::test(start_paused = true)]
async fn nobody_signs_in_over_data_that_the_site_view_did_not_delete() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    app.site.refuse();
    tablet.provider.end_sessions();
    ask_for_sign_in(&app).await;
    tablet.device.take_calls();
    app.act(Action::SignIn).await;
    expect_error(&app, ErrorCode::SiteDataNotDeleted);
    assert_eq!(tablet.device.calls(), [], "no browser opens");
    app.kill().await;

    let app = tablet.start().await;
    assert_eq!(
        app.site.calls()[..2],
        [SiteCall::Clear, SiteCall::Cleared],
        "the next start deletes them before it opens a page"
    );
    app.sign_in().await;
}

#[tokio::test(start_paused = true)]
async fn an_app_that_was_removed_and_installed_again_starts_signed_out_where_the_keystore_outlives_it() {
    let mut tablet = Tablet::managed(&group());
    tablet.keystore_outlives_app = true;
    tablet.start_signed_in().await.kill().await;
    let app = tablet.start().await;
    expect_group_view(&app);
    app.kill().await;

    tablet.file.remove();
    let app = tablet.start().await;
    expect_signed_out(&app, SignedOutReason::Never);
    expect_no_session(&tablet);
    app.sign_in().await;
    app.kill().await;
    expect_group_view(&tablet.start().await);
}

#[tokio::test(start_paused = true)]
async fn a_group_accounts_session_from_before_is_revoked_at_the_first_start_as_a_personal_account() {
    let tablet = Tablet::managed(&group());
    tablet.start_signed_in().await.kill().await;
    tablet
        .device
        .manage(&json!({"tenant": "zonnetje", "account_type": "personal"}));
    let app = tablet.start().await;
    expect_signed_out(&app, SignedOutReason::Changed);
    expect_no_session(&tablet);
}

#[tokio::test(start_paused = true)]
async fn a_rotated_token_that_the_keystore_refused_is_saved_within_seconds() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    let refreshes = tablet.provider.refreshes();
    tablet.store().fail_saves(usize::MAX);
    app.pass(24 * HOUR + 20 * MINUTE).await;
    assert_eq!(tablet.provider.refreshes(), refreshes + 1);
    expect_group_view(&app);
    tablet.store().fail_saves(0);
    app.pass(2 * MINUTE).await;
    app.kill().await;

    let app = tablet.start().await;
    app.pass(25 * HOUR).await;
    expect_group_view(&app);
}

#[tokio::test(start_paused = true)]
async fn an_identity_provider_that_begins_to_offer_session_transfer_is_asked_again_after_an_hour() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    tablet.provider.set_transfers(false);
    ask_for_sign_in(&app).await;
    let asked = tablet.provider.transfers();
    tablet.provider.set_transfers(true);
    app.site_host.on_event(SiteEvent::Loaded(url(GROUP)));
    app.pass(59 * MINUTE).await;
    ask_for_sign_in(&app).await;
    assert_eq!(tablet.provider.transfers(), asked, "not within the hour");
    app.site_host.on_event(SiteEvent::Loaded(url(GROUP)));
    app.pass(2 * MINUTE).await;
    ask_for_sign_in(&app).await;
    assert_eq!(tablet.provider.transfers(), asked + 1);
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_page_that_nobody_asked_for_is_left_when_nobody_uses_it() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    ask_for_sign_in(&app).await;
    app.site_host.on_event(SiteEvent::Loaded(url(LOGIN)));
    app.settle().await;
    app.site.take_calls();
    app.pass(31 * Duration::from_secs(1)).await;
    let loads = |calls: Vec<SiteCall>| -> Vec<_> {
        let is_load = |call: &SiteCall| matches!(call, SiteCall::Load(_));
        calls.into_iter().filter(is_load).collect()
    };
    assert_eq!(loads(app.site.take_calls()), [SiteCall::Load(url(GROUP))]);
    // Somebody begins to type on it.
    app.site_host.on_event(SiteEvent::Loaded(url(LOGIN)));
    app.pass(Duration::from_secs(20)).await;
    app.site_host.on_event(SiteEvent::UserActivity);
    app.pass(9 * MINUTE).await;
    assert_eq!(app.site.take_calls(), []);
    app.pass(2 * MINUTE).await;
    assert_eq!(app.site.take_calls(), [SiteCall::Load(url(GROUP))]);
}

#[tokio::test(start_paused = true)]
async fn whoever_opens_the_tablet_gets_the_group_view_instead_of_an_old_sign_in_page() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    // The app has left such a page twice, and waits for longer now.
    for _ in 0..3 {
        ask_for_sign_in(&app).await;
        app.site_host.on_event(SiteEvent::Loaded(url(LOGIN)));
        app.pass(31 * SECOND).await;
    }
    app.site.take_calls();
    app.pass(10 * MINUTE).await;
    assert_eq!(app.site.take_calls(), []);
    app.handle.came_to_front();
    app.settle().await;
    let calls = app.site.take_calls();
    assert!(calls.contains(&SiteCall::Load(url(GROUP))), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_without_a_refresh_token_is_reported_instead_of_beginning_a_loop() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start().await;
    tablet.provider.drop_refresh_tokens();
    app.act(Action::SignIn).await;
    let callback = tablet.provider.authorize(&app.browser_url());
    app.open_link(&callback).await;
    expect_error(&app, ErrorCode::NoRefreshToken);
    assert_eq!(tablet.file.state().signed_in, None);
}

#[tokio::test(start_paused = true)]
async fn a_managed_configuration_that_is_empty_for_a_moment_ends_no_session_and_one_that_stays_empty_does() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    tablet.device.manage(&json!({}));
    app.pass(20 * MINUTE).await;
    // Somebody sets the clock.
    tablet.clock.set_forward(3_600);
    app.pass(9 * MINUTE).await;
    expect_group_view(&app);
    tablet.device.manage(&group());
    app.pass(HOUR).await;
    expect_group_view(&app);
    assert_eq!(tablet.provider.sessions(), 1);
    tablet.device.manage(&json!({}));
    app.pass(31 * MINUTE).await;
    assert!(matches!(app.screen(), Screen::NotSetUp { .. }), "{:?}", app.screen());
    assert_eq!(tablet.provider.sessions(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_managed_configuration_that_names_no_organisation_for_a_moment_ends_no_session_and_another_one_does() {
    let tablet = Tablet::managed(&json!({"tenant": "zonnetje", "language": "en"}));
    let app = tablet.start_signed_in().await;
    for half in [
        json!({"tenant": ""}),
        json!({"language": "nl"}),
        json!({"tenant": "", "language": "nl"}),
    ] {
        tablet.device.manage(&half);
        app.pass(10 * MINUTE).await;
        expect_group_view(&app);
        tablet.device.manage(&group());
        app.pass(HOUR).await;
        expect_group_view(&app);
    }
    assert_eq!(tablet.provider.sessions(), 1);
    // One that stays so means it, and one that names another organisation means it at once.
    tablet.device.manage(&json!({"language": "nl"}));
    app.pass(31 * MINUTE).await;
    assert!(matches!(app.screen(), Screen::NotSetUp { .. }), "{:?}", app.screen());
    tablet.device.manage(&group());
    app.settle().await;
    app.sign_in().await;
    tablet.device.manage(&json!({"tenant": "regenboog"}));
    app.settle().await;
    expect_signed_out(&app, SignedOutReason::Changed);
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_that_the_keystore_refused_is_completed_and_never_found_undone() {
    for is_restarted in [false, true] {
        let tablet = Tablet::managed(&group());
        let app = tablet.start_signed_in().await;
        tablet.store().set_error(Some(StoreError::Locked));
        app.sign_out().await;
        expect_signed_out(&app, SignedOutReason::Person);
        app.pass(MINUTE).await;
        assert!(tablet.store().get(Slot::Session).is_some());
        let app = if is_restarted {
            app.kill().await;
            tablet.store().set_error(None);
            tablet.start().await
        } else {
            tablet.store().set_error(None);
            app
        };
        app.pass(3 * MINUTE).await;
        expect_signed_out(
            &app,
            if is_restarted {
                SignedOutReason::Never
            } else {
                SignedOutReason::Person
            },
        );
        expect_no_session(&tablet);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_after_a_sign_out_that_the_keystore_refused_stays() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    tablet.store().set_error(Some(StoreError::Failed));
    app.sign_out().await;
    tablet.store().set_error(None);
    app.sign_in().await;
    app.pass(HOUR).await;
    expect_group_view(&app);
    app.kill().await;
    expect_group_view(&tablet.start().await);
}

#[tokio::test(start_paused = true)]
async fn a_new_session_stays_although_the_disk_did_not_take_the_note_of_the_sign_in() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    tablet.store().set_error(Some(StoreError::Locked));
    app.sign_out().await;
    tablet.store().set_error(None);
    tablet.file.set_full(true);
    app.pass(Duration::from_secs(2)).await;
    app.sign_in().await;
    app.kill().await;
    tablet.file.set_full(false);
    expect_group_view(&tablet.start().await);
    assert!(tablet.store().get(Slot::Session).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_change_that_the_disk_did_not_take_is_written_within_a_minute_of_its_recovery() {
    let tablet = Tablet::managed(&group());
    tablet.file.set_full(true);
    let app = tablet.start_signed_in().await;
    app.pass(10 * MINUTE).await;
    assert_eq!(tablet.file.state().signed_in, None);
    tablet.file.set_full(false);
    app.pass(MINUTE).await;
    assert!(tablet.file.state().signed_in.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_session_of_the_new_organisation_stays_although_the_disk_still_remembers_the_old_one() {
    let tablet = Tablet::managed(&group());
    tablet.start_signed_in().await.kill().await;
    let before = tablet.file.state();
    tablet.device.manage(&json!({"tenant": "regenboog"}));
    tablet.start_signed_in().await.kill().await;
    let session = tablet.store().get(Slot::Session);
    tablet.file.change(|state| *state = before.clone());
    let app = tablet.start().await;
    expect_group_view(&app);
    assert_eq!(tablet.store().get(Slot::Session), session);
    assert_eq!(
        app.site.take_calls()[..3],
        [
            SiteCall::Clear,
            SiteCall::Cleared,
            SiteCall::Load(url("http://127.0.0.2:4401/regenboog/groep"))
        ],
        "what the web view holds may be of the organisation before"
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_of_the_old_organisation_ends_although_the_disk_remembers_none() {
    let tablet = Tablet::managed(&group());
    tablet.start_signed_in().await.kill().await;
    tablet.file.change(|state| state.signed_in = None);
    tablet.device.manage(&json!({"tenant": "regenboog"}));
    let app = tablet.start().await;
    expect_signed_out(&app, SignedOutReason::Changed);
    expect_no_session(&tablet);
}

#[tokio::test(start_paused = true)]
async fn a_personal_account_leaves_no_group_accounts_session_in_the_keystore_whatever_the_disk_remembers() {
    let tablet = Tablet::managed(&group());
    tablet.start_signed_in().await.kill().await;
    tablet.file.change(|state| state.signed_in = None);
    tablet
        .device
        .manage(&json!({"tenant": "zonnetje", "account_type": "personal"}));
    tablet.store().set_error(Some(StoreError::Locked));
    let app = tablet.start().await;
    tablet.store().set_error(None);
    app.sign_in().await;
    app.pass(3 * MINUTE).await;
    expect_group_view(&app);
    assert_eq!(tablet.store().get(Slot::Session), None);
    assert_eq!(tablet.provider.sessions(), 1, "the personal account's");
}

#[tokio::test(start_paused = true)]
async fn nobody_signs_in_where_the_next_start_would_take_the_session_for_that_of_an_app_removed_before() {
    let mut tablet = Tablet::managed(&group());
    tablet.keystore_outlives_app = true;
    tablet.file.set_full(true);
    let app = tablet.start().await;
    app.act(Action::SignIn).await;
    expect_error(&app, ErrorCode::StateNotSaved);
    tablet.file.set_full(false);
    app.act(Action::Retry).await;
    app.sign_in().await;
    app.kill().await;
    expect_group_view(&tablet.start().await);
}

#[tokio::test(start_paused = true)]
async fn the_mdm_hears_that_the_identity_provider_has_refused_the_session_for_a_day_until_it_is_renewed() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    let refused = || Answer::Json(403, json!({"error": "mfa_required"}));
    tablet.provider.answer_always("/token", Some(refused()));
    let day = 24 * HOUR;
    app.pass(day + 23 * HOUR).await;
    assert_eq!(tablet.device.last_report(), []);
    app.pass(2 * HOUR).await;
    let report = tablet.device.last_report().pop().unwrap();
    assert_eq!(report.key, "session");
    assert!(
        report.message.starts_with(ErrorCode::PersonNeeded.number()),
        "{}",
        report.message
    );
    tablet.provider.answer_always("/token", None);
    app.pass(2 * HOUR).await;
    assert_eq!(tablet.device.last_report(), []);
}

#[tokio::test(start_paused = true)]
async fn staff_hear_it_too_once_a_day_and_not_while_they_work() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    let refused = Answer::Json(403, json!({"error": "mfa_required"}));
    tablet.provider.answer_always("/token", Some(refused));
    // Somebody touches the tablet again and again.
    for _ in 0..51 * 60 * 2 {
        app.site_host.on_event(SiteEvent::UserActivity);
        app.pass(30 * SECOND).await;
    }
    expect_group_view(&app);
    app.pass(MINUTE).await;
    expect_error(&app, ErrorCode::PersonNeeded);
    app.act(Action::OpenGroup).await;
    expect_group_view(&app);
    app.pass(12 * HOUR).await;
    // A restart does not show it again on the same day.
    app.kill().await;
    tablet.clock.set_forward(5 * 24 * 3_600);
    let app = tablet.start().await;
    app.pass(3 * HOUR).await;
    expect_error(&app, ErrorCode::PersonNeeded);
    app.act(Action::OpenGroup).await;
    app.kill().await;
    let app = tablet.start().await;
    app.pass(20 * HOUR).await;
    expect_group_view(&app);
    app.pass(3 * HOUR).await;
    expect_error(&app, ErrorCode::PersonNeeded);
    // The administrator has mended it: nobody needs to press anything.
    tablet.provider.answer_always("/token", None);
    app.pass(2 * HOUR).await;
    expect_group_view(&app);
}

#[tokio::test(start_paused = true)]
async fn the_answer_of_a_slow_keystore_counts_only_for_the_settings_that_it_was_asked_for() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start().await;
    tablet.device.manage(&json!({"tenant": "regenboog"}));
    let before = SessionOwner {
        session_key: Some("zonnetje".to_owned()),
        personal: false,
    };
    app.inbox.send(Message::KeystoreRead(before, KeystoreResult::Session));
    app.settle().await;
    expect_signed_out(&app, SignedOutReason::Never);
    assert_eq!(
        app.site.calls().iter().find(|call| matches!(call, SiteCall::Load(_))),
        None
    );
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_navigation_takes_its_token_out_of_the_cookies() {
    let tablet = Tablet::managed(&group());
    let away = SiteEvent::RedirectedAway {
        url: url("https://elsewhere.example/"),
        reason: RefusalReason::Host,
        link: false,
    };
    for end in [
        SiteEvent::Loaded(url(GROUP)),
        SiteEvent::Failed(LoadError::Unreachable),
        away,
    ] {
        let app = tablet.start_signed_in().await;
        ask_for_sign_in(&app).await;
        app.site.take_calls();
        app.site_host.on_event(end);
        app.pass(10 * SECOND).await;
        let is_withdrawn =
            |call: &SiteCall| matches!(call, SiteCall::SetCookie { value, expires_at: 0, .. } if value.is_empty());
        assert!(app.site.calls().iter().any(is_withdrawn), "{:?}", app.site.calls());
        app.sign_out().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_to_the_status_page_does_not_cover_what_somebody_is_working_on() {
    const STATUS: &str = "nl.kidskonnect.groep:/status";
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    app.site_host.on_event(SiteEvent::UserActivity);
    app.pass(SECOND).await;
    app.open_link(STATUS).await;
    expect_group_view(&app);
    // Whoever holds the app's icon on the home screen has not touched the app for some seconds.
    app.pass(SECOND).await;
    app.open_link(STATUS).await;
    assert!(matches!(app.screen(), Screen::Status { .. }), "{:?}", app.screen());
    // Also if that starts the app.
    app.kill().await;
    let app = tablet.start().await;
    app.open_link(STATUS).await;
    assert!(matches!(app.screen(), Screen::Status { .. }), "{:?}", app.screen());
}
