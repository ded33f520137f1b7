//! A tablet to try things on: settings, faults, and what people see and press.
#![allow(dead_code, reason = "each test file takes what it needs")]
#![allow(clippy::unwrap_used, reason = "all of this is test")]

use app_state::{
    Action, AppError, AppSettings, DeviceCode, Effect, ErrorKind, Event, HostRule, KeystoreResult, Organisation, Phase,
    Qr, RememberedSession, Screen, SessionTransfer, SetupOffer, SignedOutReason, State,
};
use url::Url;

pub const GROUP: &str = "https://zonnetje.ouderportaal.nl/groep";
pub const AUTHORIZE: &str = "https://login.kidskonnect.example/authorize";
pub const REQUEST: &str = "https://login.kidskonnect.example/authorize?client_id=konnect&state=1";
pub const CALLBACK: &str = "nl.kidskonnect.groep:/callback";

pub fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

pub fn error(kind: ErrorKind) -> AppError {
    AppError::new(problem, "E999")
}

/// A tablet of the `zonnetje` organisation.
pub fn settings() -> AppSettings {
    AppSettings {
        organisation: Some(Organisation {
            organisation: "zonnetje".to_owned(),
            session: "https://login.kidskonnect.example/ app api".to_owned(),
            group: url(GROUP),
            authorize: url(AUTHORIZE),
            callback: url(CALLBACK),
            trusted: vec![
                HostRule::Below("ouderportaal.nl".to_owned()),
                HostRule::Origin(url("https://profiel.kidskonnect.example")),
            ],
            loopback: false,
        }),
        suffix: ".ouderportaal.nl".to_owned(),
        manual: true,
        sign_out: true,
        ..AppSettings::default()
    }
}

/// The same with another organisation.
pub fn elsewhere() -> AppSettings {
    let mut settings = settings();
    let organisation = settings.organisation.as_mut().unwrap();
    "regenboog".clone_into(&mut organisation.name);
    organisation.group_url = url("https://regenboog.ouderportaal.nl/groep");
    settings
}

/// What a card of another organisation comes to.
pub fn offer() -> SetupOffer {
    SetupOffer {
        organisation: "Regenboog".to_owned(),
        host: "regenboog.ouderportaal.nl".to_owned(),
        label: None,
        signed: false,
        moves: true,
    }
}

/// Nobody has said which organisation.
pub fn not_set_up() -> AppSettings {
    AppSettings {
        organisation: None,
        ..settings()
    }
}

/// A security setting is wrong; nothing else of the settings is known then.
pub fn broken() -> AppSettings {
    AppSettings {
        error: Some(error(ErrorKind::SettingsInvalid)),
        ..AppSettings::default()
    }
}

pub fn device_code() -> DeviceCode {
    DeviceCode {
        user_code: "WDJB-MJHT".to_owned(),
        address: "https://login.kidskonnect.example/activate".to_owned(),
        qr: Qr {
            size: 29,
            path: "M4 4h1v1h-1z".to_owned(),
        },
    }
}

pub fn settings_read(settings: AppSettings) -> Event {
    Event::Settings {
        settings: Box::new(settings),
        remembered: RememberedSession::None,
    }
}

/// The settings at a start after a day with a session.
pub fn remembered(settings: AppSettings) -> Event {
    Event::Settings {
        settings: Box::new(settings),
        remembered: RememberedSession::ThisOrganisation,
    }
}

/// What a scenario walks through: the state, and the effects of the last step.
#[derive(Default)]
pub struct Tablet {
    pub state: State,
    pub effects: Vec<Effect>,
}

impl Tablet {
    /// Switched on, with these settings.
    pub fn new(settings: AppSettings) -> Self {
        Self::default().after(settings_read(settings))
    }

    /// Set up, and nobody has signed in.
    pub fn signed_out() -> Self {
        Self::signed_out_with(settings())
    }

    pub fn signed_out_with(settings: AppSettings) -> Self {
        Self::new(settings).after(Event::KeystoreRead(KeystoreResult::Empty))
    }

    /// With a session, and the group view on screen.
    pub fn in_group() -> Self {
        Self::default()
            .after(remembered(settings()))
            .after(Event::KeystoreRead(KeystoreResult::Session))
            .after(Event::SiteLoaded(url(GROUP)))
    }

    pub fn after(self, event: Event) -> Self {
        let (state, effects) = self.state.step(event);
        Self { state, effects }
    }

