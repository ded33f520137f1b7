//! What is around the tablet: time, faults, processes that are killed, and what was promised.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use session::store::Slot;
use session::{BoxFuture, Clock, Random, Secret};
use tokio::time::Instant;

use crate::calendar::{BEGIN, DAY, HOUR};
use crate::cookies::{Cookies, Owner, WEB_SESSIONS};
use crate::faults::{Fault, Period};
use crate::server::Server;

/// The step at which a process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    BeforeRequest,
    Sent,
    Answered,
    Saving,
    Saved,
}

pub const STEPS: [Step; 5] = [
    Step::BeforeRequest,
    Step::Sent,
    Step::Answered,
    Step::Saving,
    Step::Saved,
];

/// Prints each note, for whoever replays a seed that failed.
pub static PRINT_NOTES: AtomicBool = AtomicBool::new(false);

/// How long the system lets an app work on in the background, in seconds.
const BACKGROUND_TIME: i64 = 30;

/// An outage is long after so many seconds.
const LONG_OUTAGE: i64 = 600;

/// What the administrator wants of this tablet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub tenant: &'static str,
    pub personal: bool,
}

pub struct State {
    pub server: Server,
    pub periods: Vec<Period>,
    /// How often each fault took effect.
    pub reached: BTreeMap<Fault, u64>,
    /// How far the tablet's clock is from the true time.
    pub clock: i64,
    /// Answers are lost on the way one time in so many.
    pub lossy: u32,
    pub assignment: Assignment,
    /// The assignment that the app has read, and whose sessions it therefore has to have from then on.
    pub read: Option<Assignment>,
    pub owner: Owner,
    /// Whether each owner's account is personal.
    pub owners: Vec<bool>,
    /// Whose app was removed.
    pub reinstalled: Vec<Owner>,
    /// The network is not back before this moment, by true time.
    pub network_from: i64,
    /// When the network was away for that reason.
    late: Vec<(i64, i64)>,
    pub(crate) disk: HashMap<Slot, Secret>,
    /// The family and place of the newest refresh token that was ever saved.
    pub(crate) saved: (usize, usize),
    has_saved: bool,
    /// The copies of the app's saved state: survive the process.
    pub(crate) saved_file: Vec<Vec<u8>>,
    /// How long Konnect keeps a web session, in seconds.
    pub web_session: i64,
    /// The cookies of the tablet's web view.
    pub cookies: Cookies,
    /// How often somebody signed in on the site's own page.
    pub signed_in_on_the_site: usize,
    /// Requests for the identity provider or for the site while an outage had lasted for [`LONG_OUTAGE`].
    pub outage_requests: usize,
    /// The holder of the lock across processes.
    pub(crate) holder: Option<u64>,
    /// The processes with an exchange under way.
    exchanging: Vec<u64>,
    /// Since when the tablet has been awake with a running app, by true time, if it is.
    awake_since: Option<i64>,
    /// When the tablet was awake with a running app.
    pub(crate) awake: Vec<(i64, i64)>,
    /// How many pieces of background work each process has under way.
    pub(crate) background_work: HashMap<u64, usize>,
    /// Nobody is at the tablet, so nobody fills in a form.
    pub is_alone: bool,
    /// When a process ended.
    ended: Vec<i64>,
    /// The first promise that was broken.
    pub broken: Option<String>,
    /// `invalid_grant`, so far.
    pub definitive: usize,
    processes: u64,
    /// Hash of all events in order; equal for equal runs.
    pub fingerprint: u64,
    seed: u64,
}

impl State {
    /// The disk holds a session.
    pub fn stored(&self) -> bool {
        self.disk.contains_key(&Slot::Session)
    }

    /// The keystore has once taken a session of the newest sign-in, of `sign_ins` so far.
    pub fn has_saved(&self, sign_ins: usize) -> bool {
        self.has_saved && self.saved.0 + 1 == sign_ins
    }

    pub(crate) fn note_saved(&mut self, index: (usize, usize)) {
        self.saved = index;
        self.has_saved = true;
    }

    /// The network is away from `now` until `from`.
    pub(crate) fn set_network_late(&mut self, now: i64, from: i64) {
        self.network_from = from;
        self.late.push((now, from));
    }

    /// The fault took effect.
    pub fn reach(&mut self, fault: Fault) {
        *self.reached.entry(fault).or_default() += 1;
    }

