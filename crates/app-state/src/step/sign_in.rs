//! Signing in.

use crate::event::{Effect, Event, LoginMethod, SignedOutWhy};
use crate::state::{Signed, Stage, State, Unsaved, Way};
use crate::{Fault, Problem};

impl State {
    pub(super) fn callback(&mut self, link: String) -> Vec<Effect> {
        match &mut self.stage {
            Stage::Starting { callback } => {
                *callback = Some(link);
                vec![]
            }
            // After a restart, or when the person went back: the sign-in may still wait in the keystore.
            Stage::SignedOut { why, .. } => {
                self.stage = Stage::SigningIn {
                    why: *why,
                    way: Way::Finishing {
                        before: None,
                        callbacks: 1,
                    },
                };
                vec![Effect::Complete(link)]
            }
            Stage::SigningIn { way, .. } => {
                match way {
                    Way::Finishing { callbacks, .. } => *callbacks = callbacks.saturating_add(1),
                    before => {
                        *before = Way::Finishing {
                            before: Some(Box::new(before.clone())),
                            callbacks: 1,
                        }
                    }
                }
                vec![Effect::Complete(link)]
            }
            Stage::NotSetUp { .. } | Stage::Blocked { .. } | Stage::Signed(_) => vec![],
        }
    }

    pub(super) fn begin(&mut self, method: LoginMethod) -> Vec<Effect> {
        let why = match &self.stage {
            Stage::SignedOut { why, .. } | Stage::SigningIn { why, .. } => *why,
            _ => SignedOutWhy::Never,
        };
        let other = matches!(&self.stage, Stage::SignedOut { fault: Some(fault), .. } if fault.problem == Problem::WrongOrganisation);
        let fresh = other
            || matches!(
                why,
                SignedOutWhy::Person | SignedOutWhy::Changed | SignedOutWhy::Personal
            );
        let mut effects = self.abandon();
        let (way, effect) = match method {
            LoginMethod::DeviceCode => (Way::AskingCode, Effect::BeginCode),
            LoginMethod::InApp => (Way::Preparing { in_app: true }, Effect::BeginSignIn { fresh }),
            LoginMethod::Auto | LoginMethod::Browser => {
                (Way::Preparing { in_app: false }, Effect::BeginSignIn { fresh })
            }
        };
        self.stage = Stage::SigningIn { way, why };
        effects.push(effect);
        effects
    }

    /// Signs in inside the app. What the browser has goes on here: the same request, so that nothing is forgotten and
    /// begun at the same time.
    pub(super) fn begin_here(&mut self) -> Vec<Effect> {
        match &mut self.stage {
            Stage::SigningIn { way, .. } => match way {
                Way::Browser(url) => {
                    let url = url.clone();
                    *way = Way::InApp { loaded: false };
                    vec![Effect::LoadSite(url), Effect::ShowSite]
                }
                _ => vec![],
            },
            _ => self.begin(LoginMethod::InApp),
        }
    }

    /// What is to be undone of a sign-in that is under way.
    pub(super) fn abandon(&self) -> Vec<Effect> {
        match &self.stage {
            Stage::SigningIn { way, .. } if way.is_in_app() => vec![Effect::CancelSignIn, Effect::CloseSite],
            Stage::SigningIn { .. } => vec![Effect::CancelSignIn],
            _ => vec![],
        }
    }

