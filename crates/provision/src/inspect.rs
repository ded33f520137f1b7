//! `provision inspect` and `provision diff`: what a link, a card or a file does in the app, and what changes between two
//! files.

use std::fmt::Write as _;

use error_codes::ErrorCode;
use serde_json::{Map, Value, json};
use settings::{SetupLink, Source, is_blank, key, public_keys, read_setup_link};

use crate::cards::{day, diagnostic};
use crate::cli::Platform;
use crate::context::{Context, Outcome};
use crate::diagnostic::{Diagnostic, Diagnostics, Exit};
use crate::evaluate;
use crate::read::{self, Content};

/// `provision inspect`: prints the settings of a link, card or file and what the app would open. Opens nothing itself.
pub fn inspect(context: &Context, what: &str, keys: Option<&str>, host: Option<&str>) -> Outcome {
    match read::content(what)? {
        Content::Settings(read) => {
            let diagnostics = evaluate::evaluate(&read, Platform::Android, &context.environments);
            if diagnostics.exit() != Exit::Ok {
                return Err(diagnostics);
            }
            show(context, &read.settings, Source::Managed, None);
        }
        Content::Link(link) => {
            let keys = public_keys(keys.unwrap_or_default())
                .map_err(|code| Diagnostics::one("--keys", Diagnostic::new(code)))?;
            let known = host.map(str::to_owned).or_else(|| claimed(context, &link));
            let read = read_setup_link(&link, known.as_deref(), &keys, context.now)
                .map_err(|error| Diagnostics::one("", diagnostic(error)))?;
            let source = if read.kid.is_some() {
                Source::SignedLink
            } else {
                Source::UnsignedLink
            };
            show(context, &read.settings, source, Some(&read));
        }
    }
    Ok(Exit::Ok)
}

/// The host of a link if an environment of this build claims it.
fn claimed(context: &Context, link: &str) -> Option<String> {
    let host = url::Url::parse(link)
        .ok()
        .filter(|url| url.scheme() == "https")?
        .host_str()?
        .to_owned();
    ["production", "acceptance", "development"]
        .iter()
        .any(|name| {
            context
                .environments
                .get(name)
                .is_some_and(|known| known.claimed_host == host)
        })
        .then_some(host)
}

/// Prints settings of one source and what the app resolves from them.
fn show(context: &Context, settings: &Map<String, Value>, source: Source, link: Option<&SetupLink>) {
    let messages = &context.messages;
    let from = match source {
        Source::SignedLink => messages.with(
            "inspect-signed",
            &[("kid", link.and_then(|link| link.kid.as_deref()).unwrap_or_default())],
        ),
        Source::UnsignedLink => messages.get("inspect-unsigned"),
        _ => messages.get("inspect-managed"),
    };
    let mut text = from + "\n";
    let until = link.and_then(|link| link.expires).and_then(day);
    if let Some(until) = &until {
        let _ = writeln!(text, "{}", messages.with("inspect-until", &[("day", until)]));
    }
    for (name, value) in settings.iter().filter(|(_, value)| !is_blank(value)) {
        let _ = writeln!(
            text,
            "  {name}{} = {value}",
            if key(name).is_some_and(|row| row.security) {
                " †"
            } else {
                ""
            }
        );
    }
    let resolved = evaluate::resolve(&context.environments, settings, source);
    let outcome = match &resolved.target {
        Ok(Some(target)) => {
            let organisation = resolved
                .organisation_name
                .clone()
                .unwrap_or_else(|| target.tenant.to_string());
            let host = target.group_url.host_str().unwrap_or_default().to_owned();
            let _ = writeln!(
                text,
                "{}",
                messages.with(
                    "inspect-opens",
                    &[
                        ("organisation", &organisation),
                        ("host", &host),
                        ("issuer", &target.issuer)
                    ]
                )
            );
            json!({ "organisation": organisation, "host": host, "issuer": target.issuer })
        }
        Ok(None) => {
            let _ = writeln!(text, "{}", messages.get("inspect-nothing"));
            Value::Null
        }
        Err(error) if error.code == ErrorCode::EmptyEnvironment => {
            let _ = writeln!(text, "{}", messages.get("inspect-empty"));
            json!({ "code": error.code.number() })
        }
        Err(error) => {
            let _ = writeln!(
                text,
                "{} {}: {}",
                error.code.number(),
                error.key,
                error.code.what().in_language(messages.language)
            );
            json!({ "code": error.code.number(), "key": error.key })
        }
    };
    let source = match source {
        Source::SignedLink => "signed link",
        Source::UnsignedLink => "unsigned link",
        _ => "managed",
    };
    context.print(&text, &json!({ "ok": true, "source": source, "kid": link.and_then(|link| link.kid.clone()), "expires": link.and_then(|link| link.expires), "settings": settings, "app": outcome }));
}

/// `provision diff`: prints the keys whose values differ, and whether a tablet signs out because of them.
pub fn diff(context: &Context, before: &str, after: &str) -> Outcome {
    let (before, after) = (
        read::settings_file(before)?.settings,
        read::settings_file(after)?.settings,
    );
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let (mut text, mut changes) = (String::new(), vec![]);
    let value = |map: &Map<String, Value>, name: &str| map.get(name).filter(|value| !is_blank(value)).cloned();
    for name in names {
        let (old, new) = (value(&before, name), value(&after, name));
        if old == new {
            continue;
        }
        let security = key(name).is_some_and(|row| row.security);
        let mark = if security { " †" } else { "" };
        for (sign, value) in [("-", &old), ("+", &new)] {
            if let Some(value) = value {
                let _ = writeln!(text, "{sign} {name}{mark} = {value}");
            }
        }
        changes.push(json!({ "key": name, "before": old, "after": new, "security": security }));
    }
    if changes.is_empty() {
        text = context.messages.get("diff-same");
    } else if changes.iter().any(|change| change["security"] == true) {
        let _ = writeln!(text, "{}", context.messages.get("diff-security"));
    }
    context.print(&text, &Value::Array(changes));
    Ok(Exit::Ok)
}
