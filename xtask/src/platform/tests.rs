//! Each gate is shown to fail: one fault is planted in a copy of the projects.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Gate, Ground, android, apple, files, generated, workflows};
use crate::run::{Steps, root};

/// A copy of what the gates read.
fn copy() -> (TempDir, Ground) {
    let folder = tempfile::tempdir().unwrap();
    let ground = Ground {
        root: folder.path().join("copy"),
        work: folder.path().join("work"),
    };
    fs::create_dir(&ground.root).unwrap();
    for name in [
        "Cargo.toml",
        "environments.toml",
        "icons",
        "src-tauri",
        ".github",
        "plugins",
    ] {
        assert!(
            Command::new("cp")
                .args(["-r", "--"])
                .arg(root().join(name))
                .arg(&ground.root)
                .status()
                .unwrap()
                .success()
        );
    }
    fs::create_dir(ground.root.join("ui")).unwrap();
    fs::copy(root().join("ui/package.json"), ground.root.join("ui/package.json")).unwrap();
    (folder, ground)
}

fn plant(ground: &Ground, file: &str, from: &str, to: &str) {
    let path = ground.root.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// The gate passes as things are, and names the fault that is then planted.
fn refuses(gate: Gate, file: &str, from: &str, to: &str, says: &str) {
    let (_folder, ground) = copy();
    assert_eq!(gate(&ground).unwrap(), Vec::<String>::new());
    plant(&ground, file, from, to);
    let faults = gate(&ground).unwrap().join("\n");
    assert!(faults.contains(says), "{faults:?} does not say {says}");
}

const MANIFEST: &str = "src-tauri/gen/android/app/src/main/AndroidManifest.xml";
const RESTRICTIONS: &str = "src-tauri/gen/android/app/src/main/res/xml/app_restrictions.xml";

#[test]
fn a_version_that_differs_is_named() {
    refuses(
        files::versions,
        "src-tauri/tauri.conf.json",
        "\"identifier\"",
        "\"version\": \"9.9.9\", \"identifier\"",
        "tauri.conf.json says version \"9.9.9\"",
    );
    refuses(
        files::versions,
        "src-tauri/gen/android/app/build.gradle.kts",
        "tauriProperties.getProperty(\"tauri.android.versionName\", \"0.0.0\")",
        "\"2.0\"",
        "versionName must come from",
    );
    refuses(
        files::versions,
        "src-tauri/gen/android/app/build.gradle.kts",
        "minSdk = 26",
        "minSdk = 24",
        "minSdk must be 26",
    );
    refuses(
        apple::lists,
        "src-tauri/Info.ios.plist",
        "<dict>",
        "<dict><key>CFBundleVersion</key><string>9</string>",
        "versions come from Cargo.toml",
    );
}

#[test]
fn a_missing_icon_and_one_of_the_wrong_size_or_kind_are_named() {
    let (_folder, ground) = copy();
    assert_eq!(files::icons(&ground).unwrap(), Vec::<String>::new());
    let ios = |name: &str| ground.root.join("icons/ios").join(name);
    fs::remove_file(ios("AppIcon-76x76@2x.png")).unwrap();
    fs::copy(ios("AppIcon-20x20@1x.png"), ios("AppIcon-40x40@1x.png")).unwrap();
    fs::copy(ground.root.join("icons/32x32.png"), ios("AppIcon-29x29@1x.png")).unwrap();
    let faults = files::icons(&ground).unwrap().join("\n");
    assert!(
        faults.contains("AppIcon-76x76@2x.png: missing") && faults.contains("AppIcon-40x40@1x.png: 20 x 20, not 40"),
        "{faults}"
    );
    let large = ground.root.join("icons/icon.png");
    fs::copy(large, ios("AppIcon-1024x1024@1x.png")).unwrap();
    assert!(
        files::icons(&ground)
            .unwrap()
            .join("\n")
            .contains("AppIcon-1024x1024@1x.png: 512 x 512")
    );
}

#[test]
fn what_is_generated_may_not_be_edited_by_hand() {
    refuses(
        generated::drift,
        RESTRICTIONS,
        "<restriction ",
        "<restriction android:x=\"\" ",
        "app_restrictions.xml is not what its source says",
    );
    refuses(
        generated::drift,
        "environments.toml",
        "claimed_host = \"\"",
        "claimed_host = \"groep.example\"",
        "KonnectGroep.entitlements is not what its source says",
    );
}

#[test]
fn what_guards_the_android_project_may_not_be_lost() {
    refuses(
        files::android,
        MANIFEST,
        "android:allowBackup=\"false\"",
        "android:allowBackup=\"true\"",
        "lost android:allowBackup",
    );
    refuses(
        files::android,
        "plugins/device/android/src/main/AndroidManifest.xml",
        "enterprise.feedback.action.APP_STATES",
        "enterprise.feedback.action.STATES",
        "lost <action android:name=\"androidx.enterprise.feedback",
    );
    refuses(
        files::android,
        MANIFEST,
        "|fontScale|",
        "|",
        "configChanges lost fontScale",
    );
    refuses(
        files::android,
        "src-tauri/gen/android/app/src/main/res/xml/network_security_config.xml",
        "Permitted=\"false\"",
        "Permitted=\"true\"",
        "permits cleartext",
    );
    refuses(
        files::android,
        "src-tauri/gen/android/.gitignore",
        "keystore.properties",
        "",
        "could be committed",
    );
    refuses(
        files::android,
        "src-tauri/gen/android/buildSrc/src/main/java/nl/kidskonnect/groep/kotlin/BuildTask.kt",
        "\"\"\"npm\"\"\"",
        "\"\"\"node\"\"\"",
        "BuildTask.kt: lost",
    );
}

#[test]
fn property_lists_that_an_ipad_would_trip_over_are_refused() {
    refuses(
        apple::lists,
        "src-tauri/Info.ios.plist",
        "<string>TaoSceneDelegate</string>",
        "<string></string>",
        "tao's delegate",
    );
    refuses(
        apple::lists,
        "src-tauri/Info.ios.plist",
        "<key>NSCameraUsageDescription</key>",
        "<key>Other</key>",
        "no reason for the camera",
    );
    refuses(
        apple::lists,
        "src-tauri/ios/PrivacyInfo.xcprivacy",
        "<string>AC6B.1</string>",
        "",
        "AC6B.1 and CA92.1",
    );
    refuses(
        apple::lists,
        "src-tauri/ios/KonnectGroep.entitlements",
        "<dict>",
        "<dict><key>com.apple.developer.associated-domains</key><array><string>applinks:groep.example</string></array>",
        "needs applinks and webcredentials",
    );
    refuses(
        apple::lists,
        "src-tauri/ios/PrivacyInfo.xcprivacy",
        "<array/>",
        "<array>",
        "PrivacyInfo.xcprivacy:",
    );
}

#[test]
fn an_action_without_the_hash_of_a_commit_is_refused() {
    refuses(
        workflows::pinned,
        ".github/workflows/ci.yml",
        "@08c6903cd8c0fde910a37f88322edcfb5dd907a8",
        "@v5",
        "is not pinned",
    );
    refuses(
        workflows::pinned,
        ".github/workflows/ios.yml",
        "docs/device-checks.md",
        "elsewhere",
        "its head must say",
    );
}

#[test]
fn the_audit_of_workflows_finds_what_is_planted() {
    let (_folder, ground) = copy();
    workflows::audited(&ground, &mut Steps::new(8)).unwrap();
    let unsafe_one = (
        "ci.yml",
        "run: cargo xtask ci --yes",
        "run: echo '${{ github.ref_name }}'",
        "zizmor",
    );
    let wrong_one = (
        "release.yml",
        "needs: [android, ios]",
        "needs: [android, apple]",
        "actionlint",
    );
    for (name, from, to, finder) in [unsafe_one, wrong_one] {
        let (_folder, ground) = copy();
        plant(&ground, &format!(".github/workflows/{name}"), from, to);
        let said = workflows::audited(&ground, &mut Steps::new(8)).unwrap_err().to_string();
        assert!(said.contains(finder), "{name}: {said}");
    }
}

/// Merges and links; the fault's words.
fn built(ground: &Ground, tools: &android::Tools) -> Result<PathBuf, String> {
    let steps = || {
        let merged = android::merged(ground, tools)?;
        android::linked(ground, tools, &merged).map(|_| merged)
    };
    steps().map_err(|error| error.to_string())
}

#[test]
#[ignore = "starts Android's tools ten times; `cargo xtask mobile projects` runs it"]
fn androids_own_tools_find_what_is_planted() {
    let tools = android::Tools::fetched(&mut Steps::new(1)).unwrap();
    let (_folder, ground) = copy();
    let merged = built(&ground, &tools).unwrap();
    for (file, from, to, says) in [
        (
            MANIFEST,
            "<activity\n",
            "<activitiy />\n        <activity\n",
            "activitiy",
        ),
        (
            MANIFEST,
            "android:exported=\"true\"",
            "android:exportd=\"true\"",
            "android:exported needs",
        ),
        (MANIFEST, "${usesCleartextTraffic}", "${unknown}", "unknown"),
        (MANIFEST, "@xml/shortcuts", "@xml/missing", "missing"),
        (RESTRICTIONS, " android:title=\"", " android:tools=\"", "tools"),
    ] {
        let kept = fs::read_to_string(ground.root.join(file)).unwrap();
        plant(&ground, file, from, to);
        let said = built(&ground, &tools).unwrap_err();
        assert!(said.contains(says), "{said} does not say {says}");
        fs::write(ground.root.join(file), kept).unwrap();
    }
    let text = fs::read_to_string(ground.root.join(RESTRICTIONS)).unwrap();
    let start = text.find("android:title=").unwrap();
    let end = start + text[start..].find("android:description").unwrap();
    fs::write(
        ground.root.join(RESTRICTIONS),
        format!("{}{}", &text[..start], &text[end..]),
    )
    .unwrap();
    let said = android::lint(&ground, &tools, &merged).unwrap_err().to_string();
    assert!(said.contains("ValidRestrictions"), "{said}");
}

#[test]
fn the_script_for_the_mac_puts_everything_in_its_place() {
    let (folder, ground) = copy();
    let project = ground.tauri().join("gen/apple/konnect-groep_iOS");
    fs::create_dir_all(&project).unwrap();
    fs::create_dir_all(ground.tauri().join("gen/apple/Assets.xcassets/AppIcon.appiconset")).unwrap();
    // XcodeGen exists on a Mac only: this one does what the real one is known to, and empties the entitlements.
    let tool = folder.path().join("xcodegen");
    fs::write(
        &tool,
        "#!/bin/sh\n: > konnect-groep_iOS/konnect-groep_iOS.entitlements\n",
    )
    .unwrap();
    assert!(Command::new("chmod").arg("+x").arg(&tool).status().unwrap().success());
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let prepare = || {
        Command::new(ground.tauri().join("ios/prepare.sh"))
            .env("PATH", &path)
            .status()
            .unwrap()
            .success()
    };
    assert!(prepare() && prepare());
    let same = |made: &Path, ours: &str| assert_eq!(fs::read(made).unwrap(), fs::read(ground.root.join(ours)).unwrap());
    same(
        &project.join("konnect-groep_iOS.entitlements"),
        "src-tauri/ios/KonnectGroep.entitlements",
    );
    same(
        &project.join("PrivacyInfo.xcprivacy"),
        "src-tauri/ios/PrivacyInfo.xcprivacy",
    );
    same(
        &ground
            .tauri()
            .join("gen/apple/Assets.xcassets/AppIcon.appiconset/AppIcon-76x76@2x.png"),
        "icons/ios/AppIcon-76x76@2x.png",
    );
}
