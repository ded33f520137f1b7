//! Stamp files: they say that something slow has passed on exactly these sources, so that it need not run again.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::paths::{root, target};

/// The stamp of one task for the sources as they are.
pub struct Stamp(PathBuf);

impl Stamp {
    /// Hashes every file that git tracks or would track below `folders`; without folders, in the whole workspace.
    pub fn of(sh: &Shell, task: &str, folders: &[&str]) -> Result<Self> {
        let listed = cmd!(
            sh,
            "git ls-files -z --cached --others --exclude-standard -- {folders...}"
        )
        .output()?;
        let mut hasher = DefaultHasher::new();
        for file in listed.stdout.split(|byte| *byte == 0).filter(|file| !file.is_empty()) {
            (file, fs::read(root().join(String::from_utf8_lossy(file).as_ref())).ok()).hash(&mut hasher);
        }
        Ok(Self(folder().join(format!("{task}-{:016x}", hasher.finish()))))
    }

    /// Removes every stamp of a task, whatever its sources were.
    pub fn remove_all(task: &str) -> Result<()> {
        for file in fs::read_dir(folder())?.flatten() {
            if file.file_name().to_string_lossy().starts_with(&format!("{task}-")) {
                fs::remove_file(file.path())?;
            }
        }
        Ok(())
    }

    /// The task has passed on these sources.
    pub fn exists(&self) -> bool {
        self.0.exists()
    }

    /// Records that the task has passed.
    pub fn write(&self) -> Result<()> {
        fs::create_dir_all(folder())?;
        Ok(fs::write(&self.0, "")?)
    }
}

fn folder() -> PathBuf {
    target().join("xtask")
}
