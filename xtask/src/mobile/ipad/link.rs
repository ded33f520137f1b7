//! The iPad app's library, linked as Xcode would, without Apple's SDK: stands in for the link step of Xcode's build.
//!
//! Two things can go wrong, and each needs its own look. A constant or function of a framework that Xcode's project does
//! not name is an undefined symbol. A class of such a framework is not, because `objc2` looks classes up by name when the
//! app runs, and panics without them: after the link, its statics for the classes that the app reaches say which.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};
use serde_json::Value;
use xshell::{Shell, cmd};

use super::frameworks::linked;
use super::metadata;
use super::stubs::Exports;
use crate::mobile::none_of;
use crate::mobile::targets::IPAD;
use crate::paths::{Paths, target};
use crate::steps::Step;

/// What Tauri's template starts with: one call into the library.
const MAIN: &str = "void start_app(void);\nint main(void) { start_app(); return 0; }\n";

/// The oldest iPadOS that the app runs on, for the linker.
const SYSTEM: &str = "17.4";

/// Builds the app's library for a release, links it against stubs, and looks at the classes that are reached.
pub fn steps<'a>(sh: &'a Shell, paths: &'a Paths) -> Vec<Step<'a>> {
    let name = IPAD.name;
    // A release, except for what takes long and changes no symbol's name.
    let build = cmd!(
        sh,
        "cargo rustc --locked --release --package konnect-groep --lib --crate-type staticlib --target {name}"
    )
    .env("CARGO_PROFILE_RELEASE_LTO", "off")
    .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
    .env("CARGO_PROFILE_RELEASE_STRIP", "none");
    vec![
        Step::command("Build the iPad app's library", IPAD.environment(build)),
        Step::function("Link the iPad app's library", move || {
            let library = target().join(IPAD.name).join("release/libkonnect_groep.a");
            let work = target().join("link-ipad");
            none_of(&problems(sh, &library, &exports(sh)?, &linked(paths)?, &work)?)
        }),
    ]
}

/// What the system has, as far as the packages below the app declare it.
fn exports(sh: &Shell) -> Result<Exports> {
    let mut exports = Exports::default();
    for (name, folder) in packages(metadata()?)? {
        // `psl` is a list of domains in Rust, of several megabytes.
        if name != "psl" {
            exports.add_crate(&name, &folder)?;
        }
    }
    let sysroot = cmd!(sh, "rustc --print sysroot").quiet().read()?;
    let libraries = Path::new(&sysroot).join("lib/rustlib").join(IPAD.name).join("lib");
    let (mut asked, mut given) = (BTreeSet::new(), BTreeSet::new());
    for entry in fs::read_dir(&libraries).with_context(|| libraries.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rlib") {
            let symbols = symbols(&fs::read(path)?)?;
            asked.extend(symbols.undefined);
            given.extend(symbols.defined);
        }
    }
    // What Rust's standard library asks of the system: its source is not installed everywhere.
    let of_system = asked
        .difference(&given)
        .filter_map(|name| name.strip_prefix('_'))
        .filter(|name| !name.starts_with("_R") && !name.starts_with("_ZN") && !name.starts_with("OBJC_"));
    exports.add_system(of_system.map(str::to_owned).collect::<Vec<_>>());
    Ok(exports)
}

/// The packages below the app, each with the folder of its source.
fn packages(metadata: &Value) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().context("no packages")? {
        let name = package["name"].as_str().context("a package without a name")?;
        let targets = package["targets"].as_array().into_iter().flatten();
        let source = targets
            .filter(|target| {
                let kinds = target["kind"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str);
                kinds
                    .into_iter()
                    .any(|kind| ["lib", "rlib", "staticlib"].contains(&kind))
            })
            .find_map(|target| Path::new(target["src_path"].as_str()?).parent());
        found.extend(source.map(|folder| (name.to_owned(), folder.to_owned())));
    }
    Ok(found)
}

