//! What the schedule of refreshes remembers between two exchanges, as plain values.

use std::time::Duration;

use crate::secret::Secret;

/// A retry that is planned.
#[derive(Clone, Copy)]
pub(crate) struct Retry {
    /// When the exchange failed, by the device's clock.
    pub(crate) failed_at: i64,
    pub(crate) pause: Duration,
    /// Whether the session is due because of this failure. If not, the retry only delays a session that is due anyway: a
    /// transfer that was refused is no reason to refresh.
    pub(crate) makes_due: bool,
}

impl Retry {
    /// What is left of the pause. Nothing if the clock was set back, because the time that has passed is unknown.
    pub(crate) fn remaining(&self, now: i64) -> Duration {
        u64::try_from(now.saturating_sub(self.failed_at)).map_or(Duration::ZERO, |passed| {
            self.pause.saturating_sub(Duration::from_secs(passed))
        })
    }
}

/// How long the provider asked to wait.
#[derive(Clone, Copy)]
pub(crate) struct RateLimit {
    /// By the device's clock.
    pub(crate) until: i64,
    /// How long after `until` this device comes back by itself.
    pub(crate) spread: Duration,
}

/// A refresh token that was sent, and whose response did not come.
pub(crate) struct OpenRequest {
    pub(crate) refresh_token: Secret,
    /// When the token was first sent, by the device's clock.
    pub(crate) sent_at: i64,
    /// When the last request that the provider may have acted on was sent, by the device's clock. It may be the first one
    /// that arrived, so the provider's leeway may begin with it.
    pub(crate) last_sent_at: Option<i64>,
    /// Whether this process still waits for the response, so that nothing is lost yet.
    pub(crate) in_flight: bool,
}
