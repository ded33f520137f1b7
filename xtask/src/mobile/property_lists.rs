//! Rules for the iPad's property lists: what Xcode and the App Store would refuse, and what would make `UIKit` end the app.

use anyhow::Result;
use plist::{Dictionary, Value};
use settings::export::APP_ID;

use crate::paths::Paths;

/// The functions for which Apple wants a reason, and the reasons that the privacy manifest must give: user defaults, for
/// managed configuration (AC6B.1) and the app's own values (CA92.1), and times of files inside the app's container
/// (C617.1), which Rust's standard library reads with `stat`.
const REASONS: [(&str, &[&str]); 2] = [
    ("NSPrivacyAccessedAPICategoryUserDefaults", &["AC6B.1", "CA92.1"]),
    ("NSPrivacyAccessedAPICategoryFileTimestamp", &["C617.1"]),
];

/// The data that the site surely collects. Apple counts what a page collects in an app that shows its publisher's own
/// site.
const COLLECTED: [&str; 4] = ["Name", "EmailAddress", "UserID", "PhotosorVideos"];

/// What is wrong with `Info.ios.plist`, the privacy manifest and the entitlements, one sentence each.
#[allow(clippy::unnecessary_wraps, reason = "the signature of every check")]
pub fn problems(paths: &Paths) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for (name, rules) in [
        ("Info.ios.plist", info as fn(&Dictionary) -> Vec<&'static str>),
        ("ios/PrivacyInfo.xcprivacy", privacy),
        ("ios/KonnectGroep.entitlements", entitlements),
    ] {
        match Value::from_file(paths.src_tauri().join(name)).map(Value::into_dictionary) {
            Ok(Some(list)) => problems.extend(rules(&list).into_iter().map(|problem| format!("{name}: {problem}"))),
            Ok(None) => problems.push(format!("{name}: no dictionary")),
            Err(error) => problems.push(format!("{name}: {error}")),
        }
    }
    Ok(problems)
}

fn texts<'a>(list: &'a Dictionary, key: &str) -> Vec<&'a str> {
    list.get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_string)
        .collect()
}

/// The texts of the rules that do not hold.
fn broken<const N: usize>(rules: [(bool, &'static str); N]) -> Vec<&'static str> {
    rules
        .into_iter()
        .filter(|(holds, _)| !holds)
        .map(|(_, problem)| problem)
        .collect()
}

fn info(list: &Dictionary) -> Vec<&'static str> {
    let scenes = list.get("UIApplicationSceneManifest").and_then(Value::as_dictionary);
    let many = scenes
        .and_then(|scenes| scenes.get("UIApplicationSupportsMultipleScenes"))
        .and_then(Value::as_boolean);
    let declared = scenes
        .and_then(|scenes| {
            scenes
                .get("UISceneConfigurations")?
                .as_dictionary()?
                .get("UIWindowSceneSessionRoleApplication")?
                .as_array()
        })
        .map_or(&[][..], Vec::as_slice);
    let delegate = declared
        .first()
        .and_then(|scene| scene.as_dictionary()?.get("UISceneDelegateClassName")?.as_string());
    // `tauri-plugin-deep-link` writes these only when its build script runs, which it does not over a warm target folder.
    let schemes: Vec<&str> = dictionaries(list, "CFBundleURLTypes")
        .into_iter()
        .flat_map(|kind| texts(kind, "CFBundleURLSchemes"))
        .collect();
    let has_text = |key: &str| {
        list.get(key)
            .and_then(Value::as_string)
            .is_some_and(|text| !text.trim().is_empty())
    };
    broken([
        (
            declared.len() == 1,
            "exactly one scene must be declared, or newer systems refuse to start the app",
        ),
        (delegate == Some("TaoSceneDelegate"), "the scene needs tao's delegate"),
        (
            many == Some(false),
            "multiple scenes must be off, because the app has one window",
        ),
        (
            schemes == [APP_ID],
            "CFBundleURLTypes must name the app's own URL scheme, or no setup link opens the app",
        ),
        (
            has_text("NSCameraUsageDescription"),
            "no reason for the camera: iPadOS would end the app when a page asks for it",
        ),
        (
            has_text("NSMicrophoneUsageDescription"),
            "no reason for the microphone: iPadOS would end the app when a page asks for it",
        ),
        (
            texts(list, "UISupportedInterfaceOrientations~ipad").len() == 4,
            "all four orientations must be declared for an iPad",
        ),
        (
            ["nl", "en"]
                .iter()
                .all(|language| texts(list, "CFBundleLocalizations").contains(language)),
            "Dutch and English must be declared",
        ),
        (
            list.get("NSAppTransportSecurity").is_none(),
            "an exception from App Transport Security is not allowed",
        ),
        (
            list.get("ITSAppUsesNonExemptEncryption")
                .and_then(Value::as_boolean)
                .is_some(),
            "ITSAppUsesNonExemptEncryption must answer the question on encryption",
        ),
        (
            list.get("CFBundleVersion").is_none() && list.get("CFBundleShortVersionString").is_none(),
            "versions come from Cargo.toml, not from here",
        ),
    ])
}

/// The dictionaries in the array under this key.
fn dictionaries<'a>(list: &'a Dictionary, key: &str) -> Vec<&'a Dictionary> {
    list.get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_dictionary)
        .collect()
}

