use std::time::Duration;

use app_state::{Action, Screen, Setting, StatusInfo};
use error_codes::ErrorCode;
use serde_json::{Value, json};
use session::StoreError;
use session::store::Slot;
use settings::Source;
use tauri_plugin_site_view::{Host, RefusalReason, SiteEvent};

use super::*;
use crate::diagnostics::capture::LogLines;
use crate::fakes::{Answer, CLIENT, Call, ISSUER, Running, SiteCall, Tablet, url};

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
pub(super) const GROUP: &str = "http://127.0.0.2:4401/zonnetje/groep";
const AUTHORIZE: &str =
    "http://127.0.0.1:4400/authorize?client_id=web&redirect_uri=http%3A%2F%2F127.0.0.2%3A4401%2Fcallback";

pub(super) fn group() -> Value {
    json!({"tenant": "zonnetje"})
}

pub(super) fn with(key: &str, value: &str) -> Value {
    json!({"tenant": "zonnetje", key: value})
}

pub(super) fn is_group_view(app: &Running) -> bool {
    matches!(app.screen(), Screen::Group { .. })
}

pub(super) fn is_sign_in(app: &Running, expected: SignedOutReason) -> bool {
    matches!(app.screen(), Screen::SignIn { why, .. } if why == expected)
}

pub(super) fn shown_error(app: &Running) -> AppError {
    match app.screen() {
        Screen::Trouble { error, .. } => error,
        other => panic!("{other:?}"),
    }
}

pub(super) fn error(kind: ErrorKind, code: ErrorCode) -> AppError {
    AppError::new(kind, code)
}

fn end_session() -> Call {
    Call::OpenBrowser(url(&format!("{ISSUER}logout?client_id={CLIENT}")))
}

async fn typed(app: &Running, typed: &str) {
    let typed = typed.to_owned();
    app.act(Action::SetTenant { typed }).await;
}

#[tokio::test(start_paused = true)]
async fn a_typed_organisation_is_saved_and_can_be_forgotten() {
    let tablet = Tablet::managed(&json!({}));
    let app = tablet.start().await;
    typed(&app, "Zonnetje").await;
    assert!(is_sign_in(&app, SignedOutReason::Never), "{:?}", app.screen());
    assert_eq!(tablet.file.state().set_up["tenant"], "zonnetje");
    app.act(Action::ChangeOrganisation).await;
    assert!(matches!(app.screen(), Screen::NotSetUp { .. }), "{:?}", app.screen());
    assert_eq!(tablet.file.state().set_up.get("tenant"), None);
    typed(&app, "https://regenboog.ouderportaal.nl/groep").await;
    assert_eq!(tablet.file.state().set_up["tenant"], "regenboog");
}

#[tokio::test(start_paused = true)]
async fn a_text_that_is_no_organisation_comes_back_with_the_reason_and_a_hundred_characters_at_most() {
    let tablet = Tablet::managed(&json!({}));
    let app = tablet.start().await;
    for (text, kind, code) in [
        ("", ErrorKind::TenantEmpty, ErrorCode::TypedEmpty),
        ("de zon", ErrorKind::TenantInvalid, ErrorCode::TypedInvalid),
        (
            "https://elsewhere.example/",
            ErrorKind::TenantForeign,
            ErrorCode::TypedForeign,
        ),
        ("a@zonnetje.nl", ErrorKind::TenantEmail, ErrorCode::TypedEmail),
    ] {
        typed(&app, text).await;
        let Screen::NotSetUp { typed, error: seen, .. } = app.screen() else {
            panic!("{:?}", app.screen())
        };
        assert_eq!((typed.as_str(), seen), (text, Some(error(kind, code))));
    }
    typed(&app, &"é".repeat(101)).await;
    let Screen::NotSetUp { typed, .. } = app.screen() else {
        panic!("{:?}", app.screen())
    };
    assert_eq!(typed, "é".repeat(100));
    assert_eq!(tablet.file.state(), SavedState::default());
}

