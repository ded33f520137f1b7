//! The Android app's library, built without an NDK.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::{fs, iter};

use anyhow::Result;
use xshell::{Cmd, Shell, cmd};

use super::bionic;
use super::targets::{Target, folder};
use crate::paths::target;

/// The size of a page of memory on newer devices, in bytes. Google Play requires this alignment since Android 15.
pub const PAGE: u64 = 16 * 1024;

/// The application's id: also the package of the Kotlin that wry and Tauri generate for it.
pub const APPLICATION_ID: &str = "nl.kidskonnect.groep";

/// The library's name in `System.loadLibrary`.
pub const LIBRARY_NAME: &str = "konnect_groep";

/// Where wry and Tauri write the app's generated Kotlin and wry's rules for R8, while cargo builds.
pub fn generated_kotlin() -> PathBuf {
    target().join("apk/generated")
}

/// Where cargo leaves the library that [`command`] built last.
pub fn built(target_: &Target) -> PathBuf {
    target()
        .join(target_.name)
        .join(format!("release/lib{LIBRARY_NAME}.so"))
}

/// The cargo command that builds the library as a release. It prepares what the command needs.
///
/// wry's build script runs again if the variables for the generated Kotlin change, and everything above wry is then built
/// again. So every build of the library sets them, and to the same folder.
pub fn command<'a>(sh: &'a Shell, target_: &Target) -> Result<Cmd<'a>> {
    let generated = generated_kotlin();
    fs::create_dir_all(&generated)?;
    let stand_ins = stand_ins(sh, target_)?;
    let name = target_.name;
    let arguments: Vec<String> = [
        format!("--target={}", target_.clang),
        "-fuse-ld=lld".to_owned(),
        "-nostartfiles".to_owned(),
        "-nodefaultlibs".to_owned(),
        format!("-L{}", stand_ins.display()),
        "-Wl,-z,defs".to_owned(),
        "-Wl,-z,text".to_owned(),
        format!("-Wl,-z,max-page-size={PAGE}"),
        format!("-Wl,-z,common-page-size={PAGE}"),
        "-Wl,--build-id=sha1".to_owned(),
        "-Wl,--as-needed".to_owned(),
    ]
    .map(|argument| format!("link-arg={argument}"))
    .into();
    // rustc is given the linker and its arguments directly. So only this library is linked with them, and cargo links it
    // again if they change.
    let arguments: Vec<String> = iter::once("linker=clang".to_owned())
        .chain(arguments)
        .flat_map(|argument| ["-C".to_owned(), argument])
        .collect();
    let build = cmd!(
        sh,
        "cargo rustc --locked --release --package konnect-groep --lib --crate-type cdylib --target {name} -- {arguments...}"
    )
    .env("WRY_ANDROID_PACKAGE", APPLICATION_ID)
    .env("WRY_ANDROID_LIBRARY", LIBRARY_NAME)
    .env("WRY_ANDROID_KOTLIN_FILES_OUT_DIR", generated);
    Ok(target_.environment(build))
}

/// Writes the stand-ins of the system libraries, once for each content.
fn stand_ins(sh: &Shell, target_: &Target) -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    let unwinder = fs::read(folder().join("unwind.c"))?;
    (bionic::LIST, unwinder).hash(&mut hasher);
    // The content is in the folder's name, and the name is among the arguments of the linker: new stand-ins mean a new
    // link.
    let name = format!("stand-ins-{}-{:016x}", target_.name, hasher.finish());
    let (done, fresh) = (target().join("apk").join(&name), target().join("apk/stand-ins.new"));
    if !done.exists() {
        sh.remove_path(&fresh)?;
        bionic::write_stand_ins(sh, target_.clang, &sh.create_dir(&fresh)?)?;
        fs::rename(fresh, &done)?;
    }
    Ok(done)
}
