//! Real processes, killed at every step of a refresh.

use crate::run::{Outcome, Steps, cargo, inherit, target};

/// The crash matrix, and so many kills at any moment.
pub fn crash(runs: u64) -> Outcome {
    let mut steps = Steps::new(2);
    steps.quiet("Build what is killed", cargo().args(["build", "--locked", "--package", "chaos", "--bins"]))?;
    steps.loud("Kill it");
    inherit(std::process::Command::new(target().join("debug/konnect-crash")).args(["--runs", &runs.to_string()]))
}
