//! `cargo xtask demo`, once everything is built: the app on a desk of its own, beside the stand-ins.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser;
use e2e::{Desk, Display, Keystore, Outcome, Scene, Stack, Step, app_binary, code_for, lay_out, root, walk};
use indicatif::{ProgressBar, ProgressStyle};
use maud::{DOCTYPE, html};
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

const STEPS: u64 = 9;

/// Shows the app beside stand-ins for identity server and Konnect.
#[derive(Parser)]
struct Cli {
    /// Walks the main job by itself; so it does without a display.
    #[arg(long)]
    walk: bool,
    /// Where the walk's pictures and report go, instead of `target/demo`.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let folder = cli.out.unwrap_or_else(|| root().join("target/demo"));
    // Whatever ends this run ends everything on the desk: the desk is dropped here.
    let outcome = tokio::select! {
        outcome = run((cli.walk || !has_display()).then_some(&folder)) => outcome,
        () = stopped() => Err("stopped".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(walk: Option<&PathBuf>) -> Outcome {
    match walk {
        Some(folder) => take_a_walk(folder).await,
        None => open_the_app().await,
    }
}

fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

async fn stopped() {
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

async fn take_a_walk(folder: &Path) -> Outcome {
    // Pictures of another day would stand among these.
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)?;
    let mut scene = Scene {
        desk: Desk::new()?,
        stack: Stack::start()?,
    };
    let bar = ProgressBar::new(STEPS);
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
    let quiet = bar.is_hidden();
    let steps = walk(&mut scene, folder, |step| {
        bar.inc(1);
        bar.set_message(step.words);
        if quiet {
            println!(
                "{} {}",
                step.picture.file_name().unwrap_or_default().display(),
                step.words
            );
        }
    })
    .await?;
    bar.finish_and_clear();
    let page = folder.join("index.html");
    std::fs::write(&page, report(&steps))?;
    println!(
        "{} steps, all as they should be: {}",
        steps.len(),
        page.canonicalize()?.display()
    );
    Ok(())
}

fn report(steps: &[Step]) -> String {
    let style = "body{font:17px/1.5 system-ui,sans-serif;max-width:1000px;margin:40px auto;padding:0 20px;color:#1f2d3d}\
        img{width:100%;border:1px solid #b9c6cf;border-radius:12px}figure{margin:0 0 48px}figcaption{font-weight:600;margin-bottom:10px}";
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { "Konnect Groep: the main job" }
                style { (style) }
            }
            body {
                h1 { "Konnect Groep: the main job" }
                p { "Each picture is the whole display at that moment: the real app against a real OpenID provider." }
                @for (number, step) in steps.iter().enumerate() {
                    figure {
                        figcaption { (number + 1) ". " (step.words) }
                        img src=(step.picture.file_name().unwrap_or_default().to_string_lossy()) alt=(step.words);
                    }
                }
            }
        }
    }
    .into_string()
}

async fn open_the_app() -> Outcome {
    let mut desk = Desk::with(Keystore::Open, Display::Real)?;
    let stack = Stack::start()?;
    lay_out(&mut desk, &stack, &Value::Null, 0)?;
    println!("\nThe organisation's name is zonnetje, or regenboog. Who can sign in:\n");
    println!(
        "{:<18} {:<16} {:<12} second step",
        "user name", "password", "organisation"
    );
    for account in stack.accounts() {
        let second = if account.totp_secret.is_some() {
            "one-time code, below"
        } else {
            ""
        };
        let name = if account.upstream {
            &account.email
        } else {
            &account.username
        };
        println!("{name:<18} {:<16} {:<12} {second}", account.password, account.tenant);
    }
    println!(
        "\nMails of the identity server: {}\nClose the app or press Ctrl-C to end.\n",
        stack.outbox()
    );
    let bar = ProgressBar::new(30);
    bar.set_style(ProgressStyle::with_template("{msg} {bar:10} {pos} s")?);
    let app = desk.command(&app_binary()?.to_string_lossy());
    let app = desk.start(app, "app.log")?;
    while desk.runs(app)? {
        let second = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() % 30;
        for account in stack.accounts() {
            if let Some(secret) = &account.totp_secret {
                bar.set_message(format!("One-time code of {}: {}", account.username, code_for(secret)?));
            }
        }
        bar.set_position(30 - second);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    bar.finish_and_clear();
    Ok(())
}
