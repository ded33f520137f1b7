//! The computer's clock.

use std::time::Duration;

use session::{BoxFuture, Clock, SystemClock};

/// The computer's clock plus an offset in seconds.
pub struct OffsetClock {
    offset: i64,
}

impl OffsetClock {
    /// A clock that is `offset` seconds ahead.
    pub fn new(offset: i64) -> Self {
        Self { offset }
    }
}

impl Clock for OffsetClock {
    fn now(&self) -> i64 {
        SystemClock.now().saturating_add(self.offset)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<()> {
        SystemClock.sleep(duration)
    }
}
