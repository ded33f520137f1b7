//! The real program, as a manager runs it: every command, and bad input.
#![expect(clippy::unwrap_used, reason = "helpers of tests too")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

struct Sandbox(tempfile::TempDir);

impl Sandbox {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_provision"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env("LANG", "en_US.UTF-8")
            .env_remove("LC_ALL")
            .env_remove("LC_MESSAGES")
            .stdin(Stdio::null());
        command.output().unwrap()
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// The exit code, and everything that was said.
    fn said(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(!text.contains("panicked"), "{text}");
        assert!(!text.contains('\u{1b}'), "no colours in a pipe: {text}");
        (output.status.code().unwrap(), text)
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path(folder))
            .map(|all| {
                all.map(|entry| entry.unwrap().file_name().into_string().unwrap())
                    .collect()
            })
            .unwrap_or_default();
        names.sort();
        names
    }
}

const TABLET: &str = "tenant = \"zonnetje\"\norganisation_name = \"Kinderopvang Zonnetje\"\ndevice_label = \"Groep Blauw\"\nlanguage = \"nl\"\n";

#[test]
fn init_asks_nothing_with_a_tenant_and_its_file_is_sound() {
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
            .said(&["init", "--tenant", "zonnetje", "--out", "tablet.toml"])
            .0,
        1,
        "a file is never written over"
    );
    assert_eq!(sandbox.said(&["init"]).0, 2);
    let (exit, text) = sandbox.said(&["init", "--tenant", "juf@zonnetje.nl"]);
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
    let (exit, text) = sandbox.said(&["validate", &file]);
    assert_eq!(exit, 1);
    for word in ["E108", ":2:", "system, nl, en", "E102", "allowed_hosts?", "E114", ":4:"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let (exit, text) = sandbox.said(&["validate", &file, "--json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (exit, report["ok"].as_bool(), report["findings"][0]["line"].as_u64()),
        (1, Some(false), Some(2))
    );
    let (_, text) = sandbox.said(&["validate", &file, "--language", "nl"]);
    assert!(text.contains("Deze waarde staat niet in de lijst."), "{text}");
}

#[test]
fn every_bad_value_has_its_code() {
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
        ("tenant = \"a\"\nenvironment = \"elsewhere\"".to_owned(), "E108"),
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
        let (exit, said) = sandbox.said(&["validate", &file]);
        assert!(said.contains(code), "{code}: {} -> {said}", &text[..text.len().min(80)]);
        assert_eq!(exit, i32::from(code != "E102"), "{said}");
        assert!(!said.contains(token), "a secret is not shown again");
    }
    let (exit, said) = sandbox.said(&["validate", "nowhere.toml"]);
    assert!(exit == 1 && said.contains("E160"), "{said}");
    let file = sandbox.file("token.toml", "tenant = \"a\"\nlogin_hint = \"{{serialnumber}}\"");
    assert_eq!(sandbox.said(&["validate", &file]).0, 0, "a console replaces its token");
    assert!(sandbox.said(&["validate", &file, "--for", "link"]).1.contains("E116"));
}

#[test]
fn what_is_emitted_is_read_again() {
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
        sandbox.ok(&[command, &file, "--emm", emm, "--out", "emitted"]);
        let report: Value = serde_json::from_str(&sandbox.ok(&["inspect", "emitted", "--json"])).unwrap();
        assert_eq!(
            report["settings"],
            json!({ "tenant": "zonnetje", "organisation_name": "Kinderopvang Zonnetje", "device_label": "Groep Blauw", "language": "nl", "allow_sign_out": false, "idle_lock_minutes": 10 }),
            "{command} {emm}"
        );
    }
    let bad = sandbox.file("bad.toml", "tenant = \"de zon\"");
    assert_eq!(sandbox.said(&["android", &bad, "--out", "none"]).0, 1);
    assert!(!sandbox.path("none").exists());
}

