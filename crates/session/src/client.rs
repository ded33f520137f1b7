//! The state that all operations of a session share, and the locks around it.
//!
//! # Locks
//!
//! | lock | what it guards | held across an await |
//! |---|---|---|
//! | `refresh_in_flight` | the one refresh that concurrent callers share | no |
//! | `exchange_lock` | one use or save of the refresh token at a time in this process | yes: request, check and save |
//! | `callback_lock` | one consumer of the pending sign-in at a time in this process | yes: read and remove |
//! | [`Store::lock_across_processes`] | the same two, between processes | yes |
//! | `store_lock` | one call of the store at a time | yes: one call |
//! | `memory`, `request_params` | caches, and what could not be saved | no |
//!
//! **Order.** A task that holds a lock takes only locks further down this table. `exchange_lock` and `callback_lock`
//! are the exception that the table does not show: no task holds both. A callback is consumed under `callback_lock`,
//! which is released before the code is redeemed, and the tokens of the sign-in are then stored under `exchange_lock`.
//! `memory` and `request_params` are never held together.
//!
//! **Metadata and keys come before the locks.** An exchange fetches metadata and key set before it takes
//! `exchange_lock`, for two reasons. If discovery hangs for its ten seconds, a sign-in or a sign-out that needs the lock
//! between processes is not delayed, because nobody holds that lock yet. And once the provider has rotated the refresh
//! token, no further request stands between its response and the save, so the time in which a crash costs the new token
//! is as short as it can be.
//!
//! **Request and save are detached.** Refresh, transfer, the end of a sign-in and sign-out run in tasks of their own
//! ([`Client::detached`]), and the caller only waits for the result. If a caller could cancel an exchange by dropping
//! its future, the provider might have rotated the refresh token while nobody saved the new one. The next refresh would
//! then present the old token, which the provider treats as stolen outside its leeway: it revokes the whole family
//! (RFC 9700 §4.14.2), and the user is signed out.
//!
//! **Sign-out takes no `exchange_lock`.** It must succeed while a request hangs. It waits for the lock between processes,
//! 90 seconds at most, and then goes on without it. Before that wait it raises `sign_out_epoch`: an operation that began
//! in an earlier epoch stores nothing and revokes what it received. [`Client::persist`] compares the epoch under
//! `memory` before it writes there, and again after the save, so a sign-out at any moment wins.
//!
//! **The moment of sending is stored beside the request.** With a rotation leeway, the record in the keystore says when a
//! refresh token was first sent without an answer. That write runs concurrently with the request, so it delays nobody, and
//! it ends before the save of what comes back, so it cannot overwrite a newer token; it also writes only over the token
//! that it is about, and never after a sign-out. The save of the result clears it.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::Shared;
use serde_json::Value;

use crate::config::Config;
use crate::discovery::Metadata;
use crate::error::StoreError;
use crate::id_token::LEEWAY;
use crate::outcome::RefreshOutcome;
use crate::retry::{OpenRequest, RateLimit, Retry};
use crate::store::{PendingSignIn, SessionRecord, Store};
use crate::traits::{BoxFuture, Clock, Http, Random};

/// How long a call of the store may take, the wait for earlier calls included. A keystore that takes longer waits for
/// the user, so it counts as locked.
const STORE_TIMEOUT: Duration = Duration::from_secs(15);
/// How long to wait for another process: its exchange with all retries and pauses.
const PROCESS_LOCK_TIMEOUT: Duration = Duration::from_secs(90);

/// A session's state. Clones of a [`Session`](crate::Session) share one.
pub(crate) struct Client {
    /// The configuration that identifies the session: issuer, client, redirect URI. The optional parameters of the
    /// next authorization request are in `request_params`.
    pub config: Config,
    request_params: Mutex<Config>,
    pub http: Arc<dyn Http>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    store: Arc<dyn Store>,
    /// Held while the refresh token is used or replaced, for a refresh, a transfer or a sign-in.
    pub exchange_lock: tokio::sync::Mutex<()>,
    /// Held during one call of the store. The guard moves into the call, so a call that its caller no longer waits for
    /// still holds the lock: a save that hung on a locked keystore must not overwrite a later one.
    store_lock: Arc<tokio::sync::Mutex<()>>,
    /// Held while a callback consumes the pending sign-in, so that a callback that is delivered twice at the same time
    /// sends its code once.
    pub callback_lock: tokio::sync::Mutex<()>,
    /// The refresh that runs now, with the epoch in which it began.
    pub refresh_in_flight: Mutex<Option<(u64, Shared<BoxFuture<RefreshOutcome>>)>>,
    sign_out_epoch: Arc<AtomicU64>,
    /// Raised whenever a sign-in begins or is cancelled and whenever a sign-out begins, so that an operation on the
    /// pending sign-in can tell whether it is still the same one.
    pending_epoch: Arc<AtomicU64>,
    memory: Mutex<Memory>,
}

