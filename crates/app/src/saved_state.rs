//! What the app remembers outside the keystore: nothing secret, one small file, replaced as a whole.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use settings::SetupLink;
use tokio::sync::Notify;
use url::Url;

/// The file's name in the app's data folder.
const FILE: &str = "state.json";
/// A second copy, written first, for the day on which the first cannot be read.
const COPY: &str = "state.copy.json";
/// How the name of what is being written begins. A process that ends meanwhile leaves it; the next one removes it.
const NEW: &str = "state.new.";
/// What could not be read, for whoever looks into it.
const DAMAGED: &str = "state.damaged.json";
/// The pause before a change that the file did not take is written again.
const WRITE_PAUSE: Duration = Duration::from_secs(30);

/// The content of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedState {
    /// Settings that a person typed, by key.
    pub set_up: Map<String, Value>,
    /// Settings of the last signed setup link that a person accepted.
    pub signed: Map<String, Value>,
    /// Settings of the last unsigned setup link that a person accepted.
    pub unsigned: Map<String, Value>,
    /// Whose session existed when the app last ran, as [`Organisation::session_key`](app_state::Organisation). With it, the
    /// group view may open before the keystore has answered. The file may not have taken the newest change, so where the
    /// two differ, the keystore is right.
    pub signed_in: Option<String>,
    /// The identity provider's authorization endpoint, as last learnt from its metadata.
    pub authorize: Option<Url>,
    /// The web view still holds another person's data: the last deletion has not been reported done.
    pub site_uncleared: bool,
    /// When a session ended here that the keystore may still hold, in seconds since 1970: it refused to let go, or the
    /// process ended before it was asked. No start may find that session again. A newer session stays, because the file may
    /// not have taken the note that somebody signed in since.
    pub keystore_to_empty: Option<i64>,
    /// When staff last read that the session is not renewed, in seconds since 1970. None while it is renewed.
    pub staff_notified_at: Option<i64>,
    /// The app has been started since it was installed. Until then the keystore's session is that of an installation before,
    /// where the keystore outlives the app.
    pub keystore_is_ours: bool,
    /// What a newer version of the app has written here. Kept for it.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl SavedState {
    /// Reads a file's content. A field that does not parse is left out, and the others count. None if the content is no
    /// JSON object.
    fn parse(content: &[u8]) -> Option<Self> {
        if let Ok(state) = serde_json::from_slice(content) {
            return Some(state);
        }
        let fields: Map<String, Value> = serde_json::from_slice(content).ok()?;
        let mut state = Self::default();
        for field in fields {
            if let Ok(alone) = serde_json::from_value(Value::Object(Map::from_iter([field]))) {
                state.merge(alone);
            }
        }
        Some(state)
    }

    /// Adds what another state says and this one does not.
    fn merge(&mut self, file: Self) {
        for (mine, files) in [
            (&mut self.set_up, file.set_up),
            (&mut self.signed, file.signed),
            (&mut self.unsigned, file.unsigned),
            (&mut self.other, file.other),
        ] {
            for (key, value) in files {
                mine.entry(key).or_insert(value);
            }
        }
        self.signed_in = self.signed_in.take().or(file.signed_in);
        self.authorize = self.authorize.take().or(file.authorize);
        self.site_uncleared |= file.site_uncleared;
        self.keystore_to_empty = self.keystore_to_empty.max(file.keystore_to_empty);
        self.staff_notified_at = self.staff_notified_at.max(file.staff_notified_at);
        self.keystore_is_ours |= file.keystore_is_ours;
    }

    /// Takes over the settings of a setup link. They replace those of the last link of the same trust level, and any
    /// weaker source's value for the same key: the newest setup card wins.
    pub fn accept(&mut self, link: &SetupLink) {
        let is_signed = link.kid.is_some();
        let kept = if is_signed {
            &mut self.signed
        } else {
            &mut self.unsigned
        };
        kept.clone_from(&link.settings);
        for key in link.settings.keys() {
            self.set_up.remove(key);
            if is_signed {
                self.unsigned.remove(key);
            }
        }
    }

    /// Accepting this link would change nothing.
    #[must_use]
    pub fn has_accepted(&self, link: &SetupLink) -> bool {
        let mut after = self.clone();
        after.accept(link);
        after == *self
    }

    /// Forgets the organisation that a person chose, whether typed or from a setup card.
    pub fn forget_organisation(&mut self) {
        for map in [&mut self.set_up, &mut self.unsigned, &mut self.signed] {
            for key in ["tenant", "organisation_name"] {
                map.remove(key);
            }
        }
    }
}

