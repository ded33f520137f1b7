//! One tablet through 400 days.
//!
//! What must hold, whatever the seed:
//!
//! - signed out only by `invalid_grant` of the server, by a person, or with the process where the keystore never took what
//!   a sign-in brought, however often the shell asked it to;
//! - the server says that only for a reason that no app can help: 60 days idle, or an answer that was lost (with its
//!   process, on the way, or before a keystore that takes nothing) and a leeway that was missed;
//! - refreshed at least daily on days on which nothing is in the way, so that 59 days away cost nobody the session;
//! - never two exchanges at once, never an older token after a newer one was saved.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use session::{Config, RefreshOutcome, Session, TransferOutcome};
use url::Url;

use crate::server::{CLIENT, ISSUER, Server};
use crate::world::{BEGIN, DAY, Dice, HOUR, Process, STEPS, Step, Weather, World};

/// Longer than a year.
pub const DAYS: i64 = 400;
/// First days of two summers, and how long the tablet lies in its drawer.
const SUMMERS: [(i64, i64); 2] = [(102, 59), (280, 61)];
/// How often the shell looks whether a refresh is due, and how long one that failed rests.
const LOOK: i64 = HOUR;
const LATER: i64 = 300;
/// So long before the tablet is put away nothing may be in the way for a day to count.
const CLEAR: i64 = 3 * HOUR;

/// What became of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub days_used: usize,
    pub exchanges: usize,
    pub kills: usize,
    /// Ended by 60 days idle, and by a lost answer.
    pub idle: usize,
    pub lost: usize,
    /// Ended with its process, before the keystore took it.
    pub never_saved: usize,
    pub signed_out: usize,
    /// Of all that happened, in turn.
    pub fingerprint: u64,
}

/// A promise that was broken, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub String);

struct Tablet {
    seed: u64,
    world: World,
    process: Process,
    session: Session,
    days: fastrand::Rng,
    summary: Summary,
    /// A person has signed in, and nothing has ended it since.
    signed_in: bool,
    /// The keystore has refused the session of the newest sign-in so far: it ends with the process.
    unsaved: bool,
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
        world.state().weather = weather(&mut draws);
        let (process, session) = start(&world, seed, 0, None);
        let mut tablet = Tablet {
            seed,
            world,
            process,
            session,
            days: draws,
            summary: Summary::default(),
            signed_in: false,
            unsaved: false,
        };
        tablet.live().await;
        let state = tablet.world.state();
        let mut summary = tablet.summary.clone();
        summary.exchanges = state.server.exchanges;
        summary.idle = state.server.ends.get("idle").copied().unwrap_or(0);
        summary.lost = state.server.ends.get("reuse").copied().unwrap_or(0);
        summary.fingerprint = state.fingerprint;
        state.broken.clone().map_or(Ok(summary), |broken| Err(Broken(broken)))
    });
    runtime.shutdown_background();
    outcome
}

/// The app, started anew.
fn start(world: &World, seed: u64, count: u64, die_at: Option<Step>) -> (Process, Session) {
    let config = Config::new(
        ISSUER.to_owned(),
        CLIENT.to_owned(),
        Url::parse("nl.example.app:/callback").unwrap(),
    );
    let process = world.start(die_at);
    let dice = Dice(Mutex::new(fastrand::Rng::with_seed(seed ^ (count << 20) ^ 0xd1ce)));
    let around = Arc::new(process.clone());
    (
        process,
        Session::new(config, around.clone(), around.clone(), Arc::new(dice), around),
    )
}

/// What stands in the way, and when.
fn weather(draws: &mut fastrand::Rng) -> Vec<(i64, i64, Weather)> {
    let kinds = [
        (Weather::Away, 50, 8 * HOUR),
        (Weather::Hangs, 20, 2 * HOUR),
        (Weather::Portal, 40, 4 * HOUR),
        (Weather::Redirects, 20, 4 * HOUR),
        (Weather::Down, 40, 8 * HOUR),
        (Weather::Storm, 40, HOUR),
        (Weather::Locked, 15, 2 * HOUR),
        (Weather::Full, 10, 2 * HOUR),
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
            all.push((BEGIN + day * DAY, BEGIN + (day + draws.i64(1..6)) * DAY, Weather::Away));
        }
    }
    all
}