#[tokio::test(start_paused = true)]
async fn a_change_that_the_disk_refuses_still_holds_until_the_app_ends() {
    let tablet = Tablet::managed(&json!({}));
    let (app, log) = (tablet.start().await, LogLines::keep());
    tablet.file.set_full(true);
    typed(&app, "zonnetje").await;
    assert!(is_sign_in(&app, SignedOutReason::Never), "{:?}", app.screen());
    assert_eq!(tablet.file.state(), SavedState::default());
    assert_eq!(log.with("\"effect\":\"set_tenant\"").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_the_keystore_refuses_is_saved_when_it_can_be() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start().await;
    app.act(Action::SignIn).await;
    let callback = tablet.provider.authorize(&app.browser_url());
    tablet.store().fail_saves(4);
    app.open_link(&callback).await;
    assert_eq!(
        shown_error(&app),
        error(ErrorKind::KeystoreFailed, ErrorCode::KeystoreFailed)
    );
    assert_eq!(tablet.file.state().signed_in, None);
    app.pass(10 * SECOND).await;
    assert!(is_group_view(&app), "{:?}", app.screen());
    assert!(tablet.store().get(Slot::Session).is_some() && tablet.file.state().signed_in.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_keystore_that_is_locked_at_the_start_says_so_and_is_read_again_on_request() {
    let tablet = Tablet::managed(&group());
    tablet.store().set_error(Some(StoreError::Locked));
    let app = tablet.start().await;
    assert_eq!(
        shown_error(&app),
        error(ErrorKind::KeystoreLocked, ErrorCode::KeystoreLocked)
    );
    tablet.store().set_error(None);
    app.act(Action::Retry).await;
    assert!(is_sign_in(&app, SignedOutReason::Never), "{:?}", app.screen());
}

/// The site asks the identity provider for a sign-in.
fn intercept(app: &Running) {
    app.site_host.on_event(SiteEvent::NavigationIntercepted(url(AUTHORIZE)));
}

#[tokio::test(start_paused = true)]
async fn the_cookie_of_a_session_transfer_is_set_before_the_navigation_goes_on() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    app.site.take_calls();
    app.site.set_cookie_takes(5 * SECOND);
    intercept(&app);
    app.pass(4 * SECOND).await;
    assert_eq!(app.site.calls(), []);
    app.pass(2 * SECOND).await;
    let calls = app.site.calls();
    assert!(
        matches!(&calls[..], [SiteCall::SetCookie { .. }, SiteCall::Load(to)] if *to == url(AUTHORIZE)),
        "{calls:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn without_session_transfer_the_site_shows_its_own_sign_in_page() {
    let tablet = Tablet::managed(&group());
    tablet.provider.set_transfers(false);
    let app = tablet.start_signed_in().await;
    app.site.take_calls();
    for _ in 0..2 {
        intercept(&app);
        app.settle().await;
        assert_eq!(app.site.take_calls(), [SiteCall::Load(url(AUTHORIZE))]);
    }
    let asked = tablet.provider.requests("/token").len();
    assert_eq!(asked, 2, "the sign-in, and one session transfer");
}

#[tokio::test(start_paused = true)]
async fn a_session_transfer_that_fails_for_now_is_shown_and_tried_again() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    app.site.take_calls();
    tablet.provider.answer_next("/token", Answer::Json(302, json!({})));
    intercept(&app);
    app.settle().await;
    assert_eq!(shown_error(&app), error(ErrorKind::CaptivePortal, ErrorCode::Redirect));
    app.pass(10 * SECOND).await;
    assert_eq!(app.site.calls(), [SiteCall::Hide, SiteCall::Load(url(GROUP))]);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_the_provider_has_ended_leaves_nothing_in_the_site_view() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    app.site.take_calls();
    tablet.provider.end_sessions();
    intercept(&app);
    app.settle().await;
    assert!(is_sign_in(&app, SignedOutReason::Ended), "{:?}", app.screen());
    assert_eq!(
        app.site.calls(),
        [SiteCall::Hide, SiteCall::Close, SiteCall::Clear, SiteCall::Cleared]
    );
    assert_eq!(tablet.file.state().signed_in, None);
}

#[tokio::test(start_paused = true)]
async fn effects_are_carried_out_in_order_and_the_next_one_waits_for_the_deletion() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    app.site.take_calls();
    tablet.device.take_calls();
    app.site.set_clear_takes(5 * SECOND);
    app.inbox.event(Event::SessionEnded(SignedOutReason::Ended));
    app.handle.dispatch(Action::SignIn);
    app.pass(4 * SECOND).await;
    assert_eq!(app.site.calls(), [SiteCall::Hide, SiteCall::Close, SiteCall::Clear]);
    let state = tablet.file.state();
    assert!(
        state.signed_in.is_none() && state.site_uncleared,
        "a start after a kill now deletes before it opens a page"
    );
    assert_eq!(
        tablet.device.calls(),
        [],
        "nobody signs in while the data of the last person are there"
    );
    app.pass(2 * SECOND).await;
    assert_eq!(app.site.calls().last(), Some(&SiteCall::Cleared));
    assert!(!tablet.file.state().site_uncleared);
    assert!(matches!(app.screen(), Screen::Browser { .. }), "{:?}", app.screen());
}

#[tokio::test(start_paused = true)]
async fn a_site_view_that_refuses_is_logged_and_stops_nothing() {
    let tablet = Tablet::managed(&group());
    let (app, log) = (tablet.start().await, LogLines::keep());
    app.site.take_calls();
    app.site.refuse();
    app.sign_in().await;
    app.inbox.event(Event::SessionEnded(SignedOutReason::Ended));
    app.settle().await;
    assert!(is_sign_in(&app, SignedOutReason::Ended), "{:?}", app.screen());
    for effect in ["load_site", "show_site", "close_site", "clear_site"] {
        let line = format!(r#"{{"event":"failed","effect":"{effect}","error":"no site is open"}}"#);
        assert_eq!(log.with(effect), [line]);
    }
    assert_eq!(
        app.site.calls()[2..],
        [SiteCall::Hide, SiteCall::Clear],
        "a site that cannot be hidden is not closed in front of a person"
    );
    assert_eq!(tablet.file.state().signed_in, None);
}

#[tokio::test(start_paused = true)]
async fn a_person_who_signs_out_is_signed_out_of_the_browser_too() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    tablet.device.take_calls();
    app.site.take_calls();
    app.sign_out().await;
    assert!(is_sign_in(&app, SignedOutReason::Person), "{:?}", app.screen());
    assert_eq!(tablet.device.take_calls(), [end_session()]);
    assert_eq!(
        (tablet.provider.sessions(), tablet.store().get(Slot::Session)),
        (0, None)
    );
    assert!(app.site.calls().contains(&SiteCall::Cleared));
}

/// An app whose loop does not run, to carry out single effects.
fn idle_app(tablet: &Tablet) -> App {
    let (inbox, messages) = crate::channel();
    App::new(crate::Parts {
        site_host: Arc::new(crate::SiteHost::new(inbox.clone())),
        inbox,
        messages,
        site: Arc::new(crate::fakes::FakeSite::default()),
        device: tablet.device.clone(),
        ui: Arc::new(crate::fakes::FakeUi::default()),
        platform: tablet.platform(),
        sources: tablet.sources(),
        saved: SavedStateStore::open(tablet.file.clone()),
        log_level: tablet.log_level.clone(),
    })
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_writes_all_that_has_to_go_at_once_so_that_no_kill_comes_between() {
    let tablet = Tablet::managed(&group());
    tablet
        .file
        .change(|saved| saved.signed_in = Some("a session".to_owned()));
    let writes = tablet.file.writes();
    idle_app(&tablet).carry_out(Effect::SignOut).await;
    let saved = tablet.file.state();
    assert_eq!(saved.signed_in, None, "the next start would open the group view");
    assert!(saved.site_uncleared && saved.keystore_to_empty.is_some());
    assert_eq!(tablet.file.writes() - writes, 1);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_cannot_be_opened_in_the_browser_is_logged() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    let log = LogLines::keep();
    tablet.device.set_open_browser(Err(BrowserError::Blocked));
    app.inbox
        .send(Message::OpenExternally(url("https://elsewhere.example/")));
    app.sign_out().await;
    for effect in ["open_externally", "end_session"] {
        assert_eq!(
            log.with(effect),
            [format!(
                "{{\"event\":\"failed\",\"effect\":\"{effect}\",\"code\":\"E195\"}}"
            )]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn changed_settings_end_the_session_and_open_no_browser() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    tablet.device.take_calls();
    tablet.device.manage(&json!({"tenant": "regenboog"}));
    app.settle().await;
    assert!(is_sign_in(&app, SignedOutReason::Changed), "{:?}", app.screen());
    assert_eq!(
        (tablet.provider.sessions(), tablet.store().get(Slot::Session)),
        (0, None)
    );
    assert_eq!(tablet.device.take_calls(), []);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_a_person_followed_out_of_the_group_view_opens_in_the_browser() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    tablet.device.take_calls();
    let away = || {
        app.site_host.on_event(SiteEvent::RedirectedAway {
            url: url("https://elsewhere.example/"),
            reason: RefusalReason::Host,
            link: true,
        });
    };
    app.site_host.on_event(SiteEvent::Loaded(url(GROUP)));
    away();
    away();
    app.settle().await;
    assert_eq!(
        tablet.device.take_calls(),
        [Call::OpenBrowser(url("https://elsewhere.example/"))],
        "as often as a refused window"
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_that_cannot_load_is_loaded_again_by_itself() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    app.site.take_calls();
    app.site_host
        .on_event(SiteEvent::Failed(tauri_plugin_site_view::LoadError::Unreachable));
    app.settle().await;
    assert_eq!(
        shown_error(&app),
        error(ErrorKind::SiteUnreachable, ErrorCode::SiteUnreachable)
    );
    app.pass(SECOND).await;
    assert_eq!(app.site.calls(), [SiteCall::Hide, SiteCall::Load(url(GROUP))]);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_in_place_of_the_loaded_group_view_is_covered_and_never_opens_in_the_browser() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    app.site_host.on_event(SiteEvent::Loaded(url(GROUP)));
    app.settle().await;
    app.site.take_calls();
    tablet.device.take_calls();
    app.site_host
        .on_event(SiteEvent::Failed(tauri_plugin_site_view::LoadError::PageRefused));
    app.settle().await;
    assert_eq!(
        shown_error(&app),
        error(ErrorKind::CaptivePortal, ErrorCode::HostNotTrusted)
    );
    app.pass(10 * SECOND).await;
    assert_eq!(app.site.calls(), [SiteCall::Hide, SiteCall::Load(url(GROUP))]);
    assert_eq!(tablet.device.take_calls(), []);
}

#[tokio::test(start_paused = true)]
async fn a_page_gets_another_session_transfer_half_a_minute_after_the_last() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    let transfers = |app: &Running| {
        let is_cookie = |call: &SiteCall| matches!(call, SiteCall::SetCookie { value, .. } if !value.is_empty());
        app.site.calls().into_iter().filter(is_cookie).count()
    };
    intercept(&app);
    app.settle().await;
    app.site_host.on_event(SiteEvent::Loaded(url(GROUP)));
    app.pass(29 * SECOND).await;
    intercept(&app);
    app.settle().await;
    assert_eq!(transfers(&app), 1, "a page that redirects in a loop gets one");
    app.pass(2 * SECOND).await;
    intercept(&app);
    app.settle().await;
    assert_eq!(transfers(&app), 2);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_refreshed_while_the_app_runs_and_ends_when_the_provider_says_so() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    for _ in 0..3 {
        app.handle.came_to_front();
        app.pass(8 * HOUR + 30 * MINUTE).await;
    }
    assert_eq!(
        tablet.provider.refreshes(),
        1,
        "one task, however often the app comes to the front"
    );
    tablet.provider.end_sessions();
    app.pass(26 * HOUR).await;
    assert!(is_sign_in(&app, SignedOutReason::Ended), "{:?}", app.screen());
    app.sign_in().await;
    app.pass(26 * HOUR).await;
    assert_eq!(tablet.provider.sessions(), 1);
    assert_eq!(tablet.provider.refreshes(), 3, "the next session is refreshed, too");
}

#[tokio::test(start_paused = true)]
async fn coming_to_the_front_makes_the_daily_refresh_look_again() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    app.pass(23 * HOUR + 30 * MINUTE).await;
    // The task looks once an hour; by now it looks again at 24 hours.
    tablet.clock.set_forward(3_600);
    app.settle().await;
    assert_eq!(tablet.provider.refreshes(), 0);
    app.handle.came_to_front();
    app.settle().await;
    assert_eq!(tablet.provider.refreshes(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_due_when_the_app_comes_to_the_front_begins_within_seconds() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    // Of the spread of a quarter of an hour, this is twelve minutes.
    tablet.random.set_wait(51);
    app.pass(2 * HOUR).await;
    // The tablet slept for a day.
    tablet.clock.set_forward(24 * 3_600);
    app.handle.came_to_front();
    app.pass(4 * SECOND).await;
    assert_eq!(tablet.provider.refreshes(), 0, "somebody may only look at the tablet");
    app.pass(12 * SECOND).await;
    assert_eq!(tablet.provider.refreshes(), 1);
}

#[tokio::test(start_paused = true)]
async fn coming_to_the_front_does_not_hurry_a_refresh_that_failed() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    tablet.random.set_wait(51);
    for _ in 0..9 {
        tablet.provider.answer_next("/token", Answer::Json(500, Value::Null));
    }
    tablet.clock.set_forward(24 * 3_600);
    app.pass(2 * MINUTE).await;
    app.handle.came_to_front();
    app.pass(MINUTE).await;
    let tried = tablet.provider.refreshes();
    assert!(tried > 0);
    app.pass(MINUTE).await;
    app.handle.came_to_front();
    app.pass(MINUTE).await;
    assert_eq!(tablet.provider.refreshes(), tried);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_becomes_due_later_is_refreshed_in_its_own_time() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start_signed_in().await;
    tablet.random.set_wait(51);
    app.pass(23 * HOUR).await;
    app.handle.came_to_front();
    app.pass(HOUR + MINUTE).await;
    assert_eq!(tablet.provider.refreshes(), 0);
    app.pass(15 * MINUTE).await;
    assert_eq!(tablet.provider.refreshes(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_status_page_tells_how_the_tablet_is_set_up() {
    let tablet = Tablet::managed(&json!({
        "tenant": "zonnetje", "support_contact": "tel:+31201234567", "language": "fr", "account_type": "group",
    }));
    let app = tablet.start_signed_in().await;
    let info = app.status().await;
    let setting = |key: &str, value: &str| Setting {
        key: key.to_owned(),
        value: value.to_owned(),
        source: Source::Managed,
    };
    let expected = StatusInfo {
        personal: false,
        days_left: Some(60),
        environment: Some("development".to_owned()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        device: vec!["Test".to_owned()],
        recent_errors: vec![],
        support: Some("tel:+31201234567".to_owned()),
        settings: vec![
            setting("tenant", "zonnetje"),
            setting("account_type", "group"),
            setting("support_contact", "tel:+31201234567"),
        ],
        invalid_settings: vec!["language E108".to_owned()],
    };
    assert_eq!(info, expected);
}

#[tokio::test(start_paused = true)]
async fn a_personal_session_says_so_on_the_status_page() {
    let tablet = Tablet::managed(&with("account_type", "personal"));
    let app = tablet.start_signed_in().await;
    let info = app.status().await;
    assert!(info.personal && info.days_left == Some(60), "{info:?}");
}
