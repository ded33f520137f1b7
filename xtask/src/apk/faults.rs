//! Shows that the checks see a fault: copies of the finished APK, with one fault injected into each, must be refused.
//!
//! The copies are not signed again. Each is given only to the check that has to refuse it, and that check has just passed
//! on the same APK without the fault.

use std::fs;

use anyhow::{Context, Result, bail, ensure};
use object::Endianness;
use object::elf::{FileHeader64, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader};
use xshell::Shell;

use super::Build;
use super::checks::Check;
use super::pack::{self, Entry, is_library};
use crate::steps::Step;

/// What is injected, which check must refuse the result, and a part of the sentence with which it does.
struct Fault {
    name: &'static str,
    check: Check,
    inject: fn(&mut Vec<Entry>) -> Result<()>,
    says: &'static str,
}

const FAULTS: [Fault; 10] = [
    Fault {
        name: "a class that the manifest names is renamed",
        check: Check::Names,
        inject: |all| {
            replace(
                all,
                "classes.dex",
                b"Lnl/kidskonnect/groep/site/Photos;",
                b"Lnl/kidskonnect/groep/site/Phot0s;",
            )
        },
        says: "the manifest names nl.kidskonnect.groep.site.Photos",
    },
    Fault {
        name: "a class that Rust names is missing",
        check: Check::Names,
        inject: |all| {
            let (from, to) = (
                b"Lnl/kidskonnect/groep/device/Feedback;",
                b"Lnl/kidskonnect/groep/device/Feedbakc;",
            );
            replace(all, "classes.dex", from, to)
        },
        says: "nl.kidskonnect.groep.device.Feedback is reached by its name",
    },
    Fault {
        name: "R8 renamed a command, because its rule was dropped",
        check: Check::Names,
        inject: |all| replace(all, "classes.dex", b"\0\x09setCookie\0", b"\0\x09setCook1e\0"),
        says: "SitePlugin.setCookie is reached by its name",
    },
    Fault {
        name: "R8 left out type arguments, because its rule was dropped",
        check: Check::Names,
        inject: |all| {
            replace(
                all,
                "classes.dex",
                b"Ldalvik/annotation/Signature;",
                b"Ldalvik/annotation/Signatur3;",
            )
        },
        says: "has lost its type arguments",
    },
    Fault {
        name: "the manifest names a class that is not there",
        check: Check::Names,
        inject: |all| {
            let (from, to) = ("nl.kidskonnect.groep.MainActivity", "nl.kidskonnect.groep.MainActivitx");
            replace(all, "AndroidManifest.xml", from.as_bytes(), to.as_bytes())
                .or_else(|_| replace(all, "AndroidManifest.xml", &utf16(from), &utf16(to)))
        },
        says: "the manifest names nl.kidskonnect.groep.MainActivitx",
    },
    Fault {
        name: "the library needs a symbol that Android lacks",
        check: Check::Library,
        inject: |all| replace(all, ".so", b"\0__errno\0", b"\0__errn0\0"),
        says: "__errn0@LIBC is not on Android 8.0",
    },
    Fault {
        name: "the library needs another library",
        check: Check::Library,
        inject: |all| replace(all, ".so", b"liblog.so\0", b"libgcc.so\0"),
        says: "it needs libgcc.so",
    },
    Fault {
        name: "the library is linked for pages of 4 KiB",
        check: Check::Library,
        inject: |all| small_pages(all),
        says: "a segment is aligned to 4096 bytes",
    },
    Fault {
        name: "the library is compressed",
        check: Check::Archive,
        inject: |all| {
            let library = all.iter_mut().find(|entry| is_library(&entry.name));
            library.context("no library")?.stored = false;
            Ok(())
        },
        says: "libkonnect_groep.so is compressed",
    },
    Fault {
        name: "the classes are damaged",
        check: Check::Dex,
        inject: |all| {
            let dex = all.iter_mut().find(|entry| entry.name == "classes.dex");
            *dex.and_then(|dex| dex.content.last_mut()).context("no classes")? ^= 1;
            Ok(())
        },
        says: "checksum",
    },
];

