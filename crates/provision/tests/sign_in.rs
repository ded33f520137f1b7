//! `provision doctor --sign-in` against a certified OpenID provider.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "test helpers")]

mod services;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use services::{Browser, Services};

const ACCOUNT: [(&str, &str); 2] = [("username", "groep.vlinders"), ("password", "Vlinder-2026")];

struct Doctor {
    child: Child,
    prompt: String,
    rest: BufReader<std::process::ChildStderr>,
}

impl Doctor {
    /// Starts `provision doctor --sign-in` and waits until it prints where to sign in.
    fn start(folder: &Path, services: &Services, more: &[&str]) -> Self {
        std::fs::write(folder.join("environments.toml"), services.environments()).unwrap();
        std::fs::write(
            folder.join("tablet.toml"),
            "environment = \"development\"\ntenant = \"zonnetje\"\n",
        )
        .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_provision"));
        command
            .args([
                "doctor",
                "tablet.toml",
                "--sign-in",
                "--environments",
                "environments.toml",
                "--json",
            ])
            .args(more)
            .current_dir(folder);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut rest = BufReader::new(child.stderr.take().unwrap());
        let mut prompt = String::new();
        rest.read_line(&mut prompt).unwrap();
        Self { child, prompt, rest }
    }

    fn url(&self) -> String {
        self.prompt
            .split_whitespace()
            .find(|word| word.starts_with("http"))
            .unwrap_or_else(|| panic!("no address in {}", self.prompt))
            .to_owned()
    }

    /// Waits for the end and returns the exit code and the report. Fails if an issued token was printed.
    fn end(mut self, services: &Services) -> (i32, Value) {
        let output = self.child.wait_with_output().unwrap();
        let mut output_text = self.prompt.clone();
        self.rest.read_to_string(&mut output_text).unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        output_text += &lines;
        // The address of the sign-in holds a user code, which the person must see. User codes are shorter than tokens.
        for secret in services.issued().iter().filter(|secret| secret.len() >= 16) {
            assert!(!output_text.contains(secret.as_str()), "{secret} was printed");
        }
        (
            output.status.code().unwrap(),
            serde_json::from_str(&lines).unwrap_or_else(|_| panic!("{output_text}")),
        )
    }
}

/// Status and code of a topic.
fn line<'a>(lines: &'a Value, topic: &str) -> Option<(&'a str, Option<&'a str>)> {
    let line = lines.as_array().unwrap().iter().find(|line| line["topic"] == topic)?;
    Some((line["mark"].as_str().unwrap(), line["code"].as_str()))
}

fn hidden(text: &str, name: &str) -> String {
    text.split(&format!("name=\"{name}\" value=\""))
        .nth(1)
        .unwrap_or_else(|| panic!("no {name} in {text}"))
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}

#[test]
fn a_code_on_another_device_signs_in_refreshes_and_transfers_the_session() {
    let (services, folder) = (Services::start(), tempfile::tempdir().unwrap());
    let doctor = Doctor::start(folder.path(), &services, &[]);
    let url = doctor.url();
    let code = url.split("user_code=").nth(1).unwrap().to_owned();
    let plain = url.split('?').next().unwrap().to_owned();
    let mut phone = Browser::default();
    let (_, page) = services.go(&mut phone, &url, None);
    let xsrf = hidden(&page, "xsrf");
    let (mut at, page) = services.go(&mut phone, &plain, Some(&[("xsrf", &xsrf), ("user_code", &code)]));
    if page.contains("name=\"confirm\"") {
        let xsrf = hidden(&page, "xsrf");
        (at, _) = services.go(
            &mut phone,
            &plain,
            Some(&[("xsrf", &xsrf), ("user_code", &code), ("confirm", "yes")]),
        );
    }
    let (_, page) = services.go(&mut phone, at.as_str(), Some(&ACCOUNT));
    assert!(page.contains("Gelukt"), "{page}");
    let (exit, lines) = doctor.end(&services);
    assert_eq!(exit, 0, "{lines}");
    for topic in ["sign-in", "kept", "hand-off", "sign-out"] {
        assert_eq!(line(&lines, topic), Some(("ok", None)), "{topic}: {lines}");
    }
}

#[test]
fn a_browser_on_this_computer_signs_in_and_a_foreign_callback_changes_nothing() {
    let (services, folder) = (Services::start(), tempfile::tempdir().unwrap());
    services.configure("/transfer", &json!({ "mode": "refuse" }));
    services.configure("/faults", &json!({ "broken": ["identity/oauth/revoke"] }));
    let doctor = Doctor::start(folder.path(), &services, &["--port", "0"]);
    let mut browser = Browser::default();
    let (page, _) = services.go(&mut browser, &doctor.url(), None);
    let (callback, _) = services.go(&mut browser, page.as_str(), Some(&ACCOUNT));
    assert_eq!((callback.host_str(), callback.path()), (Some("127.0.0.1"), "/callback"));
    let visit = |url: &str| {
        reqwest::blocking::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .get(url)
            .send()
            .unwrap()
    };
    let origin = callback.origin().ascii_serialization();
    assert_eq!(visit(&format!("{origin}/favicon.ico")).status(), 404);
    assert_eq!(
        visit(&format!("{origin}/callback?state=other&code=other")).status(),
        404
    );
    let answer = visit(callback.as_str());
    assert_eq!(answer.status(), 200);
    let (exit, lines) = doctor.end(&services);
    assert_eq!(
        (exit, line(&lines, "sign-in"), line(&lines, "kept")),
        (0, Some(("ok", None)), Some(("ok", None))),
        "{lines}"
    );
    assert_eq!(line(&lines, "hand-off"), Some(("warning", Some("E187"))), "{lines}");
    assert_eq!(line(&lines, "sign-out"), Some(("warning", Some("E173"))), "{lines}");
}

#[test]
fn a_refused_sign_in_is_a_fault_with_its_fix() {
    let (services, folder) = (Services::start(), tempfile::tempdir().unwrap());
    let doctor = Doctor::start(folder.path(), &services, &["--port", "0"]);
    let url = url::Url::parse(&doctor.url()).unwrap();
    let value = |name: &str| {
        url.query_pairs()
            .find(|(known, _)| known == name)
            .unwrap()
            .1
            .into_owned()
    };
    let refused = format!("{}?error=access_denied&state={}", value("redirect_uri"), value("state"));
    let _ = reqwest::blocking::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .get(refused)
        .send()
        .unwrap();
    let (exit, lines) = doctor.end(&services);
    assert_eq!(
        (exit, line(&lines, "sign-in")),
        (1, Some(("fault", Some("E170")))),
        "{lines}"
    );
    assert_eq!(line(&lines, "kept"), None);
}
