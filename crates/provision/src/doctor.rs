//! Asks the network whether a sign-in with these settings can work.

use std::time::{Duration, UNIX_EPOCH};

use reqwest::blocking::{Client, Response};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use session::HttpFault;
use settings::{Code, LoginMethod, Resolved, Source, Target};

use crate::cli::For;
use crate::commands::sound;
use crate::finding::{Exit, Finding, Findings};
use crate::{Done, Ground, judge, sign_in};

/// A metadata document is a few kilobytes.
const LARGEST: u64 = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Ok,
    Warning,
    Fault,
}

struct Line {
    mark: Mark,
    topic: &'static str,
    code: Option<Code>,
    detail: String,
}

pub struct Lines {
    all: Vec<Line>,
    network: bool,
}

impl Lines {
    pub fn ok(&mut self, topic: &'static str, detail: impl Into<String>) {
        self.all.push(Line {
            mark: Mark::Ok,
            topic,
            code: None,
            detail: detail.into(),
        });
    }

    pub fn bad(&mut self, mark: Mark, topic: &'static str, code: Code, detail: impl Into<String>) {
        self.network |= mark == Mark::Fault && matches!(code, Code::DoctorUnreachable | Code::DoctorTls);
        self.all.push(Line {
            mark,
            topic,
            code: Some(code),
            detail: detail.into(),
        });
    }

    fn expect(&mut self, holds: bool, mark: Mark, topic: &'static str, code: Code) {
        if holds {
            self.ok(topic, "")
        } else {
            self.bad(mark, topic, code, "")
        }
    }
}

pub fn doctor(ground: &Ground, file: &str, signs_in: bool, port: Option<u16>) -> Done {
    let read = sound(ground, file, For::Android)?;
    let resolved = judge::resolve(&ground.environments, &read.settings, Source::Managed);
    let target = match &resolved.target {
        Ok(Some(target)) => target.clone(),
        Ok(None) => return Err(Findings::one(file, Finding::new(Code::TypedEmpty).key("tenant"))),
        Err(fault) => return Err(Findings::one(file, Finding::new(fault.detail).key(&fault.key))),
    };
    let mut lines = Lines {
        all: vec![],
        network: false,
    };
    match client() {
        Ok(client) => ask(ground, &client, &target, &resolved, &mut lines),
        Err(error) => lines.bad(Mark::Fault, "tls", Code::DoctorTls, error.to_string()),
    }
    if signs_in
        && !lines
            .all
            .iter()
            .any(|line| line.mark == Mark::Fault && line.topic != "assetlinks" && line.topic != "aasa")
    {
        sign_in::sign_in(ground, &target, &resolved, port, &mut lines);
    }
    show(ground, &lines);
    Ok(match lines.all.iter().any(|line| line.mark == Mark::Fault) {
        true if lines.network => Exit::Network,
        true => Exit::Invalid,
        false => Exit::Ok,
    })
}

fn client() -> reqwest::Result<Client> {
    // Fails only where a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(Policy::none())
        .timeout(PATIENCE)
        .user_agent(concat!("provision/", env!("CARGO_PKG_VERSION")))
        .build()
}

fn ask(ground: &Ground, client: &Client, target: &Target, resolved: &Resolved, lines: &mut Lines) {
    let address = format!(
        "{}/.well-known/openid-configuration",
        target.issuer.trim_end_matches('/')
    );
    let Some(response) = get(client, &address, "discovery", lines) else {
        return;
    };
    if target.issuer.starts_with("https:") {
        lines.ok("tls", "");
    }
    clock(ground, &response, lines);
    let status = response.status();
    let Some(metadata) = json_of(response).filter(|_| status.is_success()) else {
        return lines.bad(Mark::Fault, "discovery", Code::DoctorDiscovery, status.to_string());
    };
    lines.ok("discovery", address);
    let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default();
    let lists = |name: &str, value: &str| {
        metadata
            .get(name)
            .and_then(Value::as_array)
            .is_some_and(|all| all.iter().any(|one| one == value))
    };
    if text("issuer") == target.issuer {
        lines.ok("issuer", text("issuer"));
    } else {
        lines.bad(Mark::Fault, "issuer", Code::DoctorIssuer, text("issuer"));
    }
    lines.expect(
        lists("code_challenge_methods_supported", "S256"),
        Mark::Fault,
        "s256",
        Code::DoctorS256,
    );
    let needed = if resolved.login_method == LoginMethod::DeviceCode {
        Mark::Fault
    } else {
        Mark::Warning
    };
    lines.expect(
        !text("device_authorization_endpoint").is_empty(),
        needed,
        "device",
        Code::DoctorDevice,
    );
    let refresh = lists("grant_types_supported", "refresh_token") || lists("scopes_supported", "offline_access");
    lines.expect(refresh, Mark::Warning, "refresh", Code::DoctorRefresh);
    lines.expect(
        !text("revocation_endpoint").is_empty(),
        Mark::Warning,
        "revocation",
        Code::DoctorRevocation,
    );
    // Auth0 hands sessions over by a token exchange that its metadata does not always list.
    let transfer = lists(
        "grant_types_supported",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    );
    lines.expect(transfer, Mark::Warning, "transfer", Code::DoctorTransfer);
    associations(ground, client, target, lines);
}

