//! The session under fire.

use std::process::Command;

use crate::run::{Outcome, Steps, cargo, inherit, target};

/// One tablet through 400 days, as often as there are seeds; `from` is the first, to see one that failed again.
pub fn days(seeds: u64, from: u64) -> Outcome {
    let mut steps = Steps::new(2);
    steps.quiet("Build the tablet", cargo().args(["build", "--locked", "--release", "--package", "chaos", "--bin", "konnect-chaos"]))?;
    steps.loud("Go through the days");
    inherit(Command::new(target().join("release/konnect-chaos")).args(["--seeds", &seeds.to_string(), "--from", &from.to_string()]))
}

/// The crash matrix, and so many kills at any moment.
pub fn crash(runs: u64) -> Outcome {
    let mut steps = Steps::new(2);
    steps.quiet("Build what is killed", cargo().args(["build", "--locked", "--package", "chaos", "--bins"]))?;
    steps.loud("Kill it");
    inherit(Command::new(target().join("debug/konnect-crash")).args(["--runs", &runs.to_string()]))
}
