//! The architecture, held by tests: which crate may depend on which, which files may use each other, what stays out of
//! the app's windowless half, and what a build for a store refuses.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod modules;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Every package that ships, from the bottom up, with the packages of this workspace that its code may use. An arrow to a
/// package that comes later in this list would point upward.
const LAYERS: [(&str, &[&str]); 11] = [
    ("error-codes", &[]),
    ("strict-json", &[]),
    ("android-keystore", &[]),
    ("session", &["android-keystore", "error-codes", "strict-json"]),
    ("settings", &["error-codes", "strict-json"]),
    ("app-state", &["error-codes", "settings"]),
    // The two plugins must be of use in any Tauri app, so they know nothing of this one.
    ("tauri-plugin-site-view", &[]),
    ("tauri-plugin-device", &[]),
    (
        "app",
        &[
            "error-codes",
            "strict-json",
            "session",
            "settings",
            "app-state",
            "tauri-plugin-site-view",
            "tauri-plugin-device",
        ],
    ),
    ("provision", &["error-codes", "strict-json", "session", "settings"]),
    (
        "konnect-groep",
        &[
            "error-codes",
            "session",
            "settings",
            "app-state",
            "tauri-plugin-site-view",
            "tauri-plugin-device",
            "app",
        ],
    ),
];

/// Wiring only. What decides belongs in `crates/app`, where tests run it without a window.
const LINES_OF_THE_SHELL: usize = 450;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn cargo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO"))
        .current_dir(root())
        .args(arguments)
        .output()
        .unwrap()
}

fn text_of(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The workspace's own packages.
fn members() -> Vec<Value> {
    let text = text_of(cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--locked",
        "--offline",
    ]));
    let metadata: Value = serde_json::from_str(&text).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn name(package: &Value) -> String {
    package["name"].as_str().unwrap().to_owned()
}

/// The workspace's packages that each of them uses outside its tests.
fn uses() -> BTreeMap<String, Vec<String>> {
    let members = members();
    let names: Vec<String> = members.iter().map(name).collect();
    members
        .iter()
        .map(|member| {
            let dependencies = member["dependencies"].as_array().unwrap();
            let used = dependencies
                .iter()
                .filter(|dependency| dependency["kind"] != "dev")
                .map(name)
                .filter(|used| names.contains(used));
            (name(member), used.collect())
        })
        .collect()
}

/// Every package below a package: what cargo compiles for it on this machine. `options` name the kinds of dependencies,
/// and the features if these are not the default ones.
fn below(package: &str, options: &[&str]) -> Vec<String> {
    let tree = [
        "tree",
        "--locked",
        "--offline",
        "--prefix",
        "none",
        "--format",
        "{p}",
        "--package",
        package,
    ];
    let text = text_of(cargo(&[&tree[..], options].concat()));
    text.lines()
        .skip(1)
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect()
}

