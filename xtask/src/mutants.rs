//! Mutation testing: cargo-mutants changes the deciding code in one place at a time, and some test must fail.
//!
//! `.cargo/mutants.toml` lists the files whose code decides.

use std::cell::RefCell;
use std::fs;

use anyhow::{Result, bail};
use clap::ValueEnum;
use xshell::{Shell, cmd};

use crate::paths::target;
use crate::steps::{self, Step};
use crate::tools::CARGO_MUTANTS;

/// A package whose code decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Package {
    /// Timers, retries, effects: what the app does about each event.
    App,
    /// The state machine.
    AppState,
    /// Sign-in, refresh, tokens.
    Session,
    /// Which setting counts, and which value is accepted.
    Settings,
}

impl Package {
    fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::AppState => "app-state",
            Self::Session => "session",
            Self::Settings => "settings",
        }
    }

    /// What cargo-mutants must know beside the package.
    fn arguments(self) -> &'static [&'static str] {
        match self {
            // Only the tests that start no process and wait for no silent server: they run once for each change.
            Self::Session => &[
                "--cargo-arg=--lib",
                "--cargo-arg=--test=session",
                "--",
                "--",
                "--skip",
                "a_server_that_does_not_finish",
            ],
            Self::App | Self::AppState | Self::Settings => &[],
        }
    }
}

/// Changes one package, or every package that decides. A package with a survivor does not keep the others from running.
/// With `resume`, a change that a test noticed in an earlier run is not made again: all of them take hours.
pub fn mutants(sh: &Shell, only: Option<Package>, resume: bool) -> Result<()> {
    let packages = only.map_or_else(|| Package::value_variants().to_vec(), |package| vec![package]);
    let program = CARGO_MUTANTS.path()?;
    let failed = RefCell::new(Vec::new());
    let mut plan = vec![CARGO_MUTANTS.install()?];
    for package in packages {
        let (program, failed) = (&program, &failed);
        plan.push(Step::function(format!("Change {}", package.name()), move || {
            let (name, arguments) = (package.name(), package.arguments());
            let output = target().join("mutants").join(name);
            fs::create_dir_all(&output)?;
            let resume = resume.then_some("--iterate");
            // A change that makes a loop endless counts as found, too.
            let run = cmd!(
                sh,
                "{program} mutants --package {name} --no-shuffle --output {output} --minimum-test-timeout 60 {resume...} {arguments...}"
            );
            if let Err(error) = run.quiet().run() {
                failed.borrow_mut().push(format!("{name}: {error}"));
            }
            Ok(())
        }));
    }
    steps::run(plan)?;
    let failed = failed.into_inner();
    if failed.is_empty() {
        return Ok(());
    }
    bail!(failed.join("\n"))
}
