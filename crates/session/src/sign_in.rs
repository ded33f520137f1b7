//! The authorization code grant with PKCE (RFC 6749 §4.1, RFC 7636, RFC 8252, RFC 9207), and what every sign-in does
//! with the tokens that it brings.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::callback::{AuthorizationResponse, Callback};
use crate::client::Client;
use crate::discovery::Metadata;
use crate::error::{Error, IdTokenError};
use crate::id_token::{self, Expected, NonceRule};
use crate::outcome::{AuthorizationRequest, SignInError, SignedIn};
use crate::provider_cache::KeySet;
use crate::secret::Secret;
use crate::store::{self, OtherMembers, PendingSignIn, SessionRecord, VERSION};
use crate::token_endpoint::{self, NoResponse, ReceivedIdToken, TokenError, TokenResponse};
use crate::traits;

/// How long a sign-in may take, in seconds.
const MAX_SIGN_IN_SECS: i64 = 600;
/// The longest pause before an authorization code whose response was lost is sent once more. The pause is random.
const CODE_RETRY_PAUSE: Duration = Duration::from_secs(2);

/// The parameters of a sign-in request that its ID token must answer.
pub(crate) struct SentParams<'a> {
    pub nonce: Option<&'a str>,
    pub max_age: Option<u64>,
    pub organization: Option<&'a str>,
    /// [`Config::owner`](crate::Config::owner) when the sign-in began.
    pub owner: Option<&'a str>,
}

/// Why an authorization code brought no tokens.
struct NotRedeemed {
    error: Error,
    /// Whether the provider has certainly not used the code up.
    code_is_unspent: bool,
}

