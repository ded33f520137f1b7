//! Setup links: `https://<claimed host>/groep/setup#…` and `nl.kidskonnect.groep:/setup#…`.
//!
//! The settings are in the fragment, which browsers never send to a server. The fragment of an unsigned link is a query
//! (`tenant=zonnetje&language=nl`) and may hold only keys of [`TrustLevel::Anyone`]. The fragment of a signed link is a
//! compact JWS (RFC 7515) whose only algorithm is Ed25519 (RFC 8037).
//!
//! The reader tells the two apart by their shape, never by a header: a JWS contains no `=`, a query always does.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use error_codes::ErrorCode;
use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

use crate::schema::{self, TrustLevel};
use crate::validate::{Parsed, is_blank, looks_secret, validate};

/// The longest link that is read or written, in bytes.
pub const MAX_LINK: usize = 2_048;
/// The longest lifetime of a signed link, in days.
pub const MAX_LIFETIME_DAYS: i64 = 90;
/// One day, in seconds.
pub const DAY: i64 = 86_400;
/// The app's custom scheme.
pub const SCHEME: &str = "nl.kidskonnect.groep";

/// The `typ` header of a signed link. A token that the same key signed for another purpose has another type.
const TYPE: &str = "konnect-groep-setup";
/// Members of the payload that are not settings.
const CLAIMS: [&str; 2] = ["iat", "exp"];

/// A link that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupLink {
    /// The settings of the link, validated. Keys that this build does not know are left out.
    pub settings: Map<String, Value>,
    /// The id of the key that signed the link; `None` for an unsigned link.
    pub kid: Option<String>,
    /// When a signed link expires, in seconds since 1970.
    pub expires: Option<i64>,
}

/// Why a link was refused. Displays as the code and the key; holds no value of the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError {
    /// What is wrong.
    pub code: ErrorCode,
    /// The key of the setting that is wrong, if a single setting is.
    pub key: Option<String>,
}

impl LinkError {
    fn of(key: &str, code: ErrorCode) -> Self {
        Self {
            code,
            key: Some(key.to_owned()),
        }
    }
}

impl From<ErrorCode> for LinkError {
    fn from(code: ErrorCode) -> Self {
        Self { code, key: None }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{} {key}", self.code.number()),
            None => f.write_str(self.code.number()),
        }
    }
}

impl std::error::Error for LinkError {}

/// A link without its fragment: on the claimed host, or with the custom scheme.
fn base(host: Option<&str>) -> String {
    match host {
        Some(host) => format!("https://{host}/groep/setup"),
        None => format!("{SCHEME}:/setup"),
    }
}

/// Writes an unsigned link to `host`, or with the custom scheme if `host` is `None`. Fails if a setting is invalid or
/// needs more trust, or if the link gets longer than [`MAX_LINK`]. Blank values are left out.
pub fn unsigned_setup_link(host: Option<&str>, settings: &Map<String, Value>) -> Result<String, LinkError> {
    let parsed = parsed(settings, TrustLevel::Anyone)?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &parsed {
        query.append_pair(name, &value.to_text());
    }
    sized(format!("{}#{}", base(host), query.finish().replace('+', "%20")))
}

/// Writes a signed link that expires at `expires`; both times are in seconds since 1970. Fails like
/// [`unsigned_setup_link`], and if the link would live longer than [`MAX_LIFETIME_DAYS`].
pub fn sign_setup_link(
    host: Option<&str>,
    settings: &Map<String, Value>,
    kid: &str,
    key: &SigningKey,
    now: i64,
    expires: i64,
) -> Result<String, LinkError> {
    lifetime(now, expires)?;
    let mut payload = Map::from_iter([("iat".to_owned(), json!(now)), ("exp".to_owned(), json!(expires))]);
    payload.extend(
        parsed(settings, TrustLevel::Signed)?
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_json())),
    );
    let header = json!({ "alg": "EdDSA", "kid": kid, "typ": TYPE });
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(Value::Object(payload).to_string())
    );
    let signature = key.sign(signed.as_bytes());
    sized(format!(
        "{}#{signed}.{}",
        base(host),
        URL_SAFE_NO_PAD.encode(signature.to_bytes())
    ))
}

fn sized(link: String) -> Result<String, LinkError> {
    if link.len() > MAX_LINK {
        Err(ErrorCode::LinkTooLong.into())
    } else {
        Ok(link)
    }
}

fn lifetime(now: i64, expires: i64) -> Result<(), LinkError> {
    match expires.checked_sub(now) {
        Some(left) if left <= 0 => Err(ErrorCode::LinkExpired.into()),
        Some(left) if left <= MAX_LIFETIME_DAYS * DAY => Ok(()),
        _ => Err(ErrorCode::LinkLifetime.into()),
    }
}

