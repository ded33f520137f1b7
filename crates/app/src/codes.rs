//! Maps plugin errors to error codes. The plugins know nothing of Konnect's codes.

use error_codes::ErrorCode;
use tauri_plugin_device::{BrowserError, ManagedConfigError};
use tauri_plugin_site_view::{LoadError, RefusalReason};

pub(crate) fn of_managed_config(error: ManagedConfigError) -> ErrorCode {
    match error {
        ManagedConfigError::Unreadable => ErrorCode::ManagedUnreadable,
        ManagedConfigError::NotProtected => ErrorCode::ManagedNotProtected,
        ManagedConfigError::Malformed => ErrorCode::ManagedMalformed,
    }
}

pub(crate) fn of_browser(error: BrowserError) -> ErrorCode {
    match error {
        BrowserError::NotAnAddress => ErrorCode::BrowserAddress,
        BrowserError::NoBrowser => ErrorCode::BrowserAbsent,
        BrowserError::Blocked => ErrorCode::BrowserBlocked,
        BrowserError::Cancelled => ErrorCode::BrowserCancelled,
    }
}

pub(crate) fn of_load(error: LoadError) -> ErrorCode {
    match error {
        LoadError::Unreachable => ErrorCode::SiteUnreachable,
        LoadError::Insecure => ErrorCode::SiteInsecure,
        LoadError::Server { .. } => ErrorCode::SiteServerFault,
        LoadError::PageRefused => ErrorCode::HostNotTrusted,
    }
}

pub(crate) fn of_refusal(reason: RefusalReason) -> ErrorCode {
    match reason {
        RefusalReason::Closed => ErrorCode::NothingOpen,
        RefusalReason::Scheme => ErrorCode::SchemeNotAllowed,
        RefusalReason::OtherApp => ErrorCode::ForOtherApp,
        RefusalReason::Insecure => ErrorCode::PlainHttp,
        RefusalReason::Credentials => ErrorCode::CredentialsInUrl,
        RefusalReason::Host => ErrorCode::HostNotTrusted,
        RefusalReason::Opener => ErrorCode::OpenerNotTrusted,
        RefusalReason::SecondPopup => ErrorCode::SecondPopup,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_of_the_device_has_its_number() {
        use {BrowserError as Browser, ManagedConfigError as Managed};
        let managed = [Managed::Unreadable, Managed::NotProtected, Managed::Malformed];
        assert_eq!(
            managed.map(|error| of_managed_config(error).number()),
            ["E190", "E191", "E192"]
        );
        let browser = [
            Browser::NotAnAddress,
            Browser::NoBrowser,
            Browser::Blocked,
            Browser::Cancelled,
        ];
        assert_eq!(
            browser.map(|error| of_browser(error).number()),
            ["E193", "E194", "E195", "E196"]
        );
    }

    #[test]
    fn each_error_of_the_site_view_has_its_number() {
        let server = LoadError::Server { retry_after: None };
        let load = [
            LoadError::Unreachable,
            LoadError::Insecure,
            server,
            LoadError::PageRefused,
        ];
        let numbers = load.map(|error| of_load(error).number());
        assert_eq!(numbers, ["E501", "E502", "E504", "E515"]);
        assert_eq!(
            RefusalReason::ALL.map(|reason| of_refusal(reason).number()),
            ["E510", "E511", "E512", "E513", "E514", "E515", "E516", "E517"]
        );
    }
}
