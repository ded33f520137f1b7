//! What a sound value of each kind is, as one pure function.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use url::{Host, Url};

use crate::code::Code;
use crate::table::{CONFIG_VERSION, Key, Kind};
use crate::tenant::Tenant;

/// A sound value, in the type of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound {
    /// A flag.
    Flag(bool),
    /// A number.
    Number(i64),
    /// Any text, trimmed; hosts and names in lower case.
    Text(String),
}

impl Sound {
    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Flag(flag) => Value::from(*flag),
            Self::Number(number) => Value::from(*number),
            Self::Text(text) => Value::from(text.clone()),
        }
    }

    /// As text.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Consoles send an empty text, or nothing, for a key that was left alone.
#[must_use]
pub fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// A text that consoles should have replaced, and did not.
#[must_use]
pub fn is_unexpanded(text: &str) -> bool {
    let dollar = text
        .strip_prefix('$')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '{' || c == '_'));
    text.contains("{{") || dollar
}

/// A value that must never stand in settings: tokens, private keys, passwords, client secrets.
#[must_use]
pub fn looks_secret(name: &str, text: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let names = [
        "secret",
        "password",
        "passwd",
        "wachtwoord",
        "api_key",
        "apikey",
        "access_token",
        "refresh_token",
        "id_token",
        "private_key",
        "recovery_code",
    ];
    if names.iter().any(|word| name.contains(word)) {
        return true;
    }
    let lower = text.to_ascii_lowercase();
    let marks = [
        "private key-----",
        "client_secret",
        "access_token",
        "refresh_token",
        "password=",
        "wachtwoord=",
        "bearer ey",
        "otpauth://",
    ];
    marks.iter().any(|mark| lower.contains(mark))
        || text
            .split(|c: char| c.is_whitespace() || "\"'#=?&,;".contains(c))
            .any(is_jwt)
}

/// Three dotted parts of which the first is a JSON object in base64url.
fn is_jwt(word: &str) -> bool {
    let mut parts = word.split('.');
    let first = parts.next().unwrap_or_default();
    first.starts_with("eyJ") && first.len() > 10 && parts.next().is_some_and(|part| part.len() > 4)
}

/// Checks one value against its row.
pub fn check(key: &Key, value: &Value) -> Result<Sound, Code> {
    if let Value::String(text) = value
        && looks_secret(key.name, text)
    {
        return Err(Code::Secret);
    }
    match key.kind {
        Kind::Flag(_) => match value {
            Value::Bool(flag) => Ok(Sound::Flag(*flag)),
            Value::String(text) if text.trim() == "true" => Ok(Sound::Flag(true)),
            Value::String(text) if text.trim() == "false" => Ok(Sound::Flag(false)),
            other => Err(wrong_type(other)),
        },
        Kind::Number(least, most, _) => {
            let number = match value {
                Value::Number(number) => number.as_i64().ok_or(Code::Value)?,
                Value::String(text) => text.trim().parse().map_err(|_| wrong_type(value))?,
                other => return Err(wrong_type(other)),
            };
            match number {
                _ if key.name == "config_version" && number > CONFIG_VERSION => Err(Code::NewerVersion),
                _ if (least..=most).contains(&number) => Ok(Sound::Number(number)),
                _ => Err(Code::Range),
            }
        }
        _ => check_text(key.kind, value).map(Sound::Text),
    }
}

fn wrong_type(value: &Value) -> Code {
    match value {
        Value::Array(_) | Value::Object(_) => Code::Nested,
        Value::String(text) if is_unexpanded(text) => Code::Unexpanded,
        _ => Code::Value,
    }
}

fn check_text(kind: Kind, value: &Value) -> Result<String, Code> {
    let text = value
        .as_str()
        .ok_or_else(|| {
            if kind == Kind::Tenant {
                Code::Tenant
            } else {
                wrong_type(value)
            }
        })?
        .trim();
    if text.chars().any(char::is_control) {
        return Err(Code::Control);
    }
    if is_unexpanded(text) {
        return Err(Code::Unexpanded);
    }
    let sound = |holds: bool, code: Code| if holds { Ok(text.to_owned()) } else { Err(code) };
    match kind {
        Kind::Choice(choices) => sound(choices.contains(&text), Code::Choice),
        Kind::Text(longest) => sound(text.chars().count() <= longest, Code::TooLong),
        Kind::Tenant => Tenant::new(text)
            .map(|tenant| tenant.to_string())
            .map_err(|_| Code::Tenant),
        Kind::Issuer => sound(
            https(text).is_some_and(|url| url.path() == "/" && url.query().is_none()),
            Code::NotHttps,
        ),
        Kind::ClientId => sound(
            (8..=128).contains(&text.len())
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'),
            Code::ClientId,
        ),
        Kind::Audience if text.chars().count() > 200 => Err(Code::TooLong),
        Kind::Audience => sound(Url::parse(text).is_ok_and(|url| url.password().is_none()), Code::Value),
        Kind::GroupUrl => sound(
            https(&text.replace("{tenant}", "a")).is_some() && text.len() <= 200,
            Code::NotHttps,
        ),
        Kind::Hosts => hosts(text).map(|hosts| hosts.join(",")),
        Kind::Contact => sound(is_contact(text), Code::Contact),
        Kind::PublicKeys => public_keys(text).map(|_| text.to_owned()),
        Kind::Flag(_) | Kind::Number(..) => Err(Code::Value),
    }
}

