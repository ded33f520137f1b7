//! The code that only the tablets run, checked by the real compiler on a machine that has no SDK.
//!
//! Two crates below the app compile C (`ring`, and what catches exceptions of Objective-C). They get clang, and headers
//! that declare the few things they use: enough to compile, never to link or run. The variables are set here and nowhere
//! else: in `.cargo/config.toml` they would break the builds of whoever has an SDK.

use std::path::PathBuf;
use std::process::Command;

use crate::kotlin;
use crate::link;
use crate::platform;
use crate::run::{Outcome, Passed, Steps, cargo, root, stand_ins, ui};
use crate::setup::{build_pages, node_packages, system_packages};

/// A system and processor that the app is for.
struct Target {
    name: &'static str,
    /// As clang has it.
    clang: &'static str,
}

/// What has code of its own for a tablet, and the app itself.
const ALL: &[&str] = &[
    "konnect-groep",
    "session",
    "tauri-plugin-site-view",
    "tauri-plugin-device",
];

const TARGETS: [Target; 3] = [
    Target {
        name: "aarch64-linux-android",
        clang: "--target=aarch64-linux-android26",
    },
    Target {
        name: "armv7-linux-androideabi",
        clang: "--target=armv7a-linux-androideabi26",
    },
    Target {
        name: "aarch64-apple-ios",
        clang: "--target=arm64-apple-ios15.0",
    },
];

/// What is checked apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Clippy, for each target.
    Lint,
    /// The Android app's library, linked: is all it needs on the oldest Android, and is it found by all who need it?
    Link,
    /// The tablets' projects: manifests, resources, lint, property lists, icons, what is generated.
    Projects,
    /// The Android code, compiled by the real compiler and run on the JVM with the real Rust behind it.
    Kotlin,
}

/// Each part with its steps.
const PARTS: [(Part, u32); 4] = [
    (Part::Lint, 7),
    (Part::Link, link::STEPS),
    (Part::Projects, platform::STEPS),
    (Part::Kotlin, kotlin::STEPS),
];

/// Installs what is missing, then checks what the tablets run.
pub fn mobile(part: Option<Part>, yes: bool) -> Outcome {
    let passed = part.is_none().then(|| Passed::of("mobile", &[])).transpose()?;
    let wanted = PARTS.iter().filter(|(this, _)| part.is_none_or(|part| part == *this));
    let mut steps = Steps::new(1 + wanted.clone().map(|(_, steps)| steps).sum::<u32>());
    system_packages(&mut steps, yes)?;
    for (part, _) in wanted {
        match part {
            Part::Lint => lint(&mut steps)?,
            Part::Link => link::run(&mut steps)?,
            Part::Projects => platform::run(&mut steps)?,
            Part::Kotlin => kotlin::run(&mut steps)?,
        }
    }
    passed.map_or(Ok(()), |passed| passed.note())
}

/// The same as a part of all tests, unless it has passed on exactly these sources.
pub fn tested(steps: &mut Steps, yes: bool) -> Outcome {
    const WHAT: &str = "Check what only the tablets run";
    if Passed::of("mobile", &[])?.already() {
        steps.nothing(WHAT);
        return Ok(());
    }
    steps.loud(WHAT);
    mobile(None, yes)
}

/// The pages are built first: they are compiled into the app.
fn lint(steps: &mut Steps) -> Outcome {
    node_packages("Install Node packages of the stand-ins", &stand_ins(), steps)?;
    node_packages("Install Node packages of the pages", &ui(), steps)?;
    build_pages(steps)?;
    steps.quiet(
        "Install the targets",
        Command::new("rustup")
            .current_dir(root())
            .args(["target", "add"])
            .args(TARGETS.map(|target| target.name)),
    )?;
    for target in &TARGETS {
        let what = format!("Lint for {}", target.name);
        let mut command = cargo();
        // Not a test or an example: those run on the machine that builds.
        command.args(["clippy", "--locked", "--lib", "--target", target.name]);
        command.args(ALL.iter().flat_map(|package| ["--package", package]));
        steps.quiet(&what, environment(&mut command, target).args(["--", "-D", "warnings"]))?;
    }
    Ok(())
}

pub fn headers() -> PathBuf {
    root().join("xtask/mobile")
}

/// For a build for Android on 64 bits, the one that is linked.
pub fn android(command: &mut Command) -> &'static str {
    environment(command, &TARGETS[0]);
    TARGETS[0].name
}

fn environment<'a>(command: &'a mut Command, target: &Target) -> &'a mut Command {
    let name = target.name.replace('-', "_");
    let include = headers().join("include");
    command
        .env(format!("CC_{name}"), "clang")
        .env(format!("AR_{name}"), "llvm-ar")
        .env(
            format!("CFLAGS_{name}"),
            format!("{} -nostdlibinc -isystem {}", target.clang, include.display()),
        );
    if target.name.ends_with("-ios") {
        // Any folder will do where nothing is linked.
        command
            .env("SDKROOT", headers())
            .env("IPHONEOS_DEPLOYMENT_TARGET", "15.0");
    }
    command
}
