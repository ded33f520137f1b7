//! The bounds of each constraint: the last valid value and the first wrong one.
#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "test helpers; json! makes values"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use error_codes::ErrorCode;
use serde_json::{Map, Value, json};
use settings::{Environments, is_blank, is_unexpanded, key, looks_secret, resolve, validate};

fn environments() -> Environments {
    let production = r#"
        [production]
        issuer = "https://id.example/"
        client_id = "groep-client"
        group_url = "https://{tenant}.ouderportaal.nl/groep"
        tenant_suffix = ".ouderportaal.nl"
        hosts = ["https://profiel.example.nl"]
    "#;
    Environments::from_toml(production).unwrap()
}

/// One entry of `provisioning_keys`.
fn public_key(kid: &str, seed: u8) -> String {
    format!(
        "{kid}:{}",
        URL_SAFE_NO_PAD.encode(SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes())
    )
}

fn public_keys(count: u8) -> String {
    (1..=count)
        .map(|n| public_key(&format!("k{n}"), n))
        .collect::<Vec<_>>()
        .join(",")
}

/// A host name of `length` characters in labels of at most 63.
fn long_host(length: usize) -> String {
    let labels = ["a".repeat(63), "b".repeat(63), "c".repeat(63)].join(".");
    format!("{labels}.{}.nl", "d".repeat(length - labels.len() - 4))
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn the_last_valid_value_is_accepted_and_the_next_is_refused() {
    let audience = |length: usize| json!(format!("https://a.example/{}", "a".repeat(length - 18)));
    let group = |length: usize| json!(format!("https://k.example/{}", "a".repeat(length - 18)));
    let mail = |length: usize| json!(format!("{}@zonnetje.nl", "a".repeat(length - 12)));
    for (name, valid, wrong, code) in [
        ("config_version", json!(1), json!(2), ErrorCode::NewerVersion),
        ("config_version", json!("1"), json!("0"), ErrorCode::Range),
        (
            "tenant",
            json!("a".repeat(63)),
            json!("a".repeat(64)),
            ErrorCode::Tenant,
        ),
        (
            "client_id",
            json!("a".repeat(8)),
            json!("a".repeat(7)),
            ErrorCode::ClientId,
        ),
        (
            "client_id",
            json!("a".repeat(128)),
            json!("a".repeat(129)),
            ErrorCode::ClientId,
        ),
        (
            "client_id",
            json!("Groep_Client-01"),
            json!("Groep.Client.01"),
            ErrorCode::ClientId,
        ),
        ("audience", audience(200), audience(201), ErrorCode::TooLong),
        (
            "audience",
            json!("https://api.example/"),
            json!("https://a:b@api.example/"),
            ErrorCode::Value,
        ),
        ("audience", json!("urn:konnect"), json!("konnect"), ErrorCode::Value),
        (
            "organization",
            json!("a".repeat(128)),
            json!("a".repeat(129)),
            ErrorCode::TooLong,
        ),
        (
            "organisation_name",
            json!("é".repeat(60)),
            json!("é".repeat(61)),
            ErrorCode::TooLong,
        ),
        (
            "issuer",
            json!("https://id.example"),
            json!("https://id.example/?a"),
            ErrorCode::NotHttps,
        ),
        (
            "issuer",
            json!("https://id.example:443/"),
            json!("https://id.example:444/"),
            ErrorCode::NotHttps,
        ),
        (
            "issuer",
            json!("https://localhost.example/"),
            json!("https://id.localhost/"),
            ErrorCode::NotHttps,
        ),
        (
            "issuer",
            json!("https://id.example/"),
            json!("https://user@id.example/"),
            ErrorCode::NotHttps,
        ),
        (
            "issuer",
            json!("https://id.example/"),
            json!("https://example/"),
            ErrorCode::NotHttps,
        ),
        ("group_url", group(200), group(201), ErrorCode::NotHttps),
        (
            "group_url",
            json!("https://{tenant}.k.example/?a=b"),
            json!("https://k.example/#a"),
            ErrorCode::NotHttps,
        ),
        (
            "allowed_hosts",
            json!((0..20).map(|n| format!("h{n}.example")).collect::<Vec<_>>().join(";")),
            json!("h.example ".repeat(21)),
            ErrorCode::TooMany,
        ),
        (
            "allowed_hosts",
            json!(long_host(253)),
            json!(long_host(254)),
            ErrorCode::Host,
        ),
        ("allowed_hosts", json!("a.1nl"), json!("a.1"), ErrorCode::Host),
        (
            "allowed_hosts",
            json!("*.zonnetje.nl"),
            json!("*.nl"),
            ErrorCode::PublicSuffix,
        ),
        ("allowed_hosts", json!("zonnetje.nl"), json!("nl"), ErrorCode::Host),
        ("support_contact", mail(120), mail(121), ErrorCode::Contact),
        ("support_contact", json!("112"), json!("11"), ErrorCode::Contact),
        (
            "support_contact",
            json!("+31 (20) 123-4567"),
            json!("+31.20.1234567"),
            ErrorCode::Contact,
        ),
        (
            "support_contact",
            json!("tel:123456789012345"),
            json!("tel:1234567890123456"),
            ErrorCode::Contact,
        ),
        (
            "support_contact",
            json!("https://hulp.zonnetje.nl/groep"),
            json!("https://hulp@hulp.zonnetje.nl/"),
            ErrorCode::Contact,
        ),
        (
            "support_contact",
            json!("mailto:Hulp@Zonnetje.NL"),
            json!("mailto:hulp@zonnetje"),
            ErrorCode::Contact,
        ),
        (
            "support_contact",
            json!("hulp@zonnetje.nl"),
            json!("@zonnetje.nl"),
            ErrorCode::Contact,
        ),
        (
            "support_contact",
            json!("hulp@zonnetje.nl"),
            json!("hulp@-zonnetje.nl"),
            ErrorCode::Contact,
        ),
        (
            "support_contact",
            json!("hulp@zonnetje.nl"),
            json!("de hulp@zonnetje.nl"),
            ErrorCode::Contact,
        ),
        (
            "support_contact",
            json!("hulp@zonnetje.nl"),
            json!("hulp?cc=juf@zonnetje.nl"),
            ErrorCode::Contact,
        ),
        ("idle_lock_minutes", json!(480), json!(481), ErrorCode::Range),
        ("idle_lock_minutes", json!(0), json!(-1), ErrorCode::Range),
        (
            "provisioning_keys",
            json!(public_key(&"k".repeat(32), 1)),
            json!(public_key(&"k".repeat(33), 1)),
            ErrorCode::PublicKey,
        ),
        (
            "provisioning_keys",
            json!(public_key("a_Z-9", 1)),
            json!(public_key("a.z", 1)),
            ErrorCode::PublicKey,
        ),
        (
            "provisioning_keys",
            json!(public_key("a", 1)),
            json!(public_key("", 1)),
            ErrorCode::PublicKey,
        ),
        (
            "provisioning_keys",
            json!(public_keys(4)),
            json!(public_keys(5)),
            ErrorCode::TooMany,
        ),
        (
            "provisioning_keys",
            json!(public_keys(2)),
            json!(format!("{};{}", public_key("k1", 1), public_key("k1", 2))),
            ErrorCode::Duplicate,
        ),
        ("allow_camera", json!("false"), json!("False"), ErrorCode::Value),
        (
            "allow_camera",
            json!("true"),
            json!("{{camera}}"),
            ErrorCode::Unexpanded,
        ),
        (
            "idle_lock_minutes",
            json!("5"),
            json!("$MINUTES"),
            ErrorCode::Unexpanded,
        ),
    ] {
        let row = key(name).unwrap();
        assert!(validate(row, &valid).is_ok(), "{name} {valid}");
        assert_eq!(validate(row, &wrong), Err(code), "{name} {wrong}");
    }
}

#[test]
fn the_group_view_of_a_custom_environment_must_be_on_an_allowed_or_built_in_host() {
    let environments = environments();
    for (allowed, group, valid) in [
        ("*.zonnetje.nl", "https://konnect.zonnetje.nl/", true),
        ("*.zonnetje.nl", "https://a.b.zonnetje.nl/", true),
        ("*.zonnetje.nl", "https://zonnetje.nl/", false),
        ("*.zonnetje.nl", "https://.zonnetje.nl/", false),
        ("*.zonnetje.nl", "https://evilzonnetje.nl/", false),
        ("*.zonnetje.nl", "https://konnect.zonnetje.nl.evil.nl/", false),
        ("konnect.zonnetje.nl", "https://konnect.zonnetje.nl/", true),
        ("konnect.zonnetje.nl", "https://a.konnect.zonnetje.nl/", false),
        ("konnect.zonnetje.nl", "https://zonnetje.nl/", false),
        ("", "https://profiel.example.nl/groep", true),
        ("", "https://a.profiel.example.nl/", false),
        ("", "https://zonnetje.ouderportaal.nl/", true),
        ("", "https://.ouderportaal.nl/", false),
        ("", "https://ouderportaal.nl/", false),
        ("", "https://evil.nl/", false),
    ] {
        let settings = json!({
            "environment": "custom", "tenant": "zonnetje", "issuer": "https://id.zonnetje.nl/", "client_id": "groep_client",
            "group_url": group, "allowed_hosts": allowed,
        });
        let resolved = resolve(&environments, settings.as_object().unwrap(), &Map::new());
        match resolved.target {
            Ok(target) => assert!(
                valid && target.is_some_and(|target| target.group_url.as_str() == group),
                "{allowed} {group}"
            ),
            Err(error) => assert!(
                !valid && error.code == ErrorCode::GroupHost,
                "{allowed} {group}: {error:?}"
            ),
        }
    }
}

#[test]
fn a_flag_is_a_boolean_or_its_text() {
    for (value, flag) in [
        (json!(true), true),
        (json!(false), false),
        (json!(" true"), true),
        (json!("false "), false),
    ] {
        assert_eq!(
            validate(key("allow_camera").unwrap(), &value).map(|parsed| parsed.to_json()),
            Ok(json!(flag)),
            "{value}"
        );
    }
}

#[test]
fn a_blank_value_is_ignored_and_the_weaker_source_applies() {
    for blank in [json!(null), json!(""), json!(" \t")] {
        assert!(is_blank(&blank), "{blank}");
        let map = |tenant: &Value| Map::from_iter([("tenant".to_owned(), tenant.clone())]);
        let resolved = resolve(&environments(), &map(&blank), &map(&json!("zonnetje")));
        assert_eq!(resolved.target.unwrap().unwrap().tenant.as_str(), "zonnetje", "{blank}");
        assert_eq!(resolved.errors, vec![]);
    }
    for value in [json!("a"), json!(0), json!(false), json!([]), json!({})] {
        assert!(!is_blank(&value), "{value}");
    }
}

#[test]
fn a_placeholder_that_the_mdm_did_not_replace_is_recognised() {
    for text in [
        "{{serialnumber}}",
        "tablet {{serialnumber",
        "$SERIALNUMBER",
        "$serial",
        "${serial}",
        "$_serial",
    ] {
        assert!(is_unexpanded(text), "{text}");
    }
    for text in ["", "$", "$5", "$ serial", "5$", "a$b", "{serial}", "_serial"] {
        assert!(!is_unexpanded(text), "{text}");
    }
}

#[test]
fn a_secret_is_recognised_by_its_name_its_markers_or_its_shape() {
    for name in [
        "client_secret",
        "Password",
        "wifi_passwd",
        "WACHTWOORD",
        "api_key",
        "apikey",
        "access_token",
        "refresh_token",
        "id_token",
        "private_key",
        "recovery_code",
    ] {
        assert!(looks_secret(name, "abc"), "{name}");
    }
    let jwt = "eyJhbGciOiJ.eyJzd.c2ln";
    for text in [
        "-----BEGIN PRIVATE KEY-----",
        "-----begin rsa private key-----",
        "CLIENT_SECRET: x",
        "access_token x",
        "refresh_token x",
        "password=x",
        "wachtwoord=x",
        "Bearer eyx",
        "otpauth://totp/x",
        jwt,
    ] {
        assert!(looks_secret("device_label", text), "{text}");
    }
    for mark in [' ', '\n', '"', '\'', '#', '=', '?', '&', ',', ';'] {
        assert!(
            looks_secret("device_label", &format!("a{mark}{jwt}{mark}b")),
            "{mark:?}"
        );
    }
    for text in [
        "",
        "Groep Blauw 1",
        "een wachtwoord",
        "bearer",
        "eyJ",
        "eyJhbGciOi.eyJzd.c2ln",
        "eyJhbGciOiJ.eyJz.c2ln",
        "eyJhbGciOiJ",
        "xyJhbGciOiJ.eyJzd.c2ln",
        "a.b.c",
    ] {
        assert!(!looks_secret("device_label", text), "{text}");
    }
}
