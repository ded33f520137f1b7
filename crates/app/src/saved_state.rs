//! What the app remembers outside the keystore: nothing secret, one small file, replaced as a whole.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use app_state::Organisation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use settings::SetupLink;
use url::Url;

/// The file's name in the app's data folder.
const FILE: &str = "state.json";

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
    /// Whose session existed when the app last ran: issuer, client, audience and group view in one text. With it, the
    /// group view may open before the keystore has answered.
    pub signed_in: Option<String>,
    /// The identity provider's authorization endpoint, as last learnt from its metadata.
    pub authorize: Option<Url>,
}

impl SavedState {
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

/// Identifies whose session [`SavedState::signed_in`] is.
pub(crate) fn session_key(organisation: &Organisation) -> String {
    format!("{} {}", organisation.session_key, organisation.group_url)
}

/// Where the saved state is kept. [`DiskFile`] in the app; in memory in the simulation.
pub trait StateFile: Send + Sync + 'static {
    /// The content, or None if nothing was ever written.
    fn read(&self) -> io::Result<Option<Vec<u8>>>;
    /// Replaces the content as a whole: after a crash the old or the new content is there, never a part of one.
    fn write(&self, content: &[u8]) -> io::Result<()>;
}

/// A file on disk.
pub struct DiskFile(PathBuf);

impl DiskFile {
    /// `state.json` in this folder, which this call creates if needed and makes accessible to this user only.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        create_private_folder(folder)?;
        Ok(Self(folder.join(FILE)))
    }
}

impl StateFile for DiskFile {
    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(&self.0) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, content: &[u8]) -> io::Result<()> {
        let folder = self.0.parent().unwrap_or_else(|| Path::new("."));
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(content)?;
        new.as_file().sync_all()?;
        new.persist(&self.0)?;
        Ok(())
    }
}

/// The saved state and its file.
pub struct SavedStateStore {
    file: Box<dyn StateFile>,
    memory: Mutex<Memory>,
}

struct Memory {
    state: SavedState,
    /// The file did not take the last change.
    is_unsaved: bool,
}

impl SavedStateStore {
    /// Reads the file. Content that cannot be read counts as empty; the next change replaces it.
    #[must_use]
    pub fn open(file: impl StateFile) -> Self {
        let content = file.read().ok().flatten();
        let state = content
            .and_then(|content| serde_json::from_slice(&content).ok())
            .unwrap_or_default();
        Self {
            file: Box::new(file),
            memory: Mutex::new(Memory {
                state,
                is_unsaved: false,
            }),
        }
    }

    /// The state as it is now.
    #[must_use]
    pub fn get(&self) -> SavedState {
        self.lock().state.clone()
    }

    /// Changes the state and writes it. If the file does not take it, the change still holds in memory, and the next
    /// call writes it again.
    pub fn update(&self, change: impl FnOnce(&mut SavedState)) -> io::Result<()> {
        let mut memory = self.lock();
        let before = memory.state.clone();
        change(&mut memory.state);
        if memory.state == before && !memory.is_unsaved {
            return Ok(());
        }
        let content = serde_json::to_vec_pretty(&memory.state)?;
        let written = self.file.write(&content);
        memory.is_unsaved = written.is_err();
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
    fn a_damaged_file_counts_as_empty_and_can_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), b"{\"signed_in\":tr").unwrap();
        let store = opened(folder.path());
        assert_eq!(store.get(), SavedState::default());
        store.update(|state| state.signed_in = Some("a".into())).unwrap();
        assert!(opened(folder.path()).get().signed_in.is_some());
    }

    #[test]
    fn a_file_that_was_never_written_is_no_error_and_one_that_cannot_be_read_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = DiskFile::in_folder(folder.path()).unwrap();
        assert_eq!(file.read().unwrap(), None);
        fs::create_dir(folder.path().join(FILE)).unwrap();
        assert!(file.read().is_err());
        assert_eq!(SavedStateStore::open(file).get(), SavedState::default());
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
