//! The manifest in the APK, as `aapt2` prints it.

use std::path::Path;

use anyhow::Result;
use xshell::{Shell, cmd};

use super::printed;
use crate::mobile::android_library::APPLICATION_ID;
use crate::mobile::android_tools::Tools;

/// The permissions that the app may have, and no others. The last one is of `AndroidX`, for the app alone.
const PERMISSIONS: [&str; 6] = [
    "android.permission.ACCESS_NETWORK_STATE",
    "android.permission.CAMERA",
    "android.permission.INTERNET",
    "android.permission.MODIFY_AUDIO_SETTINGS",
    "android.permission.RECORD_AUDIO",
    "nl.kidskonnect.groep.DYNAMIC_RECEIVER_NOT_EXPORTED_PERMISSION",
];

/// What the manifest must say.
pub struct Expected {
    /// The number by which Android tells newer from older.
    pub version_code: u32,
    /// The version that people see.
    pub version_name: String,
    /// The API level that the app is made for.
    pub target_sdk: String,
    /// The processor.
    pub abi: &'static str,
}

/// What `aapt2` prints about an APK.
pub struct Manifest {
    /// `aapt2 dump badging`: a line for each fact.
    badging: String,
    /// `aapt2 dump xmltree`: the elements and attributes of the manifest.
    tree: String,
}

impl Manifest {
    /// Lets `aapt2` read the APK.
    pub fn read(sh: &Shell, tools: &Tools, apk: &Path) -> Result<Self> {
        let aapt2 = tools.aapt2();
        Ok(Self {
            badging: printed(cmd!(sh, "{aapt2} dump badging {apk}"))?,
            tree: printed(cmd!(sh, "{aapt2} dump xmltree --file AndroidManifest.xml {apk}"))?,
        })
    }

    /// What is not as it must be, one sentence each.
    pub fn problems(&self, expected: &Expected) -> Vec<String> {
        let mut problems = Vec::new();
        let Expected {
            version_code,
            version_name,
            target_sdk,
            abi,
        } = expected;
        for fact in [
            format!("package: name='{APPLICATION_ID}' versionCode='{version_code}' versionName='{version_name}'"),
            "minSdkVersion:'26'".to_owned(),
            format!("targetSdkVersion:'{target_sdk}'"),
            "application-label:'Konnect Groep'".to_owned(),
            "application-label-nl:'Konnect Groep'".to_owned(),
            format!("launchable-activity: name='{APPLICATION_ID}.MainActivity'"),
            format!("native-code: '{abi}'"),
        ] {
            if !self.badging.lines().any(|line| line.starts_with(&fact)) {
                problems.push(format!("aapt2 does not read {fact}"));
            }
        }
        if self.badging.contains("application-debuggable") {
            problems.push("the app can be debugged by anybody with a cable".to_owned());
        }
        let mut permissions: Vec<_> = self
            .badging
            .lines()
            .filter_map(|line| line.strip_prefix("uses-permission: name='")?.strip_suffix('\''))
            .collect();
        permissions.sort_unstable();
        if permissions != PERMISSIONS {
            problems.push(format!("the permissions are {permissions:?}, not {PERMISSIONS:?}"));
        }
        for (attribute, value) in [
            ("extractNativeLibs", "false"),
            ("allowBackup", "false"),
            ("usesCleartextTraffic", "false"),
        ] {
            if self.attributes("application", attribute) != [value] {
                problems.push(format!("{attribute} is not {value}"));
            }
        }
        if !self.attributes("data", "scheme").contains(&APPLICATION_ID) {
            problems.push(format!("no activity takes links of the scheme {APPLICATION_ID}"));
        }
        problems
    }

    /// The classes that Android looks for by the names in the manifest.
    pub fn classes(&self) -> Vec<&str> {
        let mut classes = self.attributes("application", "appComponentFactory");
        for element in ["application", "activity", "service", "receiver", "provider"] {
            classes.extend(self.attributes(element, "name"));
        }
        // AndroidX's provider starts the classes that are named as data beside it.
        let initializers = self.attributes("meta-data", "name");
        classes.extend(initializers.into_iter().filter(|name| name.ends_with("Initializer")));
        classes
    }

    /// The values of an attribute of every element of this name. A line of the tree is `E: element (…)` or
    /// `A: http://…:attribute(0x…)="value" (Raw: …)`; a value that is no text has no quotes.
    fn attributes(&self, element: &str, attribute: &str) -> Vec<&str> {
        let mut values = Vec::new();
        let mut inside = false;
        for line in self.tree.lines() {
            let line = line.trim_start();
            if let Some(rest) = line.strip_prefix("E: ") {
                inside = rest.split(' ').next() == Some(element);
            } else if inside && let Some(rest) = line.strip_prefix("A: ") {
                let Some((name, value)) = rest.split_once('=') else {
                    continue;
                };
                let name = name.rsplit(':').next().unwrap_or(name);
                if name.split('(').next() == Some(attribute) {
                    values.push(match value.strip_prefix('"') {
                        Some(text) => text.split('"').next().unwrap_or(text),
                        None => value,
                    });
                }
            }
        }
        values
    }
}