/// Where the saved state is kept. [`DiskFile`] in the app; in memory in the simulation.
pub trait StateFile: Send + Sync + 'static {
    /// The content of each copy that can be read, the newest first. Empty if nothing was ever written. An error if there
    /// is something and none of it can be read, which says nothing about what it holds.
    fn read(&self) -> io::Result<Vec<Vec<u8>>>;
    /// Replaces the content as a whole: after a crash the old or the new content is there, never a part of one.
    fn write(&self, content: &[u8]) -> io::Result<()>;
    /// Puts content that does not parse aside, before it is replaced.
    fn keep_damaged(&self) {}
}

/// A file on disk.
pub struct DiskFile {
    folder: PathBuf,
}

impl DiskFile {
    /// `state.json` in this folder, which this call creates if needed and makes accessible to this user only.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        create_private_folder(folder)?;
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(NEW) {
                // A file too many does no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
        })
    }
}

impl StateFile for DiskFile {
    fn read(&self) -> io::Result<Vec<Vec<u8>>> {
        let (mut contents, mut unreadable) = (vec![], None);
        for name in [FILE, COPY] {
            match fs::read(self.folder.join(name)) {
                Ok(content) => contents.push(content),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => unreadable = Some(error),
            }
        }
        match unreadable {
            Some(error) if contents.is_empty() => Err(error),
            _ => Ok(contents),
        }
    }

    fn write(&self, content: &[u8]) -> io::Result<()> {
        for name in [COPY, FILE] {
            let mut new = tempfile::Builder::new().prefix(NEW).tempfile_in(&self.folder)?;
            new.write_all(content)?;
            new.as_file().sync_all()?;
            new.persist(self.folder.join(name))?;
        }
        Ok(())
    }

    fn keep_damaged(&self) {
        // Whoever looks into it misses it if this fails; the tablet does not.
        let _ = fs::copy(self.folder.join(FILE), self.folder.join(DAMAGED));
    }
}

/// The saved state and its file.
pub struct SavedStateStore {
    file: Box<dyn StateFile>,
    memory: Mutex<Memory>,
    /// Wakes [`Self::keep_written`].
    refused: Notify,
}

struct Memory {
    state: SavedState,
    /// The file did not take the last change.
    is_unsaved: bool,
    /// The file is there and could not be read. It is read again at every chance, and never replaced before.
    is_unread: bool,
    /// The file says that the app has been started since it was installed, so the next start knows.
    is_ours_on_disk: bool,
}

impl Memory {
    /// Reads the file if that has not worked yet.
    fn read(&mut self, file: &dyn StateFile) -> io::Result<()> {
        if !self.is_unread {
            return Ok(());
        }
        let copies = file.read()?;
        self.is_unread = false;
        match copies.iter().find_map(|content| SavedState::parse(content)) {
            Some(state) => {
                self.is_ours_on_disk = state.keystore_is_ours;
                self.state.merge(state);
            }
            None if copies.is_empty() => return Ok(()),
            None => {
                file.keep_damaged();
                // Damaged or not, it is this installation's.
                self.state.keystore_is_ours = true;
                self.is_ours_on_disk = true;
            }
        }
        Ok(())
    }
}

impl SavedStateStore {
    /// Reads the file. While it cannot be read (a tablet that nobody has unlocked since it started), the state is empty
    /// in memory, and each later call tries again. Content that does not parse is put aside and counts as empty.
    #[must_use]
    pub fn open(file: impl StateFile) -> Self {
        let store = Self {
            file: Box::new(file),
            memory: Mutex::new(Memory {
                state: SavedState::default(),
                is_unsaved: false,
                is_unread: true,
                is_ours_on_disk: false,
            }),
            refused: Notify::new(),
        };
        // Read before anybody asks; a failure shows with the first change.
        let _ = store.lock().read(&*store.file);
        store
    }

    /// The state as it is now.
    #[must_use]
    pub fn get(&self) -> SavedState {
        let mut memory = self.lock();
        // What cannot be read yet is not known yet.
        let _ = memory.read(&*self.file);
        memory.state.clone()
    }

    /// The file has been read, or was never written: what the state does not say is not so.
    #[must_use]
    pub fn is_known(&self) -> bool {
        let mut memory = self.lock();
        memory.read(&*self.file).is_ok()
    }

    /// The next start will know that the app is not newly installed. Tries once more to write that.
    pub(crate) fn is_ours_on_disk(&self) -> bool {
        // The answer says how it went.
        let _ = self.update(|_| {});
        let memory = self.lock();
        memory.is_ours_on_disk || memory.is_unread
    }

    /// Changes the state and writes it. If the file does not take it, or cannot be read, the change still holds in
    /// memory, and the next call or [`Self::keep_written`] writes it again.
    pub fn update(&self, change: impl FnOnce(&mut SavedState)) -> io::Result<()> {
        let written = self.write(change);
        if written.is_err() {
            self.refused.notify_one();
        }
        written
    }

