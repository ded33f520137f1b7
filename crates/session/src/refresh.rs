//! Exchanging the refresh token: to keep the session alive, or for a hand-off to the web (RFC 6749, 6; RFC 9700, 4.14).
//!
//! One exchange at a time. What it saves is saved before anybody sees it, and neither request nor save can be
//! cancelled. Only `invalid_grant` for the token that is still the stored one ends a session.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use crate::client::{Client, Keys};
use crate::discovery::Metadata;
use crate::store::Record;
use crate::token_endpoint::{self, Answer, Failure};
use crate::traits::{self, BoxFuture, RetryAfter};
use crate::{Error, Secret, StoreError};

/// How often one exchange is sent at most: the first time and two more.
const TRIES: u32 = 3;
/// How often an exchange without an answer in time is sent: the leeway for a lost answer is a matter of minutes, so once
/// more at once, and no more, for each time is ten seconds.
const TRIES_IN_TIME: u32 = 2;
/// The first pause between two; it doubles.
const PAUSE: Duration = Duration::from_millis(500);
/// A server that asks for a longer pause is asked again another time.
const PATIENCE: u64 = 5;
/// A session is used again this long after its last success (seconds).
const DUE: i64 = 24 * 3_600;
/// A session that is due is used within this time, spread over the fleet.
const SPREAD: Duration = Duration::from_mins(15);
/// The same for a session that was not used for days: the tablet may be put away again in a minute.
const SHORT_SPREAD: Duration = Duration::from_mins(1);
const THREE_DAYS: i64 = 3 * DUE;
const SEVEN_DAYS: i64 = 7 * DUE;

/// How a refresh ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// The session lives on.
    Refreshed {
        /// The server gave a new refresh token.
        rotated: bool,
        /// It is in the keystore, or why it lives in memory only.
        saved: Result<(), StoreError>,
    },
    /// It could not be refreshed now; the session stays. [`Error::Overtaken`]: a sign-out came between, and what is kept
    /// now, if anything, is another session.
    Kept(Error),
    /// There is no session, or no longer: definitive.
    SignedOut(Error),
}

/// How a request for a hand-off ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferOutcome {
    /// A token for one hand-off.
    Token(TransferToken),
    /// None was given; the session stays, and a rotated token is saved. [`Error::NoTransfer`]: the server said so, and
    /// need not be asked again. Another error: a 4xx without the server's word, perhaps of something in between; asked
    /// again later, it may be another.
    NoTransfer(Error),
    /// Not now; the session stays.
    Kept(Error),
    /// There is no session, or no longer: definitive.
    SignedOut(Error),
}

/// A single-use token that signs the web in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferToken {
    /// The token.
    pub secret: Secret,
    /// For how many seconds it can be used.
    pub expires_in: u64,
    /// The cookie that hands it over, on the identity server's host.
    pub cookie: String,
    /// The parameter of the authorization request that hands it over where no cookie can be set.
    pub parameter: String,
}

/// What an exchange is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Refresh,
    Transfer,
}

/// How an exchange ended.
enum Exchanged {
    Answer {
        answer: Box<Answer>,
        rotated: bool,
        saved: Result<(), StoreError>,
    },
    Refused(Error),
    Kept(Error),
    Over(Error),
}

impl Client {
    /// Callers at the same time share one request and its outcome; whoever comes after a sign-out does not share one of
    /// before.
    pub(crate) async fn refresh(self: Arc<Self>) -> RefreshOutcome {
        let sign_out_epoch = self.sign_out_epoch();
        let refresh_in_flight = {
            let mut refresh_in_flight = self
                .refresh_in_flight
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            match refresh_in_flight
                .as_ref()
                .filter(|(of, refresh_in_flight)| *of == sign_out_epoch && refresh_in_flight.peek().is_none())
            {
                Some((_, under_way)) => under_way.clone(),
                None => {
                    let inner = self.clone();
                    let work: BoxFuture<RefreshOutcome> = Box::pin(Self::detached(
                        async move {
                            let outcome = match inner.exchange(Purpose::Refresh).await {
                                Exchanged::Answer { rotated, saved, .. } => {
                                    RefreshOutcome::Refreshed { rotated, saved }
                                }
                                Exchanged::Refused(error) | Exchanged::Kept(error) => RefreshOutcome::Kept(error),
                                Exchanged::Over(error) => RefreshOutcome::SignedOut(error),
                            };
                            // Whoever comes now asks anew, also if all who waited for this one have gone.
                            inner
                                .refresh_in_flight
                                .lock()
                                .unwrap_or_else(std::sync::PoisonError::into_inner)
                                .take_if(|(of, _)| *of == sign_out_epoch);
                            outcome
                        },
                        RefreshOutcome::Kept(Error::Unreachable),
                    ));
                    let new = work.shared();
                    *refresh_in_flight = Some((sign_out_epoch, new.clone()));
                    new
                }
            }
        };
        refresh_in_flight.await
    }

