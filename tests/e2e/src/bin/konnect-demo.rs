//! What `cargo xtask demo` runs after the build: the app with the servers of `tests/fake-konnect`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser;
use e2e::{
    Display, Keystore, Outcome, Sandbox, Scenario, Services, Step, app_binary, one_time_code, root, walk, write_config,
};
use indicatif::{ProgressBar, ProgressStyle};
use maud::{DOCTYPE, html};
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

const STEPS: u64 = 9;

/// Shows the app with a fake identity provider and a fake Konnect.
#[derive(Parser)]
struct Cli {
    /// Does the main job by itself and takes pictures. Without a display, this is on.
    #[arg(long)]
    walk: bool,
    /// Where pictures and report go, instead of `target/demo`.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let folder = cli.out.unwrap_or_else(|| root().join("target/demo"));
    // If a signal arrives, then the future is dropped, and with it the sandbox, which ends its processes.
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
        Some(folder) => do_the_main_job(folder).await,
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

async fn do_the_main_job(folder: &Path) -> Outcome {
    // Otherwise pictures of an earlier run would be among these.
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)?;
    let mut scenario = Scenario::new()?;
    let bar = ProgressBar::new(STEPS);
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
    let quiet = bar.is_hidden();
    let steps = walk(&mut scenario, folder, |step| {
        bar.inc(1);
        bar.set_message(step.caption);
        if quiet {
            println!(
                "{} {}",
                step.picture.file_name().unwrap_or_default().display(),
                step.caption
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
                        figcaption { (number + 1) ". " (step.caption) }
                        img src=(step.picture.file_name().unwrap_or_default().to_string_lossy()) alt=(step.caption);
                    }
                }
            }
        }
    }
    .into_string()
}

async fn open_the_app() -> Outcome {
    let mut sandbox = Sandbox::with(Keystore::Open, Display::Real)?;
    let services = Services::start()?;
    write_config(&mut sandbox, &services, &Value::Null, 0)?;
    println!("\nThe organisation's name is zonnetje, or regenboog. Who can sign in:\n");
    println!(
        "{:<18} {:<16} {:<12} second factor",
        "user name", "password", "organisation"
    );
    for account in services.accounts() {
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
        "\nE-mails of the identity provider: {}\nClose the app or press Ctrl-C to end.\n",
        services.outbox()
    );
    let bar = ProgressBar::new(30);
    bar.set_style(ProgressStyle::with_template("{msg} {bar:10} {pos} s")?);
    let app = sandbox.command(&app_binary()?.to_string_lossy());
    let app = sandbox.start(app, "app.log")?;
    while sandbox.is_running(app)? {
        let second = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() % 30;
        for account in services.accounts() {
            if let Some(secret) = &account.totp_secret {
                bar.set_message(format!(
                    "One-time code of {}: {}",
                    account.username,
                    one_time_code(secret)?
                ));
            }
        }
        bar.set_position(30 - second);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    bar.finish_and_clear();
    Ok(())
}
