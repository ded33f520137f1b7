//! The libraries of the Android app (`libraries.txt`), at the versions that Gradle chooses. The checks of the tablets' code
//! and `cargo xtask apk` fetch these and no others.
//!
//! Maven cannot resolve the dependencies of `AndroidX`, and Gradle cannot run here. So the list is written down, whole, and
//! `gradle_choice.rs` compares it with what Gradle would choose.

use std::fmt::Write;

use anyhow::{Context, Result, bail};

const LIST: &str = include_str!("libraries.txt");

/// What Maven has for a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An Android archive: classes, and maybe a manifest, resources and rules for R8.
    Aar,
    /// Classes alone.
    Jar,
    /// Nothing: its metadata names the library for each platform.
    None,
}

/// A library at one version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Library {
    /// Maven's group.
    pub group: String,
    /// Maven's name.
    pub artifact: String,
    /// The version.
    pub version: String,
    /// What is fetched.
    pub kind: Kind,
    /// Whether Gradle's own metadata is published with it. Otherwise a POM says what it needs.
    pub has_module: bool,
}

impl Library {
    /// Parses a line: `group:artifact:version kind metadata`.
    fn parse(line: &str) -> Result<Self> {
        let words: Vec<_> = line.split(' ').collect();
        let [name, kind, metadata] = words[..] else {
            bail!("not three words: {line}");
        };
        let parts: Vec<_> = name.split(':').map(str::to_owned).collect();
        let [group, artifact, version] = <[String; 3]>::try_from(parts)
            .ok()
            .with_context(|| format!("not group:artifact:version: {line}"))?;
        let kind = match kind {
            "aar" => Kind::Aar,
            "jar" => Kind::Jar,
            "-" => Kind::None,
            _ => bail!("neither aar, jar nor -: {line}"),
        };
        Ok(Self {
            group,
            artifact,
            version,
            kind,
            has_module: metadata == "module",
        })
    }

    /// `group:artifact`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.group, self.artifact)
    }

    /// The name of the fetched file that says what the library needs.
    pub fn metadata_file(&self) -> String {
        let end = if self.has_module { "module" } else { "pom" };
        format!("{}_{}.{end}", self.group, self.artifact)
    }

    /// The name of the fetched file, or `None` if there is nothing to fetch.
    pub fn file(&self) -> Option<String> {
        let end = match self.kind {
            Kind::Aar => "aar",
            Kind::Jar => "jar",
            Kind::None => return None,
        };
        Some(format!("{}_{}.{end}", self.group, self.artifact))
    }
}

/// The whole list, in order of the names.
pub fn listed() -> Result<Vec<Library>> {
    let lines = LIST.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(Library::parse).collect()
}

/// Items for Maven's dependency plugin: each library, and what it says about itself.
pub fn artifact_items() -> Result<String> {
    let mut items = String::new();
    for library in listed()? {
        for (folder, file) in [
            ("libraries", library.file()),
            ("metadata", Some(library.metadata_file())),
        ] {
            if let Some(file) = file {
                let (_, kind) = file.rsplit_once('.').context("no ending")?;
                writeln!(
                    items,
                    "<artifactItem><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version><type>{kind}</type><outputDirectory>${{to}}/{folder}</outputDirectory><destFileName>{file}</destFileName></artifactItem>",
                    library.group, library.artifact, library.version
                )?;
            }
        }
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;
    use crate::paths::root;

    #[test]
    fn each_library_is_listed_once_and_in_order() {
        let names: Vec<_> = listed()
            .unwrap()
            .into_iter()
            .map(|library| (library.group, library.artifact))
            .collect();
        let sorted: BTreeSet<_> = names.iter().cloned().collect();
        assert_eq!(names, sorted.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn the_tests_of_the_kotlin_use_the_libraries_of_the_app() {
        let pom = fs::read_to_string(root().join("tests/android/pom.xml")).unwrap();
        let listed = listed().unwrap();
        let mut compared = 0;
        for part in pom.split("<groupId>").skip(1) {
            let mut values = part
                .split('>')
                .filter_map(|text| text.split_once("</"))
                .map(|(value, _)| value);
            let (group, artifact, version) = (values.next().unwrap(), values.next().unwrap(), values.next().unwrap());
            if let Some(library) = listed.iter().find(|it| it.group == group && it.artifact == artifact) {
                let version = version.replace("${kotlin.version}", "2.2.10");
                assert_eq!(version, library.version, "{group}:{artifact} in tests/android/pom.xml");
                compared += 1;
            }
        }
        assert!(compared > 15, "{compared}");
    }
}
