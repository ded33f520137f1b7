//! The rules that app stores and MDM consoles enforce on generated files. Each function returns one message per
//! violation; an empty list means that the file passes.

mod console;

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

pub use console::console;

/// An element of a document, with its depth; the root has depth 0.
struct Element {
    depth: usize,
    name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

fn element(start: &BytesStart<'_>, depth: usize) -> Result<Element, String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string());
    let attributes = start
        .attributes()
        .map(|attribute| {
            let attribute = attribute.map_err(|error| error.to_string())?;
            Ok((
                text(attribute.key.as_ref().as_bytes())?,
                text(attribute.value.as_bytes())?,
            ))
        })
        .collect::<Result<_, String>>()?;
    Ok(Element {
        depth,
        name: text(start.name().as_ref().as_bytes())?,
        attributes,
    })
}

fn elements(xml: &str) -> Result<Vec<Element>, String> {
    let (mut reader, mut depth, mut all) = (Reader::from_str(xml), 0, vec![]);
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                all.push(element(&start, depth)?);
                depth += 1;
            }
            Event::Empty(start) => all.push(element(&start, depth)?),
            Event::End(_) => depth -= 1,
            Event::Eof => return Ok(all),
            _ => {}
        }
    }
}

/// Checks `app_restrictions.xml` against the rules of Google Play.
#[must_use]
pub fn restrictions(xml: &str) -> Vec<String> {
    let all = match elements(xml) {
        Ok(all) => all,
        Err(error) => return vec![error],
    };
    let mut errors = vec![];
    if all.first().is_none_or(|root| {
        root.name != "restrictions" || root.get("xmlns:android") != Some("http://schemas.android.com/apk/res/android")
    }) {
        errors.push("the root is not restrictions with Android's namespace".to_owned());
    }
    let mut keys = BTreeSet::new();
    for (at, element) in all.iter().enumerate().skip(1) {
        let key = element.get("android:key").unwrap_or("?");
        if element.name != "restriction" {
            errors.push(format!("{} is not a restriction", element.name));
        }
        for needed in ["android:key", "android:title", "android:restrictionType"] {
            if element.get(needed).is_none() {
                errors.push(format!("{key} lacks {needed}"));
            }
        }
        if !keys.insert(key) {
            errors.push(format!("{key} occurs twice"));
        }
        let children = all
            .iter()
            .skip(at + 1)
            .take_while(|other| other.depth > element.depth)
            .filter(|other| other.depth == element.depth + 1)
            .count();
        match element.get("android:restrictionType").unwrap_or_default() {
            "hidden" if element.get("android:defaultValue").is_none() => {
                errors.push(format!("{key} is hidden and has no default"));
            }
            "bundle_array" if children != 1 => errors.push(format!("{key} is a bundle_array of {children} children")),
            "choice" | "multi-select"
                if element.get("android:entries").is_none() || element.get("android:entryValues").is_none() =>
            {
                errors.push(format!("{key} has no entries"));
            }
            "bool" | "string" | "integer" | "choice" | "multi-select" | "hidden" if children != 0 => {
                errors.push(format!("{key} has children"));
            }
            "bool" | "string" | "integer" | "choice" | "multi-select" | "hidden" | "bundle" | "bundle_array" => {}
            other => errors.push(format!("{key} has an unknown restrictionType: {other}")),
        }
    }
    if all.iter().filter(|element| element.depth == 1).count() > 1_000 {
        errors.push("more than 1000 restrictions on a level".to_owned());
    }
    errors
}

