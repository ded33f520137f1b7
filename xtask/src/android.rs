//! The Android half on a JVM: its Kotlin on the real framework classes, with the real Rust behind it.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::run::{Outcome, Steps, cargo, root, target};

/// How many steps [`tests`] has.
pub const STEPS: u32 = 4;

/// Compiles tauri's Kotlin and ours without a warning, and runs the tests in `tests/android`.
pub fn tests(steps: &mut Steps) -> Outcome {
    steps.loud("Look for Maven and aapt2");
    for (tool, ask) in [("mvn", "-version"), ("aapt2", "version")] {
        let found = Command::new(tool).arg(ask).output().is_ok_and(|output| output.status.success());
        if !found {
            return Err(format!("{tool} is missing: apt-get install maven openjdk-17-jdk-headless aapt").into());
        }
    }
    steps.quiet("Build what answers the Kotlin", cargo().args(["build", "--package", "android-native", "--locked"]))?;
    let emitted = target().join("android/res");
    let emit = ["run", "--quiet", "--package", "android-native", "--example", "app-restrictions", "--locked", "--"];
    steps.quiet("Emit the restrictions", cargo().args(emit).arg(&emitted))?;
    let library = target().join("debug/libandroid_native.so");
    let mut maven = Command::new("mvn");
    maven.current_dir(root().join("tests/android")).args(["--batch-mode", "test"]);
    for (name, path) in [("tauri.sources", tauri()?), ("native", library), ("emitted", emitted)] {
        maven.arg(format!("-D{name}={}", path.display()));
    }
    steps.quiet("Compile the Kotlin and run its tests", &mut maven)
}

/// Where tauri's own Kotlin lies: in its crate.
fn tauri() -> Outcome<PathBuf> {
    let output = cargo().args(["metadata", "--format-version", "1", "--locked"]).output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages.filter(|package| package["name"] == "tauri").find_map(|package| package["manifest_path"].as_str());
    let manifest = PathBuf::from(manifest.ok_or("tauri is no dependency")?);
    Ok(manifest.with_file_name("mobile/android/src/main/java"))
}
