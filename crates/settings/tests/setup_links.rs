//! Setup links: which are accepted, and every way in which one is refused.
#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "test helpers; json! makes values"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use error_codes::ErrorCode;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use settings::{DAY, LinkError, MAX_LINK, read_setup_link, sign_setup_link, unsigned_setup_link};

const NOW: i64 = 1_800_000_000;
const HOST: Option<&str> = Some("app.example");

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn keys() -> Vec<(String, [u8; 32])> {
    vec![("k1".to_owned(), key().verifying_key().to_bytes())]
}

fn signed(settings: Value) -> String {
    sign_setup_link(HOST, &map(settings), "k1", &key(), NOW, NOW + 30 * DAY).unwrap()
}

fn refused(link: &str) -> ErrorCode {
    read_setup_link(link, HOST, &keys(), NOW).unwrap_err().code
}

/// A link with any header and payload and a valid signature of the known key.
fn forged(header: &str, payload: &str) -> String {
    use ed25519_dalek::Signer;
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = key().sign(text.as_bytes());
    format!(
        "https://app.example/groep/setup#{text}.{}",
        URL_SAFE_NO_PAD.encode(signature.to_bytes())
    )
}

const HEAD: &str = r#"{"alg":"EdDSA","kid":"k1","typ":"konnect-groep-setup"}"#;

