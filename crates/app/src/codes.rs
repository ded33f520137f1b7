//! From the plugins' own errors to the register's codes. The plugins know nothing of Konnect's codes.

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
        LoadError::Server => ErrorCode::SiteServerFault,
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
