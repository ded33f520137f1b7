//! The OpenID Connect session of a native app: sign-in, refresh, session transfer and sign-out.
//!
//! A [`Session`] signs a user in with authorization code and PKCE, or with a code on another device. It keeps the refresh
//! token in the operating system's keystore, refreshes it before it expires, exchanges it for single-use tokens that sign
//! the user in to the web, and revokes it at sign-out. HTTP, clock, randomness and keystore are arguments, so that tests
//! need no network and no waiting.
//!
//! # How to use it
//!
//! ```
//! # use std::future::ready;
//! # use std::time::Duration;
//! # use session::{BoxFuture, Clock, Http, HttpError, Random, Request, Response};
//! #
//! # const METADATA: &str = r#"{
//! #     "issuer": "https://id.example/",
//! #     "authorization_endpoint": "https://id.example/authorize",
//! #     "token_endpoint": "https://id.example/token",
//! #     "jwks_uri": "https://id.example/jwks",
//! #     "revocation_endpoint": "https://id.example/revoke",
//! #     "end_session_endpoint": "https://id.example/logout"
//! # }"#;
//! # const KEYS: &str = r#"{"keys": [{
//! #     "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "ec",
//! #     "x": "UaSIYN2HYL5NZAyspxRfvv90ZGq2bou4-N6BCx7t59U",
//! #     "y": "jg4w9ORU_7DnZs74QQ5F-FQQGOFhA_rfIBj7gn-B0CI"
//! # }]}"#;
//! # const SIGN_IN: &str = concat!(
//! #     r#"{"access_token": "access-1", "token_type": "Bearer", "refresh_token": "refresh-1", "id_token": ""#,
//! #     "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjIn0.",
//! #     "eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUvIiwiYXVkIjoiZ3JvZXAiLCJzdWIiOiJncm9lcC0xIiwiaWF0IjoxODAwMDAwMDAwLCJleHAiOj",
//! #     "E4MDAwMDM2MDAsIm5vbmNlIjoiQndjSEJ3Y0hCd2NIQndjSEJ3Y0hCd2NIQndjSEJ3Y0hCd2NIQndjSEJ3YyJ9.",
//! #     "iMXLIj9b99vuB1lU1U0CzmYETPg4alVHZYJtg4MR8hXuWxzny34jmhBcm9gYv1VfD8q6LSJVnTAU8gAJe52gDg",
//! #     r#""}"#,
//! # );
//! # const REFRESH: &str = r#"{"access_token": "access-2", "token_type": "Bearer", "refresh_token": "refresh-2"}"#;
//! #
//! # /// A provider that answers each request from a script. Its ID token was signed for the nonce of `Sevens`.
//! # struct ScriptedProvider;
//! # impl Http for ScriptedProvider {
//! #     fn send(&self, request: Request) -> BoxFuture<Result<Response, HttpError>> {
//! #         let form = request.form.as_ref().map_or("", |form| form.body());
//! #         let (status, body) = match request.url.path() {
//! #             "/.well-known/openid-configuration" => (200, METADATA),
//! #             "/jwks" => (200, KEYS),
//! #             "/token" if form.contains("grant_type=authorization_code") => (200, SIGN_IN),
//! #             "/token" if form.contains("refresh_token=refresh-1") => (200, REFRESH),
//! #             "/revoke" if form.contains("token=refresh-2") => (200, ""),
//! #             _ => (404, ""),
//! #         };
//! #         let body = body.as_bytes().to_vec().into();
//! #         Box::pin(ready(Ok(Response { status, date: None, retry_after: None, body })))
//! #     }
//! # }
//! # struct Noon;
//! # impl Clock for Noon {
//! #     fn now(&self) -> i64 {
//! #         1_800_000_000
//! #     }
//! #     fn sleep(&self, _: Duration) -> BoxFuture<()> {
//! #         Box::pin(ready(()))
//! #     }
//! # }
//! # struct Sevens;
//! # impl Random for Sevens {
//! #     fn fill(&self, buffer: &mut [u8]) {
//! #         buffer.fill(7);
//! #     }
//! # }
//! # fn open_in_browser(url: &url::Url) -> String {
//! #     let (_, state) = url.query_pairs().find(|(name, _)| name == "state").unwrap();
//! #     format!("nl.example.groep:/callback?code=c0de&state={state}")
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (provider, clock, random) = (ScriptedProvider, Noon, Sevens);
//! use std::sync::Arc;
//!
//! use session::store::memory::MemoryStore;
//! use session::{Config, RefreshOutcome, Session};
//!
//! // An app passes `ReqwestHttp`, `SystemClock`, `SystemRandom` and `KeyringStore` here.
//! let config = Config::new(
//!     "https://id.example/".to_owned(),
//!     "groep".to_owned(),
//!     "nl.example.groep:/callback".parse()?,
//! );
//! let store = Arc::new(MemoryStore::default());
//! let session = Session::new(config, Arc::new(provider), Arc::new(clock), Arc::new(random), store);
//!
//! // Sign in. The operating system returns the callback to the app when the user is done in the browser.
//! let request = session.begin_sign_in().await?;
//! let callback = open_in_browser(&request.url);
//! let signed_in = session.complete_sign_in(&callback).await?;
//! assert_eq!(signed_in.sub, "groep-1");
//!
//! // Refresh, whenever `due_in` says so.
//! assert_eq!(session.due_in().await, None);
//! match session.refresh().await {
//!     RefreshOutcome::Refreshed { rotated, saved } => assert!(rotated && saved.is_ok()),
//!     RefreshOutcome::Kept(error) => println!("still signed in, try again later: {error}"),
//!     RefreshOutcome::SignedOut(error) => println!("sign in again: {error}"),
//! }
//!
//! // Sign out. The page at `end_session_url` also ends the user's session in the browser.
//! let signed_out = session.sign_out().await;
//! signed_out.forgotten?;
//! signed_out.revoked?;
//! assert!(signed_out.end_session_url.is_some());
//! assert_eq!(session.stored().await?, None);
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//!
//! - **A session ends only on a definitive answer**: `invalid_grant` for the refresh token that is still the stored one.
//!   An unreachable network, a busy or broken provider, a locked or damaged keystore and a wrong clock never sign a user
//!   out.
//! - **A lost response costs no session** if the provider has a leeway and [`Config::rotation_leeway`] names it:
//!   [`Session::due_in`] asks for retries within the leeway, also after a restart.
//! - **A rotated refresh token is saved before a caller sees the result.** Request and save run in a task of their own,
//!   so a caller that is cancelled loses nothing. One exchange runs at a time.
//! - **A callback of another sign-in changes nothing**, and no request is sent because of it.
//! - **Secrets do not print.** Tokens are [`Secret`]s, and an [`Error`] holds neither a secret nor a server's text.
//!
//! A session runs on a Tokio runtime with time enabled: it spawns tasks, and calls the store on blocking threads.
#![warn(missing_docs)]

