//! What is around the tablet: time, conditions on the way to the server, a keystore, processes that are killed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::StateFile;
use session::store::{Slot, Store};
use session::{BoxFuture, Clock, Http, HttpError, Random, Request, Response, RetryAfter, Secret, StoreError};
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::calendar::{BEGIN, DAY, HOUR};
use crate::cookies::Cookies;
use crate::server::{Server, TOKEN, index_of};

/// Faults on the connection, and of the keystore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkCondition {
    /// No connection.
    Away,
    /// Nothing answers in time.
    Hangs,
    /// A guest network's page, with status 200.
    Portal,
    /// A guest network's redirect.
    Redirects,
    /// 5xx.
    Down,
    /// 429, with a header or without.
    Storm,
    /// The keystore is locked; the way is free.
    Locked,
    /// The keystore takes nothing new.
    Full,
}

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

pub struct State {
    pub server: Server,
    /// (start, end, condition), in true seconds since 1970.
    pub conditions: Vec<(i64, i64, NetworkCondition)>,
    /// How far the tablet's clock is from the true time.
    pub clock: i64,
    /// Answers are lost on the way one time in so many.
    pub lossy: u32,
    disk: HashMap<Slot, Secret>,
    /// The family and place of the newest refresh token that was ever saved.
    saved: (usize, usize),
    has_saved: bool,
    /// The saved state of the app: survives the process.
    state_file: Option<Vec<u8>>,
    /// The cookies of the tablet's web view.
    pub cookies: Cookies,
    /// How often somebody signed in on the site's own page.
    pub signed_in_on_the_site: usize,
    /// The holder of the lock across processes.
    owner: Option<u64>,
    /// The processes with an exchange under way.
    asking: Vec<u64>,
    /// The first promise that was broken.
    pub broken: Option<String>,
    /// `invalid_grant`, so far.
    pub definitive: usize,
    processes: u64,
    /// Hash of all events in order; equal for equal runs.
    pub fingerprint: u64,
    /// The draws of the way and of the server.
    way: fastrand::Rng,
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
}

#[derive(Clone)]
pub struct World(Arc<(Instant, Mutex<State>)>);

