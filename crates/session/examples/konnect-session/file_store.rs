//! A store in one file of mode 0600. For a terminal only: an app has a keystore.
//!
//! The file is replaced as a whole (written beside, synced, renamed), so a crash leaves the old or the new one. A lock
//! on a file beside it keeps two processes from using the session at the same time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use session::store::{Slot, Store};
use session::{Secret, StoreError};

/// How long another process may have the session: one exchange with all its tries.
const USE_PATIENCE: Duration = Duration::from_mins(1);
/// How long another process may write.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);

/// The store.
pub struct FileStore {
    /// Where a link leads, for a link would be replaced by what is to be kept.
    file: PathBuf,
}

impl FileStore {
    /// A store in this file, which need not exist yet.
    pub fn new(file: PathBuf) -> Self {
        Self {
            file: behind_links(file),
        }
    }

    /// The file holds a session that can be read.
    pub fn holds_session(&self) -> bool {
        let text = self.load(Slot::Session).ok().flatten();
        let record = text.and_then(|text| serde_json::from_str::<Value>(text.expose()).ok());
        let has = |name: &str, sound: fn(&Value) -> bool| {
            record.as_ref().and_then(|record| record.get(name)).is_some_and(sound)
        };
        has("v", |version| version == 1)
            && ["issuer", "client_id", "sub", "refresh_token"]
                .iter()
                .all(|name| has(name, Value::is_string))
    }

    /// What is in the file; a damaged one counts as empty.
    fn read(&self) -> Result<Map<String, Value>, StoreError> {
        // A device reads as empty and would be replaced, a pipe is waited for.
        if self.file.metadata().is_ok_and(|what| !what.is_file()) {
            return Err(StoreError::Failed);
        }
        match std::fs::read(&self.file) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Map::new()),
            Err(_) => Err(StoreError::Failed),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Map<String, Value>)) -> Result<(), StoreError> {
        let _lock = self.lock("write", WRITE_PATIENCE)?;
        let mut slots = self.read()?;
        change(&mut slots);
        self.write(&slots).map_err(|_| StoreError::Failed)
    }

    fn write(&self, slots: &Map<String, Value>) -> std::io::Result<()> {
        // Always the same name, so that what a process left behind when it was killed is gone with the next save.
        let beside = self.beside(".new").ok_or(ErrorKind::InvalidInput)?;
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut new = private().create_new(true).open(&beside)?;
        new.write_all(&serde_json::to_vec(slots)?)?;
        new.sync_all()?;
        std::fs::rename(&beside, &self.file)?;
        // The rename lasts once the folder is on the disk; Windows does not open one.
        #[cfg(unix)]
        File::open(
            self.file
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
                .unwrap_or_else(|| Path::new(".")),
        )?
        .sync_all()?;
        Ok(())
    }

    fn beside(&self, ending: &str) -> Option<PathBuf> {
        let mut name = self.file.file_name()?.to_os_string();
        name.push(ending);
        Some(self.file.with_file_name(name))
    }

    /// Waits by asking again, so that a process that never lets go keeps nobody longer than this.
    fn lock(&self, what: &str, patience: Duration) -> Result<File, StoreError> {
        let path = self.beside(&format!(".{what}.lock")).ok_or(StoreError::Absent)?;
        let file = private()
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|_| StoreError::Failed)?;
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if since.elapsed() < patience => {
                    std::thread::sleep(Duration::from_millis(20))
                }
                Err(TryLockError::WouldBlock) => return Err(StoreError::Locked),
                Err(TryLockError::Error(_)) => return Err(StoreError::Failed),
            }
        }
    }
}

/// Where links lead, whether anything is there or not. A circle of them ends somewhere in it, where nothing can be read.
fn behind_links(file: PathBuf) -> PathBuf {
    (0..40)
        .try_fold(file, |at, _| match std::fs::read_link(&at) {
            Ok(to) => Ok(at.parent().map_or_else(|| to.clone(), |folder| folder.join(&to))),
            Err(_) => Err(at),
        })
        .unwrap_or_else(|end| end)
}

/// A file to write that nobody else may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

impl Store for FileStore {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError> {
        let slots = self.read()?;
        Ok(slots
            .get(slot.name())
            .and_then(Value::as_str)
            .map(|text| Secret::new(text.to_owned())))
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        self.change(|slots| drop(slots.insert(slot.name().to_owned(), value.expose().into())))
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        if self.read()?.contains_key(slot.name()) {
            self.change(|slots| drop(slots.remove(slot.name())))
        } else {
            Ok(())
        }
    }

    fn lock_across_processes(&self) -> Result<Box<dyn Send>, StoreError> {
        Ok(Box::new(self.lock("use", USE_PATIENCE)?))
    }
}
