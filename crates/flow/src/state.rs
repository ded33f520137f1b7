//! Where the tablet stands, and what that shows and allows.

use url::Url;

use crate::event::{Ground, LoginMethod, Place, SignedOutWhy};
use crate::{Action, DeviceCode, Facts, Fault, Policy, Screen, Shown};

/// The whole state. Starts as [`State::default`]: nothing is known yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// What the settings came to when they were last read.
    pub ground: Ground,
    /// Where the tablet stands.
    pub stage: Stage,
}

/// Where the tablet stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Settings or keystore are being read. A callback that started the app waits here.
    Starting {
        /// The callback, to be looked at once the settings are known.
        callback: Option<String>,
    },
    /// S1.
    NotSetUp {
        /// What was typed and refused.
        typed: String,
        /// Why it was refused.
        fault: Option<Fault>,
    },
    /// A security setting is wrong; a session, if there was one, is kept aside.
    Blocked {
        /// What is wrong.
        fault: Fault,
        /// There was a session when it went wrong.
        signed: bool,
    },
    /// S2, S5, S14.
    SignedOut {
        /// Why.
        why: SignedOutWhy,
        /// What stood in the way of the last try.
        fault: Option<Fault>,
    },
    /// A sign-in is under way.
    SigningIn {
        /// How far it is.
        way: Way,
        /// Why nobody was signed in before; shown again after a cancel.
        why: SignedOutWhy,
    },
    /// There is a session.
    Signed(Signed),
}

impl Default for Stage {
    fn default() -> Self {
        Self::Starting { callback: None }
    }
}

/// How far a sign-in is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// The authorization request is being made; for the app's own web view or for the browser.
    Preparing {
        /// For the app's own web view.
        in_app: bool,
    },
    /// The code is being asked for.
    AskingCode,
    /// The system browser has it.
    Browser(Url),
    /// The site view has it.
    InApp(Url),
    /// Another device has it.
    Code(DeviceCode),
    /// A callback is being checked.
    Finishing {
        /// The way that goes on if it was not ours.
        before: Box<Self>,
        /// How many are being checked.
        callbacks: u32,
    },
}

impl Way {
    /// The site view shows the sign-in page, or did until its callback came.
    pub(crate) fn is_in_app(&self) -> bool {
        match self {
            Self::InApp(_) => true,
            Self::Finishing { before, .. } => before.is_in_app(),
            Self::Preparing { .. } | Self::AskingCode | Self::Browser(_) | Self::Code(_) => false,
        }
    }
}

/// There is a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// The keystore or the sign-in has confirmed it; before that, only the app's own note.
    pub known: bool,
    /// The keystore refused it: the session lives in memory.
    pub unsaved: Option<Fault>,
    /// A page of the group's own site has been on screen.
    pub loaded: bool,
    /// What covers the group view.
    pub trouble: Option<Fault>,
    /// The status page, when it is open; it covers everything.
    pub status: Option<Cover>,
    /// How it stands with the hand-off.
    pub hand_off: HandOff,
    /// Failed tries since a page was last on screen.
    pub attempts: u32,
}

/// The status page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cover {
    /// Its facts, once read.
    pub facts: Option<Facts>,
    /// "Sign out?" is being asked.
    pub asking: bool,
}

/// How it stands with the hand-off of the session to the site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HandOff {
    /// The next authorization request of the site is held.
    #[default]
    Ready,
    /// One is held, and the token for it is being asked for.
    Minting(Url),
    /// This navigation chain had its one.
    Spent,
    /// The identity server gives none in this run of the app.
    Missing,
}

