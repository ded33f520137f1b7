//! The loop: what happens goes in as events, what the state machine wants comes out as effects.

use std::sync::Arc;
use std::time::Duration;

use app_state::{Action, Effect, Event, Phase, RememberedSession, State};
use error_codes::ErrorCode;
use settings::{AccountType, Resolved, SetupLink};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::auth::{Auth, DAY};
use crate::device_policy::{self, DevicePolicy};
use crate::diagnostics::{LogLevel, log};
use crate::handle::{AppHandle, CurrentView, Inbox, Message, Messages, SessionOwner};
use crate::organisation::app_settings;
use crate::recent_errors::RecentErrors;
use crate::saved_state::SavedStateStore;
use crate::settings_sources::{Reading, SettingsSources};
use crate::site_host::SiteHost;
use crate::tasks::Tasks;
use crate::timers::{Moment, Timers};
use crate::{Device, Platform, SiteView, Ui, status};

/// Only a page or another app opens the status page so soon after a touch. From the home screen it takes longer.
const IN_USE: Duration = Duration::from_secs(2);

/// What [`App::new`] needs.
pub struct Parts {
    /// Both ends of [`crate::channel`].
    pub inbox: Inbox,
    /// The receiving end.
    pub messages: Messages,
    /// The host that the site view already has.
    pub site_host: Arc<SiteHost>,
    /// The site view.
    pub site: Arc<dyn SiteView>,
    /// The tablet.
    pub device: Arc<dyn Device>,
    /// The shell's pages.
    pub ui: Arc<dyn Ui>,
    /// Clock, randomness, HTTP and keystore.
    pub platform: Platform,
    /// Where the settings come from.
    pub sources: SettingsSources,
    /// What the app remembers.
    pub saved: SavedStateStore,
    /// How much the diagnostics log writes.
    pub log_level: LogLevel,
}

/// The application. [`Self::run`] is its whole life.
///
/// The loop owns everything here, so there is no lock between two events; only what others read meanwhile (the view, the
/// navigation policy, the session) is shared.
pub struct App {
    pub(crate) state: State,
    pub(crate) inbox: Inbox,
    messages: Messages,
    pub(crate) tasks: Tasks,
    pub(crate) timers: Timers,
    pub(crate) auth: Arc<Auth>,
    pub(crate) saved: Arc<SavedStateStore>,
    sources: SettingsSources,
    /// The last reading of the settings. None while they cannot be read.
    pub(crate) reading: Option<Reading>,
    /// The setup link that a person is asked about.
    pub(crate) setup_link: Option<SetupLink>,
    site_host: Arc<SiteHost>,
    pub(crate) site: Arc<dyn SiteView>,
    pub(crate) device: Arc<dyn Device>,
    ui: Arc<dyn Ui>,
    view: Arc<CurrentView>,
    policy: watch::Sender<DevicePolicy>,
    pub(crate) recent_errors: RecentErrors,
    log_level: LogLevel,
}

