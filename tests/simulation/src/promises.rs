//! What must hold, whatever the seed:
//!
//! - signed out only by `invalid_grant` of the identity provider, by a person, by a change of what the tablet is for, or
//!   with the process if the keystore never took what a sign-in brought, however often the application tried;
//! - the identity provider says `invalid_grant` only for a reason that no app can help: 60 days idle, or a lost answer that
//!   could not be asked for again within the leeway ([`crate::network`]);
//! - refreshed at least daily on days on which nothing is in the way, so that 59 days away cost nobody the session;
//! - never two exchanges at once, never an older token after a newer one was saved ([`crate::network`],
//!   [`crate::storage`]);
//! - four minutes after the last fault the group view is on screen, or one press of the first button away;
//! - no page, cookie, token or keystore entry of another account, organisation or installation is there to be seen, and
//!   its session is revoked unless something was in the way ([`crate::site`]);
//! - a personal session ends when nobody has touched the tablet for its idle time, asleep or awake ([`crate::people`]);
//! - in an outage a tablet sends [`MAX_REQUESTS_A_MINUTE`] at most, after the first ten minutes and on average.

use std::time::Duration;

use app_state::{Action, Screen, SignedOutReason, View};
use session::store::Slot;

use crate::calendar::{DAY, HOUR};
use crate::faults::Fault;
use crate::server::index_of;
use crate::tablet::Tablet;

/// So long before the tablet is put away nothing may be in the way for a day's refresh to be expected, in seconds.
const CLEAR_FOR_REFRESH: i64 = 3 * HOUR;
/// So long after the last fault the group view is expected, in seconds.
const CLEAR_FOR_VIEW: i64 = 240;

/// Each attempt to load the group view may ask the identity provider three times for a session transfer, and a refresh
/// that is due asks on its own.
const MAX_REQUESTS_A_MINUTE: usize = 6;

fn anything(_: Fault) -> bool {
    true
}

impl Tablet {
    /// Looks at the screen.
    pub(crate) fn observe(&mut self, view: &View) {
        self.observe_owner();
        match &view.screen {
            Screen::Group { .. } if !self.signed_in => self.on_signed_in(),
            Screen::SignIn { why, .. } if self.signed_in => self.on_signed_out(*why),
            _ => {}
        }
    }

    fn observe_owner(&mut self) {
        let owner = self.world.state().owner;
        if owner != self.owner && self.left.is_none_or(|(left, _)| left != self.owner) {
            self.left = Some((self.owner, self.world.now()));
        }
    }

    fn on_signed_in(&mut self) {
        let (sign_ins, definitive, owner, of_session) = {
            let state = self.world.state();
            (
                state.server.sign_ins(),
                state.definitive,
                state.owner,
                state.server.owner(),
            )
        };
        if of_session.is_some_and(|of_session| of_session != owner) {
            self.world
                .broken(|| format!("the session of {of_session:?} is on the tablet of {owner}"));
        }
        if sign_ins == self.sign_ins && owner == self.owner {
            self.summary.found_again += 1;
        }
        (self.sign_ins, self.definitive, self.owner) = (sign_ins, definitive, owner);
        (self.signed_in, self.by_person) = (true, false);
    }

    fn on_signed_out(&mut self, why: SignedOutReason) {
        let (definitive, never_saved, stored, owner, is_personal) = {
            let state = self.world.state();
            (
                state.definitive,
                !state.has_saved(state.server.sign_ins()),
                state.stored(),
                state.owner,
                state.owners[self.owner],
            )
        };
        let is_keystore_away = !self.world.clear_for(60, |fault| {
            matches!(fault, Fault::KeystoreLocked | Fault::KeystoreFlaky)
        });
        let ended = if self.by_person {
            Some("by a person")
        } else if owner != self.owner {
            Some("by a change of account, organisation or installation")
        } else if is_personal {
            Some("of a personal account, with its process or its idle time")
        } else if never_saved {
            Some("with its process, before the keystore took it")
        } else {
            if definitive == self.definitive {
                self.world.broken(|| format!("signed out ({why:?}) by nobody"));
            } else if stored && !is_keystore_away {
                self.world
                    .broken(|| format!("signed out ({why:?}), and the keystore still holds the session"));
            }
            None
        };
        if let Some(ended) = ended {
            *self.summary.ended.entry(ended).or_default() += 1;
        }
        self.signed_in = false;
    }

