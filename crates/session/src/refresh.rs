//! The refresh token grant (RFC 6749 §6, RFC 9700 §4.14): to keep the session alive, or to get a session transfer token.
//!
//! One exchange runs at a time. Its result is saved before a caller sees it, and neither request nor save can be
//! cancelled; the module docs of `client` say why. Only `invalid_grant` for the token that is still the stored one ends
//! a session.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use url::Url;

use crate::client::Client;
use crate::discovery::Metadata;
use crate::error::{Error, IdTokenError, StoreError};
use crate::id_token::{self, Expected, NonceRule, OriginalSignIn};
use crate::outcome::{RefreshOutcome, TransferOutcome, TransferToken};
use crate::provider_cache::KeySet;
use crate::store::SessionRecord;
use crate::token_endpoint::{self, TokenError, TokenResponse};
use crate::traits::{self, BoxFuture, RetryAfter};

/// How many times one exchange sends its request at most.
const MAX_ATTEMPTS: u32 = 3;
/// The same after a timeout. Each attempt then costs ten seconds, and the provider's leeway for a lost response lasts
/// only minutes, so there is one retry.
const MAX_ATTEMPTS_AFTER_TIMEOUT: u32 = 2;
/// The pause after attempt `n` is random, and `BACKOFF * 2ⁿ` at most.
const BACKOFF: Duration = Duration::from_millis(500);
/// The longest `Retry-After`, in seconds, that an exchange waits for. A longer one ends the exchange.
const MAX_INLINE_WAIT_SECS: u64 = 5;
/// How long after its last success a session is due for a refresh, in seconds.
const DUE_AFTER_SECS: i64 = 24 * 3_600;
/// The time over which the refreshes of a fleet that is due are spread.
const SPREAD: Duration = Duration::from_mins(15);
/// The same for a session that was last refreshed three days ago: the tablet may be switched off again in a minute.
const SHORT_SPREAD: Duration = Duration::from_mins(1);
const THREE_DAYS_SECS: i64 = 3 * DUE_AFTER_SECS;
const SEVEN_DAYS_SECS: i64 = 7 * DUE_AFTER_SECS;

/// What an exchange is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Refresh,
    Transfer,
}

/// How an exchange ended.
enum ExchangeOutcome {
    /// The response passed all checks, and its refresh token has been saved or is in memory.
    Tokens {
        response: Box<TokenResponse>,
        rotated: bool,
        saved: Result<(), StoreError>,
    },
    /// The provider refused this request; the session stays.
    Refused(Error),
    /// No usable response; the session stays.
    Kept(Error),
    /// There is no session any more.
    SignedOut(Error),
}

impl Client {
    /// Refreshes the session. Concurrent callers share one request and its outcome, but a caller that comes after a
    /// sign-out does not share a refresh that began before.
    pub(crate) async fn refresh(self: Arc<Self>) -> RefreshOutcome {
        let epoch = self.sign_out_epoch();
        let refresh = {
            let mut in_flight = self.refresh_in_flight.lock().unwrap_or_else(PoisonError::into_inner);
            match in_flight
                .as_ref()
                .filter(|(began_in, refresh)| *began_in == epoch && refresh.peek().is_none())
            {
                Some((_, refresh)) => refresh.clone(),
                None => {
                    let client = self.clone();
                    let work: BoxFuture<RefreshOutcome> = Box::pin(Self::detached(
                        async move {
                            let outcome = match client.exchange(Purpose::Refresh).await {
                                ExchangeOutcome::Tokens { rotated, saved, .. } => {
                                    RefreshOutcome::Refreshed { rotated, saved }
                                }
                                ExchangeOutcome::Refused(error) | ExchangeOutcome::Kept(error) => {
                                    RefreshOutcome::Kept(error)
                                }
                                ExchangeOutcome::SignedOut(error) => RefreshOutcome::SignedOut(error),
                            };
                            // The detached task clears the slot itself, because all callers may have gone. The next
                            // caller starts a new refresh.
                            client
                                .refresh_in_flight
                                .lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .take_if(|(began_in, _)| *began_in == epoch);
                            outcome
                        },
                        RefreshOutcome::Kept(Error::Unreachable),
                    ));
                    let refresh = work.shared();
                    *in_flight = Some((epoch, refresh.clone()));
                    refresh
                }
            }
        };
        refresh.await
    }

