//! Set-up links: `https://<claimed host>/groep/setup#…` and `nl.kidskonnect.groep:/setup#…`.
//!
//! The fragment never reaches a server. Unsigned it is a query (`tenant=zonnetje&language=nl`) that chooses among what
//! is built in; signed it is a compact JWS (RFC 7515) whose only algorithm is Ed25519 (RFC 8037). What a fragment is,
//! is told by its shape, never by a header: a JWS has no `=`, and a query always has one.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

use crate::check::{Sound, check, is_blank, looks_secret};
use crate::code::Code;
use crate::table::{self, From};

/// The longest link, in bytes.
pub const MAX_LINK: usize = 2_048;
/// The longest life of a signed link.
pub const MAX_LIFETIME_DAYS: i64 = 90;
/// A day in seconds.
pub const DAY: i64 = 86_400;
/// The app's own scheme.
pub const SCHEME: &str = "nl.kidskonnect.groep";

/// What the header of a signed link must say: another app's token is no link of ours.
const TYPE: &str = "konnect-groep-setup";
/// Where the settings stand among the payload's members.
const RESERVED: [&str; 2] = ["iat", "exp"];

/// A link that may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The settings in it, each of them sound.
    pub settings: Map<String, Value>,
    /// The key that signed it.
    pub kid: Option<String>,
    /// When a signed link ends, in seconds since 1970.
    pub expires: Option<i64>,
}

/// Why a link is refused, and which key is at fault, if it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFault {
    /// What is wrong.
    pub code: Code,
    /// The key.
    pub key: Option<String>,
}

impl LinkFault {
    fn of(key: &str, code: Code) -> Self {
        Self {
            code,
            key: Some(key.to_owned()),
        }
    }
}

impl std::convert::From<Code> for LinkFault {
    fn from(code: Code) -> Self {
        Self { code, key: None }
    }
}

impl fmt::Display for LinkFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{} {key}", self.code.number()),
            None => f.write_str(self.code.number()),
        }
    }
}

impl std::error::Error for LinkFault {}

/// Where a link leads: the claimed host, or the app's own scheme.
fn base(host: Option<&str>) -> String {
    match host {
        Some(host) => format!("https://{host}/groep/setup"),
        None => format!("{SCHEME}:/setup"),
    }
}

/// Writes an unsigned link.
pub fn unsigned_link(host: Option<&str>, settings: &Map<String, Value>) -> Result<String, LinkFault> {
    let sound = sound(settings, From::Anybody)?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &sound {
        query.append_pair(name, &value.to_text());
    }
    sized(format!("{}#{}", base(host), query.finish().replace('+', "%20")))
}

