//! A small fixed part of what `cargo xtask crash` and `cargo xtask simulation` do at length.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::time::Duration;

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
