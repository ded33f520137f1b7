//! The daily refresh, while the app runs.

use std::sync::atomic::Ordering;
use std::time::Duration;

use app_state::Event;
use session::{Error, RefreshOutcome, StoreError};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Auth, DAY, app_error, last_success, report_unsaved};
use crate::diagnostics::log;
use crate::handle::Message;
use crate::timers::jitter;

/// How often a running app checks whether its session is due for a refresh, if the session gives no due time.
const DUE_CHECK: Duration = Duration::from_hours(1);
/// When the app comes to the front, a refresh that is due begins after a pause between these, and not at a random moment
/// of the next quarter of an hour: somebody may close the tablet again after half a minute. People open the tablets of a
/// fleet one by one, so the identity provider sees no peak.
const MIN_RESUME_PAUSE: Duration = Duration::from_secs(5);
const MAX_RESUME_PAUSE: Duration = Duration::from_secs(15);
/// A session is renewed once a day. One that was last renewed so long ago, in seconds, has been refused for a day.
const OVERDUE: i64 = 2 * DAY;

impl Auth {
    /// Refreshes the session once a day, and after a failure, whenever the session says that it is due, for as long as the
    /// app runs. `check` wakes it to look again when that is: after a session transfer, and when the app comes to the front;
    /// `report` hears of a refresh that did not work, and of a new refresh token that the keystore refused. Returns when the
    /// identity provider has ended the session.
    pub(crate) async fn keep_alive(&self, check: &Notify, report: impl Fn(Message)) -> Event {
        let mut resumed_until = None;
        loop {
            if self.resumed.swap(false, Ordering::Relaxed) {
                let pause = jitter(MAX_RESUME_PAUSE.saturating_sub(MIN_RESUME_PAUSE), self.random());
                resumed_until = Some(Instant::now() + MIN_RESUME_PAUSE + pause);
            }
            let due = match self.session() {
                Some(session) => session.due_in().await,
                None => None,
            };
            // A session that was not due when the app came to the front is refreshed in its own time. So is one whose last
            // exchange failed, because a retry has to wait.
            resumed_until = resumed_until.filter(|_| due.is_some() && !self.has_failed.load(Ordering::Relaxed));
            let due = due.map(|due| match resumed_until {
                Some(until) => due.min(until.saturating_duration_since(Instant::now())),
                None => due,
            });
            let woken = tokio::time::timeout(due.unwrap_or(DUE_CHECK), check.notified())
                .await
                .is_ok();
            // A wake-up means that the due time may have changed, so compute it again.
            if woken || due.is_none() {
                continue;
            }
            let Some(session) = self.session() else { continue };
            let last_success = last_success(&session).await;
            resumed_until = None;
            match self.background.finish(session.refresh()).await {
                RefreshOutcome::Refreshed { saved, .. } => {
                    self.has_failed.store(false, Ordering::Relaxed);
                    log::step("refreshed");
                    report(Message::SessionAtRisk(None));
                    report_unsaved(saved, &report);
                }
                RefreshOutcome::Kept(error) => {
                    self.has_failed.store(true, Ordering::Relaxed);
                    log::refresh_failed(error.code());
                    report(Message::RefreshFailed(app_error(error)));
                    let is_overdue = last_success.is_some_and(|last| self.now() - last >= OVERDUE);
                    if is_overdue && !error.is_transient() && error != Error::Overtaken {
                        report(Message::SessionAtRisk(Some(error.code())));
                    }
                    // The provider may have rotated the token before the fault showed.
                    if session.unsaved() {
                        report_unsaved(Err(StoreError::Failed), &report);
                    }
                }
                RefreshOutcome::SignedOut(_) => return Event::SessionEnded(self.ended_reason(last_success)),
            }
        }
    }

    /// The app came to the front; the caller then wakes [`Self::keep_alive`].
    pub(crate) fn on_resumed(&self) {
        self.resumed.store(true, Ordering::Relaxed);
    }

    /// The network is back. True if a retry waited for it and is due now: the caller then wakes [`Self::keep_alive`].
    pub(crate) fn on_network_restored(&self) -> bool {
        self.session().is_some_and(|session| session.on_network_restored())
    }
}

#[cfg(test)]
mod tests;
