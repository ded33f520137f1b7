//! The tests of the Kotlin hold every method that the system or the web engine calls, and its checks hold every name.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{InjectedFault, mobile, root};

/// The file without its n-th `override fun`, and the first line of that method. `None` if there are fewer.
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
fn a_method_is_removed_whole() {
    let text = "class A {\n  override fun a() = b()\n\n  override fun c(\n    d: E\n  ): F {\n    g()\n  }\n  override fun h() =\n    i()\n}\n";
    let left = |n| without(text, n).map(|(text, name)| (text.lines().count(), name));
    assert_eq!(left(0), Some((10, "override fun a() = b()")));
    assert_eq!(left(1), Some((6, "override fun c(")));
    assert_eq!(left(2), Some((9, "override fun h() =")));
    assert_eq!(left(3), None);
}

#[test]
#[ignore = "runs the tests of the Kotlin once for each method, a minute each; it writes to the sources, so nothing else may build meanwhile"]
fn no_method_of_the_kotlin_can_be_removed_unnoticed() {
    let mut sources: Vec<PathBuf> = ["site-view", "device"]
        .map(|plugin| root().join("plugins").join(plugin).join("android/src/main/java"))
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    sources.sort();
    assert!(mobile("kotlin").0, "the tests pass before anything is removed");
    let mut unnoticed = Vec::new();
    for source in &sources {
        let before = fs::read_to_string(source).unwrap();
        for (text, method) in (0..).map_while(|n| without(&before, n)) {
            let fault = InjectedFault::new(source, &before, &text);
            let (passed, output) = mobile("kotlin");
            drop(fault);
            let by = if output.contains("There are test failures") {
                "a test"
            } else {
                "the compiler"
            };
            let name = format!("{}: {method}", source.file_name().unwrap().display());
            if passed {
                eprintln!("UNNOTICED {name}");
                unnoticed.push(name);
            } else {
                eprintln!("noticed by {by}: {name}");
            }
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}

/// Faults that only the Kotlin part notices: the file, the text that is replaced, the text that takes its place, and a
/// part of the message that must follow.
const FAULTS: [(&str, &str, &str, &str); 9] = [
    (
        "plugins/site-view/android/src/main/java/PageChrome.kt",
        "override fun onCreateWindow(",
        "override fun onCreateWindows(",
        "overrides nothing",
    ),
    (
        JNI,
        "site_NativeHost_mayOpenPopup\"",
        "site_NativeHost_mayopenPopup\"",
        "mayOpenPopup",
    ),
    (
        JNI,
        "#[unsafe(export_name = \"Java_nl_kidskonnect_groep_site_NativeHost_allows\")]\n",
        "",
        "allows",
    ),
    (
        "plugins/site-view/android/consumer-rules.pro",
        "-keep class nl.kidskonnect.groep.site.NativeHost { *; }\n",
        "",
        "nl.kidskonnect.groep.site.NativeHost",
    ),
    (
        "plugins/device/android/src/main/java/Feedback.kt",
        "override fun onBindingDied(",
        "override fun onBindingDead(",
        "overrides nothing",
    ),
    (FEEDBACK, "[Z)V\"", "[I)V\"", "There are test failures"),
    (
        FEEDBACK,
        "groep.device.Feedback",
        "groep.device.Feedbacks",
        "There are test failures",
    ),
    (
        "plugins/device/android/consumer-rules.pro",
        "-keep class nl.kidskonnect.groep.device.Feedback { *; }\n",
        "",
        "nl.kidskonnect.groep.device.Feedback",
    ),
    (
        "plugins/device/android/src/main/AndroidManifest.xml",
        "feedback.action.APP_STATES",
        "feedback.action.APP_STATE",
        "There are test failures",
    ),
];

const JNI: &str = "plugins/site-view/src/android_jni.rs";
const FEEDBACK: &str = "plugins/device/src/android/feedback.rs";

#[test]
#[ignore = "runs the tests of the Kotlin once for each fault, a minute each; it writes to the sources, so nothing else may build meanwhile"]
fn a_wrong_override_a_wrong_name_a_missing_export_a_dropped_rule_and_an_app_that_is_not_seen_fail() {
    for (file, from, to, says) in FAULTS {
        let file = root().join(file);
        let before = fs::read_to_string(&file).unwrap();
        assert_eq!(before.matches(from).count(), 1, "{from}");
        let fault = InjectedFault::new(&file, &before, &before.replacen(from, to, 1));
        let (passed, output) = mobile("kotlin");
        drop(fault);
        assert!(!passed && output.contains(says), "{from}: {output}");
        eprintln!("found: {from}");
    }
}
