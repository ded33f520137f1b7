//! The metadata (OpenID Connect Discovery §4, RFC 8414).

use serde_json::{Value, json};
use session::{Error, RefreshOutcome, TransferOutcome};

use crate::common::provider::{Canned, WELL_KNOWN};
use crate::common::{Fixture, is_refreshed};

#[tokio::test]
async fn metadata_that_are_invalid_or_of_another_issuer_start_no_sign_in_and_end_no_session() {
    // The last member: whether a refresh works, because it needs the token endpoint and nothing else.
    let rows: &[(&str, fn(&mut Value), Error, bool)] = &[
        (
            "the issuer is another (4.3)",
            |it| it["issuer"] = "https://elsewhere.example/".into(),
            Error::Metadata,
            false,
        ),
        (
            "the issuer lacks the slash (4.3)",
            |it| it["issuer"] = it["issuer"].as_str().unwrap().trim_end_matches('/').into(),
            Error::Metadata,
            false,
        ),
        (
            "the issuer is missing (3)",
            |it| drop(it.as_object_mut().unwrap().remove("issuer")),
            Error::Metadata,
            false,
        ),
        (
            "no token endpoint (3)",
            |it| drop(it.as_object_mut().unwrap().remove("token_endpoint")),
            Error::Metadata,
            false,
        ),
        (
            "no authorization endpoint (3)",
            |it| it["authorization_endpoint"] = Value::Null,
            Error::Metadata,
            true,
        ),
        (
            "no key set (3)",
            |it| drop(it.as_object_mut().unwrap().remove("jwks_uri")),
            Error::Metadata,
            true,
        ),
        (
            "an endpoint that is no address",
            |it| it["token_endpoint"] = "token".into(),
            Error::Metadata,
            false,
        ),
        (
            "an endpoint that is a list",
            |it| it["token_endpoint"] = json!([]),
            Error::Metadata,
            false,
        ),
        (
            "a token endpoint without TLS (RFC 6749, 3.2)",
            |it| it["token_endpoint"] = "http://id.example.nl/token".into(),
            Error::EndpointOrigin,
            false,
        ),
        (
            "a token endpoint on another domain",
            |it| it["token_endpoint"] = "https://elsewhere.example/token".into(),
            Error::EndpointOrigin,
            false,
        ),
        (
            "a key set on another domain",
            |it| it["jwks_uri"] = "https://elsewhere.example/jwks".into(),
            Error::EndpointOrigin,
            true,
        ),
        (
            "an authorization endpoint on another port",
            |it| it["authorization_endpoint"] = "http://127.0.0.1:1/authorize".into(),
            Error::EndpointOrigin,
            true,
        ),
        (
            "an authorization endpoint with a fragment (RFC 6749, 3.1)",
            |it| it["authorization_endpoint"] = format!("{}#x", it["authorization_endpoint"].as_str().unwrap()).into(),
            Error::EndpointOrigin,
            true,
        ),
        (
            "an authorization endpoint that is a script",
            |it| it["authorization_endpoint"] = "javascript:1".into(),
            Error::EndpointOrigin,
            true,
        ),
        (
            "no S256 (RFC 7636, 4.2)",
            |it| it["code_challenge_methods_supported"] = json!(["plain"]),
            Error::NoS256,
            true,
        ),
        (
            "challenge methods that are no list",
            |it| it["code_challenge_methods_supported"] = "S256".into(),
            Error::Metadata,
            true,
        ),
        (
            "an announcement of iss that is a text (RFC 9207, 3)",
            |it| it["authorization_response_iss_parameter_supported"] = "true".into(),
            Error::Metadata,
            true,
        ),
    ];
    for (reason, change, expected, refreshes) in rows {
        let fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        fixture.behave(|behaviour| behaviour.metadata = *change);
        let session = fixture.restarted();
        assert_eq!(session.begin_sign_in().await.expect_err(reason), *expected, "{reason}");
        assert!(!fixture.pending(), "{reason}");
        if *refreshes {
            assert!(is_refreshed(&session.refresh().await), "{reason}");
        } else {
            assert_eq!(session.refresh().await, RefreshOutcome::Kept(*expected), "{reason}");
            assert_eq!(fixture.stored(), before, "{reason}");
        }
    }
}

