//! The metadata (OpenID Connect Discovery §4, RFC 8414).

use serde_json::{Value, json};
use session::{Error, RefreshOutcome};

use crate::common::Fixture;
use crate::common::provider::{Canned, WELL_KNOWN};

#[tokio::test]
async fn metadata_that_are_invalid_or_of_another_issuer_start_no_sign_in_and_end_no_session() {
    let rows: &[(&str, fn(&mut Value), Error)] = &[
        (
            "the issuer is another (4.3)",
            |it| it["issuer"] = "https://elsewhere.example/".into(),
            Error::Metadata,
        ),
        (
            "the issuer lacks the slash (4.3)",
            |it| it["issuer"] = it["issuer"].as_str().unwrap().trim_end_matches('/').into(),
            Error::Metadata,
        ),
        (
            "the issuer is missing (3)",
            |it| drop(it.as_object_mut().unwrap().remove("issuer")),
            Error::Metadata,
        ),
        (
            "no token endpoint (3)",
            |it| drop(it.as_object_mut().unwrap().remove("token_endpoint")),
            Error::Metadata,
        ),
        (
            "no authorization endpoint (3)",
            |it| it["authorization_endpoint"] = Value::Null,
            Error::Metadata,
        ),
        (
            "no key set (3)",
            |it| drop(it.as_object_mut().unwrap().remove("jwks_uri")),
            Error::Metadata,
        ),
        (
            "an endpoint that is no address",
            |it| it["token_endpoint"] = "token".into(),
            Error::Metadata,
        ),
        (
            "an endpoint that is a list",
            |it| it["token_endpoint"] = json!([]),
            Error::Metadata,
        ),
        (
            "a token endpoint without TLS (RFC 6749, 3.2)",
            |it| it["token_endpoint"] = "http://id.example.nl/token".into(),
            Error::EndpointOrigin,
        ),
        (
            "a token endpoint on another domain",
            |it| it["token_endpoint"] = "https://elsewhere.example/token".into(),
            Error::EndpointOrigin,
        ),
        (
            "a key set on another domain",
            |it| it["jwks_uri"] = "https://elsewhere.example/jwks".into(),
            Error::EndpointOrigin,
        ),
        (
            "an authorization endpoint on another port",
            |it| it["authorization_endpoint"] = "http://127.0.0.1:1/authorize".into(),
            Error::EndpointOrigin,
        ),
        (
            "an authorization endpoint with a fragment (RFC 6749, 3.1)",
            |it| it["authorization_endpoint"] = format!("{}#x", it["authorization_endpoint"].as_str().unwrap()).into(),
            Error::EndpointOrigin,
        ),
        (
            "an authorization endpoint that is a script",
            |it| it["authorization_endpoint"] = "javascript:1".into(),
            Error::EndpointOrigin,
        ),
        (
            "a revocation endpoint on another domain",
            |it| it["revocation_endpoint"] = "https://elsewhere.example/".into(),
            Error::EndpointOrigin,
        ),
        (
            "no S256 (RFC 7636, 4.2)",
            |it| it["code_challenge_methods_supported"] = json!(["plain"]),
            Error::NoS256,
        ),
        (
            "challenge methods that are no list",
            |it| it["code_challenge_methods_supported"] = "S256".into(),
            Error::Metadata,
        ),
        (
            "an announcement of iss that is a text (RFC 9207, 3)",
            |it| it["authorization_response_iss_parameter_supported"] = "true".into(),
            Error::Metadata,
        ),
    ];
    for (reason, change, expected) in rows {
        let fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        fixture.behave(|behaviour| behaviour.metadata = *change);
        let session = fixture.restarted();
        assert_eq!(session.begin_sign_in().await.expect_err(reason), *expected, "{reason}");
        assert!(!fixture.pending(), "{reason}");
        assert_eq!(session.refresh().await, RefreshOutcome::Kept(*expected), "{reason}");
        assert_eq!(fixture.stored(), before, "{reason}");
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
