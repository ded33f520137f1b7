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
            "end_session_endpoint": "x", "scopes_supported": ["openid", "offline_access"],
            "id_token_signing_alg_values_supported": ["HS256", "RS256", "PS256"]
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
        (1, vec!["E183", "E184", "E185", "E186", "E174", "E198"]),
        "{lines}"
    );
    let (exit, lines) = doctor(
        &sandbox,
        &server(move |issuer| whole(issuer).replace(r#""HS256","RS256","PS256""#, r#""HS256","PS256""#)),
    );
    assert_eq!((exit, codes(&lines)), (1, vec!["E197"]), "{lines}");
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
fn the_metadata_of_auth0_are_enough_and_say_nothing_about_session_transfer() {
    let sandbox = Sandbox::new();
    // What a tenant names, with the members that matter here. There are no grant types.
    let auth0 = |issuer: &str| {
        json!({
            "issuer": issuer,
            "device_authorization_endpoint": format!("{issuer}oauth/device/code"),
            "revocation_endpoint": format!("{issuer}oauth/revoke"),
            "end_session_endpoint": format!("{issuer}oidc/logout"),
            "scopes_supported": ["openid", "profile", "offline_access", "name", "email"],
            "code_challenge_methods_supported": ["S256", "plain"],
            "id_token_signing_alg_values_supported": ["HS256", "RS256", "PS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"]
        })
        .to_string()
    };
    let (exit, lines) = doctor(&sandbox, &server(auth0));
    assert_eq!((exit, codes(&lines)), (0, vec![]), "{lines}");
    let transfer = lines
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["topic"] == "transfer");
    let transfer = transfer.unwrap_or_else(|| panic!("{lines}"));
    assert_eq!(transfer["mark"], "unseen");
    assert!(transfer["look"].as_str().unwrap().contains("--sign-in"), "{transfer}");
}

#[test]
fn a_server_that_is_slow_or_endless_costs_no_more_than_its_time_and_size() {
    let sandbox = Sandbox::new();
    for body in [b"{".to_vec(), vec![b' '; 2 << 20]] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4_096]);
                let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
                // One byte a second after the first part, without end.
                let mut part = &body[..];
                while stream.write_all(part).is_ok() {
                    part = b" ";
                    std::thread::sleep(std::time::Duration::from_secs(1));
                }
            }
        });
        let began = std::time::Instant::now();
        let (exit, lines) = doctor(&sandbox, &issuer);
        assert_eq!((exit, codes(&lines)), (3, vec!["E180"]), "{lines}");
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    }
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
