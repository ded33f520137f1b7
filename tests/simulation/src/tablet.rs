//! One tablet through 400 days, with the real application in it.
//!
//! The application ([`app::App`]: loop, state machine, session, settings, saved state, timers) runs as it ships, against
//! a model of the identity provider ([`crate::server`]), of Konnect's site ([`crate::site`]), of keystore, network and
//! process ([`crate::world`]), and of the people who use the tablet ([`crate::people`]). What must hold, whatever the
//! seed, is in [`crate::promises`].

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use app::{App, AppHandle, Parts, Platform, SavedStateStore, SettingsSources, SiteHost, Ui};
use settings::ROTATION_LEEWAY_SECONDS;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::calendar::{BEGIN, DAY, DAYS, HOUR, begins_summer, is_used};
use crate::cookies::{Cookies, Owner};
use crate::device::{ModelDevice, environments};
use crate::faults::{Fault, schedule};
use crate::server::Server;
use crate::site::{ModelSite, SitePort};
use crate::world::{Process, SeededRandom, Step, World, in_simulated_time};

/// What became of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub days_used: usize,
    pub exchanges: usize,
    pub starts: usize,
    /// Sessions that ended, by the reason.
    pub ended: BTreeMap<&'static str, usize>,
    /// Sessions that a person ended while the keystore did not let go of them, and that the next start found again.
    pub found_again: usize,
    /// Sessions of an assignment before that live on at the identity provider, because something was in the way of their
    /// end.
    pub unrevoked: usize,
    /// Times that somebody signed in on the site's own page, because no session transfer was there.
    pub signed_in_on_the_site: usize,
    /// Minutes in which an outage had lasted for ten minutes and more, and requests that the tablet sent in them.
    pub outage_minutes: usize,
    pub outage_requests: usize,
    /// How often each fault took effect.
    pub reached: BTreeMap<Fault, u64>,
    /// Of all that happened, in order.
    pub fingerprint: u64,
}

/// A promise that was broken, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub String);

/// The application in its process.
pub(crate) struct Running {
    pub(crate) process: Process,
    pub(crate) handle: AppHandle,
    pub(crate) site: Arc<ModelSite>,
    pub(crate) changed: Arc<Notify>,
    task: AbortHandle,
}

pub struct Tablet {
    pub(crate) seed: u64,
    pub(crate) world: World,
    pub(crate) running: Running,
    pub(crate) draws: fastrand::Rng,
    pub(crate) summary: Summary,
    /// The keystore keeps its entries when the app is removed.
    pub(crate) keystore_outlives_app: bool,
    /// Somebody has signed in, and nothing has ended it since, as far as anybody has seen.
    pub(crate) signed_in: bool,
    /// A person pressed "sign out".
    pub(crate) by_person: bool,
    /// How often the identity provider had refused a grant when somebody last signed in.
    pub(crate) definitive: usize,
    /// Sign-ins at the identity provider so far.
    pub(crate) sign_ins: usize,
    /// Whose session it was.
    pub(crate) owner: Owner,
    /// Whose session has to be gone, and since when.
    pub(crate) left: Option<(Owner, i64)>,
}

/// Runs a seed.
pub fn run(seed: u64) -> Result<Summary, Broken> {
    in_simulated_time(async {
        let mut draws = fastrand::Rng::with_seed(seed);
        let leeway = [0, 180, 180, 180][draws.usize(0..4)];
        let rotates = draws.u8(0..5) != 0;
        let keystore_outlives_app = draws.bool();
        let world = World::new(seed, Server::new(rotates, leeway));
        world.state().periods = schedule(&mut draws);
        let running = Running::start(&world, seed, 0, None, keystore_outlives_app);
        let mut tablet = Tablet {
            seed,
            world,
            running,
            draws,
            summary: Summary::default(),
            keystore_outlives_app,
            signed_in: false,
            by_person: false,
            definitive: 0,
            sign_ins: 0,
            owner: 0,
            left: None,
        };
        tablet.live().await;
        tablet.running.stop();
        tablet.expect_few_requests();
        let state = tablet.world.state();
        let mut summary = tablet.summary.clone();
        summary.exchanges = state.server.exchanges;
        summary
            .ended
            .extend(state.server.ends.iter().map(|(why, count)| (*why, *count)));
        summary.signed_in_on_the_site = state.signed_in_on_the_site;
        summary.reached.clone_from(&state.reached);
        summary.outage_minutes = state.outage_minutes();
        summary.outage_requests = state.outage_requests;
        summary.fingerprint = state.fingerprint;
        state.broken.clone().map_or(Ok(summary), |broken| Err(Broken(broken)))
    })
}

/// Tells the person that something else is on screen.
struct Screenwatch(Arc<Notify>);

impl Ui for Screenwatch {
    fn view_changed(&self) {
        self.0.notify_one();
    }

    fn quit(&self) {}
}