    pub fn press(self, action: Action) -> Self {
        assert!(
            pressable(&self.state).contains(&action),
            "{action:?} is not on screen: {:?}",
            self.state.view().screen
        );
        self.after(Event::UserAction(action))
    }

    pub fn screen(&self) -> Screen {
        self.state.view().screen
    }

    /// The last step asked for exactly this.
    #[track_caller]
    pub fn does(self, effects: &[Effect]) -> Self {
        assert_eq!(self.effects, effects, "at {:?}", self.state.stage);
        self
    }

    /// The screen has this name, as the pages know it.
    #[track_caller]
    pub fn shows(self, name: &str) -> Self {
        assert_eq!(name_of(&self.screen()), name, "{:?}", self.state.stage);
        self
    }

    /// The sign-in button is on screen, with this reason.
    #[track_caller]
    pub fn signed_out_for(self, reason: SignedOutReason) -> Self {
        assert!(
            matches!(self.screen(), Screen::SignIn { why, busy: false, .. } if why == reason),
            "{:?}",
            self.screen()
        );
        self
    }

    /// This trouble is on screen, with these buttons.
    #[track_caller]
    pub fn troubled(self, kind: ErrorKind, expected: &[Action]) -> Self {
        match self.screen() {
            Screen::Trouble { error, buttons, .. } => {
                assert_eq!((error.kind, buttons.as_slice()), (problem, expected))
            }
            other => panic!("{other:?}"),
        }
        self
    }
}

pub fn name_of(screen: &Screen) -> String {
    serde_json::to_value(screen).unwrap()["name"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The buttons of a screen, as the pages draw them.
pub fn pressable(state: &State) -> Vec<Action> {
    use Action::{
        AskSignOut, Cancel, ChangeOrganisation, OpenBrowserAgain, OpenGroup, Retry, SetTenant, ShowStatus, SignIn,
        SignInHere, SignInWithCode, SignOut, UseLink,
    };
    let some = |list: &[(bool, Action)]| {
        list.iter()
            .filter(|(shown, _)| *shown)
            .map(|(_, action)| action.clone())
            .collect()
    };
    match state.view().screen {
        Screen::Starting => vec![],
        Screen::NotSetUp { manual: true, .. } => vec![SetTenant {
            typed: "zonnetje".to_owned(),
        }],
        Screen::NotSetUp { manual: false, .. } => vec![Retry],
        Screen::SignIn { busy: true, .. } | Screen::InApp { .. } | Screen::Code { .. } | Screen::Finishing => {
            vec![Cancel]
        }
        Screen::SignIn {
            with_code, may_change, ..
        } => some(&[
            (true, SignIn),
            (with_code, SignInWithCode),
            (may_change, ChangeOrganisation),
        ]),
        Screen::Browser { here, with_code, .. } => some(&[
            (true, OpenBrowserAgain),
            (true, Cancel),
            (here, SignInHere),
            (with_code, SignInWithCode),
        ]),
        Screen::SetUpLink { .. } => vec![UseLink, Cancel],
        Screen::Group { .. } => vec![OpenGroup, ShowStatus],
        Screen::Trouble { buttons, .. } => buttons,
        Screen::Status { asking: true, .. } => vec![SignOut, Cancel],
        Screen::Status { may_sign_out, .. } => some(&[(true, OpenGroup), (may_sign_out, AskSignOut)]),
    }
}

pub fn callback() -> Event {
    Event::Callback(format!("{CALLBACK}?code=1&state=1"))
}

/// What a callback leads to.
pub fn check() -> Effect {
    Effect::CompleteSignIn(format!("{CALLBACK}?code=1&state=1"))
}

pub fn load(address: &str) -> Effect {
    Effect::LoadSite(url(address))
}

/// The site's own page was on its way elsewhere.
pub fn astray(to: &str) -> Event {
    Event::RedirectedAway {
        error: error(ErrorKind::CaptivePortal),
        to: url(to),
        link: false,
    }
}

pub fn retry(attempt: u32) -> Effect {
    Effect::RetryLater { attempt }
}

/// The browser has the sign-in page.
pub fn in_browser() -> Tablet {
    Tablet::signed_out()
        .press(Action::SignIn)
        .after(Event::AuthorizationRequestReady(url(REQUEST)))
}

pub fn transfer(tablet: &Tablet) -> SessionTransfer {
    match &tablet.state.stage {
        Phase::SignedIn(signed) => signed.transfer.clone(),
        other => panic!("{other:?}"),
    }
}

pub fn organisation() -> Organisation {
    settings().organisation.unwrap()
}
