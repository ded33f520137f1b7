//! A store in one file of mode 0600. For a terminal only: an app has a keystore.
//!
//! The file is replaced as a whole (written beside, synced, renamed), so a crash leaves the old or the new one. A lock
//! on a file beside it keeps two processes from using the session at the same time.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use session::store::{Slot, Store};
use session::{Secret, StoreFault};

/// The store.
pub struct FileStore {
    file: PathBuf,
}

impl FileStore {
    /// A store in this file, which need not exist yet.
    pub fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// The file holds a session that can be read.
    pub fn holds_session(&self) -> bool {
        let text = self.load(Slot::Session).ok().flatten();
        let record = text.and_then(|text| serde_json::from_str::<Value>(text.expose()).ok());
        record.is_some_and(|record| record.get("refresh_token").is_some_and(Value::is_string))
    }

    /// What is in the file; a damaged one counts as empty.
    fn read(&self) -> Result<Map<String, Value>, StoreFault> {
        match std::fs::read(&self.file) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Map::new()),
            Err(_) => Err(StoreFault::Failed),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Map<String, Value>)) -> Result<(), StoreFault> {
        let _lock = self.lock("write")?;
        let mut slots = self.read()?;
        change(&mut slots);
        self.write(&slots).map_err(|_| StoreFault::Failed)
    }

    fn write(&self, slots: &Map<String, Value>) -> std::io::Result<()> {
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        // The temporary file of this crate has mode 0600 from the start.
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(&serde_json::to_vec(slots)?)?;
        new.as_file().sync_all()?;
        new.persist(&self.file)?;
        File::open(folder)?.sync_all()
    }

    fn lock(&self, what: &str) -> Result<File, StoreFault> {
        let mut name = self.file.file_name().map(std::ffi::OsStr::to_os_string).ok_or(StoreFault::Absent)?;
        name.push(format!(".{what}.lock"));
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(self.file.with_file_name(name)).map_err(|_| StoreFault::Failed)?;
        file.lock().map_err(|_| StoreFault::Failed)?;
        Ok(file)
    }
}

impl Store for FileStore {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreFault> {
        let slots = self.read()?;
        Ok(slots.get(slot.name()).and_then(Value::as_str).map(|text| Secret::new(text.to_owned())))
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreFault> {
        self.change(|slots| drop(slots.insert(slot.name().to_owned(), value.expose().into())))
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreFault> {
        if self.read()?.contains_key(slot.name()) { self.change(|slots| drop(slots.remove(slot.name()))) } else { Ok(()) }
    }

    fn exclude(&self) -> Result<Box<dyn Send>, StoreFault> {
        Ok(Box::new(self.lock("use")?))
    }
}
