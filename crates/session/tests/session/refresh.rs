//! The refresh grant (RFC 6749, 6; RFC 9700, 4.14): rotation, leeway, lost answers.

use session::{Error, HttpFault, RefreshOutcome};

use crate::common::provider::Plan;
use crate::common::{Bench, is_refreshed};

#[tokio::test]
async fn a_rotated_token_is_saved_before_it_is_used() {
    let bench = Bench::signed_in().await;
    for round in 0..5 {
        assert_eq!(
            bench.session.refresh().await,
            RefreshOutcome::Refreshed {
                rotated: true,
                saved: Ok(())
            },
            "{round}"
        );
        assert!(
            bench.stored().unwrap().contains(&bench.provider.newest().unwrap()),
            "{round}"
        );
        assert!(is_refreshed(&bench.refresh_after_restart().await), "{round}");
    }
}

#[tokio::test]
async fn without_a_new_refresh_token_the_old_one_is_kept() {
    let bench = Bench::signed_in().await;
    bench.plan(|plan| plan.rotates = false);
    for _ in 0..3 {
        assert_eq!(
            bench.session.refresh().await,
            RefreshOutcome::Refreshed {
                rotated: false,
                saved: Ok(())
            },
            "RFC 6749, 6"
        );
        assert!(bench.stored().unwrap().contains(&bench.provider.newest().unwrap()));
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_inside_the_leeway() {
    for lost in [HttpFault::Timeout, HttpFault::Unreachable] {
        let bench = Bench::signed_in().await;
        bench.plan(|plan| plan.leeway = true);
        // The server has rotated; the device does not know.
        bench.lose(&[lost]);
        assert!(is_refreshed(&bench.session.refresh().await), "{lost:?}");
        assert!(is_refreshed(&bench.session.refresh().await), "{lost:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_without_leeway_is_the_servers_last_word() {
    let bench = Bench::signed_in().await;
    bench.lose(&[HttpFault::Timeout]);
    assert_eq!(
        bench.session.refresh().await,
        RefreshOutcome::SignedOut(Error::SessionEnded)
    );
    assert_eq!(bench.stored(), None);
}

#[tokio::test]
async fn an_older_token_is_not_used_when_another_instance_has_a_newer_one() {
    let bench = Bench::signed_in().await;
    let other = bench.restarted();
    assert!(is_refreshed(&other.refresh().await));
    assert!(
        is_refreshed(&bench.session.refresh().await),
        "the stored one is read each time"
    );
}

#[tokio::test]
async fn a_session_of_another_issuer_or_client_is_left_alone_and_not_used() {
    let changes: [fn(&mut session::Config); 2] = [
        |config| config.client_id = "another".to_owned(),
        |config| config.issuer += "/",
    ];
    for change in changes {
        let mut bench = Bench::signed_in().await;
        let before = bench.stored();
        bench.provider.unsee();
        change(&mut bench.config);
        let session = bench.restarted();
        assert_eq!(session.stored().await, Ok(None));
        assert_eq!(session.refresh().await, RefreshOutcome::SignedOut(Error::NoSession));
        session.sign_out().await;
        assert_eq!((bench.stored(), bench.provider.hits("/token")), (before, 0));
    }
}

#[tokio::test]
async fn a_sign_in_without_a_refresh_token_leaves_nothing_of_the_person_before() {
    let drop_it: fn(&mut Plan) =
        |plan| plan.answer = |answer| drop(answer.as_object_mut().unwrap().remove("refresh_token"));
    // Stored, and in memory only.
    for unsaved in [false, true] {
        let bench = Bench::new().await;
        let callback = bench.callback().await;
        if unsaved {
            bench.store.fail_saves(2);
        }
        assert_eq!(
            bench.session.complete_sign_in(&callback).await.unwrap().saved.is_err(),
            unsaved
        );
        bench.plan(drop_it);
        bench.plan(|plan| plan.claims = |claims| claims["sub"] = "another".into());
        let signed_in = bench.sign_in().await.unwrap();
        assert_eq!(
            (signed_in.sub.as_str(), signed_in.refresh_token, signed_in.saved),
            ("another", false, Ok(()))
        );
        bench.provider.unsee();
        for session in [bench.session.clone(), bench.restarted()] {
            assert_eq!(session.stored().await, Ok(None));
            assert_eq!(session.refresh().await, RefreshOutcome::SignedOut(Error::NoSession));
        }
        assert_eq!((bench.stored(), bench.provider.hits("/token")), (None, 0));
    }
}

#[tokio::test]
async fn a_personal_account_lives_in_memory_and_ends_with_the_app() {
    let bench = Bench::with(|config| config.account = session::Account::Personal).await;
    bench.sign_in().await.unwrap();
    assert_eq!(bench.stored(), None);
    assert!(is_refreshed(&bench.session.refresh().await));
    assert_eq!(
        bench.refresh_after_restart().await,
        RefreshOutcome::SignedOut(Error::NoSession)
    );
    bench.provider.revoke_all();
    assert_eq!(
        bench.session.refresh().await,
        RefreshOutcome::SignedOut(Error::SessionEnded)
    );
    assert_eq!(bench.session.stored().await, Ok(None));
}
