//! The table of scenarios in `docs/scenarios.md`.

use std::fs;

use crate::sandbox::root;

const FILE: &str = "docs/scenarios.md";

/// One row of the table. A scenario has a row for each of its tests, or one row without a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The scenario, such as `S15`.
    pub id: String,
    /// The name of a test in `tests/app`.
    pub test: Option<String>,
    /// The picture that the test takes at its end, in `target/scenarios`.
    pub picture: Option<String>,
}

/// Reads every row of the table. Panics if the file cannot be read or a row has not four columns.
#[must_use]
pub fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join(FILE)).expect(FILE);
    text.lines().filter(|line| line.starts_with("| S")).map(row).collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [id, _, test, picture] = cells[..] else {
        panic!("not four columns in {FILE}: {line}");
    };
    // A name is in backticks; other text says why there is no test.
    let name = |cell: &str| Some(cell.strip_prefix('`')?.strip_suffix('`')?.to_owned());
    Row {
        id: id.to_owned(),
        test: name(test),
        picture: name(picture),
    }
}

/// Panics unless the table has this row.
pub(crate) fn require_row(id: &str, test: &str, picture: &str) {
    let row = Row {
        id: id.to_owned(),
        test: Some(test.to_owned()),
        picture: Some(picture.to_owned()),
    };
    assert!(rows().contains(&row), "{FILE} has no such row: {row:?}");
}
