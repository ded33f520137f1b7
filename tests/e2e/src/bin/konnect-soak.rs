//! What `cargo xtask soak` runs after the build: one app in use for minutes, on a network that fails all the time, with
//! processes that stand still for a while and a clock that somebody sets.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use e2e::{
    App, Footprint, Freeze, Frozen, Network, NetworkCondition, Outcome, Sandbox, Scenario, Services, WrongClock,
    app_processes, is_app,
};
use fastrand::Rng;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

/// Within this time after the network works again, the group view has to be back.
const RECOVERY_LIMIT: Duration = Duration::from_secs(10);
/// How many open files more are no leak: a connection that is kept for the next request, a font. A file that leaks in some
/// rounds is many after an hour.
const MORE_FILES: usize = 4;
/// How much the app's memory may grow after the first quarter of the run, in thousandths.
const MAX_GROWTH: i64 = 50;
/// For how many seconds the identity provider takes a refresh token that it has rotated.
const LEEWAY: u64 = 180;
/// The longest freeze if the soak is an hour or longer, in seconds. A shorter soak has shorter freezes.
const LONGEST_FREEZE: u64 = 600;
/// How far somebody sets the clock, in seconds.
const CLOCK_JUMPS: [i64; 6] = [-86_400, -3_600, -300, 300, 3_600, 86_400];
/// Rounds at the end in which the app is killed, and started while the network fails.
const KILLS: u32 = 5;

/// Uses the app on a network that fails all the time, stops its processes for a while and sets its clock, and measures
/// recovery, restarts, memory and open files.
#[derive(Parser)]
struct Cli {
    /// How long, without the rounds at the end.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// The seed. Each seed is one sequence of failures.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The longest time for which processes stand still, in seconds; 0 for no freezes. If absent, ten seconds for each
    /// minute of the soak, and ten minutes at most, so that a soak of an hour has dozens of freezes.
    #[arg(long)]
    longest_freeze: Option<u64>,
    /// The path of toxiproxy's server.
    #[arg(long)]
    toxiproxy: PathBuf,
}

impl Cli {
    fn longest_freeze(&self) -> u64 {
        self.longest_freeze
            .unwrap_or_else(|| (self.minutes * 10).min(LONGEST_FREEZE))
    }
}

