//! Mutation testing: what decides is changed in one place at a time, and some test must notice.
//!
//! What is looked at stands in `.cargo/mutants.toml`.

use std::path::Path;
use std::process::Command;

use crate::checks::tool;
use crate::run::{Outcome, Steps, cargo, inherit, root, target};

/// Pinned: a newer one changes in more ways.
const MUTANTS: &str = "27.1.0";

/// Those of one package, or of all three that decide.
pub fn mutants(package: Option<&str>) -> Outcome {
    let (packages, total) = package.map_or_else(
        || (vec!["app-state", "settings", "session"], 4),
        |package| (vec![package], 2),
    );
    let mut steps = Steps::new(total);
    let program = tool("cargo-mutants", &mut steps, |folder| {
        let mut command = cargo();
        command
            .current_dir("/")
            .args(["install", "--locked", "--version", MUTANTS, "cargo-mutants", "--root"])
            .arg(folder);
        command
    })?;
    let results: Vec<_> = packages
        .iter()
        .map(|package| one(&program, package, &mut steps))
        .collect();
    results.into_iter().collect()
}

fn one(program: &Path, package: &str, steps: &mut Steps) -> Outcome {
    steps.loud(&format!("Change {package}"));
    let mut command = Command::new(program);
    let output = target().join("mutants").join(package);
    std::fs::create_dir_all(&output)?;
    command
        .current_dir(root())
        .args(["mutants", "--package", package, "--no-shuffle", "--output"])
        .arg(output);
    // A change that makes a loop endless is noticed, too.
    command.args(["--minimum-test-timeout", "60"]);
    if package == "session" {
        // Neither programs nor stand-ins are started for each change, and nobody waits for a silent server.
        command.args([
            "--cargo-arg=--lib",
            "--cargo-arg=--test=session",
            "--",
            "--",
            "--skip",
            "a_server_that_does_not_finish",
        ]);
    }
    inherit(&mut command)
}
