//! The system browser, for signing in.

use url::Url;

/// Why the browser did not open, or did not come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowserFault {
    /// The address is not one for a browser.
    NotAnAddress,
    /// This device has no browser, or it did not start.
    NoBrowser,
    /// There may be a browser, but this device lets nothing beside this app come up (kiosk).
    Blocked,
    /// The person closed it. The sign-in is over.
    Cancelled,
}

impl BrowserFault {
    /// The code that helpdesk and screen name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnAddress => "E130",
            Self::NoBrowser => "E131",
            Self::Blocked => "E132",
            Self::Cancelled => "E133",
        }
    }
}

pub(crate) fn is_address(url: &Url) -> Result<(), BrowserFault> {
    if matches!(url.scheme(), "https" | "http") && url.host().is_some() { Ok(()) } else { Err(BrowserFault::NotAnAddress) }
}
