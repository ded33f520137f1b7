//! The system browser, for signing in.

use url::Url;

/// Why the browser did not open, or did not come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowserError {
    /// The address is not one for a browser.
    NotAnAddress,
    /// This device has no browser, or it did not start.
    NoBrowser,
    /// There may be a browser, but this device lets nothing beside this app come up (kiosk).
    Blocked,
    /// The person closed it. The sign-in is over.
    Cancelled,
}

impl BrowserError {
    /// The code that helpdesk and screen name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnAddress => "E193",
            Self::NoBrowser => "E194",
            Self::Blocked => "E195",
            Self::Cancelled => "E196",
        }
    }
}

pub(crate) fn is_address(url: &Url) -> Result<(), BrowserError> {
    if matches!(url.scheme(), "https" | "http") && url.host().is_some() {
        Ok(())
    } else {
        Err(BrowserError::NotAnAddress)
    }
}

/// Why a sign-in sheet ended without an answer. In a kiosk the system says "cancelled" though nobody saw a thing.
#[cfg(any(target_os = "ios", test))]
pub(crate) fn why(cancelled: bool, kiosk: bool) -> BrowserError {
    match (kiosk, cancelled) {
        (true, _) => BrowserError::Blocked,
        (false, true) => BrowserError::Cancelled,
        (false, false) => BrowserError::NoBrowser,
    }
}

/// Why a browser that was started is not in front: there is none, or a kiosk kept it away without a word.
#[cfg(any(target_os = "android", test))]
pub(crate) fn started(found: bool, kiosk: bool, still_in_front: bool) -> Result<(), BrowserError> {
    match (found, kiosk && still_in_front) {
        (true, false) => Ok(()),
        (true, true) => Err(BrowserError::Blocked),
        (false, _) if kiosk => Err(BrowserError::Blocked),
        (false, _) => Err(BrowserError::NoBrowser),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_for_a_browser() {
        for (address, right) in [
            ("https://id.example/authorize", true),
            ("http://127.0.0.1:4000/", true),
            ("javascript:alert(1)", false),
            ("file:///etc/passwd", false),
            ("intent://x#Intent;end", false),
            ("tel:112", false),
        ] {
            assert_eq!(is_address(&Url::parse(address).unwrap()).is_ok(), right, "{address}");
        }
    }

    #[test]
    fn a_sheet_that_a_kiosk_keeps_away_is_not_taken_for_a_person_who_closed_it() {
        assert_eq!(why(true, true), BrowserError::Blocked);
        assert_eq!(why(false, true), BrowserError::Blocked);
        assert_eq!(why(true, false), BrowserError::Cancelled);
        assert_eq!(why(false, false), BrowserError::NoBrowser);
    }

    #[test]
    fn no_browser_and_a_browser_that_the_kiosk_blocks_are_told_apart() {
        assert_eq!(started(true, false, false), Ok(()));
        assert_eq!(
            started(true, false, true),
            Ok(()),
            "without a kiosk a slow browser is still coming"
        );
        assert_eq!(
            started(true, true, false),
            Ok(()),
            "the device manager permits it beside the app"
        );
        assert_eq!(started(true, true, true), Err(BrowserError::Blocked));
        assert_eq!(started(false, true, true), Err(BrowserError::Blocked));
        assert_eq!(started(false, false, true), Err(BrowserError::NoBrowser));
    }
}
