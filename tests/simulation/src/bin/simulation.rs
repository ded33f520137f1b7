//! `cargo xtask simulation`: seeds of the tablet's 400 days, on all cores.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use simulation::faults::Fault;
use simulation::tablet::{self, Broken, Summary};
use simulation::world::PRINT_NOTES;

/// A run of so many seeds has to reach every fault.
const ENOUGH_FOR_EVERY_FAULT: u64 = 200;

/// Runs seeds; one that fails is named, and replays exactly.
#[derive(Parser)]
struct Cli {
    /// Number of seeds to run.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// First seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Print what happens, and the app's own log. For one seed.
    #[arg(long)]
    log: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.log {
        PRINT_NOTES.store(true, Ordering::Relaxed);
        let _ = app::diagnostics::init();
    }
    let bar = ProgressBar::new(cli.seeds);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} seeds, {eta} left, {msg}") {
        bar.set_style(style);
    }
    let next = AtomicU64::new(0);
    let (total, broken) = (Mutex::new(Summary::default()), Mutex::new(Vec::<(u64, Broken)>::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    if at >= cli.seeds {
                        return;
                    }
                    let seed = cli.from + at;
                    match tablet::run(seed) {
                        Ok(summary) => add(
                            &mut total.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
                            &summary,
                        ),
                        Err(error) => {
                            bar.suspend(|| println!("seed {seed}: {}", error.0));
                            broken
                                .lock()
                                .unwrap_or_else(std::sync::PoisonError::into_inner)
                                .push((seed, error));
                        }
                    }
                    bar.inc(1);
                    if bar.is_hidden() && (at + 1).is_multiple_of((cli.seeds / 20).max(1)) {
                        eprintln!("{}/{} seeds", at + 1, cli.seeds);
                    }
                }
            });
        }
    });
    bar.finish_and_clear();
    let total = total.into_inner().unwrap_or_default();
    let broken = broken.into_inner().unwrap_or_default();
    print_summary(cli.seeds, &total, broken.len());
    let unreached: Vec<_> = Fault::ALL
        .iter()
        .filter(|fault| !total.reached.contains_key(fault))
        .collect();
    let is_complete = cli.seeds < ENOUGH_FOR_EVERY_FAULT || unreached.is_empty();
    if !is_complete {
        println!("no seed reached {unreached:?}, so nothing is proved about them");
    }
    if broken.is_empty() && is_complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn print_summary(seeds: u64, total: &Summary, broken: usize) {
    println!(
        "{seeds} seeds of {} days: {} days of use, {} exchanges, {} starts; signed in on the site {} times; broken {broken}",
        simulation::calendar::DAYS,
        total.days_used,
        total.exchanges,
        total.starts,
        total.signed_in_on_the_site,
    );
    println!("sessions that ended:");
    for (why, count) in &total.ended {
        println!("  {count:>8} {why}");
    }
    println!(
        "sign-outs that the next start found undone: {}; sessions of another assignment that could not be revoked: {}",
        total.found_again, total.unrevoked
    );
    if total.outage_minutes > 0 {
        println!(
            "requests in an outage, after its first ten minutes: {} in {} minutes",
            total.outage_requests, total.outage_minutes
        );
    }
    println!("how often each fault took effect:");
    for (fault, count) in &total.reached {
        println!("  {count:>8} {fault:?}");
    }
}

fn add(total: &mut Summary, one: &Summary) {
    total.days_used += one.days_used;
    total.exchanges += one.exchanges;
    total.starts += one.starts;
    total.found_again += one.found_again;
    total.unrevoked += one.unrevoked;
    total.signed_in_on_the_site += one.signed_in_on_the_site;
    total.outage_minutes += one.outage_minutes;
    total.outage_requests += one.outage_requests;
    for (why, count) in &one.ended {
        *total.ended.entry(why).or_default() += count;
    }
    for (fault, count) in &one.reached {
        *total.reached.entry(*fault).or_default() += count;
    }
}
