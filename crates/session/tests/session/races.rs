//! Two operations at the same time.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use session::store::memory::MemoryStore;
use session::store::{Slot, Store};
use session::{Error, RefreshOutcome, Secret, StoreError, TransferOutcome};

use crate::common::provider::{Canned, WELL_KNOWN};
use crate::common::{Fixture, is_refreshed};

/// A store that two processes share, with a lock between them.
struct SharedStore {
    store: Arc<MemoryStore>,
    lock: Arc<Mutex<bool>>,
}

struct Unlock(Arc<Mutex<bool>>);

impl Drop for Unlock {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = false;
    }
}

impl Store for SharedStore {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError> {
        self.store.load(slot)
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        self.store.save(slot, value)
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        self.store.remove(slot)
    }

    fn lock_across_processes(&self) -> Result<Box<dyn Send>, StoreError> {
        loop {
            let mut taken = self.lock.lock().unwrap();
            if !std::mem::replace(&mut *taken, true) {
                return Ok(Box::new(Unlock(self.lock.clone())));
            }
            drop(taken);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

async fn slow() -> Fixture {
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| behaviour.latency = Duration::from_millis(400));
    fixture.provider.clear_log();
    fixture
}

#[tokio::test]
async fn concurrent_callers_share_one_refresh() {
    let fixture = slow().await;
    let outcomes = futures_util::future::join_all((0..10).map(|_| fixture.session.refresh())).await;
    assert!(outcomes.iter().all(is_refreshed));
    assert_eq!(fixture.provider.hits("/token"), 1);
}

#[tokio::test]
async fn a_refresh_and_a_transfer_take_turns() {
    let fixture = slow().await;
    let (refresh, transfer, again) = tokio::join!(
        fixture.session.refresh(),
        fixture.session.transfer(),
        fixture.session.transfer()
    );
    assert!(is_refreshed(&refresh));
    assert!(matches!(
        (transfer, again),
        (TransferOutcome::Token(_), TransferOutcome::Token(_))
    ));
    assert!(
        is_refreshed(&fixture.session.refresh().await),
        "no token was used twice"
    );
}

#[tokio::test]
async fn two_processes_take_turns_and_the_second_uses_the_rotated_token() {
    let fixture = slow().await;
    let lock = Arc::new(Mutex::new(false));
    let sessions: Vec<_> = (0..4)
        .map(|_| {
            fixture.over(Arc::new(SharedStore {
                store: fixture.store.clone(),
                lock: lock.clone(),
            }))
        })
        .collect();
    let outcomes = futures_util::future::join_all(sessions.iter().map(session::Session::refresh)).await;
    assert!(outcomes.iter().all(is_refreshed), "{outcomes:?}");
    assert_eq!(fixture.provider.hits("/token"), 4);
}

#[tokio::test]
async fn a_token_that_another_process_rotated_meanwhile_ends_no_session() {
    let fixture = slow().await;
    fixture.behave(|behaviour| behaviour.leeway = true);
    let other = fixture.restarted();
    // Both read the same token, and the leeway accepts the second use.
    let (first, second) = tokio::join!(fixture.session.refresh(), other.refresh());
    assert!(is_refreshed(&first) && is_refreshed(&second), "{first:?} {second:?}");

    // Without leeway the provider refuses the second use. By then the store holds a newer token, which is tried once.
    let fixture = slow().await;
    let refused = Canned::Json(403, serde_json::json!({"error": "invalid_grant"}));
    let (outcome, ()) = tokio::join!(fixture.session.refresh(), async {
        fixture.provider.wait_for("/token").await;
        let newer = fixture
            .stored()
            .unwrap()
            .replace("person\",\"refresh_token\":\"", "person\",\"refresh_token\":\"newer-");
        fixture.store.put(Slot::Session, &newer);
        fixture.behave(|behaviour| behaviour.canned = vec![("/token", refused)]);
        fixture.provider.revoke_all();
    });
    assert_eq!(
        outcome,
        RefreshOutcome::SignedOut(Error::SessionEnded),
        "that one is dead, too"
    );
    let sent = fixture.provider.posts("/token");
    assert_eq!(sent.len(), 2, "the stored one is used once");
    assert!(sent[1]["refresh_token"].starts_with("newer-"));
}

#[tokio::test]
async fn a_sign_out_during_a_refresh_wins() {
    for locked in [false, true] {
        let fixture = slow().await;
        let session = if locked {
            fixture.over(Arc::new(SharedStore {
                store: fixture.store.clone(),
                lock: Arc::default(),
            }))
        } else {
            fixture.session.clone()
        };
        let (refresh, signed_out) = tokio::join!(session.refresh(), async {
            fixture.provider.wait_for("/token").await;
            session.sign_out().await
        });
        assert_eq!(refresh, RefreshOutcome::Kept(Error::Overtaken));
        assert_eq!(signed_out.forgotten, Ok(()));
        assert_eq!((fixture.stored(), session.stored().await), (None, Ok(None)));
        // With the lock, the sign-out waits for the exchange: the exchange revokes the new token, and then the sign-out
        // revokes the old one. Without it, the sign-out revokes the old token before the provider issues a new one.
        assert_eq!(fixture.provider.hits("/revoke"), if locked { 2 } else { 1 });
        assert_eq!(session.refresh().await, RefreshOutcome::SignedOut(Error::NoSession));
    }
}

/// A store in which a save takes 200 ms.
struct SlowStore(Arc<MemoryStore>);

impl Store for SlowStore {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError> {
        self.0.load(slot)
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        std::thread::sleep(Duration::from_millis(200));
        self.0.save(slot, value)
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        self.0.remove(slot)
    }
}

#[tokio::test]
async fn a_sign_out_between_two_attempts_to_save_wins() {
    let fixture = Fixture::signed_in().await;
    let session = fixture.over(Arc::new(SlowStore(fixture.store.clone())));
    fixture.store.fail_saves(1);
    let (refresh, signed_out) = tokio::join!(session.refresh(), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        session.sign_out().await
    });
    assert_eq!(refresh, RefreshOutcome::Kept(Error::Overtaken));
    assert_eq!((signed_out.forgotten, fixture.stored()), (Ok(()), None));
    assert_eq!(session.stored().await, Ok(None));
}

#[tokio::test]
async fn a_refresh_that_waits_for_the_lock_during_a_sign_out_sends_nothing() {
    let fixture = slow().await;
    fixture.provider.clear_log();
    let (_, refresh, _) = tokio::join!(
        fixture.session.transfer(),
        async {
            fixture.provider.wait_for("/token").await;
            fixture.session.refresh().await
        },
        async {
            fixture.provider.wait_for("/token").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
            fixture.session.sign_out().await
        }
    );
    assert_eq!(
        refresh,
        RefreshOutcome::Kept(Error::Overtaken),
        "what is kept now, if anything, is another session"
    );
    assert_eq!(fixture.provider.hits("/token"), 1);
}

#[tokio::test]
async fn a_refresh_whose_callers_are_gone_is_not_shared_after_its_end() {
    let fixture = slow().await;
    let before = fixture.stored();
    fixture.provider.clear_log();
    tokio::select! {
        outcome = fixture.session.refresh() => panic!("{outcome:?}"),
        () = fixture.provider.wait_for("/token") => {}
    }
    while fixture.stored() == before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(is_refreshed(&fixture.session.refresh().await));
    assert_eq!(fixture.provider.hits("/token"), 2, "it asks for itself");
}

#[tokio::test]
async fn a_sign_out_during_a_sign_in_wins() {
    let fixture = Fixture::new().await;
    let callback = fixture.callback().await;
    fixture.behave(|behaviour| behaviour.latency = Duration::from_millis(400));
    let (signed_in, _) = tokio::join!(fixture.session.complete_sign_in(&callback), async {
        fixture.provider.wait_for("/token").await;
        fixture.session.sign_out().await
    });
    assert_eq!(signed_in.unwrap_err().error, Error::NoPending);
    assert_eq!(fixture.stored(), None);
    assert_eq!(fixture.provider.hits("/revoke"), 1, "what came is revoked");
}

#[tokio::test]
async fn a_sign_in_from_before_a_sign_out_does_not_remove_the_next_session() {
    let fixture = Fixture::new().await;
    let first = fixture.callback().await;
    fixture.behave(|behaviour| behaviour.latency = Duration::from_secs(1));
    let (signed_in, ()) = tokio::join!(fixture.session.complete_sign_in(&first), async {
        fixture.provider.wait_for("/token").await;
        fixture.behave(|behaviour| behaviour.latency = Duration::ZERO);
        fixture.session.sign_out().await;
        fixture.sign_in().await.unwrap();
        // The response to the first sign-in is still to come and has no refresh token, so it would remove the stored
        // session if the first sign-in still counted.
        fixture.behave(|behaviour| {
            behaviour.answer = |answer| drop(answer.as_object_mut().unwrap().remove("refresh_token"));
        });
    });
    assert_eq!(signed_in.unwrap_err().error, Error::NoPending);
    fixture.behave(|behaviour| behaviour.answer = |_| {});
    assert!(
        is_refreshed(&fixture.refresh_after_restart().await),
        "the session of the next sign-in stays"
    );
}

#[tokio::test]
async fn a_sign_in_during_a_refresh_replaces_the_session() {
    let fixture = slow().await;
    let callback = fixture.callback().await;
    let (refresh, signed_in) = tokio::join!(fixture.session.refresh(), async {
        fixture.provider.wait_for("/token").await;
        // The response to the sign-in arrives before that to the refresh.
        fixture.behave(|behaviour| behaviour.latency = Duration::ZERO);
        fixture.behave(|behaviour| behaviour.claims = |claims| claims["sub"] = "another".into());
        let signed_in = fixture.session.complete_sign_in(&callback);
        let back = async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            fixture.behave(|behaviour| behaviour.claims = |_| {});
        };
        tokio::join!(signed_in, back).0
    });
    assert!(is_refreshed(&refresh), "{refresh:?}");
    assert_eq!(signed_in.unwrap().sub, "another");
    assert_eq!(
        fixture.session.stored().await.unwrap().unwrap().sub,
        "another",
        "the session of the new sign-in stays"
    );
}

