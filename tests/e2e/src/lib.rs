//! A tablet on a desk: the real app in a display, a session bus, a keystore and a home of its own, the stand-ins for
//! identity server and Konnect beside it, a second browser, and a phone that makes one-time codes.
//!
//! Everything on a desk ends with it, also when the test is killed.

#![allow(clippy::missing_panics_doc)] // a test fails by panicking

mod app;
mod browser;
mod desk;
mod footprint;
mod forms;
mod network;
mod phone;
mod scenario;
mod stack;
mod wait;
mod walk;

pub use app::{App, lay_out, manage};
pub use browser::Browser;
pub use desk::{Desk, Display, Keystore, app_binary, binary, root};
pub use footprint::{Footprint, app_processes, is_app};
pub use network::{Fault, Network};
pub use phone::{code_for, codes_given, secret_in_qr};
pub use scenario::{Scene, scenario, scene};
pub use stack::{Account, Stack};
pub use wait::{DEADLINE, until};
pub use walk::{Step, walk};

/// A test's outcome.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
