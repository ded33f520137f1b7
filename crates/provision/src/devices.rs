//! The table of devices: CSV as spreadsheet programs write it, in Dutch and in English.

use std::collections::BTreeMap;

use encoding_rs::WINDOWS_1252;
use error_codes::ErrorCode;
use serde_json::{Map, Value};
use settings::{Environments, is_blank};

use crate::cli::Platform;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evaluate;
use crate::read::SettingsFile;

/// The largest number of devices in a table.
pub const MAX_DEVICES: usize = 100_000;

/// One device, with the line of its row and the settings of template and row together.
#[derive(Debug)]
pub struct Device {
    pub line: usize,
    pub settings: Map<String, Value>,
}

/// Reads a table. Returns the devices with warnings, or every error of the table: a table is accepted as a whole or not
/// at all.
pub fn read(
    file: &str,
    bytes: &[u8],
    template: &Map<String, Value>,
    environments: &Environments,
) -> Result<(Vec<Device>, Diagnostics), Diagnostics> {
    // The CSV reader ends a row at a carriage return but counts lines by line feeds only.
    let text = decode(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let mut diagnostics = Diagnostics {
        file: file.to_owned(),
        ..Diagnostics::default()
    };
    let separator = separator(&text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let header: Vec<String> = match records.next() {
        Some(Ok(header)) => header.iter().map(|name| name.trim().to_ascii_lowercase()).collect(),
        _ => vec![],
    };
    diagnostics.all = header_errors(&header);
    if !diagnostics.all.is_empty() {
        return Err(diagnostics);
    }
    let mut devices = vec![];
    let mut errors = vec![];
    for record in records {
        let line = |position: Option<&csv::Position>| {
            position
                .and_then(|position| usize::try_from(position.line()).ok())
                .unwrap_or_default()
        };
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                errors.push(
                    Diagnostic::new(ErrorCode::Syntax)
                        .line(line(error.position()))
                        .detail(error.to_string()),
                );
                break;
            }
        };
        let line = line(record.position());
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if devices.len() == MAX_DEVICES {
            errors.push(Diagnostic::new(ErrorCode::CsvRows).line(line));
            break;
        }
        if record.len() != header.len() {
            errors.push(Diagnostic::new(ErrorCode::CsvCells).line(line).detail(format!(
                "{} ≠ {}",
                record.len(),
                header.len()
            )));
            continue;
        }
        let mut row = Map::new();
        for (name, cell) in header.iter().zip(record.iter()) {
            // A spreadsheet would run a cell that begins like a formula. A telephone number may begin with a plus.
            let telephone = name == "support_contact" && cell.trim().starts_with('+');
            // Leading spaces do not protect, because they are trimmed below.
            if (cell.starts_with(['\t', '\r']) || cell.trim().starts_with(['=', '+', '-', '@'])) && !telephone {
                errors.push(Diagnostic::new(ErrorCode::CsvFormula).line(line).key(name));
            }
            if !cell.trim().is_empty() {
                row.insert(name.clone(), Value::from(cell.trim()));
            }
        }
        let evaluated = evaluate::evaluate(
            &SettingsFile {
                file: String::new(),
                source: String::new(),
                settings: merged(template, &row),
                spans: BTreeMap::new(),
            },
            Platform::Link,
            environments,
        );
        errors.extend(
            evaluated
                .all
                .into_iter()
                .filter(|diagnostic| !diagnostic.warning)
                .map(|diagnostic| diagnostic.line(line)),
        );
        devices.push(Device {
            line,
            settings: merged(template, &row),
        });
    }
    if devices.is_empty() && errors.is_empty() {
        errors.push(Diagnostic::new(ErrorCode::CsvCells).line(2));
    }
    errors.extend(duplicates(&devices, "device_label", ErrorCode::SameDevice));
    errors.extend(duplicates(&devices, "login_hint", ErrorCode::SharedAccount));
    diagnostics.all = errors;
    if diagnostics.all.iter().all(|diagnostic| diagnostic.warning) {
        Ok((devices, diagnostics))
    } else {
        Err(diagnostics)
    }
}

/// An error for each column whose name is not a key or occurs twice, and for a table without a header.
fn header_errors(header: &[String]) -> Vec<Diagnostic> {
    if header.is_empty() {
        return vec![Diagnostic::new(ErrorCode::CsvHeader).line(1)];
    }
    header
        .iter()
        .filter_map(|name| {
            let code = if header.iter().filter(|other| *other == name).count() > 1 {
                ErrorCode::Duplicate
            } else if settings::key(name).is_none() {
                ErrorCode::CsvHeader
            } else {
                return None;
            };
            Some(Diagnostic::new(code).line(1).key(name))
        })
        .collect()
}

/// The template, with the values of the row in place of its own.
fn merged(template: &Map<String, Value>, row: &Map<String, Value>) -> Map<String, Value> {
    let mut all: Map<String, Value> = template
        .iter()
        .filter(|(_, value)| !is_blank(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    all.extend(row.clone());
    all
}

/// Decodes UTF-8, with or without a byte order mark; anything else as Windows-1252, which Excel on Windows writes.
fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// The separator that occurs most in the first row. Spreadsheet programs set to Dutch write semicolons.
fn separator(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    *b",;\t"
        .iter()
        .max_by_key(|separator| {
            (
                first.bytes().filter(|byte| byte == *separator).count(),
                **separator == b',',
            )
        })
        .unwrap_or(&b',')
}

/// A warning for each device whose value of this key, ignoring case, another device has already.
fn duplicates(devices: &[Device], name: &str, code: ErrorCode) -> Vec<Diagnostic> {
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    let mut diagnostics = vec![];
    for device in devices {
        let Some(text) = device.settings.get(name).and_then(Value::as_str) else {
            continue;
        };
        if let Some(line) = first.get(&text.to_lowercase()) {
            let mut diagnostic = Diagnostic::new(code)
                .line(device.line)
                .key(name)
                .detail(format!("{text}, {line}"));
            diagnostic.warning = true;
            diagnostics.push(diagnostic);
        } else {
            first.insert(text.to_lowercase(), device.line);
        }
    }
    diagnostics
}
