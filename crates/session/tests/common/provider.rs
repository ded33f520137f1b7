//! An OpenID provider for tests: real HTTP, real signatures, and one fault at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

mod canned;

pub use canned::Canned;

use super::keys::Signer;
use super::{CLIENT, real_now};
use canned::{refusal, reply};

type Fields = HashMap<String, String>;

/// The path of the metadata, after the issuer's (OpenID Connect Discovery §4).
pub const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// The `Date` header of the responses.
#[derive(Clone, Copy)]
pub enum Date {
    Right,
    Unreadable,
    At(u32),
}

/// How the provider behaves. Each switch works by itself.
#[allow(clippy::struct_excessive_bools)]
pub struct Behaviour {
    pub metadata: fn(&mut Value),
    pub jwks: fn(&mut Value),
    pub signer: Signer,
    pub header: fn(&mut Value),
    pub claims: fn(&mut Value),
    /// Claims that replace the provider's, before `claims` changes them.
    pub claimed: Vec<(&'static str, Value)>,
    /// Changes the signed ID token.
    pub id_token: fn(String) -> String,
    /// Changes the response of the token endpoint.
    pub answer: fn(&mut Value),
    pub location: fn(&str) -> String,
    pub date: Date,
    /// Whether callbacks carry `iss`.
    pub iss: bool,
    pub rotates: bool,
    /// Whether the previous refresh token may be used again.
    pub leeway: bool,
    /// Whether the provider knows session transfer.
    pub transfers: bool,
    /// Whether the user has completed the device flow.
    pub device_done: bool,
    pub latency: Duration,
    /// Responses that replace the provider's, by path; each is used once, in this order.
    pub canned: Vec<(&'static str, Canned)>,
}

#[derive(Default)]
struct Memory {
    count: usize,
    codes: HashMap<String, Fields>,
    /// The refresh tokens of each family, from the first to the newest. An empty family is revoked.
    families: Vec<Vec<String>>,
    nonces: Vec<String>,
    requests: Vec<(String, Fields)>,
    /// The `accept-encoding` header of each request, by path.
    encodings: Vec<(String, Option<String>)>,
    secrets: Vec<String>,
}

#[derive(Clone)]
struct Shared {
    issuer: String,
    behaviour: Arc<Mutex<Behaviour>>,
    memory: Arc<Mutex<Memory>>,
}

/// A provider on a port of its own, which runs until it is dropped.
pub struct Provider {
    pub issuer: String,
    shared: Shared,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Provider {
    pub async fn start() -> Self {
        Self::at("127.0.0.1", "/").await.unwrap()
    }

    /// A provider whose issuer has this host and path. `None` if the computer has no such address.
    pub async fn at(host: &str, path: &str) -> Option<Self> {
        let listener = tokio::net::TcpListener::bind(format!("{host}:0")).await.ok()?;
        let issuer = format!("http://{}{path}", listener.local_addr().unwrap());
        let behaviour = Behaviour {
            metadata: |_| {},
            jwks: |_| {},
            signer: Signer::Es256,
            header: |_| {},
            claims: |_| {},
            claimed: vec![],
            id_token: |token| token,
            answer: |_| {},
            location: str::to_owned,
            date: Date::Right,
            iss: false,
            rotates: true,
            leeway: false,
            transfers: true,
            device_done: true,
            latency: Duration::ZERO,
            canned: vec![],
        };
        let shared = Shared {
            issuer: issuer.clone(),
            behaviour: Arc::new(Mutex::new(behaviour)),
            memory: Arc::default(),
        };
        let app = Router::new().fallback(serve).with_state(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Some(Self { issuer, shared, task })
    }

    pub fn behave<T>(&self, change: impl FnOnce(&mut Behaviour) -> T) -> T {
        change(&mut self.shared.behaviour.lock().unwrap())
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        self.shared.memory.lock().unwrap().requests.clear();
    }

    /// The number of requests to a path.
    pub fn hits(&self, path: &str) -> usize {
        self.shared
            .memory
            .lock()
            .unwrap()
            .requests
            .iter()
            .filter(|(requested, _)| requested == path)
            .count()
    }

    /// Waits for the first request to a path since `clear_log`.
    pub async fn wait_for(&self, path: &str) {
        while self.hits(path) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The `accept-encoding` header of each request, with its path.
    pub fn encodings(&self) -> Vec<(String, Option<String>)> {
        self.shared.memory.lock().unwrap().encodings.clone()
    }

    /// The paths of all requests, in order.
    pub fn paths(&self) -> Vec<String> {
        self.shared
            .memory
            .lock()
            .unwrap()
            .requests
            .iter()
            .map(|(path, _)| path.clone())
            .collect()
    }

    pub fn posts(&self, path: &str) -> Vec<Fields> {
        self.shared
            .memory
            .lock()
            .unwrap()
            .requests
            .iter()
            .filter(|(requested, _)| requested == path)
            .map(|(_, fields)| fields.clone())
            .collect()
    }

    /// Every token and code that the provider ever issued or received.
    pub fn secrets(&self) -> Vec<String> {
        self.shared.memory.lock().unwrap().secrets.clone()
    }

    /// The newest refresh token of the newest family.
    pub fn newest(&self) -> Option<String> {
        self.shared
            .memory
            .lock()
            .unwrap()
            .families
            .last()
            .and_then(|family| family.last().cloned())
    }

    /// Revokes every family, as if it had expired or the account had been removed.
    pub fn revoke_all(&self) {
        self.shared
            .memory
            .lock()
            .unwrap()
            .families
            .iter_mut()
            .for_each(Vec::clear);
    }

    /// The user's browser: opens the URL and returns the redirect, which is the callback.
    pub async fn authorize(&self, url: &str) -> String {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        let answer = client.get(url).send().await.unwrap();
        answer
            .headers()
            .get("location")
            .map_or_else(|| panic!("{}", answer.status()), |to| to.to_str().unwrap().to_owned())
    }
}

fn parse(text: &str) -> Fields {
    let pairs: Vec<_> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    let count = pairs.len();
    let fields: Fields = pairs.into_iter().collect();
    assert_eq!(fields.len(), count, "a duplicate parameter (RFC 6749 §3.1)");
    fields
}

async fn serve(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    // The path of the request, after the issuer's.
    let base = url::Url::parse(&shared.issuer)
        .unwrap()
        .path()
        .trim_end_matches('/')
        .to_owned();
    let path = uri.path().strip_prefix(&base).unwrap_or("/outside").to_owned();
    let fields = parse(if method == Method::POST {
        std::str::from_utf8(&body).unwrap()
    } else {
        uri.query().unwrap_or_default()
    });
    let (canned, latency, date) = {
        let mut behaviour = shared.behaviour.lock().unwrap();
        let at = behaviour.canned.iter().position(|(of, _)| *of == path);
        (
            at.map(|at| behaviour.canned.remove(at).1),
            behaviour.latency,
            behaviour.date,
        )
    };
    {
        let mut memory = shared.memory.lock().unwrap();
        for name in ["code", "code_verifier", "refresh_token", "token", "device_code"] {
            memory.secrets.extend(fields.get(name).cloned());
        }
        memory.requests.push((path.clone(), fields.clone()));
        memory.encodings.push((
            path.clone(),
            headers
                .get("accept-encoding")
                .map(|value| value.to_str().unwrap().to_owned()),
        ));
    }
    if path == "/token" && !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let mut answer = match canned {
        Some(canned) => canned.answer().await,
        None => shared.answer(&path, &fields),
    };
    let header = match date {
        Date::Right => None,
        Date::Unreadable => Some("some day".to_owned()),
        Date::At(seconds) => Some(httpdate::fmt_http_date(
            std::time::UNIX_EPOCH + Duration::from_secs(seconds.into()),
        )),
    };
    if let Some(header) = header {
        answer.headers_mut().insert("date", header.parse().unwrap());
    }
    answer
}

impl Shared {
    fn answer(&self, path: &str, fields: &Fields) -> Response<Body> {
        let behaviour = self.behaviour.lock().unwrap();
        let mut memory = self.memory.lock().unwrap();
        match path {
            WELL_KNOWN => {
                let at = |path: &str| format!("{}/{path}", self.issuer.trim_end_matches('/'));
                let mut document = json!({
                    "issuer": self.issuer, "authorization_endpoint": at("authorize"), "token_endpoint": at("token"), "jwks_uri": at("jwks"),
                    "revocation_endpoint": at("revoke"), "end_session_endpoint": at("logout"), "device_authorization_endpoint": at("device"),
                    "code_challenge_methods_supported": ["S256"], "id_token_signing_alg_values_supported": ["RS256", "ES256"],
                });
                (behaviour.metadata)(&mut document);
                reply(200, &document)
            }
            "/jwks" => {
                let mut keys = json!({"keys": [Signer::Es256.jwk(), Signer::Rs256.jwk()]});
                (behaviour.jwks)(&mut keys);
                reply(200, &keys)
            }
            "/authorize" => {
                assert_eq!(
                    (
                        fields["response_type"].as_str(),
                        fields["client_id"].as_str(),
                        fields["code_challenge_method"].as_str()
                    ),
                    ("code", CLIENT, "S256")
                );
                let code = memory.secret("code");
                let iss = if behaviour.iss {
                    format!("&iss={}", self.issuer)
                } else {
                    String::new()
                };
                let location = format!("{}?code={code}&state={}{iss}", fields["redirect_uri"], fields["state"]);
                memory.codes.insert(code, fields.clone());
                Response::builder()
                    .status(302)
                    .header("location", (behaviour.location)(&location))
                    .body(Body::empty())
                    .unwrap()
            }
            "/device" => {
                let device = memory.secret("device");
                reply(
                    200,
                    &json!({"device_code": device, "user_code": "BCDF-GHJK", "verification_uri": format!("{}activate", self.issuer), "expires_in": 600, "interval": 5}),
                )
            }
            "/token" => self.token(&behaviour, &mut memory, fields),
            "/revoke" => {
                let token = &fields["token"];
                memory
                    .families
                    .iter_mut()
                    .filter(|family| family.contains(token))
                    .for_each(Vec::clear);
                Response::new(Body::empty())
            }
            _ => refusal(404, "not_found"),
        }
    }

    fn token(&self, behaviour: &Behaviour, memory: &mut Memory, fields: &Fields) -> Response<Body> {
        assert_eq!(fields["client_id"], CLIENT);
        let family = match fields["grant_type"].as_str() {
            "authorization_code" => {
                let Some(request) = memory.codes.remove(&fields["code"]) else {
                    return refusal(400, "invalid_grant");
                };
                let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&fields["code_verifier"]));
                if request["code_challenge"] != challenge || request["redirect_uri"] != fields["redirect_uri"] {
                    return refusal(400, "invalid_grant");
                }
                memory.families.push(vec![]);
                memory.nonces.push(request["nonce"].clone());
                memory.families.len() - 1
            }
            "urn:ietf:params:oauth:grant-type:device_code" if behaviour.device_done => {
                memory.families.push(vec![]);
                memory.nonces.push(String::new());
                memory.families.len() - 1
            }
            "urn:ietf:params:oauth:grant-type:device_code" => return refusal(400, "authorization_pending"),
            "refresh_token" => {
                let sent = &fields["refresh_token"];
                let Some(at) = memory.families.iter().position(|family| family.contains(sent)) else {
                    return refusal(403, "invalid_grant");
                };
                let family = &mut memory.families[at];
                let age = family.iter().rev().position(|token| token == sent).unwrap();
                if age > usize::from(behaviour.leeway) {
                    family.clear();
                    return refusal(403, "invalid_grant");
                }
                at
            }
            _ => return refusal(400, "unsupported_grant_type"),
        };
        let first = fields["grant_type"] != "refresh_token";
        let refresh_token = (first || behaviour.rotates).then(|| memory.secret("refresh"));
        memory.families[family].extend(refresh_token.clone());
        let access_token = memory.secret("access");
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "person", "iat": real_now(), "exp": real_now() + 3_600,
            "at_hash": URL_SAFE_NO_PAD.encode(&Sha256::digest(&access_token)[..16]),
        });
        if first && !memory.nonces[family].is_empty() {
            claims["nonce"] = memory.nonces[family].clone().into();
        }
        for (name, value) in &behaviour.claimed {
            claims[*name] = value.clone();
        }
        (behaviour.claims)(&mut claims);
        let mut header = json!({"alg": behaviour.signer.algorithm(), "kid": behaviour.signer.kid()});
        (behaviour.header)(&mut header);
        let id_token = (behaviour.id_token)(behaviour.signer.sign(&header, &claims));
        memory.secrets.push(id_token.clone());
        let mut answer =
            json!({"access_token": access_token, "token_type": "Bearer", "expires_in": 3_600, "id_token": id_token});
        if fields
            .get("audience")
            .is_some_and(|audience| audience == "urn:127.0.0.1:session_transfer")
            && behaviour.transfers
        {
            answer["token_type"] = "N_A".into();
            answer["issued_token_type"] = "urn:auth0:params:oauth:token-type:session_transfer_token".into();
            answer["expires_in"] = 60.into();
        }
        if let Some(refresh_token) = refresh_token {
            answer["refresh_token"] = refresh_token.into();
        }
        (behaviour.answer)(&mut answer);
        reply(200, &answer)
    }
}

impl Memory {
    /// A secret that is random, and long enough to be found in a program's output.
    fn secret(&mut self, what: &str) -> String {
        self.count += 1;
        let mut random = [0_u8; 12];
        getrandom::fill(&mut random).unwrap();
        let secret = format!("{what}-{}-{}", self.count, URL_SAFE_NO_PAD.encode(random));
        self.secrets.push(secret.clone());
        secret
    }
}
