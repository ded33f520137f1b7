//! Every generated file: against its snapshot, against the rules of its platform, and with injected errors that those
//! rules must detect.
#![allow(clippy::unwrap_used, reason = "a test")]

use serde_json::{Value, json};
use settings::export::{self, MdmConsole};
use settings::{KEYS, Kind, validate};

#[test]
fn every_generated_file_matches_its_snapshot() {
    insta::assert_snapshot!("app_restrictions.xml", export::restrictions().unwrap());
    insta::assert_snapshot!("strings-nl.xml", export::strings("nl").unwrap());
    insta::assert_snapshot!("strings-en.xml", export::strings("en").unwrap());
    insta::assert_snapshot!("specfile.xml", export::specfile().unwrap());
    insta::assert_snapshot!(
        "schema.json",
        serde_json::to_string_pretty(&export::json_schema()).unwrap()
    );
    insta::assert_snapshot!("manual-nl.md", export::manual("nl"));
    insta::assert_snapshot!("manual-en.md", export::manual("en"));
    insta::assert_snapshot!("error-codes-nl.md", export::error_codes("nl"));
    insta::assert_snapshot!("error-codes-en.md", export::error_codes("en"));
    for console in MdmConsole::ALL {
        insta::assert_snapshot!(
            format!("example-{console:?}"),
            export::for_console(console, &export::example()).unwrap()
        );
    }
}

#[test]
fn the_android_file_keeps_the_rules_of_the_store_and_an_injected_error_does_not() {
    let valid = export::restrictions().unwrap();
    assert_eq!(export::rules::restrictions(&valid), Vec::<String>::new());
    for (good, bad) in [
        ("android:key=\"tenant\"", ""),
        ("android:title=\"@string/setting_tenant_title\"", ""),
        ("android:key=\"issuer\"", "android:key=\"tenant\""),
        ("android:restrictionType=\"string\"", "android:restrictionType=\"text\""),
        (
            "android:restrictionType=\"string\"",
            "android:restrictionType=\"hidden\"",
        ),
        (
            "android:restrictionType=\"string\"",
            "android:restrictionType=\"bundle_array\"",
        ),
        ("android:entries=\"@array/setting_kiosk\"", ""),
        ("<restrictions ", "<settings "),
        ("apk/res/android", "apk/res/other"),
    ] {
        let injected = valid.replacen(good, bad, 1);
        assert_ne!(injected, valid, "{good}");
        assert!(!export::rules::restrictions(&injected).is_empty(), "{good} -> {bad}");
    }
}

#[test]
fn the_strings_have_a_text_for_every_reference() {
    let restrictions = export::restrictions().unwrap();
    let english = export::strings("en").unwrap();
    let dutch = export::strings("nl").unwrap();
    for reference in restrictions.split('"').filter_map(|part| part.strip_prefix("@string/")) {
        for strings in [&english, &dutch] {
            assert!(
                strings.contains(&format!("<string name=\"{reference}\">")),
                "{reference}"
            );
        }
    }
    for reference in restrictions.split('"').filter_map(|part| part.strip_prefix("@array/")) {
        assert!(
            english.contains(&format!("<string-array name=\"{reference}\"")),
            "{reference}"
        );
    }
    assert!(dutch.contains("foto\\&apos;s"), "an apostrophe is escaped for Android");
}

#[test]
fn the_specfile_keeps_the_rules_of_its_schema_and_an_injected_error_does_not() {
    let valid = export::specfile().unwrap();
    assert_eq!(export::rules::specfile(&valid), Vec::<String>::new());
    for (good, bad) in [
        ("nl.kidskonnect.groep", "nl.kids-konnect.groep"),
        ("<string keyName=\"tenant\">", "<string>"),
        ("<string keyName=\"issuer\">", "<string keyName=\"tenant\">"),
        ("<boolean keyName=\"allow_camera\">", "<flag keyName=\"allow_camera\">"),
        ("type=\"checkbox\"", ""),
        ("<field keyName=\"tenant\"", "<field keyName=\"tenants\""),
        ("<version>1</version>", ""),
        ("</dict>", ""),
    ] {
        let injected = valid.replacen(good, bad, 1);
        assert_ne!(injected, valid, "{good}");
        assert!(!export::rules::specfile(&injected).is_empty(), "{good} -> {bad}");
    }
}

