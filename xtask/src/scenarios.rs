//! The table of scenarios, from the result that each scenario's test wrote.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::paths::root;

/// What one scenario test wrote. A scenario can have several tests.
#[derive(Deserialize)]
struct TestResult {
    id: String,
    title: String,
    result: String,
    picture: String,
}

/// One row of `target/scenarios.json`.
#[derive(Serialize)]
struct Row {
    id: String,
    result: &'static str,
    picture: Option<String>,
}

/// Where the scenario tests write results and pictures.
fn folder() -> PathBuf {
    root().join("target/scenarios")
}

/// Removes the results of earlier runs.
pub fn clear() -> Result<()> {
    match fs::remove_dir_all(folder()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints the table and writes `target/scenarios.json`. A scenario has passed if each of its tests has.
pub fn print_table() -> Result<()> {
    let results = results()?;
    eprintln!("\n{:<5} {:<9} {:<46} test", "", "result", "picture");
    let mut rows = vec![];
    for id in documented_ids()? {
        let tests: Vec<&TestResult> = results.iter().filter(|test| test.id == id).collect();
        let failed = tests.iter().find(|test| test.result != "passed");
        let listed = failed.or(tests.first());
        let (result, text) = match (failed, listed) {
            (Some(_), _) => ("failed", "failed"),
            (None, Some(_)) => ("passed", "passed"),
            (None, None) => ("skipped", "not run"),
        };
        let title = listed.map_or("", |test| test.title.as_str());
        let picture = listed.map(|test| test.picture.clone());
        eprintln!(
            "{id:<5} {text:<9} {:<46} {title}",
            picture.as_deref().unwrap_or_default()
        );
        rows.push(Row { id, result, picture });
    }
    fs::create_dir_all(root().join("target"))?;
    fs::write(root().join("target/scenarios.json"), serde_json::to_vec_pretty(&rows)?)?;
    Ok(())
}

/// The scenarios in the order of the table in `docs/scenarios.md`. A scenario with several tests has several rows there.
fn documented_ids() -> Result<Vec<String>> {
    let text = fs::read_to_string(root().join("docs/scenarios.md"))?;
    let mut ids: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next())
        .filter(|id| id.strip_prefix('S').is_some_and(|number| number.parse::<u32>().is_ok()))
        .map(str::to_owned)
        .collect();
    ids.dedup();
    ensure!(!ids.is_empty(), "docs/scenarios.md has no table of scenarios");
    Ok(ids)
}

fn results() -> Result<Vec<TestResult>> {
    let mut results = vec![];
    // Without the folder, no scenario has run.
    let Ok(files) = fs::read_dir(folder()) else {
        return Ok(results);
    };
    for file in files {
        let path = file?.path();
        if path.extension().is_some_and(|kind| kind == "json") {
            results.push(serde_json::from_slice(&fs::read(path)?)?);
        }
    }
    Ok(results)
}