mod callback;
mod client;
mod config;
mod device_flow;
mod discovery;
mod error;
mod http;
mod id_token;
mod oauth_error;
mod outcome;
mod pending;
mod provider_cache;
mod record;
mod refresh;
mod retry;
mod revocation;
mod schedule;
mod secret;
mod sign_in;
mod sign_out;
pub mod store;
mod token_endpoint;
mod traits;

use std::sync::Arc;
use std::time::Duration;

use url::Url;

pub use config::{Config, Persistence, TransferNames};
pub use error::{Error, IdTokenError, StoreError};
pub use http::ReqwestHttp;
pub use outcome::{
    AuthorizationRequest, DeviceAuthorization, RefreshOutcome, SignInError, SignedIn, SignedOut, StoredSession,
    TransferOutcome, TransferToken,
};
pub use secret::Secret;
pub use traits::{
    BoxFuture, Clock, Form, Http, HttpError, Random, Request, Response, RetryAfter, SystemClock, SystemRandom,
};

use client::Client;
use store::Store;

/// A session at one identity provider. Cheap to clone; all clones are the same session.
#[derive(Clone)]
pub struct Session(Arc<Client>);

impl Session {
    /// Creates a session for `config`. Reads nothing and sends nothing yet.
    #[must_use]
    pub fn new(
        config: Config,
        http: Arc<dyn Http>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        store: Arc<dyn Store>,
    ) -> Self {
        Self(Arc::new(Client::new(config, http, clock, random, store)))
    }

    /// Replaces the parameters of the next authorization request: scopes, audience, organization, connection, login
    /// hint, locales, maximum age and prompt. Also replaces the rotation leeway. The current session goes on. Call this when
    /// the app's settings change.
    ///
    /// Returns `false`, and changes nothing, if `config` is about another session: if its issuer, client id, redirect
    /// URI, persistence, transfer names or `loopback_http` differ. The caller then creates a new session.
    #[must_use]
    pub fn update_request_params(&self, config: &Config) -> bool {
        self.0.update_request_params(config)
    }

