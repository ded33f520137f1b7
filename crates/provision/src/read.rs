//! Reads settings and links from files in every format that `provision` writes.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use error_codes::ErrorCode;
use serde_json::{Map, Value};
use settings::looks_secret;

use crate::diagnostic::{Diagnostic, Diagnostics};

/// The longest file that is read, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// A byte range in the source.
pub type Span = (usize, usize);

/// The settings of a file, with the place of each.
#[derive(Debug)]
pub struct SettingsFile {
    pub file: String,
    pub source: String,
    pub settings: Map<String, Value>,
    pub spans: BTreeMap<String, Span>,
}

/// The content of a file.
#[derive(Debug)]
pub enum Content {
    Settings(SettingsFile),
    Link(String),
}

/// Reads a file, or standard input if the path is `-`.
pub fn bytes(path: &Path) -> Result<Vec<u8>, Diagnostics> {
    let unreadable = |detail: String| {
        Diagnostics::one(
            path.display().to_string(),
            Diagnostic::new(ErrorCode::Unreadable).detail(detail),
        )
    };
    if path == Path::new("-") {
        let mut bytes = vec![];
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)
            .map_err(|error| unreadable(error.to_string()))?;
        return Ok(bytes);
    }
    std::fs::read(path).map_err(|error| unreadable(error.to_string()))
}

/// Reads an argument that is a link, or the path of a settings file, of a file with a link, or of a card (PNG or SVG).
pub fn content(argument: &str) -> Result<Content, Diagnostics> {
    if is_link(argument) {
        return Ok(Content::Link(argument.trim().to_owned()));
    }
    let path = Path::new(argument);
    if std::fs::metadata(path).is_ok_and(|data| data.len() > MAX_FILE) {
        return Err(Diagnostics::one(argument, Diagnostic::new(ErrorCode::TooLong)));
    }
    let bytes = bytes(path)?;
    if bytes.starts_with(b"\x89PNG") {
        return crate::png::link(&bytes)
            .map(Content::Link)
            .map_err(|code| Diagnostics::one(argument, Diagnostic::new(code)));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Diagnostics::one(argument, Diagnostic::new(ErrorCode::Syntax).detail("UTF-8")))?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    if is_link(&text) {
        return Ok(Content::Link(text.trim().to_owned()));
    }
    if let Some(link) = text
        .trim_start()
        .starts_with("<svg")
        .then(|| text.split_once("<desc>")?.1.split_once("</desc>"))
        .flatten()
    {
        return Ok(Content::Link(link.0.replace("&amp;", "&")));
    }
    settings(argument, text).map(Content::Settings)
}

/// Reads a file that must hold settings.
pub fn settings_file(path: &str) -> Result<SettingsFile, Diagnostics> {
    match content(path)? {
        Content::Settings(file) => Ok(file),
        Content::Link(_) => Err(Diagnostics::one(path, Diagnostic::new(ErrorCode::Syntax))),
    }
}

fn is_link(text: &str) -> bool {
    let text = text.trim();
    !text.contains('\n')
        && (text.starts_with("https://") || text.starts_with("http://") || text.starts_with(settings::SCHEME))
}

/// Parses settings. Refuses a secret anywhere in the text, also in a comment, because people pass such files on.
pub fn settings(file: &str, source: String) -> Result<SettingsFile, Diagnostics> {
    let fail = |source: String, diagnostics: Vec<Diagnostic>| Diagnostics {
        file: file.to_owned(),
        source,
        all: diagnostics,
    };
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        if looks_secret("", line) {
            let span = (at, at + line.trim_end().len());
            // The diagnostic must not print the secret, so it has no source to point into.
            let number = source[..at].matches('\n').count() + 1;
            return Err(fail(
                String::new(),
                vec![
                    Diagnostic::new(ErrorCode::Secret)
                        .line(number)
                        .detail(format!("{} bytes", span.1 - span.0)),
                ],
            ));
        }
        at += line.len();
    }
    let read = match source.trim_start().chars().next() {
        Some('{' | '[') => json(&source).map(|settings| located(&source, settings)),
        Some('<') => property_list(&source).map(|settings| located(&source, settings)),
        _ => toml(&source),
    };
    match read {
        Ok((settings, spans)) => Ok(SettingsFile {
            file: file.to_owned(),
            source,
            settings,
            spans,
        }),
        Err(diagnostic) => Err(fail(source, vec![diagnostic])),
    }
}

/// Settings with their places.
type Located = (Map<String, Value>, BTreeMap<String, Span>);

