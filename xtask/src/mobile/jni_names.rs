//! The names by which Kotlin, Rust, Tauri and manifests reach each other at run time. No compiler checks them, so they
//! are read from the sources, and the linked library and the shrunk classes are checked for them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xshell::{Shell, cmd};

use crate::paths::root;

/// Where Tauri's own Kotlin project is: in its crate.
pub fn tauri_android(sh: &Shell) -> Result<PathBuf> {
    Ok(sources_of(sh, "tauri")?.join("mobile/android"))
}

/// Where the Kotlin project of Tauri's plugin for deep links is: in its crate.
pub fn deep_link_android(sh: &Shell) -> Result<PathBuf> {
    Ok(sources_of(sh, "tauri-plugin-deep-link")?.join("android"))
}

/// The `android` folder of each plugin that has one.
pub fn plugins() -> Result<Vec<PathBuf>> {
    let mut folders = fs::read_dir(root().join("plugins"))?
        .map(|plugin| Ok(plugin?.path().join("android")))
        .collect::<Result<Vec<_>>>()?;
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    Ok(folders)
}

/// Where cargo keeps the sources of a dependency.
pub fn sources_of(sh: &Shell, package: &str) -> Result<PathBuf> {
    let metadata = cmd!(sh, "cargo metadata --format-version 1 --locked")
        .ignore_stderr()
        .read()?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages
        .filter(|found| found["name"] == package)
        .find_map(|found| found["manifest_path"].as_str())
        .with_context(|| format!("{package} is no dependency"))?;
    Ok(Path::new(manifest).with_file_name(""))
}

/// The functions that the Kotlin of the plugins, of Tauri and of wry expects the app's library to export, by the names
/// under which the JVM looks for them (Java Native Interface Specification, "Resolving Native Method Names").
pub fn expected_exports(sh: &Shell) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for plugin in plugins()? {
        for file in kotlin_files(&plugin.join("src/main/java"))? {
            names.extend(file.expected_exports(&file.package().replace('.', "_")));
        }
    }
    ensure!(!names.is_empty(), "no plugin's Kotlin has an `external fun`");
    for (folder, package) in [
        (
            tauri_android(sh)?.join("src/main/java/app/tauri/plugin"),
            "app_tauri_plugin",
        ),
        // A template: wry writes the app's own package into it.
        (
            sources_of(sh, "wry")?.join("src/android/kotlin"),
            "nl_kidskonnect_groep",
        ),
    ] {
        let before = names.len();
        for file in kotlin_files(&folder)? {
            names.extend(file.expected_exports(package));
        }
        ensure!(names.len() > before, "{} has no `external fun`", folder.display());
    }
    Ok(names)
}

/// The `android` folder of each plugin that the app has, also of those that are not ours.
pub fn all_plugins(sh: &Shell) -> Result<Vec<PathBuf>> {
    let mut folders = plugins()?;
    folders.push(deep_link_android(sh)?);
    Ok(folders)
}

/// The plugins' classes that Rust, Tauri, JSON or a manifest reaches by name, each with its members that are.
pub fn reached_by_name(plugins: &[PathBuf]) -> Result<BTreeMap<String, Vec<String>>> {
    let mut classes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |class: String, members: Vec<String>| classes.entry(class).or_default().extend(members);
    for plugin in plugins {
        for file in kotlin_files(&plugin.join("src/main/java"))? {
            let package = file.package();
            let members = [file.native_functions(), file.commands()].concat();
            if !members.is_empty() {
                add(format!("{package}.{}", file.class), members);
            }
            for (class, fields) in file.arguments() {
                add(format!("{package}.{class}"), fields);
            }
        }
        let manifest = fs::read_to_string(plugin.join("src/main/AndroidManifest.xml")).unwrap_or_default();
        for provider in manifest.split("<provider").skip(1) {
            let (name, _) = quoted_after(provider, "android:name=").context("a provider without a name")?;
            add(name.to_owned(), Vec::new());
        }
        let rust = plugin.with_file_name("src/android");
        for file in fs::read_dir(rust).into_iter().flatten() {
            let text = fs::read_to_string(file?.path())?;
            if let Some((class, rest)) = quoted_after(&text, "const CLASS: &str = ") {
                let called = names_after(&without_spaces(rest), "call_static_method(class,\"");
                ensure!(!called.is_empty(), "Rust names {class}, but calls nothing of it");
                add(class.to_owned(), called);
            }
        }
    }
    Ok(classes)
}

