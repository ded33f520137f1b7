//! The session record: the refresh token and whom it belongs to, in the keystore or, if it cannot be saved, in memory.

use crate::client::Client;
use crate::config::Persistence;
use crate::error::StoreError;
use crate::revocation;
use crate::secret::Secret;
use crate::store::{self, SessionRecord, Slot};

/// What to do with a stored record that cannot be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Leave it. Nobody knows whose it is, and it may be readable later.
    Keep,
    /// Remove it, because a person asked to sign out.
    Remove,
}

impl Client {
    /// The session of this issuer and client: the one in memory if it could not be saved, else the stored one.
    pub(crate) async fn record(&self) -> Result<Option<SessionRecord>, StoreError> {
        if let Some(record) = self.memory().unsaved.clone() {
            return Ok(Some(record));
        }
        self.stored_record().await
    }

    /// The session as the keystore holds it. Removes nothing: a record that cannot be read is
    /// [`StoreError::Unreadable`], and stays until a person signs in or signs out. Leaves the record of another issuer or
    /// client alone and does not return it.
    pub(crate) async fn stored_record(&self) -> Result<Option<SessionRecord>, StoreError> {
        if self.config.persistence == Persistence::MemoryOnly {
            return Ok(None);
        }
        let record: Option<SessionRecord> = self.with_store(|store| store::load(store, Slot::Session)).await?;
        Ok(record.filter(|record| record.is_for(&self.config)))
    }

    /// Makes `record` the session, unless the user signed out after `epoch`. Returns whether the keystore holds the
    /// record; if not, the session works from memory until the process ends.
    ///
    /// The record goes to memory first, so that a save that fails loses no token. The caller holds `exchange_lock`, so that
    /// records are saved in the order in which they came.
    pub(crate) async fn persist(&self, record: SessionRecord, epoch: u64) -> Result<(), StoreError> {
        {
            let mut memory = self.memory();
            if self.sign_out_epoch() != epoch {
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
            // Memory has moved on, because the user signed out. This record must not be written any more.
            Err(error) if self.memory().unsaved.as_ref() != Some(&record) => Err(error),
            // One retry at once, because a keystore that fails once is more common than one that is gone.
            Err(_) => self.save(value).await,
        };
        if saved.is_ok() {
            let signed_out = {
                let mut memory = self.memory();
                if memory.unsaved.as_ref() == Some(&record) {
                    memory.unsaved = None;
                }
                self.sign_out_epoch() != epoch
            };
            if signed_out {
                self.forget_stored(Unreadable::Remove).await?;
            }
        }
        saved
    }

    async fn save(&self, value: Secret) -> Result<(), StoreError> {
        self.with_store(move |store| store.save(Slot::Session, &value)).await
    }

    /// Tries again to save the session that is in memory only. `Ok` if there is none.
    ///
    /// Takes `exchange_lock` and looks only then what is unsaved. Without the lock, an exchange could rotate the token
    /// while this save hangs on a locked keystore, and the older token would be written over the newer one.
    pub(crate) async fn retry_save(&self) -> Result<(), StoreError> {
        if !self.is_unsaved() {
            return Ok(());
        }
        let _exchange = self.exchange_lock.lock().await;
        let _process = self.lock_across_processes().await?;
        let epoch = self.sign_out_epoch();
        let unsaved = self.memory().unsaved.clone();
        match unsaved {
            Some(record) => {
                // A request with this token may be open, and the next process has to know.
                let sent_at = self.sent_at(&record);
                self.persist(SessionRecord { sent_at, ..record }, epoch).await
            }
            None => Ok(()),
        }
    }

    /// Whether a session waits in memory for the keystore.
    pub(crate) fn is_unsaved(&self) -> bool {
        self.config.persistence == Persistence::Stored && self.memory().unsaved.is_some()
    }

    /// Drops the session that is in memory only.
    pub(crate) fn forget_unsaved(&self) {
        self.memory().unsaved = None;
    }

    /// Removes the stored session if it is this issuer's and client's.
    pub(crate) async fn forget_stored(&self, unreadable: Unreadable) -> Result<(), StoreError> {
        if self.config.persistence == Persistence::MemoryOnly {
            return Ok(());
        }
        let config = self.config.clone();
        self.with_store(move |store| match store::load::<SessionRecord>(store, Slot::Session) {
            Ok(None) => Ok(()),
            Ok(Some(record)) if !record.is_for(&config) => Ok(()),
            Ok(Some(_)) => store.remove(Slot::Session),
            Err(StoreError::Unreadable) if unreadable == Unreadable::Remove => store.remove(Slot::Session),
            Err(error) => Err(error),
        })
        .await
    }

    /// Removes the stored session of anybody but `record`'s user. For a sign-in that could not be saved: after a restart,
    /// the user who signed in before would otherwise be back. The earlier session of the same user may come back.
    pub(crate) async fn forget_stored_of_others(&self, record: &SessionRecord) -> Result<(), StoreError> {
        if self.config.persistence == Persistence::MemoryOnly {
            return Ok(());
        }
        let (config, sub) = (self.config.clone(), record.sub.clone());
        self.with_store(move |store| match store::load::<SessionRecord>(store, Slot::Session) {
            Ok(None) => Ok(()),
            Ok(Some(stored)) if stored.is_for(&config) && stored.sub == sub => Ok(()),
            Ok(Some(_)) | Err(_) => store.remove(Slot::Session),
        })
        .await
    }

    /// Removes every session, in memory and in the keystore, whatever its issuer and client.
    pub(crate) async fn forget_any(&self) -> Result<(), StoreError> {
        self.forget_unsaved();
        if self.config.persistence == Persistence::MemoryOnly {
            return Ok(());
        }
        self.forget_ended(i64::MAX).await
    }

    /// Removes the session from the keystore, whatever its issuer and client, unless the provider has accepted it between
    /// `ended` and now.
    pub(crate) async fn forget_ended(&self, ended: i64) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.with_store(move |store| {
            match store::load::<SessionRecord>(store, Slot::Session) {
                Ok(None) => return Ok(()),
                // A success in the future was noted by a clock that was wrong then, or is now.
                Ok(Some(record)) if record.last_success > ended && record.last_success <= now => return Ok(()),
                // If the keystore refuses, the token runs out by itself.
                Ok(Some(record)) => drop(revocation::keep(store, &record, None, now)),
                // Unless every session is to go, one that cannot be read now may be the newer one.
                Err(error) if ended != i64::MAX => return Err(error),
                Err(_) => {}
            }
            store.remove(Slot::Session)
        })
        .await
    }
}
