//! What the identity provider issued to the trial of `provision doctor --sign-in`. The session keeps most of it to itself,
//! so this HTTP client, which the session sends its requests through, looks at the answers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use session::{BoxFuture, Error, Http, HttpError, Request, ReqwestHttp, Response, Secret};
use url::Url;

use crate::network::{Failure, Network};

/// The HTTP client of the trial. Clones share what they saw.
///
/// Each request runs in a task of its own: if the caller goes away, because somebody pressed Ctrl-C, the answer is still
/// read, so that a token in it can be revoked.
#[derive(Clone)]
pub struct ObservedHttp(Arc<Inner>);

struct Inner {
    http: ReqwestHttp,
    network: Network,
    issued: Mutex<Issued>,
    in_flight: AtomicUsize,
}

/// Everything that the token endpoint issued.
#[derive(Default)]
struct Issued {
    /// The oldest first.
    refresh_tokens: Vec<Secret>,
    first_id_token: Option<Secret>,
    last_answer: TokenAnswer,
    token_endpoint: Option<Url>,
    revocation_endpoint: Option<Url>,
}

/// The members of the last answer with a token that are no secret.
#[derive(Clone, Default)]
pub struct TokenAnswer {
    pub expires_in: Option<u64>,
    /// Not a standard's, but some identity providers tell it.
    pub refresh_token_expires_in: Option<u64>,
    pub issued_token_type: Option<String>,
}

/// What the token endpoint did with a refresh token.
pub enum Reuse {
    Accepted,
    /// `invalid_grant`: definitive.
    Refused,
    /// No answer, or one that says nothing about the token.
    Unclear(Error),
}

impl ObservedHttp {
    pub fn new(http: ReqwestHttp, network: Network) -> Self {
        Self(Arc::new(Inner {
            http,
            network,
            issued: Mutex::default(),
            in_flight: AtomicUsize::new(0),
        }))
    }

    fn issued(&self) -> MutexGuard<'_, Issued> {
        self.0.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every refresh token of the trial, the oldest first.
    pub fn refresh_tokens(&self) -> Vec<Secret> {
        self.issued().refresh_tokens.clone()
    }

    /// The ID token of the sign-in.
    pub fn id_token(&self) -> Option<Secret> {
        self.issued().first_id_token.clone()
    }

    pub fn last_answer(&self) -> TokenAnswer {
        self.issued().last_answer.clone()
    }

    /// Whether `url` is on the origin of the token endpoint, which the session has found to belong to the issuer.
    pub fn is_on_token_origin(&self, url: &Url) -> bool {
        let issued = self.issued();
        issued
            .token_endpoint
            .as_ref()
            .is_some_and(|known| known.origin() == url.origin())
    }

    /// Sends a refresh token to the token endpoint, past the session: the session never sends a token that it knows to be
    /// replaced.
    pub async fn refresh(&self, client_id: &str, token: &Secret) -> Reuse {
        let Some(endpoint) = self.issued().token_endpoint.clone() else {
            return Reuse::Unclear(Error::Unsupported);
        };
        let (client_id, token) = (client_id.to_owned(), token.clone());
        let answer = self
            .detached(move |observed| async move {
                let fields = [
                    ("grant_type", "refresh_token"),
                    ("client_id", client_id.as_str()),
                    ("refresh_token", token.expose()),
                ];
                let answer = observed.0.network.post(endpoint.clone(), "", &fields).await;
                if let Some(object) = answer.as_ref().ok().and_then(crate::network::Answer::json) {
                    observed.note_tokens(&endpoint, &object);
                }
                answer
            })
            .await;
        let Some(Ok(answer)) = answer else {
            return Reuse::Unclear(Error::Unreachable);
        };
        let object = answer.json();
        let text = |name: &str| {
            object
                .as_ref()
                .and_then(|object| object.get(name)?.as_str().map(str::to_owned))
        };
        match answer.status {
            200 if text("access_token").is_some() => Reuse::Accepted,
            400 | 401 | 403 if text("error").as_deref() == Some("invalid_grant") => Reuse::Refused,
            300..=399 => Reuse::Unclear(Error::Redirect),
            429 => Reuse::Unclear(Error::Busy),
            500..=599 => Reuse::Unclear(Error::ServerFault),
            _ if object.is_none() => Reuse::Unclear(Error::NotJson),
            400..=499 => Reuse::Unclear(Error::ClientRefused),
            _ => Reuse::Unclear(Error::TokenAnswer),
        }
    }

    /// Revokes a refresh token (RFC 7009): at the endpoint that the session used, or else at `endpoint`.
    pub async fn revoke(&self, endpoint: Option<&Url>, client_id: &str, token: &Secret) -> Result<(), Error> {
        let known = self.issued().revocation_endpoint.clone();
        let endpoint = known.or_else(|| endpoint.cloned()).ok_or(Error::Unsupported)?;
        let fields = [
            ("client_id", client_id),
            ("token", token.expose()),
            ("token_type_hint", "refresh_token"),
        ];
        match self.0.network.post(endpoint, "", &fields).await {
            Ok(answer) if answer.status == 200 => Ok(()),
            Ok(answer) if answer.status >= 500 => Err(Error::ServerFault),
            Ok(answer) if answer.status == 429 => Err(Error::Busy),
            Ok(_) => Err(Error::ClientRefused),
            Err(Failure { .. }) => Err(Error::Unreachable),
        }
    }

    /// Waits until no request is under way. Each ends within ten seconds.
    pub async fn settle(&self) {
        while self.0.in_flight.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn detached<T, F>(&self, work: impl FnOnce(Self) -> F) -> Option<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let guard = InFlight::new(self.clone());
        let work = work(self.clone());
        let task = tokio::spawn(async move {
            let outcome = work.await;
            drop(guard);
            outcome
        });
        task.await.ok()
    }

    fn note_tokens(&self, endpoint: &Url, answer: &Map<String, Value>) {
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| answer.get(name).and_then(Value::as_u64);
        let (refresh_token, id_token) = (text("refresh_token"), text("id_token"));
        let mut issued = self.issued();
        if text("access_token").is_none() && refresh_token.is_none() {
            return;
        }
        issued.token_endpoint = Some(endpoint.clone());
        issued.first_id_token = issued.first_id_token.take().or(id_token.map(Secret::new));
        issued.last_answer = TokenAnswer {
            expires_in: number("expires_in"),
            refresh_token_expires_in: number("refresh_token_expires_in"),
            issued_token_type: text("issued_token_type"),
        };
        if let Some(token) = refresh_token.map(Secret::new)
            && !issued.refresh_tokens.contains(&token)
        {
            issued.refresh_tokens.push(token);
        }
    }
}

impl Http for ObservedHttp {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, HttpError>> {
        let observed = self.clone();
        Box::pin(async move {
            let sent = observed.detached(move |observed| async move {
                let url = request.url.clone();
                let form = request.form.clone();
                let response = observed.0.http.send(request).await;
                let Some(form) = form else { return response };
                if form.body().contains("token_type_hint=") {
                    observed.issued().revocation_endpoint = Some(url);
                } else if let Some(answer) = response
                    .as_ref()
                    .ok()
                    .and_then(|response| strict_json::parse_object(&response.body).ok())
                {
                    observed.note_tokens(&url, &answer);
                }
                response
            });
            sent.await.unwrap_or(Err(HttpError::Unreachable))
        })
    }
}

/// Counts a request while it is under way.
struct InFlight(ObservedHttp);

impl InFlight {
    fn new(observed: ObservedHttp) -> Self {
        observed.0.in_flight.fetch_add(1, Ordering::SeqCst);
        Self(observed)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}
