//! A server that is away, slow or silent: a bounded wait, a code, and the session stays.

use session::{Error, HttpFault, RefreshOutcome};

use crate::common::Bench;
use crate::common::provider::{Canned, Provider, WELL_KNOWN};

#[tokio::test]
async fn a_server_that_does_not_finish_is_left_and_a_refresh_asks_once_more() {
    let slow = |path: &'static str, canned: Canned| async move {
        let bench = Bench::new().await;
        bench.plan(|plan| plan.canned = vec![(path, canned)]);
        match bench.session.begin_sign_in().await {
            Ok(begun) => {
                let callback = bench.provider.authorize(begun.url.as_str()).await;
                bench.session.complete_sign_in(&callback).await.unwrap_err().error
            }
            Err(error) => error,
        }
    };
    let sign_out = async {
        let bench = Bench::signed_in().await;
        bench.plan(|plan| plan.canned = vec![("/revoke", Canned::Silence)]);
        bench.session.sign_out().await.forgotten
    };
    let refresh = async {
        let bench = Bench::signed_in().await;
        let before = bench.stored();
        bench.provider.unsee();
        bench.plan(|plan| plan.canned = vec![("/token", Canned::Silence), ("/token", Canned::Silence)]);
        assert_eq!(bench.session.refresh().await, RefreshOutcome::Kept(Error::Timeout));
        assert_eq!((bench.stored(), bench.provider.hits("/token")), (before, 2));
    };
    let fast = async {
        let outcomes = tokio::join!(
            slow(WELL_KNOWN, Canned::Silence),
            slow(WELL_KNOWN, Canned::Drip),
            slow("/token", Canned::Silence),
            slow("/token", Canned::Drip),
            slow("/jwks", Canned::Silence),
            slow("/jwks", Canned::Drip),
            sign_out,
        );
        assert_eq!(outcomes, (Error::Timeout, Error::Timeout, Error::Timeout, Error::Timeout, Error::Timeout, Error::Timeout, Ok(())));
    };
    tokio::join!(refresh, fast);
}

#[tokio::test]
async fn a_server_that_stays_away_keeps_the_session() {
    let rows = [
        (HttpFault::Timeout, Error::Timeout, 2),
        (HttpFault::Unreachable, Error::Unreachable, 3),
        (HttpFault::Tls, Error::Tls, 1),
        (HttpFault::TooLarge, Error::TooLarge, 1),
    ];
    for (fault, expected, tries) in rows {
        let bench = Bench::signed_in().await;
        let before = bench.stored();
        bench.provider.unsee();
        bench.plan(|plan| plan.leeway = true);
        bench.lose(&[fault; 3][..]);
        assert_eq!(bench.session.refresh().await, RefreshOutcome::Kept(expected));
        assert_eq!((bench.stored(), bench.provider.hits("/token")), (before, tries), "{fault:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_down_keeps_the_session_and_a_restart_finds_it() {
    let mut bench = Bench::signed_in().await;
    // Nobody listens there: the metadata cannot be had, either.
    let gone = Provider::start().await.issuer.clone();
    let stored = bench.stored().unwrap().replace(&bench.provider.issuer, &gone);
    bench.store.put(session::store::Slot::Session, &stored);
    bench.config.issuer = gone;
    assert_eq!(bench.refresh_after_restart().await, RefreshOutcome::Kept(Error::Unreachable));
    assert_eq!(bench.stored().unwrap(), stored);
}
