//! What was found: with its code, its place and its fix; as words or as JSON.

use std::io::IsTerminal;

use error_codes::ErrorCode;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Severity};
use serde_json::{Value, json};

use crate::messages::Messages;

/// How the command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All well.
    Ok = 0,
    /// What was given is not sound.
    Invalid = 1,
    /// The command was not understood.
    Usage = 2,
    /// The network or a server is at fault.
    Network = 3,
}

/// One thing that was found.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub code: ErrorCode,
    pub key: Option<String>,
    /// Bytes of the source.
    pub span: Option<(usize, usize)>,
    /// The line, where there is no source to point into.
    pub line: Option<usize>,
    /// What exactly; the code's words say the rest.
    pub detail: Option<String>,
    /// Nothing is refused for it.
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

/// Everything that was found in one file.
#[derive(Debug, Default)]
pub struct Diagnostics {
    pub file: String,
    pub source: String,
    pub all: Vec<Diagnostic>,
}

/// So many are shown; a table of 100,000 rows may hold one fault in each.
const SHOWN: usize = 20;

impl Diagnostics {
    pub fn one(file: impl Into<String>, diagnostic: Diagnostic) -> Self {
        Self {
            file: file.into(),
            source: String::new(),
            all: vec![diagnostic],
        }
    }

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
                "code": finding.code.number(),
                "severity": if finding.warning { "warning" } else { "fault" },
                "key": finding.key,
                "line": self.line_of(finding),
                "detail": finding.detail,
                "what": finding.code.what().in_language(language),
                "fix": finding.code.fix().in_language(language),
            })
        });
        Value::Array(all.collect())
    }

    /// Prints to the terminal's error stream.
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
        for diagnostic in self.all.iter().take(SHOWN) {
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
        if self.all.len() > SHOWN {
            eprintln!(
                "{}",
                words.with("more-findings", &[("count", &(self.all.len() - SHOWN).to_string())])
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
        let mut diagnostic = MietteDiagnostic::new(format!("{place}{what}{detail}"))
            .with_code(diagnostic.code.number())
            .with_help(diagnostic.code.fix().in_language(language))
            .with_severity(severity);
        let span = diagnostic
            .span
            .filter(|(start, end)| start <= end && *end <= self.source.len());
        if let Some((start, end)) = span {
            diagnostic = diagnostic.with_label(LabeledSpan::at(start..end, diagnostic.key.clone().unwrap_or_default()));
        }
        let report = miette::Report::new(diagnostic);
        if span.is_some() {
            report.with_source_code(NamedSource::new(&self.file, self.source.clone()))
        } else {
            report
        }
    }
}
