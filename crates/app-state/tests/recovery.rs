//! The table from error kind to buttons, row by row.

use app_state::Action::{ChangeOrganisation, OpenGroup, Retry, SignIn, SignInHere, SignInWithCode};
use app_state::{Action, Recovery, recovery};
use error_codes::ErrorKind;

fn row(kind: ErrorKind, buttons: &'static [Action], retries: bool) -> (ErrorKind, Recovery) {
    (kind, Recovery { buttons, retries })
}

#[test]
fn each_error_kind_has_its_buttons() {
    let table = [
        row(ErrorKind::TenantEmpty, &[ChangeOrganisation], false),
        row(ErrorKind::TenantInvalid, &[ChangeOrganisation], false),
        row(ErrorKind::TenantForeign, &[ChangeOrganisation], false),
        row(ErrorKind::TenantEmail, &[ChangeOrganisation], false),
        row(ErrorKind::LinkRefused, &[SignIn, ChangeOrganisation], false),
        row(ErrorKind::SettingsInvalid, &[Retry], true),
        row(ErrorKind::EnvironmentEmpty, &[Retry, ChangeOrganisation], false),
        row(ErrorKind::SignInDenied, &[SignIn], false),
        row(ErrorKind::SignInExpired, &[SignIn], false),
        row(ErrorKind::SignInRejected, &[SignIn], false),
        row(ErrorKind::WrongOrganisation, &[SignIn, ChangeOrganisation], false),
        row(ErrorKind::NotAllowed, &[Retry, ChangeOrganisation], false),
        row(ErrorKind::NoBrowser, &[SignInHere, SignInWithCode], false),
        row(ErrorKind::CodeExpired, &[SignInWithCode, SignIn], false),
        row(ErrorKind::CodeUnavailable, &[SignIn, SignInHere], false),
        row(ErrorKind::NoNetwork, &[Retry], true),
        row(ErrorKind::ServerDown, &[Retry], true),
        row(ErrorKind::ServerBusy, &[Retry], true),
        row(ErrorKind::CaptivePortal, &[Retry], true),
        row(ErrorKind::InsecureConnection, &[Retry], true),
        row(ErrorKind::SiteUnreachable, &[Retry], true),
        row(ErrorKind::SiteCrashed, &[Retry], true),
        row(ErrorKind::KeystoreAbsent, &[OpenGroup, SignIn], false),
        row(ErrorKind::KeystoreLocked, &[Retry, OpenGroup, SignIn], true),
        row(ErrorKind::KeystoreFailed, &[OpenGroup, Retry, SignIn], true),
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
    assert_eq!(seen.len(), ErrorKind::KeystoreFailed as usize + 1);
    assert_eq!(seen.len(), ErrorKind::NotOnTablet as usize);
    assert!(!seen.contains(&ErrorKind::NotOnTablet));
}

#[test]
fn buttons_are_unique_and_automatic_retries_come_with_a_retry_button() {
    for &kind in ErrorKind::ON_TABLET {
        let Recovery { buttons, retries } = recovery(kind);
        assert!(
            !buttons.is_empty()
                && buttons
                    .iter()
                    .enumerate()
                    .all(|(at, button)| !buttons[..at].contains(button)),
            "{kind:?}"
        );
        assert!(!retries || buttons.contains(&Retry), "{kind:?}");
    }
}
