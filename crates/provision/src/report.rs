//! The report of `provision doctor`: one check a line, each with its status.

use error_codes::ErrorCode;
use serde_json::{Value, json};

use crate::context::Context;

/// The result of one check.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Ok,
    /// Sign-in works, but something is missing or doubtful.
    Warning,
    /// Sign-in cannot work.
    Fault,
}

impl Status {
    /// The name in JSON, and the end of the message id.
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

struct Check {
    status: Status,
    /// The end of the message id that names the check.
    topic: &'static str,
    code: Option<ErrorCode>,
    detail: String,
}

/// The checks that were done, in their order.
#[derive(Default)]
pub struct Report {
    checks: Vec<Check>,
}

impl Report {
    pub fn ok(&mut self, topic: &'static str, detail: impl Into<String>) {
        self.checks.push(Check {
            status: Status::Ok,
            topic,
            code: None,
            detail: detail.into(),
        });
    }

    pub fn bad(&mut self, status: Status, topic: &'static str, code: ErrorCode, detail: impl Into<String>) {
        self.checks.push(Check {
            status,
            topic,
            code: Some(code),
            detail: detail.into(),
        });
    }

    /// Adds an `Ok` if `holds`, otherwise the code with `status`.
    pub fn expect(&mut self, holds: bool, status: Status, topic: &'static str, code: ErrorCode) {
        if holds {
            self.ok(topic, "");
        } else {
            self.bad(status, topic, code, "");
        }
    }

    /// Whether a check of a topic other than `ignored` has the status `Fault`.
    pub fn has_fault_except(&self, ignored: &[&str]) -> bool {
        self.faults().any(|check| !ignored.contains(&check.topic))
    }

    /// Whether a fault lies with the network: no connection, or no secure one.
    pub fn has_network_fault(&self) -> bool {
        self.faults()
            .any(|check| matches!(check.code, Some(ErrorCode::DoctorUnreachable | ErrorCode::DoctorTls)))
    }

    fn faults(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.status == Status::Fault)
    }

    /// Prints the report as text, or with `--json` as an array.
    pub fn print(&self, context: &Context) {
        let messages = &context.messages;
        let text: Vec<String> = self
            .checks
            .iter()
            .map(|check| {
                let (status, topic) = (
                    messages.get(&format!("doctor-{}", check.status.name())),
                    messages.get(&format!("doctor-{}", check.topic)),
                );
                let rest = check
                    .code
                    .map_or_else(String::new, |code| format!(" {}", code.feedback(messages.language)));
                let detail = if check.detail.is_empty() {
                    String::new()
                } else {
                    format!(" [{}]", check.detail)
                };
                let colon = if rest.is_empty() && detail.is_empty() { "" } else { ":" };
                format!("{status:<13}{topic}{colon}{rest}{detail}")
            })
            .collect();
        let object: Vec<Value> = self
            .checks
            .iter()
            .map(|check| json!({ "mark": check.status.name(), "topic": check.topic, "code": check.code, "detail": check.detail }))
            .collect();
        context.print(&text.join("\n"), &Value::Array(object));
    }
}
