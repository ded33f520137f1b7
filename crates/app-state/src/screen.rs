//! What the state shows, and which actions it offers.

use error_codes::ErrorKind;
use settings::LoginMethod;

use crate::{Action, AppError, Organisation, Phase, Screen, SignInStep, SignedOutReason, State, View};

impl State {
    /// What the shell's page shows now.
    #[must_use]
    pub fn view(&self) -> View {
        View {
            language: self.settings.language,
            screen: self.screen(),
        }
    }

    pub(crate) fn organisation(&self) -> Option<&Organisation> {
        self.settings.organisation.as_ref()
    }

    fn screen(&self) -> Screen {
        let organisation = self
            .organisation()
            .map(|organisation| organisation.name.clone())
            .unwrap_or_default();
        if let Some(offer) = &self.offer {
            let has_session = matches!(
                &self.phase,
                Phase::SignedIn(_) | Phase::Blocked { session: Some(_), .. }
            );
            return Screen::SetUpLink {
                offer: offer.clone(),
                ends_session: has_session && offer.moves,
            };
        }
        match &self.phase {
            Phase::Starting { .. } => Screen::Starting,
            Phase::NotSetUp { typed, error } => Screen::NotSetUp {
                suffix: self.settings.domain_suffix.clone(),
                typed: typed.clone(),
                error: *error,
                manual: self.settings.manual_setup,
            },
            Phase::Blocked { error, .. } | Phase::SignedOut { error: Some(error), .. } => self.error_screen(*error),
            Phase::SignedOut { why, error: None } => self.sign_in_screen(organisation, *why, false),
            Phase::SigningIn { step, why } => match step {
                SignInStep::Preparing { .. } | SignInStep::RequestingDeviceCode => {
                    self.sign_in_screen(organisation, *why, true)
                }
                SignInStep::Browser(_) => Screen::Browser {
                    organisation,
                    here: self.offers(&Action::SignInHere),
                    with_code: self.offers(&Action::SignInWithCode),
                },
                SignInStep::InApp { .. } => Screen::InApp { organisation },
                SignInStep::DeviceCode(code) => Screen::Code {
                    organisation,
                    code: code.clone(),
                },
                SignInStep::CompletingCallback { .. } => Screen::Finishing,
            },
            Phase::SignedIn(session) => match (&session.status, session.covering_error()) {
                (Some(page), _) => {
                    let may_sign_out = self.settings.sign_out_allowed;
                    Screen::Status {
                        organisation,
                        info: page.info.clone(),
                        may_sign_out,
                        asking: page.confirming_sign_out && may_sign_out,
                    }
                }
                (None, Some(error)) => self.error_screen(error),
                (None, None) => Screen::Group { organisation },
            },
        }
    }

    fn sign_in_screen(&self, organisation: String, why: SignedOutReason, busy: bool) -> Screen {
        // With `login_method` `device_code`, the one large button already gives a code.
        let with_code = self.settings.login_method != LoginMethod::DeviceCode && self.offers(&Action::SignInWithCode);
        Screen::SignIn {
            organisation,
            why,
            busy,
            with_code,
            may_change: self.offers(&Action::ChangeOrganisation),
        }
    }

    fn error_screen(&self, error: AppError) -> Screen {
        let recovery = error.recovery();
        let mut buttons: Vec<Action> = recovery
            .buttons
            .iter()
            .filter(|action| self.offers(action))
            .cloned()
            .collect();
        match self.phase {
            Phase::SignedOut { .. } => {
                // With `login_method` `device_code`, "sign in" means "sign in with a code": offer it once, and not at
                // all if the identity provider issues no codes.
                let by_code = self.settings.login_method == LoginMethod::DeviceCode;
                if by_code && (buttons.contains(&Action::SignInWithCode) || error.kind == ErrorKind::CodeUnavailable) {
                    buttons.retain(|action| *action != Action::SignIn);
                }
                if buttons.is_empty() {
                    buttons.push(Action::SignIn);
                }
                buttons.push(Action::Cancel);
            }
            Phase::SignedIn(_) => {
                if buttons.is_empty() {
                    buttons.push(Action::Retry);
                }
                buttons.push(Action::ShowStatus);
            }
            _ if buttons.is_empty() => buttons.push(Action::Retry),
            _ => {}
        }
        Screen::Trouble {
            error,
            buttons,
            // The app never retries a sign-in by itself: that would open a browser which nobody asked for.
            retries: recovery.retry.is_some() && !matches!(self.phase, Phase::SignedOut { .. }),
            signed_in: matches!(&self.phase, Phase::SignedIn(session) if session.unsaved.is_none() && session.at_risk.is_none()),
        }
    }

    /// The action does something in this state, so its button may be shown. Any other action that arrives is a second
    /// tap, or came too late, and changes nothing.
    #[must_use]
    pub fn offers(&self, action: &Action) -> bool {
        let settings = &self.settings;
        let set_up = settings.organisation.is_some();
        if self.offer.is_some() {
            return matches!(action, Action::UseLink | Action::Cancel);
        }
        match (&self.phase, action) {
            (Phase::NotSetUp { .. }, Action::SetTenant { .. }) => settings.manual_setup,
            (Phase::NotSetUp { .. } | Phase::Blocked { .. }, Action::Retry) => true,
            (Phase::Blocked { .. } | Phase::SignedOut { .. } | Phase::SigningIn { .. }, Action::ChangeOrganisation) => {
                settings.manual_setup
            }
            (Phase::SignedOut { .. }, Action::SignIn | Action::SignInWithCode) => set_up,
            (
                Phase::SignedOut { .. }
                | Phase::SigningIn {
                    step: SignInStep::Browser(_),
                    ..
                },
                Action::SignInHere,
            ) => set_up && settings.login_method != LoginMethod::Browser,
            (
                Phase::SigningIn {
                    step: SignInStep::Browser(_) | SignInStep::InApp { .. },
                    ..
                },
                Action::SignInWithCode,
            ) => set_up,
            (Phase::SigningIn { step, .. }, Action::OpenBrowserAgain) => matches!(step, SignInStep::Browser(_)),
            (Phase::SigningIn { .. }, Action::Cancel) => true,
            (Phase::SignedOut { error, .. }, Action::Cancel | Action::Retry) => error.is_some(),
            (Phase::SignedIn(session), Action::Retry) => session.covering_error().is_some(),
            (Phase::SignedIn(session), Action::OpenGroup) => {
                // Only an error that leaves work possible may be dismissed.
                session.status.is_some()
                    || session
                        .covering_error()
                        .is_none_or(|error| error.recovery().buttons.contains(&Action::OpenGroup))
            }
            // Where the keystore never gave the session, it may be lost with its key. A person can replace it.
            (Phase::SignedIn(session), Action::SignIn) => !session.confirmed && session.covering_error().is_some(),
            (Phase::SignedIn(_), Action::ShowStatus) => true,
            (Phase::SignedIn(session), Action::AskSignOut) => settings.sign_out_allowed && session.status.is_some(),
            (Phase::SignedIn(session), Action::SignOut) => {
                settings.sign_out_allowed && session.is_confirming_sign_out()
            }
            (Phase::SignedIn(session), Action::Cancel) => session.is_confirming_sign_out(),
            _ => false,
        }
    }
}
