//! A running `provision doctor --sign-in`.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use url::Url;

use super::{Browser, Services};

pub const USERNAME: &str = "groep.vlinders";
pub const ACCOUNT: [(&str, &str); 2] = [("username", USERNAME), ("password", "Vlinder-2026")];

pub struct Doctor {
    pub child: Child,
    printed: String,
    rest: BufReader<std::process::ChildStderr>,
}

impl Doctor {
    /// Starts the program and waits until it prints where to sign in.
    pub fn start(folder: &Path, services: &Services, more: &[&str]) -> Self {
        Self::start_in(folder, &services.environments(), more)
    }

    /// The same with other environments than those of the services.
    pub fn start_in(folder: &Path, environments: &str, more: &[&str]) -> Self {
        std::fs::write(folder.join("environments.toml"), environments).unwrap();
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
                "--language",
                "en",
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
        let rest = BufReader::new(child.stderr.take().unwrap());
        let mut doctor = Self {
            child,
            printed: String::new(),
            rest,
        };
        doctor.wait_for_line();
        doctor
    }

    /// Waits for the next line on standard error.
    pub fn wait_for_line(&mut self) -> String {
        let mut line = String::new();
        self.rest.read_line(&mut line).unwrap();
        self.printed += &line;
        line
    }

    /// The address to sign in at.
    pub fn url(&self) -> String {
        self.printed
            .split_whitespace()
            .find(|word| word.starts_with("http"))
            .unwrap_or_else(|| panic!("no address in {}", self.printed))
            .to_owned()
    }

    /// Signs in with a browser, up to the callback, which is not sent.
    pub fn callback(&self, services: &Services) -> Url {
        let mut browser = Browser::default();
        let (page, _) = services.go(&mut browser, &self.url(), None);
        services.go(&mut browser, page.as_str(), Some(&ACCOUNT)).0
    }

    /// Signs in with a browser.
    pub fn sign_in(&self, services: &Services) {
        assert_eq!(visit(self.callback(services).as_str()).status(), 200);
    }

    /// Presses Ctrl-C.
    pub fn interrupt(&self) {
        let status = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    /// Waits for the end and returns the exit code and the report. Fails if an issued token was printed.
    pub fn end(mut self, services: &Services) -> (i32, Value) {
        let output = self.child.wait_with_output().unwrap();
        self.rest.read_to_string(&mut self.printed).unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        let text = self.printed + &lines;
        assert!(!text.contains("panicked"), "{text}");
        // The address of the sign-in holds a user code, which the person must see. User codes are shorter than tokens.
        for secret in services.issued().iter().filter(|secret| secret.len() >= 16) {
            assert!(!text.contains(secret.as_str()), "{secret} was printed");
        }
        (
            output.status.code().unwrap(),
            serde_json::from_str(&lines).unwrap_or_else(|_| panic!("{text}")),
        )
    }
}

/// Opens an address of the program itself.
pub fn visit(url: &str) -> reqwest::blocking::Response {
    reqwest::blocking::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .get(url)
        .send()
        .unwrap()
}

/// Status and code of a topic.
pub fn line<'a>(lines: &'a Value, topic: &str) -> Option<(&'a str, Option<&'a str>)> {
    let line = lines.as_array().unwrap().iter().find(|line| line["topic"] == topic)?;
    Some((line["mark"].as_str().unwrap(), line["code"].as_str()))
}

/// The details of a topic.
pub fn detail<'a>(lines: &'a Value, topic: &str) -> &'a str {
    let line = lines.as_array().unwrap().iter().find(|line| line["topic"] == topic);
    line.unwrap_or_else(|| panic!("no {topic}: {lines}"))["detail"]
        .as_str()
        .unwrap()
}

/// Approves a user code on a telephone.
pub fn approve(services: &Services, url: &str) {
    let code = url.split("user_code=").nth(1).unwrap().to_owned();
    let plain = url.split('?').next().unwrap().to_owned();
    let mut phone = Browser::default();
    let (_, page) = services.go(&mut phone, url, None);
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
