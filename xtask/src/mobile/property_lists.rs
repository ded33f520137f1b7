//! Rules for the iPad's property lists: what Xcode and the App Store would refuse, and what would make `UIKit` end the app.

use anyhow::Result;
use plist::{Dictionary, Value};

use crate::paths::Paths;

/// The reasons that the privacy manifest must give for reading user defaults: managed configuration (AC6B.1), and the
/// app's own values (CA92.1).
const DEFAULTS: (&str, [&str; 2]) = ("NSPrivacyAccessedAPICategoryUserDefaults", ["AC6B.1", "CA92.1"]);

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

fn privacy(list: &Dictionary) -> Vec<&'static str> {
    let kinds: Vec<&Dictionary> = list
        .get("NSPrivacyAccessedAPITypes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_dictionary)
        .collect();
    let defaults = kinds
        .iter()
        .find(|kind| kind.get("NSPrivacyAccessedAPIType").and_then(Value::as_string) == Some(DEFAULTS.0));
    let reasons = defaults
        .map(|kind| texts(kind, "NSPrivacyAccessedAPITypeReasons"))
        .unwrap_or_default();
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
            list.get("NSPrivacyCollectedDataTypes")
                .and_then(Value::as_array)
                .is_some(),
            "NSPrivacyCollectedDataTypes must be declared, also if it is empty",
        ),
        (
            DEFAULTS.1.iter().all(|reason| reasons.contains(reason)),
            "reading user defaults needs the reasons AC6B.1 and CA92.1",
        ),
    ])
}

fn entitlements(list: &Dictionary) -> Vec<&'static str> {
    let domains = texts(list, "com.apple.developer.associated-domains");
    let hosts = |kind: &str| {
        domains
            .iter()
            .filter_map(|domain| domain.strip_prefix(kind))
            .collect::<Vec<_>>()
    };
    let groups = texts(list, "keychain-access-groups");
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
            groups.first() == Some(&"$(AppIdentifierPrefix)nl.kidskonnect.groep"),
            "the app's own keychain group comes first",
        ),
        (
            list.get("get-task-allow").is_none(),
            "get-task-allow would let a debugger into a release",
        ),
    ])
}
