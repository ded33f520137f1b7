//! Fuzzing of everything that other people write: links, settings files of each format, tables of devices.
//! `cargo xtask fuzz` runs millions of cases; the ordinary tests run the same few on every run.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use error_codes::ErrorCode;
use fuzz_support::FuzzTarget;
use serde_json::{Map, Value, json};
use settings::export::{MdmConsole, for_console};
use settings::{DAY, Environments, key, read_setup_link, sign_setup_link, unsigned_setup_link, validate};

use crate::cli::Platform;
use crate::{devices, evaluate, read};

const NOW: i64 = 1_800_000_000;
const HOST: Option<&str> = Some("app.example");
const HEAD: &str = r#"{"alg":"EdDSA","kid":"k1","typ":"konnect-groep-setup"}"#;

/// Tokens of the grammars, and texts that have broken parsers before.
const DICTIONARY: &[&str] = &[
    "tenant",
    "allowed_hosts",
    "provisioning_keys",
    "config_version",
    "=",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "{",
    "}",
    "[",
    "]",
    "[[",
    "<dict>",
    "</dict>",
    "<key>",
    "</key>",
    "<string>",
    "</string>",
    "<integer>",
    "<true/>",
    "<!ENTITY a \"b\">",
    "<![CDATA[",
    "]]>",
    "&amp;",
    "&#0;",
    "&a;",
    "<!--",
    "-->",
    "#",
    "%",
    "%00",
    "%zz",
    "&",
    ".",
    ",",
    ";",
    "\t",
    "\n",
    "\r\n",
    "\0",
    "\u{7f}",
    "\u{feff}",
    "\u{202e}",
    "é",
    "\\u0000",
    "\\",
    "null",
    "true",
    "-1",
    "1e999",
    "99999999999999999999",
    "0x10",
    "1979-05-27",
    "=cmd|' /c calc'!A1",
    "+31",
    "@",
    "-",
    "https://",
    "user:pw@",
    "javascript:",
    "{{serialnumber}}",
    "$SERIALNUMBER",
    "*.nl",
    "managedProperty",
    "managedConfiguration",
    "payloadJson",
    "applications",
    "exp",
    "eyJhbGciOiJub25lIn0.e30.",
    "-----BEGIN PRIVATE KEY-----",
];

/// The seeds of a target.
fn corpus(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{}", folder.display());
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn environments() -> Environments {
    let text = r#"
        [production]
        issuer = "https://id.example/"
        client_id = "groep-client"
        group_url = "https://{tenant}.ouderportaal.nl/groep"
        tenant_suffix = ".ouderportaal.nl"
    "#;
    Environments::from_toml(text).unwrap()
}

fn signing() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// Reads a link. If it is accepted, its keys are known and its values valid, and writing it again yields the same
/// settings.
fn links(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let keys = [("k1".to_owned(), signing().verifying_key().to_bytes())];
    let Ok(link) = read_setup_link(&text, HOST, &keys, NOW) else {
        return;
    };
    assert!(
        link.settings
            .iter()
            .all(|(name, value)| validate(key(name).unwrap(), value).is_ok()),
        "{text}"
    );
    let again = match link.expires {
        Some(expires) => sign_setup_link(HOST, &link.settings, "k1", &signing(), NOW, expires),
        None => unsigned_setup_link(HOST, &link.settings),
    };
    // Written again a link may be longer, and then refused, because the writer escapes more.
    if let Ok(again) = again {
        assert_eq!(
            read_setup_link(&again, HOST, &keys, NOW).unwrap().settings,
            link.settings,
            "{text}"
        );
    }
}

/// Reads a link with these bytes as its payload and a valid signature.
fn payloads(bytes: &[u8]) {
    links(signed_link(bytes).as_bytes());
}

fn signed_link(payload: &[u8]) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEAD), URL_SAFE_NO_PAD.encode(payload));
    let signature = signing().sign(text.as_bytes());
    format!(
        "https://app.example/groep/setup#{text}.{}",
        URL_SAFE_NO_PAD.encode(signature.to_bytes())
    )
}

