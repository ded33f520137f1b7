//! The identity provider's metadata and key set (OpenID Connect Discovery 1.0, RFC 8414).

use serde_json::{Map, Value};
use url::{Host, Url};

use crate::error::Error;
use crate::traits::{Http, Request};

/// The largest metadata document or key set, in bytes. Real ones are a few kilobytes.
const MAX_DOCUMENT: usize = 1024 * 1024;

/// The parameters of an authorization request that only the session sets.
const RESERVED_PARAMS: [&str; 8] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];

/// The members of the metadata that the session uses, validated.
///
/// A member that is missing or invalid is an error of its own, which stops only what needs that member: a refresh needs the
/// token endpoint and nothing else.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    pub token_endpoint: Url,
    /// What a sign-in with a browser needs.
    pub authorization: Result<Authorization, Error>,
    pub jwks_uri: Result<Url, Error>,
    /// These three are [`Error::Unsupported`] if the metadata lack them.
    pub revocation_endpoint: Result<Url, Error>,
    pub end_session_endpoint: Result<Url, Error>,
    pub device_authorization_endpoint: Result<Url, Error>,
    /// `id_token_signing_alg_values_supported`; empty if the provider announces none, or no list.
    pub signing_algorithms: Vec<String>,
}

/// The members of the metadata that a sign-in with a browser needs.
#[derive(Clone, Debug)]
pub(crate) struct Authorization {
    pub endpoint: Url,
    /// `authorization_response_iss_parameter_supported`: each callback carries `iss` (RFC 9207 §3).
    pub iss_parameter_supported: bool,
}

/// Accepts an issuer that may be contacted: an https URL without credentials, query and fragment, or the same with http
/// on loopback if `loopback_http` is set.
pub(crate) fn validate_issuer(issuer: &str, loopback_http: bool) -> Result<Url, Error> {
    let url = Url::parse(issuer).map_err(|_| Error::IssuerNotAllowed)?;
    let plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let safe = match url.scheme() {
        "https" => true,
        "http" => loopback_http && is_loopback(&url),
        _ => false,
    };
    if plain && safe {
        Ok(url)
    } else {
        Err(Error::IssuerNotAllowed)
    }
}

/// Whether the host is a loopback address or `localhost`. No name is resolved.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// Fetches a JSON object. A response without status 200 is an error.
pub(crate) async fn fetch_json(http: &dyn Http, url: Url) -> Result<Map<String, Value>, Error> {
    let response = http
        .send(Request {
            url,
            form: None,
            limit: MAX_DOCUMENT,
        })
        .await?;
    match response.status {
        200 => strict_json::parse_object(&response.body).map_err(|_| Error::NotJson),
        300..=399 => Err(Error::Redirect),
        429 => Err(Error::Busy),
        500..=599 => Err(Error::ServerFault),
        _ => Err(Error::Metadata),
    }
}

/// Fetches and validates the metadata of `issuer`.
pub(crate) async fn discover(http: &dyn Http, issuer: &str, loopback_http: bool) -> Result<Metadata, Error> {
    let base = validate_issuer(issuer, loopback_http)?;
    let url = format!(
        "{}/.well-known/openid-configuration",
        issuer.strip_suffix('/').unwrap_or(issuer)
    );
    let document = fetch_json(http, Url::parse(&url).map_err(|_| Error::IssuerNotAllowed)?).await?;
    parse_metadata(&document, issuer, &base)
}

