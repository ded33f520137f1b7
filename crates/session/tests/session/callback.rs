//! The callback with the authorization response (RFC 6749 §4.1.2, RFC 9207, RFC 9700 §4.1).

use session::store::Slot;
use session::{Error, Session};

use crate::common::provider::{Canned, WELL_KNOWN};
use crate::common::{Fixture, is_refreshed};

/// Asserts that a callback is refused without an effect: the sign-in stays pending, and nothing is sent.
async fn is_ignored(fixture: &Fixture, session: &Session, callback: &str, expected: Error, reason: &str) {
    let before = fixture.provider.hits("/token");
    let refused = session.complete_sign_in(callback).await.expect_err(reason);
    assert_eq!((refused.error, refused.consumed), (expected, false), "{reason}");
    assert!(fixture.pending(), "{reason}: the sign-in stays pending");
    assert_eq!(
        fixture.provider.hits("/token"),
        before,
        "{reason}: nothing is sent to the provider"
    );
}

#[tokio::test]
async fn a_foreign_callback_changes_nothing_and_the_right_one_still_signs_in() {
    let fixture = Fixture::new().await;
    let right = fixture.callback().await;
    let (_, query) = right.split_once('?').unwrap();
    let rows: Vec<(&str, String, Error)> = vec![
        (
            "state is missing (RFC 6749, 10.12)",
            right.split_once("&state=").unwrap().0.to_owned(),
            Error::ForeignCallback,
        ),
        (
            "state is another (RFC 6749, 10.12)",
            right.replace("state=", "state=x"),
            Error::ForeignCallback,
        ),
        (
            "state is empty",
            right.split_once("&state=").unwrap().0.to_owned() + "&state=",
            Error::ForeignCallback,
        ),
        (
            "another path (RFC 9700, 4.1.3)",
            format!("nl.example.app:/other?{query}"),
            Error::ForeignCallback,
        ),
        (
            "a path that goes back",
            format!("nl.example.app:/x/../callback?{query}"),
            Error::ForeignCallback,
        ),
        (
            "a path with a dot",
            format!("nl.example.app:/./callback?{query}"),
            Error::ForeignCallback,
        ),
        (
            "an encoded path",
            format!("nl.example.app:/%63allback?{query}"),
            Error::ForeignCallback,
        ),
        (
            "a slash at the end",
            format!("nl.example.app:/callback/?{query}"),
            Error::ForeignCallback,
        ),
        (
            "another case of the path",
            format!("nl.example.app:/Callback?{query}"),
            Error::ForeignCallback,
        ),
        (
            "a host instead of a path",
            format!("nl.example.app://callback?{query}"),
            Error::ForeignCallback,
        ),
        (
            "an empty host",
            format!("nl.example.app:///callback?{query}"),
            Error::ForeignCallback,
        ),
        (
            "a host",
            format!("nl.example.app://host/callback?{query}"),
            Error::ForeignCallback,
        ),
        (
            "no slash",
            format!("nl.example.app:callback?{query}"),
            Error::ForeignCallback,
        ),
        (
            "another scheme",
            format!("nl.example.apps:/callback?{query}"),
            Error::ForeignCallback,
        ),
        (
            "another case of the scheme",
            format!("NL.example.app:/callback?{query}"),
            Error::ForeignCallback,
        ),
        (
            "https",
            format!("https://example.org/callback?{query}"),
            Error::ForeignCallback,
        ),
        (
            "a line break in the scheme",
            format!("nl.example\n.app:/callback?{query}"),
            Error::MalformedCallback,
        ),
        (
            "a fragment instead of the query, from which nothing is read (RFC 9700, 4.1)",
            format!("nl.example.app:/callback#{query}"),
            Error::ForeignCallback,
        ),
        (
            "a state in the fragment",
            format!(
                "{}#&{}",
                right.split_once("&state=").unwrap().0,
                query.split_once('&').unwrap().1
            ),
            Error::ForeignCallback,
        ),
        (
            "code twice (RFC 6749, 3.1)",
            format!("{right}&code=x"),
            Error::MalformedCallback,
        ),
        (
            "code twice, once encoded",
            format!("{right}&c%6fde=x"),
            Error::MalformedCallback,
        ),
        (
            "state twice",
            format!("{right}&{}", query.split_once('&').unwrap().1),
            Error::MalformedCallback,
        ),
        (
            "an unknown parameter twice",
            format!("{right}&x=1&x=1"),
            Error::MalformedCallback,
        ),
        (
            "duplicates count before the address",
            format!("https://example.org/?{query}&x=1&x=2"),
            Error::MalformedCallback,
        ),
        (
            "neither code nor error",
            format!("nl.example.app:/callback?{}", query.split_once('&').unwrap().1),
            Error::MalformedCallback,
        ),
        (
            "an empty code",
            right.replacen("code=", "code=&x=", 1),
            Error::MalformedCallback,
        ),
        (
            "an empty error",
            right.replacen("code=", "error=&x=", 1),
            Error::MalformedCallback,
        ),
        (
            "an empty error beside a code",
            format!("{right}&error="),
            Error::MalformedCallback,
        ),
        (
            "iss is another (RFC 9207, 2.4)",
            format!("{right}&iss=https%3A%2F%2Felsewhere.example%2F"),
            Error::CallbackIssuer,
        ),
        (
            "iss lacks the slash (RFC 9207, 2.4)",
            format!("{right}&iss={}", fixture.provider.issuer.trim_end_matches('/')),
            Error::CallbackIssuer,
        ),
        ("iss is empty", format!("{right}&iss="), Error::CallbackIssuer),
        (
            "state counts before iss",
            right.replace("state=", "state=x") + "&iss=x",
            Error::ForeignCallback,
        ),
        (
            "state counts before error",
            "nl.example.app:/callback?error=access_denied&state=x".to_owned(),
            Error::ForeignCallback,
        ),
        (
            "iss counts before error",
            right.replacen("code=", "error=", 1) + "&iss=x",
            Error::CallbackIssuer,
        ),
        (
            "an error without state",
            "nl.example.app:/callback?error=access_denied".to_owned(),
            Error::ForeignCallback,
        ),
        ("no address", "callback".to_owned(), Error::MalformedCallback),
        ("nothing", String::new(), Error::MalformedCallback),
        ("a megabyte of junk", "x".repeat(1024 * 1024), Error::MalformedCallback),
        (
            "a megabyte of parameters",
            format!("{right}&x={}", "x".repeat(1024 * 1024)),
            Error::MalformedCallback,
        ),
    ];
    for (reason, callback, expected) in rows {
        is_ignored(&fixture, &fixture.session, &callback, expected, reason).await;
    }
    assert_eq!(fixture.session.complete_sign_in(&right).await.unwrap().sub, "person");
}

