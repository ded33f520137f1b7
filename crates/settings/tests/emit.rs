//! Every generated file: as it was agreed, by its platform's rules, and with a fault that the rules must see.
#![allow(clippy::unwrap_used, reason = "all of this is test")]

use serde_json::{Value, json};
use settings::emit::{self, Console};
use settings::{KEYS, Kind, check};

#[test]
fn every_file_is_the_one_that_was_agreed() {
    insta::assert_snapshot!("app_restrictions.xml", emit::restrictions().unwrap());
    insta::assert_snapshot!("strings-nl.xml", emit::strings("nl").unwrap());
    insta::assert_snapshot!("strings-en.xml", emit::strings("en").unwrap());
    insta::assert_snapshot!("specfile.xml", emit::specfile().unwrap());
    insta::assert_snapshot!(
        "schema.json",
        serde_json::to_string_pretty(&emit::json_schema()).unwrap()
    );
    insta::assert_snapshot!("manual-nl.md", emit::manual("nl"));
    insta::assert_snapshot!("manual-en.md", emit::manual("en"));
    for console in Console::ALL {
        insta::assert_snapshot!(
            format!("example-{console:?}"),
            emit::for_console(console, &emit::example()).unwrap()
        );
    }
}

#[test]
fn the_android_file_keeps_the_rules_of_the_store_and_a_planted_fault_does_not() {
    let sound = emit::restrictions().unwrap();
    assert_eq!(emit::rules::restrictions(&sound), Vec::<String>::new());
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
        let planted = sound.replacen(good, bad, 1);
        assert_ne!(planted, sound, "{good}");
        assert!(!emit::rules::restrictions(&planted).is_empty(), "{good} -> {bad}");
    }
}

#[test]
fn the_strings_have_a_text_for_every_reference() {
    let restrictions = emit::restrictions().unwrap();
    let english = emit::strings("en").unwrap();
    let dutch = emit::strings("nl").unwrap();
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
fn the_specfile_keeps_the_rules_of_its_schema_and_a_planted_fault_does_not() {
    let sound = emit::specfile().unwrap();
    assert_eq!(emit::rules::specfile(&sound), Vec::<String>::new());
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
        let planted = sound.replacen(good, bad, 1);
        assert_ne!(planted, sound, "{good}");
        assert!(!emit::rules::specfile(&planted).is_empty(), "{good} -> {bad}");
    }
}