/// An https address on the usual port of a named host, with no credentials and no fragment.
fn https(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let named = matches!(url.host(), Some(Host::Domain(host)) if host.contains('.') && !host.ends_with(".localhost"));
    let plain =
        url.username().is_empty() && url.password().is_none() && url.port().is_none() && url.fragment().is_none();
    (url.scheme() == "https" && named && plain).then_some(url)
}

/// The hosts of a list, in lower case.
pub(crate) fn hosts(text: &str) -> Result<Vec<String>, Code> {
    let hosts: Vec<String> = text
        .split([',', ' ', ';'])
        .filter(|host| !host.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    if hosts.len() > 20 {
        return Err(Code::TooMany);
    }
    for host in &hosts {
        host_rule(host)?;
    }
    Ok(hosts)
}

/// An exact host, or `*.` and a domain that somebody can own.
fn host_rule(text: &str) -> Result<(), Code> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let labels: Vec<&str> = name.split('.').collect();
    let sound = name.len() <= 253 && labels.iter().all(|label| Tenant::new(label).is_ok());
    if !sound
        || labels
            .last()
            .is_some_and(|top| top.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err(Code::Host);
    }
    // The list's private part counts too: `*.github.io` belongs to strangers.
    match psl::domain_str(name) {
        Some(_) => Ok(()),
        None if labels.len() < 2 && name == text => Err(Code::Host),
        None => Err(Code::PublicSuffix),
    }
}

/// Whether a host is one of the rules.
#[must_use]
pub(crate) fn allows(rules: &[String], host: &str) -> bool {
    rules.iter().any(|rule| match rule.strip_prefix("*.") {
        Some(domain) => host
            .strip_suffix(domain)
            .is_some_and(|left| left.len() > 1 && left.ends_with('.')),
        None => rule == host || Url::parse(rule).is_ok_and(|url| url.host_str() == Some(host)),
    })
}

fn is_contact(text: &str) -> bool {
    if text.chars().count() > 120 {
        return false;
    }
    let telephone = text.strip_prefix("tel:").unwrap_or(text);
    let digits = telephone.bytes().filter(u8::is_ascii_digit).count();
    if (3..=15).contains(&digits)
        && telephone
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-() ".contains(&byte))
    {
        return true;
    }
    if text.starts_with("https://") {
        return https(text).is_some();
    }
    let mail = text.strip_prefix("mailto:").unwrap_or(text);
    mail.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && host.contains('.')
            && host_rule(&host.to_ascii_lowercase()).is_ok()
            && !mail.contains(|c: char| c.is_whitespace() || "<>\"?&,;:".contains(c))
    })
}

/// The public keys of a list, by their ids.
pub fn public_keys(text: &str) -> Result<Vec<(String, [u8; 32])>, Code> {
    let mut keys: Vec<(String, [u8; 32])> = vec![];
    for entry in text.split([',', ' ', ';']).filter(|entry| !entry.is_empty()) {
        let (kid, key) = entry.split_once(':').ok_or(Code::PublicKey)?;
        let named = (1..=32).contains(&kid.len())
            && kid
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        let bytes: [u8; 32] = URL_SAFE_NO_PAD
            .decode(key)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(Code::PublicKey)?;
        let usable = ed25519_dalek::VerifyingKey::from_bytes(&bytes).is_ok_and(|key| !key.is_weak());
        if !named || !usable {
            return Err(Code::PublicKey);
        }
        if keys.iter().any(|(other, _)| other == kid) {
            return Err(Code::Duplicate);
        }
        keys.push((kid.to_owned(), bytes));
    }
    if keys.len() > 4 { Err(Code::TooMany) } else { Ok(keys) }
}
