//! The Kotlin on a JVM: stands in for Gradle's compile, unit-test and R8 tasks.

use std::path::PathBuf;

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use super::android_tools::{Tools, java_home, linked_resources, merged_manifest};
use super::jni_names::{plugins, reached_by_name, tauri_android};
use super::project;
use crate::paths::{Paths, root, target};
use crate::steps::{CommandLine, Step, run_silently};

/// Compiles Tauri's Kotlin and ours (ours without a warning), runs the tests in `tests/android` with the real Rust behind
/// them, shrinks the classes as a release does, and checks that what is reached by name still has its name.
pub fn steps<'a>(sh: &'a Shell, paths: &'a Paths) -> Result<Vec<Step<'a>>> {
    let mut steps = project::assemble(sh, paths)?;
    steps.extend([
        Step::command(
            "Build the Rust that the Kotlin calls",
            cmd!(sh, "cargo build --package android-native --locked"),
        ),
        Step::command_from("Compile the Kotlin and run its tests", move || {
            let properties = [
                ("tauri.sources", tauri_android(sh)?.join("src/main/java")),
                ("wry.sources", super::wry::generate(sh)?),
                ("native", target().join("debug/libandroid_native.so")),
                ("manifest", merged_manifest(paths)),
                ("resources", linked_resources(paths)),
            ]
            .map(|(name, path)| format!("-D{name}={}", path.display()));
            // Paths in the POM, and those of Robolectric, start at its folder.
            let _folder = sh.push_dir(tests());
            Ok(cmd!(sh, "mvn --batch-mode {properties...} test").into())
        }),
        Step::command_from("Shrink the classes", move || shrink(sh)).then(move || {
            let lost = lost(sh)?;
            if lost.is_empty() {
                return Ok(());
            }
            bail!("a release would no longer find: {}", lost.join(", "))
        }),
    ]);
    Ok(steps)
}

fn tests() -> PathBuf {
    root().join("tests/android")
}

fn work() -> PathBuf {
    target().join("kotlin")
}

fn shrunk() -> PathBuf {
    work().join("shrunk.jar")
}

/// R8 on Tauri's classes and ours, with the rules that Tauri and the plugins bring along. The app's own rules keep more.
fn shrink(sh: &Shell) -> Result<CommandLine> {
    let work = sh.create_dir(work())?;
    let (classes, rules, compiled) = (
        work.join("classes.jar"),
        work.join("rules.pro"),
        tests().join("target/classes"),
    );
    run_silently(cmd!(
        sh,
        "jar --create --file {classes} -C {compiled} app/tauri -C {compiled} nl"
    ))?;
    // The libraries are neither shrunk here nor looked for.
    sh.write_file(
        &rules,
        "-dontwarn **\n-ignorewarnings\n-keep class * extends android.content.ContentProvider\n",
    )?;
    let mut rules = vec![rules, tauri_android(sh)?.join("consumer-rules.pro")];
    rules.extend(plugins()?.into_iter().map(|plugin| plugin.join("consumer-rules.pro")));
    let rules: Vec<_> = rules
        .into_iter()
        .flat_map(|rules| ["--pg-conf".into(), rules.into_os_string()])
        .collect();
    let (tools, shrunk) = (Tools::new()?, shrunk());
    let (r8, framework, home) = (tools.r8(), tools.framework(), java_home(sh)?);
    Ok(cmd!(
        sh,
        "java -cp {r8} com.android.tools.r8.R8 --release --classfile --lib {home} --lib {framework} --output {shrunk} {rules...} {classes}"
    )
    .into())
}

/// What is reached by name, but is no longer there by that name.
fn lost(sh: &Shell) -> Result<Vec<String>> {
    let shrunk = shrunk();
    let mut lost = Vec::new();
    for (class, members) in reached_by_name(&plugins()?)? {
        let output = cmd!(sh, "javap -p -cp {shrunk} {class}").ignore_status().output()?;
        if !output.status.success() {
            lost.push(class);
            continue;
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let has = |name: &String| text.contains(&format!(" {name}(")) || text.contains(&format!(" {name};"));
        lost.extend(
            members
                .into_iter()
                .filter(|name| !has(name))
                .map(|name| format!("{class}.{name}")),
        );
    }
    Ok(lost)
}
