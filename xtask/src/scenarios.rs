//! The table of scenarios, from what each test noted.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::run::{Outcome, root, target};

/// All scenarios, with what cannot be tried on this platform and why.
const ALL: [(&str, Option<&str>); 18] = [
    ("S1", None),
    ("S2", None),
    ("S3", None),
    ("S4", None),
    ("S5", None),
    ("S6", None),
    ("S7", None),
    ("S8", None),
    ("S9", None),
    ("S10", None),
    ("S11", None),
    ("S12", None),
    ("S13", None),
    ("S14", None),
    ("S15", None),
    ("S16", None),
    ("S17", None),
    ("S18", None),
];

/// What one test noted.
#[derive(Deserialize)]
struct Noted {
    id: String,
    title: String,
    result: String,
    picture: String,
}

/// One row of `target/scenarios.json`.
#[derive(Serialize)]
struct Row {
    id: &'static str,
    result: &'static str,
    picture: Option<String>,
}

fn folder() -> PathBuf {
    root().join("target/scenarios")
}

/// Forgets the results of earlier runs.
pub fn forget() -> Outcome {
    match fs::remove_dir_all(folder()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints the table and writes `target/scenarios.json`. A scenario has passed when each of its ways has.
pub fn table() -> Outcome {
    let mut noted: Vec<Noted> = vec![];
    if let Ok(files) = fs::read_dir(folder()) {
        for file in files {
            let path = file?.path();
            if path.extension().is_some_and(|kind| kind == "json") {
                noted.push(serde_json::from_slice(&fs::read(path)?)?);
            }
        }
    }
    eprintln!("\n{:<5} {:<22} {:<46} picture", "", "result", "scenario");
    let mut rows = vec![];
    for (id, elsewhere) in ALL {
        let ways: Vec<&Noted> = noted.iter().filter(|noted| noted.id == id).collect();
        let failed = ways.iter().find(|way| way.result != "passed");
        let shown = failed.or(ways.first());
        let result = match (failed, ways.is_empty(), elsewhere) {
            (Some(_), _, _) => "failed",
            (None, false, _) => "passed",
            (None, true, _) => "skipped",
        };
        let words = match (result, elsewhere) {
            ("skipped", Some(_)) => "not on this platform",
            ("skipped", None) => "not run",
            (other, _) => other,
        };
        let title = shown.map_or_else(|| elsewhere.unwrap_or_default(), |way| way.title.as_str());
        let picture = shown.map(|way| way.picture.clone());
        eprintln!(
            "{id:<5} {words:<22} {title:<46} {}",
            picture.as_deref().unwrap_or_default()
        );
        rows.push(Row { id, result, picture });
    }
    fs::create_dir_all(target())?;
    fs::write(root().join("target/scenarios.json"), serde_json::to_vec_pretty(&rows)?)?;
    Ok(())
}
