//! Attacks on JOSE readers (RFC 7515, RFC 7797, RFC 8725): a token must not choose how it is verified, nor with which
//! key. Numbers in brackets without a name are sections of RFC 7515.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use session::IdTokenError::{Algorithm, Malformed, NoKey, Signature};
use session::{Error, IdTokenError, RefreshOutcome};

use crate::common::Fixture;
use crate::common::keys::Signer;
use crate::common::provider::{Behaviour, Provider};

/// The token with one of its sections changed.
fn section(token: &str, at: usize, change: fn(String) -> String) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(&parts[at]).unwrap()).unwrap();
    parts[at] = URL_SAFE_NO_PAD.encode(change(text));
    parts.join(".")
}

/// A server that only the header of a token names.
static ATTACKER: OnceLock<String> = OnceLock::new();

fn elsewhere(path: &str) -> Value {
    format!("{}{path}", ATTACKER.get().unwrap()).into()
}

type Row = (&'static str, fn(&mut Behaviour), IdTokenError);

const ROWS: &[Row] = &[
    (
        "HS256 with the public key as its secret (RFC 8725, 2.1)",
        |behaviour| behaviour.signer = Signer::HsPublic,
        Algorithm,
    ),
    (
        "alg says RS256 over a signature of ES256 (RFC 8725, 3.1)",
        |behaviour| behaviour.header = |header| header["alg"] = "RS256".into(),
        NoKey,
    ),
    (
        "alg says ES256 over a signature of RS256 (RFC 8725, 3.1)",
        |behaviour| {
            behaviour.signer = Signer::Rs256;
            behaviour.header = |header| header["alg"] = "ES256".into();
        },
        NoKey,
    ),
    (
        "alg in other letters (RFC 7515, 4.1.1)",
        |behaviour| behaviour.header = |header| header["alg"] = "es256".into(),
        Algorithm,
    ),
    (
        "none in other letters (RFC 8725, 2.1)",
        |behaviour| behaviour.header = |header| header["alg"] = "nOnE".into(),
        Algorithm,
    ),
    (
        "alg is a list (4.1.1)",
        |behaviour| behaviour.header = |header| header["alg"] = json!(["ES256"]),
        Algorithm,
    ),
    (
        "alg is missing (4.1.1)",
        |behaviour| behaviour.header = |header| drop(header.as_object_mut().unwrap().remove("alg")),
        Algorithm,
    ),
    (
        "alg is an encryption's (RFC 7516)",
        |behaviour| behaviour.header = |header| header["alg"] = "RSA-OAEP".into(),
        Algorithm,
    ),
    (
        "crit is empty (4.1.11)",
        |behaviour| behaviour.header = |header| header["crit"] = json!([]),
        Algorithm,
    ),
    (
        "b64 is false, and critical (RFC 7797, 6)",
        |behaviour| behaviour.header = |header| (header["crit"], header["b64"]) = (json!(["b64"]), false.into()),
        Algorithm,
    ),
    (
        "b64 is false (RFC 7797, 6)",
        |behaviour| behaviour.header = |header| header["b64"] = false.into(),
        Algorithm,
    ),
    (
        "enc says that it is encrypted (RFC 7516, 4.1.2)",
        |behaviour| behaviour.header = |header| header["enc"] = "A256GCM".into(),
        Algorithm,
    ),
    (
        "zip says that it is compressed (RFC 7516, 4.1.3)",
        |behaviour| behaviour.header = |header| header["zip"] = "DEF".into(),
        Algorithm,
    ),
    (
        "a token of a sign-out (Back-Channel Logout, 2.4)",
        |behaviour| behaviour.header = |header| header["typ"] = "application/logout+JWT".into(),
        Malformed,
    ),
    (
        "jku leads to the signer's key (RFC 8725, 3.10)",
        |behaviour| {
            (behaviour.signer, behaviour.header) =
                (Signer::Attacker, |header: &mut Value| header["jku"] = elsewhere("jwks"));
        },
        Signature,
    ),
    (
        "x5u leads to the signer's certificate (RFC 8725, 3.10)",
        |behaviour| {
            (behaviour.signer, behaviour.header) =
                (Signer::Attacker, |header: &mut Value| header["x5u"] = elsewhere("x5u"));
        },
        Signature,
    ),
    (
        "x5c is the signer's certificate (RFC 8725, 3.10)",
        |behaviour| {
            (behaviour.signer, behaviour.header) =
                (Signer::Attacker, |header: &mut Value| header["x5c"] = json!(["MIIB"]));
        },
        Signature,
    ),
    (
        "kid is an address with the signer's key (RFC 8725, 3.10)",
        |behaviour| {
            (behaviour.signer, behaviour.header) =
                (Signer::Attacker, |header: &mut Value| header["kid"] = elsewhere("jwks"));
        },
        NoKey,
    ),
    (
        "kid is a path (RFC 8725, 3.10)",
        |behaviour| behaviour.header = |header| header["kid"] = "../../../../dev/null".into(),
        NoKey,
    ),
    (
        "jwk is the signer's key and kid is gone (RFC 8725, 3.10)",
        |behaviour| {
            behaviour.signer = Signer::Attacker;
            behaviour.header = |header| *header = json!({"alg": "ES256", "jwk": Signer::Attacker.jwk()});
        },
        Signature,
    ),
    (
        "a signature of noughts, which is no point of ECDSA",
        |behaviour| {
            behaviour.id_token = |token| {
                format!(
                    "{}.{}",
                    &token[..token.rfind('.').unwrap()],
                    URL_SAFE_NO_PAD.encode([0; 64])
                )
            }
        },
        Signature,
    ),
    (
        "a member of the header twice (RFC 7515, 4)",
        |behaviour| behaviour.id_token = |token| section(&token, 0, |text| text.replacen('{', r#"{"alg":"none","#, 1)),
        Malformed,
    ),
    (
        "a claim twice (RFC 7519, 4)",
        |behaviour| {
            behaviour.id_token = |token| section(&token, 1, |text| text.replacen('{', r#"{"sub":"another","#, 1));
        },
        Malformed,
    ),
    (
        "the header is a list",
        |behaviour| behaviour.id_token = |token| section(&token, 0, |text| format!("[{text}]")),
        Malformed,
    ),
    (
        "a token within the token (nested, RFC 7519, 5.2)",
        |behaviour| {
            behaviour.id_token = |token| {
                format!(
                    "{0}.{1}.AA",
                    &token[..token.find('.').unwrap()],
                    URL_SAFE_NO_PAD.encode(&token)
                )
            }
        },
        Malformed,
    ),
    (
        "an encrypted token around it (RFC 7516, 3.1)",
        |behaviour| behaviour.id_token = |token| format!("{token}.AAAA.AAAA"),
        Malformed,
    ),
    (
        "claims that are nested without end",
        |behaviour| {
            behaviour.id_token = |token| {
                section(&token, 1, |text| {
                    text.replacen(
                        '{',
                        &format!(r#"{{"x":{}{},"#, "[".repeat(10_000), "]".repeat(10_000)),
                        1,
                    )
                })
            }
        },
        Malformed,
    ),
    (
        "the JSON serialization (RFC 7515, 7.2)",
        |behaviour| {
            behaviour.id_token = |token| json!({"payload": token.split('.').nth(1), "signatures": []}).to_string();
        },
        Malformed,
    ),
    (
        "padding (RFC 7515, 2)",
        |behaviour| behaviour.id_token = |token| token + "=",
        Malformed,
    ),
    (
        "a line break",
        |behaviour| behaviour.id_token = |token| token + "\n",
        Malformed,
    ),
    (
        "the alphabet of plain base64 (RFC 7515, 2)",
        |behaviour| {
            behaviour.id_token = |token| {
                format!(
                    "{}.{}",
                    &token[..token.rfind('.').unwrap()],
                    STANDARD.encode([0xff; 64])
                )
            }
        },
        Malformed,
    ),
];

#[tokio::test]
async fn a_token_that_names_its_own_algorithm_or_key_is_refused_and_its_urls_are_not_fetched() {
    let attacker = Provider::start().await;
    ATTACKER.set(attacker.issuer.clone()).unwrap();
    for (reason, change, fault) in ROWS {
        let fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        fixture.behave(change);
        assert_eq!(
            fixture.sign_in().await.expect_err(reason).error,
            Error::IdToken(*fault),
            "{reason}"
        );
        assert_eq!(fixture.stored(), before, "{reason}");
        assert_eq!(
            fixture.refresh_after_restart().await,
            RefreshOutcome::Kept(Error::IdToken(*fault)),
            "{reason}"
        );
        assert_ne!(fixture.stored(), before, "{reason}: the rotated token is saved");
    }
    assert_eq!(
        attacker.paths(),
        Vec::<String>::new(),
        "the URLs in the header are never fetched"
    );
}

#[tokio::test]
async fn other_header_members_are_ignored() {
    let rows: &[(&str, fn(&mut Value))] = &[
        ("jku (RFC 7515, 4.1.2)", |header| {
            header["jku"] = "http://127.0.0.1:9/jwks".into();
        }),
        ("x5u (4.1.5)", |header| header["x5u"] = "http://127.0.0.1:9/x5u".into()),
        ("x5c and x5t of a certificate that there is not (4.1.6)", |header| {
            (header["x5c"], header["x5t"]) = (json!(["MIIB"]), "AAAA".into());
        }),
        ("another's jwk beside the right kid (4.1.3)", |header| {
            header["jwk"] = Signer::Attacker.jwk();
        }),
        ("a header that nobody knows (4.2)", |header| {
            header["https://konnect.example/x"] = json!({});
        }),
    ];
    for (reason, change) in rows {
        let fixture = Fixture::new().await;
        fixture.behave(|behaviour| behaviour.header = *change);
        fixture
            .sign_in()
            .await
            .unwrap_or_else(|refused| panic!("{reason}: {refused:?}"));
    }
}
