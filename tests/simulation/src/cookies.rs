//! What the tablet's web view keeps between two runs of the app.

use crate::calendar::{DAY, HOUR};

/// How long Konnect keeps a web session: a day of work, or for whoever asked to be remembered.
pub(crate) const WEB_SESSIONS: [i64; 2] = [12 * HOUR, 30 * DAY];

/// Whom a session belongs to: counts the accounts and organisations that this tablet was given, one after another.
pub type Owner = usize;

/// The cookies of Konnect and of the identity provider.
#[derive(Clone, Debug, Default)]
pub struct Cookies {
    /// Until when Konnect's web session lasts, by true time, and whose it is.
    pub session: Option<(i64, Owner)>,
    /// A transfer token that was handed over and not used yet.
    pub transfer: Option<String>,
}
