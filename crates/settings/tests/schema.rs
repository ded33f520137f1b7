//! The schema: every key with valid and wrong values, and the precedence of sources.
#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "test helpers; json! makes values"
)]

use error_codes::ErrorCode;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use settings::{Environments, KEYS, Kind, Source, Sources, key, resolve, resolve_all, validate};

const ENVIRONMENTS: &str = r#"
    [production]
    issuer = "https://id.example/"
    client_id = "groep-client"
    group_url = "https://{tenant}.ouderportaal.nl/groep"
    tenant_suffix = ".ouderportaal.nl"
    [acceptance]
"#;

fn environments() -> Environments {
    Environments::from_toml(ENVIRONMENTS).unwrap()
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn managed(value: Value) -> settings::Resolved {
    let none = Map::new();
    resolve_all(
        &environments(),
        Sources {
            managed: &map(value),
            signed: &none,
            unsigned: &none,
            typed: &none,
        },
    )
}

#[test]
fn every_key_has_its_texts_a_valid_default_and_a_unique_name() {
    for row in KEYS {
        assert_eq!(
            KEYS.iter().filter(|other| other.name == row.name).count(),
            1,
            "{}",
            row.name
        );
        for text in [row.title, row.description] {
            assert!(!text.nl.is_empty() && !text.en.is_empty(), "{}", row.name);
        }
        let default = row.default_text();
        assert!(
            default.is_empty() || validate(row, &json!(default)).is_ok(),
            "{}",
            row.name
        );
    }
    assert_eq!(KEYS.len(), 29);
}

#[test]
fn every_code_has_a_unique_number_and_texts_for_the_helpdesk() {
    for code in ErrorCode::ALL {
        assert_eq!(ErrorCode::from_number(code.number()), Some(*code));
        for text in [code.what(), code.fix()] {
            assert!(
                text.nl.ends_with('.') || text.nl.ends_with('?') || text.nl.contains("provision"),
                "{}",
                code.number()
            );
            assert!(!text.en.is_empty());
        }
    }
}

#[test]
fn every_wrong_value_is_refused_with_its_code() {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqdWYifQ.c2lnbmF0dXJl";
    for (name, value, code) in [
        ("config_version", json!(0), ErrorCode::Range),
        ("config_version", json!(2), ErrorCode::NewerVersion),
        ("config_version", json!("one"), ErrorCode::Value),
        ("config_version", json!(1.5), ErrorCode::Value),
        ("environment", json!("Production"), ErrorCode::Choice),
        ("tenant", json!("de zon"), ErrorCode::Tenant),
        ("tenant", json!(7), ErrorCode::Tenant),
        ("tenant", json!("a".repeat(64)), ErrorCode::Tenant),
        ("tenant", json!("{{tenant}}"), ErrorCode::Unexpanded),
        ("issuer", json!("http://id.example/"), ErrorCode::NotHttps),
        ("issuer", json!("https://id.example/path"), ErrorCode::NotHttps),
        ("issuer", json!("https://127.0.0.1/"), ErrorCode::NotHttps),
        ("issuer", json!("https://a:b@id.example/"), ErrorCode::NotHttps),
        ("issuer", json!("id.example"), ErrorCode::NotHttps),
        ("client_id", json!("short"), ErrorCode::ClientId),
        ("client_id", json!("with space in it"), ErrorCode::ClientId),
        ("client_id", json!("a".repeat(129)), ErrorCode::ClientId),
        ("audience", json!("not a uri"), ErrorCode::Value),
        (
            "audience",
            json!(format!("https://a.example/{}", "a".repeat(200))),
            ErrorCode::TooLong,
        ),
        ("login_hint", json!("$SERIALNUMBER"), ErrorCode::Unexpanded),
        ("login_hint", json!("{{serialnumber}}"), ErrorCode::Unexpanded),
        ("login_hint", json!("a".repeat(129)), ErrorCode::TooLong),
        ("login_hint", json!("a\u{0}b"), ErrorCode::Control),
        ("login_hint", json!(token), ErrorCode::Secret),
        ("organization", json!(true), ErrorCode::Value),
        ("login_method", json!("magic"), ErrorCode::Choice),
        ("group_url", json!("https://k.example/#x"), ErrorCode::NotHttps),
        ("group_url", json!("javascript:alert(1)"), ErrorCode::NotHttps),
        ("allowed_hosts", json!("*.nl"), ErrorCode::PublicSuffix),
        ("allowed_hosts", json!("*.co.uk"), ErrorCode::PublicSuffix),
        ("allowed_hosts", json!("co.uk"), ErrorCode::PublicSuffix),
        ("allowed_hosts", json!("*.github.io"), ErrorCode::PublicSuffix),
        ("allowed_hosts", json!("*"), ErrorCode::Host),
        ("allowed_hosts", json!("*.*.example"), ErrorCode::Host),
        ("allowed_hosts", json!("https://a.example"), ErrorCode::Host),
        ("allowed_hosts", json!("10.0.0.1"), ErrorCode::Host),
        ("allowed_hosts", json!("localhost"), ErrorCode::Host),
        (
            "allowed_hosts",
            json!((0..21).map(|n| format!("h{n}.example")).collect::<Vec<_>>().join(",")),
            ErrorCode::TooMany,
        ),
        ("allowed_hosts", json!(["a.example"]), ErrorCode::Nested),
        ("organisation_name", json!("a".repeat(61)), ErrorCode::TooLong),
        ("device_label", json!("a\nb"), ErrorCode::Control),
        ("support_contact", json!("bel ons"), ErrorCode::Contact),
        ("support_contact", json!("http://hulp.example"), ErrorCode::Contact),
        ("support_contact", json!("mailto:helpdesk"), ErrorCode::Contact),
        ("allow_sign_out", json!("ja"), ErrorCode::Value),
        ("allow_sign_out", json!(1), ErrorCode::Value),
        ("allow_sign_out", json!({}), ErrorCode::Nested),
        ("idle_lock_minutes", json!(481), ErrorCode::Range),
        ("idle_lock_minutes", json!(-1), ErrorCode::Range),
        ("idle_lock_minutes", json!("ten"), ErrorCode::Value),
        ("provisioning_keys", json!("k1"), ErrorCode::PublicKey),
        ("provisioning_keys", json!("k1:AAAA"), ErrorCode::PublicKey),
        (
            "provisioning_keys",
            json!(format!("k1:{}", "A".repeat(43))),
            ErrorCode::PublicKey,
        ),
        (
            "provisioning_keys",
            json!("-----BEGIN PRIVATE KEY-----"),
            ErrorCode::Secret,
        ),
        ("diagnostics", json!(""), ErrorCode::Choice),
    ] {
        assert_eq!(validate(key(name).unwrap(), &value), Err(code), "{name} {value}");
    }
}

#[test]
fn flags_and_numbers_may_come_as_text() {
    for row in KEYS {
        let value = match row.kind {
            Kind::Flag(_) => json!(" true "),
            Kind::Number(least, ..) => json!(least.to_string()),
            _ => continue,
        };
        assert!(validate(row, &value).is_ok(), "{}", row.name);
    }
    assert_eq!(managed(json!({ "idle_lock_minutes": "10" })).idle_lock_minutes, 10);
}

#[test]
fn the_strongest_source_wins_key_by_key_and_is_recorded() {
    let source = |name: &str| map(json!({ "tenant": name, "device_label": name }));
    let (m, s, u, t) = (
        map(json!({ "tenant": "managed" })),
        source("signed"),
        source("unsigned"),
        source("typed"),
    );
    let none = Map::new();
    let sources = |managed, signed, unsigned, typed| {
        resolve_all(
            &environments(),
            Sources {
                managed,
                signed,
                unsigned,
                typed,
            },
        )
    };
    let resolved = sources(&m, &s, &u, &t);
    assert_eq!(resolved.target.unwrap().unwrap().tenant.as_str(), "managed");
    assert_eq!(
        (resolved.sources["tenant"], resolved.sources["device_label"]),
        (Source::Managed, Source::SignedLink)
    );
    assert_eq!(sources(&none, &none, &u, &t).sources["tenant"], Source::UnsignedLink);
    assert_eq!(sources(&none, &none, &none, &t).sources["tenant"], Source::SetUp);
}

#[test]
fn a_security_key_from_an_untrusted_source_stops_sign_in() {
    let none = Map::new();
    for name in ["issuer", "allowed_hosts"] {
        let link = map(json!({ "tenant": "zonnetje", name: key(name).unwrap().example() }));
        let resolved = resolve_all(
            &environments(),
            Sources {
                managed: &none,
                signed: &none,
                unsigned: &link,
                typed: &none,
            },
        );
        assert_eq!(resolved.target.unwrap_err().code, ErrorCode::NotFromHere, "{name}");
    }
}

#[test]
fn keys_for_setup_links_count_from_the_managed_configuration_only() {
    let none = Map::new();
    let given = map(json!({ "tenant": "zonnetje", "provisioning_keys": key("provisioning_keys").unwrap().example() }));
    for (signed, unsigned, typed) in [(&given, &none, &none), (&none, &given, &none), (&none, &none, &given)] {
        let resolved = resolve_all(
            &environments(),
            Sources {
                managed: &none,
                signed,
                unsigned,
                typed,
            },
        );
        let errors: Vec<_> = resolved
            .errors
            .iter()
            .map(|error| (error.key.as_str(), error.code))
            .collect();
        assert_eq!(errors, [("provisioning_keys", ErrorCode::NotFromHere)]);
        assert!(resolved.provisioning_keys.is_empty() && matches!(resolved.target, Ok(Some(_))));
    }
}

#[test]
fn a_person_may_type_any_key_except_those_that_point_to_another_server() {
    let none = Map::new();
    let typed = |name: &str| {
        let typed = map(json!({ "tenant": "zonnetje", name: key(name).unwrap().example() }));
        resolve_all(
            &environments(),
            Sources {
                managed: &none,
                signed: &none,
                unsigned: &none,
                typed: &typed,
            },
        )
    };
    for name in ["issuer", "client_id", "group_url", "audience"] {
        assert_eq!(typed(name).target.unwrap_err().code, ErrorCode::NotFromHere, "{name}");
    }
    for name in ["login_hint", "allow_sign_out", "allowed_hosts", "device_label"] {
        assert_eq!(typed(name).errors, vec![], "{name}");
    }
}

#[test]
fn environment_accepts_the_environments_of_the_build_and_no_other_key_does() {
    let build = Environments::from_toml(&format!(
        r#"{ENVIRONMENTS}
        [development]
        issuer = "http://127.0.0.1:4000/"
        client_id = "groep-client"
        group_url = "http://127.0.0.2:4000/{{tenant}}/groep"
        "#
    ))
    .unwrap();
    let given = |value: Value| resolve(&build, &map(value), &Map::new());
    let target = given(json!({ "tenant": "zonnetje", "environment": " development " }))
        .target
        .unwrap()
        .unwrap();
    assert!(target.development && target.environment == "development");
    for (environment, code) in [
        ("elsewhere", ErrorCode::UnknownEnvironment),
        ("acceptance", ErrorCode::EmptyEnvironment),
        ("{{env}}", ErrorCode::Unexpanded),
    ] {
        let resolved = given(json!({ "tenant": "zonnetje", "environment": environment }));
        assert_eq!(resolved.target.unwrap_err().code, code, "{environment}");
    }
    for value in ["production", "elsewhere"] {
        let resolved = given(json!({ "tenant": "zonnetje", "kiosk": value }));
        assert_eq!(
            resolved.errors.iter().map(|error| error.code).collect::<Vec<_>>(),
            [ErrorCode::Choice],
            "{value}"
        );
    }
}

#[test]
fn a_custom_environment_needs_all_of_its_keys_and_an_allowed_group_view() {
    let whole = json!({
        "environment": "custom", "tenant": "zonnetje", "issuer": "https://id.zonnetje.nl/", "client_id": "groep_client",
        "group_url": "https://konnect.zonnetje.nl/{tenant}", "allowed_hosts": "*.zonnetje.nl"
    });
    let target = managed(whole.clone()).target.unwrap().unwrap();
    assert_eq!(
        (target.issuer.as_str(), target.group_url.as_str()),
        ("https://id.zonnetje.nl/", "https://konnect.zonnetje.nl/zonnetje")
    );
    assert!(!target.development);
    for name in ["issuer", "client_id", "group_url"] {
        let mut lacking = whole.clone();
        lacking.as_object_mut().unwrap().remove(name);
        assert_eq!(
            managed(lacking).target.unwrap_err().code,
            ErrorCode::CustomLacks,
            "{name}"
        );
    }
    // Every missing key is reported; a wrong key is reported as wrong, not as missing too.
    let mut lacking = whole.clone();
    lacking
        .as_object_mut()
        .unwrap()
        .retain(|name, _| name != "issuer" && name != "client_id");
    let errors = |resolved: settings::Resolved| {
        resolved
            .errors
            .into_iter()
            .map(|error| (error.key, error.code))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        errors(managed(lacking)),
        [
            ("issuer".to_owned(), ErrorCode::CustomLacks),
            ("client_id".to_owned(), ErrorCode::CustomLacks)
        ]
    );
    let mut wrong = whole.clone();
    wrong["issuer"] = json!("http://id.zonnetje.nl/");
    assert_eq!(errors(managed(wrong)), [("issuer".to_owned(), ErrorCode::NotHttps)]);
    let mut foreign = whole.clone();
    foreign["group_url"] = json!("https://konnect.evil.nl/");
    assert_eq!(managed(foreign).target.unwrap_err().code, ErrorCode::GroupHost);
    let mut built_in = whole.clone();
    built_in["group_url"] = json!("https://{tenant}.ouderportaal.nl/groep");
    assert!(managed(built_in).target.is_ok());
    let mut not_custom = whole;
    not_custom["environment"] = json!("production");
    assert_eq!(managed(not_custom).target.unwrap_err().code, ErrorCode::CustomOnly);
}

#[test]
fn an_empty_environment_is_reported_once_a_source_needs_it() {
    let empty = Environments::from_toml("[production]").unwrap();
    let errors = |managed: Value, typed: Value| {
        let errors = resolve(&empty, &map(managed), &map(typed)).errors;
        errors
            .into_iter()
            .map(|error| (error.key, error.source, error.code))
            .collect::<Vec<_>>()
    };
    assert_eq!(errors(json!({}), json!({})), []);
    assert_eq!(
        errors(json!({}), json!({ "tenant": "zonnetje" })),
        [("environment".to_owned(), Source::BuiltIn, ErrorCode::EmptyEnvironment)]
    );
    assert_eq!(
        errors(json!({ "environment": "production" }), json!({})),
        [("environment".to_owned(), Source::Managed, ErrorCode::EmptyEnvironment)]
    );
}

#[test]
fn the_audience_comes_from_the_environment() {
    for (line, audience) in [
        ("", None),
        ("audience = \"https://api.example/\"", Some("https://api.example/")),
    ] {
        let text = ENVIRONMENTS.replace("[acceptance]", &format!("{line}\n[acceptance]"));
        let resolved = resolve(
            &Environments::from_toml(&text).unwrap(),
            &map(json!({ "tenant": "zonnetje" })),
            &Map::new(),
        );
        assert_eq!(resolved.target.unwrap().unwrap().audience.as_deref(), audience);
    }
}

#[test]
fn the_tenant_suffix_comes_from_the_environment_or_is_konnects_own() {
    let none = Map::new();
    for (tenant_suffix, suffix) in [("", ".ouderportaal.nl"), (".konnect.example", ".konnect.example")] {
        let text = ENVIRONMENTS.replace(
            r#"tenant_suffix = ".ouderportaal.nl""#,
            &format!("tenant_suffix = {tenant_suffix:?}"),
        );
        assert_eq!(
            resolve(&Environments::from_toml(&text).unwrap(), &none, &none).tenant_suffix,
            suffix,
            "{tenant_suffix}"
        );
    }
}

#[test]
fn every_comfort_key_reaches_the_result() {
    let resolved = managed(json!({
        "location_id": "loc-1", "device_label": "Blauw", "support_contact": "tel:+31201234567", "kiosk": "if_permitted", "keep_screen_on": "charging",
        "block_screenshots": true, "allow_camera": false, "allow_microphone": "true", "allow_downloads": true, "diagnostics": "off",
        "provisioning_keys": key("provisioning_keys").unwrap().example()
    }));
    assert_eq!(resolved.errors, vec![]);
    assert_eq!(
        (resolved.location_id.as_deref(), resolved.device_label.as_deref()),
        (Some("loc-1"), Some("Blauw"))
    );
    assert_eq!(resolved.support_contact.as_deref(), Some("tel:+31201234567"));
    assert_eq!(
        (resolved.kiosk, resolved.keep_screen_on),
        (settings::Kiosk::IfPermitted, settings::KeepScreenOn::Charging)
    );
    assert!(
        resolved.block_screenshots && !resolved.allow_camera && resolved.allow_microphone && resolved.allow_downloads
    );
    assert_eq!(
        (resolved.diagnostics, resolved.provisioning_keys.len()),
        (settings::Diagnostics::Off, 1)
    );
}

proptest! {
    #![proptest_config(fuzz_support::proptest_config())]

    #[test]
    fn no_value_makes_validation_panic_and_a_valid_one_stays_valid(at in 0..KEYS.len(), text in "\\PC{0,150}", number in any::<i64>()) {
        let row = &KEYS[at];
        for value in [json!(text), json!(number)] {
            if let Ok(valid) = validate(row, &value) {
                prop_assert_eq!(validate(row, &valid.to_json()), Ok(valid.clone()));
                prop_assert!(!valid.to_text().chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn a_target_needs_every_security_key_valid(name in "\\PC{0,20}", hosts in "\\PC{0,30}") {
        let resolved = managed(json!({ "tenant": name, "allowed_hosts": hosts }));
        if let Ok(Some(target)) = resolved.target {
            prop_assert_eq!(target.group_url.host_str().unwrap(), format!("{}.ouderportaal.nl", target.tenant));
            prop_assert!(resolved.errors.is_empty());
        }
    }
}