/// Checks a specfile against the `AppConfig` schema.
#[must_use]
pub fn specfile(xml: &str) -> Vec<String> {
    let all = match elements(xml) {
        Ok(all) => all,
        Err(error) => return vec![error],
    };
    let mut errors = vec![];
    let top: Vec<&str> = all
        .iter()
        .filter(|element| element.depth <= 1)
        .map(|element| element.name.as_str())
        .collect();
    if top != ["managedAppConfiguration", "version", "bundleId", "dict", "presentation"] {
        errors.push(format!(
            "not version, bundleId, dict, presentation in that order: {top:?}"
        ));
    }
    let bundle = xml
        .split_once("<bundleId>")
        .and_then(|(_, rest)| rest.split_once("</bundleId>"))
        .map_or("", |(bundle, _)| bundle);
    if bundle.is_empty() || !bundle.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.') {
        errors.push("bundleId is not letters, digits and dots".to_owned());
    }
    let (mut part, mut keys, mut fields) = ("", BTreeSet::new(), BTreeSet::new());
    for element in &all {
        if element.depth == 1 {
            part = &element.name;
        }
        match (part, element.depth, element.name.as_str()) {
            (
                "dict",
                2,
                "string" | "integer" | "boolean" | "real" | "stringArray" | "integerArray" | "realArray"
                | "booleanArray",
            ) => match element.get("keyName") {
                Some(key) if keys.insert(key) => {}
                Some(key) => errors.push(format!("{key} occurs twice")),
                None => errors.push("a value without keyName".to_owned()),
            },
            ("dict", 2, other) => errors.push(format!("{other} is not an AppConfig type")),
            ("dict", 3, "defaultValue" | "constraint") => {}
            ("dict", 3, other) => errors.push(format!("{other} does not belong to a value")),
            ("presentation", 2, "field") => {
                if !matches!(
                    element.get("type"),
                    Some("input" | "checkbox" | "select" | "multiselect" | "list" | "date" | "datetime")
                ) {
                    errors.push("a field without a type".to_owned());
                }
                fields.insert(element.get("keyName").unwrap_or_default());
            }
            ("presentation", 3, "label" | "description" | "options") | ("presentation", 4.., _) => {}
            ("presentation", 3, other) => errors.push(format!("{other} does not belong to a field")),
            _ => {}
        }
    }
    if let Some(field) = fields.difference(&keys).next() {
        errors.push(format!("a field for {field}, which is not a key"));
    }
    errors
}

/// Checks string resources: every text and list that `restrictions` refers to exists once and is not empty.
#[must_use]
pub fn strings(xml: &str, restrictions: &str) -> Vec<String> {
    let (all, refers) = match (elements(xml), elements(restrictions)) {
        (Ok(all), Ok(refers)) => (all, refers),
        (Err(error), _) | (_, Err(error)) => return vec![error],
    };
    let mut errors = vec![];
    let mut names = BTreeSet::new();
    if all.first().is_none_or(|root| root.name != "resources") {
        errors.push("the root is not resources".to_owned());
    }
    for element in all.iter().filter(|element| element.depth == 1) {
        match (element.name.as_str(), element.get("name")) {
            ("string" | "string-array", Some(name)) if names.insert(name) => {}
            (_, name) => errors.push(format!("{} {name:?} is not a text with a unique name", element.name)),
        }
        if xml.contains(&format!(
            "<{} name=\"{}\"></",
            element.name,
            element.get("name").unwrap_or_default()
        )) {
            errors.push(format!("{:?} is empty", element.get("name")));
        }
    }
    for (_, value) in refers.iter().flat_map(|element| &element.attributes) {
        if let Some(name) = value.strip_prefix("@string/")
            && !names.contains(name)
        {
            errors.push(format!("{name} is missing"));
        }
    }
    // Android treats an apostrophe as a quotation mark unless it is escaped.
    if xml
        .replace("\\&apos;", "")
        .replace("\\'", "")
        .split('>')
        .filter_map(|part| part.split('<').next())
        .any(|text| text.contains('\'') || text.contains("&apos;"))
    {
        errors.push("an apostrophe is not escaped".to_owned());
    }
    errors
}

/// Checks the table of keys: one row for each key, with as many cells as the header.
#[must_use]
pub fn manual(text: &str) -> Vec<String> {
    let names = crate::schema::KEYS.iter().map(|key| format!("`{}`", key.name));
    table(text, names.collect())
}

/// Checks the table of error codes: one row for each code, with as many cells as the header.
#[must_use]
pub fn error_codes(text: &str) -> Vec<String> {
    let numbers = error_codes::ErrorCode::ALL.iter().map(|code| code.number().to_owned());
    table(text, numbers.collect())
}

/// Checks a Markdown table whose first cells are, after their decoration, these `names`.
fn table(text: &str, names: Vec<String>) -> Vec<String> {
    let rows: Vec<&str> = text.lines().take_while(|line| line.starts_with('|')).collect();
    let cells = |row: &str| row.matches('|').count();
    let mut errors: Vec<String> = rows
        .iter()
        .filter(|row| cells(row) != rows.first().map_or(0, |header| cells(header)))
        .map(|row| format!("not as many cells as the header: {row}"))
        .collect();
    for name in names {
        if rows.iter().filter(|row| row.starts_with(&format!("| {name}"))).count() != 1 {
            errors.push(format!("{name} does not have exactly one row"));
        }
    }
    errors
}