/// Injects each fault in turn.
pub fn step<'a>(sh: &'a Shell, build: &'a Build) -> Step<'a> {
    Step::function("Inject faults into copies of the APK", move || {
        let signed = fs::read(build.apk())?;
        let sound = pack::read(&signed)?;
        for fault in FAULTS {
            let mut entries = sound.clone();
            (fault.inject)(&mut entries).context(fault.name)?;
            refuses(sh, build, &pack::write(&entries)?, fault.check, fault.name, fault.says)?;
        }
        let moved = unaligned(&sound)?;
        refuses(
            sh,
            build,
            &moved,
            Check::Archive,
            "the library is not aligned",
            "no multiple of 16384",
        )?;
        let changed = changed_after_signing(&signed, &sound)?;
        refuses(
            sh,
            build,
            &changed,
            Check::Signature,
            "the APK was changed after it was signed",
            "DOES NOT VERIFY",
        )
    })
}

fn refuses(sh: &Shell, build: &Build, apk: &[u8], check: Check, name: &str, says: &str) -> Result<()> {
    let copy = build.own("fault.apk");
    sh.write_file(&copy, apk)?;
    let found = match check.problems(sh, build, &copy) {
        Ok(problems) => problems.join("\n"),
        Err(error) => bail!("{name}: the check itself failed: {error:#}"),
    };
    ensure!(found.contains(says), "nobody saw this fault: {name}\n{found}");
    Ok(())
}

/// Replaces bytes by others of the same number, wherever they are in the entry whose name ends so.
fn replace(entries: &mut [Entry], name: &str, from: &[u8], to: &[u8]) -> Result<()> {
    ensure!(from.len() == to.len(), "the length would change");
    let entry = entries.iter_mut().find(|entry| entry.name.ends_with(name));
    let content = &mut entry.context("no such entry")?.content;
    let mut found = false;
    for at in 0..content.len().saturating_sub(from.len()) {
        if content[at..].starts_with(from) {
            content[at..at + to.len()].copy_from_slice(to);
            found = true;
        }
    }
    ensure!(found, "{name} does not hold what the fault replaces");
    Ok(())
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn small_pages(entries: &mut [Entry]) -> Result<()> {
    let library = entries.iter_mut().find(|entry| is_library(&entry.name));
    let content = &mut library.context("no library")?.content;
    let header = FileHeader64::<Endianness>::parse(content.as_slice())?;
    let endian = header.endian()?;
    let index = header
        .program_headers(endian, content.as_slice())?
        .iter()
        .position(|segment| segment.p_type(endian) == PT_LOAD)
        .context("no segment")?;
    // The alignment is the last of a program header's members, in 8 bytes.
    let size = usize::from(header.e_phentsize.get(endian));
    let end = usize::try_from(header.e_phoff.get(endian))? + (index + 1) * size;
    content[end - 8..end].copy_from_slice(&4096_u64.to_le_bytes());
    Ok(())
}

/// The signed archive, with one bit of the library changed.
fn changed_after_signing(signed: &[u8], entries: &[Entry]) -> Result<Vec<u8>> {
    let library = entries.iter().find(|entry| is_library(&entry.name));
    let start = usize::try_from(library.context("no library")?.start)?;
    let mut changed = signed.to_vec();
    *changed.get_mut(start + 100_000).context("a very small library")? ^= 1;
    Ok(changed)
}

/// The same archive, packed by somebody who knows nothing of pages.
fn unaligned(entries: &[Entry]) -> Result<Vec<u8>> {
    let archive = pack::write_aligned(entries, |_| 4)?;
    let library = pack::read(&archive)?.into_iter().find(|entry| is_library(&entry.name));
    let start = library.context("no library")?.start;
    ensure!(!start.is_multiple_of(16_384), "by chance, the library is aligned");
    Ok(archive)
}
