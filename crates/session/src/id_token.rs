//! The ID token: its signature and its claims (OpenID Connect Core §3.1.3.7 and §12.2, RFC 7515, RFC 7519).
//!
//! Only RS256 and ES256 are accepted. The key always comes from the provider's key set: the header members `jku`, `x5u`,
//! `jwk` and `x5c` are ignored, because the author of a forged token also writes its header (RFC 8725 §3.10). A token with
//! critical header members (`crit`) is refused, because none is supported (RFC 7515 §4.1.11).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::JsonWebKey;
use openidconnect::core::{CoreJsonWebKey, CoreJwsSigningAlgorithm};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::error::{Error, IdTokenError};
use crate::secret::Secret;

/// How many seconds two clocks may differ.
pub(crate) const LEEWAY: i64 = 60;
/// How many keys are tried for one token. A longer key set would only cost time.
const MAX_KEYS: usize = 32;
/// The smallest RSA modulus, in bytes (RFC 7518 §3.3).
const MIN_RSA: usize = 256;

/// A parsed token. Neither its signature nor its claims have been checked.
pub(crate) struct UnverifiedIdToken<'a> {
    algorithm: CoreJwsSigningAlgorithm,
    kid: Option<String>,
    /// The JWS signing input: header and payload as they were encoded.
    signing_input: &'a [u8],
    signature: Vec<u8>,
    claims: Map<String, Value>,
}

/// What the claims must say.
pub(crate) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: NonceRule<'a>,
    /// The clocks that may be right, the most likely one first. The token must be valid by one of them. If there is
    /// none, no clock can be trusted, and `exp`, `iat` and `nbf` must be there but are not compared.
    pub clocks: &'a [i64],
    pub max_age: Option<u64>,
    pub organization: Option<&'a str>,
    pub access_token: Option<&'a Secret>,
    /// On a refresh: the sign-in that the token must repeat.
    pub original: Option<OriginalSignIn<'a>>,
}

/// The rule for the `nonce` claim.
pub(crate) enum NonceRule<'a> {
    /// The claim must be there and have this value.
    Required(&'a str),
    /// The claim may be missing. If it is there and the expected value is known, it must have that value.
    Optional(Option<&'a str>),
}

/// What a refreshed ID token must repeat (OpenID Connect Core §12.2).
pub(crate) struct OriginalSignIn<'a> {
    pub sub: &'a str,
    pub auth_time: Option<i64>,
}

/// The end-user that the token is about.
pub(crate) struct EndUser {
    pub sub: String,
    pub auth_time: Option<i64>,
    /// `org_id` and `org_name` (Auth0).
    pub org_id: Option<String>,
    pub org_name: Option<String>,
    /// `sid` (OpenID Connect Front-Channel Logout §3), if it is fit for a URL.
    pub sid: Option<String>,
}

/// Whether an organization has this id (`org_…`) or this name, in any case.
pub(crate) fn is_organization(expected: &str, org_id: Option<&str>, org_name: Option<&str>) -> bool {
    if expected.starts_with("org_") {
        org_id == Some(expected)
    } else {
        org_name.is_some_and(|name| name.to_lowercase() == expected.to_lowercase())
    }
}

/// Parses a token in compact serialization (RFC 7515 §7.1).
pub(crate) fn parse(token: &str) -> Result<UnverifiedIdToken<'_>, IdTokenError> {
    let mut sections = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (sections.next(), sections.next(), sections.next(), sections.next())
    else {
        return Err(IdTokenError::Malformed);
    };
    let bytes = |section: &str| URL_SAFE_NO_PAD.decode(section).map_err(|_| IdTokenError::Malformed);
    let header_fields = strict_json::parse_object(&bytes(header)?).map_err(|_| IdTokenError::Malformed)?;
    let algorithm = match header_fields.get("alg").and_then(Value::as_str) {
        Some("RS256") => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        Some("ES256") => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        _ => return Err(IdTokenError::Algorithm),
    };
    // Each of these asks for processing that this parser does not do. `b64` is refused although it means nothing
    // without `crit` (RFC 7797 §6), so that no other reader can disagree about the payload.
    if ["crit", "b64", "enc", "zip"]
        .iter()
        .any(|name| header_fields.contains_key(*name))
    {
        return Err(IdTokenError::Algorithm);
    }
    // An access token or logout token of the same provider is signed with the same key, and must not pass as an ID
    // token (RFC 8725 §3.11, RFC 9068 §2.1).
    let media_type = header_fields
        .get("typ")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_ascii_lowercase();
    if matches!(
        media_type.strip_prefix("application/").unwrap_or(&media_type),
        "at+jwt" | "logout+jwt"
    ) {
        return Err(IdTokenError::Malformed);
    }
    let kid = match header_fields.get("kid") {
        None => None,
        Some(Value::String(kid)) => Some(kid.clone()),
        Some(_) => return Err(IdTokenError::Malformed),
    };
    let signature = bytes(signature)?;
    if signature.is_empty() {
        return Err(IdTokenError::Signature);
    }
    let mut claims = strict_json::parse_object(&bytes(payload)?).map_err(|_| IdTokenError::Malformed)?;
    // Some providers write `null` for a claim without a value, which should be missing (OpenID Connect Core §5.3.2).
    claims.retain(|_, value| !value.is_null());
    let signing_input = token
        .as_bytes()
        .get(..header.len() + 1 + payload.len())
        .ok_or(IdTokenError::Malformed)?;
    Ok(UnverifiedIdToken {
        algorithm,
        kid,
        signing_input,
        signature,
        claims,
    })
}

