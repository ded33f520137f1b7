//! When to use the refresh token next: once a day, again after a failure, and soon after a lost response.
//!
//! | last exchange | the next one is due |
//! |---|---|
//! | succeeded | a day later, plus a random spread |
//! | its response is lost, within the rotation leeway | after 5 to 20 s; once more shortly before the leeway ends; at once after a restart |
//! | its response is lost, and those of earlier requests with the same token were, too | shortly before the leeway of this request ends, at the latest |
//! | failed otherwise, or the leeway is over | after 5 minutes, plus a random half |
//! | the provider itself fails or refuses, for the seventh time | after 10 minutes, then 20, then 40, each plus a random half |
//! | the provider asked to wait | not before that time is over, plus a random quarter |
//!
//! **Why a lost response is special.** The provider may have rotated the refresh token, and the device still has the old
//! one. The provider accepts the old one until its leeway is over. After that, the old token counts as stolen, and the
//! session ends (RFC 9700 §4.14.2). So the device has to get through within the leeway, and a pause of minutes would waste
//! the only time in which a retry is sure to succeed.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::client::Client;
use crate::config::Persistence;
use crate::error::{Error, StoreError};
use crate::retry::{OpenRequest, RateLimit, Retry};
use crate::secret::Secret;
use crate::store::{self, SessionRecord, Slot};
use crate::traits::{jitter, random_between};

/// How long after its last success a session is due for a refresh, in seconds.
const DUE_AFTER_SECS: i64 = 24 * 3_600;
/// The time over which the refreshes of a fleet that is due are spread.
const SPREAD: Duration = Duration::from_mins(15);
/// The same for a session that was last refreshed three days ago: the tablet may be switched off again in a minute.
const SHORT_SPREAD: Duration = Duration::from_mins(1);
const THREE_DAYS_SECS: i64 = 3 * DUE_AFTER_SECS;
const SEVEN_DAYS_SECS: i64 = 7 * DUE_AFTER_SECS;

/// The pause between two tries within the rotation leeway is random between these.
const MIN_LEEWAY_PAUSE: Duration = Duration::from_secs(5);
const MAX_LEEWAY_PAUSE: Duration = Duration::from_secs(20);
/// How long before the end of the leeway the last try is planned. The request has to arrive before the leeway ends, and
/// the provider's leeway began a little later than our count. A leeway below fifty seconds keeps a fifth of itself.
const LEEWAY_MARGIN: Duration = Duration::from_secs(10);

/// The pause after any other failure. Half of it, at most, is added at random.
const RETRY_PAUSE: Duration = Duration::from_mins(5);
/// How many times in a row an exchange fails before the pause grows: about half an hour.
const FAILURES_BEFORE_GROWTH: u32 = 6;
/// The longest pause. With the random half it is an hour.
const MAX_RETRY_PAUSE: Duration = Duration::from_mins(40);

/// The longest time, in seconds, for which a `Retry-After` of a 429 is honoured.
const MAX_RATE_LIMIT_SECS: i64 = 3_600;
/// The same for a 5xx response. Only a 429 is about this client's requests. A provider in trouble knows little about when
/// it will be well again.
const MAX_FAULT_WAIT_SECS: i64 = 60;
/// A fleet that was asked to wait comes back over a quarter of the time that it waited, within these bounds.
const MIN_RATE_LIMIT_SPREAD: Duration = Duration::from_secs(30);
const MAX_RATE_LIMIT_SPREAD: Duration = Duration::from_mins(15);

/// What [`Client::open_request`] found.
pub(crate) struct Sending {
    /// Whether an earlier request with the same token is still open.
    pub was_open: bool,
    /// The moment to store, if the store does not hold it yet.
    pub to_store: Option<i64>,
}

