//! Rules for the files of both projects as they are: versions, icons, what the Android project must contain.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::generated::MIN_SDK;
use crate::paths::Paths;

/// `Cargo.toml` holds the version. Every other file either takes it from there or has the same.
pub fn versions(paths: &Paths) -> Result<Vec<String>> {
    let version = app_version(paths)?;
    let mut problems = Vec::new();
    for name in [
        "src-tauri/tauri.conf.json",
        "src-tauri/tauri.android.conf.json",
        "src-tauri/tauri.ios.conf.json",
        "ui/package.json",
        "src-tauri/package.json",
    ] {
        let value: Value = serde_json::from_str(&fs::read_to_string(paths.root.join(name))?)?;
        if let Some(other) = value.get("version").filter(|other| **other != version.as_str()) {
            problems.push(format!("{name} says version {other}, Cargo.toml {version}"));
        }
        // For tablets, Tauri's command-line tool looks nowhere else: without it every release would be 1.0.0.
        if name == "src-tauri/tauri.conf.json" && value.get("version").is_none() {
            problems.push(format!("{name} must say version \"{version}\", as Cargo.toml does"));
        }
    }
    let app: toml::Table = toml::from_str(&fs::read_to_string(paths.src_tauri().join("Cargo.toml"))?)?;
    if app["package"]["version"].get("workspace").is_none() {
        problems.push("src-tauri/Cargo.toml must take its version from the workspace".to_owned());
    }
    let gradle = fs::read_to_string(paths.android_project().join("app/build.gradle.kts"))?;
    for (key, property) in [
        ("versionName", "tauri.android.versionName"),
        ("versionCode", "tauri.android.versionCode"),
    ] {
        if !setting(&gradle, key)
            .is_some_and(|value| value.starts_with(&format!("tauriProperties.getProperty(\"{property}\"")))
        {
            problems.push(format!(
                "build.gradle.kts: {key} must come from {property}, which Tauri writes from tauri.conf.json"
            ));
        }
    }
    if setting(&gradle, "minSdk").and_then(|value| value.split(' ').next()) != Some(&MIN_SDK.to_string()) {
        problems.push(format!(
            "build.gradle.kts: minSdk must be {MIN_SDK}, as in tauri.android.conf.json"
        ));
    }
    Ok(problems)
}

/// The app's version.
pub fn app_version(paths: &Paths) -> Result<String> {
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(paths.root.join("Cargo.toml"))?)?;
    let version = manifest["workspace"]["package"]["version"].as_str();
    Ok(version.context("Cargo.toml has no version")?.to_owned())
}

/// The value that a line of Gradle's Kotlin assigns to this key.
pub fn setting<'a>(gradle: &'a str, key: &str) -> Option<&'a str> {
    gradle
        .lines()
        .find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(" = "))
}

/// Every icon that a project names must be there at its size. Apple's store refuses an alpha channel.
pub fn icons(paths: &Paths) -> Result<Vec<String>> {
    let mut wanted: Vec<(PathBuf, u32, bool)> = [
        ("32x32.png", 32),
        ("128x128.png", 128),
        ("128x128@2x.png", 256),
        ("icon.png", 512),
    ]
    .map(|(name, size)| (Path::new("icons").join(name), size, false))
    .into();
    let res = Path::new("src-tauri/gen/android/app/src/main/res");
    for (density, quarters) in [("mdpi", 4), ("hdpi", 6), ("xhdpi", 8), ("xxhdpi", 12), ("xxxhdpi", 16)] {
        let folder = res.join(format!("mipmap-{density}"));
        wanted.push((folder.join("ic_launcher.png"), 12 * quarters, false));
        wanted.push((folder.join("ic_launcher_foreground.png"), 27 * quarters, false));
    }
    let list: Value = serde_json::from_str(&fs::read_to_string(paths.root.join("icons/ios/Contents.json"))?)?;
    for image in list["images"].as_array().context("Contents.json has no images")? {
        let text = |key: &str| {
            image[key]
                .as_str()
                .with_context(|| format!("Contents.json: an image without {key}"))
        };
        let points: f64 = text("size")?.split('x').next().unwrap_or_default().parse()?;
        let scale: f64 = text("scale")?.trim_end_matches('x').parse()?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 1024")]
        wanted.push((
            Path::new("icons/ios").join(text("filename")?),
            (points * scale) as u32,
            true,
        ));
    }
    let mut problems = Vec::new();
    for (path, size, opaque) in wanted {
        match png(&paths.root.join(&path)) {
            None => problems.push(format!("{}: missing, or no PNG", path.display())),
            Some((width, height, _)) if (width, height) != (size, size) => {
                problems.push(format!("{}: {width} x {height}, not {size}", path.display()));
            }
            Some((.., true)) if opaque => problems.push(format!(
                "{}: has an alpha channel, which Apple's store refuses",
                path.display()
            )),
            Some(_) => {}
        }
    }
    Ok(problems)
}

