//! The loop: what happens goes in as events, what `app-state` wants comes out as effects.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use app_state::{Action, Event, Fault, Ground, Noted, Shown, State};
use settings::{Account, Link};
use tauri::{AppHandle, Emitter, Wry};
use tauri_plugin_device::TabletExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, JoinHandle};
use url::Url;

use crate::device::{self, Wishes};
use crate::ground::ground;
use crate::identity::Identity;
use crate::log;
use crate::notes::{Notes, session_of};
use crate::site::{Permits, Site, Told};
use crate::sources::{Read, Sources};

/// The window of the shell's own pages.
pub const MAIN: &str = "main";
/// The longest link that another app may hand over.
const MAX_LINK: usize = 16 * 1024;
/// Refused windows open in the browser at most this often: a page may not storm it.
const OUTSIDE_PAUSE: Duration = Duration::from_secs(5);
/// Coming to the front counts as a return this long after the last one.
const RESUME_PAUSE: Duration = Duration::from_mins(1);
/// How often an idle person is looked for.
const IDLE_LOOK: Duration = Duration::from_secs(1);
/// Faults that the status page remembers.
const KEPT_FAULTS: usize = 5;

/// Everything that outlives one event.
pub struct Shell {
    pub(crate) app: AppHandle<Wry>,
    events: UnboundedSender<Told>,
    site: Arc<Site>,
    sources: Sources,
    pub(crate) notes: Notes,
    pub(crate) identity: Identity,
    /// What is asked of the tablet itself.
    wishes: watch::Sender<Wishes>,
    seen: Mutex<Seen>,
    /// Counts the retries that were asked for; only the newest comes due.
    pub(crate) timer: AtomicU64,
    /// Wakes the task that keeps the session alive.
    pub(crate) look: Notify,
}

/// What others look at between two events.
pub(crate) struct Seen {
    shown: Shown,
    pub(crate) read: Option<Read>,
    /// The set-up link that a person is asked about.
    pub(crate) link: Option<Link>,
    pub(crate) faults: Vec<Fault>,
    outside: Option<Instant>,
    resumed: Instant,
    /// When somebody last touched the app.
    touched: Instant,
    /// The sign-in that a cancel stops.
    pub(crate) waiting: Option<AbortHandle>,
    /// Cancels under way, to be waited for by the next sign-in.
    pub(crate) cancelling: Vec<JoinHandle<()>>,
    /// The task that keeps the session alive.
    pub(crate) alive: Option<AbortHandle>,
}

impl Shell {
    /// Makes the shell; [`Shell::run`] starts it.
    pub fn new(
        app: AppHandle<Wry>,
        events: UnboundedSender<Told>,
        site: Arc<Site>,
        sources: Sources,
        notes: Notes,
    ) -> Self {
        let identity = Identity::new(sources.clock_offset());
        let seen = Seen {
            shown: State::default().shown(),
            read: None,
            link: None,
            faults: vec![],
            outside: None,
            resumed: Instant::now(),
            touched: Instant::now(),
            waiting: None,
            cancelling: vec![],
            alive: None,
        };
        Self {
            app,
            events,
            site,
            sources,
            notes,
            identity,
            wishes: watch::Sender::default(),
            seen: Mutex::new(seen),
            timer: AtomicU64::new(0),
            look: Notify::new(),
        }
    }

    /// What the shell's page shows now.
    pub fn shown(&self) -> Shown {
        self.seen().shown.clone()
    }

    /// Tells the loop that something happened.
    pub fn tell(&self, event: Event) {
        let _ = self.events.send(Told::Event(event));
    }

    /// A link that the system handed over: one of ours, or nothing.
    pub fn link(&self, link: &str) {
        let read = Url::parse(link).ok().filter(|_| link.len() <= MAX_LINK);
        // The system hands over https links of the claimed host only; which that is, `Sources::offer` checks.
        if read
            .as_ref()
            .is_some_and(|url| url.scheme() == "https" && url.path() == "/groep/setup")
        {
            return drop(self.events.send(Told::Link(link.to_owned())));
        }
        let ours = read.filter(|url| url.scheme() == "nl.kidskonnect.groep" && url.host().is_none());
        match ours.as_ref().map(Url::path) {
            Some("/callback") => self.tell(Event::Callback(link.to_owned())),
            Some("/status") => self.tell(Event::Person(Action::ShowStatus)),
            Some("/signed-out") => {}
            Some("/setup") => drop(self.events.send(Told::Link(link.to_owned()))),
            _ => log::line("link_ignored", &[("code", "E140")]),
        }
    }

    /// The app came to the front.
    pub fn front(&self) {
        let mut seen = self.seen();
        if seen.resumed.elapsed() >= RESUME_PAUSE {
            seen.resumed = Instant::now();
            drop(seen);
            // A window may be a new one, and a permission may have come.
            self.wishes.send_modify(Wishes::ask_again);
            self.tell(Event::Resumed);
        }
    }

    /// Somebody touched the app.
    pub fn touch(&self) {
        self.seen().touched = Instant::now();
    }

