//! The file of the app's saved state, in a real folder, with the moments inside the replacement of the file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use app::{DiskFile, StateFile};

use super::points::Points;
use super::surroundings::{InjectedFault, Surroundings};
use crate::world::Process;

/// The names of the two copies that [`DiskFile`] writes, in the order in which it writes them.
const COPIES: [&str; 2] = ["state.copy.json", "state.json"];

/// Reads as [`DiskFile`] does, because it is one. Writes the same files in the same order, with a point at which the
/// process can be killed between two steps; and without a sync, because the process dies here and not the machine.
pub struct TornFile {
    around: Arc<Surroundings>,
    process: Process,
    points: Points,
    file: DiskFile,
}

impl TornFile {
    pub fn new(around: Arc<Surroundings>, process: Process, points: Points) -> Self {
        let file = DiskFile::in_folder(around.folder()).unwrap();
        Self {
            around,
            process,
            points,
            file,
        }
    }
}

/// What a process that was killed inside a write leaves behind.
fn temporary(folder: &Path) -> PathBuf {
    folder.join(".tmpAbCdEf")
}

fn write(folder: &Path, content: &[u8], lives: impl Fn(&str) -> bool) -> io::Result<()> {
    for name in COPIES {
        let new = temporary(folder);
        fs::write(&new, &content[..content.len() / 2])?;
        if !lives(&format!("half of {name} is written, beside the old one")) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        fs::write(&new, content)?;
        fs::rename(&new, folder.join(name))?;
        if !lives(&format!("{name} is replaced")) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
    }
    Ok(())
}

impl StateFile for TornFile {
    fn read(&self) -> io::Result<Vec<Vec<u8>>> {
        self.file.read()
    }

    fn write(&self, content: &[u8]) -> io::Result<()> {
        if !self.points.at(&self.process, "before the saved state is written") {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if self.around.injected == Some(InjectedFault::DiskTakesNothing) {
            self.around.on_saved_state_written(content);
            return Ok(());
        }
        write(self.around.folder(), content, |moment| {
            // The next start reads `state.json`, so its content counts from this moment on, whoever dies.
            if moment == "state.json is replaced" {
                self.around.on_saved_state_written(content);
            }
            self.points.at(&self.process, moment)
        })
    }

    fn keep_damaged(&self) {
        self.file.keep_damaged();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                (
                    entry.file_name().to_string_lossy().into_owned(),
                    fs::read(entry.path()).unwrap(),
                )
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn a_write_that_nobody_kills_leaves_what_the_apps_own_write_leaves() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let real = DiskFile::in_folder(theirs.path()).unwrap();
        for content in [&b"{\"first\":1}"[..], b"{\"second\":2}"] {
            write(ours.path(), content, |_| true).unwrap();
            real.write(content).unwrap();
            assert_eq!(files(ours.path()), files(theirs.path()));
        }
    }

    #[test]
    fn a_killed_write_leaves_the_old_or_the_new_content_for_the_next_start() {
        let moments = std::cell::RefCell::new(vec![]);
        let all = tempfile::tempdir().unwrap();
        write(all.path(), b"{}", |moment| {
            moments.borrow_mut().push(moment.to_owned());
            true
        })
        .unwrap();
        let moments = moments.into_inner();
        assert_eq!(moments.len(), 4);
        for killed_at in moments {
            let folder = tempfile::tempdir().unwrap();
            let file = DiskFile::in_folder(folder.path()).unwrap();
            file.write(b"{\"old\":1}").unwrap();
            let killed = write(folder.path(), b"{\"new\":2}", |moment| moment != killed_at);
            assert!(killed.is_err(), "{killed_at}");
            for copy in file.read().unwrap() {
                assert!([&b"{\"old\":1}"[..], b"{\"new\":2}"].contains(&&*copy), "{killed_at}");
            }
        }
    }
}