impl Client {
    /// How long to wait before the next refresh. `None` if the session is not due, or if there is none.
    pub(crate) async fn due_in(&self) -> Option<Duration> {
        let record = self.record().await;
        let now = self.clock.now();
        let retry = self.memory().retry;
        let record = match record {
            Ok(record) => record?,
            // The keystore does not answer, so only what was planned is known.
            Err(_) => return Some(retry?.remaining(now).max(self.rate_limit_remaining(now, None))),
        };
        let leeway_end = self.leeway_end(&record, now);
        let by_age = self.due_by_age(&record, now);
        let wait = match (retry, leeway_end) {
            (Some(retry), _) if retry.makes_due || leeway_end.is_some() || by_age.is_some() => retry.remaining(now),
            (_, Some(end)) if now < end => Duration::ZERO,
            (_, Some(_)) => jitter(&*self.random, RETRY_PAUSE),
            (_, None) => by_age?,
        };
        Some(wait.max(self.rate_limit_remaining(now, leeway_end)))
    }

    /// When a session is due by the age of its last success.
    fn due_by_age(&self, record: &SessionRecord, now: i64) -> Option<Duration> {
        let spread = match now.saturating_sub(record.last_success) {
            0..DUE_AFTER_SECS => return None,
            DUE_AFTER_SECS..THREE_DAYS_SECS => SPREAD,
            THREE_DAYS_SECS..SEVEN_DAYS_SECS => SHORT_SPREAD,
            // Includes an age below zero: the clock was set back, and the true age may be a year.
            _ => Duration::ZERO,
        };
        Some(jitter(&*self.random, spread))
    }

    /// Plans the retry after an exchange that failed. `of_refresh` says whether the exchange was to refresh. A transfer that
    /// the provider refused plans nothing, because the refusal says nothing about a refresh.
    pub(crate) fn plan_retry(&self, error: Error, of_refresh: bool) {
        let now = self.clock.now();
        let leeway = self.rotation_leeway();
        let mut memory = self.memory();
        let sent_at = memory.open_request.as_ref().map(|open| open.sent_at.min(now));
        if !of_refresh && sent_at.is_none() && !error.is_transient() {
            return;
        }
        let last_sent_at = memory.open_request.as_ref().and_then(|open| open.last_sent_at);
        let margin = LEEWAY_MARGIN.min(leeway / 5);
        let until_last_try_of = |sent_at: i64| {
            let last_try = sent_at
                .min(now)
                .saturating_add(whole_seconds(leeway.saturating_sub(margin)));
            let seconds = u64::try_from(last_try.saturating_sub(now)).unwrap_or(0);
            (seconds > 0).then(|| Duration::from_secs(seconds))
        };
        let pause = if let Some(until_last_try) = sent_at.and_then(until_last_try_of) {
            random_between(&*self.random, MIN_LEEWAY_PAUSE, MAX_LEEWAY_PAUSE).min(until_last_try)
        } else {
            memory.failures = memory.failures.saturating_add(1);
            let doublings = if is_of_the_provider(error) {
                memory.failures.saturating_sub(FAILURES_BEFORE_GROWTH).min(8)
            } else {
                0
            };
            let pause = (RETRY_PAUSE * 2_u32.pow(doublings)).min(MAX_RETRY_PAUSE);
            let pause = pause + jitter(&*self.random, pause / 2);
            // The last request may be the first that arrived: then the provider's leeway began with it.
            last_sent_at
                .and_then(until_last_try_of)
                .map_or(pause, |end| pause.min(end))
        };
        memory.retry = Some(Retry {
            failed_at: now,
            pause,
            makes_due: of_refresh || sent_at.is_some() || memory.retry.is_some_and(|retry| retry.makes_due),
        });
    }

    /// Forgets what failed, after an exchange or a sign-in that succeeded, or when there is no session any more.
    pub(crate) fn clear_retry(&self) {
        let mut memory = self.memory();
        (memory.retry, memory.failures, memory.open_request) = (None, 0, None);
    }

