//! One tablet through 400 days, with the real application in it.
//!
//! The application ([`app::App`]: loop, state machine, session, settings, saved state, timers) runs as it ships, against
//! a model of the identity provider ([`crate::server`]), of Konnect's site ([`crate::site`]), of keystore, network and
//! process ([`crate::world`]), and of the people who use the tablet (this file). What must hold, whatever the seed:
//!
//! - signed out only by `invalid_grant` of the identity provider, by a person, or with the process if the keystore never
//!   took what a sign-in brought, however often the application tried;
//! - the identity provider says that only for a reason that no app can help: 60 days idle, or an answer that was lost
//!   (with its process, on the way, or before a keystore that takes nothing) and a leeway that was missed;
//! - refreshed at least daily on days on which nothing is in the way, so that 59 days away cost nobody the session;
//! - never two exchanges at once, never an older token after a newer one was saved;
//! - after three hours with nothing in the way, the group view is on screen.

use std::sync::Arc;
use std::time::Duration;

use app::{App, AppHandle, Parts, Platform, SavedStateStore, SettingsSources, SiteHost, Ui};
use app_state::{Action, Screen, View};
use session::{Config, RefreshOutcome, Session};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use url::Url;

use crate::calendar::{BEGIN, DAY, DAYS, HOUR, begins_summer, is_used};
use crate::device::ModelDevice;
use crate::server::{CLIENT, ISSUER, Server};
use crate::site::{GROUP_URL, ModelSite, SitePort};
use crate::world::{Dice, NetworkCondition, Process, STEPS, Step, World};

/// So long before the tablet is put away nothing may be in the way for a day to count.
const CLEAR: i64 = 3 * HOUR;

/// What became of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub days_used: usize,
    pub exchanges: usize,
    pub kills: usize,
    /// Sessions that ended after 60 days idle.
    pub idle: usize,
    /// Sessions that ended by a lost answer.
    pub lost: usize,
    /// Sessions that ended with their process, before the keystore took them.
    pub never_saved: usize,
    /// Sessions that a person ended.
    pub signed_out: usize,
    /// Sessions that a person ended while the keystore did not let go of them, and that the next start found again.
    pub found_again: usize,
    /// Times that somebody signed in on the site's own page, because no session transfer was there.
    pub signed_in_on_the_site: usize,
    /// Of all that happened, in order.
    pub fingerprint: u64,
}

/// A promise that was broken, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub String);

/// The application in its process.
struct Running {
    process: Process,
    handle: AppHandle,
    site: Arc<ModelSite>,
    changed: Arc<Notify>,
    task: AbortHandle,
}

struct Tablet {
    seed: u64,
    world: World,
    running: Running,
    days: fastrand::Rng,
    summary: Summary,
    /// Somebody has signed in, and nothing has ended it since, as far as anybody has seen.
    signed_in: bool,
    /// A person pressed "sign out".
    by_person: bool,
    /// How often the identity provider had refused a grant when somebody last signed in.
    definitive: usize,
    /// Sign-ins at the identity provider so far.
    sign_ins: usize,
}

/// Runs a seed.
pub fn run(seed: u64) -> Result<Summary, Broken> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .max_blocking_threads(1)
        .build()
        .unwrap();
    let outcome = runtime.block_on(async {
        let mut draws = fastrand::Rng::with_seed(seed);
        let leeway = [0, 180, 180, 180][draws.usize(0..4)];
        let rotates = draws.u8(0..5) != 0;
        let world = World::new(seed, Server::new(seed, rotates, leeway));
        world.state().conditions = conditions(&mut draws);
        let running = Running::start(&world, seed, 0, None);
        let mut tablet = Tablet {
            seed,
            world,
            running,
            days: draws,
            summary: Summary::default(),
            signed_in: false,
            by_person: false,
            definitive: 0,
            sign_ins: 0,
        };
        tablet.live().await;
        tablet.running.stop();
        let state = tablet.world.state();
        let mut summary = tablet.summary.clone();
        summary.exchanges = state.server.exchanges;
        summary.idle = state.server.ends.get("idle").copied().unwrap_or(0);
        summary.lost = state.server.ends.get("reuse").copied().unwrap_or(0);
        summary.signed_in_on_the_site = state.signed_in_on_the_site;
        summary.fingerprint = state.fingerprint;
        state.broken.clone().map_or(Ok(summary), |broken| Err(Broken(broken)))
    });
    runtime.shutdown_background();
    outcome
}

