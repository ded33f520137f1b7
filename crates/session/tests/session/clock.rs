//! The device's clock may be years off, so the server's `Date` counts too.

use session::{Error, IdTokenError};

use crate::common::provider::Date;
use crate::common::{Fixture, is_refreshed, real_now};

const CLOCKS: &[(&str, fn() -> i64)] = &[
    ("ten minutes slow", || real_now() - 600),
    ("ten minutes fast", || real_now() + 600),
    ("1970", || 0),
    ("2099", || 4_070_908_800),
    ("a minute fast", || real_now() + 59),
];

#[tokio::test]
async fn a_device_with_a_wrong_clock_signs_in_and_refreshes_by_the_servers_time() {
    for (reason, now) in CLOCKS {
        let fixture = Fixture::with(|config| config.max_age = Some(300)).await;
        fixture.behave(|behaviour| behaviour.claims = |claims| claims["auth_time"] = (real_now() - 10).into());
        fixture.clock.set(now());
        fixture.sign_in().await.expect(reason);
        fixture.behave(|behaviour| behaviour.claims = |_| {});
        assert!(is_refreshed(&fixture.session.refresh().await), "{reason}");
        // The clock is set right, and then wrong again.
        fixture.clock.set(real_now());
        assert!(is_refreshed(&fixture.refresh_after_restart().await), "{reason}");
        fixture.clock.set(now());
        assert!(is_refreshed(&fixture.refresh_after_restart().await), "{reason}");
    }
}

#[tokio::test]
async fn a_token_that_has_expired_by_the_servers_time_is_refused_whatever_the_device_clock_says() {
    for (reason, now) in CLOCKS {
        let fixture = Fixture::new().await;
        fixture.behave(|behaviour| behaviour.claims = |claims| claims["exp"] = (real_now() - 125).into());
        fixture.clock.set(now());
        assert_eq!(
            fixture.sign_in().await.expect_err(reason).error,
            Error::IdToken(IdTokenError::Expired),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn a_date_header_of_a_proxy_does_no_harm_if_the_device_clock_is_right() {
    let fixture = Fixture::new().await;
    // The device's clock and the token agree on a day sixty days from now, and a proxy's `Date` says today.
    fixture.clock.advance(60 * 86_400);
    fixture.behave(|behaviour| {
        behaviour.claims = |claims| {
            (claims["iat"], claims["exp"]) = ((real_now() + 60 * 86_400).into(), (real_now() + 61 * 86_400).into());
        }
    });
    fixture.sign_in().await.unwrap();
    assert!(is_refreshed(&fixture.session.refresh().await));
    // Valid by neither clock.
    fixture.behave(|behaviour| {
        behaviour.claims = |claims| {
            (claims["iat"], claims["exp"]) = (
                (real_now() + 59 * 86_400).into(),
                (real_now() + 60 * 86_400 - 61).into(),
            );
        }
    });
    assert_eq!(
        fixture.sign_in().await.unwrap_err().error,
        Error::IdToken(IdTokenError::IssuedAt)
    );
}

#[tokio::test]
async fn a_wrong_clock_and_a_response_without_a_date_end_no_session() {
    for (reason, now) in CLOCKS {
        let fixture = Fixture::signed_in().await;
        fixture.behave(|behaviour| behaviour.date = Date::Unreadable);
        fixture.clock.set(now());
        assert!(is_refreshed(&fixture.session.refresh().await), "{reason}");
        assert!(
            fixture.stored().unwrap().contains(&fixture.provider.newest().unwrap()),
            "{reason}"
        );
    }
    // Without a `Date`, a sign-in is judged by the device's clock.
    let fixture = Fixture::new().await;
    fixture.behave(|behaviour| behaviour.date = Date::Unreadable);
    fixture.sign_in().await.unwrap();
    fixture.clock.set(4_070_908_800);
    assert_eq!(
        fixture.sign_in().await.unwrap_err().error,
        Error::IdToken(IdTokenError::Expired)
    );
}

#[tokio::test]
async fn a_session_is_due_a_day_after_its_last_success_at_a_random_moment() {
    let fixture = Fixture::signed_in().await;
    assert_eq!(fixture.session.due_in().await, None);
    fixture.clock.advance(86_300);
    assert_eq!(fixture.session.due_in().await, None);
    fixture.clock.advance(200);
    let moments: std::collections::HashSet<_> =
        futures_util::future::join_all((0..20).map(|_| fixture.session.due_in()))
            .await
            .into_iter()
            .map(Option::unwrap)
            .collect();
    assert!(
        moments.len() > 10 && moments.iter().all(|moment| moment.as_secs() <= 900),
        "spread over the fleet: {moments:?}"
    );
    fixture.session.refresh().await;
    assert_eq!(fixture.session.due_in().await, None);
    // If the clock was set back, the true age may be a year, so the session is due.
    fixture.clock.set(0);
    assert!(fixture.session.due_in().await.is_some());
}

#[tokio::test]
async fn extreme_clocks_do_not_overflow() {
    for offset in [i64::MAX / 2, i64::MIN / 2] {
        let fixture = Fixture::signed_in().await;
        fixture.clock.advance(offset);
        assert!(is_refreshed(&fixture.session.refresh().await), "{offset}");
        fixture.session.due_in().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_system_clock_tells_the_time_of_day_and_sleeps_by_tokios_timer() {
    use session::Clock;
    assert!((session::SystemClock.now() - real_now()).abs() <= 1);
    let began = tokio::time::Instant::now();
    session::SystemClock.sleep(std::time::Duration::from_mins(1)).await;
    assert_eq!(began.elapsed().as_secs(), 60);
}
