//! The session under fire.

use std::process::Command;

use crate::checks::tool;
use crate::run::{Outcome, Steps, cargo, inherit, target};

/// The network with faults; pinned, so that it does what it did.
const TOXIPROXY: &str = "2.5.0";

/// One tablet through 400 days, as often as there are seeds; `from` is the first, to see one that failed again.
pub fn days(seeds: u64, from: u64) -> Outcome {
    let mut steps = Steps::new(2);
    steps.quiet(
        "Build the tablet",
        cargo().args([
            "build",
            "--locked",
            "--release",
            "--package",
            "simulation",
            "--bin",
            "konnect-simulation",
        ]),
    )?;
    steps.loud("Go through the days");
    inherit(Command::new(target().join("release/konnect-simulation")).args([
        "--seeds",
        &seeds.to_string(),
        "--from",
        &from.to_string(),
    ]))
}

/// The crash matrix, and so many kills at any moment.
pub fn crash(runs: u64) -> Outcome {
    let mut steps = Steps::new(2);
    steps.quiet(
        "Build what is killed",
        cargo().args(["build", "--locked", "--package", "simulation", "--bins"]),
    )?;
    steps.loud("Kill it");
    inherit(Command::new(target().join("debug/konnect-crash")).args(["--runs", &runs.to_string()]))
}

/// The real app for so many minutes on a network that fails all the time; the app is built by then.
pub fn soak(minutes: u64, seed: u64, steps: &mut Steps) -> Outcome {
    let toxiproxy = tool("toxiproxy", steps, |folder| {
        let mut command = Command::new("sh");
        // Go calls it by its folder.
        let script = format!(
            "go install github.com/Shopify/toxiproxy/v2/cmd/server@v{TOXIPROXY} && mv \"$GOBIN/server\" \"$GOBIN/toxiproxy\""
        );
        command
            .current_dir("/")
            .args(["-c", &script])
            .env("GOBIN", folder.join("bin"));
        command
    })?;
    steps.loud("Use it");
    // Whatever ends this ends what it started.
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "TERM", "--"])
        .arg(target().join("debug/konnect-soak"));
    inherit(
        command
            .args([
                "--minutes",
                &minutes.to_string(),
                "--seed",
                &seed.to_string(),
                "--toxiproxy",
            ])
            .arg(toxiproxy),
    )
}
