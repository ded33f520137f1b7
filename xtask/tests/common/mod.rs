//! Faults that are planted in the sources themselves.

use std::fs;
use std::path::Path;

/// A file with something else in it, until this is dropped: however the test ends.
pub struct Planted<'a>(&'a Path, &'a str);

impl<'a> Planted<'a> {
    /// Writes `text` where `before` stands.
    pub fn new(file: &'a Path, before: &'a str, text: &str) -> Self {
        fs::write(file, text).unwrap();
        Self(file, before)
    }
}

impl Drop for Planted<'_> {
    fn drop(&mut self) {
        let _ = fs::write(self.0, self.1);
    }
}
