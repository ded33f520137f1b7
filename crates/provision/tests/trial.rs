//! What `provision doctor --sign-in` sees of each setting of the identity provider, against a certified OpenID provider and
//! against a proxy that makes it lack something, answer slowly, or lie.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "test helpers")]

mod services;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use services::Services;
use services::doctor::{Doctor, USERNAME, approve, detail, line};
use services::proxy::{Reply, Request, Tamper};

/// Signs in with a browser and returns exit code and report.
fn trial(services: &Services, more: &[&str]) -> (i32, Value) {
    trial_in(services, &services.environments(), more)
}

fn trial_in(services: &Services, environments: &str, more: &[&str]) -> (i32, Value) {
    let folder = tempfile::tempdir().unwrap();
    let doctor = Doctor::start_in(folder.path(), environments, &[&["--port", "0"], more].concat());
    doctor.sign_in(services);
    doctor.end(services)
}

fn leeway(services: &Services, seconds: u64) {
    services.configure("/leeway", &json!({ "seconds": seconds }));
}

/// The environments of the services with another leeway.
fn expecting(services: &Services, seconds: u64) -> String {
    format!("{}rotation_leeway_seconds = {seconds}\n", services.environments())
}

fn is_refresh(request: &Request) -> bool {
    request.path() == "/oauth/token" && request.body.contains("grant_type=refresh_token")
}

/// A proxy that changes answers.
struct Replies<F>(F);

impl<F: Fn(&Request, &mut Reply) + Send + Sync + 'static> Tamper for Replies<F> {
    fn reply(&self, request: &Request, reply: &mut Reply) {
        self.0(request, reply);
    }
}

/// A proxy that answers some requests in place of the services, or changes them.
struct Requests<F>(F);

impl<F: Fn(&mut Request) -> Option<Reply> + Send + Sync + 'static> Tamper for Requests<F> {
    fn request(&self, request: &mut Request) -> Option<Reply> {
        self.0(request)
    }
}

#[test]
fn each_setting_has_a_line_that_says_what_was_seen_or_how_to_look_it_up() {
    let services = Services::start();
    leeway(&services, 180);
    let (exit, lines) = trial(&services, &[]);
    assert_eq!(exit, 0, "{lines}");
    for topic in [
        "callback",
        "algorithm",
        "sign-in",
        "id-token",
        "kept",
        "rotation",
        "access-lifetime",
        "hand-off",
        "redeem-cookie",
        "redeem-query",
        "binding",
        "leeway",
        "sign-out",
        "revoked",
        "end-session",
    ] {
        assert_eq!(line(&lines, topic), Some(("ok", None)), "{topic}: {lines}");
    }
    for topic in [
        "idle-lifetime",
        "leeway-length",
        "absolute-lifetime",
        "mfa",
        "grant-deletion",
        "cascade",
    ] {
        assert_eq!(line(&lines, topic), Some(("unseen", None)), "{topic}: {lines}");
    }
    assert_eq!(detail(&lines, "id-token"), "RS256");
    assert_eq!(detail(&lines, "access-lifetime"), "3600 s");
    assert_eq!(
        detail(&lines, "hand-off"),
        "urn:auth0:params:oauth:token-type:session_transfer_token 60 s"
    );
    for unseen in lines.as_array().unwrap().iter().filter(|line| line["mark"] == "unseen") {
        let look = unseen["look"].as_str().unwrap();
        assert!(look.contains(' '), "a text, not its id: {look}");
    }
    assert_eq!(line(&lines, "transfer"), None, "the trial has shown it");
    assert_eq!(services.live_refresh_tokens(USERNAME), 0);
}

