//! What every command works with, and how a command ends.

use serde_json::Value;
use settings::Environments;

use crate::atomic_write;
use crate::diagnostic::{Diagnostics, Exit};
use crate::messages::Messages;

/// The inputs that all commands share.
pub struct Context {
    pub messages: Messages,
    /// The person passed `--json`.
    pub json: bool,
    pub environments: Environments,
    /// The time at the start of the program, in seconds since 1970.
    pub now: i64,
}

impl Context {
    /// Prints the result of a command to standard output: the text, or with `--json` the object.
    pub fn print(&self, text: &str, object: &Value) {
        let text = if self.json {
            object.to_string()
        } else {
            text.trim_end().to_owned()
        };
        let _ = atomic_write::text(None, &(text + "\n"));
    }

    /// Prints a remark to standard error; nothing with `--json`.
    pub fn print_note(&self, text: &str) {
        if !self.json {
            eprintln!("{text}");
        }
    }
}

/// How a command ended: with an exit code, or with diagnostics that `main` prints.
pub type Outcome = Result<Exit, Diagnostics>;