#[test]
fn a_card_is_the_same_link_as_svg_and_png_and_prints_as_pdf() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("t.toml", TABLET);
    for name in ["card.svg", "card.png", "card.pdf"] {
        let link = sandbox.ok(&["qr", &file, "--out", name]);
        assert!(link.starts_with("nl.kidskonnect.groep:/setup#"), "{link}");
        if !name.ends_with("pdf") {
            let report: Value = serde_json::from_str(&sandbox.ok(&["inspect", name, "--json"])).unwrap();
            assert_eq!(
                report["settings"]["organisation_name"], "Kinderopvang Zonnetje",
                "{name}"
            );
        }
    }
    assert!(std::fs::read(sandbox.path("card.pdf")).unwrap().starts_with(b"%PDF-"));
    if let Ok(zbar) = Command::new("zbarimg")
        .args(["--raw", "-q"])
        .arg(sandbox.path("card.png"))
        .output()
    {
        assert_eq!(
            String::from_utf8_lossy(&zbar.stdout).trim(),
            sandbox.ok(&["qr", &file]).trim()
        );
    }
    assert_eq!(sandbox.said(&["qr", &file, "--out", "card.gif"]).0, 2);
    let plain = sandbox.file("plain.png", b"\x89PNG\r\n\x1a\nnothing");
    assert!(sandbox.said(&["inspect", &plain]).1.contains("E167"));
    let strong = sandbox.file("s.toml", format!("{TABLET}kiosk = \"if_permitted\"\n"));
    let (exit, text) = sandbox.said(&["qr", &strong, "--out", "none.png"]);
    assert!(exit == 1 && text.contains("E148") && text.contains(":5:"), "{text}");
    assert!(!sandbox.path("none.png").exists());
}

