//! Signing in.

use error_codes::ErrorKind;
use settings::LoginMethod;

use crate::{AppError, Effect, Event, Phase, SignInStep, SignedIn, SignedOutReason, State, UnsavedSession};

impl State {
    pub(super) fn on_callback(&mut self, link: String) -> Vec<Effect> {
        match &mut self.phase {
            Phase::Starting { callback, .. } => {
                *callback = Some(link);
                vec![]
            }
            // After a restart, or after a cancel: the keystore may still hold the pending sign-in.
            Phase::SignedOut { why, .. } => {
                self.phase = Phase::SigningIn {
                    why: *why,
                    step: SignInStep::CompletingCallback {
                        resume: None,
                        pending: 1,
                    },
                };
                vec![Effect::CompleteSignIn(link)]
            }
            Phase::SigningIn { step, .. } => {
                match step {
                    SignInStep::CompletingCallback { pending, .. } => *pending = pending.saturating_add(1),
                    before => {
                        *before = SignInStep::CompletingCallback {
                            resume: Some(Box::new(before.clone())),
                            pending: 1,
                        }
                    }
                }
                vec![Effect::CompleteSignIn(link)]
            }
            Phase::NotSetUp { .. } | Phase::Blocked { .. } | Phase::SignedIn(_) => vec![],
        }
    }

    pub(super) fn begin_sign_in(&mut self, method: LoginMethod) -> Vec<Effect> {
        let why = match &self.phase {
            Phase::SignedOut { why, .. } | Phase::SigningIn { why, .. } => *why,
            _ => SignedOutReason::Never,
        };
        let other_account = matches!(&self.phase, Phase::SignedOut { error: Some(error), .. } if error.kind == ErrorKind::WrongOrganisation);
        let fresh = other_account
            || matches!(
                why,
                SignedOutReason::Person | SignedOutReason::Changed | SignedOutReason::Personal
            );
        let mut effects = self.abandon_sign_in();
        let (step, effect) = match method {
            LoginMethod::DeviceCode => (SignInStep::RequestingDeviceCode, Effect::BeginDeviceFlow),
            LoginMethod::InApp => (SignInStep::Preparing { in_app: true }, Effect::BeginSignIn { fresh }),
            LoginMethod::Auto | LoginMethod::Browser => {
                (SignInStep::Preparing { in_app: false }, Effect::BeginSignIn { fresh })
            }
        };
        self.phase = Phase::SigningIn { step, why };
        effects.push(effect);
        effects
    }

    /// Signs in inside the app. A request that the browser already shows is loaded here unchanged: cancelling it and
    /// beginning another would run at the same time, and the cancel could hit the new one.
    pub(super) fn begin_in_app(&mut self) -> Vec<Effect> {
        match &mut self.phase {
            Phase::SigningIn { step, .. } => match step {
                SignInStep::Browser(url) => {
                    let url = url.clone();
                    *step = SignInStep::InApp { loaded: false };
                    vec![Effect::LoadSite(url), Effect::ShowSite]
                }
                _ => vec![],
            },
            _ => self.begin_sign_in(LoginMethod::InApp),
        }
    }

    /// The effects that stop a sign-in under way.
    pub(super) fn abandon_sign_in(&self) -> Vec<Effect> {
        match &self.phase {
            Phase::SigningIn { step, .. } if step.is_in_app() => vec![Effect::CancelSignIn, Effect::CloseSite],
            Phase::SigningIn { .. } => vec![Effect::CancelSignIn],
            _ => vec![],
        }
    }

