//! `provision`: the device manager's command line.

mod bulk;
mod card;
mod cli;
mod commands;
mod devices;
mod doctor;
mod finding;
#[cfg(test)]
mod fuzz;
mod inspect;
mod judge;
mod keys;
mod making;
mod out;
mod pdf;
mod png;
mod read;
mod sign_in;
mod words;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::FromArgMatches;
use serde_json::{Value, json};
use settings::{Code, Environments};

use crate::cli::{Cli, Command};
use crate::finding::{Exit, Finding, Findings};
use crate::words::Words;

/// What every command works with.
pub struct Ground {
    pub words: Words,
    pub json: bool,
    pub environments: Environments,
    /// Seconds since 1970.
    pub now: i64,
}

impl Ground {
    /// Says something to a person; with `--json`, the object instead.
    pub fn say(&self, text: &str, object: &Value) {
        let text = if self.json {
            object.to_string()
        } else {
            text.trim_end().to_owned()
        };
        let _ = out::text(None, &(text + "\n"));
    }

    /// Says something beside the result.
    pub fn note(&self, text: &str) {
        if !self.json {
            eprintln!("{text}");
        }
    }
}

/// How a command ended: well or not, or with what is wrong.
pub type Done = Result<Exit, Findings>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let words = Words::new(words::language(&arguments, |name| std::env::var(name).ok()));
    let parsed = cli::command(&words)
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let exit = match parsed {
        Ok(cli) => run(cli, words),
        Err(error) => {
            // A reader that went away is no fault.
            let _ = error.print();
            if error.use_stderr() { Exit::Usage } else { Exit::Ok }
        }
    };
    ExitCode::from(exit as u8)
}

fn run(cli: Cli, words: Words) -> Exit {
    let environments = match environments(&cli) {
        Ok(environments) => environments,
        Err(findings) => {
            findings.print(&words);
            return findings.exit();
        }
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        .unwrap_or_default();
    let ground = Ground {
        words,
        json: cli.json,
        environments,
        now,
    };
    match dispatch(&ground, cli.command) {
        Ok(exit) => exit,
        Err(findings) => {
            if ground.json {
                ground.say(
                    "",
                    &json!({ "ok": false, "findings": findings.to_json(ground.words.language) }),
                );
            } else {
                findings.print(&ground.words);
            }
            findings.exit()
        }
    }
}

fn environments(cli: &Cli) -> Result<Environments, Findings> {
    let (name, text) = match &cli.environments {
        Some(path) => (
            path.display().to_string(),
            String::from_utf8_lossy(&read::bytes(path)?).into_owned(),
        ),
        None => ("environments.toml".to_owned(), judge::ENVIRONMENTS.to_owned()),
    };
    Environments::from_toml(&text).map_err(|error| {
        let finding = Finding::new(Code::Syntax)
            .at(error.span().map(|span| (span.start, span.end)))
            .detail(error.message());
        Findings {
            file: name,
            source: text.clone(),
            all: vec![finding],
        }
    })
}

fn dispatch(ground: &Ground, command: Command) -> Done {
    match command {
        Command::Init {
            tenant,
            name,
            support,
            out,
        } => commands::init(ground, tenant, name, support, out.as_deref()),
        Command::Schema { format, out } => commands::schema(ground, format, out.as_deref()),
        Command::Validate { file, target } => commands::validate(ground, &file, target),
        Command::Android { file, emm, out } => commands::android(ground, &file, emm, out.as_deref()),
        Command::Apple { file, emm, out } => commands::apple(ground, &file, emm, out.as_deref()),
        Command::Qr { file, linking, out } => bulk::qr(ground, &file, &linking, out.as_deref()),
        Command::Bulk {
            devices,
            template,
            linking,
            sheet,
            out,
            example,
        } => match (example, template, out) {
            (Some(count), ..) => bulk::example(count),
            (None, Some(template), Some(out)) => {
                bulk::bulk(ground, devices.as_deref(), &template, &linking, sheet, &out)
            }
            _ => Ok(Exit::Usage),
        },
        Command::Inspect { what, keys, host } => inspect::inspect(ground, &what, keys.as_deref(), host.as_deref()),
        Command::Key { command } => keys::key(ground, command),
        Command::Links {
            package,
            cert,
            team,
            out,
        } => commands::links(ground, &package, cert.as_deref(), team.as_deref(), out.as_deref()),
        Command::Doctor { file, sign_in, port } => doctor::doctor(ground, &file, sign_in, port),
        Command::Diff { before, after } => inspect::diff(ground, &before, &after),
        Command::Explain { code } => Ok(commands::explain(ground, code.as_deref())),
        Command::Completions { shell } => {
            let mut bytes = vec![];
            clap_complete::generate(shell, &mut cli::command(&ground.words), "provision", &mut bytes);
            out::text(None, &String::from_utf8_lossy(&bytes))?;
            Ok(Exit::Ok)
        }
        Command::Man => {
            let mut bytes = vec![];
            let _ = clap_mangen::Man::new(cli::command(&ground.words)).render(&mut bytes);
            out::text(None, &String::from_utf8_lossy(&bytes))?;
            Ok(Exit::Ok)
        }
    }
}
