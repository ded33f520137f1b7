//! The key set (RFC 7517, OpenID Connect Core §10.1.1). Numbers in brackets without a name are sections of RFC 7517.

use serde_json::{Value, json};
use session::IdTokenError::{NoKey, Signature};
use session::{Error, IdTokenError, RefreshOutcome};

use crate::common::keys::Signer;
use crate::common::provider::{Behaviour, Canned};
use crate::common::{Fixture, is_refreshed};

fn key(name: &str, value: Value) -> Value {
    let mut key = Signer::Es256.jwk();
    key[name] = value;
    key
}

#[tokio::test]
async fn a_key_is_used_only_for_its_purpose() {
    let rows: &[(&str, fn(&mut Value), Option<Error>)] = &[
        (
            "alg of another algorithm (RFC 7517, 4.4)",
            |set| set["keys"] = json!([key("alg", "RS256".into())]),
            Some(Error::IdToken(NoKey)),
        ),
        (
            "alg of an encryption (4.4)",
            |set| set["keys"] = json!([key("alg", "ECDH-ES".into())]),
            Some(Error::IdToken(NoKey)),
        ),
        (
            "use is encryption (4.2)",
            |set| set["keys"] = json!([key("use", "enc".into())]),
            Some(Error::IdToken(NoKey)),
        ),
        (
            "use is no text (4.2)",
            |set| set["keys"] = json!([key("use", 1.into())]),
            Some(Error::IdToken(NoKey)),
        ),
        (
            "key_ops is signing only (4.3)",
            |set| set["keys"] = json!([key("key_ops", json!(["sign"]))]),
            Some(Error::IdToken(NoKey)),
        ),
        (
            "key_ops is no list (4.3)",
            |set| set["keys"] = json!([key("key_ops", "verify".into())]),
            Some(Error::IdToken(NoKey)),
        ),
        (
            "another curve (RFC 7518, 6.2.1)",
            |set| set["keys"] = json!([key("crv", "P-384".into())]),
            Some(Error::IdToken(NoKey)),
        ),
        (
            "a point that is not on the curve",
            |set| set["keys"] = json!([key("x", "AAAA".into())]),
            Some(Error::IdToken(NoKey)),
        ),
        (
            "a shared key in the set",
            |set| set["keys"] = json!([{"kty": "oct", "kid": "ec", "k": "AAAA"}]),
            Some(Error::IdToken(NoKey)),
        ),
        (
            "an empty set",
            |set| set["keys"] = json!([]),
            Some(Error::IdToken(NoKey)),
        ),
        ("no list of keys", |set| set["keys"] = json!({}), Some(Error::Metadata)),
        (
            "key_ops is verifying",
            |set| set["keys"] = json!([key("key_ops", json!(["verify"]))]),
            None,
        ),
        (
            "no alg and no use",
            |set| {
                let mut key = key("alg", Value::Null);
                key.as_object_mut().unwrap().remove("use");
                set["keys"] = json!([key]);
            },
            None,
        ),
        (
            "junk beside the key (5)",
            |set| set["keys"] = json!([null, 7, "x", [], {}, {"kty": 1}, {"kty": "EC", "kid": "ec"}, {"kty": "new", "kid": "ec"}, Signer::Es256.jwk()]),
            None,
        ),
        (
            "several keys with the same kid (4.5)",
            |set| set["keys"] = json!([Signer::Attacker.jwk(), Signer::Es256.jwk()]),
            None,
        ),
        (
            "the same kid, all wrong",
            |set| set["keys"] = json!([Signer::Attacker.jwk(), Signer::Attacker.jwk()]),
            Some(Error::IdToken(Signature)),
        ),
    ];
    for (reason, change, expected) in rows {
        let fixture = Fixture::new().await;
        fixture.behave(|behaviour| behaviour.jwks = *change);
        assert_eq!(
            fixture.sign_in().await.map(|_| ()).map_err(|refused| refused.error),
            expected.map_or(Ok(()), Err),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn a_short_rsa_key_is_ignored() {
    let fixture = Fixture::new().await;
    fixture.behave(|behaviour| {
        behaviour.signer = Signer::Short;
        behaviour.jwks = |set| set["keys"] = json!([Signer::Short.jwk()]);
    });
    assert_eq!(
        fixture.sign_in().await.unwrap_err().error,
        Error::IdToken(NoKey),
        "RFC 7518, 3.3"
    );
}

#[tokio::test]
async fn a_token_without_kid_is_verified_with_each_key() {
    let no_kid: fn(&mut Value) = |header| drop(header.as_object_mut().unwrap().remove("kid"));
    let rows: &[(&str, fn(&mut Value), bool)] = &[
        ("one key", |set| set["keys"] = json!([Signer::Es256.jwk()]), true),
        (
            "several, ours last",
            |set| set["keys"] = json!([Signer::Rs256.jwk(), Signer::Attacker.jwk(), Signer::Es256.jwk()]),
            true,
        ),
        (
            "several, none ours",
            |set| set["keys"] = json!([Signer::Rs256.jwk(), Signer::Attacker.jwk()]),
            false,
        ),
    ];
    for (reason, change, accepted) in rows {
        let fixture = Fixture::new().await;
        fixture.behave(|behaviour| (behaviour.header, behaviour.jwks) = (no_kid, *change));
        assert_eq!(fixture.sign_in().await.is_ok(), *accepted, "{reason}");
    }
}

#[tokio::test]
async fn a_key_set_of_thousands_is_tried_up_to_a_limit() {
    let fixture = Fixture::new().await;
    fixture.behave(|behaviour| {
        behaviour.signer = Signer::Rs256;
        behaviour.header = |header| drop(header.as_object_mut().unwrap().remove("kid"));
        behaviour.jwks = |set| {
            let other = |at| {
                let mut key = Signer::Rs256.jwk();
                key["n"] = format!("z{at:04}{}", &key["n"].as_str().unwrap()[5..]).into();
                key
            };
            set["keys"] = (0..2_000).map(other).chain([Signer::Rs256.jwk()]).collect();
        };
    });
    let callback = fixture.callback().await;
    assert_eq!(
        fixture.session.complete_sign_in(&callback).await.unwrap_err().error,
        Error::IdToken(Signature)
    );
}

#[tokio::test]
async fn a_rotated_key_is_fetched_when_a_token_first_names_it() {
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| {
        behaviour.header = |header| header["kid"] = "new".into();
        behaviour.jwks = |set| set["keys"] = json!([key("kid", "new".into())]);
    });
    assert!(is_refreshed(&fixture.session.refresh().await));
    assert_eq!(fixture.provider.hits("/jwks"), 2);
}

#[tokio::test]
async fn a_key_that_was_replaced_under_the_same_kid_is_fetched_again() {
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| {
        behaviour.signer = Signer::Attacker;
        behaviour.jwks = |set| set["keys"] = json!([Signer::Attacker.jwk()]);
    });
    assert!(is_refreshed(&fixture.session.refresh().await));
}

#[tokio::test]
async fn a_withdrawn_key_is_trusted_for_an_hour_at_most() {
    let fixture = Fixture::signed_in().await;
    fixture.clock.advance(3_601);
    fixture.behave(|behaviour| behaviour.jwks = |set| set["keys"] = json!([Signer::Rs256.jwk()]));
    assert_eq!(
        fixture.session.refresh().await,
        RefreshOutcome::Kept(Error::IdToken(NoKey))
    );
}

#[tokio::test]
async fn many_unknown_keys_cause_one_fetch_of_the_key_set_a_minute() {
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| {
        behaviour.rotates = false;
        behaviour.header = |header| header["kid"] = "unknown".into();
    });
    for _ in 0..5 {
        assert_eq!(
            fixture.session.refresh().await,
            RefreshOutcome::Kept(Error::IdToken(NoKey))
        );
    }
    assert_eq!(fixture.provider.hits("/jwks"), 2, "the first time, and once more");
    fixture.clock.advance(61);
    fixture.session.refresh().await;
    assert_eq!(fixture.provider.hits("/jwks"), 3);
}

