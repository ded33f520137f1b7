//! The provider's metadata and keys, fetched when they are needed and kept for an hour.
//!
//! If they cannot be fetched after that hour, the old ones serve on: a provider whose token endpoint works must not be cut
//! off because its discovery document does not. What is fetched and found invalid never replaces what was good.

use std::sync::Arc;

use serde_json::Value;

use crate::client::Client;
use crate::discovery::{self, Metadata};
use crate::error::{Error, IdTokenError};
use crate::id_token::UnverifiedIdToken;

/// How long metadata and keys are used before they are fetched again, in seconds.
const CACHE_SECS: i64 = 3_600;
/// The time between two fetches of the key set that an unknown key causes, in seconds.
const REFETCH_SECS: i64 = 60;
/// How long old metadata and keys serve without another try to fetch them, in seconds. Each try may take ten seconds, and
/// a person may wait for the exchange behind it.
const STALE_SECS: i64 = 60;

/// The provider's keys (RFC 7517 §5).
pub(crate) struct KeySet {
    keys: Arc<Vec<Value>>,
    /// Whether the set comes from the cache, so that the provider may have a newer one.
    cached: bool,
}

impl Client {
    /// The provider's metadata, at most an hour old if they can be fetched. An age below zero means that the clock was set
    /// back; the metadata are then fetched again.
    pub(crate) async fn metadata(&self) -> Result<Arc<Metadata>, Error> {
        let now = self.clock.now();
        let known = self.memory().metadata.clone();
        if let Some((fetched, metadata)) = &known
            && (is_recent(*fetched, now, CACHE_SECS) || self.fetch_failed_lately())
        {
            return Ok(metadata.clone());
        }
        match discovery::discover(&*self.http, &self.config.issuer, self.config.loopback_http).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                let mut memory = self.memory();
                (memory.metadata, memory.fetch_failed_at) = (Some((now, metadata.clone())), None);
                Ok(metadata)
            }
            Err(error) => {
                let (_, metadata) = known.ok_or(error)?;
                self.note_failed_fetch();
                Ok(metadata)
            }
        }
    }

    fn fetch_failed_lately(&self) -> bool {
        let now = self.clock.now();
        self.memory()
            .fetch_failed_at
            .is_some_and(|at| is_recent(at, now, STALE_SECS))
    }

    fn note_failed_fetch(&self) {
        let now = self.clock.now();
        self.memory().fetch_failed_at = Some(now);
    }

    /// The metadata that were fetched last, of any age.
    pub(crate) fn known_metadata(&self) -> Option<Arc<Metadata>> {
        self.memory().metadata.as_ref().map(|(_, metadata)| metadata.clone())
    }

    /// The provider's keys, at most an hour old if they can be fetched.
    pub(crate) async fn keys(&self, metadata: &Metadata) -> Result<KeySet, Error> {
        let now = self.clock.now();
        let known = self.memory().keys.clone();
        if let Some((fetched, keys)) = &known
            && (is_recent(*fetched, now, CACHE_SECS) || self.fetch_failed_lately())
        {
            return Ok(KeySet {
                keys: keys.clone(),
                cached: true,
            });
        }
        match self.fetch_keys(metadata).await {
            Ok(keys) => Ok(KeySet { keys, cached: false }),
            Err(error) => {
                let (_, keys) = known.ok_or(error)?;
                self.note_failed_fetch();
                Ok(KeySet { keys, cached: true })
            }
        }
    }

    async fn fetch_keys(&self, metadata: &Metadata) -> Result<Arc<Vec<Value>>, Error> {
        let document = discovery::fetch_json(&*self.http, metadata.jwks_uri.clone()?).await?;
        let Some(Value::Array(keys)) = document.get("keys") else {
            return Err(Error::Metadata);
        };
        let keys = Arc::new(keys.clone());
        self.memory().keys = Some((self.clock.now(), keys.clone()));
        Ok(keys)
    }

    /// Whether an unknown key may cause a fetch now. Records the fetch if so.
    fn may_refetch_keys(&self) -> bool {
        let now = self.clock.now();
        let mut memory = self.memory();
        let allowed = !memory
            .keys_refetched_at
            .is_some_and(|last| is_recent(last, now, REFETCH_SECS));
        if allowed {
            memory.keys_refetched_at = Some(now);
        }
        allowed
    }

    /// Verifies the signature of an ID token.
    ///
    /// If no key of the set fits, the set is fetched once more (OpenID Connect Core §10.1.1). The same happens if the
    /// signature is wrong and the set was cached, because a provider may have replaced a key under the same `kid`.
    pub(crate) async fn verify_signature(
        &self,
        token: &UnverifiedIdToken<'_>,
        metadata: &Metadata,
        keys: Result<KeySet, Error>,
    ) -> Result<(), Error> {
        token.check_algorithm_announced(&metadata.signing_algorithms)?;
        let set = keys?;
        let result = token.verify_signature(&set.keys);
        let unknown = result == Err(IdTokenError::NoKey);
        let outdated = unknown || (set.cached && result == Err(IdTokenError::Signature));
        if outdated && self.may_refetch_keys() {
            match self.fetch_keys(metadata).await {
                Ok(keys) => return token.verify_signature(&keys).map_err(Error::from),
                // A cached set without the key decides nothing; a set that was fetched just now, or a key with which
                // the signature is wrong, does.
                Err(error) if unknown && set.cached => return Err(error),
                Err(_) => {}
            }
        }
        result.map_err(Error::from)
    }
}

/// Whether `since` is less than `seconds` ago. A moment in the future is not, because the clock was set back and
/// the age is unknown.
fn is_recent(since: i64, now: i64, seconds: i64) -> bool {
    (0..seconds).contains(&now.saturating_sub(since))
}
