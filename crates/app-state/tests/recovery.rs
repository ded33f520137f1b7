//! The table from trouble to buttons, row by row.

use app_state::Action::{ChangeOrganisation, OpenGroup, Retry, SignIn, SignInHere, SignInWithCode};
use app_state::{Action, ErrorKind, Recovery};

fn row(kind: ErrorKind, buttons: &'static [Action], retries: bool) -> (ErrorKind, Recovery) {
    (problem, Recovery { buttons, retries })
}

#[test]
fn each_trouble_has_its_buttons() {
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
    for (problem, remedy) in &table {
        assert_eq!(recovery(*kind), *recovery_expected, "{kind:?}");
    }
    let rows: Vec<ErrorKind> = table.iter().map(|(problem, _)| *problem).collect();
    assert_eq!(rows, ErrorKind::ALL);
}

/// `ALL` is written by hand; the match fails to compile for a new variant, and the count fails until it is in `ALL`.
#[test]
fn all_is_all() {
    let mut seen = ErrorKind::ALL.to_vec();
    seen.sort_by_key(|problem| *problem as usize);
    seen.dedup();
    assert_eq!(seen.len(), ErrorKind::KeystoreFailed as usize + 1);
}

#[test]
fn a_button_is_there_once_and_what_retries_by_itself_can_be_retried_by_hand() {
    for problem in ErrorKind::ALL {
        let Recovery { buttons, retries } = recovery(problem);
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
