//! `cargo xtask`: the commands that developers and CI run, in one place.

mod apk;
mod checks;
mod fuzz;
mod mobile;
mod mutants;
mod paths;
mod scenarios;
mod setup;
mod simulation;
mod stamp;
mod steps;
mod tools;
mod workflows;
#[cfg(test)]
mod workspace_copy;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use xshell::{Cmd, Shell, cmd};

use paths::{Paths, fake_konnect, root, target, ui};
use setup::{npm, prepare};
use stamp::Stamp;
use steps::Step;

/// Everything that is done with the code of Konnect Groep: show it, test it, check it.
///
/// New here? `cargo xtask demo` shows the app, `cargo xtask test` runs every test, and `cargo xtask ci` is the whole gate
/// that a pull request must pass. The other commands run a part of these, or search longer.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Install missing system packages without asking.
    #[arg(long, global = true)]
    yes: bool,
}

#[derive(Subcommand)]
enum Command {
    /// First look: build the app, start a fake identity provider and Konnect, open the app.
    Demo {
        /// Do the main job without a person, and write pictures and a report to `target/demo`. Implied without a display.
        #[arg(long)]
        walk: bool,
    },
    /// Before each commit: run every test, with the scenarios in the real app and `mobile`.
    Test,
    /// Before each pull request: the whole gate, which is all formatters, linters and tests.
    Ci,
    /// After a change on the screens: run the scenarios in the real app, print their table.
    Scenarios {
        /// Only the tests with this in their name, such as `s07`.
        only: Option<String>,
    },
    /// After a change for tablets: check it with the real compilers, without SDK or Mac.
    Mobile {
        /// Only this part.
        #[arg(value_enum)]
        part: Option<mobile::Part>,
        /// Check nothing. Write the files that are generated from the settings' schema and from `environments.toml`.
        #[arg(long, conflicts_with = "part")]
        write: bool,
    },
    /// To try the app on a tablet: build, sign and check an APK, without SDK, NDK or Gradle.
    Apk {
        /// The processor: `arm64-v8a` for tablets, `x86_64` for emulators on a PC.
        #[arg(long, value_enum, default_value = "arm64-v8a")]
        abi: apk::Abi,
    },
    /// After a change of the session: simulate 400 days of a tablet, for each of many seeds.
    #[command(alias = "chaos")]
    Simulation {
        /// How many seeds.
        #[arg(long, default_value_t = 1_000)]
        seeds: u64,
        /// The first seed. A seed that failed replays exactly.
        #[arg(long, default_value_t = 0)]
        from: u64,
    },
    /// After a change of the app: kill it at each of its effects; is anybody signed out?
    Crash {
        /// How many kills of a refresh at random moments follow those at each step.
        #[arg(long, default_value_t = 100)]
        runs: u64,
        /// How many runs of each story kill the app again soon after its restart.
        #[arg(long, default_value_t = 50)]
        twice: u64,
    },
    /// After a change of a parser: feed it damaged input, look for a crash or a hang.
    Fuzz {
        /// How many executions, over all targets.
        #[arg(long, default_value_t = 1_000_000)]
        runs: u64,
        /// How many minutes instead, over all targets.
        #[arg(long, conflicts_with = "runs")]
        minutes: Option<u64>,
        /// Only the targets with this in their package or name.
        only: Option<String>,
    },
    /// After a change of a decision: change it in one place at a time; does a test notice?
    Mutants {
        /// Only this package.
        #[arg(value_enum)]
        package: Option<mutants::Package>,
        /// Leave out what a test noticed in an earlier run.
        #[arg(long)]
        resume: bool,
    },
    /// Before a release: use the real app on a failing network, measure how it recovers.
    Soak {
        /// How many minutes.
        #[arg(long, default_value_t = 10)]
        minutes: u64,
        /// Decides the order of the failures.
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// The longest time for which processes stand still, in seconds. If absent, it grows with the minutes.
        #[arg(long)]
        longest_freeze: Option<u64>,
    },
    /// Each week, in a hosted workflow: look up known vulnerabilities of the dependencies.
    Advisories,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    let sh = Shell::new()?;
    sh.change_dir(root());
    let (sh, yes) = (&sh, cli.yes);
    match &cli.command {
        Command::Demo { walk } => steps::run(demo(sh, *walk, yes)),
        Command::Test => steps::run([prepare(sh, yes, true), tests(sh, yes)].into_iter().flatten().collect()),
        Command::Ci => ci(sh, yes),
        Command::Scenarios { only } => steps::run(scenarios(sh, only.as_deref(), yes)),
        Command::Mobile { write: true, .. } => mobile::write(),
        Command::Mobile { part, .. } => mobile::check(sh, *part, yes),
        Command::Apk { abi } => apk::apk(sh, *abi, yes),
        Command::Simulation { seeds, from } => steps::run(simulation::simulation(sh, *seeds, *from)),
        Command::Crash { runs, twice } => steps::run(simulation::crash(sh, *runs, *twice)),
        Command::Fuzz { runs, minutes, only } => fuzz::fuzz(sh, *runs, *minutes, only.as_deref()),
        Command::Mutants { package, resume } => mutants::mutants(sh, *package, *resume),
        Command::Soak {
            minutes,
            seed,
            longest_freeze,
        } => steps::run(simulation::soak(sh, *minutes, *seed, *longest_freeze, yes)?),
        Command::Advisories => steps::run(checks::advisories(sh)?),
    }
}

