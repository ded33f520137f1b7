//! Signing in, from the button to the group view.

use app_state::{Action, Screen};
use session::HttpError;
use tauri_plugin_site_view::{Host, SiteEvent};

use super::tests::{GROUP, MINUTE, SECOND, error, group, is_group_view, is_sign_in, shown_error, with};
use super::*;
use crate::diagnostics::capture::LogLines;
use crate::fakes::{Answer, CLIENT, Call, ISSUER, SiteCall, Tablet, url};

#[tokio::test(start_paused = true)]
async fn a_sign_in_is_remembered_with_its_organisation_and_the_authorization_endpoint() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start().await;
    app.act(Action::SignIn).await;
    assert_eq!(
        app.browser_url().path(),
        "/login/authorize",
        "the metadata have been read"
    );
    app.open_link("nl.kidskonnect.groep:/callback?code=a&state=b").await;
    assert_eq!(tablet.file.state(), SavedState::default(), "another sign-in's callback");
    let callback = tablet.provider.authorize(&app.browser_url());
    app.open_link(&callback).await;
    let saved = tablet.file.state();
    assert_eq!(saved.authorize, Some(url(&format!("{ISSUER}login/authorize"))));
    assert_eq!(
        saved.signed_in,
        Some(format!("{ISSUER} {CLIENT}  {GROUP}")),
        "issuer, client, audience, group view"
    );
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_fails_has_read_the_metadata_too() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start().await;
    app.act(Action::SignIn).await;
    let callback = tablet.provider.authorize(&app.browser_url());
    // The session repeats the request once within seconds.
    for _ in 0..2 {
        tablet
            .provider
            .answer_next("/token", Answer::Lost(HttpError::Unreachable));
    }
    app.open_link(&callback).await;
    app.pass(MINUTE).await;
    assert_eq!(shown_error(&app), error(ErrorKind::NoNetwork, ErrorCode::Unreachable));
    let saved = tablet.file.state();
    assert!(saved.authorize.is_some() && saved.signed_in.is_none(), "{saved:?}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_the_disk_refuses_is_logged() {
    let tablet = Tablet::managed(&group());
    let (app, log) = (tablet.start().await, LogLines::keep());
    tablet.file.set_full(true);
    app.sign_in().await;
    assert_eq!(log.with("remember_authorization_endpoint").len(), 1);
    assert_eq!(log.with("\"effect\":\"remember_session\"").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_browser_of_a_personal_account_is_asked_to_forget_the_person() {
    for (account_type, expected) in [("group", false), ("personal", true)] {
        let tablet = Tablet::managed(&with("account_type", account_type));
        let app = tablet.start_signed_in().await;
        let private = tablet.device.calls().into_iter().find_map(|call| match call {
            Call::SignIn { private, .. } => Some(private),
            _ => None,
        });
        assert_eq!(private, Some(expected));
        drop(app);
    }
}

#[tokio::test(start_paused = true)]
async fn a_browser_that_returns_the_redirect_completes_the_sign_in() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start().await;
    let provider = tablet.provider.clone();
    let redirect = move |url: &Url| Some(Ok(BrowserOutcome::Redirected(provider.authorize(url))));
    tablet.device.set_browser(redirect);
    app.act(Action::SignIn).await;
    assert!(is_group_view(&app), "{:?}", app.screen());
}

#[tokio::test(start_paused = true)]
async fn a_browser_that_is_open_waits_for_the_person_who_can_open_it_again() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start().await;
    app.act(Action::SignIn).await;
    app.pass(MINUTE).await;
    assert!(matches!(app.screen(), Screen::Browser { .. }), "{:?}", app.screen());
    let first = app.browser_url();
    tablet.device.take_calls();
    app.act(Action::OpenBrowserAgain).await;
    assert_eq!(app.browser_url(), first);
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_comes_after_the_browsers_window_has_closed_still_signs_in() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start().await;
    tablet.device.set_browser(|_| Some(Err(BrowserError::Cancelled)));
    app.act(Action::SignIn).await;
    assert!(is_sign_in(&app, SignedOutReason::Never), "{:?}", app.screen());
    let callback = tablet.provider.authorize(&app.browser_url());
    app.open_link(&callback).await;
    assert!(is_group_view(&app), "{:?}", app.screen());
}