/// The measurements.
#[derive(Default)]
struct Measurements {
    rounds: u32,
    /// How long each freeze lasted.
    freezes: Vec<Duration>,
    /// How often somebody set the clock.
    clock_jumps: u32,
    /// How often the app's process, or a process of the engine, was another one after a round in which nobody killed it.
    app_restarts: u32,
    engine_restarts: u32,
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
    // An answer of the token endpoint that is lost on the way for longer than the leeway ends the session, whatever the app
    // does. A freeze in the middle of a request loses its answer, because the time for the request is over when it ends.
    let leeway = LEEWAY + cli.longest_freeze();
    scenario.services.control("/leeway", json!({"seconds": leeway}))?;
    let clock = WrongClock::in_sandbox(&mut scenario.sandbox)?;
    if clock.is_none() {
        eprintln!("the package libfaketime is not installed, so nobody sets the clock");
    }
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
        let before = Processes::of(&scenario)?;
        // Often enough that a soak of an hour has dozens, and seldom enough that most of its time is use.
        let freezes = cli.longest_freeze() > 0 && random.u8(..4) == 0;
        if freezes {
            let longest = Duration::from_secs(cli.longest_freeze());
            round_with_freeze(&scenario, &network, &app, &mut random, longest, &mut measurements).await?;
        } else {
            if let Some(clock) = &clock
                && random.u8(..8) == 0
            {
                clock.set(random.choice(CLOCK_JUMPS).unwrap_or_default())?;
                measurements.clock_jumps += 1;
            }
            round(&scenario, &network, &app, &mut random, &mut measurements).await?;
        }
        measurements.count_restarts(&before, &Processes::of(&scenario)?);
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

/// One round in which processes stand still: the web session is over, the user reloads the page, and in the middle of what
/// follows the processes stop, as they do when somebody closes a tablet's cover. In half of the cases something fails
/// meanwhile, and works again before the processes go on.
async fn round_with_freeze(
    scenario: &Scenario,
    network: &Network,
    app: &App,
    random: &mut Rng,
    longest: Duration,
    measurements: &mut Measurements,
) -> Outcome {
    scenario.services.control("/web/end", json!({}))?;
    app.site("").await?;
    app.driver()
        .execute("setTimeout(() => location.reload(), 0)", vec![])
        .await?;
    tokio::time::sleep(Duration::from_millis(random.u64(..1_500))).await;
    let whose = random.choice(Frozen::ALL).unwrap_or(Frozen::Everything);
    let time = freeze_time(random, longest);
    let freeze = Freeze::of(&scenario.sandbox, whose)?;
    // The driver waits for the engine, so nobody asks it anything before the end of the freeze.
    let meanwhile = if random.bool() {
        let failure = cause_failure(scenario, network, random)?;
        tokio::time::sleep(time).await;
        restore(scenario, network)?;
        failure
    } else {
        tokio::time::sleep(time).await;
        "nothing".to_owned()
    };
    freeze.end()?;
    measurements.freezes.push(time);
    let what = format!("{whose:?} frozen for {} s, meanwhile {meanwhile}", time.as_secs());
    await_recovery(scenario, network, app, what, measurements).await
}

/// From a second to `longest`. Each order of magnitude is as likely as the others, because a tablet sleeps for seconds more
/// often than for minutes.
fn freeze_time(random: &mut Rng, longest: Duration) -> Duration {
    Duration::from_secs_f64(longest.as_secs_f64().max(1.).powf(random.f64()))
}

/// The app's own process, and those of the engine.
struct Processes {
    app: BTreeSet<i32>,
    engine: BTreeSet<i32>,
}

impl Processes {
    fn of(scenario: &Scenario) -> Outcome<Self> {
        let (app, engine): (Vec<_>, Vec<_>) = app_processes(scenario.sandbox.home())?.into_iter().partition(is_app);
        let ids = |of: Vec<procfs::process::Process>| of.iter().map(procfs::process::Process::pid).collect();
        Ok(Self {
            app: ids(app),
            engine: ids(engine),
        })
    }
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

/// Makes everything work again.
fn restore(scenario: &Scenario, network: &Network) -> Outcome {
    scenario.services.control(
        "/faults",
        json!({"broken": [], "html200": [], "portal": false, "token": null}),
    )?;
    network.restore()
}

/// Makes everything work again, waits until the group view is back, and measures how long that took.
async fn await_recovery(
    scenario: &Scenario,
    network: &Network,
    app: &App,
    failure: String,
    measurements: &mut Measurements,
) -> Outcome {
    restore(scenario, network)?;
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
    fn count_restarts(&mut self, before: &Processes, after: &Processes) {
        self.app_restarts += u32::from(before.app != after.app);
        self.engine_restarts += u32::from(!before.engine.is_subset(&after.engine));
    }

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
        let frozen: Duration = self.freezes.iter().sum();
        println!(
            "processes stood still {} times, for {} s at the longest and {} s together; the clock was set {} times",
            self.freezes.len(),
            self.freezes.iter().max().map_or(0, Duration::as_secs),
            frozen.as_secs(),
            self.clock_jumps
        );
        println!(
            "restarts that nobody asked for: the app {}, the engine's processes {}",
            self.app_restarts, self.engine_restarts
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
            (self.app_restarts == 0, "the app went away and came back"),
            (growth <= MAX_GROWTH, "the app grows"),
            (after <= before + MORE_FILES, "open files become more"),
        ];
        let exceeded: Vec<_> = limits.iter().filter(|(met, _)| !met).map(|(_, why)| *why).collect();
        if exceeded.is_empty() {
            Ok(())
        } else {
            Err(exceeded.join("; ").into())
        }
    }
}