#[test]
fn a_trial_without_a_leeway_says_so_and_harms_no_other_session_of_the_account() {
    let services = Services::start();
    leeway(&services, 0);
    // A tablet with the same account.
    let (_, code) = services.post(
        "/oauth/device/code",
        &[
            ("client_id", services.at("client_id")),
            ("scope", "openid offline_access"),
        ],
    );
    approve(&services, code["verification_uri_complete"].as_str().unwrap());
    let (_, tablet) = services.post(
        "/oauth/token",
        &[
            ("client_id", services.at("client_id")),
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", code["device_code"].as_str().unwrap()),
        ],
    );
    let (exit, lines) = trial(&services, &[]);
    assert_eq!(
        (exit, line(&lines, "leeway")),
        (0, Some(("warning", Some("E175")))),
        "{lines}"
    );
    assert_eq!(detail(&lines, "leeway"), "180 s");
    // The reuse has ended the trial's session, so its revocation shows nothing.
    assert_eq!(line(&lines, "revoked"), Some(("unseen", None)), "{lines}");
    assert_eq!(services.live_refresh_tokens(USERNAME), 1, "the tablet's");
    let (status, _) = services.post(
        "/oauth/token",
        &[
            ("client_id", services.at("client_id")),
            ("grant_type", "refresh_token"),
            ("refresh_token", tablet["refresh_token"].as_str().unwrap()),
        ],
    );
    assert_eq!(status, 200);
    // An environment that counts on no leeway gets what it says.
    let (_, lines) = trial_in(&services, &expecting(&services, 0), &[]);
    assert_eq!(line(&lines, "leeway"), Some(("ok", None)), "{lines}");
}

#[test]
fn the_leeway_is_measured_if_somebody_asks_for_it() {
    let services = Services::start();
    leeway(&services, 60);
    let (_, lines) = trial_in(&services, &expecting(&services, 3), &["--measure-leeway"]);
    assert_eq!(line(&lines, "leeway-length"), Some(("ok", None)), "{lines}");
    assert_eq!(detail(&lines, "leeway-length"), "≥ 2 s");
    assert_eq!(line(&lines, "revoked"), Some(("ok", None)), "{lines}");
    leeway(&services, 3);
    let (exit, lines) = trial_in(&services, &expecting(&services, 6), &["--measure-leeway"]);
    assert_eq!(line(&lines, "leeway"), Some(("ok", None)), "{lines}");
    assert_eq!(
        (exit, line(&lines, "leeway-length")),
        (0, Some(("warning", Some("E176")))),
        "{lines}"
    );
    assert_eq!(services.live_refresh_tokens(USERNAME), 0);
}

#[test]
fn a_provider_that_keeps_the_refresh_token_is_reported() {
    let services = Services::start_behind(Replies(|request: &Request, reply: &mut Reply| {
        if is_refresh(request) && reply.status == 200 {
            reply.change(|answer| {
                answer.remove("refresh_token");
            });
        }
    }));
    leeway(&services, 1_000);
    let (exit, lines) = trial(&services, &[]);
    assert_eq!(
        (exit, line(&lines, "rotation")),
        (0, Some(("warning", Some("E172")))),
        "{lines}"
    );
    assert_eq!(line(&lines, "kept"), Some(("ok", None)), "{lines}");
    assert_eq!(line(&lines, "leeway"), Some(("unseen", None)), "{lines}");
}

#[test]
fn a_lifetime_that_the_answers_tell_is_compared_with_sixty_days() {
    for (told, seen) in [
        (json!(5_184_000), ("ok", None)),
        (json!(5_183_990), ("ok", None)),
        (json!(1_209_600), ("warning", Some("E177"))),
        (json!(0), ("warning", Some("E177"))),
        (json!("soon"), ("unseen", None)),
        (json!(-1), ("unseen", None)),
    ] {
        let value = told.clone();
        let services = Services::start_behind(Replies(move |request: &Request, reply: &mut Reply| {
            if is_refresh(request) && reply.status == 200 {
                reply.change(|answer| {
                    answer.insert("refresh_token_expires_in".to_owned(), value.clone());
                });
            }
        }));
        let (_, lines) = trial(&services, &[]);
        assert_eq!(line(&lines, "idle-lifetime"), Some(seen), "{told}: {lines}");
    }
}

#[test]
fn a_session_transfer_that_is_refused_or_ignored_is_reported() {
    let services = Services::start();
    for mode in ["refuse", "ignore"] {
        services.configure("/transfer", &json!({ "mode": mode }));
        let (exit, lines) = trial(&services, &[]);
        assert_eq!(
            (exit, line(&lines, "hand-off")),
            (0, Some(("warning", Some("E187")))),
            "{mode}: {lines}"
        );
        assert_eq!(line(&lines, "binding"), Some(("unseen", None)), "{mode}: {lines}");
    }
}

