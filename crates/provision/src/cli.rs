//! The command line. Its help texts are in `locales/`; a test proves that every command and argument has one.

use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::messages::Messages;

#[derive(Debug, Parser)]
#[command(name = "provision", version, disable_help_subcommand = true)]
pub struct Cli {
    #[arg(long, global = true)]
    pub json: bool,
    #[arg(long, global = true, value_parser = ["nl", "en"])]
    pub language: Option<String>,
    #[arg(long, global = true, value_name = "FILE")]
    pub environments: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Platform {
    Android,
    Apple,
    Link,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Md,
    JsonSchema,
    Restrictions,
    Strings,
    Specfile,
    Codes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AndroidEmm {
    Amapi,
    Intune,
    Play,
    Knox,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AppleEmm {
    Intune,
    Jamf,
    Plist,
    Ddm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sheet {
    A4,
    A6,
}

/// How links are made and printed on cards.
#[derive(Debug, clap::Args)]
pub struct Linking {
    #[arg(long, value_name = "KEY")]
    pub sign: Option<PathBuf>,
    #[arg(long, value_name = "ID")]
    pub kid: Option<String>,
    #[arg(long, default_value = "30d", value_parser = days)]
    pub expires: i64,
    #[arg(long)]
    pub host: Option<String>,
    #[arg(long, default_value = "nl", value_parser = ["nl", "en"])]
    pub card_language: String,
}

/// Parses a number of days, such as `30d`.
fn days(text: &str) -> Result<i64, String> {
    text.strip_suffix('d')
        .unwrap_or(text)
        .parse()
        .ok()
        .filter(|days| (1..=settings::MAX_LIFETIME_DAYS).contains(days))
        .ok_or_else(|| "1d..90d".to_owned())
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Init {
        #[arg(long)]
        tenant: Option<String>,
        #[arg(long)]
        name: Option<String>,
        #[arg(long)]
        support: Option<String>,
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    Schema {
        #[arg(long, value_enum, default_value = "md")]
        format: Format,
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    Validate {
        file: String,
        #[arg(long = "for", value_enum, default_value = "android")]
        target: Platform,
    },
    Android {
        file: String,
        #[arg(long, value_enum, default_value = "amapi")]
        emm: AndroidEmm,
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    Apple {
        file: String,
        #[arg(long, value_enum, default_value = "intune")]
        emm: AppleEmm,
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    Qr {
        file: String,
        #[command(flatten)]
        linking: Linking,
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    Bulk {
        devices: Option<PathBuf>,
        #[arg(long, required_unless_present = "example")]
        template: Option<String>,
        #[command(flatten)]
        linking: Linking,
        #[arg(long, value_enum, default_value = "a4")]
        sheet: Sheet,
        #[arg(long, short, required_unless_present = "example")]
        out: Option<PathBuf>,
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000), conflicts_with_all = ["devices", "template", "out"])]
        example: Option<u32>,
    },
    Inspect {
        what: String,
        #[arg(long, value_name = "KID:KEY")]
        keys: Option<String>,
        #[arg(long)]
        host: Option<String>,
    },
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    Links {
        #[arg(long, default_value = settings::export::APP_ID)]
        package: String,
        #[arg(long)]
        cert: Option<String>,
        #[arg(long)]
        team: Option<String>,
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    Doctor {
        file: String,
        #[arg(long)]
        sign_in: bool,
        #[arg(long, requires = "sign_in")]
        port: Option<u16>,
        #[arg(long, requires = "sign_in")]
        measure_leeway: bool,
    },
    Diff {
        before: String,
        after: String,
    },
    Explain {
        code: Option<String>,
    },
    #[command(hide = true)]
    Completions {
        shell: clap_complete::Shell,
    },
    #[command(hide = true)]
    Man,
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    New {
        #[arg(long, short)]
        out: PathBuf,
    },
    Public {
        key: PathBuf,
        #[arg(long)]
        kid: Option<String>,
    },
}

/// The command line with its help texts.
pub fn command(messages: &Messages) -> clap::Command {
    let command = Cli::command().about(messages.get("about"));
    localized(command, messages, "")
}

/// Adds the help texts to a command and its subcommands. `path` is the end of their message ids.
fn localized(mut command: clap::Command, messages: &Messages, path: &str) -> clap::Command {
    let arguments: Vec<String> = command
        .get_arguments()
        .map(|argument| argument.get_id().to_string())
        .collect();
    for id in arguments {
        let help = messages
            .find(&format!("arg{path}-{id}"))
            .or_else(|| messages.find(&format!("arg-{id}")));
        if let Some(help) = help {
            command = command.mut_arg(&id, |argument| argument.help(help));
        }
    }
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        let path = format!("{path}-{name}");
        command = command.mut_subcommand(&name, |sub| {
            let sub = match messages.find(&format!("cmd{path}")) {
                Some(about) => sub.about(about),
                None => sub,
            };
            localized(sub, messages, &path)
        });
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_help(command: &clap::Command, missing: &mut Vec<String>) {
        if command.get_about().is_none() && !command.is_hide_set() {
            missing.push(command.get_name().to_owned());
        }
        for argument in command
            .get_arguments()
            .filter(|argument| argument.get_help().is_none() && !command.is_hide_set())
        {
            missing.push(format!("{} {}", command.get_name(), argument.get_id()));
        }
        command.get_subcommands().for_each(|sub| without_help(sub, missing));
    }

    #[test]
    fn every_command_and_argument_has_a_help_text_in_both_languages() {
        for language in ["nl", "en"] {
            let mut missing = vec![];
            without_help(&command(&Messages::new(language)), &mut missing);
            assert_eq!(missing, Vec::<String>::new(), "{language}");
            command(&Messages::new(language)).debug_assert();
        }
    }
}
