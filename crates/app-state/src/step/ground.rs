//! Settings and keystore.

use crate::event::{Effect, Found, Ground, Noted, SignedOutWhy};
use crate::state::{HandOff, Signed, Site, Stage, State};
use crate::{Fault, Offer};

/// Settings that are missing or wrong are read again this seldom (as [`Effect::RetryLater`] counts).
const SELDOM: u32 = 4;

impl State {
    pub(super) fn settings(&mut self, ground: Ground, noted: Noted) -> Vec<Effect> {
        if let Some(fault) = ground.fault.clone() {
            return self.block(fault, ground, noted);
        }
        let moved = self.moves(&ground);
        self.ground = ground;
        match &mut self.stage {
            Stage::Signed(_) | Stage::Blocked { session: Some(_), .. } if moved => {
                let mut effects = self.left_behind();
                if self.place().is_none() {
                    effects.extend(self.not_set_up());
                }
                effects
            }
            Stage::SigningIn { .. } | Stage::SignedOut { .. } if moved => {
                let mut effects = vec![Effect::CancelSignIn, Effect::CloseSite];
                effects.extend(self.enter(None));
                effects
            }
            Stage::Signed(_) | Stage::SigningIn { .. } | Stage::SignedOut { .. } => vec![],
            Stage::Starting { .. } if self.ground.place.is_some() && noted == Noted::Elsewhere => self.left_behind(),
            Stage::Starting { .. } if self.ground.place.is_some() && noted == Noted::Here && !self.ground.personal => {
                self.open(Box::default())
            }
            Stage::Starting { callback } => {
                let callback = callback.take();
                self.enter(callback)
            }
            // A name that was just refused stays on screen until there is a place.
            Stage::NotSetUp { .. } if self.ground.place.is_none() => vec![Effect::RetryLater { attempt: SELDOM }],
            Stage::NotSetUp { .. } => self.enter(None),
            Stage::Blocked { session, .. } => match session.take() {
                Some(session) if self.ground.place.is_some() && session.known => self.open(session),
                // What was only noted, before the settings told whose it is and what account.
                Some(_) if self.ground.place.is_some() && noted == Noted::Elsewhere => self.left_behind(),
                Some(session) if self.ground.place.is_some() && !self.ground.personal => self.open(session),
                _ => self.enter(None),
            },
        }
    }

    /// The session at hand is of the place before the settings changed.
    fn left_behind(&mut self) -> Vec<Effect> {
        let mut effects = self.sign_out(SignedOutWhy::Changed, true);
        effects.push(Effect::CancelSignIn);
        effects
    }

    /// A security setting is wrong: nothing goes on until it is put right.
    fn block(&mut self, fault: Fault, ground: Ground, noted: Noted) -> Vec<Effect> {
        let before = std::mem::replace(&mut self.ground, ground);
        let seldom = matches!(self.stage, Stage::Blocked { .. });
        let (session, mut effects) = match std::mem::take(&mut self.stage) {
            Stage::Starting { .. } => (
                (noted != Noted::Nothing && !self.ground.personal && !before.personal).then(Box::default),
                vec![],
            ),
            Stage::Blocked { session, .. } => (session, vec![]),
            Stage::Signed(session) => (Some(session), vec![Effect::HideSite]),
            Stage::SigningIn { .. } => (None, vec![Effect::CancelSignIn, Effect::CloseSite]),
            Stage::NotSetUp { .. } | Stage::SignedOut { .. } => (None, vec![]),
        };
        // The place that the session belongs to is remembered, so that putting the setting right brings it back.
        if session.is_some() {
            self.ground.place = before.place;
            self.ground.personal = before.personal;
        }
        self.stage = Stage::Blocked { fault, session };
        effects.push(Effect::RetryLater {
            attempt: if seldom { SELDOM } else { 0 },
        });
        effects
    }

