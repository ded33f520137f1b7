//! A request whose response is lost: the provider may have rotated the refresh token, and accepts the old one only within
//! its leeway (RFC 9700 §4.14.2).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use session::store::memory::MemoryStore;
use session::store::{Slot, Store};
use session::{Error, HttpError, RefreshOutcome, Secret, Session, StoreError, TransferOutcome};

use crate::common::provider::Canned;
use crate::common::{Fixture, is_refreshed};

const LEEWAY: Duration = Duration::from_mins(3);

/// Makes the next exchange fail with a gateway's error, and all its retries too.
fn gateway_fault(fixture: &Fixture) {
    fixture.behave(|behaviour| behaviour.canned = (0..3).map(|_| ("/token", Canned::Text(502, ""))).collect());
}

async fn due(session: &Session) -> u64 {
    session.due_in().await.expect("a retry is planned").as_secs()
}

fn sent_at(fixture: &Fixture) -> Option<i64> {
    let record: Value = serde_json::from_str(&fixture.stored()?).unwrap();
    record["sent_at"].as_i64()
}

#[tokio::test]
async fn a_lost_response_is_due_again_every_few_seconds_and_once_more_shortly_before_the_leeway_ends() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    let start = session::Clock::now(&*fixture.clock);
    let mut tries = vec![];
    loop {
        gateway_fault(&fixture);
        tries.push(session::Clock::now(&*fixture.clock) - start);
        assert_eq!(
            fixture.session.refresh().await,
            RefreshOutcome::Kept(Error::ServerFault)
        );
        let pause = due(&fixture.session).await;
        if pause > 20 {
            assert!(
                (100..=170).contains(&pause),
                "within the leeway of the last one: {pause} s"
            );
            break;
        }
        assert_eq!(due(&fixture.session).await, pause, "asking again changes nothing");
        fixture.clock.advance(i64::try_from(pause).unwrap());
    }
    let last = *tries.last().unwrap();
    assert!(tries.len() >= 8, "{tries:?}");
    assert!(
        (165..=170).contains(&last),
        "the last try comes shortly before the end: {tries:?}"
    );
    fixture.clock.advance(300);
    assert!((0..=150).contains(&due(&fixture.session).await));
}

#[tokio::test]
async fn a_response_that_is_lost_after_the_leeway_of_an_older_request_has_a_leeway_of_its_own() {
    for is_restarted in [false, true] {
        let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
        gateway_fault(&fixture);
        fixture.session.refresh().await;
        let later = if is_restarted {
            fixture.restarted()
        } else {
            fixture.session.clone()
        };
        // The provider never acted on that one, or the session would be over.
        fixture.clock.advance(181);
        fixture.behave(|behaviour| {
            behaviour.canned = vec![("/token", Canned::Json(403, json!({"error": "mfa_required"})))];
        });
        later.refresh().await;
        assert!(due(&later).await > 20, "answered, so there is no hurry");
        fixture.clock.advance(600);
        let now = session::Clock::now(&*fixture.clock);
        gateway_fault(&fixture);
        later.refresh().await;
        assert!(due(&later).await <= 20);
        assert_eq!(sent_at(&fixture), Some(now));
    }
}

#[tokio::test]
async fn the_last_of_many_lost_responses_is_asked_for_again_within_its_own_leeway() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    // An hour in which every response is lost: the provider may have acted on any of the requests first.
    for _ in 0..30 {
        gateway_fault(&fixture);
        fixture.session.refresh().await;
        let pause = due(&fixture.session).await;
        assert!(pause <= 170, "{pause}");
        fixture.clock.advance(i64::try_from(pause).unwrap());
    }
}

#[tokio::test]
async fn a_restarted_app_tries_again_at_once_within_the_leeway() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    gateway_fault(&fixture);
    fixture.session.refresh().await;
    fixture.clock.advance(170);
    assert_eq!(fixture.restarted().due_in().await, Some(Duration::ZERO));
    fixture.clock.advance(10);
    let later = fixture.restarted().due_in().await;
    assert!(
        later.is_some_and(|later| later <= Duration::from_mins(5)),
        "after the leeway there is no hurry: {later:?}"
    );
}

