//! The session transfer to the web: a refresh with an `audience`.

use serde_json::json;
use session::{Error, HttpError, TransferOutcome};

use crate::common::provider::Canned;
use crate::common::{Fixture, is_refreshed};

#[tokio::test]
async fn a_transfer_token_has_its_names_and_the_rotated_refresh_token_is_saved() {
    let fixture = Fixture::signed_in().await;
    let TransferOutcome::Token(token) = fixture.session.transfer().await else {
        panic!()
    };
    assert_eq!(
        (token.expires_in, token.cookie.as_str(), token.parameter.as_str()),
        (60, "auth0_session_transfer_token", "session_transfer_token")
    );
    assert!(fixture.provider.secrets().contains(&token.secret.expose().to_owned()));
    assert_eq!(format!("{:?}", token.secret), "[redacted]");
    assert_eq!(
        fixture.provider.posts("/token").last().unwrap()["audience"],
        "urn:127.0.0.1:session_transfer"
    );
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
}

#[tokio::test]
async fn a_provider_that_ignores_the_audience_gives_no_transfer_and_the_rotated_token_is_saved() {
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| behaviour.transfers = false);
    for _ in 0..3 {
        assert_eq!(
            fixture.session.transfer().await,
            TransferOutcome::NoTransfer(Error::NoTransfer)
        );
        assert!(fixture.stored().unwrap().contains(&fixture.provider.newest().unwrap()));
    }
    assert!(is_refreshed(&fixture.refresh_after_restart().await));
}

#[tokio::test]
async fn a_response_with_another_token_type_is_no_transfer() {
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| {
        behaviour.answer =
            |answer| answer["issued_token_type"] = "urn:ietf:params:oauth:token-type:access_token".into();
    });
    assert_eq!(
        fixture.session.transfer().await,
        TransferOutcome::NoTransfer(Error::NoTransfer)
    );
    fixture.behave(|behaviour| {
        behaviour.answer = |answer| drop(answer.as_object_mut().unwrap().remove("issued_token_type"));
    });
    assert!(
        matches!(fixture.session.transfer().await, TransferOutcome::Token(_)),
        "token_type tells as well"
    );
}

#[tokio::test]
async fn any_4xx_but_invalid_grant_gives_no_transfer_and_only_an_oauth_error_is_definitive() {
    let rows: &[(&str, fn() -> Canned, Error)] = &[
        (
            "denied",
            || Canned::Json(403, json!({"error": "access_denied"})),
            Error::NoTransfer,
        ),
        (
            "an unknown audience",
            || Canned::Json(400, json!({"error": "invalid_target"})),
            Error::NoTransfer,
        ),
        (
            "not for this client",
            || Canned::Json(401, json!({"error": "unauthorized_client"})),
            Error::NoTransfer,
        ),
        ("a 400 without a word", || Canned::Text(400, ""), Error::NotJson),
        ("a page", || Canned::Text(403, "<html>Forbidden</html>"), Error::NotJson),
        ("a list", || Canned::Json(400, json!(["error"])), Error::NotJson),
        ("not found", || Canned::Text(404, "no"), Error::NotJson),
        ("not allowed", || Canned::Text(405, "no"), Error::NotJson),
        (
            "too large",
            || Canned::Json(413, json!({"error": "x"})),
            Error::NoTransfer,
        ),
        (
            "unprocessable",
            || Canned::Json(422, json!({"message": "x"})),
            Error::NotJson,
        ),
    ];
    for (reason, canned, expected) in rows {
        let fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        fixture.provider.clear_log();
        fixture.behave(|behaviour| behaviour.canned = vec![("/token", canned())]);
        assert_eq!(
            fixture.session.transfer().await,
            TransferOutcome::NoTransfer(*expected),
            "{reason}"
        );
        assert_eq!(
            (fixture.stored(), fixture.provider.hits("/token")),
            (before, 1),
            "{reason}"
        );
        assert!(is_refreshed(&fixture.session.refresh().await), "{reason}");
    }
}

#[tokio::test]
async fn a_transient_fault_leaves_the_session_and_does_not_rule_out_transfers() {
    let rows: &[(&str, fn() -> Canned, Error)] = &[
        (
            "429",
            || Canned::Json(429, json!({"error": "too_many_requests"})),
            Error::Busy,
        ),
        ("408", || Canned::Text(408, ""), Error::ServerFault),
        ("425", || Canned::Text(425, ""), Error::ServerFault),
        ("500", || Canned::Text(500, ""), Error::ServerFault),
        (
            "503 with a pause",
            || Canned::With(503, vec![("retry-after", "60".to_owned())], ""),
            Error::ServerFault,
        ),
        ("a guest network's page", || Canned::Text(200, "<html>"), Error::NotJson),
        (
            "a guest network's redirect",
            || Canned::With(302, vec![("location", "/portal".to_owned())], ""),
            Error::Redirect,
        ),
    ];
    for (reason, canned, expected) in rows {
        let fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        fixture.behave(|behaviour| behaviour.canned = (0..3).map(|_| ("/token", canned())).collect());
        assert_eq!(
            fixture.session.transfer().await,
            TransferOutcome::Kept(*expected),
            "{reason}"
        );
        assert_eq!(fixture.stored(), before, "{reason}");
    }
}

#[tokio::test]
async fn a_transfer_is_a_refresh_in_all_other_respects() {
    // A lost response within the leeway.
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| behaviour.leeway = true);
    fixture.lose(&[HttpError::Timeout]);
    assert!(matches!(fixture.session.transfer().await, TransferOutcome::Token(_)));
    // Another user.
    let before = fixture.stored();
    fixture.behave(|behaviour| behaviour.claims = |claims| claims["sub"] = "another".into());
    assert_eq!(
        fixture.session.transfer().await,
        TransferOutcome::Kept(Error::OtherPerson)
    );
    assert_eq!(fixture.stored(), before);
    // A definitive answer.
    let fixture = Fixture::signed_in().await;
    fixture.provider.revoke_all();
    assert_eq!(
        fixture.session.transfer().await,
        TransferOutcome::SignedOut(Error::SessionEnded)
    );
    assert_eq!(
        fixture.session.transfer().await,
        TransferOutcome::SignedOut(Error::NoSession)
    );
}
