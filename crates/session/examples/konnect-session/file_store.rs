//! A store in one file of mode 0600. For a terminal only: an app uses the operating system's keystore.
//!
//! Each save replaces the whole file: a new file is written next to it, synced and renamed, so a crash leaves the old or
//! the new content. Two lock files next to it exclude other processes: one while the session is used, one while the file
//! is written.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use session::store::{Slot, Store};
use session::{Secret, StoreError};

/// How long to wait while another process uses the session: one exchange with all its retries.
const USE_TIMEOUT: Duration = Duration::from_mins(1);
/// How long to wait while another process writes the file.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// The store in one file.
pub struct FileStore {
    /// The path with its symbolic links resolved, because a rename would replace a link instead of its target.
    file: PathBuf,
}

impl FileStore {
    /// A store in `file`, which need not exist yet.
    pub fn new(file: PathBuf) -> Self {
        Self {
            file: resolve_links(file),
        }
    }

    /// Whether the file holds a session that parses.
    pub fn holds_session(&self) -> bool {
        let text = self.load(Slot::Session).ok().flatten();
        let record = text.and_then(|text| serde_json::from_str::<Value>(text.expose()).ok());
        let has = |name: &str, is_valid: fn(&Value) -> bool| {
            record
                .as_ref()
                .and_then(|record| record.get(name))
                .is_some_and(is_valid)
        };
        has("v", |version| version == 1)
            && ["issuer", "client_id", "sub", "refresh_token"]
                .iter()
                .all(|name| has(name, Value::is_string))
    }

    /// The content of the file. A file that does not parse is [`StoreError::Unreadable`].
    fn read(&self) -> Result<Map<String, Value>, StoreError> {
        // A device would read as empty and then be replaced, and reading a pipe would block.
        if self.file.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return Err(StoreError::Failed);
        }
        match std::fs::read(&self.file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| StoreError::Unreadable),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Map::new()),
            Err(_) => Err(StoreError::Failed),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Map<String, Value>)) -> Result<(), StoreError> {
        let _lock = self.lock("write", WRITE_TIMEOUT)?;
        // A file that does not parse is replaced, because a person signs in or signs out.
        let mut slots = match self.read() {
            Err(StoreError::Unreadable) => Map::new(),
            slots => slots?,
        };
        change(&mut slots);
        self.write(&slots).map_err(|_| StoreError::Failed)
    }

    fn write(&self, slots: &Map<String, Value>) -> std::io::Result<()> {
        // The name is always the same, so the next save removes what a killed process left behind.
        let path = self.sibling(".new").ok_or(ErrorKind::InvalidInput)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut new = private().create_new(true).open(&path)?;
        new.write_all(&serde_json::to_vec(slots)?)?;
        new.sync_all()?;
        std::fs::rename(&path, &self.file)?;
        // The rename survives a crash only after the folder has been synced. Windows cannot open folders.
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

    fn sibling(&self, suffix: &str) -> Option<PathBuf> {
        let mut name = self.file.file_name()?.to_os_string();
        name.push(suffix);
        Some(self.file.with_file_name(name))
    }

    /// Takes a lock file. Polls instead of blocking, so that a process that never releases the lock delays others by no
    /// more than `timeout`.
    fn lock(&self, name: &str, timeout: Duration) -> Result<File, StoreError> {
        let path = self.sibling(&format!(".{name}.lock")).ok_or(StoreError::Absent)?;
        let file = private()
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|_| StoreError::Failed)?;
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if since.elapsed() < timeout => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock) => return Err(StoreError::Locked),
                Err(TryLockError::Error(_)) => return Err(StoreError::Failed),
            }
        }
    }
}

/// Follows symbolic links, whether their target exists or not. Of a cycle, it returns one of the links, which cannot be
/// read.
fn resolve_links(file: PathBuf) -> PathBuf {
    (0..40)
        .try_fold(file, |at, _| match std::fs::read_link(&at) {
            Ok(to) => Ok(at.parent().map_or_else(|| to.clone(), |folder| folder.join(&to))),
            Err(_) => Err(at),
        })
        .unwrap_or_else(|end| end)
}

/// Options to write a file that only its owner may read.
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
        match slots.get(slot.name()) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(Secret::new(text.clone()))),
            Some(_) => Err(StoreError::Unreadable),
        }
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        self.change(|slots| drop(slots.insert(slot.name().to_owned(), value.expose().into())))
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        match self.read() {
            Ok(slots) if !slots.contains_key(slot.name()) => Ok(()),
            Ok(_) | Err(StoreError::Unreadable) => self.change(|slots| drop(slots.remove(slot.name()))),
            Err(error) => Err(error),
        }
    }

    fn lock_across_processes(&self) -> Result<Box<dyn Send>, StoreError> {
        Ok(Box::new(self.lock("use", USE_TIMEOUT)?))
    }
}
