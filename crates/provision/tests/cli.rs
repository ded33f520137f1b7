//! The commands on one settings file, and those that explain: `init`, `schema`, `validate`, `android`, `apple`, `inspect`,
//! `links`, `diff`, `explain`.
#![expect(clippy::unwrap_used, reason = "test helpers")]

mod sandbox;

use sandbox::{Sandbox, TABLET};
use serde_json::{Value, json};

#[test]
fn init_with_a_tenant_asks_nothing_and_writes_a_valid_file() {
    let sandbox = Sandbox::new();
    sandbox.ok(&[
        "init",
        "--tenant",
        "https://Zonnetje.ouderportaal.nl/",
        "--out",
        "tablet.toml",
    ]);
    let text = std::fs::read_to_string(sandbox.path("tablet.toml")).unwrap();
    assert!(text.contains("\ntenant = \"zonnetje\"\n"), "{text}");
    sandbox.ok(&["validate", "tablet.toml"]);
    let uncommented: String = text
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|rest| {
                    settings::KEYS
                        .iter()
                        .any(|key| rest.starts_with(&format!("{} = ", key.name)))
                })
                .unwrap_or(line)
        })
        .fold(String::new(), |all, line| all + line + "\n");
    sandbox.file(
        "all.toml",
        uncommented.replace("environment = \"production\"", "environment = \"custom\""),
    );
    sandbox.ok(&["validate", "all.toml"]);
    assert_eq!(
        sandbox
            .printed(&["init", "--tenant", "zonnetje", "--out", "tablet.toml"])
            .0,
        1,
        "a file is never written over"
    );
    assert_eq!(sandbox.printed(&["init"]).0, 2);
    let (exit, text) = sandbox.printed(&["init", "--tenant", "juf@zonnetje.nl"]);
    assert!(exit == 1 && text.contains("E113"), "{text}");
}

#[test]
fn schema_prints_every_format() {
    let sandbox = Sandbox::new();
    assert_eq!(
        sandbox.ok(&["schema", "--format", "restrictions"]),
        settings::export::restrictions().unwrap()
    );
    assert_eq!(
        sandbox.ok(&["schema", "--format", "specfile"]),
        settings::export::specfile().unwrap()
    );
    assert_eq!(
        sandbox.ok(&["schema", "--format", "md", "--language", "nl"]),
        settings::export::manual("nl")
    );
    assert_eq!(
        serde_json::from_str::<Value>(&sandbox.ok(&["schema", "--format", "json-schema"])).unwrap(),
        settings::export::json_schema()
    );
    sandbox.ok(&["schema", "--format", "strings"]);
}

