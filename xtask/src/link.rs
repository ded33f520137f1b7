//! The Android app's library, linked without an NDK and read again. Whether it runs, only a device shows.
//!
//! The device's own libraries are stood in for by empty ones: what the library takes from them is read from it afterwards,
//! and compared with what Android 8.0 (API 26, `mobile/bionic-26.txt`) has.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use object::elf::{DF_TEXTREL, DT_FLAGS, DT_TEXTREL, FileHeader64, PT_LOAD};
use object::read::elf::{Dyn, ElfFile64, FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSymbol};

use crate::kotlin;
use crate::mobile;
use crate::run::{Outcome, Steps, cargo, target};

/// How many steps [`run`] takes.
pub const STEPS: u32 = 2;

/// What the linker is told to link with. `libunwind` comes with the NDK; the rest is the device's.
const SYSTEM: [&str; 7] = ["c", "m", "dl", "log", "android", "unwind", "gcc"];

/// The page that newer devices have, in bytes; Google Play asks for it since Android 15.
const PAGE: u64 = 16 * 1024;

/// Links the app's library for a release, and looks what it takes and gives.
pub fn run(steps: &mut Steps) -> Outcome {
    let library = linked(steps)?;
    steps.loud("Look what the library takes and gives");
    let faults = faults(&library, &wanted()?)?;
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("\n").into())
    }
}

fn linked(steps: &mut Steps) -> Outcome<Vec<u8>> {
    let work = target().join("link");
    fs::create_dir_all(&work)?;
    let mut command = cargo();
    let name = mobile::android(&mut command);
    let clang = format!("clang --target={name}26 -fuse-ld=lld -nostdlib");
    for library in SYSTEM {
        let made = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "exec {clang} -shared -Wl,-soname,lib{library}.so -x c /dev/null -o lib{library}.so"
            ))
            .current_dir(&work)
            .status()?;
        if !made.success() {
            return Err(format!("clang cannot make lib{library}.so").into());
        }
    }
    // The shell is asked for none of the words that rustc says; the folder may have blanks in its name.
    let linker = work.join("linker.sh");
    fs::write(
        &linker,
        format!("#!/bin/sh\nexec {clang} -L \"$(dirname \"$0\")\" -Wl,-z,max-page-size={PAGE} -Wl,-z,undefs \"$@\"\n"),
    )?;
    fs::set_permissions(&linker, fs::Permissions::from_mode(0o755))?;
    // As a release, but for what takes long and changes no name.
    command
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_STRIP", "none");
    command.env(
        format!("CARGO_TARGET_{}_LINKER", name.replace('-', "_").to_uppercase()),
        linker,
    );
    command.args([
        "rustc",
        "--locked",
        "--release",
        "--package",
        "konnect-groep",
        "--lib",
        "--crate-type",
        "cdylib",
        "--target",
        name,
    ]);
    steps.quiet("Link the Android app's library", &mut command)?;
    Ok(fs::read(target().join(name).join("release/libkonnect_groep.so"))?)
}

/// The functions that Kotlin expects of the library: ours, tauri's and wry's. The name of each says where it is looked for
/// (Java Native Interface Specification, "Resolving Native Method Names").
fn wanted() -> Outcome<Vec<String>> {
    let mut wanted = Vec::new();
    let wry = kotlin::dependency("wry")?.join("src/android/kotlin");
    let places = [
        (kotlin::site().join("src/main/java"), "nl_kidskonnect_groep_site"),
        (
            kotlin::tauri()?.join("src/main/java/app/tauri/plugin"),
            "app_tauri_plugin",
        ),
        (wry, "nl_kidskonnect_groep"),
    ];
    for (folder, package) in places {
        let mut found = 0;
        for file in fs::read_dir(folder)? {
            let path = file?.path();
            let text = fs::read_to_string(&path)?;
            let class = path.file_stem().unwrap_or_default().display().to_string();
            let names = kotlin::name_after(&text, "external fun ");
            found += names.len();
            wanted.extend(names.into_iter().map(|name| format!("Java_{package}_{class}_{name}")));
        }
        if found == 0 {
            return Err(format!("{package} expects nothing of Rust: its Kotlin does not look as expected").into());
        }
    }
    Ok(wanted)
}

/// What is wrong with a library, one sentence each.
fn faults(library: &[u8], wanted: &[String]) -> Outcome<Vec<String>> {
    let there: BTreeSet<&str> = include_str!("../mobile/bionic-26.txt").lines().collect();
    let file = ElfFile64::<Endianness>::parse(library)?;
    let mut faults = Vec::new();
    let mut given = BTreeSet::new();
    for symbol in file.dynamic_symbols() {
        let name = symbol.name()?;
        if symbol.is_definition() {
            given.insert(name);
        } else if !name.is_empty() && !symbol.is_weak() && !there.contains(name) && !name.starts_with("_Unwind_") {
            faults.push(format!("{name} is not on Android 8.0"));
        }
    }
    faults.extend(
        wanted
            .iter()
            .filter(|name| !given.contains(name.as_str()))
            .map(|name| format!("{name} is not given")),
    );
    let endian = file.endian();
    for header in file
        .elf_program_headers()
        .iter()
        .filter(|header| header.p_type(endian) == PT_LOAD)
    {
        if header.p_align(endian) < PAGE {
            faults.push(format!("a part is aligned to {} bytes", header.p_align(endian)));
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
        faults.push("its code would be written to while it is loaded".to_owned());
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    /// A library with one function that Kotlin wants, one call, and these flags of the linker.
    fn library(code: &str, flags: &[&str]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let (source, made) = (folder.path().join("a.c"), folder.path().join("a.so"));
        fs::write(&source, code).unwrap();
        let mut clang = Command::new("clang");
        clang
            .args([
                "--target=aarch64-linux-android26",
                "-fuse-ld=lld",
                "-nostdlib",
                "-shared",
                "-fPIC",
            ])
            .args(flags);
        assert!(clang.arg(&source).arg("-o").arg(&made).status().unwrap().success());
        fs::read(&made).unwrap()
    }

    #[test]
    fn a_sound_library_has_no_fault_and_each_planted_one_is_named() {
        let sound = "int getpid(void); int Java_A_b(void) { return getpid(); }";
        let pages: &[&str] = &["-Wl,-z,max-page-size=16384"];
        for (code, flags, says) in [
            (sound, pages, None),
            (
                "int getpid(void); int b(void) { return getpid(); }",
                pages,
                Some("Java_A_b is not given"),
            ),
            (
                "int pidfd_open(void); int Java_A_b(void) { return pidfd_open(); }",
                pages,
                Some("pidfd_open is not on Android 8.0"),
            ),
            (
                sound,
                &["-Wl,-z,max-page-size=4096"],
                Some("a part is aligned to 4096 bytes"),
            ),
            (
                "int Java_A_b(void); __attribute__((section(\".text.a\"))) void *const a = (void *)Java_A_b; int Java_A_b(void) { return a != 0; }",
                &["-Wl,-z,max-page-size=16384", "-Wl,-z,notext"],
                Some("written to while it is loaded"),
            ),
        ] {
            let found = faults(&library(code, flags), &["Java_A_b".to_owned()]).unwrap();
            match says {
                None => assert_eq!(found, Vec::<String>::new()),
                Some(says) => assert!(found.iter().any(|fault| fault.contains(says)), "{says}: {found:?}"),
            }
        }
    }
}
