//! The hosted workflows: pinned, and held to what zizmor knows.

use std::fs;
use std::process::Command;

use super::Ground;
use crate::checks::tool;
use crate::run::{Outcome, Steps};

/// Pinned, so that a new release does not break the gate of an old commit.
const ZIZMOR: &str = "1.32.0";

/// Each action by the hash of a commit: a tag can be moved. And each workflow says that it has not been run from here.
pub fn pinned(ground: &Ground) -> Outcome<Vec<String>> {
    let mut faults = Vec::new();
    for name in ["android.yml", "ci.yml", "ios.yml", "release.yml"] {
        let text = fs::read_to_string(ground.root.join(".github/workflows").join(name))?;
        if !text.starts_with('#') || !text.contains("docs/device-checks.md") {
            faults.push(format!("{name}: its head must say that it has not been run, and point to docs/device-checks.md"));
        }
        for used in text.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: ")).filter(|used| !used.starts_with("./")) {
            let commit = used.split(['@', ' ']).nth(1).unwrap_or_default();
            if commit.len() != 40 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                faults.push(format!("{name}: {used} is not pinned by the hash of a commit"));
            }
        }
    }
    Ok(faults)
}

/// The audit, by zizmor.
pub fn audited(ground: &Ground, steps: &mut Steps) -> Outcome {
    let zizmor = tool("zizmor", steps, |folder| python("zizmor", ZIZMOR, folder))?;
    let workflows = ground.root.join(".github/workflows");
    steps.quiet("Audit the workflows", Command::new(zizmor).args(["--offline", "--no-progress", "--persona", "regular"]).arg(workflows))
}

fn python(package: &str, version: &str, folder: &std::path::Path) -> Command {
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &format!("{package}=={version}"), "--target"]).arg(folder);
    command
}