impl UnverifiedIdToken<'_> {
    /// Checks that the provider announces the token's algorithm. An empty list announces nothing and forbids nothing.
    pub(crate) fn check_algorithm_announced(&self, announced: &[String]) -> Result<(), IdTokenError> {
        let name = if self.algorithm == CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256 {
            "RS256"
        } else {
            "ES256"
        };
        let allowed = announced.is_empty() || announced.iter().any(|algorithm| algorithm == name);
        allowed.then_some(()).ok_or(IdTokenError::Algorithm)
    }

    /// Verifies the signature with the keys that fit: those with the token's `kid`, or all if the token has none.
    ///
    /// [`IdTokenError::NoKey`] means that no key fits, so a newer key set may help. [`IdTokenError::Signature`] means
    /// that a key fits and the signature is wrong.
    pub(crate) fn verify_signature(&self, keys: &[Value]) -> Result<(), IdTokenError> {
        let mut error = IdTokenError::NoKey;
        let key_type = if self.algorithm == CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256 {
            "RSA"
        } else {
            "EC"
        };
        let named = |key: &&Value| self.kid.is_none() || key.get("kid").and_then(Value::as_str) == self.kid.as_deref();
        let fitting = keys
            .iter()
            .filter(|key| key.get("kty").and_then(Value::as_str) == Some(key_type))
            .filter(named)
            .filter(|key| is_usable(key));
        for key in fitting.take(MAX_KEYS) {
            let Ok(key) = serde_json::from_value::<CoreJsonWebKey>(key.clone()) else {
                continue;
            };
            match key.verify_signature(&self.algorithm, self.signing_input, &self.signature) {
                Ok(()) => return Ok(()),
                Err(openidconnect::SignatureVerificationError::InvalidKey(_)) => {}
                Err(_) => error = IdTokenError::Signature,
            }
        }
        Err(error)
    }

    /// Checks the claims and returns the end-user. Says nothing about the signature.
    pub(crate) fn check_claims(&self, expected: &Expected<'_>) -> Result<EndUser, Error> {
        let claims = &self.claims;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(expected.issuer) {
            return Err(IdTokenError::Issuer.into());
        }
        let is_client_id = |value: &Value| value.as_str() == Some(expected.client_id);
        let audience = match claims.get("aud") {
            Some(Value::Array(several)) => !several.is_empty() && several.iter().all(is_client_id),
            Some(single) => is_client_id(single),
            None => false,
        };
        let sub = text("sub")
            .filter(|sub| !sub.is_empty() && sub.len() <= 255)
            .ok_or(IdTokenError::Subject)?;
        // Before any other claim, because a token of another user must not pass as a token with a lesser fault.
        if expected.original.as_ref().is_some_and(|original| original.sub != sub) {
            return Err(Error::OtherPerson);
        }
        if !audience {
            return Err(IdTokenError::Audience.into());
        }
        if claims.get("azp").is_some_and(|party| !is_client_id(party)) {
            return Err(IdTokenError::AuthorizedParty.into());
        }
        let now = self.check_times(expected.clocks)?;
        match (&expected.nonce, claims.get("nonce")) {
            (NonceRule::Required(nonce), Some(Value::String(claim))) if claim == nonce => {}
            (NonceRule::Optional(_), None) => {}
            (NonceRule::Optional(None), Some(Value::String(_))) => {}
            (NonceRule::Optional(Some(nonce)), Some(Value::String(claim))) if claim == nonce => {}
            _ => return Err(IdTokenError::Nonce.into()),
        }
        if let (Some(access_token), Some(hash)) = (expected.access_token, claims.get("at_hash")) {
            // The left half of the SHA-256 hash, which both algorithms use (OpenID Connect Core §3.1.3.6).
            let digest = Sha256::digest(access_token.expose().as_bytes());
            if hash.as_str() != Some(URL_SAFE_NO_PAD.encode(&digest[..16]).as_str()) {
                return Err(IdTokenError::AccessTokenHash.into());
            }
        }
        if let Some(organization) = expected.organization
            && !is_organization(organization, text("org_id"), text("org_name"))
        {
            return Err(Error::WrongOrganization);
        }
        let auth_time = self.time("auth_time").map_err(|()| IdTokenError::AuthTime)?;
        if let Some(max_age) = expected.max_age {
            let recent = auth_time.zip(now).is_some_and(|(time, now)| {
                let oldest = now
                    .saturating_sub(i64::try_from(max_age).unwrap_or(i64::MAX))
                    .saturating_sub(LEEWAY);
                (oldest..=now.saturating_add(LEEWAY)).contains(&time)
            });
            if !recent {
                return Err(IdTokenError::AuthTime.into());
            }
        }
        let original_auth_time = expected.original.as_ref().and_then(|original| original.auth_time);
        if matches!((original_auth_time, auth_time), (Some(before), Some(now)) if before != now) {
            return Err(IdTokenError::AuthTime.into());
        }
        let owned = |name: &str| text(name).map(str::to_owned);
        Ok(EndUser {
            sub: sub.to_owned(),
            auth_time,
            org_id: owned("org_id"),
            org_name: owned("org_name"),
            sid: owned("sid").filter(|sid| (1..=255).contains(&sid.len()) && !sid.contains(char::is_control)),
        })
    }

    /// Whether the token says to which organization its user belongs.
    pub(crate) fn names_organization(&self) -> bool {
        self.claims.contains_key("org_id") || self.claims.contains_key("org_name")
    }

    /// Returns the clock by which the token is valid, or `None` if there is no clock to judge it by.
    fn check_times(&self, clocks: &[i64]) -> Result<Option<i64>, IdTokenError> {
        let expires = self.time("exp").ok().flatten().ok_or(IdTokenError::Expired)?;
        let issued = self.time("iat").ok().flatten().ok_or(IdTokenError::IssuedAt)?;
        let starts = self.time("nbf").map_err(|()| IdTokenError::NotBefore)?;
        let error_at = |now: i64| {
            let soon = now.saturating_add(LEEWAY);
            if now >= expires.saturating_add(LEEWAY) {
                Some(IdTokenError::Expired)
            } else if issued > soon {
                Some(IdTokenError::IssuedAt)
            } else {
                starts.filter(|starts| *starts > soon).map(|_| IdTokenError::NotBefore)
            }
        };
        match (
            clocks.iter().find(|now| error_at(**now).is_none()),
            clocks.first().and_then(|now| error_at(*now)),
        ) {
            (None, Some(error)) => Err(error),
            (valid_at, _) => Ok(valid_at.copied()),
        }
    }

    /// A `NumericDate` claim in whole seconds (RFC 7519 §2). `Err` if the claim is not a number, or out of range.
    fn time(&self, name: &str) -> Result<Option<i64>, ()> {
        match self.claims.get(name) {
            None => Ok(None),
            Some(value) => match (value.as_i64(), value.as_f64()) {
                (Some(whole), _) => Ok(Some(whole)),
                // Only whole seconds are compared.
                #[allow(clippy::cast_possible_truncation)]
                (None, Some(fraction)) if fraction.abs() < 1e15 => Ok(Some(fraction.floor() as i64)),
                _ => Err(()),
            },
        }
    }
}

/// Whether a key is large enough and meant for verifying (RFC 7517 §4.2 and §4.3). The library compares the key's `alg`
/// when it verifies.
fn is_usable(key: &Value) -> bool {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let verifies = key.get("key_ops").is_none_or(|uses| {
        uses.as_array()
            .is_some_and(|uses| uses.iter().any(|operation| operation == "verify"))
    });
    if !verifies || key.get("use").is_some_and(|usage| usage != "sig") {
        return false;
    }
    match text("kty") {
        Some("RSA") => text("n")
            .and_then(|n| URL_SAFE_NO_PAD.decode(n.trim_end_matches('=')).ok())
            .is_some_and(|n| n.iter().skip_while(|byte| **byte == 0).count() >= MIN_RSA),
        Some("EC") => text("crv") == Some("P-256"),
        _ => false,
    }
}