    pub(crate) async fn transfer(self: Arc<Self>) -> TransferOutcome {
        let inner = self.clone();
        let work = async move {
            match inner.exchange(Purpose::Transfer).await {
                Exchanged::Answer { answer, .. } => inner.transfer_token(*answer),
                Exchanged::Refused(Error::NotJson) => TransferOutcome::NoTransfer(Error::NotJson),
                Exchanged::Refused(_) => TransferOutcome::NoTransfer(Error::NoTransfer),
                Exchanged::Kept(error) => TransferOutcome::Kept(error),
                Exchanged::Over(error) => TransferOutcome::SignedOut(error),
            }
        };
        Self::detached(work, TransferOutcome::Kept(Error::Unreachable)).await
    }

    /// A provider that does not know the audience may ignore it: then this is an ordinary access token.
    fn transfer_token(&self, answer: Answer) -> TransferOutcome {
        let names = &self.config.transfer;
        let is_transfer = answer
            .issued_token_type
            .as_deref()
            .map_or(!answer.bearer, |kind| kind == names.token_type);
        if !is_transfer {
            return TransferOutcome::NoTransfer(Error::NoTransfer);
        }
        TransferOutcome::Token(TransferToken {
            secret: answer.access_token,
            expires_in: answer.expires_in.unwrap_or(60),
            cookie: names.cookie.clone(),
            parameter: names.parameter.clone(),
        })
    }

    async fn exchange(&self, purpose: Purpose) -> Exchanged {
        let sign_out_epoch = self.sign_out_epoch();
        match self.record().await {
            Ok(Some(_)) => {}
            Ok(None) => return Exchanged::Over(Error::NoSession),
            Err(fault) => return Exchanged::Kept(fault.into()),
        }
        // Before the lock: a slow discovery keeps nobody from signing out, and a slow key set does not stand between a
        // rotated token and its save.
        let metadata = match self.metadata().await {
            Ok(metadata) => metadata,
            Err(error) => return Exchanged::Kept(error),
        };
        let keys = self.keys(&metadata).await;
        let _turn = self.exchange_lock.lock().await;
        let _guard = match self.lock_across_processes().await {
            Ok(guard) => guard,
            Err(fault) => return Exchanged::Kept(fault.into()),
        };
        let mut sent_again = false;
        loop {
            let record = match self.record().await {
                _ if self.sign_out_epoch() != sign_out_epoch => return Exchanged::Kept(Error::Overtaken),
                Ok(Some(record)) => record,
                Ok(None) => return Exchanged::Over(Error::NoSession),
                Err(fault) => return Exchanged::Kept(fault.into()),
            };
            match self.send_patiently(&record, &metadata.token_endpoint, purpose).await {
                Ok(answer) => {
                    return self
                        .take(answer, record, (&metadata, keys), sign_out_epoch, purpose)
                        .await;
                }
                Err(Failure::Fault(error, _)) => return Exchanged::Kept(error),
                Err(Failure::Refused(error)) if error == "invalid_grant" => {
                    // Another process may have rotated it meanwhile: then it is not ours that died.
                    match self.stored_record().await {
                        Ok(Some(stored)) if stored.refresh_token != record.refresh_token && !sent_again => {
                            self.forget_memory();
                            sent_again = true;
                        }
                        // Somebody signed out meanwhile, and revoked it.
                        Ok(_) if self.sign_out_epoch() != sign_out_epoch => return Exchanged::Kept(Error::Overtaken),
                        Ok(_) => {
                            self.forget_memory();
                            if let Err(fault) = self.forget_stored().await {
                                return Exchanged::Kept(fault.into());
                            }
                            return Exchanged::Over(Error::SessionEnded);
                        }
                        Err(fault) => return Exchanged::Kept(fault.into()),
                    }
                }
                // For a hand-off, both say no: a server that knows none need not know how to say so.
                Err(failure @ (Failure::Refused(_) | Failure::Unread)) => return Exchanged::Refused(failure.error()),
            }
        }
    }

