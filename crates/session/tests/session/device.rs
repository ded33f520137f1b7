//! The code for another device (RFC 8628).

use serde_json::json;
use session::Error;

use crate::common::provider::Canned;
use crate::common::{Bench, is_refreshed};

fn seconds(bench: &Bench) -> Vec<u64> {
    bench.clock.slept().iter().map(std::time::Duration::as_secs).collect()
}

fn pending() -> (&'static str, Canned) {
    ("/token", Canned::Json(400, json!({"error": "authorization_pending"})))
}

#[tokio::test]
async fn a_code_that_was_used_signs_in_and_the_session_is_kept() {
    let bench = Bench::new().await;
    let code = bench.session.begin_device().await.unwrap();
    assert_eq!((code.user_code.as_str(), code.expires_in), ("BCDF-GHJK", 600));
    assert_eq!(
        code.verification_uri.as_str(),
        format!("{}activate", bench.provider.issuer)
    );
    assert!(
        !format!("{code:?}").contains("device-"),
        "the device code does not print itself"
    );
    bench.plan(|plan| plan.canned = vec![pending(), pending()]);
    let signed_in = bench.session.await_device(&code).await.unwrap();
    assert_eq!((signed_in.sub.as_str(), signed_in.saved), ("person", Ok(())));
    assert_eq!(seconds(&bench), [5, 5, 5], "the server's interval (3.5)");
    assert!(is_refreshed(&bench.refresh_after_restart().await));
}

#[tokio::test]
async fn the_pace_is_the_servers() {
    let rows: &[(&str, fn() -> Canned, &[u64])] = &[
        (
            "slow_down adds five seconds for good (3.5)",
            || Canned::Json(400, json!({"error": "slow_down"})),
            &[5, 10, 15, 15],
        ),
        (
            "a broken server is asked less often (3.5)",
            || Canned::Text(500, ""),
            &[5, 10, 20, 20],
        ),
        ("a cut connection, too", || Canned::Cut, &[5, 10, 20, 20]),
        (
            "429 sets the pause",
            || Canned::With(429, vec![("retry-after", "90".to_owned())], ""),
            &[5, 90, 90, 90],
        ),
        (
            "a guest network's page decides nothing",
            || Canned::Text(403, "<html>"),
            &[5, 10, 20, 20],
        ),
    ];
    for (reason, canned, expected) in rows {
        let bench = Bench::new().await;
        let code = bench.session.begin_device().await.unwrap();
        bench.plan(|plan| plan.canned = vec![("/token", canned()), ("/token", canned()), pending()]);
        bench.session.await_device(&code).await.expect(reason);
        assert_eq!(seconds(&bench), *expected, "{reason}");
    }
}

#[tokio::test]
async fn a_long_interval_is_kept_to() {
    let bench = Bench::new().await;
    let uri = format!("{}activate", bench.provider.issuer);
    let answer = |more: serde_json::Value| {
        let mut answer = json!({"device_code": "d", "user_code": "U", "verification_uri": uri, "expires_in": 600});
        answer
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        vec![("/device", Canned::Json(200, answer))]
    };
    for (interval, expected) in [
        (json!({"interval": 120}), 120),
        (json!({}), 5),
        (json!({"interval": 0}), 1),
        (json!({"interval": "x"}), 5),
    ] {
        let bench = Bench::new().await;
        let canned = answer(interval.clone());
        bench.plan(|plan| plan.canned = canned);
        // The page's address is on another port here, and a page may be anywhere (3.2).
        let code = bench.session.begin_device().await.unwrap();
        bench.session.await_device(&code).await.unwrap();
        assert_eq!(seconds(&bench), [expected], "{interval}");
    }
}

#[tokio::test]
async fn the_end_of_the_wait_is_told_by_its_kind() {
    let rows: &[(&str, Error)] = &[
        ("access_denied", Error::CodeDenied),
        ("expired_token", Error::CodeExpired),
        ("invalid_grant", Error::CodeRefused),
        ("unauthorized_client", Error::ClientRefused),
    ];
    for (error, expected) in rows {
        let bench = Bench::new().await;
        let code = bench.session.begin_device().await.unwrap();
        bench.plan(|plan| plan.canned = vec![pending(), ("/token", Canned::Json(400, json!({"error": error})))]);
        assert_eq!(bench.session.await_device(&code).await, Err(*expected), "{error}");
        assert_eq!(bench.provider.hits("/token"), 2, "{error}");
    }
}