    /// The faults that last at this moment.
    pub fn lasting(&self, now: i64) -> impl Iterator<Item = Fault> {
        self.periods
            .iter()
            .filter(move |period| (period.from..period.to).contains(&now))
            .map(|period| period.fault)
    }

    /// The app has read another assignment. From now on nothing of the owner before may be seen.
    pub fn read_assignment(&mut self) {
        if self.read.as_ref() == Some(&self.assignment) {
            return;
        }
        let is_first = self.read.is_none();
        self.read = Some(self.assignment.clone());
        if is_first {
            self.owners[0] = self.assignment.personal;
        } else {
            self.next_owner();
        }
    }

    /// The app is removed.
    pub fn leave_owner(&mut self) {
        self.reinstalled.push(self.owner);
        self.next_owner();
    }

    fn next_owner(&mut self) {
        self.owner += 1;
        self.owners.push(self.read.as_ref().is_some_and(|read| read.personal));
    }

    /// The app is awake from now on, or no longer.
    fn set_awake(&mut self, now: i64, is_awake: bool) {
        match (self.awake_since, is_awake) {
            (None, true) => self.awake_since = Some(now),
            (Some(since), false) => {
                self.awake.push((since, now));
                self.awake_since = None;
            }
            _ => {}
        }
    }

    /// When the process that ran at this moment ended; the moment itself if none did.
    pub(crate) fn end_of_process(&self, moment: i64) -> i64 {
        self.ended.iter().copied().find(|end| *end >= moment).unwrap_or(moment)
    }

    /// A request leaves the tablet.
    pub(crate) fn count_request(&mut self, now: i64) {
        let is_long =
            |period: &Period| period.fault.is_outage() && (period.from + LONG_OUTAGE..period.to).contains(&now);
        if self.periods.iter().any(is_long) {
            self.outage_requests += 1;
        }
    }

    /// For how many minutes the app was awake while an outage had lasted for [`LONG_OUTAGE`].
    pub(crate) fn outage_minutes(&self) -> usize {
        let mut outages: Vec<_> = self
            .periods
            .iter()
            .filter(|period| period.fault.is_outage())
            .map(|period| (period.from + LONG_OUTAGE, period.to))
            .collect();
        outages.sort_unstable();
        let (mut seconds, mut counted) = (0, 0);
        for (from, to) in outages {
            let from = from.max(counted);
            counted = counted.max(to);
            for (begin, end) in &self.awake {
                seconds += (to.min(*end) - from.max(*begin)).max(0);
            }
        }
        usize::try_from(seconds / 60).unwrap_or(0)
    }

    /// The longest time between these moments in which the app was awake and nothing kept it from its identity provider.
    pub(crate) fn longest_chance(&self, from: i64, to: i64) -> i64 {
        let mut edges = vec![];
        let spans = self
            .awake
            .iter()
            .copied()
            .chain(self.awake_since.map(|since| (since, to)));
        for (begin, end) in spans {
            let (begin, end) = (begin.max(from), end.min(to));
            if begin < end {
                edges.push((begin, end));
            }
        }
        let stops = |fault: Fault| {
            fault.blocks_requests()
                || matches!(
                    fault,
                    Fault::KeystoreLocked | Fault::KeystoreFull | Fault::KeystoreFlaky | Fault::MetadataAway
                )
                || fault.is_of_the_settings()
        };
        let mut longest = 0;
        for (begin, end) in edges {
            let mut at = begin;
            let mut bad: Vec<_> = self
                .periods
                .iter()
                .filter(|period| stops(period.fault) && period.from < end && period.to > begin)
                .map(|period| (period.from, period.to))
                .chain(
                    self.late
                        .iter()
                        .copied()
                        .filter(|(from, to)| *from < end && *to > begin),
                )
                .collect();
            bad.sort_unstable();
            for (from, to) in bad {
                longest = longest.max(from - at);
                at = at.max(to);
            }
            longest = longest.max(end - at);
        }
        longest
    }
}

/// A moment as a person finds it in the calendar of the run.
fn when(now: i64) -> String {
    format!(
        "day {} {:02}:{:02}:{:02}",
        (now - BEGIN) / DAY,
        now % DAY / HOUR,
        now % HOUR / 60,
        now % 60
    )
}

