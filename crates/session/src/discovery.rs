//! The identity server's metadata and keys (OpenID Connect Discovery 1.0, RFC 8414).

use serde_json::{Map, Value};
use url::{Host, Url};

use crate::traits::{Http, Request};
use crate::{Error, json};

/// Metadata and key sets are a few kilobytes; a larger one is an attack.
const LIMIT: usize = 1024 * 1024;

/// The parameters of an authorization request that only the app sets.
const OURS: [&str; 8] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];

/// What the session uses of the metadata.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    pub jwks_uri: Url,
    pub revocation_endpoint: Option<Url>,
    pub end_session_endpoint: Option<Url>,
    pub device_authorization_endpoint: Option<Url>,
    /// The callback carries `iss` (RFC 9207, 3).
    pub announces_iss: bool,
    /// `id_token_signing_alg_values_supported`; empty if it is not announced.
    pub signing_algorithms: Vec<String>,
}

/// An issuer that may be asked at all: https without credentials, query and fragment, or http on loopback where that
/// is allowed.
pub(crate) fn issuer_url(issuer: &str, loopback_http: bool) -> Result<Url, Error> {
    let url = Url::parse(issuer).map_err(|_| Error::IssuerNotAllowed)?;
    let clean =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let sound = match url.scheme() {
        "https" => true,
        "http" => loopback_http && is_loopback(&url),
        _ => false,
    };
    if clean && sound {
        Ok(url)
    } else {
        Err(Error::IssuerNotAllowed)
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// Fetches a JSON object with status 200.
pub(crate) async fn fetch(http: &dyn Http, url: Url) -> Result<Map<String, Value>, Error> {
    let answer = http
        .send(Request {
            url,
            form: None,
            limit: LIMIT,
        })
        .await?;
    match answer.status {
        200 => json::object(&answer.body).ok_or(Error::NotJson),
        300..=399 => Err(Error::Redirect),
        429 => Err(Error::Busy),
        500..=599 => Err(Error::ServerFault),
        _ => Err(Error::Metadata),
    }
}

/// Fetches and checks the metadata of `issuer`.
pub(crate) async fn discover(http: &dyn Http, issuer: &str, loopback_http: bool) -> Result<Metadata, Error> {
    let base = issuer_url(issuer, loopback_http)?;
    let address = format!(
        "{}/.well-known/openid-configuration",
        issuer.strip_suffix('/').unwrap_or(issuer)
    );
    let document = fetch(http, Url::parse(&address).map_err(|_| Error::IssuerNotAllowed)?).await?;
    metadata(&document, issuer, &base)
}

fn metadata(document: &Map<String, Value>, issuer: &str, base: &Url) -> Result<Metadata, Error> {
    // To the letter (Discovery, 4.3): a trailing slash counts.
    if document.get("issuer").and_then(Value::as_str) != Some(issuer) {
        return Err(Error::Metadata);
    }
    let endpoint = |name: &str| -> Result<Option<Url>, Error> {
        match document.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => {
                let url = Url::parse(text).map_err(|_| Error::Metadata)?;
                if same_family(base, &url) {
                    Ok(Some(url))
                } else {
                    Err(Error::EndpointOrigin)
                }
            }
            Some(_) => Err(Error::Metadata),
        }
    };
    let list = |name: &str| -> Result<Option<Vec<String>>, Error> {
        match document.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or(Error::Metadata))
                .collect::<Result<_, _>>()
                .map(Some),
            Some(_) => Err(Error::Metadata),
        }
    };
    let announces_iss = match document.get("authorization_response_iss_parameter_supported") {
        None | Some(Value::Null) => false,
        Some(value) => value.as_bool().ok_or(Error::Metadata)?,
    };
    // RFC 8414, 2: absence says nothing, so S256 is used all the same.
    if list("code_challenge_methods_supported")?.is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
        return Err(Error::NoS256);
    }
    let authorization_endpoint = endpoint("authorization_endpoint")?.ok_or(Error::Metadata)?;
    // A query of its own stays (RFC 6749, 3.1), but no parameter may come twice: which one counts would be a guess.
    if authorization_endpoint
        .query_pairs()
        .any(|(name, _)| OURS.contains(&&*name))
    {
        return Err(Error::Metadata);
    }
    Ok(Metadata {
        authorization_endpoint,
        token_endpoint: endpoint("token_endpoint")?.ok_or(Error::Metadata)?,
        jwks_uri: endpoint("jwks_uri")?.ok_or(Error::Metadata)?,
        revocation_endpoint: endpoint("revocation_endpoint")?,
        end_session_endpoint: endpoint("end_session_endpoint")?,
        device_authorization_endpoint: endpoint("device_authorization_endpoint")?,
        announces_iss,
        signing_algorithms: list("id_token_signing_alg_values_supported")?.unwrap_or_default(),
    })
}

