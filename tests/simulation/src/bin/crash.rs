//! `cargo xtask crash`: the application killed at each point of its stories; then every cell of the crash matrix of a
//! refresh, and kills of a refresh at any moment.

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use clap::{Parser, ValueEnum};
use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use simulation::app_crash::matrix::{Case, Outcomes, kill_at_points, stories};
use simulation::crash::{Cell, CrashRunner, Ended, matrix};
use simulation::world::PRINT_NOTES;

/// Kills the application at each point of its stories, and real processes at every step of a refresh.
#[derive(Parser)]
struct Cli {
    /// So many kills at any moment, after the matrix of a refresh.
    #[arg(long, default_value_t = 100)]
    runs: u64,
    /// So many runs of each story in which the app is killed again soon after its restart.
    #[arg(long, default_value_t = 50)]
    twice: usize,
    /// Only one of the two parts.
    #[arg(long)]
    only: Option<Part>,
    /// Only this story. With `--kill`, tells it once and prints what happens.
    #[arg(long)]
    story: Option<String>,
    /// Only with this rotation.
    #[arg(long)]
    rotation: Option<String>,
    /// The point at which the process dies; given again, the point at which the next one does.
    #[arg(long, requires = "story", requires = "rotation")]
    kill: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The whole application, in simulated time.
    App,
    /// A refresh in a real process.
    Refresh,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if !cli.kill.is_empty() {
        return replay(&cli);
    }
    let mut is_well = true;
    if cli.only != Some(Part::Refresh) {
        is_well &= kill_the_app(&cli);
    }
    if cli.only != Some(Part::App) && cli.story.is_none() {
        is_well &= kill_refreshes(cli.runs);
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Tells one story with its kills, and prints what happens.
fn replay(cli: &Cli) -> ExitCode {
    let (story, rotation) = (
        cli.story.as_deref().unwrap_or_default(),
        cli.rotation.as_deref().unwrap_or_default(),
    );
    let Some(case) = Case::named(story, rotation, cli.kill.clone()) else {
        eprintln!("there is no such story, or no such rotation");
        return ExitCode::FAILURE;
    };
    PRINT_NOTES.store(true, Ordering::Relaxed);
    let _ = app::diagnostics::init();
    let told = case.tell();
    println!("killed {}", told.deaths.join(", then "));
    for loss in &told.losses {
        println!("lost: {}", loss.words());
    }
    println!("signed in {} times more than the story asks for", told.extra_sign_ins);
    match told.broken {
        Some(broken) => {
            println!("{broken}");
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}

fn bar(length: usize, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(length as u64);
    if let Ok(style) = ProgressStyle::with_template(&format!("{{bar:40}} {{pos}}/{{len}} {what}, {{eta}} left")) {
        bar.set_style(style);
    }
    bar
}

/// Every story with every rotation, on all cores.
fn kill_the_app(cli: &Cli) -> bool {
    let is_wanted = |case: &Case| {
        let wants = |wanted: &Option<String>, name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
        wants(&cli.story, case.story.name) && wants(&cli.rotation, case.rotation.name)
    };
    let cases: Vec<Case> = stories().into_iter().filter(is_wanted).collect();
    let (bar, next) = (bar(cases.len(), "stories"), AtomicUsize::new(0));
    let outcomes: Mutex<Vec<(usize, Outcomes)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((at, case)) =
                    Some(next.fetch_add(1, Ordering::SeqCst)).and_then(|at| Some((at, cases.get(at)?)))
                {
                    let ended = kill_at_points(case, 1, cli.twice);
                    outcomes
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((at, ended));
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish_and_clear();
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(at, _)| *at);
    println!("the application, killed at each of its effects, writes and requests:");
    println!(
        "  {:<34} {:<12} {:>6} {:>6} {:>14} {:>7}",
        "story", "rotation", "points", "kills", "extra sign-ins", "broken"
    );
    let mut total = Outcomes::default();
    for (at, ended) in outcomes {
        println!(
            "  {:<34} {:<12} {:>6} {:>6} {:>14} {:>7}",
            cases[at].story.name,
            cases[at].rotation.name,
            ended.points,
            ended.kills,
            ended.extra_sign_ins,
            ended.broken.len()
        );
        total.add(ended);
    }
    println!("why somebody had to sign in once more, where no app can help:");
    for (loss, count) in &total.losses {
        println!("  {count:>6} {}", loss.words());
    }
    println!(
        "sessions of before that live on because their token died with a process or with the app: {}",
        total.unrevocable
    );
    for broken in &total.broken {
        println!("{broken}");
    }
    println!(
        "{} points, {} kills, {} extra sign-ins for the listed reasons; broken {}",
        total.points,
        total.kills,
        total.extra_sign_ins,
        total.broken.len()
    );
    total.broken.is_empty()
}

/// The crash matrix of a refresh, and `runs` kills at any moment.
#[tokio::main]
async fn kill_refreshes(runs: u64) -> bool {
    let Some(victim) = std::env::current_exe()
        .ok()
        .map(|own| own.with_file_name(format!("konnect-victim{}", std::env::consts::EXE_SUFFIX)))
    else {
        eprintln!("the binaries' folder is not known");
        return false;
    };
    let (runner, cells) = (CrashRunner::new(victim), matrix());
    let count = cells.len();
    let bar = bar(count + usize::try_from(runs).unwrap_or(0), "kills");
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
    for run in 0..runs {
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
        "{count} cells: {} signed in after the restart, {lost} not, as the table says; {runs} kills at any moment; faults {}",
        count - lost,
        faults.len()
    );
    faults.is_empty()
}

/// Where the protocol leaves nothing, and why; callers and whoever is beside change nothing.
fn table(ended: &[(Cell, Ended)]) {
    println!("a refresh, killed at each of its steps; signed out where the server rotates, with a leeway of 0 s:");
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