#[test]
fn a_token_that_works_only_from_the_address_that_asked_for_it_is_reported() {
    // As Auth0 does with `enforce_device_binding: ip`: the token counts only for the address of the token request.
    let services = Services::start_behind(Requests(|request: &mut Request| {
        if request.peer.to_string() != "127.0.0.1" {
            request.headers.retain(|(name, _)| name != "cookie");
        }
        None
    }));
    leeway(&services, 180);
    let (exit, lines) = trial(&services, &[]);
    assert_eq!(line(&lines, "redeem-cookie"), Some(("ok", None)), "{lines}");
    assert_eq!(
        (exit, line(&lines, "binding")),
        (0, Some(("warning", Some("E178")))),
        "{lines}"
    );
    assert_eq!(detail(&lines, "binding"), "127.0.0.1, 127.0.0.77");
}

#[test]
fn a_site_that_takes_the_token_in_one_way_only_is_reported() {
    let services = Services::start_behind(Requests(|request: &mut Request| {
        for (name, value) in &mut request.headers {
            if name == "cookie" {
                *value = value.replace("auth0_session_transfer_token", "unknown");
            }
        }
        None
    }));
    let (exit, lines) = trial(&services, &[]);
    assert_eq!(
        (exit, line(&lines, "redeem-cookie"), line(&lines, "redeem-query")),
        (0, Some(("warning", Some("E199"))), Some(("ok", None))),
        "{lines}"
    );
    assert_eq!(line(&lines, "binding"), Some(("ok", None)), "{lines}");
}

#[test]
fn a_group_view_that_sends_no_authorization_request_leaves_its_settings_unseen() {
    for answer in ["page", "elsewhere", "circle", "error"] {
        let services = Services::start_behind(Requests(move |request: &mut Request| {
            (request.path() == "/zonnetje/groep").then(|| {
                let to = |target: &str| Reply {
                    headers: vec![("location".to_owned(), target.to_owned())],
                    ..Reply::new(302, "")
                };
                match answer {
                    "page" => Reply::new(200, "<script>signIn()</script>"),
                    "elsewhere" => to("http://127.0.0.1:1/authorize"),
                    "circle" => to("/zonnetje/groep"),
                    _ => Reply::new(500, ""),
                }
            })
        }));
        let (exit, lines) = trial(&services, &[]);
        assert_eq!(
            (exit, line(&lines, "redeem"), line(&lines, "binding")),
            (0, Some(("unseen", None)), Some(("unseen", None))),
            "{answer}: {lines}"
        );
    }
}

#[test]
fn an_id_token_of_another_algorithm_is_reported_and_the_session_ends_all_the_same() {
    let signed_with = |algorithm: &'static str| {
        move |request: &Request, reply: &mut Reply| {
            if request.path() != "/oauth/token" || reply.status != 200 {
                return;
            }
            reply.change(|answer| {
                let token = answer["id_token"].as_str().unwrap().to_owned();
                let (header, rest) = token.split_once('.').unwrap();
                let mut header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
                header["alg"] = json!(algorithm);
                let header = URL_SAFE_NO_PAD.encode(header.to_string());
                answer.insert("id_token".to_owned(), json!(format!("{header}.{rest}")));
            });
        }
    };
    // What a server writes there is shown only if it is the name of an algorithm.
    for (algorithm, told) in [("HS256", "HS256"), ("<script>", "alg")] {
        let services = Services::start_behind(Replies(signed_with(algorithm)));
        let (exit, lines) = trial(&services, &[]);
        assert_eq!(
            (exit, line(&lines, "id-token")),
            (1, Some(("fault", Some("E197")))),
            "{lines}"
        );
        assert_eq!(detail(&lines, "id-token"), told);
        assert_eq!(line(&lines, "sign-out"), Some(("ok", None)), "{lines}");
        assert_eq!(line(&lines, "revoked"), Some(("ok", None)), "{lines}");
        assert_eq!(services.live_refresh_tokens(USERNAME), 0, "{algorithm}");
    }
}

