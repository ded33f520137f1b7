//! `cargo xtask`: every way of working on Konnect Groep, in one place.

mod checks;
mod fuzz;
mod kotlin;
mod link;
mod mobile;
mod mutants;
mod platform;
mod run;
mod scenarios;
mod setup;
mod simulation;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use run::{Outcome, Passed, Steps, cargo, npm, stand_ins, target, ui};

/// Every way of working on Konnect Groep.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Install what is missing without asking.
    #[arg(long, global = true)]
    yes: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Shows the app: builds it, starts the stand-ins for identity server and Konnect, and opens it.
    Demo {
        /// Walks the main job by itself and writes pictures and a report to `target/demo`; so it does without a display.
        #[arg(long)]
        walk: bool,
    },
    /// Runs everything that can be tested here.
    Test,
    /// Runs the scenarios S1 to S18 in the real app and prints their table.
    Scenarios {
        /// Only those whose test has this in its name, such as `s07`.
        only: Option<String>,
    },
    /// Damages what strangers write in every way, and looks for a crash or a hang.
    Fuzz {
        /// So many executions, over all targets.
        #[arg(long, default_value_t = 1_000_000)]
        runs: u64,
        /// So many minutes instead, over all targets.
        #[arg(long, conflicts_with = "runs")]
        minutes: Option<u64>,
        /// Only targets with this in their package or name.
        only: Option<String>,
    },
    /// Kills real processes at every step of a refresh, and looks who is signed in afterwards.
    Crash {
        /// So many kills at any moment, after those at every step.
        #[arg(long, default_value_t = 100)]
        runs: u64,
    },
    /// One tablet through 400 days of use, outages, summers and wrong clocks, as often as there are seeds.
    Simulation {
        /// How many.
        #[arg(long, default_value_t = 1_000)]
        seeds: u64,
        /// The first; a seed that failed replays exactly.
        #[arg(long, default_value_t = 0)]
        from: u64,
    },
    /// Uses the real app for minutes on end on a network that fails all the time: is the group view back in time, is
    /// anybody signed out, does the app grow?
    Soak {
        /// For so long.
        #[arg(long, default_value_t = 10)]
        minutes: u64,
        /// The order of the faults.
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// Changes what decides in one place at a time, and looks whether some test notices.
    Mutants {
        /// Only this package: `app-state`, `settings` or `session`.
        package: Option<String>,
    },
    /// Checks what only the tablets run, with the real compilers and without an SDK.
    Mobile {
        /// Only this part.
        #[arg(value_enum)]
        part: Option<mobile::Part>,
        /// Writes what is generated from the settings' table and `environments.toml`, and checks nothing.
        #[arg(long, conflicts_with = "part")]
        write: bool,
    },
    /// The whole gate: formatting, lints, licences, spelling, and every test.
    Ci,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match &cli.command {
        Command::Demo { walk } => demo(*walk, cli.yes),
        Command::Test => test(cli.yes),
        Command::Scenarios { only } => only_scenarios(only.as_deref(), cli.yes),
        Command::Fuzz { runs, minutes, only } => fuzz::fuzz(*runs, *minutes, only.as_deref()),
        Command::Crash { runs } => simulation::crash(*runs),
        Command::Simulation { seeds, from } => simulation::days(*seeds, *from),
        Command::Soak { minutes, seed } => soak(*minutes, *seed, cli.yes),
        Command::Mutants { package } => mutants::mutants(package.as_deref()),
        Command::Mobile { write: true, .. } => platform::write(),
        Command::Mobile { part, .. } => mobile::mobile(*part, cli.yes),
        Command::Ci => ci(cli.yes),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error}");
            ExitCode::FAILURE
        }
    }
}

fn demo(walk: bool, yes: bool) -> Outcome {
    let mut steps = Steps::new(6);
    prepare(&mut steps, yes, false)?;
    steps.loud(if walk { "Walk the main job" } else { "Open the app" });
    // Whatever ends this ends the demo, which ends what it started.
    let mut command = std::process::Command::new("setpriv");
    command
        .args(["--pdeathsig", "TERM", "--"])
        .arg(target().join("debug/konnect-demo"));
    if walk {
        command.arg("--walk");
    }
    run::inherit(&mut command)
}

/// What every run of the real app needs: system packages, Node packages, pages, binaries. Tests use more of some packages
/// than the app does: with `tests`, everything is built for both at once instead of twice.
fn prepare(steps: &mut Steps, yes: bool, tests: bool) -> Outcome {
    setup::system_packages(steps, yes)?;
    setup::node_packages("Install Node packages of the stand-ins", &stand_ins(), steps)?;
    setup::node_packages("Install Node packages of the pages", &ui(), steps)?;
    setup::build_pages(steps)?;
    steps.quiet(
        "Build the app",
        cargo()
            .args(["build", "--workspace", "--locked"])
            .args(tests.then_some("--all-targets")),
    )
}

fn test(yes: bool) -> Outcome {
    let mut steps = Steps::new(8);
    prepare(&mut steps, yes, true)?;
    tests(&mut steps, yes)
}

fn tests(steps: &mut Steps, yes: bool) -> Outcome {
    let (what, passed) = (
        "Test the pages and the stand-ins",
        Passed::of("pages", &["ui", "locales", "tests/fake-konnect"])?,
    );
    if passed.already() {
        steps.nothing(what);
    } else {
        steps.loud(what);
        run::inherit(npm(&ui()).args(["run", "check"]))?;
        run::inherit(npm(&ui()).args(["test"]))?;
        run::inherit(npm(&stand_ins()).args(["test"]))?;
        passed.note()?;
    }
    steps.loud("Test everything in Rust, and the scenarios in the real app");
    scenarios::forget()?;
    let outcome = run::inherit(run::cargo_test().args(["--workspace", "--locked", "--no-fail-fast"]));
    scenarios::table()?;
    outcome?;
    mobile::tested(steps, yes)
}

fn only_scenarios(only: Option<&str>, yes: bool) -> Outcome {
    let mut steps = Steps::new(6);
    prepare(&mut steps, yes, true)?;
    steps.loud("Run the scenarios in the real app");
    scenarios::forget()?;
    let all = only.is_none().then_some(["scenarios::", "managed::"]);
    let outcome = run::inherit(
        run::cargo_test()
            .args(["--workspace", "--locked", "--test", "app", "--"])
            .args(all.into_iter().flatten())
            .args(only),
    );
    scenarios::table()?;
    outcome
}

fn soak(minutes: u64, seed: u64, yes: bool) -> Outcome {
    let mut steps = Steps::new(7);
    prepare(&mut steps, yes, true)?;
    simulation::soak(minutes, seed, &mut steps)
}

fn ci(yes: bool) -> Outcome {
    let mut steps = Steps::new(14);
    checks::formatting(&mut steps)?;
    prepare(&mut steps, yes, true)?;
    checks::lints(&mut steps)?;
    tests(&mut steps, yes)
}
