//! Each check is shown to fail on a fault that is injected into a copy of the projects.

use std::fs;
use std::path::Path;

use xshell::{Shell, cmd};

use super::android_tools::{self, Tools, link_resources, merge_manifests};
use super::{generated, project_files, property_lists};
use crate::paths::Paths;
use crate::steps;
use crate::workspace_copy::{copy, inject, refuses};

const MANIFEST: &str = "src-tauri/gen/android/app/src/main/AndroidManifest.xml";
const RESTRICTIONS: &str = "src-tauri/gen/android/app/src/main/res/xml/app_restrictions.xml";

#[test]
fn a_version_that_differs_is_named() {
    refuses(
        project_files::versions,
        "src-tauri/tauri.ios.conf.json",
        "\"bundle\"",
        "\"version\": \"9.9.9\", \"bundle\"",
        "tauri.ios.conf.json says version \"9.9.9\"",
    );
    refuses(
        project_files::versions,
        "src-tauri/tauri.conf.json",
        "\"version\"",
        "\"other\"",
        "tauri.conf.json must say version",
    );
    refuses(
        project_files::versions,
        "Cargo.toml",
        "version = \"",
        "version = \"9.",
        "tauri.conf.json says version",
    );
    refuses(
        project_files::versions,
        "src-tauri/gen/android/app/build.gradle.kts",
        "tauriProperties.getProperty(\"tauri.android.versionName\", \"0.0.0\")",
        "\"2.0\"",
        "versionName must come from",
    );
    refuses(
        project_files::versions,
        "src-tauri/gen/android/app/build.gradle.kts",
        "minSdk = 26",
        "minSdk = 24",
        "minSdk must be 26",
    );
    refuses(
        property_lists::problems,
        "src-tauri/Info.ios.plist",
        "<dict>",
        "<dict><key>CFBundleVersion</key><string>9</string>",
        "versions come from Cargo.toml",
    );
}

#[test]
fn a_missing_icon_and_one_of_the_wrong_size_or_kind_are_named() {
    let (_folder, paths) = copy();
    assert_eq!(project_files::icons(&paths).unwrap(), Vec::<String>::new());
    let ios = |name: &str| paths.root.join("icons/ios").join(name);
    fs::remove_file(ios("AppIcon-76x76@2x.png")).unwrap();
    fs::copy(ios("AppIcon-20x20@1x.png"), ios("AppIcon-40x40@1x.png")).unwrap();
    fs::copy(paths.root.join("icons/32x32.png"), ios("AppIcon-29x29@1x.png")).unwrap();
    let problems = project_files::icons(&paths).unwrap().join("\n");
    assert!(
        problems.contains("AppIcon-76x76@2x.png: missing")
            && problems.contains("AppIcon-40x40@1x.png: 20 x 20, not 40"),
        "{problems}"
    );
    let large = paths.root.join("icons/icon.png");
    fs::copy(large, ios("AppIcon-1024x1024@1x.png")).unwrap();
    assert!(
        project_files::icons(&paths)
            .unwrap()
            .join("\n")
            .contains("AppIcon-1024x1024@1x.png: 512 x 512")
    );
}

#[test]
fn a_generated_file_that_was_edited_by_hand_is_named() {
    refuses(
        generated::stale,
        RESTRICTIONS,
        "<restriction ",
        "<restriction android:x=\"\" ",
        "app_restrictions.xml differs from its source",
    );
    refuses(
        generated::stale,
        "environments.toml",
        "claimed_host = \"\"",
        "claimed_host = \"groep.example\"",
        "KonnectGroep.entitlements differs from its source",
    );
}

#[test]
fn what_the_android_project_must_contain_may_not_be_lost() {
    refuses(
        project_files::android,
        MANIFEST,
        "android:allowBackup=\"false\"",
        "android:allowBackup=\"true\"",
        "lost android:allowBackup",
    );
    refuses(
        project_files::android,
        "plugins/device/android/src/main/AndroidManifest.xml",
        "enterprise.feedback.action.APP_STATES",
        "enterprise.feedback.action.STATES",
        "lost <action android:name=\"androidx.enterprise.feedback",
    );
    refuses(
        project_files::android,
        MANIFEST,
        "|fontScale|",
        "|",
        "configChanges lost fontScale",
    );
    refuses(
        project_files::android,
        "src-tauri/gen/android/app/src/main/res/xml/network_security_config.xml",
        "Permitted=\"false\"",
        "Permitted=\"true\"",
        "permits cleartext",
    );
    refuses(
        project_files::android,
        "src-tauri/gen/android/.gitignore",
        "keystore.properties",
        "",
        "could be committed",
    );
    refuses(
        project_files::android,
        "src-tauri/gen/android/buildSrc/src/main/java/nl/kidskonnect/groep/kotlin/BuildTask.kt",
        "\"\"\"npm\"\"\"",
        "\"\"\"node\"\"\"",
        "BuildTask.kt: lost",
    );
}

