//! The callback: the authorization response in the redirect URI (RFC 6749 §4.1.2, RFC 9207).

use url::Url;

use crate::error::Error;
use crate::secret::Secret;

/// The longest callback, in bytes. Most are a few hundred bytes; the codes of some providers are a few thousand.
const MAX_CALLBACK: usize = 16 * 1024;

/// A parsed callback. Nothing in it has been compared with a sign-in yet.
pub(crate) struct Callback {
    /// Everything before the query, byte for byte.
    base: String,
    params: Vec<(String, String)>,
}

/// What the provider says in a callback that belongs to the pending sign-in.
pub(crate) enum AuthorizationResponse {
    Code(Secret),
    Error(Error),
}

impl Callback {
    /// Parses a callback. Refuses control characters, and a parameter that occurs twice (RFC 6749 §3.1).
    ///
    /// A fragment is cut off before anything is read, so nothing is ever taken from it (RFC 9700 §4.1). It need not come
    /// from the provider: browsers carry the fragment of an earlier page over a redirect that has none (RFC 9110 §10.2.2),
    /// so `#` or `#_=_` may follow a callback that is right.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim_ascii();
        if text.len() > MAX_CALLBACK {
            return Err(Error::MalformedCallback);
        }
        let text = text.split_once('#').map_or(text, |(before, _)| before);
        if text.contains(char::is_control) || Url::parse(text).is_err() {
            return Err(Error::MalformedCallback);
        }
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let params: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let has_duplicate = params
            .iter()
            .enumerate()
            .any(|(at, (name, _))| params.iter().skip(at + 1).any(|(other, _)| other == name));
        if has_duplicate {
            return Err(Error::MalformedCallback);
        }
        Ok(Self {
            base: base.to_owned(),
            params,
        })
    }

    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(param, _)| param == name)
            .map(|(_, value)| value.as_str())
    }

    /// Compares the redirect URI byte for byte. URL parsers normalise, so a parsed comparison would accept look-alikes
    /// (RFC 9700 §4.1.3). If the redirect URI has a query, the callback must repeat its parameters.
    pub(crate) fn matches_redirect_uri(&self, redirect_uri: &str) -> bool {
        let (base, query) = redirect_uri.split_once('?').unwrap_or((redirect_uri, ""));
        self.base == base
            && url::form_urlencoded::parse(query.as_bytes()).all(|(name, value)| self.param(&name) == Some(&*value))
    }

    /// The response. If the callback has both `error` and `code`, `error` wins.
    pub(crate) fn response(&self) -> Result<AuthorizationResponse, Error> {
        match (self.param("error"), self.param("code")) {
            (Some("access_denied"), _) => Ok(AuthorizationResponse::Error(Error::Denied)),
            (Some(error), _) if !error.is_empty() => Ok(AuthorizationResponse::Error(Error::AuthorizationFailed)),
            (None, Some(code)) if !code.is_empty() => Ok(AuthorizationResponse::Code(Secret::new(code.to_owned()))),
            _ => Err(Error::MalformedCallback),
        }
    }
}