/// Tauri, the windows below it, and the web engine. The plugins' names begin with Tauri's, but they hold none of it
/// without their feature `tauri`.
fn opens_windows(package: &str) -> bool {
    let own = ["tauri-plugin-site-view", "tauri-plugin-device"].contains(&package);
    let families = [
        "tauri",
        "wry",
        "tao",
        "gtk",
        "gdk",
        "webkit2gtk",
        "javascriptcore",
        "soup3",
    ];
    !own && families.iter().any(|family| {
        package
            .strip_prefix(family)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

fn no_window_below(package: &str, options: &[&str]) {
    let mut found = below(package, options);
    found.retain(|name| opens_windows(name));
    assert!(found.is_empty(), "{package} has {found:?} below it");
}

#[test]
fn no_package_uses_one_that_is_above_it_or_beside_it() {
    let (uses, mut arrows) = (uses(), 0);
    for (package, allowed) in LAYERS {
        for used in uses.get(package).into_iter().flatten() {
            assert!(allowed.contains(&used.as_str()), "{package} may not use {used}");
            arrows += 1;
        }
    }
    assert!(
        arrows > 5 && uses["konnect-groep"].iter().any(|used| used == "app-state"),
        "the test sees the arrows that there are: {uses:?}"
    );
}

#[test]
fn the_layers_point_downward_and_name_every_package_that_ships() {
    for (at, (package, allowed)) in LAYERS.iter().enumerate() {
        for used in *allowed {
            let below = LAYERS[..at].iter().any(|(name, _)| name == used);
            assert!(below, "{package} may use {used}, which is not below it");
        }
    }
    let shipped: Vec<String> = members()
        .iter()
        .filter(|member| {
            let path = Path::new(member["manifest_path"].as_str().unwrap());
            let within = path.strip_prefix(root()).unwrap();
            ["crates", "plugins", "src-tauri"]
                .iter()
                .any(|top| within.starts_with(top))
        })
        .map(name)
        .collect();
    let mut layered: Vec<&str> = LAYERS.iter().map(|(package, _)| *package).collect();
    let mut shipped: Vec<&str> = shipped.iter().map(String::as_str).collect();
    layered.sort_unstable();
    shipped.sort_unstable();
    assert_eq!(shipped, layered);
}

#[test]
fn the_pure_crates_know_nothing_of_tauri() {
    for package in ["error-codes", "session", "settings", "app-state"] {
        no_window_below(package, &["--edges", "normal,build"]);
    }
    assert!(
        below("session", &["--edges", "normal,build"])
            .iter()
            .any(|name| name == "reqwest"),
        "the test sees what is below"
    );
}

#[test]
fn the_app_without_its_shell_builds_and_tests_with_no_tauri_gtk_or_webkit() {
    no_window_below("app", &["--edges", "normal,build,dev"]);
}

#[test]
fn the_plain_types_of_the_plugins_build_with_no_tauri_gtk_or_webkit() {
    for package in ["tauri-plugin-site-view", "tauri-plugin-device"] {
        no_window_below(package, &["--edges", "normal,build", "--no-default-features"]);
    }
}

#[test]
fn what_opens_windows_is_recognised_in_the_tree_of_the_shell() {
    let shell = below("konnect-groep", &["--edges", "normal,build"]);
    for name in ["tauri", "tauri-runtime-wry", "wry", "tao", "gtk", "webkit2gtk"] {
        assert!(opens_windows(name), "{name}");
        assert!(shell.iter().any(|found| found == name), "{name} is not below the shell");
    }
    assert!(!opens_windows("tauri-plugin-device") && !opens_windows("taoist"));
}

#[test]
fn the_shell_is_thin() {
    let lines = lines_below(&root().join("src-tauri/src"));
    assert!(lines > 50, "the test sees {lines} lines of the shell");
    assert!(
        lines <= LINES_OF_THE_SHELL,
        "src-tauri/src has {lines} lines, {LINES_OF_THE_SHELL} are allowed: move what decides to crates/app"
    );
}

/// The lines of all Rust files in a folder and the folders below it.
fn lines_below(folder: &Path) -> usize {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| match path.extension() {
            _ if path.is_dir() => lines_below(&path),
            Some(end) if end == "rs" => fs::read_to_string(path).unwrap().lines().count(),
            _ => 0,
        })
        .sum()
}

#[test]
fn no_two_files_of_a_crate_use_each_other_in_a_circle() {
    let (mut circles, mut arrows) = (Vec::new(), BTreeMap::new());
    for member in members() {
        for target in member["targets"].as_array().unwrap() {
            let kinds = target["kind"].as_array().unwrap();
            if ["test", "example", "bench", "custom-build"]
                .iter()
                .any(|kind| kinds.contains(&(*kind).into()))
            {
                continue;
            }
            let start = PathBuf::from(target["src_path"].as_str().unwrap());
            let graph = modules::Graph::of(&start);
            *arrows.entry(name(&member)).or_insert(0) += graph.arrows().len();
            circles.extend(graph.circles().into_iter().map(|circle| relative(&circle)));
        }
    }
    for (package, least) in [("session", 10), ("settings", 10), ("provision", 10), ("xtask", 20)] {
        assert!(
            arrows[package] >= least,
            "the test sees {} arrows in {package}",
            arrows[package]
        );
    }
    assert!(circles.is_empty(), "{circles:#?}");
}

fn relative(circle: &[PathBuf]) -> String {
    let names = circle
        .iter()
        .map(|path| path.strip_prefix(root()).unwrap_or(path).display().to_string());
    names.collect::<Vec<_>>().join(" <-> ")
}

#[test]
fn a_build_for_a_store_fails_and_names_the_values_that_only_the_publisher_can_give() {
    // With all targets, as `cargo xtask test` builds them. The app alone uses fewer features of some packages, so a
    // build of it alone would compile those packages again.
    let output = cargo(&[
        "build",
        "--locked",
        "--offline",
        "--workspace",
        "--all-targets",
        "--features",
        "konnect-groep/store",
    ]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success(),
        "the repository's copy of environments.toml has no values of production"
    );
    for key in [
        "production.issuer",
        "production.client_id",
        "production.claimed_host",
        "production.group_url",
        "production.apple_team",
        "production.android_certificate",
    ] {
        assert!(message.contains(key), "{key} is not named in: {message}");
    }
}

#[test]
fn no_capability_names_a_remote_origin_or_a_window_of_the_site() {
    let mut checked = 0;
    for file in fs::read_dir(root().join("capabilities")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let capability: Value = serde_json::from_str(&text).unwrap();
        assert!(capability.get("remote").is_none());
        assert_eq!(capability["windows"], serde_json::json!(["main"]));
        checked += 1;
    }
    assert!(checked > 0);
}
