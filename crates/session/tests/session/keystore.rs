//! The keystore: a value that is lost, locked, corrupted or half written never signs a device out by itself.

use session::store::Slot;
use session::{Error, HttpError, RefreshOutcome, StoreError, TransferOutcome};

use crate::common::{Fixture, is_refreshed};

const LOCKED: Error = Error::Store(StoreError::Locked);

#[tokio::test]
async fn a_save_that_fails_once_is_retried_at_once() {
    let fixture = Fixture::signed_in().await;
    fixture.store.fail_saves(1);
    assert!(is_refreshed(&fixture.session.refresh().await));
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
}

#[tokio::test]
async fn a_save_that_fails_leaves_the_session_in_memory_and_the_old_record_in_the_keystore() {
    let fixture = Fixture::signed_in().await;
    let before = fixture.stored();
    fixture.store.fail_saves(usize::MAX);
    for _ in 0..3 {
        assert_eq!(
            fixture.session.refresh().await,
            RefreshOutcome::Refreshed {
                rotated: true,
                saved: Err(StoreError::Failed)
            }
        );
        assert_eq!(fixture.stored(), before, "the old copy is not dropped first");
    }
    assert_eq!(fixture.session.save().await, Err(StoreError::Failed));
    fixture.store.fail_saves(0);
    assert_eq!(fixture.session.save().await, Ok(()));
    assert!(fixture.stored().unwrap().contains(&fixture.provider.newest().unwrap()));
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
    assert!(
        is_refreshed(&fixture.session.refresh().await),
        "memory does not hide what is stored"
    );
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_saved_reports_it_and_works() {
    let fixture = Fixture::new().await;
    let callback = fixture.callback().await;
    fixture.store.fail_saves(2);
    assert_eq!(
        fixture.session.complete_sign_in(&callback).await.unwrap().saved,
        Err(StoreError::Failed)
    );
    assert!(
        is_refreshed(&fixture.session.refresh().await),
        "and the refresh saves it"
    );
}

#[tokio::test]
async fn a_locked_or_absent_keystore_loses_nothing() {
    for fault in [StoreError::Locked, StoreError::Absent, StoreError::Failed] {
        let fixture = Fixture::signed_in().await;
        let right = fixture.callback().await;
        fixture.provider.clear_log();
        fixture.store.set_error(Some(fault));
        assert_eq!(fixture.session.stored().await, Err(fault));
        assert_eq!(fixture.session.refresh().await, RefreshOutcome::Kept(fault.into()));
        let refused = fixture.session.complete_sign_in(&right).await.unwrap_err();
        assert_eq!((refused.error, refused.consumed), (fault.into(), false));
        assert_eq!(
            fixture.provider.hits("/token"),
            0,
            "nothing is used up that could not be kept"
        );
        fixture.store.set_error(None);
        assert!(is_refreshed(&fixture.session.refresh().await));
        fixture.session.complete_sign_in(&right).await.unwrap();
    }
}

#[tokio::test]
async fn a_device_without_a_keystore_signs_in_for_as_long_as_the_process_lives() {
    for fault in [StoreError::Locked, StoreError::Absent, StoreError::Failed] {
        let fixture = Fixture::new().await;
        fixture.store.set_error(Some(fault));
        let begun = fixture.session.begin_sign_in().await.unwrap();
        assert_eq!(begun.saved, Err(fault));
        let callback = fixture.provider.authorize(begun.url.as_str()).await;
        assert_eq!(
            fixture.restarted().complete_sign_in(&callback).await.unwrap_err().error,
            fault.into(),
            "another process does not know it"
        );
        assert_eq!(
            fixture.session.complete_sign_in(&callback).await.unwrap().saved,
            Err(fault)
        );
        assert_eq!(
            fixture.session.complete_sign_in(&callback).await.unwrap_err().error,
            fault.into(),
            "it is used once"
        );
        fixture.session.begin_sign_in().await.unwrap();
        fixture.session.cancel_sign_in().await.unwrap();
        fixture.store.set_error(None);
        assert!(
            is_refreshed(&fixture.session.refresh().await),
            "and the next refresh saves it"
        );
    }
}

#[tokio::test]
async fn a_keystore_that_locks_after_the_response_leaves_the_rotated_token_in_memory() {
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| behaviour.latency = std::time::Duration::from_millis(500));
    fixture.provider.clear_log();
    let (outcome, ()) = tokio::join!(fixture.session.refresh(), async {
        fixture.provider.wait_for("/token").await;
        fixture.store.set_error(Some(StoreError::Locked));
    });
    assert_eq!(
        outcome,
        RefreshOutcome::Refreshed {
            rotated: true,
            saved: Err(StoreError::Locked)
        }
    );
    fixture.store.set_error(None);
    assert!(is_refreshed(&fixture.session.refresh().await));
}

