//! (State, Event) -> (State, effects).
//!
//! One file for each part of a tablet's day: [`ground`] for settings and keystore, [`sign_in`], [`group`] for what
//! happens with a session, [`person`] for what people press.

mod ground;
mod group;
mod person;
mod sign_in;

use crate::event::{Effect, Event, SignedOutWhy};
use crate::state::{Site, Stage, State};

impl State {
    /// Takes one event and says what is to be done. An event that has no meaning here changes nothing.
    #[must_use]
    pub fn step(mut self, event: Event) -> (Self, Vec<Effect>) {
        let mut effects = self.take(event);
        if self.offer.is_some() {
            effects.retain(|effect| *effect != Effect::ShowSite);
        }
        (self, effects)
    }

    fn take(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Settings { ground, noted } => self.settings(*ground, noted),
            Event::TenantRefused { typed, fault } => {
                if matches!(self.stage, Stage::NotSetUp { .. }) {
                    self.stage = Stage::NotSetUp {
                        typed,
                        fault: Some(fault),
                    };
                }
                vec![]
            }
            Event::LinkOffered(offer) => self.offered(offer),
            Event::LinkRefused(fault) => self.link_refused(fault),
            Event::Keystore(found) => self.keystore(found),
            Event::Person(action) => self.person(&action),
            Event::Callback(link) => self.callback(link),
            Event::SignedIn { unsaved } => self.signed_in(unsaved),
            Event::Resumed => self.resumed(),
            Event::Idle if self.ground.personal && matches!(self.stage, Stage::Signed(_)) => {
                self.sign_out(SignedOutWhy::Personal, true)
            }
            Event::Idle => vec![],
            Event::RetryDue => self.retry_due(),
            Event::SessionOver(why) => self.session_over(why),
            Event::AuthorizeReady(_)
            | Event::CodeReady(_)
            | Event::SignInFailed(_)
            | Event::CallbackIgnored
            | Event::BrowserFailed(_) => self.sign_in_event(&event),
            Event::SiteLoaded(_) | Event::SiteFailed(_) | Event::SiteLedAstray { .. } => match &self.stage {
                Stage::SigningIn { .. } => self.sign_in_event(&event),
                Stage::Blocked { .. } => self.unseen(&event),
                _ => self.group_event(event),
            },
            Event::HandOffReady(_)
            | Event::HandOffMissing
            | Event::HandOffKept(_)
            | Event::Saved
            | Event::Held(_)
            | Event::Facts(_)
            | Event::Settled => self.group_event(event),
        }
    }

    fn session_over(&mut self, why: SignedOutWhy) -> Vec<Effect> {
        match &mut self.stage {
            Stage::Signed(_) => self.sign_out(why, false),
            Stage::Blocked { session, .. } if session.is_some() => {
                *session = None;
                forget()
            }
            _ => vec![],
        }
    }

    /// What the site does behind a wrong setting.
    fn unseen(&mut self, event: &Event) -> Vec<Effect> {
        if let (
            Stage::Blocked {
                session: Some(session), ..
            },
            Event::SiteFailed(_),
        ) = (&mut self.stage, event)
        {
            session.site = Site::Failed;
        }
        vec![]
    }

    /// The session is over. `tell` = the identity server does not know it yet.
    fn sign_out(&mut self, why: SignedOutWhy, tell: bool) -> Vec<Effect> {
        self.stage = Stage::SignedOut { why, fault: None };
        let mut effects = if tell { vec![Effect::SignOut] } else { vec![] };
        effects.extend(forget());
        effects
    }

    fn resumed(&mut self) -> Vec<Effect> {
        match &self.stage {
            Stage::Starting { .. } => vec![],
            Stage::Signed(signed) => {
                let known = signed.known;
                let mut effects = vec![Effect::ReadSettings];
                effects.extend(self.try_again(true));
                if known {
                    effects.push(Effect::KeepAlive);
                }
                effects
            }
            _ => vec![Effect::ReadSettings],
        }
    }

    fn retry_due(&mut self) -> Vec<Effect> {
        match self.stage {
            Stage::NotSetUp { .. } | Stage::Blocked { .. } => vec![Effect::ReadSettings],
            Stage::Signed(_) => self.try_again(false),
            Stage::Starting { .. } | Stage::SignedOut { .. } | Stage::SigningIn { .. } => vec![],
        }
    }
}

/// Nothing of a session stays in the site view or in the notes.
fn forget() -> Vec<Effect> {
    vec![Effect::CloseSite, Effect::ClearSite, Effect::Note(false)]
}
