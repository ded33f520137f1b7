//! What the tests of the real app run on: the app in a sandbox with a display, a session bus, a keystore and a home
//! directory; the servers of `tests/fake-konnect`; a system browser; and an authenticator app.
//!
//! A test of a scenario is a function in `tests/app` whose name starts with the scenario's number. It gives its body to
//! [`run_scenario`], and `docs/scenarios.md` has its row. Every process of a sandbox ends with the sandbox, also when
//! the test is killed.

#![allow(clippy::missing_panics_doc)] // a test fails by panicking

mod app;
mod authenticator;
mod browser;
pub mod catalogue;
mod clock;
mod footprint;
mod forms;
mod freeze;
mod network;
mod pictures;
mod processes;
mod sandbox;
mod scenario;
mod services;
mod wait;
mod walk;

pub use app::{App, set_managed_config, write_config};
pub use authenticator::{issued_codes, one_time_code, secret_in_qr};
pub use browser::Browser;
pub use clock::WrongClock;
pub use footprint::Footprint;
pub use freeze::{Freeze, Frozen};
pub use network::{Network, NetworkCondition};
pub use processes::{app_processes, is_app};
pub use sandbox::{Display, Keystore, Sandbox, app_binary, binary, root};
pub use scenario::{Scenario, TestName, run_scenario};
pub use services::{Account, Services};
pub use wait::{DEADLINE, until};
pub use walk::{Step, walk};

/// The result of a step of a test.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