fn privacy(list: &Dictionary) -> Vec<&'static str> {
    let kinds = dictionaries(list, "NSPrivacyAccessedAPITypes");
    let gives = |api: &str, reasons: &[&str]| {
        kinds
            .iter()
            .filter(|kind| kind.get("NSPrivacyAccessedAPIType").and_then(Value::as_string) == Some(api))
            .any(|kind| {
                let given = texts(kind, "NSPrivacyAccessedAPITypeReasons");
                reasons.iter().all(|reason| given.contains(reason))
            })
    };
    let collected = dictionaries(list, "NSPrivacyCollectedDataTypes");
    let is_collected = |name: &&str| {
        let name = format!("NSPrivacyCollectedDataType{name}");
        collected
            .iter()
            .any(|kind| kind.get("NSPrivacyCollectedDataType").and_then(Value::as_string) == Some(&name))
    };
    let complete = |kind: &&Dictionary| {
        let flag = |key: &str| kind.get(key).and_then(Value::as_boolean);
        flag("NSPrivacyCollectedDataTypeLinked").is_some()
            && flag("NSPrivacyCollectedDataTypeTracking") == Some(false)
            && !texts(kind, "NSPrivacyCollectedDataTypePurposes").is_empty()
    };
    broken([
        (
            list.get("NSPrivacyTracking").and_then(Value::as_boolean) == Some(false),
            "NSPrivacyTracking must be false, because the app tracks nobody",
        ),
        (
            list.get("NSPrivacyTrackingDomains")
                .and_then(Value::as_array)
                .is_some_and(Vec::is_empty),
            "NSPrivacyTrackingDomains must be empty",
        ),
        (
            COLLECTED.iter().all(is_collected),
            "NSPrivacyCollectedDataTypes must name what the site collects: at least name, e-mail address, user id and photos",
        ),
        (
            collected.iter().all(complete),
            "each collected kind of data needs a purpose, whether it is linked to a person, and tracking false",
        ),
        (
            gives(REASONS[0].0, REASONS[0].1),
            "reading user defaults needs the reasons AC6B.1 and CA92.1",
        ),
        (
            gives(REASONS[1].0, REASONS[1].1),
            "reading the times of files needs the reason C617.1",
        ),
    ])
}

/// Whether any text in it has one of Xcode's variables.
fn has_variable(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("$("),
        Value::Array(items) => items.iter().any(has_variable),
        Value::Dictionary(list) => list.values().any(has_variable),
        _ => false,
    }
}

fn entitlements(list: &Dictionary) -> Vec<&'static str> {
    let domains = texts(list, "com.apple.developer.associated-domains");
    let hosts = |kind: &str| {
        domains
            .iter()
            .filter_map(|domain| domain.strip_prefix(kind))
            .collect::<Vec<_>>()
    };
    broken([
        (
            hosts("applinks:") == hosts("webcredentials:"),
            "a claimed host needs applinks and webcredentials, because https callbacks require the second",
        ),
        (
            domains
                .iter()
                .all(|domain| !domain.contains("://") && !domain.contains('*')),
            "an associated domain is a plain host",
        ),
        (
            !has_variable(&Value::Dictionary(list.clone())),
            "a variable is not replaced where Tauri signs with an App Store Connect key",
        ),
        (
            list.get("get-task-allow").is_none(),
            "get-task-allow would let a debugger into a release",
        ),
    ])
}