/// Tells the person that something else is on screen.
struct Screenwatch(Arc<Notify>);

impl Ui for Screenwatch {
    fn view_changed(&self) {
        self.0.notify_one();
    }

    fn quit(&self) {}
}

fn environments() -> settings::Environments {
    let toml = format!(
        "[production]\nissuer = \"{ISSUER}\"\nclient_id = \"{CLIENT}\"\ngroup_url = \"{}\"\ntenant_suffix = \".ouderportaal.nl\"\n",
        GROUP_URL.replace("zonnetje", "{tenant}")
    );
    settings::Environments::from_toml(&toml).unwrap()
}

impl Running {
    /// Starts the application. `die_at` kills its process at that step of its first exchange.
    fn start(world: &World, seed: u64, count: u64, die_at: Option<Step>) -> Self {
        let process = world.start(die_at);
        let around = Arc::new(process.clone());
        let (inbox, messages) = app::channel();
        let site_host = Arc::new(SiteHost::new(inbox.clone()));
        let site = ModelSite::new(process.clone(), site_host.clone(), seed ^ (count << 20));
        let device = Arc::new(ModelDevice(process.clone()));
        let changed = Arc::new(Notify::new());
        let (http, store) = (around.clone(), around.clone());
        let application = App::new(Parts {
            inbox,
            messages,
            site_host,
            site: Arc::new(SitePort(site.clone())),
            device: device.clone(),
            ui: Arc::new(Screenwatch(changed.clone())),
            platform: Platform {
                keystore_outlives_app: false,
                clock: around,
                random: Arc::new(Dice::new(seed ^ (count << 20) ^ 0xd1ce)),
                http: Box::new(move |_| Some(http.clone())),
                store: Box::new(move |_| store.clone()),
            },
            sources: SettingsSources::new(environments(), device),
            saved: SavedStateStore::open(process.clone()),
            log_level: app::diagnostics::LogLevel::default(),
        });
        let handle = application.handle();
        let task = tokio::spawn(application.run()).abort_handle();
        Self {
            process,
            handle,
            site,
            changed,
            task,
        }
    }

    /// Kills the process.
    fn stop(&self) {
        self.process.kill();
        self.task.abort();
    }
}

/// What stands in the way, and when.
fn conditions(draws: &mut fastrand::Rng) -> Vec<(i64, i64, NetworkCondition)> {
    let kinds = [
        (NetworkCondition::Away, 50, 8 * HOUR),
        (NetworkCondition::Hangs, 20, 2 * HOUR),
        (NetworkCondition::Portal, 40, 4 * HOUR),
        (NetworkCondition::Redirects, 20, 4 * HOUR),
        (NetworkCondition::Down, 40, 8 * HOUR),
        (NetworkCondition::Storm, 40, HOUR),
        (NetworkCondition::Locked, 15, 2 * HOUR),
        (NetworkCondition::Full, 10, 2 * HOUR),
    ];
    let mut all = vec![];
    for day in 1..DAYS {
        for (kind, often, longest) in kinds {
            if draws.u32(0..1_000) < often {
                // Most begin where they hurt: when everybody opens.
                let begins = BEGIN + day * DAY + if draws.bool() { 7 * HOUR } else { draws.i64(0..DAY) };
                all.push((begins, begins + draws.i64(60..longest), kind));
            }
        }
        if draws.u32(0..1_000) < 3 {
            all.push((
                BEGIN + day * DAY,
                BEGIN + (day + draws.i64(1..6)) * DAY,
                NetworkCondition::Away,
            ));
        }
    }
    all
}

/// What a person does about what is on screen, after so many seconds. None: work, or wait.
fn reaction(screen: &Screen) -> Option<(u64, Action)> {
    match screen {
        Screen::SignIn { busy: false, .. } => Some((60, Action::SignIn)),
        // The first button; later where the app says that it tries again by itself.
        Screen::Trouble { buttons, retries, .. } => buttons
            .first()
            .map(|button| (if *retries { 900 } else { 120 }, button.clone())),
        Screen::Status { asking: false, .. } => Some((60, Action::OpenGroup)),
        Screen::Browser { .. } => Some((900, Action::Cancel)),
        _ => None,
    }
}

