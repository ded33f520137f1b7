//! Where each limit lies: the last second, byte or attempt that is accepted, and the first that is not.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use session::IdTokenError::{AuthTime, Expired, IssuedAt, NotBefore};
use session::{Config, Error, Random, RefreshOutcome, Session};

use crate::common::provider::{Canned, Date, WELL_KNOWN};
use crate::common::{Fixture, is_refreshed};

/// The moment at which the device's clock is frozen, in seconds since 1970.
const NOW: i64 = 1_900_000_000;
const DAY: i64 = 86_400;

/// A frozen clock, responses without a `Date`, and tokens that are valid for years.
async fn frozen(change: impl FnOnce(&mut Config)) -> Fixture {
    let fixture = Fixture::with(change).await;
    fixture.clock.freeze(NOW);
    fixture.behave(|behaviour| {
        (behaviour.date, behaviour.claimed) = (Date::Unreadable, vec![("exp", json!(NOW + 1_000 * DAY))]);
    });
    fixture
}

async fn frozen_and_signed_in() -> Fixture {
    let fixture = frozen(|_| {}).await;
    fixture.sign_in().await.unwrap();
    fixture.provider.clear_log();
    fixture
}

async fn outcome(fixture: &Fixture) -> Result<(), Error> {
    fixture.sign_in().await.map(|_| ()).map_err(|refused| refused.error)
}

#[tokio::test]
async fn token_times_are_compared_to_the_second() {
    for (name, value, expected) in [
        ("exp", json!(NOW - 59), Ok(())),
        ("exp", json!(NOW - 60), Err(Error::IdToken(Expired))),
        ("iat", json!(NOW + 60), Ok(())),
        ("iat", json!(NOW + 61), Err(Error::IdToken(IssuedAt))),
        ("nbf", json!(NOW + 60), Ok(())),
        ("nbf", json!(NOW + 61), Err(Error::IdToken(NotBefore))),
        // A fraction is cut off (RFC 7519 §2). From 10^15 on, the number counts as out of range.
        ("exp", json!(999_999_999_999_999.5), Ok(())),
        ("exp", json!(1e15), Err(Error::IdToken(Expired))),
        ("nbf", json!(-999_999_999_999_999.5), Ok(())),
        ("nbf", json!(-1e15), Err(Error::IdToken(NotBefore))),
    ] {
        let fixture = frozen(|_| {}).await;
        fixture.behave(|behaviour| behaviour.claimed.push((name, value.clone())));
        assert_eq!(outcome(&fixture).await, expected, "{name} {value}");
    }
}

#[tokio::test]
async fn max_age_is_compared_to_the_second() {
    for (auth_time, expected) in [
        (NOW - 360, Ok(())),
        (NOW - 361, Err(Error::IdToken(AuthTime))),
        (NOW + 60, Ok(())),
        (NOW + 61, Err(Error::IdToken(AuthTime))),
    ] {
        let fixture = frozen(|config| config.max_age = Some(300)).await;
        fixture.behave(|behaviour| behaviour.claimed.push(("auth_time", json!(auth_time))));
        assert_eq!(outcome(&fixture).await, expected, "{}", auth_time - NOW);
    }
}

#[tokio::test]
async fn the_servers_time_counts_if_the_device_clock_is_off_by_more_than_the_leeway() {
    for (off, expected) in [(60, Err(Error::IdToken(IssuedAt))), (61, Ok(()))] {
        let fixture = frozen(|_| {}).await;
        fixture.behave(|behaviour| {
            behaviour.date = Date::At((NOW + off).try_into().unwrap());
            behaviour.claimed.push(("iat", json!(NOW + off + 60)));
        });
        assert_eq!(outcome(&fixture).await, expected, "{off}");
    }
}

#[tokio::test]
async fn a_callback_is_accepted_for_ten_minutes_in_both_directions_of_the_clock() {
    for (later, expected) in [
        (600, None),
        (601, Some(Error::PendingExpired)),
        (-600, None),
        (-601, Some(Error::PendingExpired)),
    ] {
        let fixture = frozen(|_| {}).await;
        let callback = fixture.callback().await;
        fixture.clock.advance(later);
        assert_eq!(
            fixture
                .session
                .complete_sign_in(&callback)
                .await
                .err()
                .map(|refused| refused.error),
            expected,
            "{later} s"
        );
    }
}

