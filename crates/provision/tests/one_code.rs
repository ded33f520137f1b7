//! One error has one code: the tablet, the feedback to the MDM, `provision validate` and `provision explain` agree on
//! every wrong value of every key.
#![expect(clippy::unwrap_used, reason = "test helpers")]

mod sandbox;

use std::collections::BTreeMap;

use error_codes::{ErrorCode, ErrorKind};
use sandbox::Sandbox;
use serde_json::{Map, Value, json};
use settings::{Environments, KEYS, Key, Kind, Resolved, Source, resolve};

const ENVIRONMENTS: &str = r#"
    [production]
    issuer = "https://id.example/"
    client_id = "groep-client"
    group_url = "https://{tenant}.ouderportaal.nl/groep"
    tenant_suffix = ".ouderportaal.nl"
    [acceptance]
"#;

const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqdWYifQ.c2lnbmF0dXJl";

/// Values that are wrong for some key, one of each kind.
fn values() -> Vec<Value> {
    let key = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let keys: Vec<String> = (0..5).map(|n| format!("k{n}:{key}")).collect();
    let hosts: Vec<String> = (0..21).map(|n| format!("h{n}.example")).collect();
    vec![
        json!(true),
        json!(7),
        json!(-1),
        json!(481),
        json!(1.5),
        json!(["a.example"]),
        json!({ "a": 1 }),
        json!("ja"),
        json!("Production"),
        json!("elsewhere"),
        json!("de zon"),
        json!("a".repeat(64)),
        json!("x".repeat(300)),
        json!("a\u{7}b"),
        json!("{{serialnumber}}"),
        json!("$SERIALNUMBER"),
        json!("http://id.example/"),
        json!("https://user:pw@id.example/"),
        json!("https://10.0.0.1/"),
        json!("javascript:alert(1)"),
        json!("*.nl"),
        json!("10.0.0.1"),
        json!(hosts.join(",")),
        json!("k1:AAAA"),
        json!(keys.join(",")),
        json!(format!("k1:{key},k1:{key}")),
        json!("mailto:juf"),
        json!("481"),
    ]
}

/// Settings with one value, and what else a custom environment needs if the key belongs to one.
fn settings(key: &Key, value: &Value) -> Map<String, Value> {
    let mut all = Map::from_iter([("tenant".to_owned(), json!("zonnetje"))]);
    if ["issuer", "client_id", "group_url", "audience"].contains(&key.name) {
        all.extend([
            ("environment".to_owned(), json!("custom")),
            ("issuer".to_owned(), json!("https://id.zonnetje.nl/")),
            ("client_id".to_owned(), json!("groep_client")),
            ("group_url".to_owned(), json!("https://konnect.zonnetje.nl/")),
            ("allowed_hosts".to_owned(), json!("konnect.zonnetje.nl")),
        ]);
    }
    all.insert(key.name.to_owned(), value.clone());
    all
}

/// What the tablet makes of these settings.
fn on_the_tablet(managed: &Map<String, Value>) -> Resolved {
    resolve(&Environments::from_toml(ENVIRONMENTS).unwrap(), managed, &Map::new())
}

/// The object that `provision` prints with `--json`.
fn json_of(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let environments = sandbox.file("environments.toml", ENVIRONMENTS);
    let (_, text) = sandbox.printed(&[arguments, &["--json", "--environments", &environments]].concat());
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{arguments:?}: {text}"))
}

/// The codes that `provision validate` reports, by key.
fn validated(sandbox: &Sandbox, settings: &Map<String, Value>) -> BTreeMap<String, String> {
    let file = sandbox.file("settings.json", Value::Object(settings.clone()).to_string());
    let report = json_of(sandbox, &["validate", &file]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (text(&finding["key"]), text(&finding["code"])))
        .collect()
}