fn associations(ground: &Ground, client: &Client, target: &Target, lines: &mut Lines) {
    let host = ground
        .environments
        .get(&target.environment)
        .map(|known| known.claimed_host.clone())
        .unwrap_or_default();
    if host.is_empty() {
        return;
    }
    let files = [
        (
            "assetlinks",
            "assetlinks.json",
            format!("\"{}\"", settings::emit::APP_ID),
        ),
        (
            "aasa",
            "apple-app-site-association",
            format!(".{}\"", settings::emit::APP_ID),
        ),
    ];
    for (topic, name, mark) in files {
        let address = format!("https://{host}/.well-known/{name}");
        let Some(response) = get(client, &address, topic, lines) else {
            continue;
        };
        let status = response.status();
        let sound = json_of(response).is_some_and(|file| status.is_success() && file.to_string().contains(&mark));
        if sound {
            lines.ok(topic, address);
        } else {
            lines.bad(
                Mark::Fault,
                topic,
                Code::DoctorAssociation,
                format!("{address} {status}"),
            );
        }
    }
}

fn get(client: &Client, address: &str, topic: &'static str, lines: &mut Lines) -> Option<Response> {
    match client.get(address).send() {
        Ok(response) => Some(response),
        Err(error) => {
            let last = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source())
                .last()
                .map(ToString::to_string);
            let code = if HttpFault::from(&error) == HttpFault::Tls {
                Code::DoctorTls
            } else {
                Code::DoctorUnreachable
            };
            lines.bad(
                Mark::Fault,
                topic,
                code,
                format!("{address}: {}", last.unwrap_or_default()),
            );
            None
        }
    }
}

fn json_of(response: Response) -> Option<Value> {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut std::io::Read::take(response, LARGEST), &mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn clock(ground: &Ground, response: &Response, lines: &mut Lines) {
    let date = response
        .headers()
        .get("date")
        .and_then(|date| date.to_str().ok())
        .and_then(|date| httpdate::parse_http_date(date).ok());
    let Some(server) = date
        .and_then(|date| date.duration_since(UNIX_EPOCH).ok())
        .and_then(|since| i64::try_from(since.as_secs()).ok())
    else {
        return;
    };
    // The header holds whole seconds (RFC 9110, 5.6.7), and so does our clock: one second is none.
    let away = ground.now.abs_diff(server).saturating_sub(1);
    let detail = format!("{away} s");
    match away {
        0..=30 => lines.ok("clock", detail),
        31..=300 => lines.bad(Mark::Warning, "clock", Code::DoctorClock, detail),
        _ => lines.bad(Mark::Fault, "clock", Code::DoctorClock, detail),
    }
}

fn show(ground: &Ground, lines: &Lines) {
    let words = &ground.words;
    let name = |mark: Mark| match mark {
        Mark::Ok => "ok",
        Mark::Warning => "warning",
        Mark::Fault => "fault",
    };
    let text: Vec<String> = lines
        .all
        .iter()
        .map(|line| {
            let (mark, topic) = (
                words.get(&format!("doctor-{}", name(line.mark))),
                words.get(&format!("doctor-{}", line.topic)),
            );
            let rest = line.code.map_or_else(String::new, |code| {
                format!(
                    " {} {} {}",
                    code.number(),
                    code.what().in_language(words.language),
                    code.fix().in_language(words.language)
                )
            });
            let detail = if line.detail.is_empty() {
                String::new()
            } else {
                format!(" [{}]", line.detail)
            };
            let colon = if rest.is_empty() && detail.is_empty() { "" } else { ":" };
            format!("{mark:<13}{topic}{colon}{rest}{detail}")
        })
        .collect();
    let object: Vec<Value> = lines
        .all
        .iter()
        .map(|line| json!({ "mark": name(line.mark), "topic": line.topic, "code": line.code.map(Code::number), "detail": line.detail }))
        .collect();
    ground.say(&text.join("\n"), &Value::Array(object));
}
