//! What the app remembers outside the keystore: nothing secret, one small file, replaced as a whole.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use app_state::Place;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use settings::Link;
use url::Url;

/// The file's content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Noted {
    /// Settings that a person made, by key.
    pub set_up: Map<String, Value>,
    /// Settings of the last signed set-up link that a person accepted.
    pub signed: Map<String, Value>,
    /// Settings of the last unsigned set-up link that a person accepted.
    pub unsigned: Map<String, Value>,
    /// Whose session was there when the app last ran (see [`session_of`]): its group view may open before the keystore
    /// is read.
    pub signed_in: Option<String>,
    /// The identity server's authorization endpoint, as last learnt.
    pub authorize: Option<Url>,
}

impl Noted {
    /// Takes the settings of a link in the place of those of the one before.
    pub fn take(&mut self, link: &Link) {
        let kept = if link.kid.is_some() {
            &mut self.signed
        } else {
            &mut self.unsigned
        };
        kept.clone_from(&link.settings);
        // The newest card holds: what was typed, or stood on a weaker card, for the same key is over.
        for key in link.settings.keys() {
            self.set_up.remove(key);
            if link.kid.is_some() {
                self.unsigned.remove(key);
            }
        }
    }

    /// Nothing would change if this link were taken.
    pub fn has_taken(&self, link: &Link) -> bool {
        let mut with = self.clone();
        with.take(link);
        with == *self
    }

    /// Forgets the organisation that a person chose, by typing or by a card.
    pub fn forget_organisation(&mut self) {
        for map in [&mut self.set_up, &mut self.unsigned, &mut self.signed] {
            for key in ["tenant", "organisation_name"] {
                map.remove(key);
            }
        }
    }
}

/// The notes and their file.
pub struct Notes {
    file: PathBuf,
    noted: Mutex<Noted>,
    /// The disk refused the last change.
    unsaved: AtomicBool,
}

impl Notes {
    /// Opens the notes in this folder, which it makes private to the user. A file that cannot be read counts as empty
    /// and is replaced at the next change.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        private_folder(folder)?;
        let file = folder.join("state.json");
        let noted = fs::read(&file)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        Ok(Self {
            file,
            noted: Mutex::new(noted),
            unsaved: AtomicBool::new(false),
        })
    }

    /// What is noted now.
    pub fn read(&self) -> Noted {
        self.lock().clone()
    }

    /// Changes the notes and saves them. The change stands in memory even where the disk refuses it, and is saved with the
    /// next one.
    pub fn change(&self, change: impl FnOnce(&mut Noted)) -> std::io::Result<()> {
        let mut noted = self.lock();
        let before = noted.clone();
        change(&mut noted);
        if *noted == before && !self.unsaved.load(Ordering::Relaxed) {
            return Ok(());
        }
        let saved = self.save(&noted);
        self.unsaved.store(saved.is_err(), Ordering::Relaxed);
        saved
    }

    fn save(&self, noted: &Noted) -> std::io::Result<()> {
        let folder = self.file.parent().unwrap_or_else(|| Path::new("."));
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut new, noted)?;
        new.flush()?;
        new.as_file().sync_all()?;
        new.persist(&self.file)?;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whose session belongs to a place, for [`Noted::signed_in`].
pub fn session_of(place: &Place) -> String {
    format!("{} {}", place.session, place.group)
}

/// Makes a folder that only this user can enter. The web engine keeps cookies in clear text below it.
pub fn private_folder(folder: &Path) -> std::io::Result<()> {
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
    use super::*;

    #[test]
    fn what_is_noted_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let notes = Notes::open(folder.path()).unwrap();
        notes.change(|noted| noted.signed_in = Some("a".into())).unwrap();
        notes
            .change(|noted| drop(noted.set_up.insert("tenant".into(), "zonnetje".into())))
            .unwrap();
        assert_eq!(Notes::open(folder.path()).unwrap().read(), notes.read());
        assert!(notes.read().signed_in.is_some());
    }

    #[test]
    fn a_damaged_file_counts_as_empty_and_can_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("state.json"), b"{\"signed_in\":tr").unwrap();
        let notes = Notes::open(folder.path()).unwrap();
        assert_eq!(notes.read(), Noted::default());
        notes.change(|noted| noted.signed_in = Some("a".into())).unwrap();
        assert!(Notes::open(folder.path()).unwrap().read().signed_in.is_some());
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_the_users_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("data");
        fs::create_dir(&inside).unwrap();
        fs::set_permissions(&inside, fs::Permissions::from_mode(0o755)).unwrap();
        Notes::open(&inside).unwrap();
        assert_eq!(fs::metadata(&inside).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
