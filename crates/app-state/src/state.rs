//! Where the tablet stands, and what that shows and allows.

use url::Url;

use crate::event::{Ground, LoginMethod, Place, SignedOutWhy};
use crate::{Action, DeviceCode, Facts, Fault, Offer, Policy, Problem, Screen, Shown};

/// The whole state. Starts as [`State::default`]: nothing is known yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// What the settings came to when they were last read.
    pub ground: Ground,
    /// Where the tablet stands.
    pub stage: Stage,
    /// A set-up link that a person is asked about; it covers everything else.
    pub offer: Option<Offer>,
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
    /// A security setting is wrong.
    Blocked {
        /// What is wrong.
        fault: Fault,
        /// The session that was there when it went wrong, kept aside with its page.
        session: Option<Box<Signed>>,
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
    Signed(Box<Signed>),
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
    InApp {
        /// A page of the sign-in has been on screen. Before that, a host that is not trusted is a guest network.
        loaded: bool,
    },
    /// Another device has it.
    Code(DeviceCode),
    /// A callback is being checked.
    Finishing {
        /// The way that goes on if it was not ours; none where it came while no sign-in was on screen, such as after a
        /// restart.
        before: Option<Box<Self>>,
        /// How many are being checked.
        callbacks: u32,
    },
}

impl Way {
    /// The site view shows the sign-in page, or did until its callback came.
    pub(crate) fn is_in_app(&self) -> bool {
        match self {
            Self::InApp { .. } => true,
            Self::Finishing { before, .. } => before.as_deref().is_some_and(Self::is_in_app),
            Self::Preparing { .. } | Self::AskingCode | Self::Browser(_) | Self::Code(_) => false,
        }
    }

    /// The shell has a request under way that a session from elsewhere makes needless.
    pub(crate) fn is_asking(&self) -> bool {
        match self {
            Self::Preparing { .. } | Self::AskingCode | Self::Code(_) => true,
            Self::Finishing { before, .. } => before.as_deref().is_some_and(Self::is_asking),
            Self::Browser(_) | Self::InApp { .. } => false,
        }
    }
}

/// There is a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// The keystore or the sign-in has confirmed it; before that, only the app's own note.
    pub known: bool,
    /// The keystore refused it: the session lives in memory.
    pub unsaved: Option<Unsaved>,
    /// How it stands with the group's site.
    pub site: Site,
    /// What covers the group view: trouble of the site or of the hand-off, never of the keystore alone.
    pub trouble: Option<Fault>,
    /// The status page, when it is open; it covers everything.
    pub status: Option<Cover>,
    /// How it stands with the hand-off.
    pub hand_off: HandOff,
    /// Failed tries since a page was last on screen.
    pub attempts: u32,
    /// The site's web view died lately, and was loaded again without a word.
    pub crashed: bool,
    /// Timers of [`crate::Effect::Settle`] that have not passed yet.
    pub settling: u32,
}

/// A session that the keystore refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsaved {
    /// Why.
    pub fault: Fault,
    /// A person has read it and works on.
    pub read: bool,
}

/// How it stands with the group's site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Site {
    /// A load is under way.
    #[default]
    Loading,
    /// A page is on screen.
    Loaded,
    /// The last load failed.
    Failed,
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
    Minting {
        /// The navigation that it was asked for.
        asked: Url,
        /// The newest one, which the person waits for.
        newest: Url,
    },
    /// It failed for now. A retry loads the group view anew; what the page behind does meanwhile counts for nothing.
    Kept,
    /// This navigation chain had its one.
    Spent,
    /// The identity server gives none in this run of the app.
    Missing,
}

impl Signed {
    /// What covers the group view, the status page aside.
    #[must_use]
    pub fn covered(&self) -> Option<&Fault> {
        let unsaved = self
            .unsaved
            .as_ref()
            .filter(|unsaved| !unsaved.read)
            .map(|unsaved| &unsaved.fault);
        self.trouble.as_ref().or(unsaved)
    }

