//! The classes of Java that Android has, for R8. R8 takes what a class path lacks for a mistake, and says so; with all of
//! Java's classes in the class path it would not see that a tablet lacks one.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Today's Android has most classes of these modules, and they need each other. Of the other modules, only what the
/// signature names.
const WHOLE: [&str; 2] = ["java.base", "java.logging"];
const IN_PART: [&str; 4] = ["java.prefs", "java.sql", "java.xml", "java.desktop"];

/// Writes a jar with the classes of this machine's Java that Android has. `signature` names those of the oldest Android
/// that the app supports, as animal-sniffer writes them: serialized Java, compressed.
pub fn write(signature: &Path, java_home: &Path, to: &Path) -> Result<()> {
    let mut named = Vec::new();
    GzDecoder::new(File::open(signature)?).read_to_end(&mut named)?;
    let named = strings(&named);
    let mut classes = BTreeMap::new();
    for (module, whole) in WHOLE
        .map(|name| (name, true))
        .into_iter()
        .chain(IN_PART.map(|name| (name, false)))
    {
        let file = java_home.join("jmods").join(format!("{module}.jmod"));
        let file = File::open(&file).with_context(|| format!("{}: the JDK has no jmods", file.display()))?;
        let mut archive = ZipArchive::new(file)?;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index)?;
            let name = entry.name()?.into_owned();
            let Some(class) = name
                .strip_prefix("classes/")
                .and_then(|name| name.strip_suffix(".class"))
            else {
                continue;
            };
            if class != "module-info" && (whole || named.contains(&class)) {
                let mut content = Vec::new();
                entry.read_to_end(&mut content)?;
                classes.insert(format!("{class}.class"), content);
            }
        }
    }
    let mut jar = ZipWriter::new(File::create(to)?);
    for (name, content) in classes {
        jar.start_file(name, SimpleFileOptions::default())?;
        jar.write_all(&content)?;
    }
    jar.finish()?;
    Ok(())
}

/// The names of Java's classes among the strings of serialized Java. Each string is a `t`, its length in two bytes, and
/// the text.
fn strings(data: &[u8]) -> std::collections::BTreeSet<&str> {
    let string = |at: usize| {
        let length = u16::from_be_bytes([*data.get(at + 1)?, *data.get(at + 2)?]);
        std::str::from_utf8(data.get(at + 3..at + 3 + usize::from(length))?).ok()
    };
    let starts = ["java/", "javax/", "org/w3c/", "org/xml/"];
    (0..data.len())
        .filter(|at| data[*at] == b't')
        .filter_map(string)
        .filter(|text| starts.iter().any(|start| text.starts_with(start)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_classes_are_found_among_serialized_strings() {
        let found = strings(b"xt\x00\x0djava/net/Sock\x00t\x00\x05other\x74\x00\x09org/xml/A");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["java/net/Sock", "org/xml/A"]);
    }
}
