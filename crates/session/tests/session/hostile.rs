//! A hostile network, a hostile server and a hostile app on the same device (RFC 9700 §4, RFC 9207, RFC 8252 §8).

use serde_json::json;
use session::store::Slot;
use session::{Config, Error, RefreshOutcome};

use crate::common::provider::{Behaviour, Canned, WELL_KNOWN};
use crate::common::{Fixture, is_refreshed};

#[tokio::test]
async fn a_mix_up_attack_sends_no_code_to_the_attackers_server() {
    // The user starts at one provider, and the callback comes from another (RFC 9700 §4.4, RFC 9207 §1).
    let (honest, attacker) = (Fixture::new().await, Fixture::new().await);
    let callback = honest.callback().await;
    honest.behave(|behaviour| behaviour.iss = true);
    let theirs = attacker.callback().await;
    let state = callback.split_once("&state=").unwrap().1;
    let code = theirs.split_once("code=").unwrap().1.split('&').next().unwrap();
    let mixed = format!(
        "nl.example.app:/callback?code={code}&state={state}&iss={}",
        attacker.provider.issuer
    );
    let refused = honest.session.complete_sign_in(&mixed).await.unwrap_err();
    assert_eq!((refused.error, refused.consumed), (Error::CallbackIssuer, false));
    assert_eq!(
        (honest.provider.hits("/token"), attacker.provider.hits("/token")),
        (0, 0)
    );
    // The app's settings changed while the user was in the browser, so the code must not be sent to the new issuer.
    let config = Config {
        issuer: attacker.provider.issuer.clone(),
        ..honest.config.clone()
    };
    let moved = session::Session::new(
        config,
        honest.http.clone(),
        honest.clock.clone(),
        std::sync::Arc::new(session::SystemRandom),
        honest.store.clone(),
    );
    assert_eq!(
        moved.complete_sign_in(&callback).await.unwrap_err().error,
        Error::NoPending
    );
    assert_eq!(
        attacker.provider.hits("/token"),
        0,
        "a code of one server is never sent to another"
    );
    honest.session.complete_sign_in(&callback).await.unwrap();
}

#[tokio::test]
async fn an_injected_code_does_not_fit_the_verifier_and_is_refused() {
    // The attacker puts the code of their own sign-in at the same provider into the user's callback (RFC 9700 §4.5).
    let (fixture, before) = {
        let fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        (fixture, before)
    };
    let attackers = fixture
        .provider
        .authorize(
            fixture
                .over(std::sync::Arc::new(session::store::memory::MemoryStore::default()))
                .begin_sign_in()
                .await
                .unwrap()
                .url
                .as_str(),
        )
        .await;
    let callback = fixture.callback().await;
    let code = |from: &str| {
        from.split_once("code=")
            .unwrap()
            .1
            .split('&')
            .next()
            .unwrap()
            .to_owned()
    };
    let injected = callback.replace(&code(&callback), &code(&attackers));
    let refused = fixture.session.complete_sign_in(&injected).await.unwrap_err();
    assert_eq!(
        (refused.error, refused.consumed),
        (Error::CodeRefused, true),
        "RFC 7636, 4.6"
    );
    assert_eq!(fixture.stored(), before);
    assert!(is_refreshed(&fixture.session.refresh().await));
}

#[tokio::test]
async fn an_injected_code_is_caught_by_the_nonce_if_the_server_ignores_the_verifier() {
    // The same attack at a provider that ignores PKCE: the ID token of the attacker's sign-in has another nonce.
    let fixture = Fixture::new().await;
    fixture.behave(|behaviour| behaviour.claims = |claims| claims["nonce"] = "of-the-attackers-sign-in".into());
    assert_eq!(
        fixture.sign_in().await.unwrap_err().error,
        Error::IdToken(session::IdTokenError::Nonce),
        "OpenID Connect Core, 3.1.3.7, 11"
    );
}