#[tokio::test]
async fn an_unavailable_key_set_signs_nobody_in_and_ends_no_session() {
    let rows: &[(&str, fn() -> Canned, Error)] = &[
        ("404", || Canned::Text(404, "no"), Error::Metadata),
        ("500", || Canned::Text(500, "no"), Error::ServerFault),
        ("a page", || Canned::Text(200, "<html>"), Error::NotJson),
        (
            "a redirect",
            || Canned::With(302, vec![("location", "/jwks2".to_owned())], ""),
            Error::Redirect,
        ),
        ("oversized", || Canned::Padded(1024 * 1024), Error::TooLarge),
        ("endless", || Canned::Endless, Error::TooLarge),
        ("cut", || Canned::Cut, Error::Unreachable),
        (
            "a member twice (RFC 8259, 4)",
            || Canned::Text(200, r#"{"keys":[],"keys":[]}"#),
            Error::NotJson,
        ),
    ];
    for (reason, canned, expected) in rows {
        let fault = |behaviour: &mut Behaviour| behaviour.canned = vec![("/jwks", canned()), ("/jwks", canned())];
        let fixture = Fixture::new().await;
        fixture.behave(fault);
        assert_eq!(fixture.sign_in().await.expect_err(reason).error, *expected, "{reason}");

        let fixture = Fixture::signed_in().await;
        fixture.behave(fault);
        assert!(is_refreshed(&fixture.refresh_after_restart().await), "{reason}");
        assert!(
            fixture.stored().unwrap().contains(&fixture.provider.newest().unwrap()),
            "{reason}: the rotated token is saved"
        );
    }
}

#[tokio::test]
async fn faults_that_need_no_key_are_found_without_the_key_set() {
    let rows: &[(&str, fn(&mut Behaviour), IdTokenError)] = &[
        (
            "an algorithm that is not announced",
            |behaviour| behaviour.metadata = |it| it["id_token_signing_alg_values_supported"] = json!(["RS256"]),
            IdTokenError::Algorithm,
        ),
        (
            "no signature at all",
            |behaviour| behaviour.id_token = |token| token[..=token.rfind('.').unwrap()].to_owned(),
            Signature,
        ),
    ];
    for (reason, change, expected) in rows {
        let fixture = Fixture::signed_in().await;
        fixture.behave(|behaviour| {
            behaviour.canned = vec![("/jwks", Canned::Text(503, ""))];
            change(behaviour);
        });
        assert_eq!(
            fixture.refresh_after_restart().await,
            RefreshOutcome::Kept(Error::IdToken(*expected)),
            "{reason}"
        );
        assert!(
            fixture.stored().unwrap().contains(&fixture.provider.newest().unwrap()),
            "{reason}: the rotated token is saved"
        );
    }
}

#[tokio::test]
async fn no_request_comes_between_a_rotated_token_and_its_save() {
    let fixture = Fixture::signed_in().await;
    fixture.provider.clear_log();
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
    assert_eq!(
        fixture.provider.paths(),
        ["/.well-known/openid-configuration", "/jwks", "/token"]
    );
}

#[tokio::test]
async fn a_rotated_token_is_saved_before_an_unknown_key_is_fetched() {
    let fixture = Fixture::signed_in().await;
    fixture.provider.clear_log();
    fixture.behave(|behaviour| {
        behaviour.header = |header| header["kid"] = "new".into();
        behaviour.canned = vec![("/jwks", Canned::Silence)];
    });
    let session = fixture.session.clone();
    let refresh = tokio::spawn(async move { session.refresh().await });
    fixture.provider.wait_for("/jwks").await;
    assert!(
        fixture.stored().unwrap().contains(&fixture.provider.newest().unwrap()),
        "a process that is killed now has the new token"
    );
    refresh.abort();
}

#[tokio::test]
async fn an_unavailable_key_set_excuses_an_unknown_key_but_not_a_wrong_signature() {
    let away = || vec![("/jwks", Canned::Text(503, ""))];
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| {
        behaviour.canned = away();
        behaviour.header = |header| header["kid"] = "new".into();
    });
    assert!(
        is_refreshed(&fixture.session.refresh().await),
        "the keys may have been rotated"
    );
    fixture.clock.advance(61);
    fixture.behave(|behaviour| {
        behaviour.canned = away();
        behaviour.header = |_| {};
        behaviour.signer = Signer::Attacker;
    });
    assert_eq!(
        fixture.session.refresh().await,
        RefreshOutcome::Kept(Error::IdToken(Signature))
    );
    assert!(fixture.stored().unwrap().contains(&fixture.provider.newest().unwrap()));
    // A key set that was fetched a moment ago is definitive, although the second fetch fails.
    let fixture = Fixture::new().await;
    fixture.behave(|behaviour| behaviour.header = |header| header["kid"] = "unknown".into());
    let callback = fixture.callback().await;
    fixture.behave(|behaviour| {
        behaviour.canned = vec![
            ("/jwks", Canned::Json(200, json!({"keys": [Signer::Es256.jwk()]}))),
            ("/jwks", Canned::Text(503, "")),
        ];
    });
    assert_eq!(
        fixture.session.complete_sign_in(&callback).await.unwrap_err().error,
        Error::IdToken(NoKey)
    );
}