#[test]
fn a_signed_card_is_accepted_by_its_key_only() {
    let sandbox = Sandbox::new();
    let file = sandbox.file(
        "t.toml",
        format!("{TABLET}login_hint = \"groep.blauw\"\nkiosk = \"if_permitted\"\n"),
    );
    let public = sandbox.ok(&["key", "new", "--out", "key.pem"]).trim().to_owned();
    assert_eq!(sandbox.ok(&["key", "public", "key.pem"]).trim(), public);
    assert_eq!(
        sandbox.said(&["key", "new", "--out", "key.pem"]).0,
        1,
        "a key is never written over"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::metadata(sandbox.path("key.pem")).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let link = sandbox
        .ok(&["qr", &file, "--sign", "key.pem", "--expires", "7d", "--out", "card.png"])
        .trim()
        .to_owned();
    let report: Value =
        serde_json::from_str(&sandbox.ok(&["inspect", "card.png", "--keys", &public, "--json"])).unwrap();
    assert_eq!(
        (&report["source"], &report["settings"]["login_hint"]),
        (&json!("signed link"), &json!("groep.blauw"))
    );
    assert!(sandbox.said(&["inspect", &link]).1.contains("E144"));
    let flipped = link.replacen("#ey", "#ez", 1);
    assert_eq!(sandbox.said(&["inspect", &flipped, "--keys", &public]).0, 1);
    sandbox.ok(&["key", "new", "--out", "other.pem"]);
    let kid = public.split(':').next().unwrap();
    let other = sandbox
        .ok(&["key", "public", "other.pem", "--kid", kid])
        .trim()
        .to_owned();
    assert!(sandbox.said(&["inspect", &link, "--keys", &other]).1.contains("E145"));
    assert_eq!(
        sandbox.said(&["qr", &file, "--sign", "key.pem", "--expires", "91d"]).0,
        2
    );
    assert!(sandbox.said(&["qr", &file, "--sign", "t.toml"]).1.contains("E169"));
    assert!(sandbox.said(&["validate", "key.pem"]).1.contains("E127"));
}

#[test]
fn links_of_other_makers_are_refused() {
    let sandbox = Sandbox::new();
    for (link, code) in [
        ("https://evil.example/groep/setup#tenant=zonnetje".to_owned(), "E140"),
        (
            "nl.kidskonnect.groep:/setup#tenant=zonnetje&tenant=b".to_owned(),
            "E129",
        ),
        (
            "nl.kidskonnect.groep:/setup#tenant=zonnetje&issuer=https://id.evil.example/".to_owned(),
            "E148",
        ),
        (
            "nl.kidskonnect.groep:/setup#tenant=zonnetje&password=x".to_owned(),
            "E127",
        ),
        (
            format!("nl.kidskonnect.groep:/setup#tenant=zonnetje&x={}", "a".repeat(2_048)),
            "E141",
        ),
        (
            "nl.kidskonnect.groep:/setup#eyJhbGciOiJub25lIn0.eyJ0ZW5hbnQiOiJhIn0.".to_owned(),
            "E143",
        ),
        ("nl.kidskonnect.groep:/setup#x.y.z".to_owned(), "E142"),
    ] {
        let (exit, text) = sandbox.said(&["inspect", &link]);
        assert!(exit == 1 && text.contains(code), "{code}: {text}");
    }
}

#[test]
fn bulk_makes_a_card_for_each_row() {
    let sandbox = Sandbox::new();
    let template = sandbox.file(
        "t.toml",
        "tenant = \"zonnetje\"\norganisation_name = \"Zonnetje\"\nsupport_contact = \"tel:+31201234567\"\n",
    );
    let devices = sandbox.file("devices.csv", sandbox.ok(&["bulk", "--example", "17"]));
    let said = sandbox.ok(&["bulk", &devices, "--template", &template, "--out", "cards"]);
    assert!(said.contains("17"));
    assert_eq!(sandbox.names("cards"), ["cards.pdf", "links.csv"]);
    let links = std::fs::read_to_string(sandbox.path("cards/links.csv")).unwrap();
    assert_eq!(links.lines().count(), 18);
    let last = links.lines().last().unwrap().rsplit(',').next().unwrap().to_owned();
    let report: Value = serde_json::from_str(&sandbox.ok(&["inspect", &last, "--json"])).unwrap();
    assert_eq!(report["settings"]["device_label"], "Groep Blauw 17");
    sandbox.ok(&[
        "bulk",
        &devices,
        "--template",
        &template,
        "--out",
        "singles",
        "--sheet",
        "a6",
    ]);
}

#[test]
fn tables_come_as_spreadsheets_write_them() {
    let sandbox = Sandbox::new();
    let template = sandbox.file("t.toml", "tenant = \"zonnetje\"\n");
    for (name, bytes) in [
        (
            "bom.csv",
            "\u{feff}device_label;location_id\r\nGroep Één;loc-1\r\n\r\n"
                .as_bytes()
                .to_vec(),
        ),
        (
            "windows.csv",
            b"device_label;location_id\r\nGroep \xc9\xe9n;loc-1\r\n".to_vec(),
        ),
        (
            "tab.csv",
            "device_label\tlocation_id\nGroep Één\tloc-1\n".as_bytes().to_vec(),
        ),
        (
            "quoted.csv",
            "device_label,location_id\n\"Groep Één\",loc-1".as_bytes().to_vec(),
        ),
    ] {
        let file = sandbox.file(name, bytes);
        sandbox.ok(&[
            "bulk",
            &file,
            "--template",
            &template,
            "--out",
            name.trim_end_matches(".csv"),
        ]);
        let links = std::fs::read_to_string(sandbox.path(name.trim_end_matches(".csv")).join("links.csv")).unwrap();
        assert!(links.contains("Groep Één,loc-1"), "{name}: {links}");
    }
}

#[test]
fn a_bad_table_is_refused_with_its_line_and_nothing_is_written() {
    let sandbox = Sandbox::new();
    let template = sandbox.file("t.toml", "tenant = \"zonnetje\"\n");
    for (text, code, line) in [
        ("device_label\n=cmd|'/c calc'!A1\n".to_owned(), "E162", ":2:"),
        ("device_label\nGroep\n@SUM(A1)\n".to_owned(), "E162", ":3:"),
        ("device_label,naam\nGroep,x\n".to_owned(), "E161", ":1:"),
        ("device_label,device_label\nGroep,x\n".to_owned(), "E129", ":1:"),
        ("device_label,location_id\nGroep\n".to_owned(), "E163", ":2:"),
        (format!("device_label\n{}\n", "x".repeat(65)), "E109", ":2:"),
        ("device_label\n\"a\nb\"\n".to_owned(), "E115", ":2:"),
        ("device_label,kiosk\nGroep,if_permitted\n".to_owned(), "E148", ":2:"),
        ("device_label,client_secret\nGroep,x\n".to_owned(), "E161", ":1:"),
        ("tenant\nde zon\n".to_owned(), "E106", ":2:"),
        (String::new(), "E161", ":1:"),
        ("device_label\n".to_owned(), "E163", ":2:"),
    ] {
        let file = sandbox.file("bad.csv", &text);
        let (exit, said) = sandbox.said(&["bulk", &file, "--template", &template, "--out", "none"]);
        assert_eq!(exit, 1, "{said}");
        assert!(said.contains(code) && said.contains(line), "{code} {line}: {said}");
        assert_eq!(sandbox.names("none"), Vec::<String>::new());
    }
    let huge = "device_label\n".to_owned()
        + &(0..=100_000)
            .map(|n| format!("Groep {n}"))
            .collect::<Vec<_>>()
            .join("\n");
    let file = sandbox.file("huge.csv", huge);
    assert!(
        sandbox
            .said(&["bulk", &file, "--template", &template, "--out", "none"])
            .1
            .contains("E164")
    );
    let many = "device_label\n".to_owned() + &"=1\n".repeat(1_000);
    let file = sandbox.file("many.csv", many);
    assert!(
        sandbox
            .said(&["bulk", &file, "--template", &template, "--out", "none"])
            .1
            .contains("and 1979 more"),
        "only the first are shown"
    );
}

#[test]
fn a_disk_that_is_full_leaves_the_files_before_and_nothing_beside_them() {
    let sandbox = Sandbox::new();
    let template = sandbox.file("t.toml", "tenant = \"zonnetje\"\n");
    let devices = sandbox.file("devices.csv", sandbox.ok(&["bulk", "--example", "40"]));
    std::fs::create_dir(sandbox.path("cards")).unwrap();
    for name in ["cards/cards.pdf", "cards/links.csv", "card.png"] {
        sandbox.file(name, "before");
    }
    for arguments in [
        "bulk devices.csv --template t.toml --out cards",
        "qr t.toml --out card.png",
    ] {
        // No file grows beyond four blocks; the signal is ignored, so that the write fails as on a full disk.
        let script = format!(
            "trap '' XFSZ; ulimit -f 4; exec '{}' {arguments}",
            env!("CARGO_BIN_EXE_provision")
        );
        let output = Command::new("sh")
            .arg("-c")
            .arg(script)
            .current_dir(sandbox.0.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code() == Some(1) && said.contains("E160"),
            "{arguments}: {said}"
        );
    }
    assert_eq!(sandbox.names("cards"), ["cards.pdf", "links.csv"]);
    assert_eq!(sandbox.names("."), ["card.png", "cards", "devices.csv", "t.toml"]);
    for name in ["cards/cards.pdf", "cards/links.csv", "card.png"] {
        assert_eq!(std::fs::read_to_string(sandbox.path(name)).unwrap(), "before", "{name}");
    }
    let _ = (template, devices);
    sandbox.ok(&["bulk", "devices.csv", "--template", "t.toml", "--out", "cards"]);
    assert!(
        std::fs::read(sandbox.path("cards/cards.pdf"))
            .unwrap()
            .starts_with(b"%PDF-")
    );
}

#[test]
fn the_cells_of_a_table_are_checked_as_the_settings_that_they_are() {
    let sandbox = Sandbox::new();
    let template = sandbox.file("t.toml", "tenant = \"zonnetje\"\n");
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqdWYifQ.c2lnbmF0dXJl";
    let (mark, huge) = (
        "\u{feff}device_label;location_id\r\nGroep;=1+1\r\n",
        format!("device_label\n{}\n", "x".repeat(1_000_000)),
    );
    for (bytes, code, line) in [
        (mark.as_bytes().to_vec(), "E162", ":2:"),
        (
            b"device_label;location_id\r\nGroep \xc9\xe9n;\tloc\r\n".to_vec(),
            "E162",
            ":2:",
        ),
        (
            b"device_label;location_id\r\nGroep \xc9\xe9n;+loc\r\n".to_vec(),
            "E162",
            ":2:",
        ),
        (b"device_label\nGroep\n  =1+1\n".to_vec(), "E162", ":3:"),
        (b"device_label\rGroep\r=1+1\r".to_vec(), "E162", ":3:"),
        (b"device_label\nGroep\nGroep {{serialnumber}}\n".to_vec(), "E116", ":3:"),
        (b"device_label\n$SERIALNUMBER\n".to_vec(), "E116", ":2:"),
        (b"device_label,language\nGroep,frans\n".to_vec(), "E108", ":2:"),
        (b"device_label\nGroep\x00\n".to_vec(), "E115", ":2:"),
        (format!("device_label\n{token}\n").into_bytes(), "E127", ":2:"),
        (
            b"device_label,provisioning_keys\nGroep,k1:AAAA\n".to_vec(),
            "E126",
            ":2:",
        ),
        (huge.into_bytes(), "E109", ":2:"),
        (b"\xff\xfe\x00d\x00e".to_vec(), "E161", ":1:"),
        (vec![0; 4_096], "E161", ":1:"),
    ] {
        let file = sandbox.file("bad.csv", &bytes);
        let (exit, said) = sandbox.said(&["bulk", &file, "--template", &template, "--out", "none"]);
        assert!(
            exit == 1 && said.contains(code) && said.contains(line),
            "{code} {line}: {said}"
        );
        assert!(!said.contains(token), "a secret is not shown again");
        assert!(!sandbox.path("none").exists());
    }
}

#[test]
fn a_signed_link_that_is_not_right_is_refused_on_the_command_line_too() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("t.toml", TABLET);
    let public = sandbox.ok(&["key", "new", "--out", "key.pem"]).trim().to_owned();
    let link = sandbox.ok(&["qr", &file, "--sign", "key.pem"]).trim().to_owned();
    let (front, token) = link.split_once('#').unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let [head, payload, signature] = parts[..] else {
        panic!("{token}")
    };
    let encoded = |text: String| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text);
    let kid = public.split(':').next().unwrap();
    let header = |algorithm: &str, kid: &str| {
        encoded(json!({ "alg": algorithm, "kid": kid, "typ": "konnect-groep-setup" }).to_string())
    };
    for (token, code) in [
        (format!("{}.{payload}.", header("none", kid)), "E143"),
        (format!("{}.{payload}.{signature}", header("HS256", kid)), "E143"),
        (format!("{}.{payload}.{signature}", header("EdDSA", "other")), "E144"),
        // The same words with a space before them are other bytes than those that were signed.
        (
            format!(
                "{}.{payload}.{signature}",
                encoded(format!(
                    " {}",
                    json!({ "alg": "EdDSA", "kid": kid, "typ": "konnect-groep-setup" })
                ))
            ),
            "E145",
        ),
        (
            format!(
                "{head}.{}.{signature}",
                encoded(json!({ "tenant": "regenboog", "exp": 4_000_000_000_u64 }).to_string())
            ),
            "E145",
        ),
        (format!("{head}.{payload}.{}", "A".repeat(signature.len())), "E145"),
        (format!("{head}.{payload}"), "E14"),
    ] {
        let (exit, text) = sandbox.said(&["inspect", &format!("{front}#{token}"), "--keys", &public]);
        assert!(exit == 1 && text.contains(code), "{code}: {token}: {text}");
    }
    assert_eq!(sandbox.said(&["inspect", &link, "--keys", &public]).0, 0);
}

