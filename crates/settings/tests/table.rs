//! The table: every key with sound and unsound values, and precedence.
#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "helpers of tests too; json! makes values"
)]

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use settings::{Code, Environments, FaultCode, Given, KEYS, Kind, Source, check, key, resolve, resolve_all};

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
        Given {
            managed: &map(value),
            signed: &none,
            unsigned: &none,
            typed: &none,
        },
    )
}

#[test]
fn every_key_has_its_words_a_sound_default_and_a_name_of_its_own() {
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
            default.is_empty() || check(row, &json!(default)).is_ok(),
            "{}",
            row.name
        );
    }
    assert_eq!(KEYS.len(), 29);
}

#[test]
fn every_code_has_a_number_of_its_own_and_helpdesk_text() {
    for code in Code::ALL {
        assert_eq!(Code::from_number(code.number()), Some(*code));
        for text in [code.what(), code.fix()] {
            assert!(
                text.nl.ends_with('.') || text.nl.ends_with('?') || text.nl.contains("provision"),
                "{}",
                code.number()
            );
            assert!(!text.en.is_empty());
        }
    }
    assert_eq!(FaultCode::Host.code(), Code::Host.number());
    assert_eq!(FaultCode::Tenant.code(), Code::Tenant.number());
}

#[test]
fn every_check_refuses_what_is_wrong_with_its_own_code() {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqdWYifQ.c2lnbmF0dXJl";
    for (name, value, code) in [
        ("config_version", json!(0), Code::Range),
        ("config_version", json!(2), Code::NewerVersion),
        ("config_version", json!("one"), Code::Value),
        ("config_version", json!(1.5), Code::Value),
        ("environment", json!("Production"), Code::Choice),
        ("tenant", json!("de zon"), Code::Tenant),
        ("tenant", json!(7), Code::Tenant),
        ("tenant", json!("a".repeat(64)), Code::Tenant),
        ("tenant", json!("{{tenant}}"), Code::Unexpanded),
        ("issuer", json!("http://id.example/"), Code::NotHttps),
        ("issuer", json!("https://id.example/path"), Code::NotHttps),
        ("issuer", json!("https://127.0.0.1/"), Code::NotHttps),
        ("issuer", json!("https://a:b@id.example/"), Code::NotHttps),
        ("issuer", json!("id.example"), Code::NotHttps),
        ("client_id", json!("short"), Code::ClientId),
        ("client_id", json!("with space in it"), Code::ClientId),
        ("client_id", json!("a".repeat(129)), Code::ClientId),
        ("audience", json!("not a uri"), Code::Value),
        (
            "audience",
            json!(format!("https://a.example/{}", "a".repeat(200))),
            Code::TooLong,
        ),
        ("login_hint", json!("$SERIALNUMBER"), Code::Unexpanded),
        ("login_hint", json!("{{serialnumber}}"), Code::Unexpanded),
        ("login_hint", json!("a".repeat(129)), Code::TooLong),
        ("login_hint", json!("a\u{0}b"), Code::Control),
        ("login_hint", json!(token), Code::Secret),
        ("organization", json!(true), Code::Value),
        ("login_method", json!("magic"), Code::Choice),
        ("group_url", json!("https://k.example/#x"), Code::NotHttps),
        ("group_url", json!("javascript:alert(1)"), Code::NotHttps),
        ("allowed_hosts", json!("*.nl"), Code::PublicSuffix),
        ("allowed_hosts", json!("*.co.uk"), Code::PublicSuffix),
        ("allowed_hosts", json!("co.uk"), Code::PublicSuffix),
        ("allowed_hosts", json!("*.github.io"), Code::PublicSuffix),
        ("allowed_hosts", json!("*"), Code::Host),
        ("allowed_hosts", json!("*.*.example"), Code::Host),
        ("allowed_hosts", json!("https://a.example"), Code::Host),
        ("allowed_hosts", json!("10.0.0.1"), Code::Host),
        ("allowed_hosts", json!("localhost"), Code::Host),
        (
            "allowed_hosts",
            json!((0..21).map(|n| format!("h{n}.example")).collect::<Vec<_>>().join(",")),
            Code::TooMany,
        ),
        ("allowed_hosts", json!(["a.example"]), Code::Nested),
        ("organisation_name", json!("a".repeat(61)), Code::TooLong),
        ("device_label", json!("a\nb"), Code::Control),
        ("support_contact", json!("bel ons"), Code::Contact),
        ("support_contact", json!("http://hulp.example"), Code::Contact),
        ("support_contact", json!("mailto:helpdesk"), Code::Contact),
        ("allow_sign_out", json!("ja"), Code::Value),
        ("allow_sign_out", json!(1), Code::Value),
        ("allow_sign_out", json!({}), Code::Nested),
        ("idle_lock_minutes", json!(481), Code::Range),
        ("idle_lock_minutes", json!(-1), Code::Range),
        ("idle_lock_minutes", json!("ten"), Code::Value),
        ("provisioning_keys", json!("k1"), Code::PublicKey),
        ("provisioning_keys", json!("k1:AAAA"), Code::PublicKey),
        (
            "provisioning_keys",
            json!(format!("k1:{}", "A".repeat(43))),
            Code::PublicKey,
        ),
        ("provisioning_keys", json!("-----BEGIN PRIVATE KEY-----"), Code::Secret),
        ("diagnostics", json!(""), Code::Choice),
    ] {
        assert_eq!(check(key(name).unwrap(), &value), Err(code), "{name} {value}");
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
        assert!(check(row, &value).is_ok(), "{}", row.name);
    }
    assert_eq!(managed(json!({ "idle_lock_minutes": "10" })).idle_lock_minutes, 10);
}

