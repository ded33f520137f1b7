//! The device authorization grant (RFC 8628).

use serde_json::json;
use session::Error;

use crate::common::provider::Canned;
use crate::common::{Fixture, is_refreshed};

fn seconds(fixture: &Fixture) -> Vec<u64> {
    fixture.clock.slept().iter().map(std::time::Duration::as_secs).collect()
}

fn pending() -> (&'static str, Canned) {
    ("/token", Canned::Json(400, json!({"error": "authorization_pending"})))
}

#[tokio::test]
async fn the_user_signs_in_on_another_device_and_the_session_is_stored() {
    let fixture = Fixture::new().await;
    let code = fixture.session.begin_device_flow().await.unwrap();
    assert_eq!((code.user_code.as_str(), code.expires_in), ("BCDF-GHJK", 600));
    assert_eq!(
        code.verification_uri.as_str(),
        format!("{}activate", fixture.provider.issuer)
    );
    assert!(
        !format!("{code:?}").contains("device-"),
        "the device code does not print itself"
    );
    fixture.behave(|behaviour| behaviour.canned = vec![pending(), pending()]);
    let signed_in = fixture.session.await_device_flow(&code).await.unwrap();
    assert_eq!((signed_in.sub.as_str(), signed_in.saved), ("person", Ok(())));
    assert_eq!(seconds(&fixture), [5, 5, 5], "the server's interval (3.5)");
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
}

#[tokio::test]
async fn polling_keeps_the_pace_that_the_provider_sets() {
    let rows: &[(&str, fn() -> Canned, &[u64])] = &[
        (
            "slow_down adds five seconds for good (3.5)",
            || Canned::Json(400, json!({"error": "slow_down"})),
            &[5, 10, 15, 15],
        ),
        (
            "a broken provider is polled less often (3.5)",
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
        let fixture = Fixture::new().await;
        let code = fixture.session.begin_device_flow().await.unwrap();
        fixture.behave(|behaviour| behaviour.canned = vec![("/token", canned()), ("/token", canned()), pending()]);
        fixture.session.await_device_flow(&code).await.expect(reason);
        assert_eq!(seconds(&fixture), *expected, "{reason}");
    }
}

#[tokio::test]
async fn the_interval_is_the_providers_or_five_seconds() {
    let fixture = Fixture::new().await;
    let uri = format!("{}activate", fixture.provider.issuer);
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
        let fixture = Fixture::new().await;
        let canned = answer(interval.clone());
        fixture.behave(|behaviour| behaviour.canned = canned);
        // The verification URI is on another origin than this provider, which RFC 8628 §3.2 allows.
        let code = fixture.session.begin_device_flow().await.unwrap();
        fixture.session.await_device_flow(&code).await.unwrap();
        assert_eq!(seconds(&fixture), [expected], "{interval}");
    }
}

#[tokio::test]
async fn each_error_that_ends_the_device_flow_has_its_own_kind() {
    let rows: &[(&str, Error)] = &[
        ("access_denied", Error::DeviceCodeDenied),
        ("expired_token", Error::DeviceCodeExpired),
        ("invalid_grant", Error::CodeRefused),
        ("unauthorized_client", Error::ClientRefused),
    ];
    for (error, expected) in rows {
        let fixture = Fixture::new().await;
        let code = fixture.session.begin_device_flow().await.unwrap();
        fixture.behave(|behaviour| {
            behaviour.canned = vec![pending(), ("/token", Canned::Json(400, json!({"error": error})))];
        });
        assert_eq!(
            fixture.session.await_device_flow(&code).await,
            Err(*expected),
            "{error}"
        );
        assert_eq!(fixture.provider.hits("/token"), 2, "{error}");
    }
}

#[tokio::test]
async fn polling_ends_when_the_code_expires_even_if_the_clock_is_set_meanwhile() {
    let fixture = Fixture::new().await;
    fixture.behave(|behaviour| behaviour.device_done = false);
    let code = fixture.session.begin_device_flow().await.unwrap();
    fixture.clock.set(0);
    assert_eq!(
        fixture.session.await_device_flow(&code).await,
        Err(Error::DeviceCodeExpired)
    );
    assert_eq!(seconds(&fixture).iter().sum::<u64>(), 600);
}

