//! The long runs of the session and of the app: simulated days, kills, a failing network.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::paths::target;
use crate::setup::prepare;
use crate::steps::Step;
use crate::tools::TOXIPROXY;

/// 400 simulated days of one tablet for each of `seeds` seeds, counted from `from`.
pub fn simulation(sh: &Shell, seeds: u64, from: u64) -> Vec<Step<'_>> {
    vec![
        Step::command(
            "Build the simulation",
            cmd!(
                sh,
                "cargo build --locked --profile simulation --package simulation --bin konnect-simulation"
            ),
        ),
        Step::function("Simulate", move || {
            let (program, seeds, from) = (
                target().join("simulation/konnect-simulation"),
                seeds.to_string(),
                from.to_string(),
            );
            Ok(cmd!(sh, "{program} --seeds {seeds} --from {from}").quiet().run()?)
        }),
    ]
}

/// The app killed at each point of its stories, and `twice` times for each story again after its restart; then the crash
/// matrix of a refresh, and `runs` kills at random moments.
pub fn crash(sh: &Shell, runs: u64, twice: u64) -> Vec<Step<'_>> {
    vec![
        Step::command(
            "Build the processes to kill",
            cmd!(sh, "cargo build --locked --package simulation --bins"),
        ),
        Step::function("Kill them", move || {
            let (program, runs, twice) = (
                target().join("debug/konnect-crash"),
                runs.to_string(),
                twice.to_string(),
            );
            Ok(cmd!(sh, "{program} --runs {runs} --twice {twice}").quiet().run()?)
        }),
    ]
}

/// The real app for some minutes on a network that keeps failing, with freezes of `longest_freeze` seconds at most.
pub fn soak(sh: &Shell, minutes: u64, seed: u64, longest_freeze: Option<u64>, yes: bool) -> Result<Vec<Step<'_>>> {
    let mut steps = prepare(sh, yes, true);
    let toxiproxy = TOXIPROXY.path()?;
    steps.push(TOXIPROXY.install()?);
    steps.push(Step::function("Use the app", move || {
        let (program, minutes, seed) = (
            target().join("debug/konnect-soak"),
            minutes.to_string(),
            seed.to_string(),
        );
        let longest_freeze = longest_freeze.map(|seconds| format!("--longest-freeze={seconds}"));
        // Whatever ends this process also ends what it started.
        let cmd = cmd!(
            sh,
            "setpriv --pdeathsig TERM -- {program} --minutes {minutes} --seed {seed} {longest_freeze...} --toxiproxy {toxiproxy}"
        );
        Ok(cmd.quiet().run()?)
    }));
    Ok(steps)
}
