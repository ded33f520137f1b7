//! The token endpoint's answers (RFC 6749, 5).

use serde_json::{Map, Value};
use url::Url;

use crate::traits::{Form, Http, Request, Response, RetryAfter};
use crate::{Error, Secret, json};

/// Tokens are at most a few kilobytes each.
const LIMIT: usize = 256 * 1024;
const MAX_TOKEN: usize = 64 * 1024;

/// A sound answer.
pub(crate) struct Answer {
    pub access_token: Secret,
    /// `Bearer` in any case; a transfer token says otherwise.
    pub bearer: bool,
    pub issued_token_type: Option<String>,
    pub refresh_token: Option<Secret>,
    pub id_token: Option<Secret>,
    pub expires_in: Option<u64>,
    /// The server's clock.
    pub date: Option<i64>,
}

/// No answer to go on with.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It passes, or the answer was no answer.
    Fault(Error, Option<RetryAfter>),
    /// The server's `error` (RFC 6749, 5.2; RFC 8628, 3.5): definitive.
    Refused(String),
    /// A 4xx that gives no reason: the server's, or that of something in between.
    Unread,
}

impl Failure {
    /// As an error of a grant other than the refresh.
    pub(crate) fn error(&self) -> Error {
        match self {
            Self::Fault(error, _) => *error,
            Self::Unread => Error::NotJson,
            Self::Refused(error) => match error.as_str() {
                "invalid_grant" => Error::CodeRefused,
                "mfa_required" | "interaction_required" | "login_required" | "consent_required" => Error::PersonNeeded,
                _ => Error::ClientRefused,
            },
        }
    }
}

/// Posts a form to the token endpoint, or to another that answers the same way.
pub(crate) async fn post(http: &dyn Http, endpoint: &Url, fields: &[(&str, &str)]) -> Result<Answer, Failure> {
    let answer = send(http, endpoint, fields).await?;
    let date = answer.date;
    match json::object(&answer.body) {
        Some(body) => sound(&body, date).ok_or(Failure::Fault(Error::TokenAnswer, None)),
        None => Err(Failure::Fault(Error::NotJson, None)),
    }
}

/// Posts a form; an answer with status 200, or the failure that it is.
pub(crate) async fn send(http: &dyn Http, endpoint: &Url, fields: &[(&str, &str)]) -> Result<Response, Failure> {
    let request = Request {
        url: endpoint.clone(),
        form: Some(Form::new(fields)),
        limit: LIMIT,
    };
    let answer = http
        .send(request)
        .await
        .map_err(|fault| Failure::Fault(fault.into(), None))?;
    match answer.status {
        200 => Ok(answer),
        300..=399 => Err(Failure::Fault(Error::Redirect, None)),
        429 => Err(Failure::Fault(Error::Busy, answer.retry_after)),
        408 | 425 | 500..=599 => Err(Failure::Fault(Error::ServerFault, answer.retry_after)),
        400..=499 => match json::object(&answer.body).and_then(|body| body.get("error")?.as_str().map(str::to_owned)) {
            // What ends a session is taken only with a status that an identity server gives it.
            Some(error) if error != "invalid_grant" || matches!(answer.status, 400 | 401 | 403) => {
                Err(Failure::Refused(error))
            }
            _ => Err(Failure::Unread),
        },
        _ => Err(Failure::Fault(Error::NotJson, None)),
    }
}

fn sound(body: &Map<String, Value>, date: Option<i64>) -> Option<Answer> {
    if body.get("error").is_some_and(|error| !error.is_null()) {
        return None;
    }
    let text = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(text)) if !text.is_empty() && text.len() <= MAX_TOKEN => Some(Some(text.clone())),
        Some(_) => None,
    };
    let expires_in = match body.get("expires_in") {
        None | Some(Value::Null) => None,
        // Whole seconds are all that counts.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Some(Value::Number(number)) => Some(number.as_u64().or_else(|| {
            number
                .as_f64()
                .filter(|seconds| *seconds >= 0.)
                .map(|seconds| seconds as u64)
        })?),
        Some(Value::String(digits)) => Some(digits.parse().ok()?),
        Some(_) => return None,
    };
    let token_type = text("token_type")??;
    let bearer = token_type.eq_ignore_ascii_case("bearer");
    if !bearer && !token_type.eq_ignore_ascii_case("n_a") {
        return None;
    }
    Some(Answer {
        access_token: Secret::new(text("access_token")??),
        bearer,
        issued_token_type: text("issued_token_type")?,
        refresh_token: text("refresh_token")?.map(Secret::new),
        id_token: text("id_token")?.map(Secret::new),
        expires_in,
        date,
    })
}