#[test]
fn validate_names_the_line_the_code_and_the_fix() {
    let sandbox = Sandbox::new();
    let file = sandbox.file(
        "t.toml",
        "tenant = \"zonnetje\"\nlanguage = \"frans\"\nalowed_hosts = \"a.example\"\nidle_lock_minutes = 500\n",
    );
    let (exit, text) = sandbox.printed(&["validate", &file]);
    assert_eq!(exit, 1);
    for word in ["E108", ":2:", "system, nl, en", "E102", "allowed_hosts?", "E114", ":4:"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let (exit, text) = sandbox.printed(&["validate", &file, "--json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (exit, report["ok"].as_bool(), report["findings"][0]["line"].as_u64()),
        (1, Some(false), Some(2))
    );
    let (_, text) = sandbox.printed(&["validate", &file, "--language", "nl"]);
    assert!(text.contains("Deze waarde staat niet in de lijst."), "{text}");
}

#[test]
fn every_wrong_value_has_its_code() {
    let sandbox = Sandbox::new();
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqdWYifQ.c2lnbmF0dXJl";
    let cases = [
        ("tenant = \"de zon\"".to_owned(), "E106"),
        ("tenant = \"\"".to_owned(), "E110"),
        ("tenant = 3".to_owned(), "E106"),
        ("tenant = \"a\"\ntenant = \"b\"".to_owned(), "E129"),
        ("tenant = \"a".to_owned(), "E130"),
        ("tenant = \"a\"\n[group]\nx = 1".to_owned(), "E102"),
        ("tenant = \"a\"\nallowed_hosts = [\"a.example\"]".to_owned(), "E131"),
        ("tenant = \"a\"\nallowed_hosts = \"*.nl\"".to_owned(), "E118"),
        (
            format!("tenant = \"a\"\ndevice_label = \"{}\"", "x".repeat(1_000_000)),
            "E109",
        ),
        ("tenant = \"a\"\ndevice_label = \"a\\u0007b\"".to_owned(), "E115"),
        ("tenant = \"a\"\nallow_sign_out = \"ja\"".to_owned(), "E101"),
        ("tenant = \"a\"\nissuer = \"https://id.example/\"".to_owned(), "E122"),
        ("tenant = \"a\"\nenvironment = \"custom\"".to_owned(), "E121"),
        ("tenant = \"a\"\nenvironment = \"elsewhere\"".to_owned(), "E103"),
        (format!("tenant = \"a\"\ndevice_label = \"{token}\""), "E127"),
        (format!("tenant = \"a\"\n# {token}"), "E127"),
        ("tenant = \"a\"\nclient_secret = \"x\"".to_owned(), "E127"),
        (
            "tenant = \"a\"\nprovisioning_keys = \"\"\"-----BEGIN PRIVATE KEY-----\"\"\"".to_owned(),
            "E127",
        ),
        ("{\"tenant\": \"a\", \"tenant\": \"b\"}".to_owned(), "E129"),
        ("{\"tenant\": ".to_owned(), "E130"),
        ("<dict><key>tenant</key>".to_owned(), "E130"),
        (
            "<dict><key>tenant</key><string>a</string><key>tenant</key><string>b</string></dict>".to_owned(),
            "E129",
        ),
    ];
    for (text, code) in cases {
        let file = sandbox.file("bad", &text);
        let (exit, output) = sandbox.printed(&["validate", &file]);
        assert!(
            output.contains(code),
            "{code}: {} -> {output}",
            &text[..text.len().min(80)]
        );
        assert_eq!(exit, i32::from(code != "E102"), "{output}");
        assert!(!output.contains(token), "a secret is not shown again");
    }
    let (exit, output) = sandbox.printed(&["validate", "nowhere.toml"]);
    assert!(exit == 1 && output.contains("E160"), "{output}");
    let file = sandbox.file("token.toml", "tenant = \"a\"\nlogin_hint = \"{{serialnumber}}\"");
    assert_eq!(
        sandbox.printed(&["validate", &file]).0,
        0,
        "the MDM replaces its placeholder"
    );
    assert!(
        sandbox
            .printed(&["validate", &file, "--for", "link"])
            .1
            .contains("E116")
    );
}

#[test]
fn every_export_can_be_read_again() {
    let sandbox = Sandbox::new();
    let file = sandbox.file(
        "t.toml",
        format!("{TABLET}allow_sign_out = \"false\"\nidle_lock_minutes = \"10\"\n"),
    );
    for (command, emm) in [
        ("android", "amapi"),
        ("android", "intune"),
        ("android", "play"),
        ("android", "knox"),
        ("apple", "intune"),
        ("apple", "jamf"),
        ("apple", "plist"),
        ("apple", "ddm"),
    ] {
        sandbox.ok(&[command, &file, "--emm", emm, "--out", "exported"]);
        let report: Value = serde_json::from_str(&sandbox.ok(&["inspect", "exported", "--json"])).unwrap();
        assert_eq!(
            report["settings"],
            json!({ "tenant": "zonnetje", "organisation_name": "Kinderopvang Zonnetje", "device_label": "Groep Blauw", "language": "nl", "allow_sign_out": false, "idle_lock_minutes": 10 }),
            "{command} {emm}"
        );
    }
    let bad = sandbox.file("bad.toml", "tenant = \"de zon\"");
    assert_eq!(sandbox.printed(&["android", &bad, "--out", "none"]).0, 1);
    assert!(!sandbox.path("none").exists());
}

#[test]
fn links_explain_diff_completions_and_man_answer() {
    let sandbox = Sandbox::new();
    let cert = ["AB"; 32].join(":");
    sandbox.ok(&["links", "--cert", &cert, "--team", "TEAM123456", "--out", "site"]);
    assert_eq!(sandbox.names("site"), ["apple-app-site-association", "assetlinks.json"]);
    for bad in [
        ["--cert", "AB", "--team", "TEAM123456"],
        ["--cert", &cert, "--team", "T"],
    ] {
        assert_eq!(sandbox.printed(&[&["links"][..], &bad[..]].concat()).0, 2);
    }
    assert!(
        sandbox
            .ok(&["explain", "e107", "--language", "nl"])
            .contains("Dit is geen adres van een website.")
    );
    assert!(sandbox.ok(&["explain", "tenant"]).contains("zonnetje"));
    assert!(sandbox.ok(&["explain"]).lines().count() >= 40);
    assert_eq!(sandbox.printed(&["explain", "E999"]).0, 2);
    let (a, b) = (
        sandbox.file("a.toml", TABLET),
        sandbox.file("b.toml", TABLET.replace("zonnetje", "regenboog")),
    );
    let text = sandbox.ok(&["diff", &a, &b]);
    assert!(
        text.contains("- tenant † = \"zonnetje\"")
            && text.contains("+ tenant † = \"regenboog\"")
            && !text.contains("language"),
        "{text}"
    );
    assert!(sandbox.ok(&["diff", &a, &a]).contains("No difference"));
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(sandbox.ok(&["completions", shell]).contains("provision"));
    }
    assert!(sandbox.ok(&["man"]).contains(".TH"));
    assert!(
        sandbox
            .ok(&["--help", "--language", "nl"])
            .contains("Controleert een bestand")
    );
    assert_eq!(sandbox.printed(&["frobnicate"]).0, 2);
}
