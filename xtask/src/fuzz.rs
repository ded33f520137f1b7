//! Fuzzing: every target of every crate, for so many executions or minutes.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{Outcome, cargo};

/// The targets: package, where its tests are, and the names of the ignored tests that fuzz. Each of them prints
/// `fuzzed NAME: N executions`.
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
    ("app-state", &["--test", "fuzz"], &["fuzz_addresses"]),
];

/// Nothing takes longer; what does has stopped moving.
const PATIENCE: Duration = Duration::from_hours(2);

/// So many executions in all, or so many minutes; `only` names a part of the targets.
pub fn fuzz(runs: u64, minutes: Option<u64>, only: Option<&str>) -> Outcome {
    let chosen: Vec<_> = TARGETS
        .iter()
        .flat_map(|(package, within, tests)| tests.iter().map(move |test| (*package, *within, *test)))
        .filter(|(package, _, test)| only.is_none_or(|only| format!("{package} {test}").contains(only)))
        .collect();
    let share = u64::try_from(chosen.len()).unwrap_or(u64::MAX);
    if share == 0 {
        return Err("no target has that in its name".into());
    }
    let (each, time) = match minutes {
        Some(minutes) => (
            u64::from(u32::MAX),
            Duration::from_secs(minutes * 60) / u32::try_from(share).unwrap_or(1),
        ),
        None => (runs.div_ceil(share), PATIENCE),
    };
    let start = Instant::now();
    let mut total = 0;
    for (package, within, test) in chosen {
        total += one(package, within, test, each, time)?;
    }
    eprintln!(
        "{total} executions in {} s: no crash, no hang",
        start.elapsed().as_secs()
    );
    if minutes.is_none() && total < runs {
        return Err(format!("only {total} of {runs} executions were done").into());
    }
    Ok(())
}

fn one(package: &str, within: &[&str], test: &str, runs: u64, time: Duration) -> Outcome<u64> {
    let mut command = cargo();
    command
        .args(["test", "--release", "--locked", "--package", package])
        .args(within);
    crate::run::inherit(command.arg("--no-run"))?;
    let mut command = cargo();
    command
        .args(["test", "--quiet", "--release", "--locked", "--package", package])
        .args(within)
        .args(["--", "--exact", "--ignored", "--nocapture", test]);
    command
        .env("BOLERO_RANDOM_ITERATIONS", runs.to_string())
        .env("BOLERO_RANDOM_TEST_TIME_MS", time.as_millis().to_string());
    // A group of its own: what hangs is a child of cargo's.
    let mut child = command.stdout(Stdio::piped()).process_group(0).spawn()?;
    let (sender, done) = std::sync::mpsc::channel();
    let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let reading = std::thread::spawn(move || {
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
        let _ = sender.send(());
        count
    });
    if done.recv_timeout(time + Duration::from_mins(5)).is_err() {
        Command::new("kill")
            .args(["-KILL", "--", &format!("-{}", child.id())])
            .status()?;
        return Err(format!("{test} hangs").into());
    }
    let count = reading.join().unwrap_or(0);
    if child.wait()?.success() && count > 0 {
        Ok(count)
    } else {
        Err(format!("{test} failed; what it said stands above").into())
    }
}
