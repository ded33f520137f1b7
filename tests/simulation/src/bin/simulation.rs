//! `cargo xtask simulation`: seeds of the tablet's 400 days, on all cores.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use simulation::tablet::{self, Broken, Summary};
use simulation::world::PRINT_NOTES;

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
        app::diagnostics::init();
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
    println!(
        "{} seeds of {} days: {} days of use, {} exchanges, {} starts and kills; ended by 60 days idle {}, by a lost answer {}, by a keystore that never took it {}, by a person {} (found again at the next start {}); signed in on the site {} times; broken {}",
        cli.seeds,
        simulation::calendar::DAYS,
        total.days_used,
        total.exchanges,
        total.kills,
        total.idle,
        total.lost,
        total.never_saved,
        total.signed_out,
        total.found_again,
        total.signed_in_on_the_site,
        broken.len()
    );
    if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn add(total: &mut Summary, one: &Summary) {
    total.days_used += one.days_used;
    total.exchanges += one.exchanges;
    total.kills += one.kills;
    total.never_saved += one.never_saved;
    total.idle += one.idle;
    total.lost += one.lost;
    total.signed_out += one.signed_out;
    total.found_again += one.found_again;
    total.signed_in_on_the_site += one.signed_in_on_the_site;
}
