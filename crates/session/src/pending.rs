//! The pending sign-in: kept in the store while the user is in the browser, so that it survives a restart of the app.

use crate::client::Client;
use crate::error::{Error, StoreError};
use crate::secret::Secret;
use crate::store::{self, PendingSignIn, Slot};

impl Client {
    /// Stores a pending sign-in, and `value`, its serialized form, in place of any earlier one. If the store fails, the
    /// sign-in stays in memory, so that a device without a keystore can still sign in for as long as the process lives.
    pub(crate) async fn store_pending(&self, pending: PendingSignIn, value: Secret) -> Result<(), StoreError> {
        let saved = self.with_store(move |store| store.save(Slot::Pending, &value)).await;
        self.memory().pending = saved.is_err().then_some(pending);
        saved
    }

    /// The pending sign-in of this issuer, client and redirect URI.
    pub(crate) async fn pending(&self) -> Result<PendingSignIn, Error> {
        let in_memory = self.memory().pending.clone();
        if let Some(pending) = in_memory {
            return Ok(pending);
        }
        let Some(text) = self.with_store(|store| store.load(Slot::Pending)).await? else {
            return Err(Error::NoPending);
        };
        let Some(pending) = store::decode::<PendingSignIn>(&text) else {
            self.cancel_sign_in().await?;
            return Err(Error::NoPending);
        };
        if pending.is_for(&self.config) && pending.redirect_uri == self.config.redirect_uri.as_str() {
            Ok(pending)
        } else {
            Err(Error::NoPending)
        }
    }

    /// Removes `pending` if it is still the pending sign-in, so that of two callbacks at the same time one gets it.
    ///
    /// A provider that receives a code twice revokes the tokens that it issued for the first (RFC 6749 §4.1.2).
    pub(crate) async fn claim_pending(&self, pending: &PendingSignIn) -> Result<(), Error> {
        let _callback = self.callback_lock.lock().await;
        let _process = self.lock_across_processes().await?;
        if self.pending().await? != *pending {
            return Err(Error::NoPending);
        }
        Ok(self.cancel_sign_in().await?)
    }

    /// Removes the pending sign-in, whatever its issuer and client.
    pub(crate) async fn cancel_sign_in(&self) -> Result<(), StoreError> {
        // A sign-in in memory could not be saved, so there is nothing to remove from the store.
        let was_in_memory = self.memory().pending.take().is_some();
        if was_in_memory {
            return Ok(());
        }
        self.with_store(|store| store.remove(Slot::Pending)).await
    }

    /// Removes the pending sign-in if it is this issuer's and client's, or if it does not parse.
    pub(crate) async fn forget_pending(&self) -> Result<(), StoreError> {
        self.memory().pending = None;
        let config = self.config.clone();
        self.with_store(move |store| {
            match store
                .load(Slot::Pending)?
                .map(|text| store::decode::<PendingSignIn>(&text))
            {
                None => Ok(()),
                Some(Some(pending)) if !pending.is_for(&config) => Ok(()),
                Some(_) => store.remove(Slot::Pending),
            }
        })
        .await
    }
}
