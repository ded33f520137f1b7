//! The loop: what happens goes in as events, what `flow` wants comes out as effects.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use flow::{Action, Event, Fault, Ground, Noted, Shown, State};
use settings::Resolved;
use tauri::{AppHandle, Emitter, Wry};
use tauri_plugin_tablet::TabletExt;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::task::{AbortHandle, JoinHandle};
use url::Url;

use crate::ground::{Sources, ground};
use crate::identity::Identity;
use crate::log;
use crate::notes::{Notes, session_of};
use crate::site::{Site, Told};

/// The window of the shell's own pages.
pub const MAIN: &str = "main";
/// The longest link that another app may hand over.
const MAX_LINK: usize = 16 * 1024;
/// Refused windows open in the browser at most this often: a page may not storm it.
const OUTSIDE_PAUSE: Duration = Duration::from_secs(5);
/// Coming to the front counts as a return this long after the last one.
const RESUME_PAUSE: Duration = Duration::from_mins(1);
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
    seen: Mutex<Seen>,
    /// Counts the retries that were asked for; only the newest comes due.
    pub(crate) timer: AtomicU64,
    /// Wakes the task that keeps the session alive.
    pub(crate) look: Notify,
}

/// What others look at between two events.
pub(crate) struct Seen {
    shown: Shown,
    pub(crate) resolved: Option<Resolved>,
    pub(crate) faults: Vec<Fault>,
    outside: Option<Instant>,
    resumed: Instant,
    /// The sign-in that a cancel stops.
    pub(crate) waiting: Option<AbortHandle>,
    /// Cancels under way, to be waited for by the next sign-in.
    pub(crate) cancelling: Vec<JoinHandle<()>>,
    /// The task that keeps the session alive.
    pub(crate) alive: Option<AbortHandle>,
}

impl Shell {
    /// Makes the shell; [`Shell::run`] starts it.
    pub fn new(app: AppHandle<Wry>, events: UnboundedSender<Told>, site: Arc<Site>, sources: Sources, notes: Notes) -> Self {
        let identity = Identity::new(sources.clock_offset());
        let seen = Seen {
            shown: State::default().shown(),
            resolved: None,
            faults: vec![],
            outside: None,
            resumed: Instant::now(),
            waiting: None,
            cancelling: vec![],
            alive: None,
        };
        Self { app, events, site, sources, notes, identity, seen: Mutex::new(seen), timer: AtomicU64::new(0), look: Notify::new() }
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
        let ours = Url::parse(link).ok().filter(|url| link.len() <= MAX_LINK && url.scheme() == "nl.kidskonnect.groep" && url.host().is_none());
        match ours.as_ref().map(Url::path) {
            Some("/callback") => self.tell(Event::Callback(link.to_owned())),
            Some("/status") => self.tell(Event::Person(Action::ShowStatus)),
            Some("/signed-out") => {}
            _ => log::line("link_ignored", &[("code", "E140")]),
        }
    }

    /// The app came to the front.
    pub fn front(&self) {
        let mut seen = self.seen();
        if seen.resumed.elapsed() >= RESUME_PAUSE {
            seen.resumed = Instant::now();
            drop(seen);
            self.tell(Event::Resumed);
        }
    }

    /// Handles events until the app ends.
    pub async fn run(self: Arc<Self>, mut told: UnboundedReceiver<Told>) {
        let mut state = self.step(State::default(), self.read_settings()).await;
        while let Some(told) = told.recv().await {
            match told {
                Told::Event(event) => state = self.step(state, event).await,
                Told::Outside(url) => self.outside(url),
                Told::Quit => self.app.exit(0),
            }
        }
    }

    async fn step(self: &Arc<Self>, state: State, event: Event) -> State {
        // Settings are looked at every few seconds while something is wrong with them.
        let known = matches!(&event, Event::Settings { ground, .. } if **ground == state.ground);
        if !known {
            log::event(&event);
        }
        if let Event::SignInFailed(fault) | Event::HandOffKept(fault) | Event::SiteFailed(fault) | Event::BrowserFailed(fault) = &event {
            self.remember(fault.clone());
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
        let read = self.sources.read(&noted.set_up);
        let ground = ground(&read, noted.authorize.as_ref());
        let resolved = read.ok();
        self.identity.set(resolved.as_ref());
        self.seen().resolved = resolved;
        ground
    }

    fn read_settings(&self) -> Event {
        let ground = self.ground();
        let noted = match (self.notes.read().signed_in, &ground.place) {
            (None, _) => Noted::Nothing,
            (Some(whose), Some(place)) if whose != session_of(place) => Noted::Elsewhere,
            (Some(_), _) => Noted::Here,
        };
        Event::Settings { ground: Box::new(ground), noted }
    }

    pub(crate) fn settings(&self) {
        self.tell(self.read_settings());
    }

    /// A window that the site may not open goes to the system's own browser.
    fn outside(&self, url: Url) {
        let mut seen = self.seen();
        if seen.outside.is_some_and(|last| last.elapsed() < OUTSIDE_PAUSE) {
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