    /// Sends the exchange, again after a fault that passes: with the same token, for the server may not have seen it
    /// or its answer may be lost (leeway).
    async fn send_patiently(&self, record: &Record, endpoint: &url::Url, purpose: Purpose) -> Result<Answer, Failure> {
        if self.busy() {
            return Err(Failure::Fault(Error::Busy, None));
        }
        let host = url::Url::parse(&self.config.issuer)
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
        let mut tries = 0;
        loop {
            tries += 1;
            let failure = match token_endpoint::post(&*self.http, endpoint, &fields).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let asked = match &failure {
                Failure::Fault(_, Some(RetryAfter::Seconds(seconds))) => Some(*seconds),
                Failure::Fault(_, Some(RetryAfter::Until(time))) => {
                    Some(u64::try_from(time.saturating_sub(self.clock.now())).unwrap_or(0))
                }
                Failure::Fault(..) | Failure::Refused(_) | Failure::Unread => None,
            };
            let again = match &failure {
                Failure::Fault(Error::Unreachable | Error::ServerFault | Error::Busy, _) => tries < TRIES,
                Failure::Fault(Error::Timeout, _) => tries < TRIES_IN_TIME,
                Failure::Fault(..) | Failure::Refused(_) | Failure::Unread => false,
            };
            if let Some(seconds) = asked.filter(|seconds| *seconds > PATIENCE) {
                self.set_busy(seconds);
                return Err(failure);
            }
            if !again {
                return Err(failure);
            }
            let pause = traits::jitter(&*self.random, PAUSE * 2_u32.pow(tries));
            self.clock
                .sleep(pause.max(Duration::from_secs(asked.unwrap_or(0))))
                .await;
        }
    }

    /// Checks and keeps what came.
    async fn take(
        &self,
        answer: Answer,
        record: Record,
        server: (&Metadata, Result<Keys, Error>),
        sign_out_epoch: u64,
        purpose: Purpose,
    ) -> Exchanged {
        let (metadata, keys) = server;
        if purpose == Purpose::Refresh && !answer.bearer {
            return Exchanged::Kept(Error::TokenAnswer);
        }
        if let Err(error) = self.check_refreshed(&answer, &record, metadata, keys).await {
            return Exchanged::Kept(match error {
                Error::IdToken(
                    crate::IdTokenError::Issuer | crate::IdTokenError::Audience | crate::IdTokenError::Subject,
                ) => Error::OtherPerson,
                other => other,
            });
        }
        let rotated = answer
            .refresh_token
            .as_ref()
            .is_some_and(|new| *new != record.refresh_token);
        let refresh_token = answer
            .refresh_token
            .clone()
            .unwrap_or_else(|| record.refresh_token.clone());
        let renewed = Record {
            refresh_token: refresh_token.clone(),
            last_success: self.clock.now(),
            ..record
        };
        let saved = self.keep(renewed, sign_out_epoch).await;
        if self.sign_out_epoch() != sign_out_epoch {
            // Somebody signed out meanwhile: what came is not kept, and the server is told.
            let _ = self.revoke(metadata, &refresh_token).await;
            return Exchanged::Kept(Error::Overtaken);
        }
        Exchanged::Answer {
            answer: Box::new(answer),
            rotated,
            saved,
        }
    }

    /// How long to wait before the session is to be used so that its idle lifetime slides; none if it is not due.
    pub(crate) async fn due_in(&self) -> Option<Duration> {
        let record = self.record().await.ok().flatten()?;
        let age = self.clock.now().saturating_sub(record.last_success);
        let spread = match age {
            0..DUE => return None,
            DUE..THREE_DAYS => SPREAD,
            THREE_DAYS..SEVEN_DAYS => SHORT_SPREAD,
            // A clock that went back, too: nothing else would show that a year has passed.
            _ => Duration::ZERO,
        };
        Some(traits::jitter(&*self.random, spread))
    }
}
