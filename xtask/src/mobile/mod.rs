//! Checks of what only tablets run, on a machine that has no SDK and no Mac. README.md says why they exist, what each
//! of them stands in for, and what only Gradle, Xcode or a device can show.

pub mod android_library;
pub mod android_tools;
mod bionic;
mod core_library;
pub mod elf;
pub mod generated;
mod gradle_choice;
mod ipad;
pub mod jni_names;
mod kotlin;
mod libraries;
mod link;
mod lint;
pub mod project;
pub mod project_files;
mod property_lists;
pub mod targets;
#[cfg(test)]
mod tests;
mod wry;

use anyhow::{Result, bail};
use clap::ValueEnum;
use xshell::Shell;

use crate::paths::Paths;
use crate::setup::system_packages;
use crate::stamp::Stamp;
use crate::steps;

/// The stamp that says that all parts have passed.
pub const STAMP: &str = "mobile";

/// A part that can be checked alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Clippy on the app's Rust, for each target.
    Lint,
    /// The Android app's library: its symbols against the oldest Android, its exports against the Kotlin.
    Link,
    /// The iPad app's library: its symbols and classes against the frameworks that Xcode links. Not among all parts yet,
    /// because nobody has seen it finish on the whole library.
    IpadLink,
    /// The Gradle and Xcode projects: manifests, resources, Android Lint, property lists, icons, generated files.
    Projects,
    /// The Kotlin, compiled and run on a JVM with the real Rust behind it, then shrunk as for a release.
    Kotlin,
}

/// Installs what is missing, then checks one part, or all. If all pass, it writes the stamp.
pub fn check(sh: &Shell, only: Option<Part>, yes: bool) -> Result<()> {
    // The stamp is of the sources before the checks: an edit meanwhile must not count as checked.
    let stamp = if only.is_none() {
        Some(Stamp::of(sh, STAMP, &[])?)
    } else {
        None
    };
    let paths = Paths::workspace();
    let mut steps = vec![system_packages(sh, yes)];
    for part in Part::value_variants() {
        if only.map_or(*part != Part::IpadLink, |only| only == *part) {
            steps.extend(match part {
                Part::Lint => lint::steps(sh),
                Part::Link => link::steps(sh),
                Part::IpadLink => ipad::link::steps(sh, &paths),
                Part::Projects => project::steps(sh, &paths)?,
                Part::Kotlin => kotlin::steps(sh, &paths)?,
            });
        }
    }
    steps::run(steps)?;
    stamp.map_or(Ok(()), |stamp| stamp.write())
}

/// Writes the generated files of the tablets' projects.
pub fn write() -> Result<()> {
    generated::write(&Paths::workspace())
}

/// Fails if there are problems, and names each on a line.
pub fn none_of(problems: &[String]) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    bail!(problems.join("\n"))
}
