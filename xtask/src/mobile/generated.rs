//! The generated files of both projects: settings from their schema, hosts from `environments.toml`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use settings::export::{APP_ID, restrictions, strings};

use crate::paths::Paths;

/// `tauri-plugin-deep-link` writes its intent filters between two of these on each build. The committed manifest has the
/// same filters already, so that a build changes nothing.
const MARK: &str = "<!-- DEEP LINK PLUGIN. AUTO-GENERATED. DO NOT REMOVE. -->";
/// The oldest Android that the app runs on, as an API level: Android 8.0. Gradle's number is compared with it.
pub const MIN_SDK: u32 = 26;
/// The oldest iPadOS that the app runs on: the first whose sign-in sheet takes an https callback. The iPads that stop at
/// iPadOS 16 stay behind, because an app that starts on them now would stop working there with the first claimed host.
const MIN_IOS: &str = "17.4";
/// The frameworks that the app's code uses beside those of Tauri's own Xcode project (`ipad/frameworks.rs`).
const FRAMEWORKS: [&str; 1] = ["AuthenticationServices"];

/// The generated files that differ from what [`write`] would write now.
pub fn stale(paths: &Paths) -> Result<Vec<String>> {
    let stale = all(paths)?
        .into_iter()
        .filter(|(name, text)| fs::read_to_string(paths.root.join(name)).ok().as_ref() != Some(text));
    Ok(stale
        .map(|(name, _)| format!("{name} differs from its source: run `cargo xtask mobile --write`"))
        .collect())
}

/// Writes every generated file.
pub fn write(paths: &Paths) -> Result<()> {
    for (name, text) in all(paths)? {
        let path = paths.root.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}

fn all(paths: &Paths) -> Result<Vec<(&'static str, String)>> {
    let hosts = claimed_hosts(&fs::read_to_string(paths.root.join("environments.toml"))?)?;
    let manifest = fs::read_to_string(paths.android_main().join("AndroidManifest.xml"))?;
    Ok(vec![
        (
            "src-tauri/gen/android/app/src/main/res/xml/app_restrictions.xml",
            restrictions()?,
        ),
        (
            "src-tauri/gen/android/app/src/main/res/values/settings.xml",
            strings("en")?,
        ),
        (
            "src-tauri/gen/android/app/src/main/res/values-nl/settings.xml",
            strings("nl")?,
        ),
        (
            "src-tauri/gen/android/app/src/main/AndroidManifest.xml",
            with_links(&manifest, &hosts)?,
        ),
        (
            "src-tauri/tauri.android.conf.json",
            pretty(
                &json!({ "bundle": { "android": { "minSdkVersion": MIN_SDK } }, "plugins": { "deep-link": links(&hosts) } }),
            )?,
        ),
        (
            "src-tauri/tauri.ios.conf.json",
            pretty(
                &json!({ "bundle": { "iOS": { "frameworks": FRAMEWORKS, "minimumSystemVersion": MIN_IOS } }, "plugins": { "deep-link": links(&hosts) } }),
            )?,
        ),
        ("src-tauri/ios/KonnectGroep.entitlements", entitlements(&hosts)),
    ])
}

fn pretty(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// The hosts whose https links open the app, from every environment that has one.
fn claimed_hosts(environments: &str) -> Result<BTreeSet<String>> {
    let table: toml::Table = toml::from_str(environments)?;
    let hosts = table
        .values()
        .filter_map(|environment| environment.get("claimed_host")?.as_str());
    Ok(hosts.filter(|host| !host.is_empty()).map(str::to_owned).collect())
}

fn links(hosts: &BTreeSet<String>) -> Value {
    let own = json!({ "scheme": [APP_ID], "appLink": false });
    let claimed = hosts
        .iter()
        .map(|host| json!({ "scheme": ["https"], "host": host, "pathPrefix": ["/groep/"], "appLink": true }));
    json!({ "mobile": std::iter::once(own).chain(claimed).collect::<Vec<_>>() })
}

/// The manifest with its intent filters, line by line as `tauri-plugin-deep-link` writes them.
fn with_links(manifest: &str, hosts: &BTreeSet<String>) -> Result<String> {
    let mut filters = vec![filter("", &format!("<data android:scheme=\"{APP_ID}\" />"), "", "")];
    for host in hosts {
        let (host, prefix) = (
            format!("<data android:host=\"{host}\" />"),
            "<data android:pathPrefix=\"/groep/\" />",
        );
        filters.push(filter(
            "android:autoVerify=\"true\" ",
            "<data android:scheme=\"https\" />",
            &host,
            prefix,
        ));
    }
    let end = manifest.find("</activity>").context("the manifest has no activity")?;
    let (head, tail) = manifest.split_at(end);
    let head = match head.find(MARK) {
        Some(at) => &head[..at],
        None => head,
    };
    let mut text = head.trim_end().to_owned() + "\n";
    for line in std::iter::once(MARK)
        .chain(filters.iter().flat_map(|filter| filter.split('\n')))
        .chain([MARK])
    {
        writeln!(text, "            {line}")?;
    }
    Ok(text + "        " + tail)
}

fn filter(verify: &str, scheme: &str, host: &str, prefix: &str) -> String {
    let lines = [
        "<action android:name=\"android.intent.action.VIEW\" />",
        "<!-- ChromeOS ARC++ uses a different action for deep links -->",
        "<action android:name=\"org.chromium.arc.intent.action.VIEW\" />",
        "<category android:name=\"android.intent.category.DEFAULT\" />",
        "<category android:name=\"android.intent.category.BROWSABLE\" />",
        scheme,
        host,
        "",
        "",
        prefix,
        "",
    ];
    format!(
        "<intent-filter {verify}>\n    {}\n</intent-filter>",
        lines.join("\n    ")
    )
}

/// Associated domains if there is a claimed host. No keychain access group: an app's own group is the default, and the
/// variable that its name needs stays as it is where Tauri signs with an App Store Connect key.
fn entitlements(hosts: &BTreeSet<String>) -> String {
    let mut text = String::from(concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n",
        "<!-- Written from environments.toml by `cargo xtask mobile --write`. -->\n<plist version=\"1.0\">\n<dict>\n",
    ));
    if !hosts.is_empty() {
        text += "\t<key>com.apple.developer.associated-domains</key>\n\t<array>\n";
        for kind in ["applinks", "webcredentials"] {
            for host in hosts {
                text.extend(["\t\t<string>", kind, ":", host, "</string>\n"]);
            }
        }
        text += "\t</array>\n";
    }
    text + "</dict>\n</plist>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> BTreeSet<String> {
        claimed_hosts("[production]\nclaimed_host = \"groep.example\"\n[acceptance]\nclaimed_host = \"\"\n").unwrap()
    }

    #[test]
    fn one_claimed_host_reaches_both_projects() {
        let text = entitlements(&hosts());
        assert!(
            text.contains("applinks:groep.example") && text.contains("webcredentials:groep.example"),
            "{text}"
        );
        let manifest = with_links("<activity>\n        </activity>", &hosts()).unwrap();
        assert!(
            manifest.contains("autoVerify=\"true\"") && manifest.contains("<data android:host=\"groep.example\" />"),
            "{manifest}"
        );
        assert_eq!(links(&hosts())["mobile"][1]["scheme"], json!(["https"]));
    }

    #[test]
    fn writing_the_links_twice_changes_nothing() {
        let once = with_links("    <activity>\n        </activity>\n", &hosts()).unwrap();
        assert_eq!(with_links(&once, &hosts()).unwrap(), once);
    }
}