/// Reads a settings file. If its settings are valid, every console's format yields the same settings again.
fn files(bytes: &[u8]) {
    let Ok(read) = read::settings("file", String::from_utf8_lossy(bytes).into_owned()) else {
        return;
    };
    assert!(
        read.spans
            .values()
            .all(|(start, end)| read.source.get(*start..*end).is_some()),
        "{}",
        read.source
    );
    let environments = environments();
    for target in [Platform::Apple, Platform::Link] {
        let _ = evaluate::evaluate(&read, target, &environments).to_json("nl");
    }
    if evaluate::evaluate(&read, Platform::Android, &environments)
        .all
        .iter()
        .any(|diagnostic| !diagnostic.warning || diagnostic.code == ErrorCode::Unexpanded)
    {
        return;
    }
    let valid: Map<String, Value> = read
        .settings
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), validate(key(name)?, value).ok()?.to_json())))
        .collect();
    let console = MdmConsole::ALL[bytes.len() % MdmConsole::ALL.len()];
    let exported = for_console(console, &valid).unwrap();
    let again = read::settings("exported", exported.clone())
        .unwrap_or_else(|_| panic!("{console:?} is not read again: {exported}"));
    let sorted = |settings: &Map<String, Value>| settings.clone().into_iter().collect::<BTreeMap<_, _>>();
    assert_eq!(sorted(&again.settings), sorted(&valid), "{console:?}: {exported}");
}

/// Reads a table. If it is accepted, no device has a cell that a spreadsheet would run as a formula.
fn tables(bytes: &[u8]) {
    let template = json!({ "tenant": "zonnetje" });
    let Ok((devices, _)) = devices::read("table", bytes, template.as_object().unwrap(), &environments()) else {
        return;
    };
    assert!((1..=devices::MAX_DEVICES).contains(&devices.len()));
    for device in devices {
        assert!(
            device.line > 1
                && device
                    .settings
                    .values()
                    .all(|value| !value.as_str().unwrap().starts_with(['=', '@', '\t', '\r']))
        );
    }
}

fn target(name: &'static str, run: fn(&[u8])) -> FuzzTarget<'static> {
    FuzzTarget {
        name,
        seeds: corpus(name),
        dictionary: DICTIONARY,
        run,
    }
}

#[test]
fn the_corpus_and_simple_mutations_of_it_are_handled() {
    for (name, run) in [
        ("links", links as fn(&[u8])),
        ("payloads", payloads),
        ("files", files),
        ("tables", tables),
    ] {
        target(name, run).run_simple_mutations(12);
    }
}

#[test]
fn the_corpus_holds_valid_links_files_and_tables() {
    let keys = [("k1".to_owned(), signing().verifying_key().to_bytes())];
    assert!(
        corpus("links")
            .iter()
            .any(|bytes| read_setup_link(&String::from_utf8_lossy(bytes), HOST, &keys, NOW).is_ok())
    );
    assert!(
        corpus("files")
            .iter()
            .all(|bytes| read::settings("file", String::from_utf8_lossy(bytes).into_owned()).is_ok())
    );
    let signed = json!({ "tenant": "zonnetje", "exp": NOW + DAY });
    assert!(
        read_setup_link(&signed_link(signed.to_string().as_bytes()), HOST, &keys, NOW).is_ok(),
        "a link that is signed here is accepted"
    );
    let template = json!({ "tenant": "zonnetje" });
    assert!(
        corpus("tables").iter().any(|bytes| devices::read(
            "table",
            bytes,
            template.as_object().unwrap(),
            &environments()
        )
        .is_ok())
    );
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_links() {
    target("links", links).fuzz();
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_payloads() {
    target("payloads", payloads).fuzz();
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_files() {
    target("files", files).fuzz();
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_tables() {
    target("tables", tables).fuzz();
}