/// Runs this with time that passes when everybody waits, and with one thread, so that it replays exactly. What still runs
/// when it ends is dropped.
pub(crate) fn in_simulated_time<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .max_blocking_threads(1)
        .build()
        .unwrap();
    let outcome = runtime.block_on(work);
    runtime.shutdown_background();
    outcome
}

fn draws_of(seed: u64, of: &str, moment: u128) -> fastrand::Rng {
    let bytes = moment.to_le_bytes();
    let seed = bytes.iter().chain(of.as_bytes()).fold(seed ^ 0x57a7, |seed, byte| {
        (seed ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    fastrand::Rng::with_seed(seed)
}

struct Inner {
    began: Instant,
    /// For how many seconds the tablet has slept. Timers stood still meanwhile.
    slept: AtomicI64,
    state: Mutex<State>,
}

#[derive(Clone)]
pub struct World(Arc<Inner>);

impl World {
    /// For a runtime whose time stands still.
    pub fn new(seed: u64, server: Server) -> Self {
        let state = State {
            server,
            periods: vec![],
            reached: BTreeMap::new(),
            clock: 0,
            lossy: 300,
            assignment: Assignment {
                tenant: "zonnetje",
                personal: false,
            },
            read: None,
            owner: 0,
            owners: vec![false],
            reinstalled: vec![],
            late: vec![],
            network_from: 0,
            disk: HashMap::new(),
            saved: (0, 0),
            has_saved: false,
            saved_file: vec![],
            web_session: WEB_SESSIONS[usize::from(seed.is_multiple_of(3))],
            cookies: Cookies::default(),
            signed_in_on_the_site: 0,
            outage_requests: 0,
            holder: None,
            exchanging: vec![],
            awake_since: None,
            awake: vec![],
            background_work: HashMap::new(),
            is_alone: false,
            ended: vec![],
            broken: None,
            definitive: 0,
            processes: 0,
            fingerprint: 0xcbf2_9ce4_8422_2325,
            seed,
        };
        Self(Arc::new(Inner {
            began: Instant::now(),
            slept: AtomicI64::new(0),
            state: Mutex::new(state),
        }))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The true time.
    pub fn now(&self) -> i64 {
        let awake = i64::try_from(self.0.began.elapsed().as_secs()).unwrap_or(i64::MAX / 4);
        BEGIN + awake + self.slept()
    }

    /// The draws of one thing that happens now. They follow from what it is and when, not from what has drawn before: the
    /// keystore has a thread, and which of two things that happen at the same moment comes first must not matter.
    pub(crate) fn draws(&self, of: &str) -> fastrand::Rng {
        let millis = self.0.began.elapsed().as_millis();
        draws_of(self.state().seed, of, millis)
    }

    pub(crate) fn slept(&self) -> i64 {
        self.0.slept.load(Ordering::SeqCst)
    }

    /// Lets the tablet be awake until then.
    pub async fn until(&self, time: i64) {
        while self.now() < time {
            let left = u64::try_from(time - self.now()).unwrap_or(1);
            tokio::time::sleep(Duration::from_secs(left)).await;
        }
    }

    /// The system lets an app finish what it has begun when the screen goes dark, for half a minute at the most.
    pub async fn finish_background_work(&self) {
        for _ in 0..BACKGROUND_TIME * 10 {
            if self.state().background_work.values().all(|work| *work == 0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Lets the tablet sleep until then: true time goes on, and no timer does.
    ///
    /// Call [`Self::finish_background_work`] first.
    pub fn sleep_until(&self, time: i64) {
        let now = self.now();
        if time <= now {
            return;
        }
        let mut state = self.state();
        let was_awake = state.awake_since.is_some();
        state.set_awake(now, false);
        self.0.slept.fetch_add(time - now, Ordering::SeqCst);
        state.set_awake(time, was_awake);
        let mut draws = draws_of(state.seed, "sleep", u128::try_from(time).unwrap_or(0));
        if draws.bool() {
            let late = draws.i64(1..4);
            state.set_network_late(time, time + late);
        }
    }

    /// The app runs from now on, or no longer.
    pub fn set_running(&self, is_running: bool) {
        let now = self.now();
        let mut state = self.state();
        state.set_awake(now, is_running);
        if !is_running {
            state.ended.push(now);
        }
    }

    /// A promise is broken.
    pub fn broken(&self, what: impl FnOnce() -> String) {
        let now = self.now();
        let mut state = self.state();
        if state.broken.is_none() {
            let lasting: Vec<_> = state.lasting(now).collect();
            state.broken = Some(format!("{}, {lasting:?}: {}", when(now), what()));
        }
    }

    /// Notes what happened, so that two runs can be compared.
    pub fn note(&self, what: &str) {
        let now = self.now();
        if PRINT_NOTES.load(Ordering::Relaxed) {
            let lasting: Vec<_> = self.state().lasting(now).collect();
            eprintln!("{} {lasting:?} {what}", when(now));
        }
        let mut state = self.state();
        for byte in now.to_le_bytes().iter().chain(what.as_bytes()) {
            state.fingerprint = (state.fingerprint ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// The first of these faults that lasts now. It is about to take effect, so it counts as reached.
    pub fn first_of(&self, among: impl Fn(Fault) -> bool) -> Option<Fault> {
        let now = self.now();
        let mut state = self.state();
        let fault = state.lasting(now).find(|fault| among(*fault))?;
        state.reach(fault);
        Some(fault)
    }

    /// The fault lasts now, and is about to take effect.
    pub fn is(&self, fault: Fault) -> bool {
        self.first_of(|lasting| lasting == fault).is_some()
    }

    /// None of these faults has lasted at any moment of the last `seconds`.
    pub fn clear_for(&self, seconds: i64, among: impl Fn(Fault) -> bool) -> bool {
        let now = self.now();
        !self
            .state()
            .periods
            .iter()
            .any(|period| among(period.fault) && period.from <= now && period.to > now - seconds)
    }

    /// The network has not come back since the tablet woke.
    pub fn network_is_late(&self) -> bool {
        let now = self.now();
        let mut state = self.state();
        let is_late = now < state.network_from;
        if is_late {
            state.reach(Fault::NetworkLate);
        }
        is_late
    }

    /// Starts the app.
    pub fn start(&self, die_at: Option<Step>) -> Process {
        let mut state = self.state();
        state.processes += 1;
        Process {
            id: state.processes,
            world: self.clone(),
            dead: Arc::new(AtomicBool::new(false)),
            die_at,
        }
    }
}

/// One run of the app, or of what refreshes in the background.
#[derive(Clone)]
pub struct Process {
    pub(crate) id: u64,
    pub world: World,
    dead: Arc<AtomicBool>,
    die_at: Option<Step>,
}

impl Process {
    pub fn dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Stops the process and releases its lock. Tokens that it has not saved are lost.
    pub fn kill(&self) {
        if self.dead.swap(true, Ordering::SeqCst) {
            return;
        }
        let mut state = self.world.state();
        state.holder = state.holder.filter(|holder| *holder != self.id);
        state.exchanging.retain(|exchanging| *exchanging != self.id);
        let saved = state.saved;
        state.server.lost_after(saved);
    }

    pub(crate) fn at(&self, step: Step) {
        if self.die_at == Some(step) {
            self.kill();
        }
    }
}

impl Clock for Process {
    fn now(&self) -> i64 {
        self.world.now().saturating_add(self.world.state().clock)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Randomness of one process. Each length has a stream of its own: the session draws 4 bytes for its jitter and the
/// application 8 for its own. If both are due in the same millisecond, the keystore's thread decides which draws first,
/// and with one stream for all a seed would not replay.
pub struct SeededRandom {
    seed: u64,
    streams: Mutex<HashMap<usize, fastrand::Rng>>,
}

impl SeededRandom {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            streams: Mutex::default(),
        }
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        let length = buffer.len();
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = streams
            .entry(length)
            .or_insert_with(|| fastrand::Rng::with_seed(self.seed ^ ((length as u64) << 48)));
        stream.fill(buffer);
    }
}

/// An exchange under way.
pub(crate) struct Exchange(Process);

impl Exchange {
    pub(crate) fn begin(process: &Process) -> Self {
        let under_way = {
            let mut state = process.world.state();
            state.exchanging.push(process.id);
            state.exchanging.len()
        };
        if under_way > 1 {
            process.world.broken(|| "two exchanges at once".to_owned());
        }
        Self(process.clone())
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut state = self.0.world.state();
        if let Some(at) = state.exchanging.iter().position(|exchanging| *exchanging == self.0.id) {
            state.exchanging.remove(at);
        }
    }
}

/// A dead process waits for ever.
pub(crate) async fn alive(process: &Process) {
    if process.dead() {
        std::future::pending::<()>().await;
    }
}