impl Tablet {
    async fn live(&mut self) {
        for day in (0..DAYS).filter(|day| is_used(*day)) {
            let midnight = BEGIN + day * DAY;
            let (opens, closes) = (
                midnight + self.days.i64(7 * HOUR..8 * HOUR + 1_800),
                midnight + self.days.i64(15 * HOUR..18 * HOUR + 1_800),
            );
            self.world.until(opens).await;
            if self.world.state().broken.is_some() {
                return;
            }
            self.summary.days_used += 1;
            self.morning();
            self.day(closes).await;
            self.evening(day, closes);
            if begins_summer(day) {
                self.running.stop();
            }
        }
    }

    /// Whatever changes over night.
    fn morning(&mut self) {
        if self.running.process.dead() || self.days.u8(0..10) < 6 {
            self.restart(None);
        } else {
            self.running.handle.came_to_front();
        }
        let clock = match self.days.u32(0..400) {
            0 => Some(-self.world.now()),
            1 => Some(4_070_908_800 - self.world.now()),
            2..6 => Some([-600, 600, -HOUR, HOUR][self.days.usize(0..4)]),
            6..40 => Some(0),
            _ => None,
        };
        let mut state = self.world.state();
        if let Some(clock) = clock {
            state.clock = clock;
        }
        if self.days.u8(0..30) == 0 {
            state.server.keys += 1;
        }
    }

    fn restart(&mut self, die_at: Option<Step>) {
        self.running.stop();
        self.summary.kills += 1;
        self.running = Running::start(&self.world, self.seed, self.summary.kills as u64, die_at);
    }

    /// As long as the tablet is in use: people do what the screen asks for, and now and then something else happens.
    async fn day(&mut self, closes: i64) {
        let mut deeds: Vec<i64> = (0..self.days.usize(0..4))
            .map(|_| self.world.now() + self.days.i64(0..8 * HOUR))
            .collect();
        deeds.sort_unstable();
        for deed in deeds.into_iter().filter(|deed| *deed < closes) {
            self.attend(deed).await;
            self.deed().await;
        }
        self.attend(closes).await;
    }

