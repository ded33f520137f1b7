//! The OpenID Connect session of a native app.
//!
//! A [`Session`] signs a person in with authorization code and PKCE (or with a code on another device), keeps the
//! refresh token in a keystore, keeps it alive, exchanges it for hand-offs to the web, and signs out. HTTP, clock,
//! randomness and keystore are arguments.
//!
//! What it promises:
//!
//! - **Signed out only on a definitive answer**: `invalid_grant` for the token that is still the stored one. A network
//!   that is away, a server that is busy or broken, a locked keystore and a wrong clock never sign anybody out.
//! - **Save before use**: a rotated refresh token is saved before a caller sees its result. Request and save run by
//!   themselves, so a caller that goes away loses nothing. One exchange at a time.
//! - **A foreign callback changes nothing**, and nothing is said to the identity server about it.
//! - **Nothing secret is seen**: tokens are [`Secret`]s, errors hold codes only.
//!
//! Every [`Error`] has a code for the helpdesk.
#![warn(missing_docs)]

mod client;
mod config;
mod device_flow;
mod discovery;
mod error;
mod http;
mod id_token;
mod json;
mod refresh;
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
pub use device_flow::DeviceAuthorization;
pub use error::{Error, IdTokenError, StoreError};
pub use http::ReqwestHttp;
pub use refresh::{RefreshOutcome, TransferOutcome, TransferToken};
pub use secret::Secret;
pub use sign_in::{AuthorizationRequest, SignInError, SignedIn};
pub use sign_out::SignedOut;
pub use traits::{BoxFuture, Clock, Form, Http, HttpError, Random, Request, Response, RetryAfter, SystemRandom};

use client::Client;
use store::Store;

/// A session at one identity server. Cheap to clone; clones are the same session.
#[derive(Clone)]
pub struct Session(Arc<Client>);

/// What is known of the kept session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// The person, at this issuer.
    pub sub: String,
    /// When the identity server last said yes, in seconds since 1970 by the device's clock.
    pub last_success: i64,
}

impl Session {
    /// A session for `config`. Nothing is read or sent yet.
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

    /// Takes over what the next sign-in asks for: scopes, audience, organization, connection, hint, locales, age and
    /// prompt. The session under way goes on. False, and nothing changes, where `config` is another session's: issuer,
    /// client, redirect address, account, transfer names or loopback differ.
    #[must_use]
    pub fn update_request_params(&self, config: &Config) -> bool {
        self.0.update_request_params(config)
    }

    /// Forgets whatever session the keystore holds, also another issuer's, and tells no server.
    pub async fn forget_any(&self) -> Result<(), StoreError> {
        self.0.forget_any().await
    }

    /// The kept session of this issuer and client, if there is one.
    pub async fn stored(&self) -> Result<Option<StoredSession>, StoreError> {
        let record = self.0.record().await?;
        Ok(record.map(|record| StoredSession {
            sub: record.sub,
            last_success: record.last_success,
        }))
    }

    /// Starts a sign-in: the authorization request, to be opened in a browser. It waits for its callback for ten
    /// minutes, also over a restart of the app. A new one replaces the one before.
    pub async fn begin_sign_in(&self) -> Result<AuthorizationRequest, Error> {
        self.0.begin(None).await
    }

    /// The same, and the person signs in anew even where the browser still knows somebody (`prompt=login`, OpenID
    /// Connect Core, 3.1.2.1): another account may be meant.
    pub async fn begin_fresh_sign_in(&self) -> Result<AuthorizationRequest, Error> {
        self.0.begin(Some("login")).await
    }

    /// Ends a sign-in with the whole address that the browser was sent back to.
    pub async fn complete_sign_in(&self, callback: &str) -> Result<SignedIn, SignInError> {
        let (inner, callback) = (self.0.clone(), Secret::new(callback.to_owned()));
        let lost = Err(SignInError {
            error: Error::Unreachable,
            consumed: true,
        });
        Client::detached(async move { inner.complete(callback.expose()).await }, lost).await
    }

    /// Forgets the sign-in under way.
    pub async fn cancel_sign_in(&self) -> Result<(), StoreError> {
        self.0.cancel().await
    }

    /// Asks for a code to type on another device.
    pub async fn begin_device_flow(&self) -> Result<DeviceAuthorization, Error> {
        self.0.begin_device_flow().await
    }

    /// Waits until the person has used the code. Dropping the future stops waiting.
    pub async fn await_device_flow(&self, code: &DeviceAuthorization) -> Result<SignedIn, Error> {
        self.0.clone().await_device_flow(code).await
    }

    /// Uses the refresh token, so that its idle lifetime slides.
    pub async fn refresh(&self) -> RefreshOutcome {
        self.0.clone().refresh().await
    }

    /// How long to wait before the next [`Self::refresh`]; none before the last success is a day old. A fleet spreads
    /// over a quarter of an hour; a session that was not used for days does not wait that long, for the tablet may be
    /// put away again: over a minute from the third day, at once from the seventh.
    pub async fn due_in(&self) -> Option<Duration> {
        self.0.due_in().await
    }

    /// Exchanges the refresh token for a single-use token that signs the web in. It is a refresh, too.
    pub async fn transfer(&self) -> TransferOutcome {
        self.0.clone().transfer().await
    }

    /// Tries once more to save a session that the keystore refused.
    pub async fn save(&self) -> Result<(), StoreError> {
        self.0.save_again().await
    }

    /// Signs out, here without fail and at the server as far as it can be reached.
    pub async fn sign_out(&self) -> SignedOut {
        let inner = self.0.clone();
        let lost = SignedOut {
            end_session_url: None,
            forgotten: Err(StoreError::Failed),
            revoked: Err(Error::Unreachable),
        };
        Client::detached(async move { inner.sign_out().await }, lost).await
    }

    /// The authorization endpoint, if the metadata has been fetched.
    #[must_use]
    pub fn authorization_endpoint(&self) -> Option<Url> {
        self.0
            .known_metadata()
            .map(|metadata| metadata.authorization_endpoint.clone())
    }
}
