//! The ID token: signature and claims (OpenID Connect Core 1.0, 3.1.3.7 and 12.2; RFC 7515; RFC 7519).
//!
//! RS256 and ES256 only. The token's own header never says where a key is: `jku`, `x5u`, `jwk` and `x5c` are not looked
//! at, and a critical header (`crit`) is refused because none is understood.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::JsonWebKey;
use openidconnect::core::{CoreJsonWebKey, CoreJwsSigningAlgorithm};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{Error, IdTokenError, Secret, json};

/// How far two clocks may be apart, in seconds.
pub(crate) const LEEWAY: i64 = 60;
/// No server has more keys that fit one token; a longer list is there to keep us busy.
const MAX_KEYS: usize = 32;
/// The smallest RSA modulus (RFC 7518, 3.3), in bytes.
const MIN_RSA: usize = 256;

/// A token that can be read; nothing is verified yet.
pub(crate) struct Parsed<'a> {
    algorithm: CoreJwsSigningAlgorithm,
    kid: Option<String>,
    signed: &'a [u8],
    signature: Vec<u8>,
    claims: Map<String, Value>,
}

/// What must hold of the claims.
pub(crate) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: Nonce<'a>,
    /// The clocks that may be right, the likeliest first: the token must hold by one of them. None: no clock can be
    /// trusted, and no time is judged.
    pub clocks: &'a [i64],
    pub max_age: Option<u64>,
    pub organization: Option<&'a str>,
    pub access_token: Option<&'a Secret>,
    /// The person and the sign-in that a refresh must be about.
    pub same: Option<Same<'a>>,
}

/// The rule for `nonce`.
pub(crate) enum Nonce<'a> {
    /// It must be there and be this.
    Exactly(&'a str),
    /// It need not be there; if it is, it must be this, if this is known.
    IfPresent(Option<&'a str>),
}

/// Whom a refreshed token must be about (Core, 12.2).
pub(crate) struct Same<'a> {
    pub sub: &'a str,
    pub auth_time: Option<i64>,
}

/// Who signed in.
pub(crate) struct Person {
    pub sub: String,
    pub auth_time: Option<i64>,
}

/// Reads a token in compact serialization.
pub(crate) fn parse(token: &str) -> Result<Parsed<'_>, IdTokenError> {
    let mut sections = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (sections.next(), sections.next(), sections.next(), sections.next())
    else {
        return Err(IdTokenError::Malformed);
    };
    let bytes = |section: &str| URL_SAFE_NO_PAD.decode(section).map_err(|_| IdTokenError::Malformed);
    let header_fields = json::object(&bytes(header)?).ok_or(IdTokenError::Malformed)?;
    let algorithm = match header_fields.get("alg").and_then(Value::as_str) {
        Some("RS256") => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        Some("ES256") => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        _ => return Err(IdTokenError::Algorithm),
    };
    // `b64` means nothing without `crit`, and a nested token (`cty`) is no ID token.
    if ["crit", "b64", "enc", "zip"]
        .iter()
        .any(|name| header_fields.contains_key(*name))
    {
        return Err(IdTokenError::Algorithm);
    }
    // Another kind of token of the same server, signed with the same key (RFC 8725, 3.11; RFC 9068, 2.1).
    let media = header_fields
        .get("typ")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_ascii_lowercase();
    if matches!(
        media.strip_prefix("application/").unwrap_or(&media),
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
    let mut claims = json::object(&bytes(payload)?).ok_or(IdTokenError::Malformed)?;
    // A claim without a value is left out, as in a UserInfo response (Core, 5.3.2); some servers say null instead.
    claims.retain(|_, value| !value.is_null());
    let signed = token
        .as_bytes()
        .get(..header.len() + 1 + payload.len())
        .ok_or(IdTokenError::Malformed)?;
    Ok(Parsed {
        algorithm,
        kid,
        signed,
        signature,
        claims,
    })
}

