//! Waits for a condition, with a deadline.

use std::time::{Duration, Instant};

use crate::Outcome;

/// How long anything may take on a slow computer.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Polls `condition` every 100 ms until it returns a value, and returns that value. After [`DEADLINE`], fails with
/// `what` and the last error of the condition.
pub async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Outcome<Option<T>>) -> Outcome<T> {
    let start = Instant::now();
    let mut last = String::new();
    while start.elapsed() < DEADLINE {
        match condition().await {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => last.clear(),
            Err(error) => last = error.to_string(),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("waited in vain: {what} {last}").into())
}