    /// Removes every session from memory and from the keystore, also one of another issuer or client. With
    /// [`Persistence::MemoryOnly`] the keystore is left alone. Sends nothing.
    pub async fn forget_any(&self) -> Result<(), StoreError> {
        self.0.forget_any().await
    }

    /// Removes whatever session the keystore holds, also one of another issuer or client, unless the provider has accepted
    /// it after `ended`, in seconds since 1970. For a sign-out that the keystore refused at the time: somebody may have
    /// signed in since. The token waits for [`Session::revoke_pending`]. Sends nothing.
    pub async fn forget_ended(&self, ended: i64) -> Result<(), StoreError> {
        self.0.forget_ended(ended).await
    }

    /// The session of this issuer and client in memory or in the keystore; `None` if there is none. Sends nothing, and
    /// removes nothing: a record that cannot be read is [`StoreError::Unreadable`], and stays until a person signs in,
    /// signs out, or calls [`Session::forget_any`].
    pub async fn stored(&self) -> Result<Option<StoredSession>, StoreError> {
        let record = self.0.record().await?;
        Ok(record.map(|record| StoredSession {
            sub: record.sub,
            last_success: record.last_success,
            owner: record.owner,
        }))
    }

    /// Starts a sign-in: returns the authorization request, which the caller opens in a browser.
    ///
    /// The sign-in waits for its callback for ten minutes, even if the app is restarted. It replaces an earlier sign-in
    /// that still waits. Fails if the metadata cannot be fetched, and not if the keystore fails: see
    /// [`AuthorizationRequest::saved`].
    pub async fn begin_sign_in(&self) -> Result<AuthorizationRequest, Error> {
        self.0.begin_sign_in(None).await
    }

    /// Like [`Session::begin_sign_in`], and the user has to authenticate again although the browser may still be signed
    /// in (`prompt=login`, OpenID Connect Core §3.1.2.1). For a user who wants another account.
    pub async fn begin_fresh_sign_in(&self) -> Result<AuthorizationRequest, Error> {
        self.0.begin_sign_in(Some("login")).await
    }

    /// Completes a sign-in with the whole callback URL that the operating system passed to the app.
    ///
    /// On success the new session has replaced the earlier one, even if that belonged to another user. On an error with
    /// [`SignInError::consumed`] the sign-in is over, and the earlier session is unchanged. On any other error nothing
    /// has changed, and the sign-in waits for its own callback, or, if the code could not be sent, for the same callback
    /// again. Dropping the future does not stop the sign-in.
    pub async fn complete_sign_in(&self, callback: &str) -> Result<SignedIn, SignInError> {
        let (client, callback) = (self.0.clone(), Secret::new(callback.to_owned()));
        let lost = Err(SignInError {
            error: Error::Unreachable,
            consumed: true,
        });
        Client::detached(async move { client.complete_sign_in(callback.expose()).await }, lost).await
    }

    /// Removes the pending sign-in: its callback will be refused with [`Error::NoPending`].
    pub async fn cancel_sign_in(&self) -> Result<(), StoreError> {
        self.0.cancel_sign_in().await
    }

    /// Starts a sign-in on another device (RFC 8628 §3.1): returns the code that the caller shows to the user.
    /// [`Error::Unsupported`] if the provider has no device authorization endpoint.
    pub async fn begin_device_flow(&self) -> Result<DeviceAuthorization, Error> {
        self.0.begin_device_flow().await
    }

    /// Waits until the user has signed in on the other device, or until the code expires or is refused.
    ///
    /// Polls at the pace that the provider sets, and continues after network faults. Dropping the future stops it. On
    /// success the new session has replaced the earlier one.
    pub async fn await_device_flow(&self, authorization: &DeviceAuthorization) -> Result<SignedIn, Error> {
        self.0.clone().await_device_flow(authorization).await
    }

    /// Uses the refresh token, so that its idle lifetime at the provider starts anew.
    ///
    /// Concurrent callers share one request. Retries transient faults with pauses, so the call may take about half a
    /// minute. Dropping the future does not stop the refresh. After a failure [`Session::due_in`] says when to try again.
    pub async fn refresh(&self) -> RefreshOutcome {
        self.0.clone().refresh().await
    }