    /// The session of before does not belong where these settings lead. A place that nobody knew before (a start with a
    /// fault) cannot have changed.
    fn moves(&self, ground: &Ground) -> bool {
        match (&self.ground.place, &ground.place) {
            (Some(before), Some(now)) => !before.same(now) || self.ground.personal != ground.personal,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    /// A set-up link. One at a time, and never into a sign-in: another app may be behind it.
    pub(super) fn offered(&mut self, offer: Offer) -> Vec<Effect> {
        if self.offer.is_some() || matches!(self.stage, Stage::SigningIn { .. }) {
            return vec![Effect::DropLink];
        }
        self.offer = Some(offer);
        if matches!(self.stage, Stage::Signed(_)) {
            vec![Effect::HideSite]
        } else {
            vec![]
        }
    }

    /// Whoever stands before a screen where a link makes sense hears why it does not work; the group view stays.
    pub(super) fn link_refused(&mut self, refused: Fault) -> Vec<Effect> {
        if let Stage::NotSetUp { fault, .. } | Stage::SignedOut { fault, .. } = &mut self.stage
            && self.offer.is_none()
        {
            *fault = Some(refused);
        }
        vec![]
    }

    /// Managed settings may come minutes after the app: they are looked for meanwhile.
    fn not_set_up(&mut self) -> Vec<Effect> {
        self.stage = Stage::NotSetUp {
            typed: String::new(),
            fault: None,
        };
        vec![Effect::RetryLater { attempt: SELDOM }]
    }

    /// Starts from settings that are sound, with no session at hand.
    pub(super) fn enter(&mut self, callback: Option<String>) -> Vec<Effect> {
        if self.place().is_none() {
            return self.not_set_up();
        }
        self.stage = Stage::Starting { callback };
        vec![Effect::ReadKeystore]
    }

    /// Opens the group view with a session at hand, and goes on with whatever waited for an answer.
    fn open(&mut self, mut session: Box<Signed>) -> Vec<Effect> {
        session.status = None;
        // A hand-off that waited for its answer, or for a retry, has lost it.
        let lost = matches!(session.hand_off, HandOff::Minting { .. } | HandOff::Kept);
        let mut effects = vec![];
        if lost || session.site != Site::Loaded {
            session.trouble = None;
            if session.hand_off != HandOff::Missing {
                session.hand_off = HandOff::Ready;
            }
            effects.extend(self.place().map(|place| session.load_group(place)));
        }
        effects.push(if session.covered().is_some() {
            Effect::HideSite
        } else {
            Effect::ShowSite
        });
        if session.settling > 0 {
            session.settling = 1;
            effects.push(Effect::Settle);
        }
        self.stage = Stage::Signed(session);
        // The keystore, where it has not answered yet.
        effects.extend(self.try_again(false));
        effects
    }

    pub(super) fn keystore(&mut self, found: Found) -> Vec<Effect> {
        let personal = self.ground.personal;
        match (&mut self.stage, found) {
            (Stage::Starting { .. }, Found::Session) if !personal => {
                let Some(place) = self.ground.place.as_ref() else {
                    return vec![];
                };
                let group = place.group.clone();
                self.stage = Stage::Signed(Box::new(Signed {
                    known: true,
                    ..Signed::default()
                }));
                vec![
                    Effect::LoadSite(group),
                    Effect::ShowSite,
                    Effect::Note(true),
                    Effect::KeepAlive,
                ]
            }
            // The settings are still to come; whatever was read was not read for them.
            (Stage::Starting { .. }, _) if self.ground.place.is_none() => vec![],
            (Stage::Starting { callback }, found) => {
                let callback = callback.take();
                let fault = match found {
                    Found::Unreadable(fault) if !personal => Some(fault),
                    _ => None,
                };
                let why = if personal {
                    SignedOutWhy::Personal
                } else {
                    SignedOutWhy::Never
                };
                // What a personal account left in the web view ended with the app that showed it.
                let mut effects = if personal { vec![Effect::ClearSite] } else { vec![] };
                self.stage = Stage::SignedOut { why, fault };
                if let Some(link) = callback {
                    effects.extend(self.callback(link));
                }
                effects
            }
            (Stage::Signed(signed), found) if !signed.known => match found {
                Found::Session => {
                    signed.known = true;
                    vec![Effect::KeepAlive]
                }
                Found::Nothing => self.sign_out(SignedOutWhy::Ended, false),
                Found::Unreadable(_) => vec![Effect::RetryLater { attempt: SELDOM }],
            },
            _ => vec![],
        }
    }
}
