//! The Android app's library, linked quickly and read again: stands in for the link step of Gradle's build. Whether the
//! library runs, only a device shows.

use anyhow::Result;
use xshell::Shell;

use super::jni_names::expected_exports;
use super::none_of;
use super::targets::ANDROID_64;
use super::{android_library, elf};
use crate::steps::{CommandLine, Step};

/// Links the app's library for a release, and checks its imports and exports.
pub fn steps(sh: &Shell) -> Vec<Step<'_>> {
    vec![
        Step::command_from("Link the Android app's library", move || quick_release(sh)),
        Step::function("Check what the library imports and exports", move || {
            let library = sh.read_binary_file(android_library::built(&ANDROID_64))?;
            let mut problems = elf::problems(&library)?;
            problems.extend(elf::missing_exports(&library, &expected_exports(sh)?)?);
            none_of(&problems)
        }),
    ]
}

/// A release, except for what takes long and changes no symbol's name. `cargo xtask apk` builds the release itself.
fn quick_release(sh: &Shell) -> Result<CommandLine> {
    Ok(android_library::command(sh, &ANDROID_64)?
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_STRIP", "none")
        .into())
}
