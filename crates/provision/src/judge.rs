//! What the app would make of settings.

use serde_json::{Map, Value};
use settings::{
    Code, Environments, From, Given, KEYS, Resolved, Source, check, is_blank, key, looks_secret, resolve_all,
};

use crate::cli::For;
use crate::finding::{Finding, Findings};
use crate::read::Read;

/// What this build knows of environments.
pub const ENVIRONMENTS: &str = include_str!("../../../environments.toml");

/// Every fault of a file, key by key.
pub fn judge(read: &Read, target: For, environments: &Environments) -> Findings {
    let mut all = vec![];
    for (name, value) in &read.settings {
        let span = read.spans.get(name).copied();
        if let Some(finding) = one(name, value, target, environments) {
            all.push(finding.key(name).at(span));
        }
    }
    let present = |name: &str| read.settings.get(name).is_some_and(|value| !is_blank(value));
    if !present("tenant") {
        all.push(Finding::new(Code::TypedEmpty).key("tenant"));
    }
    // What only shows when keys meet; a value that is wrong by itself is told already.
    for fault in resolve(environments, &read.settings, Source::Managed).faults {
        let meeting = matches!(fault.detail, Code::CustomLacks | Code::CustomOnly | Code::GroupHost);
        if meeting && !all.iter().any(|finding| finding.key.as_deref() == Some(&fault.key)) {
            all.push(
                Finding::new(fault.detail)
                    .key(&fault.key)
                    .at(read.spans.get(&fault.key).copied()),
            );
        }
    }
    all.sort_by_key(|finding| finding.span);
    Findings {
        file: read.file.clone(),
        source: read.source.clone(),
        all,
    }
}

fn one(name: &str, value: &Value, target: For, environments: &Environments) -> Option<Finding> {
    if looks_secret(name, value.as_str().unwrap_or_default()) {
        return Some(Finding::new(Code::Secret));
    }
    let Some(row) = key(name) else {
        let near = KEYS
            .iter()
            .map(|row| (strsim::damerau_levenshtein(name, row.name), row.name))
            .min()
            .filter(|(far, _)| *far <= 3);
        let finding = Finding::new(Code::UnknownKey);
        return Some(match near {
            Some((_, near)) => finding.detail(format!("→ {near}?")),
            None => finding,
        });
    };
    if is_blank(value) {
        return None;
    }
    let developer = name == "environment" && value.as_str().is_some_and(|text| environments.get(text).is_some());
    if let Err(code) = check(row, value)
        && !developer
    {
        let choices = match row.kind {
            settings::Kind::Choice(choices) => Some(choices.join(", ")),
            settings::Kind::Number(least, most, _) => Some(format!("{least}–{most}")),
            _ => None,
        };
        let mut finding = Finding::new(code);
        // A console replaces its token before the app sees it; a link has nobody to do so.
        finding.warning |= code == Code::Unexpanded && !row.security && target != For::Link;
        return Some(match choices {
            Some(choices) => finding.detail(choices),
            None => finding,
        });
    }
    match (target, row.from) {
        (For::Link, From::ManagedOnly) => Some(Finding::new(Code::NotFromHere)),
        _ => None,
    }
}

/// What the app resolves from settings of one source.
pub fn resolve(environments: &Environments, given: &Map<String, Value>, source: Source) -> Resolved {
    let none = Map::new();
    let pick = |of: Source| if of == source { given } else { &none };
    let given = Given {
        managed: pick(Source::Managed),
        signed: pick(Source::SignedLink),
        unsigned: pick(Source::UnsignedLink),
        typed: pick(Source::SetUp),
    };
    resolve_all(environments, given)
}
