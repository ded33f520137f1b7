//! What the tablet shows next: a pure state machine.
//!
//! [`State::step`] takes what happened (an [`Event`]) and answers with the next state and the [`Effect`]s for the
//! caller to carry out. No I/O, no clock and no web view live here: everything that takes time is an effect, and its
//! outcome comes back as another event. [`State::view`] is what the shell's page shows, [`State::navigation_policy`]
//! what the site view may load meanwhile.
//!
//! Property tests hold three promises over any sequence of events:
//!
//! 1. every screen has a way forward: a button, an effect under way, or a retry that is due;
//! 2. a tablet is signed out only by a definitive answer of the identity provider, by an empty keystore, by changed
//!    settings, by a person, or, for a personal account, by idle time;
//! 3. one navigation chain gets at most one session transfer.
//!
//! # Three steps
//!
//! ```
//! use app_state::{Action, AppSettings, Effect, Event, KeystoreResult, Organisation, RememberedSession, Screen, State};
//! use url::Url;
//!
//! // 1. The settings name an organisation, and the saved state remembers no session: read the keystore.
//! let organisation = Organisation {
//!     name: "Het Zonnetje".into(),
//!     session_key: "https://id.example/ client".into(),
//!     group_url: Url::parse("https://zonnetje.ouderportaal.nl/groep")?,
//!     authorization_endpoint: Url::parse("https://id.example/authorize")?,
//!     redirect_uri: Url::parse("nl.kidskonnect.groep:/callback")?,
//!     trusted_hosts: vec![],
//!     loopback_http: false,
//! };
//! let settings = AppSettings { organisation: Some(organisation), ..AppSettings::default() };
//! let read = Event::Settings { settings: Box::new(settings), remembered: RememberedSession::None };
//! let (state, effects) = State::default().step(read);
//! assert_eq!(effects, [Effect::ReadKeystore]);
//!
//! // 2. The keystore is empty: the sign-in screen, and nothing to do until somebody presses the button.
//! let (state, effects) = state.step(Event::KeystoreRead(KeystoreResult::Empty));
//! assert!(matches!(state.view().screen, Screen::SignIn { busy: false, .. }));
//! assert_eq!(effects, [Effect::ClearSite], "nothing of an earlier person stays in the web view");
//!
//! // 3. The button starts a sign-in.
//! let (state, effects) = state.step(Event::UserAction(Action::SignIn));
//! assert_eq!(effects, [Effect::BeginSignIn { fresh: false }]);
//! assert!(matches!(state.view().screen, Screen::SignIn { busy: true, .. }));
//! # Ok::<(), url::ParseError>(())
//! ```
#![warn(missing_docs)]

#[cfg(test)]
mod bindings;
mod error;
mod event;
mod organisation;
mod recovery;
mod screen;
mod signed_out;
mod state;
mod step;
mod view;

pub use error::AppError;
pub use event::{AppSettings, Effect, Event, KeystoreResult, RememberedSession};
pub use organisation::{HostRule, NavigationPolicy, Organisation};
pub use recovery::{Recovery, RetryPace, recovery};
pub use signed_out::SignedOutReason;
pub use state::{Phase, SessionTransfer, SignInStep, SignedIn, SiteLoad, State, StatusPage, UnsavedSession};
pub use view::{Action, DeviceCode, Qr, Screen, Setting, SetupOffer, StatusInfo, View};
