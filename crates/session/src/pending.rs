//! The pending sign-in: kept in the store while the user is in the browser, so that it survives a restart of the app.

use std::sync::atomic::Ordering;

use crate::client::Client;
use crate::error::{Error, StoreError};
use crate::secret::Secret;
use crate::store::{self, PendingSignIn, Slot};

impl Client {
    /// Stores a pending sign-in, and `value`, its serialized form, in place of any earlier one. If the store fails, the
    /// sign-in stays in memory, so that a device without a keystore can still sign in for as long as the process lives.
    pub(crate) async fn store_pending(&self, pending: PendingSignIn, value: Secret) -> Result<(), StoreError> {
        self.begin_pending_epoch();
        let saved = self.with_store(move |store| store.save(Slot::Pending, &value)).await;
        self.memory().pending = saved.is_err().then_some(pending);
        saved
    }

    /// Begins a new epoch of the pending sign-in, and returns it: a sign-in begins or is cancelled, or a sign-out begins.
    pub(crate) fn begin_pending_epoch(&self) -> u64 {
        self.pending_counter().fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The present epoch of the pending sign-in. An operation on the pending sign-in reads it when it
    /// begins, and leaves the pending sign-in alone if the epoch has changed by the end.
    pub(crate) fn pending_epoch(&self) -> u64 {
        self.pending_counter().load(Ordering::SeqCst)
    }

    /// The pending sign-in of this issuer, client, redirect URI and owner. Removes nothing: a value that cannot be read stays
    /// until the next sign-in replaces it.
    pub(crate) async fn pending(&self) -> Result<PendingSignIn, Error> {
        let in_memory = self.memory().pending.clone();
        let pending = match in_memory {
            Some(pending) => Some(pending),
            None => {
                self.with_store(|store| store::load::<PendingSignIn>(store, Slot::Pending))
                    .await?
            }
        };
        let is_own = |pending: &PendingSignIn| {
            pending.is_for(&self.config)
                && pending.redirect_uri == self.config.redirect_uri.as_str()
                && self.is_owner(pending.owner.as_deref())
        };
        pending.filter(is_own).ok_or(Error::NoPending)
    }

    /// Removes `pending` if it is still the pending sign-in, so that of two callbacks at the same time one gets it.
    /// Returns the epoch with which [`Client::restore_pending`] can put it back.
    ///
    /// A provider that receives a code twice revokes the tokens that it issued for the first (RFC 6749 §4.1.2).
    pub(crate) async fn claim_pending(&self, pending: &PendingSignIn) -> Result<u64, Error> {
        let _callback = self.callback_lock.lock().await;
        let _process = self.lock_across_processes().await?;
        if self.pending().await? != *pending {
            return Err(Error::NoPending);
        }
        let epoch = self.pending_epoch();
        self.remove_pending().await?;
        Ok(epoch)
    }

    /// Puts a claimed sign-in back, because its code has not left the device. Does nothing if a sign-in began, was
    /// cancelled, or a sign-out began since `epoch`.
    pub(crate) async fn restore_pending(&self, pending: PendingSignIn, epoch: u64) -> Result<(), StoreError> {
        let value = store::encode(&pending)?;
        let counter = self.pending_counter();
        let saved = self
            .with_store(move |store| {
                if counter.load(Ordering::SeqCst) == epoch {
                    store.save(Slot::Pending, &value)
                } else {
                    Ok(())
                }
            })
            .await;
        let mut memory = self.memory();
        if saved.is_err() && self.pending_epoch() == epoch {
            // The sign-in goes on for as long as the process lives.
            memory.pending = Some(pending);
            return Ok(());
        }
        saved
    }

    /// Removes the pending sign-in, whatever its issuer and client.
    pub(crate) async fn cancel_sign_in(&self) -> Result<(), StoreError> {
        self.begin_pending_epoch();
        self.remove_pending().await
    }

    async fn remove_pending(&self) -> Result<(), StoreError> {
        // A sign-in in memory could not be saved, so there is nothing to remove from the store.
        let was_in_memory = self.memory().pending.take().is_some();
        if was_in_memory {
            return Ok(());
        }
        self.with_store(|store| store.remove(Slot::Pending)).await
    }

    /// Removes the pending sign-in if it is this issuer's and client's, or if it cannot be read. Leaves a sign-in alone that
    /// began after `epoch`.
    pub(crate) async fn forget_pending(&self, epoch: u64) -> Result<(), StoreError> {
        {
            let mut memory = self.memory();
            if self.pending_epoch() == epoch {
                memory.pending = None;
            }
        }
        let (config, counter) = (self.config.clone(), self.pending_counter());
        self.with_store(move |store| {
            // A sign-in raises the counter before it is stored, so either this call sees that, or the sign-in is stored
            // after this call.
            if counter.load(Ordering::SeqCst) != epoch {
                return Ok(());
            }
            match store::load::<PendingSignIn>(store, Slot::Pending) {
                Ok(None) => Ok(()),
                Ok(Some(pending)) if !pending.is_for(&config) => Ok(()),
                Ok(Some(_)) | Err(StoreError::Unreadable) => store.remove(Slot::Pending),
                Err(error) => Err(error),
            }
        })
        .await
    }
}
