//! The Android app's library, linked without an NDK and read again: stands in for the link step of Gradle's build.
//! Whether the library runs, only a device shows.
//!
//! Empty libraries take the place of the device's own. What the app's library imports is read from it afterwards, and
//! compared with what Android 8.0 (API 26, `bionic-26.txt`) exports.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::Result;
use object::elf::{DF_TEXTREL, DT_FLAGS, DT_TEXTREL, FileHeader64, PT_LOAD};
use object::read::elf::{Dyn, ElfFile64, FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSymbol};
use xshell::{Shell, cmd};

use super::jni_names::expected_exports;
use super::none_of;
use super::targets::ANDROID_64;
use crate::paths::target;
use crate::steps::{CommandLine, Step};

/// The libraries that the linker is given by name. `libunwind` comes with the NDK, the others are the device's.
const SYSTEM: [&str; 7] = ["c", "m", "dl", "log", "android", "unwind", "gcc"];

/// The size of a page of memory on newer devices, in bytes. Google Play requires this alignment since Android 15.
const PAGE: u64 = 16 * 1024;

/// Links the app's library for a release, and checks its imports and exports.
pub fn steps(sh: &Shell) -> Vec<Step<'_>> {
    vec![
        Step::command_from("Link the Android app's library", move || linker_command(sh)),
        Step::function("Check what the library imports and exports", move || {
            none_of(&problems(&sh.read_binary_file(library())?, &expected_exports(sh)?)?)
        }),
    ]
}

fn library() -> PathBuf {
    target().join(ANDROID_64.name).join("release/libkonnect_groep.so")
}

fn linker_command(sh: &Shell) -> Result<CommandLine> {
    let work = sh.create_dir(target().join("link"))?;
    let name = ANDROID_64.name;
    let arguments = ["--target=aarch64-linux-android26", "-fuse-ld=lld", "-nostdlib"];
    for library in SYSTEM {
        let (soname, made) = (
            format!("-Wl,-soname,lib{library}.so"),
            work.join(format!("lib{library}.so")),
        );
        cmd!(sh, "clang {arguments...} -shared {soname} -x c /dev/null -o {made}")
            .quiet()
            .run()?;
    }
    // A script, because rustc gives the linker no arguments of ours. The script finds the empty libraries beside itself,
    // so the folder's name may hold blanks.
    let linker = work.join("linker.sh");
    let arguments = arguments.join(" ");
    sh.write_file(
        &linker,
        format!("#!/bin/sh\nexec clang {arguments} -L \"$(dirname \"$0\")\" -Wl,-z,max-page-size={PAGE} -Wl,-z,undefs \"$@\"\n"),
    )?;
    fs::set_permissions(&linker, fs::Permissions::from_mode(0o755))?;
    // A release, except for what takes long and changes no symbol's name.
    let build = cmd!(
        sh,
        "cargo rustc --locked --release --package konnect-groep --lib --crate-type cdylib --target {name}"
    )
    .env("CARGO_PROFILE_RELEASE_LTO", "off")
    .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
    .env("CARGO_PROFILE_RELEASE_STRIP", "none")
    .env("CARGO_TARGET_AARCH64_LINUX_ANDROID_LINKER", linker);
    Ok(ANDROID_64.environment(build).into())
}

/// What is wrong with a library, one sentence each: imports that Android 8.0 lacks, missing exports, alignment, and text
/// relocations, which Android refuses to load.
fn problems(library: &[u8], expected: &[String]) -> Result<Vec<String>> {
    let bionic: BTreeSet<&str> = include_str!("bionic-26.txt").lines().collect();
    let file = ElfFile64::<Endianness>::parse(library)?;
    let mut problems = Vec::new();
    let mut exports = BTreeSet::new();
    for symbol in file.dynamic_symbols() {
        let name = symbol.name()?;
        if symbol.is_definition() {
            exports.insert(name);
        } else if !name.is_empty() && !symbol.is_weak() && !bionic.contains(name) && !name.starts_with("_Unwind_") {
            problems.push(format!("{name} is not on Android 8.0"));
        }
    }
    problems.extend(
        expected
            .iter()
            .filter(|name| !exports.contains(name.as_str()))
            .map(|name| format!("{name} is not exported")),
    );
    let endian = file.endian();
    for header in file
        .elf_program_headers()
        .iter()
        .filter(|header| header.p_type(endian) == PT_LOAD)
    {
        if header.p_align(endian) < PAGE {
            problems.push(format!("a segment is aligned to {} bytes", header.p_align(endian)));
        }
    }
    let header: &FileHeader64<Endianness> = file.elf_header();
    let dynamic = header.sections(endian, library)?.dynamic(endian, library)?;
    let entries = dynamic.map(|(entries, _)| entries).unwrap_or_default();
    let relocated = |entry: &object::elf::Dyn64<Endianness>| {
        let (tag, value) = (entry.d_tag(endian), entry.d_val(endian));
        tag == u64::from(DT_TEXTREL) || (tag == u64::from(DT_FLAGS) && value & u64::from(DF_TEXTREL) != 0)
    };
    if entries.iter().any(relocated) {
        problems.push("its code would be written to while it is loaded (text relocations)".to_owned());
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compiles and links this C with these flags of the linker.
    fn library(code: &str, flags: &[&str]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let (source, made) = (folder.path().join("a.c"), folder.path().join("a.so"));
        fs::write(&source, code).unwrap();
        let sh = Shell::new().unwrap();
        cmd!(
            sh,
            "clang --target=aarch64-linux-android26 -fuse-ld=lld -nostdlib -shared -fPIC {flags...} {source} -o {made}"
        )
        .quiet()
        .run()
        .unwrap();
        fs::read(&made).unwrap()
    }

    #[test]
    fn a_sound_library_has_no_problem_and_each_injected_one_is_named() {
        let sound = "int getpid(void); int Java_A_b(void) { return getpid(); }";
        let pages: &[&str] = &["-Wl,-z,max-page-size=16384"];
        for (code, flags, says) in [
            (sound, pages, None),
            (
                "int getpid(void); int b(void) { return getpid(); }",
                pages,
                Some("Java_A_b is not exported"),
            ),
            (
                "int pidfd_open(void); int Java_A_b(void) { return pidfd_open(); }",
                pages,
                Some("pidfd_open is not on Android 8.0"),
            ),
            (
                sound,
                &["-Wl,-z,max-page-size=4096"],
                Some("a segment is aligned to 4096 bytes"),
            ),
            (
                "int Java_A_b(void); __attribute__((section(\".text.a\"))) void *const a = (void *)Java_A_b; int Java_A_b(void) { return a != 0; }",
                &["-Wl,-z,max-page-size=16384", "-Wl,-z,notext"],
                Some("written to while it is loaded"),
            ),
        ] {
            let found = problems(&library(code, flags), &["Java_A_b".to_owned()]).unwrap();
            match says {
                None => assert_eq!(found, Vec::<String>::new()),
                Some(says) => assert!(found.iter().any(|problem| problem.contains(says)), "{says}: {found:?}"),
            }
        }
    }
}