fn demo(sh: &Shell, walk: bool, yes: bool) -> Vec<Step<'_>> {
    let mut steps = prepare(sh, yes, false);
    let title = if walk { "Walk the main job" } else { "Open the app" };
    steps.push(Step::function(title, move || {
        let (program, walk) = (target().join("debug/konnect-demo"), walk.then_some("--walk"));
        // Whatever ends this process also ends the demo, and the demo ends what it started.
        Ok(cmd!(sh, "setpriv --pdeathsig TERM -- {program} {walk...}")
            .quiet()
            .run()?)
    }));
    steps
}

/// Everything that [`prepare`] has built for, tested.
fn tests(sh: &Shell, yes: bool) -> Vec<Step<'_>> {
    let pages = || Stamp::of(sh, "pages", &["ui", "locales", "tests/fake-konnect"]);
    let mobile = || Stamp::of(sh, mobile::STAMP, &[]);
    vec![
        Step::function("Test the pages and the fake Konnect", move || {
            npm(sh, &ui()).args(["run", "check"]).quiet().run()?;
            npm(sh, &ui()).arg("test").quiet().run()?;
            Ok(npm(sh, &fake_konnect()).arg("test").quiet().run()?)
        })
        .skip_if(move || Ok(pages()?.exists()))
        .then(move || pages()?.write()),
        // The doctests are among these.
        Step::function(
            "Test everything in Rust, and the scenarios in the real app",
            move || {
                with_scenarios(cargo_test(
                    sh,
                    cmd!(sh, "cargo test --workspace --locked --no-fail-fast"),
                ))
            },
        ),
        Step::function("Check what only tablets run", move || mobile::check(sh, None, yes))
            .skip_if(move || Ok(mobile()?.exists())),
    ]
}

fn scenarios<'a>(sh: &'a Shell, only: Option<&'a str>, yes: bool) -> Vec<Step<'a>> {
    let mut steps = prepare(sh, yes, true);
    steps.push(Step::function("Run the scenarios in the real app", move || {
        let modules = only.map_or_else(|| vec!["scenarios::", "managed::", "patience::"], |only| vec![only]);
        let cmd = cmd!(sh, "cargo test --workspace --locked --test app -- {modules...}");
        with_scenarios(cargo_test(sh, cmd))
    }));
    steps
}

fn ci(sh: &Shell, yes: bool) -> Result<()> {
    let paths = Paths::workspace();
    let mut steps = vec![checks::rust_formatting(sh)];
    steps.extend(prepare(sh, yes, true));
    steps.extend(checks::all(sh)?);
    steps.extend(workflows::checks(sh, &paths)?);
    steps.extend(tests(sh, yes));
    steps::run(steps)
}

/// One more test at a time than there are processors, because some tests mostly wait.
fn cargo_test<'a>(sh: &Shell, cmd: Cmd<'a>) -> Cmd<'a> {
    if sh.var_os("RUST_TEST_THREADS").is_some() {
        return cmd;
    }
    let threads = std::thread::available_parallelism().map_or(2, usize::from) + 1;
    cmd.env("RUST_TEST_THREADS", threads.to_string())
}

/// Runs tests with scenarios among them, and prints the table of scenarios, also after a failure.
fn with_scenarios(tests: Cmd<'_>) -> Result<()> {
    scenarios::clear()?;
    let outcome = tests.quiet().run();
    scenarios::print_table()?;
    Ok(outcome?)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_help_of_every_command_is_one_line_of_a_terminal_and_says_when_to_use_it() {
        let cli = Cli::command();
        cli.clone().debug_assert();
        for command in cli.get_subcommands() {
            let about = command.get_about().unwrap().to_string();
            assert!(
                about.contains(": ") && about.len() <= 86,
                "{}: {about}",
                command.get_name()
            );
        }
    }

    #[test]
    fn chaos_is_still_a_name_of_the_simulation() {
        let cli = Cli::try_parse_from(["cargo xtask", "chaos", "--seeds", "7"]).unwrap();
        assert!(matches!(cli.command, Command::Simulation { seeds: 7, from: 0 }));
    }
}
