//! Fuzzing: every fuzz target of every package, for a number of executions or for some minutes.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

/// The fuzz targets: the package, cargo's arguments for the binary that holds the tests, and the names of the ignored
/// tests that fuzz. Each of them prints `fuzzed NAME: N executions`.
const TARGETS: &[(&str, &[&str], &[&str])] = &[
    (
        "provision",
        &["--bin", "provision"],
        &[
            "fuzz::fuzz_links",
            "fuzz::fuzz_payloads",
            "fuzz::fuzz_files",
            "fuzz::fuzz_tables",
        ],
    ),
    (
        "session",
        &["--test", "fuzz"],
        &[
            "fuzz_callbacks",
            "fuzz_id_tokens",
            "fuzz_claims",
            "fuzz_key_sets",
            "fuzz_metadata",
            "fuzz_token_answers",
            "fuzz_refresh_answers",
        ],
    ),
    ("app", &["--test", "fuzz"], &["fuzz_addresses"]),
];

/// No fuzz target takes longer for a number of executions. One that does hangs.
const LONGEST: Duration = Duration::from_hours(2);

/// What a fuzz target may take on top of its time before it counts as hanging: starting it, and its last execution.
const GRACE: Duration = Duration::from_mins(5);

/// Divides `runs` executions, or `minutes`, among the targets whose package and name contain `only`.
pub fn fuzz(sh: &Shell, runs: u64, minutes: Option<u64>, only: Option<&str>) -> Result<()> {
    let chosen: Vec<_> = TARGETS
        .iter()
        .flat_map(|(package, binary, tests)| tests.iter().map(move |test| (*package, *binary, *test)))
        .filter(|(package, _, test)| only.is_none_or(|only| format!("{package} {test}").contains(only)))
        .collect();
    let count = u32::try_from(chosen.len())?;
    if count == 0 {
        bail!("no fuzz target has that in its name");
    }
    let (each, time) = match minutes {
        Some(minutes) => (u64::from(u32::MAX), Duration::from_secs(minutes * 60) / count),
        None => (runs.div_ceil(u64::from(count)), LONGEST),
    };
    let start = Instant::now();
    let mut total = 0;
    for (package, binary, test) in chosen {
        total += run_target(sh, package, binary, test, each, time)?;
    }
    eprintln!(
        "{total} executions in {} s: no crash, no hang",
        start.elapsed().as_secs()
    );
    if minutes.is_none() && total < runs {
        bail!("only {total} of {runs} executions were done");
    }
    Ok(())
}

/// Runs one fuzz target. Returns the number of its executions.
fn run_target(sh: &Shell, package: &str, binary: &[&str], test: &str, runs: u64, time: Duration) -> Result<u64> {
    cmd!(
        sh,
        "cargo test --release --locked --package {package} {binary...} --no-run"
    )
    .quiet()
    .run()?;
    let fuzz = cmd!(
        sh,
        "cargo test --quiet --release --locked --package {package} {binary...} -- --exact --ignored --nocapture {test}"
    )
    .env("BOLERO_RANDOM_ITERATIONS", runs.to_string())
    .env("BOLERO_RANDOM_TEST_TIME_MS", time.as_millis().to_string());
    // In its own process group: what hangs is cargo's child, and the kill below must reach it.
    let mut child = Command::from(fuzz).stdout(Stdio::piped()).process_group(0).spawn()?;
    let (sender, done) = mpsc::channel();
    let lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    let reader = thread::spawn(move || {
        let mut count = 0;
        for line in lines.map_while(Result::ok) {
            if let Some((_, number)) = line
                .strip_prefix("fuzzed ")
                .and_then(|rest| rest.strip_suffix(" executions")?.split_once(": "))
            {
                count = number.parse().unwrap_or(0);
                eprintln!("{line}");
            }
        }
        // Nobody listens any more if the wait has timed out.
        let _ = sender.send(());
        count
    });
    if done.recv_timeout(time + GRACE).is_err() {
        let group = format!("-{}", child.id());
        cmd!(sh, "kill -KILL -- {group}").quiet().run()?;
        bail!("{test} hangs");
    }
    let count = reader.join().unwrap_or(0);
    if !child.wait()?.success() || count == 0 {
        bail!("{test} failed; see its output above");
    }
    Ok(count)
}
