//! `docs/scenarios.md` against the tests of this program.

use std::collections::BTreeSet;
use std::process::Command;

use e2e::catalogue::{Row, rows};

/// How many scenarios there are: S1 to S26.
const SCENARIOS: usize = 26;

/// The names of this program's tests whose name starts with a scenario's number.
fn tests_of_scenarios() -> BTreeSet<String> {
    let program = std::env::current_exe().expect("this program");
    let list = Command::new(program)
        .args(["--list", "--format", "terse"])
        .output()
        .expect("a list of tests");
    let list = String::from_utf8(list.stdout).expect("text");
    let names = list
        .lines()
        .filter_map(|line| line.strip_suffix(": test")?.rsplit("::").next());
    let of_scenario = |name: &&str| name.starts_with('s') && name.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    names.filter(of_scenario).map(str::to_owned).collect()
}

#[test]
fn each_scenario_has_its_rows_in_order() {
    let mut ids: Vec<String> = rows().into_iter().map(|row| row.id).collect();
    ids.dedup();
    let expected: Vec<String> = (1..=SCENARIOS).map(|number| format!("S{number}")).collect();
    assert_eq!(ids, expected);
}

#[test]
fn each_test_of_a_scenario_has_a_row_and_each_row_names_a_test_that_exists() {
    let documented: Vec<String> = rows().into_iter().filter_map(|row| row.test).collect();
    let named: BTreeSet<String> = documented.iter().cloned().collect();
    assert_eq!(named.len(), documented.len(), "a test has two rows");
    assert_eq!(named, tests_of_scenarios());
}

#[test]
fn a_row_names_a_picture_if_and_only_if_it_names_a_test_and_no_two_the_same() {
    let rows = rows();
    assert!(rows.iter().all(|row: &Row| row.test.is_some() == row.picture.is_some()));
    let pictures: Vec<&String> = rows.iter().filter_map(|row| row.picture.as_ref()).collect();
    assert_eq!(pictures.iter().collect::<BTreeSet<_>>().len(), pictures.len());
}
