//! Setup links, setup cards and tables of devices: `qr`, `bulk`, `key` and `inspect`, with valid and with wrong input.
#![expect(clippy::unwrap_used, reason = "test helpers")]

mod sandbox;

use std::process::Command;

use sandbox::{Sandbox, TABLET};
use serde_json::{Value, json};

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
    assert_eq!(sandbox.printed(&["qr", &file, "--out", "card.gif"]).0, 2);
    let plain = sandbox.file("plain.png", b"\x89PNG\r\n\x1a\nnothing");
    assert!(sandbox.printed(&["inspect", &plain]).1.contains("E167"));
    let strong = sandbox.file("s.toml", format!("{TABLET}kiosk = \"if_permitted\"\n"));
    let (exit, text) = sandbox.printed(&["qr", &strong, "--out", "none.png"]);
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
        sandbox.printed(&["key", "new", "--out", "key.pem"]).0,
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
    assert!(sandbox.printed(&["inspect", &link]).1.contains("E144"));
    let flipped = link.replacen("#ey", "#ez", 1);
    assert_eq!(sandbox.printed(&["inspect", &flipped, "--keys", &public]).0, 1);
    sandbox.ok(&["key", "new", "--out", "other.pem"]);
    let kid = public.split(':').next().unwrap();
    let other = sandbox
        .ok(&["key", "public", "other.pem", "--kid", kid])
        .trim()
        .to_owned();
    assert!(
        sandbox
            .printed(&["inspect", &link, "--keys", &other])
            .1
            .contains("E145")
    );
    assert_eq!(
        sandbox
            .printed(&["qr", &file, "--sign", "key.pem", "--expires", "91d"])
            .0,
        2
    );
    assert!(sandbox.printed(&["qr", &file, "--sign", "t.toml"]).1.contains("E169"));
    assert!(sandbox.printed(&["validate", "key.pem"]).1.contains("E127"));
}

#[test]
fn links_that_are_not_of_this_app_are_refused() {
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
        let (exit, text) = sandbox.printed(&["inspect", &link]);
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
    let output = sandbox.ok(&["bulk", &devices, "--template", &template, "--out", "cards"]);
    assert!(output.contains("17"));
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
        let (exit, output) = sandbox.printed(&["bulk", &file, "--template", &template, "--out", "none"]);
        assert_eq!(exit, 1, "{output}");
        assert!(
            output.contains(code) && output.contains(line),
            "{code} {line}: {output}"
        );
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
            .printed(&["bulk", &file, "--template", &template, "--out", "none"])
            .1
            .contains("E164")
    );
    let many = "device_label\n".to_owned() + &"=1\n".repeat(1_000);
    let file = sandbox.file("many.csv", many);
    assert!(
        sandbox
            .printed(&["bulk", &file, "--template", &template, "--out", "none"])
            .1
            .contains("and 1979 more"),
        "only the first are shown"
    );
}

#[test]
fn a_full_disk_leaves_the_previous_files_and_no_temporary_ones() {
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
        // No file may grow beyond four blocks. The signal is ignored, so the write fails as on a full disk.
        let script = format!(
            "trap '' XFSZ; ulimit -f 4; exec '{}' {arguments}",
            env!("CARGO_BIN_EXE_provision")
        );
        let output = Command::new("sh")
            .arg("-c")
            .arg(script)
            .current_dir(sandbox.path(""))
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code() == Some(1) && printed.contains("E160"),
            "{arguments}: {printed}"
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
        let (exit, output) = sandbox.printed(&["bulk", &file, "--template", &template, "--out", "none"]);
        assert!(
            exit == 1 && output.contains(code) && output.contains(line),
            "{code} {line}: {output}"
        );
        assert!(!output.contains(token), "a secret is not shown again");
        assert!(!sandbox.path("none").exists());
    }
}

#[test]
fn inspect_refuses_a_signed_link_with_a_wrong_header_payload_or_signature() {
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
        // The same header with a space in front decodes to the same JSON, but its bytes were not signed.
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
        let (exit, text) = sandbox.printed(&["inspect", &format!("{front}#{token}"), "--keys", &public]);
        assert!(exit == 1 && text.contains(code), "{code}: {token}: {text}");
    }
    assert_eq!(sandbox.printed(&["inspect", &link, "--keys", &public]).0, 0);
}

#[test]
fn a_shared_account_and_a_shared_label_are_warnings_and_the_cards_are_printed() {
    let sandbox = Sandbox::new();
    let template = sandbox.file("t.toml", "tenant = \"zonnetje\"\n");
    let file = sandbox.file(
        "twins.csv",
        "device_label,login_hint\nBlauw,groep@zon.example\nGeel,Groep@zon.example\nblauw,ander@zon.example\n",
    );
    let (exit, output) = sandbox.printed(&["bulk", &file, "--template", &template, "--out", "cards"]);
    assert_eq!(exit, 0);
    assert!(
        output.contains("E166") && output.contains(":3:") && output.contains("E165") && output.contains(":4:"),
        "{output}"
    );
}
