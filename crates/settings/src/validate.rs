//! What a valid value of each kind is, as pure functions.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use error_codes::ErrorCode;
use serde_json::Value;
use url::{Host, Url};

use crate::environment::Environments;
use crate::schema::{CONFIG_VERSION, Key, Kind};
use crate::tenant::Tenant;

/// A valid value, in the type of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A flag.
    Flag(bool),
    /// A number.
    Number(i64),
    /// Any other kind: the text without surrounding white space, host names and tenants in lower case.
    Text(String),
}

impl Parsed {
    /// The value as a JSON scalar of the key's type.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Flag(flag) => Value::from(*flag),
            Self::Number(number) => Value::from(*number),
            Self::Text(text) => Value::from(text.clone()),
        }
    }

    /// The value as text, the form in which links and XML carry it.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Whether a value counts as not given: null, or text of white space only. MDM consoles send such values for fields
/// that the administrator left empty.
#[must_use]
pub fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Whether a text still holds a placeholder that the MDM should have replaced: `{{…}}` anywhere, or a leading `$NAME`
/// or `${…}`.
#[must_use]
pub fn is_unexpanded(text: &str) -> bool {
    let dollar = text
        .strip_prefix('$')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '{' || c == '_'));
    text.contains("{{") || dollar
}

/// Whether a name or a value looks like a secret that must never be in settings: a token, a private key, a password, a
/// client secret. Matches whole values and lines of a file alike; pass an empty `name` for the latter.
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

/// Whether a word looks like a JWT: dotted parts of which the first is a JSON object in base64url (RFC 7519).
fn is_jwt(word: &str) -> bool {
    let mut parts = word.split('.');
    let first = parts.next().unwrap_or_default();
    first.starts_with("eyJ") && first.len() > 10 && parts.next().is_some_and(|part| part.len() > 4)
}

/// Validates one value against its row of the schema.
///
/// Every tool and the app itself use this function, so a wrong value has the same code everywhere. It does not know
/// which source the value came from (see [`Key::required_trust`]) nor what other keys say.
pub fn validate(key: &Key, value: &Value) -> Result<Parsed, ErrorCode> {
    if let Value::String(text) = value
        && looks_secret(key.name, text)
    {
        return Err(ErrorCode::Secret);
    }
    match key.kind {
        Kind::Flag(_) => match value {
            Value::Bool(flag) => Ok(Parsed::Flag(*flag)),
            Value::String(text) if text.trim() == "true" => Ok(Parsed::Flag(true)),
            Value::String(text) if text.trim() == "false" => Ok(Parsed::Flag(false)),
            other => Err(wrong_type(other)),
        },
        Kind::Number(least, most, _) => {
            let number = match value {
                Value::Number(number) => number.as_i64().ok_or(ErrorCode::Value)?,
                Value::String(text) => text.trim().parse().map_err(|_| wrong_type(value))?,
                other => return Err(wrong_type(other)),
            };
            match number {
                _ if key.name == "config_version" && number > CONFIG_VERSION => Err(ErrorCode::NewerVersion),
                _ if (least..=most).contains(&number) => Ok(Parsed::Number(number)),
                _ => Err(ErrorCode::Range),
            }
        }
        _ => validate_text(key.kind, value).map(Parsed::Text),
    }
}

/// Validates a value as the app does with these environments: `environment` accepts every environment of the build (a
/// development build has more of them than the schema names), all other keys follow the schema.
pub fn validate_in(environments: &Environments, key: &Key, value: &Value) -> Result<Parsed, ErrorCode> {
    match value.as_str().map(str::trim) {
        Some(text) if key.name == "environment" && environments.get(text).is_some() => {
            Ok(Parsed::Text(text.to_owned()))
        }
        _ => validate(key, value).map_err(|code| {
            if key.name == "environment" && code == ErrorCode::Choice {
                ErrorCode::UnknownEnvironment
            } else {
                code
            }
        }),
    }
}

/// The code for a value of the wrong JSON type.
fn wrong_type(value: &Value) -> ErrorCode {
    match value {
        Value::Array(_) | Value::Object(_) => ErrorCode::Nested,
        Value::String(text) if is_unexpanded(text) => ErrorCode::Unexpanded,
        _ => ErrorCode::Value,
    }
}

