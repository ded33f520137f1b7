//! The device's clock may be years off; the server tells the time.

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
async fn a_wrong_clock_signs_in_and_refreshes_by_the_servers_time() {
    for (reason, now) in CLOCKS {
        let fixture = Fixture::with(|config| config.max_age = Some(300)).await;
        fixture.behave(|behaviour| behaviour.claims = |claims| claims["auth_time"] = (real_now() - 10).into());
        fixture.clock.set(now());
        fixture.sign_in().await.expect(reason);
        fixture.behave(|behaviour| behaviour.claims = |_| {});
        assert!(is_refreshed(&fixture.session.refresh().await), "{reason}");
        // Set right, and wrong again.
        fixture.clock.set(real_now());
        assert!(is_refreshed(&fixture.refresh_after_restart().await), "{reason}");
        fixture.clock.set(now());
        assert!(is_refreshed(&fixture.refresh_after_restart().await), "{reason}");
    }
}

#[tokio::test]
async fn a_new_token_that_is_past_by_the_servers_time_is_refused_whatever_the_device_thinks() {
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
async fn a_date_that_is_not_the_servers_does_no_harm_where_the_device_is_right() {
    let fixture = Fixture::new().await;
    // The device and the tokens agree on a day in sixty days, what stands between them says today.
    fixture.clock.advance(60 * 86_400);
    fixture.behave(|behaviour| {
        behaviour.claims = |claims| {
            (claims["iat"], claims["exp"]) = ((real_now() + 60 * 86_400).into(), (real_now() + 61 * 86_400).into())
        }
    });
    fixture.sign_in().await.unwrap();
    assert!(is_refreshed(&fixture.session.refresh().await));
    // By neither clock.
    fixture.behave(|behaviour| {
        behaviour.claims = |claims| {
            (claims["iat"], claims["exp"]) = (
                (real_now() + 59 * 86_400).into(),
                (real_now() + 60 * 86_400 - 61).into(),
            )
        }
    });
    assert_eq!(
        fixture.sign_in().await.unwrap_err().error,
        Error::IdToken(IdTokenError::IssuedAt)
    );
}

#[tokio::test]
async fn a_wrong_clock_with_a_server_that_tells_no_time_costs_nobody_the_session() {
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
    // A sign-in has only the device's clock then.
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
async fn a_session_is_due_a_day_after_its_last_success_at_a_moment_of_its_own() {
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
    // A clock that went back: nothing else would show that a year has passed.
    fixture.clock.set(0);
    assert!(fixture.session.due_in().await.is_some());
}

#[tokio::test]
async fn no_clock_breaks_the_arithmetic() {
    for offset in [i64::MAX / 2, i64::MIN / 2] {
        let fixture = Fixture::signed_in().await;
        fixture.clock.advance(offset);
        assert!(is_refreshed(&fixture.session.refresh().await), "{offset}");
        fixture.session.due_in().await;
    }
}