#[tokio::test(start_paused = true)]
async fn a_cancel_closes_the_browsers_sheet_and_the_next_sign_in_works() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start().await;
    tablet.device.set_browser(|_| None);
    app.act(Action::SignIn).await;
    let first = app.browser_url();
    assert_eq!(tablet.device.open_sheets(), 1);
    // At once, as by two quick taps.
    app.handle.dispatch(Action::Cancel);
    app.handle.dispatch(Action::SignIn);
    app.settle().await;
    assert_eq!(tablet.device.open_sheets(), 1);
    assert_ne!(app.browser_url(), first);
    let callback = tablet.provider.authorize(&app.browser_url());
    app.open_link(&callback).await;
    assert!(is_group_view(&app), "{:?}", app.screen());
}

#[tokio::test(start_paused = true)]
async fn without_a_browser_the_sign_in_goes_on_inside_the_app_or_says_why_not() {
    let tablet = Tablet::managed(&group());
    let app = tablet.start().await;
    app.site.take_calls();
    tablet.device.set_browser(|_| Some(Err(BrowserError::NoBrowser)));
    app.act(Action::SignIn).await;
    assert!(matches!(app.screen(), Screen::InApp { .. }), "{:?}", app.screen());
    assert_eq!(app.site.calls(), [SiteCall::Load(app.browser_url()), SiteCall::Show]);
    let callback = tablet.provider.authorize(&app.browser_url());
    app.site_host.on_event(SiteEvent::NavigationIntercepted(url(&callback)));
    app.settle().await;
    assert!(is_group_view(&app), "{:?}", app.screen());

    let tablet = Tablet::managed(&with("login_method", "browser"));
    let app = tablet.start().await;
    for (failure, code) in [
        (BrowserError::NoBrowser, ErrorCode::BrowserAbsent),
        (BrowserError::Blocked, ErrorCode::BrowserBlocked),
        (BrowserError::NotAnAddress, ErrorCode::BrowserAddress),
    ] {
        tablet.device.set_browser(move |_| Some(Err(failure)));
        app.act(Action::SignIn).await;
        assert_eq!(shown_error(&app), error(ErrorKind::NoBrowser, code));
        app.act(Action::Cancel).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_for_another_device_is_shown_and_then_opens_the_group_view() {
    let tablet = Tablet::managed(&with("login_method", "device_code"));
    let app = tablet.start().await;
    app.act(Action::SignIn).await;
    let Screen::Code { code, .. } = app.screen() else {
        panic!("{:?}", app.screen())
    };
    assert_eq!(code.user_code, "BCDF-GHJK");
    app.act(Action::Cancel).await;
    let asked = tablet.provider.requests("/token").len();
    app.pass(MINUTE).await;
    assert_eq!(tablet.provider.requests("/token").len(), asked, "nobody waits any more");
    app.act(Action::SignIn).await;
    app.pass(MINUTE).await;
    tablet.provider.complete_device_flow();
    app.pass(10 * SECOND).await;
    assert!(is_group_view(&app), "{:?}", app.screen());
    assert!(tablet.file.state().authorize.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_used_at_once_is_still_shown_before_the_group_view() {
    let tablet = Tablet::managed(&with("login_method", "device_code"));
    tablet.provider.complete_device_flow();
    let app = tablet.start().await;
    let log = LogLines::keep();
    app.act(Action::SignIn).await;
    app.pass(10 * SECOND).await;
    assert!(is_group_view(&app), "{:?}", app.screen());
    assert_eq!(log.with("device_code_ready").len(), 1);
}
