//! Clock, randomness and disk.

use std::io;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use session::{Clock, Random};
use tokio::time::Instant;

use crate::{SavedState, StateFile};

/// A clock that goes on with tokio's time, and that a person can set.
pub(crate) struct FakeClock {
    started: Instant,
    at_start: AtomicI64,
}

impl FakeClock {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            at_start: AtomicI64::new(1_800_000_000),
        }
    }

    /// Sets the clock forward, or back. No time passes.
    pub(crate) fn set_forward(&self, seconds: i64) {
        self.at_start.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> i64 {
        let passed = i64::try_from(self.started.elapsed().as_secs()).unwrap();
        self.at_start.load(Ordering::SeqCst) + passed
    }

    fn sleep(&self, duration: Duration) -> session::BoxFuture<()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Randomness that never repeats where it is a token, and that a test chooses where it is a wait: a buffer of 8 bytes or
/// less is filled with one byte, and 0 gives the shortest wait.
#[derive(Default)]
pub(crate) struct FakeRandom {
    wait: AtomicU8,
    tokens: AtomicU64,
}

impl FakeRandom {
    pub(crate) fn set_wait(&self, byte: u8) {
        self.wait.store(byte, Ordering::SeqCst);
    }
}

impl Random for FakeRandom {
    fn fill(&self, buffer: &mut [u8]) {
        if buffer.len() <= 8 {
            buffer.fill(self.wait.load(Ordering::SeqCst));
        } else {
            buffer.fill(0);
            let token = self.tokens.fetch_add(1, Ordering::SeqCst);
            buffer[..8].copy_from_slice(&token.to_le_bytes());
        }
    }
}

#[derive(Default)]
struct Content {
    bytes: Option<Vec<u8>>,
    is_full: bool,
    is_unreadable: bool,
    writes: usize,
}

/// A file in memory. Clones are the same file.
#[derive(Clone, Default)]
pub(crate) struct MemoryFile(Arc<Mutex<Content>>);

impl MemoryFile {
    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// While the disk is full, it takes nothing.
    pub(crate) fn set_full(&self, is_full: bool) {
        self.lock().is_full = is_full;
    }

    /// While nobody has unlocked the tablet, the file cannot be read.
    pub(crate) fn set_unreadable(&self, is_unreadable: bool) {
        self.lock().is_unreadable = is_unreadable;
    }

    /// The app was removed.
    pub(crate) fn remove(&self) {
        self.lock().bytes = None;
    }

    /// How often the file was replaced.
    pub(crate) fn writes(&self) -> usize {
        self.lock().writes
    }

    /// The saved state in the file.
    pub(crate) fn state(&self) -> SavedState {
        let content = self.lock();
        content
            .bytes
            .as_ref()
            .map(|bytes| serde_json::from_slice(bytes).unwrap())
            .unwrap_or_default()
    }

    /// Changes the saved state while no app runs.
    pub(crate) fn change(&self, change: impl FnOnce(&mut SavedState)) {
        let mut state = self.state();
        change(&mut state);
        self.lock().bytes = Some(serde_json::to_vec(&state).unwrap());
    }
}

impl StateFile for MemoryFile {
    fn read(&self) -> io::Result<Vec<Vec<u8>>> {
        let content = self.lock();
        if content.is_unreadable {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(content.bytes.clone().into_iter().collect())
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut content = self.lock();
        if content.is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        content.bytes = Some(bytes.to_vec());
        content.writes += 1;
        Ok(())
    }
}
