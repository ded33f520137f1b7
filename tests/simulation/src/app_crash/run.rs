//! Tells a story once: starts the app, plays the people, starts the app again where it was killed.

use std::sync::Arc;
use std::time::Duration;

use app::{App, AppHandle, Parts, Platform, SavedStateStore, SettingsSources, SiteHost};
use app_state::{Action, Screen};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::disk::TornFile;
use super::points::Points;
use super::ports::{KillableDevice, KillableHttp, KillableSite, KillableStore, KillableUi, Ports};
use super::stories::{Card, Step, Story, Way};
use super::surroundings::{Browser, Decision, InjectedFault, Loss, Surroundings};
use crate::device::{IDLE_LOCK_MINUTES, environments};
use crate::server::Server;
use crate::site::{ModelSite, SitePort};
use crate::world::{Process, SeededRandom, World, in_simulated_time};

/// The group view, or a screen with a button that leads there, is on screen within this time, in seconds.
const LIMIT: i64 = 120;
/// More presses of buttons than that lead nowhere.
const MAX_PRESSES: usize = 15;
/// How long a person looks at a screen before the press.
const THINKING: Duration = Duration::from_secs(2);
/// How long a person takes to sign in.
const FORM: Duration = Duration::from_secs(30);
/// How often a person looks at a screen that does not change.
const LOOK: Duration = Duration::from_millis(500);
/// After how long somebody opens an app that has gone.
const OPENED_AGAIN: Duration = Duration::from_secs(5);
/// What has to be revoked is revoked by then, in seconds.
const TIME_TO_REVOKE: i64 = 150;

/// Whether the identity provider rotates refresh tokens, and for how many seconds it takes the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    pub name: &'static str,
    pub rotates: bool,
    pub leeway: i64,
}

pub const ROTATIONS: [Rotation; 3] = [
    Rotation {
        name: "leeway",
        rotates: true,
        leeway: 180,
    },
    Rotation {
        name: "no-leeway",
        rotates: true,
        leeway: 0,
    },
    Rotation {
        name: "no-rotation",
        rotates: false,
        leeway: 0,
    },
];

/// What became of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The points that the last process passed, in order; those of the whole story if nobody was killed.
    pub points: Vec<String>,
    /// Where processes were killed.
    pub deaths: Vec<String>,
    /// Why somebody may have had to sign in once more.
    pub losses: Vec<Loss>,
    /// How often somebody signed in more than the story asks for.
    pub extra_sign_ins: usize,
    /// Sessions of whoever had the tablet before that live on, because nobody has their token any more.
    pub unrevocable: usize,
    /// The first promise that was broken.
    pub broken: Option<String>,
    /// Of all that happened, in order.
    pub fingerprint: u64,
}

/// Tells the story. The first process dies at the point with the first number, the next at the second, and so on.
pub fn tell(story: &Story, rotation: Rotation, kills: &[usize]) -> Told {
    tell_with(story, rotation, kills, None)
}

/// Tells the story in surroundings with a fault.
pub fn tell_with(story: &Story, rotation: Rotation, kills: &[usize], injected: Option<InjectedFault>) -> Told {
    in_simulated_time(async { Telling::begin(*story, rotation, kills, injected).tell().await })
}

/// The application in its process.
struct Running {
    process: Process,
    handle: AppHandle,
    site: Arc<ModelSite>,
    changed: Arc<Notify>,
    task: AbortHandle,
}

struct Telling {
    story: Story,
    world: World,
    around: Arc<Surroundings>,
    points: Points,
    leeway: i64,
    running: Running,
    starts: u64,
}

