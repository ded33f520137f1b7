//! The refresh token grant (RFC 6749 §6, RFC 9700 §4.14): rotation, leeway, lost responses.

use session::{Error, HttpError, RefreshOutcome};

use crate::common::provider::Behaviour;
use crate::common::{Fixture, is_refreshed};

#[tokio::test]
async fn a_rotated_refresh_token_is_saved_before_the_caller_sees_the_result() {
    let fixture = Fixture::signed_in().await;
    for round in 0..5 {
        assert_eq!(
            fixture.session.refresh().await,
            RefreshOutcome::Refreshed {
                rotated: true,
                saved: Ok(())
            },
            "{round}"
        );
        assert!(
            fixture.stored().unwrap().contains(&fixture.provider.newest().unwrap()),
            "{round}"
        );
        assert!(is_refreshed(&fixture.refresh_after_restart().await), "{round}");
    }
}

#[tokio::test]
async fn the_refresh_token_stays_if_the_response_has_no_new_one() {
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| behaviour.rotates = false);
    for _ in 0..3 {
        assert_eq!(
            fixture.session.refresh().await,
            RefreshOutcome::Refreshed {
                rotated: false,
                saved: Ok(())
            },
            "RFC 6749, 6"
        );
        assert!(fixture.stored().unwrap().contains(&fixture.provider.newest().unwrap()));
    }
}

#[tokio::test]
async fn a_lost_response_is_requested_again_within_the_leeway() {
    for lost in [HttpError::Timeout, HttpError::Unreachable] {
        let fixture = Fixture::signed_in().await;
        fixture.behave(|behaviour| behaviour.leeway = true);
        // The provider has rotated the token, and the device does not know.
        fixture.lose(&[lost]);
        assert!(is_refreshed(&fixture.session.refresh().await), "{lost:?}");
        assert!(is_refreshed(&fixture.session.refresh().await), "{lost:?}");
    }
}

#[tokio::test]
async fn a_lost_response_ends_the_session_if_the_provider_has_no_leeway() {
    let fixture = Fixture::signed_in().await;
    fixture.lose(&[HttpError::Timeout]);
    assert_eq!(
        fixture.session.refresh().await,
        RefreshOutcome::SignedOut(Error::SessionEnded)
    );
    assert_eq!(fixture.stored(), None);
}

#[tokio::test]
async fn the_stored_refresh_token_is_read_before_each_refresh() {
    let fixture = Fixture::signed_in().await;
    let other = fixture.restarted();
    assert!(is_refreshed(&other.refresh().await));
    assert!(
        is_refreshed(&fixture.session.refresh().await),
        "the stored one is read each time"
    );
}

#[tokio::test]
async fn a_session_of_another_issuer_or_client_is_neither_used_nor_removed() {
    let changes: [fn(&mut session::Config); 2] = [
        |config| config.client_id = "another".to_owned(),
        |config| config.issuer += "/",
    ];
    for change in changes {
        let mut fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        fixture.provider.clear_log();
        change(&mut fixture.config);
        let session = fixture.restarted();
        assert_eq!(session.stored().await, Ok(None));
        assert_eq!(session.refresh().await, RefreshOutcome::SignedOut(Error::NoSession));
        session.sign_out().await;
        assert_eq!((fixture.stored(), fixture.provider.hits("/token")), (before, 0));
    }
}

#[tokio::test]
async fn a_sign_in_without_a_refresh_token_removes_the_session_of_the_previous_user() {
    let drop_it: fn(&mut Behaviour) =
        |behaviour| behaviour.answer = |answer| drop(answer.as_object_mut().unwrap().remove("refresh_token"));
    // The previous session is stored, or in memory only.
    for unsaved in [false, true] {
        let fixture = Fixture::new().await;
        let callback = fixture.callback().await;
        if unsaved {
            fixture.store.fail_saves(2);
        }
        assert_eq!(
            fixture
                .session
                .complete_sign_in(&callback)
                .await
                .unwrap()
                .saved
                .is_err(),
            unsaved
        );
        fixture.behave(drop_it);
        fixture.behave(|behaviour| behaviour.claims = |claims| claims["sub"] = "another".into());
        let signed_in = fixture.sign_in().await.unwrap();
        assert_eq!(
            (signed_in.sub.as_str(), signed_in.refresh_token, signed_in.saved),
            ("another", false, Ok(()))
        );
        fixture.provider.clear_log();
        for session in [fixture.session.clone(), fixture.restarted()] {
            assert_eq!(session.stored().await, Ok(None));
            assert_eq!(session.refresh().await, RefreshOutcome::SignedOut(Error::NoSession));
        }
        assert_eq!((fixture.stored(), fixture.provider.hits("/token")), (None, 0));
    }
}

#[tokio::test]
async fn a_memory_only_session_ends_with_the_process() {
    let fixture = Fixture::with(|config| config.persistence = session::Persistence::MemoryOnly).await;
    fixture.sign_in().await.unwrap();
    assert_eq!(fixture.stored(), None);
    assert!(is_refreshed(&fixture.session.refresh().await));
    assert_eq!(
        fixture.refresh_after_restart().await,
        RefreshOutcome::SignedOut(Error::NoSession)
    );
    fixture.provider.revoke_all();
    assert_eq!(
        fixture.session.refresh().await,
        RefreshOutcome::SignedOut(Error::SessionEnded)
    );
    assert_eq!(fixture.session.stored().await, Ok(None));
}
