//! The session under fire.
//!
//! - [`tablet`]: one tablet through 400 days in a second of time that stands still, with seeded faults. A seed replays
//!   exactly. `cargo xtask simulation`.
//! - [`crash`]: a real process with a real refresh, killed at every step. `cargo xtask crash`.

// Whoever finds a fault here stops the run: that is what it is for.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, clippy::must_use_candidate)]

#[path = "../../../crates/session/tests/common/mod.rs"]
#[allow(clippy::unwrap_used, clippy::type_complexity)]
mod common;

pub mod crash;
pub mod server;
pub mod tablet;
pub mod world;
