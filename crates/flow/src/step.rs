//! (State, Event) -> (State, effects).

use url::Url;

use crate::event::{Effect, Event, Found, Ground, LoginMethod, Place, SignedOutWhy};
use crate::state::{Cover, HandOff, Signed, Stage, State, Way};
use crate::{Action, Fault, Problem};

impl State {
    /// Takes one event and says what is to be done. An event that has no meaning here changes nothing.
    #[must_use]
    pub fn step(mut self, event: Event) -> (Self, Vec<Effect>) {
        let effects = self.take(event);
        (self, effects)
    }

    fn take(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Settings { ground, noted } => self.settings(*ground, noted),
            Event::TenantRefused { typed, fault } => {
                if matches!(self.stage, Stage::NotSetUp { .. }) {
                    self.stage = Stage::NotSetUp { typed, fault: Some(fault) };
                }
                vec![]
            }
            Event::Keystore(found) => self.keystore(found),
            Event::Person(action) => self.person(&action),
            Event::Callback(link) => self.callback(link),
            Event::AuthorizeReady(_) | Event::CodeReady(_) | Event::SignInFailed(_) | Event::CallbackIgnored | Event::BrowserFailed(_) => {
                self.sign_in_event(event)
            }
            Event::SignedIn { unsaved } => self.signed_in(unsaved),
            Event::Resumed => self.resumed(),
            Event::RetryDue if matches!(self.stage, Stage::Blocked { .. }) => vec![Effect::ReadSettings],
            Event::SessionOver(why) => match self.stage {
                Stage::Signed(_) => self.sign_out(why, false),
                _ => vec![],
            },
            Event::HandOffReady(_)
            | Event::HandOffMissing
            | Event::HandOffKept(_)
            | Event::Saved
            | Event::Held(_)
            | Event::SiteLoaded(_)
            | Event::SiteLedAstray(_)
            | Event::Facts(_)
            | Event::RetryDue
            | Event::Settled => self.signed_event(event),
            Event::SiteFailed(fault) => match self.stage {
                Stage::SigningIn { way: Way::InApp(_), why } => {
                    self.stage = Stage::SignedOut { why, fault: Some(fault) };
                    vec![Effect::CancelSignIn, Effect::CloseSite]
                }
                _ => self.signed_event(Event::SiteFailed(fault)),
            },
        }
    }

    // Settings and keystore

    fn settings(&mut self, ground: Ground, noted: bool) -> Vec<Effect> {
        let moved = self.ground.personal != ground.personal
            || match (&self.ground.place, &ground.place) {
                (Some(before), Some(now)) => !before.same(now),
                (before, now) => before.is_some() != now.is_some(),
            };
        let signed = match &self.stage {
            Stage::Starting { .. } | Stage::NotSetUp { .. } => noted && !ground.personal,
            Stage::Blocked { signed, .. } => *signed && !moved,
            Stage::Signed(_) => true,
            Stage::SignedOut { .. } | Stage::SigningIn { .. } => false,
        };
        let before = std::mem::replace(&mut self.ground, ground);
        if let Some(fault) = self.ground.fault.clone() {
            // The place that the session belongs to is remembered, so that putting the setting right brings it back.
            if signed && self.ground.place.is_none() {
                self.ground.place = before.place;
                self.ground.personal = before.personal;
            }
            let effects = match self.stage {
                Stage::Signed(_) => vec![Effect::HideSite],
                Stage::SigningIn { .. } => vec![Effect::CancelSignIn, Effect::CloseSite],
                _ => vec![],
            };
            let attempt = u32::from(matches!(self.stage, Stage::Blocked { .. })) * 4;
            self.stage = Stage::Blocked { fault, signed };
            return effects.into_iter().chain([Effect::RetryLater { attempt }]).collect();
        }
        match &mut self.stage {
            Stage::Signed(_) if moved => {
                let mut effects = self.sign_out(SignedOutWhy::Changed, true);
                if self.place().is_none() {
                    self.stage = Stage::NotSetUp { typed: String::new(), fault: None };
                }
                effects.push(Effect::CancelSignIn);
                effects
            }
            Stage::Blocked { signed: true, .. } if moved => self.leave_blocked(),
            Stage::SigningIn { .. } | Stage::SignedOut { .. } if moved => {
                let mut effects = vec![Effect::CancelSignIn, Effect::CloseSite];
                effects.extend(self.enter(false, None));
                effects
            }
            Stage::Signed(_) | Stage::SigningIn { .. } | Stage::SignedOut { .. } => vec![],
            Stage::Starting { callback } => {
                let callback = callback.take();
                self.enter(signed, callback)
            }
            // A name that was just refused stays on screen until there is a place.
            Stage::NotSetUp { .. } if self.ground.place.is_none() => vec![],
            Stage::NotSetUp { .. } | Stage::Blocked { .. } => self.enter(signed, None),
        }
    }

    fn leave_blocked(&mut self) -> Vec<Effect> {
        let mut effects = self.sign_out(SignedOutWhy::Changed, true);
        if self.place().is_none() {
            self.stage = Stage::NotSetUp { typed: String::new(), fault: None };
        }
        effects.push(Effect::CancelSignIn);
        effects
    }

    /// Starts from settings that are sound.
    fn enter(&mut self, signed: bool, callback: Option<String>) -> Vec<Effect> {
        let Some(place) = self.place() else {
            self.stage = Stage::NotSetUp { typed: String::new(), fault: None };
            return vec![];
        };
        if signed {
            let group = place.group.clone();
            self.stage = Stage::Signed(Signed::default());
            return vec![Effect::LoadSite(group), Effect::ShowSite, Effect::ReadKeystore];
        }
        self.stage = Stage::Starting { callback };
        vec![Effect::ReadKeystore]
    }

    fn keystore(&mut self, found: Found) -> Vec<Effect> {
        let personal = self.ground.personal;
        match (&mut self.stage, found) {
            (Stage::Starting { .. }, Found::Session) if !personal => {
                let Some(place) = self.ground.place.as_ref() else { return vec![] };
                let group = place.group.clone();
                self.stage = Stage::Signed(Signed { known: true, ..Signed::default() });
                vec![Effect::LoadSite(group), Effect::ShowSite, Effect::Note(true), Effect::KeepAlive]
            }
            (Stage::Starting { callback }, found) => {
                let callback = callback.take();
                let (why, fault) = match found {
                    Found::Unreadable(fault) if !personal => (SignedOutWhy::Never, Some(fault)),
                    _ => (SignedOutWhy::Never, None),
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
                Found::Unreadable(_) => vec![Effect::RetryLater { attempt: 4 }],
            },
            _ => vec![],
        }
    }

    // Signing in and out

    fn callback(&mut self, link: String) -> Vec<Effect> {
        match &mut self.stage {
            Stage::Starting { callback } => {
                *callback = Some(link);
                vec![]
            }
            // After a restart, or when the person went back: the sign-in may still wait in the keystore.
            Stage::SignedOut { .. } => vec![Effect::Complete(link)],
            Stage::SigningIn { way, .. } => {
                match way {
                    Way::Finishing { callbacks, .. } => *callbacks += 1,
                    before => *before = Way::Finishing { before: Box::new(before.clone()), callbacks: 1 },
                }
                vec![Effect::Complete(link)]
            }
            Stage::NotSetUp { .. } | Stage::Blocked { .. } | Stage::Signed(_) => vec![],
        }
    }

    fn begin(&mut self, method: LoginMethod) -> Vec<Effect> {
        if !self.offers(&Action::SignIn) {
            return vec![];
        }
        let why = match &self.stage {
            Stage::SignedOut { why, .. } | Stage::SigningIn { why, .. } => *why,
            _ => SignedOutWhy::Never,
        };
        let mut effects = self.abandon();
        let (way, effect) = match method {
            LoginMethod::DeviceCode => (Way::AskingCode, Effect::BeginCode),
            LoginMethod::InApp => (Way::Preparing { in_app: true }, Effect::BeginSignIn),
            LoginMethod::Auto | LoginMethod::Browser => (Way::Preparing { in_app: false }, Effect::BeginSignIn),
        };
        self.stage = Stage::SigningIn { way, why };
        effects.push(effect);
        effects
    }

    /// What is to be undone of a sign-in that is under way.
    fn abandon(&self) -> Vec<Effect> {
        match &self.stage {
            Stage::SigningIn { way, .. } if way.is_in_app() => vec![Effect::CancelSignIn, Effect::CloseSite],
            Stage::SigningIn { .. } => vec![Effect::CancelSignIn],
            _ => vec![],
        }
    }

    fn sign_in_event(&mut self, event: Event) -> Vec<Effect> {
        let Stage::SigningIn { way, why } = &mut self.stage else {
            return self.late_sign_in_event(event);
        };
        let why = *why;
        match (way, event) {
            (Way::Preparing { in_app: true }, Event::AuthorizeReady(url)) => {
                self.stage = Stage::SigningIn { way: Way::InApp(url.clone()), why };
                vec![Effect::LoadSite(url), Effect::ShowSite]
            }
            (Way::Preparing { in_app: false }, Event::AuthorizeReady(url)) => {
                self.stage = Stage::SigningIn { way: Way::Browser(url.clone()), why };
                vec![Effect::OpenBrowser(url)]
            }
            (Way::AskingCode, Event::CodeReady(code)) => {
                self.stage = Stage::SigningIn { way: Way::Code(code), why };
                vec![]
            }
            (Way::Browser(url), Event::BrowserFailed(fault)) => {
                // The settings say which way is next; `auto` goes on inside the app with the same request (S18).
                if self.ground.login == LoginMethod::Auto {
                    let url = url.clone();
                    self.stage = Stage::SigningIn { way: Way::InApp(url.clone()), why };
                    return vec![Effect::LoadSite(url), Effect::ShowSite];
                }
                self.stage = Stage::SignedOut { why, fault: Some(fault) };
                vec![Effect::CancelSignIn]
            }
            // It was another's: on with what was under way.
            (Way::Finishing { before, callbacks: 1 }, Event::CallbackIgnored) => {
                let way = (**before).clone();
                self.stage = Stage::SigningIn { way, why };
                vec![]
            }
            (Way::Finishing { callbacks, .. }, Event::CallbackIgnored) => {
                *callbacks -= 1;
                vec![]
            }
            (_, Event::SignInFailed(fault)) => {
                let mut effects = self.abandon();
                effects.retain(|effect| *effect != Effect::CancelSignIn);
                self.stage = Stage::SignedOut { why, fault: Some(fault) };
                effects
            }
            _ => vec![],
        }
    }

    /// A callback that came while no sign-in was on screen, such as after a restart.
    fn late_sign_in_event(&mut self, event: Event) -> Vec<Effect> {
        if let (Stage::SignedOut { fault, .. }, Event::SignInFailed(new)) = (&mut self.stage, event) {
            *fault = Some(new);
        }
        vec![]
    }

    fn signed_in(&mut self, unsaved: Option<Fault>) -> Vec<Effect> {
        let (Stage::SignedOut { .. } | Stage::SigningIn { .. } | Stage::Starting { .. }, Some(place)) = (&self.stage, self.place()) else {
            return vec![];
        };
        let group = place.group.clone();
        let mut effects = vec![Effect::LoadSite(group)];
        let mut signed = Signed { known: true, ..Signed::default() };
        match unsaved {
            Some(fault) if !self.ground.personal => {
                signed.trouble = Some(fault.clone());
                signed.unsaved = Some(fault);
                effects.extend([Effect::HideSite, Effect::RetryLater { attempt: 0 }]);
            }
            _ => effects.extend([Effect::ShowSite, Effect::Note(!self.ground.personal)]),
        }
        self.stage = Stage::Signed(signed);
        effects
    }

    /// The session is over. `tell` = the identity server does not know it yet.
    fn sign_out(&mut self, why: SignedOutWhy, tell: bool) -> Vec<Effect> {
        self.stage = Stage::SignedOut { why, fault: None };
        let mut effects = if tell { vec![Effect::SignOut] } else { vec![] };
        effects.extend([Effect::CloseSite, Effect::ClearSite, Effect::Note(false)]);
        effects
    }

    // Persons

    fn person(&mut self, action: &Action) -> Vec<Effect> {
        if !self.offers(action) {
            return vec![];
        }
        match action {
            Action::SetTenant { typed } => vec![Effect::SetTenant(typed.clone())],
            Action::ChangeOrganisation => {
                let mut effects = self.abandon();
                effects.push(Effect::ForgetTenant);
                effects
            }
            Action::SignIn => self.begin(self.ground.login),
            Action::SignInHere => self.begin(LoginMethod::InApp),
            Action::SignInWithCode => self.begin(LoginMethod::DeviceCode),
            Action::OpenBrowserAgain => match &self.stage {
                Stage::SigningIn { way: Way::Browser(url), .. } => vec![Effect::OpenBrowser(url.clone())],
                _ => vec![],
            },
            Action::Cancel => self.cancel(),
            Action::Retry => self.retry(),
            Action::OpenGroup | Action::ShowStatus | Action::AskSignOut | Action::SignOut => self.signed_person(action),
        }
    }

    fn cancel(&mut self) -> Vec<Effect> {
        let effects = self.abandon();
        match &mut self.stage {
            Stage::SigningIn { way, why } if !matches!(way, Way::Finishing { .. }) => {
                self.stage = Stage::SignedOut { why: *why, fault: None };
                effects
            }
            Stage::SignedOut { fault, .. } => {
                *fault = None;
                vec![]
            }
            Stage::Signed(Signed { status: Some(cover), .. }) => {
                cover.asking = false;
                vec![]
            }
            _ => vec![],
        }
    }

    fn retry(&mut self) -> Vec<Effect> {
        match &self.stage {
            Stage::Blocked { .. } => vec![Effect::ReadSettings],
            Stage::SignedOut { fault: Some(fault), .. } => match fault.problem {
                Problem::KeystoreAbsent | Problem::KeystoreLocked | Problem::KeystoreFailed => self.enter(false, None),
                _ => self.begin(self.ground.login),
            },
            Stage::Signed(_) => self.try_again(),
            _ => vec![],
        }
    }

    fn resumed(&mut self) -> Vec<Effect> {
        match &self.stage {
            Stage::Starting { .. } => vec![],
            Stage::Signed(signed) => {
                let again = signed.trouble.as_ref().is_some_and(|fault| self.retries(fault));
                let mut effects = vec![Effect::ReadSettings];
                if again {
                    effects.extend(self.try_again());
                } else if signed.known {
                    effects.push(Effect::KeepAlive);
                }
                effects
            }
            _ => vec![Effect::ReadSettings],
        }
    }

    // With a session

    fn signed_person(&mut self, action: &Action) -> Vec<Effect> {
        let Stage::Signed(signed) = &mut self.stage else { return vec![] };
        match action {
            Action::OpenGroup => {
                signed.status = None;
                match &signed.trouble {
                    None => vec![Effect::ShowSite],
                    Some(fault) if fault.problem.remedy().buttons.contains(&Action::OpenGroup) => {
                        signed.trouble = None;
                        vec![Effect::ShowSite]
                    }
                    // The trouble is not one to wave away: its screen stays.
                    Some(_) => vec![],
                }
            }
            Action::ShowStatus => {
                signed.status = Some(Cover::default());
                vec![Effect::HideSite, Effect::ReadFacts]
            }
            Action::AskSignOut => {
                if let Some(cover) = &mut signed.status {
                    cover.asking = true;
                }
                vec![]
            }
            Action::SignOut if signed.status.as_ref().is_some_and(|cover| cover.asking) => self.sign_out(SignedOutWhy::Person, true),
            _ => vec![],
        }
    }

    fn signed_event(&mut self, event: Event) -> Vec<Effect> {
        let (Stage::Signed(signed), Some(place)) = (&mut self.stage, &self.ground.place) else {
            return vec![];
        };
        match event {
            Event::Held(url) => signed.held(url),
            Event::HandOffReady(url) => match signed.hand_off {
                HandOff::Minting(_) => {
                    signed.hand_off = HandOff::Spent;
                    vec![Effect::LoadSite(url)]
                }
                _ => vec![],
            },
            Event::HandOffMissing => match std::mem::replace(&mut signed.hand_off, HandOff::Missing) {
                // The site's own sign-in page shows; whoever signs in there is signed in for the site.
                HandOff::Minting(url) => vec![Effect::LoadSite(url)],
                _ => vec![],
            },
            Event::HandOffKept(fault) => match signed.hand_off {
                HandOff::Minting(_) => {
                    signed.hand_off = HandOff::Ready;
                    signed.cover(fault)
                }
                _ => vec![],
            },
            Event::Saved => {
                let fault = signed.unsaved.take();
                let mut effects = vec![Effect::Note(true)];
                if fault.is_some() && signed.trouble == fault {
                    signed.trouble = None;
                    effects.extend(signed.show());
                }
                effects
            }
            Event::SiteLoaded(url) => signed.page(&url, place),
            Event::SiteFailed(fault) if fault.problem == Problem::SiteCrashed && signed.attempts == 0 => {
                signed.attempts = 1;
                vec![Effect::LoadSite(place.group.clone())]
            }
            Event::SiteFailed(fault) => signed.cover(fault),
            Event::SiteLedAstray(fault) if !signed.loaded => signed.cover(fault),
            Event::Facts(facts) => {
                if let Some(cover) = &mut signed.status {
                    cover.facts = Some(facts);
                }
                vec![]
            }
            Event::RetryDue => self.try_again(),
            Event::Settled => {
                if signed.hand_off == HandOff::Spent {
                    signed.hand_off = HandOff::Ready;
                }
                vec![]
            }
            _ => vec![],
        }
    }

    /// Tries again what the trouble stopped.
    fn try_again(&mut self) -> Vec<Effect> {
        let (Stage::Signed(signed), Some(place)) = (&mut self.stage, &self.ground.place) else {
            return vec![];
        };
        if signed.unsaved.is_some() {
            signed.attempts += 1;
            return vec![Effect::Save, Effect::RetryLater { attempt: signed.attempts }];
        }
        if !signed.known {
            return match &signed.trouble {
                Some(_) => vec![Effect::ReadKeystore, Effect::LoadSite(place.group.clone())],
                None => vec![Effect::ReadKeystore],
            };
        }
        match &signed.trouble {
            Some(_) => {
                if signed.hand_off == HandOff::Spent {
                    signed.hand_off = HandOff::Ready;
                }
                vec![Effect::LoadSite(place.group.clone())]
            }
            None => vec![],
        }
    }
}