    /// "Sign out?" is on screen.
    fn is_asking(&self) -> bool {
        self.status.as_ref().is_some_and(|cover| cover.asking)
    }
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
            Stage::Signed(signed) => Policy::Group {
                place,
                hand_off: !matches!(signed.hand_off, HandOff::Spent | HandOff::Missing),
            },
            _ => Policy::Closed,
        }
    }

    /// What the shell's page shows now.
    #[must_use]
    pub fn shown(&self) -> Shown {
        Shown {
            language: self.ground.language,
            screen: self.screen(),
        }
    }

    fn screen(&self) -> Screen {
        let organisation = self
            .ground
            .place
            .as_ref()
            .map(|place| place.organisation.clone())
            .unwrap_or_default();
        if let Some(offer) = &self.offer {
            let session = matches!(&self.stage, Stage::Signed(_) | Stage::Blocked { session: Some(_), .. });
            return Screen::SetUpLink {
                offer: offer.clone(),
                ends_session: session && offer.moves,
            };
        }
        match &self.stage {
            Stage::Starting { .. } => Screen::Starting,
            Stage::NotSetUp { typed, fault } => Screen::NotSetUp {
                suffix: self.ground.suffix.clone(),
                typed: typed.clone(),
                problem: fault.clone(),
                manual: self.ground.manual,
            },
            Stage::Blocked { fault, .. } | Stage::SignedOut { fault: Some(fault), .. } => self.trouble(fault),
            Stage::SignedOut { why, fault: None } => self.sign_in(organisation, *why, false),
            Stage::SigningIn { way, why } => match way {
                Way::Preparing { .. } | Way::AskingCode => self.sign_in(organisation, *why, true),
                Way::Browser(_) => Screen::Browser {
                    organisation,
                    here: self.offers(&Action::SignInHere),
                    with_code: self.offers(&Action::SignInWithCode),
                },
                Way::InApp { .. } => Screen::InApp { organisation },
                Way::Code(code) => Screen::Code {
                    organisation,
                    code: code.clone(),
                },
                Way::Finishing { .. } => Screen::Finishing,
            },
            Stage::Signed(signed) => match (&signed.status, signed.covered()) {
                (Some(cover), _) => {
                    let may_sign_out = self.ground.sign_out;
                    Screen::Status {
                        organisation,
                        facts: cover.facts.clone(),
                        may_sign_out,
                        asking: cover.asking && may_sign_out,
                    }
                }
                (None, Some(fault)) => self.trouble(fault),
                (None, None) => Screen::Group { organisation },
            },
        }
    }

    fn sign_in(&self, organisation: String, why: SignedOutWhy, busy: bool) -> Screen {
        // Where the settings ask for a code, the one large button gives it.
        let with_code = self.ground.login != LoginMethod::DeviceCode && self.offers(&Action::SignInWithCode);
        Screen::SignIn {
            organisation,
            why,
            busy,
            with_code,
            may_change: self.offers(&Action::ChangeOrganisation),
        }
    }

    fn trouble(&self, fault: &Fault) -> Screen {
        let remedy = fault.problem.remedy();
        let mut buttons: Vec<Action> = remedy
            .buttons
            .iter()
            .filter(|action| self.offers(action))
            .cloned()
            .collect();
        match self.stage {
            Stage::SignedOut { .. } => {
                // There, signing in is signing in with a code: not twice, and not where there are no codes.
                let codes = self.ground.login == LoginMethod::DeviceCode;
                if codes && (buttons.contains(&Action::SignInWithCode) || fault.problem == Problem::CodeUnavailable) {
                    buttons.retain(|action| *action != Action::SignIn);
                }
                if buttons.is_empty() {
                    buttons.push(Action::SignIn);
                }
                buttons.push(Action::Cancel);
            }
            Stage::Signed(_) => {
                if buttons.is_empty() {
                    buttons.push(Action::Retry);
                }
                buttons.push(Action::ShowStatus);
            }
            _ if buttons.is_empty() => buttons.push(Action::Retry),
            _ => {}
        }
        Screen::Trouble {
            fault: fault.clone(),
            buttons,
            retries: self.retries(fault),
            signed_in: matches!(&self.stage, Stage::Signed(signed) if signed.unsaved.is_none()),
        }
    }

    /// The app tries again by itself: never a sign-in, which would open a browser nobody asked for.
    fn retries(&self, fault: &Fault) -> bool {
        fault.problem.remedy().retries && !matches!(self.stage, Stage::SignedOut { .. })
    }

    /// The action does something here, so its button may be shown. Anything else that arrives is a second tap, or came
    /// too late, and changes nothing.
    #[must_use]
    pub fn offers(&self, action: &Action) -> bool {
        let ground = &self.ground;
        let set_up = ground.place.is_some();
        if self.offer.is_some() {
            return matches!(action, Action::UseLink | Action::Cancel);
        }
        match (&self.stage, action) {
            (Stage::NotSetUp { .. }, Action::SetTenant { .. }) => ground.manual,
            (Stage::NotSetUp { .. } | Stage::Blocked { .. }, Action::Retry) => true,
            (Stage::Blocked { .. } | Stage::SignedOut { .. } | Stage::SigningIn { .. }, Action::ChangeOrganisation) => {
                ground.manual
            }
            (Stage::SignedOut { .. }, Action::SignIn | Action::SignInWithCode) => set_up,
            (
                Stage::SignedOut { .. }
                | Stage::SigningIn {
                    way: Way::Browser(_), ..
                },
                Action::SignInHere,
            ) => set_up && ground.login != LoginMethod::Browser,
            (
                Stage::SigningIn {
                    way: Way::Browser(_) | Way::InApp { .. },
                    ..
                },
                Action::SignInWithCode,
            ) => set_up,
            (Stage::SigningIn { way, .. }, Action::OpenBrowserAgain) => matches!(way, Way::Browser(_)),
            (Stage::SigningIn { .. }, Action::Cancel) => true,
            (Stage::SignedOut { fault, .. }, Action::Cancel | Action::Retry) => fault.is_some(),
            (Stage::Signed(signed), Action::Retry) => signed.covered().is_some(),
            (Stage::Signed(signed), Action::OpenGroup) => {
                // Only a trouble that leaves work possible may be waved away.
                signed.status.is_some()
                    || signed
                        .covered()
                        .is_none_or(|fault| fault.problem.remedy().buttons.contains(&Action::OpenGroup))
            }
            (Stage::Signed(_), Action::ShowStatus) => true,
            (Stage::Signed(signed), Action::AskSignOut) => ground.sign_out && signed.status.is_some(),
            (Stage::Signed(signed), Action::SignOut) => ground.sign_out && signed.is_asking(),
            (Stage::Signed(signed), Action::Cancel) => signed.is_asking(),
            _ => false,
        }
    }

    pub(crate) fn place(&self) -> Option<&Place> {
        self.ground.place.as_ref()
    }
}
