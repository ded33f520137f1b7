//! `provision explain`: what a code of the register or a key of the schema means.

use std::fmt::Write as _;

use error_codes::{ErrorCode, ErrorKind};
use serde_json::{Value, json};
use settings::key;

use crate::context::Context;
use crate::diagnostic::Exit;
use crate::messages::Messages;

/// Explains a code or a key; without `subject`, lists all codes.
pub fn explain(context: &Context, subject: Option<&str>) -> Exit {
    let messages = &context.messages;
    let language = messages.language;
    let Some(subject) = subject else {
        let lines: Vec<String> = ErrorCode::ALL
            .iter()
            .map(|code| format!("{code}  {}", code.what().in_language(language)))
            .collect();
        context.print(
            &lines.join("\n"),
            &ErrorCode::ALL.iter().map(|code| code_object(messages, *code)).collect(),
        );
        return Exit::Ok;
    };
    if let Some(code) = ErrorCode::from_number(subject) {
        context.print(&code_text(messages, code), &code_object(messages, code));
        return Exit::Ok;
    }
    if let Some(row) = key(subject) {
        let (title, text) = (row.title.in_language(language), row.description.in_language(language));
        let example = row.example();
        context.print(
            &format!("{}: {title}\n{text}\n{}: {example}", row.name, messages.get("example")),
            &json!({ "key": row.name, "title": title, "description": text, "example": example }),
        );
        return Exit::Ok;
    }
    eprintln!("{}", messages.with("explain-unknown", &[("code", subject)]));
    Exit::Usage
}

/// The title and the text that the tablet shows for a code; `None` if the code never reaches its screen.
fn screen(messages: &Messages, code: ErrorCode) -> Option<(String, String)> {
    let kind = code.kind();
    (kind != ErrorKind::NotOnTablet).then(|| {
        let text = |part: &str| messages.get(&format!("problem-{}-{part}", kind.name()));
        (text("title"), text("text"))
    })
}

/// The code and up to three sections: what staff see, what happened, what to do.
fn code_text(messages: &Messages, code: ErrorCode) -> String {
    let mut text = format!("{code}\n");
    let mut section = |id: &str, lines: &[&str]| {
        // Writing to a String never fails.
        let _ = write!(text, "\n{}\n", messages.get(id));
        for line in lines {
            let _ = writeln!(text, "  {line}");
        }
    };
    if let Some((title, explanation)) = screen(messages, code) {
        section("explain-screen", &[&title, &explanation]);
    }
    section("explain-what", &[code.what().in_language(messages.language)]);
    section("explain-fix", &[code.fix().in_language(messages.language)]);
    text
}

fn code_object(messages: &Messages, code: ErrorCode) -> Value {
    json!({
        "code": code,
        "what": code.what().in_language(messages.language),
        "fix": code.fix().in_language(messages.language),
        "screen": screen(messages, code).map(|(title, text)| json!({ "title": title, "text": text })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_in_both_languages() {
        for language in ["nl", "en"] {
            let messages = Messages::new(language);
            for code in ErrorCode::ALL {
                let text = code_text(&messages, *code);
                let sections = if code.kind() == ErrorKind::NotOnTablet { 2 } else { 3 };
                assert_eq!(text.matches("\n\n").count(), sections, "{language} {text}");
                assert!(
                    text.contains(code.what().in_language(language)) && text.contains(code.fix().in_language(language))
                );
                assert!(
                    !text.contains("problem-") && !text.contains("explain-"),
                    "a text is missing: {text}"
                );
            }
        }
    }

    #[test]
    fn every_kind_of_the_tablet_has_a_title_and_a_text_in_both_languages() {
        for language in ["nl", "en"] {
            let messages = Messages::new(language);
            for kind in ErrorKind::ON_TABLET {
                for part in ["title", "text"] {
                    let id = format!("problem-{}-{part}", kind.name());
                    assert!(messages.find(&id).is_some(), "{language}: {id}");
                }
            }
        }
    }
}
