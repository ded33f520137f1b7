//! The Android half on a JVM: its Kotlin on the real framework classes, with the real Rust behind it.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::platform;
use crate::run::{Outcome, Steps, cargo, root, target};

/// How many steps [`run`] takes.
pub const STEPS: u32 = platform::APP_STEPS + 2;

/// Compiles tauri's Kotlin and ours, ours without a warning, and runs the tests in `tests/android`.
pub fn run(steps: &mut Steps) -> Outcome {
    let (manifest, resources) = platform::android_app(steps)?;
    steps.quiet("Build what answers the Kotlin", cargo().args(["build", "--package", "android-native", "--locked"]))?;
    let library = target().join("debug/libandroid_native.so");
    let mut maven = Command::new("mvn");
    maven.current_dir(root().join("tests/android")).args(["--batch-mode", "test"]);
    for (name, path) in [("tauri.sources", tauri()?), ("native", library), ("manifest", manifest), ("resources", resources)] {
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
