//! The application without a window.
//!
//! [`App::run`] feeds what happens into the state machine ([`app_state::State`]) and carries out the effects that it
//! answers with. Three ports keep Tauri out: [`SiteView`] (the web view with the Konnect site), [`Device`] (what only
//! the tablet knows) and [`Ui`] (the shell's own pages). Clock, randomness, HTTP client and keystore are arguments, too
//! ([`Platform`]), so unit tests and the simulation run this same code with fakes and with time that stands still.
//!
//! ```text
//!  link, button, web view, MDM, timer
//!        │ Message
//!        ▼
//!  App::run ── Event ──► app_state::State::step ──► View ──► Ui::view_changed
//!        │                                      └──► NavigationPolicy ──► SiteHost
//!        │ Effect (one exhaustive match in `effects`)
//!        ▼
//!  Auth (session), SavedStateStore, SettingsSources, SiteView, Device
//! ```
//!
//! Whatever takes time runs as a task beside the loop and returns an event when it is done, so the loop never waits for
//! the network, the keystore or a person.
#![warn(missing_docs)]

mod auth;
mod background;
mod codes;
mod deep_link;
mod device_policy;
pub mod diagnostics;
mod effects;
#[cfg(test)]
mod fakes;
mod handle;
mod handover;
mod navigation;
mod organisation;
mod ports;
mod qr;
mod recent_errors;
mod run;
mod saved_state;
mod settings_sources;
mod site_host;
mod status;
mod tasks;
mod timers;

pub use handle::{AppHandle, Inbox, Messages, channel};
pub use handover::{RESTARTS, next_restart};
pub use navigation::{InterceptReason, decide, decide_popup, intercept_reason, is_shell_page};
pub use organisation::REDIRECT_URI;
pub use ports::{BoxFuture, Device, HttpFactory, Platform, SiteView, StoreFactory, Ui};
pub use run::{App, Parts};
pub use saved_state::{DiskFile, SavedState, SavedStateStore, StateFile, create_private_folder};
pub use settings_sources::{Development, SettingsSources};
pub use site_host::SiteHost;
