//! The tests of the Kotlin half hold every method that the system or the engine calls: each is taken out in turn.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::Planted;

/// The file without its n-th `override fun`, and that method's first line; none where there are fewer.
fn without(text: &str, n: usize) -> Option<(String, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let start = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.trim_start().starts_with("override fun "))
        .nth(n)?
        .0;
    let mut depth = 0;
    let length = lines[start..].iter().position(|line| {
        depth += line.matches(['{', '(']).count();
        depth -= line.matches(['}', ')']).count();
        depth == 0 && !line.ends_with('=')
    })?;
    let kept = [&lines[..start], &lines[start + length + 1..]].concat();
    Some((kept.join("\n") + "\n", lines[start].trim()))
}

#[test]
fn a_method_is_taken_out_whole() {
    let text = "class A {\n  override fun a() = b()\n\n  override fun c(\n    d: E\n  ): F {\n    g()\n  }\n  override fun h() =\n    i()\n}\n";
    let left = |n| without(text, n).map(|(text, name)| (text.lines().count(), name));
    assert_eq!(left(0), Some((10, "override fun a() = b()")));
    assert_eq!(left(1), Some((6, "override fun c(")));
    assert_eq!(left(2), Some((9, "override fun h() =")));
    assert_eq!(left(3), None);
}

#[test]
#[ignore = "runs the tests of the Kotlin once for each method, a minute each; it writes to the sources, so nothing else may build meanwhile"]
fn no_method_of_the_kotlin_can_go_unnoticed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folders = ["site-view", "tablet"].map(|plugin| root.join("plugins").join(plugin).join("android/src/main/java"));
    let mut sources: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    sources.sort();
    let run = || {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .current_dir(root)
            .args(["mobile", "kotlin"])
            .output()
            .unwrap()
    };
    assert!(run().status.success(), "the tests pass before anything is taken out");
    let mut unnoticed = Vec::new();
    for source in &sources {
        let before = fs::read_to_string(source).unwrap();
        for (text, method) in (0..).map_while(|n| without(&before, n)) {
            let planted = Planted::new(source, &before, &text);
            let output = run();
            drop(planted);
            let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            let by = if said.contains("There are test failures") {
                "a test"
            } else {
                "the compiler"
            };
            let name = format!("{}: {method}", source.file_name().unwrap().display());
            if output.status.success() {
                eprintln!("UNNOTICED {name}");
                unnoticed.push(name);
            } else {
                eprintln!("held by {by}: {name}");
            }
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}

/// What only a gate of the Kotlin holds, broken once each: file, what stood there, what stands there now, what is said.
const PLANTED: [(&str, &str, &str, &str); 9] = [
    (
        "plugins/site-view/android/src/main/java/PageChrome.kt",
        "override fun onCreateWindow(",
        "override fun onCreateWindows(",
        "overrides nothing",
    ),
    (
        "plugins/site-view/src/android_jni.rs",
        "site_Rust_mayOpen\"",
        "site_Rust_mayopen\"",
        "mayOpen",
    ),
    (
        "plugins/site-view/src/android_jni.rs",
        "#[unsafe(export_name = \"Java_nl_kidskonnect_groep_site_Rust_permits\")]\n",
        "",
        "permits",
    ),
    (
        "plugins/site-view/android/consumer-rules.pro",
        "-keep class nl.kidskonnect.groep.site.Rust { *; }\n",
        "",
        "nl.kidskonnect.groep.site.Rust",
    ),
    (
        FEEDBACK,
        "override fun onBindingDied(",
        "override fun onBindingDead(",
        "overrides nothing",
    ),
    (
        "plugins/device/src/android/feedback.rs",
        "[Z)V\"",
        "[I)V\"",
        "There are test failures",
    ),
    (
        "plugins/device/src/android/feedback.rs",
        "groep.tablet.Feedback",
        "groep.tablet.Feedbacks",
        "There are test failures",
    ),
    (
        "plugins/device/android/consumer-rules.pro",
        "-keep class nl.kidskonnect.groep.tablet.Feedback { *; }\n",
        "",
        "nl.kidskonnect.groep.tablet.Feedback",
    ),
    (
        "plugins/device/android/src/main/AndroidManifest.xml",
        "feedback.action.APP_STATES",
        "feedback.action.APP_STATE",
        "There are test failures",
    ),
];

const FEEDBACK: &str = "plugins/device/android/src/main/java/Feedback.kt";

#[test]
#[ignore = "runs the tests of the Kotlin once for each fault, a minute each; it writes to the sources, so nothing else may build meanwhile"]
fn a_wrong_override_a_wrong_name_a_missing_export_a_dropped_rule_and_an_app_that_is_not_seen_fail() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (file, from, to, says) in PLANTED {
        let file = root.join(file);
        let before = fs::read_to_string(&file).unwrap();
        assert_eq!(before.matches(from).count(), 1, "{from}");
        let planted = Planted::new(&file, &before, &before.replacen(from, to, 1));
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .current_dir(root)
            .args(["mobile", "kotlin"])
            .output()
            .unwrap();
        drop(planted);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(!output.status.success() && said.contains(says), "{from}: {said}");
        eprintln!("found: {from}");
    }
}