    /// A fleet does not keep a server down that it waits for.
    pub(crate) fn expect_few_requests(&self) {
        let (minutes, requests) = {
            let state = self.world.state();
            (state.outage_minutes(), state.outage_requests)
        };
        // A person who presses "try again" is answered, so a short time says little.
        if minutes >= 60 && requests > minutes * MAX_REQUESTS_A_MINUTE {
            self.world
                .broken(|| format!("{requests} requests in {minutes} minutes of outages"));
        }
    }

    /// When the tablet is put away.
    pub(crate) async fn evening(&mut self, day: i64) {
        let view = self.running.handle.view();
        self.observe(&view);
        if self.world.state().broken.is_some() || !self.world.clear_for(CLEAR_FOR_VIEW, anything) {
            return;
        }
        self.expect_the_view(day).await;
        self.expect_nothing_left_behind();
        let is_group_account = !self.world.state().assignment.personal;
        if is_group_account && self.signed_in && self.world.clear_for(CLEAR_FOR_REFRESH, anything) {
            self.expect_a_refresh(day);
        }
    }

    /// The group view is on screen, or the first button leads to it. Or nobody is signed in, and the tablet says so.
    async fn expect_the_view(&mut self, day: i64) {
        let mut screen = self.running.handle.view().screen;
        if let Screen::Trouble { buttons, .. } = &screen
            && let Some(button) = buttons.first().cloned()
        {
            self.press(button).await;
            tokio::time::sleep(Duration::from_secs(45)).await;
            screen = self.running.handle.view().screen;
        }
        if matches!(screen, Screen::Status { .. }) {
            self.press(Action::OpenGroup).await;
            screen = self.running.handle.view().screen;
        }
        self.observe(&self.running.handle.view());
        let is_well = matches!(
            screen,
            Screen::Group { .. } | Screen::SignIn { .. } | Screen::Browser { .. } | Screen::Finishing
        );
        if !is_well {
            self.world
                .broken(|| format!("no group view on day {day} with nothing in the way: {screen:?}"));
        }
    }

    fn expect_a_refresh(&self, day: i64) {
        let closes = self.world.now();
        let mut state = self.world.state();
        let idle = closes - state.server.used();
        if state.server.ended().is_none() {
            state.server.healthy = closes;
        }
        drop(state);
        // A night may lie between two refreshes that are due, and a morning with its jitter.
        if idle > DAY + 3 * HOUR {
            let hours = idle / HOUR;
            self.world
                .broken(|| format!("not refreshed for {hours} hours, on day {day} with nothing in the way"));
        }
    }

    /// Nothing of whoever had the tablet before is there.
    fn expect_nothing_left_behind(&mut self) {
        let now = self.world.now();
        let Some((left, since)) = self.left.filter(|(_, since)| now - since >= CLEAR_FOR_VIEW) else {
            return;
        };
        self.left = None;
        let state = self.world.state();
        let in_keystore = state
            .disk
            .get(&Slot::Session)
            .and_then(|record| index_of(record.expose()))
            .and_then(|(family, _)| state.server.owner_of(family));
        let in_web_view = state.cookies.session.map(|(_, owner)| owner);
        let lives = state.server.is_alive(left);
        // A personal account's token was in memory only; a keystore that went with the app took the token along.
        let is_known = !state.owners[left] && (self.keystore_outlives_app || !state.reinstalled.contains(&left));
        let was_clear = !state
            .periods
            .iter()
            .any(|period| period.from <= since + 120 && period.to > since - 600)
            && !(since - 10..since + 120).contains(&state.network_from);
        drop(state);
        if in_keystore == Some(left) || in_web_view == Some(left) {
            self.world.broken(|| {
                format!(
                    "of owner {left}, left {} s ago: keystore {in_keystore:?}, web view {in_web_view:?}",
                    now - since
                )
            });
        }
        if lives && is_known {
            self.summary.unrevoked += 1;
            if was_clear {
                self.world.broken(|| {
                    format!(
                        "the session of owner {left}, left {} s ago, was not revoked, with nothing in the way",
                        now - since
                    )
                });
            }
        }
    }
}
