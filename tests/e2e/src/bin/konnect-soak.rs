//! What `cargo xtask soak` runs after the build: one app in use for minutes, on a network that fails all the time.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use e2e::{App, Footprint, Network, NetworkCondition, Outcome, Sandbox, Scenario, Services};
use fastrand::Rng;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

/// Within this time after the network works again, the group view has to be back.
const RECOVERY_LIMIT: Duration = Duration::from_secs(10);
/// How much the app's memory may grow after the first quarter of the run, in thousandths.
const MAX_GROWTH: i64 = 50;
/// Rounds at the end in which the app is killed, and started while the network fails.
const KILLS: u32 = 5;

/// Uses the app on a network that fails all the time, and measures recovery, memory and open files.
#[derive(Parser)]
struct Cli {
    /// How long, without the rounds at the end.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// The seed. Each seed is one sequence of failures.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The path of toxiproxy's server.
    #[arg(long)]
    toxiproxy: PathBuf,
}

/// The measurements.
#[derive(Default)]
struct Measurements {
    rounds: u32,
    /// How long the group view took to be back, in milliseconds, and what had failed.
    recoveries: Vec<(u128, String)>,
    /// One after each round.
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
    let mut scenario = Scenario::with(Sandbox::new()?, Services::start_behind_proxy()?);
    // Without leeway, an answer of the token endpoint that is lost on the way ends the session, whatever the app does.
    scenario.services.control("/leeway", json!({"seconds": 180}))?;
    let network = Network::between(&mut scenario.sandbox, &scenario.services, &cli.toxiproxy).await?;
    let app = scenario.app().await?;
    scenario.to_group(&app, "groep.vlinders").await?;
    app.group("Vlinders").await?;
    let opened = scenario.sandbox.opened_urls().len();
    let (mut random, mut measurements) = (Rng::with_seed(cli.seed), Measurements::default());
    let (start, length) = (Instant::now(), Duration::from_mins(cli.minutes));
    let bar = ProgressBar::new(length.as_secs());
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} s, {msg}")?);
    while start.elapsed() < length {
        round(&scenario, &network, &app, &mut random, &mut measurements).await?;
        measurements.footprints.push(Footprint::of(&scenario.sandbox)?);
        bar.set_position(start.elapsed().as_secs());
        bar.set_message(format!("{} rounds", measurements.rounds));
        if bar.is_hidden() && measurements.rounds.is_multiple_of(10) {
            eprintln!("{} s, {} rounds", start.elapsed().as_secs(), measurements.rounds);
        }
    }
    let mut app = app;
    for _ in 0..KILLS {
        app = round_with_kill(&mut scenario, &network, app, &mut random, &mut measurements).await?;
    }
    bar.finish_and_clear();
    let signed_out = scenario
        .sandbox
        .log("app.log")
        .matches(r#""event":"session_ended""#)
        .count();
    let prompted = scenario.sandbox.opened_urls().len() - opened;
    let kept = scenario.sandbox.has_stored_session()?;
    measurements.evaluate(signed_out, prompted, kept)
}

/// One round: something fails, the user reloads the page, everything works again, and the group view has to be back.
async fn round(
    scenario: &Scenario,
    network: &Network,
    app: &App,
    random: &mut Rng,
    measurements: &mut Measurements,
) -> Outcome {
    let failure = cause_failure(scenario, network, random)?;
    app.site("").await?;
    // The timer makes the script return before the reload, which may never get an answer.
    app.driver()
        .execute("setTimeout(() => location.reload(), 0)", vec![])
        .await?;
    tokio::time::sleep(Duration::from_millis(random.u64(1_000..12_000))).await;
    await_recovery(scenario, network, app, failure, measurements).await
}

/// One round with an app that is killed, and started while something fails.
async fn round_with_kill(
    scenario: &mut Scenario,
    network: &Network,
    app: App,
    random: &mut Rng,
    measurements: &mut Measurements,
) -> Outcome<App> {
    let failure = cause_failure(scenario, network, random)?;
    app.kill(&mut scenario.sandbox);
    let app = scenario.app().await?;
    tokio::time::sleep(Duration::from_millis(random.u64(..5_000))).await;
    await_recovery(scenario, network, &app, format!("{failure}, killed"), measurements).await?;
    Ok(app)
}

