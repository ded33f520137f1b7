//! Exchanges with the identity provider that run to their end, also if the app leaves the screen meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Device;
use crate::diagnostics::log;

/// Asks the system for time around each exchange.
///
/// Staff open a tablet for half a minute and close it again. If the system stops the process then, the answer to a
/// refresh that was just sent is lost, and with it the new refresh token, while the old one counts as used.
pub(crate) struct Background {
    device: Arc<dyn Device>,
    /// The system refused the last time, so the log need not say so again.
    is_refused: AtomicBool,
}

impl Background {
    pub(crate) fn new(device: Arc<dyn Device>) -> Self {
        Self {
            device,
            is_refused: AtomicBool::new(false),
        }
    }

    /// Runs `exchange`, from its request to its save, in time that the system is asked for. If the system refuses, the
    /// exchange runs all the same.
    pub(crate) async fn finish<T>(&self, exchange: impl Future<Output = T>) -> T {
        let work = self.device.begin_background_work();
        let was_refused = self.is_refused.swap(work.is_err(), Ordering::Relaxed);
        if let Err(error) = &work
            && !was_refused
        {
            log::failed("begin_background_work", error);
        }
        let result = exchange.await;
        drop(work);
        result
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnostics::capture::LogLines;
    use crate::fakes::FakeDevice;

    #[tokio::test]
    async fn an_exchange_has_the_systems_time_until_it_ends() {
        let device = FakeDevice::managed(&json!({}));
        let background = Background::new(device.clone());
        let during = background.finish(async { device.background_work() }).await;
        assert_eq!((during, device.background_work()), ((1, 1), (0, 1)));
        drop(background.finish(std::future::pending::<()>()));
        assert_eq!(
            device.background_work(),
            (0, 1),
            "an exchange that never began asks for nothing"
        );
    }

    #[tokio::test]
    async fn an_exchange_goes_on_if_the_system_grants_no_time_and_the_log_says_so_once() {
        let log = LogLines::keep();
        let device = FakeDevice::managed(&json!({}));
        device.refuse_background_work();
        let background = Background::new(device.clone());
        for number in 0..3 {
            assert_eq!(background.finish(async { number }).await, number);
        }
        assert_eq!(log.with("begin_background_work").len(), 1);
        assert_eq!(device.background_work(), (0, 0));
    }
}