fn parse_metadata(document: &Map<String, Value>, issuer: &str, base: &Url) -> Result<Metadata, Error> {
    // Compares the issuer byte for byte (OpenID Connect Discovery §4.3), so a trailing slash counts.
    if document.get("issuer").and_then(Value::as_str) != Some(issuer) {
        return Err(Error::Metadata);
    }
    let endpoint = |name: &str| -> Result<Option<Url>, Error> {
        match document.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => {
                let url = Url::parse(text).map_err(|_| Error::Metadata)?;
                if belongs_to_issuer(base, &url) {
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
    let required = |name: &str| endpoint(name)?.ok_or(Error::Metadata);
    let optional = |name: &str| endpoint(name)?.ok_or(Error::Unsupported);
    let authorization = || {
        let iss_parameter_supported = match document.get("authorization_response_iss_parameter_supported") {
            None | Some(Value::Null) => false,
            Some(value) => value.as_bool().ok_or(Error::Metadata)?,
        };
        // If the metadata do not mention PKCE, `S256` is used all the same, because a provider need not announce it
        // (RFC 8414 §2).
        let methods = list("code_challenge_methods_supported")?;
        if methods.is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
            return Err(Error::NoS256);
        }
        let endpoint = required("authorization_endpoint")?;
        // The query of the endpoint is kept (RFC 6749 §3.1). If it held a parameter that the session sets, the request
        // would carry that parameter twice, and the provider might use the other value.
        if endpoint
            .query_pairs()
            .any(|(name, _)| RESERVED_PARAMS.contains(&&*name))
        {
            return Err(Error::Metadata);
        }
        Ok(Authorization {
            endpoint,
            iss_parameter_supported,
        })
    };
    Ok(Metadata {
        token_endpoint: required("token_endpoint")?,
        authorization: authorization(),
        jwks_uri: required("jwks_uri"),
        revocation_endpoint: optional("revocation_endpoint"),
        end_session_endpoint: optional("end_session_endpoint"),
        device_authorization_endpoint: optional("device_authorization_endpoint"),
        // The session accepts RS256 and ES256 only, whatever the metadata announce.
        signing_algorithms: list("id_token_signing_alg_values_supported")
            .ok()
            .flatten()
            .unwrap_or_default(),
    })
}

/// Whether an endpoint may belong to the issuer. An http issuer on loopback needs the same origin. An https issuer
/// needs an https endpoint on the same host, or on a host of the same registrable domain, at any port and path.
///
/// A provider that spreads over several registrable domains is refused, because nothing would distinguish its hosts
/// from those of an attacker.
fn belongs_to_issuer(issuer: &Url, endpoint: &Url) -> bool {
    if !endpoint.username().is_empty() || endpoint.password().is_some() || endpoint.fragment().is_some() {
        return false;
    }
    if issuer.origin() == endpoint.origin() {
        return true;
    }
    if issuer.scheme() != "https" || endpoint.scheme() != "https" {
        return false;
    }
    let registrable_domain = |url: &Url| match url.host() {
        Some(Host::Domain(name)) => psl::domain_str(name).map(str::to_owned),
        _ => None,
    };
    registrable_domain(issuer).is_some_and(|domain| registrable_domain(endpoint) == Some(domain))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(issuer: &str, change: &[(&str, Value)]) -> Result<Metadata, Error> {
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
        parse_metadata(document.as_object().unwrap(), issuer, &Url::parse(issuer).unwrap())
    }

    #[test]
    fn the_issuer_is_compared_byte_for_byte() {
        assert!(parse("https://id.example.nl/", &[]).is_ok());
        for other in [
            "https://id.example.nl",
            "https://ID.example.nl/",
            "https://id.example.nl//",
        ] {
            assert_eq!(
                parse("https://id.example.nl/", &[("issuer", json!(other))]).unwrap_err(),
                Error::Metadata,
                "{other}"
            );
        }
        assert_eq!(
            parse("https://id.example.nl/", &[("issuer", json!(7))]).unwrap_err(),
            Error::Metadata
        );
    }

    #[test]
    fn an_endpoint_has_to_lie_on_the_issuers_registrable_domain() {
        for (issuer, endpoint, sound) in [
            ("https://id.example.nl/", "https://login.example.nl/token", true),
            ("https://id.example.nl/", "https://id.example.nl:8443/token", true),
            ("https://id.example.nl/", "http://id.example.nl/token", false),
            ("https://id.example.nl/", "https://example.org/token", false),
            ("https://id.example.nl/", "https://id.example.nl.evil.org/token", false),
            ("https://id.example.nl/", "https://user@id.example.nl/token", false),
            // Below a public suffix, every name is another owner's.
            ("https://a.github.io/", "https://b.github.io/token", false),
            ("http://127.0.0.1:4000/", "http://127.0.0.1:4000/t", true),
            ("http://127.0.0.1:4000/", "http://127.0.0.1:4001/t", false),
            ("http://127.0.0.1:4000/", "http://127.0.0.2:4000/t", false),
            ("http://127.0.0.1:4000/", "https://127.0.0.1:4000/t", false),
        ] {
            let outcome = parse(issuer, &[("token_endpoint", json!(endpoint))]);
            assert_eq!(outcome.is_ok(), sound, "{issuer} {endpoint}");
        }
    }

    #[test]
    fn s256_is_used_unless_the_metadata_announce_other_methods_only() {
        assert!(
            parse(
                "https://id.example.nl",
                &[("code_challenge_methods_supported", json!(["plain", "S256"]))]
            )
            .unwrap()
            .authorization
            .is_ok()
        );
        assert_eq!(
            parse(
                "https://id.example.nl",
                &[("code_challenge_methods_supported", json!(["plain"]))]
            )
            .unwrap()
            .authorization
            .unwrap_err(),
            Error::NoS256
        );
    }

    #[test]
    fn an_http_issuer_is_accepted_on_loopback_only_and_only_if_that_is_allowed() {
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
            assert_eq!(validate_issuer(issuer, allowed).is_ok(), sound, "{issuer}");
        }
    }
}
