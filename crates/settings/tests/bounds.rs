//! Where each check ends: the last value that is sound, and the first that is not.
#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "helpers of tests too; json! makes values"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use serde_json::{Map, Value, json};
use settings::{Code, Environments, check, is_blank, is_unexpanded, key, looks_secret, resolve};

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

/// A list entry of `provisioning_keys`.
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

/// A name of so many letters in labels of at most 63.
fn long_host(length: usize) -> String {
    let labels = ["a".repeat(63), "b".repeat(63), "c".repeat(63)].join(".");
    format!("{labels}.{}.nl", "d".repeat(length - labels.len() - 4))
}

#[test]
fn the_last_sound_value_is_taken_and_the_next_is_refused() {
    let audience = |length: usize| json!(format!("https://a.example/{}", "a".repeat(length - 18)));
    let group = |length: usize| json!(format!("https://k.example/{}", "a".repeat(length - 18)));
    let mail = |length: usize| json!(format!("{}@zonnetje.nl", "a".repeat(length - 12)));
    for (name, sound, wrong, code) in [
        ("config_version", json!(1), json!(2), Code::NewerVersion),
        ("config_version", json!("1"), json!("0"), Code::Range),
        ("tenant", json!("a".repeat(63)), json!("a".repeat(64)), Code::Tenant),
        ("client_id", json!("a".repeat(8)), json!("a".repeat(7)), Code::ClientId),
        (
            "client_id",
            json!("a".repeat(128)),
            json!("a".repeat(129)),
            Code::ClientId,
        ),
        (
            "client_id",
            json!("Groep_Client-01"),
            json!("Groep.Client.01"),
            Code::ClientId,
        ),
        ("audience", audience(200), audience(201), Code::TooLong),
        (
            "audience",
            json!("https://api.example/"),
            json!("https://a:b@api.example/"),
            Code::Value,
        ),
        ("audience", json!("urn:konnect"), json!("konnect"), Code::Value),
        (
            "organization",
            json!("a".repeat(128)),
            json!("a".repeat(129)),
            Code::TooLong,
        ),
        (
            "organisation_name",
            json!("é".repeat(60)),
            json!("é".repeat(61)),
            Code::TooLong,
        ),
        (
            "issuer",
            json!("https://id.example"),
            json!("https://id.example/?a"),
            Code::NotHttps,
        ),
        (
            "issuer",
            json!("https://id.example:443/"),
            json!("https://id.example:444/"),
            Code::NotHttps,
        ),
        (
            "issuer",
            json!("https://localhost.example/"),
            json!("https://id.localhost/"),
            Code::NotHttps,
        ),
        (
            "issuer",
            json!("https://id.example/"),
            json!("https://user@id.example/"),
            Code::NotHttps,
        ),
        (
            "issuer",
            json!("https://id.example/"),
            json!("https://example/"),
            Code::NotHttps,
        ),
        ("group_url", group(200), group(201), Code::NotHttps),
        (
            "group_url",
            json!("https://{tenant}.k.example/?a=b"),
            json!("https://k.example/#a"),
            Code::NotHttps,
        ),
        (
            "allowed_hosts",
            json!((0..20).map(|n| format!("h{n}.example")).collect::<Vec<_>>().join(";")),
            json!("h.example ".repeat(21)),
            Code::TooMany,
        ),
        (
            "allowed_hosts",
            json!(long_host(253)),
            json!(long_host(254)),
            Code::Host,
        ),
        ("allowed_hosts", json!("a.1nl"), json!("a.1"), Code::Host),
        (
            "allowed_hosts",
            json!("*.zonnetje.nl"),
            json!("*.nl"),
            Code::PublicSuffix,
        ),
        ("allowed_hosts", json!("zonnetje.nl"), json!("nl"), Code::Host),
        ("support_contact", mail(120), mail(121), Code::Contact),
        ("support_contact", json!("112"), json!("11"), Code::Contact),
        (
            "support_contact",
            json!("+31 (20) 123-4567"),
            json!("+31.20.1234567"),
            Code::Contact,
        ),
        (
            "support_contact",
            json!("tel:123456789012345"),
            json!("tel:1234567890123456"),
            Code::Contact,
        ),
        (
            "support_contact",
            json!("https://hulp.zonnetje.nl/groep"),
            json!("https://hulp@hulp.zonnetje.nl/"),
            Code::Contact,
        ),
        (
            "support_contact",
            json!("mailto:Hulp@Zonnetje.NL"),
            json!("mailto:hulp@zonnetje"),
            Code::Contact,
        ),
        (
            "support_contact",
            json!("hulp@zonnetje.nl"),
            json!("@zonnetje.nl"),
            Code::Contact,
        ),
        (
            "support_contact",
            json!("hulp@zonnetje.nl"),
            json!("hulp@-zonnetje.nl"),
            Code::Contact,
        ),
        (
            "support_contact",
            json!("hulp@zonnetje.nl"),
            json!("de hulp@zonnetje.nl"),
            Code::Contact,
        ),
        (
            "support_contact",
            json!("hulp@zonnetje.nl"),
            json!("hulp?cc=juf@zonnetje.nl"),
            Code::Contact,
        ),
        ("idle_lock_minutes", json!(480), json!(481), Code::Range),
        ("idle_lock_minutes", json!(0), json!(-1), Code::Range),
        (
            "provisioning_keys",
            json!(public_key(&"k".repeat(32), 1)),
            json!(public_key(&"k".repeat(33), 1)),
            Code::PublicKey,
        ),
        (
            "provisioning_keys",
            json!(public_key("a_Z-9", 1)),
            json!(public_key("a.z", 1)),
            Code::PublicKey,
        ),
        (
            "provisioning_keys",
            json!(public_key("a", 1)),
            json!(public_key("", 1)),
            Code::PublicKey,
        ),
        (
            "provisioning_keys",
            json!(public_keys(4)),
            json!(public_keys(5)),
            Code::TooMany,
        ),
        (
            "provisioning_keys",
            json!(public_keys(2)),
            json!(format!("{};{}", public_key("k1", 1), public_key("k1", 2))),
            Code::Duplicate,
        ),
        ("allow_camera", json!("false"), json!("False"), Code::Value),
        ("allow_camera", json!("true"), json!("{{camera}}"), Code::Unexpanded),
        ("idle_lock_minutes", json!("5"), json!("$MINUTES"), Code::Unexpanded),
    ] {
        let row = key(name).unwrap();
        assert!(check(row, &sound).is_ok(), "{name} {sound}");
        assert_eq!(check(row, &wrong), Err(code), "{name} {wrong}");
    }
}

