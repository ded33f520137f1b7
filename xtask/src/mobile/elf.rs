//! Reads a library as the loader of Android 8.0 would, and says what that loader or a newer one would refuse.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use object::elf::{
    DF_TEXTREL, DT_FLAGS, DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_TEXTREL, FileHeader64, PF_W, PF_X, PT_GNU_RELRO, PT_LOAD,
    PT_TLS, SHT_DYNSYM, STB_WEAK,
};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionTable, Sym};
use object::{Endianness, StringTable};

use super::android_library::PAGE;
use super::bionic;

type Header = FileHeader64<Endianness>;

/// What is wrong with a library, one sentence each: imports that Android 8.0 lacks, libraries that a tablet does not have
/// for apps, alignment, and what Android refuses to load at all.
pub fn problems(library: &[u8]) -> Result<Vec<String>> {
    let (header, endian, sections) = parse(library)?;
    let mut problems = foreign_imports(library, endian, &sections)?;
    problems.extend(dynamic_section(library, endian, &sections)?);
    problems.extend(segments(header, endian, library)?);
    Ok(problems)
}

/// The names of these functions that the library does not export, one sentence each.
pub fn missing_exports(library: &[u8], expected: &[String]) -> Result<Vec<String>> {
    let exports = exports(library)?;
    let missing = expected.iter().filter(|name| !exports.contains(*name));
    Ok(missing.map(|name| format!("{name} is not exported")).collect())
}

/// The names of everything that the library exports.
pub fn exports(library: &[u8]) -> Result<BTreeSet<String>> {
    let (_, endian, sections) = parse(library)?;
    let symbols = sections.symbols(endian, library, SHT_DYNSYM)?;
    let mut exports = BTreeSet::new();
    for symbol in symbols.iter().filter(|symbol| !symbol.is_undefined(endian)) {
        exports.insert(String::from_utf8(symbols.symbol_name(endian, symbol)?.to_vec())?);
    }
    Ok(exports)
}

/// The processor that the library is for, as ELF numbers it.
pub fn machine(library: &[u8]) -> Result<u16> {
    let (header, endian, _) = parse(library)?;
    Ok(header.e_machine(endian))
}

fn parse(library: &[u8]) -> Result<(&Header, Endianness, SectionTable<'_, Header>)> {
    let header = Header::parse(library).context("not an ELF file of 64 bits")?;
    let endian = header.endian()?;
    Ok((header, endian, header.sections(endian, library)?))
}

/// Android 8.0 looks each symbol up by its version, so a name alone is not enough. It leaves a weak symbol that it does not
/// find at zero, and whoever uses the symbol has to look.
fn foreign_imports(library: &[u8], endian: Endianness, sections: &SectionTable<'_, Header>) -> Result<Vec<String>> {
    let known: BTreeSet<_> = bionic::exports().map(|export| (export.name, export.version)).collect();
    let symbols = sections.symbols(endian, library, SHT_DYNSYM)?;
    let versions = sections.versions(endian, library)?;
    let mut problems = Vec::new();
    for (index, symbol) in symbols.enumerate() {
        let name = std::str::from_utf8(symbols.symbol_name(endian, symbol)?)?;
        if name.is_empty() || !symbol.is_undefined(endian) || symbol.st_bind() == STB_WEAK {
            continue;
        }
        let version = match &versions {
            Some(table) => table.version(table.version_index(endian, index))?,
            None => None,
        };
        let version = version.map_or(Ok(""), |version| std::str::from_utf8(version.name()))?;
        if !known.contains(&(name, version)) {
            problems.push(format!("{name}@{version} is not on Android 8.0"));
        }
    }
    Ok(problems)
}

fn dynamic_section(library: &[u8], endian: Endianness, sections: &SectionTable<'_, Header>) -> Result<Vec<String>> {
    let (entries, strings) = sections.dynamic(endian, library)?.context("no dynamic section")?;
    let strings: StringTable<'_> = sections.strings(endian, library, strings)?;
    let mut problems = Vec::new();
    for entry in entries {
        let (tag, value) = (entry.d_tag(endian), entry.d_val(endian));
        if tag == u64::from(DT_NEEDED) {
            let needed = std::str::from_utf8(entry.string(endian, strings)?)?;
            if !bionic::LIBRARIES.contains(&needed) {
                problems.push(format!(
                    "it needs {needed}, which is no library that a tablet has for apps"
                ));
            }
        } else if tag == u64::from(DT_RPATH) || tag == u64::from(DT_RUNPATH) {
            problems.push("it names a folder to look for libraries in".to_owned());
        } else if tag == u64::from(DT_TEXTREL) || (tag == u64::from(DT_FLAGS) && value & u64::from(DF_TEXTREL) != 0) {
            problems.push("its code would be written to while it is loaded (text relocations)".to_owned());
        }
    }
    Ok(problems)
}

