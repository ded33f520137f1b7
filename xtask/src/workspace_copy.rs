//! For tests: a copy of the files that the checks read, with one injected fault.

use std::fs;

use anyhow::Result;
use tempfile::TempDir;
use xshell::{Shell, cmd};

use crate::paths::{Paths, root};

/// A check that answers with what is wrong, one sentence each.
pub type Check = fn(&Paths) -> Result<Vec<String>>;

/// A copy of what the checks read. It is removed with the folder.
pub fn copy() -> (TempDir, Paths) {
    let sh = Shell::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let paths = Paths {
        root: folder.path().join("copy"),
        work: folder.path().join("work"),
    };
    fs::create_dir(&paths.root).unwrap();
    for name in [
        "Cargo.toml",
        "environments.toml",
        "icons",
        "src-tauri",
        ".github",
        "docs",
        "plugins",
    ] {
        let (from, to) = (root().join(name), &paths.root);
        cmd!(sh, "cp -r -- {from} {to}").quiet().run().unwrap();
    }
    fs::create_dir(paths.root.join("ui")).unwrap();
    fs::copy(root().join("ui/package.json"), paths.root.join("ui/package.json")).unwrap();
    (folder, paths)
}

/// Replaces the first `from` in a file, which must be there.
pub fn inject(paths: &Paths, file: &str, from: &str, to: &str) {
    let path = paths.root.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Asserts that the check passes on the files as they are, and that it names the injected fault.
pub fn refuses(check: Check, file: &str, from: &str, to: &str, says: &str) {
    let (_folder, paths) = copy();
    assert_eq!(check(&paths).unwrap(), Vec::<String>::new());
    inject(&paths, file, from, to);
    let problems = check(&paths).unwrap().join("\n");
    assert!(problems.contains(says), "{problems:?} does not say {says}");
}