#[test]
fn a_group_view_of_a_custom_environment_lies_on_an_allowed_host_or_on_a_built_in_one() {
    let environments = environments();
    for (allowed, group, sound) in [
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
        let given = json!({
            "environment": "custom", "tenant": "zonnetje", "issuer": "https://id.zonnetje.nl/", "client_id": "groep_client",
            "group_url": group, "allowed_hosts": allowed,
        });
        let resolved = resolve(&environments, given.as_object().unwrap(), &Map::new());
        match resolved.target {
            Ok(target) => assert!(
                sound && target.is_some_and(|target| target.group.as_str() == group),
                "{allowed} {group}"
            ),
            Err(fault) => assert!(
                !sound && fault.detail == Code::GroupHost,
                "{allowed} {group}: {fault:?}"
            ),
        }
    }
}

#[test]
fn a_flag_is_what_it_says() {
    for (value, flag) in [
        (json!(true), true),
        (json!(false), false),
        (json!(" true"), true),
        (json!("false "), false),
    ] {
        assert_eq!(
            check(key("allow_camera").unwrap(), &value).map(|sound| sound.to_json()),
            Ok(json!(flag)),
            "{value}"
        );
    }
}

#[test]
fn what_a_console_left_empty_is_not_given_and_the_weaker_source_counts() {
    for blank in [json!(null), json!(""), json!(" \t")] {
        assert!(is_blank(&blank), "{blank}");
        let map = |tenant: &Value| Map::from_iter([("tenant".to_owned(), tenant.clone())]);
        let resolved = resolve(&environments(), &map(&blank), &map(&json!("zonnetje")));
        assert_eq!(resolved.target.unwrap().unwrap().tenant.as_str(), "zonnetje", "{blank}");
        assert_eq!(resolved.faults, vec![]);
    }
    for given in [json!("a"), json!(0), json!(false), json!([]), json!({})] {
        assert!(!is_blank(&given), "{given}");
    }
}

#[test]
fn a_text_that_a_console_should_have_replaced_is_known_by_its_marks() {
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
fn a_secret_is_known_by_its_name_by_a_mark_or_by_its_shape() {
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