#[test]
fn the_schema_is_sound_and_agrees_with_the_checks() {
    let schema = emit::json_schema();
    jsonschema::meta::validate(&schema).expect("a sound schema");
    assert!(
        jsonschema::meta::validate(&json!({ "type": "txt" })).is_err(),
        "a planted fault is seen"
    );
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&Value::Object(emit::example())));
    for key in KEYS.iter().filter(|key| !key.example().is_empty()) {
        let custom = json!({ "environment": "custom", "issuer": "https://id.example/", "client_id": "groep_client", "group_url": "https://k.example/" });
        let mut file = if ["issuer", "client_id", "group_url", "audience"].contains(&key.name) {
            custom
        } else {
            json!({})
        };
        file[key.name] = Value::from(key.example());
        assert!(
            check(key, &file[key.name]).is_ok() && validator.is_valid(&file),
            "{}",
            key.name
        );
        for wrong in [json!(["a"]), json!({ "a": 1 }), json!(1.5)] {
            file[key.name] = wrong.clone();
            assert!(
                check(key, &wrong).is_err() && !validator.is_valid(&file),
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
fn the_property_lists_are_read_by_a_parser_of_their_own_and_give_the_settings_back() {
    let whole = emit::for_console(Console::Plist, &emit::example()).unwrap();
    for console in [Console::IntuneApple, Console::Jamf] {
        let bare = emit::for_console(console, &emit::example()).unwrap();
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
        "a planted fault is seen"
    );
}

#[test]
fn what_is_pasted_keeps_the_rules_of_its_console_and_a_planted_fault_does_not() {
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
    let all: [(Console, &[(&str, &str)]); 8] = [
        (
            Console::Amapi,
            &[
                ("packageName", "package"),
                ("FORCE_INSTALLED", "INSTALLED"),
                ("\"managedConfiguration\"", "\"configuration\""),
                ("10", "\"10\""),
                ("\"tenant\"", "\"tenants\""),
            ][..],
        ),
        (Console::IntuneAndroid, &play),
        (Console::Play, &play),
        (
            Console::Knox,
            &[
                ("\"tenant\"", "\"tenants\""),
                ("false", "\"false\""),
                ("\"zonnetje\"", "[\"zonnetje\"]"),
                ("10", "10.5"),
            ],
        ),
        (Console::IntuneApple, &list),
        (Console::Jamf, &list),
        (
            Console::Plist,
            &[list[0], list[1], list[2], list[3], ("<plist version=\"1.0\">", "")],
        ),
        (
            Console::Declarative,
            &[
                ("com.apple.asset.data", "com.apple.asset"),
                ("com.apple.configuration.app.managed", "com.apple.configuration.app"),
                ("https://mdm", "http://mdm"),
                ("application/plist", "application/json"),
                ("\"BundleID\"", "\"AppStoreID\": \"1\", \"BundleID\""),
                ("Required", "Forced"),
                (
                    "\"DataAssetReference\": \"nl.kidskonnect.groep.settings\"",
                    "\"DataAssetReference\": \"other\"",
                ),
                ("nl.kidskonnect.groep.app", "nl.kidskonnect.groep.settings"),
                ("PD94", "!!!!"),
            ],
        ),
    ];
    for (console, plants) in all {
        let sound = emit::for_console(console, &emit::example()).unwrap();
        assert_eq!(
            emit::rules::console(console, &sound),
            Vec::<String>::new(),
            "{console:?}"
        );
        for (good, bad) in plants {
            let planted = sound.replacen(good, bad, 1);
            assert_ne!(planted, sound, "{console:?} {good}");
            assert!(
                !emit::rules::console(console, &planted).is_empty(),
                "{console:?}: {good} -> {bad}"
            );
        }
    }
}

#[test]
fn the_strings_and_the_manual_keep_their_rules_and_a_planted_fault_does_not() {
    let restrictions = emit::restrictions().unwrap();
    for language in ["nl", "en"] {
        let sound = emit::strings(language).unwrap();
        assert_eq!(
            emit::rules::strings(&sound, &restrictions),
            Vec::<String>::new(),
            "{language}"
        );
        for (good, bad) in [
            ("name=\"setting_tenant_title\"", "name=\"setting_issuer_title\""),
            ("<resources", "<strings"),
            ("</string>", ""),
        ] {
            let planted = sound.replacen(good, bad, 1);
            assert_ne!(planted, sound, "{good}");
            assert!(
                !emit::rules::strings(&planted, &restrictions).is_empty(),
                "{language}: {good} -> {bad}"
            );
        }
        let manual = emit::manual(language);
        assert_eq!(emit::rules::manual(&manual), Vec::<String>::new());
        for (good, bad) in [
            ("| `tenant`", "| `tenants`"),
            ("| `kiosk`", "| `tenant`"),
            (" | choice |", " choice |"),
        ] {
            let planted = manual.replacen(good, bad, 1);
            assert_ne!(planted, manual, "{good}");
            assert!(!emit::rules::manual(&planted).is_empty(), "{language}: {good} -> {bad}");
        }
    }
    let dutch = emit::strings("nl").unwrap();
    assert!(!emit::rules::strings(&dutch.replacen("foto\\&apos;s", "foto&apos;s", 1), &restrictions).is_empty());
}

#[test]
fn the_manuals_of_the_device_managers_hold_the_table_as_it_is() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for (name, language) in [("device-managers.md", "nl"), ("device-managers.en.md", "en")] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(
            text.contains(&emit::manual(language)),
            "{name}: paste what `provision schema --language {language}` prints"
        );
    }
}