impl App {
    /// Puts the application together. Nothing is read and nothing happens before [`Self::run`].
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let auth = Auth::new(parts.platform, parts.sources.clock_offset(), parts.device.clone());
        Self {
            state: State::default(),
            messages: parts.messages,
            tasks: Tasks::new(parts.inbox.clone()),
            inbox: parts.inbox,
            timers: Timers::new(now(&auth)),
            auth: Arc::new(auth),
            saved: Arc::new(parts.saved),
            sources: parts.sources,
            reading: None,
            setup_link: None,
            site_host: parts.site_host,
            site: parts.site,
            device: parts.device,
            view: Arc::new(CurrentView::new(parts.ui.clone())),
            ui: parts.ui,
            policy: watch::Sender::default(),
            recent_errors: RecentErrors::default(),
            log_level: parts.log_level,
        }
    }

    /// The handle for everything that happens outside.
    #[must_use]
    pub fn handle(&self) -> AppHandle {
        AppHandle {
            inbox: self.inbox.clone(),
            view: self.view.clone(),
        }
    }

    /// Runs until the process ends. When the future is dropped, all work beside the loop stops with it.
    pub async fn run(mut self) {
        // Watch before the first reading, so that a change between the two is not missed.
        let inbox = self.inbox.clone();
        self.sources.watch(move || inbox.send(Message::ReadSettings));
        let first = self.read_settings();
        // Not before the first reading, or the MDM would hear that no setting is invalid.
        let (device, policies) = (self.device.clone(), self.policy.subscribe());
        self.tasks.spawn(async move {
            device_policy::apply(device, policies).await;
            None
        });
        let saved = self.saved.clone();
        self.tasks.spawn(async move {
            saved.keep_written().await;
            None
        });
        // What another person left in the web view goes before a page opens.
        if self.saved.get().site_uncleared {
            log::failure("clear_site", self.clear_site().await);
        }
        self.step(first).await;
        loop {
            let due = self.timers.next(self.now());
            // Timers first: a page that floods the loop with messages must not stop them.
            tokio::select! {
                biased;
                () = sleep_until(due) => self.take_due().await,
                Some(message) = self.messages.0.recv() => self.on_message(message).await,
            }
        }
    }

    async fn take_due(&mut self) {
        for event in self.timers.take_due(self.now()) {
            self.step(event).await;
        }
        if self.timers.take_settings_due(Instant::now()) {
            let event = self.read_settings();
            self.step(event).await;
        }
    }

    /// Whose session the settings name now.
    pub(crate) fn session_owner(&self) -> SessionOwner {
        let settings = &self.state.settings;
        let organisation = settings.organisation.as_ref();
        SessionOwner {
            session_key: organisation.map(|organisation| organisation.session_key.clone()),
            personal: settings.personal,
        }
    }

    pub(crate) fn now(&self) -> Moment {
        now(&self.auth)
    }

    async fn on_message(&mut self, message: Message) {
        match message {
            Message::Event(event) => self.step(event).await,
            Message::SignIn(number, event) => {
                // A session that exists counts, even if the person cancelled a moment before it was there.
                if self.tasks.is_newest_sign_in(number) || matches!(event, Event::SignedIn { .. }) {
                    self.step(event).await;
                }
            }
            // A keystore may take seconds, and the settings may name another organisation by then. The answer says nothing
            // about that one, for which the keystore is read as well.
            Message::KeystoreRead(owner, _) if owner != self.session_owner() => {}
            Message::KeystoreRead(_, result) => self.step(Event::KeystoreRead(result)).await,
            Message::StatusRead { days_left, device } => {
                let (reading, recent) = (self.reading.as_ref(), self.recent_errors.to_vec());
                let info = status::info(reading, &self.saved.get(), device, days_left, recent);
                self.step(Event::StatusInfoRead(info)).await;
            }
            // Read here and nowhere else: two readings at once could overtake each other.
            Message::ReadSettings => {
                let event = self.read_settings();
                self.step(event).await;
            }
            Message::SetupLink(link) => {
                if let Some(event) = self.read_setup_link(&link) {
                    self.step(event).await;
                }
            }
            // Any page or app may open this link. It must not come between two touches of whoever is working.
            Message::StatusLink if self.timers.untouched_for(self.now()) < IN_USE => log::step("status_link_ignored"),
            Message::StatusLink => self.step(Event::UserAction(Action::ShowStatus)).await,
            Message::OpenExternally(url) => self.open_externally(url),
            Message::UserActivity => {
                self.take_due().await;
                self.timers.touch(self.now());
            }
            Message::CameToFront => {
                self.take_due().await;
                if self.timers.resume(self.now()) {
                    self.auth.on_resumed();
                    self.policy.send_modify(DevicePolicy::apply_again);
                    self.step(Event::Resumed).await;
                    if let Some(event) = self.timers.take_old_sign_in_page(self.now()) {
                        self.step(event).await;
                    }
                }
            }
            Message::RefreshFailed(error) | Message::SiteViewFailed(error) => self.recent_errors.push(error),
            Message::SessionAtRisk(why) => self.on_session_at_risk(why).await,
            Message::Quit => self.ui.quit(),
        }
    }

    /// The MDM hears at once that the session is not renewed. Staff read it once a day, and not while they work.
    async fn on_session_at_risk(&mut self, why: Option<ErrorCode>) {
        self.set_session_at_risk(why);
        let now = self.now().wall;
        let notified_at = self.saved.get().staff_notified_at;
        let is_notified = notified_at.is_some_and(|then| (0..DAY).contains(&(now - then)));
        self.timers.notify_staff(why.filter(|_| !is_notified));
        if why.is_none() && notified_at.is_some() {
            log::failure(
                "session_at_risk",
                self.saved.update(|saved| saved.staff_notified_at = None),
            );
            self.step(Event::SessionAtRisk(None)).await;
        }
    }

    fn set_session_at_risk(&self, why: Option<ErrorCode>) {
        self.policy.send_if_modified(|policy| policy.set_session_at_risk(why));
    }

    async fn step(&mut self, event: Event) {
        // While a setting is invalid, the settings are read every few seconds: log a change only.
        let is_repeated = matches!(&event, Event::Settings { settings, .. } if **settings == self.state.settings);
        if !is_repeated {
            log::event(&event);
        }
        if let Event::SignInFailed(error)
        | Event::SessionTransferDeferred(error)
        | Event::SiteFailed { error, .. }
        | Event::BrowserFailed(error) = &event
        {
            self.recent_errors.push(*error);
        }
        // The new session of a group account has replaced the one that the keystore did not let go of.
        let was_unsaved = matches!(&self.state.phase, Phase::SignedIn(session) if session.unsaved.is_some());
        let is_saved = match &event {
            Event::SignedIn { unsaved } => unsaved.is_none(),
            // A save that began before a sign-out ends after it, and says nothing then.
            Event::SessionSaved => was_unsaved,
            _ => false,
        };
        // Renewed in another way than by a refresh, or over.
        if matches!(
            event,
            Event::SignedIn { .. } | Event::SessionTransferReady(_) | Event::SessionEnded(_)
        ) {
            self.set_session_at_risk(None);
        }
        if is_saved && !self.state.settings.personal {
            let replaced = self.saved.update(|saved| saved.keystore_to_empty = None);
            log::failure("sign_out", replaced);
        }
        // Whoever signs in is present, even if they touched only the browser.
        if matches!(event, Event::SignedIn { .. }) {
            self.timers.touch(self.now());
        }
        match &event {
            Event::UserAction(Action::Retry) => self.auth.clear_rate_limit(),
            Event::SessionAtRisk(Some(_))
                if matches!(
                    &self.state.phase,
                    Phase::SignedIn(_) | Phase::Blocked { session: Some(_), .. }
                ) =>
            {
                let now = self.now().wall;
                let noted = self.saved.update(|saved| saved.staff_notified_at = Some(now));
                log::failure("session_at_risk", noted);
            }
            // A page has come over the network.
            Event::SiteLoaded(_) if self.auth.on_network_restored() => self.tasks.refresh_check.notify_one(),
            _ => {}
        }
        let is_over = matches!(
            event,
            Event::SiteLoaded(_) | Event::SiteFailed { .. } | Event::RedirectedAway { .. }
        );
        let is_transfer = matches!(event, Event::SessionTransferReady(_));
        let (state, effects) = std::mem::take(&mut self.state).step(event);
        self.state = state;
        let is_unused = is_transfer && !effects.iter().any(|effect| matches!(effect, Effect::LoadSite(_)));
        if is_over || is_unused {
            let (auth, site) = (self.auth.clone(), self.site.clone());
            self.tasks.spawn(async move {
                auth.withdraw_cookie(&*site).await;
                None
            });
        }
        // The policy first: an effect may load a page that it has to admit.
        self.site_host.set_policy(self.state.navigation_policy());
        self.view.publish(self.state.view());
        for effect in effects {
            self.carry_out(effect).await;
        }
    }

    /// Reads the settings and passes them to everybody who works by them.
    fn read_settings(&mut self) -> Event {
        let saved = self.saved.get();
        let now = self.now();
        let reading = self.sources.read(&saved, now);
        let resolved = reading
            .as_ref()
            .map(|reading| &reading.resolved)
            .map_err(|error| *error);
        let settings = app_settings(resolved, saved.authorize.as_ref());
        self.policy
            .send_modify(|policy| *policy = DevicePolicy::new(resolved, policy));
        // Settings that cannot be read leave session, site, idle time and log as they were.
        if let Ok(resolved) = resolved {
            self.timers.set_idle_after(idle_after(resolved));
            let empty_for = reading.as_ref().ok().and_then(|reading| reading.empty_for);
            self.timers.read_settings_after(now.awake, empty_for);
            self.auth.update(resolved);
            self.site_host.apply(resolved);
            self.log_level.set(resolved.diagnostics);
        }
        self.reading = reading.ok();
        let remembered = match (saved.signed_in, &settings.organisation) {
            (None, _) => RememberedSession::None,
            (Some(key), Some(organisation)) if key != organisation.session_key => RememberedSession::OtherOrganisation,
            (Some(_), _) => RememberedSession::ThisOrganisation,
        };
        Event::Settings {
            settings: Box::new(settings),
            remembered,
        }
    }

    /// Reads a setup link. Keeps the link only if no other offer is on screen. Ignores a link that was accepted before,
    /// because Android delivers the same link each time it recreates the app.
    fn read_setup_link(&mut self, link: &str) -> Option<Event> {
        let saved = self.saved.get();
        match self.sources.read_setup_link(link, &saved, self.now()) {
            Ok((_, link)) if saved.has_accepted(&link) => {
                log::step("link_known");
                None
            }
            Ok((offer, link)) => {
                if self.state.offer.is_none() {
                    self.setup_link = Some(link);
                }
                Some(Event::SetupLinkOffered(offer))
            }
            Err(error) => Some(Event::SetupLinkRefused(error)),
        }
    }
}

/// After how long without a touch a personal session ends. None for a group account: the tablet has the system's lock.
fn idle_after(resolved: &Resolved) -> Option<Duration> {
    let minutes = u64::from(resolved.idle_lock_minutes);
    (resolved.account_type == AccountType::Personal && minutes > 0).then(|| Duration::from_mins(minutes))
}

fn now(auth: &Auth) -> Moment {
    Moment {
        awake: Instant::now(),
        wall: auth.now(),
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
