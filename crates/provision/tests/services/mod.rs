//! The services of `tests/fake-konnect`: a certified OpenID provider made to look like Auth0. Needs their packages (`npm ci`
//! in `tests/fake-konnect`).
#![allow(dead_code, reason = "each test uses a part")]

pub mod doctor;
pub mod proxy;

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::blocking::Client;
use serde_json::Value;
use url::Url;

/// The running services. They end when their standard input closes.
pub struct Services {
    child: Child,
    ready: Value,
    http: Client,
}

impl Drop for Services {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A minimal browser: it follows redirects, keeps cookies and sends forms.
#[derive(Default)]
pub struct Browser(HashMap<String, (String, String)>);

impl Services {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts the services so that every request of the app to the identity provider and to Konnect passes `tamper`.
    pub fn start_behind(tamper: impl proxy::Tamper) -> Self {
        let services = Self::start_with(&["--behind-proxy"]);
        let tamper = std::sync::Arc::new(tamper);
        for name in ["issuer", "konnect"] {
            proxy::start(&Url::parse(services.at(name)).unwrap(), tamper.clone());
        }
        services
    }

    fn start_with(options: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fake-konnect");
        let node = folder.join("node_modules/.bin/node");
        assert!(
            node.exists(),
            "install the services first: npm ci in tests/fake-konnect"
        );
        let mut child = Command::new(node)
            .arg(folder.join("src/main.mjs"))
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            child,
            ready: serde_json::from_str(&line).unwrap(),
            http,
        }
    }

    pub fn at(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    /// An `environments.toml` whose `development` is these services.
    pub fn environments(&self) -> String {
        format!(
            "[development]\nissuer = \"{}\"\nclient_id = \"{}\"\ngroup_url = \"{}\"\n",
            self.at("issuer"),
            self.at("client_id"),
            self.at("group_url")
        )
    }

    pub fn configure(&self, path: &str, what: &Value) {
        let request = self
            .http
            .post(format!("{}{path}", self.at("control")))
            .header("content-type", "application/json")
            .body(what.to_string());
        assert_eq!(request.send().unwrap().status(), 200, "{path}");
    }

    fn state(&self) -> Value {
        let state = self
            .http
            .get(format!("{}/state", self.at("control")))
            .send()
            .unwrap()
            .text()
            .unwrap();
        serde_json::from_str(&state).unwrap()
    }

    /// How many refresh tokens of an account still work.
    pub fn live_refresh_tokens(&self, username: &str) -> u64 {
        let state = self.state();
        let accounts = state["accounts"].as_array().unwrap();
        let account = accounts.iter().find(|account| account["username"] == username).unwrap();
        account["live_refresh_tokens"].as_u64().unwrap()
    }

    /// Posts a form to a path of the identity provider and returns the status and the answer.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let answer = self
            .http
            .post(Url::parse(self.at("issuer")).unwrap().join(path).unwrap())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(
                url::form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(fields)
                    .finish(),
            )
            .send()
            .unwrap();
        let status = answer.status().as_u16();
        (
            status,
            serde_json::from_str(&answer.text().unwrap()).unwrap_or_default(),
        )
    }

    /// Every token and code that the services have issued.
    pub fn issued(&self) -> Vec<String> {
        let state = self.state();
        let kinds = state["issued"].as_object().unwrap();
        kinds
            .values()
            .flat_map(|values| values.as_array().unwrap())
            .map(|value| value.as_str().unwrap().to_owned())
            .collect()
    }

    /// Opens an address or sends a form to it, and follows redirects up to a page or a callback.
    pub fn go(&self, browser: &mut Browser, url: &str, mut form: Option<&[(&str, &str)]>) -> (Url, String) {
        let mut at = Url::parse(url).unwrap();
        for _ in 0..20 {
            let sent: Vec<_> = browser
                .0
                .iter()
                .filter(|(_, (_, path))| at.path().starts_with(path.as_str()))
                .map(|(name, (value, _))| format!("{name}={value}"))
                .collect();
            let request = match form.take() {
                Some(fields) => self
                    .http
                    .post(at.clone())
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(
                        url::form_urlencoded::Serializer::new(String::new())
                            .extend_pairs(fields)
                            .finish(),
                    ),
                None => self.http.get(at.clone()),
            };
            let answer = request.header("cookie", sent.join("; ")).send().unwrap();
            for line in answer.headers().get_all("set-cookie") {
                let mut parts = line.to_str().unwrap().split("; ");
                let (name, value) = parts.next().unwrap().split_once('=').unwrap();
                let path = parts.find_map(|part| part.strip_prefix("path=")).unwrap_or("/");
                browser.0.insert(name.to_owned(), (value.to_owned(), path.to_owned()));
            }
            match answer.headers().get("location") {
                Some(to) => at = at.join(to.to_str().unwrap()).unwrap(),
                None => return (at, answer.text().unwrap()),
            }
            if at.path() == "/callback" {
                return (at, String::new());
            }
        }
        panic!("no end at {at}");
    }
}