#[tokio::test]
async fn the_keystore_knows_the_moment_of_sending_while_the_request_runs() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    fixture.behave(|behaviour| behaviour.latency = Duration::from_millis(500));
    let (outcome, ()) = tokio::join!(fixture.session.refresh(), async {
        fixture.provider.wait_for("/token").await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(sent_at(&fixture).is_some());
        // A process that starts now knows it, and the answer may never come.
        assert_eq!(fixture.restarted().due_in().await, Some(Duration::ZERO));
    });
    assert!(is_refreshed(&outcome));
    assert_eq!(sent_at(&fixture), None);
}

#[tokio::test]
async fn the_first_moment_of_sending_is_kept_until_a_result_is_saved() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    let start = session::Clock::now(&*fixture.clock);
    for _ in 0..3 {
        gateway_fault(&fixture);
        fixture.session.refresh().await;
        assert_eq!(sent_at(&fixture), Some(start), "of the first request");
        fixture.clock.advance(10);
    }
    // Also in another process.
    gateway_fault(&fixture);
    fixture.refresh_after_restart().await;
    assert_eq!(sent_at(&fixture), Some(start));
    assert!(is_refreshed(&fixture.session.refresh().await));
    assert!(!fixture.stored().unwrap().contains("sent_at"), "{:?}", fixture.stored());
    assert_eq!(fixture.session.due_in().await, None);
}

#[tokio::test]
async fn each_response_that_may_hide_a_rotation_is_lost_and_each_refusal_is_not() {
    let lost: &[(&str, fn(&Fixture))] = &[
        ("502", gateway_fault),
        ("not JSON", |fixture| {
            fixture.behave(|behaviour| behaviour.canned = vec![("/token", Canned::Text(200, "<html>"))]);
        }),
        ("too large", |fixture| {
            fixture.behave(|behaviour| behaviour.canned = vec![("/token", Canned::Endless)]);
        }),
        ("not what RFC 6749 requires", |fixture| {
            fixture.behave(|behaviour| behaviour.canned = vec![("/token", Canned::Text(200, "{}"))]);
        }),
        ("a connection that broke", |fixture| {
            fixture.lose(&[HttpError::Unreachable; 3]);
        }),
        ("no response in time", |fixture| fixture.lose(&[HttpError::Timeout; 2])),
    ];
    for (reason, lose) in lost {
        let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
        fixture.behave(|behaviour| behaviour.rotates = false);
        lose(&fixture);
        assert!(
            matches!(fixture.session.refresh().await, RefreshOutcome::Kept(_)),
            "{reason}"
        );
        assert!(due(&fixture.session).await <= 20, "{reason}");
        assert!(sent_at(&fixture).is_some(), "{reason}");
    }
    let refused: &[(&str, fn(&Fixture))] = &[
        ("an OAuth error", |fixture| {
            let refusal = Canned::Json(403, json!({"error": "mfa_required"}));
            fixture.behave(|behaviour| behaviour.canned = vec![("/token", refusal)]);
        }),
        ("a page of a firewall", |fixture| {
            fixture.behave(|behaviour| behaviour.canned = vec![("/token", Canned::Text(403, "<html>"))]);
        }),
        ("too many requests", |fixture| {
            fixture.behave(|behaviour| behaviour.canned = (0..3).map(|_| ("/token", Canned::Text(429, ""))).collect());
        }),
        ("no connection", |fixture| fixture.lose(&[HttpError::NotSent; 3])),
        ("no TLS", |fixture| fixture.lose(&[HttpError::Tls])),
    ];
    for (reason, refuse) in refused {
        let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
        fixture.behave(|behaviour| behaviour.rotates = false);
        let before = fixture.stored();
        refuse(&fixture);
        assert!(
            matches!(fixture.session.refresh().await, RefreshOutcome::Kept(_)),
            "{reason}"
        );
        assert!(due(&fixture.session).await >= 300, "{reason}");
        assert_eq!(fixture.stored(), before, "{reason}");
    }
}