#[tokio::test]
async fn size_limits_are_exact_to_the_byte() {
    // The callback.
    let fixture = Fixture::new().await;
    let right = fixture.callback().await;
    let padded = |length: usize| format!("{right}&x={}", "x".repeat(length - right.len() - 3));
    let refused = fixture
        .session
        .complete_sign_in(&padded(16 * 1024 + 1))
        .await
        .unwrap_err();
    assert_eq!((refused.error, refused.consumed), (Error::MalformedCallback, false));
    fixture.session.complete_sign_in(&padded(16 * 1024)).await.unwrap();
    // The access token. Without `at_hash` nothing about it is compared.
    let tokens: [(fn(&mut Value), _); 2] = [
        (|answer| answer["access_token"] = "a".repeat(64 * 1024).into(), Ok(())),
        (
            |answer| answer["access_token"] = "a".repeat(64 * 1024 + 1).into(),
            Err(Error::TokenAnswer),
        ),
    ];
    for (change, expected) in tokens {
        let fixture = Fixture::new().await;
        fixture.behave(|behaviour| {
            behaviour.answer = change;
            behaviour.claims = |claims| drop(claims.as_object_mut().unwrap().remove("at_hash"));
        });
        assert_eq!(outcome(&fixture).await, expected);
    }
    // The token response. Its last two bytes are an object without a token.
    for (spaces, expected) in [(256 * 1024 - 2, Error::TokenAnswer), (256 * 1024 - 1, Error::TooLarge)] {
        let fixture = Fixture::new().await;
        fixture.behave(|behaviour| behaviour.canned = vec![("/token", Canned::Padded(spaces))]);
        assert_eq!(outcome(&fixture).await, Err(expected), "{spaces}");
    }
    // The metadata and the key set.
    for (spaces, expected) in [(1024 * 1024 - 2, Error::Metadata), (1024 * 1024 - 1, Error::TooLarge)] {
        for path in [WELL_KNOWN, "/jwks"] {
            let fixture = Fixture::new().await;
            fixture.behave(|behaviour| behaviour.canned = vec![(path, Canned::Padded(spaces))]);
            let error = match fixture.session.begin_sign_in().await {
                Ok(begun) => {
                    fixture
                        .session
                        .complete_sign_in(&fixture.provider.authorize(begun.url.as_str()).await)
                        .await
                        .unwrap_err()
                        .error
                }
                Err(error) => error,
            };
            assert_eq!(error, expected, "{path} {spaces}");
        }
    }
}

#[tokio::test]
async fn metadata_and_keys_are_cached_for_an_hour() {
    let fixture = frozen_and_signed_in().await;
    fixture.clock.advance(3_599);
    assert!(is_refreshed(&fixture.session.refresh().await));
    assert_eq!(
        (fixture.provider.hits(WELL_KNOWN), fixture.provider.hits("/jwks")),
        (0, 0)
    );
    fixture.clock.advance(1);
    assert!(is_refreshed(&fixture.session.refresh().await));
    assert_eq!(
        (fixture.provider.hits(WELL_KNOWN), fixture.provider.hits("/jwks")),
        (1, 1)
    );
    // If the clock was set back, the age is unknown, so both are fetched again.
    fixture.clock.advance(-1);
    assert!(is_refreshed(&fixture.session.refresh().await));
    assert_eq!(
        (fixture.provider.hits(WELL_KNOWN), fixture.provider.hits("/jwks")),
        (2, 2)
    );
}

#[tokio::test]
async fn an_unknown_key_fetches_the_key_set_once_a_minute() {
    let fixture = frozen_and_signed_in().await;
    fixture.behave(|behaviour| {
        behaviour.header = |header| header["kid"] = "unknown".into();
        // The response is refused, so the same refresh token is used again.
        behaviour.rotates = false;
    });
    let ask = async |later: i64| {
        fixture.clock.advance(later);
        fixture.session.refresh().await;
        fixture.provider.hits("/jwks")
    };
    assert_eq!((ask(0).await, ask(0).await, ask(59).await), (1, 1, 1));
    assert_eq!(ask(1).await, 2);
    assert_eq!(
        ask(-1).await,
        4,
        "by a clock that went back, the set is old and a minute has passed"
    );
}

