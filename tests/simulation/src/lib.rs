//! The application under fire.
//!
//! - [`tablet`]: the real application on one tablet through 400 days, in simulated time and with seeded faults. A seed
//!   replays exactly. `cargo xtask simulation`.
//! - [`crash`]: a real process with a real refresh, killed at every step. `cargo xtask crash`.
//! - [`app_crash`]: the real application through a story, killed at each effect, write and request. `cargo xtask crash`.

// Whoever finds a fault here stops the run: that is what it is for.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, clippy::must_use_candidate)]
// The readers of its pages have its source, too.
#![allow(rustdoc::private_intra_doc_links)]

#[path = "../../../crates/session/tests/common/mod.rs"]
#[allow(clippy::unwrap_used, clippy::type_complexity)]
mod common;

pub mod app_crash;
pub mod calendar;
pub mod cookies;
pub mod crash;
pub mod device;
pub mod faults;
mod network;
pub mod people;
pub mod promises;
pub mod server;
pub mod site;
mod storage;
pub mod tablet;
pub mod world;
