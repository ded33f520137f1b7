//! The Android half on a JVM: its Kotlin on the real framework classes, with the real Rust behind it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::platform::{self, AndroidApp};
use crate::run::{Outcome, Steps, cargo, root, target};

/// How many steps [`run`] takes.
pub const STEPS: u32 = platform::APP_STEPS + 3;

/// Compiles tauri's Kotlin and ours, ours without a warning; runs the tests in `tests/android`; shrinks what was compiled
/// as a release does, and looks whether it is still found by name.
pub fn run(steps: &mut Steps) -> Outcome {
    let app = platform::android_app(steps)?;
    steps.quiet(
        "Build what answers the Kotlin",
        cargo().args(["build", "--package", "android-native", "--locked"]),
    )?;
    let library = target().join("debug/libandroid_native.so");
    let tauri = tauri()?;
    let mut maven = Command::new("mvn");
    maven.current_dir(tests()).args(["--batch-mode", "test"]);
    let sources = tauri.join("src/main/java");
    for (name, path) in [
        ("tauri.sources", &sources),
        ("native", &library),
        ("manifest", &app.manifest),
        ("resources", &app.resources),
    ] {
        maven.arg(format!("-D{name}={}", path.display()));
    }
    steps.quiet("Compile the Kotlin and run its tests", &mut maven)?;
    let work = target().join("kotlin");
    let shrunk = work.join("shrunk.jar");
    steps.quiet("Shrink what was compiled", &mut shrink(&app, &tauri, &work, &shrunk)?)?;
    let lost = lost(&shrunk)?;
    if lost.is_empty() {
        Ok(())
    } else {
        Err(format!("A release would no longer find: {}", lost.join(", ")).into())
    }
}

fn tests() -> PathBuf {
    root().join("tests/android")
}

/// The Kotlin half of the site view: the one that calls Rust.
pub fn site() -> PathBuf {
    root().join("plugins/site-view/android")
}

/// The Kotlin half of the tablet: Rust calls it.
fn tablet() -> PathBuf {
    root().join("plugins/device/android")
}

/// Where tauri's own Kotlin project lies: in its crate.
pub fn tauri() -> Outcome<PathBuf> {
    Ok(dependency("tauri")?.join("mobile/android"))
}

/// Where the sources of a dependency lie.
pub fn dependency(name: &str) -> Outcome<PathBuf> {
    let output = cargo()
        .args(["metadata", "--format-version", "1", "--locked"])
        .output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages
        .filter(|package| package["name"] == name)
        .find_map(|package| package["manifest_path"].as_str());
    let manifest = PathBuf::from(manifest.ok_or_else(|| format!("{name} is no dependency"))?);
    Ok(manifest.with_file_name(""))
}

/// R8 on tauri's classes and ours, by the rules that both bring along: those of the app keep more.
fn shrink(app: &AndroidApp, tauri: &Path, work: &Path, to: &Path) -> Outcome<Command> {
    fs::create_dir_all(work)?;
    let (classes, rules) = (work.join("classes.jar"), work.join("rules.pro"));
    let packed = Command::new("jar")
        .arg("cf")
        .arg(&classes)
        .arg("-C")
        .arg(tests().join("target/classes"))
        .arg("app/tauri")
        .output()?;
    let added = Command::new("jar")
        .arg("uf")
        .arg(&classes)
        .arg("-C")
        .arg(tests().join("target/classes"))
        .arg("nl")
        .output()?;
    if !packed.status.success() || !added.status.success() {
        return Err("the classes cannot be packed".into());
    }
    // The libraries are not shrunk here, and not looked for either.
    fs::write(
        &rules,
        "-dontwarn **\n-ignorewarnings\n-keep class * extends android.content.ContentProvider\n",
    )?;
    let java = Command::new("java")
        .args(["-XshowSettings:properties", "-version"])
        .output()?;
    let said = String::from_utf8_lossy(&java.stderr).into_owned();
    let home = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("java.home = "))
        .ok_or("java does not say where it is")?
        .to_owned();
    let mut shrink = Command::new("java");
    shrink.arg("-cp").arg(&app.shrinker).args([
        "com.android.tools.r8.R8",
        "--release",
        "--classfile",
        "--lib",
        &home,
        "--lib",
    ]);
    shrink.arg(&app.framework).arg("--output").arg(to);
    for rules in [
        &rules,
        &tauri.join("consumer-rules.pro"),
        &site().join("consumer-rules.pro"),
        &tablet().join("consumer-rules.pro"),
    ] {
        shrink.arg("--pg-conf").arg(rules);
    }
    shrink.arg(classes);
    Ok(shrink)
}

/// What Rust, tauri and the manifest reach by its name, and is not there by that name.
fn lost(shrunk: &Path) -> Outcome<Vec<String>> {
    let mut lost = Vec::new();
    for (class, names) in reached()? {
        let output = Command::new("javap")
            .arg("-p")
            .arg("-cp")
            .arg(shrunk)
            .arg(&class)
            .output()?;
        let there = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            lost.push(class);
            continue;
        }
        let is_there = |name: &String| there.contains(&format!(" {name}(")) || there.contains(&format!(" {name};"));
        lost.extend(
            names
                .into_iter()
                .filter(|name| !is_there(name))
                .map(|name| format!("{class}.{name}")),
        );
    }
    Ok(lost)
}

/// The names that follow each of these words.
pub fn name_after(text: &str, word: &str) -> Vec<String> {
    let after = text.split(word).skip(1);
    after
        .map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect())
        .collect()
}

/// The classes that are reached by name, each with the members that are: read from the sources themselves.
fn reached() -> Outcome<Vec<(String, Vec<String>)>> {
    let sources = site().join("src/main/java");
    let rust = fs::read_to_string(sources.join("Rust.kt"))?;
    let plugin = fs::read_to_string(sources.join("SitePlugin.kt"))?;
    let feedback = fs::read_to_string(root().join("plugins/device/src/android/feedback.rs"))?;
    let odd = "what is reached by name does not look as expected";
    let (_, behind) = feedback.split_once("const CLASS: &str = \"").ok_or(odd)?;
    let (called, _) = behind.split_once('"').ok_or(odd)?;
    let named = |text: &str, word: &str| {
        Some(name_after(text, word))
            .filter(|names| !names.is_empty())
            .ok_or(odd)
    };
    let found = vec![
        ("nl.kidskonnect.groep.site.Rust", named(&rust, "external fun ")?),
        (
            "nl.kidskonnect.groep.site.SitePlugin",
            named(&plugin, "@Command\n  fun ")?,
        ),
        ("nl.kidskonnect.groep.site.Address", vec!["url".to_owned()]),
        (
            "nl.kidskonnect.groep.site.CookieArgs",
            vec!["url".to_owned(), "line".to_owned()],
        ),
        ("nl.kidskonnect.groep.site.Photos", Vec::new()),
        (called, named(&feedback, "call_static_method(class, \"")?),
    ];
    Ok(found
        .into_iter()
        .map(|(class, names)| (class.to_owned(), names))
        .collect())
}