/// Whether the code has not left the device, or the provider refused to look at it because of too many requests.
fn is_unspent(error: &TokenError) -> bool {
    match error {
        TokenError::NoResponse(NoResponse {
            error: Error::Unreachable | Error::Tls | Error::Busy,
            may_have_acted: false,
            ..
        }) => true,
        TokenError::NoResponse(_) | TokenError::OAuth(_) | TokenError::NoReason => false,
    }
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
        let authorization = metadata.authorization.as_ref().map_err(|error| *error)?;
        // The ID token of the sign-in will need the keys.
        metadata.jwks_uri.as_ref().map_err(|error| *error)?;
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
            owner: params.owner.clone(),
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(pending.verifier.expose().as_bytes()));
        let mut url = authorization.endpoint.clone();
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
    /// Metadata and keys are fetched while the sign-in still waits, so that a provider that cannot be reached for a moment
    /// does not cost the user the sign-in. The pending sign-in is then removed before its code is sent, so that another
    /// callback cannot send the code too. If the code has not left the device, the pending sign-in is put back, and the
    /// same callback can complete it later.
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
        if issuer.is_none() {
            let metadata = self.metadata().await.map_err(ignored)?;
            if metadata
                .authorization
                .as_ref()
                .map_err(|error| ignored(*error))?
                .iss_parameter_supported
            {
                return Err(ignored(Error::CallbackIssuer));
            }
        }
        match callback.response().map_err(ignored)? {
            AuthorizationResponse::Error(error) => {
                self.claim_pending(&pending).await.map_err(ignored)?;
                Err(failed(error))
            }
            AuthorizationResponse::Code(code) => {
                let metadata = self.metadata().await.map_err(ignored)?;
                let keys = self.keys(&metadata).await.map_err(ignored)?;
                let pending_epoch = self.claim_pending(&pending).await.map_err(ignored)?;
                match self.redeem_code(&pending, &code, &metadata).await {
                    Ok(response) => {
                        let sent = SentParams {
                            nonce: Some(pending.nonce.expose()),
                            max_age: pending.max_age,
                            organization: pending.organization.as_deref(),
                            owner: pending.owner.as_deref(),
                        };
                        self.establish_session(response, &sent, (&metadata, Ok(keys)), epoch)
                            .await
                            .map_err(failed)
                    }
                    Err(unspent) if unspent.code_is_unspent => {
                        let waits = self.restore_pending(pending, pending_epoch).await.is_ok()
                            && self.pending_epoch() == pending_epoch;
                        Err(SignInError {
                            error: unspent.error,
                            consumed: !waits,
                        })
                    }
                    Err(spent) => Err(failed(spent.error)),
                }
            }
        }
    }

    /// Exchanges the authorization code for tokens (RFC 6749 §4.1.3).
    ///
    /// If the response is lost, the code is sent once more within seconds: the provider may not have seen it. If the
    /// provider has seen it, the second request is refused, and the first fault is the one to report. More than once would
    /// help nobody, because a code lives for a minute and is used once.
    async fn redeem_code(
        &self,
        pending: &PendingSignIn,
        code: &Secret,
        metadata: &Metadata,
    ) -> Result<TokenResponse, NotRedeemed> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.config.client_id),
            ("code", code.expose()),
            ("redirect_uri", &pending.redirect_uri),
            ("code_verifier", pending.verifier.expose()),
        ];
        let first = match token_endpoint::request_token(&*self.http, &metadata.token_endpoint, &fields).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        let is_lost = match &first {
            TokenError::NoResponse(NoResponse {
                error: Error::Unreachable | Error::Timeout | Error::ServerFault,
                ..
            }) => first.may_have_acted(),
            TokenError::NoResponse(_) | TokenError::OAuth(_) | TokenError::NoReason => false,
        };
        if !is_lost {
            return Err(NotRedeemed {
                error: first.to_error(),
                code_is_unspent: is_unspent(&first),
            });
        }
        self.clock.sleep(traits::jitter(&*self.random, CODE_RETRY_PAUSE)).await;
        token_endpoint::request_token(&*self.http, &metadata.token_endpoint, &fields)
            .await
            .map_err(|second| NotRedeemed {
                error: match second.to_error() {
                    Error::CodeRefused => first.to_error(),
                    error => error,
                },
                code_is_unspent: false,
            })
    }

    /// Checks the ID token of a sign-in and makes its tokens the session.
    ///
    /// The new session replaces the stored one, even if that belonged to another user or cannot be read. If the keystore
    /// refuses to save it, the session of another user is removed at least, so that a restart does not bring it back. If
    /// the provider issued no refresh token, nothing is stored, and any stored session is removed. If the user signed out
    /// after `epoch`, or the session is to be another owner's now, nothing changes, the new refresh token is revoked, and
    /// the result is [`Error::NoPending`].
    pub(crate) async fn establish_session(
        &self,
        response: TokenResponse,
        sent: &SentParams<'_>,
        (metadata, keys): (&Metadata, Result<KeySet, Error>),
        epoch: u64,
    ) -> Result<SignedIn, Error> {
        if !response.bearer {
            return Err(Error::TokenAnswer);
        }
        let token = match &response.id_token {
            ReceivedIdToken::Text(token) => token,
            ReceivedIdToken::Missing => return Err(IdTokenError::Missing.into()),
            ReceivedIdToken::Invalid => return Err(Error::TokenAnswer),
        };
        let token = id_token::parse(token.expose())?;
        self.verify_signature(&token, metadata, keys).await?;
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
        let is_overtaken = || self.sign_out_epoch() != epoch || !self.is_owner(sent.owner);
        let saved = match &response.refresh_token {
            _ if is_overtaken() => Ok(()),
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
                    org_id: user.org_id,
                    org_name: user.org_name,
                    sid: user.sid,
                    owner: sent.owner.map(str::to_owned),
                    sent_at: None,
                    other: OtherMembers::default(),
                };
                self.clear_retry();
                let saved = self.persist(record.clone(), epoch).await;
                if saved.is_err() {
                    // The caller hears that the save failed; a keystore that refuses this call too is in the same state.
                    let _removed = self.forget_stored_of_others(&record).await;
                }
                saved
            }
            None => self.forget_any().await,
        };
        // Asked again, because the save may have taken long.
        if is_overtaken() {
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
