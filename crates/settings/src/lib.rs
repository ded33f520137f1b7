//! The settings of a tablet: what keys there are, where their values come from and which of them are sound.
//!
//! [`resolve`] takes the sources in order of precedence (managed configuration before what a person set up before what
//! is built in), key by key, and answers with [`Resolved`]: values, the source of each, and every fault with its code.
//! A wrong value of a *security* key leaves no place to sign in to; a wrong value of a *comfort* key falls back to the
//! built-in one. Reading files and asking the system is the caller's.
#![warn(missing_docs)]

mod environment;
mod resolve;
mod tenant;

pub use environment::{Environment, EnvironmentFault, Environments, StoreFault};
pub use resolve::{Account, Fault, FaultCode, Language, LoginMethod, Resolved, Source, Target, resolve};
pub use tenant::{Tenant, TenantFault};