impl World {
    /// For a runtime whose time stands still.
    pub fn new(seed: u64, server: Server) -> Self {
        let state = State {
            server,
            conditions: vec![],
            clock: 0,
            lossy: 300,
            disk: HashMap::new(),
            saved: (0, 0),
            has_saved: false,
            state_file: None,
            cookies: Cookies::default(),
            signed_in_on_the_site: 0,
            owner: None,
            asking: vec![],
            broken: None,
            definitive: 0,
            processes: 0,
            fingerprint: 0xcbf2_9ce4_8422_2325,
            way: fastrand::Rng::with_seed(seed ^ 0x57a7),
        };
        Self(Arc::new((Instant::now(), Mutex::new(state))))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.1.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The true time.
    pub fn now(&self) -> i64 {
        BEGIN + i64::try_from(self.0.0.elapsed().as_secs()).unwrap_or(i64::MAX / 2)
    }

    pub async fn until(&self, time: i64) {
        let left = u64::try_from(time - self.now()).unwrap_or(0);
        tokio::time::sleep(Duration::from_secs(left)).await;
    }

    /// A promise was broken; the first one counts.
    pub fn broken(&self, what: impl FnOnce() -> String) {
        let now = self.now();
        let mut state = self.state();
        if state.broken.is_none() {
            let what = what();
            let conditions: Vec<_> = state
                .conditions
                .iter()
                .filter(|(from, to, _)| (*from..*to).contains(&now))
                .map(|(_, _, kind)| *kind)
                .collect();
            state.broken = Some(format!(
                "day {} {:02}:{:02}, {conditions:?}: {what}",
                (now - BEGIN) / DAY,
                now % DAY / HOUR,
                now % HOUR / 60
            ));
        }
    }

    /// Notes what happened, so that two runs can be compared.
    pub fn note(&self, what: &str) {
        let now = self.now();
        let mut state = self.state();
        for byte in now.to_le_bytes().iter().chain(what.as_bytes()) {
            state.fingerprint = (state.fingerprint ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub fn condition(&self) -> Option<NetworkCondition> {
        let now = self.now();
        self.state()
            .conditions
            .iter()
            .find(|(from, to, _)| (*from..*to).contains(&now))
            .map(|(_, _, kind)| *kind)
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
    id: u64,
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
        state.owner = state.owner.filter(|owner| *owner != self.id);
        state.asking.retain(|asking| *asking != self.id);
        let saved = state.saved;
        state.server.lost_after(saved);
    }

    fn at(&self, step: Step) {
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
pub struct Dice {
    seed: u64,
    streams: Mutex<HashMap<usize, fastrand::Rng>>,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            streams: Mutex::default(),
        }
    }
}

impl Random for Dice {
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
struct Asking(Process);

impl Asking {
    fn begin(process: &Process) -> Self {
        let others = {
            let mut state = process.world.state();
            state.asking.push(process.id);
            state.asking.len()
        };
        if others > 1 {
            process.world.broken(|| "two exchanges at once".to_owned());
        }
        Self(process.clone())
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let mut state = self.0.world.state();
        if let Some(at) = state.asking.iter().position(|asking| *asking == self.0.id) {
            state.asking.remove(at);
        }
    }
}

fn answer(status: u16, date: Option<i64>, retry_after: Option<RetryAfter>, body: Vec<u8>) -> Response {
    Response {
        status,
        date,
        retry_after,
        body: Zeroizing::new(body),
    }
}

impl Http for Process {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, HttpError>> {
        let process = self.clone();
        Box::pin(async move {
            let world = process.world.clone();
            let exchange = request.url.path() == TOKEN
                && request
                    .form
                    .as_ref()
                    .is_some_and(|form| form.body().contains("grant_type=refresh_token"));
            if exchange {
                process.at(Step::BeforeRequest);
            }
            alive(&process).await;
            let _asking = exchange.then(|| Asking::begin(&process));
            let (travel, draw, lost) = {
                let mut state = world.state();
                let lossy = state.lossy;
                (
                    state.way.u64(20..400),
                    state.way.u64(0..1_000),
                    state.way.u32(0..lossy) == 0,
                )
            };
            tokio::time::sleep(Duration::from_millis(travel)).await;
            let now = world.now();
            let portal = "<html><title>Welkom</title></html>";
            match world.condition() {
                Some(NetworkCondition::Away) => return Err(HttpError::Unreachable),
                Some(NetworkCondition::Hangs) => {
                    tokio::time::sleep(Duration::from_secs(10)).await;
                    return Err(HttpError::Timeout);
                }
                Some(NetworkCondition::Portal) => return Ok(answer(200, Some(now - 7 * DAY), None, portal.into())),
                Some(NetworkCondition::Redirects) => return Ok(answer(302, None, None, vec![])),
                Some(NetworkCondition::Down) => {
                    return Ok(answer(
                        if draw < 500 { 503 } else { 500 },
                        Some(now),
                        (draw < 100).then_some(RetryAfter::Seconds(draw)),
                        portal.into(),
                    ));
                }
                Some(NetworkCondition::Storm) => {
                    let wait = match draw % 4 {
                        0 => None,
                        1 => Some(RetryAfter::Seconds(draw)),
                        2 => Some(RetryAfter::Until(now + i64::try_from(draw).unwrap_or(0))),
                        _ => Some(RetryAfter::Seconds(u64::MAX)),
                    };
                    return Ok(answer(
                        429,
                        Some(now),
                        wait,
                        br#"{"error":"too_many_requests"}"#.to_vec(),
                    ));
                }
                Some(NetworkCondition::Locked | NetworkCondition::Full) | None => {}
            }
            alive(&process).await;
            if exchange {
                process.at(Step::Sent);
            }
            // A request that is on its way arrives, whoever has died.
            let (response, issued) = {
                let mut state = world.state();
                let saved = state.saved;
                let response = state.server.answer(&request, now, saved);
                let issued = index_of(&String::from_utf8_lossy(&response.body));
                if process.dead() {
                    state.server.lost(issued);
                }
                (response, issued)
            };
            if let Some(broken) = response.broken {
                world.broken(|| broken);
            }
            if response.definitive {
                world.state().definitive += 1;
            }
            if lost && exchange {
                world.state().server.lost(issued);
                let time = if draw < 500 { 10_000 } else { 100 };
                tokio::time::sleep(Duration::from_millis(time)).await;
                return Err(if draw < 500 {
                    HttpError::Timeout
                } else {
                    HttpError::Unreachable
                });
            }
            tokio::time::sleep(Duration::from_millis(travel)).await;
            if exchange {
                process.at(Step::Answered);
            }
            if process.dead() {
                world.state().server.lost(issued);
            }
            alive(&process).await;
            Ok(answer(response.status, Some(now), None, response.body))
        })
    }
}

/// A dead process waits for ever.
async fn alive(process: &Process) {
    if process.dead() {
        std::future::pending::<()>().await;
    }
}

/// The file of the app's saved state, as one process sees it.
impl StateFile for Process {
    fn read(&self) -> std::io::Result<Option<Vec<u8>>> {
        Ok(self.world.state().state_file.clone())
    }

    fn write(&self, content: &[u8]) -> std::io::Result<()> {
        if self.dead() {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        }
        self.world.state().state_file = Some(content.to_vec());
        Ok(())
    }
}

/// The keystore, as one process sees it.
impl Store for Process {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError> {
        match self.world.condition() {
            _ if self.dead() => Err(StoreError::Failed),
            Some(NetworkCondition::Locked) => Err(StoreError::Locked),
            _ => Ok(self.world.state().disk.get(&slot).cloned()),
        }
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        if slot == Slot::Session {
            self.at(Step::Saving);
        }
        let fault = match self.world.condition() {
            _ if self.dead() => Some(StoreError::Failed),
            Some(NetworkCondition::Locked) => Some(StoreError::Locked),
            Some(NetworkCondition::Full) => Some(StoreError::Failed),
            _ => None,
        };
        let index = index_of(value.expose());
        let mut state = self.world.state();
        if let Some(fault) = fault {
            state.server.lost(index);
            return Err(fault);
        }
        if let Some(index) = index {
            if index < state.saved {
                drop(state);
                self.world.broken(|| format!("{index:?} was saved over a newer one"));
                return Err(StoreError::Failed);
            }
            state.saved = index;
            state.has_saved = true;
        }
        state.disk.insert(slot, value.clone());
        drop(state);
        if slot == Slot::Session {
            self.at(Step::Saved);
        }
        Ok(())
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        match self.world.condition() {
            _ if self.dead() => Err(StoreError::Failed),
            Some(NetworkCondition::Locked) => Err(StoreError::Locked),
            _ => {
                self.world.state().disk.remove(&slot);
                Ok(())
            }
        }
    }

    fn lock_across_processes(&self) -> Result<Box<dyn Send>, StoreError> {
        let mut state = self.world.state();
        if self.dead() {
            return Err(StoreError::Failed);
        }
        match state.owner {
            None => {
                state.owner = Some(self.id);
                drop(state);
                Ok(Box::new(Alone(self.clone())))
            }
            Some(_) => Err(StoreError::Locked),
        }
    }
}

/// The session belongs to one process until this is dropped.
struct Alone(Process);

impl Drop for Alone {
    fn drop(&mut self) {
        let mut state = self.0.world.state();
        state.owner = state.owner.filter(|owner| *owner != self.0.id);
    }
}