impl Parsed<'_> {
    /// The algorithm is one that the server announces; an empty list announces nothing.
    pub(crate) fn check_announced(&self, announced: &[String]) -> Result<(), IdTokenError> {
        let name = if self.algorithm == CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256 {
            "RS256"
        } else {
            "ES256"
        };
        let sound = announced.is_empty() || announced.iter().any(|algorithm| algorithm == name);
        sound.then_some(()).ok_or(IdTokenError::Algorithm)
    }

    /// Verifies the signature with the keys of a key set: the one with the token's `kid`, or each where the token
    /// names none. [`IdTokenError::NoKey`] = no key fits, a newer key set may help.
    pub(crate) fn verify(&self, keys: &[Value]) -> Result<(), IdTokenError> {
        let mut outcome = IdTokenError::NoKey;
        let kind = if self.algorithm == CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256 {
            "RSA"
        } else {
            "EC"
        };
        let named = |key: &&Value| self.kid.is_none() || key.get("kid").and_then(Value::as_str) == self.kid.as_deref();
        let fitting = keys
            .iter()
            .filter(|key| key.get("kty").and_then(Value::as_str) == Some(kind))
            .filter(named)
            .filter(|key| is_usable(key));
        for key in fitting.take(MAX_KEYS) {
            let Ok(key) = serde_json::from_value::<CoreJsonWebKey>(key.clone()) else {
                continue;
            };
            match key.verify_signature(&self.algorithm, self.signed, &self.signature) {
                Ok(()) => return Ok(()),
                Err(openidconnect::SignatureVerificationError::InvalidKey(_)) => {}
                Err(_) => outcome = IdTokenError::Signature,
            }
        }
        Err(outcome)
    }

    /// Checks the claims.
    pub(crate) fn check(&self, expected: &Expected<'_>) -> Result<Person, Error> {
        let claims = &self.claims;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(expected.issuer) {
            return Err(IdTokenError::Issuer.into());
        }
        let ours = |value: &Value| value.as_str() == Some(expected.client_id);
        let audience = match claims.get("aud") {
            Some(Value::Array(several)) => !several.is_empty() && several.iter().all(ours),
            Some(one) => ours(one),
            None => false,
        };
        if !audience {
            return Err(IdTokenError::Audience.into());
        }
        if claims.get("azp").is_some_and(|party| !ours(party)) {
            return Err(IdTokenError::AuthorizedParty.into());
        }
        let sub = text("sub")
            .filter(|sub| !sub.is_empty() && sub.len() <= 255)
            .ok_or(IdTokenError::Subject)?;
        let now = self.check_times(expected.clocks)?;
        match (&expected.nonce, claims.get("nonce")) {
            (Nonce::Exactly(nonce), Some(Value::String(given))) if given == nonce => {}
            (Nonce::IfPresent(_), None) => {}
            (Nonce::IfPresent(None), Some(Value::String(_))) => {}
            (Nonce::IfPresent(Some(nonce)), Some(Value::String(given))) if given == nonce => {}
            _ => return Err(IdTokenError::Nonce.into()),
        }
        if let (Some(access_token), Some(hash)) = (expected.access_token, claims.get("at_hash")) {
            // The left half of SHA-256, the hash of both algorithms (Core, 3.1.3.6).
            let digest = Sha256::digest(access_token.expose().as_bytes());
            if hash.as_str() != Some(URL_SAFE_NO_PAD.encode(&digest[..16]).as_str()) {
                return Err(IdTokenError::AccessTokenHash.into());
            }
        }
        if let Some(organization) = expected.organization {
            let matches = if organization.starts_with("org_") {
                text("org_id") == Some(organization)
            } else {
                text("org_name").is_some_and(|name| name.to_lowercase() == organization.to_lowercase())
            };
            if !matches {
                return Err(Error::WrongOrganization);
            }
        }
        let auth_time = self.time("auth_time").map_err(|()| IdTokenError::AuthTime)?;
        if let Some(max_age) = expected.max_age {
            let sound = auth_time.zip(now).is_some_and(|(time, now)| {
                let oldest = now
                    .saturating_sub(i64::try_from(max_age).unwrap_or(i64::MAX))
                    .saturating_sub(LEEWAY);
                (oldest..=now.saturating_add(LEEWAY)).contains(&time)
            });
            if !sound {
                return Err(IdTokenError::AuthTime.into());
            }
        }
        if let Some(same) = &expected.same {
            let moved = matches!((same.auth_time, auth_time), (Some(before), Some(now)) if before != now);
            if same.sub != sub || moved {
                return Err(Error::OtherPerson);
            }
        }
        Ok(Person {
            sub: sub.to_owned(),
            auth_time,
        })
    }

    /// Answers with the clock that the token holds by.
    fn check_times(&self, clocks: &[i64]) -> Result<Option<i64>, IdTokenError> {
        let expires = self.time("exp").ok().flatten().ok_or(IdTokenError::Expired)?;
        let issued = self.time("iat").ok().flatten().ok_or(IdTokenError::IssuedAt)?;
        let starts = self.time("nbf").map_err(|()| IdTokenError::NotBefore)?;
        let fault = |now: i64| {
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
            clocks.iter().find(|now| fault(**now).is_none()),
            clocks.first().and_then(|now| fault(*now)),
        ) {
            (None, Some(fault)) => Err(fault),
            (right, _) => Ok(right.copied()),
        }
    }

    /// A `NumericDate` in whole seconds; an error if it is there and no sensible number.
    fn time(&self, name: &str) -> Result<Option<i64>, ()> {
        match self.claims.get(name) {
            None => Ok(None),
            Some(value) => match (value.as_i64(), value.as_f64()) {
                (Some(whole), _) => Ok(Some(whole)),
                // Whole seconds are all that is compared.
                #[allow(clippy::cast_possible_truncation)]
                (None, Some(fraction)) if fraction.abs() < 1e15 => Ok(Some(fraction.floor() as i64)),
                _ => Err(()),
            },
        }
    }
}

/// A public key of sufficient size that is for verifying (RFC 7517, 4.2 and 4.3). Its `alg` is compared where it is used.
fn is_usable(key: &Value) -> bool {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let verifies = key.get("key_ops").is_none_or(|uses| {
        uses.as_array()
            .is_some_and(|uses| uses.iter().any(|one| one == "verify"))
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