impl State {
    /// What the site view may load now.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let Some(place) = self.ground.place.clone() else {
            return Policy::Closed;
        };
        match &self.stage {
            Stage::SigningIn { way, .. } if way.is_in_app() => Policy::SignIn { place },
            Stage::Signed(signed) => Policy::Group { place, hand_off: matches!(signed.hand_off, HandOff::Ready | HandOff::Minting(_)) },
            _ => Policy::Closed,
        }
    }

    /// What the shell's page shows now.
    #[must_use]
    pub fn shown(&self) -> Shown {
        Shown { language: self.ground.language, screen: self.screen() }
    }

    fn screen(&self) -> Screen {
        let organisation = self.ground.place.as_ref().map(|place| place.organisation.clone()).unwrap_or_default();
        match &self.stage {
            Stage::Starting { .. } => Screen::Starting,
            Stage::NotSetUp { typed, fault } => {
                Screen::NotSetUp { suffix: self.ground.suffix.clone(), typed: typed.clone(), problem: fault.clone(), manual: self.ground.manual }
            }
            Stage::Blocked { fault, .. } | Stage::SignedOut { fault: Some(fault), .. } => self.trouble(fault),
            Stage::SignedOut { why, fault: None } => self.sign_in(organisation, *why, false),
            Stage::SigningIn { way, why } => match way {
                Way::Preparing { .. } | Way::AskingCode => self.sign_in(organisation, *why, true),
                Way::Browser(_) => Screen::Browser { organisation, with_code: self.offers(&Action::SignInWithCode) },
                Way::InApp(_) => Screen::InApp { organisation },
                Way::Code(code) => Screen::Code { organisation, code: code.clone() },
                Way::Finishing { .. } => Screen::Finishing,
            },
            Stage::Signed(Signed { status: Some(cover), .. }) => {
                Screen::Status { organisation, facts: cover.facts.clone(), may_sign_out: self.ground.sign_out, asking: cover.asking }
            }
            Stage::Signed(Signed { trouble: Some(fault), .. }) => self.trouble(fault),
            Stage::Signed(_) => Screen::Group { organisation },
        }
    }

    fn sign_in(&self, organisation: String, why: SignedOutWhy, busy: bool) -> Screen {
        Screen::SignIn { organisation, why, busy, with_code: self.offers(&Action::SignInWithCode), may_change: self.offers(&Action::ChangeOrganisation) }
    }

    fn trouble(&self, fault: &Fault) -> Screen {
        let remedy = fault.problem.remedy();
        let mut buttons: Vec<Action> = remedy.buttons.iter().filter(|action| self.offers(action)).cloned().collect();
        match self.stage {
            Stage::SignedOut { .. } => {
                if buttons.is_empty() {
                    buttons.push(Action::SignIn);
                }
                buttons.push(Action::Cancel);
            }
            Stage::Signed(_) => buttons.push(Action::ShowStatus),
            _ => {}
        }
        if buttons.is_empty() {
            buttons.push(Action::Retry);
        }
        Screen::Trouble { fault: fault.clone(), buttons, retries: self.retries(fault) }
    }

    /// The app tries again by itself: never a sign-in, which would open a browser nobody asked for.
    pub(crate) fn retries(&self, fault: &Fault) -> bool {
        fault.problem.remedy().retries && !matches!(self.stage, Stage::SignedOut { .. })
    }

    /// The action does something here, so its button may be shown.
    pub(crate) fn offers(&self, action: &Action) -> bool {
        let signed = matches!(self.stage, Stage::Signed(_));
        match action {
            Action::SetTenant { .. } => self.ground.manual && matches!(self.stage, Stage::NotSetUp { .. }),
            Action::ChangeOrganisation => self.ground.manual && !signed,
            Action::SignIn | Action::SignInWithCode => !signed && self.ground.place.is_some() && self.ground.fault.is_none(),
            Action::SignInHere => !signed && self.ground.place.is_some() && matches!(self.ground.login, LoginMethod::Auto | LoginMethod::InApp),
            Action::OpenGroup | Action::ShowStatus => signed,
            Action::AskSignOut | Action::SignOut => signed && self.ground.sign_out,
            Action::OpenBrowserAgain | Action::Cancel | Action::Retry => true,
        }
    }

    pub(crate) fn place(&self) -> Option<&Place> {
        self.ground.place.as_ref()
    }
}
