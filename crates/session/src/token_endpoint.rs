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

/// A successful response (RFC 6749 §5.1) that has been validated, except for the ID token in it.
pub(crate) struct TokenResponse {
    pub access_token: Secret,
    /// Whether `token_type` is `Bearer`, in any case. A session transfer token says `N_A`.
    pub bearer: bool,
    pub issued_token_type: Option<String>,
    pub refresh_token: Option<Secret>,
    pub id_token: ReceivedIdToken,
    /// In whole seconds.
    pub expires_in: Option<u64>,
    /// The response's `Date`, in seconds since 1970.
    pub date: Option<i64>,
}

/// The ID token of a response. A member that cannot be one is no reason to refuse the whole response: that would throw a
/// rotated refresh token away.
pub(crate) enum ReceivedIdToken {
    /// A text that may be an ID token.
    Text(Secret),
    /// The response has none.
    Missing,
    /// The member is no text, is empty, or is too long.
    Invalid,
}

/// Why a request to the token endpoint brought no tokens.
#[derive(Debug)]
pub(crate) enum TokenError {
    /// The request got no response, or none that the protocol knows. Says nothing about the grant.
    NoResponse(NoResponse),
    /// The `error` of an error response (RFC 6749 §5.2, RFC 8628 §3.5). It is the provider's definitive answer.
    OAuth(String),
    /// A 4xx response without an OAuth error: from the provider, or from something between the app and the provider.
    NoReason,
}

/// A request without a usable response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoResponse {
    pub error: Error,
    /// The time that the provider asks to wait.
    pub retry_after: Option<RetryAfter>,
    /// Whether the provider may have done what the request asks: used the code up, or rotated the refresh token.
    pub may_have_acted: bool,
}

impl From<NoResponse> for TokenError {
    fn from(fault: NoResponse) -> Self {
        Self::NoResponse(fault)
    }
}

impl TokenError {
    /// Whether the provider may have done what the request asks, although no usable response came. An OAuth error proves
    /// that it has not, and a 4xx response without a reason is a refusal too.
    pub(crate) fn may_have_acted(&self) -> bool {
        match self {
            Self::NoResponse(fault) => fault.may_have_acted,
            Self::OAuth(_) | Self::NoReason => false,
        }
    }

    /// The error to return for a grant that is not a refresh.
    pub(crate) fn to_error(&self) -> Error {
        match self {
            Self::NoResponse(fault) => fault.error,
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
        Ok(body) => parse_response(&body, date).ok_or(acted(Error::TokenAnswer)),
        Err(_) => Err(acted(Error::NotJson)),
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
    let response = http.send(request).await.map_err(|error| NoResponse {
        error: error.into(),
        retry_after: None,
        may_have_acted: error.may_have_arrived(),
    })?;
    let retry_after = response.retry_after;
    let fault = |error, may_have_acted| {
        TokenError::NoResponse(NoResponse {
            error,
            retry_after,
            may_have_acted,
        })
    };
    match response.status {
        200 => Ok(response),
        300..=399 => Err(TokenError::NoResponse(NoResponse {
            error: Error::Redirect,
            retry_after: None,
            may_have_acted: false,
        })),
        // The provider counts requests before it looks at them.
        429 => Err(fault(Error::Busy, false)),
        // A gateway in front of the provider may write these after the provider has done its work.
        408 | 425 | 500..=599 => Err(fault(Error::ServerFault, true)),
        400..=499 => match oauth_error(&response.body) {
            // `invalid_grant` ends a session, so it counts only with a status that providers give it. A proxy that
            // answers 404 for a host that it does not know must not sign anybody out.
            Some(error) if error != "invalid_grant" || matches!(response.status, 400 | 401 | 403) => {
                Err(TokenError::OAuth(error))
            }
            _ => Err(TokenError::NoReason),
        },
        _ => Err(acted(Error::NotJson)),
    }
}

/// A response that the protocol does not know, and that may come from a provider that has done its work.
fn acted(error: Error) -> TokenError {
    TokenError::NoResponse(NoResponse {
        error,
        retry_after: None,
        may_have_acted: true,
    })
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
        id_token: match text("id_token") {
            Some(Some(token)) => ReceivedIdToken::Text(Secret::new(token)),
            Some(None) => ReceivedIdToken::Missing,
            None => ReceivedIdToken::Invalid,
        },
        expires_in,
        date,
    })
}