#[tokio::test]
async fn no_request_follows_a_redirect() {
    let statuses = [302, 307, 308];
    for status in statuses {
        for path in [WELL_KNOWN, "/jwks", "/token", "/revoke", "/device"] {
            let elsewhere = Fixture::new().await;
            let fixture = Fixture::signed_in().await;
            let to = || {
                Canned::With(
                    status,
                    vec![("location", format!("{}loot", elsewhere.provider.issuer))],
                    "",
                )
            };
            fixture.behave(|behaviour| behaviour.canned = vec![(path, to()), (path, to()), (path, to())]);
            let session = fixture.restarted();
            let _ = session.refresh().await;
            let _ = session.begin_device_flow().await;
            session.sign_out().await;
            assert_eq!(
                elsewhere.provider.paths(),
                Vec::<String>::new(),
                "{status} {path} (RFC 9700, 4.12)"
            );
        }
    }
}

#[tokio::test]
async fn an_oversized_response_is_dropped_at_its_limit_and_the_session_stays() {
    let deep: &'static str =
        Box::leak(format!(r#"{{"access_token":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000)).into_boxed_str());
    let members: String = (0..10_000).fold(String::new(), |all, at| all + "\"m" + &at.to_string() + "\":1,");
    let many: &'static str = Box::leak(format!(r#"{{"token_type":"Bearer",{members}"x":1}}"#).into_boxed_str());
    let rows: Vec<(&str, Canned, Error)> = vec![
        (
            "a header of a megabyte",
            Canned::With(200, vec![("x", "x".repeat(1024 * 1024))], "{}"),
            Error::Unreachable,
        ),
        (
            "a thousand headers",
            Canned::With(200, (0..1_000).map(|_| ("x", "x".to_owned())).collect(), "{}"),
            Error::Unreachable,
        ),
        (
            "nested a hundred thousand deep",
            Canned::Text(200, deep),
            Error::NotJson,
        ),
        ("ten thousand members", Canned::Text(200, many), Error::TokenAnswer),
        (
            "a body of a quarter of a megabyte and more",
            Canned::Padded(256 * 1024),
            Error::TooLarge,
        ),
        ("a body without end", Canned::Endless, Error::TooLarge),
        ("gzip that was not requested", Canned::Gzip, Error::NotJson),
        ("a refusal of a megabyte", Canned::Refusal(1024 * 1024), Error::TooLarge),
    ];
    for (reason, canned, expected) in rows {
        let fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        fixture.behave(|behaviour| {
            behaviour.canned = vec![
                ("/token", canned.clone()),
                ("/token", canned.clone()),
                ("/token", canned),
            ];
        });
        assert_eq!(
            fixture.session.refresh().await,
            RefreshOutcome::Kept(expected),
            "{reason}"
        );
        assert_eq!(fixture.stored(), before, "{reason}");
        fixture.behave(|behaviour| behaviour.canned.clear());
        assert!(is_refreshed(&fixture.session.refresh().await), "{reason}");
    }
}

#[tokio::test]
async fn the_query_of_an_authorization_endpoint_is_kept_beside_our_parameters() {
    // The endpoint's query is kept (RFC 6749 §3.1), and each of our parameters is there once.
    let fixture = Fixture::new().await;
    fixture.behave(|behaviour| {
        behaviour.metadata = |it| {
            it["authorization_endpoint"] =
                format!("{}?tenant=a", it["authorization_endpoint"].as_str().unwrap()).into();
        }
    });
    let url = fixture.session.begin_sign_in().await.unwrap().url;
    let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names.iter().filter(|name| *name == "tenant").count(), 1);
    assert_eq!(
        names.len(),
        names.iter().collect::<std::collections::HashSet<_>>().len()
    );
    let callback = fixture.provider.authorize(url.as_str()).await;
    fixture.session.complete_sign_in(&callback).await.unwrap();
}

#[tokio::test]
async fn metadata_that_set_one_of_our_parameters_start_no_sign_in() {
    // If the endpoint's query held one of our parameters, the request would have it twice, and the provider might use
    // the other value.
    for name in [
        "client_id",
        "redirect_uri",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "response_type",
        "scope",
    ] {
        let fixture = Fixture::new().await;
        let document = json!({
            "issuer": fixture.provider.issuer, "token_endpoint": format!("{}token", fixture.provider.issuer), "jwks_uri": format!("{}jwks", fixture.provider.issuer),
            "authorization_endpoint": format!("{}authorize?{name}=x", fixture.provider.issuer),
        });
        fixture.behave(|behaviour| behaviour.canned = vec![(WELL_KNOWN, Canned::Json(200, document))]);
        assert_eq!(
            fixture.session.begin_sign_in().await.unwrap_err(),
            Error::Metadata,
            "{name} (RFC 6749, 3.1)"
        );
        assert!(!fixture.pending(), "{name}");
    }
}

#[tokio::test]
async fn an_error_member_that_is_null_counts_as_missing_and_an_empty_one_does_not() {
    let null: fn(&mut Behaviour) = |behaviour| {
        behaviour.answer = |answer| {
            (answer["error"], answer["error_description"]) = (serde_json::Value::Null, serde_json::Value::Null);
        };
    };
    let fixture = Fixture::new().await;
    fixture.behave(null);
    fixture.sign_in().await.unwrap();
    assert!(is_refreshed(&fixture.session.refresh().await));
    fixture.behave(|behaviour| behaviour.answer = |answer| answer["error"] = "".into());
    assert_eq!(
        fixture.session.refresh().await,
        RefreshOutcome::Kept(Error::TokenAnswer)
    );
}

#[tokio::test]
async fn a_record_with_another_issuer_is_not_sent_to_that_issuer() {
    // An attacker who can write to the store cannot redirect the refresh token, because the issuer comes from the
    // configuration.
    let (fixture, attacker) = (Fixture::signed_in().await, Fixture::new().await);
    let injected = fixture
        .stored()
        .unwrap()
        .replace(&fixture.provider.issuer, &attacker.provider.issuer);
    fixture.store.put(Slot::Session, &injected);
    fixture.provider.clear_log();
    assert_eq!(
        fixture.refresh_after_restart().await,
        RefreshOutcome::SignedOut(Error::NoSession)
    );
    assert_eq!(
        (fixture.provider.hits("/token"), attacker.provider.paths()),
        (0, vec![])
    );
}

#[tokio::test]
async fn an_issuer_may_have_a_path_a_trailing_slash_and_an_ipv6_address() {
    for (path, host) in [
        ("", "127.0.0.1"),
        ("/", "127.0.0.1"),
        ("/realms/groep", "127.0.0.1"),
        ("/realms/groep/", "127.0.0.1"),
        ("/realms/groep", "[::1]"),
    ] {
        let mut fixture = Fixture::new().await;
        let Some(provider) = crate::common::provider::Provider::at(host, path).await else {
            continue;
        };
        fixture.config.issuer = provider.issuer.clone();
        fixture.provider = provider;
        let session = fixture.restarted();
        let callback = fixture
            .provider
            .authorize(session.begin_sign_in().await.unwrap().url.as_str())
            .await;
        session
            .complete_sign_in(&callback)
            .await
            .unwrap_or_else(|refused| panic!("{host}{path}: {refused:?}"));
        assert!(is_refreshed(&session.refresh().await), "{host}{path}");
        assert_eq!(fixture.provider.hits(WELL_KNOWN), 1, "{host}{path}");
    }
}

#[tokio::test]
async fn every_request_asks_for_an_uncompressed_response() {
    // A request without the header allows any encoding (RFC 9110 §12.5.3).
    let fixture = Fixture::signed_in().await;
    assert!(is_refreshed(&fixture.session.refresh().await));
    fixture.session.sign_out().await;
    for path in [WELL_KNOWN, "/jwks", "/token", "/revoke"] {
        let of: Vec<_> = fixture
            .provider
            .encodings()
            .into_iter()
            .filter(|(requested, _)| requested == path)
            .map(|(_, encoding)| encoding)
            .collect();
        assert!(
            !of.is_empty() && of.iter().all(|encoding| encoding.as_deref() == Some("identity")),
            "{path}: {of:?}"
        );
    }
}
