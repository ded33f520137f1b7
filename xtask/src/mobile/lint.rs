//! Clippy on the app's Rust, for each target: stands in for the compile step of Gradle's and Xcode's builds.

use xshell::{Shell, cmd};

use super::targets::TARGETS;
use crate::setup::{build_pages, node_packages};
use crate::steps::Step;

/// The app, and the packages below it that have code for tablets alone.
const PACKAGES: [&str; 5] = [
    "konnect-groep",
    "android-keystore",
    "session",
    "tauri-plugin-site-view",
    "tauri-plugin-device",
];

/// The pages are built first, because they are compiled into the app.
pub fn steps(sh: &Shell) -> Vec<Step<'_>> {
    let mut steps: Vec<_> = node_packages(sh).into();
    steps.push(build_pages(sh));
    let names = TARGETS.map(|target| target.name);
    steps.push(Step::command(
        "Install the targets",
        cmd!(sh, "rustup target add {names...}"),
    ));
    let packages: Vec<_> = PACKAGES.iter().flat_map(|package| ["--package", package]).collect();
    for target in &TARGETS {
        let (name, packages) = (target.name, &packages);
        // Libraries only: tests and examples run on the machine that builds.
        let cmd = cmd!(
            sh,
            "cargo clippy --locked --lib --target {name} {packages...} -- -D warnings"
        );
        steps.push(Step::command(format!("Lint for {name}"), target.environment(cmd)));
    }
    steps
}