fn payload(rest: &str) -> String {
    format!(r#"{{"exp":{},"tenant":"zonnetje"{rest}}}"#, NOW + DAY)
}

#[test]
fn an_unsigned_link_is_readable_and_yields_the_settings_it_was_made_from() {
    let settings = map(json!({ "tenant": "zonnetje", "device_label": "Groep Blauw & Geel = 1 + 1", "language": "nl" }));
    for host in [HOST, None] {
        let link = unsigned_setup_link(host, &settings).unwrap();
        assert!(link.contains("tenant=zonnetje"), "{link}");
        let read = read_setup_link(&link, HOST, &[], NOW).unwrap();
        assert_eq!((read.settings, read.kid, read.expires), (settings.clone(), None, None));
    }
}

#[test]
fn a_signed_link_yields_its_settings_key_id_and_expiry() {
    let settings = json!({ "tenant": "zonnetje", "environment": "custom", "issuer": "https://id.example/", "allow_sign_out": false });
    let read = read_setup_link(&signed(settings.clone()), HOST, &keys(), NOW).unwrap();
    assert_eq!(
        (read.settings, read.kid.as_deref(), read.expires),
        (map(settings), Some("k1"), Some(NOW + 30 * DAY))
    );
}

#[test]
fn an_unsigned_link_may_hold_only_keys_that_anyone_may_set() {
    for name in [
        "issuer",
        "client_id",
        "group_url",
        "allowed_hosts",
        "login_hint",
        "allow_manual_setup",
        "kiosk",
    ] {
        let settings = map(json!({ "tenant": "zonnetje", name: settings::key(name).unwrap().example() }));
        assert_eq!(
            unsigned_setup_link(HOST, &settings).unwrap_err(),
            LinkError {
                code: ErrorCode::LinkNeedsSignature,
                key: Some(name.into())
            }
        );
        let text = settings[name].as_str().unwrap().replace('#', "%23");
        assert_eq!(
            refused(&format!(
                "https://app.example/groep/setup#tenant=zonnetje&{name}={text}"
            )),
            ErrorCode::LinkNeedsSignature
        );
    }
    let keys = map(json!({ "provisioning_keys": settings::key("provisioning_keys").unwrap().example() }));
    assert_eq!(
        sign_setup_link(HOST, &keys, "k1", &key(), NOW, NOW + DAY)
            .unwrap_err()
            .code,
        ErrorCode::NotFromHere
    );
}

#[test]
fn links_of_other_apps_are_refused() {
    for link in [
        "",
        "zonnetje",
        "https://evil.example/groep/setup#tenant=zonnetje",
        "https://app.example.evil.example/groep/setup#tenant=zonnetje",
        "https://app.example:444/groep/setup#tenant=zonnetje",
        "https://a@app.example/groep/setup#tenant=zonnetje",
        "https://app.example/groep/callback#tenant=zonnetje",
        "https://app.example/groep/setup?tenant=zonnetje#tenant=zonnetje",
        "http://app.example/groep/setup#tenant=zonnetje",
        "nl.kidskonnect.other:/setup#tenant=zonnetje",
        "nl.kidskonnect.groep:/callback#tenant=zonnetje",
        "nl.kidskonnect.groep://evil/setup#tenant=zonnetje",
    ] {
        assert_eq!(refused(link), ErrorCode::NotOurLink, "{link}");
    }
    let other = forged(&HEAD.replace("konnect-groep-setup", "JWT"), &payload(""));
    assert_eq!(refused(&other), ErrorCode::NotOurLink);
}

#[test]
fn only_an_ed25519_signature_of_a_known_key_is_accepted() {
    assert!(read_setup_link(&forged(HEAD, &payload("")), HOST, &keys(), NOW).is_ok());
    for algorithm in ["none", "HS256", "RS256", "ES256", "eddsa", ""] {
        assert_eq!(
            refused(&forged(&HEAD.replace("EdDSA", algorithm), &payload(""))),
            ErrorCode::LinkAlgorithm,
            "{algorithm}"
        );
    }
    assert_eq!(
        refused(&forged(
            &HEAD.replace("{\"alg", "{\"crit\":[\"b64\"],\"alg"),
            &payload("")
        )),
        ErrorCode::LinkAlgorithm
    );
    assert_eq!(
        refused(&forged(&HEAD.replace("k1", "k2"), &payload(""))),
        ErrorCode::LinkKey
    );
    assert_eq!(
        read_setup_link(&signed(json!({ "tenant": "a" })), HOST, &[], NOW)
            .unwrap_err()
            .code,
        ErrorCode::LinkKey
    );
    let none = format!(
        "{}.{}.",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#),
        URL_SAFE_NO_PAD.encode(payload(""))
    );
    assert_eq!(
        refused(&format!("https://app.example/groep/setup#{none}")),
        ErrorCode::LinkAlgorithm
    );
    let header = jsonwebtoken::Header {
        kid: Some("k1".into()),
        typ: Some("konnect-groep-setup".into()),
        ..Default::default()
    };
    let secret = jsonwebtoken::EncodingKey::from_secret(&key().verifying_key().to_bytes());
    let hmac = jsonwebtoken::encode(&header, &json!({ "exp": NOW + DAY, "tenant": "zonnetje" }), &secret).unwrap();
    assert_eq!(
        refused(&format!("https://app.example/groep/setup#{hmac}")),
        ErrorCode::LinkAlgorithm
    );
}

#[test]
fn an_independent_library_accepts_the_signature() {
    let link = signed(json!({ "tenant": "zonnetje" }));
    let (_, token) = link.split_once('#').unwrap();
    let public = jsonwebtoken::DecodingKey::from_ed_der(&key().verifying_key().to_bytes());
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<Value>(token, &public, &rules).unwrap().claims;
    assert_eq!(claims["tenant"], "zonnetje");
}

#[test]
fn a_signed_link_is_valid_for_ninety_days_at_most() {
    let link = signed(json!({ "tenant": "zonnetje" }));
    assert_eq!(
        read_setup_link(&link, HOST, &keys(), NOW + 30 * DAY).unwrap_err().code,
        ErrorCode::LinkExpired
    );
    assert_eq!(
        read_setup_link(&link, HOST, &keys(), NOW - 61 * DAY).unwrap_err().code,
        ErrorCode::LinkLifetime
    );
    let settings = map(json!({ "tenant": "zonnetje" }));
    for (expires, code) in [
        (NOW, ErrorCode::LinkExpired),
        (NOW + 90 * DAY + 1, ErrorCode::LinkLifetime),
        (i64::MAX, ErrorCode::LinkLifetime),
        (i64::MIN, ErrorCode::LinkLifetime),
    ] {
        assert_eq!(
            sign_setup_link(HOST, &settings, "k1", &key(), NOW, expires)
                .unwrap_err()
                .code,
            code,
            "{expires}"
        );
    }
    assert!(sign_setup_link(HOST, &settings, "k1", &key(), NOW, NOW + 90 * DAY).is_ok());
    for exp in ["9e99", "\"soon\"", "null", &i64::MAX.to_string()] {
        let forged = forged(HEAD, &format!(r#"{{"exp":{exp},"tenant":"zonnetje"}}"#));
        assert!(
            matches!(refused(&forged), ErrorCode::LinkLifetime | ErrorCode::LinkBroken),
            "{exp}"
        );
    }
    assert_eq!(
        refused(&forged(HEAD, r#"{"tenant":"zonnetje"}"#)),
        ErrorCode::LinkLifetime
    );
}

#[test]
fn a_member_that_occurs_twice_is_refused_in_header_payload_and_query() {
    assert_eq!(
        refused(&forged(HEAD, &payload(r#","tenant":"regenboog""#))),
        ErrorCode::Duplicate
    );
    assert_eq!(refused(&forged(HEAD, &payload(r#","exp":1"#))), ErrorCode::Duplicate);
    assert_eq!(
        refused(&forged(
            &HEAD.replace("{\"alg\"", "{\"alg\":\"none\",\"alg\""),
            &payload("")
        )),
        ErrorCode::Duplicate
    );
    assert_eq!(
        refused("https://app.example/groep/setup#tenant=zonnetje&tenant=regenboog"),
        ErrorCode::Duplicate
    );
    assert_eq!(
        refused("https://app.example/groep/setup#tenant=zonnetje&%74enant=regenboog"),
        ErrorCode::Duplicate
    );
}

#[test]
fn a_link_of_more_than_two_kilobytes_is_neither_read_nor_written() {
    let link = format!(
        "https://app.example/groep/setup#tenant=zonnetje&x={}",
        "a".repeat(MAX_LINK)
    );
    assert_eq!(refused(&link[..=MAX_LINK]), ErrorCode::LinkTooLong);
    assert!(read_setup_link(&link[..MAX_LINK], HOST, &[], NOW).is_ok());
    let written = |length: usize| {
        let settings = map(json!({ "tenant": "zonnetje" }));
        let rest = unsigned_setup_link(Some(""), &settings).unwrap().len();
        unsigned_setup_link(Some(&"h".repeat(length - rest)), &settings)
            .map(|link| link.len())
            .map_err(|error| error.code)
    };
    assert_eq!(
        (written(MAX_LINK), written(MAX_LINK + 1)),
        (Ok(MAX_LINK), Err(ErrorCode::LinkTooLong))
    );
    let hosts: Vec<String> = (0..20).map(|n| format!("{}{n}.example.nl", "h".repeat(60))).collect();
    let wide = map(json!({ "tenant": "zonnetje", "allowed_hosts": hosts.join(",") }));
    assert_eq!(
        sign_setup_link(HOST, &wide, "k1", &key(), NOW, NOW + DAY)
            .unwrap_err()
            .code,
        ErrorCode::LinkTooLong
    );
}

#[test]
fn credentials_in_a_link_are_refused_under_any_name() {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqdWYifQ.c2lnbmF0dXJl";
    for rest in [
        r#","password":"zon""#.to_owned(),
        format!(r#","device_label":"{token}""#),
        r#","x":"-----BEGIN PRIVATE KEY-----""#.to_owned(),
    ] {
        assert_eq!(refused(&forged(HEAD, &payload(&rest))), ErrorCode::Secret, "{rest}");
    }
    for fragment in [
        "tenant=zonnetje&client_secret=abc".to_owned(),
        format!("tenant=zonnetje&device_label={token}"),
    ] {
        assert_eq!(
            refused(&format!("https://app.example/groep/setup#{fragment}")),
            ErrorCode::Secret
        );
    }
}

#[test]
fn a_refusal_names_its_code_and_the_wrong_key() {
    let said = |link: &str| read_setup_link(link, HOST, &keys(), NOW).unwrap_err().to_string();
    assert_eq!(said("zonnetje"), ErrorCode::NotOurLink.number());
    assert_eq!(
        said("https://app.example/groep/setup#tenant=de%20zon"),
        format!("{} tenant", ErrorCode::Tenant.number())
    );
}

#[test]
fn a_damaged_link_is_refused() {
    for fragment in ["", "abc", "a.b", "a.b.c", "....", "%00.%00.%00"] {
        assert!(
            read_setup_link(
                &format!("https://app.example/groep/setup#{fragment}"),
                HOST,
                &keys(),
                NOW
            )
            .is_err(),
            "{fragment}"
        );
    }
    assert_eq!(
        refused(&forged(HEAD, &format!(r#"{{"exp":{}}}"#, NOW + DAY))),
        ErrorCode::LinkBroken
    );
    assert_eq!(refused(&forged(HEAD, "[]")), ErrorCode::LinkBroken);
    assert_eq!(refused(&forged(HEAD, &(payload("") + "x"))), ErrorCode::LinkBroken);
}

proptest! {
    #![proptest_config(fuzz_support::proptest_config())]

    #[test]
    fn one_bit_flipped_anywhere_behind_the_hash_is_refused(at in 0_usize..4_000) {
        let link = signed(json!({ "tenant": "zonnetje", "organisation_name": "Zonnetje" }));
        let start = link.find('#').unwrap() + 1;
        let mut bytes = link.clone().into_bytes();
        let bit = at % ((bytes.len() - start) * 8);
        bytes[start + bit / 8] ^= 1 << (bit % 8);
        if let Ok(text) = String::from_utf8(bytes) {
            prop_assert!(read_setup_link(&text, HOST, &keys(), NOW).is_err(), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic_and_what_it_accepts_is_valid(text in "\\PC{0,200}", form in 0..3_u8) {
        let link = match form {
            0 => text,
            1 => format!("https://app.example/groep/setup#{text}"),
            _ => format!("nl.kidskonnect.groep:/setup#tenant={text}"),
        };
        if let Ok(read) = read_setup_link(&link, HOST, &keys(), NOW) {
            for (name, value) in &read.settings {
                prop_assert!(settings::validate(settings::key(name).unwrap(), value).is_ok());
            }
        }
    }
}
