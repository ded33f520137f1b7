//! The app's library, as a release has it.

use anyhow::Result;
use xshell::{Shell, cmd};

use super::Build;
use crate::mobile::android_library;
use crate::steps::Step;

/// Builds the library and puts a copy of it where the next build, of another kind, does not replace it.
pub fn steps<'a>(sh: &'a Shell, build: &'a Build) -> [Step<'a>; 2] {
    let target = build.abi.target();
    let name = target.name;
    [
        Step::command("Install the target", cmd!(sh, "rustup target add {name}")),
        Step::command_from("Build the app's library", move || {
            Ok(android_library::command(sh, target)?.into())
        })
        .then(move || copy(sh, build)),
    ]
}

fn copy(sh: &Shell, build: &Build) -> Result<()> {
    sh.create_dir(build.own(""))?;
    Ok(sh.copy_file(android_library::built(build.abi.target()), build.own("library.so"))?)
}