    /// Works on the tablet until then.
    async fn attend(&mut self, until: i64) {
        while self.world.now() < until && self.world.state().broken.is_none() {
            let view = self.running.handle.view();
            self.observe(&view);
            let left = Duration::from_secs(u64::try_from(until - self.world.now()).unwrap_or(0));
            let Some((seconds, action)) = reaction(&view.screen) else {
                let _ = tokio::time::timeout(left, self.running.changed.notified()).await;
                continue;
            };
            let thinking = Duration::from_secs(seconds).min(left);
            if tokio::time::timeout(thinking, self.running.changed.notified())
                .await
                .is_err()
                && self.running.handle.view() == view
                && thinking < left
            {
                self.world.note(&format!("{action:?}"));
                self.running.handle.dispatch(action);
                // Let the application take it in.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    /// Looks at the screen.
    fn observe(&mut self, view: &View) {
        match &view.screen {
            Screen::Group { .. } if !self.signed_in => {
                let (sign_ins, definitive) = {
                    let state = self.world.state();
                    (state.server.sign_ins(), state.definitive)
                };
                if sign_ins == self.sign_ins {
                    self.summary.found_again += 1;
                }
                (self.sign_ins, self.definitive) = (sign_ins, definitive);
                (self.signed_in, self.by_person) = (true, false);
            }
            Screen::SignIn { why, .. } if self.signed_in => {
                let (definitive, never_saved, stored) = {
                    let state = self.world.state();
                    (
                        state.definitive,
                        !state.has_saved(state.server.sign_ins()),
                        state.stored(),
                    )
                };
                if self.by_person {
                    self.summary.signed_out += 1;
                } else if never_saved {
                    self.summary.never_saved += 1;
                } else if definitive == self.definitive {
                    self.world.broken(|| format!("signed out ({why:?}) by nobody"));
                } else if stored && self.world.condition() != Some(NetworkCondition::Locked) {
                    self.world
                        .broken(|| format!("signed out ({why:?}), and the keystore still holds the session"));
                }
                self.signed_in = false;
            }
            _ => {}
        }
    }

    fn evening(&mut self, day: i64, closes: i64) {
        let view = self.running.handle.view();
        self.observe(&view);
        let clear = {
            let state = self.world.state();
            !state
                .conditions
                .iter()
                .any(|(from, to, _)| *from < closes && *to > closes - CLEAR)
        };
        if !clear || !self.signed_in {
            return;
        }
        if !matches!(view.screen, Screen::Group { .. }) {
            self.world
                .broken(|| format!("no group view on day {day} with nothing in the way: {:?}", view.screen));
        }
        let idle = closes - self.world.state().server.used();
        if idle > DAY + 3 * HOUR {
            let hours = idle / HOUR;
            self.world
                .broken(|| format!("not refreshed for {hours} hours, on day {day} with nothing in the way"));
        }
        if self.world.state().server.ended().is_none() {
            self.world.state().server.healthy = closes;
        }
    }

    /// Anything but the daily refresh.
    async fn deed(&mut self) {
        if !matches!(self.running.handle.view().screen, Screen::Group { .. }) {
            return self.running.handle.came_to_front();
        }
        match self.days.u8(0..20) {
            0..9 => self.running.site.end_web_session(),
            9..12 => self.at_once().await,
            12..16 => self.killed().await,
            16..18 => self.in_the_background().await,
            18 => self.running.handle.came_to_front(),
            _ if self.days.u8(0..4) == 0 => self.sign_out().await,
            _ => self.running.handle.came_to_front(),
        }
    }

    /// Several things that want the session, at the same moment.
    async fn at_once(&mut self) {
        self.running.site.end_web_session();
        self.running.handle.came_to_front();
        tokio::time::sleep(Duration::from_millis(200)).await;
        self.running.site.end_web_session();
    }

    /// Killed in the middle of an exchange, at a step or at any moment, and opened again at once or later.
    async fn killed(&mut self) {
        let step = self.days.bool().then(|| STEPS[self.days.usize(0..STEPS.len())]);
        self.restart(step);
        // The group view opens, and its page asks for a session transfer.
        tokio::time::sleep(Duration::from_secs(2)).await;
        self.running.site.end_web_session();
        let most = if step.is_some() {
            120_000
        } else {
            self.days.u64(0..3_000)
        };
        let process = self.running.process.clone();
        let until_dead = async {
            while !process.dead() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_millis(most), until_dead).await;
        self.running.stop();
        self.world.note("killed");
        let later = [0, 20, 300][self.days.usize(0..3)];
        tokio::time::sleep(Duration::from_secs(later)).await;
        self.restart(None);
    }

    /// A second process with the same keystore refreshes, and then the application finds a newer token there than the one it
    /// remembers. (Two that act at the same moment are for the crash matrix, which runs real processes: here threads
    /// would decide which comes first, and a seed would not replay.)
    async fn in_the_background(&mut self) {
        self.summary.kills += 1;
        let process = self.world.start(None);
        let around = Arc::new(process.clone());
        let redirect_uri = Url::parse(app::REDIRECT_URI).unwrap();
        let config = Config::new(ISSUER.to_owned(), CLIENT.to_owned(), redirect_uri);
        let other = Session::new(
            config,
            around.clone(),
            around.clone(),
            Arc::new(Dice::new(self.seed ^ ((self.summary.kills as u64) << 20) ^ 0xba)),
            around,
        );
        let (before, stored) = {
            let state = self.world.state();
            (state.definitive, state.stored())
        };
        let outcome = other.refresh().await;
        process.kill();
        self.running.site.end_web_session();
        self.world.note(&format!("{outcome:?}"));
        if matches!(outcome, RefreshOutcome::SignedOut(_)) && stored && self.world.state().definitive == before {
            self.world
                .broken(|| format!("a second process found the session over: {outcome:?}"));
        }
    }

    async fn sign_out(&mut self) {
        self.world.note("sign out");
        self.by_person = true;
        for action in [Action::ShowStatus, Action::AskSignOut, Action::SignOut] {
            self.running.handle.dispatch(action);
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }
}