#[tokio::test]
async fn the_wait_ends_with_the_code_also_where_the_clock_is_set_meanwhile() {
    let bench = Bench::new().await;
    bench.plan(|plan| plan.device_done = false);
    let code = bench.session.begin_device().await.unwrap();
    bench.clock.set(0);
    assert_eq!(bench.session.await_device(&code).await, Err(Error::CodeExpired));
    assert_eq!(seconds(&bench).iter().sum::<u64>(), 600);
}

#[tokio::test]
async fn an_answer_that_is_no_code_is_refused() {
    let rows: &[(&str, fn() -> Canned, Error)] = &[
        ("HTML", || Canned::Text(200, "<html>"), Error::NotJson),
        (
            "no device code (3.2)",
            || {
                Canned::Json(
                    200,
                    json!({"user_code": "U", "verification_uri": "https://a.example/", "expires_in": 600}),
                )
            },
            Error::TokenAnswer,
        ),
        (
            "no user code (3.2)",
            || {
                Canned::Json(
                    200,
                    json!({"device_code": "d", "verification_uri": "https://a.example/", "expires_in": 600}),
                )
            },
            Error::TokenAnswer,
        ),
        (
            "no lifetime (3.2)",
            || {
                Canned::Json(
                    200,
                    json!({"device_code": "d", "user_code": "U", "verification_uri": "https://a.example/"}),
                )
            },
            Error::TokenAnswer,
        ),
        (
            "no address (3.2)",
            || Canned::Json(200, json!({"device_code": "d", "user_code": "U", "expires_in": 600})),
            Error::TokenAnswer,
        ),
        (
            "an address without TLS",
            || {
                Canned::Json(
                    200,
                    json!({"device_code": "d", "user_code": "U", "verification_uri": "http://a.example/", "expires_in": 600}),
                )
            },
            Error::TokenAnswer,
        ),
        (
            "an address that is a script",
            || {
                Canned::Json(
                    200,
                    json!({"device_code": "d", "user_code": "U", "verification_uri": "javascript:1", "expires_in": 600}),
                )
            },
            Error::TokenAnswer,
        ),
        (
            "a user code that is a novel",
            || {
                Canned::Json(
                    200,
                    json!({"device_code": "d", "user_code": "U".repeat(41), "verification_uri": "https://a.example/", "expires_in": 600}),
                )
            },
            Error::TokenAnswer,
        ),
        (
            "not for this client (3.2)",
            || Canned::Json(400, json!({"error": "unauthorized_client"})),
            Error::ClientRefused,
        ),
        ("busy", || Canned::Text(429, ""), Error::Busy),
    ];
    for (reason, canned, expected) in rows {
        let bench = Bench::new().await;
        bench.plan(|plan| plan.canned = vec![("/device", canned())]);
        assert_eq!(
            bench.session.begin_device().await.expect_err(reason),
            *expected,
            "{reason}"
        );
    }
    let bench = Bench::new().await;
    bench.plan(|plan| {
        plan.metadata = |document| {
            drop(
                document
                    .as_object_mut()
                    .unwrap()
                    .remove("device_authorization_endpoint"),
            )
        }
    });
    assert_eq!(bench.session.begin_device().await.unwrap_err(), Error::Unsupported);
}

#[tokio::test]
async fn the_id_token_is_checked_as_at_any_sign_in() {
    let bench = Bench::with(|config| config.organization = Some("org_zon".to_owned())).await;
    let code = bench.session.begin_device().await.unwrap();
    assert_eq!(bench.session.await_device(&code).await, Err(Error::Organization));
    bench.plan(|plan| plan.claims = |claims| (claims["org_id"], claims["aud"]) = ("org_zon".into(), "another".into()));
    assert_eq!(
        bench.session.await_device(&code).await,
        Err(Error::IdToken(session::IdTokenFault::Audience))
    );
    assert_eq!(bench.stored(), None);
}
