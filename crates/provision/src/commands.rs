//! The commands that work on one settings file or on the schema: `init`, `schema`, `validate`, `android`, `apple`,
//! `links`.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::Path;

use error_codes::ErrorCode;
use serde_json::{Value, json};
use settings::export::{self, MdmConsole};
use settings::{KEYS, Tenant, key};

use crate::cli::{AndroidEmm, AppleEmm, Format, Platform};
use crate::context::{Context, Outcome};
use crate::diagnostic::{Diagnostic, Diagnostics, Exit};
use crate::{atomic_write, evaluate, read};

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn unwritable(error: std::io::Error) -> Diagnostics {
    Diagnostics::one("", Diagnostic::new(ErrorCode::Unreadable).detail(error.to_string()))
}

/// `provision init`: writes a settings file with a comment for each key. Asks on the terminal if no tenant is given.
pub fn init(
    context: &Context,
    tenant: Option<String>,
    name: Option<String>,
    support: Option<String>,
    out: Option<&Path>,
) -> Outcome {
    let interactive = tenant.is_none();
    if interactive && !std::io::stdin().is_terminal() {
        eprintln!("{}", context.messages.get("init-needs-tenant"));
        return Ok(Exit::Usage);
    }
    let tenant = tenant.unwrap_or_else(|| ask(context, "init-ask-tenant"));
    let name = if interactive {
        name.or_else(|| Some(ask(context, "init-ask-name")))
    } else {
        name
    };
    let support = if interactive {
        support.or_else(|| Some(ask(context, "init-ask-support")))
    } else {
        support
    };
    let tenant = Tenant::from_typed(&tenant, ".ouderportaal.nl")
        .map_err(|error| Diagnostics::one("", Diagnostic::new(error.code()).key("tenant")))?;
    let mut values = vec![("tenant", tenant.to_string())];
    for (key_name, value) in [("organisation_name", name), ("support_contact", support)] {
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            if let Some(Err(code)) = key(key_name).map(|row| settings::validate(row, &Value::from(value.clone()))) {
                return Err(Diagnostics::one("", Diagnostic::new(code).key(key_name)));
            }
            values.push((key_name, value));
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
        let _ = match values.iter().find(|(name, _)| *name == row.name) {
            Some((name, chosen)) => writeln!(text, "{name} = {}", value(chosen.clone())),
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
        context.print(
            &context.messages.with("init-done", &[("file", &file)]),
            &json!({ "ok": true, "file": file }),
        );
    }
    Ok(Exit::Ok)
}

/// Asks a question on the terminal.
fn ask(context: &Context, id: &str) -> String {
    eprint!("{} ", context.messages.get(id));
    let _ = std::io::stderr().flush();
    let mut line = String::new();
    // If the input ends, the answer is empty.
    let _ = std::io::stdin().read_line(&mut line);
    line.trim().to_owned()
}

/// `provision schema`: prints the schema or the register in one of the export formats.
pub fn schema(context: &Context, format: Format, out: Option<&Path>) -> Outcome {
    let text = match format {
        Format::Md => export::manual(context.messages.language),
        Format::JsonSchema => serde_json::to_string_pretty(&export::json_schema()).unwrap_or_default() + "\n",
        Format::Restrictions => export::restrictions().map_err(unwritable)?,
        Format::Strings => export::strings(context.messages.language).map_err(unwritable)?,
        Format::Codes => export::error_codes(context.messages.language),
        Format::Specfile => export::specfile().map_err(unwritable)?,
    };
    atomic_write::text(out, &text)?;
    Ok(Exit::Ok)
}

/// `provision validate`: prints every diagnostic of a settings file.
pub fn validate(context: &Context, path: &str, platform: Platform) -> Outcome {
    let file = read::settings_file(path)?;
    let diagnostics = evaluate::evaluate(&file, platform, &context.environments);
    let exit = diagnostics.exit();
    if context.json {
        context.print("", &json!({ "ok": exit == Exit::Ok, "keys": file.settings.len(), "findings": diagnostics.to_json(context.messages.language) }));
        return Ok(exit);
    }
    diagnostics.print(&context.messages);
    if exit == Exit::Ok {
        context.print(
            &context.messages.with(
                "validate-ok",
                &[("file", &file.file), ("count", &file.settings.len().to_string())],
            ),
            &Value::Null,
        );
    }
    Ok(exit)
}

/// `provision android`: writes settings in the format of an MDM for Android.
pub fn android(context: &Context, file: &str, emm: AndroidEmm, out: Option<&Path>) -> Outcome {
    let console = match emm {
        AndroidEmm::Amapi => MdmConsole::Amapi,
        AndroidEmm::Intune => MdmConsole::IntuneAndroid,
        AndroidEmm::Play => MdmConsole::Play,
        AndroidEmm::Knox => MdmConsole::Knox,
    };
    export_for(context, file, Platform::Android, console, out)
}

/// `provision apple`: writes settings in the format of an MDM for iPad.
pub fn apple(context: &Context, file: &str, emm: AppleEmm, out: Option<&Path>) -> Outcome {
    let console = match emm {
        AppleEmm::Intune => MdmConsole::IntuneApple,
        AppleEmm::Jamf => MdmConsole::Jamf,
        AppleEmm::Plist => MdmConsole::Plist,
        AppleEmm::Ddm => MdmConsole::Declarative,
    };
    export_for(context, file, Platform::Apple, console, out)
}

fn export_for(context: &Context, path: &str, platform: Platform, console: MdmConsole, out: Option<&Path>) -> Outcome {
    let mut file = evaluate::valid_settings(context, path, platform)?;
    // A file may spell a flag or a number as text; the export has the type of the key.
    for (name, value) in &mut file.settings {
        if let Some(Ok(parsed)) = key(name).map(|row| settings::validate(row, value)) {
            *value = parsed.to_json();
        }
    }
    let text = export::for_console(console, &file.settings).map_err(unwritable)?;
    atomic_write::text(out, &text)?;
    Ok(Exit::Ok)
}

/// `provision links`: writes the two files that let Android and iPadOS open links of the claimed host in the app.
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
            context.print(&context.messages.get("links-done"), &json!({ "ok": true }));
        }
        None => context.print(
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
