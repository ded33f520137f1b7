//! Why nobody is signed in.

use serde::{Deserialize, Serialize};

/// Why nobody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(rename_all = "snake_case")]
pub enum SignedOutReason {
    /// Nobody has signed in yet.
    Never,
    /// A person signed out.
    Person,
    /// The session was unused for longer than its idle lifetime (S5).
    Expired,
    /// The identity provider or the keystore no longer has the session (S14).
    Ended,
    /// A personal account's session ends with the app (S6).
    Personal,
    /// A security setting changed.
    Changed,
}
