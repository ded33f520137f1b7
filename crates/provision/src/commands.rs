//! The commands that need nothing but the table.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::Path;

use error_codes::ErrorCode;
use serde_json::{Value, json};
use settings::export::{self, MdmConsole};
use settings::{KEYS, Tenant, key, validate};

use crate::cli::{AndroidEmm, AppleEmm, Format, Platform};
use crate::diagnostic::{Diagnostic, Diagnostics, Exit};
use crate::read::{self, Content, Read};
use crate::{Context, Outcome, atomic_write, evaluate};

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn unwritable(error: std::io::Error) -> Diagnostics {
    Diagnostics::one("", Diagnostic::new(ErrorCode::Unreadable).detail(error.to_string()))
}

pub fn init(
    context: &Context,
    tenant: Option<String>,
    name: Option<String>,
    support: Option<String>,
    out: Option<&Path>,
) -> Outcome {
    let asks = tenant.is_none();
    if asks && !std::io::stdin().is_terminal() {
        eprintln!("{}", context.messages.get("init-needs-tenant"));
        return Ok(Exit::Usage);
    }
    let tenant = tenant.unwrap_or_else(|| ask(context, "init-ask-tenant"));
    let name = if asks {
        name.or_else(|| Some(ask(context, "init-ask-name")))
    } else {
        name
    };
    let support = if asks {
        support.or_else(|| Some(ask(context, "init-ask-support")))
    } else {
        support
    };
    let tenant = Tenant::from_typed(&tenant, ".ouderportaal.nl").map_err(|error| {
        let code = ErrorCode::from_number(error.code()).unwrap_or(ErrorCode::Tenant);
        Diagnostics::one("", Diagnostic::new(code).key("tenant"))
    })?;
    let mut given = vec![("tenant", tenant.to_string())];
    for (key_name, value) in [("organisation_name", name), ("support_contact", support)] {
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            if let Some(Err(code)) = key(key_name).map(|row| validate(row, &Value::from(value.clone()))) {
                return Err(Diagnostics::one("", Diagnostic::new(code).key(key_name)));
            }
            given.push((key_name, value));
        }
    }
    let mut text = format!(
        "# {}\n# {}\n",
        context.messages.get("init-head"),
        context.messages.get("init-head-2")
    );
    for row in KEYS {
        let _ = writeln!(
            text,
            "\n# {}: {}",
            row.title.in_language(context.messages.language),
            row.description.in_language(context.messages.language)
        );
        if let settings::Kind::Choice(choices) = row.kind {
            let _ = writeln!(text, "# {}", choices.join(" | "));
        }
        let value = |value: String| match row.kind {
            settings::Kind::Flag(_) | settings::Kind::Number(..) => value,
            _ => toml::Value::String(value).to_string(),
        };
        let _ = match given.iter().find(|(name, _)| *name == row.name) {
            Some((name, given)) => writeln!(text, "{name} = {}", value(given.clone())),
            None if row.name == "config_version" => writeln!(text, "config_version = 1"),
            None => writeln!(text, "# {} = {}", row.name, value(row.example())),
        };
    }
    if let Some(path) = out.filter(|path| path.exists()) {
        return Err(Diagnostics::one(
            path.display().to_string(),
            Diagnostic::new(ErrorCode::Unreadable).detail(context.messages.get("exists")),
        ));
    }
    atomic_write::text(out, &text)?;
    if let Some(path) = out {
        let file = path.display().to_string();
        context.say(
            &context.messages.with("init-done", &[("file", &file)]),
            &json!({ "ok": true, "file": file }),
        );
    }
    Ok(Exit::Ok)
}

fn ask(context: &Context, id: &str) -> String {
    eprint!("{} ", context.messages.get(id));
    let _ = std::io::stderr().flush();
    let mut line = String::new();
    // An end of the input is an empty answer.
    let _ = std::io::stdin().read_line(&mut line);
    line.trim().to_owned()
}

pub fn schema(context: &Context, format: Format, out: Option<&Path>) -> Outcome {
    let text = match format {
        Format::Md => export::manual(context.messages.language),
        Format::JsonSchema => serde_json::to_string_pretty(&export::json_schema()).unwrap_or_default() + "\n",
        Format::Restrictions => export::restrictions().map_err(unwritable)?,
        Format::Strings => export::strings(context.messages.language).map_err(unwritable)?,
        Format::Specfile => export::specfile().map_err(unwritable)?,
    };
    atomic_write::text(out, &text)?;
    Ok(Exit::Ok)
}

/// Settings of a file, sound for a target; warnings are printed.
pub fn sound(context: &Context, file: &str, target: Platform) -> Result<Read, Diagnostics> {
    let read = settings_of(file)?;
    let diagnostics = evaluate::evaluate(&read, target, &context.environments);
    if diagnostics.exit() != Exit::Ok {
        return Err(diagnostics);
    }
    if !context.json {
        diagnostics.print(&context.messages);
    }
    Ok(read)
}

/// Settings of a file.
pub fn settings_of(file: &str) -> Result<Read, Diagnostics> {
    match read::content(file)? {
        Content::Settings(read) => Ok(read),
        Content::Link(_) => Err(Diagnostics::one(file, Diagnostic::new(ErrorCode::Syntax))),
    }
}