/// Signs a link that ends at `expires`; both times in seconds since 1970.
pub fn sign_link(
    host: Option<&str>,
    settings: &Map<String, Value>,
    kid: &str,
    key: &SigningKey,
    now: i64,
    expires: i64,
) -> Result<String, LinkFault> {
    lifetime(now, expires)?;
    let mut payload = Map::from_iter([("iat".to_owned(), json!(now)), ("exp".to_owned(), json!(expires))]);
    payload.extend(
        sound(settings, From::Signed)?
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

fn sized(link: String) -> Result<String, LinkFault> {
    if link.len() > MAX_LINK {
        Err(Code::LinkTooLong.into())
    } else {
        Ok(link)
    }
}

fn lifetime(now: i64, expires: i64) -> Result<(), LinkFault> {
    match expires.checked_sub(now) {
        Some(left) if left <= 0 => Err(Code::LinkExpired.into()),
        Some(left) if left <= MAX_LIFETIME_DAYS * DAY => Ok(()),
        _ => Err(Code::LinkLifetime.into()),
    }
}

/// Reads a link. `host` is the claimed host, if there is one; `keys` are the known public keys by their ids; `now` is in
/// seconds since 1970. Nothing of a refused link is used.
pub fn read_link(text: &str, host: Option<&str>, keys: &[(String, [u8; 32])], now: i64) -> Result<Link, LinkFault> {
    if text.len() > MAX_LINK {
        return Err(Code::LinkTooLong.into());
    }
    let url = Url::parse(text.trim()).map_err(|_| Code::NotOurLink)?;
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
        return Err(Code::NotOurLink.into());
    }
    let fragment = url
        .fragment()
        .filter(|fragment| !fragment.is_empty())
        .ok_or(Code::LinkBroken)?;
    if fragment.contains('=') {
        read_unsigned(fragment)
    } else {
        read_signed(fragment, keys, now)
    }
}

fn read_unsigned(fragment: &str) -> Result<Link, LinkFault> {
    let mut settings = Map::new();
    for (name, value) in form_urlencoded::parse(fragment.as_bytes()) {
        if value.contains('\u{fffd}') {
            return Err(Code::LinkBroken.into());
        }
        if settings.insert(name.to_string(), Value::from(value.as_ref())).is_some() {
            return Err(LinkFault::of(&name, Code::Duplicate));
        }
    }
    accepted(&settings, From::Anybody, None, None)
}

fn read_signed(fragment: &str, keys: &[(String, [u8; 32])], now: i64) -> Result<Link, LinkFault> {
    let parts: Vec<&str> = fragment.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err(Code::LinkBroken.into());
    };
    let head = object(header)?;
    if head.get("alg").and_then(Value::as_str) != Some("EdDSA") || head.contains_key("crit") || head.contains_key("b64")
    {
        return Err(Code::LinkAlgorithm.into());
    }
    if head.get("typ").and_then(Value::as_str) != Some(TYPE) {
        return Err(Code::NotOurLink.into());
    }
    let kid = head.get("kid").and_then(Value::as_str).ok_or(Code::LinkKey)?;
    let (_, key) = keys.iter().find(|(known, _)| known == kid).ok_or(Code::LinkKey)?;
    let key = VerifyingKey::from_bytes(key).map_err(|_| Code::LinkKey)?;
    let signature = decode(signature)?;
    let signature = Signature::from_slice(&signature).map_err(|_| Code::LinkSignature)?;
    let signed = &fragment[..header.len() + 1 + payload.len()];
    key.verify_strict(signed.as_bytes(), &signature)
        .map_err(|_| Code::LinkSignature)?;
    let mut payload = object(payload)?;
    let expires = payload.get("exp").and_then(Value::as_i64).ok_or(Code::LinkLifetime)?;
    lifetime(now, expires)?;
    for name in RESERVED {
        payload.remove(name);
    }
    accepted(&payload, From::Signed, Some(kid.to_owned()), Some(expires))
}

fn decode(part: &str) -> Result<Vec<u8>, LinkFault> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Code::LinkBroken.into())
}

fn accepted(
    given: &Map<String, Value>,
    from: From,
    kid: Option<String>,
    expires: Option<i64>,
) -> Result<Link, LinkFault> {
    let settings: Map<String, Value> = sound(given, from)?
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_json()))
        .collect();
    if settings.is_empty() {
        Err(Code::LinkBroken.into())
    } else {
        Ok(Link { settings, kid, expires })
    }
}

/// Every value sound, and allowed in a link of that strength. A key that this app does not know is left out: the link
/// may be made for a newer one.
fn sound(given: &Map<String, Value>, from: From) -> Result<Vec<(&'static str, Sound)>, LinkFault> {
    let mut sound = vec![];
    for (name, value) in given.iter().filter(|(_, value)| !is_blank(value)) {
        if looks_secret(name, value.as_str().unwrap_or_default()) {
            return Err(LinkFault::of(name, Code::Secret));
        }
        let Some(row) = table::key(name) else { continue };
        if row.from > from {
            return Err(LinkFault::of(
                name,
                if row.from == From::Signed {
                    Code::LinkNeedsSignature
                } else {
                    Code::NotFromHere
                },
            ));
        }
        sound.push((row.name, check(row, value).map_err(|code| LinkFault::of(name, code))?));
    }
    Ok(sound)
}

/// A JSON object whose members are all different: with two of one name, readers disagree on which one counts.
fn object(part: &str) -> Result<Map<String, Value>, LinkFault> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Result<Map<String, Value>, String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let (mut members, mut twice) = (Map::new(), None);
            while let Some((name, value)) = access.next_entry::<String, Value>()? {
                if members.insert(name.clone(), value).is_some() {
                    twice = Some(name);
                }
            }
            Ok(twice.map_or(Ok(members), Err))
        }
    }
    let bytes = decode(part)?;
    let mut reader = serde_json::Deserializer::from_slice(&bytes);
    let members = reader.deserialize_map(Members).map_err(|_| Code::LinkBroken)?;
    reader.end().map_err(|_| Code::LinkBroken)?;
    members.map_err(|name| LinkFault::of(&name, Code::Duplicate))
}
