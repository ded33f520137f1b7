//! When a failed exchange is due again, and how long a provider may ask to wait.

use std::time::Duration;

use serde_json::json;
use session::{Error, HttpError, RefreshOutcome};

use crate::common::provider::Canned;
use crate::common::{Fixture, is_refreshed, real_now};

fn answer_always(fixture: &Fixture, canned: &Canned) {
    fixture.behave(|behaviour| behaviour.canned = (0..3).map(|_| ("/token", canned.clone())).collect());
}

async fn fixture() -> Fixture {
    Fixture::signed_in_with_leeway(Duration::ZERO).await
}

async fn due(fixture: &Fixture) -> u64 {
    fixture.session.due_in().await.expect("a retry is planned").as_secs()
}

fn waits(canned_after: &str, status: u16) -> Canned {
    Canned::With(status, vec![("retry-after", canned_after.to_owned())], "")
}

#[tokio::test]
async fn a_failed_refresh_is_due_again_after_five_minutes_and_up_to_half_of_that_more() {
    let rows: &[(&str, fn(&Fixture))] = &[
        ("mfa_required", |fixture| {
            answer_always(fixture, &Canned::Json(403, json!({"error": "mfa_required"})));
        }),
        ("a page", |fixture| answer_always(fixture, &Canned::Text(403, "<html>"))),
        ("503", |fixture| answer_always(fixture, &Canned::Text(503, ""))),
        ("no network", |fixture| fixture.lose(&[HttpError::NotSent; 3])),
        ("another user", |fixture| {
            fixture.behave(|behaviour| {
                behaviour.rotates = false;
                behaviour.claims = |claims| claims["sub"] = "another".into();
            });
        }),
        ("a locked keystore", |fixture| {
            fixture.store.set_error(Some(session::StoreError::Locked));
        }),
    ];
    for (reason, fail) in rows {
        let fixture = fixture().await;
        fail(&fixture);
        assert!(
            matches!(fixture.session.refresh().await, RefreshOutcome::Kept(_)),
            "{reason}"
        );
        let pause = due(&fixture).await;
        assert!((300..=450).contains(&pause), "{reason}: {pause}");
        assert_eq!(due(&fixture).await, pause, "{reason}: the moment is fixed");
        fixture.clock.advance(100);
        assert_eq!(due(&fixture).await, pause - 100, "{reason}");
        fixture.clock.advance(-86_400);
        assert_eq!(
            due(&fixture).await,
            0,
            "{reason}: if the clock was set back, nobody knows how long ago it failed"
        );
    }
}

#[tokio::test]
async fn the_pause_grows_to_an_hour_while_the_provider_fails_and_not_while_the_network_is_away() {
    let fixture = fixture().await;
    let mut pauses = vec![];
    for _ in 0..12 {
        answer_always(&fixture, &Canned::Text(503, ""));
        fixture.session.refresh().await;
        pauses.push(due(&fixture).await);
        fixture.clock.advance(i64::try_from(*pauses.last().unwrap()).unwrap());
    }
    let (first, later) = pauses.split_at(6);
    assert!(first.iter().all(|pause| (300..=450).contains(pause)), "{pauses:?}");
    assert!(
        (600..=900).contains(&later[0]) && (1_200..=1_800).contains(&later[1]),
        "{pauses:?}"
    );
    assert!(
        later[2..].iter().all(|pause| (2_400..=3_600).contains(pause)),
        "{pauses:?}"
    );
    fixture.lose(&[HttpError::NotSent; 3]);
    fixture.session.refresh().await;
    assert!(due(&fixture).await <= 450, "a device without a network troubles nobody");
    // A success starts anew.
    assert!(is_refreshed(&fixture.session.refresh().await));
    answer_always(&fixture, &Canned::Text(503, ""));
    fixture.session.refresh().await;
    assert!(due(&fixture).await <= 450);
}

#[tokio::test]
async fn a_restored_network_makes_a_planned_retry_due_and_starts_no_other() {
    let fixture = fixture().await;
    fixture.session.on_network_restored();
    assert_eq!(fixture.session.due_in().await, None);
    fixture.lose(&[HttpError::NotSent; 3]);
    fixture.session.refresh().await;
    assert!(due(&fixture).await >= 300);
    fixture.session.on_network_restored();
    assert_eq!(due(&fixture).await, 0);
    answer_always(&fixture, &waits("120", 429));
    fixture.session.refresh().await;
    fixture.session.on_network_restored();
    assert!(
        (120..=150).contains(&due(&fixture).await),
        "the provider's wish is respected"
    );
}