#[tokio::test]
async fn the_end_of_a_session_is_reported_once_the_keystore_can_remove_it() {
    let fixture = Fixture::signed_in().await;
    fixture.provider.revoke_all();
    fixture.behave(|behaviour| behaviour.latency = std::time::Duration::from_millis(500));
    fixture.provider.clear_log();
    let (outcome, ()) = tokio::join!(fixture.session.refresh(), async {
        fixture.provider.wait_for("/token").await;
        fixture.store.set_error(Some(StoreError::Locked));
    });
    assert_eq!(outcome, RefreshOutcome::Kept(LOCKED));
    fixture.store.set_error(None);
    assert_eq!(
        fixture.session.refresh().await,
        RefreshOutcome::SignedOut(Error::SessionEnded)
    );
}

/// Texts in the session's slot that this version cannot read.
const UNREADABLE: [&str; 7] = [
    "",
    "{",
    "null",
    "[]",
    r#"{"v":1}"#,
    r#"{"v":2,"refresh_token":"x"}"#,
    "\u{fffd}\u{0}",
];

#[tokio::test]
async fn a_record_that_cannot_be_read_is_kept_until_a_person_signs_in_or_out() {
    const UNREADABLE_ERROR: Error = Error::Store(StoreError::Unreadable);
    for text in UNREADABLE {
        let fixture = Fixture::signed_in().await;
        let good = fixture.stored().unwrap();
        fixture.store.put(Slot::Session, text);
        fixture.provider.clear_log();
        for _ in 0..2 {
            assert_eq!(fixture.session.stored().await, Err(StoreError::Unreadable), "{text}");
            assert_eq!(
                fixture.session.refresh().await,
                RefreshOutcome::Kept(UNREADABLE_ERROR),
                "{text}"
            );
            assert_eq!(
                fixture.session.transfer().await,
                TransferOutcome::Kept(UNREADABLE_ERROR),
                "{text}"
            );
        }
        assert_eq!(
            (fixture.stored().as_deref(), fixture.provider.hits("/token")),
            (Some(text), 0),
            "{text}"
        );
        // The fault passes, as after the newer app was installed again.
        fixture.store.put(Slot::Session, &good);
        assert!(is_refreshed(&fixture.session.refresh().await), "{text}");
        // A person signs in over it.
        fixture.store.put(Slot::Session, text);
        assert!(fixture.sign_in().await.unwrap().saved.is_ok(), "{text}");
        assert!(is_refreshed(&fixture.refresh_after_restart().await), "{text}");
        // A person signs out over it.
        fixture.store.put(Slot::Session, text);
        let signed_out = fixture.session.sign_out().await;
        assert_eq!(
            (signed_out.forgotten, signed_out.revoked),
            (Ok(()), Err(UNREADABLE_ERROR)),
            "{text}"
        );
        assert_eq!(fixture.stored(), None, "{text}");
    }
}

