//! The iPad's property lists, by rules: what Apple's tools and stores would refuse, or an iPad would trip over.

use plist::{Dictionary, Value};

use super::Ground;
use crate::run::Outcome;

/// Reasons that the manifest must give for reading defaults: managed configuration, and the app's own.
const DEFAULTS: (&str, [&str; 2]) = ("NSPrivacyAccessedAPICategoryUserDefaults", ["AC6B.1", "CA92.1"]);

/// `Info.ios.plist`, the privacy manifest, the entitlements.
#[allow(clippy::unnecessary_wraps)] // a gate like the others
pub fn lists(ground: &Ground) -> Outcome<Vec<String>> {
    let mut faults = Vec::new();
    for (name, rules) in [
        ("Info.ios.plist", info as fn(&Dictionary) -> Vec<&'static str>),
        ("ios/PrivacyInfo.xcprivacy", privacy),
        ("ios/KonnectGroep.entitlements", entitlements),
    ] {
        match Value::from_file(ground.tauri().join(name)).map(Value::into_dictionary) {
            Ok(Some(list)) => faults.extend(rules(&list).into_iter().map(|fault| format!("{name}: {fault}"))),
            Ok(None) => faults.push(format!("{name}: no dictionary")),
            Err(error) => faults.push(format!("{name}: {error}")),
        }
    }
    Ok(faults)
}

fn texts<'a>(list: &'a Dictionary, key: &str) -> Vec<&'a str> {
    list.get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_string)
        .collect()
}

/// Each rule that does not hold.
fn broken<const N: usize>(rules: [(bool, &'static str); N]) -> Vec<&'static str> {
    rules
        .into_iter()
        .filter(|(holds, _)| !holds)
        .map(|(_, fault)| fault)
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
    let said = |key: &str| {
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
        (many == Some(false), "there is one window: multiple scenes stay off"),
        (
            said("NSCameraUsageDescription"),
            "no reason for the camera: the app would be ended when a page asks for it",
        ),
        (
            said("NSMicrophoneUsageDescription"),
            "no reason for the microphone: the app would be ended when a page asks for it",
        ),
        (
            texts(list, "UISupportedInterfaceOrientations~ipad").len() == 4,
            "an iPad turns all four ways",
        ),
        (
            ["nl", "en"]
                .iter()
                .all(|language| texts(list, "CFBundleLocalizations").contains(language)),
            "Dutch and English must be declared",
        ),
        (
            list.get("NSAppTransportSecurity").is_none(),
            "no exception from transport security",
        ),
        (
            list.get("ITSAppUsesNonExemptEncryption")
                .and_then(Value::as_boolean)
                .is_some(),
            "the question on encryption must be answered",
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
            "the app tracks nobody, and must say so",
        ),
        (
            list.get("NSPrivacyTrackingDomains")
                .and_then(Value::as_array)
                .is_some_and(Vec::is_empty),
            "no domains for tracking",
        ),
        (
            list.get("NSPrivacyCollectedDataTypes")
                .and_then(Value::as_array)
                .is_some(),
            "what is collected must be declared, if only as nothing",
        ),
        (
            DEFAULTS.1.iter().all(|reason| reasons.contains(reason)),
            "reading defaults needs the reasons AC6B.1 and CA92.1",
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
            "a claimed host needs applinks and webcredentials: https callbacks ask for the second",
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
            "a debugger has no place in a release",
        ),
    ])
}
