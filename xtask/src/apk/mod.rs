//! `cargo xtask apk`: a signed APK that a tablet can install, from a machine that has no SDK, no NDK and no Gradle.
//!
//! Gradle's build, with the real NDK, stays the way to the store. This one puts the same parts together with the same
//! compilers, so that the whole app is looked at before anybody has a tablet: every class that something names is in it,
//! the library loads, and the package verifies. `docs/build-tablets.md` says what differs from Gradle's.

mod checks;
mod classes;
mod current;
mod faults;
mod native;
mod pack;
mod report;
mod resources;
mod shrink;
mod sign;

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use object::elf::{EM_AARCH64, EM_X86_64};
use xshell::Shell;

use crate::mobile::android_tools::Tools;
use crate::mobile::project;
use crate::mobile::targets::{ANDROID_64, ANDROID_PC, Target};
use crate::paths::{Paths, root, target};
use crate::setup::{build_pages, node_packages, system_packages};
use crate::steps::{self, Step};

/// The processor that an APK is for, by Android's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Abi {
    /// What nearly every tablet has.
    #[value(name = "arm64-v8a")]
    Arm64V8a,
    /// Emulators on a PC, and some Chromebooks.
    #[value(name = "x86_64")]
    X86_64,
}

impl Abi {
    fn name(self) -> &'static str {
        match self {
            Self::Arm64V8a => "arm64-v8a",
            Self::X86_64 => "x86_64",
        }
    }

    fn target(self) -> &'static Target {
        match self {
            Self::Arm64V8a => &ANDROID_64,
            Self::X86_64 => &ANDROID_PC,
        }
    }

    /// The processor as ELF numbers it.
    fn machine(self) -> u16 {
        match self {
            Self::Arm64V8a => EM_AARCH64,
            Self::X86_64 => EM_X86_64,
        }
    }
}

/// One build: what it is for, and where its parts are.
struct Build {
    abi: Abi,
    tools: Tools,
    paths: Paths,
}

impl Build {
    fn new(abi: Abi) -> Result<Self> {
        Ok(Self {
            abi,
            tools: Tools::new()?,
            paths: Paths {
                root: root(),
                work: target().join("apk/work"),
            },
        })
    }

    /// The finished APK.
    fn apk(&self) -> PathBuf {
        target().join(format!("apk/konnect-groep-{}.apk", self.abi.name()))
    }

    /// What only this processor's APK has.
    fn own(&self, name: &str) -> PathBuf {
        self.paths.work.join(self.abi.name()).join(name)
    }
}

/// Builds the APK, checks it, shows that the checks see a fault, and prints what is in it.
pub fn apk(sh: &Shell, abi: Abi, yes: bool) -> Result<()> {
    let build = Build::new(abi)?;
    steps::run(steps(sh, &build, yes)?)
}

fn steps<'a>(sh: &'a Shell, build: &'a Build, yes: bool) -> Result<Vec<Step<'a>>> {
    let mut steps = vec![system_packages(sh, yes)];
    steps.extend(node_packages(sh));
    steps.push(build_pages(sh));
    steps.extend(project::fetch(sh, &build.paths)?);
    steps.extend(native::steps(sh, build));
    steps.extend(resources::steps(sh, build));
    steps.extend(classes::steps(sh, build)?);
    steps.extend(shrink::steps(sh, build));
    steps.extend(sign::steps(sh, build));
    steps.extend(checks::steps(sh, build));
    steps.push(faults::step(sh, build));
    steps.push(report::step(build));
    Ok(steps)
}
