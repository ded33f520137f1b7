//! The store and its credentials, as `keyring-core` wants them.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use jni::JNIEnv;
use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Entry, Error, Result};

use crate::fault::Fault;
use crate::format::Encrypted;
use crate::java::with_context;
use crate::key::{self, Keystore};
use crate::preferences::{NAME, Preferences};
use crate::{cipher, format};

/// Stands between the user and the service in the name of a value. Only this store writes such names, so a name cannot
/// be taken for another one.
const DIVIDER: &str = "\u{feff}@\u{feff}";

/// A store of secrets in the app's private folder, encrypted with a key of the Android Keystore. All stores of a process
/// are the same one.
#[derive(Debug)]
pub struct Store(());

impl Store {
    /// The store. This opens nothing, so it cannot fail: each call on a credential opens the file and the keystore, and
    /// says what it met.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self(()))
    }
}

impl CredentialStoreApi for Store {
    fn vendor(&self) -> String {
        "Android Keystore and SharedPreferences, android-keystore".to_owned()
    }

    fn id(&self) -> String {
        format!("{NAME}, version {}", env!("CARGO_PKG_VERSION"))
    }

    /// Takes no modifiers. A service or user that contains the divider is [`Error::Invalid`].
    fn build(&self, service: &str, user: &str, modifiers: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        if modifiers.is_some_and(|modifiers| !modifiers.is_empty()) {
            return Err(Error::NotSupportedByStore("this store has no modifiers".to_owned()));
        }
        for (what, text) in [("service", service), ("user", user)] {
            if text.contains(DIVIDER) {
                return Err(Error::Invalid(what.to_owned(), "contains the divider".to_owned()));
            }
        }
        Ok(Entry::new_with_credential(Arc::new(Credential {
            service: service.to_owned(),
            user: user.to_owned(),
        })))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

/// One secret in the store. The crate's documentation says what each error means.
#[derive(Debug)]
pub struct Credential {
    service: String,
    user: String,
}

impl Credential {
    fn name(&self) -> String {
        format!("{}{DIVIDER}{}", self.user, self.service)
    }
}

impl CredentialApi for Credential {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        with_context(|env, context| {
            let mut file = Preferences::open(env, context)?;
            let encrypted = encrypt(env, secret)?;
            file.set(env, &self.name(), Some(&format::encode(&encrypted)))
        })
        .map_err(Error::from)
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        with_context(|env, context| {
            let file = Preferences::open(env, context)?;
            let Some(value) = file.get(env, &self.name())? else {
                return Ok(None);
            };
            let encrypted = format::decode(&value)?;
            let key = Keystore::open(env)?.existing(env)?;
            cipher::decrypt(env, &key, &encrypted).map(Some)
        })?
        .ok_or(Error::NoEntry)
    }

    fn delete_credential(&self) -> Result<()> {
        let removed = with_context(|env, context| {
            let mut file = Preferences::open(env, context)?;
            file.remove(env, &self.name())
        })?;
        if removed { Ok(()) } else { Err(Error::NoEntry) }
    }

    fn get_credential(&self) -> Result<Option<Arc<keyring_core::Credential>>> {
        let value = with_context(|env, context| {
            let file = Preferences::open(env, context)?;
            file.get(env, &self.name())
        })?;
        if value.is_some() { Ok(None) } else { Err(Error::NoEntry) }
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some((self.service.clone(), self.user.clone()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

fn encrypt(env: &mut JNIEnv<'_>, secret: &[u8]) -> std::result::Result<Encrypted, Fault> {
    let key = Keystore::open(env)?.existing_or_new(env)?;
    match cipher::encrypt(env, &key, secret) {
        // Some keys are found, and turn out to be unusable only here.
        Err(Fault::Lost(_)) => {
            let key = key::replacement(env)?;
            cipher::encrypt(env, &key, secret)
        }
        outcome => outcome,
    }
}