fn validate_text(kind: Kind, value: &Value) -> Result<String, ErrorCode> {
    let text = value
        .as_str()
        .ok_or_else(|| {
            if kind == Kind::Tenant {
                ErrorCode::Tenant
            } else {
                wrong_type(value)
            }
        })?
        .trim();
    if text.chars().any(char::is_control) {
        return Err(ErrorCode::Control);
    }
    if is_unexpanded(text) {
        return Err(ErrorCode::Unexpanded);
    }
    let require = |holds: bool, code: ErrorCode| if holds { Ok(text.to_owned()) } else { Err(code) };
    match kind {
        Kind::Choice(choices) => require(choices.contains(&text), ErrorCode::Choice),
        Kind::Text(longest) => require(text.chars().count() <= longest, ErrorCode::TooLong),
        Kind::Tenant => Tenant::new(text)
            .map(|tenant| tenant.to_string())
            .map_err(|_| ErrorCode::Tenant),
        Kind::Issuer => require(
            https(text).is_some_and(|url| url.path() == "/" && url.query().is_none()),
            ErrorCode::NotHttps,
        ),
        Kind::ClientId => require(
            (8..=128).contains(&text.len())
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'),
            ErrorCode::ClientId,
        ),
        Kind::Audience if text.chars().count() > 200 => Err(ErrorCode::TooLong),
        Kind::Audience => require(
            Url::parse(text).is_ok_and(|url| url.password().is_none()),
            ErrorCode::Value,
        ),
        Kind::GroupUrl => require(
            https(&text.replace("{tenant}", "a")).is_some() && text.len() <= 200,
            ErrorCode::NotHttps,
        ),
        Kind::Hosts => hosts(text).map(|hosts| hosts.join(",")),
        Kind::Contact => require(is_contact(text), ErrorCode::Contact),
        Kind::PublicKeys => public_keys(text).map(|_| text.to_owned()),
        Kind::Flag(_) | Kind::Number(..) => Err(ErrorCode::Value),
    }
}

/// Parses an https URL on the default port of a named host, without credentials and fragment.
fn https(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let named = matches!(url.host(), Some(Host::Domain(host)) if host.contains('.') && !host.ends_with(".localhost"));
    let plain =
        url.username().is_empty() && url.password().is_none() && url.port().is_none() && url.fragment().is_none();
    (url.scheme() == "https" && named && plain).then_some(url)
}

/// The host rules of a list, in lower case.
pub(crate) fn hosts(text: &str) -> Result<Vec<String>, ErrorCode> {
    let hosts: Vec<String> = text
        .split([',', ' ', ';'])
        .filter(|host| !host.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    if hosts.len() > 20 {
        return Err(ErrorCode::TooMany);
    }
    for host in &hosts {
        host_rule(host)?;
    }
    Ok(hosts)
}

/// Accepts an exact host, or `*.` and a registrable domain or one below it.
fn host_rule(text: &str) -> Result<(), ErrorCode> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let labels: Vec<&str> = name.split('.').collect();
    let valid = name.len() <= 253 && labels.iter().all(|label| Tenant::new(label).is_ok());
    if !valid
        || labels
            .last()
            .is_some_and(|top| top.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err(ErrorCode::Host);
    }
    // `psl` includes the private section of the Public Suffix List. That is wanted: the sites below `github.io` belong
    // to different people.
    match psl::domain_str(name) {
        Some(_) => Ok(()),
        None if labels.len() < 2 && name == text => Err(ErrorCode::Host),
        None => Err(ErrorCode::PublicSuffix),
    }
}

/// Whether one of the rules matches a host. A rule is an origin, an exact host, or `*.domain`, which does not match the
/// domain itself.
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

/// Parses a list of Ed25519 public keys, `kid:base64url` separated by commas, semicolons or spaces, into key ids and
/// raw keys. At most four keys, each with its own id; weak keys (small order) are refused.
pub fn public_keys(text: &str) -> Result<Vec<(String, [u8; 32])>, ErrorCode> {
    let mut keys: Vec<(String, [u8; 32])> = vec![];
    for entry in text.split([',', ' ', ';']).filter(|entry| !entry.is_empty()) {
        let (kid, key) = entry.split_once(':').ok_or(ErrorCode::PublicKey)?;
        let named = (1..=32).contains(&kid.len())
            && kid
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        let bytes: [u8; 32] = URL_SAFE_NO_PAD
            .decode(key)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(ErrorCode::PublicKey)?;
        let usable = ed25519_dalek::VerifyingKey::from_bytes(&bytes).is_ok_and(|key| !key.is_weak());
        if !named || !usable {
            return Err(ErrorCode::PublicKey);
        }
        if keys.iter().any(|(other, _)| other == kid) {
            return Err(ErrorCode::Duplicate);
        }
        keys.push((kid.to_owned(), bytes));
    }
    if keys.len() > 4 {
        Err(ErrorCode::TooMany)
    } else {
        Ok(keys)
    }
}
