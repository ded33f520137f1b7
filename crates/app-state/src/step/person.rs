//! What people press.

use crate::event::{Effect, LoginMethod, SignedOutWhy};
use crate::state::{Cover, HandOff, Site, Stage, State, Way};
use crate::{Action, Problem, Screen};

impl State {
    pub(super) fn person(&mut self, action: &Action) -> Vec<Effect> {
        if !self.offers(action) {
            return vec![];
        }
        if self.offer.take().is_some() {
            let mut effects = vec![if *action == Action::UseLink {
                Effect::UseLink
            } else {
                Effect::DropLink
            }];
            // The group view comes back from behind the question.
            if matches!(self.shown().screen, Screen::Group { .. }) {
                effects.push(Effect::ShowSite);
            }
            return effects;
        }
        match action {
            Action::SetTenant { typed } => vec![Effect::SetTenant(typed.clone())],
            Action::ChangeOrganisation => {
                let mut effects = self.abandon();
                if let Stage::SigningIn { why, .. } = self.stage {
                    self.stage = Stage::SignedOut { why, fault: None };
                }
                effects.push(Effect::ForgetTenant);
                effects
            }
            Action::SignIn => self.begin(self.ground.login),
            Action::SignInHere => self.begin_here(),
            Action::SignInWithCode => self.begin(LoginMethod::DeviceCode),
            Action::OpenBrowserAgain => match &self.stage {
                Stage::SigningIn {
                    way: Way::Browser(url), ..
                } => vec![Effect::OpenBrowser(url.clone())],
                _ => vec![],
            },
            Action::Cancel => self.cancel(),
            Action::Retry => self.retry(),
            Action::OpenGroup => self.open_group(),
            Action::ShowStatus | Action::AskSignOut => self.cover(action == &Action::AskSignOut),
            Action::SignOut => self.sign_out(SignedOutWhy::Person, true),
            // Only on the screen of an offer, which was looked at above.
            Action::UseLink => vec![],
        }
    }

    fn cancel(&mut self) -> Vec<Effect> {
        let effects = self.abandon();
        match &mut self.stage {
            // A callback that is being checked may still turn out to be a sign-in; then that holds.
            Stage::SigningIn { why, .. } => {
                self.stage = Stage::SignedOut { why: *why, fault: None };
                effects
            }
            Stage::SignedOut { fault, .. } => {
                *fault = None;
                vec![]
            }
            Stage::Signed(signed) => {
                if let Some(cover) = &mut signed.status {
                    cover.asking = false;
                }
                vec![]
            }
            _ => vec![],
        }
    }

    fn retry(&mut self) -> Vec<Effect> {
        match &self.stage {
            Stage::NotSetUp { .. } | Stage::Blocked { .. } => vec![Effect::ReadSettings],
            Stage::SignedOut { fault: Some(fault), .. } => match fault.problem {
                Problem::KeystoreAbsent | Problem::KeystoreLocked | Problem::KeystoreFailed => self.enter(None),
                _ => self.begin(self.ground.login),
            },
            Stage::Signed(_) => self.try_again(true),
            _ => vec![],
        }
    }

    fn open_group(&mut self) -> Vec<Effect> {
        let (Stage::Signed(signed), Some(place)) = (&mut self.stage, &self.ground.place) else {
            return vec![];
        };
        // The status page closes first; what it covered is read before it is waved away.
        let closed = signed.status.take().is_some();
        if signed.covered().is_none() {
            return vec![Effect::ShowSite];
        }
        if closed {
            return vec![];
        }
        if let Some(unsaved) = &mut signed.unsaved {
            unsaved.read = true;
        }
        if signed.trouble.take().is_none() {
            return vec![Effect::ShowSite];
        }
        // Nobody knows what the page behind is worth. The site may ask for a sign-in of its own: that works too.
        signed.hand_off.spend();
        signed.site = Site::Loading;
        vec![Effect::LoadSite(place.group.clone()), Effect::ShowSite]
    }

    fn cover(&mut self, asking: bool) -> Vec<Effect> {
        let Stage::Signed(signed) = &mut self.stage else {
            return vec![];
        };
        match &mut signed.status {
            Some(cover) if asking => {
                cover.asking = true;
                vec![]
            }
            status => {
                *status = Some(Cover::default());
                vec![Effect::HideSite, Effect::ReadFacts]
            }
        }
    }
}

impl HandOff {
    /// The next navigation passes without one.
    fn spend(&mut self) {
        if *self != Self::Missing {
            *self = Self::Spent;
        }
    }
}
