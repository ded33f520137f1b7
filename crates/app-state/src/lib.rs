//! What the tablet shows next.
//!
//! A pure state machine: [`State::step`] takes what happened (an [`Event`]) and answers with the [`Effect`]s that the
//! shell is to carry out. No I/O, no clock, no web view lives here; whatever takes time is an effect whose outcome
//! comes back as an event. [`State::shown`] is what the shell's page displays, [`State::policy`] what the web view may
//! load meanwhile.
//!
//! Three promises, held by property tests over any sequence of events:
//!
//! 1. every screen has a way forward: a button, an effect under way, or a retry that is due;
//! 2. a tablet is signed out only by a definitive answer of the identity server, by a keystore that holds nothing, by
//!    changed settings, or by a person;
//! 3. one navigation chain mints at most one hand-off.
#![warn(missing_docs)]

#[cfg(test)]
mod bindings;
mod event;
mod policy;
mod problem;
mod state;
mod step;
mod view;

pub use event::{Effect, Event, Found, Ground, LoginMethod, Noted, Place, SignedOutWhy};
pub use policy::{Decision, Held, HostRule, Navigation, Policy, Refusal};
pub use problem::{Fault, Problem, Remedy};
pub use state::{Cover, HandOff, Signed, Site, Stage, State, Unsaved, Way};
pub use view::{Action, DeviceCode, Facts, Language, Offer, Qr, Screen, Setting, SettingSource, Shown};