    /// Handles events until the app ends.
    pub async fn run(self: Arc<Self>, mut told: UnboundedReceiver<Told>) {
        // Before the first reading, so that a change in between is seen.
        let events = self.events.clone();
        self.sources.watch(move || drop(events.send(Told::Settings)));
        let first = self.read_settings();
        // Not before the first reading: the tablet's manager would hear that all is well.
        tokio::spawn(device::obey(self.app.clone(), self.wishes.subscribe()));
        let mut state = self.step(State::default(), first).await;
        tokio::spawn(self.clone().await_idle());
        while let Some(told) = told.recv().await {
            match told {
                Told::Event(event) => state = self.step(state, event).await,
                // Read here and nowhere else: two readings at once could overtake each other.
                Told::Settings => state = self.step(state, self.read_settings()).await,
                Told::Touched => self.touch(),
                Told::Outside(url) => self.outside(url),
                Told::Link(link) => {
                    if let Some(event) = self.offer(&state, &link) {
                        state = self.step(state, event).await;
                    }
                }
                Told::Quit => self.app.exit(0),
            }
        }
    }

    /// A personal session that nobody touches ends.
    async fn await_idle(self: Arc<Self>) {
        let mut tick = tokio::time::interval(IDLE_LOOK);
        loop {
            tick.tick().await;
            if self.is_idle() {
                self.touch();
                self.tell(Event::Idle);
            }
        }
    }

    fn is_idle(&self) -> bool {
        let seen = self.seen();
        let Some(resolved) = seen.read.as_ref().map(|read| &read.resolved) else {
            return false;
        };
        let minutes = u64::from(resolved.idle_lock_minutes);
        resolved.account == Account::Personal && minutes > 0 && seen.touched.elapsed() >= Duration::from_mins(minutes)
    }

    async fn step(self: &Arc<Self>, state: State, event: Event) -> State {
        // Settings are looked at every few seconds while something is wrong with them.
        let known = matches!(&event, Event::Settings { ground, .. } if **ground == state.ground);
        if !known {
            log::event(&event);
        }
        if let Event::SignInFailed(fault)
        | Event::HandOffKept(fault)
        | Event::SiteFailed(fault)
        | Event::BrowserFailed(fault) = &event
        {
            self.remember(fault.clone());
        }
        // Whoever signs in is there, also where it was in the browser.
        if matches!(event, Event::SignedIn { .. }) {
            self.touch();
        }
        let (state, effects) = state.step(event);
        self.site.set_policy(state.policy());
        let shown = state.shown();
        let changed = {
            let mut seen = self.seen();
            let changed = seen.shown != shown;
            seen.shown = shown;
            changed
        };
        if changed && let Err(error) = self.app.emit_to(MAIN, "changed", ()) {
            log::line("failed", &[("effect", "emit"), ("error", &error.to_string())]);
        }
        for effect in effects {
            self.carry_out(&state, effect).await;
        }
        state
    }

    pub(crate) fn remember(&self, fault: Fault) {
        let mut seen = self.seen();
        seen.faults.retain(|kept| *kept != fault);
        seen.faults.insert(0, fault);
        seen.faults.truncate(KEPT_FAULTS);
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the settings and takes them in.
    fn ground(&self) -> Ground {
        let noted = self.notes.read();
        let read = self.sources.read(&noted);
        let resolved = read.as_ref().map(|read| &read.resolved);
        let ground = ground(resolved, noted.authorize.as_ref());
        self.wishes
            .send_modify(|wishes| *wishes = Wishes::new(resolved, wishes));
        let read = read.ok();
        self.identity.set(read.as_ref().map(|read| &read.resolved));
        self.obey(read.as_ref());
        self.seen().read = read;
        ground
    }

    /// What the settings ask of the tablet itself.
    fn obey(&self, read: Option<&Read>) {
        // Settings that cannot be read leave everything as it was.
        let Some(resolved) = read.map(|read| &read.resolved) else {
            return;
        };
        self.site.set_permits(Permits {
            camera: resolved.allow_camera,
            microphone: resolved.allow_microphone,
            downloads: resolved.allow_downloads,
        });
        log::set_level(resolved.diagnostics);
    }

    fn read_settings(&self) -> Event {
        let ground = self.ground();
        let noted = match (self.notes.read().signed_in, &ground.place) {
            (None, _) => Noted::Nothing,
            (Some(whose), Some(place)) if whose != session_of(place) => Noted::Elsewhere,
            (Some(_), _) => Noted::Here,
        };
        Event::Settings {
            ground: Box::new(ground),
            noted,
        }
    }

    /// Has the settings read again.
    pub(crate) fn settings(&self) {
        let _ = self.events.send(Told::Settings);
    }

    /// Reads a set-up link. One that comes while another is asked about is not kept, and one that was taken before is no
    /// question: Android hands over an old one again whenever it brings the app back.
    fn offer(&self, state: &State, link: &str) -> Option<Event> {
        let noted = self.notes.read();
        match self.sources.offer(link, &noted, self.identity.now()) {
            Ok((_, link)) if noted.has_taken(&link) => {
                log::line("link_known", &[]);
                None
            }
            Ok((offer, link)) => {
                if state.offer.is_none() {
                    self.seen().link = Some(link);
                }
                Some(Event::LinkOffered(offer))
            }
            Err(fault) => Some(Event::LinkRefused(fault)),
        }
    }

    /// A window that the site may not open goes to the system's own browser.
    pub(crate) fn outside(&self, url: Url) {
        let mut seen = self.seen();
        // And once for each touch: a page that nobody touches may not keep covering the app.
        if seen
            .outside
            .is_some_and(|last| last.elapsed() < OUTSIDE_PAUSE || seen.touched < last)
        {
            return;
        }
        seen.outside = Some(Instant::now());
        let app = self.app.clone();
        tokio::spawn(async move {
            if let Err(fault) = app.tablet().open_browser(&url).await {
                log::line("failed", &[("effect", "outside"), ("code", fault.code())]);
            }
        });
    }
}
