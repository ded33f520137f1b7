//! The settings of a tablet: what keys there are, where their values come from and which of them are sound.
//!
//! [`resolve`] takes the sources in order of precedence (managed configuration before what a person set up before what
//! is built in), key by key, and answers with [`Resolved`]: values, the source of each, and every fault with its code.
//! A wrong value of a *security* key leaves no place to sign in to; a wrong value of a *comfort* key falls back to the
//! built-in one. Reading files and asking the system is the caller's.
#![warn(missing_docs)]

mod check;
mod code;
pub mod emit;
mod environment;
mod link;
mod resolve;
mod table;
mod tenant;

pub use check::{Sound, check, is_blank, is_unexpanded, looks_secret, public_keys};
pub use code::{Code, Text};
pub use environment::{Environment, EnvironmentFault, Environments, StoreFault};
pub use link::{DAY, Link, LinkFault, MAX_LIFETIME_DAYS, MAX_LINK, SCHEME, read_link, sign_link, unsigned_link};
pub use resolve::{
    Account, Diagnostics, Fault, FaultCode, Given, KeepScreenOn, Kiosk, Language, LoginMethod, Resolved, Source,
    Target, resolve, resolve_all,
};
pub use table::{Audience, CONFIG_VERSION, From, KEYS, Key, Kind, key};
pub use tenant::{Tenant, TenantFault};
