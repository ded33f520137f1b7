//! The people who use the tablet: they look at the screen and press its first button.

use std::sync::Arc;
use std::time::Duration;

use app_state::{Action, Screen};
use session::{Config, RefreshOutcome, Session};
use settings::ROTATION_LEEWAY_SECONDS;
use url::Url;

use crate::calendar::HOUR;
use crate::device::IDLE_LOCK_MINUTES;
use crate::faults::Fault;
use crate::server::{CLIENT, ISSUER};
use crate::tablet::Tablet;
use crate::world::{STEPS, SeededRandom};

/// How often somebody who works on the tablet touches it.
const TOUCH: Duration = Duration::from_mins(5);

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
    /// As long as the tablet is in use: people do what the screen asks for, and now and then something else happens.
    pub(crate) async fn day(&mut self, closes: i64) {
        let mut moments: Vec<i64> = (0..self.draws.usize(0..4))
            .map(|_| self.world.now() + self.draws.i64(0..8 * HOUR))
            .collect();
        moments.sort_unstable();
        for moment in moments.into_iter().filter(|moment| *moment < closes) {
            self.work(moment).await;
            self.something_happens().await;
        }
        // What happened last is over by the time that the tablet is put away.
        let closes = closes.max(self.world.now() + 240);
        self.work(closes).await;
    }

    /// Works on the tablet until then.
    async fn work(&mut self, until: i64) {
        while self.world.now() < until && self.world.state().broken.is_none() {
            let view = self.running.handle.view();
            self.observe(&view);
            let left = Duration::from_secs(u64::try_from(until - self.world.now()).unwrap_or(0));
            let Some((seconds, action)) = reaction(&view.screen) else {
                let is_personal = self.world.state().assignment.personal;
                let time = if is_personal { left.min(TOUCH) } else { left };
                if tokio::time::timeout(time, self.running.changed.notified())
                    .await
                    .is_err()
                    && is_personal
                {
                    self.running.site.touch();
                }
                continue;
            };
            let thinking = Duration::from_secs(seconds).min(left);
            let is_unchanged = tokio::time::timeout(thinking, self.running.changed.notified())
                .await
                .is_err();
            if is_unchanged && self.running.handle.view() == view && thinking < left {
                self.press(action).await;
            }
        }
    }

    pub(crate) async fn press(&mut self, action: Action) {
        self.world.note(&format!("{action:?}"));
        self.running.handle.dispatch(action);
        self.settle().await;
    }

    /// Anything but the daily refresh.
    async fn something_happens(&mut self) {
        if !matches!(self.running.handle.view().screen, Screen::Group { .. }) {
            return self.running.handle.came_to_front();
        }
        let is_personal = self.world.state().assignment.personal;
        match self.draws.u8(0..24) {
            0..8 => self.running.site.end_web_session(),
            8..11 => self.at_once().await,
            11..15 => self.is_killed().await,
            15..17 if !is_personal => self.other_process().await,
            17..20 if !is_personal => self.sleeps().await,
            15..20 => self.leaves_the_tablet().await,
            20 => self.running.handle.came_to_front(),
            _ if self.draws.u8(0..6) == 0 => self.signs_out().await,
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

    /// The cover is closed in the middle of something, for seconds or for hours.
    async fn sleeps(&mut self) {
        self.running.site.end_web_session();
        tokio::time::sleep(Duration::from_millis(self.draws.u64(0..1_500))).await;
        let time = [
            self.draws.i64(5..60),
            self.draws.i64(60..900),
            self.draws.i64(900..4 * HOUR),
        ][self.draws.usize(0..3)];
        self.world.finish_background_work().await;
        self.world.note("sleeps");
        self.world.sleep_until(self.world.now() + time);
        self.running.handle.came_to_front();
    }

    /// A person with a personal account goes away. Whoever comes next must not find their day.
    async fn leaves_the_tablet(&mut self) {
        let time = self.world.now() + self.draws.i64(IDLE_LOCK_MINUTES * 60 + 20..2 * HOUR);
        self.running.site.touch();
        self.settle().await;
        self.world.note("left alone");
        self.world.state().is_alone = true;
        if self.draws.bool() {
            self.world.finish_background_work().await;
            self.world.sleep_until(time);
            self.running.handle.came_to_front();
        } else {
            self.world.until(time).await;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        self.world.state().is_alone = false;
        let screen = self.running.handle.view().screen;
        if self.world.state().assignment.personal && matches!(screen, Screen::Group { .. } | Screen::Status { .. }) {
            self.world
                .broken(|| "a personal session outlived its idle time".to_owned());
        }
    }

    /// Killed in the middle of an exchange, at a step or at any moment, and opened again at once or later.
    async fn is_killed(&mut self) {
        let step = self.draws.bool().then(|| STEPS[self.draws.usize(0..STEPS.len())]);
        self.restart(step);
        // The group view opens, and its page asks for a session transfer.
        tokio::time::sleep(Duration::from_secs(2)).await;
        self.running.site.end_web_session();
        let most = if step.is_some() {
            120_000
        } else {
            self.draws.u64(0..3_000)
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
        self.world.state().reach(Fault::Killed);
        let later = [0, 20, 300][self.draws.usize(0..3)];
        tokio::time::sleep(Duration::from_secs(later)).await;
        self.restart(None);
    }

    /// A second process with the same keystore refreshes, and then the application finds a newer token there than the one it
    /// remembers. (Two that act at the same moment are for the crash matrix, which runs real processes: here threads
    /// would decide which comes first, and a seed would not replay.)
    async fn other_process(&mut self) {
        self.summary.starts += 1;
        let process = self.world.start(None);
        let around = Arc::new(process.clone());
        let redirect_uri = Url::parse(app::REDIRECT_URI).unwrap();
        let mut config = Config::new(ISSUER.to_owned(), CLIENT.to_owned(), redirect_uri);
        config.rotation_leeway = Duration::from_secs(ROTATION_LEEWAY_SECONDS);
        let other = Session::new(
            config,
            around.clone(),
            around.clone(),
            Arc::new(SeededRandom::new(
                self.seed ^ ((self.summary.starts as u64) << 20) ^ 0xba,
            )),
            around,
        );
        let (before, stored) = {
            let mut state = self.world.state();
            state.reach(Fault::OtherProcess);
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

    async fn signs_out(&mut self) {
        self.world.note("sign out");
        self.by_person = true;
        for action in [Action::ShowStatus, Action::AskSignOut, Action::SignOut] {
            self.running.handle.dispatch(action);
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }
}
