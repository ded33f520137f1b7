//! `provision`: the device administrator's command line.

mod atomic_write;
mod bulk;
mod card;
mod cards;
mod cli;
mod commands;
mod context;
mod devices;
mod diagnostic;
mod doctor;
mod evaluate;
mod explain;
#[cfg(test)]
mod fuzz;
mod inspect;
mod keys;
mod messages;
mod network;
mod observed;
mod pdf;
mod png;
mod read;
mod redeem;
mod report;
mod sign_in;
mod trial;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::FromArgMatches;
use error_codes::ErrorCode;
use serde_json::json;
use settings::Environments;

use crate::cli::{Cli, Command};
use crate::context::{Context, Outcome};
use crate::diagnostic::{Diagnostic, Diagnostics, Exit};
use crate::messages::Messages;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let messages = Messages::new(messages::language(&arguments, |name| std::env::var(name).ok()));
    let parsed = cli::command(&messages)
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let exit = match parsed {
        Ok(cli) => run(cli, messages),
        Err(error) => {
            // If the reader of a pipe is gone, nobody misses the text.
            let _ = error.print();
            if error.use_stderr() { Exit::Usage } else { Exit::Ok }
        }
    };
    ExitCode::from(exit as u8)
}

fn run(cli: Cli, messages: Messages) -> Exit {
    let environments = match environments(&cli) {
        Ok(environments) => environments,
        Err(diagnostics) => {
            diagnostics.print(&messages);
            return diagnostics.exit();
        }
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        .unwrap_or_default();
    let context = Context {
        messages,
        json: cli.json,
        environments,
        now,
    };
    match dispatch(&context, cli.command) {
        Ok(exit) => exit,
        Err(diagnostics) => {
            if context.json {
                context.print(
                    "",
                    &json!({ "ok": false, "findings": diagnostics.to_json(context.messages.language) }),
                );
            } else {
                diagnostics.print(&context.messages);
            }
            diagnostics.exit()
        }
    }
}

fn environments(cli: &Cli) -> Result<Environments, Diagnostics> {
    let (name, text) = match &cli.environments {
        Some(path) => (
            path.display().to_string(),
            String::from_utf8_lossy(&read::bytes(path)?).into_owned(),
        ),
        None => ("environments.toml".to_owned(), evaluate::ENVIRONMENTS.to_owned()),
    };
    Environments::from_toml(&text).map_err(|error| {
        let diagnostic = Diagnostic::new(ErrorCode::Syntax)
            .at(error.span().map(|span| (span.start, span.end)))
            .detail(error.message());
        Diagnostics {
            file: name,
            source: text.clone(),
            all: vec![diagnostic],
        }
    })
}

fn dispatch(context: &Context, command: Command) -> Outcome {
    match command {
        Command::Init {
            tenant,
            name,
            support,
            out,
        } => commands::init(context, tenant, name, support, out.as_deref()),
        Command::Schema { format, out } => commands::schema(context, format, out.as_deref()),
        Command::Validate { file, target } => commands::validate(context, &file, target),
        Command::Android { file, emm, out } => commands::android(context, &file, emm, out.as_deref()),
        Command::Apple { file, emm, out } => commands::apple(context, &file, emm, out.as_deref()),
        Command::Qr { file, linking, out } => bulk::qr(context, &file, &linking, out.as_deref()),
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
                bulk::bulk(context, devices.as_deref(), &template, &linking, sheet, &out)
            }
            _ => Ok(Exit::Usage),
        },
        Command::Inspect { what, keys, host } => inspect::inspect(context, &what, keys.as_deref(), host.as_deref()),
        Command::Key { command } => keys::key(context, command),
        Command::Links {
            package,
            cert,
            team,
            out,
        } => commands::links(context, &package, cert.as_deref(), team.as_deref(), out.as_deref()),
        Command::Doctor {
            file,
            sign_in,
            port,
            measure_leeway,
        } => {
            let options = sign_in::Options {
                port,
                measures_leeway: measure_leeway,
            };
            doctor::doctor(context, &file, sign_in.then_some(options))
        }
        Command::Diff { before, after } => inspect::diff(context, &before, &after),
        Command::Explain { code } => Ok(explain::explain(context, code.as_deref())),
        Command::Completions { shell } => {
            let mut bytes = vec![];
            clap_complete::generate(shell, &mut cli::command(&context.messages), "provision", &mut bytes);
            atomic_write::text(None, &String::from_utf8_lossy(&bytes))?;
            Ok(Exit::Ok)
        }
        Command::Man => {
            let mut bytes = vec![];
            let _ = clap_mangen::Man::new(cli::command(&context.messages)).render(&mut bytes);
            atomic_write::text(None, &String::from_utf8_lossy(&bytes))?;
            Ok(Exit::Ok)
        }
    }
}