#[tokio::test]
async fn an_https_callback_is_compared_with_its_host_port_and_user_info() {
    let fixture =
        Fixture::with(|config| config.redirect_uri = "https://app.example.nl/groep/callback?tenant=1".parse().unwrap())
            .await;
    // The redirect URI has a query, which the provider keeps (RFC 6749 §3.1.2).
    fixture.behave(|behaviour| behaviour.location = |to| to.replacen("tenant=1?", "tenant=1&", 1));
    let right = fixture.callback().await;
    for (reason, from, to) in [
        ("http", "https:", "http:"),
        ("another host", "app.example.nl", "app.example.nl.evil.example"),
        ("a dot after the host", "app.example.nl", "app.example.nl."),
        ("a user", "https://", "https://user@"),
        ("a user and a word", "https://", "https://app.example.nl:x@"),
        ("another port", "app.example.nl", "app.example.nl:8443"),
        ("the usual port, written out", "app.example.nl", "app.example.nl:443"),
        (
            "back slashes",
            "https://app.example.nl/groep/",
            "https:\\\\app.example.nl\\groep\\",
        ),
        ("two slashes", "/groep/", "//groep/"),
        ("the parameter of its own is gone", "tenant=1&", ""),
        ("the parameter of its own is another", "tenant=1&", "tenant=2&"),
    ] {
        is_ignored(
            &fixture,
            &fixture.session,
            &right.replacen(from, to, 1),
            Error::ForeignCallback,
            reason,
        )
        .await;
    }
    fixture.session.complete_sign_in(&right).await.unwrap();
}