/// The classes of the plugins that Rust registers with Tauri by their names.
pub fn registered_plugins(plugins: &[PathBuf]) -> Result<Vec<String>> {
    let mut classes = Vec::new();
    for plugin in plugins {
        for file in fs::read_dir(plugin.with_file_name("src"))? {
            let path = file?.path();
            if path.extension().is_none_or(|end| end != "rs") {
                continue;
            }
            let text = fs::read_to_string(&path)?;
            for call in text.split("register_android_plugin(").skip(1) {
                let (arguments, _) = call.split_once(')').context("a call without an end")?;
                let (package, class) = arguments.split_once(',').context("a plugin without a class")?;
                let package = match package.trim().strip_prefix('"') {
                    Some(literal) => literal.trim_end_matches('"'),
                    None => {
                        let constant = format!("const {}: &str = ", package.trim());
                        quoted_after(&text, &constant).with_context(|| constant.clone())?.0
                    }
                };
                classes.push(format!("{package}.{}", class.trim().trim_matches('"')));
            }
        }
    }
    Ok(classes)
}

/// A Kotlin source. Its class is called as the file is.
struct KotlinFile {
    class: String,
    text: String,
}

fn kotlin_files(folder: &Path) -> Result<Vec<KotlinFile>> {
    let mut files = Vec::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_some_and(|end| end == "kt") {
            files.push(KotlinFile {
                class: path.file_stem().unwrap_or_default().display().to_string(),
                text: fs::read_to_string(&path)?,
            });
        }
    }
    Ok(files)
}

impl KotlinFile {
    fn package(&self) -> &str {
        let line = self.text.lines().find_map(|line| line.strip_prefix("package "));
        line.unwrap_or_default().trim()
    }

    fn native_functions(&self) -> Vec<String> {
        names_after(&self.text, "external fun ")
    }

    fn expected_exports(&self, package: &str) -> Vec<String> {
        let name = |function| format!("Java_{package}_{}_{function}", self.class);
        self.native_functions().into_iter().map(name).collect()
    }

    /// The functions that Tauri calls when Rust runs a command of the plugin.
    fn commands(&self) -> Vec<String> {
        let marked = self.text.split("@Command").skip(1);
        marked
            .filter_map(|rest| names_after(rest, "fun ").into_iter().next())
            .collect()
    }

    /// The classes that Tauri fills from JSON, with their fields.
    fn arguments(&self) -> Vec<(String, Vec<String>)> {
        let marked = self.text.split("@InvokeArg").skip(1);
        marked
            .filter_map(|rest| {
                let class = names_after(rest, "class ").into_iter().next()?;
                let (body, _) = rest.split_once('}')?;
                Some((class, names_after(body, "lateinit var ")))
            })
            .filter(|(class, _)| !class.is_empty())
            .collect()
    }
}

/// The names that follow each occurrence of these words.
fn names_after(text: &str, words: &str) -> Vec<String> {
    text.split(words)
        .skip(1)
        .map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect())
        .collect()
}

/// The quoted text after the first occurrence of these words, and what follows it.
fn quoted_after<'a>(text: &'a str, words: &str) -> Option<(&'a str, &'a str)> {
    let (_, rest) = text.split_once(words)?;
    rest.strip_prefix('"')?.split_once('"')
}

fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_read_from_kotlin_however_it_is_laid_out() {
        let file = KotlinFile {
            class: "Plug".to_owned(),
            text: "package a.b\n\n@InvokeArg\ninternal class Args {\n    lateinit var url: String\n}\n\n@Command fun one(i: Invoke) {}\n    @Command\n    fun two(i: Invoke) {}\n  @JvmStatic external fun three(): Int\n"
                .to_owned(),
        };
        assert_eq!(file.package(), "a.b");
        assert_eq!(file.commands(), ["one", "two"]);
        assert_eq!(file.arguments(), [("Args".to_owned(), vec!["url".to_owned()])]);
        assert_eq!(file.expected_exports("a_b"), ["Java_a_b_Plug_three"]);
    }

    #[test]
    fn a_plugin_is_registered_by_a_literal_or_by_a_constant() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(
            folder.path().join("src/lib.rs"),
            "const ID: &str = \"a.b\";\napi.register_android_plugin(ID, \"One\")?;\napi\n.register_android_plugin(\"c.d\", \"Two\")",
        )
        .unwrap();
        let found = registered_plugins(&[folder.path().join("android")]).unwrap();
        assert_eq!(found, ["a.b.One", "c.d.Two"]);
    }

    #[test]
    fn each_way_of_reaching_a_class_by_name_is_seen_in_the_plugins() {
        let classes = reached_by_name(&plugins().unwrap()).unwrap();
        let has = |class: &str, members: usize| {
            let found = classes.iter().find(|(name, _)| name.ends_with(class));
            assert!(
                found.is_some_and(|(_, found)| found.len() >= members),
                "{class}: {classes:?}"
            );
        };
        has(".SitePlugin", 5);
        has(".CookieArgs", 2);
        has(".Photos", 0);
        has(".Feedback", 1);
        assert!(
            classes.values().any(|members| members.len() > 8),
            "the functions of Rust: {classes:?}"
        );
    }
}
