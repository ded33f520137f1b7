//! The hosted workflows: pinned, and held to what zizmor knows.

use std::fs;
use std::process::Command;

use super::Ground;
use crate::checks::tool;
use crate::run::{Outcome, Steps};

/// Pinned, so that a new release does not break the gate of an old commit.
const ZIZMOR: &str = "1.32.0";
const ACTIONLINT: &str = "1.7.9";

const NAMES: [&str; 4] = ["android.yml", "ci.yml", "ios.yml", "release.yml"];

/// How many steps [`audited`] takes.
pub const STEPS: u32 = 4;

/// Each action by the hash of a commit: a tag can be moved. And each workflow says that it has not been run from here.
pub fn pinned(ground: &Ground) -> Outcome<Vec<String>> {
    let mut faults = Vec::new();
    for name in NAMES {
        let text = fs::read_to_string(ground.root.join(".github/workflows").join(name))?;
        if !text.starts_with('#') || !text.contains("docs/device-checks.md") {
            faults.push(format!(
                "{name}: its head must say that it has not been run, and point to docs/device-checks.md"
            ));
        }
        for used in text
            .lines()
            .filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: "))
            .filter(|used| !used.starts_with("./"))
        {
            let commit = used.split(['@', ' ']).nth(1).unwrap_or_default();
            if commit.len() != 40 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                faults.push(format!("{name}: {used} is not pinned by the hash of a commit"));
            }
        }
    }
    Ok(faults)
}

/// What is wrong to the letter, by actionlint, and what is unsafe, by zizmor.
pub fn audited(ground: &Ground, steps: &mut Steps) -> Outcome {
    let actionlint = tool("actionlint", steps, |folder| {
        let mut command = Command::new("go");
        let module = format!("github.com/rhysd/actionlint/cmd/actionlint@v{ACTIONLINT}");
        // Elsewhere than in the workspace, which is no module of Go's.
        command
            .current_dir("/")
            .args(["install", &module])
            .env("GOBIN", folder.join("bin"));
        command
    })?;
    // Without the checkers that it would find on some machines and not on others.
    let workflows = ground.root.join(".github/workflows");
    steps.quiet(
        "Check the workflows",
        Command::new(actionlint)
            .args(["-no-color", "-shellcheck=", "-pyflakes="])
            .args(NAMES.map(|name| workflows.join(name))),
    )?;
    let zizmor = tool("zizmor", steps, |folder| python("zizmor", ZIZMOR, folder))?;
    steps.quiet(
        "Audit the workflows",
        Command::new(zizmor)
            .args(["--offline", "--no-progress", "--persona", "regular"])
            .arg(workflows),
    )
}

fn python(package: &str, version: &str, folder: &std::path::Path) -> Command {
    let mut command = Command::new("python3");
    command
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            &format!("{package}=={version}"),
            "--target",
        ])
        .arg(folder);
    command
}
