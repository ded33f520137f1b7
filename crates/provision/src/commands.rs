//! The commands that need nothing but the table.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use settings::emit::{self, Console};
use settings::{Code, KEYS, Tenant, check, key};

use crate::cli::{AndroidEmm, AppleEmm, For, Format};
use crate::finding::{Exit, Finding, Findings};
use crate::read::{self, Content, Read};
use crate::{Done, Ground, judge, out};

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn unwritable(error: std::io::Error) -> Findings {
    Findings::one("", Finding::new(Code::Unreadable).detail(error.to_string()))
}

pub fn init(
    ground: &Ground,
    tenant: Option<String>,
    name: Option<String>,
    support: Option<String>,
    out: Option<&Path>,
) -> Done {
    let asks = tenant.is_none();
    if asks && !std::io::stdin().is_terminal() {
        eprintln!("{}", ground.words.get("init-needs-tenant"));
        return Ok(Exit::Usage);
    }
    let tenant = tenant.unwrap_or_else(|| ask(ground, "init-ask-tenant"));
    let name = if asks {
        name.or_else(|| Some(ask(ground, "init-ask-name")))
    } else {
        name
    };
    let support = if asks {
        support.or_else(|| Some(ask(ground, "init-ask-support")))
    } else {
        support
    };
    let tenant = Tenant::from_typed(&tenant, ".ouderportaal.nl").map_err(|fault| {
        let code = Code::from_number(fault.code()).unwrap_or(Code::Tenant);
        Findings::one("", Finding::new(code).key("tenant"))
    })?;
    let mut given = vec![("tenant", tenant.to_string())];
    for (key_name, value) in [("organisation_name", name), ("support_contact", support)] {
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            if let Some(Err(code)) = key(key_name).map(|row| check(row, &Value::from(value.clone()))) {
                return Err(Findings::one("", Finding::new(code).key(key_name)));
            }
            given.push((key_name, value));
        }
    }
    let mut text = format!(
        "# {}\n# {}\n",
        ground.words.get("init-head"),
        ground.words.get("init-head-2")
    );
    for row in KEYS {
        let _ = writeln!(
            text,
            "\n# {}: {}",
            row.title.in_language(ground.words.language),
            row.description.in_language(ground.words.language)
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
        return Err(Findings::one(
            path.display().to_string(),
            Finding::new(Code::Unreadable).detail(ground.words.get("exists")),
        ));
    }
    out::text(out, &text)?;
    if let Some(path) = out {
        let file = path.display().to_string();
        ground.say(
            &ground.words.with("init-done", &[("file", &file)]),
            &json!({ "ok": true, "file": file }),
        );
    }
    Ok(Exit::Ok)
}

fn ask(ground: &Ground, id: &str) -> String {
    eprint!("{} ", ground.words.get(id));
    let _ = std::io::stderr().flush();
    let mut line = String::new();
    // An end of the input is an empty answer.
    let _ = std::io::stdin().read_line(&mut line);
    line.trim().to_owned()
}

pub fn schema(ground: &Ground, format: Format, out: Option<&Path>) -> Done {
    let text = match format {
        Format::Md => emit::manual(ground.words.language),
        Format::JsonSchema => serde_json::to_string_pretty(&emit::json_schema()).unwrap_or_default() + "\n",
        Format::Restrictions => emit::restrictions().map_err(unwritable)?,
        Format::Strings => emit::strings(ground.words.language).map_err(unwritable)?,
        Format::Specfile => emit::specfile().map_err(unwritable)?,
    };
    out::text(out, &text)?;
    Ok(Exit::Ok)
}

/// Settings of a file, sound for a target; warnings are printed.
pub fn sound(ground: &Ground, file: &str, target: For) -> Result<Read, Findings> {
    let read = settings_of(file)?;
    let findings = judge::judge(&read, target, &ground.environments);
    if findings.exit() != Exit::Ok {
        return Err(findings);
    }
    if !ground.json {
        findings.print(&ground.words);
    }
    Ok(read)
}

