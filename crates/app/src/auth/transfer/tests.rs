use error_codes::ErrorCode;
use serde_json::json;
use session::Clock;

use super::*;
use crate::auth::tests::{AUTHORIZE, DAY, auth, error, group, sign_in, signed_in};
use crate::diagnostics::capture::LogLines;
use crate::fakes::{Answer, FakeSite, SiteCall, Tablet, url};

const SECOND: Duration = Duration::from_secs(1);

/// What the site view was asked to keep: value and expiry.
fn cookies(site: &FakeSite) -> Vec<(String, i64)> {
    let cookie = |call| match call {
        SiteCall::SetCookie { value, expires_at, .. } => Some((value, expires_at)),
        _ => None,
    };
    site.take_calls().into_iter().filter_map(cookie).collect()
}

#[tokio::test(start_paused = true)]
async fn a_session_transfer_is_a_cookie_on_the_hosts_of_the_intercepted_navigation() {
    let (auth, tablet) = signed_in(&group()).await;
    let site = FakeSite::default();
    assert_eq!(
        auth.transfer(url(AUTHORIZE), &site, drop).await,
        Event::SessionTransferReady(url(AUTHORIZE))
    );
    let cookie = SiteCall::SetCookie {
        host: "127.0.0.1".to_owned(),
        name: "auth0_session_transfer_token".to_owned(),
        value: "transfer".to_owned(),
        expires_at: tablet.clock.now() + 60,
    };
    assert_eq!(site.calls(), [cookie]);
}

#[tokio::test(start_paused = true)]
async fn a_cookie_expires_by_the_tablets_own_clock_even_if_the_sessions_clock_is_moved() {
    let mut tablet = Tablet::managed(&group());
    let mut moved = tablet.environments.get("development").unwrap().clone();
    moved.clock_offset_seconds = 10 * DAY;
    tablet.environments = tablet.environments.with_development(moved);
    let auth = auth(&tablet);
    assert_eq!(auth.now(), tablet.clock.now() + 10 * DAY);
    sign_in(&auth, &tablet).await;
    let site = FakeSite::default();
    auth.transfer(url(AUTHORIZE), &site, drop).await;
    let [SiteCall::SetCookie { expires_at, .. }] = &site.calls()[..] else {
        panic!("{:?}", site.calls())
    };
    assert_eq!(*expires_at, tablet.clock.now() + 60);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_kept_for_a_minute_at_most() {
    let (auth, tablet) = signed_in(&group()).await;
    for (expires_in, lifetime) in [(u64::MAX, 60), (86_400, 60), (61, 60), (60, 60), (7, 7)] {
        let answer = json!({
            "access_token": "transfer", "token_type": "N_A", "expires_in": expires_in,
            "issued_token_type": "urn:auth0:params:oauth:token-type:session_transfer_token",
        });
        tablet.provider.answer_next("/token", Answer::Json(200, answer));
        let site = FakeSite::default();
        auth.transfer(url(AUTHORIZE), &site, drop).await;
        let [SiteCall::SetCookie { expires_at, .. }] = &site.calls()[..] else {
            panic!("{:?}", site.calls())
        };
        assert_eq!(*expires_at, tablet.clock.now() + lifetime);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_cookie_the_token_goes_into_the_query() {
    let (auth, _tablet) = signed_in(&group()).await;
    let (site, log) = (FakeSite::default(), LogLines::keep());
    site.keep_no_cookies();
    let with_token = url(&format!("{AUTHORIZE}&session_transfer_token=transfer"));
    assert_eq!(
        auth.transfer(url(AUTHORIZE), &site, drop).await,
        Event::SessionTransferReady(with_token)
    );
    assert_eq!(log.with("request_session_transfer").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_provider_without_session_transfer_and_one_that_fails_for_now_are_told_apart() {
    let (auth, tablet) = signed_in(&group()).await;
    let site = FakeSite::default();
    // Perhaps something on the way answered: the next page asks again.
    tablet.provider.answer_next("/token", Answer::Json(404, json!({})));
    assert_eq!(
        auth.transfer(url(AUTHORIZE), &site, drop).await,
        Event::SessionTransferDeferred(error(ErrorKind::SignInRejected, ErrorCode::NotJson))
    );
    let portal = Answer::Json(302, json!({}));
    tablet.provider.answer_next("/token", portal);
    assert_eq!(
        auth.transfer(url(AUTHORIZE), &site, drop).await,
        Event::SessionTransferDeferred(error(ErrorKind::CaptivePortal, ErrorCode::Redirect))
    );
    tablet.provider.set_transfers(false);
    assert_eq!(
        auth.transfer(url(AUTHORIZE), &site, drop).await,
        Event::SessionTransferUnsupported
    );
    assert_eq!(site.calls(), []);
}

#[tokio::test(start_paused = true)]
async fn a_token_leaves_the_cookies_seconds_after_its_navigation_is_over() {
    let (auth, tablet) = signed_in(&group()).await;
    let site = FakeSite::default();
    auth.transfer(url(AUTHORIZE), &site, drop).await;
    assert_eq!(cookies(&site), [("transfer".to_owned(), tablet.clock.now() + 60)]);
    auth.withdraw_cookie(&site).await;
    assert_eq!(cookies(&site), [(String::new(), 0)]);
    // Once is enough, and without a token there is nothing to delete.
    auth.withdraw_cookie(&site).await;
    assert_eq!(cookies(&site), []);
    site.keep_no_cookies();
    auth.transfer(url(AUTHORIZE), &site, drop).await;
    site.take_calls();
    auth.withdraw_cookie(&site).await;
    assert_eq!(cookies(&site), []);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_one_navigation_leaves_the_token_of_the_next() {
    let (auth, tablet) = signed_in(&group()).await;
    let (site, began) = (FakeSite::default(), tablet.clock.now());
    auth.transfer(url(AUTHORIZE), &site, drop).await;
    let next = async {
        tokio::time::sleep(SECOND).await;
        auth.transfer(url(AUTHORIZE), &site, drop).await
    };
    tokio::join!(auth.withdraw_cookie(&site), next);
    let set_at = |time| ("transfer".to_owned(), time + 60);
    assert_eq!(cookies(&site), [set_at(began), set_at(began + 1)]);
    auth.withdraw_cookie(&site).await;
    assert_eq!(cookies(&site), [(String::new(), 0)]);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_being_set_when_the_navigation_before_ends_stays() {
    let (auth, tablet) = signed_in(&group()).await;
    let site = FakeSite::default();
    auth.transfer(url(AUTHORIZE), &site, drop).await;
    site.take_calls();
    // The engine takes its time to confirm the next one, and the deletion falls into that.
    site.set_cookie_takes(3 * SECOND);
    let next = async {
        tokio::time::sleep(4 * SECOND).await;
        auth.transfer(url(AUTHORIZE), &site, drop).await
    };
    tokio::join!(auth.withdraw_cookie(&site), next);
    tokio::time::sleep(10 * SECOND).await;
    let set: Vec<_> = cookies(&site).into_iter().map(|(value, _)| value).collect();
    assert_eq!(set, ["transfer"], "{}", tablet.clock.now());
}