#[test]
fn an_id_token_for_another_app_or_of_another_issuer_is_reported_and_the_session_ends_all_the_same() {
    // The provider knows the app by another id than the environment says.
    let services = Services::start_behind(Requests(|request: &mut Request| {
        request.target = request
            .target
            .replace("client_id=another", "client_id=konnect-groep-development");
        request.body = request
            .body
            .replace("client_id=another", "client_id=konnect-groep-development");
        None
    }));
    let environments = services.environments().replace(services.at("client_id"), "another");
    let (exit, lines) = trial_in(&services, &environments, &[]);
    assert_eq!(
        (exit, line(&lines, "id-token")),
        (1, Some(("fault", Some("E197")))),
        "{lines}"
    );
    assert_eq!(detail(&lines, "id-token"), "aud");
    assert_eq!(services.live_refresh_tokens(USERNAME), 0);
    // The metadata name the issuer without the slash that the ID tokens have.
    let services = Services::start_behind(Replies(|request: &Request, reply: &mut Reply| {
        if request.path() == "/.well-known/openid-configuration" {
            reply.change(|metadata| {
                let issuer = metadata["issuer"].as_str().unwrap().trim_end_matches('/').to_owned();
                metadata.insert("issuer".to_owned(), json!(issuer));
            });
        }
    }));
    let issuer = services.at("issuer");
    let environments = services.environments().replace(issuer, issuer.trim_end_matches('/'));
    let (exit, lines) = trial_in(&services, &environments, &[]);
    assert_eq!(
        (exit, line(&lines, "id-token")),
        (1, Some(("fault", Some("E197")))),
        "{lines}"
    );
    assert_eq!(detail(&lines, "id-token"), "iss");
    assert_eq!(line(&lines, "sign-out"), Some(("ok", None)), "{lines}");
    assert_eq!(line(&lines, "revoked"), Some(("ok", None)), "{lines}");
    assert_eq!(services.live_refresh_tokens(USERNAME), 0);
}

#[test]
fn a_revocation_that_revokes_nothing_is_reported() {
    let services = Services::start_behind(Requests(|request: &mut Request| {
        (request.path() == "/oauth/revoke").then(|| Reply::new(200, ""))
    }));
    leeway(&services, 180);
    let (exit, lines) = trial(&services, &[]);
    assert_eq!(line(&lines, "sign-out"), Some(("ok", None)), "{lines}");
    assert_eq!(
        (exit, line(&lines, "revoked")),
        (0, Some(("warning", Some("E179")))),
        "{lines}"
    );
}

#[test]
fn a_page_to_sign_out_at_that_does_not_work_is_reported() {
    let services = Services::start_behind(Requests(|request: &mut Request| {
        (request.path() == "/oidc/logout").then(|| Reply::new(404, ""))
    }));
    let (exit, lines) = trial(&services, &[]);
    assert_eq!(
        (exit, line(&lines, "end-session")),
        (0, Some(("warning", Some("E198")))),
        "{lines}"
    );
    assert_eq!(detail(&lines, "end-session"), "404");
}

#[test]
fn a_callback_address_that_the_provider_does_not_know_is_a_fault() {
    let services = Services::start_behind(Requests(|request: &mut Request| {
        (request.path() == "/authorize" && request.target.contains("redirect_uri=nl.kidskonnect.groep"))
            .then(|| Reply::new(400, "Callback URL mismatch"))
    }));
    let (exit, lines) = trial(&services, &[]);
    assert_eq!(
        (exit, line(&lines, "callback")),
        (1, Some(("fault", Some("E207")))),
        "{lines}"
    );
    assert_eq!(
        line(&lines, "sign-in"),
        Some(("ok", None)),
        "the trial has a callback of its own: {lines}"
    );
}

#[test]
fn a_token_endpoint_that_breaks_after_the_sign_in_gives_codes_and_no_secret() {
    for (status, body) in [
        (200, "<html>"),
        (200, "{\"refresh_token\": 7}"),
        (200, "{\"access_token\": \"a\", \"access_token\": \"b\"}"),
        (302, ""),
        (400, "{\"error\": \"invalid_request\"}"),
        (429, ""),
        (500, ""),
    ] {
        let services = Services::start_behind(Requests(move |request: &mut Request| {
            is_refresh(request).then(|| Reply::new(status, body))
        }));
        let (exit, lines) = trial(&services, &[]);
        assert_eq!(
            (exit, line(&lines, "kept")),
            (1, Some(("fault", Some("E171")))),
            "{status} {body}: {lines}"
        );
        assert_eq!(line(&lines, "sign-out"), Some(("ok", None)), "{status}: {lines}");
        assert_eq!(services.live_refresh_tokens(USERNAME), 0, "{status} {body}");
    }
}

/// A proxy that writes down which refresh tokens the provider issued and which the program revoked.
#[derive(Default)]
struct Ledger {
    issued: Mutex<BTreeSet<String>>,
    revoked: Mutex<BTreeSet<String>>,
    sent: Mutex<BTreeSet<String>>,
    /// A refresh token was sent a second time. Its answer takes a while.
    reused: AtomicBool,
}

impl Ledger {
    fn field(request: &Request, name: &str) -> Option<String> {
        let mut fields = url::form_urlencoded::parse(request.body.as_bytes());
        fields
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }
}

