//! `provision doctor`: checks over the network whether tablets with these settings can sign in.

use error_codes::ErrorCode;
use serde_json::{Map, Value};
use settings::{LoginMethod, Resolved, SignInTarget, Source};
use url::Url;

use crate::cli::Platform;
use crate::context::{Context, Outcome};
use crate::diagnostic::{Diagnostic, Diagnostics, Exit};
use crate::network::{Answer, Network};
use crate::report::{Report, Status};
use crate::{evaluate, sign_in};

/// The redirect URI of the app, which the identity provider must allow byte for byte (RFC 8252, section 7.1).
const APP_REDIRECT_URI: &str = "nl.kidskonnect.groep:/callback";

/// `provision doctor`: checks whether tablets with these settings can sign in, and prints a report. Signs in if `options`
/// are given.
pub fn doctor(context: &Context, file: &str, options: Option<sign_in::Options>) -> Outcome {
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
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(check_all(context, &target, &resolved, options, &mut report)),
        Err(error) => report.bad(
            Status::Fault,
            "discovery",
            ErrorCode::DoctorUnreachable,
            error.to_string(),
        ),
    }
    report.print(context);
    Ok(match report.has_fault_except(&[]) {
        true if report.has_network_fault() => Exit::Network,
        true => Exit::Invalid,
        false => Exit::Ok,
    })
}

async fn check_all(
    context: &Context,
    target: &SignInTarget,
    resolved: &Resolved,
    options: Option<sign_in::Options>,
    report: &mut Report,
) {
    let network = match Network::new(None, target.development) {
        Ok(network) => network,
        Err(failure) => return report.bad(Status::Fault, "tls", failure.code, failure.reason),
    };
    let metadata = check(context, &network, target, resolved, report).await;
    match (options, metadata) {
        // The trial has a callback of its own, and works without the files that tie links to the app.
        (Some(options), Some(metadata)) if !report.has_fault_except(&["assetlinks", "aasa", "callback"]) => {
            sign_in::sign_in(context, target, resolved, &metadata, options, report).await;
        }
        (Some(_), _) => {}
        // Auth0 transfers sessions by the refresh token grant, and its metadata say nothing about it.
        (None, _) => report.unseen("transfer"),
    }
}

/// Checks the metadata of the identity provider, its clock, and the files that tie links to the app. Returns the metadata.
async fn check(
    context: &Context,
    network: &Network,
    target: &SignInTarget,
    resolved: &Resolved,
    report: &mut Report,
) -> Option<Map<String, Value>> {
    let address = format!(
        "{}/.well-known/openid-configuration",
        target.issuer.trim_end_matches('/')
    );
    let answer = get(network, &address, "discovery", report).await?;
    if target.issuer.starts_with("https:") {
        report.ok("tls", "");
    }
    clock(context, answer.date, report);
    let Some(metadata) = answer.json().filter(|_| answer.is_success()) else {
        report.bad(
            Status::Fault,
            "discovery",
            ErrorCode::DoctorDiscovery,
            answer.status.to_string(),
        );
        return None;
    };
    report.ok("discovery", address);
    let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default();
    let list = |name: &str| metadata.get(name).and_then(Value::as_array);
    let lists = |name: &str, value: &str| list(name).is_some_and(|all| all.iter().any(|one| one == value));
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
    // A provider that names no algorithms may still use the right one, which the trial sees.
    if list("id_token_signing_alg_values_supported").is_some() {
        let usable = ["RS256", "ES256"]
            .iter()
            .any(|algorithm| lists("id_token_signing_alg_values_supported", algorithm));
        report.expect(usable, Status::Fault, "algorithm", ErrorCode::DoctorIdToken);
    }
    report.expect(
        !text("revocation_endpoint").is_empty(),
        Status::Warning,
        "revocation",
        ErrorCode::DoctorRevocation,
    );
    report.expect(
        !text("end_session_endpoint").is_empty(),
        Status::Warning,
        "end-session-named",
        ErrorCode::DoctorEndSession,
    );
    match (Url::parse(text("authorization_endpoint")), Url::parse(&target.issuer)) {
        // Nothing is sent to another server because these metadata say so.
        (Ok(endpoint), Ok(issuer)) if endpoint.origin() == issuer.origin() => {
            callback(network, target, endpoint, report).await;
        }
        _ => report.unseen("callback"),
    }
    associations(context, network, target, report).await;
    Some(metadata)
}

/// Asks for a sign-in without a person (`prompt=none`). A provider that knows the app's redirect URI answers there, that
/// somebody has to sign in; any other shows an error page (RFC 6749, section 4.1.2.1).
async fn callback(network: &Network, target: &SignInTarget, mut endpoint: Url, report: &mut Report) {
    endpoint.query_pairs_mut().extend_pairs([
        ("client_id", target.client_id.as_str()),
        ("redirect_uri", APP_REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "openid"),
        ("prompt", "none"),
        ("state", "doctor"),
        // The challenge of the example in RFC 7636, appendix B: no code will be asked for with it.
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ]);
    match network.get(endpoint, "").await {
        Ok(answer) => {
            let answered = answer
                .location
                .is_some_and(|target| target.as_str().starts_with(APP_REDIRECT_URI));
            if answered {
                report.ok("callback", APP_REDIRECT_URI);
            } else {
                report.bad(
                    Status::Fault,
                    "callback",
                    ErrorCode::AuthorizationFailed,
                    format!("{APP_REDIRECT_URI} {}", answer.status),
                );
            }
        }
        Err(failure) => report.bad(Status::Fault, "callback", failure.code, failure.reason),
    }
}

/// Checks the files on the claimed host that let Android and iPadOS open its links in the app.
async fn associations(context: &Context, network: &Network, target: &SignInTarget, report: &mut Report) {
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
        let Some(answer) = get(network, &address, topic, report).await else {
            continue;
        };
        // The file for Android is an array, so it is no object.
        let file: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let valid = file.is_some_and(|file| answer.is_success() && file.to_string().contains(&marker));
        if valid {
            report.ok(topic, address);
        } else {
            report.bad(
                Status::Fault,
                topic,
                ErrorCode::DoctorAssociation,
                format!("{address} {}", answer.status),
            );
        }
    }
}

/// Requests an address; reports why if no answer comes.
async fn get(network: &Network, address: &str, topic: &'static str, report: &mut Report) -> Option<Answer> {
    let Ok(url) = Url::parse(address) else {
        report.bad(Status::Fault, topic, ErrorCode::DoctorUnreachable, address);
        return None;
    };
    match network.get(url, "").await {
        Ok(answer) => Some(answer),
        Err(failure) => {
            report.bad(
                Status::Fault,
                topic,
                failure.code,
                format!("{address}: {}", failure.reason),
            );
            None
        }
    }
}

/// Compares the clock of this computer with the `Date` of the answer.
fn clock(context: &Context, date: Option<i64>, report: &mut Report) {
    let Some(server) = date else {
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
