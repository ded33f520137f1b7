//! Every test, file and function that `docs/standards.md` names exists, and every promise of our documents is on it.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// The documents whose promises the page lists.
const DOCUMENTS: [&str; 9] = [
    "README.md",
    "SECURITY.md",
    "ARCHITECTURE.md",
    "docs/device-administrators.md",
    "docs/device-administrators.en.md",
    "docs/state-machine.md",
    "docs/glossary.md",
    "docs/development.md",
    "docs/identity-provider.md",
];
/// The words that make a sentence a promise.
const PROMISING: [&str; 5] = ["never", "only", "nie", "nooit", "alleen"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    std::fs::read_to_string(root().join("docs/standards.md")).unwrap()
}

/// The rows of the tables, and whether each is one of the promises of our own documents.
fn rows(page: &str) -> Vec<(bool, &str)> {
    let mut of_promises = false;
    let mut rows = vec![];
    for line in page.lines() {
        if line.starts_with("## ") {
            of_promises = line == "## Promises of our own documents";
        }
        let is_head = ["| MUST", "| document: sentence", "|---"]
            .iter()
            .any(|head| line.starts_with(head));
        if line.starts_with('|') && !is_head {
            rows.push((of_promises, line));
        }
    }
    rows
}

/// The texts in code spans.
fn spans(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn last_cell(row: &str) -> &str {
    row.trim_end_matches([' ', '|']).rsplit(" | ").next().unwrap()
}

/// The file and the name of a test, in one of the notations that the page explains.
fn test_of(notation: &str) -> (PathBuf, &str) {
    let (file, test) = notation
        .rsplit_once("::")
        .unwrap_or_else(|| panic!("{notation}: file::test"));
    let session = root().join("crates/session");
    let path = if file.contains('/') {
        root().join(file)
    } else if let Some(module) = file.trim_end_matches("::tests").strip_prefix("src::") {
        session.join("src").join(format!("{}.rs", module.replace("::", "/")))
    } else {
        session.join("tests/session").join(format!("{file}.rs"))
    };
    (path, test)
}

/// Whether a source holds a test with this name: in Rust a function below an attribute, in Kotlin a function below `@Test`,
/// in TypeScript an `it`.
fn has_test(path: &Path, source: &str, test: &str) -> bool {
    let below = |declaration: &str, marks: &[&str]| {
        source.match_indices(declaration).any(|(at, _)| {
            let line = source[..at].rfind('\n').unwrap_or(0);
            let above = source[..line].lines().rev();
            above
                .take(5)
                .take_while(|line| !line.trim().is_empty())
                .any(|line| marks.iter().any(|mark| line.contains(mark)))
        })
    };
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("rs") => below(&format!("fn {test}("), &["#[test]", "::test]", "::test("]),
        Some("kt") => below(&format!("fun `{test}`("), &["@Test"]),
        Some("ts") => source.contains(&format!("it('{test}'")),
        _ => false,
    }
}

/// The notations of a row that name no test.
fn missing_tests(names: &[&str]) -> Vec<String> {
    names
        .iter()
        .filter(|name| {
            let (path, test) = test_of(name);
            !std::fs::read_to_string(&path).is_ok_and(|source| has_test(&path, &source, test))
        })
        .map(|name| (*name).to_owned())
        .collect()
}

#[test]
fn every_test_that_the_standards_page_names_exists() {
    let page = page();
    let (mut count, mut missing) = (0, vec![]);
    for (of_promises, row) in rows(&page) {
        let names: Vec<&str> = spans(last_cell(row))
            .into_iter()
            // The reason why a sentence needs no test may name other things.
            .filter(|name| !of_promises || name.contains("::"))
            .collect();
        assert!(!names.is_empty() || of_promises, "no test: {row}");
        count += names.len();
        missing.extend(missing_tests(&names));
    }
    assert_eq!(missing, Vec::<String>::new(), "these do not exist");
    assert!(count > 100, "{count} tests: the tables were read");
}

#[test]
fn a_test_that_does_not_exist_is_found_in_every_notation() {
    let present = [
        "hostile::no_request_follows_a_redirect",
        "src::discovery::tests::the_issuer_is_compared_byte_for_byte",
        "crates/app/tests/navigation.rs::only_pages_of_trusted_hosts_load",
        "crates/app-state/tests/properties.rs::every_screen_has_a_way_forward",
        "tests/android/src/test/kotlin/FeedbackTest.kt::every receiver gets the states once",
        "ui/test/i18n.test.ts::every message parses, and its id is unique",
    ];
    assert_eq!(missing_tests(&present), Vec::<String>::new());
    // A name that is too long, a helper that is no test, a file that is not there.
    let absent = [
        "hostile::no_request_follows_a_redirect_at_all",
        "crates/app-state/tests/properties.rs::any_error",
        "crates/provision/tests/services/mod.rs::at",
        "crates/app/tests/none.rs::only_pages_of_trusted_hosts_load",
        "tests/android/src/test/kotlin/FeedbackTest.kt::no receiver gets the states",
        "ui/test/i18n.test.ts::every message",
    ];
    assert_eq!(missing_tests(&absent), absent);
}

