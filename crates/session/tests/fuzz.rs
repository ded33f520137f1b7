//! Mutations of everything that a provider, a browser or another app sends to the session.
//! `cargo xtask fuzz` runs millions of them; the tests in this file run simple ones every time.
#![allow(clippy::unwrap_used)] // a test fails by panicking

#[path = "common/keys.rs"]
#[allow(dead_code)] // other test binaries use the rest
mod keys;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{self, GeneralPurpose};
use fuzz_support::FuzzTarget;
use keys::Signer;
use serde_json::{Value, json};
use session::store::memory::MemoryStore;
use session::{
    BoxFuture, Clock, Config, Http, HttpError, Random, RefreshOutcome, Request, Response, Session, SignInError,
    SignedIn,
};
use url::Url;

const ISSUER: &str = "https://id.example/";
const CLIENT: &str = "groep-client";
const CALLBACK: &str = "nl.example.groep://app/callback";
const NOW: i64 = 1_800_000_000;
/// 32 bytes of 7 in base64url: every `state`, `nonce` and code verifier, because `Fixed` fills buffers with 7.
const TOKEN: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

const DICTIONARY: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "[[[[[[[[",
    "\"",
    ":",
    ",",
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "-1",
    "1e999",
    "99999999999999999999",
    "0",
    "\"\"",
    "[]",
    "{}",
    ".",
    "=",
    "&",
    "?",
    "#",
    "%",
    "%00",
    "%2e",
    "+",
    " ",
    "\t",
    "\r\n",
    "\0",
    "\u{7f}",
    "\u{feff}",
    "\u{202e}",
    "é",
    "code",
    "state",
    "iss",
    "error",
    "access_denied",
    "invalid_grant",
    "https://",
    "http://",
    "//",
    "@",
    ":443",
    "id.example",
    "evil.example",
    "..",
    "localhost",
    "aud",
    "azp",
    "exp",
    "nonce",
    "sub",
    "crit",
    "none",
    "HS256",
    "kid",
    "jwk",
    "RSA",
    "AQAB",
    "S256",
    "id_token",
    "refresh_token",
    "eyJhbGciOiJub25lIn0.e30.",
    "javascript:",
    "BwcH",
];

struct Fixed;

impl Random for Fixed {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

impl Clock for Fixed {
    fn now(&self) -> i64 {
        NOW
    }

    fn sleep(&self, _: Duration) -> BoxFuture<()> {
        Box::pin(std::future::ready(()))
    }
}

/// A provider with valid responses, of which a test replaces one.
#[derive(Clone)]
struct Server(Arc<Mutex<Answers>>);

struct Answers {
    metadata: Vec<u8>,
    keys: Vec<u8>,
    token: (u16, Vec<u8>),
}

impl Http for Server {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, HttpError>> {
        let answers = self.0.lock().unwrap();
        let (status, body) = match request.url.path() {
            "/.well-known/openid-configuration" => (200, answers.metadata.clone()),
            "/jwks" => (200, answers.keys.clone()),
            _ if request.form.is_some() => answers.token.clone(),
            _ => (404, vec![]),
        };
        let answer = Response {
            status,
            date: Some(NOW),
            retry_after: None,
            body: body.into(),
        };
        Box::pin(std::future::ready(Ok(answer)))
    }
}

fn metadata() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://id.example/authorize",
        "token_endpoint": "https://id.example/oauth/token",
        "jwks_uri": "https://id.example/jwks",
        "revocation_endpoint": "https://id.example/oauth/revoke",
        "end_session_endpoint": "https://id.example/logout",
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "authorization_response_iss_parameter_supported": true,
    })
}

fn key_set() -> Value {
    json!({"keys": [Signer::Rs256.jwk(), Signer::Es256.jwk()]})
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": CLIENT, "sub": "groep-1", "exp": NOW + 300, "iat": NOW, "nonce": TOKEN})
}

fn header() -> Value {
    json!({"alg": "ES256", "typ": "JWT", "kid": "ec"})
}

fn token_answer(id_token: &str) -> Value {
    json!({"access_token": "access", "token_type": "Bearer", "expires_in": 300, "refresh_token": "refresh-1", "id_token": id_token})
}

fn valid_token() -> String {
    // Each signature is different, and the targets compare with this token, so it is signed once.
    static TOKEN: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| Signer::Es256.sign(&header(), &claims()));
    TOKEN.clone()
}

fn valid_callback() -> String {
    format!("{CALLBACK}?code=abc&state={TOKEN}&iss=https%3A%2F%2Fid.example%2F")
}

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

fn server() -> Server {
    Server(Arc::new(Mutex::new(Answers {
        metadata: bytes(&metadata()),
        keys: bytes(&key_set()),
        token: (200, bytes(&token_answer(&valid_token()))),
    })))
}

