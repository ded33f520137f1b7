//! The architecture, held by tests: which room may know of which, and what a build for a store refuses.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::path::Path;
use std::process::{Command, Output};

fn cargo(arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Command::new(env!("CARGO"))
        .current_dir(root)
        .args(arguments)
        .output()
        .unwrap()
}

/// The packages below a package, itself aside; only what ends up in a build of it.
fn below(package: &str) -> Vec<String> {
    let output = cargo(&[
        "tree",
        "--locked",
        "--offline",
        "--package",
        package,
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .skip(1)
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect()
}

fn knows(package: &str, of: &str) -> bool {
    below(package)
        .iter()
        .any(|name| name == of || (of == "tauri" && name.starts_with("tauri")))
}

#[test]
fn flow_session_and_settings_know_nothing_of_tauri_and_of_each_other() {
    for package in ["app-state", "session", "settings"] {
        for of in ["tauri", "wry", "tao", "app-state", "session", "settings"] {
            assert!(!knows(package, of) || package == of, "{package} knows of {of}");
        }
    }
    assert!(
        knows("session", "reqwest") && knows("app-state", "url"),
        "the test sees what there is"
    );
}

#[test]
fn plugins_know_nothing_of_the_app() {
    for package in ["tauri-plugin-site-view", "tauri-plugin-device"] {
        for of in ["app-state", "session", "settings", "konnect-groep"] {
            assert!(!knows(package, of), "{package} knows of {of}");
        }
    }
    assert!(
        knows("tauri-plugin-site-view", "tauri") && knows("konnect-groep", "app-state"),
        "the test sees what there is"
    );
}

#[test]
fn a_build_for_a_store_fails_and_names_the_values_that_only_the_publisher_can_give() {
    // All targets, as the tests are built: the app alone uses less of some packages, and would build those once more.
    let output = cargo(&[
        "build",
        "--locked",
        "--offline",
        "--workspace",
        "--all-targets",
        "--features",
        "konnect-groep/store",
    ]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success(),
        "the repository's own copy of environments.toml holds no values of production"
    );
    for key in [
        "production.issuer",
        "production.client_id",
        "production.claimed_host",
        "production.group_url",
        "production.apple_team",
        "production.android_certificate",
    ] {
        assert!(said.contains(key), "{key} is not named in: {said}");
    }
}

#[test]
fn no_capability_names_a_remote_origin_or_a_window_of_the_site() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../capabilities");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let capability: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(capability.get("remote").is_none());
        assert_eq!(capability["windows"], serde_json::json!(["main"]));
        seen += 1;
    }
    assert!(seen > 0);
}
