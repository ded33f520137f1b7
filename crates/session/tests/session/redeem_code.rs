//! The authorization code: when it counts as used up, and when the same callback can redeem it later.

use session::{Error, HttpError};

use crate::common::Fixture;
use crate::common::provider::Canned;

#[tokio::test]
async fn a_code_that_has_not_left_the_device_can_be_redeemed_later() {
    let rows: &[(&str, fn(&Fixture), Error)] = &[
        (
            "no connection",
            |fixture| fixture.lose(&[HttpError::NotSent]),
            Error::Unreachable,
        ),
        (
            "no TLS",
            |fixture| {
                fixture.lose(&[HttpError::Tls]);
                fixture.behave(|behaviour| behaviour.canned = vec![("/token", Canned::Text(500, ""))]);
            },
            Error::Tls,
        ),
        (
            "too many requests",
            |fixture| {
                fixture.behave(|behaviour| behaviour.canned = vec![("/token", Canned::Text(429, ""))]);
            },
            Error::Busy,
        ),
    ];
    for (reason, fail, expected) in rows {
        for restart in [false, true] {
            let fixture = Fixture::new().await;
            let right = fixture.callback().await;
            fail(&fixture);
            let refused = fixture.session.complete_sign_in(&right).await.expect_err(reason);
            assert_eq!((refused.error, refused.consumed), (*expected, false), "{reason}");
            assert!(fixture.pending(), "{reason}");
            let session = if restart {
                fixture.restarted()
            } else {
                fixture.session.clone()
            };
            session.complete_sign_in(&right).await.expect(reason);
            assert!(!fixture.pending(), "{reason}");
        }
    }
}

#[tokio::test]
async fn a_sign_in_that_is_put_back_replaces_no_later_one_and_undoes_no_cancel() {
    let rows: &[(&str, fn(&Fixture) -> session::BoxFuture<()>, bool)] = &[
        (
            "a new sign-in",
            |fixture| {
                let session = fixture.session.clone();
                Box::pin(async move { drop(session.begin_sign_in().await.unwrap()) })
            },
            true,
        ),
        (
            "a cancel",
            |fixture| {
                let session = fixture.session.clone();
                Box::pin(async move { session.cancel_sign_in().await.unwrap() })
            },
            false,
        ),
        (
            "a sign-out",
            |fixture| {
                let session = fixture.session.clone();
                Box::pin(async move { drop(session.sign_out().await) })
            },
            false,
        ),
    ];
    for (reason, meanwhile, pending) in rows {
        let fixture = Fixture::new().await;
        let right = fixture.callback().await;
        fixture.behave(|behaviour| {
            behaviour.latency = std::time::Duration::from_millis(300);
            behaviour.canned = vec![("/token", Canned::Text(429, ""))];
        });
        let (refused, ()) = tokio::join!(fixture.session.complete_sign_in(&right), async {
            fixture.provider.wait_for("/token").await;
            meanwhile(&fixture).await;
        });
        let refused = refused.unwrap_err();
        assert_eq!((refused.error, refused.consumed), (Error::Busy, true), "{reason}");
        assert_eq!(fixture.pending(), *pending, "{reason}");
        assert!(fixture.session.complete_sign_in(&right).await.is_err(), "{reason}");
    }
}

#[tokio::test]
async fn a_code_whose_response_was_lost_is_sent_once_more_and_then_used_up() {
    // The request was lost on its way, and the second one arrives.
    let fixture = Fixture::new().await;
    fixture.behave(|behaviour| behaviour.canned = vec![("/token", Canned::Text(502, ""))]);
    fixture.sign_in().await.unwrap();
    assert_eq!(fixture.provider.hits("/token"), 2);
    assert!(fixture.clock.slept()[0].as_secs() <= 2, "{:?}", fixture.clock.slept());
    // The provider had seen it, and refuses the second request. The first fault is the one to report.
    for (lost, expected) in [
        (HttpError::Unreachable, Error::Unreachable),
        (HttpError::Timeout, Error::Timeout),
    ] {
        let fixture = Fixture::new().await;
        let right = fixture.callback().await;
        fixture.lose(&[lost]);
        let refused = fixture.session.complete_sign_in(&right).await.unwrap_err();
        assert_eq!((refused.error, refused.consumed), (expected, true));
        assert_eq!((fixture.provider.hits("/token"), fixture.pending()), (2, false));
    }
    // Even if the second request did not leave the device, the first may have.
    let fixture = Fixture::new().await;
    let right = fixture.callback().await;
    fixture.lose(&[HttpError::Unreachable, HttpError::NotSent]);
    assert!(fixture.session.complete_sign_in(&right).await.unwrap_err().consumed);
}

#[tokio::test]
async fn keys_that_cannot_be_had_cost_no_code() {
    let fixture = Fixture::new().await;
    let right = fixture.callback().await;
    fixture.behave(|behaviour| behaviour.canned = vec![("/jwks", Canned::Text(503, ""))]);
    let refused = fixture.session.complete_sign_in(&right).await.unwrap_err();
    assert_eq!((refused.error, refused.consumed), (Error::ServerFault, false));
    assert_eq!((fixture.pending(), fixture.provider.hits("/token")), (true, 0));
    fixture.session.complete_sign_in(&right).await.unwrap();
}