/// Settings of a file.
pub fn settings_of(file: &str) -> Result<Read, Findings> {
    match read::content(file)? {
        Content::Settings(read) => Ok(read),
        Content::Link(_) => Err(Findings::one(file, Finding::new(Code::Syntax))),
    }
}

pub fn validate(ground: &Ground, file: &str, target: For) -> Done {
    let read = settings_of(file)?;
    let findings = judge::judge(&read, target, &ground.environments);
    let exit = findings.exit();
    if ground.json {
        ground.say("", &json!({ "ok": exit == Exit::Ok, "keys": read.settings.len(), "findings": findings.to_json(ground.words.language) }));
        return Ok(exit);
    }
    findings.print(&ground.words);
    if exit == Exit::Ok {
        ground.say(
            &ground.words.with(
                "validate-ok",
                &[("file", &read.file), ("count", &read.settings.len().to_string())],
            ),
            &Value::Null,
        );
    }
    Ok(exit)
}

pub fn android(ground: &Ground, file: &str, emm: AndroidEmm, out: Option<&Path>) -> Done {
    let console = match emm {
        AndroidEmm::Amapi => Console::Amapi,
        AndroidEmm::Intune => Console::IntuneAndroid,
        AndroidEmm::Play => Console::Play,
        AndroidEmm::Knox => Console::Knox,
    };
    emit_for(ground, file, For::Android, console, out)
}

pub fn apple(ground: &Ground, file: &str, emm: AppleEmm, out: Option<&Path>) -> Done {
    let console = match emm {
        AppleEmm::Intune => Console::IntuneApple,
        AppleEmm::Jamf => Console::Jamf,
        AppleEmm::Plist => Console::Plist,
        AppleEmm::Ddm => Console::Declarative,
    };
    emit_for(ground, file, For::Apple, console, out)
}

fn emit_for(ground: &Ground, file: &str, target: For, console: Console, out: Option<&Path>) -> Done {
    let mut read = sound(ground, file, target)?;
    // What is sound goes out in the type of its key, whatever it came in.
    for (name, value) in &mut read.settings {
        if let Some(Ok(sound)) = key(name).map(|row| check(row, value)) {
            *value = sound.to_json();
        }
    }
    let text = emit::for_console(console, &read.settings).map_err(unwritable)?;
    out::text(out, &text)?;
    Ok(Exit::Ok)
}

pub fn links(ground: &Ground, package: &str, cert: Option<&str>, team: Option<&str>, out: Option<&Path>) -> Done {
    let production = ground.environments.get("production").cloned().unwrap_or_default();
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
            eprintln!("{}", ground.words.get(id));
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
            out::file(&folder.join("assetlinks.json"), pretty(&asset).as_bytes(), false)?;
            out::file(
                &folder.join("apple-app-site-association"),
                pretty(&apple).as_bytes(),
                false,
            )?;
            ground.say(&ground.words.get("links-done"), &json!({ "ok": true }));
        }
        None => ground.say(
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

pub fn explain(ground: &Ground, asked: Option<&str>) -> Exit {
    let language = ground.words.language;
    let object = |code: &Code| json!({ "code": code.number(), "what": code.what().in_language(language), "fix": code.fix().in_language(language) });
    let Some(asked) = asked else {
        let lines: Vec<String> = Code::ALL
            .iter()
            .map(|code| format!("{}  {}", code.number(), code.what().in_language(language)))
            .collect();
        ground.say(&lines.join("\n"), &Code::ALL.iter().map(object).collect());
        return Exit::Ok;
    };
    if let Some(code) = Code::from_number(asked) {
        ground.say(
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
        ground.say(
            &format!(
                "{}: {title}\n{text}\n{}: {example}",
                row.name,
                ground.words.get("example")
            ),
            &json!({ "key": row.name, "title": title, "description": text, "example": example }),
        );
        return Exit::Ok;
    }
    eprintln!("{}", ground.words.with("explain-unknown", &[("code", asked)]));
    Exit::Usage
}