#[test]
fn a_shared_account_and_a_shared_name_are_told_and_printed_all_the_same() {
    let sandbox = Sandbox::new();
    let template = sandbox.file("t.toml", "tenant = \"zonnetje\"\n");
    let file = sandbox.file(
        "twins.csv",
        "device_label,login_hint\nBlauw,groep@zon.example\nGeel,Groep@zon.example\nblauw,ander@zon.example\n",
    );
    let (exit, said) = sandbox.said(&["bulk", &file, "--template", &template, "--out", "cards"]);
    assert_eq!(exit, 0);
    assert!(
        said.contains("E166") && said.contains(":3:") && said.contains("E165") && said.contains(":4:"),
        "{said}"
    );
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
        assert_eq!(sandbox.said(&[&["links"][..], &bad[..]].concat()).0, 2);
    }
    assert!(
        sandbox
            .ok(&["explain", "e107", "--language", "nl"])
            .contains("Dit is geen adres van een website.")
    );
    assert!(sandbox.ok(&["explain", "tenant"]).contains("zonnetje"));
    assert!(sandbox.ok(&["explain"]).lines().count() >= 40);
    assert_eq!(sandbox.said(&["explain", "E999"]).0, 2);
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
    assert_eq!(sandbox.said(&["frobnicate"]).0, 2);
}