fn session(server: &Server) -> Session {
    let config = Config::new(ISSUER.to_owned(), CLIENT.to_owned(), Url::parse(CALLBACK).unwrap());
    Session::new(
        config,
        Arc::new(server.clone()),
        Arc::new(Fixed),
        Arc::new(Fixed),
        Arc::new(MemoryStore::default()),
    )
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    }
    RUNTIME.with(|runtime| runtime.block_on(work))
}

/// A whole sign-in. `None` if it cannot begin.
fn signed_in(server: &Server) -> Option<Result<SignedIn, SignInError>> {
    let session = session(server);
    wait(async {
        session.begin_sign_in().await.ok()?;
        Some(session.complete_sign_in(&valid_callback()).await)
    })
}

fn with(change: impl FnOnce(&mut Answers)) -> Option<Result<SignedIn, SignInError>> {
    let server = server();
    change(&mut server.0.lock().unwrap());
    signed_in(&server)
}

fn is_signed_in(outcome: Option<Result<SignedIn, SignInError>>) -> bool {
    outcome.is_some_and(|outcome| outcome.is_ok())
}

/// Only the callback of the pending sign-in ends it; any other text changes nothing.
fn callbacks(mutated: &[u8]) {
    let text = String::from_utf8_lossy(mutated);
    let session = session(&server());
    wait(async {
        session.begin_sign_in().await.unwrap();
        let outcome = session.complete_sign_in(&text).await;
        let ours = text.trim_ascii().split_once('?').is_some_and(|(address, query)| {
            let states: Vec<_> = url::form_urlencoded::parse(query.as_bytes())
                .filter(|(name, _)| name == "state")
                .collect();
            address == CALLBACK && states.len() == 1 && states[0].1 == TOKEN
        });
        match outcome {
            Ok(_) => assert!(ours, "{text}"),
            Err(SignInError { consumed: true, .. }) => assert!(ours, "{text}"),
            Err(_) => assert!(session.complete_sign_in(&valid_callback()).await.is_ok(), "{text}"),
        }
    });
}

/// No ID token is accepted but the one that was signed.
fn id_tokens(mutated: &[u8]) {
    let text = String::from_utf8_lossy(mutated);
    let outcome = with(|answers| answers.token.1 = bytes(&token_answer(&text)));
    assert_eq!(is_signed_in(outcome), text == valid_token(), "{text}");
}

/// Whatever claims the right key signs: they are accepted only if they are the issuer's, for this client, valid now, and
/// for this sign-in.
fn payloads(mutated: &[u8]) {
    let token = Signer::Es256.sign_bytes(&bytes(&header()), mutated);
    let outcome = with(|answers| answers.token.1 = bytes(&token_answer(&token)));
    if !is_signed_in(outcome) {
        return;
    }
    let read: Value = serde_json::from_slice(mutated).unwrap();
    let ours = |value: &Value| value == CLIENT;
    assert!(
        ours(&read["aud"])
            || read["aud"]
                .as_array()
                .is_some_and(|all| !all.is_empty() && all.iter().all(ours)),
        "{read}"
    );
    assert!(
        read["iss"] == ISSUER && read["nonce"] == TOKEN && !read["sub"].as_str().unwrap().is_empty(),
        "{read}"
    );
    assert!(
        read["exp"].as_f64().unwrap() > 1_799_999_000.0 && read["iat"].as_f64().unwrap() < 1_800_001_000.0,
        "{read}"
    );
}

/// A key set is accepted only if it contains the key that signed.
fn key_sets(mutated: &[u8]) {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::URL_SAFE,
        general_purpose::NO_PAD.with_decode_allow_trailing_bits(true),
    );
    if is_signed_in(with(|answers| answers.keys = mutated.to_vec())) {
        let read: Value = serde_json::from_slice(mutated).unwrap();
        let (ours, keys) = (Signer::Es256.jwk(), read["keys"].as_array().unwrap());
        // The last character has unused bits, so different characters may encode the same number.
        let number = |key: &Value, name: &str| LENIENT.decode(key[name].as_str().unwrap_or_default()).ok();
        assert!(
            keys.iter()
                .any(|key| ["x", "y"].iter().all(|name| number(key, name) == number(&ours, name))),
            "{read}"
        );
    }
}

/// No page outside the issuer's domain is opened, and no token is sent there.
fn documents(mutated: &[u8]) {
    let server = server();
    server.0.lock().unwrap().metadata = mutated.to_vec();
    let session = session(&server);
    let Ok(begun) = wait(session.begin_sign_in()) else {
        return;
    };
    let host = begun.url.host_str().unwrap();
    assert!(
        begun.url.scheme() == "https" && (host == "id.example" || host.ends_with(".id.example")),
        "{}",
        begun.url
    );
    let once = |name: &str, value: &str| {
        begun
            .url
            .query_pairs()
            .filter(|(param, _)| param == name)
            .map(|(_, value)| value)
            .collect::<Vec<_>>()
            == [value]
    };
    assert!(
        once("state", TOKEN) && once("client_id", CLIENT) && once("code_challenge_method", "S256"),
        "{}",
        begun.url
    );
}

