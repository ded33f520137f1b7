//! Requests to the token endpoint, and its responses (RFC 6749 §5). The device authorization endpoint and the
//! revocation endpoint report errors in the same way.

use serde_json::{Map, Value};
use url::Url;

use crate::error::Error;
use crate::secret::Secret;
use crate::traits::{Form, Http, Request, Response, RetryAfter};

/// The largest response, in bytes. Tokens are a few kilobytes each.
const MAX_RESPONSE: usize = 256 * 1024;
/// The longest token, in bytes.
const MAX_TOKEN: usize = 64 * 1024;

/// A successful response (RFC 6749 §5.1) that has been validated. The ID token in it has not.
pub(crate) struct TokenResponse {
    pub access_token: Secret,
    /// Whether `token_type` is `Bearer`, in any case. A session transfer token says `N_A`.
    pub bearer: bool,
    pub issued_token_type: Option<String>,
    pub refresh_token: Option<Secret>,
    pub id_token: Option<Secret>,
    /// In whole seconds.
    pub expires_in: Option<u64>,
    /// The response's `Date`, in seconds since 1970.
    pub date: Option<i64>,
}

/// Why a request to the token endpoint brought no tokens.
#[derive(Debug)]
pub(crate) enum TokenError {
    /// The request got no response, or none that the protocol knows. Says nothing about the grant. The second value is
    /// the time that the provider asks to wait.
    NoResponse(Error, Option<RetryAfter>),
    /// The `error` of an error response (RFC 6749 §5.2, RFC 8628 §3.5). It is the provider's definitive answer.
    OAuth(String),
    /// A 4xx response without an OAuth error: from the provider, or from something between the app and the provider.
    NoReason,
}

impl TokenError {
    /// The error to return for a grant that is not a refresh.
    pub(crate) fn to_error(&self) -> Error {
        match self {
            Self::NoResponse(error, _) => *error,
            Self::NoReason => Error::NotJson,
            Self::OAuth(error) => match error.as_str() {
                "invalid_grant" => Error::CodeRefused,
                "mfa_required" | "interaction_required" | "login_required" | "consent_required" => Error::PersonNeeded,
                _ => Error::ClientRefused,
            },
        }
    }
}

/// Posts a form to the token endpoint and validates the response.
pub(crate) async fn request_token(
    http: &dyn Http,
    endpoint: &Url,
    fields: &[(&str, &str)],
) -> Result<TokenResponse, TokenError> {
    let response = post_form(http, endpoint, fields).await?;
    let date = response.date;
    match strict_json::parse_object(&response.body) {
        Ok(body) => parse_response(&body, date).ok_or(TokenError::NoResponse(Error::TokenAnswer, None)),
        Err(_) => Err(TokenError::NoResponse(Error::NotJson, None)),
    }
}

/// Posts a form and returns the response if its status is 200. Does not read the body of such a response.
pub(crate) async fn post_form(
    http: &dyn Http,
    endpoint: &Url,
    fields: &[(&str, &str)],
) -> Result<Response, TokenError> {
    let request = Request {
        url: endpoint.clone(),
        form: Some(Form::new(fields)),
        limit: MAX_RESPONSE,
    };
    let response = http
        .send(request)
        .await
        .map_err(|error| TokenError::NoResponse(error.into(), None))?;
    match response.status {
        200 => Ok(response),
        300..=399 => Err(TokenError::NoResponse(Error::Redirect, None)),
        429 => Err(TokenError::NoResponse(Error::Busy, response.retry_after)),
        408 | 425 | 500..=599 => Err(TokenError::NoResponse(Error::ServerFault, response.retry_after)),
        400..=499 => match oauth_error(&response.body) {
            // `invalid_grant` ends a session, so it counts only with a status that providers give it. A proxy that
            // answers 404 for a host that it does not know must not sign anybody out.
            Some(error) if error != "invalid_grant" || matches!(response.status, 400 | 401 | 403) => {
                Err(TokenError::OAuth(error))
            }
            _ => Err(TokenError::NoReason),
        },
        _ => Err(TokenError::NoResponse(Error::NotJson, None)),
    }
}

fn oauth_error(body: &[u8]) -> Option<String> {
    let body = strict_json::parse_object(body).ok()?;
    Some(body.get("error")?.as_str()?.to_owned())
}

/// Validates the members of a response. `null` counts as a missing member.
fn parse_response(body: &Map<String, Value>, date: Option<i64>) -> Option<TokenResponse> {
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
        // Only whole seconds matter.
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
    Some(TokenResponse {
        access_token: Secret::new(text("access_token")??),
        bearer,
        issued_token_type: text("issued_token_type")?,
        refresh_token: text("refresh_token")?.map(Secret::new),
        id_token: text("id_token")?.map(Secret::new),
        expires_in,
        date,
    })
}
