use std::cell::RefCell;

use app_state::{AppError, SignedOutReason};
use error_codes::{ErrorCode, ErrorKind};
use serde_json::{Value, json};
use session::store::Slot;

use super::*;
use crate::auth::tests::{HOUR, MINUTE, SECOND, auth, change, error, group, sign_in, signed_in};
use crate::diagnostics::capture::LogLines;
use crate::fakes::{Answer, Tablet};

/// Runs [`Auth::keep_alive`] for a time, and returns how it ended, with the errors that it reported.
async fn keep_alive(auth: &Auth, check: &Notify, time: Duration) -> (Option<Event>, Vec<AppError>) {
    let failures = RefCell::new(vec![]);
    let run = auth.keep_alive(check, |message| match message {
        Message::RefreshFailed(error) | Message::Event(Event::SessionUnsaved(error)) => {
            failures.borrow_mut().push(error);
        }
        Message::SessionAtRisk(_) => {}
        other => panic!("{other:?}"),
    });
    let ended = tokio::time::timeout(time, run).await.ok();
    (ended, failures.into_inner())
}

#[tokio::test(start_paused = true)]
async fn a_session_is_refreshed_once_a_day() {
    let (auth, tablet) = signed_in(&group()).await;
    let check = Notify::new();
    assert_eq!(keep_alive(&auth, &check, 23 * HOUR + 59 * MINUTE).await, (None, vec![]));
    assert_eq!(tablet.provider.refreshes(), 0);
    assert_eq!(keep_alive(&auth, &check, HOUR + MINUTE).await, (None, vec![]));
    assert_eq!(tablet.provider.refreshes(), 1);
    assert_eq!(
        keep_alive(&auth, &check, 9 * 24 * HOUR + 10 * HOUR).await,
        (None, vec![])
    );
    assert_eq!(tablet.provider.refreshes(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_waits_for_its_jitter_and_looks_again_when_woken() {
    let (auth, tablet) = signed_in(&group()).await;
    tokio::time::sleep(24 * HOUR).await;
    // The longest jitter: a quarter of an hour.
    tablet.random.set_wait(0xff);
    let check = Notify::new();
    keep_alive(&auth, &check, 14 * MINUTE).await;
    assert_eq!(tablet.provider.refreshes(), 0);
    // A look in between begins the wait anew, so that the answer counts that is right at that time.
    check.notify_one();
    keep_alive(&auth, &check, 14 * MINUTE).await;
    assert_eq!(tablet.provider.refreshes(), 0);
    check.notify_one();
    tablet.random.set_wait(0);
    keep_alive(&auth, &check, MINUTE).await;
    assert_eq!(tablet.provider.refreshes(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_whose_answer_was_lost_is_repeated_within_the_leeway_and_reported() {
    let (auth, tablet) = signed_in(&group()).await;
    tokio::time::sleep(24 * HOUR).await;
    let portal = error(ErrorKind::CaptivePortal, ErrorCode::NotJson);
    for _ in 0..2 {
        tablet.provider.answer_next("/token", Answer::Json(200, Value::Null));
    }
    let (check, log) = (Notify::new(), LogLines::keep());
    assert_eq!(
        keep_alive(&auth, &check, 2 * MINUTE).await,
        (None, vec![portal, portal])
    );
    assert_eq!(tablet.provider.refreshes(), 3, "the third is the one that works");
    assert_eq!(log.with("refresh_failed").len(), 2);
    assert_eq!(log.with("\"refreshed\"").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_the_provider_denies_for_now_rests_for_five_minutes() {
    let (auth, tablet) = signed_in(&group()).await;
    tokio::time::sleep(24 * HOUR).await;
    tablet
        .provider
        .answer_next("/token", Answer::Json(403, json!({"error": "access_denied"})));
    let denied = error(ErrorKind::SignInDenied, ErrorCode::Denied);
    let check = Notify::new();
    assert_eq!(keep_alive(&auth, &check, 299 * SECOND).await, (None, vec![denied]));
    assert_eq!(tablet.provider.refreshes(), 1);
    assert_eq!(keep_alive(&auth, &check, 3 * MINUTE).await, (None, vec![]));
    assert_eq!(tablet.provider.refreshes(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_the_provider_refuses_for_good_ends_the_session() {
    let (auth, tablet) = signed_in(&group()).await;
    tablet.provider.end_sessions();
    let ended = Event::SessionEnded(SignedOutReason::Ended);
    let started = Instant::now();
    assert_eq!(
        keep_alive(&auth, &Notify::new(), 48 * HOUR).await,
        (Some(ended), vec![])
    );
    assert!(started.elapsed() >= 24 * HOUR, "not before it was due");
    assert_eq!(tablet.store().get(Slot::Session), None);
}

#[tokio::test(start_paused = true)]
async fn without_a_session_the_daily_refresh_waits_until_there_is_one() {
    let tablet = Tablet::managed(&json!({}));
    let auth = auth(&tablet);
    let check = Notify::new();
    assert_eq!(keep_alive(&auth, &check, 48 * HOUR).await, (None, vec![]));
    change(&auth, &tablet, &group());
    sign_in(&auth, &tablet).await;
    assert_eq!(keep_alive(&auth, &check, 26 * HOUR).await, (None, vec![]));
    assert_eq!(tablet.provider.refreshes(), 1);
}
