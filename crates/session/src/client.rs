//! What the parts of a session share: the kept record, the metadata, one exchange at a time.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::Shared;
use serde_json::Value;

use crate::config::{Config, Persistence};
use crate::discovery::{Metadata, discover, fetch};
use crate::id_token::{self, Expected, LEEWAY, Nonce, Same};
use crate::refresh::RefreshOutcome;
use crate::store::{self, Pending, Record, Slot, Store};
use crate::token_endpoint::Answer;
use crate::traits::{BoxFuture, Clock, Http, Random};
use crate::{Error, IdTokenError, StoreError};

/// A keystore that takes longer waits for a person, so it is locked.
const STORE_PATIENCE: Duration = Duration::from_secs(15);
/// Another process has the session for as long as one exchange takes, tries and pauses included.
const TURN_PATIENCE: Duration = Duration::from_secs(90);
/// How long metadata and keys are used before they are asked for again (seconds).
const METADATA_AGE: i64 = 3_600;
/// An unknown key sends us to the key set at most this often (seconds).
const KEYS_PAUSE: i64 = 60;

pub(crate) struct Client {
    /// Whose session it is; what a new sign-in asks for stands in `asked`.
    pub config: Config,
    asked: Mutex<Config>,
    pub http: Arc<dyn Http>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub store: Arc<dyn Store>,
    /// One exchange of the refresh token at a time, whatever it is for.
    pub exchange_lock: tokio::sync::Mutex<()>,
    /// One call of the store at a time, also of those that nobody waits for any more: a save that hung on a locked
    /// keystore must not land on top of a later one.
    store_lock: Arc<tokio::sync::Mutex<()>>,
    /// One callback takes the sign-in under way, also if it is delivered twice at the same time.
    pub callback_lock: tokio::sync::Mutex<()>,
    /// The refresh under way, and the count of sign-outs at its beginning.
    pub refresh_in_flight: Mutex<Option<(u64, Shared<BoxFuture<RefreshOutcome>>)>>,
    /// Grows with each sign-out: an exchange that began before may not bring the session back.
    pub sign_out_epoch: AtomicU64,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// The session that could not be saved, or is not to be.
    unsaved: Option<Record>,
    /// The sign-in under way that could not be saved.
    pending: Option<Pending>,
    metadata: Option<(i64, Arc<Metadata>)>,
    keys: Option<(i64, Arc<Vec<Value>>)>,
    /// When an unknown key last sent us to the key set.
    refetched: Option<i64>,
    /// The server asked to wait until then, by our clock.
    busy_until: Option<i64>,
}