fn toml(source: &str) -> Result<Located, Diagnostic> {
    let table = toml::de::DeTable::parse(source).map_err(|error| {
        let code = if error.message().contains("duplicate") {
            ErrorCode::Duplicate
        } else {
            ErrorCode::Syntax
        };
        Diagnostic::new(code)
            .at(error.span().map(|span| (span.start, span.end)))
            .detail(error.message())
    })?;
    let (mut settings, mut spans) = (Map::new(), BTreeMap::new());
    for (key, value) in table.get_ref() {
        let json = match value.get_ref() {
            toml::de::DeValue::String(text) => Value::from(text.as_ref()),
            toml::de::DeValue::Boolean(flag) => Value::from(*flag),
            toml::de::DeValue::Integer(number) => {
                i64::from_str_radix(&number.as_str().replace('_', ""), number.radix())
                    .map_or(Value::from(0.5), Value::from)
            }
            // No key accepts these types. Validation refuses a fraction as a value of the wrong type.
            toml::de::DeValue::Float(_) | toml::de::DeValue::Datetime(_) => Value::from(0.5),
            toml::de::DeValue::Array(_) | toml::de::DeValue::Table(_) => Value::Array(vec![]),
        };
        let span = key.span().start..value.span().end.max(key.span().end);
        spans.insert(key.get_ref().to_string(), (span.start, span.end));
        settings.insert(key.get_ref().to_string(), json);
    }
    Ok((settings, spans))
}

/// The place of each key in a source that is not parsed with places.
fn located(source: &str, settings: Map<String, Value>) -> Located {
    let place = |key: &str| {
        ["\"{}\"", "<key>{}</key>"].iter().find_map(|form| {
            let text = form.replace("{}", key);
            source.find(&text).map(|start| (start, start + text.len()))
        })
    };
    let spans = settings
        .keys()
        .filter_map(|key| Some((key.clone(), place(key)?)))
        .collect();
    (settings, spans)
}

fn json(source: &str) -> Result<Map<String, Value>, Diagnostic> {
    let value = strict_json::parse(source.as_bytes()).map_err(|error| {
        let code = match error {
            strict_json::Error::Duplicate { .. } => ErrorCode::Duplicate,
            strict_json::Error::Syntax { .. } | strict_json::Error::NotAnObject => ErrorCode::Syntax,
        };
        let diagnostic = Diagnostic::new(code).detail(error.to_string());
        match error.line() {
            Some(line) => diagnostic.line(line),
            None => diagnostic,
        }
    })?;
    unwrap_json(value).ok_or_else(|| Diagnostic::new(ErrorCode::Syntax))
}

/// Removes the envelope that an MDM console puts around settings.
fn unwrap_json(value: Value) -> Option<Map<String, Value>> {
    let Value::Object(mut object) = value else { return None };
    if let Some(application) = object
        .get_mut("applications")
        .and_then(Value::as_array_mut)
        .and_then(|all| all.first_mut())
    {
        return unwrap_json(application.take());
    }
    if let Some(settings) = object.remove("managedConfiguration") {
        return unwrap_json(settings);
    }
    if let Some(Value::Array(properties)) = object.remove("managedProperty") {
        return properties
            .iter()
            .map(|property| {
                let value = ["valueString", "valueBool", "valueInteger"]
                    .iter()
                    .find_map(|name| property.get(name))
                    .cloned()
                    .unwrap_or(Value::Array(vec![]));
                Some((property.get("key")?.as_str()?.to_owned(), value))
            })
            .collect();
    }
    let encoded = object.get("payloadJson").or_else(|| {
        object
            .get("Data")
            .and_then(Value::as_object)
            .and_then(|data| data.values().next())
    });
    if let Some(text) = encoded.and_then(Value::as_str) {
        let text = STANDARD
            .decode(text)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())?;
        return if text.trim_start().starts_with('<') {
            property_list(&text).ok()
        } else {
            json(&text).ok()
        };
    }
    Some(object)
}

fn property_list(source: &str) -> Result<Map<String, Value>, Diagnostic> {
    let whole = if source.trim_start().starts_with("<dict") {
        format!("<plist version=\"1.0\">{source}</plist>")
    } else {
        source.to_owned()
    };
    if whole.contains("<!ENTITY") {
        return Err(Diagnostic::new(ErrorCode::Syntax).detail("<!ENTITY"));
    }
    let read = plist::Value::from_reader_xml(whole.as_bytes())
        .map_err(|error| Diagnostic::new(ErrorCode::Syntax).detail(error.to_string()))?;
    let dictionary = read
        .into_dictionary()
        .ok_or_else(|| Diagnostic::new(ErrorCode::Syntax).detail("<dict>"))?;
    let mut settings = Map::new();
    for (key, value) in dictionary {
        if whole.matches(&format!("<key>{key}</key>")).count() > 1 {
            return Err(Diagnostic::new(ErrorCode::Duplicate).key(&key));
        }
        let value = match value {
            plist::Value::Boolean(flag) => Value::from(flag),
            plist::Value::Integer(number) => number.as_signed().map_or(Value::from(0.5), Value::from),
            plist::Value::String(text) => Value::from(text),
            plist::Value::Array(_) | plist::Value::Dictionary(_) => Value::Array(vec![]),
            _ => Value::from(0.5),
        };
        settings.insert(key, value);
    }
    Ok(settings)
}
