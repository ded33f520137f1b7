//! The table from trouble to buttons, row by row.

use app_state::Action::{ChangeOrganisation, OpenGroup, Retry, SignIn, SignInHere, SignInWithCode};
use app_state::{Action, Problem, Remedy};

fn row(problem: Problem, buttons: &'static [Action], retries: bool) -> (Problem, Remedy) {
    (problem, Remedy { buttons, retries })
}

#[test]
fn each_trouble_has_its_buttons() {
    let table = [
        row(Problem::TenantEmpty, &[ChangeOrganisation], false),
        row(Problem::TenantInvalid, &[ChangeOrganisation], false),
        row(Problem::TenantForeign, &[ChangeOrganisation], false),
        row(Problem::TenantEmail, &[ChangeOrganisation], false),
        row(Problem::LinkRefused, &[SignIn, ChangeOrganisation], false),
        row(Problem::SettingsInvalid, &[Retry], true),
        row(Problem::EnvironmentEmpty, &[Retry, ChangeOrganisation], false),
        row(Problem::SignInDenied, &[SignIn], false),
        row(Problem::SignInExpired, &[SignIn], false),
        row(Problem::SignInRejected, &[SignIn], false),
        row(Problem::WrongOrganisation, &[SignIn, ChangeOrganisation], false),
        row(Problem::NotAllowed, &[Retry, ChangeOrganisation], false),
        row(Problem::NoBrowser, &[SignInHere, SignInWithCode], false),
        row(Problem::CodeExpired, &[SignInWithCode, SignIn], false),
        row(Problem::CodeUnavailable, &[SignIn, SignInHere], false),
        row(Problem::NoNetwork, &[Retry], true),
        row(Problem::ServerDown, &[Retry], true),
        row(Problem::ServerBusy, &[Retry], true),
        row(Problem::CaptivePortal, &[Retry], true),
        row(Problem::InsecureConnection, &[Retry], true),
        row(Problem::SiteUnreachable, &[Retry], true),
        row(Problem::SiteCrashed, &[Retry], true),
        row(Problem::KeystoreAbsent, &[OpenGroup, SignIn], false),
        row(Problem::KeystoreLocked, &[Retry, OpenGroup, SignIn], true),
        row(Problem::KeystoreFailed, &[OpenGroup, Retry, SignIn], true),
    ];
    for (problem, remedy) in &table {
        assert_eq!(problem.remedy(), *remedy, "{problem:?}");
    }
    let rows: Vec<Problem> = table.iter().map(|(problem, _)| *problem).collect();
    assert_eq!(rows, Problem::ALL);
}

/// `ALL` is written by hand; the match fails to compile for a new variant, and the count fails until it is in `ALL`.
#[test]
fn all_is_all() {
    let mut seen = Problem::ALL.to_vec();
    seen.sort_by_key(|problem| *problem as usize);
    seen.dedup();
    assert_eq!(seen.len(), Problem::KeystoreFailed as usize + 1);
}

#[test]
fn a_button_is_there_once_and_what_retries_by_itself_can_be_retried_by_hand() {
    for problem in Problem::ALL {
        let Remedy { buttons, retries } = problem.remedy();
        assert!(
            !buttons.is_empty()
                && buttons
                    .iter()
                    .enumerate()
                    .all(|(at, button)| !buttons[..at].contains(button)),
            "{problem:?}"
        );
        assert!(!retries || buttons.contains(&Retry), "{problem:?}");
    }
}