#[tokio::test]
async fn iss_is_required_if_the_metadata_announce_it() {
    let fixture = Fixture::new().await;
    fixture.behave(|behaviour| {
        behaviour.metadata = |document| document["authorization_response_iss_parameter_supported"] = true.into();
    });
    let without = fixture.callback().await;
    is_ignored(
        &fixture,
        &fixture.session,
        &without,
        Error::CallbackIssuer,
        "missing (RFC 9207, 2.4)",
    )
    .await;
    fixture.behave(|behaviour| behaviour.iss = true);
    fixture.sign_in().await.unwrap();
}

#[tokio::test]
async fn an_error_response_ends_the_sign_in_and_not_the_session() {
    for (error, expected) in [
        ("access_denied", Error::Denied),
        ("login_required", Error::AuthorizationFailed),
        (
            "server_error&error_description=%3Cscript%3E",
            Error::AuthorizationFailed,
        ),
    ] {
        let fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        let right = fixture.callback().await;
        let state = right.split_once("&state=").unwrap().1;
        // If a callback has both, `error` wins over `code`.
        let refused = fixture
            .session
            .complete_sign_in(&format!("nl.example.app:/callback?code=x&error={error}&state={state}"))
            .await
            .unwrap_err();
        assert_eq!((refused.error, refused.consumed), (expected, true));
        assert_eq!(fixture.stored(), before);
        assert_eq!(
            fixture.session.complete_sign_in(&right).await.unwrap_err().error,
            Error::NoPending
        );
        assert!(is_refreshed(&fixture.session.refresh().await));
    }
}

#[tokio::test]
async fn a_callback_can_be_used_once() {
    let fixture = Fixture::new().await;
    let right = fixture.callback().await;
    fixture.session.complete_sign_in(&right).await.unwrap();
    let again = fixture.session.complete_sign_in(&right).await.unwrap_err();
    assert_eq!((again.error, again.consumed), (Error::NoPending, false));
    assert_eq!(fixture.provider.hits("/token"), 1, "RFC 6749, 4.1.2");
    assert!(is_refreshed(&fixture.session.refresh().await));
}