/// Only a complete token response makes a session.
fn token_answers(mutated: &[u8]) {
    if is_signed_in(with(|answers| answers.token.1 = mutated.to_vec())) {
        let read: Value = serde_json::from_slice(mutated).unwrap();
        assert!(
            read["id_token"] == valid_token() && read["access_token"].is_string(),
            "{read}"
        );
    }
}

/// Only `invalid_grant` with a 4xx status signs out.
fn refresh_answers(mutated: &[u8]) {
    const STATUS: [u16; 8] = [200, 400, 401, 403, 404, 429, 500, 302];
    let server = server();
    let session = session(&server);
    wait(async {
        session.begin_sign_in().await.unwrap();
        session.complete_sign_in(&valid_callback()).await.unwrap();
        let status = STATUS[mutated.len() % STATUS.len()];
        server.0.lock().unwrap().token = (status, mutated.to_vec());
        match session.refresh().await {
            RefreshOutcome::SignedOut(_) => {
                let read: Value = serde_json::from_slice(mutated).unwrap();
                assert!(
                    (400..500).contains(&status) && read["error"] == "invalid_grant",
                    "{status} {read}"
                );
                assert_eq!(session.stored().await, Ok(None));
            }
            RefreshOutcome::Refreshed { .. } => {
                let read: Value = serde_json::from_slice(mutated).unwrap();
                assert!(status == 200 && read["access_token"].is_string(), "{status} {read}");
                assert!(session.stored().await.unwrap().is_some());
            }
            RefreshOutcome::Kept(_) => assert!(session.stored().await.unwrap().is_some()),
        }
        server.0.lock().unwrap().token = (400, br#"{"error":"invalid_grant"}"#.to_vec());
        assert!(matches!(session.refresh().await, RefreshOutcome::SignedOut(_)));
    });
}

fn all() -> [FuzzTarget<'static>; 7] {
    let target = |name, seeds: Vec<Vec<u8>>, run| FuzzTarget {
        name,
        seeds,
        dictionary: DICTIONARY,
        run,
    };
    let mut spread = metadata();
    spread["token_endpoint"] = "https://login.id.example/token?tenant=1".into();
    let mut several = claims();
    several["aud"] = json!([CLIENT]);
    several["azp"] = CLIENT.into();
    let rotated =
        json!({"access_token": "access", "token_type": "Bearer", "refresh_token": "refresh-2", "expires_in": 60});
    let gone = json!({"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."});
    let denied = format!("{CALLBACK}?error=access_denied&state={TOKEN}&iss=https%3A%2F%2Fid.example%2F");
    [
        target(
            "callbacks",
            vec![valid_callback().into_bytes(), denied.into_bytes()],
            callbacks,
        ),
        target(
            "id_tokens",
            vec![
                valid_token().into_bytes(),
                Signer::Attacker.sign(&header(), &claims()).into_bytes(),
            ],
            id_tokens,
        ),
        target("claims", vec![bytes(&claims()), bytes(&several)], payloads),
        target("key_sets", vec![bytes(&key_set())], key_sets),
        target("metadata", vec![bytes(&metadata()), bytes(&spread)], documents),
        target(
            "token_answers",
            vec![bytes(&token_answer(&valid_token()))],
            token_answers,
        ),
        target(
            "refresh_answers",
            vec![bytes(&rotated), bytes(&gone), bytes(&token_answer(&valid_token()))],
            refresh_answers,
        ),
    ]
}

#[test]
fn simple_mutations_of_every_input_keep_the_promises() {
    std::thread::scope(|scope| {
        for target in all() {
            scope.spawn(move || target.run_simple_mutations(3));
        }
    });
}

#[test]
fn the_inputs_that_are_mutated_are_valid() {
    assert!(is_signed_in(signed_in(&server())));
    let seeds = |name: &str| all().into_iter().find(|target| target.name == name).unwrap().seeds;
    for claims in seeds("claims") {
        assert!(is_signed_in(with(|answers| answers.token.1 = bytes(&token_answer(
            &Signer::Es256.sign_bytes(&bytes(&header()), &claims)
        )))));
    }
    for document in seeds("metadata") {
        assert!(is_signed_in(with(|answers| answers.metadata = document)));
    }
}

fn fuzz(name: &str) {
    all().iter().find(|target| target.name == name).unwrap().fuzz();
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_callbacks() {
    fuzz("callbacks");
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_id_tokens() {
    fuzz("id_tokens");
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_claims() {
    fuzz("claims");
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_key_sets() {
    fuzz("key_sets");
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_metadata() {
    fuzz("metadata");
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_token_answers() {
    fuzz("token_answers");
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_refresh_answers() {
    fuzz("refresh_answers");
}
