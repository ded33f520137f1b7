//! The table from error kind to buttons, row by row.

use app_state::Action::{ChangeOrganisation, OpenGroup, Retry, SignIn, SignInHere, SignInWithCode};
use app_state::{Action, Recovery, RetryPace, recovery};
use error_codes::ErrorKind;

fn row(kind: ErrorKind, buttons: &'static [Action], retry: Option<RetryPace>) -> (ErrorKind, Recovery) {
    (kind, Recovery { buttons, retry })
}

#[test]
fn each_error_kind_has_its_buttons() {
    let table = [
        row(ErrorKind::TenantEmpty, &[ChangeOrganisation], None),
        row(ErrorKind::TenantInvalid, &[ChangeOrganisation], None),
        row(ErrorKind::TenantForeign, &[ChangeOrganisation], None),
        row(ErrorKind::TenantEmail, &[ChangeOrganisation], None),
        row(ErrorKind::LinkRefused, &[SignIn, ChangeOrganisation], None),
        row(ErrorKind::SettingsInvalid, &[Retry], Some(RetryPace::Tablet)),
        row(ErrorKind::EnvironmentEmpty, &[Retry, ChangeOrganisation], None),
        row(ErrorKind::SignInDenied, &[SignIn], None),
        row(ErrorKind::SignInExpired, &[SignIn], None),
        row(ErrorKind::SignInRejected, &[SignIn], None),
        row(ErrorKind::WrongOrganisation, &[SignIn, ChangeOrganisation], None),
        row(ErrorKind::NotAllowed, &[Retry, ChangeOrganisation], None),
        row(ErrorKind::NoBrowser, &[SignInHere, SignInWithCode], None),
        row(ErrorKind::CodeExpired, &[SignInWithCode, SignIn], None),
        row(ErrorKind::CodeUnavailable, &[SignIn, SignInHere], None),
        row(ErrorKind::NoNetwork, &[Retry], Some(RetryPace::Network)),
        row(ErrorKind::ServerDown, &[Retry], Some(RetryPace::Server)),
        row(ErrorKind::ServerBusy, &[Retry], Some(RetryPace::Server)),
        row(ErrorKind::CaptivePortal, &[Retry], Some(RetryPace::Network)),
        row(ErrorKind::InsecureConnection, &[Retry], Some(RetryPace::Server)),
        row(ErrorKind::SiteUnreachable, &[Retry], Some(RetryPace::Network)),
        row(ErrorKind::SiteCrashed, &[Retry], Some(RetryPace::Network)),
        row(ErrorKind::KeystoreAbsent, &[OpenGroup, SignIn], None),
        row(
            ErrorKind::KeystoreLocked,
            &[Retry, OpenGroup, SignIn],
            Some(RetryPace::Tablet),
        ),
        row(
            ErrorKind::KeystoreFailed,
            &[OpenGroup, Retry, SignIn],
            Some(RetryPace::Tablet),
        ),
        row(ErrorKind::SessionAtRisk, &[OpenGroup], None),
    ];
    for (kind, expected) in &table {
        assert_eq!(recovery(*kind), *expected, "{kind:?}");
    }
    let rows: Vec<ErrorKind> = table.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(rows, ErrorKind::ON_TABLET);
}

/// `ON_TABLET` is written by hand. The `match` in [`recovery`] does not compile without a new variant, and this count
/// fails until `ON_TABLET` has it, because `NotOnTablet` is the last variant.
#[test]
fn on_tablet_lists_every_kind_that_a_tablet_can_show() {
    let mut seen = ErrorKind::ON_TABLET.to_vec();
    seen.sort_by_key(|kind| *kind as usize);
    seen.dedup();
    assert_eq!(seen.len(), ErrorKind::SessionAtRisk as usize + 1);
    assert_eq!(seen.len(), ErrorKind::NotOnTablet as usize);
    assert!(!seen.contains(&ErrorKind::NotOnTablet));
}

#[test]
fn buttons_are_unique_and_automatic_retries_come_with_a_retry_button() {
    for &kind in ErrorKind::ON_TABLET {
        let Recovery { buttons, retry } = recovery(kind);
        assert!(
            !buttons.is_empty()
                && buttons
                    .iter()
                    .enumerate()
                    .all(|(at, button)| !buttons[..at].contains(button)),
            "{kind:?}"
        );
        assert!(retry.is_none() || buttons.contains(&Retry), "{kind:?}");
    }
}