/// Reads and verifies a link. `host` is the claimed host of the environment, if it has one; `keys` are the public keys
/// of `provisioning_keys` with their ids; `now` is in seconds since 1970.
///
/// A link is accepted as a whole or refused as a whole. Reading it changes nothing: the caller asks the person first and
/// then adds the settings to [`Sources`](crate::Sources).
pub fn read_setup_link(
    text: &str,
    host: Option<&str>,
    keys: &[(String, [u8; 32])],
    now: i64,
) -> Result<SetupLink, LinkError> {
    if text.len() > MAX_LINK {
        return Err(ErrorCode::LinkTooLong.into());
    }
    let url = Url::parse(text.trim()).map_err(|_| ErrorCode::NotOurLink)?;
    let ours = match url.scheme() {
        SCHEME => url.path() == "/setup" && !url.has_host(),
        "https" => {
            host.is_some()
                && url.host_str() == host
                && url.path() == "/groep/setup"
                && url.port().is_none()
                && url.username().is_empty()
        }
        _ => false,
    };
    if !ours || url.query().is_some() {
        return Err(ErrorCode::NotOurLink.into());
    }
    let fragment = url
        .fragment()
        .filter(|fragment| !fragment.is_empty())
        .ok_or(ErrorCode::LinkBroken)?;
    if fragment.contains('=') {
        read_unsigned(fragment)
    } else {
        read_signed(fragment, keys, now)
    }
}

fn read_unsigned(fragment: &str) -> Result<SetupLink, LinkError> {
    let mut settings = Map::new();
    for (name, value) in form_urlencoded::parse(fragment.as_bytes()) {
        if value.contains('\u{fffd}') {
            return Err(ErrorCode::LinkBroken.into());
        }
        if settings.insert(name.to_string(), Value::from(value.as_ref())).is_some() {
            return Err(LinkError::of(&name, ErrorCode::Duplicate));
        }
    }
    accepted(&settings, TrustLevel::Anyone, None, None)
}

fn read_signed(fragment: &str, keys: &[(String, [u8; 32])], now: i64) -> Result<SetupLink, LinkError> {
    let parts: Vec<&str> = fragment.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err(ErrorCode::LinkBroken.into());
    };
    let head = object(header)?;
    if head.get("alg").and_then(Value::as_str) != Some("EdDSA") || head.contains_key("crit") || head.contains_key("b64")
    {
        return Err(ErrorCode::LinkAlgorithm.into());
    }
    if head.get("typ").and_then(Value::as_str) != Some(TYPE) {
        return Err(ErrorCode::NotOurLink.into());
    }
    let kid = head.get("kid").and_then(Value::as_str).ok_or(ErrorCode::LinkKey)?;
    let (_, key) = keys.iter().find(|(known, _)| known == kid).ok_or(ErrorCode::LinkKey)?;
    let key = VerifyingKey::from_bytes(key).map_err(|_| ErrorCode::LinkKey)?;
    let signature = decode(signature)?;
    let signature = Signature::from_slice(&signature).map_err(|_| ErrorCode::LinkSignature)?;
    let signed = &fragment[..header.len() + 1 + payload.len()];
    key.verify_strict(signed.as_bytes(), &signature)
        .map_err(|_| ErrorCode::LinkSignature)?;
    let mut payload = object(payload)?;
    let expires = payload
        .get("exp")
        .and_then(Value::as_i64)
        .ok_or(ErrorCode::LinkLifetime)?;
    lifetime(now, expires)?;
    for name in CLAIMS {
        payload.remove(name);
    }
    accepted(&payload, TrustLevel::Signed, Some(kid.to_owned()), Some(expires))
}

fn decode(part: &str) -> Result<Vec<u8>, LinkError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| ErrorCode::LinkBroken.into())
}

fn accepted(
    values: &Map<String, Value>,
    trust: TrustLevel,
    kid: Option<String>,
    expires: Option<i64>,
) -> Result<SetupLink, LinkError> {
    let settings: Map<String, Value> = parsed(values, trust)?
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_json()))
        .collect();
    if settings.is_empty() {
        Err(ErrorCode::LinkBroken.into())
    } else {
        Ok(SetupLink { settings, kid, expires })
    }
}

/// Validates every setting, and that a link of this trust level may hold it. Leaves out keys that this build does not
/// know, because the link may be made for a newer app.
fn parsed(values: &Map<String, Value>, trust: TrustLevel) -> Result<Vec<(&'static str, Parsed)>, LinkError> {
    let mut parsed = vec![];
    for (name, value) in values.iter().filter(|(_, value)| !is_blank(value)) {
        if looks_secret(name, value.as_str().unwrap_or_default()) {
            return Err(LinkError::of(name, ErrorCode::Secret));
        }
        let Some(row) = schema::key(name) else { continue };
        if row.required_trust > trust {
            return Err(LinkError::of(
                name,
                if row.required_trust == TrustLevel::Signed {
                    ErrorCode::LinkNeedsSignature
                } else {
                    ErrorCode::NotFromHere
                },
            ));
        }
        parsed.push((
            row.name,
            validate(row, value).map_err(|code| LinkError::of(name, code))?,
        ));
    }
    Ok(parsed)
}

/// Decodes a JSON object and refuses a member that occurs twice, because parsers disagree on which of the two counts.
fn object(part: &str) -> Result<Map<String, Value>, LinkError> {
    strict_json::parse_object(&decode(part)?).map_err(|error| match error {
        strict_json::Error::Duplicate { name, .. } => LinkError::of(&name, ErrorCode::Duplicate),
        strict_json::Error::Syntax { .. } | strict_json::Error::NotAnObject => ErrorCode::LinkBroken.into(),
    })
}
