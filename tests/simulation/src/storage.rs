//! What the tablet keeps: the keystore, and the file of the app's saved state.

use std::io;

use app::StateFile;
use session::store::{Slot, Store};
use session::{Secret, StoreError};

use crate::faults::Fault;
use crate::server::index_of;
use crate::world::{Process, Step};

impl StateFile for Process {
    fn read(&self) -> io::Result<Vec<Vec<u8>>> {
        let copies = self.world.state().saved_file.clone();
        // A file that was never written is known to be absent, also by a system that lets nobody read yet.
        if !copies.is_empty() && self.world.is(Fault::StateUnreadable) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(copies)
    }

    fn write(&self, content: &[u8]) -> io::Result<()> {
        if self.dead() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if self.world.is(Fault::StateUnreadable) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.world.state().saved_file = vec![content.to_vec(), content.to_vec()];
        Ok(())
    }
}

/// A call of the keystore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Load,
    Save,
    Remove,
}

impl Process {
    /// Why the keystore does nothing now.
    fn keystore_fault(&self, slot: Slot, call: Call) -> Option<StoreError> {
        if self.dead() {
            return Some(StoreError::Failed);
        }
        if self.world.is(Fault::KeystoreLocked) {
            return Some(StoreError::Locked);
        }
        if call == Call::Save && self.world.is(Fault::KeystoreFull) {
            return Some(StoreError::Failed);
        }
        if !self.world.is(Fault::KeystoreFlaky) {
            return None;
        }
        // Some keystores call a value damaged when their cipher fails for a moment.
        let fault = match self.world.draws(&format!("{} {call:?}", slot.name())).u8(0..6) {
            0 => Some(StoreError::Failed),
            1 if call == Call::Load => Some(StoreError::Unreadable),
            1 => Some(StoreError::Failed),
            _ => None,
        };
        if let Some(fault) = fault {
            self.world.note(&format!("{call:?} of {}: {fault:?}", slot.name()));
        }
        fault
    }
}

impl Store for Process {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError> {
        match self.keystore_fault(slot, Call::Load) {
            Some(fault) => Err(fault),
            None => Ok(self.world.state().disk.get(&slot).cloned()),
        }
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        if slot == Slot::Session {
            self.at(Step::Saving);
        }
        let fault = self.keystore_fault(slot, Call::Save);
        // The tokens that wait to be revoked are old ones.
        let index = (slot == Slot::Session).then(|| index_of(value.expose())).flatten();
        let now = self.world.now();
        let mut state = self.world.state();
        if let Some(fault) = fault {
            state.server.refused(index, now);
            return Err(fault);
        }
        if let Some(index) = index {
            if index < state.saved {
                drop(state);
                self.world.broken(|| format!("{index:?} was saved over a newer one"));
                return Err(StoreError::Failed);
            }
            state.server.saved(index);
            state.note_saved(index);
        }
        state.disk.insert(slot, value.clone());
        drop(state);
        if slot == Slot::Session {
            self.at(Step::Saved);
        }
        Ok(())
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        match self.keystore_fault(slot, Call::Remove) {
            Some(fault) => Err(fault),
            None => {
                self.world.state().disk.remove(&slot);
                Ok(())
            }
        }
    }

    fn may_block(&self) -> bool {
        false
    }

    fn lock_across_processes(&self) -> Result<Box<dyn Send>, StoreError> {
        let mut state = self.world.state();
        if self.dead() {
            return Err(StoreError::Failed);
        }
        match state.holder {
            None => {
                state.holder = Some(self.id);
                drop(state);
                Ok(Box::new(ProcessLock(self.clone())))
            }
            Some(_) => Err(StoreError::Locked),
        }
    }
}

/// The session belongs to one process until this is dropped.
struct ProcessLock(Process);

impl Drop for ProcessLock {
    fn drop(&mut self) {
        let mut state = self.0.world.state();
        state.holder = state.holder.filter(|holder| *holder != self.0.id);
    }
}
