//! Work beside the loop. A task returns an event, or nothing, when it is done.
//!
//! The loop owns the tasks: when its future is dropped, every task is aborted. What must not be lost with a task (a
//! rotated refresh token and its save) the session runs detached.

use std::future::Future;
use std::sync::Arc;

use app_state::Event;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};

use crate::auth::Auth;

/// The tasks beside the loop.
#[derive(Default)]
pub(crate) struct Tasks {
    running: JoinSet<Option<Event>>,
    /// The sign-in under way, which a cancel aborts.
    sign_in: Option<AbortHandle>,
    /// Cancels under way. The next sign-in waits for them.
    cancels: Vec<JoinHandle<()>>,
    keep_alive: Option<AbortHandle>,
    /// Wakes the keep-alive task, so that it looks again when the next refresh is due.
    pub(crate) refresh_check: Arc<Notify>,
}

impl Tasks {
    /// Runs `work` beside the loop.
    pub(crate) fn spawn(&mut self, work: impl Future<Output = Option<Event>> + Send + 'static) -> AbortHandle {
        self.running.spawn(work)
    }

    /// Runs a sign-in beside the loop, after every cancel under way, and in the place of a sign-in under way: a cancel
    /// that ran later would take the new sign-in for the old one.
    pub(crate) fn spawn_sign_in(&mut self, work: impl Future<Output = Option<Event>> + Send + 'static) {
        self.abort_sign_in();
        let cancels = std::mem::take(&mut self.cancels);
        self.sign_in = Some(self.running.spawn(async move {
            for cancel in cancels {
                // A cancel that panicked has cancelled nothing. The new sign-in replaces the old one anyway.
                let _ = cancel.await;
            }
            work.await
        }));
    }

    /// Like [`Self::spawn_sign_in`], for the browser of a sign-in that has begun: waits for no cancel.
    pub(crate) fn spawn_browser(&mut self, work: impl Future<Output = Option<Event>> + Send + 'static) {
        self.abort_sign_in();
        self.sign_in = Some(self.running.spawn(work));
    }

    /// Stops the sign-in under way and forgets it in the session.
    pub(crate) fn cancel_sign_in(&mut self, auth: Arc<Auth>) {
        self.abort_sign_in();
        self.cancels.push(tokio::spawn(async move { auth.cancel().await }));
    }

    fn abort_sign_in(&mut self) {
        if let Some(sign_in) = self.sign_in.take() {
            sign_in.abort();
        }
    }

    /// Starts the daily refresh. If it runs already, it looks again when the next refresh is due; a refresh under way
    /// goes on, because its answer may be the definitive one.
    pub(crate) fn keep_alive(&mut self, work: impl Future<Output = Option<Event>> + Send + 'static) {
        if self.keep_alive.as_ref().is_some_and(|running| !running.is_finished()) {
            self.refresh_check.notify_one();
            return;
        }
        self.keep_alive = Some(self.running.spawn(work));
    }

    /// The event of the next task that ends with one. Waits for ever if no task runs, so that the caller can select on
    /// it. Cancel-safe.
    pub(crate) async fn next_event(&mut self) -> Event {
        loop {
            match self.running.join_next().await {
                Some(Ok(Some(event))) => return event,
                // Done without an event, aborted, or panicked.
                Some(Ok(None) | Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }
}