/// Makes the network or a server fail, and returns what failed. In half of the cases the web session ends too, so that
/// the app needs its refresh token.
fn cause_failure(scenario: &Scenario, network: &Network, random: &mut Rng) -> Outcome<String> {
    let kind = random.u32(..10);
    // With TLS, a network cannot answer in place of Konnect or of the identity provider's pages. Here it could, and its
    // page would be the site. So a foreign page answers only the app's own requests, while the web session is good.
    let foreign_page = kind == 1;
    let web_session_over = !foreign_page && random.bool();
    if web_session_over {
        scenario.services.control("/web/end", json!({}))?;
    }
    let servers: &[&str] = random
        .choice([&["identity"][..], &["konnect"], &["identity", "konnect"]])
        .unwrap_or_default();
    let failure = match kind {
        0 => {
            scenario.services.control("/faults", json!({"broken": servers}))?;
            "502".to_owned()
        }
        _ if foreign_page => {
            scenario.services.control("/faults", json!({"html200": ["identity"]}))?;
            return Ok("a foreign page at identity".to_owned());
        }
        2 => {
            scenario.services.control("/faults", json!({"portal": true}))?;
            "guest network".to_owned()
        }
        3 => {
            scenario.services.control(
                "/faults",
                json!({"token": {"status": 429, "retry_after": 2, "times": 50}}),
            )?;
            "429".to_owned()
        }
        _ => {
            let condition = random.choice(NetworkCondition::ALL).unwrap_or(NetworkCondition::Down);
            for server in servers {
                network.set_condition(server, condition)?;
            }
            format!("{condition:?}")
        }
    };
    Ok(format!(
        "{failure} at {}{}",
        servers.join(" and "),
        if web_session_over { ", web session over" } else { "" }
    ))
}

/// Makes everything work again, waits until the group view is back, and measures how long that took.
async fn await_recovery(
    scenario: &Scenario,
    network: &Network,
    app: &App,
    failure: String,
    measurements: &mut Measurements,
) -> Outcome {
    scenario.services.control(
        "/faults",
        json!({"broken": [], "html200": [], "portal": false, "token": null}),
    )?;
    network.restore()?;
    let restored = Instant::now();
    let outcome = match app.screen("group").await {
        Ok(()) => app.group("Vlinders").await,
        error => error,
    };
    let url = match &outcome {
        Ok(()) => None,
        Err(_) => app.driver().current_url().await.ok(),
    };
    outcome.map_err(|error| {
        let url = url.as_ref().map_or("nothing", |url| url.as_str());
        let log = scenario.sandbox.log("app.log");
        let last: Vec<_> = log.lines().rev().take(30).collect();
        format!(
            "after {failure}: {error}; on screen is {url}\n{}",
            last.into_iter().rev().collect::<Vec<_>>().join("\n")
        )
    })?;
    measurements.recoveries.push((restored.elapsed().as_millis(), failure));
    measurements.rounds += 1;
    // Requests in progress end before memory and files are measured.
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(())
}

impl Measurements {
    fn evaluate(mut self, signed_out: usize, prompted: usize, kept: bool) -> Outcome {
        self.recoveries.sort();
        let slowest = self.recoveries.last().cloned().unwrap_or_default();
        let median = self
            .recoveries
            .get(self.recoveries.len() / 2)
            .map_or(0, |(time, _)| *time);
        let late = self
            .recoveries
            .iter()
            .filter(|(time, _)| *time > RECOVERY_LIMIT.as_millis())
            .count();
        println!(
            "{} rounds: signed out {signed_out} times, asked to sign in {prompted} times, session kept: {kept}",
            self.rounds
        );
        println!(
            "group view back after {median} ms (median), {} ms (slowest: {}), later than {} s: {late}",
            slowest.0,
            slowest.1,
            RECOVERY_LIMIT.as_secs()
        );
        let quarter = self.footprints.len() / 4;
        if quarter < 2 {
            return Err("too short to measure growth: it takes at least four minutes".into());
        }
        let (early, last) = (
            &self.footprints[quarter..2 * quarter],
            &self.footprints[self.footprints.len() - quarter..],
        );
        let median =
            |number: fn(&Footprint) -> u64| (Footprint::median(early, number), Footprint::median(last, number));
        let (before, after) = median(|one| one.kib);
        let growth = after
            .saturating_mul(1_000)
            .checked_div(before)
            .map_or(0, u64::cast_signed)
            - 1_000;
        println!("memory of the app: {before} -> {after} KiB ({growth:+} per mille)");
        let (before, after) = median(|one| one.engine_kib);
        println!("memory of the engine's processes: {before} -> {after} KiB");
        let (before, after) = (
            Footprint::open_files_lower_quartile(early),
            Footprint::open_files_lower_quartile(last),
        );
        println!("open files of the app and the engine's processes (lower quartile): {before} -> {after}");
        if after > before {
            for (what, more) in Footprint::leaked(early, last) {
                println!("  {more} more: {what}");
            }
        }
        let limits = [
            (signed_out == 0 && prompted == 0 && kept, "somebody had to sign in"),
            (late == 0, "the group view was back too late"),
            (growth <= MAX_GROWTH, "the app grows"),
            (after <= before, "open files become more"),
        ];
        let exceeded: Vec<_> = limits.iter().filter(|(met, _)| !met).map(|(_, why)| *why).collect();
        if exceeded.is_empty() {
            Ok(())
        } else {
            Err(exceeded.join("; ").into())
        }
    }
}
