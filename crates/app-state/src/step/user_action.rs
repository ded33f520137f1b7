//! What people press.

use error_codes::ErrorKind;
use settings::LoginMethod;

use super::Trigger;
use crate::{Action, Effect, Phase, Screen, SessionTransfer, SignInStep, SignedOutReason, SiteLoad, State, StatusPage};

impl State {
    pub(super) fn on_user_action(&mut self, action: &Action) -> Vec<Effect> {
        if !self.offers(action) {
            return vec![];
        }
        if self.offer.take().is_some() {
            let mut effects = vec![if *action == Action::UseLink {
                Effect::UseSetupLink
            } else {
                Effect::DropSetupLink
            }];
            // The group view reappears from behind the question.
            if matches!(self.view().screen, Screen::Group { .. }) {
                effects.push(Effect::ShowSite);
            }
            return effects;
        }
        match action {
            Action::SetTenant { typed } => vec![Effect::SetTenant(typed.clone())],
            Action::ChangeOrganisation => {
                let mut effects = self.abandon_sign_in();
                if let Phase::SigningIn { why, .. } = self.phase {
                    self.phase = Phase::SignedOut { why, error: None };
                }
                effects.push(Effect::ForgetTenant);
                effects
            }
            Action::SignIn => self.begin_sign_in(self.settings.login_method),
            Action::SignInHere => self.begin_in_app(),
            Action::SignInWithCode => self.begin_sign_in(LoginMethod::DeviceCode),
            Action::OpenBrowserAgain => match &self.phase {
                Phase::SigningIn {
                    step: SignInStep::Browser(url),
                    ..
                } => vec![Effect::OpenBrowser(url.clone())],
                _ => vec![],
            },
            Action::Cancel => self.cancel(),
            Action::Retry => self.retry(),
            Action::OpenGroup => self.open_group(),
            Action::ShowStatus | Action::AskSignOut => self.open_status_page(action == &Action::AskSignOut),
            Action::SignOut => self.sign_out(SignedOutReason::Person, true),
            // Offered on the screen of a setup link only, which returned above.
            Action::UseLink => vec![],
        }
    }

    fn cancel(&mut self) -> Vec<Effect> {
        let effects = self.abandon_sign_in();
        match &mut self.phase {
            // A callback that is being checked may still end in a sign-in. Then the person is signed in.
            Phase::SigningIn { why, .. } => {
                self.phase = Phase::SignedOut { why: *why, error: None };
                effects
            }
            Phase::SignedOut { error, .. } => {
                *error = None;
                vec![]
            }
            Phase::SignedIn(session) => {
                if let Some(page) = &mut session.status {
                    page.confirming_sign_out = false;
                }
                vec![]
            }
            Phase::Starting { .. } | Phase::NotSetUp { .. } | Phase::Blocked { .. } => vec![],
        }
    }

    fn retry(&mut self) -> Vec<Effect> {
        match &self.phase {
            Phase::NotSetUp { .. } | Phase::Blocked { .. } => vec![Effect::ReadSettings],
            Phase::SignedOut { error: Some(error), .. } => match error.kind {
                ErrorKind::KeystoreAbsent | ErrorKind::KeystoreLocked | ErrorKind::KeystoreFailed => {
                    self.enter(None, false)
                }
                _ => self.begin_sign_in(self.settings.login_method),
            },
            Phase::SignedIn(_) => self.try_again(Trigger::Person),
            Phase::Starting { .. } | Phase::SignedOut { error: None, .. } | Phase::SigningIn { .. } => vec![],
        }
    }

    fn open_group(&mut self) -> Vec<Effect> {
        let (Phase::SignedIn(session), Some(organisation)) = (&mut self.phase, &self.settings.organisation) else {
            return vec![];
        };
        // The status page closes first. An error that it covered is shown before it can be dismissed.
        let closed = session.status.take().is_some();
        if session.covering_error().is_none() {
            return vec![Effect::ShowSite];
        }
        if closed {
            return vec![];
        }
        // Only what is on screen is dismissed. What it covered is read next.
        let mut effects = vec![];
        if session.error.take().is_some() {
            // Nobody knows the state of the page behind the error, so load it anew, without a session transfer: if the site
            // asks for a sign-in, its own page shows and works.
            session.transfer = SessionTransfer::Used;
            session.site = SiteLoad::Loading;
            effects.push(Effect::LoadSite(organisation.group_url.clone()));
        } else if let Some(unsaved) = session.unsaved.as_mut().filter(|unsaved| !unsaved.acknowledged) {
            unsaved.acknowledged = true;
        } else {
            session.at_risk = None;
        }
        if session.covering_error().is_none() {
            effects.push(Effect::ShowSite);
        }
        effects
    }

    fn open_status_page(&mut self, confirm_sign_out: bool) -> Vec<Effect> {
        let Phase::SignedIn(session) = &mut self.phase else {
            return vec![];
        };
        match &mut session.status {
            Some(page) if confirm_sign_out => {
                page.confirming_sign_out = true;
                vec![]
            }
            status => {
                *status = Some(StatusPage::default());
                vec![Effect::HideSite, Effect::ReadStatusInfo]
            }
        }
    }
}