    pub(super) fn sign_in_event(&mut self, event: &Event) -> Vec<Effect> {
        let login = self.ground.login;
        let Stage::SigningIn { way, why } = &mut self.stage else {
            return vec![];
        };
        let why = *why;
        match (&mut *way, event) {
            (Way::Browser(_), Event::BrowserFailed(fault)) if login != LoginMethod::Auto => {
                self.stage = Stage::SignedOut {
                    why,
                    fault: Some(fault.clone()),
                };
                vec![Effect::CancelSignIn]
            }
            // It was another's: on with what was under way.
            (Way::Finishing { before, callbacks: 1 }, Event::CallbackIgnored) => {
                self.stage = match before.take() {
                    Some(way) => Stage::SigningIn { way: *way, why },
                    None => Stage::SignedOut { why, fault: None },
                };
                vec![]
            }
            (Way::Finishing { callbacks, .. }, Event::CallbackIgnored) => {
                *callbacks -= 1;
                vec![]
            }
            (_, Event::SignInFailed(fault)) => {
                let mut effects = self.abandon();
                effects.retain(|effect| *effect != Effect::CancelSignIn);
                self.stage = Stage::SignedOut {
                    why,
                    fault: Some(fault.clone()),
                };
                effects
            }
            (Way::InApp { .. }, Event::SiteFailed(fault))
            | (Way::InApp { loaded: false }, Event::SiteLedAstray { fault, .. }) => {
                self.stage = Stage::SignedOut {
                    why,
                    fault: Some(fault.clone()),
                };
                vec![Effect::CancelSignIn, Effect::CloseSite]
            }
            _ => advance(way, event, login),
        }
    }

    pub(super) fn signed_in(&mut self, unsaved: Option<Fault>) -> Vec<Effect> {
        let mut effects = match &self.stage {
            // The session came from a callback; another try has not ended.
            Stage::SigningIn { way, .. } if way.is_asking() && !matches!(way, Way::Code(_)) => {
                vec![Effect::CancelSignIn]
            }
            Stage::SignedOut { .. } | Stage::SigningIn { .. } => vec![],
            _ => return vec![],
        };
        let Some(place) = self.place() else { return vec![] };
        effects.push(Effect::LoadSite(place.group.clone()));
        let mut signed = Signed {
            known: true,
            ..Signed::default()
        };
        match unsaved {
            Some(fault) if !self.ground.personal => {
                effects.push(Effect::HideSite);
                if fault.problem.remedy().retries {
                    effects.push(Effect::RetryLater { attempt: 0 });
                }
                signed.unsaved = Some(Unsaved { fault, read: false });
            }
            _ => effects.extend([Effect::ShowSite, Effect::Note(!self.ground.personal)]),
        }
        // A tablet on a wall is never closed and never comes back: from here on, its session is used when it is due.
        effects.push(Effect::KeepAlive);
        self.stage = Stage::Signed(Box::new(signed));
        effects
    }
}

/// The next step of a way. It goes on behind a callback that is being checked, for that may not be ours.
fn advance(way: &mut Way, event: &Event, login: LoginMethod) -> Vec<Effect> {
    match (&mut *way, event) {
        (Way::Preparing { in_app: true }, Event::AuthorizeReady(url)) => {
            *way = Way::InApp { loaded: false };
            vec![Effect::LoadSite(url.clone()), Effect::ShowSite]
        }
        (Way::Preparing { in_app: false }, Event::AuthorizeReady(url)) => {
            *way = Way::Browser(url.clone());
            vec![Effect::OpenBrowser(url.clone())]
        }
        (Way::AskingCode, Event::CodeReady(code)) => {
            *way = Way::Code(code.clone());
            vec![]
        }
        // `auto` goes on inside the app with the same request (S18).
        (Way::Browser(url), Event::BrowserFailed(_)) if login == LoginMethod::Auto => {
            let url = url.clone();
            *way = Way::InApp { loaded: false };
            vec![Effect::LoadSite(url), Effect::ShowSite]
        }
        (Way::InApp { loaded }, Event::SiteLoaded(_)) => {
            *loaded = true;
            vec![]
        }
        // Its page died while its callback is checked: there is nothing to go back to.
        (Way::Finishing { before, .. }, Event::SiteFailed(fault))
            if fault.problem == Problem::SiteCrashed && before.as_deref().is_some_and(Way::is_in_app) =>
        {
            *before = None;
            vec![Effect::CloseSite]
        }
        (
            Way::Finishing {
                before: Some(before), ..
            },
            event,
        ) => advance(before, event, login),
        _ => vec![],
    }
}