/// A key set.
pub(crate) struct Keys {
    set: Arc<Vec<Value>>,
    /// It was fetched earlier; a newer one may have another key.
    kept: bool,
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
            asked: Mutex::new(config.clone()),
            config,
            http,
            clock,
            random,
            store,
            exchange_lock: tokio::sync::Mutex::new(()),
            store_lock: Arc::default(),
            callback_lock: tokio::sync::Mutex::new(()),
            refresh_in_flight: Mutex::new(None),
            sign_out_epoch: AtomicU64::new(0),
            memory: Mutex::default(),
        }
    }

    /// What the next sign-in asks for.
    pub(crate) fn asked(&self) -> Config {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// True if the session goes on with these settings.
    pub(crate) fn update_request_params(&self, config: &Config) -> bool {
        let same = |one: &Config| {
            (
                one.issuer.clone(),
                one.client_id.clone(),
                one.redirect_uri.clone(),
                one.persistence,
                one.transfer.clone(),
                one.loopback_http,
            )
        };
        let goes_on = same(&self.config) == same(config);
        if goes_on {
            *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = config.clone();
        }
        goes_on
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // The kept session

    /// Calls the store off the async threads.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.store.clone();
        let done = async {
            let store_lock = self.store_lock.clone().lock_owned().await;
            let call = move || {
                let _storing = store_lock;
                call(&*store)
            };
            tokio::task::spawn_blocking(call)
                .await
                .unwrap_or(Err(StoreError::Failed))
        };
        tokio::time::timeout(STORE_PATIENCE, done)
            .await
            .unwrap_or(Err(StoreError::Locked))
    }

    /// Keeps other processes from the session until the guard is dropped.
    pub(crate) async fn lock_across_processes(&self) -> Result<Box<dyn Send>, StoreError> {
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || store.lock_across_processes());
        tokio::time::timeout(TURN_PATIENCE, done)
            .await
            .map_or(Err(StoreError::Locked), |done| done.unwrap_or(Err(StoreError::Failed)))
    }

    /// The count of sign-outs so far. What began at another count keeps nothing.
    pub(crate) fn sign_out_epoch(&self) -> u64 {
        self.sign_out_epoch.load(Ordering::SeqCst)
    }

    /// The session of this issuer and client: in memory if it could not be saved, else as stored. A damaged record is
    /// removed; another issuer's is left alone and not used.
    pub(crate) async fn record(&self) -> Result<Option<Record>, StoreError> {
        if let Some(record) = self.memory().unsaved.clone() {
            return Ok(Some(record));
        }
        self.stored_record().await
    }

    /// The session as stored.
    pub(crate) async fn stored_record(&self) -> Result<Option<Record>, StoreError> {
        if self.config.persistence == Persistence::MemoryOnly {
            return Ok(None);
        }
        let record = self
            .blocking(|store| {
                let Some(text) = store.load(Slot::Session)? else {
                    return Ok(None);
                };
                let record: Option<Record> = store::decode(&text);
                if record.is_none() {
                    store.remove(Slot::Session)?;
                }
                Ok(record)
            })
            .await?;
        Ok(record.filter(|record| record.issuer == self.config.issuer && record.client_id == self.config.client_id))
    }

    /// Keeps a session, unless a sign-out came after `sign_out_epoch`. Answers whether it is saved; it is in use either way.
    pub(crate) async fn keep(&self, record: Record, sign_out_epoch: u64) -> Result<(), StoreError> {
        {
            let mut memory = self.memory();
            if self.sign_out_epoch() != sign_out_epoch {
                return Ok(());
            }
            memory.unsaved = Some(record.clone());
        }
        if self.config.persistence == Persistence::MemoryOnly {
            return Ok(());
        }
        let value = store::encode(&record)?;
        let saved = match self.save(value.clone()).await {
            Ok(()) => Ok(()),
            // Once more at once: a keystore that hiccups is commoner than one that is gone.
            Err(_) => self.save(value).await,
        };
        if saved.is_ok() {
            let signed_out = {
                let mut memory = self.memory();
                if memory.unsaved.as_ref() == Some(&record) {
                    memory.unsaved = None;
                }
                self.sign_out_epoch() != sign_out_epoch
            };
            if signed_out {
                self.forget_stored().await?;
            }
        }
        saved
    }

    async fn save(&self, value: crate::Secret) -> Result<(), StoreError> {
        self.blocking(move |store| store.save(Slot::Session, &value)).await
    }

    /// Tries once more to save what could not be saved.
    pub(crate) async fn save_again(&self) -> Result<(), StoreError> {
        let sign_out_epoch = self.sign_out_epoch();
        let unsaved = self.memory().unsaved.clone();
        match unsaved {
            Some(record) => self.keep(record, sign_out_epoch).await,
            None => Ok(()),
        }
    }

    /// The sign-in under way that lives in memory only.
    pub(crate) fn unsaved_pending(&self) -> Option<Pending> {
        self.memory().pending.clone()
    }

    pub(crate) fn set_unsaved_pending(&self, pending: Option<Pending>) {
        self.memory().pending = pending;
    }

    pub(crate) fn forget_memory(&self) {
        self.memory().unsaved = None;
    }

    /// Removes the stored session if it is this issuer's and client's, or damaged.
    pub(crate) async fn forget_stored(&self) -> Result<(), StoreError> {
        if self.config.persistence == Persistence::MemoryOnly {
            return Ok(());
        }
        let (issuer, client_id) = (self.config.issuer.clone(), self.config.client_id.clone());
        self.blocking(move |store| {
            let Some(text) = store.load(Slot::Session)? else {
                return Ok(());
            };
            match store::decode::<Record>(&text) {
                Some(record) if record.issuer != issuer || record.client_id != client_id => Ok(()),
                _ => store.remove(Slot::Session),
            }
        })
        .await
    }

    /// Leaves no session, whoever's it was: the person who is signed in now has none to keep.
    pub(crate) async fn forget_any(&self) -> Result<(), StoreError> {
        self.forget_memory();
        if self.config.persistence == Persistence::MemoryOnly {
            return Ok(());
        }
        self.blocking(|store| store.remove(Slot::Session)).await
    }

    // The server's word

    pub(crate) async fn metadata(&self) -> Result<Arc<Metadata>, Error> {
        let now = self.clock.now();
        if let Some((fetched, metadata)) = &self.memory().metadata
            && (0..METADATA_AGE).contains(&now.saturating_sub(*fetched))
        {
            return Ok(metadata.clone());
        }
        let fresh = Arc::new(discover(&*self.http, &self.config.issuer, self.config.loopback_http).await?);
        self.memory().metadata = Some((now, fresh.clone()));
        Ok(fresh)
    }

    pub(crate) fn known_metadata(&self) -> Option<Arc<Metadata>> {
        self.memory().metadata.as_ref().map(|(_, metadata)| metadata.clone())
    }

    /// The keys as they were kept, or fetched now.
    pub(crate) async fn keys(&self, metadata: &Metadata) -> Result<Keys, Error> {
        let now = self.clock.now();
        let kept = self
            .memory()
            .keys
            .clone()
            .filter(|(fetched, _)| (0..METADATA_AGE).contains(&now.saturating_sub(*fetched)));
        match kept {
            Some((_, set)) => Ok(Keys { set, kept: true }),
            None => Ok(Keys {
                set: self.fetch_keys(metadata).await?,
                kept: false,
            }),
        }
    }

    async fn fetch_keys(&self, metadata: &Metadata) -> Result<Arc<Vec<Value>>, Error> {
        let document = fetch(&*self.http, metadata.jwks_uri.clone()).await?;
        let Some(Value::Array(keys)) = document.get("keys") else {
            return Err(Error::Metadata);
        };
        let keys = Arc::new(keys.clone());
        self.memory().keys = Some((self.clock.now(), keys.clone()));
        Ok(keys)
    }

    /// An unknown key may ask for the key set again now.
    fn may_refetch(&self) -> bool {
        let now = self.clock.now();
        let mut memory = self.memory();
        let rests = memory
            .refetched
            .is_some_and(|last| (0..KEYS_PAUSE).contains(&now.saturating_sub(last)));
        if !rests {
            memory.refetched = Some(now);
        }
        !rests
    }

    /// Verifies a token's signature; an unknown key sends us to the key set once more (OpenID Connect Core, 10.1.1), and
    /// so does a key that was kept and does not fit, for a server may have given another one its name.
    pub(crate) async fn verify(
        &self,
        parsed: &id_token::Parsed<'_>,
        metadata: &Metadata,
        keys: Result<Keys, Error>,
    ) -> Result<(), Error> {
        parsed.check_announced(&metadata.signing_algorithms)?;
        let keys = keys?;
        let outcome = parsed.verify(&keys.set);
        let unknown = outcome == Err(IdTokenError::NoKey);
        let newer = unknown || (keys.kept && outcome == Err(IdTokenError::Signature));
        if newer && self.may_refetch() {
            match self.fetch_keys(metadata).await {
                Ok(set) => return parsed.verify(&set).map_err(Error::from),
                // Only an old set that does not have the key leaves it open.
                Err(error) if unknown && keys.kept => return Err(error),
                Err(_) => {}
            }
        }
        outcome.map_err(Error::from)
    }

    /// The clocks to judge a token by. Where the device's is off by more than the leeway, the server's `Date` of the
    /// very answer that brought the token comes first: it came over the same connection, so it is as good. It is not
    /// the only one, for what stands before a server may write a `Date` of its own.
    pub(crate) fn clocks(&self, date: Option<i64>) -> Vec<i64> {
        let now = self.clock.now();
        let other = date.filter(|date| date.saturating_sub(now).saturating_abs() > LEEWAY);
        other.into_iter().chain([now]).collect()
    }

    /// Checks a refreshed ID token (OpenID Connect Core, 12.2), and with it decides whether a rotated refresh token is
    /// kept. The server has rotated by now, so a refusal may cost the session once the old token is used again; an
    /// acceptance changes nothing but the refresh token, for person and time of the sign-in must be the same.
    ///
    /// - No ID token: kept. None is owed on a refresh.
    /// - A token that says something wrong, is not signed, by an algorithm that is not announced or wrongly, or names a
    ///   key that a fetched key set does not have: refused, and the record stays as it was.
    /// - A key set that cannot be fetched now: kept if all else holds. The token came straight from the server over
    ///   the connection that brought the refresh token (3.1.3.7, point 6), and the fault passes.
    /// - `exp`, `iat` and `nbf` where the server does not tell its time (`Date`): not judged. The device's clock may be
    ///   years off, and a wrong clock never signs anybody out.
    ///
    /// The answer as a whole must be sound before this: what is no answer of a token endpoint (RFC 6749, 5.1) gives
    /// nothing to keep.
    ///
    /// `keys` were fetched before the exchange: no more than this stands between the answer and its save.
    pub(crate) async fn check_refreshed(
        &self,
        answer: &Answer,
        record: &Record,
        metadata: &Metadata,
        keys: Result<Keys, Error>,
    ) -> Result<(), Error> {
        let Some(token) = &answer.id_token else { return Ok(()) };
        let parsed = id_token::parse(token.expose())?;
        let clocks = if answer.date.is_some() {
            self.clocks(answer.date)
        } else {
            vec![]
        };
        parsed.check(&Expected {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            nonce: Nonce::IfPresent(record.nonce.as_deref()),
            clocks: &clocks,
            max_age: None,
            organization: None,
            access_token: answer.bearer.then_some(&answer.access_token),
            same: Some(Same {
                sub: &record.sub,
                auth_time: record.auth_time,
            }),
        })?;
        match self.verify(&parsed, metadata, keys).await {
            Err(error) if error.is_transient() || error == Error::Metadata => Ok(()),
            outcome => outcome,
        }
    }

    // Waiting

    pub(crate) fn busy(&self) -> bool {
        let now = self.clock.now();
        // A clock that was set since says nothing: never wait longer than an hour on its account.
        self.memory()
            .busy_until
            .is_some_and(|until| (1..=3_600).contains(&until.saturating_sub(now)))
    }

    pub(crate) fn set_busy(&self, seconds: u64) {
        let until = self
            .clock
            .now()
            .saturating_add(i64::try_from(seconds.min(3_600)).unwrap_or(0));
        self.memory().busy_until = Some(until);
    }

    /// Runs work that nobody can cancel by going away.
    pub(crate) async fn detached<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static, lost: T) -> T {
        tokio::spawn(work).await.unwrap_or(lost)
    }
}
