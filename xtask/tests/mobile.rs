//! The lints of the tablets' own code see that code: an error planted behind each target's `cfg` fails them.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::Planted;

/// A lint that only a target's own code can break, in a file that only this target compiles.
const PLANTED: [(&str, &str); 3] = [
    ("aarch64-linux-android", "plugins/device/src/android/roots.rs"),
    ("armv7-linux-androideabi", "plugins/device/src/android/roots.rs"),
    ("aarch64-apple-ios", "plugins/device/src/apple/managed.rs"),
];

#[test]
#[ignore = "lints the app for three targets, a minute each; it writes to the sources, so nothing else may build meanwhile"]
fn an_error_behind_the_cfg_of_each_target_fails_the_lints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (target, file) in PLANTED {
        let file = root.join(file);
        let before = fs::read_to_string(&file).unwrap();
        let planted = Planted::new(
            &file,
            &before,
            &format!(
                "{before}\n#[cfg(target_arch = \"{}\")]\nfn planted() {{}}\n",
                arch(target)
            ),
        );
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .current_dir(root)
            .args(["mobile", "lint"])
            .output()
            .unwrap();
        drop(planted);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{target}: {said}");
        assert!(said.contains("`planted` is never used"), "{target}: {said}");
    }
}

fn arch(target: &str) -> &str {
    match target.split_once('-') {
        Some(("armv7", _)) => "arm",
        Some((arch, _)) => arch,
        None => target,
    }
}
