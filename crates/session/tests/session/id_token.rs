//! The ID token (OpenID Connect Core §3.1.3.7 and §12.2). Numbers in brackets without a name are sections of Core.

use serde_json::{Value, json};
use session::IdTokenError::{
    AccessTokenHash, Algorithm, Audience, AuthTime, AuthorizedParty, Expired, IssuedAt, Issuer, Malformed, Missing,
    NoKey, Nonce, NotBefore, Signature, Subject,
};
use session::{Error, RefreshOutcome, TransferOutcome};

use crate::common::keys::Signer;
use crate::common::provider::Behaviour;
use crate::common::{CLIENT, Fixture, is_refreshed, real_now};

type Row = (&'static str, fn(&mut Behaviour), Error);

fn remove(claims: &mut Value, name: &str) {
    claims.as_object_mut().unwrap().remove(name);
}

/// ID tokens that are refused, both at sign-in and on a refresh.
const WRONG: &[Row] = &[
    (
        "iss is another (3.1.3.7, 2)",
        |behaviour| behaviour.claims = |claims| claims["iss"] = "https://elsewhere.example/".into(),
        Error::IdToken(Issuer),
    ),
    (
        "iss is missing (2)",
        |behaviour| behaviour.claims = |claims| remove(claims, "iss"),
        Error::IdToken(Issuer),
    ),
    (
        "iss lacks the slash (2)",
        |behaviour| {
            behaviour.claims = |claims| claims["iss"] = claims["iss"].as_str().unwrap().trim_end_matches('/').into();
        },
        Error::IdToken(Issuer),
    ),
    (
        "aud is another (3.1.3.7, 3)",
        |behaviour| behaviour.claims = |claims| claims["aud"] = "another".into(),
        Error::IdToken(Audience),
    ),
    (
        "aud is missing (2)",
        |behaviour| behaviour.claims = |claims| remove(claims, "aud"),
        Error::IdToken(Audience),
    ),
    (
        "aud has an unknown second (3.1.3.7, 3)",
        |behaviour| behaviour.claims = |claims| claims["aud"] = json!([CLIENT, "another"]),
        Error::IdToken(Audience),
    ),
    (
        "aud has an unknown second and azp is ours (3.1.3.7, 3)",
        |behaviour| {
            behaviour.claims = |claims| {
                claims["aud"] = json!([CLIENT, "another"]);
                claims["azp"] = CLIENT.into();
            }
        },
        Error::IdToken(Audience),
    ),
    (
        "aud is empty (2)",
        |behaviour| behaviour.claims = |claims| claims["aud"] = json!([]),
        Error::IdToken(Audience),
    ),
    (
        "azp is another (3.1.3.7, 5)",
        |behaviour| behaviour.claims = |claims| claims["azp"] = "another".into(),
        Error::IdToken(AuthorizedParty),
    ),
    (
        "sub is missing (2)",
        |behaviour| behaviour.claims = |claims| remove(claims, "sub"),
        Error::IdToken(Subject),
    ),
    (
        "sub is empty (2)",
        |behaviour| behaviour.claims = |claims| claims["sub"] = "".into(),
        Error::IdToken(Subject),
    ),
    (
        "sub is a number (2)",
        |behaviour| behaviour.claims = |claims| claims["sub"] = 7.into(),
        Error::IdToken(Subject),
    ),
    (
        "sub is longer than 255 (2)",
        |behaviour| behaviour.claims = |claims| claims["sub"] = "x".repeat(256).into(),
        Error::IdToken(Subject),
    ),
    (
        "iat is missing (2)",
        |behaviour| behaviour.claims = |claims| remove(claims, "iat"),
        Error::IdToken(IssuedAt),
    ),
    (
        "iat is in the future (3.1.3.7, 10)",
        |behaviour| behaviour.claims = |claims| claims["iat"] = (real_now() + 75).into(),
        Error::IdToken(IssuedAt),
    ),
    (
        "exp is missing (2)",
        |behaviour| behaviour.claims = |claims| remove(claims, "exp"),
        Error::IdToken(Expired),
    ),
    (
        "exp is past (3.1.3.7, 9)",
        |behaviour| behaviour.claims = |claims| claims["exp"] = (real_now() - 61).into(),
        Error::IdToken(Expired),
    ),
    (
        "exp is a text (RFC 7519, 2)",
        |behaviour| behaviour.claims = |claims| claims["exp"] = "4102444800".into(),
        Error::IdToken(Expired),
    ),
    (
        "nbf is in the future (RFC 7519, 4.1.5)",
        |behaviour| behaviour.claims = |claims| claims["nbf"] = (real_now() + 75).into(),
        Error::IdToken(NotBefore),
    ),
    (
        "nonce is another (3.1.3.7, 11)",
        |behaviour| behaviour.claims = |claims| claims["nonce"] = "another".into(),
        Error::IdToken(Nonce),
    ),
    (
        "at_hash is wrong (3.1.3.8)",
        |behaviour| behaviour.claims = |claims| claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA".into(),
        Error::IdToken(AccessTokenHash),
    ),
    (
        "at_hash is a number (3.1.3.8)",
        |behaviour| behaviour.claims = |claims| claims["at_hash"] = 1.into(),
        Error::IdToken(AccessTokenHash),
    ),
    (
        "alg is none (RFC 8725, 3.1)",
        |behaviour| behaviour.signer = Signer::None,
        Error::IdToken(Algorithm),
    ),
    (
        "alg is HS256 (RFC 8725, 2.1)",
        |behaviour| behaviour.signer = Signer::Hs256,
        Error::IdToken(Algorithm),
    ),
    (
        "alg is RS384, which is not pinned (3.1.3.7, 7)",
        |behaviour| behaviour.signer = Signer::Rs384,
        Error::IdToken(Algorithm),
    ),
    (
        "alg is not announced (3.1.3.7, 7)",
        |behaviour| behaviour.metadata = |it| it["id_token_signing_alg_values_supported"] = json!(["RS256"]),
        Error::IdToken(Algorithm),
    ),
    (
        "alg says none over a real signature",
        |behaviour| behaviour.header = |header| header["alg"] = "none".into(),
        Error::IdToken(Algorithm),
    ),
    (
        "crit is not understood (RFC 7515, 4.1.11)",
        |behaviour| behaviour.header = |header| header["crit"] = json!(["exp"]),
        Error::IdToken(Algorithm),
    ),
    (
        "it is an access token of the same server (RFC 9068, 4)",
        |behaviour| behaviour.header = |header| header["typ"] = "at+JWT".into(),
        Error::IdToken(Malformed),
    ),
    (
        "the signature is corrupted (3.1.3.7, 6)",
        |behaviour| {
            behaviour.id_token = |token| {
                if token.ends_with("AAAA") {
                    token
                } else {
                    token[..token.len() - 4].to_owned() + "AAAA"
                }
            }
        },
        Error::IdToken(Signature),
    ),
    (
        "the signature is cut off",
        |behaviour| behaviour.id_token = |token| token[..=token.rfind('.').unwrap()].to_owned(),
        Error::IdToken(Signature),
    ),
    (
        "the key is an attacker's (3.1.3.7, 6)",
        |behaviour| behaviour.signer = Signer::Attacker,
        Error::IdToken(Signature),
    ),
    (
        "the token brings its own key (RFC 8725, 3.10)",
        |behaviour| {
            behaviour.signer = Signer::Attacker;
            behaviour.header = |header| header["jwk"] = Signer::Attacker.jwk();
        },
        Error::IdToken(Signature),
    ),
    (
        "kid is unknown (10.1.1)",
        |behaviour| behaviour.header = |header| header["kid"] = "unknown".into(),
        Error::IdToken(NoKey),
    ),
    (
        "kid is a number (RFC 7515, 4.1.4)",
        |behaviour| behaviour.header = |header| header["kid"] = 1.into(),
        Error::IdToken(Malformed),
    ),
    (
        "there are two sections",
        |behaviour| behaviour.id_token = |token| token[..token.rfind('.').unwrap()].to_owned(),
        Error::IdToken(Malformed),
    ),
    (
        "there are five sections",
        |behaviour| behaviour.id_token = |token| token + ".AA.AA",
        Error::IdToken(Malformed),
    ),
    (
        "a section is no base64url",
        |behaviour| behaviour.id_token = |token| token.replacen('.', ".=", 1),
        Error::IdToken(Malformed),
    ),
    (
        "a section is no JSON",
        |behaviour| {
            behaviour.id_token = |token| {
                let parts: Vec<_> = token.split('.').collect();
                [parts[0], "eA", parts[2]].join(".")
            }
        },
        Error::IdToken(Malformed),
    ),
    (
        "the signature is empty (RFC 7518, 3.6)",
        |behaviour| behaviour.id_token = |token| token[..=token.rfind('.').unwrap()].to_owned(),
        Error::IdToken(Signature),
    ),
    (
        "it is far too long",
        |behaviour| behaviour.id_token = |token| token + &"A".repeat(64 * 1024),
        Error::TokenAnswer,
    ),
];

#[tokio::test]
async fn a_wrong_id_token_signs_nobody_in_and_leaves_the_previous_session_as_it_was() {
    for (reason, change, expected) in WRONG {
        let fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        fixture.behave(change);
        // The restarted app fetches the metadata and the key set again.
        let session = fixture.restarted();
        let callback = fixture
            .provider
            .authorize(session.begin_sign_in().await.unwrap().url.as_str())
            .await;
        let refused = session.complete_sign_in(&callback).await.expect_err(reason);
        assert_eq!((refused.error, refused.consumed), (*expected, true), "{reason}");
        assert_eq!(fixture.stored(), before, "{reason}");
        assert!(!fixture.pending(), "{reason}: used once");
    }
}

#[tokio::test]
async fn a_wrong_id_token_on_a_refresh_is_reported_and_the_rotated_refresh_token_is_saved() {
    for (reason, change, expected) in WRONG {
        let fixture = Fixture::signed_in().await;
        fixture.behave(change);
        assert_eq!(
            fixture.refresh_after_restart().await,
            RefreshOutcome::Kept(*expected),
            "{reason}"
        );
        assert!(
            fixture.stored().unwrap().contains(&fixture.provider.newest().unwrap()),
            "{reason}: or the next refresh would send a token that the provider takes for stolen"
        );
        // `at_hash` is about an access token, and a transfer brings none.
        if *expected != Error::IdToken(AccessTokenHash) {
            assert_eq!(
                fixture.restarted().transfer().await,
                TransferOutcome::Kept(*expected),
                "{reason}: no token for a transfer"
            );
        }
        fixture.behave(|behaviour| {
            behaviour.signer = Signer::Es256;
            behaviour.header = |_| {};
            behaviour.claims = |_| {};
            behaviour.id_token = |token| token;
            behaviour.metadata = |_| {};
            behaviour.claimed = vec![];
        });
        assert!(is_refreshed(&fixture.refresh_after_restart().await), "{reason}");
    }
}

#[tokio::test]
async fn a_refresh_for_another_organization_is_refused_and_the_rotated_refresh_token_is_saved() {
    let signed_in_to: fn(&mut Behaviour) = |behaviour| {
        behaviour.claimed = vec![("org_id", "org_zon".into()), ("org_name", "Zonnetje".into())];
    };
    let nothing: fn(&mut Behaviour) = |behaviour| behaviour.claimed = vec![];
    let no_id_token: fn(&mut Behaviour) = |behaviour| {
        behaviour.claimed = vec![];
        behaviour.answer = |answer| remove(answer, "id_token");
    };
    let moved: fn(&mut Behaviour) = |behaviour| behaviour.claimed = vec![("org_id", "org_maan".into())];
    let rows: [(&str, Option<&str>, fn(&mut Behaviour), bool); 9] = [
        ("none is asked for", None, moved, true),
        ("the same id", Some("org_zon"), signed_in_to, true),
        ("the same name in another case", Some("zonnetje"), signed_in_to, true),
        ("another id", Some("org_maan"), signed_in_to, false),
        ("another name", Some("maan"), signed_in_to, false),
        ("the token moved", Some("org_zon"), moved, false),
        (
            "the token names none, the sign-in the same",
            Some("org_zon"),
            nothing,
            true,
        ),
        (
            "the token names none, the sign-in another",
            Some("org_maan"),
            nothing,
            false,
        ),
        ("no ID token, the sign-in another", Some("org_maan"), no_id_token, false),
    ];
    for (reason, asked_for, change, accepted) in rows {
        let fixture = Fixture::new().await;
        fixture.behave(signed_in_to);
        fixture.sign_in().await.unwrap();
        let mut config = fixture.config.clone();
        config.organization = asked_for.map(str::to_owned);
        assert!(fixture.session.update_request_params(&config));
        fixture.behave(change);
        let outcome = fixture.session.refresh().await;
        if accepted {
            assert!(is_refreshed(&outcome), "{reason}: {outcome:?}");
        } else {
            assert_eq!(outcome, RefreshOutcome::Kept(Error::WrongOrganization), "{reason}");
            assert_eq!(
                fixture.session.transfer().await,
                TransferOutcome::Kept(Error::WrongOrganization),
                "{reason}"
            );
        }
        assert!(
            fixture.stored().unwrap().contains(&fixture.provider.newest().unwrap()),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn a_sign_in_requires_an_id_token_with_a_nonce() {
    let rows: &[Row] = &[
        (
            "there is no ID token (3.1.3.3)",
            |behaviour| behaviour.answer = |answer| remove(answer, "id_token"),
            Error::IdToken(Missing),
        ),
        (
            "nonce is missing (3.1.3.7, 11)",
            |behaviour| behaviour.claims = |claims| remove(claims, "nonce"),
            Error::IdToken(Nonce),
        ),
    ];
    for (reason, change, expected) in rows {
        let fixture = Fixture::new().await;
        fixture.behave(change);
        assert_eq!(fixture.sign_in().await.expect_err(reason).error, *expected, "{reason}");
        assert_eq!(fixture.stored(), None, "{reason}");
    }
    // On a refresh, the provider need not issue an ID token, and the token need not have a nonce (12.2).
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| behaviour.answer = |answer| remove(answer, "id_token"));
    assert!(is_refreshed(&fixture.session.refresh().await));
}

#[tokio::test]
async fn a_right_id_token_may_have_every_shape_that_the_standard_allows() {
    let rows: &[(&str, fn(&mut Behaviour))] = &[
        ("ES256", |_| {}),
        ("RS256", |behaviour| behaviour.signer = Signer::Rs256),
        ("aud is a list with ours (2)", |behaviour| {
            behaviour.claims = |claims| claims["aud"] = json!([CLIENT]);
        }),
        ("azp is ours (2)", |behaviour| {
            behaviour.claims = |claims| claims["azp"] = CLIENT.into();
        }),
        ("no at_hash (3.1.3.6)", |behaviour| {
            behaviour.claims = |claims| remove(claims, "at_hash");
        }),
        ("exp is past by less than the leeway (3.1.3.7, 9)", |behaviour| {
            behaviour.claims = |claims| claims["exp"] = (real_now() - 30).into();
        }),
        ("iat is ahead by less than the leeway", |behaviour| {
            behaviour.claims = |claims| claims["iat"] = (real_now() + 45).into();
        }),
        ("times with a fraction (RFC 7519, 2)", |behaviour| {
            behaviour.claims = |claims| claims["exp"] = json!(4_102_444_800.5);
        }),
        ("typ is JWT", |behaviour| {
            behaviour.header = |header| header["typ"] = "JWT".into();
        }),
        ("sub of 255", |behaviour| {
            behaviour.claims = |claims| claims["sub"] = "x".repeat(255).into();
        }),
        ("optional claims without a value", |behaviour| {
            behaviour.claims = |claims| {
                for name in ["azp", "nbf", "auth_time", "at_hash"] {
                    claims[name] = Value::Null;
                }
            }
        }),
        ("an unknown claim (2)", |behaviour| {
            behaviour.claims = |claims| claims["https://konnect.example/x"] = json!({"a": [null]});
        }),
    ];
    for (reason, change) in rows {
        let fixture = Fixture::new().await;
        fixture.behave(change);
        let signed_in = fixture
            .sign_in()
            .await
            .unwrap_or_else(|refused| panic!("{reason}: {refused:?}"));
        assert!(signed_in.refresh_token && signed_in.saved.is_ok(), "{reason}");
        assert!(is_refreshed(&fixture.session.refresh().await), "{reason}");
    }
}

#[tokio::test]
async fn an_unrequested_nonce_is_ignored_and_a_refresh_may_repeat_the_nonce_of_the_sign_in() {
    // The device flow sends no nonce (RFC 8628).
    let fixture = Fixture::new().await;
    fixture.behave(|behaviour| behaviour.claimed = vec![("nonce", "its own".into())]);
    let code = fixture.session.begin_device_flow().await.unwrap();
    fixture.session.await_device_flow(&code).await.unwrap();
    assert!(is_refreshed(&fixture.session.refresh().await));
    // A refresh may repeat the nonce of the sign-in, and no other (12.2).
    let fixture = Fixture::signed_in().await;
    let nonce = fixture.provider.posts("/authorize")[0]["nonce"].clone();
    // Refused responses store nothing, so the provider must not rotate here.
    fixture.behave(|behaviour| (behaviour.rotates, behaviour.claimed) = (false, vec![("nonce", nonce.into())]));
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
    fixture.behave(|behaviour| behaviour.claimed = vec![("nonce", "another".into())]);
    assert_eq!(
        fixture.refresh_after_restart().await,
        RefreshOutcome::Kept(Error::IdToken(Nonce))
    );
    fixture.behave(|behaviour| behaviour.claimed = vec![("nonce", 1.into())]);
    assert_eq!(
        fixture.refresh_after_restart().await,
        RefreshOutcome::Kept(Error::IdToken(Nonce))
    );
}

#[tokio::test]
async fn a_refresh_for_another_user_or_another_sign_in_is_refused() {
    let rows: &[(&str, fn(&mut Behaviour))] = &[
        ("sub is another user's (12.2)", |behaviour| {
            behaviour.claims = |claims| claims["sub"] = "another".into();
        }),
        ("and exp is past", |behaviour| {
            behaviour.claims = |claims| (claims["sub"], claims["exp"]) = ("another".into(), 1.into());
        }),
        ("and aud is another", |behaviour| {
            behaviour.claims = |claims| (claims["sub"], claims["aud"]) = ("another".into(), "another".into());
        }),
        ("and the signature is wrong", |behaviour| {
            behaviour.claims = |claims| claims["sub"] = "another".into();
            behaviour.signer = Signer::Attacker;
        }),
    ];
    for (reason, change) in rows {
        let fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        fixture.behave(change);
        assert_eq!(
            fixture.session.refresh().await,
            RefreshOutcome::Kept(Error::OtherPerson),
            "{reason}"
        );
        assert_eq!(fixture.stored(), before, "{reason}: nothing of another user is stored");
    }
    // Another sign-in of the same user costs no session.
    let fixture = Fixture::new().await;
    fixture.behave(|behaviour| behaviour.claims = |claims| claims["auth_time"] = 1_000.into());
    fixture.sign_in().await.unwrap();
    fixture.behave(|behaviour| behaviour.claims = |claims| claims["auth_time"] = 2_000.into());
    assert_eq!(
        fixture.session.refresh().await,
        RefreshOutcome::Kept(Error::IdToken(AuthTime)),
        "OpenID Connect Core, 12.2"
    );
    fixture.behave(|behaviour| behaviour.claims = |_| {});
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
}