#[tokio::test]
async fn a_refresh_from_before_a_sign_out_does_not_end_the_next_session() {
    let fixture = slow().await;
    let callback = fixture.callback().await;
    let (before, after) = tokio::join!(fixture.session.refresh(), async {
        fixture.provider.wait_for("/token").await;
        // The response to the refresh is still to come. The sign-out also ends the pending sign-in.
        fixture.session.sign_out().await;
        assert_eq!(
            fixture.session.complete_sign_in(&callback).await.unwrap_err().error,
            Error::NoPending
        );
        fixture.sign_in().await.unwrap();
        // This refresh must not share the outcome of the one that still runs.
        fixture.session.refresh().await
    });
    assert_eq!(before, RefreshOutcome::Kept(Error::Overtaken));
    assert!(is_refreshed(&after), "{after:?}");
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
}

#[tokio::test]
async fn a_transfer_from_before_a_sign_out_returns_no_token() {
    let fixture = slow().await;
    let (before, _) = tokio::join!(fixture.session.transfer(), async {
        fixture.provider.wait_for("/token").await;
        fixture.session.sign_out().await
    });
    assert_eq!(before, TransferOutcome::Kept(Error::Overtaken));
}

#[tokio::test]
async fn a_refresh_after_a_sign_in_does_not_share_one_from_before_the_sign_out() {
    let fixture = Fixture::signed_in().await;
    let session = fixture.restarted();
    fixture.provider.clear_log();
    fixture.behave(|behaviour| behaviour.canned = vec![(WELL_KNOWN, Canned::Silence)]);
    let hanging = tokio::spawn({
        let session = session.clone();
        async move { session.refresh().await }
    });
    fixture.provider.wait_for(WELL_KNOWN).await;
    session.sign_out().await;
    let callback = fixture
        .provider
        .authorize(session.begin_sign_in().await.unwrap().url.as_str())
        .await;
    session.complete_sign_in(&callback).await.unwrap();
    let outcome = session.refresh().await;
    assert!(is_refreshed(&outcome), "{outcome:?}");
    hanging.abort();
}

