//! The refresh token grant (RFC 6749 §6, RFC 9700 §4.14): to keep the session alive, or to get a session transfer token.
//!
//! One exchange runs at a time. Its result is saved before a caller sees it, and neither request nor save can be
//! cancelled; the module docs of `client` say why. Only `invalid_grant` for the token that is still the stored one ends
//! a session.

use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{self, Either};
use url::Url;

use crate::client::Client;
use crate::discovery::Metadata;
use crate::error::{Error, StoreError};
use crate::id_token::{self, Expected, NonceRule, OriginalSignIn, UnverifiedIdToken};
use crate::oauth_error::{self, Verdict};
use crate::outcome::{RefreshOutcome, TransferOutcome, TransferToken};
use crate::provider_cache::KeySet;
use crate::record::Unreadable;
use crate::revocation;
use crate::store::SessionRecord;
use crate::token_endpoint::{self, NoResponse, ReceivedIdToken, TokenError, TokenResponse};
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
    /// The provider does not do this for this client; the session stays.
    NotForThisClient,
    /// A 4xx response without an OAuth error; the session stays.
    NoReason,
    /// No usable response, or a refusal that may pass; the session stays.
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
                                ExchangeOutcome::NotForThisClient => RefreshOutcome::Kept(Error::ClientRefused),
                                ExchangeOutcome::NoReason => RefreshOutcome::Kept(Error::NotJson),
                                ExchangeOutcome::Kept(error) => RefreshOutcome::Kept(error),
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
                ExchangeOutcome::Tokens { response, saved, .. } => client.transfer_token(*response, saved),
                ExchangeOutcome::NoReason => TransferOutcome::NoTransfer(Error::NotJson),
                ExchangeOutcome::NotForThisClient => TransferOutcome::NoTransfer(Error::NoTransfer),
                ExchangeOutcome::Kept(error) => TransferOutcome::Kept(error),
                ExchangeOutcome::SignedOut(error) => TransferOutcome::SignedOut(error),
            }
        };
        Self::detached(work, TransferOutcome::Kept(Error::Unreachable)).await
    }

    /// Takes the transfer token from a response. A provider that does not know the audience may ignore it and issue an
    /// ordinary access token, which must not be used for a transfer. Neither must a text that would end the cookie that
    /// carries it, or that would break the header line.
    fn transfer_token(&self, response: TokenResponse, saved: Result<(), StoreError>) -> TransferOutcome {
        let names = &self.config.transfer;
        let is_transfer_token = response
            .issued_token_type
            .as_deref()
            .map_or(!response.bearer, |issued| issued == names.token_type);
        if !is_transfer_token {
            return TransferOutcome::NoTransfer(Error::NoTransfer);
        }
        if !response.access_token.expose().bytes().all(is_cookie_octet) {
            return TransferOutcome::NoTransfer(Error::TokenAnswer);
        }
        TransferOutcome::Token(TransferToken {
            secret: response.access_token,
            expires_in: response.expires_in.unwrap_or(60),
            cookie: names.cookie.clone(),
            parameter: names.parameter.clone(),
            saved,
        })
    }

    /// Uses the refresh token once, saves what comes back, and plans the next try if nothing does.
    async fn exchange(&self, purpose: Purpose) -> ExchangeOutcome {
        let outcome = self.exchange_once(purpose).await;
        let error = match &outcome {
            ExchangeOutcome::Tokens { .. } | ExchangeOutcome::SignedOut(_) => None,
            ExchangeOutcome::NotForThisClient => Some(Error::ClientRefused),
            ExchangeOutcome::NoReason => Some(Error::NotJson),
            ExchangeOutcome::Kept(error) => Some(*error),
        };
        match error {
            None => self.clear_retry(),
            // What is stored now, if anything, is another session.
            Some(Error::Overtaken) => {}
            Some(error) => self.plan_retry(error, purpose == Purpose::Refresh),
        }
        outcome
    }

    async fn exchange_once(&self, purpose: Purpose) -> ExchangeOutcome {
        let epoch = self.sign_out_epoch();
        match self.record().await {
            Ok(Some(record)) => self.adopt_open_request(&record),
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
            match self
                .send_and_note(&record, &metadata.token_endpoint, purpose, epoch)
                .await
            {
                Ok(response) => {
                    return self
                        .accept_response(response, record, (&metadata, keys), epoch, purpose)
                        .await;
                }
                Err(TokenError::NoResponse(fault)) => return ExchangeOutcome::Kept(fault.error),
                // The provider knows the request and gives no reason. A provider without session transfer may not know
                // the OAuth error for it either.
                Err(TokenError::NoReason) => return ExchangeOutcome::NoReason,
                Err(TokenError::OAuth(error)) => match oauth_error::verdict(&error) {
                    Verdict::SessionEnded => {}
                    Verdict::NotForThisClient => return ExchangeOutcome::NotForThisClient,
                    Verdict::Kept(error) => return ExchangeOutcome::Kept(error),
                },
            }
            // The provider says that this token is dead.
            match self.stored_record().await {
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
                    if let Err(error) = self.forget_stored(Unreadable::Keep).await {
                        return ExchangeOutcome::Kept(error.into());
                    }
                    return ExchangeOutcome::SignedOut(Error::SessionEnded);
                }
                Err(error) => return ExchangeOutcome::Kept(error.into()),
            }
        }
    }

    /// Sends the request, and stores beside it when the token was first sent, so that a process that starts after this one
    /// was killed knows that a response may be lost.
    ///
    /// The store is written while the request runs. That write has ended when this returns, so whatever the caller saves
    /// comes after it. If it failed, only that knowledge is lost, and the exchange goes on.
    async fn send_and_note(
        &self,
        record: &SessionRecord,
        endpoint: &Url,
        purpose: Purpose,
        epoch: u64,
    ) -> Result<TokenResponse, TokenError> {
        if self.is_rate_limited() {
            return Err(TokenError::NoResponse(NoResponse {
                error: Error::Busy,
                retry_after: None,
                may_have_acted: false,
            }));
        }
        let sending = self.open_request(record);
        let note = async {
            match sending.as_ref().and_then(|sending| sending.to_store) {
                Some(sent_at) => {
                    let token = record.refresh_token.clone();
                    self.store_sent_at(token, Some(sent_at), epoch).await
                }
                None => Ok(()),
            }
        };
        let (sent_at, mut may_have_acted) = (self.clock.now(), false);
        let (result, _noted) = {
            let request = self.send_with_retries(record, endpoint, purpose, &mut may_have_acted);
            // The note comes first, so that it takes its place in the queue for the store before the request begins.
            match future::select(pin!(note), pin!(request)).await {
                Either::Left((noted, request)) => (request.await, noted),
                Either::Right((result, note)) => (result, note.await),
            }
        };
        self.end_sending(sent_at, result.is_err() && may_have_acted);
        // The provider has not acted on this request, so nothing is lost, unless an earlier request is still open.
        if result.is_err() && !may_have_acted && sending.as_ref().is_some_and(|sending| !sending.was_open) {
            self.close_request();
            // If this fails, the next process retries once too often.
            let _cleared = self.store_sent_at(record.refresh_token.clone(), None, epoch).await;
        }
        result
    }

    /// Sends the request, and repeats it after a transient fault with the same refresh token. The provider may not have
    /// seen the first request, or its response may be lost; in the second case the provider's leeway accepts the token
    /// again. Sets `may_have_acted` if the provider may have acted on any of the requests.
    async fn send_with_retries(
        &self,
        record: &SessionRecord,
        endpoint: &Url,
        purpose: Purpose,
        may_have_acted: &mut bool,
    ) -> Result<TokenResponse, TokenError> {
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
            *may_have_acted |= error.may_have_acted();
            let TokenError::NoResponse(fault) = &error else {
                return Err(error);
            };
            let requested_wait = fault.retry_after.map(|after| match after {
                RetryAfter::Seconds(seconds) => seconds,
                RetryAfter::Until(time) => u64::try_from(time.saturating_sub(self.clock.now())).unwrap_or(0),
            });
            if let Some(seconds) = requested_wait.filter(|seconds| *seconds > MAX_INLINE_WAIT_SECS) {
                self.set_rate_limited(seconds, fault.error);
                return Err(error);
            }
            let most_attempts = match fault.error {
                Error::Unreachable | Error::ServerFault | Error::Busy => MAX_ATTEMPTS,
                Error::Timeout => MAX_ATTEMPTS_AFTER_TIMEOUT,
                _ => 1,
            };
            if attempts >= most_attempts {
                return Err(error);
            }
            let pause = traits::jitter(&*self.random, BACKOFF * 2_u32.pow(attempts));
            self.clock
                .sleep(pause.max(Duration::from_secs(requested_wait.unwrap_or(0))))
                .await;
        }
    }

    /// Checks a response and saves its refresh token.
    ///
    /// The rotated refresh token is saved whatever the ID token says, except that it names another user. The provider has
    /// ended the old refresh token by now, so to throw the new one away is to end the session, and nothing would be gained:
    /// both came in the same response, over the same connection. A response whose ID token displeases brings no transfer
    /// token, and its fault is reported. Another user's refresh token must not become this user's session, and only a
    /// person can say who should be signed in.
    ///
    /// The signature is verified after the save, because an unknown key causes a request, and a process that is killed
    /// during that request must not lose the token.
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
        let checked = self.check_refreshed_claims(&response, &record);
        if matches!(checked, Err(Error::OtherPerson)) {
            // The response came, so there is nothing to repeat within the leeway.
            self.close_request();
            // If this fails, the next process repeats the request once too often.
            let _cleared = self.store_sent_at(record.refresh_token, None, epoch).await;
            return ExchangeOutcome::Kept(Error::OtherPerson);
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
            sent_at: None,
            ..record
        };
        self.close_request();
        let overtaken = renewed.clone();
        let saved = if checked.is_ok() || rotated {
            self.persist(renewed, epoch).await
        } else {
            // The old refresh token stays, and is not worth a word about a response that displeased.
            self.store_sent_at(refresh_token.clone(), None, epoch).await
        };
        if self.sign_out_epoch() != epoch {
            // The user signed out meanwhile. The new token was not stored, so it is revoked.
            let revoked = self.revoke(metadata, &refresh_token).await;
            if !revocation::is_settled(revoked) {
                let _ = self.keep_for_revocation(overtaken).await;
            }
            return ExchangeOutcome::Kept(Error::Overtaken);
        }
        if let Err(error) = self.check_refreshed(checked, metadata, keys).await {
            return ExchangeOutcome::Kept(error);
        }
        ExchangeOutcome::Tokens {
            response: Box::new(response),
            rotated,
            saved,
        }
    }

    /// Checks the claims of a refreshed ID token (OpenID Connect Core §12.2), and returns the token, whose signature is still
    /// to be verified. `None` if the response has no ID token, because a provider need not issue one.
    ///
    /// - If the settings ask for an organization, it is compared with the token's, or, if the token names none, with that
    ///   of the sign-in. If neither is known, nothing is compared.
    /// - If the response has no `Date`, `exp`, `iat` and `nbf` are not compared with any clock. The device's clock may be
    ///   years off, and a wrong clock must not sign anybody out.
    ///
    /// The caller has validated the response as a whole: a response that RFC 6749 §5.1 does not allow is never stored.
    fn check_refreshed_claims<'a>(
        &self,
        response: &'a TokenResponse,
        record: &SessionRecord,
    ) -> Result<Option<UnverifiedIdToken<'a>>, Error> {
        let params = self.request_params();
        let organization = params.organization.as_deref();
        let token = match &response.id_token {
            ReceivedIdToken::Text(token) => token,
            ReceivedIdToken::Missing => return check_organization(record, organization).map(|()| None),
            ReceivedIdToken::Invalid => return Err(Error::TokenAnswer),
        };
        let token = id_token::parse(token.expose())?;
        let clocks = if response.date.is_some() {
            self.plausible_clocks(response.date)
        } else {
            vec![]
        };
        let names_organization = token.names_organization();
        token.check_claims(&Expected {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            nonce: NonceRule::Optional(record.nonce.as_deref()),
            clocks: &clocks,
            max_age: None,
            organization: organization.filter(|_| names_organization),
            access_token: response.bearer.then_some(&response.access_token),
            original: Some(OriginalSignIn {
                sub: &record.sub,
                auth_time: record.auth_time,
            }),
        })?;
        if !names_organization {
            check_organization(record, organization)?;
        }
        Ok(Some(token))
    }

    /// Finishes the check of a refreshed ID token with its signature.
    ///
    /// If the key set cannot be had now and all claims are right, the token passes. It came directly from the provider, over
    /// the connection that brought the refresh token (OpenID Connect Core §3.1.3.7, item 6).
    async fn check_refreshed(
        &self,
        claims: Result<Option<UnverifiedIdToken<'_>>, Error>,
        metadata: &Metadata,
        keys: Result<KeySet, Error>,
    ) -> Result<(), Error> {
        let Some(token) = claims? else {
            return Ok(());
        };
        match self.verify_signature(&token, metadata, keys).await {
            Err(error) if error.is_transient() || matches!(error, Error::Metadata | Error::EndpointOrigin) => Ok(()),
            result => result,
        }
    }
}

/// Compares the organization of the sign-in with the one that the settings ask for.
fn check_organization(record: &SessionRecord, organization: Option<&str>) -> Result<(), Error> {
    let known = record.org_id.is_some() || record.org_name.is_some();
    let matches = organization.is_none_or(|expected| {
        id_token::is_organization(expected, record.org_id.as_deref(), record.org_name.as_deref())
    });
    if matches || !known {
        Ok(())
    } else {
        Err(Error::WrongOrganization)
    }
}

/// `cookie-octet` (RFC 6265 §4.1.1): no control character, space, double quote, comma, semicolon or backslash, and only
/// ASCII.
fn is_cookie_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e)
}
