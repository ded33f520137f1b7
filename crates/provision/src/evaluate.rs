//! What the app would do with settings. The codes come from `settings`, so they are those of the tablet.

use error_codes::ErrorCode;
use serde_json::{Map, Value};
use settings::{
    Environments, KEYS, Kind, Resolved, Source, Sources, TrustLevel, is_blank, key, looks_secret, resolve_all,
    validate_in,
};

use crate::cli::Platform;
use crate::context::Context;
use crate::diagnostic::{Diagnostic, Diagnostics, Exit};
use crate::read::{self, SettingsFile};

/// The environments of this build.
pub const ENVIRONMENTS: &str = include_str!("../../../environments.toml");

/// Every diagnostic of a file, in the order of the file.
pub fn evaluate(file: &SettingsFile, platform: Platform, environments: &Environments) -> Diagnostics {
    let mut all = vec![];
    for (name, value) in &file.settings {
        let span = file.spans.get(name).copied();
        if let Some(diagnostic) = evaluate_key(name, value, platform, environments) {
            all.push(diagnostic.key(name).at(span));
        }
    }
    let present = |name: &str| file.settings.get(name).is_some_and(|value| !is_blank(value));
    if !present("tenant") {
        all.push(Diagnostic::new(ErrorCode::TypedEmpty).key("tenant"));
    }
    // Some errors follow from several keys together. If one of those keys is wrong by itself, that is reported already.
    for error in resolve(environments, &file.settings, Source::Managed).errors {
        let combined = matches!(
            error.code,
            ErrorCode::CustomLacks | ErrorCode::CustomOnly | ErrorCode::GroupHost
        );
        let reported = all
            .iter()
            .any(|diagnostic| diagnostic.key.as_deref() == Some(&error.key));
        if combined && !reported {
            all.push(
                Diagnostic::new(error.code)
                    .key(&error.key)
                    .at(file.spans.get(&error.key).copied()),
            );
        }
    }
    all.sort_by_key(|diagnostic| diagnostic.span);
    Diagnostics {
        file: file.file.clone(),
        source: file.source.clone(),
        all,
    }
}

/// What is wrong with one key by itself.
fn evaluate_key(name: &str, value: &Value, platform: Platform, environments: &Environments) -> Option<Diagnostic> {
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
            Some((_, near)) => diagnostic.detail(format!("→ {near}?")),
            None => diagnostic,
        });
    };
    if is_blank(value) {
        return None;
    }
    if let Err(code) = validate_in(environments, row, value) {
        let choices = match row.kind {
            Kind::Choice(choices) => Some(choices.join(", ")),
            Kind::Number(least, most, _) => Some(format!("{least}–{most}")),
            _ => None,
        };
        let mut diagnostic = Diagnostic::new(code);
        // The MDM replaces its placeholders before the app sees them. In a link nobody does.
        diagnostic.warning |= code == ErrorCode::Unexpanded && !row.security && platform != Platform::Link;
        return Some(match choices {
            Some(choices) => diagnostic.detail(choices),
            None => diagnostic,
        });
    }
    match (platform, row.required_trust) {
        (Platform::Link, TrustLevel::Managed) => Some(Diagnostic::new(ErrorCode::NotFromHere)),
        _ => None,
    }
}

/// Reads a settings file and validates it for a platform. Prints its warnings, unless with `--json`; fails if a value is
/// wrong.
pub fn valid_settings(context: &Context, path: &str, platform: Platform) -> Result<SettingsFile, Diagnostics> {
    let file = read::settings_file(path)?;
    let diagnostics = evaluate(&file, platform, &context.environments);
    if diagnostics.exit() != Exit::Ok {
        return Err(diagnostics);
    }
    if !context.json {
        diagnostics.print(&context.messages);
    }
    Ok(file)
}

/// Resolves settings that all come from one source.
pub fn resolve(environments: &Environments, settings: &Map<String, Value>, source: Source) -> Resolved {
    let none = Map::new();
    let pick = |of: Source| if of == source { settings } else { &none };
    let sources = Sources {
        managed: pick(Source::Managed),
        signed: pick(Source::SignedLink),
        unsigned: pick(Source::UnsignedLink),
        typed: pick(Source::SetUp),
    };
    resolve_all(environments, sources)
}
