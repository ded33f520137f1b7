//! Drives a state machine through a scenario, and holds the settings, events and errors that the tests share.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "test code only")]

use app_state::{
    Action, AppError, AppSettings, DeviceCode, Effect, Event, HostRule, KeystoreResult, Organisation, Phase, Qr,
    RememberedSession, RetryPace, Screen, SessionTransfer, SetupOffer, SignedOutReason, State,
};
use error_codes::{ErrorCode, ErrorKind};
use url::Url;

pub const GROUP: &str = "https://zonnetje.ouderportaal.nl/groep";
pub const AUTHORIZE: &str = "https://login.kidskonnect.example/authorize";
pub const REQUEST: &str = "https://login.kidskonnect.example/authorize?client_id=konnect&state=1";
pub const LOGIN: &str = "https://login.kidskonnect.example/u/login";
pub const CALLBACK: &str = "nl.kidskonnect.groep:/callback";

pub fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// An error of this kind. All of them have the same code, because the state machine branches on the kind only.
pub fn error(kind: ErrorKind) -> AppError {
    AppError::new(kind, ErrorCode::Timeout)
}

/// The site could not be loaded, and its server did not ask to wait.
pub fn site_failed(kind: ErrorKind) -> Event {
    Event::SiteFailed {
        error: error(kind),
        retry_after: None,
    }
}

/// The settings of a tablet of the organisation `zonnetje`.
pub fn settings() -> AppSettings {
    AppSettings {
        organisation: Some(Organisation {
            name: "zonnetje".to_owned(),
            session_key: "https://login.kidskonnect.example/ app api".to_owned(),
            group_url: url(GROUP),
            authorization_endpoint: url(AUTHORIZE),
            redirect_uri: url(CALLBACK),
            trusted_hosts: vec![
                HostRule::Below("ouderportaal.nl".to_owned()),
                HostRule::Origin(url("https://profiel.kidskonnect.example")),
            ],
            loopback_http: false,
        }),
        domain_suffix: ".ouderportaal.nl".to_owned(),
        manual_setup: true,
        sign_out_allowed: true,
        ..AppSettings::default()
    }
}

/// The same settings with another organisation.
pub fn other_organisation() -> AppSettings {
    let mut settings = settings();
    let organisation = settings.organisation.as_mut().unwrap();
    "regenboog".clone_into(&mut organisation.name);
    organisation.group_url = url("https://regenboog.ouderportaal.nl/groep");
    settings
}

/// A setup card of another organisation.
pub fn setup_offer() -> SetupOffer {
    SetupOffer {
        organisation: "Regenboog".to_owned(),
        host: "regenboog.ouderportaal.nl".to_owned(),
        label: None,
        signed: false,
        moves: true,
    }
}

/// Settings that name no organisation.
pub fn not_set_up() -> AppSettings {
    AppSettings {
        organisation: None,
        ..settings()
    }
}

/// A security setting is invalid. The app then knows nothing else of the settings.
pub fn invalid_settings() -> AppSettings {
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

/// The settings as read at start, with a remembered session of their organisation.
pub fn settings_read_with_session(settings: AppSettings) -> Event {
    Event::Settings {
        settings: Box::new(settings),
        remembered: RememberedSession::ThisOrganisation,
    }
}

/// A tablet in a scenario: the state, and the effects of the last step.
#[derive(Clone, Default)]
pub struct Tablet {
    pub state: State,
    pub effects: Vec<Effect>,
}

impl Tablet {
    /// A tablet that has started with these settings.
    pub fn new(settings: AppSettings) -> Self {
        Self::default().after(settings_read(settings))
    }

    /// A tablet that is set up. Nobody has signed in.
    pub fn signed_out() -> Self {
        Self::signed_out_with(settings())
    }

    pub fn signed_out_with(settings: AppSettings) -> Self {
        Self::new(settings).after(Event::KeystoreRead(KeystoreResult::Empty))
    }

    /// A tablet with a confirmed session and the group view on screen.
    pub fn in_group() -> Self {
        Self::default()
            .after(settings_read_with_session(settings()))
            .after(Event::KeystoreRead(KeystoreResult::Session))
            .after(Event::SiteLoaded(url(GROUP)))
    }

    /// A tablet whose system browser shows the sign-in page.
    pub fn in_browser() -> Self {
        Self::signed_out()
            .press(Action::SignIn)
            .after(Event::AuthorizationRequestReady(url(REQUEST)))
    }

    /// Takes one event.
    pub fn after(self, event: Event) -> Self {
        let (state, effects) = self.state.step(event);
        Self { state, effects }
    }

    /// Presses a button. Panics if the present screen does not have it.
    #[track_caller]
    pub fn press(self, action: Action) -> Self {
        assert!(
            buttons_on_screen(&self.state).contains(&action),
            "{action:?} is not on screen: {:?}",
            self.state.view().screen
        );
        self.after(Event::UserAction(action))
    }

    pub fn screen(&self) -> Screen {
        self.state.view().screen
    }

    /// Panics unless the last step returned exactly these effects.
    #[track_caller]
    pub fn expect_effects(self, effects: &[Effect]) -> Self {
        assert_eq!(self.effects, effects, "at {:?}", self.state.phase);
        self
    }

    /// Panics unless the screen has this name, as the pages know it.
    #[track_caller]
    pub fn expect_screen(self, name: &str) -> Self {
        assert_eq!(name_of(&self.screen()), name, "{:?}", self.state.phase);
        self
    }

    /// Panics unless the sign-in screen with this reason is on screen.
    #[track_caller]
    pub fn expect_sign_in_screen(self, reason: SignedOutReason) -> Self {
        assert!(
            matches!(self.screen(), Screen::SignIn { why, busy: false, .. } if why == reason),
            "{:?}",
            self.screen()
        );
        self
    }

    /// Panics unless an error of this kind is on screen, with exactly these buttons.
    #[track_caller]
    pub fn expect_error_screen(self, kind: ErrorKind, expected: &[Action]) -> Self {
        match self.screen() {
            Screen::Trouble { error, buttons, .. } => {
                assert_eq!((error.kind, buttons.as_slice()), (kind, expected));
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

/// The actions that the present screen has buttons for, as the pages draw them.
pub fn buttons_on_screen(state: &State) -> Vec<Action> {
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

/// The effect that [`callback`] leads to.
pub fn complete_sign_in() -> Effect {
    Effect::CompleteSignIn(format!("{CALLBACK}?code=1&state=1"))
}

pub fn load_site(address: &str) -> Effect {
    Effect::LoadSite(url(address))
}

/// The site's own page tried to go to an untrusted host, without a followed link.
pub fn redirected_away(to: &str) -> Event {
    Event::RedirectedAway {
        error: error(ErrorKind::CaptivePortal),
        to: url(to),
        by_link: false,
    }
}

pub fn retry_later(pace: RetryPace, attempt: u32) -> Effect {
    Effect::RetryLater { attempt, pace }
}

/// Settings or keystore are read again at the longest interval.
pub fn retry_seldom() -> Effect {
    retry_later(RetryPace::Tablet, u32::MAX)
}

/// Panics unless somebody is signed in.
pub fn session_transfer(tablet: &Tablet) -> SessionTransfer {
    match &tablet.state.phase {
        Phase::SignedIn(session) => session.transfer.clone(),
        other => panic!("{other:?}"),
    }
}
