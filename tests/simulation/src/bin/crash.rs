//! `cargo xtask crash`: every cell of the crash matrix, and then kills at any moment.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use simulation::crash::{Cell, CrashRunner, Ended, matrix};

/// Kills real processes at every step of a refresh.
#[derive(Parser)]
struct Cli {
    /// So many kills at any moment, after the matrix.
    #[arg(long, default_value_t = 100)]
    runs: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let Some(victim) = std::env::current_exe()
        .ok()
        .map(|own| own.with_file_name(format!("konnect-victim{}", std::env::consts::EXE_SUFFIX)))
    else {
        eprintln!("the binaries' folder is not known");
        return ExitCode::FAILURE;
    };
    let (runner, cells) = (CrashRunner::new(victim), matrix());
    let bar = ProgressBar::new(cells.len() as u64 + cli.runs);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} kills, {eta} left") {
        bar.set_style(style);
    }
    let count = cells.len();
    let ended: Vec<(Cell, Ended)> = futures_util::stream::iter(cells)
        .map(|cell| {
            let (runner, bar) = (&runner, &bar);
            async move {
                let ended = runner.run(cell).await;
                bar.inc(1);
                (cell, ended)
            }
        })
        .buffer_unordered(6)
        .collect()
        .await;
    let mut faults = vec![];
    let mut lost = 0;
    for (cell, ended) in &ended {
        match (&ended.broken, cell.lost_because(), ended.signed_in) {
            (Some(what), ..) => faults.push(format!("{cell}: {what}")),
            (None, None, false) => faults.push(format!("{cell}: signed out")),
            (None, Some(why), true) => faults.push(format!("{cell}: signed in, although {why}")),
            (None, Some(_), false) => lost += 1,
            (None, None, true) => {}
        }
    }
    for run in 0..cli.runs {
        // Spread over the time that a refresh takes; where it falls is the machine's choice.
        if let Err(what) = runner
            .at_any_moment(Duration::from_micros(run.wrapping_mul(7_919) % 60_000))
            .await
        {
            faults.push(what);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    table(&ended);
    for fault in &faults {
        println!("{fault}");
    }
    println!(
        "{count} cells: {} signed in after the restart, {lost} not, as the table says; {} kills at any moment; faults {}",
        count - lost,
        cli.runs,
        faults.len()
    );
    if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Where the protocol leaves nothing, and why; callers and whoever is beside change nothing.
fn table(ended: &[(Cell, Ended)]) {
    println!("signed out where the server rotates, with a leeway of 0 s:");
    let mut rows: Vec<String> = ended
        .iter()
        .filter(|(_, ended)| ended.broken.is_none() && !ended.signed_in)
        .filter_map(|(cell, _)| {
            Some(format!(
                "  killed at {:<14} store {:<12} {}",
                format!("{:?}", cell.step),
                format!("{:?}", cell.saves),
                cell.lost_because()?
            ))
        })
        .collect();
    rows.sort();
    rows.dedup();
    for row in rows {
        println!("{row}");
    }
}
