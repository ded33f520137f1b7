//! The names that workflows and documents ask of others, held against `.github/hosted-names.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::Result;
use serde::Deserialize;

use super::steps::texts;
use crate::paths::Paths;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    checked: String,
    sdk: BTreeSet<String>,
    runners: BTreeSet<String>,
    containers: BTreeSet<String>,
    actions: BTreeMap<String, Action>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    tag: String,
    commit: String,
}

/// Each name that is not in the list, and each name of the list that nobody asks for, one sentence each.
pub fn problems(paths: &Paths) -> Result<Vec<String>> {
    let known: Known = toml::from_str(&fs::read_to_string(paths.root.join(".github/hosted-names.toml"))?)?;
    let mut asked: BTreeSet<(&str, String)> = BTreeSet::new();
    for (_, text) in texts(paths)? {
        let value = |key: &str| values(&text, key).next().unwrap_or_default();
        let (ndk, image) = (value("NDK"), value("IMAGE"));
        for line in text.lines().filter(|line| line.contains("sdkmanager\" --install ")) {
            let (_, packages) = line.split_once("--install ").unwrap_or_default();
            let packages = packages.split_whitespace().take_while(|word| *word != ">");
            let full = |word: &str| word.trim_matches('"').replace("$NDK", &ndk).replace("$IMAGE", &image);
            asked.extend(packages.map(|word| ("sdk", full(word))));
        }
        asked.extend(values(&text, "runs-on").map(|name| ("runners", name)));
        asked.extend(values(&text, "container").map(|name| ("containers", name)));
        asked.extend(
            values(&text, "uses")
                .filter(|name| !name.starts_with("./"))
                .map(|name| ("actions", name)),
        );
    }
    for file in fs::read_dir(paths.root.join("docs"))? {
        let path = file?.path();
        if path.extension().is_some_and(|end| end == "md") {
            let text = fs::read_to_string(path)?;
            let quoted = text.split('`').skip(1).step_by(2);
            let packages = ["platforms;", "build-tools;", "ndk;", "system-images;"];
            let is_package = |name: &&str| packages.iter().any(|start| name.starts_with(start));
            asked.extend(quoted.filter(is_package).map(|name| ("sdk", name.to_owned())));
        }
    }
    let mut listed: BTreeSet<(&str, String)> = BTreeSet::new();
    for (kind, names) in [
        ("sdk", &known.sdk),
        ("runners", &known.runners),
        ("containers", &known.containers),
    ] {
        listed.extend(names.iter().map(|name| (kind, name.clone())));
    }
    let actions = known.actions.iter();
    listed.extend(actions.map(|(name, action)| ("actions", format!("{name}@{} # {}", action.commit, action.tag))));
    let unknown = asked.difference(&listed).map(|(kind, name)| {
        format!(
            "{kind}: {name} is not in .github/hosted-names.toml, whose names existed on {}",
            known.checked
        )
    });
    let unused = listed
        .difference(&asked)
        .map(|(kind, name)| format!("{kind}: nobody asks for {name} of .github/hosted-names.toml"));
    Ok(unknown.chain(unused).collect())
}

/// The values of a key, wherever it stands. That of `uses` has its tag behind it, as a comment.
fn values<'a>(text: &'a str, key: &'a str) -> impl Iterator<Item = String> + 'a {
    text.lines()
        .filter_map(move |line| {
            line.trim_start()
                .trim_start_matches("- ")
                .strip_prefix(key)?
                .strip_prefix(": ")
        })
        .map(move |value| {
            let value = if key == "uses" {
                value
            } else {
                value.split(" #").next().unwrap_or(value)
            };
            value.trim().to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_copy::refuses;

    #[test]
    fn a_name_that_nobody_has_looked_up_is_refused() {
        let android = ".github/workflows/android.yml";
        for (file, from, to) in [
            (android, "\"platforms;android-37.0\"", "\"platforms;android-37\""),
            (android, "NDK: 29.0.13846066", "NDK: 29.0.1"),
            (android, "google_apis;x86_64", "google_apis;x86"),
            (android, "runs-on: ubuntu-24.04", "runs-on: ubuntu-26.04"),
            (android, "# v5.0.0", "# v5.1.0"),
            (
                ".github/workflows/ci.yml",
                "golang:1.25-bookworm",
                "golang:1.99-bookworm",
            ),
            (
                "docs/build-tablets.md",
                "`platforms;android-37.0`",
                "`platforms;android-37`",
            ),
        ] {
            refuses(problems, file, from, to, "is not in .github/hosted-names.toml");
        }
        let names = ".github/hosted-names.toml";
        refuses(
            problems,
            names,
            "\"emulator\",",
            "\"emulator\", \"cmake;4\",",
            "nobody asks for cmake;4",
        );
    }
}
