//! The lints for each target see the code of that target: an error injected behind its `cfg` fails them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{InjectedFault, mobile, root};

/// For each target, a file that only this target's system compiles.
const FILES: [(&str, &str); 3] = [
    ("aarch64-linux-android", "plugins/device/src/android/roots.rs"),
    ("armv7-linux-androideabi", "plugins/device/src/android/roots.rs"),
    ("aarch64-apple-ios", "plugins/device/src/apple/managed_config.rs"),
];

#[test]
#[ignore = "lints the app for three targets, a minute each; it writes to the sources, so nothing else may build meanwhile"]
fn an_error_behind_the_cfg_of_each_target_fails_the_lints() {
    for (target, file) in FILES {
        let file = root().join(file);
        let before = fs::read_to_string(&file).unwrap();
        let unused = format!(
            "{before}\n#[cfg(target_arch = \"{}\")]\nfn injected() {{}}\n",
            architecture(target)
        );
        let fault = InjectedFault::new(&file, &before, &unused);
        let (passed, output) = mobile("lint");
        drop(fault);
        assert!(!passed, "{target}: {output}");
        assert!(output.contains("`injected` is never used"), "{target}: {output}");
    }
}

/// What `cfg(target_arch)` calls the target's processor.
fn architecture(target: &str) -> &str {
    match target.split_once('-') {
        Some(("armv7", _)) => "arm",
        Some((architecture, _)) => architecture,
        None => target,
    }
}
