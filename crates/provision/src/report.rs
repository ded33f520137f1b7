//! The report of `provision doctor`: one check a line, each with its status.

use error_codes::ErrorCode;
use serde_json::{Value, json};

use crate::context::Context;
use crate::messages::Messages;

/// The result of one check.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Ok,
    /// Sign-in works, but something is missing or doubtful.
    Warning,
    /// Sign-in cannot work.
    Fault,
    /// A setting that the app relies on and that no answer shows. A person looks it up at the identity provider.
    Unseen,
}

impl Status {
    /// The name in JSON, and the end of the message id.
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
            Self::Unseen => "unseen",
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

impl Check {
    /// How a person checks by hand what cannot be seen.
    fn look(&self, messages: &Messages) -> Option<String> {
        (self.status == Status::Unseen).then(|| messages.get(&format!("doctor-look-{}", self.topic)))
    }
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

    /// Adds a setting that cannot be seen. The text `doctor-look-<topic>` says how to check it by hand.
    pub fn unseen(&mut self, topic: &'static str) {
        self.checks.push(Check {
            status: Status::Unseen,
            topic,
            code: None,
            detail: String::new(),
        });
    }

    /// Adds that a person ended the trial before its last check.
    pub fn interrupted(&mut self) {
        self.checks.push(Check {
            status: Status::Fault,
            topic: "interrupted",
            code: None,
            detail: String::new(),
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
                let rest = match check.code {
                    Some(code) => format!(" {}", code.feedback(messages.language)),
                    None => check.look(messages).map_or_else(String::new, |look| format!(" {look}")),
                };
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
            .map(|check| {
                json!({
                    "mark": check.status.name(), "topic": check.topic, "code": check.code, "detail": check.detail,
                    "look": check.look(messages),
                })
            })
            .collect();
        context.print(&text.join("\n"), &Value::Array(object));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::NEVER_SEEN;

    const SOURCES: [&str; 4] = [
        include_str!("doctor.rs"),
        include_str!("redeem.rs"),
        include_str!("sign_in.rs"),
        include_str!("trial.rs"),
    ];

    /// The literals that follow one of these texts.
    fn literals(before: &[&str]) -> Vec<&'static str> {
        let all = SOURCES
            .iter()
            .flat_map(|source| before.iter().flat_map(|text| source.split(*text).skip(1)));
        all.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
            .collect()
    }

    #[test]
    fn every_check_has_a_name_and_every_setting_that_cannot_be_seen_a_way_to_look_it_up() {
        let unseen = [literals(&["unseen("]), NEVER_SEEN.to_vec()].concat();
        let seen = literals(&["report.ok(", "Status::Fault,", "Status::Warning,", "needed,"]);
        assert!(unseen.len() > 10 && seen.len() > 30, "{unseen:?} {seen:?}");
        for language in ["nl", "en"] {
            let messages = Messages::new(language);
            for topic in &unseen {
                assert!(
                    messages.find(&format!("doctor-look-{topic}")).is_some(),
                    "{language} {topic}"
                );
            }
            for topic in unseen.iter().chain(&seen).chain(&["interrupted"]) {
                assert!(
                    messages.find(&format!("doctor-{topic}")).is_some(),
                    "{language} {topic}"
                );
            }
        }
    }
}
