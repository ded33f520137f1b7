//! Asks the network whether a sign-in with these settings can work.

use std::time::{Duration, UNIX_EPOCH};

use error_codes::ErrorCode;
use reqwest::blocking::{Client, Response};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use session::HttpFault;
use settings::{LoginMethod, Resolved, SignInTarget, Source};

use crate::cli::Platform;
use crate::commands::sound;
use crate::diagnostic::{Diagnostic, Diagnostics, Exit};
use crate::{Context, Outcome, evaluate, sign_in};

/// A metadata document is a few kilobytes.
const LARGEST: u64 = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Ok,
    Warning,
    Fault,
}

struct Line {
    status: Status,
    topic: &'static str,
    code: Option<ErrorCode>,
    detail: String,
}

pub struct Report {
    all: Vec<Line>,
    network: bool,
}

impl Report {
    pub fn ok(&mut self, topic: &'static str, detail: impl Into<String>) {
        self.all.push(Line {
            status: Status::Ok,
            topic,
            code: None,
            detail: detail.into(),
        });
    }

    pub fn bad(&mut self, status: Status, topic: &'static str, code: ErrorCode, detail: impl Into<String>) {
        self.network |= mark == Status::Fault && matches!(code, ErrorCode::DoctorUnreachable | ErrorCode::DoctorTls);
        self.all.push(Line {
            mark,
            topic,
            code: Some(code),
            detail: detail.into(),
        });
    }

    fn expect(&mut self, holds: bool, status: Status, topic: &'static str, code: ErrorCode) {
        if holds {
            self.ok(topic, "")
        } else {
            self.bad(mark, topic, code, "")
        }
    }
}

pub fn doctor(context: &Context, file: &str, signs_in: bool, port: Option<u16>) -> Outcome {
    let read = sound(context, file, Platform::Android)?;
    let resolved = evaluate::resolve(&context.environments, &read.settings, Source::Managed);
    let target = match &resolved.target {
        Ok(Some(target)) => target.clone(),
        Ok(None) => {
            return Err(Diagnostics::one(
                file,
                Diagnostic::new(ErrorCode::TypedEmpty).key("tenant"),
            ));
        }
        Err(error) => return Err(Diagnostics::one(file, Diagnostic::new(error.code).key(&error.key))),
    };
    let mut lines = Report {
        all: vec![],
        network: false,
    };
    match client() {
        Ok(client) => ask(context, &client, &target, &resolved, &mut lines),
        Err(error) => lines.bad(Status::Fault, "tls", ErrorCode::DoctorTls, error.to_string()),
    }
    if signs_in
        && !lines
            .all
            .iter()
            .any(|line| line.mark == Status::Fault && line.topic != "assetlinks" && line.topic != "aasa")
    {
        sign_in::sign_in(context, &target, &resolved, port, &mut lines);
    }
    show(context, &lines);
    Ok(match lines.all.iter().any(|line| line.mark == Status::Fault) {
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

fn ask(context: &Context, client: &Client, target: &SignInTarget, resolved: &Resolved, lines: &mut Report) {
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
    clock(context, &response, lines);
    let status = response.status();
    let Some(metadata) = json_of(response).filter(|_| status.is_success()) else {
        return lines.bad(
            Status::Fault,
            "discovery",
            ErrorCode::DoctorDiscovery,
            status.to_string(),
        );
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
        lines.bad(Status::Fault, "issuer", ErrorCode::DoctorIssuer, text("issuer"));
    }
    lines.expect(
        lists("code_challenge_methods_supported", "S256"),
        Status::Fault,
        "s256",
        ErrorCode::DoctorS256,
    );
    let needed = if resolved.login_method == LoginMethod::DeviceCode {
        Status::Fault
    } else {
        Status::Warning
    };
    lines.expect(
        !text("device_authorization_endpoint").is_empty(),
        needed,
        "device",
        ErrorCode::DoctorDevice,
    );
    let refresh = lists("grant_types_supported", "refresh_token") || lists("scopes_supported", "offline_access");
    lines.expect(refresh, Status::Warning, "refresh", ErrorCode::DoctorRefresh);
    lines.expect(
        !text("revocation_endpoint").is_empty(),
        Status::Warning,
        "revocation",
        ErrorCode::DoctorRevocation,
    );
    // Auth0 hands sessions over by a token exchange that its metadata does not always list.
    let transfer = lists(
        "grant_types_supported",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    );
    lines.expect(transfer, Status::Warning, "transfer", ErrorCode::DoctorTransfer);
    associations(context, client, target, lines);
}

fn associations(context: &Context, client: &Client, target: &SignInTarget, lines: &mut Report) {
    let host = context
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
            format!("\"{}\"", settings::export::APP_ID),
        ),
        (
            "aasa",
            "apple-app-site-association",
            format!(".{}\"", settings::export::APP_ID),
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
                Status::Fault,
                topic,
                ErrorCode::DoctorAssociation,
                format!("{address} {status}"),
            );
        }
    }
}

fn get(client: &Client, address: &str, topic: &'static str, lines: &mut Report) -> Option<Response> {
    match client.get(address).send() {
        Ok(response) => Some(response),
        Err(error) => {
            let last = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source())
                .last()
                .map(ToString::to_string);
            let code = if HttpFault::from(&error) == HttpFault::Tls {
                ErrorCode::DoctorTls
            } else {
                ErrorCode::DoctorUnreachable
            };
            lines.bad(
                Status::Fault,
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

fn clock(context: &Context, response: &Response, lines: &mut Report) {
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
    let away = context.now.abs_diff(server).saturating_sub(1);
    let detail = format!("{away} s");
    match away {
        0..=30 => lines.ok("clock", detail),
        31..=300 => lines.bad(Status::Warning, "clock", ErrorCode::DoctorClock, detail),
        _ => lines.bad(Status::Fault, "clock", ErrorCode::DoctorClock, detail),
    }
}

fn show(context: &Context, lines: &Report) {
    let messages = &context.messages;
    let name = |mark: Mark| match mark {
        Status::Ok => "ok",
        Status::Warning => "warning",
        Status::Fault => "fault",
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
                    code.what().in_language(messages.language),
                    code.fix().in_language(messages.language)
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
        .map(|line| json!({ "mark": name(line.mark), "topic": line.topic, "code": line.code.map(ErrorCode::number), "detail": line.detail }))
        .collect();
    context.say(&text.join("\n"), &Value::Array(object));
}