impl Running {
    fn start(around: &Arc<Surroundings>, points: &Points, told: &Story, leeway: i64, count: u64) -> Self {
        let process = around.world.start(None);
        let ports = Ports {
            around: around.clone(),
            process: process.clone(),
            points: points.clone(),
        };
        let (inbox, messages) = app::channel();
        let site_host = Arc::new(SiteHost::new(inbox.clone()));
        let site = ModelSite::new(process.clone(), site_host.clone());
        let device = Arc::new(KillableDevice(ports.clone()));
        let changed = Arc::new(Notify::new());
        let (http, store) = (
            Arc::new(KillableHttp(ports.clone())),
            Arc::new(KillableStore(ports.clone())),
        );
        let application = App::new(Parts {
            inbox,
            messages,
            site_host,
            site: Arc::new(KillableSite {
                ports: ports.clone(),
                site: SitePort(site.clone()),
            }),
            device: device.clone(),
            ui: Arc::new(KillableUi {
                ports,
                changed: changed.clone(),
            }),
            platform: Platform {
                keystore_outlives_app: told.keystore_outlives_app,
                clock: Arc::new(process.clone()),
                random: Arc::new(SeededRandom::new((count << 20) ^ 0xc4a5)),
                http: Box::new(move |_| Some(http.clone())),
                store: Box::new(move |_| store.clone()),
            },
            sources: SettingsSources::new(environments(leeway.unsigned_abs()), device),
            saved: SavedStateStore::open(TornFile::new(around.clone(), process.clone(), points.clone())),
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
}

impl Telling {
    fn begin(story: Story, rotation: Rotation, kills: &[usize], injected: Option<InjectedFault>) -> Self {
        let leeway = rotation.leeway;
        let world = World::new(0, Server::new(rotation.rotates, leeway));
        {
            let mut state = world.state();
            state.assignment.personal = story.is_personal;
            state.owners[0] = story.is_personal;
        }
        let around = Surroundings::new(world.clone(), story.browser, injected);
        around.state().managed = story.is_managed.then(serde_json::Map::new);
        let points = Points::killing_at(kills);
        // A story without anything before it begins with the first start of the app.
        points.count(story.before.is_empty());
        let running = Running::start(&around, &points, &story, leeway, 0);
        Self {
            story,
            world,
            around,
            points,
            leeway,
            running,
            starts: 0,
        }
    }

    async fn tell(mut self) -> Told {
        for step in self.story.before {
            self.take(*step).await;
        }
        let sign_ins = self.around.state().sign_ins;
        self.points.count(true);
        for step in self.story.steps {
            self.take(*step).await;
        }
        self.points.count(false);
        let points = self.points.names();
        let settled = self.world.now() + TIME_TO_REVOKE;
        self.world.until(settled).await;
        let losses = self.around.state().losses.clone();
        let extra_sign_ins = self
            .around
            .state()
            .sign_ins
            .saturating_sub(sign_ins + self.story.sign_ins);
        if extra_sign_ins > losses.len() {
            self.world
                .broken(|| format!("somebody had to sign in {extra_sign_ins} times more, and {losses:?} were lost"));
        }
        let unrevocable = self.expect_nothing_left_behind();
        self.expect_nothing_unfinished();
        self.running.task.abort();
        let (broken, fingerprint) = {
            let state = self.world.state();
            (state.broken.clone(), state.fingerprint)
        };
        Told {
            points,
            deaths: self.points.deaths(),
            losses,
            extra_sign_ins,
            unrevocable,
            broken,
            fingerprint,
        }
    }

    /// Takes a step, and takes it again where the app was killed: what has happened has happened, and whoever wanted
    /// something still wants it.
    async fn take(&mut self, step: Step) {
        if self.world.state().broken.is_some() {
            return;
        }
        self.world.note(&format!("{step:?}"));
        let began = self.world.now();
        let owner = self.world.state().owner;
        self.happens(step);
        loop {
            let points = self.points.clone();
            tokio::select! {
                // First, so that nobody sees a screen of a dead process.
                biased;
                () = points.killed() => {}
                () = self.goes_on(step, began, owner) => return,
            }
            self.comes_back().await;
        }
    }

    /// What a step changes at once.
    fn happens(&mut self, step: Step) {
        match step {
            Step::Assign { tenant, personal } => {
                {
                    let mut state = self.world.state();
                    state.assignment.tenant = tenant;
                    state.assignment.personal = personal;
                }
                self.around.tell_of_change();
            }
            Step::EndWebSession => self.running.site.end_web_session(),
            Step::Sleep(seconds) => {
                self.world.sleep_until(self.world.now() + seconds);
                // Nothing is wrong with the network in these stories.
                self.world.state().network_from = 0;
                self.running.handle.came_to_front();
            }
            Step::Reopen => {
                self.ends();
                self.start();
            }
            Step::Reinstall => {
                self.ends();
                self.around.reinstall(self.story.keystore_outlives_app);
                self.start();
            }
            Step::Work(_) | Step::SignOut | Step::LeaveAlone | Step::Pass(_) => {}
        }
    }

    async fn goes_on(&self, step: Step, began: i64, owner: usize) {
        match step {
            Step::Work(way) => {
                self.until_reached(|screen| self.is_at_work(screen, way), |screen| reaction(screen, way))
                    .await;
            }
            Step::SignOut => {
                self.until_reached(
                    |screen| matches!(screen, Screen::SignIn { busy: false, .. }),
                    reaction_of_who_leaves,
                )
                .await;
                if self.world.state().owner == owner && self.around.state().losses.is_empty() {
                    self.world
                        .broken(|| "signed out before anybody asked for it".to_owned());
                }
            }
            Step::LeaveAlone => {
                self.world.until(began + IDLE_LOCK_MINUTES * 60 + 5).await;
                self.until_reached(|screen| matches!(screen, Screen::SignIn { .. }), |_| None)
                    .await;
                if self.world.state().owner == owner {
                    self.around.next_owner();
                }
            }
            Step::Pass(seconds) => self.world.until(began + seconds).await,
            Step::Assign { .. } | Step::EndWebSession | Step::Sleep(_) | Step::Reopen | Step::Reinstall => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    /// The group view of whoever has the tablet is on screen.
    fn is_at_work(&self, screen: &Screen, way: Way) -> bool {
        let Screen::Group { organisation } = screen else {
            return false;
        };
        let now = self.world.now();
        let state = self.world.state();
        let is_there = matches!(state.cookies.session, Some((until, owner)) if until > now && owner == state.owner);
        is_there && way.shows().is_none_or(|shows| shows == organisation)
    }

    /// A person does what `react` says until the goal is on screen.
    async fn until_reached(&self, is_reached: impl Fn(&Screen) -> bool, react: impl Fn(&Screen) -> Option<Press>) {
        let (mut since, mut presses) = (self.world.now(), 0);
        loop {
            let screen = self.running.handle.view().screen;
            if is_reached(&screen) {
                return;
            }
            if self.world.state().broken.is_some() {
                return;
            }
            if self.world.now() - since > LIMIT {
                return self.world.broken(|| format!("stuck for two minutes on {screen:?}"));
            }
            if presses > MAX_PRESSES {
                return self
                    .world
                    .broken(|| format!("nothing that is pressed leads on from {screen:?}"));
            }
            let Some(press) = react(&screen).filter(|press| self.is_possible(press)) else {
                let _ = tokio::time::timeout(LOOK, self.running.changed.notified()).await;
                continue;
            };
            tokio::time::sleep(press.takes()).await;
            if self.running.handle.view().screen == screen {
                self.press(press);
                presses += 1;
                since = self.world.now();
                // What follows at once is on screen before the next look.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    fn is_possible(&self, press: &Press) -> bool {
        match press {
            Press::Form => self.around.state().page.is_some(),
            Press::Approve(code) => self.around.is_waiting_for_approval(code),
            Press::Action(_) | Press::Scan(_) | Press::Type(_) | Press::UseCard(_) | Press::SignOut => true,
        }
    }

    fn press(&self, press: Press) {
        self.world.note(&format!("{press:?}"));
        let handle = &self.running.handle;
        match press {
            Press::Scan(Card { shows, .. }) | Press::Type(shows)
                if self.around.written_name().as_deref() == Some(shows) =>
            {
                self.world
                    .broken(|| format!("{shows} was accepted and written down, and is asked for again"));
            }
            Press::Type(name) => handle.dispatch(Action::SetTenant { typed: name.to_owned() }),
            Press::Scan(card) => {
                self.around.state().link = Some(card.link.to_owned());
                handle.open_link(card.link);
            }
            Press::Action(action) => handle.dispatch(action),
            Press::UseCard(moves_to) => {
                if let Some(tenant) = moves_to {
                    self.around.decide(Decision::Organisation(tenant));
                }
                handle.dispatch(Action::UseLink);
            }
            Press::SignOut => {
                self.around.decide(Decision::SignOut);
                handle.dispatch(Action::SignOut);
            }
            Press::Form => {
                let callback = self.around.fill_in_form();
                if let Some(callback) = callback.filter(|_| self.around.browser != Browser::Sheet) {
                    handle.open_link(&callback);
                }
            }
            Press::Approve(code) => self.around.approve_device_code(&code),
        }
    }

    /// The app's process is gone, whoever ended it.
    fn ends(&self) {
        self.running.process.kill();
        self.running.task.abort();
        self.around.on_ended(&self.running.process);
    }

    fn start(&mut self) {
        self.starts += 1;
        self.running = Running::start(&self.around, &self.points, &self.story, self.leeway, self.starts);
    }

    /// Somebody opens the app that was killed, or the browser does when the person in it is done.
    async fn comes_back(&mut self) {
        self.ends();
        tokio::time::sleep(OPENED_AGAIN).await;
        let callback = if self.around.state().page.is_some() {
            tokio::time::sleep(FORM).await;
            self.around.fill_in_form()
        } else {
            None
        };
        let again = self.around.state().link.clone();
        let link = callback.or_else(|| again.filter(|_| self.around.browser == Browser::LinkAgain));
        self.start();
        if let Some(link) = link {
            self.running.handle.open_link(&link);
        }
    }

    /// Nothing of whoever had the tablet before is there, and their sessions are revoked, or wait for it.
    /// Returns how many sessions nobody can revoke any more.
    fn expect_nothing_left_behind(&self) -> usize {
        let (owner, in_web_view) = {
            let state = self.world.state();
            (state.owner, state.cookies.session.map(|(_, owner)| owner))
        };
        let in_keystore = self
            .around
            .stored_token()
            .and_then(|(family, _)| self.world.state().server.owner_of(family));
        for (place, found) in [("keystore", in_keystore), ("web view", in_web_view)] {
            if found.is_some_and(|found| found != owner) {
                self.world
                    .broken(|| format!("the {place} holds the session of {found:?} on the tablet of {owner}"));
            }
        }
        let (living, unrevocable) = self.around.living_sessions();
        for family in living {
            if !self.around.waits_for_revocation(family) {
                self.world
                    .broken(|| format!("session {family}, of an owner before, lives on, and nothing will revoke it"));
            }
        }
        unrevocable
    }

    /// The saved state holds no note of something that is still to be done.
    fn expect_nothing_unfinished(&self) {
        let saved = self.around.saved_state();
        if saved["site_uncleared"] == true || !saved["keystore_to_empty"].is_null() {
            self.world.broken(|| format!("something is left to be done: {saved}"));
        }
    }
}

/// What a person does.
#[derive(Clone, Debug)]
enum Press {
    Action(Action),
    Scan(Card),
    /// Types the organisation's name.
    Type(&'static str),
    /// Accepts the card on screen, which may take the tablet to another organisation.
    UseCard(Option<&'static str>),
    /// Confirms to sign out.
    SignOut,
    /// Fills in the form in the browser.
    Form,
    /// Signs in on another device with this code.
    Approve(String),
}

impl Press {
    fn takes(&self) -> Duration {
        match self {
            Self::Form | Self::Approve(_) => FORM,
            Self::Action(_) | Self::Scan(_) | Self::Type(_) | Self::UseCard(_) | Self::SignOut => THINKING,
        }
    }
}

/// What somebody who wants the group view does about a screen. None: wait.
fn reaction(screen: &Screen, way: Way) -> Option<Press> {
    let scan = |shown: &str| way.card.filter(|card| card.shows != shown).map(Press::Scan);
    let press = match screen {
        Screen::Starting | Screen::Finishing | Screen::InApp { .. } => return None,
        Screen::NotSetUp { .. } => match (way.card, way.typed) {
            (Some(card), _) => Press::Scan(card),
            (None, Some(typed)) => Press::Type(typed),
            (None, None) => return None,
        },
        Screen::SetUpLink { .. } => match way.card {
            Some(card) => Press::UseCard(card.moves_to),
            None => Press::Action(Action::Cancel),
        },
        Screen::SignIn { busy: true, .. } => return None,
        Screen::SignIn {
            organisation,
            may_change: true,
            ..
        } if way.typed.is_some_and(|typed| typed != organisation) => Press::Action(Action::ChangeOrganisation),
        Screen::SignIn { organisation, .. } => scan(organisation).unwrap_or(Press::Action(if way.by_code {
            Action::SignInWithCode
        } else {
            Action::SignIn
        })),
        Screen::Browser { .. } => Press::Form,
        Screen::Code { code, .. } => Press::Approve(code.user_code.clone()),
        Screen::Group { organisation } => return scan(organisation),
        Screen::Trouble { buttons, .. } => Press::Action(buttons.first()?.clone()),
        Screen::Status { .. } => Press::Action(Action::OpenGroup),
    };
    Some(press)
}

/// What somebody who wants to sign out does about a screen.
fn reaction_of_who_leaves(screen: &Screen) -> Option<Press> {
    match screen {
        Screen::Group { .. } => Some(Press::Action(Action::ShowStatus)),
        Screen::Status { asking: false, .. } => Some(Press::Action(Action::AskSignOut)),
        Screen::Status { asking: true, .. } => Some(Press::SignOut),
        Screen::Trouble { buttons, .. } => buttons.first().cloned().map(Press::Action),
        _ => None,
    }
}
