//! The authorization code grant with PKCE (RFC 6749 §4.1, RFC 7636, RFC 8252, RFC 9207), and what every sign-in does
//! with the tokens that it brings.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::callback::{AuthorizationResponse, Callback};
use crate::client::Client;
use crate::discovery::Metadata;
use crate::error::{Error, IdTokenError};
use crate::id_token::{self, Expected, NonceRule};
use crate::outcome::{AuthorizationRequest, SignInError, SignedIn};
use crate::secret::Secret;
use crate::store::{self, PendingSignIn, SessionRecord, VERSION};
use crate::token_endpoint::{self, TokenResponse};
use crate::traits;

/// How long a sign-in may take, in seconds.
const MAX_SIGN_IN_SECS: i64 = 600;

/// The parameters of a sign-in request that its ID token must answer.
pub(crate) struct SentParams<'a> {
    pub nonce: Option<&'a str>,
    pub max_age: Option<u64>,
    pub organization: Option<&'a str>,
}

/// A callback that changes nothing: the pending sign-in still waits for its own.
fn ignored(error: Error) -> SignInError {
    SignInError { error, consumed: false }
}

/// The end of the pending sign-in.
fn failed(error: Error) -> SignInError {
    SignInError { error, consumed: true }
}

impl Client {
    /// Builds an authorization request and stores the pending sign-in. `prompt` replaces the configured one.
    pub(crate) async fn begin_sign_in(&self, prompt: Option<&str>) -> Result<AuthorizationRequest, Error> {
        let metadata = self.metadata().await?;
        let params = &self.request_params();
        let pending = PendingSignIn {
            v: VERSION,
            issuer: params.issuer.clone(),
            client_id: params.client_id.clone(),
            redirect_uri: params.redirect_uri.to_string(),
            state: Secret::new(traits::random_token(&*self.random)),
            nonce: Secret::new(traits::random_token(&*self.random)),
            verifier: Secret::new(traits::random_token(&*self.random)),
            started_at: self.clock.now(),
            max_age: params.max_age,
            organization: params.organization.clone(),
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(pending.verifier.expose().as_bytes()));
        let mut url = metadata.authorization_endpoint.clone();
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &params.client_id)
                .append_pair("redirect_uri", &pending.redirect_uri);
            query
                .append_pair("scope", &params.scope())
                .append_pair("state", pending.state.expose())
                .append_pair("nonce", pending.nonce.expose());
            query
                .append_pair("code_challenge", &challenge)
                .append_pair("code_challenge_method", "S256");
            let max_age = params.max_age.map(|seconds| seconds.to_string());
            let prompt = prompt.map(str::to_owned).or_else(|| params.prompt.clone());
            for (name, value) in [
                ("audience", &params.audience),
                ("organization", &params.organization),
                ("connection", &params.connection),
                ("login_hint", &params.login_hint),
                ("ui_locales", &params.ui_locales),
                ("prompt", &prompt),
                ("max_age", &max_age),
            ] {
                if let Some(value) = value {
                    query.append_pair(name, value);
                }
            }
        }
        let value = store::encode(&pending)?;
        let saved = self.store_pending(pending, value).await;
        Ok(AuthorizationRequest { url, saved })
    }

    /// Completes the pending sign-in with its callback.
    ///
    /// The checks come in this order, because only a callback that proves to be ours may end the sign-in: redirect URI,
    /// `state`, age, `iss`, then `error` or `code`. Anybody can send a callback to the app, but only the provider and
    /// the user's browser know `state`.
    ///
    /// The metadata are fetched while the sign-in still waits, so that a provider that cannot be reached for a moment
    /// does not cost the user the sign-in. The pending sign-in is then removed before its code is sent, so that the code
    /// is sent once, whatever happens next.
    pub(crate) async fn complete_sign_in(&self, callback: &str) -> Result<SignedIn, SignInError> {
        let epoch = self.sign_out_epoch();
        let callback = Callback::parse(callback).map_err(ignored)?;
        let pending = self.pending().await.map_err(ignored)?;
        if !callback.matches_redirect_uri(&pending.redirect_uri) {
            return Err(ignored(Error::ForeignCallback));
        }
        if callback.param("state") != Some(pending.state.expose()) {
            return Err(ignored(Error::ForeignCallback));
        }
        let age = self.clock.now().saturating_sub(pending.started_at);
        if !(-MAX_SIGN_IN_SECS..=MAX_SIGN_IN_SECS).contains(&age) {
            self.claim_pending(&pending).await.map_err(failed)?;
            return Err(failed(Error::PendingExpired));
        }
        let issuer = callback.param("iss");
        if issuer.is_some_and(|issuer| issuer != self.config.issuer) {
            return Err(ignored(Error::CallbackIssuer));
        }
        if issuer.is_none() && self.metadata().await.map_err(ignored)?.iss_parameter_supported {
            return Err(ignored(Error::CallbackIssuer));
        }
        match callback.response().map_err(ignored)? {
            AuthorizationResponse::Error(error) => {
                self.claim_pending(&pending).await.map_err(ignored)?;
                Err(failed(error))
            }
            AuthorizationResponse::Code(code) => {
                let metadata = self.metadata().await.map_err(ignored)?;
                self.claim_pending(&pending).await.map_err(ignored)?;
                self.redeem_code(&pending, &code, &metadata, epoch)
                    .await
                    .map_err(failed)
            }
        }
    }

    /// Exchanges the authorization code for tokens (RFC 6749 §4.1.3).
    async fn redeem_code(
        &self,
        pending: &PendingSignIn,
        code: &Secret,
        metadata: &Metadata,
        epoch: u64,
    ) -> Result<SignedIn, Error> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.config.client_id),
            ("code", code.expose()),
            ("redirect_uri", &pending.redirect_uri),
            ("code_verifier", pending.verifier.expose()),
        ];
        let response = token_endpoint::request_token(&*self.http, &metadata.token_endpoint, &fields)
            .await
            .map_err(|error| error.to_error())?;
        let sent = SentParams {
            nonce: Some(pending.nonce.expose()),
            max_age: pending.max_age,
            organization: pending.organization.as_deref(),
        };
        self.establish_session(response, &sent, metadata, epoch).await
    }

    /// Checks the ID token of a sign-in and makes its tokens the session.
    ///
    /// The new session replaces the stored one, even if that belonged to another user. If the provider issued no refresh token,
    /// nothing is stored, and any stored session is removed. If the user signed out after `epoch`, nothing changes, the
    /// new refresh token is revoked, and the result is [`Error::NoPending`].
    pub(crate) async fn establish_session(
        &self,
        response: TokenResponse,
        sent: &SentParams<'_>,
        metadata: &Metadata,
        epoch: u64,
    ) -> Result<SignedIn, Error> {
        if !response.bearer {
            return Err(Error::TokenAnswer);
        }
        let token = response.id_token.as_ref().ok_or(IdTokenError::Missing)?;
        let token = id_token::parse(token.expose())?;
        self.verify_signature(&token, metadata, self.keys(metadata).await)
            .await?;
        let user = token.check_claims(&Expected {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            nonce: sent.nonce.map_or(NonceRule::Optional(None), NonceRule::Required),
            clocks: &self.plausible_clocks(response.date),
            max_age: sent.max_age,
            organization: sent.organization,
            access_token: Some(&response.access_token),
            original: None,
        })?;
        // Held until the new session is stored: an exchange of the old session that ends in between would put the old
        // one back. If another process cannot be excluded, the sign-in is stored all the same.
        let _exchange = self.exchange_lock.lock().await;
        let _process = self.lock_across_processes().await;
        let saved = match &response.refresh_token {
            _ if self.sign_out_epoch() != epoch => Ok(()),
            Some(refresh_token) => {
                let record = SessionRecord {
                    v: VERSION,
                    issuer: self.config.issuer.clone(),
                    client_id: self.config.client_id.clone(),
                    sub: user.sub.clone(),
                    refresh_token: refresh_token.clone(),
                    last_success: self.clock.now(),
                    auth_time: user.auth_time,
                    nonce: sent.nonce.map(str::to_owned),
                };
                self.persist(record, epoch).await
            }
            None => self.forget_any().await,
        };
        if self.sign_out_epoch() != epoch {
            if let Some(refresh_token) = &response.refresh_token {
                let _ = self.revoke(metadata, refresh_token).await;
            }
            return Err(Error::NoPending);
        }
        Ok(SignedIn {
            sub: user.sub,
            refresh_token: response.refresh_token.is_some(),
            saved,
        })
    }
}