    /// Exchanges the refresh token for a session transfer token. Each call sends a request of its own, because each
    /// token can be used once.
    pub(crate) async fn transfer(self: Arc<Self>) -> TransferOutcome {
        let client = self.clone();
        let work = async move {
            match client.exchange(Purpose::Transfer).await {
                ExchangeOutcome::Tokens { response, .. } => client.transfer_token(*response),
                ExchangeOutcome::Refused(Error::NotJson) => TransferOutcome::NoTransfer(Error::NotJson),
                ExchangeOutcome::Refused(_) => TransferOutcome::NoTransfer(Error::NoTransfer),
                ExchangeOutcome::Kept(error) => TransferOutcome::Kept(error),
                ExchangeOutcome::SignedOut(error) => TransferOutcome::SignedOut(error),
            }
        };
        Self::detached(work, TransferOutcome::Kept(Error::Unreachable)).await
    }

    /// Takes the transfer token from a response. A provider that does not know the audience may ignore it and issue an
    /// ordinary access token, which must not be used for a transfer.
    fn transfer_token(&self, response: TokenResponse) -> TransferOutcome {
        let names = &self.config.transfer;
        let is_transfer_token = response
            .issued_token_type
            .as_deref()
            .map_or(!response.bearer, |issued| issued == names.token_type);
        if !is_transfer_token {
            return TransferOutcome::NoTransfer(Error::NoTransfer);
        }
        TransferOutcome::Token(TransferToken {
            secret: response.access_token,
            expires_in: response.expires_in.unwrap_or(60),
            cookie: names.cookie.clone(),
            parameter: names.parameter.clone(),
        })
    }

    /// Uses the refresh token once and saves what comes back.
    async fn exchange(&self, purpose: Purpose) -> ExchangeOutcome {
        let epoch = self.sign_out_epoch();
        match self.record().await {
            Ok(Some(_)) => {}
            Ok(None) => return ExchangeOutcome::SignedOut(Error::NoSession),
            Err(error) => return ExchangeOutcome::Kept(error.into()),
        }
        // Metadata and keys before the locks: see the module docs of `client`.
        let metadata = match self.metadata().await {
            Ok(metadata) => metadata,
            Err(error) => return ExchangeOutcome::Kept(error),
        };
        let keys = self.keys(&metadata).await;
        let _exchange = self.exchange_lock.lock().await;
        let _process = match self.lock_across_processes().await {
            Ok(guard) => guard,
            Err(error) => return ExchangeOutcome::Kept(error.into()),
        };
        let mut retried_with_stored = false;
        loop {
            // Read under the locks: another process may have rotated the token while this one waited.
            let record = match self.record().await {
                _ if self.sign_out_epoch() != epoch => return ExchangeOutcome::Kept(Error::Overtaken),
                Ok(Some(record)) => record,
                Ok(None) => return ExchangeOutcome::SignedOut(Error::NoSession),
                Err(error) => return ExchangeOutcome::Kept(error.into()),
            };
            match self.send_with_retries(&record, &metadata.token_endpoint, purpose).await {
                Ok(response) => {
                    return self
                        .accept_response(response, record, (&metadata, keys), epoch, purpose)
                        .await;
                }
                Err(TokenError::NoResponse(error, _)) => return ExchangeOutcome::Kept(error),
                Err(TokenError::OAuth(error)) if error == "invalid_grant" => match self.stored_record().await {
                    // A process without the lock has rotated the token meanwhile, so the refused token is not the
                    // session's. The stored token is tried once.
                    Ok(Some(stored)) if stored.refresh_token != record.refresh_token && !retried_with_stored => {
                        self.forget_unsaved();
                        retried_with_stored = true;
                    }
                    // The sign-out has revoked the token, so its refusal says nothing.
                    Ok(_) if self.sign_out_epoch() != epoch => return ExchangeOutcome::Kept(Error::Overtaken),
                    Ok(_) => {
                        self.forget_unsaved();
                        if let Err(error) = self.forget_stored().await {
                            return ExchangeOutcome::Kept(error.into());
                        }
                        return ExchangeOutcome::SignedOut(Error::SessionEnded);
                    }
                    Err(error) => return ExchangeOutcome::Kept(error.into()),
                },
                // A transfer counts both as refused: a provider without session transfer may not know the OAuth error
                // for it either.
                Err(error @ (TokenError::OAuth(_) | TokenError::NoReason)) => {
                    return ExchangeOutcome::Refused(error.to_error());
                }
            }
        }
    }

