//! What is checked without running the app: formatting, lints, licences, spelling.

use std::path::PathBuf;
use std::process::Command;

use crate::run::{Outcome, Steps, cargo, root};

/// Pinned, so that a new release does not break the gate of an old commit.
const DENY: &str = "0.20.2";
const TYPOS: &str = "1.52.0";

/// The formatting: the quickest check comes first.
pub fn formatting(steps: &mut Steps) -> Outcome {
    steps.quiet("Check the formatting", cargo().args(["fmt", "--all", "--check"]))
}

/// The rest. Dependencies' advisories are not looked up: their database is on the network.
pub fn lints(steps: &mut Steps) -> Outcome {
    steps.quiet(
        "Lint",
        cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    let deny = tool("cargo-deny", steps, |folder| {
        let mut command = cargo();
        // Elsewhere than in the workspace, whose settings are not the tool's.
        command
            .current_dir("/")
            .args(["install", "--locked", "--version", DENY, "cargo-deny", "--root"])
            .arg(folder);
        command
    })?;
    steps.quiet(
        "Check bans, licences and sources",
        Command::new(deny)
            .current_dir(root())
            .args(["--locked", "check", "bans", "licenses", "sources"]),
    )?;
    let typos = tool("typos", steps, |folder| {
        let mut command = Command::new("python3");
        command
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                &format!("typos=={TYPOS}"),
                "--target",
            ])
            .arg(folder);
        command
    })?;
    steps.quiet("Check the spelling", Command::new(typos).current_dir(root()))
}

/// A tool in the user's cache, installed where it is missing.
pub fn tool(name: &str, steps: &mut Steps, install: impl FnOnce(&PathBuf) -> Command) -> Outcome<PathBuf> {
    let folder = cache()?.join("tools").join(name);
    let program = folder.join("bin").join(name);
    if program.exists() {
        steps.nothing(&format!("Install {name}"));
    } else {
        steps.quiet(&format!("Install {name}"), &mut install(&folder))?;
    }
    Ok(program)
}

/// Where this project keeps what it fetches for itself.
pub fn cache() -> Outcome<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    Ok(cache
        .ok_or("neither XDG_CACHE_HOME nor HOME is set")?
        .join("konnect-groep"))
}
