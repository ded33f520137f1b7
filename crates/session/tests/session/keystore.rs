//! The keystore: what is lost, locked, damaged or half done never signs a tablet out.

use session::store::Slot;
use session::{Error, HttpFault, RefreshOutcome, StoreFault};

use crate::common::{Bench, is_refreshed};

const LOCKED: Error = Error::Store(StoreFault::Locked);

#[tokio::test]
async fn a_save_that_fails_once_is_tried_again_at_once() {
    let bench = Bench::signed_in().await;
    bench.store.fail_saves(1);
    assert!(is_refreshed(&bench.session.refresh().await));
    assert!(is_refreshed(&bench.refresh_after_restart().await));
}

#[tokio::test]
async fn a_save_that_fails_leaves_the_session_in_memory_and_the_old_copy_in_place() {
    let bench = Bench::signed_in().await;
    let before = bench.stored();
    bench.store.fail_saves(usize::MAX);
    for _ in 0..3 {
        assert_eq!(
            bench.session.refresh().await,
            RefreshOutcome::Refreshed {
                rotated: true,
                saved: Err(StoreFault::Failed)
            }
        );
        assert_eq!(bench.stored(), before, "the old copy is not dropped first");
    }
    assert_eq!(bench.session.save().await, Err(StoreFault::Failed));
    bench.store.fail_saves(0);
    assert_eq!(bench.session.save().await, Ok(()));
    assert!(bench.stored().unwrap().contains(&bench.provider.newest().unwrap()));
    assert!(is_refreshed(&bench.refresh_after_restart().await));
    assert!(
        is_refreshed(&bench.session.refresh().await),
        "memory does not hide what is stored"
    );
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_saved_says_so_and_works() {
    let bench = Bench::new().await;
    let callback = bench.callback().await;
    bench.store.fail_saves(2);
    assert_eq!(
        bench.session.complete_sign_in(&callback).await.unwrap().saved,
        Err(StoreFault::Failed)
    );
    assert!(is_refreshed(&bench.session.refresh().await), "and the refresh saves it");
}

#[tokio::test]
async fn a_keystore_that_is_locked_or_absent_keeps_everything() {
    for fault in [StoreFault::Locked, StoreFault::Absent, StoreFault::Failed] {
        let bench = Bench::signed_in().await;
        let right = bench.callback().await;
        bench.provider.unsee();
        bench.store.set_fault(Some(fault));
        assert_eq!(bench.session.stored().await, Err(fault));
        assert_eq!(bench.session.refresh().await, RefreshOutcome::Kept(fault.into()));
        let refused = bench.session.complete_sign_in(&right).await.unwrap_err();
        assert_eq!((refused.error, refused.consumed), (fault.into(), false));
        assert_eq!(
            bench.provider.hits("/token"),
            0,
            "nothing is used up that could not be kept"
        );
        bench.store.set_fault(None);
        assert!(is_refreshed(&bench.session.refresh().await));
        bench.session.complete_sign_in(&right).await.unwrap();
    }
}

#[tokio::test]
async fn without_a_keystore_a_sign_in_works_as_long_as_the_app_lives() {
    for fault in [StoreFault::Locked, StoreFault::Absent, StoreFault::Failed] {
        let bench = Bench::new().await;
        bench.store.set_fault(Some(fault));
        let begun = bench.session.begin_sign_in().await.unwrap();
        assert_eq!(begun.saved, Err(fault));
        let callback = bench.provider.authorize(begun.url.as_str()).await;
        assert_eq!(
            bench.restarted().complete_sign_in(&callback).await.unwrap_err().error,
            fault.into(),
            "another process does not know it"
        );
        assert_eq!(
            bench.session.complete_sign_in(&callback).await.unwrap().saved,
            Err(fault)
        );
        assert_eq!(
            bench.session.complete_sign_in(&callback).await.unwrap_err().error,
            fault.into(),
            "it is used once"
        );
        bench.session.begin_sign_in().await.unwrap();
        bench.session.cancel_sign_in().await.unwrap();
        bench.store.set_fault(None);
        assert!(
            is_refreshed(&bench.session.refresh().await),
            "and the next refresh saves it"
        );
    }
}

#[tokio::test]
async fn a_keystore_that_locks_after_the_answer_keeps_the_rotated_token_in_memory() {
    let bench = Bench::signed_in().await;
    bench.plan(|plan| plan.latency = std::time::Duration::from_millis(500));
    bench.provider.unsee();
    let (outcome, ()) = tokio::join!(bench.session.refresh(), async {
        bench.provider.reached("/token").await;
        bench.store.set_fault(Some(StoreFault::Locked));
    });
    assert_eq!(
        outcome,
        RefreshOutcome::Refreshed {
            rotated: true,
            saved: Err(StoreFault::Locked)
        }
    );
    bench.store.set_fault(None);
    assert!(is_refreshed(&bench.session.refresh().await));
}

#[tokio::test]
async fn a_session_that_ended_while_the_keystore_is_locked_is_told_when_it_can_be_forgotten() {
    let bench = Bench::signed_in().await;
    bench.provider.revoke_all();
    bench.plan(|plan| plan.latency = std::time::Duration::from_millis(500));
    bench.provider.unsee();
    let (outcome, ()) = tokio::join!(bench.session.refresh(), async {
        bench.provider.reached("/token").await;
        bench.store.set_fault(Some(StoreFault::Locked));
    });
    assert_eq!(outcome, RefreshOutcome::Kept(LOCKED));
    bench.store.set_fault(None);
    assert_eq!(
        bench.session.refresh().await,
        RefreshOutcome::SignedOut(Error::SessionEnded)
    );
}

#[tokio::test]
async fn a_damaged_record_is_removed_and_asks_for_a_sign_in() {
    for text in [
        "",
        "{",
        "null",
        "[]",
        r#"{"v":1}"#,
        r#"{"v":2,"refresh_token":"x"}"#,
        "\u{fffd}\u{0}",
    ] {
        let bench = Bench::signed_in().await;
        bench.store.put(Slot::Session, text);
        assert_eq!(
            bench.session.refresh().await,
            RefreshOutcome::SignedOut(Error::NoSession),
            "{text}"
        );
        assert_eq!(bench.stored(), None, "{text}");
        assert!(bench.sign_in().await.unwrap().saved.is_ok(), "{text}");
    }
}

#[tokio::test]
async fn a_process_that_is_killed_loses_nothing_that_the_leeway_does_not_mend() {
    // Before the request: nothing has happened.
    let bench = Bench::signed_in().await;
    let before = bench.stored().unwrap();
    assert!(is_refreshed(&bench.refresh_after_restart().await));
    // After the answer, and during the save: the old copy is there, the server has rotated.
    bench.store.put(Slot::Session, &before);
    bench.plan(|plan| plan.leeway = true);
    assert!(is_refreshed(&bench.refresh_after_restart().await));
    // After the save.
    bench.plan(|plan| plan.leeway = false);
    assert!(is_refreshed(&bench.refresh_after_restart().await));
    // A caller that goes away while the answer is under way: request and save run by themselves.
    bench.plan(|plan| plan.latency = std::time::Duration::from_millis(200));
    let session = bench.restarted();
    bench.provider.unsee();
    tokio::select! {
        _ = session.refresh() => panic!("answered before the server did"),
        () = bench.provider.reached("/token") => {}
    }
    let before = bench.stored();
    while bench.stored() == before {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(bench.stored().unwrap().contains(&bench.provider.newest().unwrap()));
    // Whoever comes next asks anew, once the one that nobody waits for has ended.
    assert!(is_refreshed(&session.refresh().await));
    bench.provider.unsee();
    assert!(is_refreshed(&session.refresh().await));
    assert_eq!(bench.provider.hits("/token"), 1);
}

#[tokio::test]
async fn the_store_holds_no_more_than_it_must() {
    let bench = Bench::signed_in().await;
    let stored = bench.stored().unwrap();
    for secret in bench.provider.secrets() {
        assert_eq!(
            stored.contains(&secret),
            secret.starts_with("refresh-"),
            "neither code, verifier, access nor ID token"
        );
    }
    bench.lose(&[HttpFault::Tls]);
    bench.session.refresh().await;
    assert_eq!(bench.stored().unwrap(), stored);
}