#[test]
fn the_json_schema_is_valid_and_agrees_with_validation() {
    let schema = export::json_schema();
    jsonschema::meta::validate(&schema).expect("a valid schema");
    assert!(
        jsonschema::meta::validate(&json!({ "type": "txt" })).is_err(),
        "an injected error is detected"
    );
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&Value::Object(export::example())));
    for key in KEYS.iter().filter(|key| !key.example().is_empty()) {
        let custom = json!({ "environment": "custom", "issuer": "https://id.example/", "client_id": "groep_client", "group_url": "https://k.example/" });
        let mut file = if ["issuer", "client_id", "group_url", "audience"].contains(&key.name) {
            custom
        } else {
            json!({})
        };
        file[key.name] = Value::from(key.example());
        assert!(
            validate(key, &file[key.name]).is_ok() && validator.is_valid(&file),
            "{}",
            key.name
        );
        for wrong in [json!(["a"]), json!({ "a": 1 }), json!(1.5)] {
            file[key.name] = wrong.clone();
            assert!(
                validate(key, &wrong).is_err() && !validator.is_valid(&file),
                "{} {wrong}",
                key.name
            );
        }
        if let Kind::Choice(_) = key.kind {
            file[key.name] = json!("elsewhere");
            assert!(!validator.is_valid(&file), "{}", key.name);
        }
    }
    assert!(
        !validator.is_valid(&json!({ "environment": "custom" })),
        "custom needs more"
    );
    assert!(
        !validator.is_valid(&json!({ "issuer": "https://id.example/" })),
        "only custom may name an issuer"
    );
}

#[test]
fn an_independent_parser_reads_the_settings_back_from_the_property_lists() {
    let whole = export::for_console(MdmConsole::Plist, &export::example()).unwrap();
    for console in [MdmConsole::IntuneApple, MdmConsole::Jamf] {
        let bare = export::for_console(console, &export::example()).unwrap();
        assert!(bare.starts_with("<dict>") && bare.ends_with("</dict>\n"));
        assert!(whole.contains(bare.trim_end()));
    }
    let read = plist::Value::from_reader_xml(whole.as_bytes()).unwrap();
    let read = read.as_dictionary().unwrap();
    assert_eq!(read.get("tenant").and_then(plist::Value::as_string), Some("zonnetje"));
    assert_eq!(
        read.get("allow_manual_setup").and_then(plist::Value::as_boolean),
        Some(false)
    );
    assert_eq!(
        read.get("idle_lock_minutes").and_then(plist::Value::as_signed_integer),
        Some(10)
    );
    assert!(
        plist::Value::from_reader_xml(whole.replacen("</string>", "", 1).as_bytes()).is_err(),
        "an injected error is detected"
    );
}

