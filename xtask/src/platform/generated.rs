//! What is written from one place: settings from their table, hosts from `environments.toml`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

use serde_json::{Value, json};
use settings::emit::{APP_ID, restrictions, strings};

use super::Ground;
use crate::run::Outcome;

/// Where `tauri-plugin-deep-link` writes its intent filters on each build; the committed manifest has them already.
const MARK: &str = "<!-- DEEP LINK PLUGIN. AUTO-GENERATED. DO NOT REMOVE. -->";
/// In the manifest and in `tauri.android.conf.json`. Gradle's number is compared with it.
pub const MIN_SDK: u32 = 26;
/// Of an https callback in the system's own sign-in sheet.
const MIN_IOS: &str = "17.4";

/// Generated files that are not as they would be written now.
pub fn drift(ground: &Ground) -> Outcome<Vec<String>> {
    let stale = all(ground)?
        .into_iter()
        .filter(|(name, text)| fs::read_to_string(ground.root.join(name)).ok().as_ref() != Some(text));
    Ok(stale
        .map(|(name, _)| format!("{name} is not what its source says: run `cargo xtask mobile --write`"))
        .collect())
}

/// Writes them.
pub fn write(ground: &Ground) -> Outcome {
    for (name, text) in all(ground)? {
        let path = ground.root.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}

fn all(ground: &Ground) -> Outcome<Vec<(&'static str, String)>> {
    let hosts = claimed_hosts(&fs::read_to_string(ground.root.join("environments.toml"))?)?;
    let manifest = fs::read_to_string(ground.android().join("AndroidManifest.xml"))?;
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
                &json!({ "bundle": { "iOS": { "minimumSystemVersion": MIN_IOS } }, "plugins": { "deep-link": links(&hosts) } }),
            )?,
        ),
        ("src-tauri/ios/KonnectGroep.entitlements", entitlements(&hosts)),
    ])
}

fn pretty(value: &Value) -> Outcome<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// The hosts whose links open the app, of every environment that has one.
fn claimed_hosts(environments: &str) -> Outcome<BTreeSet<String>> {
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

/// The manifest with its intent filters, line by line as the plugin would write them.
fn with_links(manifest: &str, hosts: &BTreeSet<String>) -> Outcome<String> {
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
    let end = manifest.find("</activity>").ok_or("the manifest has no activity")?;
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

/// Associated domains only where there is a host, and the keychain that the app's own keys lie in.
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
    text + &format!(
        "\t<key>keychain-access-groups</key>\n\t<array>\n\t\t<string>$(AppIdentifierPrefix){APP_ID}</string>\n\t</array>\n</dict>\n</plist>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> BTreeSet<String> {
        claimed_hosts("[production]\nclaimed_host = \"groep.example\"\n[acceptance]\nclaimed_host = \"\"\n").unwrap()
    }

    #[test]
    fn a_claimed_host_reaches_both_tablets_from_one_line() {
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
