//! The session transfer to the web: a refresh with an `audience`.

use serde_json::json;
use session::{Error, HttpError, RefreshOutcome, TransferOutcome};

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
async fn a_provider_that_does_not_transfer_for_this_client_is_told_apart_from_one_that_gives_no_reason() {
    let rows: &[(&str, fn() -> Canned, Error)] = &[
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
        (
            "a scope that is unknown",
            || Canned::Json(400, json!({"error": "invalid_scope"})),
            Error::NoTransfer,
        ),
        (
            "a grant that is unknown",
            || Canned::Json(400, json!({"error": "unsupported_grant_type"})),
            Error::NoTransfer,
        ),
        ("a 400 without a word", || Canned::Text(400, ""), Error::NotJson),
        ("a page", || Canned::Text(403, "<html>Forbidden</html>"), Error::NotJson),
        ("a list", || Canned::Json(400, json!(["error"])), Error::NotJson),
        ("not found", || Canned::Text(404, "no"), Error::NotJson),
        ("not allowed", || Canned::Text(405, "no"), Error::NotJson),
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
async fn a_refusal_that_may_pass_rules_out_no_transfer_and_ends_no_session() {
    for (status, error, expected) in [
        (403, "access_denied", Error::Denied),
        (403, "mfa_required", Error::PersonNeeded),
        (400, "interaction_required", Error::PersonNeeded),
        (400, "login_required", Error::PersonNeeded),
        (400, "consent_required", Error::PersonNeeded),
        (400, "temporarily_unavailable", Error::ServerFault),
        (400, "server_error", Error::ServerFault),
        (401, "too_many_attempts", Error::Busy),
        (400, "slow_down", Error::Busy),
        (400, "invalid_request", Error::ClientRefused),
        (401, "invalid_client", Error::ClientRefused),
        (413, "x", Error::ClientRefused),
    ] {
        let fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        for _ in 0..2 {
            let refusal = Canned::Json(status, json!({"error": error}));
            fixture.behave(|behaviour| behaviour.canned = vec![("/token", refusal)]);
            assert_eq!(
                fixture.session.transfer().await,
                TransferOutcome::Kept(expected),
                "{error}"
            );
        }
        let refusal = Canned::Json(status, json!({"error": error}));
        fixture.behave(|behaviour| behaviour.canned = vec![("/token", refusal)]);
        assert_eq!(
            fixture.session.refresh().await,
            RefreshOutcome::Kept(expected),
            "{error}"
        );
        assert_eq!(fixture.stored(), before, "{error}");
        assert!(
            matches!(fixture.session.transfer().await, TransferOutcome::Token(_)),
            "{error}: the next one works"
        );
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_the_value_of_a_cookie_is_no_transfer_token() {
    for character in ["\u{0}", "\n", "\r", "\u{7f}", " ", "\"", ",", ";", "\\", "é", "\t"] {
        let fixture = Fixture::signed_in().await;
        let answer = json!({
            "access_token": format!("token{character}x=1"), "token_type": "N_A", "refresh_token": "next",
            "issued_token_type": "urn:auth0:params:oauth:token-type:session_transfer_token",
        });
        fixture.behave(|behaviour| behaviour.canned = vec![("/token", Canned::Json(200, answer))]);
        assert_eq!(
            fixture.session.transfer().await,
            TransferOutcome::NoTransfer(Error::TokenAnswer),
            "{character:?}"
        );
        assert!(fixture.stored().unwrap().contains("next"), "{character:?}");
    }
    let fixture = Fixture::signed_in().await;
    let octets: String = (0x21_u8..=0x7e)
        .map(char::from)
        .filter(|c| !"\",;\\".contains(*c))
        .collect();
    let answer = json!({"access_token": octets, "token_type": "N_A"});
    fixture.behave(|behaviour| behaviour.canned = vec![("/token", Canned::Json(200, answer))]);
    let TransferOutcome::Token(token) = fixture.session.transfer().await else {
        panic!("RFC 6265, 4.1.1")
    };
    assert_eq!(token.secret.expose(), octets);
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