#[test]
fn every_file_and_function_that_the_standards_page_names_exists() {
    let page = page();
    let mut functions = 0;
    for (_, row) in rows(&page).into_iter().filter(|(of_promises, _)| !of_promises) {
        let place = row.split(" | ").nth(1).unwrap();
        let mut source = None;
        for name in spans(place) {
            let is_function = !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || "_0123456789".contains(c));
            if Path::new(name).extension().is_some_and(|extension| extension == "rs") {
                let path = root().join("crates/session/src").join(name);
                source = Some(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}")));
            } else if let (true, Some(source)) = (is_function, &source) {
                functions += 1;
                assert!(source.contains(&format!("fn {name}(")), "{name} does not exist: {row}");
            }
        }
    }
    assert!(functions > 40, "{functions} functions: the table was read");
}

/// The prose of a document, without code, generated tables and marks, and with single spaces, in lower case.
fn prose(text: &str) -> String {
    let mut in_code = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        } else if !in_code && !is_generated(line) {
            kept.push_str(line);
            kept.push(' ');
        }
    }
    plain(&kept)
}

/// Rows of the tables that `provision schema` writes: a key, or a code.
fn is_generated(line: &str) -> bool {
    let Some(cell) = line.strip_prefix("| ").and_then(|rest| rest.split(" | ").next()) else {
        return false;
    };
    let is_code = cell.len() == 4 && cell.starts_with('E') && cell[1..].bytes().all(|byte| byte.is_ascii_digit());
    let is_key = cell.starts_with('`') && line.matches(" | ").count() == 5;
    is_code || is_key
}

/// Removes emphasis, code marks and the targets of links; collapses spaces.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("](") {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 2..];
        rest = rest.find(')').map_or("", |end| &rest[end + 1..]);
    }
    plain.push_str(rest);
    let plain: String = plain.chars().filter(|c| !['*', '`', '['].contains(c)).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Where the promising words stand.
fn promises(prose: &str) -> Vec<Range<usize>> {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let mut all = vec![];
    for word in PROMISING {
        for (at, _) in prose.match_indices(word) {
            let end = at + word.len();
            if !is_word(prose[..at].chars().next_back()) && !is_word(prose[end..].chars().next()) {
                all.push(at..end);
            }
        }
    }
    all
}

/// What is wrong between a document and the quotations of the page: promises that stand in no quotation, and quotations
/// that are not in the document.
fn unproved(document: &str, quotations: &[String]) -> Vec<String> {
    let prose = prose(document);
    let mut wrong = vec![];
    let mut quoted: Vec<Range<usize>> = vec![];
    for quotation in quotations {
        let places: Vec<_> = prose
            .match_indices(quotation.as_str())
            .map(|(at, _)| at..at + quotation.len())
            .collect();
        if places.is_empty() {
            wrong.push(format!("not in the document: {quotation}"));
        }
        quoted.extend(places);
    }
    for promise in promises(&prose) {
        if !quoted
            .iter()
            .any(|place| place.start <= promise.start && promise.end <= place.end)
        {
            let start = prose[..promise.start]
                .char_indices()
                .rev()
                .nth(60)
                .map_or(0, |(at, _)| at);
            let end = prose[promise.end..]
                .char_indices()
                .nth(60)
                .map_or(prose.len(), |(at, _)| promise.end + at);
            wrong.push(format!("on no row: …{}…", &prose[start..end]));
        }
    }
    wrong
}

/// The quotation in the first cell of a row about `document`.
fn quotation(row: &str, document: &str) -> Option<String> {
    let cell = row.strip_prefix("| ")?.split(" | ").next()?;
    let quoted = cell.strip_prefix(document)?.strip_prefix(": \"")?.strip_suffix('"')?;
    Some(plain(quoted))
}

#[test]
fn every_never_and_only_of_our_documents_has_a_test_or_a_reason() {
    let page = page();
    let rows: Vec<&str> = rows(&page)
        .into_iter()
        .filter_map(|(of_promises, row)| of_promises.then_some(row))
        .collect();
    let mut used = 0;
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(root().join(document)).unwrap();
        let quotations: Vec<String> = rows.iter().filter_map(|row| quotation(row, document)).collect();
        used += quotations.len();
        assert_eq!(unproved(&text, &quotations), Vec::<String>::new(), "{document}");
    }
    assert_eq!(
        used,
        rows.len(),
        "each row begins with a document of the list, a colon and a quotation"
    );
    for row in rows {
        assert!(last_cell(row).len() > 20, "a test or a reason: {row}");
    }
}

#[test]
fn a_promise_without_a_row_and_a_row_without_a_promise_are_found() {
    let document = "The **app** never\nsends [it](never.md).\n\n```\nonly code\n```\n\n| `key` | a | only | b | c | never |\n| E101 | Only this. | x |\n| Zij | maken dit nooit |\n";
    let quoted = |all: &[&str]| all.iter().map(|text| plain(text)).collect::<Vec<_>>();
    assert_eq!(
        unproved(document, &quoted(&["The `app` never sends it", "maken dit nooit"])),
        Vec::<String>::new()
    );
    let wrong = unproved(document, &quoted(&["The app never sends it", "It always does"]));
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(
        wrong[0].contains("it always does") && wrong[1].contains("dit nooit"),
        "{wrong:?}"
    );
    // A part of a longer word is none of these words.
    assert_eq!(unproved("A read-only, lonely nevertheless.", &[]), Vec::<String>::new());
}