impl Tamper for Arc<Ledger> {
    fn request(&self, request: &mut Request) -> Option<Reply> {
        if request.path() == "/oauth/revoke" {
            self.revoked.lock().unwrap().extend(Ledger::field(request, "token"));
        }
        None
    }

    fn reply(&self, request: &Request, reply: &mut Reply) {
        if request.path() != "/oauth/token" {
            return;
        }
        let answer: Value = serde_json::from_str(&reply.body).unwrap();
        self.issued
            .lock()
            .unwrap()
            .extend(answer["refresh_token"].as_str().map(str::to_owned));
        if let Some(token) = Ledger::field(request, "refresh_token")
            && !self.sent.lock().unwrap().insert(token)
        {
            self.reused.store(true, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(1_500));
        }
    }
}

#[test]
fn every_refresh_token_of_the_trial_is_revoked() {
    let ledger = Arc::new(Ledger::default());
    let services = Services::start_behind(ledger.clone());
    leeway(&services, 180);
    let (exit, lines) = trial(&services, &[]);
    assert_eq!((exit, line(&lines, "leeway")), (0, Some(("ok", None))), "{lines}");
    let issued = ledger.issued.lock().unwrap();
    assert!(issued.len() >= 8, "{}", issued.len());
    assert!(*issued == *ledger.revoked.lock().unwrap());
}

#[test]
fn ctrl_c_during_the_reuse_of_a_token_revokes_what_the_reuse_brings() {
    let ledger = Arc::new(Ledger::default());
    let services = Services::start_behind(ledger.clone());
    leeway(&services, 180);
    let folder = tempfile::tempdir().unwrap();
    let doctor = Doctor::start(folder.path(), &services, &["--port", "0"]);
    doctor.sign_in(&services);
    while !ledger.reused.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(50));
    }
    doctor.interrupt();
    let (exit, lines) = doctor.end(&services);
    assert_eq!(
        (exit, line(&lines, "interrupted"), line(&lines, "leeway")),
        (1, Some(("fault", None)), None),
        "{lines}"
    );
    assert!(*ledger.issued.lock().unwrap() == *ledger.revoked.lock().unwrap());
}

#[test]
fn ctrl_c_before_the_sign_in_ends_the_trial_at_once() {
    let (services, folder) = (Services::start(), tempfile::tempdir().unwrap());
    let doctor = Doctor::start(folder.path(), &services, &["--port", "0"]);
    doctor.interrupt();
    let (exit, lines) = doctor.end(&services);
    assert_eq!(
        (exit, line(&lines, "interrupted")),
        (1, Some(("fault", None))),
        "{lines}"
    );
    assert_eq!(line(&lines, "sign-out"), None, "nothing to end: {lines}");
}

#[test]
fn ctrl_c_during_a_request_ends_the_session_whose_token_that_request_brings() {
    let services = Services::start_behind(Replies(|request: &Request, _: &mut Reply| {
        if is_refresh(request) {
            std::thread::sleep(Duration::from_millis(1_500));
        }
    }));
    let folder = tempfile::tempdir().unwrap();
    let doctor = Doctor::start(folder.path(), &services, &["--port", "0"]);
    doctor.sign_in(&services);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(services.live_refresh_tokens(USERNAME), 1, "the refresh is under way");
    doctor.interrupt();
    let (exit, lines) = doctor.end(&services);
    assert_eq!(
        (exit, line(&lines, "interrupted"), line(&lines, "sign-out")),
        (1, Some(("fault", None)), Some(("ok", None))),
        "{lines}"
    );
    assert_eq!(services.live_refresh_tokens(USERNAME), 0, "{lines}");
}

#[test]
fn ctrl_c_during_the_measurement_ends_the_session() {
    let (services, folder) = (Services::start(), tempfile::tempdir().unwrap());
    leeway(&services, 180);
    let mut doctor = Doctor::start(folder.path(), &services, &["--port", "0", "--measure-leeway"]);
    doctor.sign_in(&services);
    let told = doctor.wait_for_line();
    assert!(told.contains("3 minutes (175 seconds)"), "{told}");
    doctor.interrupt();
    let (exit, lines) = doctor.end(&services);
    assert_eq!((exit, line(&lines, "sign-out")), (1, Some(("ok", None))), "{lines}");
    assert_eq!(services.live_refresh_tokens(USERNAME), 0, "{lines}");
}
