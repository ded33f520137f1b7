//! The session record: the refresh token and whom it belongs to, in the keystore or, if it cannot be saved, in memory.

use crate::client::Client;
use crate::config::Persistence;
use crate::error::StoreError;
use crate::secret::Secret;
use crate::store::{self, SessionRecord, Slot};

impl Client {
    /// The session of this issuer and client: the one in memory if it could not be saved, else the stored one.
    pub(crate) async fn record(&self) -> Result<Option<SessionRecord>, StoreError> {
        if let Some(record) = self.memory().unsaved.clone() {
            return Ok(Some(record));
        }
        self.stored_record().await
    }

    /// The session as the keystore holds it. Removes a record that does not parse, because no version of the app can
    /// use it. Leaves the record of another issuer or client alone and does not return it.
    pub(crate) async fn stored_record(&self) -> Result<Option<SessionRecord>, StoreError> {
        if self.config.persistence == Persistence::MemoryOnly {
            return Ok(None);
        }
        let record = self
            .with_store(|store| {
                let Some(text) = store.load(Slot::Session)? else {
                    return Ok(None);
                };
                let record: Option<SessionRecord> = store::decode(&text);
                if record.is_none() {
                    store.remove(Slot::Session)?;
                }
                Ok(record)
            })
            .await?;
        Ok(record.filter(|record| record.is_for(&self.config)))
    }

    /// Makes `record` the session, unless the user signed out after `epoch`. Returns whether the keystore holds the
    /// record; if not, the session works from memory until the process ends.
    ///
    /// The record goes to memory first, so that a save that fails loses no token.
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
                self.forget_stored().await?;
            }
        }
        saved
    }

    async fn save(&self, value: Secret) -> Result<(), StoreError> {
        self.with_store(move |store| store.save(Slot::Session, &value)).await
    }

    /// Tries again to save the session that is in memory only. `Ok` if there is none.
    pub(crate) async fn retry_save(&self) -> Result<(), StoreError> {
        let epoch = self.sign_out_epoch();
        let unsaved = self.memory().unsaved.clone();
        match unsaved {
            Some(record) => self.persist(record, epoch).await,
            None => Ok(()),
        }
    }

    /// Drops the session that is in memory only.
    pub(crate) fn forget_unsaved(&self) {
        self.memory().unsaved = None;
    }

    /// Removes the stored session if it is this issuer's and client's, or if it does not parse.
    pub(crate) async fn forget_stored(&self) -> Result<(), StoreError> {
        if self.config.persistence == Persistence::MemoryOnly {
            return Ok(());
        }
        let config = self.config.clone();
        self.with_store(move |store| {
            let Some(text) = store.load(Slot::Session)? else {
                return Ok(());
            };
            match store::decode::<SessionRecord>(&text) {
                Some(record) if !record.is_for(&config) => Ok(()),
                _ => store.remove(Slot::Session),
            }
        })
        .await
    }

    /// Removes every session, in memory and in the keystore, whatever its issuer and client.
    pub(crate) async fn forget_any(&self) -> Result<(), StoreError> {
        self.forget_unsaved();
        if self.config.persistence == Persistence::MemoryOnly {
            return Ok(());
        }
        self.with_store(|store| store.remove(Slot::Session)).await
    }
}
