//! Where the session is kept between two runs of the app.

mod keyring;
pub mod memory;

use serde::{Deserialize, Serialize};

use crate::{Secret, StoreError};

pub use keyring::KeyringStore;

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The session: refresh token and whom it belongs to.
    Session,
    /// The sign-in under way.
    Pending,
}

impl Slot {
    /// A name for the slot in a store that has names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Pending => "sign-in",
        }
    }
}

/// A keystore. Calls may block, but not for long; they are made off the async threads.
pub trait Store: Send + Sync + 'static {
    /// What is in the slot. A value that cannot be decoded any more counts as an empty text, not as a fault.
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError>;

    /// Replaces what is in the slot, as a whole: after a crash the old or the new value is there.
    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError>;

    /// Empties the slot; an empty one is no fault.
    fn remove(&self, slot: Slot) -> Result<(), StoreError>;

    /// Keeps other processes from using the session until the guard is dropped. It may wait for about a minute, the
    /// time of another's exchange with all its tries. A store of a single-instance app needs none.
    fn lock_across_processes(&self) -> Result<Box<dyn Send>, StoreError> {
        Ok(Box::new(()))
    }
}

/// The kept session. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub v: u8,
    pub issuer: String,
    pub client_id: String,
    pub sub: String,
    pub refresh_token: Secret,
    /// When the identity server last said yes, by the device's clock.
    pub last_success: i64,
    pub auth_time: Option<i64>,
    pub nonce: Option<String>,
}

/// The kept sign-in. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub v: u8,
    pub issuer: String,
    pub client_id: String,
    pub redirect_uri: String,
    pub state: Secret,
    pub nonce: Secret,
    pub verifier: Secret,
    pub started_at: i64,
    pub max_age: Option<u64>,
    pub organization: Option<String>,
}

pub(crate) const VERSION: u8 = 1;

/// A value for a store.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Secret, StoreError> {
    serde_json::to_string(value)
        .map(Secret::new)
        .map_err(|_| StoreError::Failed)
}

/// A value from a store; none if it is damaged or of another version.
pub(crate) fn decode<T: for<'de> Deserialize<'de>>(text: &Secret) -> Option<T> {
    let value: serde_json::Value = serde_json::from_str(text.expose()).ok()?;
    if value.get("v").and_then(serde_json::Value::as_u64) != Some(u64::from(VERSION)) {
        return None;
    }
    serde_json::from_value(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_does_not_print_its_secrets() {
        let secret = || Secret::new("s3cr3t".to_owned());
        let text = || "text".to_owned();
        let record = Record {
            v: 1,
            issuer: text(),
            client_id: text(),
            sub: text(),
            refresh_token: secret(),
            last_success: 0,
            auth_time: None,
            nonce: None,
        };
        let pending = Pending {
            v: 1,
            issuer: text(),
            client_id: text(),
            redirect_uri: text(),
            state: secret(),
            nonce: secret(),
            verifier: secret(),
            started_at: 0,
            max_age: None,
            organization: None,
        };
        for printed in [format!("{record:?} {record:#?}"), format!("{pending:?} {pending:#?}")] {
            assert!(
                printed.contains("[redacted]") && !printed.contains("s3cr3t"),
                "{printed}"
            );
        }
    }
}