#[test]
fn settings_for_a_console_keep_its_rules_and_an_injected_error_does_not() {
    const DUPLICATE: &str = r#"{
      "key": "tenant",
      "valueString": "twice"
    },
    {
      "key": "location_id""#;
    let play = [
        (
            "androidenterprise#managedConfiguration",
            "androidenterprise#configuration",
        ),
        ("app:nl.kidskonnect.groep", "nl.kidskonnect.groep"),
        ("\"managedProperty\"", "\"properties\""),
        ("\"valueBool\": false", "\"valueBool\": \"false\""),
        ("\"valueInteger\": 10", "\"valueString\": \"10\""),
        ("\"valueString\": \"zonnetje\"", "\"valueText\": \"zonnetje\""),
        ("\"key\": \"tenant\",", ""),
        ("{\n      \"key\": \"location_id\"", DUPLICATE),
    ];
    let list = [
        ("<false/>", "<string>false</string>"),
        ("<key>tenant</key>", "<key>tenants</key>"),
        ("</string>", ""),
        ("<key>kiosk</key>", "<key>tenant</key>"),
    ];
    let all: [(MdmConsole, &[(&str, &str)]); 8] = [
        (
            MdmConsole::Amapi,
            &[
                ("packageName", "package"),
                ("FORCE_INSTALLED", "INSTALLED"),
                ("\"managedConfiguration\"", "\"configuration\""),
                ("10", "\"10\""),
                ("\"tenant\"", "\"tenants\""),
            ][..],
        ),
        (MdmConsole::IntuneAndroid, &play),
        (MdmConsole::Play, &play),
        (
            MdmConsole::Knox,
            &[
                ("\"tenant\"", "\"tenants\""),
                ("false", "\"false\""),
                ("\"zonnetje\"", "[\"zonnetje\"]"),
                ("10", "10.5"),
            ],
        ),
        (MdmConsole::IntuneApple, &list),
        (MdmConsole::Jamf, &list),
        (
            MdmConsole::Plist,
            &[list[0], list[1], list[2], list[3], ("<plist version=\"1.0\">", "")],
        ),
        (
            MdmConsole::Declarative,
            &[
                ("com.apple.asset.data", "com.apple.asset"),
                ("com.apple.configuration.app.managed", "com.apple.configuration.app"),
                ("https://mdm", "http://mdm"),
                ("application/plist", "application/json"),
                ("\"BundleID\"", "\"AppStoreID\": \"1\", \"BundleID\""),
                ("Required", "Forced"),
                (
                    "\"LegacyAppConfigAssetReference\": \"nl.kidskonnect.groep.settings\"",
                    "\"LegacyAppConfigAssetReference\": \"other\"",
                ),
                (
                    "\"LegacyAppConfigAssetReference\": \"nl.kidskonnect.groep.settings\"",
                    "\"AppConfig\": { \"DataAssetReference\": \"nl.kidskonnect.groep.settings\" }",
                ),
                ("nl.kidskonnect.groep.app", "nl.kidskonnect.groep.settings"),
                ("PD94", "!!!!"),
            ],
        ),
    ];
    for (console, injections) in all {
        let valid = export::for_console(console, &export::example()).unwrap();
        assert_eq!(
            export::rules::console(console, &valid),
            Vec::<String>::new(),
            "{console:?}"
        );
        for (good, bad) in injections {
            let injected = valid.replacen(good, bad, 1);
            assert_ne!(injected, valid, "{console:?} {good}");
            assert!(
                !export::rules::console(console, &injected).is_empty(),
                "{console:?}: {good} -> {bad}"
            );
        }
    }
}

#[test]
fn the_strings_and_the_manual_keep_their_rules_and_an_injected_error_does_not() {
    let restrictions = export::restrictions().unwrap();
    for language in ["nl", "en"] {
        let valid = export::strings(language).unwrap();
        assert_eq!(
            export::rules::strings(&valid, &restrictions),
            Vec::<String>::new(),
            "{language}"
        );
        for (good, bad) in [
            ("name=\"setting_tenant_title\"", "name=\"setting_issuer_title\""),
            ("<resources", "<strings"),
            ("</string>", ""),
        ] {
            let injected = valid.replacen(good, bad, 1);
            assert_ne!(injected, valid, "{good}");
            assert!(
                !export::rules::strings(&injected, &restrictions).is_empty(),
                "{language}: {good} -> {bad}"
            );
        }
        let manual = export::manual(language);
        assert_eq!(export::rules::manual(&manual), Vec::<String>::new());
        for (good, bad) in [
            ("| `tenant`", "| `tenants`"),
            ("| `kiosk`", "| `tenant`"),
            (" | choice |", " choice |"),
        ] {
            let injected = manual.replacen(good, bad, 1);
            assert_ne!(injected, manual, "{good}");
            assert!(
                !export::rules::manual(&injected).is_empty(),
                "{language}: {good} -> {bad}"
            );
        }
    }
    for language in ["nl", "en"] {
        let codes = export::error_codes(language);
        assert_eq!(export::rules::error_codes(&codes), Vec::<String>::new());
        for (good, bad) in [
            ("| E117 |", "| E17 |"),
            ("| E118 |", "| E117 |"),
            (" |\n| E118", "\n| E118"),
        ] {
            let injected = codes.replacen(good, bad, 1);
            assert_ne!(injected, codes, "{good}");
            assert!(
                !export::rules::error_codes(&injected).is_empty(),
                "{language}: {good} -> {bad}"
            );
        }
    }
    let dutch = export::strings("nl").unwrap();
    assert!(!export::rules::strings(&dutch.replacen("foto\\&apos;s", "foto&apos;s", 1), &restrictions).is_empty());
}

#[test]
fn the_manuals_for_device_administrators_hold_the_generated_tables() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for (name, language) in [
        ("device-administrators.md", "nl"),
        ("device-administrators.en.md", "en"),
    ] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(
            text.contains(&export::manual(language)),
            "{name}: paste what `provision schema --language {language}` prints"
        );
        assert!(
            text.contains(&export::error_codes(language)),
            "{name}: paste what `provision schema --format codes --language {language}` prints"
        );
    }
}