#[test]
fn every_wrong_value_of_every_key_has_the_same_code_on_the_tablet_in_the_mdm_and_in_validate() {
    let sandbox = Sandbox::new();
    let mut codes_by_key: BTreeMap<&str, Vec<ErrorCode>> = BTreeMap::new();
    for value in values() {
        // `validate` gets all keys for which the value is wrong in one file; the tablet gets them one by one.
        let mut file = Map::from_iter([("tenant".to_owned(), json!("zonnetje"))]);
        let mut expected = BTreeMap::new();
        for key in KEYS {
            let resolved = on_the_tablet(&settings(key, &value));
            let Some(error) = resolved.errors.iter().find(|error| error.key == key.name) else {
                assert_eq!(resolved.errors, [], "{} {value}", key.name);
                continue;
            };
            assert_eq!(resolved.errors.len(), 1, "{} {value}: {:?}", key.name, resolved.errors);
            assert_eq!(error.source, Source::Managed);
            if key.security {
                // The screen shows the code of this error.
                assert_eq!(resolved.target.as_ref().unwrap_err(), error, "{} {value}", key.name);
                let kind = error.code.kind();
                assert!(
                    matches!(kind, ErrorKind::SettingsInvalid | ErrorKind::EnvironmentEmpty),
                    "{} {value}: {kind:?}",
                    key.name
                );
            } else {
                assert!(resolved.target.is_ok(), "{} {value}", key.name);
            }
            for language in ["nl", "en"] {
                let feedback = error.code.feedback(language);
                assert!(feedback.starts_with(&format!("{} ", error.code)), "{feedback}");
                if let Some(text) = value.as_str().filter(|text| text.len() > 10) {
                    assert!(
                        !feedback.contains(text),
                        "the MDM console never shows a value: {feedback}"
                    );
                }
            }
            file.insert(key.name.to_owned(), value.clone());
            expected.insert(key.name.to_owned(), error.code.number().to_owned());
            codes_by_key.entry(key.name).or_default().push(error.code);
        }
        let mut reported = validated(&sandbox, &file);
        // A wrong environment leaves the keys of a custom one without the environment that they belong to.
        reported.retain(|key, _| expected.contains_key(key));
        assert_eq!(reported, expected, "{value}");
    }
    for key in KEYS {
        let codes = codes_by_key.get(key.name).map_or(0, Vec::len);
        assert!(codes >= 5, "{} was given {codes} wrong values", key.name);
        if matches!(key.kind, Kind::Choice(_)) && key.name != "environment" {
            assert!(codes_by_key[key.name].contains(&ErrorCode::Choice));
        }
    }
}

#[test]
fn a_secret_has_the_same_code_under_every_name() {
    let sandbox = Sandbox::new();
    for key in KEYS {
        let settings = settings(key, &json!(TOKEN));
        let resolved = on_the_tablet(&settings);
        let error = resolved.errors.iter().find(|error| error.key == key.name).unwrap();
        assert_eq!(error.code, ErrorCode::Secret, "{}", key.name);
        assert_eq!(resolved.target.is_err(), key.security, "{}", key.name);
        // `validate` refuses the file as a whole and names no key, so that it never quotes the secret.
        assert_eq!(
            validated(&sandbox, &settings),
            BTreeMap::from([(String::new(), ErrorCode::Secret.number().to_owned())]),
            "{}",
            key.name
        );
    }
    let settings = json!({ "tenant": "zonnetje", "wifi_password": "abc" });
    let resolved = on_the_tablet(settings.as_object().unwrap());
    assert_eq!(resolved.errors[0].code, ErrorCode::Secret);
    assert!(
        resolved.target.is_ok(),
        "a key that the app does not know never stops sign-in"
    );
    assert_eq!(
        validated(&sandbox, settings.as_object().unwrap())["wifi_password"],
        ErrorCode::Secret.number()
    );
}

#[test]
fn errors_of_several_keys_together_have_the_same_code_too() {
    let sandbox = Sandbox::new();
    let custom = json!({
        "environment": "custom", "tenant": "zonnetje", "issuer": "https://id.zonnetje.nl/", "client_id": "groep_client",
        "group_url": "https://konnect.zonnetje.nl/", "allowed_hosts": "konnect.zonnetje.nl", "kleur": "rood", "config_version": 2
    });
    let change = |changes: Value| {
        let mut all = custom.as_object().cloned().unwrap();
        all.extend(changes.as_object().cloned().unwrap());
        all.retain(|_, value| !value.is_null());
        all
    };
    for settings in [
        change(json!({})),
        change(json!({ "issuer": null })),
        change(json!({ "client_id": null, "group_url": null })),
        change(json!({ "environment": "production" })),
        change(json!({ "allowed_hosts": null })),
    ] {
        let resolved = on_the_tablet(&settings);
        let expected: BTreeMap<String, String> = resolved
            .errors
            .iter()
            .map(|error| (error.key.clone(), error.code.number().to_owned()))
            .collect();
        assert!(expected.len() >= 2, "{settings:?}");
        assert_eq!(validated(&sandbox, &settings), expected, "{settings:?}");
    }
}

#[test]
fn explain_knows_every_code_with_the_texts_of_the_register() {
    let sandbox = Sandbox::new();
    for language in ["nl", "en"] {
        let all = json_of(&sandbox, &["explain", "--language", language]);
        let all = all.as_array().unwrap();
        assert_eq!(all.len(), ErrorCode::ALL.len());
        for (code, object) in ErrorCode::ALL.iter().zip(all) {
            assert_eq!(object["code"], code.number());
            assert_eq!(object["what"], code.what().in_language(language));
            assert_eq!(object["fix"], code.fix().in_language(language));
            assert_eq!(
                object["screen"].is_null(),
                code.kind() == ErrorKind::NotOnTablet,
                "{code}"
            );
        }
    }
    let one = json_of(&sandbox, &["explain", "E501", "--language", "en"]);
    assert_eq!(one["screen"]["title"], "Konnect cannot be reached");
}
