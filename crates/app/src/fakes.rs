//! Ports that record calls and return configured results, and a tablet that holds them together.
//!
//! Time is tokio's, and every test pauses it: a week takes a moment, and nothing depends on the speed of the computer.

mod device;
mod platform;
mod provider;
mod site;
mod tablet;

pub(crate) use device::{Call, FakeDevice};
pub(crate) use platform::{FakeClock, FakeRandom, MemoryFile};
pub(crate) use provider::{Answer, CLIENT, FakeProvider, ISSUER};
pub(crate) use site::{FakeSite, FakeUi, SiteCall};
pub(crate) use tablet::{Running, Tablet};

use url::Url;

/// A URL that a test writes itself.
pub(crate) fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}