    pub(super) fn on_sign_in_event(&mut self, event: &Event) -> Vec<Effect> {
        let login = self.settings.login_method;
        let Phase::SigningIn { step, why } = &mut self.phase else {
            return vec![];
        };
        let why = *why;
        match (&mut *step, event) {
            (SignInStep::Browser(_), Event::BrowserFailed(error)) if login != LoginMethod::Auto => {
                self.phase = Phase::SignedOut {
                    why,
                    error: Some(*error),
                };
                vec![Effect::CancelSignIn]
            }
            // The callback belonged to another sign-in: resume what was under way.
            (SignInStep::CompletingCallback { resume, pending: 1 }, Event::CallbackIgnored) => {
                self.phase = match resume.take() {
                    Some(step) => Phase::SigningIn { step: *step, why },
                    None => Phase::SignedOut { why, error: None },
                };
                vec![]
            }
            (SignInStep::CompletingCallback { pending, .. }, Event::CallbackIgnored) => {
                *pending -= 1;
                vec![]
            }
            (SignInStep::Browser(_), Event::BrowserClosed) => {
                self.phase = Phase::SignedOut { why, error: None };
                vec![]
            }
            (_, Event::SignInFailed(error)) => {
                let mut effects = self.abandon_sign_in();
                effects.retain(|effect| *effect != Effect::CancelSignIn);
                self.phase = Phase::SignedOut {
                    why,
                    error: Some(*error),
                };
                effects
            }
            (SignInStep::InApp { .. }, Event::SiteFailed { error, .. })
            | (SignInStep::InApp { loaded: false }, Event::RedirectedAway { error, .. }) => {
                self.phase = Phase::SignedOut {
                    why,
                    error: Some(*error),
                };
                vec![Effect::CancelSignIn, Effect::CloseSite]
            }
            _ => advance(step, event, login),
        }
    }

    pub(super) fn on_signed_in(&mut self, unsaved: Option<AppError>) -> Vec<Effect> {
        let mut effects = match &self.phase {
            // The session came from a callback while another attempt was under way: stop that attempt.
            Phase::SigningIn { step, .. }
                if step.has_request_under_way() && !matches!(step, SignInStep::DeviceCode(_)) =>
            {
                vec![Effect::CancelSignIn]
            }
            Phase::SignedOut { .. } | Phase::SigningIn { .. } => vec![],
            _ => return vec![],
        };
        let Some(organisation) = self.organisation() else {
            return vec![];
        };
        effects.push(Effect::LoadSite(organisation.group_url.clone()));
        let mut session = SignedIn {
            confirmed: true,
            ..SignedIn::default()
        };
        match unsaved {
            Some(error) if !self.settings.personal => {
                effects.push(Effect::HideSite);
                if let Some(pace) = error.recovery().retry {
                    effects.push(Effect::RetryLater { attempt: 0, pace });
                }
                session.unsaved = Some(UnsavedSession {
                    error,
                    acknowledged: false,
                });
            }
            _ => effects.extend([Effect::ShowSite, Effect::RememberSession(!self.settings.personal)]),
        }
        // A tablet on a wall is never closed and never resumed, so start the daily refresh here.
        effects.push(Effect::KeepSessionAlive);
        self.phase = Phase::SignedIn(Box::new(session));
        effects
    }
}

/// Advances a sign-in by one event. While a callback is being checked, the step behind it advances, because the
/// callback may belong to another sign-in.
fn advance(step: &mut SignInStep, event: &Event, login: LoginMethod) -> Vec<Effect> {
    match (&mut *step, event) {
        (SignInStep::Preparing { in_app: true }, Event::AuthorizationRequestReady(url)) => {
            *step = SignInStep::InApp { loaded: false };
            vec![Effect::LoadSite(url.clone()), Effect::ShowSite]
        }
        (SignInStep::Preparing { in_app: false }, Event::AuthorizationRequestReady(url)) => {
            *step = SignInStep::Browser(url.clone());
            vec![Effect::OpenBrowser(url.clone())]
        }
        (SignInStep::RequestingDeviceCode, Event::DeviceCodeReady(code)) => {
            *step = SignInStep::DeviceCode(code.clone());
            vec![]
        }
        // With `login_method` `auto`, the same request goes on inside the app (S18).
        (SignInStep::Browser(url), Event::BrowserFailed(_)) if login == LoginMethod::Auto => {
            let url = url.clone();
            *step = SignInStep::InApp { loaded: false };
            vec![Effect::LoadSite(url), Effect::ShowSite]
        }
        (SignInStep::InApp { loaded }, Event::SiteLoaded(_)) => {
            *loaded = true;
            vec![]
        }
        // The sign-in page crashed, or a stranger's page took its place, while its callback is checked: there is no page
        // to resume.
        (SignInStep::CompletingCallback { resume, .. }, Event::SiteFailed { error, .. })
            if matches!(error.kind, ErrorKind::SiteCrashed | ErrorKind::CaptivePortal)
                && resume.as_deref().is_some_and(SignInStep::is_in_app) =>
        {
            *resume = None;
            vec![Effect::CloseSite]
        }
        (SignInStep::CompletingCallback { resume: Some(step), .. }, event) => advance(step, event, login),
        _ => vec![],
    }
}
