//! `provision doctor` against an identity provider that lacks something.
#![expect(clippy::unwrap_used, reason = "test helpers")]

mod sandbox;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use sandbox::{Sandbox, TABLET};
use serde_json::{Value, json};

/// An identity provider that answers every request with the same document.
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
    let (exit, text) = sandbox.printed(&["doctor", &file, "--environments", &environments, "--json"]);
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
fn doctor_reports_what_the_identity_provider_lacks() {
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
    // A guest network between answers in plain text.
    let (exit, lines) = doctor(&sandbox, &server(whole).replacen("http:", "https:", 1));
    assert_eq!((exit, codes(&lines)), (3, vec!["E181"]), "{lines}");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (exit, lines) = doctor(&sandbox, &format!("http://{closed}/"));
    assert_eq!((exit, codes(&lines)), (3, vec!["E180"]), "{lines}");
}

#[test]
fn doctor_reports_an_environment_without_values() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("t.toml", TABLET);
    let environments = sandbox.file("none.toml", "[production]\n");
    assert!(
        sandbox
            .printed(&["doctor", &file, "--environments", &environments])
            .1
            .contains("E104")
    );
    assert!(Path::new(&file).exists());
}
