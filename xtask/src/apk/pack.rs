//! Puts the parts into one archive, so that Android can map what is stored from where it lies.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::Build;
use super::shrink::{shrunk, shrunk_resources};
use crate::mobile::android_library::{LIBRARY_NAME, PAGE};

/// One file of an archive.
#[derive(Clone)]
pub struct Entry {
    /// The path in the archive.
    pub name: String,
    /// The file itself.
    pub content: Vec<u8>,
    /// Whether it lies there as it is. Otherwise it is compressed.
    pub stored: bool,
    /// Where it starts in the archive that it was read from, in bytes.
    pub start: u64,
}

impl Entry {
    fn new(name: impl Into<String>, content: Vec<u8>, stored: bool) -> Self {
        Self {
            name: name.into(),
            content,
            stored,
            start: 0,
        }
    }

    /// What Android, or Google Play, requires of where the entry starts, in bytes. A library is mapped into memory, page by
    /// page.
    pub fn alignment(&self) -> u16 {
        if is_library(&self.name) {
            u16::try_from(PAGE).unwrap_or(u16::MAX)
        } else {
            4
        }
    }
}

/// Whether an entry of this name is a native library.
pub fn is_library(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end == "so")
}

/// Reads an archive.
pub fn read(archive: &[u8]) -> Result<Vec<Entry>> {
    let mut archive = ZipArchive::new(Cursor::new(archive))?;
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        entries.push(Entry {
            name: file.name()?.into_owned(),
            content,
            stored: file.compression() == CompressionMethod::Stored,
            start: file.data_start().context("an entry without a start")?,
        });
    }
    Ok(entries)
}

/// Writes an archive, with each stored entry where [`Entry::alignment`] wants it. The signer does not move entries.
pub fn write(entries: &[Entry]) -> Result<Vec<u8>> {
    write_aligned(entries, Entry::alignment)
}

/// Writes an archive in which each stored entry starts at a multiple of what `alignment` says.
pub fn write_aligned(entries: &[Entry], alignment: fn(&Entry) -> u16) -> Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let options = SimpleFileOptions::default().last_modified_time(DateTime::default());
        let options = if entry.stored {
            options
                .compression_method(CompressionMethod::Stored)
                .with_android_alignment(alignment(entry))
        } else {
            options
                .compression_method(CompressionMethod::Deflated)
                .compression_level(Some(9))
        };
        archive.start_file(&entry.name, options)?;
        archive.write_all(&entry.content)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Everything that the APK holds, before it is signed.
pub fn unsigned(build: &Build) -> Result<Vec<u8>> {
    let mut entries = read(&fs::read(shrunk_resources(build))?)?;
    for entry in &mut entries {
        // Since Android 11 an app is not installed if these are compressed.
        entry.stored |= entry.name == "resources.arsc";
    }
    let out = shrunk(build);
    files_below(&out, &out, &mut entries)?;
    entries.push(Entry::new("assets/tauri.conf.json", tauri_config(build)?, false));
    entries.push(Entry::new(
        format!("lib/{}/lib{LIBRARY_NAME}.so", build.abi.name()),
        fs::read(build.own("library.so"))?,
        true,
    ));
    // The manifest comes first, because that is where readers of streams look for it.
    entries.sort_by_key(|entry| (entry.name != "AndroidManifest.xml", entry.name.clone()));
    write(&entries)
}

/// What R8 wrote: the classes, and what the libraries' own code may ask for of what else lay in their jars.
fn files_below(folder: &Path, root: &Path, entries: &mut Vec<Entry>) -> Result<()> {
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.is_dir() {
            files_below(&path, root, entries)?;
            continue;
        }
        let name = path.strip_prefix(root)?.display().to_string();
        if is_wanted(&name) {
            entries.push(Entry::new(name, fs::read(&path)?, false));
        }
    }
    Ok(())
}

fn is_wanted(name: &str) -> bool {
    let ends = |end: &str| Path::new(name).extension().is_some_and(|found| found == end);
    ends("dex")
        || name.starts_with("kotlin/")
        || name.starts_with("META-INF/services/")
        || (name.starts_with("META-INF/") && ends("version"))
        || name == "DebugProbesKt.bin"
}

/// The configuration of the app for Android: the general one with the differences of Android in it.
fn tauri_config(build: &Build) -> Result<Vec<u8>> {
    let file = |name| -> Result<Value> { Ok(serde_json::from_slice(&fs::read(build.paths.src_tauri().join(name))?)?) };
    let mut config = file("tauri.conf.json")?;
    merge(&mut config, file("tauri.android.conf.json")?);
    Ok(serde_json::to_vec(&config)?)
}

/// Applies a JSON merge patch (RFC 7396), as Tauri joins its configuration files.
fn merge(value: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *value = patch;
        return;
    };
    if !value.is_object() {
        *value = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(members) = value {
        for (name, part) in patch {
            if part.is_null() {
                members.remove(&name);
            } else {
                merge(members.entry(name).or_insert(Value::Null), part);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_stored_starts_where_android_can_map_it_and_everything_comes_back() {
        let entries = vec![
            Entry::new("AndroidManifest.xml", b"manifest".to_vec(), false),
            Entry::new("lib/arm64-v8a/liba.so", vec![7; 30_000], true),
            Entry::new("resources.arsc", vec![1, 2, 3], true),
            Entry::new("lib/arm64-v8a/libb.so", vec![8; 5], true),
        ];
        let back = read(&write(&entries).unwrap()).unwrap();
        for (before, after) in entries.iter().zip(&back) {
            assert_eq!(
                (&before.name, &before.content, before.stored),
                (&after.name, &after.content, after.stored)
            );
            if after.stored {
                assert_eq!(after.start % u64::from(after.alignment()), 0, "{}", after.name);
            }
        }
        assert_eq!(back.len(), entries.len());
        assert_eq!(write(&entries).unwrap(), write(&entries).unwrap());
    }

    #[test]
    fn a_platforms_configuration_replaces_adds_and_removes() {
        let mut value = json!({"a": {"b": 1, "c": [1]}, "d": 2, "e": 3});
        merge(
            &mut value,
            json!({"a": {"b": {"f": 4}, "c": [2]}, "d": null, "g": {"h": null}}),
        );
        assert_eq!(value, json!({"a": {"b": {"f": 4}, "c": [2]}, "e": 3, "g": {}}));
    }
}
