//! The operating system's keystore, through `keyring-core`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use keyring_core::{CredentialStore, Entry, Error};

use super::{Slot, Store};
use crate::error::StoreError;
use crate::secret::Secret;

/// Opens the platform's credential store.
type Open = fn() -> Result<Arc<CredentialStore>, Error>;

/// A keystore of the operating system. Each build kind passes its own `service`, so that a development build never
/// reads the session of a released one.
pub struct KeyringStore {
    service: String,
    open: Open,
    /// The attributes with which the platform's store creates an entry.
    attributes: HashMap<&'static str, &'static str>,
    opened: Mutex<Option<Arc<CredentialStore>>>,
}

impl KeyringStore {
    /// A keystore that calls `open` at the first use, and again after the platform's service failed.
    #[must_use]
    pub fn new(service: String, open: Open) -> Self {
        Self {
            service,
            open,
            attributes: HashMap::new(),
            opened: Mutex::new(None),
        }
    }

    /// The Secret Service of a Linux desktop.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn system(service: String) -> Self {
        Self::new(service, || Ok(zbus_secret_service_keyring_store::Store::new()?))
    }

    /// The Android Keystore, which keeps the key, and the app's private folder, which keeps what the key encrypts. A
    /// restored backup contains only the folder, so its values cannot be decrypted: the next sign-in replaces them.
    #[cfg(target_os = "android")]
    #[must_use]
    pub fn system(service: String) -> Self {
        Self::new(service, || Ok(android_keystore::Store::new()))
    }

    /// The keychain of an iPad, with `AfterFirstUnlockThisDeviceOnly`: readable once the user has unlocked the device
    /// after a restart, and part of no backup.
    #[cfg(target_os = "ios")]
    #[must_use]
    pub fn system(service: String) -> Self {
        let attributes = HashMap::from([("access-policy", "after-first-unlock-this-device-only")]);
        Self {
            attributes,
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
            .build(
                &self.service,
                slot.name(),
                (!self.attributes.is_empty()).then_some(&self.attributes),
            )
            .map_err(|error| store_error(&error))
    }

    /// Translates the platform's error. After a platform failure the next call opens the store again, because its
    /// service may have restarted.
    fn translate<T>(&self, result: Result<T, Error>) -> Result<T, StoreError> {
        result.map_err(|error| {
            if matches!(error, Error::PlatformFailure(_)) {
                *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            store_error(&error)
        })
    }
}

fn store_error(error: &Error) -> StoreError {
    match error {
        Error::NoStorageAccess(_) => StoreError::Locked,
        // Corrupted, or encrypted with a key that is gone, as in a restored backup. Some keystores also report a passing
        // failure of their cipher so, and that is one more reason to leave the value where it is.
        Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::BadStoreFormat(_) => StoreError::Unreadable,
        #[cfg(target_os = "ios")]
        Error::PlatformFailure(cause) if is_before_first_unlock(cause.as_ref()) => StoreError::Locked,
        _ => StoreError::Failed,
    }
}

/// Whether the keychain cannot be read yet, because the user has not unlocked the device since it started.
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
            Err(error) => self.translate(Err(error)),
        }
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        let entry = self.entry(slot)?;
        self.translate(entry.set_password(value.expose()))
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        let entry = self.entry(slot)?;
        match entry.delete_credential() {
            Err(Error::NoEntry) => Ok(()),
            result => self.translate(result),
        }
    }
}

#[cfg(test)]
mod tests {
    use keyring_core::mock;

    use super::*;

    /// A mocked store, and its entry, on which the test sets errors.
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
    fn a_value_that_the_keystore_calls_damaged_is_unreadable_stays_and_can_be_replaced() {
        for corrupted in [
            || Error::BadDataFormat(vec![1, 2, 3], cause()),
            || Error::BadEncoding(vec![0xff]),
            || Error::BadStoreFormat("damaged".to_owned()),
        ] {
            let (store, entry) = mocked();
            store
                .save(Slot::Session, &Secret::new("of another device".to_owned()))
                .unwrap();
            fail_once(&entry, corrupted());
            assert_eq!(store.load(Slot::Session).unwrap_err(), StoreError::Unreadable);
            assert_eq!(
                store.load(Slot::Session).unwrap().unwrap().expose(),
                "of another device",
                "a failure that passes has cost nothing"
            );
            store.remove(Slot::Session).unwrap();
            assert!(store.load(Slot::Session).unwrap().is_none(), "the entry is gone");
            store.save(Slot::Session, &Secret::new("anew".to_owned())).unwrap();
            assert_eq!(store.load(Slot::Session).unwrap().unwrap().expose(), "anew");
        }
    }

    #[test]
    fn a_keystore_that_is_locked_or_fails_keeps_its_value() {
        let (store, entry) = mocked();
        store.save(Slot::Session, &Secret::new("kept".to_owned())).unwrap();
        fail_once(&entry, Error::NoStorageAccess(cause()));
        assert_eq!(store.load(Slot::Session).unwrap_err(), StoreError::Locked);
        fail_once(&entry, Error::Invalid("entry".to_owned(), "of the mock".to_owned()));
        assert_eq!(store.remove(Slot::Session), Err(StoreError::Failed));
        assert_eq!(store.load(Slot::Session).unwrap().unwrap().expose(), "kept");
    }

    #[test]
    fn a_keystore_that_cannot_be_opened_differs_from_a_locked_one() {
        let absent = KeyringStore::new("test".to_owned(), || Err(Error::PlatformFailure("no keystore".into())));
        assert_eq!(absent.load(Slot::Session).unwrap_err(), StoreError::Absent);
        let locked = KeyringStore::new("test".to_owned(), || Err(Error::NoStorageAccess("locked".into())));
        assert_eq!(locked.load(Slot::Session).unwrap_err(), StoreError::Locked);
    }
}