    /// Sends the request, and repeats it after a transient fault with the same refresh token. The provider may not have
    /// seen the first request, or its response may be lost; in the second case the provider's leeway accepts the token
    /// again.
    async fn send_with_retries(
        &self,
        record: &SessionRecord,
        endpoint: &Url,
        purpose: Purpose,
    ) -> Result<TokenResponse, TokenError> {
        if self.is_rate_limited() {
            return Err(TokenError::NoResponse(Error::Busy, None));
        }
        let host = Url::parse(&self.config.issuer)
            .ok()
            .and_then(|issuer| issuer.host_str().map(str::to_owned))
            .unwrap_or_default();
        let audience = self.config.transfer.audience.replace("{host}", &host);
        let mut fields = vec![
            ("grant_type", "refresh_token"),
            ("client_id", self.config.client_id.as_str()),
            ("refresh_token", record.refresh_token.expose()),
        ];
        if purpose == Purpose::Transfer {
            fields.push(("audience", &audience));
        }
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match token_endpoint::request_token(&*self.http, endpoint, &fields).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let requested_wait = match &error {
                TokenError::NoResponse(_, Some(RetryAfter::Seconds(seconds))) => Some(*seconds),
                TokenError::NoResponse(_, Some(RetryAfter::Until(time))) => {
                    Some(u64::try_from(time.saturating_sub(self.clock.now())).unwrap_or(0))
                }
                TokenError::NoResponse(_, None) | TokenError::OAuth(_) | TokenError::NoReason => None,
            };
            let may_retry = match &error {
                TokenError::NoResponse(Error::Unreachable | Error::ServerFault | Error::Busy, _) => {
                    attempts < MAX_ATTEMPTS
                }
                TokenError::NoResponse(Error::Timeout, _) => attempts < MAX_ATTEMPTS_AFTER_TIMEOUT,
                TokenError::NoResponse(..) | TokenError::OAuth(_) | TokenError::NoReason => false,
            };
            if let Some(seconds) = requested_wait.filter(|seconds| *seconds > MAX_INLINE_WAIT_SECS) {
                self.set_rate_limited(seconds);
                return Err(error);
            }
            if !may_retry {
                return Err(error);
            }
            let pause = traits::jitter(&*self.random, BACKOFF * 2_u32.pow(attempts));
            self.clock
                .sleep(pause.max(Duration::from_secs(requested_wait.unwrap_or(0))))
                .await;
        }
    }

    /// Checks a response and saves its refresh token.
    async fn accept_response(
        &self,
        response: TokenResponse,
        record: SessionRecord,
        (metadata, keys): (&Metadata, Result<KeySet, Error>),
        epoch: u64,
        purpose: Purpose,
    ) -> ExchangeOutcome {
        if purpose == Purpose::Refresh && !response.bearer {
            return ExchangeOutcome::Kept(Error::TokenAnswer);
        }
        if let Err(error) = self.check_refreshed(&response, &record, metadata, keys).await {
            return ExchangeOutcome::Kept(match error {
                Error::IdToken(IdTokenError::Issuer | IdTokenError::Audience | IdTokenError::Subject) => {
                    Error::OtherPerson
                }
                other => other,
            });
        }
        let rotated = response
            .refresh_token
            .as_ref()
            .is_some_and(|new| *new != record.refresh_token);
        // Without a new refresh token the old one stays valid (RFC 6749 §6).
        let refresh_token = response
            .refresh_token
            .clone()
            .unwrap_or_else(|| record.refresh_token.clone());
        let renewed = SessionRecord {
            refresh_token: refresh_token.clone(),
            last_success: self.clock.now(),
            ..record
        };
        let saved = self.persist(renewed, epoch).await;
        if self.sign_out_epoch() != epoch {
            // The user signed out meanwhile. The new token was not stored, so it is revoked.
            let _ = self.revoke(metadata, &refresh_token).await;
            return ExchangeOutcome::Kept(Error::Overtaken);
        }
        ExchangeOutcome::Tokens {
            response: Box::new(response),
            rotated,
            saved,
        }
    }

    /// Checks the ID token of a refresh (OpenID Connect Core §12.2), and thereby decides whether a rotated refresh token
    /// is stored.
    ///
    /// The provider has rotated the token by now. A refusal may cost the session, because the next refresh presents the
    /// old token again. An acceptance changes nothing but the refresh token, because user and sign-in must be the same.
    ///
    /// - If the response has no ID token, the refresh token is accepted, because a provider need not issue one.
    /// - If a claim is wrong, if the token is unsigned or wrongly signed, if its algorithm is not announced, or if a
    ///   freshly fetched key set lacks its key, the response is refused, and the stored record stays as it was.
    /// - If the key set cannot be fetched now and all claims are right, the refresh token is accepted. The ID token came
    ///   directly from the provider, over the connection that brought the refresh token (OpenID Connect Core §3.1.3.7,
    ///   item 6), and the fault is transient.
    /// - If the response has no `Date`, `exp`, `iat` and `nbf` are not compared with any clock. The device's clock may be
    ///   years off, and a wrong clock must not sign anybody out.
    ///
    /// The caller has validated the response as a whole: a response that RFC 6749 §5.1 does not allow is never stored.
    ///
    /// `keys` were fetched before the exchange, so that between response and save there is at most the one fetch that an
    /// unknown key causes.
    async fn check_refreshed(
        &self,
        response: &TokenResponse,
        record: &SessionRecord,
        metadata: &Metadata,
        keys: Result<KeySet, Error>,
    ) -> Result<(), Error> {
        let Some(token) = &response.id_token else {
            return Ok(());
        };
        let token = id_token::parse(token.expose())?;
        let clocks = if response.date.is_some() {
            self.plausible_clocks(response.date)
        } else {
            vec![]
        };
        token.check_claims(&Expected {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            nonce: NonceRule::Optional(record.nonce.as_deref()),
            clocks: &clocks,
            max_age: None,
            organization: None,
            access_token: response.bearer.then_some(&response.access_token),
            original: Some(OriginalSignIn {
                sub: &record.sub,
                auth_time: record.auth_time,
            }),
        })?;
        match self.verify_signature(&token, metadata, keys).await {
            Err(error) if error.is_transient() || error == Error::Metadata => Ok(()),
            result => result,
        }
    }

    /// How long to wait before the next refresh, so that the idle lifetime of the refresh token starts anew in time.
    /// `None` if the session is not due, or if there is none.
    pub(crate) async fn due_in(&self) -> Option<Duration> {
        let record = self.record().await.ok().flatten()?;
        let age = self.clock.now().saturating_sub(record.last_success);
        let spread = match age {
            0..DUE_AFTER_SECS => return None,
            DUE_AFTER_SECS..THREE_DAYS_SECS => SPREAD,
            THREE_DAYS_SECS..SEVEN_DAYS_SECS => SHORT_SPREAD,
            // Includes an age below zero: the clock was set back, and the true age may be a year.
            _ => Duration::ZERO,
        };
        Some(traits::jitter(&*self.random, spread))
    }
}
