//! The archive itself: Android maps libraries from where they lie in it, and refuses some of it if it is compressed.

use crate::apk::pack::{Entry, is_library};

/// What Android cannot do without.
const REQUIRED: [&str; 4] = [
    "AndroidManifest.xml",
    "assets/tauri.conf.json",
    "classes.dex",
    "resources.arsc",
];

/// What is wrong with the entries, one sentence each.
pub fn problems(entries: &[Entry], abi: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let library = format!("lib/{abi}/libkonnect_groep.so");
    for name in REQUIRED.into_iter().chain([library.as_str()]) {
        if !entries.iter().any(|entry| entry.name == name) {
            problems.push(format!("{name} is not in the archive"));
        }
    }
    for entry in entries {
        let name = &entry.name;
        if !entry.stored && (is_library(name) || name == "resources.arsc") {
            problems.push(format!("{name} is compressed"));
        }
        if entry.stored && !entry.start.is_multiple_of(entry.alignment().into()) {
            problems.push(format!(
                "{name} starts at {}, which is no multiple of {}",
                entry.start,
                entry.alignment()
            ));
        }
        if is_library(name) && *name != library {
            problems.push(format!("{name} is no library of this app for {abi}"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_a_compressed_a_foreign_and_an_unaligned_entry_are_named() {
        let entry = |name: &str, stored, start| Entry {
            name: name.to_owned(),
            content: Vec::new(),
            stored,
            start,
        };
        let sound = vec![
            entry("AndroidManifest.xml", false, 37),
            entry("assets/tauri.conf.json", false, 99),
            entry("classes.dex", false, 555),
            entry("lib/arm64-v8a/libkonnect_groep.so", true, 32_768),
            entry("resources.arsc", true, 4),
        ];
        assert_eq!(problems(&sound, "arm64-v8a"), Vec::<String>::new());
        let with = |change: fn(&mut Vec<Entry>)| {
            let mut entries = sound.clone();
            change(&mut entries);
            problems(&entries, "arm64-v8a").join("\n")
        };
        assert!(with(|all| drop(all.remove(2))).contains("classes.dex is not in the archive"));
        assert!(with(|all| all[4].stored = false).contains("resources.arsc is compressed"));
        assert!(with(|all| all[3].stored = false).contains("libkonnect_groep.so is compressed"));
        assert!(with(|all| all[4].start = 6).contains("starts at 6, which is no multiple of 4"));
        assert!(with(|all| all[3].start = 4096).contains("starts at 4096, which is no multiple of 16384"));
        let other = problems(&sound, "x86_64").join("\n");
        assert!(other.contains("lib/x86_64/libkonnect_groep.so is not") && other.contains("no library of this app"));
    }
}