/// Width, height, and whether there is an alpha channel. `None` if the file is no PNG.
fn png(path: &Path) -> Option<(u32, u32, bool)> {
    let bytes = fs::read(path).ok()?;
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    (bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.get(12..16) == Some(b"IHDR")).then_some(())?;
    Some((number(16)?, number(20)?, bytes.get(25)? & 4 != 0))
}

/// The changes of configuration that the activity handles itself. For any other, Android makes a new activity, and the
/// page that somebody was working in is lost with the old one.
const CHANGES: [&str; 18] = [
    "orientation",
    "keyboardHidden",
    "keyboard",
    "screenSize",
    "locale",
    "smallestScreenSize",
    "screenLayout",
    "uiMode",
    "density",
    "fontScale",
    "fontWeightAdjustment",
    "layoutDirection",
    "navigation",
    "colorMode",
    "touchscreen",
    "mcc",
    "mnc",
    "grammaticalGender",
];

/// What an edit or a new template of Tauri's could drop without any tool failing.
pub fn android(paths: &Paths) -> Result<Vec<String>> {
    let main = paths.android_main();
    let project = paths.android_project();
    let rules: [(PathBuf, &[&str]); 7] = [
        (
            main.join("AndroidManifest.xml"),
            &[
                "android:allowBackup=\"false\"",
                "android:dataExtractionRules=\"@xml/data_extraction_rules\"",
                "android:networkSecurityConfig=\"@xml/network_security_config\"",
                "android:enableOnBackInvokedCallback=\"true\"",
                "android:resource=\"@xml/app_restrictions\"",
                "android:resource=\"@xml/shortcuts\"",
                "android:launchMode=\"singleTask\"",
            ],
        ),
        (
            main.join("res/xml/network_security_config.xml"),
            &[
                "<base-config cleartextTrafficPermitted=\"false\">",
                "src=\"system\"",
                "src=\"user\"",
            ],
        ),
        (
            main.join("res/xml/shortcuts.xml"),
            &[
                "android:data=\"nl.kidskonnect.groep:/status\"",
                "android:targetPackage=\"nl.kidskonnect.groep\"",
            ],
        ),
        (
            main.join("res/xml/data_extraction_rules.xml"),
            &[
                "<cloud-backup>",
                "<device-transfer>",
                "<exclude domain=\"root\" />",
                "<exclude domain=\"file\" />",
                "<exclude domain=\"database\" />",
                "<exclude domain=\"sharedpref\" />",
            ],
        ),
        (
            project.join("app/build.gradle.kts"),
            &[
                "if (keystore.containsKey(\"storeFile\"))",
                "signingConfigs.findByName(\"release\")",
                "jniLibs.useLegacyPackaging = false",
            ],
        ),
        (
            paths.root.join("plugins/device/android/src/main/AndroidManifest.xml"),
            &[
                "<queries>",
                "<action android:name=\"androidx.enterprise.feedback.action.APP_STATES\" />",
            ],
        ),
        (
            project.join("buildSrc/src/main/java/nl/kidskonnect/groep/kotlin/BuildTask.kt"),
            &["\"\"\"npm\"\"\""],
        ),
    ];
    let mut problems = Vec::new();
    for (path, needed) in rules {
        let text = fs::read_to_string(&path)?;
        let name = path.file_name().unwrap_or_default().display();
        problems.extend(
            needed
                .iter()
                .filter(|part| !text.contains(**part))
                .map(|part| format!("{name}: lost {part}")),
        );
    }
    let manifest = fs::read_to_string(main.join("AndroidManifest.xml"))?;
    let listed = manifest
        .split_once("android:configChanges=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("", |(listed, _)| listed);
    let handled: Vec<&str> = listed.split('|').collect();
    problems.extend(
        CHANGES
            .iter()
            .filter(|change| !handled.contains(*change))
            .map(|change| format!("AndroidManifest.xml: configChanges lost {change}")),
    );
    let network = fs::read_to_string(main.join("res/xml/network_security_config.xml"))?;
    if network.contains("cleartextTrafficPermitted=\"true\"") {
        problems.push("network_security_config.xml: permits cleartext in a release".to_owned());
    }
    if !fs::read_to_string(project.join(".gitignore"))?
        .lines()
        .any(|line| line == "keystore.properties")
    {
        problems.push("gen/android/.gitignore: the passwords of a keystore could be committed".to_owned());
    }
    Ok(problems)
}
