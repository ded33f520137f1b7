//! A store in memory, which fails on demand.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Slot, Store};
use crate::error::StoreError;
use crate::secret::Secret;

/// A store that loses its values with the process. For tests, and for sessions that are not to be kept.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Contents>);

#[derive(Debug, Default)]
struct Contents {
    values: HashMap<Slot, Secret>,
    failing_saves: usize,
    error: Option<StoreError>,
    saves: usize,
}

impl MemoryStore {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the next `times` saves fail with [`StoreError::Failed`].
    pub fn fail_saves(&self, times: usize) {
        self.contents().failing_saves = times;
    }

    /// Makes every call fail with `error`, until it is `None` again.
    pub fn set_error(&self, error: Option<StoreError>) {
        self.contents().error = error;
    }

    /// Puts any text into a slot, such as one that does not parse. Works also while calls fail.
    pub fn put(&self, slot: Slot, text: &str) {
        self.contents().values.insert(slot, Secret::new(text.to_owned()));
    }

    /// The text in a slot. Works also while calls fail.
    #[must_use]
    pub fn get(&self, slot: Slot) -> Option<String> {
        self.contents().values.get(&slot).map(|value| value.expose().to_owned())
    }

    /// How many saves were attempted, the failed ones included.
    #[must_use]
    pub fn saves(&self) -> usize {
        self.contents().saves
    }
}

impl Store for MemoryStore {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError> {
        let contents = self.contents();
        match contents.error {
            Some(error) => Err(error),
            None => Ok(contents.values.get(&slot).cloned()),
        }
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        let mut contents = self.contents();
        contents.saves += 1;
        if let Some(error) = contents.error {
            return Err(error);
        }
        if contents.failing_saves > 0 {
            contents.failing_saves -= 1;
            return Err(StoreError::Failed);
        }
        contents.values.insert(slot, value.clone());
        Ok(())
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        let mut contents = self.contents();
        match contents.error {
            Some(error) => Err(error),
            None => {
                contents.values.remove(&slot);
                Ok(())
            }
        }
    }
}
