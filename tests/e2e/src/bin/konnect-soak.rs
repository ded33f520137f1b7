//! `cargo xtask soak`, once everything is built: one app in use for minutes on end, on a network that fails all the time.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use e2e::{App, Desk, Fault, Footprint, Network, Outcome, Scene, Stack};
use fastrand::Rng;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

/// How soon the group view has to be back.
const BACK: Duration = Duration::from_secs(10);
/// How much the app may grow once it has warmed up, in thousandths.
const GROWTH: i64 = 50;
/// Rounds at the end in which the app is killed and started while the network is away.
const KILLS: u32 = 5;

/// Uses the app on a network that fails all the time, and measures.
#[derive(Parser)]
struct Cli {
    /// For so long.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// What happens when; the same number is the same order of faults.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The program that is the network.
    #[arg(long)]
    toxiproxy: PathBuf,
}

/// What came of it.
#[derive(Default)]
struct Figures {
    rounds: u32,
    /// How long the group view took to be back, in milliseconds, with what had been wrong.
    back: Vec<(u128, String)>,
    /// After each round.
    footprints: Vec<Footprint>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match soak(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn soak(cli: &Cli) -> Outcome {
    let mut scene = Scene {
        desk: Desk::new()?,
        stack: Stack::start_behind()?,
    };
    // An answer that is lost on the way costs the session where the identity server grants no leeway: nothing here can help that.
    scene.stack.say("/leeway", json!({"seconds": 180}))?;
    let network = Network::between(&mut scene.desk, &scene.stack, &cli.toxiproxy).await?;
    let app = scene.app().await?;
    scene.to_group(&app, "groep.vlinders").await?;
    app.group("Vlinders").await?;
    let opened = scene.desk.opened().len();
    let (mut random, mut figures) = (Rng::with_seed(cli.seed), Figures::default());
    let (start, length) = (Instant::now(), Duration::from_mins(cli.minutes));
    let bar = ProgressBar::new(length.as_secs());
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} s, {msg}")?);
    while start.elapsed() < length {
        round(&scene, &network, &app, &mut random, &mut figures).await?;
        figures.footprints.push(Footprint::of(&scene.desk)?);
        bar.set_position(start.elapsed().as_secs());
        bar.set_message(format!("{} rounds", figures.rounds));
        if bar.is_hidden() && figures.rounds.is_multiple_of(10) {
            eprintln!("{} s, {} rounds", start.elapsed().as_secs(), figures.rounds);
        }
    }
    let mut app = app;
    for _ in 0..KILLS {
        app = killed(&mut scene, &network, app, &mut random, &mut figures).await?;
    }
    bar.finish_and_clear();
    let signed_out = scene.desk.log("app.log").matches(r#""event":"session_over""#).count();
    let asked = scene.desk.opened().len() - opened;
    let kept = scene.desk.keeps_session()?;
    figures.judge(signed_out, asked, kept)
}

/// One use: something breaks, the page is asked for, something is mended, and the group view has to be there.
async fn round(scene: &Scene, network: &Network, app: &App, random: &mut Rng, figures: &mut Figures) -> Outcome {
    let wrong = fail(scene, network, random)?;
    app.site("").await?;
    // Comes back at once: the page may never answer.
    app.driver()
        .execute("setTimeout(() => location.reload(), 0)", vec![])
        .await?;
    tokio::time::sleep(Duration::from_millis(random.u64(1_000..12_000))).await;
    back(scene, network, app, wrong, figures).await
}

/// The same with an app that was killed, and starts while the network is away.
async fn killed(
    scene: &mut Scene,
    network: &Network,
    app: App,
    random: &mut Rng,
    figures: &mut Figures,
) -> Outcome<App> {
    let wrong = fail(scene, network, random)?;
    app.kill(&mut scene.desk);
    let app = scene.app().await?;
    tokio::time::sleep(Duration::from_millis(random.u64(..5_000))).await;
    back(scene, network, &app, format!("{wrong}, killed"), figures).await?;
    Ok(app)
}

/// Something breaks: a way, or what is at its end. In half of the cases the web session has run out, too, so that the
/// refresh token has to do its work.
fn fail(scene: &Scene, network: &Network, random: &mut Rng) -> Outcome<String> {
    let kind = random.u32(..10);
    // Over TLS nobody answers in the place of Konnect or of the identity server's pages; where he could, his page would be
    // the site. So he answers the app only, which takes nothing from him.
    let strange = kind == 1;
    let over = !strange && random.bool();
    if over {
        scene.stack.say("/web/end", json!({}))?;
    }
    let servers: &[&str] = random
        .choice([&["identity"][..], &["konnect"], &["identity", "konnect"]])
        .unwrap_or_default();
    let wrong = match kind {
        0 => {
            scene.stack.say("/faults", json!({"broken": servers}))?;
            "502".to_owned()
        }
        _ if strange => {
            scene.stack.say("/faults", json!({"html200": ["identity"]}))?;
            return Ok("another's page at identity".to_owned());
        }
        2 => {
            scene.stack.say("/faults", json!({"portal": true}))?;
            "guest network".to_owned()
        }
        3 => {
            scene.stack.say(
                "/faults",
                json!({"token": {"status": 429, "retry_after": 2, "times": 50}}),
            )?;
            "429".to_owned()
        }
        _ => {
            let fault = random.choice(Fault::ALL).unwrap_or(Fault::Down);
            for server in servers {
                network.fail(server, fault)?;
            }
            format!("{fault:?}")
        }
    };
    Ok(format!(
        "{wrong} at {}{}",
        servers.join(" and "),
        if over { ", web session over" } else { "" }
    ))
}

async fn back(scene: &Scene, network: &Network, app: &App, wrong: String, figures: &mut Figures) -> Outcome {
    scene.stack.say(
        "/faults",
        json!({"broken": [], "html200": [], "portal": false, "token": null}),
    )?;
    network.mend()?;
    let mended = Instant::now();
    let there = match app.screen("group").await {
        Ok(()) => app.group("Vlinders").await,
        error => error,
    };
    let shown = match &there {
        Ok(()) => None,
        Err(_) => app.driver().current_url().await.ok(),
    };
    there.map_err(|error| {
        let shown = shown.as_ref().map_or("nothing", |url| url.as_str());
        let log = scene.desk.log("app.log");
        let last: Vec<_> = log.lines().rev().take(30).collect();
        format!(
            "after {wrong}: {error}; on screen is {shown}\n{}",
            last.into_iter().rev().collect::<Vec<_>>().join("\n")
        )
    })?;
    figures.back.push((mended.elapsed().as_millis(), wrong));
    figures.rounds += 1;
    // What was under way comes to rest before it is measured.
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(())
}

impl Figures {
    fn judge(mut self, signed_out: usize, asked: usize, kept: bool) -> Outcome {
        self.back.sort();
        let slowest = self.back.last().cloned().unwrap_or_default();
        let median = self.back.get(self.back.len() / 2).map_or(0, |(time, _)| *time);
        let late = self.back.iter().filter(|(time, _)| *time > BACK.as_millis()).count();
        println!(
            "{} rounds: signed out {signed_out} times, asked to sign in {asked} times, session kept: {kept}",
            self.rounds
        );
        println!(
            "group view back after {median} ms (median), {} ms (slowest: {}), later than {} s: {late}",
            slowest.0,
            slowest.1,
            BACK.as_secs()
        );
        let quarter = self.footprints.len() / 4;
        if quarter < 2 {
            return Err("too short to tell growth: four minutes, at least".into());
        }
        let (early, last) = (
            &self.footprints[quarter..2 * quarter],
            &self.footprints[self.footprints.len() - quarter..],
        );
        let median =
            |figure: fn(&Footprint) -> u64| (Footprint::median(early, figure), Footprint::median(last, figure));
        let (before, after) = median(|one| one.kib);
        let growth = after
            .saturating_mul(1_000)
            .checked_div(before)
            .map_or(0, u64::cast_signed)
            - 1_000;
        println!("memory of the app: {before} -> {after} KiB ({growth:+} per mille)");
        let (before, after) = median(|one| one.engine_kib);
        println!("memory of the engine's processes: {before} -> {after} KiB");
        let (before, after) = (Footprint::calm(early), Footprint::calm(last));
        println!("open files of the app and the engine's processes, when calm: {before} -> {after}");
        if after > before {
            for (what, more) in Footprint::more(early, last) {
                println!("  {more} more: {what}");
            }
        }
        let held = [
            (signed_out == 0 && asked == 0 && kept, "somebody had to sign in"),
            (late == 0, "the group view was back too late"),
            (growth <= GROWTH, "the app grows"),
            (after <= before, "open files become more"),
        ];
        let broken: Vec<_> = held.iter().filter(|(held, _)| !held).map(|(_, why)| *why).collect();
        if broken.is_empty() {
            Ok(())
        } else {
            Err(broken.join("; ").into())
        }
    }
}