#[test]
fn property_lists_that_xcode_the_store_or_uikit_would_refuse_are_refused() {
    refuses(
        property_lists::problems,
        "src-tauri/Info.ios.plist",
        "<string>TaoSceneDelegate</string>",
        "<string></string>",
        "tao's delegate",
    );
    refuses(
        property_lists::problems,
        "src-tauri/Info.ios.plist",
        "<key>NSCameraUsageDescription</key>",
        "<key>Other</key>",
        "no reason for the camera",
    );
    refuses(
        property_lists::problems,
        "src-tauri/ios/PrivacyInfo.xcprivacy",
        "<string>AC6B.1</string>",
        "",
        "AC6B.1 and CA92.1",
    );
    refuses(
        property_lists::problems,
        "src-tauri/ios/PrivacyInfo.xcprivacy",
        "<string>C617.1</string>",
        "",
        "C617.1",
    );
    refuses(
        property_lists::problems,
        "src-tauri/ios/PrivacyInfo.xcprivacy",
        "<string>NSPrivacyCollectedDataTypePhotosorVideos</string>",
        "<string>NSPrivacyCollectedDataTypeOther</string>",
        "must name what the site collects",
    );
    refuses(
        property_lists::problems,
        "src-tauri/ios/PrivacyInfo.xcprivacy",
        "<key>NSPrivacyCollectedDataTypeLinked</key>",
        "<key>Linked</key>",
        "each collected kind of data needs",
    );
    refuses(
        property_lists::problems,
        "src-tauri/Info.ios.plist",
        "<key>CFBundleURLTypes</key>",
        "<key>URLTypes</key>",
        "no setup link opens the app",
    );
    refuses(
        property_lists::problems,
        "src-tauri/ios/KonnectGroep.entitlements",
        "<dict>",
        "<dict><key>keychain-access-groups</key><array><string>$(AppIdentifierPrefix)x</string></array>",
        "a variable is not replaced",
    );
    refuses(
        property_lists::problems,
        "src-tauri/ios/KonnectGroep.entitlements",
        "<dict>",
        "<dict><key>com.apple.developer.associated-domains</key><array><string>applinks:groep.example</string></array>",
        "needs applinks and webcredentials",
    );
    refuses(
        property_lists::problems,
        "src-tauri/ios/PrivacyInfo.xcprivacy",
        "<array/>",
        "<array>",
        "PrivacyInfo.xcprivacy:",
    );
}

#[test]
#[ignore = "starts Android's tools ten times; `cargo xtask mobile projects` runs it"]
fn androids_own_tools_find_an_injected_fault() {
    let (sh, tools) = (Shell::new().unwrap(), Tools::new().unwrap());
    steps::run(vec![tools.fetch(&sh)]).unwrap();
    let (_folder, paths) = copy();
    let build = |paths: &Paths| {
        merge_manifests(&sh, paths, &tools)
            .and_then(|()| link_resources(&sh, paths, &tools))
            .map_err(|error| error.to_string())
    };
    build(&paths).unwrap();
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
        let before = fs::read_to_string(paths.root.join(file)).unwrap();
        inject(&paths, file, from, to);
        let message = build(&paths).unwrap_err();
        assert!(message.contains(says), "{message} does not say {says}");
        fs::write(paths.root.join(file), before).unwrap();
    }
    merge_manifests(&sh, &paths, &tools).unwrap();
    let text = fs::read_to_string(paths.root.join(RESTRICTIONS)).unwrap();
    let start = text.find("android:title=").unwrap();
    let end = start + text[start..].find("android:description").unwrap();
    fs::write(
        paths.root.join(RESTRICTIONS),
        format!("{}{}", &text[..start], &text[end..]),
    )
    .unwrap();
    let message = android_tools::lint(&sh, &paths, &tools).unwrap_err().to_string();
    assert!(message.contains("ValidRestrictions"), "{message}");
}

#[test]
fn the_script_for_the_mac_puts_each_file_into_the_xcode_project() {
    let (folder, paths) = copy();
    let project = paths.src_tauri().join("gen/apple/konnect-groep_iOS");
    fs::create_dir_all(&project).unwrap();
    fs::create_dir_all(paths.src_tauri().join("gen/apple/Assets.xcassets/AppIcon.appiconset")).unwrap();
    let made = paths.src_tauri().join("gen/apple/project.yml");
    fs::write(
        &made,
        "settingGroups:\n  app:\n    base:\n      PRODUCT_BUNDLE_IDENTIFIER: nl.kidskonnect.groep\ntargets:\n",
    )
    .unwrap();
    // XcodeGen exists on a Mac only. This stand-in does what the real one does too: it empties the entitlements.
    let tool = folder.path().join("xcodegen");
    fs::write(
        &tool,
        "#!/bin/sh\n: > konnect-groep_iOS/konnect-groep_iOS.entitlements\n",
    )
    .unwrap();
    let sh = Shell::new().unwrap();
    cmd!(sh, "chmod +x {tool}").quiet().run().unwrap();
    let (path, script) = (
        format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap()),
        paths.src_tauri().join("ios/prepare.sh"),
    );
    for _ in 0..2 {
        cmd!(sh, "{script}").env("PATH", &path).quiet().run().unwrap();
    }
    assert_eq!(
        fs::read_to_string(&made).unwrap(),
        "settingGroups:\n  app:\n    base:\n      PRODUCT_BUNDLE_IDENTIFIER: nl.kidskonnect.groep\n      TARGETED_DEVICE_FAMILY: \"2\"\ntargets:\n"
    );
    let same = |made: &Path, ours: &str| assert_eq!(fs::read(made).unwrap(), fs::read(paths.root.join(ours)).unwrap());
    same(
        &project.join("konnect-groep_iOS.entitlements"),
        "src-tauri/ios/KonnectGroep.entitlements",
    );
    same(
        &project.join("PrivacyInfo.xcprivacy"),
        "src-tauri/ios/PrivacyInfo.xcprivacy",
    );
    same(
        &paths
            .src_tauri()
            .join("gen/apple/Assets.xcassets/AppIcon.appiconset/AppIcon-76x76@2x.png"),
        "icons/ios/AppIcon-76x76@2x.png",
    );
    fs::write(&made, "targets:\n").unwrap();
    let refused = cmd!(sh, "{script}").env("PATH", &path).quiet().ignore_stdout().run();
    assert!(refused.is_err(), "a template without the place for the kind of device");
}