    /// Writes again, twice a minute, what the file did not take. Ends never; the app runs it beside everything else.
    pub(crate) async fn keep_written(&self) {
        loop {
            self.refused.notified().await;
            tokio::time::sleep(WRITE_PAUSE).await;
            // Another failure wakes this again, and is in the log since the first.
            let _ = self.update(|_| {});
        }
    }

    fn write(&self, change: impl FnOnce(&mut SavedState)) -> io::Result<()> {
        let mut memory = self.lock();
        // Before the change, if that is possible: what it deletes must not come back.
        let _ = memory.read(&*self.file);
        let before = memory.state.clone();
        change(&mut memory.state);
        if memory.state == before && !memory.is_unsaved {
            return Ok(());
        }
        memory.is_unsaved = true;
        memory.read(&*self.file)?;
        let content = serde_json::to_vec_pretty(&memory.state)?;
        let written = self.file.write(&content);
        memory.is_unsaved = written.is_err();
        memory.is_ours_on_disk |= written.is_ok() && memory.state.keystore_is_ours;
        written
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Creates a folder that only this user can enter. The web engine keeps cookies in clear text below it, so call this
/// before the first window opens.
pub fn create_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fakes::MemoryFile;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn link(settings: &Value, kid: Option<&str>) -> SetupLink {
        SetupLink {
            settings: map(settings),
            kid: kid.map(str::to_owned),
            expires: None,
        }
    }

    fn opened(folder: &Path) -> SavedStateStore {
        SavedStateStore::open(DiskFile::in_folder(folder).unwrap())
    }

    #[test]
    fn what_a_killed_process_was_writing_is_gone_after_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("state.new.a1b2c3"), "{\"signed_in\": \"ha").unwrap();
        let store = opened(folder.path());
        store.update(|state| state.signed_in = Some("a".into())).unwrap();
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, [COPY, FILE]);
    }

    #[test]
    fn the_state_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path());
        store.update(|state| state.signed_in = Some("a".into())).unwrap();
        store
            .update(|state| drop(state.set_up.insert("tenant".into(), "zonnetje".into())))
            .unwrap();
        assert_eq!(opened(folder.path()).get(), store.get());
        assert_eq!(store.get().signed_in.as_deref(), Some("a"));
    }

    #[test]
    fn a_damaged_file_is_read_from_its_copy() {
        let folder = tempfile::tempdir().unwrap();
        opened(folder.path())
            .update(|state| state.signed_in = Some("a".into()))
            .unwrap();
        fs::write(folder.path().join(FILE), b"{\"signed_in\":tr").unwrap();
        assert_eq!(opened(folder.path()).get().signed_in.as_deref(), Some("a"));
        fs::remove_file(folder.path().join(FILE)).unwrap();
        assert_eq!(opened(folder.path()).get().signed_in.as_deref(), Some("a"));
    }

    #[test]
    fn where_both_copies_are_damaged_the_state_is_empty_and_the_file_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        for name in [FILE, COPY] {
            fs::write(folder.path().join(name), b"{\"signed_in\":tr").unwrap();
        }
        let store = opened(folder.path());
        let empty = SavedState {
            keystore_is_ours: true,
            ..SavedState::default()
        };
        assert_eq!(store.get(), empty, "a damaged file is no sign of a new installation");
        store.update(|state| state.signed_in = Some("a".into())).unwrap();
        assert!(opened(folder.path()).get().signed_in.is_some());
        assert_eq!(fs::read(folder.path().join(DAMAGED)).unwrap(), b"{\"signed_in\":tr");
    }

    #[test]
    fn one_bad_field_costs_that_field_alone() {
        let folder = tempfile::tempdir().unwrap();
        let content = json!({"signed_in": 7, "set_up": {"tenant": "zonnetje"}, "authorize": "no url"});
        fs::write(folder.path().join(FILE), content.to_string()).unwrap();
        let state = opened(folder.path()).get();
        assert_eq!(state.set_up, map(&json!({"tenant": "zonnetje"})));
        assert_eq!((state.signed_in, state.authorize), (None, None));
    }

    #[test]
    fn what_a_newer_version_wrote_is_still_there_after_an_older_one_has_changed_the_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), br#"{"set_up":{},"of_later":{"a":1}}"#).unwrap();
        opened(folder.path())
            .update(|state| state.signed_in = Some("a".into()))
            .unwrap();
        let content: Value = serde_json::from_slice(&fs::read(folder.path().join(FILE)).unwrap()).unwrap();
        assert_eq!(
            (&content["of_later"]["a"], &content["signed_in"]),
            (&json!(1), &json!("a"))
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_yet_is_never_replaced_and_is_read_when_it_can_be() {
        let file = MemoryFile::default();
        SavedStateStore::open(file.clone())
            .update(|state| drop(state.set_up.insert("tenant".into(), "zonnetje".into())))
            .unwrap();
        file.set_unreadable(true);
        let store = SavedStateStore::open(file.clone());
        assert_eq!(store.get(), SavedState::default());
        assert!(store.update(|state| state.signed_in = Some("a".into())).is_err());
        assert_eq!(file.writes(), 1);
        file.set_unreadable(false);
        let state = store.get();
        assert_eq!(state.set_up, map(&json!({"tenant": "zonnetje"})));
        assert_eq!(state.signed_in.as_deref(), Some("a"));
        store.update(|_| {}).unwrap();
        assert_eq!((file.writes(), file.state()), (2, state));
    }

    #[test]
    fn a_file_that_was_never_written_is_no_error_and_one_that_cannot_be_read_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = DiskFile::in_folder(folder.path()).unwrap();
        assert!(file.read().unwrap().is_empty());
        fs::create_dir(folder.path().join(FILE)).unwrap();
        assert!(file.read().is_err());
        let store = SavedStateStore::open(file);
        assert!(store.update(|state| state.signed_in = Some("a".into())).is_err());
        fs::remove_dir(folder.path().join(FILE)).unwrap();
        store.update(|_| {}).unwrap();
        assert!(opened(folder.path()).get().signed_in.is_some());
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_this_users_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("data");
        fs::create_dir(&inside).unwrap();
        fs::set_permissions(&inside, fs::Permissions::from_mode(0o755)).unwrap();
        let _ = opened(&inside);
        assert_eq!(fs::metadata(&inside).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_change_that_the_disk_refused_holds_in_memory_and_is_written_with_the_next_call() {
        let file = MemoryFile::default();
        let store = SavedStateStore::open(file.clone());
        file.set_full(true);
        assert!(store.update(|state| state.signed_in = Some("a".into())).is_err());
        assert_eq!(store.get().signed_in.as_deref(), Some("a"));
        file.set_full(false);
        store.update(|_| {}).unwrap();
        assert_eq!((file.writes(), file.state()), (1, store.get()));
        store.update(|_| {}).unwrap();
        assert_eq!(file.writes(), 1);
    }

    #[test]
    fn a_change_that_changes_nothing_is_not_written() {
        let file = MemoryFile::default();
        let store = SavedStateStore::open(file.clone());
        store.update(|state| state.signed_in = None).unwrap();
        assert_eq!(file.writes(), 0);
    }

    #[test]
    fn the_newest_setup_card_replaces_what_weaker_sources_said_for_its_keys() {
        let mut state = SavedState {
            set_up: map(&json!({"tenant": "typed", "language": "en"})),
            unsigned: map(&json!({"tenant": "unsigned", "device_label": "Blauw"})),
            ..SavedState::default()
        };
        state.accept(&link(&json!({"tenant": "signed"}), Some("key")));
        assert_eq!(state.set_up, map(&json!({"language": "en"})));
        assert_eq!(state.unsigned, map(&json!({"device_label": "Blauw"})));
        assert_eq!(state.signed, map(&json!({"tenant": "signed"})));
    }

    #[test]
    fn an_unsigned_card_leaves_the_signed_settings_and_replaces_the_card_before() {
        let mut state = SavedState {
            signed: map(&json!({"tenant": "signed"})),
            unsigned: map(&json!({"device_label": "Blauw"})),
            ..SavedState::default()
        };
        state.accept(&link(&json!({"tenant": "unsigned"}), None));
        assert_eq!(state.signed, map(&json!({"tenant": "signed"})));
        assert_eq!(state.unsigned, map(&json!({"tenant": "unsigned"})));
    }

    #[test]
    fn a_link_that_would_change_nothing_has_been_accepted() {
        let mut state = SavedState::default();
        let card = link(&json!({"tenant": "zonnetje"}), None);
        assert!(!state.has_accepted(&card));
        state.accept(&card);
        assert!(state.has_accepted(&card));
    }

    #[test]
    fn forgetting_the_organisation_keeps_every_other_setting() {
        let all = json!({"tenant": "zonnetje", "organisation_name": "Het Zonnetje", "language": "en"});
        let mut state = SavedState {
            set_up: map(&all),
            signed: map(&all),
            unsigned: map(&all),
            ..SavedState::default()
        };
        state.forget_organisation();
        let rest = map(&json!({"language": "en"}));
        assert_eq!((&state.set_up, &state.signed, &state.unsigned), (&rest, &rest, &rest));
    }
}