#[tokio::test]
async fn a_refresh_waits_for_five_seconds_and_gives_up_at_six() {
    let after = |seconds: &str| {
        vec![(
            "/token",
            Canned::With(429, vec![("retry-after", seconds.to_owned())], ""),
        )]
    };
    let fixture = frozen_and_signed_in().await;
    fixture.behave(|behaviour| behaviour.canned = after("5"));
    assert!(is_refreshed(&fixture.session.refresh().await));
    assert_eq!(fixture.clock.slept(), vec![Duration::from_secs(5)]);

    for (requested, last) in [("6", 6), ("3600", 3_600), ("3601", 3_600), ("9999999", 3_600)] {
        let fixture = frozen_and_signed_in().await;
        fixture.behave(|behaviour| behaviour.canned = after(requested));
        let ask = async |later: i64| {
            fixture.clock.advance(later);
            fixture.session.refresh().await
        };
        assert_eq!(ask(0).await, RefreshOutcome::Kept(Error::Busy), "{requested}");
        assert_eq!(ask(last - 1).await, RefreshOutcome::Kept(Error::Busy), "{requested}");
        assert_eq!(
            fixture.provider.hits("/token"),
            1,
            "{requested}: nothing is sent before"
        );
        assert!(is_refreshed(&ask(1).await), "{requested}");
    }
    // If the clock was set back, the remaining wait would be longer than an hour, so it is ignored.
    let fixture = frozen_and_signed_in().await;
    fixture.behave(|behaviour| behaviour.canned = after("3600"));
    assert_eq!(fixture.session.refresh().await, RefreshOutcome::Kept(Error::Busy));
    fixture.clock.advance(-1);
    assert!(is_refreshed(&fixture.session.refresh().await));
}

/// A generator that always returns the same byte, so that random durations are the shortest or the longest.
struct Constant(u8);

impl Random for Constant {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(self.0);
    }
}

/// A restarted app with this generator.
fn restarted_with(fixture: &Fixture, byte: u8) -> Session {
    Session::new(
        fixture.config.clone(),
        fixture.http.clone(),
        fixture.clock.clone(),
        Arc::new(Constant(byte)),
        fixture.store.clone(),
    )
}

#[tokio::test]
async fn the_pause_before_a_retry_is_random_up_to_one_second_then_up_to_two() {
    for (byte, pauses) in [(u8::MIN, [0, 0]), (u8::MAX, [1, 2])] {
        let fixture = frozen_and_signed_in().await;
        fixture.behave(|behaviour| {
            behaviour.canned = vec![("/token", Canned::Text(500, "")), ("/token", Canned::Text(500, ""))];
        });
        assert!(is_refreshed(&restarted_with(&fixture, byte).refresh().await));
        assert_eq!(fixture.clock.slept(), pauses.map(Duration::from_secs));
    }
}

#[tokio::test]
async fn a_session_is_due_after_one_day_sooner_after_three_and_at_once_after_seven() {
    let fixture = frozen_and_signed_in().await;
    for (age, most) in [
        (0, None),
        (DAY - 1, None),
        (DAY, Some(900)),
        (3 * DAY - 1, Some(900)),
        (3 * DAY, Some(60)),
        (7 * DAY - 1, Some(60)),
        (7 * DAY, Some(0)),
        (400 * DAY, Some(0)),
        (-1, Some(0)),
    ] {
        fixture.clock.freeze(NOW + age);
        assert_eq!(
            restarted_with(&fixture, u8::MAX).due_in().await,
            most.map(Duration::from_secs),
            "{age}"
        );
        assert_eq!(
            restarted_with(&fixture, u8::MIN).due_in().await,
            most.map(|_| Duration::ZERO),
            "{age}"
        );
    }
}