#[tokio::test]
async fn an_invalid_device_authorization_response_is_refused() {
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
        let fixture = Fixture::new().await;
        fixture.behave(|behaviour| behaviour.canned = vec![("/device", canned())]);
        assert_eq!(
            fixture.session.begin_device_flow().await.expect_err(reason),
            *expected,
            "{reason}"
        );
    }
    let fixture = Fixture::new().await;
    fixture.behave(|behaviour| {
        behaviour.metadata = |document| {
            drop(
                document
                    .as_object_mut()
                    .unwrap()
                    .remove("device_authorization_endpoint"),
            );
        }
    });
    assert_eq!(
        fixture.session.begin_device_flow().await.unwrap_err(),
        Error::Unsupported
    );
}

#[tokio::test]
async fn the_id_token_of_a_device_flow_is_checked_as_at_any_sign_in() {
    let fixture = Fixture::with(|config| config.organization = Some("org_zon".to_owned())).await;
    let code = fixture.session.begin_device_flow().await.unwrap();
    assert_eq!(
        fixture.session.await_device_flow(&code).await,
        Err(Error::WrongOrganization)
    );
    fixture.behave(|behaviour| {
        behaviour.claims = |claims| (claims["org_id"], claims["aud"]) = ("org_zon".into(), "another".into());
    });
    assert_eq!(
        fixture.session.await_device_flow(&code).await,
        Err(Error::IdToken(session::IdTokenError::Audience))
    );
    assert_eq!(fixture.stored(), None);
}

#[tokio::test]
async fn no_request_is_sent_after_the_codes_lifetime() {
    for (lifetime, interval, polls) in [(10, 7, 1), (10, 5, 1), (11, 5, 2), (3, 5, 0), (600, 120, 4)] {
        let fixture = Fixture::new().await;
        let answer = json!({
            "device_code": "d", "user_code": "U", "expires_in": lifetime, "interval": interval,
            "verification_uri": format!("{}activate", fixture.provider.issuer),
        });
        fixture.behave(|behaviour| {
            (behaviour.device_done, behaviour.canned) = (false, vec![("/device", Canned::Json(200, answer))]);
        });
        let code = fixture.session.begin_device_flow().await.unwrap();
        assert_eq!(
            fixture.session.await_device_flow(&code).await,
            Err(Error::DeviceCodeExpired)
        );
        assert_eq!(
            (fixture.provider.hits("/token"), seconds(&fixture).iter().sum::<u64>()),
            (polls, lifetime),
            "RFC 8628, 3.5: {lifetime} {interval}"
        );
    }
}

#[tokio::test]
async fn the_codes_lifetime_begins_when_the_code_comes() {
    let fixture = Fixture::new().await;
    let answer = json!({
        "device_code": "d", "user_code": "U", "expires_in": 1, "interval": 1,
        "verification_uri": format!("{}activate", fixture.provider.issuer),
    });
    fixture.behave(|behaviour| behaviour.canned = vec![("/device", Canned::Json(200, answer))]);
    let code = fixture.session.begin_device_flow().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(
        fixture.session.await_device_flow(&code).await,
        Err(Error::DeviceCodeExpired)
    );
    assert_eq!(fixture.provider.hits("/token"), 0);
}

#[tokio::test]
async fn the_organization_of_a_device_flow_is_that_of_the_present_settings() {
    let fixture = Fixture::new().await;
    let mut config = fixture.config.clone();
    config.organization = Some("org_zon".to_owned());
    assert!(fixture.session.update_request_params(&config));
    let code = fixture.session.begin_device_flow().await.unwrap();
    assert_eq!(
        fixture.session.await_device_flow(&code).await,
        Err(Error::WrongOrganization)
    );
}
