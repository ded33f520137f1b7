//! Where the session is kept between two runs of the app.

mod keyring;
pub mod memory;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::error::StoreError;
use crate::secret::Secret;

pub use keyring::KeyringStore;

/// The values that a store holds, one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The session: the refresh token and whom it belongs to.
    Session,
    /// The pending sign-in: the `state`, `nonce` and code verifier of an authorization request that waits for its
    /// callback.
    Pending,
    /// Refresh tokens of sessions that ended here while the provider could not be reached, until they are revoked.
    Revocations,
}

impl Slot {
    /// The name of the slot in a store that has names. Names are stable across versions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Pending => "sign-in",
            Self::Revocations => "revocations",
        }
    }
}

/// A keystore.
///
/// The session calls a store from a thread that may block, one call at a time per session, and treats a call that takes
/// longer than fifteen seconds as [`StoreError::Locked`].
pub trait Store: Send + Sync + 'static {
    /// Returns the value of the slot, or `None` if it is empty. Never removes anything.
    ///
    /// A value that is damaged or cannot be decrypted is [`StoreError::Unreadable`]. The session leaves the value where it
    /// is until a person signs in anew or signs out; `save` and `remove` must therefore work over it.
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError>;

    /// Replaces the value of the slot atomically: after a crash the slot holds the old or the new value. When this
    /// returns `Ok`, the value survives the process.
    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError>;

    /// Empties the slot. `Ok` if it was empty.
    fn remove(&self, slot: Slot) -> Result<(), StoreError>;

    /// Whether a call may take a noticeable time, as every keystore of an operating system may. If not, the session makes
    /// its calls where it runs, without a thread; with time that stands still, a simulation then replays exactly.
    fn may_block(&self) -> bool {
        true
    }

    /// Keeps other processes from using the session until the guard is dropped.
    ///
    /// May block for about a minute: another process may be in an exchange with all its retries. The default does
    /// nothing, which is right for an app of which the operating system runs one instance.
    fn lock_across_processes(&self) -> Result<Box<dyn Send>, StoreError> {
        Ok(Box::new(()))
    }
}

/// The stored session, in format version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionRecord {
    pub v: u8,
    pub issuer: String,
    pub client_id: String,
    pub sub: String,
    pub refresh_token: Secret,
    /// When the provider last accepted the refresh token, in seconds since 1970 by the device's clock.
    pub last_success: i64,
    /// `auth_time` of the sign-in, which a refreshed ID token must repeat (OpenID Connect Core §12.2).
    pub auth_time: Option<i64>,
    /// `nonce` of the sign-in, which a refreshed ID token may repeat (OpenID Connect Core §12.2).
    pub nonce: Option<String>,
    /// `org_id` and `org_name` of the sign-in (Auth0), compared on a refresh if the settings ask for an organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_name: Option<String>,
    /// `sid` of the sign-in, which the end-session request hands back as `logout_hint`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// [`Config::owner`] of the sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// When this refresh token was first sent in a request whose response never came, in seconds since 1970 by the
    /// device's clock. `None` if no such request is open: the provider may have rotated the token only if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<i64>,
    /// Members that another version of the app wrote.
    #[serde(flatten)]
    pub other: OtherMembers,
}

/// Members of a stored value that this version does not know. They are kept, so that a newer version finds them again.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct OtherMembers(serde_json::Map<String, serde_json::Value>);

/// A newer version may keep secrets in them.
impl std::fmt::Debug for OtherMembers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl SessionRecord {
    /// Whether the record belongs to this issuer and client.
    pub(crate) fn is_for(&self, config: &Config) -> bool {
        self.issuer == config.issuer && self.client_id == config.client_id
    }
}

/// The stored pending sign-in, in format version 1. It carries what the response must answer, because the app may have
/// been restarted with other settings when the callback arrives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingSignIn {
    pub v: u8,
    pub issuer: String,
    pub client_id: String,
    pub redirect_uri: String,
    pub state: Secret,
    pub nonce: Secret,
    pub verifier: Secret,
    /// In seconds since 1970 by the device's clock.
    pub started_at: i64,
    pub max_age: Option<u64>,
    pub organization: Option<String>,
    /// [`Config::owner`] of that moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl PendingSignIn {
    /// Whether the sign-in was started for this issuer and client.
    pub(crate) fn is_for(&self, config: &Config) -> bool {
        self.issuer == config.issuer && self.client_id == config.client_id
    }
}

/// The format version of both values.
pub(crate) const VERSION: u8 = 1;

/// Serializes a value for the store.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Secret, StoreError> {
    serde_json::to_string(value)
        .map(Secret::new)
        .map_err(|_| StoreError::Failed)
}

/// Parses a value from the store. [`StoreError::Unreadable`] if it does not parse, or has another format version.
pub(crate) fn decode<T: for<'de> Deserialize<'de>>(text: &Secret) -> Result<T, StoreError> {
    let value: serde_json::Value = serde_json::from_str(text.expose()).map_err(|_| StoreError::Unreadable)?;
    if value.get("v").and_then(serde_json::Value::as_u64) != Some(u64::from(VERSION)) {
        return Err(StoreError::Unreadable);
    }
    serde_json::from_value(value).map_err(|_| StoreError::Unreadable)
}

/// Loads a slot and parses its value.
pub(crate) fn load<T: for<'de> Deserialize<'de>>(store: &dyn Store, slot: Slot) -> Result<Option<T>, StoreError> {
    store.load(slot)?.map(|text| decode(&text)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_values_do_not_print_their_secrets() {
        let secret = || Secret::new("s3cr3t".to_owned());
        let text = || "text".to_owned();
        let record = SessionRecord {
            v: 1,
            issuer: text(),
            client_id: text(),
            sub: text(),
            refresh_token: secret(),
            last_success: 0,
            auth_time: None,
            nonce: None,
            org_id: None,
            org_name: None,
            sid: None,
            owner: None,
            sent_at: None,
            other: serde_json::from_str(r#"{"newer":"s3cr3t"}"#).unwrap(),
        };
        let pending = PendingSignIn {
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
            owner: None,
        };
        for printed in [format!("{record:?} {record:#?}"), format!("{pending:?} {pending:#?}")] {
            assert!(
                printed.contains("[redacted]") && !printed.contains("s3cr3t"),
                "{printed}"
            );
        }
    }
}