    /// Makes a planned retry due now. False if none is planned.
    pub(crate) fn retry_now(&self) -> bool {
        match &mut self.memory().retry {
            Some(retry) => {
                retry.pause = Duration::ZERO;
                true
            }
            None => false,
        }
    }

    fn rotation_leeway(&self) -> Duration {
        self.request_params().rotation_leeway
    }

    /// When the leeway of an open request with the record's token ends, by the device's clock. `None` if no request is
    /// open, or if the provider has no leeway. A request that was sent in the future counts as just sent, because the
    /// clock was set back.
    fn leeway_end(&self, record: &SessionRecord, now: i64) -> Option<i64> {
        let leeway = self.rotation_leeway();
        if leeway.is_zero() || self.is_in_flight() {
            return None;
        }
        let sent_at = self.sent_at(record)?.min(now);
        Some(sent_at.saturating_add(whole_seconds(leeway)))
    }

    /// Whether an exchange of this process waits for its response.
    fn is_in_flight(&self) -> bool {
        self.memory().open_request.as_ref().is_some_and(|open| open.in_flight)
    }

    /// When the record's token was first sent without an answer: as this process remembers it, else as the record says.
    pub(crate) fn sent_at(&self, record: &SessionRecord) -> Option<i64> {
        match &self.memory().open_request {
            Some(open) if open.refresh_token == record.refresh_token => Some(open.sent_at),
            _ => record.sent_at,
        }
    }

    /// When the record's token was last sent without an answer, as far as this process knows.
    fn last_sent_at(&self, record: &SessionRecord) -> Option<i64> {
        let memory = self.memory();
        let open = memory.open_request.as_ref()?;
        open.last_sent_at.filter(|_| open.refresh_token == record.refresh_token)
    }

    /// Takes over from the keystore what an earlier process left open, so that the retries of this one know it.
    pub(crate) fn adopt_open_request(&self, record: &SessionRecord) {
        if self.is_in_flight() {
            return;
        }
        let sent_at = self.sent_at(record).filter(|_| !self.rotation_leeway().is_zero());
        let last_sent_at = self.last_sent_at(record);
        self.memory().open_request = sent_at.map(|sent_at| OpenRequest {
            refresh_token: record.refresh_token.clone(),
            sent_at,
            last_sent_at,
            in_flight: false,
        });
    }

    /// Notes that the record's token is about to be sent. `None` without a leeway: nothing is noted then, because no retry
    /// can be in time.
    pub(crate) fn open_request(&self, record: &SessionRecord) -> Option<Sending> {
        if self.rotation_leeway().is_zero() {
            return None;
        }
        let now = self.clock.now();
        let leeway = whole_seconds(self.rotation_leeway());
        // A moment in the future says that the clock was set back since: only now is known then. A request that is older
        // than the leeway is settled. If the provider had rotated the token at the time, no retry could save the session
        // any more; so for every session that is alive the leeway begins with this request.
        let is_within = |sent_at: &i64| (*sent_at..=sent_at.saturating_add(leeway)).contains(&now);
        let sent_at = self.sent_at(record).filter(is_within);
        let last_sent_at = self.last_sent_at(record).filter(is_within);
        let was_open = sent_at.is_some() || last_sent_at.is_some();
        let sent_at = sent_at.unwrap_or(now);
        self.memory().open_request = Some(OpenRequest {
            refresh_token: record.refresh_token.clone(),
            sent_at,
            last_sent_at,
            in_flight: true,
        });
        Some(Sending {
            was_open,
            to_store: (record.sent_at != Some(sent_at)).then_some(sent_at),
        })
    }

    /// Notes that this process waits no longer for the response to the request that was sent at `sent_at`. With
    /// `may_have_acted`, the response is lost.
    pub(crate) fn end_sending(&self, sent_at: i64, may_have_acted: bool) {
        if let Some(open) = &mut self.memory().open_request {
            open.in_flight = false;
            if may_have_acted {
                open.last_sent_at = Some(sent_at);
            }
        }
    }

