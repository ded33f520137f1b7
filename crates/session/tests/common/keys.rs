//! Signing keys for tests only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

/// Which key signs, with which algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// ES256 with the provider's key.
    Es256,
    /// ES256 with an attacker's key, which the provider does not have.
    Attacker,
    /// RS256 with the provider's key.
    Rs256,
    /// RS384 with the provider's key.
    Rs384,
    /// RS256 with a key of 1,024 bits.
    Short,
    /// HS256 with the client id as its secret, which everybody knows.
    Hs256,
    /// HS256 with the provider's public key as its secret, which everybody knows too.
    HsPublic,
    /// No signature.
    None,
}

impl Signer {
    pub fn algorithm(self) -> &'static str {
        match self {
            Self::Es256 | Self::Attacker => "ES256",
            Self::Rs256 | Self::Short => "RS256",
            Self::Rs384 => "RS384",
            Self::Hs256 | Self::HsPublic => "HS256",
            Self::None => "none",
        }
    }

    pub fn kid(self) -> &'static str {
        match self {
            Self::Es256 | Self::Attacker | Self::Hs256 | Self::HsPublic | Self::None => "ec",
            Self::Rs256 | Self::Rs384 => "rsa",
            Self::Short => "short",
        }
    }

    fn signature(self, message: &str) -> String {
        let ec = |pem: &[u8]| (Algorithm::ES256, EncodingKey::from_ec_pem(pem).unwrap());
        let rsa = |pem: &[u8], algorithm| (algorithm, EncodingKey::from_rsa_pem(pem).unwrap());
        let (algorithm, key) = match self {
            Self::Es256 => ec(include_bytes!("keys/ec.pem")),
            Self::Attacker => ec(include_bytes!("keys/ec-other.pem")),
            Self::Rs256 => rsa(include_bytes!("keys/rsa.pem"), Algorithm::RS256),
            Self::Rs384 => rsa(include_bytes!("keys/rsa.pem"), Algorithm::RS384),
            Self::Short => rsa(include_bytes!("keys/rsa-short.pem"), Algorithm::RS256),
            Self::Hs256 => (Algorithm::HS256, EncodingKey::from_secret(super::CLIENT.as_bytes())),
            Self::HsPublic => (
                Algorithm::HS256,
                EncodingKey::from_secret(self.jwk().to_string().as_bytes()),
            ),
            Self::None => return String::new(),
        };
        crypto::sign(message.as_bytes(), &key, algorithm).unwrap()
    }

    /// Signs a token in compact serialization (RFC 7515 §7.1).
    pub fn sign(self, header: &Value, claims: &Value) -> String {
        self.sign_bytes(header.to_string().as_bytes(), claims.to_string().as_bytes())
    }

    /// Like `sign`, for a header and a payload that need not be JSON.
    pub fn sign_bytes(self, header: &[u8], claims: &[u8]) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.signature(&message);
        format!("{message}.{signature}")
    }

    /// The public key (RFC 7517).
    pub fn jwk(self) -> Value {
        let ec = |x, y| json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "ec", "x": x, "y": y});
        match self {
            Self::Attacker => ec(
                "_dC-QJ6H9d7Ga2gBybvXthRWbkKKMEBhfBkv-9FZQcc",
                "pHiyFlb3tIR0HNPYBnVPmBKCIa9yrFdJTqWkxDhxDnI",
            ),
            Self::Rs256 | Self::Rs384 => {
                json!({"kty": "RSA", "use": "sig", "kid": "rsa", "e": "AQAB", "n": "q4BER4C8XOB90BsUx4mC9o9O6fxV8XYK8L0CaRxtgJ3YxKpuJR1i__cEYeF6q3BuDXHxsFY5AgUIrEMoBWErB2ZzAzoE7AxX7z9bJF1oAUB7BtkIINJJZQKFOZH8B5Xn0eVPl-vDgV_czR_aCYAWb8OfBHFol5gtLIzbP78fRF4vvbSpEoLXAdsF6jn95csbUdlyd2Frvb1EOO24jzkUELTPW3NLJH9IndYXUHrxjbTbUrOxBjcN_JakR_AP5QAkmvCjdhJ5mXRbyzNqlPn-3jjhM4pASSdS1gQr8G21Va2IZdRaM_7arvTJXGtBV1dwoFZLKlNVgB-DIBCWbWvQoQ"})
            }
            Self::Short => {
                json!({"kty": "RSA", "use": "sig", "kid": "short", "e": "AQAB", "n": "ujNRmEqoEJKcNS9VpydOw6fn1LnqDq1J75vlwVI8mCStIwpT9EJv1cwCYdptTu_v24Av2eML9x_5CtJpw7Fm7wfpaJoAbks_2aVe7KOFlMghKM1Ujw9xV0mro0uEDTjeH9AlZnBn3YkAS2t9tkzqogvWsqNXgtuKjnZyPbiU0Rk"})
            }
            Self::Es256 | Self::Hs256 | Self::HsPublic | Self::None => ec(
                "UaSIYN2HYL5NZAyspxRfvv90ZGq2bou4-N6BCx7t59U",
                "jg4w9ORU_7DnZs74QQ5F-FQQGOFhA_rfIBj7gn-B0CI",
            ),
        }
    }
}
