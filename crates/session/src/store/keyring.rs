//! The system's keystore, by keyring-core.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use keyring_core::{CredentialStore, Entry, Error};

use super::{Slot, Store};
use crate::{Secret, StoreError};

/// Opens the system's store.
type Open = fn() -> Result<Arc<CredentialStore>, Error>;

/// A keystore of the operating system. Each kind of build has a `service` of its own, so that they never share.
pub struct KeyringStore {
    service: String,
    open: Open,
    /// How the store is told to keep an entry.
    how: HashMap<&'static str, &'static str>,
    opened: Mutex<Option<Arc<CredentialStore>>>,
}

impl KeyringStore {
    /// A store by `open`, opened when it is first needed and again after it went away.
    #[must_use]
    pub fn new(service: String, open: Open) -> Self {
        Self {
            service,
            open,
            how: HashMap::new(),
            opened: Mutex::new(None),
        }
    }

    /// The Secret Service of a Linux desktop.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn system(service: String) -> Self {
        Self::new(service, || Ok(zbus_secret_service_keyring_store::Store::new()?))
    }

    /// Android's own keystore keeps the key, the app's folder what it encrypts. A backup that is restored holds the
    /// latter only: what cannot be decrypted any more counts as damaged.
    #[cfg(target_os = "android")]
    #[must_use]
    pub fn system(service: String) -> Self {
        Self::new(service, || Ok(android_native_keyring_store::Store::new()?))
    }

    /// The keychain of an iPad, readable once the device was unlocked after its start, on this device only: neither a
    /// backup nor another device ever holds the session.
    #[cfg(target_os = "ios")]
    #[must_use]
    pub fn system(service: String) -> Self {
        let how = HashMap::from([("access-policy", "after-first-unlock-this-device-only")]);
        Self {
            how,
            ..Self::new(service, || Ok(apple_native_keyring_store::protected::Store::new()?))
        }
    }

    fn entry(&self, slot: Slot) -> Result<Entry, StoreError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.is_none() {
            *opened = Some((self.open)().map_err(|error| {
                if matches!(error, Error::NoStorageAccess(_)) {
                    StoreError::Locked
                } else {
                    StoreError::Absent
                }
            })?);
        }
        let store = opened.as_ref().ok_or(StoreError::Absent)?;
        store
            .build(&self.service, slot.name(), (!self.how.is_empty()).then_some(&self.how))
            .map_err(|error| fault(&error))
    }

    /// A store whose service restarted is opened anew the next time.
    fn answer<T>(&self, answer: Result<T, Error>) -> Result<T, StoreError> {
        answer.map_err(|error| {
            if matches!(error, Error::PlatformFailure(_)) {
                *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            fault(&error)
        })
    }
}

fn fault(error: &Error) -> StoreError {
    match error {
        Error::NoStorageAccess(_) => StoreError::Locked,
        #[cfg(target_os = "ios")]
        Error::PlatformFailure(cause) if is_before_first_unlock(cause.as_ref()) => StoreError::Locked,
        _ => StoreError::Failed,
    }
}

/// The keychain may not be read yet, because nobody has unlocked the device since it started.
#[cfg(target_os = "ios")]
fn is_before_first_unlock(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    const INTERACTION_NOT_ALLOWED: i32 = -25_308;
    cause
        .downcast_ref::<security_framework::base::Error>()
        .is_some_and(|error| error.code() == INTERACTION_NOT_ALLOWED)
}

impl Store for KeyringStore {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError> {
        match self.entry(slot)?.get_password() {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(Error::NoEntry) => Ok(None),
            // Damaged, or written with a key that is gone (a restored backup): not a session any more.
            Err(Error::BadEncoding(_) | Error::BadDataFormat(_, _)) => Ok(Some(Secret::new(String::new()))),
            Err(error) => self.answer(Err(error)),
        }
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        let entry = self.entry(slot)?;
        self.answer(entry.set_password(value.expose()))
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        let entry = self.entry(slot)?;
        match entry.delete_credential() {
            Err(Error::NoEntry) => Ok(()),
            answer => self.answer(answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use keyring_core::mock;

    use super::*;

    /// A store whose entry the test has in hand.
    fn mocked() -> (KeyringStore, Entry) {
        let store = KeyringStore::new("test".to_owned(), || Ok(mock::Store::new()?));
        let entry = store.entry(Slot::Session).unwrap();
        (store, entry)
    }

    fn fail_once(entry: &Entry, error: Error) {
        entry.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(error);
    }

    fn cause() -> Box<dyn std::error::Error + Send + Sync> {
        "Verification of data signature/MAC failed".into()
    }

    #[test]
    fn what_a_lost_key_encrypted_is_no_session_and_goes() {
        for damage in [
            || Error::BadDataFormat(vec![1, 2, 3], cause()),
            || Error::BadEncoding(vec![0xff]),
        ] {
            let (store, entry) = mocked();
            store
                .save(Slot::Session, &Secret::new("of another device".to_owned()))
                .unwrap();
            fail_once(&entry, damage());
            let loaded = store.load(Slot::Session).unwrap().unwrap();
            assert!(
                crate::store::decode::<crate::store::Record>(&loaded).is_none(),
                "it is not taken for a session"
            );
            store.remove(Slot::Session).unwrap();
            assert!(store.load(Slot::Session).unwrap().is_none(), "the entry is gone");
            store.save(Slot::Session, &Secret::new("anew".to_owned())).unwrap();
            assert_eq!(store.load(Slot::Session).unwrap().unwrap().expose(), "anew");
        }
    }

    #[test]
    fn a_keystore_that_is_locked_or_fails_loses_nothing() {
        let (store, entry) = mocked();
        store.save(Slot::Session, &Secret::new("kept".to_owned())).unwrap();
        fail_once(&entry, Error::NoStorageAccess(cause()));
        assert_eq!(store.load(Slot::Session).unwrap_err(), StoreError::Locked);
        fail_once(&entry, Error::Invalid("entry".to_owned(), "of the mock".to_owned()));
        assert_eq!(store.remove(Slot::Session), Err(StoreError::Failed));
        assert_eq!(store.load(Slot::Session).unwrap().unwrap().expose(), "kept");
    }

    #[test]
    fn a_keystore_that_cannot_be_opened_is_told_apart_from_a_locked_one() {
        let absent = KeyringStore::new("test".to_owned(), || Err(Error::PlatformFailure("no keystore".into())));
        assert_eq!(absent.load(Slot::Session).unwrap_err(), StoreError::Absent);
        let locked = KeyringStore::new("test".to_owned(), || Err(Error::NoStorageAccess("locked".into())));
        assert_eq!(locked.load(Slot::Session).unwrap_err(), StoreError::Locked);
    }
}