#[tokio::test]
async fn a_fleet_that_was_asked_to_wait_comes_back_later_than_asked_and_not_in_one_second() {
    let mut moments = std::collections::HashSet::new();
    for _ in 0..8 {
        let fixture = fixture().await;
        answer_always(&fixture, &waits("3600", 429));
        assert_eq!(fixture.session.refresh().await, RefreshOutcome::Kept(Error::Busy));
        moments.insert(due(&fixture).await);
    }
    assert!(
        moments.iter().all(|moment| (3_600..=4_500).contains(moment)),
        "{moments:?}"
    );
    assert!(moments.len() > 4, "{moments:?}");
    // A session that is due for its daily refresh waits as well.
    let fixture = fixture().await;
    fixture.clock.advance(8 * 86_400);
    answer_always(&fixture, &waits("3600", 429));
    fixture.session.transfer().await;
    assert!(due(&fixture).await >= 3_600);
}

#[tokio::test]
async fn the_reset_of_a_quota_is_a_wait_only_if_the_quota_is_exceeded() {
    let reset = || vec![("x-ratelimit-reset", (real_now() + 1_800).to_string())];
    for status in [408, 425, 500, 502, 503] {
        let fixture = fixture().await;
        fixture.behave(|behaviour| behaviour.canned = vec![("/token", Canned::With(status, reset(), ""))]);
        assert!(is_refreshed(&fixture.session.refresh().await), "{status}");
    }
    let fixture = fixture().await;
    fixture.behave(|behaviour| behaviour.canned = vec![("/token", Canned::With(429, reset(), ""))]);
    assert_eq!(fixture.session.refresh().await, RefreshOutcome::Kept(Error::Busy));
}

#[tokio::test]
async fn a_broken_provider_may_ask_for_a_minute_and_a_busy_one_for_an_hour() {
    for (status, error, most) in [(503, Error::ServerFault, 60), (429, Error::Busy, 3_600)] {
        let fixture = fixture().await;
        answer_always(&fixture, &waits("86400", status));
        assert_eq!(fixture.session.refresh().await, RefreshOutcome::Kept(error));
        fixture.behave(|behaviour| behaviour.canned = vec![]);
        fixture.clock.advance(most - 1);
        assert_eq!(
            fixture.session.refresh().await,
            RefreshOutcome::Kept(Error::Busy),
            "{status}"
        );
        fixture.clock.advance(1);
        assert!(is_refreshed(&fixture.session.refresh().await), "{status}");
    }
}

#[tokio::test]
async fn a_person_who_tries_again_gets_through() {
    let fixture = fixture().await;
    fixture.behave(|behaviour| behaviour.canned = vec![("/token", waits("3600", 429))]);
    assert_eq!(fixture.session.refresh().await, RefreshOutcome::Kept(Error::Busy));
    assert_eq!(fixture.session.refresh().await, RefreshOutcome::Kept(Error::Busy));
    fixture.session.clear_rate_limit();
    assert!(is_refreshed(&fixture.session.refresh().await));
}

#[tokio::test]
async fn a_refused_transfer_neither_delays_a_refresh_that_is_due_nor_unplans_one() {
    let denied = || Canned::Json(403, json!({"error": "access_denied"}));
    let fixture = fixture().await;
    fixture.clock.advance(8 * 86_400);
    assert_eq!(due(&fixture).await, 0);
    fixture.behave(|behaviour| behaviour.canned = vec![("/token", denied())]);
    fixture.session.transfer().await;
    assert_eq!(due(&fixture).await, 0);
    // A refresh of a session that is not due has failed, and its retry stays planned.
    let fixture = self::fixture().await;
    answer_always(&fixture, &Canned::Text(503, ""));
    fixture.session.refresh().await;
    fixture.behave(|behaviour| behaviour.canned = vec![("/token", denied())]);
    fixture.session.transfer().await;
    assert!((300..=450).contains(&due(&fixture).await));
    answer_always(&fixture, &Canned::Text(503, ""));
    fixture.session.transfer().await;
    assert!((300..=450).contains(&due(&fixture).await));
}
