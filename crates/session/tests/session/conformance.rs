//! The OpenID Foundation's conformance test plans for relying parties (basic, config, refresh, RP-initiated logout), module
//! by module, under the suite's names. Modules for userinfo requests, client secrets, `WebFinger`, registration, request
//! objects, and front- and back-channel logout are left out, because a native public client uses none of these.

use serde_json::{Value, json};
use session::IdTokenError::{Audience, IssuedAt, Issuer, NoKey, Nonce, Signature, Subject};
use session::{Error, RefreshOutcome};

use crate::common::keys::Signer;
use crate::common::provider::Behaviour;
use crate::common::{CLIENT, Fixture, is_refreshed};

fn without(value: &mut Value, name: &str) {
    value.as_object_mut().unwrap().remove(name);
}

#[allow(clippy::needless_pass_by_value)] // the type of `Behaviour::id_token`
fn corrupt_signature(token: String) -> String {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    format!("{message}.{first}{}", &signature[1..])
}

type Module = (&'static str, fn(&mut Behaviour), Result<(), Error>);

/// What each module changes in a sign-in, and how the sign-in must end.
const SIGN_IN: &[Module] = &[
    ("oidcc-client-test", |_| {}, Ok(())),
    (
        "oidcc-client-test-idtoken-sig-rs256",
        |behaviour| behaviour.signer = Signer::Rs256,
        Ok(()),
    ),
    // The suite allows a client to accept or refuse an unsigned token in the code flow. This client refuses it.
    (
        "oidcc-client-test-idtoken-sig-none",
        |behaviour| behaviour.signer = Signer::None,
        Err(Error::IdToken(session::IdTokenError::Algorithm)),
    ),
    (
        "oidcc-client-test-invalid-iss",
        |behaviour| behaviour.claims = |it| it["iss"] = "https://elsewhere.example/".into(),
        Err(Error::IdToken(Issuer)),
    ),
    (
        "oidcc-client-test-missing-sub",
        |behaviour| behaviour.claims = |it| without(it, "sub"),
        Err(Error::IdToken(Subject)),
    ),
    (
        "oidcc-client-test-invalid-aud",
        |behaviour| behaviour.claims = |it| it["aud"] = "another".into(),
        Err(Error::IdToken(Audience)),
    ),
    (
        "oidcc-client-test-missing-aud",
        |behaviour| behaviour.claims = |it| without(it, "aud"),
        Err(Error::IdToken(Audience)),
    ),
    (
        "oidcc-client-test-missing-iat",
        |behaviour| behaviour.claims = |it| without(it, "iat"),
        Err(Error::IdToken(IssuedAt)),
    ),
    (
        "oidcc-client-test-nonce-invalid",
        |behaviour| behaviour.claims = |it| it["nonce"] = "another".into(),
        Err(Error::IdToken(Nonce)),
    ),
    (
        "oidcc-client-test-invalid-sig-rs256",
        |behaviour| {
            behaviour.signer = Signer::Rs256;
            behaviour.id_token = corrupt_signature;
        },
        Err(Error::IdToken(Signature)),
    ),
    (
        "oidcc-client-test-invalid-sig-es256",
        |behaviour| behaviour.id_token = corrupt_signature,
        Err(Error::IdToken(Signature)),
    ),
    (
        "oidcc-client-test-kid-absent-single-jwks",
        |behaviour| {
            (behaviour.header, behaviour.jwks) = (
                |header: &mut Value| without(header, "kid"),
                |set: &mut Value| set["keys"] = json!([Signer::Es256.jwk()]),
            );
        },
        Ok(()),
    ),
    // The suite allows a client to refuse the token or to try all keys. This client tries them.
    (
        "oidcc-client-test-kid-absent-multiple-jwks",
        |behaviour| {
            (behaviour.header, behaviour.jwks) = (
                |header: &mut Value| without(header, "kid"),
                |set: &mut Value| set["keys"] = json!([Signer::Attacker.jwk(), Signer::Es256.jwk()]),
            );
        },
        Ok(()),
    ),
    ("oidcc-client-test-discovery-openid-config", |_| {}, Ok(())),
    ("oidcc-client-test-discovery-jwks-uri-keys", |_| {}, Ok(())),
    (
        "oidcc-client-test-discovery-issuer-mismatch",
        |behaviour| behaviour.metadata = |it| it["issuer"] = "https://elsewhere.example/".into(),
        Err(Error::Metadata),
    ),
    // The key is never published: the client fetches the key set once more and refuses the token.
    (
        "oidcc-client-test-signing-key-rotation (never published)",
        |behaviour| behaviour.header = |header| header["kid"] = "new".into(),
        Err(Error::IdToken(NoKey)),
    ),
];

#[tokio::test]
async fn a_sign_in_ends_as_the_basic_and_config_test_plans_require() {
    for (module, change, expected) in SIGN_IN {
        let fixture = Fixture::new().await;
        fixture.behave(change);
        let ended = match fixture.session.begin_sign_in().await {
            Err(error) => Err(error),
            Ok(begun) => {
                let callback = fixture.provider.authorize(begun.url.as_str()).await;
                fixture
                    .session
                    .complete_sign_in(&callback)
                    .await
                    .map(|_| ())
                    .map_err(|refused| refused.error)
            }
        };
        assert_eq!(ended, *expected, "{module}");
        assert_eq!(fixture.stored().is_some(), expected.is_ok(), "{module}");
    }
}

#[tokio::test]
async fn a_rotated_key_is_handled_as_the_config_test_plan_requires() {
    let rotate: fn(&mut Behaviour) = |behaviour| {
        behaviour.signer = Signer::Attacker;
        behaviour.header = |header| header["kid"] = "new".into();
        behaviour.jwks = |set| {
            let mut key = Signer::Attacker.jwk();
            key["kid"] = "new".into();
            set["keys"] = json!([key]);
        };
    };
    // oidcc-client-test-signing-key-rotation: the key is rotated between two sign-ins.
    let fixture = Fixture::signed_in().await;
    fixture.behave(rotate);
    fixture.sign_in().await.unwrap();
    // oidcc-client-test-signing-key-rotation-just-before-signing: the key is rotated after the client read the key set.
    let fixture = Fixture::signed_in().await;
    let callback = fixture.callback().await;
    fixture.behave(rotate);
    fixture.session.complete_sign_in(&callback).await.unwrap();
}

#[tokio::test]
async fn a_refresh_ends_as_the_refresh_test_plan_requires() {
    let modules: &[(&str, fn(&mut Behaviour), Option<Error>)] = &[
        ("oidcc-client-test-refresh-token", |_| {}, None),
        (
            "oidcc-client-test-refresh-token-invalid-issuer",
            |behaviour| behaviour.claims = |it| it["iss"] = "https://elsewhere.example/".into(),
            Some(Error::IdToken(Issuer)),
        ),
        (
            "oidcc-client-test-refresh-token-invalid-sub",
            |behaviour| behaviour.claims = |it| it["sub"] = "another".into(),
            Some(Error::OtherPerson),
        ),
        (
            "oidcc-client-test-refresh-token-invalid-aud",
            |behaviour| behaviour.claims = |it| it["aud"] = json!([CLIENT, "another"]),
            Some(Error::IdToken(Audience)),
        ),
    ];
    for (module, change, refused) in modules {
        let fixture = Fixture::signed_in().await;
        fixture.behave(change);
        let outcome = fixture.session.refresh().await;
        match refused {
            None => assert!(is_refreshed(&outcome), "{module}: {outcome:?}"),
            Some(error) => assert_eq!(outcome, RefreshOutcome::Kept(*error), "{module}"),
        }
    }
}

#[tokio::test]
async fn a_sign_out_ends_as_the_logout_test_plan_requires() {
    // oidcc-client-test-rp-init-logout and -no-state: the request names the client and no page to return to, so there is
    // no `state` to return, and (-other-state) none that could differ.
    let fixture = Fixture::signed_in().await;
    let url = fixture.session.sign_out().await.end_session_url.unwrap();
    let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["client_id"], "RP-Initiated Logout, 2");
    assert_eq!(
        fixture.stored(),
        None,
        "the session here is over before the server's is"
    );
}