/// An identity server that answers every request with one document.
fn server(metadata: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}/", listener.local_addr().unwrap());
    let body = metadata(&issuer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4_096]);
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    issuer
}

fn doctor(sandbox: &Sandbox, issuer: &str) -> (i32, Value) {
    let environments = sandbox
        .file("environments.toml", format!("[development]\nissuer = \"{issuer}\"\nclient_id = \"groep\"\ngroup_url = \"http://127.0.0.2:1/{{tenant}}/\"\n"));
    let file = sandbox.file("t.toml", "environment = \"development\"\ntenant = \"zonnetje\"\n");
    let (exit, text) = sandbox.said(&["doctor", &file, "--environments", &environments, "--json"]);
    (exit, serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}")))
}

fn codes(lines: &Value) -> Vec<&str> {
    lines
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["code"].as_str())
        .collect()
}

#[test]
fn doctor_tells_what_the_identity_server_lacks() {
    let sandbox = Sandbox::new();
    let whole = |issuer: &str| {
        json!({
            "issuer": issuer, "code_challenge_methods_supported": ["S256"], "device_authorization_endpoint": "x", "revocation_endpoint": "x",
            "grant_types_supported": ["refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange"]
        })
        .to_string()
    };
    let (exit, lines) = doctor(&sandbox, &server(whole));
    assert_eq!((exit, codes(&lines)), (0, vec![]), "{lines}");
    let (exit, lines) = doctor(
        &sandbox,
        &server(|_| json!({ "issuer": "https://other.example/" }).to_string()),
    );
    assert_eq!(
        (exit, codes(&lines)),
        (1, vec!["E183", "E184", "E185", "E186", "E174", "E187"]),
        "{lines}"
    );
    let (exit, lines) = doctor(&sandbox, &server(|_| "<html>".to_owned()));
    assert_eq!((exit, codes(&lines)), (1, vec!["E182"]), "{lines}");
    // A guest network in between answers in plain text.
    let (exit, lines) = doctor(&sandbox, &server(whole).replacen("http:", "https:", 1));
    assert_eq!((exit, codes(&lines)), (3, vec!["E181"]), "{lines}");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (exit, lines) = doctor(&sandbox, &format!("http://{closed}/"));
    assert_eq!((exit, codes(&lines)), (3, vec!["E180"]), "{lines}");
}

#[test]
fn an_environment_that_this_build_does_not_know_is_told() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("t.toml", TABLET);
    let environments = sandbox.file("none.toml", "[production]\n");
    assert!(
        sandbox
            .said(&["doctor", &file, "--environments", &environments])
            .1
            .contains("E104")
    );
    assert!(Path::new(&file).exists());
}