/// What is known in this process only.
#[derive(Default)]
pub(crate) struct Memory {
    /// The session that could not be saved, or that is not to be saved ([`Persistence::MemoryOnly`]).
    ///
    /// [`Persistence::MemoryOnly`]: crate::config::Persistence::MemoryOnly
    pub unsaved: Option<SessionRecord>,
    /// The pending sign-in that could not be saved.
    pub pending: Option<PendingSignIn>,
    /// The metadata, and when they were fetched by the device's clock.
    pub metadata: Option<(i64, Arc<Metadata>)>,
    /// The key set, and when it was fetched by the device's clock.
    pub keys: Option<(i64, Arc<Vec<Value>>)>,
    /// When an unknown key last caused a fetch of the key set.
    pub keys_refetched_at: Option<i64>,
    /// When a fetch of metadata or key set last failed although older ones were there.
    pub fetch_failed_at: Option<i64>,
    /// The time for which the provider asked us to wait.
    pub rate_limit: Option<RateLimit>,
    /// When to try again after an exchange that failed.
    pub retry: Option<Retry>,
    /// How many exchanges failed in a row, those within the rotation leeway not counted.
    pub failures: u32,
    /// The refresh token whose request may have reached the provider, and whose response did not come.
    pub open_request: Option<OpenRequest>,
}

impl Client {
    pub(crate) fn new(
        config: Config,
        http: Arc<dyn Http>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        store: Arc<dyn Store>,
    ) -> Self {
        Self {
            request_params: Mutex::new(config.clone()),
            config,
            http,
            clock,
            random,
            store,
            exchange_lock: tokio::sync::Mutex::new(()),
            store_lock: Arc::default(),
            callback_lock: tokio::sync::Mutex::new(()),
            refresh_in_flight: Mutex::new(None),
            sign_out_epoch: Arc::default(),
            pending_epoch: Arc::default(),
            memory: Mutex::default(),
        }
    }

    /// The configuration with the parameters of the next authorization request.
    pub(crate) fn request_params(&self) -> Config {
        self.request_params
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Replaces the parameters of the next authorization request if `config` is about the same session, and returns
    /// whether it is.
    pub(crate) fn update_request_params(&self, config: &Config) -> bool {
        let identity = |config: &Config| {
            (
                config.issuer.clone(),
                config.client_id.clone(),
                config.redirect_uri.clone(),
                config.persistence,
                config.transfer.clone(),
                config.loopback_http,
            )
        };
        let is_same_session = identity(&self.config) == identity(config);
        if is_same_session {
            *self.request_params.lock().unwrap_or_else(PoisonError::into_inner) = config.clone();
        }
        is_same_session
    }

    /// Whether what was begun for `owner` is still for the present one. What names no owner is.
    pub(crate) fn is_owner(&self, owner: Option<&str>) -> bool {
        owner.is_none() || owner == self.request_params().owner.as_deref()
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls the store, one call at a time, on a thread of its own if it may block.
    pub(crate) async fn with_store<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (store, may_block) = (self.store.clone(), self.store.may_block());
        let result = async {
            let guard = self.store_lock.clone().lock_owned().await;
            let call = move || {
                let _guard = guard;
                call(&*store)
            };
            if !may_block {
                return call();
            }
            tokio::task::spawn_blocking(call)
                .await
                .unwrap_or(Err(StoreError::Failed))
        };
        tokio::time::timeout(STORE_TIMEOUT, result)
            .await
            .unwrap_or(Err(StoreError::Locked))
    }

    /// Keeps other processes from using the session until the returned guard is dropped. The wait for another process
    /// takes no `store_lock`, so this process can still read meanwhile.
    pub(crate) async fn lock_across_processes(&self) -> Result<Box<dyn Send>, StoreError> {
        let store = self.store.clone();
        if !store.may_block() {
            return store.lock_across_processes();
        }
        let guard = tokio::task::spawn_blocking(move || store.lock_across_processes());
        tokio::time::timeout(PROCESS_LOCK_TIMEOUT, guard)
            .await
            .map_or(Err(StoreError::Locked), |guard| {
                guard.unwrap_or(Err(StoreError::Failed))
            })
    }

    /// The number of sign-outs so far. An operation reads it when it begins and stores nothing if it has changed by
    /// the end.
    pub(crate) fn sign_out_epoch(&self) -> u64 {
        self.sign_out_epoch.load(Ordering::SeqCst)
    }

    /// The counter of sign-outs, for a call of the store that must not write after a sign-out.
    pub(crate) fn sign_out_counter(&self) -> Arc<AtomicU64> {
        self.sign_out_epoch.clone()
    }

    /// The epoch of the pending sign-in, for a call of the store that must not touch a later one.
    pub(crate) fn pending_counter(&self) -> Arc<AtomicU64> {
        self.pending_epoch.clone()
    }

    /// Begins a new epoch: no operation that began before stores a session any more.
    pub(crate) fn begin_sign_out_epoch(&self) {
        self.sign_out_epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// The clocks by which to judge a token, the most likely one first.
    ///
    /// If the device's clock differs from the response's `Date` by more than the leeway, `Date` comes first: it arrived
    /// over the same connection as the token, so it is as trustworthy. The device's clock stays in the list, because a
    /// proxy in front of the provider may write a `Date` of its own.
    pub(crate) fn plausible_clocks(&self, date: Option<i64>) -> Vec<i64> {
        let now = self.clock.now();
        let server = date.filter(|date| date.saturating_sub(now).saturating_abs() > LEEWAY);
        server.into_iter().chain([now]).collect()
    }

    /// Runs `work` to its end, even if the caller drops the returned future. Returns `lost` if the task panics or the
    /// runtime shuts down.
    pub(crate) async fn detached<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static, lost: T) -> T {
        tokio::spawn(work).await.unwrap_or(lost)
    }
}
