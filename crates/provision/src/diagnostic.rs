//! Diagnostics: a code with its place, printed as text or as JSON.

use std::io::IsTerminal;

use error_codes::ErrorCode;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Severity};
use serde_json::{Value, json};

use crate::messages::Messages;

/// The exit code of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Success, perhaps with warnings.
    Ok = 0,
    /// The input is wrong.
    Invalid = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The network or a server does not answer.
    Network = 3,
}

/// One problem, or one remark, about the input.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub code: ErrorCode,
    pub key: Option<String>,
    /// Byte range in the source.
    pub span: Option<(usize, usize)>,
    /// The line, if there is no byte range.
    pub line: Option<usize>,
    /// Details that the texts of the code cannot know, such as the choices of a key.
    pub detail: Option<String>,
    /// The input is accepted all the same.
    pub warning: bool,
}

impl Diagnostic {
    pub fn new(code: ErrorCode) -> Self {
        Self {
            code,
            key: None,
            span: None,
            line: None,
            detail: None,
            warning: code.is_information(),
        }
    }

    pub fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// Sets the byte range.
    pub fn at(mut self, span: Option<(usize, usize)>) -> Self {
        self.span = span;
        self
    }

    pub fn line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// All diagnostics of one file.
#[derive(Debug, Default)]
pub struct Diagnostics {
    pub file: String,
    pub source: String,
    pub all: Vec<Diagnostic>,
}

/// How many diagnostics are printed; a table of 100,000 rows may have one in each.
const MAX_PRINTED: usize = 20;

impl Diagnostics {
    /// Diagnostics with a single entry.
    pub fn one(file: impl Into<String>, diagnostic: Diagnostic) -> Self {
        Self {
            file: file.into(),
            source: String::new(),
            all: vec![diagnostic],
        }
    }

    /// `Exit::Ok` if all entries are warnings, otherwise `Exit::Invalid`.
    pub fn exit(&self) -> Exit {
        if self.all.iter().all(|diagnostic| diagnostic.warning) {
            Exit::Ok
        } else {
            Exit::Invalid
        }
    }

    fn line_of(&self, diagnostic: &Diagnostic) -> Option<usize> {
        let before = diagnostic.span.and_then(|(start, _)| self.source.get(..start));
        diagnostic
            .line
            .or_else(|| before.map(|before| before.matches('\n').count() + 1))
    }

    pub fn to_json(&self, language: &str) -> Value {
        let all = self.all.iter().map(|diagnostic| {
            json!({
                "file": self.file,
                "code": diagnostic.code.number(),
                "severity": if diagnostic.warning { "warning" } else { "fault" },
                "key": diagnostic.key,
                "line": self.line_of(diagnostic),
                "detail": diagnostic.detail,
                "what": diagnostic.code.what().in_language(language),
                "fix": diagnostic.code.fix().in_language(language),
            })
        });
        Value::Array(all.collect())
    }

    /// Prints to standard error, in colour if that is a terminal and `NO_COLOR` is not set.
    pub fn print(&self, messages: &Messages) {
        let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let theme = if colour {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(100)
            .with_links(false);
        for diagnostic in self.all.iter().take(MAX_PRINTED) {
            let mut text = String::new();
            let report = self.report(diagnostic, messages.language);
            match handler.render_report(&mut text, report.as_ref()) {
                Ok(()) => eprintln!("{}", text.trim_end()),
                Err(_) => eprintln!(
                    "{} {}",
                    diagnostic.code.number(),
                    diagnostic.code.what().in_language(messages.language)
                ),
            }
        }
        if self.all.len() > MAX_PRINTED {
            eprintln!(
                "{}",
                messages.with(
                    "more-findings",
                    &[("count", &(self.all.len() - MAX_PRINTED).to_string())]
                )
            );
        }
    }

    fn report(&self, diagnostic: &Diagnostic, language: &str) -> miette::Report {
        let what = diagnostic.code.what().in_language(language);
        let place = match (
            &diagnostic.key,
            self.line_of(diagnostic).filter(|_| diagnostic.span.is_none()),
        ) {
            (Some(key), Some(line)) => format!("{}:{line}: {key}: ", self.file),
            (None, Some(line)) => format!("{}:{line}: ", self.file),
            (Some(key), None) => format!("{key}: "),
            (None, None) if self.source.is_empty() && !self.file.is_empty() => format!("{}: ", self.file),
            (None, None) => String::new(),
        };
        let detail = diagnostic
            .detail
            .as_ref()
            .map(|detail| format!(" ({detail})"))
            .unwrap_or_default();
        let severity = if diagnostic.warning {
            Severity::Warning
        } else {
            Severity::Error
        };
        let mut output = MietteDiagnostic::new(format!("{place}{what}{detail}"))
            .with_code(diagnostic.code.number())
            .with_help(diagnostic.code.fix().in_language(language))
            .with_severity(severity);
        let span = diagnostic
            .span
            .filter(|(start, end)| start <= end && *end <= self.source.len());
        if let Some((start, end)) = span {
            output = output.with_label(LabeledSpan::at(start..end, diagnostic.key.clone().unwrap_or_default()));
        }
        let report = miette::Report::new(output);
        if span.is_some() {
            report.with_source_code(NamedSource::new(&self.file, self.source.clone()))
        } else {
            report
        }
    }
}