#[tokio::test]
async fn a_response_about_another_user_is_not_lost() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    let before = fixture.stored();
    fixture.behave(|behaviour| {
        behaviour.rotates = false;
        behaviour.claims = |claims| claims["sub"] = "another".into();
    });
    assert_eq!(
        fixture.session.refresh().await,
        RefreshOutcome::Kept(Error::OtherPerson)
    );
    assert!(due(&fixture.session).await >= 300);
    assert_eq!(fixture.stored(), before);
}

#[tokio::test]
async fn a_request_that_this_process_still_waits_for_makes_nothing_due() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    fixture.behave(|behaviour| behaviour.latency = Duration::from_millis(500));
    let (transfer, ()) = tokio::join!(fixture.session.transfer(), async {
        fixture.provider.wait_for("/token").await;
        while sent_at(&fixture).is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(fixture.session.due_in().await, None);
    });
    assert!(matches!(transfer, TransferOutcome::Token(_)));
    assert_eq!(fixture.session.due_in().await, None);
}

#[tokio::test]
async fn a_refusal_says_nothing_about_an_earlier_request_that_is_still_open() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    gateway_fault(&fixture);
    fixture.session.refresh().await;
    let open = sent_at(&fixture);
    fixture.lose(&[HttpError::NotSent; 3]);
    assert_eq!(
        fixture.session.refresh().await,
        RefreshOutcome::Kept(Error::Unreachable)
    );
    assert_eq!((sent_at(&fixture), due(&fixture.session).await <= 20), (open, true));
}

#[tokio::test]
async fn a_clock_that_was_set_back_counts_as_just_sent() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    gateway_fault(&fixture);
    fixture.session.refresh().await;
    fixture.clock.advance(-365 * 86_400);
    let restarted = fixture.restarted();
    assert_eq!(restarted.due_in().await, Some(Duration::ZERO));
    let now = session::Clock::now(&*fixture.clock);
    gateway_fault(&fixture);
    restarted.refresh().await;
    assert_eq!(sent_at(&fixture), Some(now), "or the tries would go on for a year");
}

#[tokio::test]
async fn without_a_leeway_nothing_is_written_beside_the_request_and_the_retry_waits_five_minutes() {
    let fixture = Fixture::signed_in_with_leeway(Duration::ZERO).await;
    let before = fixture.stored();
    fixture.behave(|behaviour| behaviour.rotates = false);
    fixture.lose(&[HttpError::Timeout; 2]);
    assert_eq!(fixture.session.refresh().await, RefreshOutcome::Kept(Error::Timeout));
    assert_eq!(fixture.stored(), before);
    assert!((300..=450).contains(&due(&fixture.session).await));
}

#[tokio::test]
async fn a_lost_response_to_a_transfer_makes_a_refresh_due_and_a_refused_transfer_does_not() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    gateway_fault(&fixture);
    assert_eq!(
        fixture.session.transfer().await,
        TransferOutcome::Kept(Error::ServerFault)
    );
    assert!((5..=20).contains(&due(&fixture.session).await));
    assert!(is_refreshed(&fixture.session.refresh().await));
    fixture.behave(|behaviour| {
        behaviour.canned = vec![("/token", Canned::Json(403, json!({"error": "access_denied"})))];
    });
    assert_eq!(fixture.session.transfer().await, TransferOutcome::Kept(Error::Denied));
    assert_eq!(fixture.session.due_in().await, None);
}