fn segments(header: &Header, endian: Endianness, library: &[u8]) -> Result<Vec<String>> {
    let segments = header.program_headers(endian, library)?;
    let loaded = || segments.iter().filter(|segment| segment.p_type(endian) == PT_LOAD);
    let mut problems = Vec::new();
    for segment in loaded() {
        if segment.p_align(endian) < PAGE {
            problems.push(format!("a segment is aligned to {} bytes", segment.p_align(endian)));
        }
        if segment.p_flags(endian) & (PF_W | PF_X) == PF_W | PF_X {
            problems.push("a segment is both writable and executable".to_owned());
        }
    }
    for segment in segments {
        if segment.p_type(endian) == PT_TLS {
            problems.push("it has thread-local storage of ELF, which Android knows since 10".to_owned());
        }
        // The loader takes the right to write away page by page. Other data on the last page would lose it, too.
        if segment.p_type(endian) == PT_GNU_RELRO {
            let (start, size) = (segment.p_vaddr(endian), segment.p_memsz(endian));
            let end = (start + size).next_multiple_of(PAGE);
            if loaded().any(|other| (start + 1..end).contains(&other.p_vaddr(endian))) {
                problems.push("data that is written to shares a page with data that is not (RELRO)".to_owned());
            }
        }
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use xshell::{Shell, cmd};

    use super::*;

    const SOUND: &str = "int getpid(void); int Java_A_b(void) { return getpid(); }";
    const PAGES: &str = "-Wl,-z,max-page-size=16384";

    /// Compiles and links this C with these flags of the linker, against the stand-ins in a folder.
    fn library(folder: &Path, code: &str, flags: &[&str]) -> Vec<u8> {
        let (source, made) = (folder.join("a.c"), folder.join("a.so"));
        fs::write(&source, code).unwrap();
        let sh = Shell::new().unwrap();
        cmd!(
            sh,
            "clang --target=aarch64-linux-android26 -fuse-ld=lld -nostdlib -shared -fPIC -L {folder} {source} {flags...} -o {made}"
        )
        .quiet()
        .run()
        .unwrap();
        fs::read(&made).unwrap()
    }

    #[test]
    fn a_sound_library_has_no_problem_and_each_injected_one_is_named() {
        let (sh, folder) = (Shell::new().unwrap(), tempfile::tempdir().unwrap());
        let folder = folder.path();
        bionic::write_stand_ins(&sh, "aarch64-linux-android26", folder).unwrap();
        library(folder, "int other(void) { return 0; }", &["-Wl,-soname,libother.so"]);
        fs::rename(folder.join("a.so"), folder.join("libother.so")).unwrap();
        let sound = library(folder, SOUND, &[PAGES, "-lc"]);
        assert_eq!(problems(&sound).unwrap(), Vec::<String>::new());
        for (code, flags, says) in [
            (
                "int pidfd_open(void); int b(void) { return pidfd_open(); }",
                vec![PAGES, "-Wl,-z,undefs", "-lc"],
                "pidfd_open@ is not on Android 8.0",
            ),
            (SOUND, vec![PAGES, "-Wl,-z,undefs"], "getpid@ is not on Android 8.0"),
            (
                "int other(void); int b(void) { return other(); }",
                vec![PAGES, "-lother"],
                "it needs libother.so",
            ),
            (SOUND, vec!["-Wl,-z,max-page-size=4096", "-lc"], "aligned to 4096 bytes"),
            (
                SOUND,
                vec![PAGES, "-lc", "-Wl,-rpath,/tmp"],
                "a folder to look for libraries in",
            ),
            (
                SOUND,
                vec![PAGES, "-lc", "-Wl,--omagic"],
                "both writable and executable",
            ),
            (
                "static __thread int a; int b(void) { return a++; }",
                vec![PAGES, "-fno-emulated-tls"],
                "thread-local storage",
            ),
            (
                "int c(void); __attribute__((section(\".text.a\"))) void *const a = (void *)c; int c(void) { return a != 0; }",
                vec![PAGES, "-Wl,-z,notext"],
                "written to while it is loaded",
            ),
        ] {
            let found = problems(&library(folder, code, &flags)).unwrap();
            assert!(found.iter().any(|problem| problem.contains(says)), "{says}: {found:?}");
        }
    }

    #[test]
    fn an_export_that_is_expected_and_not_there_is_named() {
        let (sh, folder) = (Shell::new().unwrap(), tempfile::tempdir().unwrap());
        bionic::write_stand_ins(&sh, "aarch64-linux-android26", folder.path()).unwrap();
        let sound = library(folder.path(), SOUND, &["-lc"]);
        let expected = ["Java_A_b", "Java_A_c"].map(str::to_owned);
        assert_eq!(
            missing_exports(&sound, &expected).unwrap(),
            ["Java_A_c is not exported"]
        );
        assert_eq!(machine(&sound).unwrap(), object::elf::EM_AARCH64);
    }
}
