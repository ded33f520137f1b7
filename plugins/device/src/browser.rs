//! Why the system browser did not open, and the rules that tell one cause from another.

use std::fmt;

/// Why the system browser did not open, or returned nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BrowserError {
    /// The URL is not http or https with a host.
    NotAnAddress,
    /// This device has no browser, or the browser did not start.
    NoBrowser,
    /// A kiosk mode lets no other app come to the foreground. There may be a browser.
    Blocked,
    /// The person closed the browser's sheet, so the sign-in is over.
    Cancelled,
}

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnAddress => "the URL is not for a browser",
            Self::NoBrowser => "no browser started",
            Self::Blocked => "a kiosk mode blocks the browser",
            Self::Cancelled => "the browser was closed",
        })
    }
}

impl std::error::Error for BrowserError {}

/// Refuses a URL that is not http or https with a host, because the system would start another app for it.
#[cfg(any(feature = "tauri", test))]
pub(crate) fn check_url(url: &url::Url) -> Result<(), BrowserError> {
    if matches!(url.scheme(), "https" | "http") && url.host().is_some() {
        Ok(())
    } else {
        Err(BrowserError::NotAnAddress)
    }
}

/// Why a sign-in sheet ended without an answer. In a kiosk mode iPadOS reports "cancelled" although it showed no sheet.
#[cfg(any(all(feature = "tauri", target_os = "ios"), test))]
pub(crate) fn sheet_error(cancelled: bool, kiosk: bool) -> BrowserError {
    match (kiosk, cancelled) {
        (true, _) => BrowserError::Blocked,
        (false, true) => BrowserError::Cancelled,
        (false, false) => BrowserError::NoBrowser,
    }
}

/// Whether a browser that was started is there. `found`: Android found one to start. `still_in_front`: this app still
/// has the focus afterwards, which in a kiosk mode means that Android silently blocked the browser.
#[cfg(any(all(feature = "tauri", target_os = "android"), test))]
pub(crate) fn start_outcome(found: bool, kiosk: bool, still_in_front: bool) -> Result<(), BrowserError> {
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
    fn only_http_and_https_urls_are_for_a_browser() {
        for (address, right) in [
            ("https://id.example/authorize", true),
            ("http://127.0.0.1:4000/", true),
            ("javascript:alert(1)", false),
            ("file:///etc/passwd", false),
            ("intent://x#Intent;end", false),
            ("tel:112", false),
        ] {
            assert_eq!(
                check_url(&url::Url::parse(address).unwrap()).is_ok(),
                right,
                "{address}"
            );
        }
    }

    #[test]
    fn a_sheet_that_a_kiosk_blocks_does_not_count_as_closed_by_a_person() {
        assert_eq!(sheet_error(true, true), BrowserError::Blocked);
        assert_eq!(sheet_error(false, true), BrowserError::Blocked);
        assert_eq!(sheet_error(true, false), BrowserError::Cancelled);
        assert_eq!(sheet_error(false, false), BrowserError::NoBrowser);
    }

    #[test]
    fn a_missing_browser_and_a_browser_that_the_kiosk_blocks_are_different_errors() {
        assert_eq!(start_outcome(true, false, false), Ok(()));
        assert_eq!(
            start_outcome(true, false, true),
            Ok(()),
            "without a kiosk a slow browser is still coming"
        );
        assert_eq!(
            start_outcome(true, true, false),
            Ok(()),
            "the device administrator permits it beside the app"
        );
        assert_eq!(start_outcome(true, true, true), Err(BrowserError::Blocked));
        assert_eq!(start_outcome(false, true, true), Err(BrowserError::Blocked));
        assert_eq!(start_outcome(false, false, true), Err(BrowserError::NoBrowser));
    }
}
