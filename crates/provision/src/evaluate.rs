//! What the app would make of settings.

use error_codes::ErrorCode;
use serde_json::{Map, Value};
use settings::{
    Environments, ErrorCode, From, KEYS, Resolved, Source, Sources, check, is_blank, key, looks_secret, resolve_all,
};

use crate::cli::Platform;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::read::Read;

/// What this build knows of environments.
pub const ENVIRONMENTS: &str = include_str!("../../../environments.toml");

/// Every fault of a file, key by key.
pub fn evaluate(read: &Read, target: Platform, environments: &Environments) -> Diagnostics {
    let mut all = vec![];
    for (name, value) in &read.settings {
        let span = read.spans.get(name).copied();
        if let Some(diagnostic) = one(name, value, target, environments) {
            all.push(diagnostic.key(name).at(span));
        }
    }
    let present = |name: &str| read.settings.get(name).is_some_and(|value| !is_blank(value));
    if !present("tenant") {
        all.push(Diagnostic::new(ErrorCode::TypedEmpty).key("tenant"));
    }
    // What only shows when keys meet; a value that is wrong by itself is told already.
    for fault in resolve(environments, &read.settings, Source::Managed).errors {
        let meeting = matches!(
            error.code,
            ErrorCode::CustomLacks | ErrorCode::CustomOnly | ErrorCode::GroupHost
        );
        if meeting
            && !all
                .iter()
                .any(|diagnostic| diagnostic.key.as_deref() == Some(&error.key))
        {
            all.push(
                Diagnostic::new(error.code)
                    .key(&error.key)
                    .at(read.spans.get(&error.key).copied()),
            );
        }
    }
    all.sort_by_key(|diagnostic| diagnostic.span);
    Diagnostics {
        file: read.file.clone(),
        source: read.source.clone(),
        all,
    }
}

fn one(name: &str, value: &Value, target: Platform, environments: &Environments) -> Option<Diagnostic> {
    if looks_secret(name, value.as_str().unwrap_or_default()) {
        return Some(Diagnostic::new(ErrorCode::Secret));
    }
    let Some(row) = key(name) else {
        let near = KEYS
            .iter()
            .map(|row| (strsim::damerau_levenshtein(name, row.name), row.name))
            .min()
            .filter(|(far, _)| *far <= 3);
        let diagnostic = Diagnostic::new(ErrorCode::UnknownKey);
        return Some(match near {
            Some((_, near)) => finding.detail(format!("→ {near}?")),
            None => diagnostic,
        });
    };
    if is_blank(value) {
        return None;
    }
    let developer = name == "environment" && value.as_str().is_some_and(|text| environments.get(text).is_some());
    if let Err(code) = validate(row, value)
        && !developer
    {
        let choices = match row.kind {
            settings::Kind::Choice(choices) => Some(choices.join(", ")),
            settings::Kind::Number(least, most, _) => Some(format!("{least}–{most}")),
            _ => None,
        };
        let mut diagnostic = Diagnostic::new(code);
        // A console replaces its token before the app sees it; a link has nobody to do so.
        diagnostic.warning |= code == ErrorCode::Unexpanded && !row.security && target != Platform::Link;
        return Some(match choices {
            Some(choices) => diagnostic.detail(choices),
            None => diagnostic,
        });
    }
    match (target, row.from) {
        (Platform::Link, TrustLevel::Managed) => Some(Diagnostic::new(ErrorCode::NotFromHere)),
        _ => None,
    }
}

/// What the app resolves from settings of one source.
pub fn resolve(environments: &Environments, given: &Map<String, Value>, source: Source) -> Resolved {
    let none = Map::new();
    let pick = |of: Source| if of == source { given } else { &none };
    let given = Sources {
        managed: pick(Source::Managed),
        signed: pick(Source::SignedLink),
        unsigned: pick(Source::UnsignedLink),
        typed: pick(Source::SetUp),
    };
    resolve_all(environments, given)
}