#[cfg(test)]
impl Manifest {
    /// A manifest of these texts.
    pub fn of(badging: &str, tree: &str) -> Self {
        Self {
            badging: badging.to_owned(),
            tree: tree.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BADGING: &str = "package: name='nl.kidskonnect.groep' versionCode='1000' versionName='0.1.0' platformBuildVersionName='16'\nminSdkVersion:'26'\ntargetSdkVersion:'37'\nuses-permission: name='android.permission.INTERNET'\nuses-permission: name='android.permission.ACCESS_NETWORK_STATE'\nuses-permission: name='android.permission.CAMERA'\nuses-permission: name='android.permission.RECORD_AUDIO'\nuses-permission: name='android.permission.MODIFY_AUDIO_SETTINGS'\nuses-permission: name='nl.kidskonnect.groep.DYNAMIC_RECEIVER_NOT_EXPORTED_PERMISSION'\napplication-label:'Konnect Groep'\napplication-label-nl:'Konnect Groep'\nlaunchable-activity: name='nl.kidskonnect.groep.MainActivity'  label='Konnect Groep' icon=''\nnative-code: 'arm64-v8a'\n";

    const TREE: &str = r#"N: android=http://schemas.android.com/apk/res/android (line=2)
  E: manifest (line=2)
      E: application (line=9)
        A: http://schemas.android.com/apk/res/android:allowBackup(0x01010280)=false
        A: http://schemas.android.com/apk/res/android:extractNativeLibs(0x010104ea)=false
        A: http://schemas.android.com/apk/res/android:usesCleartextTraffic(0x010104ec)=false
        A: http://schemas.android.com/apk/res/android:appComponentFactory(0x0101057a)="androidx.core.app.CoreComponentFactory" (Raw: "androidx.core.app.CoreComponentFactory")
          E: activity (line=20)
            A: http://schemas.android.com/apk/res/android:name(0x01010003)="nl.kidskonnect.groep.MainActivity" (Raw: "nl.kidskonnect.groep.MainActivity")
              E: intent-filter (line=30)
                  E: action (line=31)
                    A: http://schemas.android.com/apk/res/android:name(0x01010003)="android.intent.action.VIEW" (Raw: "android.intent.action.VIEW")
                  E: data (line=32)
                    A: http://schemas.android.com/apk/res/android:scheme(0x01010027)="nl.kidskonnect.groep" (Raw: "nl.kidskonnect.groep")
          E: provider (line=40)
            A: http://schemas.android.com/apk/res/android:name(0x01010003)="androidx.startup.InitializationProvider" (Raw: "androidx.startup.InitializationProvider")
              E: meta-data (line=41)
                A: http://schemas.android.com/apk/res/android:name(0x01010003)="androidx.emoji2.text.EmojiCompatInitializer" (Raw: "androidx.emoji2.text.EmojiCompatInitializer")
              E: meta-data (line=42)
                A: http://schemas.android.com/apk/res/android:name(0x01010003)="android.support.FILE_PROVIDER_PATHS" (Raw: "android.support.FILE_PROVIDER_PATHS")
"#;

    #[test]
    fn each_fact_that_is_wrong_is_named() {
        let expected = Expected {
            version_code: 1000,
            version_name: "0.1.0".to_owned(),
            target_sdk: "37".to_owned(),
            abi: "arm64-v8a",
        };
        assert_eq!(Manifest::of(BADGING, TREE).problems(&expected), Vec::<String>::new());
        for (from, to, says) in [
            ("versionCode='1000'", "versionCode='1'", "versionCode='1000'"),
            ("minSdkVersion:'26'", "minSdkVersion:'24'", "minSdkVersion:'26'"),
            (
                "native-code: 'arm64-v8a'",
                "native-code: 'x86'",
                "native-code: 'arm64-v8a'",
            ),
            (
                "launchable-activity: name='nl.kidskonnect.groep.Main",
                "launchable-activity: name='nl.Main",
                "MainActivity",
            ),
            ("permission.CAMERA'", "permission.READ_CONTACTS'", "READ_CONTACTS"),
            (
                "application-label:",
                "application-debuggable\napplication-label:",
                "can be debugged",
            ),
            (
                "extractNativeLibs(0x010104ea)=false",
                "extractNativeLibs(0x010104ea)=true",
                "extractNativeLibs is not false",
            ),
            (
                "allowBackup(0x01010280)=false",
                "allowBackup(0x01010280)=true",
                "allowBackup is not false",
            ),
            (
                "scheme(0x01010027)=\"nl",
                "scheme(0x01010027)=\"be",
                "no activity takes links",
            ),
        ] {
            let manifest = Manifest::of(&BADGING.replacen(from, to, 1), &TREE.replacen(from, to, 1));
            let problems = manifest.problems(&expected).join("\n");
            assert!(problems.contains(says), "{from}: {problems:?}");
        }
    }

    #[test]
    fn the_classes_of_the_manifest_are_its_components_their_factory_and_initializers() {
        assert_eq!(
            Manifest::of(BADGING, TREE).classes(),
            [
                "androidx.core.app.CoreComponentFactory",
                "nl.kidskonnect.groep.MainActivity",
                "androidx.startup.InitializationProvider",
                "androidx.emoji2.text.EmojiCompatInitializer",
            ]
        );
    }
}
