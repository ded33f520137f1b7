//! Everything that strangers write, damaged in every way: links, settings files of each format, tables of devices.
//! `cargo xtask fuzz` runs millions; the tests beside it take the same cases on every run.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use error_codes::ErrorCode;
use fuzz_support::Target;
use serde_json::{Map, Value, json};
use settings::export::{MdmConsole, for_console};
use settings::{DAY, Environments, key, read_setup_link, sign_setup_link, unsigned_setup_link, validate};

use crate::cli::Platform;
use crate::{devices, evaluate, read};

const NOW: i64 = 1_800_000_000;
const HOST: Option<&str> = Some("app.example");
const HEAD: &str = r#"{"alg":"EdDSA","kid":"k1","typ":"konnect-groep-setup"}"#;

/// What grammars are made of, and what has broken readers before.
const PIECES: &[&str] = &[
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

/// The files that damage begins with.
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

/// What a link may bring: known keys with sound values, and the same again once it is written anew.
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
    // Written anew a link may be longer: what was plain is escaped.
    if let Ok(again) = again {
        assert_eq!(
            read_setup_link(&again, HOST, &keys, NOW).unwrap().settings,
            link.settings,
            "{text}"
        );
    }
}

/// The payload of a link that is signed, whatever it says.
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

/// Sound settings come out of every console's format as they went in.
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
    let sound: Map<String, Value> = read
        .settings
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), validate(key(name)?, value).ok()?.to_json())))
        .collect();
    let console = MdmConsole::ALL[bytes.len() % MdmConsole::ALL.len()];
    let emitted = for_console(console, &sound).unwrap();
    let again = read::settings("emitted", emitted.clone())
        .unwrap_or_else(|_| panic!("{console:?} is not read again: {emitted}"));
    let sorted = |settings: &Map<String, Value>| settings.clone().into_iter().collect::<BTreeMap<_, _>>();
    assert_eq!(sorted(&again.settings), sorted(&sound), "{console:?}: {emitted}");
}

/// A table is refused whole, or every device of it can have a link.
fn tables(bytes: &[u8]) {
    let template = json!({ "tenant": "zonnetje" });
    let Ok((devices, _)) = devices::read("table", bytes, template.as_object().unwrap(), &environments()) else {
        return;
    };
    assert!((1..=devices::MOST).contains(&devices.len()));
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

fn target(name: &'static str, asked: fn(&[u8])) -> Target<'static> {
    Target {
        name,
        seeds: corpus(name),
        pieces: PIECES,
        asked,
    }
}

#[test]
fn the_corpus_and_simple_damage_to_it_are_withstood() {
    for (name, asked) in [
        ("links", links as fn(&[u8])),
        ("payloads", payloads),
        ("files", files),
        ("tables", tables),
    ] {
        target(name, asked).simply(12);
    }
}

#[test]
fn the_corpus_holds_sound_links_files_and_tables() {
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
        "what is signed here is read"
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
