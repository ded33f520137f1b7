//! The system's keystore, by keyring-core.

use std::sync::{Arc, Mutex, PoisonError};

use keyring_core::{CredentialStore, Entry, Error};

use super::{Slot, Store};
use crate::{Secret, StoreFault};

/// Opens the system's store.
type Open = fn() -> Result<Arc<CredentialStore>, Error>;

/// A keystore of the operating system. Each kind of build has a `service` of its own, so that they never share.
pub struct KeyringStore {
    service: String,
    open: Open,
    opened: Mutex<Option<Arc<CredentialStore>>>,
}

impl KeyringStore {
    /// A store by `open`, opened when it is first needed and again after it went away.
    #[must_use]
    pub fn new(service: String, open: Open) -> Self {
        Self { service, open, opened: Mutex::new(None) }
    }

    /// The Secret Service of a Linux desktop.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn system(service: String) -> Self {
        Self::new(service, || Ok(zbus_secret_service_keyring_store::Store::new()?))
    }

    fn entry(&self, slot: Slot) -> Result<Entry, StoreFault> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.is_none() {
            *opened = Some((self.open)().map_err(|error| if matches!(error, Error::NoStorageAccess(_)) { StoreFault::Locked } else { StoreFault::Absent })?);
        }
        let store = opened.as_ref().ok_or(StoreFault::Absent)?;
        store.build(&self.service, slot.name(), None).map_err(|error| fault(&error))
    }

    /// A store whose service restarted is opened anew the next time.
    fn answer<T>(&self, answer: Result<T, Error>) -> Result<T, StoreFault> {
        answer.map_err(|error| {
            if matches!(error, Error::PlatformFailure(_)) {
                *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            fault(&error)
        })
    }
}

fn fault(error: &Error) -> StoreFault {
    match error {
        Error::NoStorageAccess(_) => StoreFault::Locked,
        _ => StoreFault::Failed,
    }
}

impl Store for KeyringStore {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreFault> {
        match self.entry(slot)?.get_password() {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(Error::NoEntry) => Ok(None),
            // Damaged, or written with a key that is gone (a restored backup): not a session any more.
            Err(Error::BadEncoding(_) | Error::BadDataFormat(_, _)) => Ok(Some(Secret::new(String::new()))),
            Err(error) => self.answer(Err(error)),
        }
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreFault> {
        let entry = self.entry(slot)?;
        self.answer(entry.set_password(value.expose()))
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreFault> {
        let entry = self.entry(slot)?;
        match entry.delete_credential() {
            Err(Error::NoEntry) => Ok(()),
            answer => self.answer(answer),
        }
    }
}
