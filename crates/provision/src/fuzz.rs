//! Everything that strangers write, damaged in every way: links, settings files of each format, tables of devices.
//! `cargo xtask fuzz` runs millions; the tests beside it take the same cases on every run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Map, Value, json};
use settings::emit::{Console, for_console};
use settings::{Code, DAY, Environments, check, key, read_link, sign_link, unsigned_link};

use crate::cli::For;
use crate::{devices, judge, read};

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

/// One change: what, where, how much, with which piece or byte.
type Edit = (u8, u16, u8, u8);

fn apply(text: &mut Vec<u8>, other: &[u8], (what, at, much, with): Edit) {
    let at = usize::from(at) % (text.len() + 1);
    let end = (at + usize::from(much)).min(text.len());
    match what % 7 {
        0 => drop(text.drain(at..end)),
        1 => drop(text.splice(at..at, PIECES[usize::from(with) % PIECES.len()].bytes())),
        2 => drop(text.splice(at..end, PIECES[usize::from(with) % PIECES.len()].bytes())),
        3 => text.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << (with % 8)),
        4 => {
            let copy = text[at..end].repeat(usize::from(with % 9));
            drop(text.splice(at..at, copy));
        }
        5 => text.insert(at, with),
        _ => {
            text.truncate(at);
            text.extend(other.iter().skip(usize::from(much)));
        }
    }
}

/// The files that damage begins with.
fn corpus(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
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
    let Ok(link) = read_link(&text, HOST, &keys, NOW) else { return };
    assert!(link.settings.iter().all(|(name, value)| check(key(name).unwrap(), value).is_ok()), "{text}");
    let again = match link.expires {
        Some(expires) => sign_link(HOST, &link.settings, "k1", &signing(), NOW, expires),
        None => unsigned_link(HOST, &link.settings),
    };
    // Written anew a link may be longer: what was plain is escaped.
    if let Ok(again) = again {
        assert_eq!(read_link(&again, HOST, &keys, NOW).unwrap().settings, link.settings, "{text}");
    }
}

/// The payload of a link that is signed, whatever it says.
fn payloads(bytes: &[u8]) {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEAD), URL_SAFE_NO_PAD.encode(bytes));
    let signature = signing().sign(text.as_bytes());
    links(format!("https://app.example/groep/setup#{text}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())).as_bytes());
}

/// Sound settings come out of every console's format as they went in.
fn files(bytes: &[u8]) {
    let Ok(read) = read::settings("file", String::from_utf8_lossy(bytes).into_owned()) else { return };
    assert!(read.spans.values().all(|(start, end)| read.source.get(*start..*end).is_some()), "{}", read.source);
    let environments = environments();
    for target in [For::Apple, For::Link] {
        let _ = judge::judge(&read, target, &environments).to_json("nl");
    }
    if judge::judge(&read, For::Android, &environments).all.iter().any(|finding| !finding.warning || finding.code == Code::Unexpanded) {
        return;
    }
    let sound: Map<String, Value> = read.settings.iter().filter_map(|(name, value)| Some((name.clone(), check(key(name)?, value).ok()?.to_json()))).collect();
    let console = Console::ALL[bytes.len() % Console::ALL.len()];
    let emitted = for_console(console, &sound).unwrap();
    let again = read::settings("emitted", emitted.clone()).unwrap_or_else(|_| panic!("{console:?} is not read again: {emitted}"));
    let sorted = |settings: &Map<String, Value>| settings.clone().into_iter().collect::<BTreeMap<_, _>>();
    assert_eq!(sorted(&again.settings), sorted(&sound), "{console:?}: {emitted}");
}

/// A table is refused whole, or every device of it can have a link.
fn tables(bytes: &[u8]) {
    let template = json!({ "tenant": "zonnetje" });
    let Ok((devices, _)) = devices::read("table", bytes, template.as_object().unwrap(), &environments()) else { return };
    assert!((1..=devices::MOST).contains(&devices.len()));
    for device in devices {
        assert!(device.line > 1 && device.settings.values().all(|value| !value.as_str().unwrap().starts_with(['=', '@', '\t', '\r'])));
    }
}

/// A name, the folder of its corpus, and what is asked of it.
type Target = (&'static str, &'static str, fn(&[u8]));

const TARGETS: [Target; 4] = [("links", "links", links), ("payloads", "payloads", payloads), ("files", "files", files), ("tables", "tables", tables)];

#[test]
fn the_corpus_and_simple_damage_to_it_are_withstood() {
    for (_, folder, target) in TARGETS {
        let seeds = corpus(folder);
        for seed in &seeds {
            target(seed);
            for cut in 0..=seed.len().min(400) {
                target(&seed[..cut]);
            }
            for (number, _) in PIECES.iter().enumerate() {
                for at in (0..seed.len()).step_by(1 + seed.len() / 12) {
                    let mut text = seed.clone();
                    apply(&mut text, &seeds[0], (1, u16::try_from(at).unwrap(), 0, u8::try_from(number).unwrap()));
                    target(&text);
                }
            }
        }
    }
}

#[test]
fn the_corpus_holds_sound_links_files_and_tables() {
    let keys = [("k1".to_owned(), signing().verifying_key().to_bytes())];
    assert!(corpus("links").iter().any(|bytes| read_link(&String::from_utf8_lossy(bytes), HOST, &keys, NOW).is_ok()));
    assert!(corpus("files").iter().all(|bytes| read::settings("file", String::from_utf8_lossy(bytes).into_owned()).is_ok()));
    let signed = json!({ "tenant": "zonnetje", "exp": NOW + DAY });
    payloads(signed.to_string().as_bytes());
    let template = json!({ "tenant": "zonnetje" });
    assert!(corpus("tables").iter().any(|bytes| devices::read("table", bytes, template.as_object().unwrap(), &environments()).is_ok()));
}

/// Any number of edits to any seed.
fn fuzz(name: &str) {
    let (_, folder, target) = *TARGETS.iter().find(|(known, ..)| *known == name).unwrap();
    let (seeds, executions) = (corpus(folder), AtomicU64::new(0));
    bolero::check!().with_type::<(u8, u8, Vec<Edit>)>().for_each(|(seed, other, edits)| {
        let mut text = seeds[usize::from(*seed) % seeds.len()].clone();
        let other = &seeds[usize::from(*other) % seeds.len()];
        for edit in edits.iter().take(12) {
            apply(&mut text, other, *edit);
        }
        executions.fetch_add(1, Relaxed);
        target(&text);
    });
    println!("fuzzed {name}: {} executions", executions.load(Relaxed));
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_links() {
    fuzz("links");
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_payloads() {
    fuzz("payloads");
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_files() {
    fuzz("files");
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_tables() {
    fuzz("tables");
}
