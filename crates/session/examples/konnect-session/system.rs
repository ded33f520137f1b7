//! The computer's clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use session::{BoxFuture, Clock};

/// The computer's clock plus an offset in seconds.
pub struct SystemClock {
    offset: i64,
}

impl SystemClock {
    /// A clock that is `offset` seconds ahead.
    pub fn new(offset: i64) -> Self {
        Self { offset }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        let now = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
        };
        now.saturating_add(self.offset)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