/// Links the library with these frameworks. Answers with what is undefined, and with the classes of other frameworks.
fn problems(
    sh: &Shell,
    library: &Path,
    exports: &Exports,
    frameworks: &BTreeSet<String>,
    work: &Path,
) -> Result<Vec<String>> {
    let sdk = work.join("sdk");
    if sdk.exists() {
        fs::remove_dir_all(&sdk)?;
    }
    exports.write(&sdk, frameworks)?;
    let (source, main, program) = (work.join("main.c"), work.join("main.o"), work.join("app"));
    fs::write(&source, MAIN)?;
    let clang = format!("--target=arm64-apple-ios{SYSTEM}");
    cmd!(sh, "clang {clang} -nostdlibinc -c {source} -o {main}")
        .quiet()
        .run()?;
    let (sysroot, version) = (
        cmd!(sh, "rustc --print sysroot").quiet().read()?,
        cmd!(sh, "rustc -vV").quiet().read()?,
    );
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc has no host")?;
    let linker = Path::new(&sysroot)
        .join("lib/rustlib")
        .join(host)
        .join("bin/gcc-ld/ld64.lld");
    let named = frameworks.iter().flat_map(|name| ["-framework", name]);
    let output = cmd!(
        sh,
        "{linker} -arch arm64 -platform_version ios {SYSTEM} {SYSTEM} -syslibroot {sdk} -dead_strip -demangle --error-limit=0 -o {program} {main} {library} -lSystem -lobjc -lTauriSwift {named...}"
    )
    .quiet()
    .ignore_status()
    .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let mut problems: Vec<String> = said
        .lines()
        .filter_map(|line| line.split_once("error: "))
        .map(|(_, error)| format!("the iPad app's library does not link: {error}"))
        .collect();
    if !output.status.success() {
        if problems.is_empty() {
            problems.push(format!("the iPad app's library does not link: {said}"));
        }
        return Ok(problems);
    }
    let reached = symbols(&fs::read(&program)?)?.all;
    for class in classes(&reached, exports) {
        let with = exports.frameworks_of(&class);
        let is_there = with.iter().any(|name| *name == "objc" || frameworks.contains(*name));
        if !is_there {
            problems.push(format!(
                "the app looks up the class {class}, and Xcode links none of: {}",
                with.into_iter().collect::<Vec<_>>().join(", ")
            ));
        }
    }
    Ok(problems)
}

/// The classes for which `objc2` has a static among these symbols, which is called `CACHED_CLASS` under the path of the
/// class. A mangled name has each identifier with its length before it.
fn classes(symbols: &BTreeSet<String>, exports: &Exports) -> BTreeSet<String> {
    let known = |word: &&str| exports.classes.values().any(|classes| classes.contains(*word));
    symbols
        .iter()
        .filter(|name| name.contains("CACHED_CLASS"))
        .flat_map(|name| identifiers(name).collect::<Vec<_>>())
        .filter(known)
        .map(str::to_owned)
        .collect()
}

fn identifiers(mangled: &str) -> impl Iterator<Item = &str> {
    let (mut rest, is_older) = (mangled, mangled.trim_start_matches('_').starts_with("ZN"));
    std::iter::from_fn(move || {
        loop {
            let digits = rest.find(|letter: char| letter.is_ascii_digit())?;
            rest = &rest[digits..];
            let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
            let length: usize = rest[..end].parse().ok()?;
            // Rust's newer names have an underscore before an identifier that begins with `_` or a digit, the older have none.
            let name = &rest[end..];
            let name = if is_older {
                name
            } else {
                name.strip_prefix('_').unwrap_or(name)
            };
            if let Some(word) = name.get(..length).filter(|word| !word.is_empty()) {
                rest = &name[length..];
                return Some(word);
            }
            rest = &rest[end..];
        }
    })
    // A path inside one identifier, such as that of an implementation, has its parts between these marks.
    .flat_map(|word| word.split(|letter: char| !letter.is_alphanumeric() && letter != '_'))
}

