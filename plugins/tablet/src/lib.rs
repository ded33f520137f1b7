//! What only the device knows: its managed configuration, and whether it has a browser for signing in.
#![warn(missing_docs)]

mod browser;
mod managed;

pub use browser::{BrowserFault, open_browser};
pub use managed::{ManagedFault, SYSTEM_FILE, managed, managed_from};
