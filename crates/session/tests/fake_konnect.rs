//! The example binary against the fake identity provider: a certified OpenID provider that is made to look like Auth0. It
//! needs its packages (`npm ci` in `tests/fake-konnect`).
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;

use common::terminal::Terminal;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use url::Url;

const REDIRECT: &str = "nl.kidskonnect.groep:/callback";

/// The fake services, as a process that ends when its standard input closes.
struct Services {
    _child: Child,
    ready: Value,
    http: reqwest::Client,
}

impl Services {
    async fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fake-konnect");
        let node = folder.join("node_modules/.bin/node");
        assert!(
            node.exists(),
            "install the fake services first: npm ci in tests/fake-konnect"
        );
        let mut command = Command::new(node);
        command
            .arg(folder.join("src/main.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .await
            .unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            _child: child,
            ready: serde_json::from_str(&line).unwrap(),
            http,
        }
    }

    fn at(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    fn terminal(&self) -> Terminal {
        Terminal::new(self.at("issuer"), self.at("client_id"), REDIRECT)
    }

    async fn control(&self, path: &str, body: Value) {
        let answer = self
            .http
            .post(format!("{}{path}", self.at("control")))
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }

    /// Every secret that the services ever issued.
    async fn issued(&self) -> Vec<String> {
        let state = self
            .http
            .get(format!("{}/state", self.at("control")))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let state: Value = serde_json::from_str(&state).unwrap();
        let kinds = state["issued"].as_object().unwrap();
        let issued: Vec<_> = kinds
            .values()
            .flat_map(|values| values.as_array().unwrap())
            .map(|value| value.as_str().unwrap().to_owned())
            .collect();
        assert!(issued.len() >= kinds.len(), "one of each kind: {:?}", kinds.keys());
        issued
    }

    /// A browser with redirects, cookies and one form. Returns the URL that it cannot open: the callback.
    async fn log_in(&self, url: &str, username: &str, password: &str) -> String {
        let mut cookies: HashMap<String, (String, String)> = HashMap::new();
        let mut at = Url::parse(url).unwrap();
        let mut form = None;
        for _ in 0..20 {
            let sent: Vec<_> = cookies
                .iter()
                .filter(|(_, (_, path))| at.path().starts_with(path.as_str()))
                .map(|(name, (value, _))| format!("{name}={value}"))
                .collect();
            let request = match form.take() {
                Some(body) => self
                    .http
                    .post(at.clone())
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body::<String>(body),
                None => self.http.get(at.clone()),
            };
            let answer = request.header("cookie", sent.join("; ")).send().await.unwrap();
            for line in answer.headers().get_all("set-cookie") {
                let mut parts = line.to_str().unwrap().split("; ");
                let (name, value) = parts.next().unwrap().split_once('=').unwrap();
                let path = parts.find_map(|part| part.strip_prefix("path=")).unwrap_or("/");
                cookies.insert(name.to_owned(), (value.to_owned(), path.to_owned()));
            }
            match answer.headers().get("location") {
                Some(to) => at = at.join(to.to_str().unwrap()).unwrap(),
                None => {
                    let fields = [("username", username), ("password", password)];
                    form = Some(
                        url::form_urlencoded::Serializer::new(String::new())
                            .extend_pairs(fields)
                            .finish(),
                    );
                }
            }
            if at.scheme() != "http" {
                return at.into();
            }
        }
        panic!("no end at {at}");
    }

    async fn sign_in(&self, terminal: &mut Terminal, more: &[&str]) {
        let (child, url) = terminal.begin(more).await;
        let callback = self.log_in(&url, "groep.vlinders", "Vlinder-2026").await;
        let ended = terminal.answer(child, &callback).await;
        ended.is("signed_in", 0);
        assert_eq!(
            ended.event,
            json!({"event": "signed_in", "sub": "auth0|groep.vlinders", "refresh_token": true})
        );
    }
}

#[tokio::test]
async fn a_session_runs_from_sign_in_to_sign_out_at_a_certified_provider() {
    let services = Services::start().await;
    let mut terminal = services.terminal();
    services.sign_in(&mut terminal, &[]).await;
    for _ in 0..3 {
        let ended = terminal.run("refresh", &[]).await;
        ended.is("refreshed", 0);
        assert_eq!(ended.event["rotated"], true);
    }
    let ended = terminal.run("transfer", &[]).await;
    ended.is("transfer", 0);
    assert_eq!(ended.event["expires_in"], 60);
    // A provider that denies the session transfer, which may pass, and one that does not know it.
    services.control("/transfer", json!({"mode": "refuse"})).await;
    terminal.run("transfer", &[]).await.has_code("kept", 3, "E206");
    services.control("/transfer", json!({"mode": "ignore"})).await;
    terminal.run("transfer", &[]).await.has_code("no_transfer", 0, "E242");
    // The signing keys are rotated; the provider is down for a while.
    services.control("/keys/rotate", json!({})).await;
    terminal.run("refresh", &[]).await.is("refreshed", 0);
    services.control("/faults", json!({"down": ["identity"]})).await;
    terminal.run("refresh", &[]).await.has_code("kept", 3, "E301");
    services.control("/faults", json!({"down": []})).await;
    // A session that is refreshed within sixty days lives on.
    for days in [59, 118] {
        let seconds = (days * 86_400).to_string();
        services.control("/clock", json!({"offset": days * 86_400})).await;
        terminal
            .run("refresh", &["--clock-offset", &seconds])
            .await
            .is("refreshed", 0);
    }
    terminal.run("sign-out", &[]).await.is("signed_out", 0);
    assert!(!terminal.signed_in().await);
    terminal.assert_no_secret_printed(&services.issued().await);
}

#[tokio::test]
async fn a_session_that_the_provider_ends_is_over() {
    let services = Services::start().await;
    let mut terminal = services.terminal();
    // The callback carries `iss`, and the metadata announce it (RFC 9207).
    services.control("/iss", json!({"on": true})).await;
    services.sign_in(&mut terminal, &[]).await;
    services.control("/revoke", json!({"username": "groep.vlinders"})).await;
    terminal.run("refresh", &[]).await.has_code("signed_out", 1, "E240");
    assert!(!terminal.signed_in().await);
    // A session that is unused for sixty days ends.
    services.sign_in(&mut terminal, &[]).await;
    services.control("/clock", json!({"offset": 60 * 86_400 + 1})).await;
    terminal.run("refresh", &[]).await.has_code("signed_out", 1, "E240");
    assert!(!terminal.signed_in().await);
    services
        .sign_in(&mut terminal, &["--clock-offset", &(60 * 86_400 + 1).to_string()])
        .await;
    assert!(terminal.signed_in().await);
}