#[tokio::test]
async fn a_callback_that_is_delivered_twice_at_the_same_time_sends_its_code_once() {
    let fixture = Fixture::new().await;
    let right = fixture.callback().await;
    let outcomes = futures_util::future::join_all((0..8).map(|_| fixture.session.complete_sign_in(&right))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(fixture.provider.hits("/token"), 1, "RFC 6749, 4.1.2");
}

#[tokio::test]
async fn a_sign_in_survives_a_restart_for_ten_minutes() {
    let rows = [
        (590, None),
        (610, Some(Error::PendingExpired)),
        (-590, None),
        (-610, Some(Error::PendingExpired)),
    ];
    for (later, expected) in rows {
        let fixture = Fixture::new().await;
        let right = fixture.callback().await;
        fixture.clock.advance(later);
        let outcome = fixture.restarted().complete_sign_in(&right).await;
        assert_eq!(
            outcome.map(|_| ()).map_err(|refused| refused.error),
            expected.map_or(Ok(()), Err),
            "{later} s"
        );
        assert!(!fixture.pending(), "{later} s");
    }
}

#[tokio::test]
async fn a_new_sign_in_replaces_the_pending_one() {
    let fixture = Fixture::new().await;
    let old = fixture.callback().await;
    let new = fixture.callback().await;
    is_ignored(
        &fixture,
        &fixture.session,
        &old,
        Error::ForeignCallback,
        "the one before",
    )
    .await;
    fixture.session.complete_sign_in(&new).await.unwrap();
}

#[tokio::test]
async fn a_cancelled_sign_in_and_one_of_another_client_accept_no_callback() {
    let mut fixture = Fixture::new().await;
    let right = fixture.callback().await;
    fixture.config.client_id = "another".to_owned();
    assert_eq!(
        fixture.restarted().complete_sign_in(&right).await.unwrap_err().error,
        Error::NoPending
    );
    assert!(fixture.pending());
    fixture.session.cancel_sign_in().await.unwrap();
    assert_eq!(
        fixture.session.complete_sign_in(&right).await.unwrap_err().error,
        Error::NoPending
    );
    fixture.store.put(Slot::Pending, "{");
    let refused = fixture.session.complete_sign_in(&right).await.unwrap_err();
    assert_eq!(
        (refused.error, refused.consumed),
        (Error::Store(session::StoreError::Unreadable), false)
    );
    assert!(fixture.pending(), "nothing is removed by reading it");
    fixture.sign_in().await.unwrap();
}

#[tokio::test]
async fn an_unreachable_provider_leaves_the_sign_in_pending_when_its_callback_comes() {
    let fixture = Fixture::new().await;
    let right = fixture.callback().await;
    fixture.behave(|behaviour| behaviour.canned = vec![(WELL_KNOWN, Canned::Text(503, ""))]);
    let session = fixture.restarted();
    is_ignored(
        &fixture,
        &session,
        &right,
        Error::ServerFault,
        "the metadata cannot be had",
    )
    .await;
    session.complete_sign_in(&right).await.unwrap();
}

#[tokio::test]
async fn the_authorization_request_has_what_the_standards_require() {
    let fixture = Fixture::new().await;
    let (first, second) = (
        fixture.session.begin_sign_in().await.unwrap().url,
        fixture.session.begin_sign_in().await.unwrap().url,
    );
    let field = |url: &url::Url, name: &str| {
        url.query_pairs()
            .find(|(param, _)| param == name)
            .map(|(_, value)| value.into_owned())
            .unwrap()
    };
    assert_eq!(field(&first, "scope"), "openid profile offline_access");
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(
            field(&first, name),
            field(&second, name),
            "{name} is fresh (RFC 9700, 2.1.1)"
        );
        assert_eq!(field(&first, name).len(), 43, "{name} has 256 bits");
    }
    let callback = fixture.provider.authorize(second.as_str()).await;
    fixture.session.complete_sign_in(&callback).await.unwrap();
    let verifier = &fixture.provider.posts("/token")[0]["code_verifier"];
    assert!(
        verifier.len() >= 43 && !second.as_str().contains(verifier),
        "RFC 7636, 4.1"
    );
}

#[tokio::test]
async fn a_fresh_sign_in_asks_the_user_to_authenticate_again() {
    let fixture = Fixture::new().await;
    let prompt = |url: &url::Url| {
        url.query_pairs()
            .find(|(name, _)| name == "prompt")
            .map(|(_, value)| value.into_owned())
    };
    assert_eq!(prompt(&fixture.session.begin_sign_in().await.unwrap().url), None);
    let begun = fixture.session.begin_fresh_sign_in().await.unwrap();
    assert_eq!(prompt(&begun.url).as_deref(), Some("login"));
    let callback = fixture.provider.authorize(begun.url.as_str()).await;
    fixture.session.complete_sign_in(&callback).await.unwrap();
}

#[tokio::test]
async fn a_fragment_behind_a_callback_is_cut_off() {
    for fragment in ["#", "#_=_", "#x", "#?code=y&state=z", "#\n", "##"] {
        let fixture = Fixture::new().await;
        let right = fixture.callback().await;
        fixture
            .session
            .complete_sign_in(&format!("{right}{fragment}"))
            .await
            .unwrap_or_else(|refused| panic!("{fragment:?}: {refused} (RFC 9110, 10.2.2)"));
    }
}