#[tokio::test]
async fn each_response_that_is_no_metadata_has_its_own_kind() {
    let rows: &[(&str, fn() -> Canned, Error)] = &[
        (
            "a redirect is not followed",
            || Canned::With(301, vec![("location", WELL_KNOWN.to_owned() + "?x")], ""),
            Error::Redirect,
        ),
        ("HTML", || Canned::Text(200, "<html>"), Error::NotJson),
        ("a list", || Canned::Json(200, json!([])), Error::NotJson),
        ("oversized", || Canned::Padded(1024 * 1024), Error::TooLarge),
        ("endless", || Canned::Endless, Error::TooLarge),
        ("cut", || Canned::Cut, Error::Unreachable),
        (
            "headers without end",
            || Canned::With(200, vec![("x", "x".repeat(1024 * 1024))], "{}"),
            Error::Unreachable,
        ),
        ("404", || Canned::Text(404, ""), Error::Metadata),
        ("429", || Canned::Text(429, ""), Error::Busy),
        ("503", || Canned::Text(503, ""), Error::ServerFault),
        (
            "nested without end",
            || Canned::Text(200, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["),
            Error::NotJson,
        ),
    ];
    for (reason, canned, expected) in rows {
        let fixture = Fixture::new().await;
        fixture.behave(|behaviour| behaviour.canned = vec![(WELL_KNOWN, canned())]);
        assert_eq!(
            fixture.session.begin_sign_in().await.expect_err(reason),
            *expected,
            "{reason}"
        );
        assert_eq!(fixture.provider.hits(WELL_KNOWN), 1, "{reason}");
        fixture.session.begin_sign_in().await.expect("a fault is not cached");
    }
}

#[tokio::test]
async fn an_unsafe_issuer_gets_no_request() {
    for issuer in [
        "http://id.example.nl/",
        "http://127.0.0.1.evil.example/",
        "ftp://127.0.0.1/",
        "id.example.nl",
        "",
        "https://user@id.example.nl/",
        "https://id.example.nl/?x",
        "https://id.example.nl/#x",
        "file:///etc/passwd",
        "javascript:1",
    ] {
        let fixture = Fixture::with(|config| config.issuer = issuer.to_owned()).await;
        assert_eq!(
            fixture.session.begin_sign_in().await.unwrap_err(),
            Error::IssuerNotAllowed,
            "{issuer}"
        );
    }
    let fixture = Fixture::with(|config| config.loopback_http = false).await;
    assert_eq!(
        fixture.session.begin_sign_in().await.unwrap_err(),
        Error::IssuerNotAllowed
    );
}

#[tokio::test]
async fn metadata_are_fetched_once_an_hour() {
    let fixture = Fixture::signed_in().await;
    fixture.session.refresh().await;
    assert_eq!(fixture.provider.hits(WELL_KNOWN), 1);
    fixture.clock.advance(3_601);
    fixture.session.refresh().await;
    assert_eq!(fixture.provider.hits(WELL_KNOWN), 2);
    // If the clock was set back, the age is unknown, so the metadata are fetched again.
    fixture.clock.set(0);
    fixture.session.refresh().await;
    assert_eq!(fixture.provider.hits(WELL_KNOWN), 3);
}

#[tokio::test]
async fn the_authorization_endpoint_is_known_after_discovery_without_a_request() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.session.authorization_endpoint(), None);
    let url = fixture.session.begin_sign_in().await.unwrap().url;
    fixture.provider.clear_log();
    let known = fixture.session.authorization_endpoint().unwrap();
    assert_eq!(
        (known.as_str(), known.query()),
        (url.as_str().split('?').next().unwrap(), None)
    );
    assert!(fixture.provider.paths().is_empty());
}

