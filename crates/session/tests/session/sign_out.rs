//! Signing out (RFC 7009; RP-Initiated Logout 1.0).

use session::store::Slot;
use session::{Error, RefreshOutcome, StoreError};

use crate::common::provider::{Canned, WELL_KNOWN};
use crate::common::{Fixture, is_refreshed};

#[tokio::test]
async fn a_sign_out_revokes_removes_and_names_the_end_session_page() {
    let fixture = Fixture::signed_in().await;
    let token = fixture.provider.newest().unwrap();
    fixture.session.begin_sign_in().await.unwrap();
    let signed_out = fixture.session.sign_out().await;
    assert_eq!((signed_out.forgotten, signed_out.revoked), (Ok(()), Ok(())));
    assert_eq!(
        signed_out.end_session_url.unwrap().as_str(),
        format!("{}logout?client_id=client", fixture.provider.issuer)
    );
    assert_eq!(fixture.provider.posts("/revoke")[0]["token"], token);
    assert_eq!((fixture.stored(), fixture.pending()), (None, false));
    assert_eq!(
        fixture.session.refresh().await,
        RefreshOutcome::SignedOut(Error::NoSession)
    );
    assert_eq!(fixture.session.sign_out().await.revoked, Err(Error::NoSession));
    assert_eq!(fixture.provider.hits("/revoke"), 1);
}

#[tokio::test]
async fn a_sign_out_succeeds_whatever_the_provider_answers() {
    let rows: &[(&str, fn() -> Canned, Result<(), Error>)] = &[
        ("500", || Canned::Text(500, ""), Err(Error::ServerFault)),
        (
            "429 with a pause",
            || Canned::With(429, vec![("retry-after", "3600".to_owned())], ""),
            Err(Error::Busy),
        ),
        (
            "400",
            || Canned::Json(400, serde_json::json!({"error": "unsupported_token_type"})),
            Err(Error::ClientRefused),
        ),
        (
            "a page: the body says nothing (RFC 7009, 2.2)",
            || Canned::Text(200, "<html>"),
            Ok(()),
        ),
        (
            "a redirect",
            || Canned::With(302, vec![("location", "/x".to_owned())], ""),
            Err(Error::Redirect),
        ),
        ("cut", || Canned::Cut, Err(Error::Unreachable)),
        ("endless", || Canned::Endless, Err(Error::TooLarge)),
    ];
    for (reason, canned, revoked) in rows {
        let fixture = Fixture::signed_in().await;
        fixture.behave(|behaviour| behaviour.canned = vec![("/revoke", canned())]);
        let signed_out = fixture.session.sign_out().await;
        assert_eq!(
            (signed_out.forgotten, signed_out.revoked),
            (Ok(()), *revoked),
            "{reason}"
        );
        assert_eq!(
            (fixture.stored(), fixture.provider.hits("/revoke")),
            (None, 1),
            "{reason}"
        );
    }
    // Without metadata nothing can be sent, and the session is removed all the same.
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| behaviour.canned = vec![(WELL_KNOWN, Canned::Text(503, ""))]);
    let signed_out = fixture.restarted().sign_out().await;
    assert_eq!(
        (signed_out.forgotten, signed_out.end_session_url, signed_out.revoked),
        (Ok(()), None, Err(Error::ServerFault))
    );
    assert_eq!(fixture.stored(), None);
    // A provider without these endpoints.
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| {
        behaviour.metadata = |it| {
            (it["revocation_endpoint"], it["end_session_endpoint"]) =
                (serde_json::Value::Null, serde_json::Value::Null);
        }
    });
    let signed_out = fixture.restarted().sign_out().await;
    assert_eq!(
        (signed_out.forgotten, signed_out.end_session_url, signed_out.revoked),
        (Ok(()), None, Err(Error::Unsupported))
    );
}

#[tokio::test]
async fn a_keystore_that_cannot_remove_the_session_is_reported() {
    let fixture = Fixture::signed_in().await;
    fixture.store.set_error(Some(StoreError::Locked));
    let signed_out = fixture.session.sign_out().await;
    assert_eq!(
        (signed_out.forgotten, signed_out.revoked),
        (Err(StoreError::Locked), Err(Error::Store(StoreError::Locked)))
    );
    fixture.store.set_error(None);
    assert_eq!(fixture.session.sign_out().await.forgotten, Ok(()));
    assert_eq!(fixture.stored(), None);
}

#[tokio::test]
async fn a_sign_in_after_a_sign_out_is_a_new_session() {
    let fixture = Fixture::signed_in().await;
    fixture.session.sign_out().await;
    fixture.sign_in().await.unwrap();
    assert!(is_refreshed(&fixture.session.refresh().await));
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
}