/// An endpoint belongs to the issuer: on http (loopback) the very same origin; on https the same host, or a host of the
/// same registrable domain, at any path. A provider that spreads over several domains is refused: nothing would tell
/// its hosts from a stranger's.
fn same_family(issuer: &Url, endpoint: &Url) -> bool {
    if !endpoint.username().is_empty() || endpoint.password().is_some() || endpoint.fragment().is_some() {
        return false;
    }
    if issuer.origin() == endpoint.origin() {
        return true;
    }
    if issuer.scheme() != "https" || endpoint.scheme() != "https" {
        return false;
    }
    let domain = |url: &Url| match url.host() {
        Some(Host::Domain(name)) => psl::domain_str(name).map(str::to_owned),
        _ => None,
    };
    domain(issuer).is_some_and(|ours| domain(endpoint) == Some(ours))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(issuer: &str, change: &[(&str, Value)]) -> Result<Metadata, Error> {
        let at = issuer.trim_end_matches('/');
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{at}/authorize"),
            "token_endpoint": format!("{at}/oauth/token"),
            "jwks_uri": format!("{at}/jwks"),
        });
        for (key, value) in change {
            document[*key] = value.clone();
        }
        metadata(document.as_object().unwrap(), issuer, &Url::parse(issuer).unwrap())
    }

    #[test]
    fn the_issuer_is_compared_to_the_letter() {
        assert!(read("https://id.example.nl/", &[]).is_ok());
        for other in [
            "https://id.example.nl",
            "https://ID.example.nl/",
            "https://id.example.nl//",
        ] {
            assert_eq!(
                read("https://id.example.nl/", &[("issuer", json!(other))]).unwrap_err(),
                Error::Metadata,
                "{other}"
            );
        }
        assert_eq!(
            read("https://id.example.nl/", &[("issuer", json!(7))]).unwrap_err(),
            Error::Metadata
        );
    }

    #[test]
    fn endpoints_lie_with_the_issuer() {
        for (issuer, endpoint, sound) in [
            ("https://id.example.nl/", "https://login.example.nl/token", true),
            ("https://id.example.nl/", "https://id.example.nl:8443/token", true),
            ("https://id.example.nl/", "http://id.example.nl/token", false),
            ("https://id.example.nl/", "https://example.org/token", false),
            ("https://id.example.nl/", "https://id.example.nl.evil.org/token", false),
            ("https://id.example.nl/", "https://user@id.example.nl/token", false),
            // A public suffix is nobody's family.
            ("https://a.github.io/", "https://b.github.io/token", false),
            ("http://127.0.0.1:4000/", "http://127.0.0.1:4000/t", true),
            ("http://127.0.0.1:4000/", "http://127.0.0.1:4001/t", false),
            ("http://127.0.0.1:4000/", "http://127.0.0.2:4000/t", false),
            ("http://127.0.0.1:4000/", "https://127.0.0.1:4000/t", false),
        ] {
            let outcome = read(issuer, &[("token_endpoint", json!(endpoint))]);
            assert_eq!(outcome.is_ok(), sound, "{issuer} {endpoint}");
        }
    }

    #[test]
    fn s256_is_used_where_nothing_is_announced_and_missed_where_it_is_left_out() {
        assert!(
            read(
                "https://id.example.nl",
                &[("code_challenge_methods_supported", json!(["plain", "S256"]))]
            )
            .is_ok()
        );
        assert_eq!(
            read(
                "https://id.example.nl",
                &[("code_challenge_methods_supported", json!(["plain"]))]
            )
            .unwrap_err(),
            Error::NoS256
        );
    }

    #[test]
    fn http_is_for_loopback_and_only_where_it_is_allowed() {
        for (issuer, allowed, sound) in [
            ("https://id.example.nl/", false, true),
            ("http://127.0.0.1:1/", true, true),
            ("http://[::1]:1/", true, true),
            ("http://localhost:1", true, true),
            ("http://127.0.0.1:1/", false, false),
            ("http://id.example.nl/", true, false),
            ("http://127.0.0.1.evil.org/", true, false),
            ("http://localhost.evil.org/", true, false),
            ("https://u:p@id.example.nl/", true, false),
            ("https://id.example.nl/?x", true, false),
            ("ftp://127.0.0.1/", true, false),
            ("id.example.nl", true, false),
        ] {
            assert_eq!(issuer_url(issuer, allowed).is_ok(), sound, "{issuer}");
        }
    }
}