fn used(day: i64) -> bool {
    let away = SUMMERS
        .iter()
        .any(|(first, long)| (first + 1..first + long).contains(&day));
    let around = SUMMERS.iter().any(|(first, long)| day == *first || day == first + long);
    !away && (around || day % 7 < 5)
}

impl Tablet {
    async fn live(&mut self) {
        self.sign_in().await;
        for day in (0..DAYS).filter(|day| used(*day)) {
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
        }
    }

    /// Whatever changes over night.
    fn morning(&mut self) {
        if self.days.u8(0..10) < 6 {
            self.restart(None);
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
        self.process.kill();
        self.summary.kills += 1;
        if std::mem::take(&mut self.unsaved) && self.signed_in && !self.world.stored() {
            self.signed_in = false;
            self.summary.never_saved += 1;
        }
        (self.process, self.session) = start(&self.world, self.seed, self.summary.kills as u64, die_at);
    }

    /// As long as the tablet is in use: the shell's loop, and what people do.
    async fn day(&mut self, closes: i64) {
        let mut deeds: Vec<i64> = (0..self.days.usize(0..4))
            .map(|_| self.world.now() + self.days.i64(0..8 * HOUR))
            .collect();
        deeds.sort_unstable();
        let mut rests = 0;
        while self.world.now() < closes {
            if !self.signed_in {
                self.sign_in().await;
                continue;
            }
            let now = self.world.now();
            let due = self.session.due_in().await;
            let wait = due.map_or(LOOK, |due| i64::try_from(due.as_secs()).unwrap_or(LOOK));
            let at = (now + wait).max(rests).min(closes);
            // The shell goes on trying to save.
            let at = if self.unsaved { at.min(now + LATER) } else { at };
            if let Some(deed) = deeds.first().copied().filter(|deed| *deed <= at) {
                deeds.remove(0);
                self.world.until(deed).await;
                self.deed().await;
                continue;
            }
            self.world.until(at).await;
            if self.unsaved {
                self.save().await;
                continue;
            }
            if at < closes && due.is_some() {
                rests = if self.refresh().await {
                    0
                } else {
                    self.world.now() + LATER
                };
            }
        }
    }

    fn evening(&mut self, day: i64, closes: i64) {
        let clear = {
            let state = self.world.state();
            !state
                .weather
                .iter()
                .any(|(from, to, _)| *from < closes && *to > closes - CLEAR)
        };
        if !clear || !self.signed_in {
            return;
        }
        let idle = closes - self.world.state().server.used();
        if idle > DAY + 3 * HOUR {
            self.world.broken(|| {
                format!(
                    "not refreshed for {} hours, on day {day} with nothing in the way",
                    idle / HOUR
                )
            });
        }
        if self.world.state().server.ended().is_none() {
            self.world.state().server.healthy = closes;
        }
    }

    /// Anything but the daily refresh.
    async fn deed(&mut self) {
        match self.days.u8(0..20) {
            0..9 => {
                self.transfer().await;
            }
            9..12 => self.at_once().await,
            12..16 => self.killed().await,
            16..18 => self.in_the_background().await,
            18 => self.save().await,
            _ if self.days.u8(0..4) == 0 => self.sign_out().await,
            _ => {
                self.refresh().await;
            }
        }
    }

    async fn save(&mut self) {
        if self.session.save().await.is_ok() {
            self.unsaved = false;
        }
    }

    async fn refresh(&mut self) -> bool {
        let before = self.world.state().definitive;
        let outcome = self.session.refresh().await;
        self.refreshed(&outcome, before)
    }

    /// True if it is done: only a fault that passes is asked for again.
    fn refreshed(&mut self, outcome: &RefreshOutcome, before: usize) -> bool {
        self.world.note(&format!("{outcome:?}"));
        match outcome {
            RefreshOutcome::Refreshed { saved, .. } => {
                self.unsaved &= saved.is_err();
                true
            }
            RefreshOutcome::Kept(_) => false,
            RefreshOutcome::SignedOut(error) => {
                self.ended(error.code(), before);
                true
            }
        }
    }

    async fn transfer(&mut self) {
        let before = self.world.state().definitive;
        let outcome = self.session.transfer().await;
        self.transferred(&outcome, before);
    }

    fn transferred(&mut self, outcome: &TransferOutcome, before: usize) {
        self.world.note(&format!("{outcome:?}"));
        match outcome {
            TransferOutcome::SignedOut(error) => self.ended(error.code(), before),
            TransferOutcome::NoTransfer(error) => self.world.broken(|| format!("no hand-off: {error}")),
            TransferOutcome::Token(_) | TransferOutcome::Kept(_) => {}
        }
    }

    /// The session is over: the server must have said so, since.
    fn ended(&mut self, code: &str, before: usize) {
        // A process in the background finds nothing of what the keystore never took.
        let never_saved = std::mem::take(&mut self.unsaved);
        self.summary.never_saved += usize::from(never_saved);
        if self.signed_in && !never_saved && self.world.state().definitive == before {
            self.world.broken(|| format!("signed out with {code} by nobody"));
        }
        if self.world.stored() {
            self.world
                .broken(|| format!("signed out with {code}, and the keystore still holds the session"));
        }
        self.signed_in = false;
    }

    /// Several callers, and a hand-off between them.
    async fn at_once(&mut self) {
        let before = self.world.state().definitive;
        let (one, two, three, hand_off) = tokio::join!(
            self.session.refresh(),
            self.session.refresh(),
            self.session.refresh(),
            later(self.session.transfer())
        );
        for outcome in [one, two, three] {
            self.refreshed(&outcome, before);
        }
        self.transferred(&hand_off, before);
    }

    /// Killed in the middle, at a step or at any moment.
    async fn killed(&mut self) {
        let step = self.days.bool().then(|| STEPS[self.days.usize(0..STEPS.len())]);
        // The one that is killed may be the one that is told.
        let before = self.world.state().definitive;
        self.restart(step);
        let (session, transfer) = (self.session.clone(), self.days.bool());
        let task = tokio::spawn(async move {
            if transfer {
                session.transfer().await;
            } else {
                session.refresh().await;
            }
        });
        let process = self.process.clone();
        let most = Duration::from_millis(if step.is_some() {
            120_000
        } else {
            self.days.u64(0..3_000)
        });
        let until_dead = async {
            while !process.dead() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let _ = tokio::time::timeout(most, until_dead).await;
        self.process.kill();
        task.abort();
        self.world.note("killed");
        // Opened again at once, or later.
        let later = [0, 20, 300][self.days.usize(0..3)];
        tokio::time::sleep(Duration::from_secs(later)).await;
        self.restart(None);
        let outcome = self.session.refresh().await;
        self.refreshed(&outcome, before);
    }

    /// What the system wakes in the background is a process of its own.
    async fn in_the_background(&mut self) {
        self.summary.kills += 1;
        let (process, other) = start(&self.world, self.seed, self.summary.kills as u64, None);
        let before = self.world.state().definitive;
        let (here, there) = tokio::join!(self.session.refresh(), later(other.refresh()));
        process.kill();
        self.refreshed(&here, before);
        self.refreshed(&there, before);
    }

    async fn sign_out(&mut self) {
        self.world.note("sign out");
        let forgotten = self.session.sign_out().await.forgotten;
        self.summary.signed_out += 1;
        if forgotten.is_ok() && self.world.stored() {
            self.world
                .broken(|| "signed out, and the keystore still holds the session".to_owned());
        }
        self.signed_in = false;
        if forgotten.is_ok() {
            return;
        }
        // The keystore is locked: what it still holds is dead or goes with the next sign-in.
        while self.session.sign_out().await.forgotten.is_err() {
            tokio::time::sleep(Duration::from_mins(5)).await;
        }
    }

    /// A person signs in, as often as it takes.
    async fn sign_in(&mut self) {
        loop {
            if let Ok(begun) = self.session.begin_sign_in().await {
                tokio::time::sleep(Duration::from_secs(30)).await;
                let callback = self.world.state().server.authorize(&begun.url);
                if let Ok(signed_in) = self.session.complete_sign_in(&callback).await {
                    self.world.note(&format!("{:?}", signed_in.saved));
                    self.signed_in = true;
                    self.unsaved = signed_in.saved.is_err();
                    return;
                }
            }
            tokio::time::sleep(Duration::from_mins(10)).await;
        }
    }
}

/// A moment later, so that which of two comes first is no matter of threads.
async fn later<T>(work: impl Future<Output = T>) -> T {
    tokio::time::sleep(Duration::from_millis(3)).await;
    work.await
}
