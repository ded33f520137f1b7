//! A small fixed part of what `cargo xtask crash` and `cargo xtask simulation` do at length.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::time::Duration;

use simulation::app_crash::matrix::{Case, Outcomes, kill_at_points, stories};
use simulation::app_crash::run::tell_with;
use simulation::app_crash::surroundings::{InjectedFault, Loss};
use simulation::crash::{Beside, Cell, CrashRunner, Saves, Step, matrix};
use simulation::tablet;

fn runner() -> CrashRunner {
    CrashRunner::new(PathBuf::from(env!("CARGO_BIN_EXE_konnect-victim")))
}

#[tokio::test]
async fn an_app_that_is_killed_is_signed_in_afterwards_wherever_the_protocol_allows() {
    let runner = runner();
    let small = matrix().into_iter().filter(|cell| {
        let plain = cell.callers == 1 && cell.saves == Saves::Well && cell.beside == Beside::Nobody;
        // Each store, who else there is and many callers once, where it matters most.
        let hard = cell.rotates && cell.leeway && cell.step == Step::Saved && cell.callers == 5;
        plain || hard
    });
    for cell in small {
        let ended = runner.run(cell).await;
        assert_eq!(ended.broken, None, "{cell}");
        assert_eq!(
            ended.signed_in,
            cell.lost_because().is_none(),
            "{cell}: {:?}",
            cell.lost_because()
        );
    }
}

#[tokio::test]
async fn an_app_that_is_killed_at_any_moment_leaves_the_old_or_the_new_token_whole() {
    for millis in [0, 5, 10, 15, 20, 30] {
        runner().at_any_moment(Duration::from_millis(millis)).await.unwrap();
    }
}

#[test]
fn the_table_says_where_the_protocol_leaves_nothing() {
    let lost = matrix().into_iter().filter(|cell| cell.lost_because().is_some());
    let all = |cell: &Cell| cell.rotates && !cell.leeway && cell.step >= Step::Answered;
    assert!(
        lost.clone().all(|cell| all(&cell)),
        "only where the server rotates without leeway"
    );
    assert!(
        lost.clone()
            .all(|cell| cell.step < Step::Saved || matches!(cell.saves, Saves::FailsAlways | Saves::Locked))
    );
    assert_eq!((matrix().len(), lost.count()), (720, 84));
}

#[test]
fn a_tablet_goes_through_400_days_and_no_promise_is_broken() {
    let mut idle = 0;
    for seed in 0..8 {
        let summary = tablet::run(seed).unwrap_or_else(|broken| panic!("seed {seed}: {}", broken.0));
        assert!(
            summary.days_used > 180 && summary.exchanges > 180,
            "seed {seed}: {summary:?}"
        );
        // Not every seed has a group account, signed in, at the beginning of the summer of 61 days.
        idle += summary.ended.get("after 60 days idle").copied().unwrap_or(0);
    }
    assert!(idle >= 1, "the summer of 61 days is longer than a session lives");
}

#[test]
fn a_seed_replays_exactly() {
    assert_eq!(tablet::run(7), tablet::run(7));
    assert_ne!(tablet::run(7).unwrap().fingerprint, tablet::run(8).unwrap().fingerprint);
}

#[test]
fn an_app_that_is_killed_at_any_of_its_effects_leads_on_and_leaves_nothing_of_another_person() {
    let mut total = Outcomes::default();
    for case in stories().into_iter().filter(|case| case.rotation.name == "leeway") {
        // Each story passes its points in another order, so that each kind of point comes in one or another.
        total.add(kill_at_points(&case, 9, 0));
    }
    assert_eq!(total.broken, [""; 0]);
    assert!(
        total.kills > 150 && total.points > 1_000,
        "{} of {}",
        total.kills,
        total.points
    );
}

#[test]
fn a_sign_out_that_is_killed_at_any_point_shows_nothing_of_the_person_again() {
    for story in ["sign-out", "sign-out-of-a-personal-account"] {
        let case = Case::named(story, "leeway", vec![]).unwrap();
        let outcomes = kill_at_points(&case, 1, 0);
        assert_eq!(outcomes.broken, [""; 0]);
        assert_eq!(outcomes.kills, outcomes.points);
    }
}

#[test]
fn a_tablet_that_is_killed_twice_leads_on_as_well() {
    let case = Case::named("account-type", "leeway", vec![]).unwrap();
    let outcomes = kill_at_points(&case, 1_000, 40);
    assert_eq!(outcomes.broken, [""; 0]);
    assert!(outcomes.kills > 60, "{}", outcomes.kills);
}

#[test]
fn a_kill_between_rotation_and_save_costs_a_sign_in_only_without_a_leeway() {
    let lost = |rotation: &str| {
        let case = Case::named("end-of-the-web-session", rotation, vec![]).unwrap();
        kill_at_points(&case, 1, 0)
    };
    let (with, without) = (lost("leeway"), lost("no-leeway"));
    assert_eq!((with.extra_sign_ins, with.broken), (0, vec![]));
    assert!(without.extra_sign_ins > 0 && without.broken.is_empty(), "{without:?}");
    assert!(without.losses.keys().all(|loss| *loss == Loss::Rotated), "{without:?}");
}

#[test]
fn a_story_with_its_kills_replays_exactly() {
    let case = |kills: &[usize]| Case::named("organisation-by-card", "no-leeway", kills.to_vec()).unwrap();
    assert_eq!(case(&[40, 12]).tell(), case(&[40, 12]).tell());
    assert_ne!(case(&[40]).tell().fingerprint, case(&[41]).tell().fingerprint);
}

#[test]
fn a_keystore_a_site_or_a_disk_that_does_not_do_what_it_says_breaks_a_promise() {
    for (injected, story, is_killed, expected) in [
        (
            InjectedFault::KeystoreSavesNothing,
            "set-up-by-mdm",
            false,
            "nothing that is pressed leads on",
        ),
        (InjectedFault::SiteKeepsItsData, "sign-out", false, "a page of owner 0"),
        (
            InjectedFault::DiskTakesNothing,
            "set-up-by-card",
            true,
            "was accepted and written down",
        ),
    ] {
        let case = Case::named(story, "leeway", vec![]).unwrap();
        let kills = |injected: Option<InjectedFault>| {
            let points = tell_with(case.story, case.rotation, &[], injected).points.len();
            if is_killed { vec![points - 1] } else { vec![] }
        };
        let well = tell_with(case.story, case.rotation, &kills(None), None);
        assert_eq!(well.broken, None, "{story}");
        let injected = Some(injected);
        let broken = tell_with(case.story, case.rotation, &kills(injected), injected).broken;
        let broken = broken.unwrap_or_else(|| panic!("{injected:?} breaks nothing"));
        assert!(broken.contains(expected), "{injected:?}: {broken}");
    }
}
