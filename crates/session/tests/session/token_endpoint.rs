//! The responses of the token endpoint (RFC 6749 §5), at sign-in and on a refresh.

use serde_json::{Value, json};
use session::{Error, RefreshOutcome};

use crate::common::provider::{Behaviour, Canned};
use crate::common::{Fixture, is_refreshed};

type Row = (&'static str, fn() -> Canned, Error);

/// Responses with a status that is no error, but that RFC 6749 §5.1 does not allow.
const INVALID_RESPONSES: &[Row] = &[
    (
        "HTML (5.1)",
        || Canned::Text(200, "<html>Welkom op het gastnetwerk</html>"),
        Error::NotJson,
    ),
    ("nothing", || Canned::Text(200, ""), Error::NotJson),
    ("a list", || Canned::Json(200, json!([])), Error::NotJson),
    ("a text", || Canned::Json(200, json!("token")), Error::NotJson),
    ("null", || Canned::Text(200, "null"), Error::NotJson),
    (
        "a member twice (RFC 8259, 4)",
        || {
            Canned::Text(
                200,
                r#"{"access_token":"a","token_type":"Bearer","token_type":"Bearer"}"#,
            )
        },
        Error::NotJson,
    ),
    (
        "half of it",
        || Canned::Text(200, r#"{"access_token":"a""#),
        Error::NotJson,
    ),
    (
        "more behind it",
        || Canned::Text(200, r#"{"access_token":"a","token_type":"Bearer"} {}"#),
        Error::NotJson,
    ),
    (
        "compressed, which was not requested (RFC 9110, 12.5.3)",
        || Canned::With(200, vec![("content-encoding", "gzip".to_owned())], "\u{1f}x\u{8}"),
        Error::NotJson,
    ),
    (
        "an error with status 200 (5.2)",
        || Canned::Json(200, json!({"error": "invalid_grant"})),
        Error::TokenAnswer,
    ),
    (
        "an error beside a token",
        || Canned::Json(200, json!({"error": "x", "access_token": "a", "token_type": "Bearer"})),
        Error::TokenAnswer,
    ),
    (
        "no access token (5.1)",
        || Canned::Json(200, json!({"token_type": "Bearer", "refresh_token": "r"})),
        Error::TokenAnswer,
    ),
    (
        "an empty access token",
        || Canned::Json(200, json!({"token_type": "Bearer", "access_token": ""})),
        Error::TokenAnswer,
    ),
    (
        "no token type (5.1)",
        || Canned::Json(200, json!({"access_token": "a", "refresh_token": "r"})),
        Error::TokenAnswer,
    ),
    (
        "an unknown token type (7.1)",
        || Canned::Json(200, json!({"access_token": "a", "token_type": "mac"})),
        Error::TokenAnswer,
    ),
    (
        "the token type of a session transfer",
        || Canned::Json(200, json!({"access_token": "a", "token_type": "N_A"})),
        Error::TokenAnswer,
    ),
    (
        "an access token that is a number",
        || Canned::Json(200, json!({"access_token": 7, "token_type": "Bearer"})),
        Error::TokenAnswer,
    ),
    (
        "a refresh token that is a list",
        || {
            Canned::Json(
                200,
                json!({"access_token": "a", "token_type": "Bearer", "refresh_token": ["r"]}),
            )
        },
        Error::TokenAnswer,
    ),
    (
        "an ID token that is an object",
        || {
            Canned::Json(
                200,
                json!({"access_token": "a", "token_type": "Bearer", "id_token": {}}),
            )
        },
        Error::TokenAnswer,
    ),
    (
        "a lifetime that is an object",
        || {
            Canned::Json(
                200,
                json!({"access_token": "a", "token_type": "Bearer", "expires_in": {}}),
            )
        },
        Error::TokenAnswer,
    ),
    (
        "a lifetime below nought",
        || {
            Canned::Json(
                200,
                json!({"access_token": "a", "token_type": "Bearer", "expires_in": -1}),
            )
        },
        Error::TokenAnswer,
    ),
    ("too large", || Canned::Padded(256 * 1024), Error::TooLarge),
    ("endless", || Canned::Endless, Error::TooLarge),
    (
        "a redirect, which is not followed (RFC 9700, 4.12)",
        || Canned::With(307, vec![("location", "/token2".to_owned())], ""),
        Error::Redirect,
    ),
    (
        "a redirect elsewhere",
        || Canned::With(302, vec![("location", "http://127.0.0.1:9/".to_owned())], ""),
        Error::Redirect,
    ),
    ("accepted, but not done", || Canned::Text(202, "{}"), Error::NotJson),
];

#[tokio::test]
async fn an_invalid_token_response_signs_nobody_in() {
    for (reason, canned, expected) in INVALID_RESPONSES {
        let fixture = Fixture::new().await;
        fixture.behave(|behaviour| behaviour.canned = vec![("/token", canned())]);
        let refused = fixture.sign_in().await.expect_err(reason);
        assert_eq!((refused.error, refused.consumed), (*expected, true), "{reason}");
        assert_eq!(
            (
                fixture.stored(),
                fixture.provider.hits("/token"),
                fixture.provider.hits("/token2")
            ),
            (None, 1, 0),
            "{reason}: a code is sent once"
        );
    }
}

#[tokio::test]
async fn an_invalid_token_response_to_a_refresh_leaves_the_session_as_it_was() {
    for (reason, canned, expected) in INVALID_RESPONSES {
        let fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        fixture.provider.clear_log();
        fixture.behave(|behaviour| behaviour.canned = vec![("/token", canned())]);
        assert_eq!(
            fixture.session.refresh().await,
            RefreshOutcome::Kept(*expected),
            "{reason}"
        );
        assert_eq!(
            (fixture.stored(), fixture.provider.hits("/token")),
            (before, 1),
            "{reason}: not sent again"
        );
        assert!(
            is_refreshed(&fixture.session.refresh().await),
            "{reason}: the next one works"
        );
    }
}

#[tokio::test]
async fn a_token_response_may_have_every_shape_that_the_standard_allows() {
    let rows: &[(&str, fn(&mut Value))] = &[
        ("the token type in any case (5.1)", |answer| {
            answer["token_type"] = "bEARER".into();
        }),
        ("no lifetime (5.1)", |answer| {
            drop(answer.as_object_mut().unwrap().remove("expires_in"));
        }),
        ("a lifetime in quotes", |answer| answer["expires_in"] = "3600".into()),
        ("a lifetime with a fraction", |answer| answer["expires_in"] = json!(0.5)),
        ("a scope and an unknown member (5.1)", |answer| {
            (answer["scope"], answer["x"]) = ("openid".into(), json!({"a": []}));
        }),
        ("null for what is not there", |answer| {
            (answer["scope"], answer["issued_token_type"]) = (Value::Null, Value::Null);
        }),
    ];
    for (reason, change) in rows {
        let fixture = Fixture::new().await;
        fixture.behave(|behaviour| behaviour.answer = *change);
        fixture.sign_in().await.expect(reason);
        assert!(is_refreshed(&fixture.session.refresh().await), "{reason}");
    }
}

#[tokio::test]
async fn a_refused_code_is_reported_by_kind_and_never_sent_again() {
    for (status, error, expected) in [
        (400, "invalid_grant", Error::CodeRefused),
        (401, "invalid_client", Error::ClientRefused),
        (403, "access_denied", Error::ClientRefused),
        (400, "use_dpop_nonce", Error::ClientRefused),
        (403, "mfa_required", Error::PersonNeeded),
    ] {
        let fixture = Fixture::new().await;
        fixture.behave(|behaviour| behaviour.canned = vec![("/token", Canned::Json(status, json!({"error": error})))]);
        assert_eq!(fixture.sign_in().await.unwrap_err().error, expected, "{error}");
        assert_eq!(fixture.provider.hits("/token"), 1, "{error}");
    }
}

#[tokio::test]
async fn only_invalid_grant_ends_a_session() {
    let kept: &[(&str, fn() -> Canned, Error)] = &[
        (
            "another error",
            || Canned::Json(400, json!({"error": "invalid_request"})),
            Error::ClientRefused,
        ),
        (
            "the client is locked out",
            || Canned::Json(401, json!({"error": "invalid_client"})),
            Error::ClientRefused,
        ),
        (
            "a second factor is wanted",
            || Canned::Json(403, json!({"error": "mfa_required"})),
            Error::PersonNeeded,
        ),
        ("forbidden by a page", || Canned::Text(403, "<html>"), Error::NotJson),
        ("not found", || Canned::Text(404, "no"), Error::NotJson),
        (
            "invalid_grant that is no text",
            || Canned::Json(400, json!({"error": ["invalid_grant"]})),
            Error::NotJson,
        ),
        (
            "invalid_grant in another member",
            || Canned::Json(400, json!({"error_description": "invalid_grant"})),
            Error::NotJson,
        ),
        (
            "invalid_grant where nothing is found",
            || Canned::Json(404, json!({"error": "invalid_grant"})),
            Error::NotJson,
        ),
        (
            "invalid_grant in other letters",
            || Canned::Json(400, json!({"error": "INVALID_GRANT"})),
            Error::ClientRefused,
        ),
    ];
    for (reason, canned, expected) in kept {
        let fixture = Fixture::signed_in().await;
        fixture.provider.clear_log();
        fixture.behave(|behaviour| behaviour.canned = vec![("/token", canned())]);
        assert_eq!(
            fixture.session.refresh().await,
            RefreshOutcome::Kept(*expected),
            "{reason}"
        );
        assert_eq!(
            fixture.provider.hits("/token"),
            1,
            "{reason}: a definitive answer is not retried"
        );
        assert!(is_refreshed(&fixture.session.refresh().await), "{reason}");
    }
    for status in [400, 401, 403] {
        let fixture = Fixture::signed_in().await;
        fixture.provider.clear_log();
        let dead = Canned::Json(
            status,
            json!({"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."}),
        );
        fixture.behave(|behaviour| behaviour.canned = vec![("/token", dead)]);
        assert_eq!(
            fixture.session.refresh().await,
            RefreshOutcome::SignedOut(Error::SessionEnded),
            "{status}"
        );
        assert_eq!(
            (fixture.provider.hits("/token"), fixture.stored()),
            (1, None),
            "{status}"
        );
        assert_eq!(
            fixture.session.refresh().await,
            RefreshOutcome::SignedOut(Error::NoSession),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_transient_fault_is_retried_with_the_same_token_after_a_pause() {
    let rows: &[(&str, fn() -> Canned)] = &[
        ("500", || Canned::Text(500, "")),
        ("503 with invalid_grant in it", || {
            Canned::Json(503, json!({"error": "invalid_grant"}))
        }),
        ("429 without a header", || Canned::Text(429, "")),
        ("429 with invalid_grant in it", || {
            Canned::Json(429, json!({"error": "invalid_grant"}))
        }),
        ("408", || Canned::Text(408, "")),
        ("cut in the middle", || Canned::Cut),
    ];
    for (reason, canned) in rows {
        let fixture = Fixture::signed_in().await;
        fixture.provider.clear_log();
        fixture.behave(|behaviour| behaviour.canned = vec![("/token", canned()), ("/token", canned())]);
        assert!(is_refreshed(&fixture.session.refresh().await), "{reason}");
        let sent = fixture.provider.posts("/token");
        assert_eq!((sent.len(), fixture.clock.slept().len()), (3, 2), "{reason}");
        assert!(
            sent.iter()
                .all(|fields| fields["refresh_token"] == sent[0]["refresh_token"]),
            "{reason}"
        );

        fixture.provider.clear_log();
        fixture.behave(|behaviour| {
            behaviour.canned = vec![
                ("/token", canned()),
                ("/token", canned()),
                ("/token", canned()),
                ("/token", canned()),
            ];
        });
        assert!(
            matches!(
                fixture.session.refresh().await,
                RefreshOutcome::Kept(Error::ServerFault | Error::Busy | Error::Unreachable)
            ),
            "{reason}"
        );
        assert_eq!(fixture.provider.hits("/token"), 3, "{reason}: no storm");
    }
}

#[tokio::test]
async fn retry_after_and_rate_limit_reset_are_honoured() {
    let soon = |behaviour: &mut Behaviour, name, value: String| {
        behaviour.canned = vec![("/token", Canned::With(429, vec![(name, value)], ""))];
    };
    // The refresh waits for a short pause.
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| soon(behaviour, "retry-after", "4".to_owned()));
    assert!(is_refreshed(&fixture.session.refresh().await));
    assert!(fixture.clock.slept()[0].as_secs() >= 4, "{:?}", fixture.clock.slept());
    // A long pause ends the refresh, and nothing is sent until the pause has passed.
    let later = httpdate::fmt_http_date(std::time::SystemTime::now() + std::time::Duration::from_mins(2));
    let reset = (crate::common::real_now() + 120).to_string();
    for (name, value) in [
        ("retry-after", "120".to_owned()),
        ("retry-after", later),
        ("x-ratelimit-reset", reset),
    ] {
        // A device whose clock is years off waits equally long, because the moment is the server's.
        for year in [0, -365 * 86_400, 365 * 86_400] {
            let fixture = Fixture::signed_in().await;
            fixture.clock.advance(year);
            fixture.provider.clear_log();
            fixture.behave(|behaviour| soon(behaviour, name, value.clone()));
            assert_eq!(
                fixture.session.refresh().await,
                RefreshOutcome::Kept(Error::Busy),
                "{name}"
            );
            assert_eq!(
                fixture.session.refresh().await,
                RefreshOutcome::Kept(Error::Busy),
                "{name}"
            );
            assert_eq!(fixture.provider.hits("/token"), 1, "{name} {value} {year}");
            fixture.clock.advance(125);
            assert!(is_refreshed(&fixture.session.refresh().await), "{name} {value} {year}");
        }
    }
    // A header that does not parse counts as missing, and no wait is longer than an hour.
    for value in ["soon", "-5", "+120", "5.5", ""] {
        let fixture = Fixture::signed_in().await;
        fixture.behave(|behaviour| soon(behaviour, "retry-after", value.to_owned()));
        assert!(is_refreshed(&fixture.session.refresh().await), "{value}");
    }
    for (name, value) in [
        ("retry-after", u64::MAX.to_string()),
        ("retry-after", "9".repeat(30)),
        ("x-ratelimit-reset", i64::MAX.to_string()),
    ] {
        let fixture = Fixture::signed_in().await;
        fixture.behave(|behaviour| soon(behaviour, name, value));
        assert_eq!(
            fixture.session.refresh().await,
            RefreshOutcome::Kept(Error::Busy),
            "{name}"
        );
        fixture.clock.advance(3_601);
        assert!(is_refreshed(&fixture.session.refresh().await), "{name}");
    }
    let fixture = Fixture::signed_in().await;
    fixture.behave(|behaviour| soon(behaviour, "x-ratelimit-reset", i64::MIN.to_string()));
    assert!(is_refreshed(&fixture.session.refresh().await));
}