#[tokio::test]
async fn members_that_a_newer_version_wrote_survive_a_refresh() {
    let fixture = Fixture::signed_in().await;
    let newer = fixture.stored().unwrap().replacen('{', r#"{"newer":{"a":[1]},"#, 1);
    fixture.store.put(Slot::Session, &newer);
    assert!(is_refreshed(&fixture.session.refresh().await));
    let stored = fixture.stored().unwrap();
    assert!(
        stored.contains(r#""newer":{"a":[1]}"#) && stored.contains(&fixture.provider.newest().unwrap()),
        "{stored}"
    );
}

#[tokio::test]
async fn what_waits_to_be_saved_is_reported_until_it_is_saved() {
    let fixture = Fixture::signed_in().await;
    assert!(!fixture.session.unsaved());
    fixture.store.fail_saves(4);
    assert!(matches!(
        fixture.session.refresh().await,
        RefreshOutcome::Refreshed { saved: Err(_), .. }
    ));
    assert!(fixture.session.unsaved());
    let TransferOutcome::Token(token) = fixture.session.transfer().await else {
        panic!("the exchange goes on from memory")
    };
    assert_eq!(token.saved, Err(StoreError::Failed));
    assert!(fixture.session.unsaved());
    assert_eq!(fixture.session.save().await, Ok(()));
    assert!(!fixture.session.unsaved());
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
    // A session that is not to be kept waits for nothing.
    let fixture = Fixture::with(|config| config.persistence = session::Persistence::MemoryOnly).await;
    fixture.sign_in().await.unwrap();
    assert!(!fixture.session.unsaved());
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_saved_leaves_no_session_of_the_previous_user_behind() {
    for (sub, unreadable) in [("another", false), ("person", false), ("another", true)] {
        let fixture = Fixture::signed_in().await;
        let callback = fixture.callback().await;
        if unreadable {
            fixture.store.put(Slot::Session, "{");
        }
        fixture.behave(|behaviour| behaviour.claimed = vec![("sub", sub.into())]);
        fixture.store.fail_saves(2);
        let signed_in = fixture.session.complete_sign_in(&callback).await.unwrap();
        assert_eq!(
            (signed_in.sub.as_str(), signed_in.saved),
            (sub, Err(StoreError::Failed))
        );
        assert_eq!(
            fixture.restarted().stored().await.unwrap().map(|stored| stored.sub),
            (sub == "person").then(|| "person".to_owned()),
            "the user's own earlier session may come back"
        );
        assert_eq!(fixture.session.save().await, Ok(()));
        assert!(is_refreshed(&fixture.refresh_after_restart().await), "{sub}");
    }
}

#[tokio::test]
async fn a_killed_process_loses_no_session_within_the_leeway() {
    // Killed before the request: nothing has happened.
    let fixture = Fixture::signed_in().await;
    let before = fixture.stored().unwrap();
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
    // Killed after the response or during the save: the keystore holds the old token, and the provider has rotated it.
    fixture.store.put(Slot::Session, &before);
    fixture.behave(|behaviour| behaviour.leeway = true);
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
    // Killed after the save.
    fixture.behave(|behaviour| behaviour.leeway = false);
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
    // A caller that drops the future while the request runs: request and save are detached.
    fixture.behave(|behaviour| behaviour.latency = std::time::Duration::from_millis(200));
    let session = fixture.restarted();
    fixture.provider.clear_log();
    tokio::select! {
        _ = session.refresh() => panic!("answered before the server did"),
        () = fixture.provider.wait_for("/token") => {}
    }
    let before = fixture.stored();
    while fixture.stored() == before {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(fixture.stored().unwrap().contains(&fixture.provider.newest().unwrap()));
    // Once the refresh without callers has ended, the next caller sends a new request.
    assert!(is_refreshed(&session.refresh().await));
    fixture.provider.clear_log();
    assert!(is_refreshed(&session.refresh().await));
    assert_eq!(fixture.provider.hits("/token"), 1);
}

#[tokio::test]
async fn the_store_holds_no_secret_but_the_refresh_token() {
    let fixture = Fixture::signed_in().await;
    let stored = fixture.stored().unwrap();
    for secret in fixture.provider.secrets() {
        assert_eq!(
            stored.contains(&secret),
            secret.starts_with("refresh-"),
            "neither code, verifier, access nor ID token"
        );
    }
    fixture.lose(&[HttpError::Tls]);
    fixture.session.refresh().await;
    assert_eq!(fixture.stored().unwrap(), stored);
}

#[tokio::test]
async fn a_session_that_ended_goes_and_one_that_began_since_stays() {
    let fixture = Fixture::signed_in().await;
    let now = session::Clock::now(&*fixture.clock);
    fixture.clock.advance(10);
    fixture.session.forget_ended(now - 1).await.unwrap();
    assert!(fixture.stored().is_some(), "it began since");
    fixture.session.forget_ended(now).await.unwrap();
    assert_eq!(fixture.stored(), None);
    assert_eq!(fixture.session.revoke_pending().await, Ok(0));
    assert_eq!(fixture.provider.hits("/revoke"), 1);
}

#[tokio::test]
async fn a_success_that_lies_in_the_future_does_not_make_a_session_newer_than_its_end() {
    let fixture = Fixture::signed_in().await;
    fixture.clock.advance(-365 * 86_400);
    let now = session::Clock::now(&*fixture.clock);
    fixture.session.forget_ended(now).await.unwrap();
    assert_eq!(fixture.stored(), None);
}

#[tokio::test]
async fn a_session_tells_whose_it_is_also_after_a_refresh() {
    let fixture = Fixture::signed_in().await;
    assert_eq!(fixture.session.stored().await.unwrap().unwrap().owner, None);
    let mut config = fixture.config.clone();
    config.owner = Some("the blue group".to_owned());
    assert!(fixture.session.update_request_params(&config));
    fixture.sign_in().await.unwrap();
    let owner = |session: session::Session| async move { session.stored().await.unwrap().unwrap().owner };
    assert_eq!(owner(fixture.restarted()).await.as_deref(), Some("the blue group"));
    fixture.session.refresh().await;
    assert_eq!(owner(fixture.restarted()).await.as_deref(), Some("the blue group"));
}