pub fn validate(context: &Context, file: &str, target: Platform) -> Outcome {
    let read = settings_of(file)?;
    let diagnostics = evaluate::evaluate(&read, target, &context.environments);
    let exit = diagnostics.exit();
    if context.json {
        context.say("", &json!({ "ok": exit == Exit::Ok, "keys": read.settings.len(), "findings": findings.to_json(context.messages.language) }));
        return Ok(exit);
    }
    diagnostics.print(&context.messages);
    if exit == Exit::Ok {
        context.say(
            &context.messages.with(
                "validate-ok",
                &[("file", &read.file), ("count", &read.settings.len().to_string())],
            ),
            &Value::Null,
        );
    }
    Ok(exit)
}

pub fn android(context: &Context, file: &str, emm: AndroidEmm, out: Option<&Path>) -> Outcome {
    let console = match emm {
        AndroidEmm::Amapi => MdmConsole::Amapi,
        AndroidEmm::Intune => MdmConsole::IntuneAndroid,
        AndroidEmm::Play => MdmConsole::Play,
        AndroidEmm::Knox => MdmConsole::Knox,
    };
    emit_for(context, file, Platform::Android, console, out)
}

pub fn apple(context: &Context, file: &str, emm: AppleEmm, out: Option<&Path>) -> Outcome {
    let console = match emm {
        AppleEmm::Intune => MdmConsole::IntuneApple,
        AppleEmm::Jamf => MdmConsole::Jamf,
        AppleEmm::Plist => MdmConsole::Plist,
        AppleEmm::Ddm => MdmConsole::Declarative,
    };
    emit_for(context, file, Platform::Apple, console, out)
}

fn emit_for(context: &Context, file: &str, target: Platform, console: MdmConsole, out: Option<&Path>) -> Outcome {
    let mut read = sound(context, file, target)?;
    // What is sound goes out in the type of its key, whatever it came in.
    for (name, value) in &mut read.settings {
        if let Some(Ok(sound)) = key(name).map(|row| validate(row, value)) {
            *value = sound.to_json();
        }
    }
    let text = export::for_console(console, &read.settings).map_err(unwritable)?;
    atomic_write::text(out, &text)?;
    Ok(Exit::Ok)
}

pub fn links(context: &Context, package: &str, cert: Option<&str>, team: Option<&str>, out: Option<&Path>) -> Outcome {
    let production = context.environments.get("production").cloned().unwrap_or_default();
    let cert = cert
        .map_or(production.android_certificate, str::to_owned)
        .to_ascii_uppercase();
    let team = team.map_or(production.apple_team, str::to_owned).to_ascii_uppercase();
    let digest = cert.split(':').count() == 32
        && cert
            .split(':')
            .all(|pair| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let ten = team.len() == 10 && team.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let named = package.contains('.')
        && package
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    for (holds, id) in [(named, "links-package"), (digest, "links-cert"), (ten, "links-team")] {
        if !holds {
            eprintln!("{}", context.messages.get(id));
            return Ok(Exit::Usage);
        }
    }
    let asset = json!([{
        "relation": ["delegate_permission/common.handle_all_urls"],
        "target": { "namespace": "android_app", "package_name": package, "sha256_cert_fingerprints": [cert] }
    }]);
    let apple = json!({ "applinks": { "details": [{ "appIDs": [format!("{team}.{package}")], "components": [{ "/": "/groep/callback" }, { "/": "/groep/setup" }] }] } });
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default() + "\n";
    match out {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(unwritable)?;
            atomic_write::file(&folder.join("assetlinks.json"), pretty(&asset).as_bytes(), false)?;
            atomic_write::file(
                &folder.join("apple-app-site-association"),
                pretty(&apple).as_bytes(),
                false,
            )?;
            context.say(&context.messages.get("links-done"), &json!({ "ok": true }));
        }
        None => context.say(
            &format!(
                "# /.well-known/assetlinks.json\n{}\n# /.well-known/apple-app-site-association\n{}",
                pretty(&asset),
                pretty(&apple)
            ),
            &json!({ "assetlinks.json": asset, "apple-app-site-association": apple }),
        ),
    }
    Ok(Exit::Ok)
}

pub fn explain(context: &Context, asked: Option<&str>) -> Exit {
    let language = context.messages.language;
    let object = |code: &Code| json!({ "code": code.number(), "what": code.what().in_language(language), "fix": code.fix().in_language(language) });
    let Some(asked) = asked else {
        let lines: Vec<String> = ErrorCode::ALL
            .iter()
            .map(|code| format!("{}  {}", code.number(), code.what().in_language(language)))
            .collect();
        context.say(&lines.join("\n"), &ErrorCode::ALL.iter().map(object).collect());
        return Exit::Ok;
    };
    if let Some(code) = ErrorCode::from_number(asked) {
        context.say(
            &format!(
                "{}\n{}\n{}",
                code.number(),
                code.what().in_language(language),
                code.fix().in_language(language)
            ),
            &object(&code),
        );
        return Exit::Ok;
    }
    if let Some(row) = key(asked) {
        let (title, text) = (row.title.in_language(language), row.description.in_language(language));
        let example = row.example();
        context.say(
            &format!(
                "{}: {title}\n{text}\n{}: {example}",
                row.name,
                context.messages.get("example")
            ),
            &json!({ "key": row.name, "title": title, "description": text, "example": example }),
        );
        return Exit::Ok;
    }
    eprintln!("{}", context.messages.with("explain-unknown", &[("code", asked)]));
    Exit::Usage
}