#[tokio::test]
async fn a_sign_out_leaves_the_pending_sign_in_of_another_client() {
    let mut fixture = Fixture::signed_in().await;
    let old = fixture.session.clone();
    fixture.config.client_id = "another".to_owned();
    fixture.restarted().begin_sign_in().await.unwrap();
    old.sign_out().await;
    assert!(fixture.pending());
    fixture.store.put(Slot::Pending, "not JSON");
    old.sign_out().await;
    assert!(!fixture.pending());
}

#[tokio::test]
async fn the_end_session_request_names_the_providers_session_of_the_sign_in() {
    for (sid, hint) in [
        (serde_json::json!("s1&x=/?"), "&logout_hint=s1%26x%3D%2F%3F"),
        (serde_json::json!(""), ""),
        (serde_json::json!(7), ""),
        (serde_json::json!("a\nb"), ""),
        (serde_json::json!("x".repeat(256)), ""),
    ] {
        let fixture = Fixture::new().await;
        fixture.behave(|behaviour| behaviour.claimed = vec![("sid", sid.clone())]);
        fixture.sign_in().await.unwrap();
        fixture.behave(|behaviour| behaviour.claimed = vec![]);
        // A refresh keeps it, and so does a restart.
        assert!(is_refreshed(&fixture.refresh_after_restart().await));
        let signed_out = fixture.restarted().sign_out().await;
        assert_eq!(
            signed_out.end_session_url.unwrap().as_str(),
            format!("{}logout?client_id=client{hint}", fixture.provider.issuer),
            "RP-Initiated Logout, 2: {sid}"
        );
    }
}

#[tokio::test]
async fn a_token_that_could_not_be_revoked_at_the_sign_out_is_revoked_later() {
    let fixture = Fixture::signed_in().await;
    let token = fixture.provider.newest().unwrap();
    fixture.behave(|behaviour| behaviour.canned = vec![("/revoke", Canned::Cut), ("/revoke", Canned::Text(503, ""))]);
    assert!(fixture.session.sign_out().await.revoked.is_err());
    assert_eq!(fixture.session.revoke_pending().await, Ok(1));
    // Also by the next process.
    let restarted = fixture.restarted();
    assert_eq!(restarted.revoke_pending().await, Ok(0));
    let sent = fixture.provider.posts("/revoke");
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|form| form["token"] == token));
    assert_eq!(restarted.revoke_pending().await, Ok(0));
    assert_eq!(fixture.provider.hits("/revoke"), 3, "it is not sent again");
    assert_eq!(fixture.store.get(Slot::Revocations), None);
}

#[tokio::test]
async fn a_token_that_the_provider_does_not_revoke_is_not_kept() {
    let fixture = Fixture::signed_in().await;
    let refusal = Canned::Json(400, serde_json::json!({"error": "unsupported_token_type"}));
    fixture.behave(|behaviour| behaviour.canned = vec![("/revoke", refusal)]);
    assert!(fixture.session.sign_out().await.revoked.is_err());
    assert_eq!(fixture.store.get(Slot::Revocations), None);
    assert_eq!(fixture.session.revoke_pending().await, Ok(0));
    assert_eq!(fixture.provider.hits("/revoke"), 1);
}

#[tokio::test]
async fn a_token_of_another_provider_that_nobody_can_ask_waits_for_it_and_is_not_counted() {
    let fixture = Fixture::signed_in().await;
    let now = session::Clock::now(&*fixture.clock);
    let foreign = serde_json::json!({"v": 1, "tokens": [
        {"issuer": "https://elsewhere.example/", "client_id": "client", "token": "theirs", "since": now},
    ]});
    fixture.store.put(Slot::Revocations, &foreign.to_string());
    assert_eq!(fixture.session.revoke_pending().await, Ok(0), "nothing to try again");
    assert_eq!(fixture.provider.hits("/revoke"), 0);
    assert!(fixture.store.get(Slot::Revocations).is_some());
    fixture.clock.advance(91 * 24 * 3_600);
    assert_eq!(fixture.session.revoke_pending().await, Ok(0));
    assert_eq!(fixture.store.get(Slot::Revocations), None);
}

#[tokio::test]
async fn the_newest_eight_tokens_wait_and_none_longer_than_ninety_days() {
    let fixture = Fixture::signed_in().await;
    for _ in 0..9 {
        fixture.behave(|behaviour| behaviour.canned = vec![("/revoke", Canned::Cut)]);
        assert!(fixture.session.sign_out().await.revoked.is_err());
        fixture.sign_in().await.unwrap();
    }
    fixture.behave(|behaviour| behaviour.canned = (0..8).map(|_| ("/revoke", Canned::Cut)).collect());
    assert_eq!(fixture.session.revoke_pending().await, Ok(8));
    fixture.clock.advance(91 * 24 * 3_600);
    let hits = fixture.provider.hits("/revoke");
    assert_eq!(fixture.session.revoke_pending().await, Ok(0));
    assert_eq!(
        fixture.provider.hits("/revoke"),
        hits,
        "nothing is sent for them any more"
    );
}
