//! What the tablet's web view keeps between two runs of the app.

/// The cookies of Konnect and of the identity provider.
#[derive(Clone, Debug, Default)]
pub struct Cookies {
    /// Until when Konnect's web session lasts, by true time.
    pub session_until: i64,
    /// A transfer token that was handed over and not used yet.
    pub transfer: Option<String>,
}
