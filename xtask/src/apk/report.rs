//! What the finished APK is made of.

use std::fs;

use anyhow::Result;

use super::checks::Apk;
use super::pack::is_library;
use super::{Build, pack};
use crate::steps::Step;

/// Prints the sizes, and how the APK gets onto a tablet.
pub fn step(build: &Build) -> Step<'_> {
    Step::function("Done", move || {
        let file = fs::read(build.apk())?;
        let apk = Apk::read(&file)?;
        println!("{}", text(&file, &apk)?);
        println!(
            "No tablet has run this build yet. To try it on one:\n  adb install -r {}",
            build.apk().display()
        );
        Ok(())
    })
}

fn text(file: &[u8], apk: &Apk) -> Result<String> {
    let size = |wanted: &dyn Fn(&str) -> bool| -> usize {
        let entries = apk.entries.iter().filter(|entry| wanted(&entry.name));
        entries.map(|entry| entry.content.len()).sum()
    };
    let library = size(&is_library);
    let packed_classes = pack::write(
        &apk.entries
            .iter()
            .filter(|entry| entry.name == "classes.dex")
            .cloned()
            .collect::<Vec<_>>(),
    )?;
    let natives = apk.exports.iter().filter(|name| name.starts_with("Java_")).count();
    Ok(format!(
        "{:>10} bytes: the APK, {} entries\n{:>10} bytes: the library, stored, {natives} functions for Java\n{:>10} bytes: the classes, {} of them ({} bytes packed)\n{:>10} bytes: the table of resources, stored",
        file.len(),
        apk.entries.len(),
        library,
        size(&|name| name == "classes.dex"),
        apk.classes.len(),
        packed_classes.len(),
        size(&|name| name == "resources.arsc"),
    ))
}