    /// Notes that the response has come, or that the provider has not acted on the token that was sent.
    pub(crate) fn close_request(&self) {
        self.memory().open_request = None;
    }

    /// Writes `sent_at` into the stored record, if that still has this refresh token and nobody has signed out after
    /// `epoch`.
    pub(crate) async fn store_sent_at(
        &self,
        refresh_token: Secret,
        sent_at: Option<i64>,
        epoch: u64,
    ) -> Result<(), StoreError> {
        if self.config.persistence == Persistence::MemoryOnly {
            return Ok(());
        }
        let sign_outs = self.sign_out_counter();
        self.with_store(move |store| {
            // A sign-out raises the counter before it empties the slot, so this call comes either before the emptying, or
            // after the counter was raised.
            if sign_outs.load(Ordering::SeqCst) != epoch {
                return Ok(());
            }
            match store::load::<SessionRecord>(store, Slot::Session)? {
                Some(record) if record.refresh_token == refresh_token && record.sent_at != sent_at => {
                    store.save(Slot::Session, &store::encode(&SessionRecord { sent_at, ..record })?)
                }
                _ => Ok(()),
            }
        })
        .await
    }

    /// Whether the provider asked us to wait, and that time has not passed. If the clock was set meanwhile, the
    /// remaining time says nothing, so a wait of more than an hour is ignored.
    pub(crate) fn is_rate_limited(&self) -> bool {
        let now = self.clock.now();
        self.memory()
            .rate_limit
            .is_some_and(|limit| (1..=MAX_RATE_LIMIT_SECS).contains(&limit.until.saturating_sub(now)))
    }

    /// What is left of the time for which the provider asked to wait, with this device's share of the spread. The spread
    /// is shortened if it would carry the last try beyond the leeway.
    fn rate_limit_remaining(&self, now: i64, leeway_end: Option<i64>) -> Duration {
        let Some(limit) = self.memory().rate_limit else {
            return Duration::ZERO;
        };
        let seconds = limit.until.saturating_sub(now);
        let spread = whole_seconds(limit.spread);
        if !(1 - spread..=MAX_RATE_LIMIT_SECS).contains(&seconds) {
            return Duration::ZERO;
        }
        let spread = match leeway_end.map(|end| end.saturating_sub(limit.until)) {
            Some(left) if left > 0 => spread.min(left / 2),
            _ => spread,
        };
        Duration::from_secs(u64::try_from(seconds.saturating_add(spread)).unwrap_or(0))
    }

    /// Sends no exchange for this many seconds: one hour at most if the provider limits this client's requests (`error` is
    /// [`Error::Busy`]), and a minute at most if it has a fault of its own.
    pub(crate) fn set_rate_limited(&self, seconds: u64, error: Error) {
        let most = if error == Error::Busy {
            MAX_RATE_LIMIT_SECS
        } else {
            MAX_FAULT_WAIT_SECS
        };
        let seconds = i64::try_from(seconds).map_or(most, |seconds| seconds.min(most));
        let quarter = Duration::from_secs(u64::try_from(seconds / 4).unwrap_or(0));
        let spread = jitter(
            &*self.random,
            quarter.clamp(MIN_RATE_LIMIT_SPREAD, MAX_RATE_LIMIT_SPREAD),
        );
        self.memory().rate_limit = Some(RateLimit {
            until: self.clock.now().saturating_add(seconds),
            spread,
        });
    }

    /// Forgets that the provider asked to wait.
    pub(crate) fn clear_rate_limit(&self) {
        self.memory().rate_limit = None;
    }
}

/// Whether a failure is the provider's doing, and so costs it something to be asked again. A device that has no network, or
/// whose keystore does not answer, troubles nobody by trying every five minutes.
fn is_of_the_provider(error: Error) -> bool {
    match error {
        Error::Timeout | Error::ServerFault | Error::Busy => true,
        other => !other.is_transient(),
    }
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