#[tokio::test]
async fn a_keystore_that_does_not_take_the_moment_of_sending_is_no_fault_of_the_refresh() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    fixture.store.fail_saves(1);
    assert!(is_refreshed(&fixture.session.refresh().await));
    assert!(fixture.stored().unwrap().contains(&fixture.provider.newest().unwrap()));
    // This process knows the moment all the same.
    fixture.store.fail_saves(1);
    gateway_fault(&fixture);
    fixture.session.refresh().await;
    assert_eq!((sent_at(&fixture), due(&fixture.session).await <= 20), (None, true));
}

#[tokio::test]
async fn a_session_that_is_saved_late_is_saved_with_the_moment_of_sending() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    fixture.store.fail_saves(usize::MAX);
    assert!(matches!(
        fixture.session.refresh().await,
        RefreshOutcome::Refreshed { saved: Err(_), .. }
    ));
    gateway_fault(&fixture);
    fixture.session.refresh().await;
    fixture.store.fail_saves(0);
    assert_eq!(fixture.session.save().await, Ok(()));
    assert_eq!(fixture.restarted().due_in().await, Some(Duration::ZERO));
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
    assert_eq!(sent_at(&fixture), None);
}

/// A store whose saves wait until the test lets them go on.
struct HeldStore {
    store: Arc<MemoryStore>,
    held: Arc<AtomicBool>,
}

impl Store for HeldStore {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError> {
        self.store.load(slot)
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        while self.held.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.store.save(slot, value)
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        self.store.remove(slot)
    }
}

#[tokio::test]
async fn the_moment_of_sending_delays_no_request_and_never_overwrites_what_comes_back() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    let held = Arc::new(AtomicBool::new(true));
    let session = fixture.over(Arc::new(HeldStore {
        store: fixture.store.clone(),
        held: held.clone(),
    }));
    let (outcome, ()) = tokio::join!(session.refresh(), async {
        // The request arrives although the keystore hangs.
        fixture.provider.wait_for("/token").await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        held.store(false, Ordering::SeqCst);
    });
    assert!(is_refreshed(&outcome), "{outcome:?}");
    let stored = fixture.stored().unwrap();
    assert!(stored.contains(&fixture.provider.newest().unwrap()) && !stored.contains("sent_at"));
}

#[tokio::test]
async fn the_moment_of_sending_brings_no_session_back_after_a_sign_out() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    let held = Arc::new(AtomicBool::new(true));
    let session = fixture.over(Arc::new(HeldStore {
        store: fixture.store.clone(),
        held: held.clone(),
    }));
    fixture.behave(|behaviour| behaviour.latency = Duration::from_millis(300));
    let (outcome, signed_out) = tokio::join!(session.refresh(), async {
        fixture.provider.wait_for("/token").await;
        let (signed_out, ()) = tokio::join!(session.sign_out(), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            held.store(false, Ordering::SeqCst);
        });
        signed_out
    });
    assert_eq!(outcome, RefreshOutcome::Kept(Error::Overtaken));
    assert_eq!((signed_out.forgotten, fixture.stored()), (Ok(()), None));
}

#[tokio::test]
async fn the_moment_of_sending_is_never_written_over_a_newer_token_of_another_process() {
    let fixture = Fixture::signed_in_with_leeway(LEEWAY).await;
    fixture.behave(|behaviour| behaviour.leeway = true);
    let held = Arc::new(AtomicBool::new(true));
    let session = fixture.over(Arc::new(HeldStore {
        store: fixture.store.clone(),
        held: held.clone(),
    }));
    let other = fixture.restarted();
    let before = fixture.stored().unwrap();
    fixture.behave(|behaviour| behaviour.latency = Duration::from_millis(100));
    let slow = tokio::spawn(async move { session.refresh().await });
    fixture.provider.wait_for("/token").await;
    assert!(is_refreshed(&other.refresh().await));
    let newer = fixture.stored().unwrap();
    assert_ne!(before, newer);
    held.store(false, Ordering::SeqCst);
    slow.await.unwrap();
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
}
