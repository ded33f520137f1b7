//! The transition function: (State, Event) -> (State, effects).
//!
//! One file for each part of a tablet's day: [`settings`] for settings, setup links and the keystore, [`sign_in`] for
//! a sign-in, [`group_view`] for what happens with a session, [`user_action`] for what people press.

mod group_view;
mod settings;
mod sign_in;
mod user_action;

use crate::{Effect, Event, Phase, SignedOutReason, SiteLoad, State};

impl State {
    /// Takes one event and returns the next state with the effects to carry out, in order. An event that has no meaning
    /// in the present phase changes nothing and returns no effects.
    #[must_use]
    pub fn step(mut self, event: Event) -> (Self, Vec<Effect>) {
        let mut effects = self.on_event(event);
        if self.offer.is_some() {
            // The question about a setup link stays on top until somebody answers it.
            effects.retain(|effect| *effect != Effect::ShowSite);
        }
        (self, effects)
    }

    fn on_event(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Settings { settings, remembered } => self.on_settings(*settings, remembered),
            Event::TenantRejected { typed, error } => {
                if matches!(self.phase, Phase::NotSetUp { .. }) {
                    self.phase = Phase::NotSetUp {
                        typed,
                        error: Some(error),
                    };
                }
                vec![]
            }
            Event::SetupLinkOffered(offer) => self.on_setup_link_offered(offer),
            Event::SetupLinkRefused(error) => self.on_setup_link_refused(error),
            Event::KeystoreRead(result) => self.on_keystore_read(result),
            Event::UserAction(action) => self.on_user_action(&action),
            Event::Callback(link) => self.on_callback(link),
            Event::SignedIn { unsaved } => self.on_signed_in(unsaved),
            Event::Resumed => self.on_resumed(),
            Event::IdleTimeout => self.on_idle_timeout(),
            Event::RetryDue => self.on_retry_due(),
            Event::SessionEnded(why) => self.on_session_ended(why),
            Event::AuthorizationRequestReady(_)
            | Event::DeviceCodeReady(_)
            | Event::SignInFailed(_)
            | Event::CallbackIgnored
            | Event::BrowserClosed
            | Event::BrowserFailed(_) => self.on_sign_in_event(&event),
            Event::SiteLoaded(_) | Event::SiteFailed { .. } | Event::RedirectedAway { .. } => match &self.phase {
                Phase::SigningIn { .. } => self.on_sign_in_event(&event),
                Phase::Blocked { .. } => self.on_event_while_blocked(&event),
                _ => self.on_group_view_event(event),
            },
            Event::SiteWaitElapsed
            | Event::SessionUnsaved(_)
            | Event::SessionSaved
            | Event::SessionAtRisk(_)
            | Event::SessionTransferReady(_)
                if matches!(self.phase, Phase::Blocked { .. }) =>
            {
                self.on_event_while_blocked(&event)
            }
            Event::SessionTransferReady(_)
            | Event::SessionTransferUnsupported
            | Event::SessionTransferDeferred(_)
            | Event::SessionUnsaved(_)
            | Event::SessionSaved
            | Event::SessionAtRisk(_)
            | Event::NavigationIntercepted(_)
            | Event::StatusInfoRead(_)
            | Event::LoopGuardElapsed
            | Event::SiteWaitElapsed
            | Event::SignInPageUntouched => self.on_group_view_event(event),
        }
    }

    fn on_session_ended(&mut self, why: SignedOutReason) -> Vec<Effect> {
        match &mut self.phase {
            Phase::SignedIn(_) => self.sign_out(why, false),
            Phase::Blocked { session, .. } if session.is_some() => {
                *session = None;
                forget_site()
            }
            _ => vec![],
        }
    }

    /// A personal account's session ends, also behind the screen of an invalid setting: the next person may be another.
    fn on_idle_timeout(&mut self) -> Vec<Effect> {
        if !self.settings.personal {
            return vec![];
        }
        match &mut self.phase {
            Phase::SignedIn(_) => self.sign_out(SignedOutReason::Personal, true),
            Phase::Blocked { session, .. } if session.is_some() => {
                *session = None;
                let mut effects = vec![Effect::SignOut];
                effects.extend(forget_site());
                effects
            }
            _ => vec![],
        }
    }

    /// What happens to session and site behind the screen of an invalid setting. A site that fails is loaded again when the
    /// setting is corrected, but not before the time for which its server asked to be left alone has passed. A session that
    /// the keystore refused is saved with each reading of the settings, because they may stay wrong for days.
    fn on_event_while_blocked(&mut self, event: &Event) -> Vec<Effect> {
        let personal = self.settings.personal;
        let Phase::Blocked {
            session: Some(session), ..
        } = &mut self.phase
        else {
            return vec![];
        };
        match *event {
            Event::SiteFailed {
                error,
                retry_after: Some(at_least),
            } => return session.wait_for_site(error, at_least),
            Event::SiteFailed { .. } if session.site != SiteLoad::Waiting => session.site = SiteLoad::Failed,
            Event::SiteWaitElapsed if session.site == SiteLoad::Waiting => session.site = SiteLoad::Failed,
            Event::SessionUnsaved(error) => return session.on_unsaved(error),
            Event::SessionSaved if session.unsaved.take().is_some() => return vec![Effect::RememberSession(!personal)],
            Event::SessionAtRisk(code) => session.at_risk = code,
            Event::SessionTransferReady(_) => session.at_risk = None,
            _ => {}
        }
        vec![]
    }

    /// Ends the session. `revoke` is false if the identity provider ended it, so that there is nothing to revoke.
    fn sign_out(&mut self, why: SignedOutReason, revoke: bool) -> Vec<Effect> {
        self.phase = Phase::SignedOut { why, error: None };
        let mut effects = if revoke { vec![Effect::SignOut] } else { vec![] };
        effects.extend(forget_site());
        effects
    }

    fn on_resumed(&mut self) -> Vec<Effect> {
        match &self.phase {
            Phase::Starting { .. } => vec![],
            Phase::SignedIn(session) => {
                let confirmed = session.confirmed;
                let mut effects = vec![Effect::ReadSettings];
                effects.extend(self.try_again(Trigger::Resume));
                if confirmed {
                    effects.push(Effect::KeepSessionAlive);
                }
                effects
            }
            Phase::NotSetUp { .. } | Phase::Blocked { .. } | Phase::SignedOut { .. } | Phase::SigningIn { .. } => {
                vec![Effect::ReadSettings]
            }
        }
    }

    fn on_retry_due(&mut self) -> Vec<Effect> {
        match &self.phase {
            Phase::NotSetUp { .. } | Phase::Blocked { .. } => vec![Effect::ReadSettings],
            Phase::SignedIn(_) => self.try_again(Trigger::Timer),
            Phase::Starting { .. } | Phase::SignedOut { .. } | Phase::SigningIn { .. } => vec![],
        }
    }
}

/// Why the app tries again what failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trigger {
    /// A retry is due, or the settings were corrected.
    Timer,
    /// The app came to the front.
    Resume,
    /// A person asked for it.
    Person,
}

/// Removes the session from the site view and from the saved state. The view closes first, so that no page of it can
/// write data again after the deletion. The saved state comes before the deletion, which may take a moment: a start after
/// a kill in that moment then deletes again, before it opens a page.
fn forget_site() -> Vec<Effect> {
    vec![Effect::CloseSite, Effect::RememberSession(false), Effect::ClearSite]
}
