//! Faults that a test injects into the sources themselves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file with other text in it, until this is dropped: the file gets its text back however the test ends.
pub struct InjectedFault<'a> {
    file: &'a Path,
    before: &'a str,
}

impl<'a> InjectedFault<'a> {
    /// Writes `text` to a file that holds `before`.
    pub fn new(file: &'a Path, before: &'a str, text: &str) -> Self {
        fs::write(file, text).unwrap();
        Self { file, before }
    }
}

impl Drop for InjectedFault<'_> {
    fn drop(&mut self) {
        let _ = fs::write(self.file, self.before);
    }
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Runs one part of `cargo xtask mobile`. Returns whether it passed, and its output.
pub fn mobile(part: &str) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .current_dir(root())
        .args(["mobile", part])
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}