    /// How long to wait before the next [`Session::refresh`]; `None` if none is needed: the last success is less than a day
    /// old and nothing has failed since, or there is no session. An app that stays signed in waits for this time and
    /// refreshes, again and again; it needs no retries of its own.
    ///
    /// - **Once a day.** The wait is random, so that a fleet of devices does not refresh at the same moment: up to fifteen
    ///   minutes, up to one minute from the third day on, because the device may soon be switched off again, and none from
    ///   the seventh day on.
    /// - **After a lost response**, of a refresh or of a transfer, while [`Config::rotation_leeway`] lasts: 5 to 20
    ///   seconds, and nothing in the first call after a restart. The provider may have rotated the refresh token, and
    ///   accepts the old one only so long.
    /// - **After any other failed refresh**, and when the leeway is over: 5 minutes, and up to half of that more. If the
    ///   provider fails or refuses for more than half an hour, the wait grows to an hour at most. A failed transfer delays
    ///   a refresh that is due, and makes none due.
    /// - **If the provider asked to wait**, not before that time is over, and a random time later.
    ///
    /// The moment is fixed when an exchange fails, so a caller may ask again at any time.
    pub async fn due_in(&self) -> Option<Duration> {
        self.0.due_in().await
    }

    /// Tells the session that the network is back: if an exchange has failed and its retry is planned for later,
    /// [`Session::due_in`] becomes zero, unless the provider asked to wait. Sends nothing. Without a planned retry this
    /// changes nothing, so call it whenever the operating system reports a connection.
    ///
    /// Returns whether a retry was planned, so that the caller need not ask for [`Session::due_in`], which reads the keystore,
    /// after every report.
    #[allow(clippy::must_use_candidate)] // telling the session is what it is for
    pub fn on_network_restored(&self) -> bool {
        self.0.retry_now()
    }

    /// Revokes the refresh tokens of sessions that ended here while the provider could not be reached: signed out without a
    /// network, or removed by [`Session::forget_any`]. Returns how many still wait, because the provider cannot be reached
    /// now. Call it when the app starts and after a sign-out, and again after some minutes until it returns 0. Tokens of
    /// another issuer are revoked too, if their revocation endpoint was known, and wait 90 days at most.
    pub async fn revoke_pending(&self) -> Result<usize, StoreError> {
        let client = self.0.clone();
        Client::detached(async move { client.revoke_pending().await }, Err(StoreError::Failed)).await
    }

    /// Forgets that the provider asked to wait (429, `Retry-After`), so that the next exchange is sent. For a retry that a
    /// person asks for: one request of a person does no harm, and the person sees what the provider answers. Never call
    /// this from a timer.
    pub fn clear_rate_limit(&self) {
        self.0.clear_rate_limit();
    }

    /// Exchanges the refresh token for a single-use token that signs the user in to the web. This is also a refresh: a
    /// rotated refresh token has been saved when the call returns, or [`TransferToken::saved`] says that it is not. Dropping
    /// the future does not stop the exchange.
    pub async fn transfer(&self) -> TransferOutcome {
        self.0.clone().transfer().await
    }

    /// Whether the current refresh token is in memory only, because the keystore refused to save it. The session works on
    /// from memory. Call [`Session::save`] every few seconds until this is `false`: if the process ends before that, the
    /// next one sends an older token, which the provider takes for stolen. Always `false` with
    /// [`Persistence::MemoryOnly`].
    #[must_use]
    pub fn unsaved(&self) -> bool {
        self.0.is_unsaved()
    }

    /// Tries again to save a session that the keystore refused to save. `Ok` if there is none. Call this after an
    /// operation returned `saved: Err(_)`, or while [`Session::unsaved`] holds. Waits for an exchange that runs.
    pub async fn save(&self) -> Result<(), StoreError> {
        self.0.retry_save().await
    }

    /// Signs out: removes the session here, and revokes it at the provider if that can be reached.
    ///
    /// Operations that still run store nothing any more. Dropping the future does not stop the sign-out. The caller
    /// opens [`SignedOut::end_session_url`] to end the user's session in the browser.
    pub async fn sign_out(&self) -> SignedOut {
        let client = self.0.clone();
        let lost = SignedOut {
            end_session_url: None,
            forgotten: Err(StoreError::Failed),
            revoked: Err(Error::Unreachable),
        };
        // Before the task is spawned, so that a sign-in that the caller begins right after this call is not ended by it.
        let pending_epoch = client.begin_sign_out();
        Client::detached(async move { client.sign_out(pending_epoch).await }, lost).await
    }

    /// The provider's authorization endpoint, if the metadata have been fetched. Sends nothing. A web view can compare
    /// navigations with it.
    #[must_use]
    pub fn authorization_endpoint(&self) -> Option<Url> {
        self.0
            .known_metadata()
            .and_then(|metadata| metadata.authorization.as_ref().ok().map(|it| it.endpoint.clone()))
    }
}

/// Compiles the example of the README. It is only built where `KeyringStore::system` exists on a developer's machine.
#[cfg(all(doctest, target_os = "linux"))]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
