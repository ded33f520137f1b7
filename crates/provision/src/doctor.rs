//! `provision doctor`: checks over the network whether tablets with these settings can sign in.

use std::time::{Duration, UNIX_EPOCH};

use error_codes::ErrorCode;
use reqwest::blocking::{Client, Response};
use reqwest::redirect::Policy;
use serde_json::Value;
use session::HttpError;
use settings::{LoginMethod, Resolved, SignInTarget, Source};

use crate::cli::Platform;
use crate::context::{Context, Outcome};
use crate::diagnostic::{Diagnostic, Diagnostics, Exit};
use crate::report::{Report, Status};
use crate::{evaluate, sign_in};

/// The longest answer that is read, in bytes. A metadata document has a few kilobytes.
const MAX_ANSWER: u64 = 1 << 20;
/// How long a server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// `provision doctor`: checks whether tablets with these settings can sign in, and prints a report.
pub fn doctor(context: &Context, file: &str, signs_in: bool, port: Option<u16>) -> Outcome {
    let read = evaluate::valid_settings(context, file, Platform::Android)?;
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
    let mut report = Report::default();
    match client() {
        Ok(client) => check(context, &client, &target, &resolved, &mut report),
        Err(error) => report.bad(Status::Fault, "tls", ErrorCode::DoctorTls, error.to_string()),
    }
    // A sign-in works without the files that tie links to the app, so their faults do not prevent the trial.
    if signs_in && !report.has_fault_except(&["assetlinks", "aasa"]) {
        sign_in::sign_in(context, &target, &resolved, port, &mut report);
    }
    report.print(context);
    Ok(match report.has_fault_except(&[]) {
        true if report.has_network_fault() => Exit::Network,
        true => Exit::Invalid,
        false => Exit::Ok,
    })
}

fn client() -> reqwest::Result<Client> {
    // Fails only if a provider is installed already, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(Policy::none())
        .timeout(TIMEOUT)
        .user_agent(concat!("provision/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Checks the metadata of the identity provider, its clock, and the files that tie links to the app.
fn check(context: &Context, client: &Client, target: &SignInTarget, resolved: &Resolved, report: &mut Report) {
    let address = format!(
        "{}/.well-known/openid-configuration",
        target.issuer.trim_end_matches('/')
    );
    let Some(response) = get(client, &address, "discovery", report) else {
        return;
    };
    if target.issuer.starts_with("https:") {
        report.ok("tls", "");
    }
    clock(context, &response, report);
    let status = response.status();
    let Some(metadata) = json_of(response).filter(|_| status.is_success()) else {
        return report.bad(
            Status::Fault,
            "discovery",
            ErrorCode::DoctorDiscovery,
            status.to_string(),
        );
    };
    report.ok("discovery", address);
    let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default();
    let lists = |name: &str, value: &str| {
        metadata
            .get(name)
            .and_then(Value::as_array)
            .is_some_and(|all| all.iter().any(|one| one == value))
    };
    if text("issuer") == target.issuer {
        report.ok("issuer", text("issuer"));
    } else {
        report.bad(Status::Fault, "issuer", ErrorCode::DoctorIssuer, text("issuer"));
    }
    report.expect(
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
    report.expect(
        !text("device_authorization_endpoint").is_empty(),
        needed,
        "device",
        ErrorCode::DoctorDevice,
    );
    let refresh = lists("grant_types_supported", "refresh_token") || lists("scopes_supported", "offline_access");
    report.expect(refresh, Status::Warning, "refresh", ErrorCode::DoctorRefresh);
    report.expect(
        !text("revocation_endpoint").is_empty(),
        Status::Warning,
        "revocation",
        ErrorCode::DoctorRevocation,
    );
    // Auth0 transfers sessions by a token exchange that its metadata does not always list; hence a warning, not a fault.
    let transfer = lists(
        "grant_types_supported",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    );
    report.expect(transfer, Status::Warning, "transfer", ErrorCode::DoctorTransfer);
    associations(context, client, target, report);
}

/// Checks the files on the claimed host that let Android and iPadOS open its links in the app.
fn associations(context: &Context, client: &Client, target: &SignInTarget, report: &mut Report) {
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
    for (topic, name, marker) in files {
        let address = format!("https://{host}/.well-known/{name}");
        let Some(response) = get(client, &address, topic, report) else {
            continue;
        };
        let status = response.status();
        let valid = json_of(response).is_some_and(|file| status.is_success() && file.to_string().contains(&marker));
        if valid {
            report.ok(topic, address);
        } else {
            report.bad(
                Status::Fault,
                topic,
                ErrorCode::DoctorAssociation,
                format!("{address} {status}"),
            );
        }
    }
}

/// Requests an address; reports why if no answer comes.
fn get(client: &Client, address: &str, topic: &'static str, report: &mut Report) -> Option<Response> {
    match client.get(address).send() {
        Ok(response) => Some(response),
        Err(error) => {
            let last = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source())
                .last()
                .map(ToString::to_string);
            let code = if HttpError::from(&error) == HttpError::Tls {
                ErrorCode::DoctorTls
            } else {
                ErrorCode::DoctorUnreachable
            };
            report.bad(
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
    std::io::Read::read_to_string(&mut std::io::Read::take(response, MAX_ANSWER), &mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Compares the clock of this computer with the `Date` of the answer.
fn clock(context: &Context, response: &Response, report: &mut Report) {
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
    // The header holds whole seconds (RFC 9110, section 5.6.7) and so does `now`, so a difference of one second can be
    // rounding.
    let away = context.now.abs_diff(server).saturating_sub(1);
    let detail = format!("{away} s");
    match away {
        0..=30 => report.ok("clock", detail),
        31..=300 => report.bad(Status::Warning, "clock", ErrorCode::DoctorClock, detail),
        _ => report.bad(Status::Fault, "clock", ErrorCode::DoctorClock, detail),
    }
}