impl Running {
    /// Starts the application. `die_at` kills its process at that step of its first exchange.
    fn start(world: &World, seed: u64, count: u64, die_at: Option<Step>, keystore_outlives_app: bool) -> Self {
        let process = world.start(die_at);
        let around = Arc::new(process.clone());
        let (inbox, messages) = app::channel();
        let site_host = Arc::new(SiteHost::new(inbox.clone()));
        let site = ModelSite::new(process.clone(), site_host.clone());
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
                keystore_outlives_app,
                clock: around,
                random: Arc::new(SeededRandom::new(seed ^ (count << 20) ^ 0xd1ce)),
                http: Box::new(move |_| Some(http.clone())),
                store: Box::new(move |_| store.clone()),
            },
            sources: SettingsSources::new(environments(ROTATION_LEEWAY_SECONDS), device),
            saved: SavedStateStore::open(process.clone()),
            log_level: app::diagnostics::LogLevel::default(),
        });
        let handle = application.handle();
        let task = tokio::spawn(application.run()).abort_handle();
        world.set_running(true);
        Self {
            process,
            handle,
            site,
            changed,
            task,
        }
    }

    /// Kills the process.
    pub(crate) fn stop(&self) {
        self.process.world.set_running(false);
        self.process.kill();
        self.task.abort();
    }
}

impl Tablet {
    async fn live(&mut self) {
        for day in (0..DAYS).filter(|day| is_used(*day)) {
            let midnight = BEGIN + day * DAY;
            let opens = midnight + self.draws.i64(7 * HOUR..8 * HOUR + 1_800);
            let closes = midnight + self.draws.i64(15 * HOUR..18 * HOUR + 1_800);
            // Some lie on a charger with their screen on; most sleep.
            if self.draws.u8(0..4) == 0 && opens - self.world.now() < 4 * DAY {
                self.world.until(opens).await;
            } else {
                self.world.finish_background_work().await;
                self.world.sleep_until(opens);
            }
            if self.world.state().broken.is_some() {
                return;
            }
            self.summary.days_used += 1;
            self.morning(day);
            self.day(closes).await;
            self.evening(day).await;
            if begins_summer(day) {
                self.running.stop();
            }
        }
    }

    /// Whatever changes over night.
    fn morning(&mut self, day: i64) {
        let is_assigned = self.assign(day);
        let assignment = self.world.state().assignment.clone();
        self.world
            .note(&format!("{assignment:?}, to be started: {is_assigned}"));
        if self.running.process.dead() || is_assigned || self.draws.u8(0..10) < 6 {
            self.restart(None);
        } else {
            self.running.handle.came_to_front();
        }
        let clock = match self.draws.u32(0..400) {
            0 => Some(-self.world.now()),
            1 => Some(4_070_908_800 - self.world.now()),
            2..6 => Some([-600, 600, -HOUR, HOUR][self.draws.usize(0..4)]),
            6..40 => Some(0),
            _ => None,
        };
        let rotates_keys = self.draws.u8(0..30) == 0;
        let mut state = self.world.state();
        if let Some(clock) = clock {
            state.clock = clock;
            state.reach(Fault::ClockSet);
        }
        if rotates_keys {
            state.server.keys += 1;
            state.reach(Fault::KeysRotated);
        }
    }

    /// The administrator, now and then: another account type, another organisation, a new installation. True if the app
    /// has to be started.
    fn assign(&mut self, day: i64) -> bool {
        let what = self.draws.u32(0..2_000);
        let mut state = self.world.state();
        match what {
            // A personal account for a while.
            0..10 => state.assignment.personal = true,
            10..60 => {
                if !state.assignment.personal {
                    return false;
                }
                state.assignment.personal = false;
            }
            60..68 => {
                let other = if state.assignment.tenant == "zonnetje" {
                    "regenboog"
                } else {
                    "zonnetje"
                };
                state.assignment.tenant = other;
                state.reach(Fault::OrganisationChanged);
                return false;
            }
            68..76 if day > 0 => {
                drop(state);
                self.reinstall();
                return true;
            }
            76..90 => {
                let copies = state.saved_file.len();
                let damaged = if what < 80 { copies } else { copies.min(1) };
                for copy in state.saved_file.iter_mut().take(damaged) {
                    copy.truncate(copy.len() / 2);
                }
                if damaged > 0 {
                    state.reach(Fault::StateDamaged);
                }
                return true;
            }
            _ => return false,
        }
        state.reach(Fault::AccountChanged);
        false
    }

    /// The app is removed and installed again.
    fn reinstall(&mut self) {
        self.running.stop();
        self.world.note(&format!(
            "reinstalled; keystore outlives it: {}",
            self.keystore_outlives_app
        ));
        let mut state = self.world.state();
        state.saved_file.clear();
        state.cookies = Cookies::default();
        if !self.keystore_outlives_app {
            state.disk.clear();
        }
        state.leave_owner();
        state.reach(Fault::Reinstalled);
    }

    pub(crate) fn restart(&mut self, die_at: Option<Step>) {
        self.running.stop();
        self.summary.starts += 1;
        let count = self.summary.starts as u64;
        self.running = Running::start(&self.world, self.seed, count, die_at, self.keystore_outlives_app);
    }

    /// Lets the application do what it does at once.
    pub(crate) async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
