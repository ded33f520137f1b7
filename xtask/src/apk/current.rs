//! Whether a part of the APK was made from exactly its present inputs, so that it need not be made again.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The inputs of one part, as they are now.
pub struct Inputs {
    record: PathBuf,
    hash: String,
}

impl Inputs {
    /// Reads every file that is, or is below, one of these paths. `text` is whatever else decides what is made, such as the
    /// version of a tool. `record` is where [`Inputs::record`] writes.
    pub fn read(record: PathBuf, paths: &[PathBuf], text: &str) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        for path in paths {
            hash(path, &mut hasher).with_context(|| path.display().to_string())?;
        }
        Ok(Self {
            record,
            hash: format!("{:016x}", hasher.finish()),
        })
    }

    /// The part was made from these inputs.
    pub fn are_current(&self) -> bool {
        fs::read_to_string(&self.record).is_ok_and(|recorded| recorded == self.hash)
    }

    /// Records that the part is made.
    pub fn record(&self) -> Result<()> {
        Ok(fs::write(&self.record, &self.hash)?)
    }
}

fn hash(path: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    if !path.is_dir() {
        (path, fs::read(path)?).hash(hasher);
        return Ok(());
    }
    let mut entries = fs::read_dir(path)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    entries.sort();
    entries.iter().try_for_each(|entry| hash(entry, hasher))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_current_until_a_file_a_name_or_the_text_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (record, inputs) = (folder.path().join("record"), folder.path().join("inputs"));
        fs::create_dir_all(inputs.join("a")).unwrap();
        fs::write(inputs.join("a/b"), "1").unwrap();
        let read = |text| Inputs::read(record.clone(), std::slice::from_ref(&inputs), text).unwrap();
        assert!(!read("v1").are_current());
        read("v1").record().unwrap();
        assert!(read("v1").are_current());
        assert!(!read("v2").are_current());
        fs::write(inputs.join("a/b"), "2").unwrap();
        assert!(!read("v1").are_current());
        fs::write(inputs.join("a/b"), "1").unwrap();
        fs::rename(inputs.join("a/b"), inputs.join("a/c")).unwrap();
        assert!(!read("v1").are_current());
    }
}
