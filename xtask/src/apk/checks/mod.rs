//! Reads the finished APK as a stranger would: with Android's own tools, and by what Android demands of it. Nothing here
//! looks at how the APK was built.

mod archive;
mod dex;
mod manifest;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use xshell::{Shell, cmd};

use super::pack::{self, Entry};
use super::{Abi, Build};
use crate::mobile::android_tools::{target_sdk, version_code};
use crate::mobile::project_files::app_version;
use crate::mobile::{elf, jni_names, none_of};
use crate::steps::{Step, run_silently};
pub use dex::Classes;
pub use manifest::Manifest;

/// What the sources say that must be in the APK by its name.
pub struct Expected {
    /// Classes that Rust, Tauri, JSON or a manifest reaches by name, each with its members that are.
    pub reached: BTreeMap<String, Vec<String>>,
    /// The plugins that Rust registers, by their classes.
    pub plugins: Vec<String>,
    /// What the manifest must say.
    pub manifest: manifest::Expected,
}

impl Expected {
    /// Reads the sources.
    pub fn of(sh: &Shell, build: &Build) -> Result<Self> {
        let version = app_version(&build.paths)?;
        let plugins = jni_names::all_plugins(sh)?;
        Ok(Self {
            reached: jni_names::reached_by_name(&plugins)?,
            plugins: jni_names::registered_plugins(&plugins)?,
            manifest: manifest::Expected {
                version_code: version_code(&version)?,
                version_name: version,
                target_sdk: target_sdk(&build.paths)?,
                abi: build.abi.name(),
            },
        })
    }
}

/// The APK, taken apart once for all checks.
pub struct Apk {
    /// The files in it.
    pub entries: Vec<Entry>,
    /// The classes in it.
    pub classes: Classes,
    /// What its library exports.
    pub exports: BTreeSet<String>,
}

impl Apk {
    /// Takes the bytes of an APK apart.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let entries = pack::read(bytes)?;
        let (mut classes, mut exports) = (Classes::new(), BTreeSet::new());
        for entry in &entries {
            if is_dex(&entry.name) {
                dex::read(&entry.content, &mut classes)?;
            } else if pack::is_library(&entry.name) {
                exports.extend(elf::exports(&entry.content)?);
            }
        }
        Ok(Self {
            entries,
            classes,
            exports,
        })
    }
}

fn is_dex(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end == "dex")
}

/// One check, by what it looks at. The faults of `faults.rs` show that each can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Signatures of the schemes 2 and 3.
    Signature,
    /// Which files are in the archive, and where they start.
    Archive,
    /// The library, as Android's loader reads it.
    Library,
    /// Every name by which one part reaches another.
    Names,
    /// What Android's package manager reads in the manifest.
    Manifest,
    /// The classes, as Android's verifier reads the file.
    Dex,
}

impl Check {
    /// All checks.
    pub const ALL: [Self; 6] = [
        Self::Signature,
        Self::Archive,
        Self::Library,
        Self::Names,
        Self::Manifest,
        Self::Dex,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Signature => "Verify the signature",
            Self::Archive => "Check what is in the archive, and where",
            Self::Library => "Check that the library loads",
            Self::Names => "Check the names by which classes are found",
            Self::Manifest => "Check what the package manager reads",
            Self::Dex => "Verify the classes",
        }
    }

    /// What is wrong with the APK in a file, one sentence each.
    pub fn problems(self, sh: &Shell, build: &Build, apk: &Path) -> Result<Vec<String>> {
        match self {
            Self::Signature => Ok(refused_by(cmd!(
                sh,
                "apksigner verify --verbose --min-sdk-version 26 -Werr {apk}"
            ))),
            Self::Archive => Ok(archive::problems(&pack::read(&fs::read(apk)?)?, build.abi.name())),
            Self::Library => library(&pack::read(&fs::read(apk)?)?, build.abi),
            Self::Names => {
                let manifest = Manifest::read(sh, &build.tools, apk)?;
                let expected = Expected::of(sh, build)?;
                Ok(names::problems(&Apk::read(&fs::read(apk)?)?, &manifest, &expected))
            }
            Self::Manifest => {
                let expected = Expected::of(sh, build)?;
                Ok(Manifest::read(sh, &build.tools, apk)?.problems(&expected.manifest))
            }
            Self::Dex => dexdump(sh, build, &pack::read(&fs::read(apk)?)?),
        }
    }
}

/// Runs every check on the finished APK.
pub fn steps<'a>(sh: &'a Shell, build: &'a Build) -> Vec<Step<'a>> {
    Check::ALL
        .into_iter()
        .map(|check| {
            Step::function(check.title(), move || {
                none_of(&check.problems(sh, build, &build.apk())?)
            })
        })
        .collect()
}

/// A tool's complaint, if it has one.
fn refused_by(tool: xshell::Cmd<'_>) -> Vec<String> {
    run_silently(tool)
        .err()
        .map(|error| error.to_string())
        .into_iter()
        .collect()
}

fn library(entries: &[Entry], abi: Abi) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for entry in entries.iter().filter(|entry| pack::is_library(&entry.name)) {
        let name = &entry.name;
        problems.extend(
            elf::problems(&entry.content)?
                .into_iter()
                .map(|problem| format!("{name}: {problem}")),
        );
        if elf::machine(&entry.content)? != abi.machine() {
            problems.push(format!("{name} is for another processor"));
        }
    }
    Ok(problems)
}

/// dexdump reads a DEX file as Android's loader does: its checksum, and each index and offset in it. What the code does
/// with its registers only a device verifies.
fn dexdump(sh: &Shell, build: &Build, entries: &[Entry]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut found = false;
    for entry in entries.iter().filter(|entry| is_dex(&entry.name)) {
        found = true;
        let file = build.own("check.dex");
        sh.write_file(&file, &entry.content)?;
        problems.extend(refused_by(cmd!(sh, "dexdump -f {file}")));
    }
    ensure!(found, "no classes");
    Ok(problems)
}

/// The text that a tool prints about an APK.
fn printed(cmd: xshell::Cmd<'_>) -> Result<String> {
    let text = cmd.to_string();
    cmd.quiet().ignore_stderr().read().context(text)
}
