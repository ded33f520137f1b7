//! What the system libraries of Android 8.0 (API 26, `bionic-26.txt`) export, and what a linker is given in their place on
//! a machine without an NDK.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use super::targets::folder;

/// The system libraries that the app may need. A tablet has more, but none of the others is for apps to count on.
pub const LIBRARIES: [&str; 5] = ["libandroid.so", "libc.so", "libdl.so", "liblog.so", "libm.so"];

/// The list: on each line the library, the symbol's version, its name, and `var` if it is a variable.
pub const LIST: &str = include_str!("bionic-26.txt");

/// A symbol that a system library exports.
pub struct Export {
    library: &'static str,
    /// The version that a library which imports the symbol has to name.
    pub version: &'static str,
    /// The name in C.
    pub name: &'static str,
    variable: bool,
}

/// Every symbol of the list.
pub fn exports() -> impl Iterator<Item = Export> {
    LIST.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some(Export {
            library: words.next()?,
            version: words.next()?,
            name: words.next()?,
            variable: words.next().is_some(),
        })
    })
}

/// Writes what the linker needs into a folder: for each system library a stand-in with its name, its symbols and their
/// versions, and nothing behind them; a static unwinder; and an empty libgcc, which the NDK has replaced by its own.
///
/// A symbol that no stand-in has fails the link, as the NDK's libraries would. A library that is linked against
/// stand-ins without versions would load, too, but nobody could tell which library it takes a symbol from.
pub fn write_stand_ins(sh: &Shell, clang: &str, to: &Path) -> Result<()> {
    let target = format!("--target={clang}");
    for library in LIBRARIES {
        let name = library.strip_suffix(".so").context("a library without .so")?;
        let (assembly, versions, made) = (
            to.join(format!("{name}.s")),
            to.join(format!("{name}.map")),
            to.join(library),
        );
        sh.write_file(&assembly, symbols(library)?)?;
        sh.write_file(&versions, version_script(library)?)?;
        let (script, soname) = (
            format!("-Wl,--version-script={}", versions.display()),
            format!("-Wl,-soname,{library}"),
        );
        cmd!(
            sh,
            "clang {target} -fuse-ld=lld -nostdlib -shared {soname} {script} -x assembler {assembly} -o {made}"
        )
        .quiet()
        .run()?;
    }
    let (source, object) = (folder().join("unwind.c"), to.join("unwind.o"));
    cmd!(
        sh,
        "clang {target} -Os -fPIC -ffunction-sections -ffreestanding -c {source} -o {object}"
    )
    .quiet()
    .run()?;
    for (archive, members) in [("libunwind.a", Some(&object)), ("libgcc.a", None)] {
        let archive = to.join(archive);
        sh.remove_path(&archive)?;
        cmd!(sh, "llvm-ar rcs {archive} {members...}").quiet().run()?;
    }
    Ok(())
}

/// Assembly that defines the symbols of one library.
fn symbols(library: &str) -> Result<String> {
    let mut text = String::new();
    for export in exports().filter(|export| export.library == library) {
        let (section, kind) = if export.variable {
            (".data", "object")
        } else {
            (".text", "function")
        };
        let name = export.name;
        writeln!(
            text,
            "{section}\n.globl {name}\n.type {name}, %{kind}\n.size {name}, 8\n{name}: .zero 8"
        )?;
    }
    Ok(text)
}

/// The script that tells the linker which version each symbol of one library has.
fn version_script(library: &str) -> Result<String> {
    let mut versions: Vec<&str> = exports()
        .filter(|export| export.library == library)
        .map(|export| export.version)
        .collect();
    versions.sort_unstable();
    versions.dedup();
    let mut text = String::new();
    for version in versions {
        let names: Vec<_> = exports()
            .filter(|export| export.library == library && export.version == version)
            .map(|export| export.name)
            .collect();
        writeln!(text, "{version} {{ global: {}; }};", names.join("; "))?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_names_each_symbol_once_and_only_libraries_that_an_app_may_need() {
        let names: BTreeSet<_> = exports().map(|export| export.name).collect();
        assert_eq!(names.len(), LIST.lines().count());
        let libraries: BTreeSet<_> = exports().map(|export| export.library).collect();
        assert_eq!(libraries, BTreeSet::from(LIBRARIES));
    }
}
