//! A store in memory, with faults on demand.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Slot, Store};
use crate::{Secret, StoreError};

/// A store that forgets with the process. For tests, and for accounts that are not to be kept.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    values: HashMap<Slot, Secret>,
    failing_saves: usize,
    fault: Option<StoreError>,
    saves: usize,
}

impl MemoryStore {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next `times` saves fail.
    pub fn fail_saves(&self, times: usize) {
        self.inside().failing_saves = times;
    }

    /// Every call answers with this fault until it is none.
    pub fn set_error(&self, fault: Option<StoreError>) {
        self.inside().fault = fault;
    }

    /// Puts any text into a slot, such as a damaged one.
    pub fn put(&self, slot: Slot, text: &str) {
        self.inside().values.insert(slot, Secret::new(text.to_owned()));
    }

    /// The text in a slot.
    #[must_use]
    pub fn get(&self, slot: Slot) -> Option<String> {
        self.inside().values.get(&slot).map(|value| value.expose().to_owned())
    }

    /// How many saves were tried.
    #[must_use]
    pub fn saves(&self) -> usize {
        self.inside().saves
    }
}

impl Store for MemoryStore {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError> {
        let inside = self.inside();
        match inside.fault {
            Some(fault) => Err(fault),
            None => Ok(inside.values.get(&slot).cloned()),
        }
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        let mut inside = self.inside();
        inside.saves += 1;
        if let Some(fault) = inside.fault {
            return Err(fault);
        }
        if inside.failing_saves > 0 {
            inside.failing_saves -= 1;
            return Err(StoreError::Failed);
        }
        inside.values.insert(slot, value.clone());
        Ok(())
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        let mut inside = self.inside();
        match inside.fault {
            Some(fault) => Err(fault),
            None => {
                inside.values.remove(&slot);
                Ok(())
            }
        }
    }
}
