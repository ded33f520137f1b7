//! One tablet through 400 days, as often as there are seeds.

use crate::run::{Outcome, Steps, cargo, inherit, target};

/// Runs so many seeds; `from` is the first, to see one that failed again.
pub fn chaos(seeds: u64, from: u64) -> Outcome {
    let mut steps = Steps::new(2);
    steps.quiet("Build the tablet", cargo().args(["build", "--locked", "--release", "--package", "chaos", "--bin", "konnect-chaos"]))?;
    steps.loud("Go through the days");
    let program = target().join("release/konnect-chaos");
    inherit(std::process::Command::new(program).args(["--seeds", &seeds.to_string(), "--from", &from.to_string()]))
}