#[test]
fn the_strongest_source_wins_key_by_key_and_says_so() {
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
            Given {
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
fn a_source_that_may_not_give_a_security_key_stops_sign_in() {
    let none = Map::new();
    for name in ["issuer", "allowed_hosts", "provisioning_keys"] {
        let link = map(json!({ "tenant": "zonnetje", name: key(name).unwrap().example() }));
        let resolved = resolve_all(
            &environments(),
            Given {
                managed: &none,
                signed: &none,
                unsigned: &link,
                typed: &none,
            },
        );
        assert_eq!(resolved.target.unwrap_err().detail, Code::NotFromHere, "{name}");
    }
}

#[test]
fn what_a_person_types_is_what_staff_and_it_may_choose_and_never_another_server() {
    let none = Map::new();
    let typed = |name: &str| {
        let typed = map(json!({ "tenant": "zonnetje", name: key(name).unwrap().example() }));
        resolve_all(
            &environments(),
            Given {
                managed: &none,
                signed: &none,
                unsigned: &none,
                typed: &typed,
            },
        )
    };
    for name in ["issuer", "client_id", "group_url", "audience", "provisioning_keys"] {
        assert_eq!(typed(name).target.unwrap_err().detail, Code::NotFromHere, "{name}");
    }
    for name in ["login_hint", "allow_sign_out", "allowed_hosts", "device_label"] {
        assert_eq!(typed(name).faults, vec![], "{name}");
    }
}

#[test]
fn an_environment_is_what_this_build_has_and_no_other_key_is_judged_by_it() {
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
        ("elsewhere", Code::UnknownEnvironment),
        ("acceptance", Code::EmptyEnvironment),
        ("{{env}}", Code::Unexpanded),
    ] {
        let resolved = given(json!({ "tenant": "zonnetje", "environment": environment }));
        assert_eq!(resolved.target.unwrap_err().detail, code, "{environment}");
    }
    for value in ["production", "elsewhere"] {
        let resolved = given(json!({ "tenant": "zonnetje", "kiosk": value }));
        assert_eq!(
            resolved.faults.iter().map(|fault| fault.detail).collect::<Vec<_>>(),
            [Code::Choice],
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
        (target.issuer.as_str(), target.group.as_str()),
        ("https://id.zonnetje.nl/", "https://konnect.zonnetje.nl/zonnetje")
    );
    assert!(!target.development);
    for name in ["issuer", "client_id", "group_url"] {
        let mut lacking = whole.clone();
        lacking.as_object_mut().unwrap().remove(name);
        assert_eq!(managed(lacking).target.unwrap_err().detail, Code::CustomLacks, "{name}");
    }
    // Each one that is lacking is told, and of one that is wrong only what is wrong with it.
    let mut lacking = whole.clone();
    lacking
        .as_object_mut()
        .unwrap()
        .retain(|name, _| name != "issuer" && name != "client_id");
    let faults = |resolved: settings::Resolved| {
        resolved
            .faults
            .into_iter()
            .map(|fault| (fault.key, fault.detail))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        faults(managed(lacking)),
        [
            ("issuer".to_owned(), Code::CustomLacks),
            ("client_id".to_owned(), Code::CustomLacks)
        ]
    );
    let mut wrong = whole.clone();
    wrong["issuer"] = json!("http://id.zonnetje.nl/");
    assert_eq!(faults(managed(wrong)), [("issuer".to_owned(), Code::NotHttps)]);
    let mut foreign = whole.clone();
    foreign["group_url"] = json!("https://konnect.evil.nl/");
    assert_eq!(managed(foreign).target.unwrap_err().detail, Code::GroupHost);
    let mut built_in = whole.clone();
    built_in["group_url"] = json!("https://{tenant}.ouderportaal.nl/groep");
    assert!(managed(built_in).target.is_ok());
    let mut not_custom = whole;
    not_custom["environment"] = json!("production");
    assert_eq!(managed(not_custom).target.unwrap_err().detail, Code::CustomOnly);
}

#[test]
fn an_empty_environment_is_told_once_somebody_wants_to_use_it() {
    let empty = Environments::from_toml("[production]").unwrap();
    let faults = |managed: Value, typed: Value| {
        let faults = resolve(&empty, &map(managed), &map(typed)).faults;
        faults
            .into_iter()
            .map(|fault| (fault.key, fault.source, fault.detail))
            .collect::<Vec<_>>()
    };
    assert_eq!(faults(json!({}), json!({})), []);
    assert_eq!(
        faults(json!({}), json!({ "tenant": "zonnetje" })),
        [("environment".to_owned(), Source::BuiltIn, Code::EmptyEnvironment)]
    );
    assert_eq!(
        faults(json!({ "environment": "production" }), json!({})),
        [("environment".to_owned(), Source::Managed, Code::EmptyEnvironment)]
    );
}

#[test]
fn an_audience_is_asked_for_where_the_environment_has_one() {
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
fn what_stands_behind_a_typed_name_is_the_environments_or_konnects_own() {
    let none = Map::new();
    for (tenant_suffix, suffix) in [("", ".ouderportaal.nl"), (".konnect.example", ".konnect.example")] {
        let text = ENVIRONMENTS.replace(
            r#"tenant_suffix = ".ouderportaal.nl""#,
            &format!("tenant_suffix = {tenant_suffix:?}"),
        );
        assert_eq!(
            resolve(&Environments::from_toml(&text).unwrap(), &none, &none).suffix,
            suffix,
            "{tenant_suffix}"
        );
    }
}

#[test]
fn every_comfort_key_reaches_the_answer() {
    let resolved = managed(json!({
        "location_id": "loc-1", "device_label": "Blauw", "support_contact": "tel:+31201234567", "kiosk": "if_permitted", "keep_screen_on": "charging",
        "block_screenshots": true, "allow_camera": false, "allow_microphone": "true", "allow_downloads": true, "diagnostics": "off",
        "provisioning_keys": key("provisioning_keys").unwrap().example()
    }));
    assert_eq!(resolved.faults, vec![]);
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
    #![proptest_config(fuzz_support::properties())]

    #[test]
    fn no_value_makes_a_check_stumble_and_a_sound_one_stays_sound(at in 0..KEYS.len(), text in "\\PC{0,150}", number in any::<i64>()) {
        let row = &KEYS[at];
        for value in [json!(text), json!(number)] {
            if let Ok(sound) = check(row, &value) {
                prop_assert_eq!(check(row, &sound.to_json()), Ok(sound.clone()));
                prop_assert!(!sound.to_text().chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn a_target_needs_every_security_key_sound(name in "\\PC{0,20}", hosts in "\\PC{0,30}") {
        let resolved = managed(json!({ "tenant": name, "allowed_hosts": hosts }));
        if let Ok(Some(target)) = resolved.target {
            prop_assert_eq!(target.group.host_str().unwrap(), format!("{}.ouderportaal.nl", target.tenant));
            prop_assert!(resolved.faults.is_empty());
        }
    }
}