#[tokio::test]
async fn optional_members_that_are_invalid_stop_only_what_needs_them() {
    let invalid: [fn(&str) -> Value; 4] = [
        |_| "https://elsewhere.example/".into(),
        |_| json!([]),
        |_| 7.into(),
        |endpoint| format!("{endpoint}#x").into(),
    ];
    for make in invalid {
        let fixture = Fixture::new().await;
        let documents: [fn(&mut Value, fn(&str) -> Value); 1] = [|it, make| {
            for name in [
                "revocation_endpoint",
                "end_session_endpoint",
                "device_authorization_endpoint",
            ] {
                it[name] = make(it[name].as_str().unwrap());
            }
            it["id_token_signing_alg_values_supported"] = "RS256".into();
        }];
        // A function pointer cannot capture, so the document is sent as a canned response.
        let mut document = json!({
            "issuer": fixture.provider.issuer,
            "authorization_endpoint": format!("{}authorize", fixture.provider.issuer),
            "token_endpoint": format!("{}token", fixture.provider.issuer),
            "jwks_uri": format!("{}jwks", fixture.provider.issuer),
            "revocation_endpoint": format!("{}revoke", fixture.provider.issuer),
            "end_session_endpoint": format!("{}logout", fixture.provider.issuer),
            "device_authorization_endpoint": format!("{}device", fixture.provider.issuer),
        });
        documents[0](&mut document, make);
        fixture.behave(|behaviour| behaviour.canned = vec![(WELL_KNOWN, Canned::Json(200, document.clone()))]);
        fixture
            .sign_in()
            .await
            .unwrap_or_else(|refused| panic!("{document}: {refused}"));
        assert!(is_refreshed(&fixture.session.refresh().await), "{document}");
        assert!(
            matches!(fixture.session.transfer().await, TransferOutcome::Token(_)),
            "{document}"
        );
        let device = fixture.session.begin_device_flow().await.unwrap_err();
        assert!(matches!(device, Error::Metadata | Error::EndpointOrigin), "{device}");
        let signed_out = fixture.session.sign_out().await;
        assert_eq!(
            (signed_out.forgotten, signed_out.revoked),
            (Ok(()), Err(device)),
            "{document}"
        );
        assert_eq!(signed_out.end_session_url, None, "{document}");
    }
}

#[tokio::test]
async fn metadata_and_keys_that_were_good_serve_on_while_new_ones_cannot_be_had() {
    let rows: &[(&str, fn() -> Canned)] = &[
        ("down", || Canned::Text(503, "")),
        ("a guest network", || Canned::Text(200, "<html>")),
        ("not found", || Canned::Text(404, "")),
        ("of another issuer", || {
            Canned::Json(200, json!({"issuer": "https://elsewhere.example/"}))
        }),
        ("cut", || Canned::Cut),
    ];
    for (reason, canned) in rows {
        let fixture = Fixture::signed_in().await;
        for hours in 1..=3 {
            fixture.clock.advance(3_601);
            fixture.provider.clear_log();
            fixture.behave(|behaviour| behaviour.canned = vec![(WELL_KNOWN, canned()), ("/jwks", canned())]);
            assert!(is_refreshed(&fixture.session.refresh().await), "{reason} {hours}");
            assert!(
                matches!(fixture.session.transfer().await, TransferOutcome::Token(_)),
                "{reason} {hours}"
            );
            assert_eq!(
                fixture.provider.hits(WELL_KNOWN) + fixture.provider.hits("/jwks"),
                1,
                "{reason} {hours}: the next exchange does not wait for another try"
            );
            fixture.behave(|behaviour| behaviour.canned = vec![]);
        }
        let callback = fixture.callback().await;
        fixture.session.complete_sign_in(&callback).await.expect(reason);
        fixture.clock.advance(61);
        fixture.provider.clear_log();
        assert!(is_refreshed(&fixture.session.refresh().await), "{reason}");
        assert_eq!(
            fixture.provider.hits(WELL_KNOWN),
            1,
            "{reason}: a minute later they are fetched again"
        );
    }
}