impl Signed {
    fn held(&mut self, url: Url) -> Vec<Effect> {
        match self.hand_off {
            HandOff::Ready => {
                self.hand_off = HandOff::Minting(url.clone());
                vec![Effect::HandOff(url)]
            }
            // A second one on top of the first: the newest navigation is the one the person sees.
            HandOff::Minting(_) => {
                self.hand_off = HandOff::Minting(url);
                vec![]
            }
            HandOff::Spent | HandOff::Missing => vec![Effect::LoadSite(url)],
        }
    }

    /// Covers the group view; what is typed there stays as it is.
    fn cover(&mut self, fault: Fault) -> Vec<Effect> {
        let retries = fault.problem.remedy().retries;
        self.trouble = Some(fault);
        let attempt = self.attempts;
        self.attempts = self.attempts.saturating_add(1);
        let mut effects = vec![Effect::HideSite];
        if retries {
            effects.push(Effect::RetryLater { attempt });
        }
        effects
    }

    fn show(&self) -> Vec<Effect> {
        if self.status.is_none() && self.trouble.is_none() { vec![Effect::ShowSite] } else { vec![] }
    }

    fn page(&mut self, url: &Url, place: &Place) -> Vec<Effect> {
        let home = url.origin() == place.group.origin();
        let mut effects = vec![];
        if home {
            self.loaded = true;
            if self.hand_off == HandOff::Spent {
                effects.push(Effect::Settle);
            }
        }
        self.attempts = 0;
        if self.trouble.is_some() && self.unsaved.is_none() {
            self.trouble = None;
            effects.extend(self.show());
        }
        effects
    }
}
