//! The frameworks of Apple that Xcode links the app with. Xcode links a static library of Rust's, which carries no list
//! of them: a framework that the project does not name is missing at the link, or, if only its classes are used, at the
//! first call of one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::metadata;
use crate::paths::Paths;

/// What the project template of Tauri's command-line tool names.
const TEMPLATE: [&str; 7] = [
    "CoreGraphics",
    "Metal",
    "MetalKit",
    "QuartzCore",
    "Security",
    "UIKit",
    "WebKit",
];

/// What Tauri's own Swift code imports (Swift's objects, unlike Rust's, tell the linker), and what `Foundation` exports
/// again.
const SWIFT: [&str; 4] = ["Foundation", "UIKit", "WebKit", "CoreFoundation"];

/// The frameworks that Xcode links the app with.
pub fn linked(paths: &Paths) -> Result<BTreeSet<String>> {
    let name = "tauri.ios.conf.json";
    let config: Value = serde_json::from_str(&fs::read_to_string(paths.src_tauri().join(name))?)?;
    let ours = config["bundle"]["iOS"]["frameworks"].as_array();
    Ok(TEMPLATE
        .into_iter()
        .chain(SWIFT)
        .chain(ours.into_iter().flatten().filter_map(Value::as_str))
        .map(str::to_owned)
        .collect())
}

/// The frameworks that the app's code for iPads uses, by its crates of bindings, and that Xcode would not link.
pub fn missing(paths: &Paths) -> Result<Vec<String>> {
    let linked = linked(paths)?;
    let mut used = bound_by_dependencies(metadata()?)?;
    for plugin in fs::read_dir(paths.root.join("plugins"))? {
        let manifest = plugin?.path().join("Cargo.toml");
        let table: toml::Table = toml::from_str(&fs::read_to_string(&manifest)?)?;
        let dependencies = table
            .get("target")
            .and_then(|targets| targets.get("cfg(target_os = \"ios\")")?.get("dependencies")?.as_table())
            .with_context(|| format!("{} has no dependencies for iOS", manifest.display()))?;
        let frameworks = dependencies.keys().filter_map(|name| framework(name));
        used.extend(frameworks.map(|framework| (framework, manifest.display().to_string())));
    }
    used.retain(|(framework, _)| !linked.contains(framework));
    Ok(used
        .into_iter()
        .map(|(framework, user)| {
            format!("{user}: Xcode does not link {framework}: name it in FRAMEWORKS of xtask/src/mobile/generated.rs")
        })
        .collect())
}

/// Each framework that a package below the app has bindings of, with the package. A crate of `objc2` binds more than
/// anybody uses, so only other packages count.
fn bound_by_dependencies(metadata: &Value) -> Result<BTreeSet<(String, String)>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let names: BTreeMap<String, String> = list(&metadata["packages"])
        .iter()
        .filter_map(|package| Some((package["id"].as_str()?.to_owned(), package["name"].as_str()?.to_owned())))
        .collect();
    let mut below: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let normal = list(&node["deps"]).into_iter().filter(|dependency| {
            // Not those of tests, nor of build scripts, which run on the machine that builds.
            list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null())
        });
        let ids = normal.filter_map(|dependency| dependency["pkg"].as_str().map(str::to_owned));
        below.insert(node["id"].as_str().unwrap_or_default().to_owned(), ids.collect());
    }
    let app = names.iter().find(|(_, name)| *name == "konnect-groep");
    let mut waiting = vec![app.context("the app is no package")?.0.clone()];
    let (mut seen, mut used) = (BTreeSet::new(), BTreeSet::new());
    while let Some(id) = waiting.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let name = names.get(&id).map_or("", String::as_str);
        for dependency in below.get(&id).into_iter().flatten() {
            let bound = names.get(dependency).and_then(|bound| framework(bound));
            if let Some(framework) = bound.filter(|_| !name.starts_with("objc2")) {
                used.insert((framework, name.to_owned()));
            }
            waiting.push(dependency.clone());
        }
    }
    Ok(used)
}

/// The framework that this crate binds, `UIKit` for `objc2-ui-kit`. `None` for a crate that binds none.
fn framework(name: &str) -> Option<String> {
    let name = match name {
        "security-framework-sys" => "security",
        "core-foundation-sys" => "core-foundation",
        name => name
            .strip_prefix("objc2-")
            .filter(|name| *name != "encode" && *name != "exception-helper")?,
    };
    let words = name.split('-').map(|word| match word {
        "ui" => "UI".to_owned(),
        "av" => "AV".to_owned(),
        word => {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_uppercase() + rest
        }
    });
    Some(words.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_copy::refuses;

    #[test]
    fn a_framework_that_the_code_uses_and_xcode_does_not_link_is_named() {
        refuses(
            missing,
            "src-tauri/tauri.ios.conf.json",
            "\"AuthenticationServices\"",
            "\"AVKit\"",
            "Xcode does not link AuthenticationServices",
        );
        refuses(
            missing,
            "plugins/device/Cargo.toml",
            "objc2-core-foundation = \"0.3\"",
            "objc2-core-foundation = \"0.3\"\nobjc2-local-authentication = \"0.3\"",
            "Xcode does not link LocalAuthentication",
        );
    }

    #[test]
    fn a_crate_of_bindings_is_named_after_its_framework() {
        for (name, expected) in [
            ("objc2-ui-kit", Some("UIKit")),
            ("objc2-web-kit", Some("WebKit")),
            ("security-framework-sys", Some("Security")),
            ("objc2-encode", None),
            ("objc2", None),
            ("jni-sys", None),
        ] {
            assert_eq!(framework(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn the_frameworks_of_the_packages_below_the_app_are_seen() {
        let used = bound_by_dependencies(metadata().unwrap()).unwrap();
        for (framework, user) in [
            ("WebKit", "wry"),
            ("UIKit", "tao"),
            ("Security", "rustls-platform-verifier"),
        ] {
            assert!(
                used.contains(&(framework.to_owned(), user.to_owned())),
                "{framework} {user}: {used:?}"
            );
        }
    }
}