/// The names in a Mach-O file, or in all of an archive.
#[derive(Default)]
struct Symbols {
    defined: BTreeSet<String>,
    undefined: BTreeSet<String>,
    all: BTreeSet<String>,
}

fn symbols(bytes: &[u8]) -> Result<Symbols> {
    let mut found = Symbols::default();
    match ArchiveFile::parse(bytes) {
        Ok(archive) => {
            for member in archive.members() {
                let member = member?.data(bytes)?;
                // Rust's own metadata lies in the archive, too.
                if member.starts_with(&[0xcf, 0xfa, 0xed, 0xfe]) {
                    found.add(member)?;
                }
            }
        }
        Err(_) => found.add(bytes)?,
    }
    Ok(found)
}

impl Symbols {
    fn add(&mut self, bytes: &[u8]) -> Result<()> {
        for symbol in object::File::parse(bytes)?.symbols() {
            let name = symbol.name()?.to_owned();
            if symbol.is_undefined() {
                self.undefined.insert(name.clone());
            } else if symbol.is_global() {
                self.defined.insert(name.clone());
            }
            self.all.insert(name);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A library in C that uses one constant of `AuthKit` and one of `objc2`'s statics for a class of `SheetKit`.
    const LIBRARY: &str = "extern int AuthErrorDomain; static int class_of_sheet __asm__(\"_RNv5SheetNvXs_12CACHED_CLASS\");\n\
        __attribute__((used)) static int class_of_sheet = 1;\n\
        void start_app(void) { AuthErrorDomain = class_of_sheet; }\n";

    fn found(frameworks: &[&str]) -> Vec<String> {
        let (sh, folder) = (Shell::new().unwrap(), tempfile::tempdir().unwrap());
        let path = |name: &str| folder.path().join(name);
        let (source, object, library) = (path("a.c"), path("a.o"), path("a.a"));
        fs::write(&source, LIBRARY).unwrap();
        cmd!(
            sh,
            "clang --target=arm64-apple-ios17.4 -nostdlibinc -c {source} -o {object}"
        )
        .quiet()
        .run()
        .unwrap();
        cmd!(sh, "llvm-ar rcs {library} {object}").quiet().run().unwrap();
        let mut exports = Exports::default();
        exports.add_system([]);
        let set = |name: &str| BTreeSet::from([name.to_owned()]);
        exports.symbols.insert("AuthKit".to_owned(), set("AuthErrorDomain"));
        exports.classes.insert("SheetKit".to_owned(), set("Sheet"));
        let frameworks = frameworks.iter().map(|name| (*name).to_owned()).collect();
        problems(&sh, &library, &exports, &frameworks, folder.path()).unwrap()
    }

    #[test]
    fn a_library_links_with_the_frameworks_that_it_uses() {
        assert_eq!(found(&["AuthKit", "SheetKit"]), Vec::<String>::new());
    }

    #[test]
    fn a_constant_of_a_framework_that_xcode_does_not_link_is_named() {
        for wrong in [&["SheetKit"][..], &["SheetKit", "MapKit"]] {
            let problems = found(wrong).join("\n");
            assert!(problems.contains("undefined symbol: AuthErrorDomain"), "{problems}");
        }
    }

    #[test]
    fn a_class_of_a_framework_that_xcode_does_not_link_is_named() {
        assert_eq!(
            found(&["AuthKit", "MapKit"]),
            ["the app looks up the class Sheet, and Xcode links none of: SheetKit"]
        );
    }

    #[test]
    fn the_identifiers_of_a_mangled_name_are_found_by_their_lengths() {
        let name = "_ZN68_$LT$objc2_ui_kit..generated..UIView$u20$as$u20$objc2..ClassType$GT$5class12CACHED_CLASS17h0123456789abcdefE";
        let words: Vec<_> = identifiers(name).collect();
        for word in ["UIView", "class", "CACHED_CLASS"] {
            assert!(words.contains(&word), "{word}: {words:?}");
        }
    }
}
