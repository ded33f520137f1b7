//! An identity provider in memory: signed ID tokens, rotating refresh tokens, and one fault at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use session::{BoxFuture, Clock, Http, HttpError, Request, Response};
use url::Url;

use super::FakeClock;

/// The issuer of the environment `development`.
pub(crate) const ISSUER: &str = "http://127.0.0.1:4400/";
/// The client of the environment `development`.
pub(crate) const CLIENT: &str = "konnect-groep-development";
/// The private key of the session's own tests, which no provider has.
const KEY: &[u8] = include_bytes!("../../../session/tests/common/keys/ec.pem");

type Fields = HashMap<String, String>;

/// What comes back instead of the provider's own answer.
#[derive(Clone)]
pub(crate) enum Answer {
    Json(u16, Value),
    /// No response.
    Lost(HttpError),
}

#[allow(clippy::struct_excessive_bools)] // switches of a fake
struct Memory {
    requests: Vec<(String, Fields)>,
    overrides: Vec<(&'static str, Answer)>,
    /// What comes back instead of it until that is taken back.
    standing: Option<(&'static str, Answer)>,
    /// The nonce of each code that was not redeemed yet.
    nonces: HashMap<String, String>,
    /// Refresh tokens that the provider accepts.
    refresh_tokens: Vec<String>,
    issued: usize,
    has_device_flow: bool,
    device_done: bool,
    transfers: bool,
    has_refresh_tokens: bool,
}

/// The provider. Serves every issuer whose URLs reach it.
pub(crate) struct FakeProvider {
    clock: FakeClock,
    memory: Mutex<Memory>,
}

impl FakeProvider {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            clock: FakeClock::new(),
            memory: Mutex::new(Memory {
                requests: vec![],
                overrides: vec![],
                standing: None,
                nonces: HashMap::new(),
                refresh_tokens: vec![],
                issued: 0,
                has_device_flow: true,
                device_done: false,
                transfers: true,
                has_refresh_tokens: true,
            }),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers the next request to `path` in this way. May be called several times.
    pub(crate) fn answer_next(&self, path: &'static str, answer: Answer) {
        self.lock().overrides.push((path, answer));
    }

    /// Answers every request to `path` in this way, until it is told not to.
    pub(crate) fn answer_always(&self, path: &'static str, answer: Option<Answer>) {
        self.lock().standing = answer.map(|answer| (path, answer));
    }

    /// Offers no device flow.
    pub(crate) fn drop_device_flow(&self) {
        self.lock().has_device_flow = false;
    }

    /// A person has entered the user code.
    pub(crate) fn complete_device_flow(&self) {
        self.lock().device_done = true;
    }

    /// Issues ordinary tokens to whoever asks for a session transfer, or transfer tokens again.
    pub(crate) fn set_transfers(&self, transfers: bool) {
        self.lock().transfers = transfers;
    }

    /// Issues no refresh token at a sign-in.
    pub(crate) fn drop_refresh_tokens(&self) {
        self.lock().has_refresh_tokens = false;
    }

    /// Ends every session.
    pub(crate) fn end_sessions(&self) {
        self.lock().refresh_tokens.clear();
    }

    /// How many sessions the provider has.
    pub(crate) fn sessions(&self) -> usize {
        self.lock().refresh_tokens.len()
    }

    /// The fields of every request to `path`.
    pub(crate) fn requests(&self, path: &str) -> Vec<Fields> {
        let memory = self.lock();
        let to_path = memory.requests.iter().filter(|(requested, _)| requested == path);
        to_path.map(|(_, fields)| fields.clone()).collect()
    }

    /// How many refreshes were asked for, session transfers not counted.
    pub(crate) fn refreshes(&self) -> usize {
        let is_refresh = |fields: &&Fields| fields.contains_key("refresh_token") && !fields.contains_key("audience");
        self.requests("/token").iter().filter(is_refresh).count()
    }

    /// How many session transfers were asked for.
    pub(crate) fn transfers(&self) -> usize {
        self.requests("/token")
            .iter()
            .filter(|fields| fields.contains_key("audience"))
            .count()
    }

    /// A person signs in on the page at `authorization_request`. Returns the redirect.
    pub(crate) fn authorize(&self, authorization_request: &Url) -> String {
        let query: Fields = authorization_request.query_pairs().into_owned().collect();
        let mut memory = self.lock();
        memory.issued += 1;
        let code = format!("code-{}", memory.issued);
        memory.nonces.insert(code.clone(), query["nonce"].clone());
        format!("{}?code={code}&state={}", query["redirect_uri"], query["state"])
    }

    fn answer(&self, url: &Url, fields: &Fields) -> Response {
        let issuer = format!("{}/", url.origin().ascii_serialization());
        let at = |path: &str| format!("{issuer}{path}");
        let mut memory = self.lock();
        let (status, body) = match url.path() {
            "/.well-known/openid-configuration" => {
                let mut metadata = json!({
                    "issuer": issuer, "authorization_endpoint": at("login/authorize"), "token_endpoint": at("token"),
                    "jwks_uri": at("jwks"), "revocation_endpoint": at("revoke"), "end_session_endpoint": at("logout"),
                });
                if memory.has_device_flow {
                    metadata["device_authorization_endpoint"] = at("device").into();
                }
                (200, metadata)
            }
            "/jwks" => (
                200,
                json!({"keys": [{
                    "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "ec",
                    "x": "UaSIYN2HYL5NZAyspxRfvv90ZGq2bou4-N6BCx7t59U",
                    "y": "jg4w9ORU_7DnZs74QQ5F-FQQGOFhA_rfIBj7gn-B0CI",
                }]}),
            ),
            "/device" => (
                200,
                json!({
                    "device_code": "device-1", "user_code": "BCDF-GHJK", "verification_uri": at("activate"),
                    "verification_uri_complete": at("activate?user_code=BCDF-GHJK"), "expires_in": 600, "interval": 5,
                }),
            ),
            "/token" => memory.tokens(&issuer, fields, self.clock.now()),
            "/revoke" => {
                memory.refresh_tokens.retain(|token| *token != fields["token"]);
                (200, json!({}))
            }
            _ => (404, json!({"error": "not_found"})),
        };
        self.response(status, &body)
    }

    fn response(&self, status: u16, body: &Value) -> Response {
        Response {
            status,
            date: Some(self.clock.now()),
            retry_after: None,
            body: body.to_string().into_bytes().into(),
        }
    }
}

impl Memory {
    fn tokens(&mut self, issuer: &str, fields: &Fields, now: i64) -> (u16, Value) {
        let nonce = match fields["grant_type"].as_str() {
            "authorization_code" => match self.nonces.remove(&fields["code"]) {
                Some(nonce) => Some(nonce),
                None => return (403, json!({"error": "invalid_grant"})),
            },
            "refresh_token" => {
                let sent = &fields["refresh_token"];
                let Some(at) = self.refresh_tokens.iter().position(|token| token == sent) else {
                    return (403, json!({"error": "invalid_grant"}));
                };
                self.refresh_tokens.remove(at);
                let mut answer = json!({
                    "access_token": "access", "token_type": "Bearer", "expires_in": 60,
                    "refresh_token": self.refresh_token(),
                });
                if fields.contains_key("audience") && self.transfers {
                    answer["access_token"] = "transfer".into();
                    answer["token_type"] = "N_A".into();
                    answer["issued_token_type"] = "urn:auth0:params:oauth:token-type:session_transfer_token".into();
                }
                return (200, answer);
            }
            _ if self.device_done => None,
            _ => return (400, json!({"error": "authorization_pending"})),
        };
        let claims = json!({
            "iss": issuer, "aud": fields["client_id"], "sub": "groep-1", "iat": now, "exp": now + 3_600, "nonce": nonce,
        });
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("ec".to_owned());
        let key = EncodingKey::from_ec_pem(KEY).unwrap();
        let id_token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
        let mut answer = json!({"access_token": "access", "token_type": "Bearer", "id_token": id_token});
        if self.has_refresh_tokens {
            answer["refresh_token"] = self.refresh_token().into();
        }
        (200, answer)
    }

    fn refresh_token(&mut self) -> String {
        self.issued += 1;
        let token = format!("refresh-{}", self.issued);
        self.refresh_tokens.push(token.clone());
        token
    }
}

/// The identity provider's HTTP, for [`crate::Platform`].
pub(crate) struct ProviderHttp(pub(crate) Arc<FakeProvider>);

impl Http for ProviderHttp {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, HttpError>> {
        let provider = self.0.clone();
        let body = request.form.as_ref().map_or("", |form| form.body());
        let fields: Fields = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        Box::pin(async move {
            let path = request.url.path().to_owned();
            let replaced = {
                let mut memory = provider.lock();
                memory.requests.push((path.clone(), fields.clone()));
                let at = memory.overrides.iter().position(|(overridden, _)| *overridden == path);
                let standing = memory.standing.clone().filter(|(overridden, _)| *overridden == path);
                at.map(|at| memory.overrides.remove(at).1)
                    .or(standing.map(|(_, answer)| answer))
            };
            match replaced {
                None => Ok(provider.answer(&request.url, &fields)),
                Some(Answer::Json(status, body)) => Ok(provider.response(status, &body)),
                Some(Answer::Lost(error)) => Err(error),
            }
        })
    }
}