/// A store whose first save of a session hangs until the test lets it go on, as on a locked keystore.
struct HangingStore {
    store: Arc<MemoryStore>,
    hangs: Arc<Mutex<bool>>,
}

impl Store for HangingStore {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError> {
        self.store.load(slot)
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        while *self.hangs.lock().unwrap() {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.store.save(slot, value)
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        self.store.remove(slot)
    }
}

#[tokio::test]
async fn a_save_that_hangs_never_writes_an_older_token_over_a_newer_one() {
    let fixture = Fixture::new().await;
    let hangs = Arc::new(Mutex::new(false));
    let session = fixture.over(Arc::new(HangingStore {
        store: fixture.store.clone(),
        hangs: hangs.clone(),
    }));
    let url = session.begin_sign_in().await.unwrap().url;
    let callback = fixture.provider.authorize(url.as_str()).await;
    fixture.store.fail_saves(2);
    assert!(session.complete_sign_in(&callback).await.unwrap().saved.is_err());
    // The save gives up after fifteen seconds and tries once more, while a transfer brings a newer token.
    *hangs.lock().unwrap() = true;
    let (_, transfer, ()) = tokio::join!(session.save(), session.transfer(), async {
        tokio::time::sleep(Duration::from_millis(15_500)).await;
        *hangs.lock().unwrap() = false;
    });
    assert!(matches!(transfer, TransferOutcome::Token(_)), "{transfer:?}");
    assert_eq!(session.save().await, Ok(()));
    let stored = fixture.stored().unwrap();
    assert!(stored.contains(&fixture.provider.newest().unwrap()), "{stored}");
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
}

/// A store in which removing the session takes 300 ms.
struct SlowToRemove(Arc<MemoryStore>);

impl Store for SlowToRemove {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError> {
        self.0.load(slot)
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        self.0.save(slot, value)
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        if slot == Slot::Session {
            std::thread::sleep(Duration::from_millis(300));
        }
        self.0.remove(slot)
    }
}

#[tokio::test]
async fn a_sign_out_leaves_the_sign_in_that_begins_while_it_runs() {
    for keystore_fails in [false, true] {
        let fixture = Fixture::signed_in().await;
        let session = fixture.over(Arc::new(SlowToRemove(fixture.store.clone())));
        session.begin_sign_in().await.unwrap();
        let (signed_out, begun) = tokio::join!(session.sign_out(), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if keystore_fails {
                fixture.store.fail_saves(1);
            }
            session.begin_sign_in().await.unwrap()
        });
        assert_eq!((signed_out.forgotten, begun.saved.is_err()), (Ok(()), keystore_fails));
        let callback = fixture.provider.authorize(begun.url.as_str()).await;
        session.complete_sign_in(&callback).await.unwrap();
        assert!(is_refreshed(&session.refresh().await));
    }
}
