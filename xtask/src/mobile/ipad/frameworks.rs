//! The frameworks of Apple that Xcode links the app with. Xcode links a static library of Rust's, which carries no list
//! of them: a framework that the project does not name is missing at the link, or, if only its classes are used, at the
//! first call of one.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

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

/// The frameworks that a plugin's code for iPads uses, by its crates of bindings, and that Xcode would not link.
pub fn missing(paths: &Paths) -> Result<Vec<String>> {
    let linked = linked(paths)?;
    let mut problems = Vec::new();
    for plugin in fs::read_dir(paths.root.join("plugins"))? {
        let manifest = plugin?.path().join("Cargo.toml");
        let table: toml::Table = toml::from_str(&fs::read_to_string(&manifest)?)?;
        let dependencies = table
            .get("target")
            .and_then(|targets| targets.get("cfg(target_os = \"ios\")")?.get("dependencies")?.as_table())
            .with_context(|| format!("{} has no dependencies for iOS", manifest.display()))?;
        let frameworks = dependencies
            .keys()
            .filter_map(|name| Some(framework(name.strip_prefix("objc2-")?)));
        problems.extend(frameworks.filter(|name| !linked.contains(name)).map(|name| {
            format!(
                "{}: Xcode does not link {name}: name it in FRAMEWORKS of xtask/src/mobile/generated.rs",
                manifest.display()
            )
        }));
    }
    Ok(problems)
}

/// The name of the framework that this crate of `objc2` binds: `UIKit` for `ui-kit`.
fn framework(name: &str) -> String {
    name.split('-')
        .map(|word| match word {
            "ui" => "UI".to_owned(),
            "av" => "AV".to_owned(),
            word => {
                let mut letters = word.chars();
                letters
                    .next()
                    .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
                    .unwrap_or_default()
            }
        })
        .collect()
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
            ("ui-kit", "UIKit"),
            ("web-kit", "WebKit"),
            ("core-foundation", "CoreFoundation"),
        ] {
            assert_eq!(framework(name), expected);
        }
    }
}
