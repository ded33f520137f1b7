//! Settings in the format of each MDM, for an administrator to paste into its console.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::APP_ID;
use crate::schema::KEYS;

/// An MDM console, or the format that several of them accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MdmConsole {
    /// Google's Android Management API.
    Amapi,
    /// Microsoft Intune for Android.
    IntuneAndroid,
    /// Managed Google Play (the EMM API).
    Play,
    /// Samsung Knox Manage: the fields of its form, by key.
    Knox,
    /// Microsoft Intune for iPad.
    IntuneApple,
    /// Jamf Pro.
    Jamf,
    /// A whole property list.
    Plist,
    /// Apple's declarative management.
    Declarative,
}

impl MdmConsole {
    /// All consoles.
    pub const ALL: [Self; 8] = [
        Self::Amapi,
        Self::IntuneAndroid,
        Self::Play,
        Self::Knox,
        Self::IntuneApple,
        Self::Jamf,
        Self::Plist,
        Self::Declarative,
    ];
}

/// Example settings: the keys that an ordinary roll-out sets.
#[must_use]
pub fn example() -> Map<String, Value> {
    let names = [
        "tenant",
        "organisation_name",
        "location_id",
        "device_label",
        "support_contact",
        "language",
        "allow_manual_setup",
        "idle_lock_minutes",
        "kiosk",
    ];
    let typed = |name: &str, text: String| match name {
        "allow_manual_setup" => Value::from(false),
        "idle_lock_minutes" => Value::from(10),
        _ => Value::from(text),
    };
    KEYS.iter()
        .filter(|key| names.contains(&key.name))
        .map(|key| (key.name.to_owned(), typed(key.name, key.example())))
        .collect()
}

/// Writes settings in the format of a console. Expects valid values in the type of their keys; validate them first.
pub fn for_console(console: MdmConsole, settings: &Map<String, Value>) -> io::Result<String> {
    let json = |value: Value| {
        serde_json::to_string_pretty(&value)
            .map(|text| text + "\n")
            .map_err(io::Error::other)
    };
    match console {
        MdmConsole::Amapi => json(
            json!({ "applications": [{ "packageName": APP_ID, "installType": "FORCE_INSTALLED", "managedConfiguration": settings }] }),
        ),
        MdmConsole::IntuneAndroid | MdmConsole::Play => json(managed_properties(settings)),
        MdmConsole::Knox => json(Value::Object(settings.clone())),
        MdmConsole::Plist => plist(settings),
        MdmConsole::IntuneApple | MdmConsole::Jamf => {
            let whole = plist(settings)?;
            let (start, end) = (
                whole.find("<dict").unwrap_or(0),
                whole.rfind("</plist>").unwrap_or(whole.len()),
            );
            Ok(whole[start..end].trim_end().to_owned() + "\n")
        }
        MdmConsole::Declarative => json(declarations(settings)?),
    }
}

fn managed_properties(settings: &Map<String, Value>) -> Value {
    let properties: Vec<Value> = settings
        .iter()
        .map(|(key, value)| match value {
            Value::Bool(flag) => json!({ "key": key, "valueBool": flag }),
            Value::Number(number) => json!({ "key": key, "valueInteger": number }),
            Value::String(text) => json!({ "key": key, "valueString": text }),
            other => json!({ "key": key, "valueString": other.to_string() }),
        })
        .collect();
    json!({ "kind": "androidenterprise#managedConfiguration", "productId": format!("app:{APP_ID}"), "managedProperty": properties })
}

fn plist(settings: &Map<String, Value>) -> io::Result<String> {
    let mut dictionary = plist::Dictionary::new();
    for (key, value) in settings {
        let value = match value {
            Value::Bool(flag) => plist::Value::Boolean(*flag),
            Value::Number(number) => plist::Value::Integer(number.as_i64().unwrap_or_default().into()),
            Value::String(text) => plist::Value::String(text.clone()),
            other => plist::Value::String(other.to_string()),
        };
        dictionary.insert(key.clone(), value);
    }
    let mut bytes = vec![];
    plist::Value::Dictionary(dictionary)
        .to_writer_xml(&mut bytes)
        .map_err(io::Error::other)?;
    String::from_utf8(bytes)
        .map(|text| text + "\n")
        .map_err(io::Error::other)
}

/// The two declarations, and in `Data` the property list that the asset refers to. The MDM serves that list, so the
/// administrator replaces `DataURL` by its address.
///
/// `AppConfig` would hand the list to Apple's `ManagedApp` framework, which the app does not use. The system delivers what
/// `LegacyAppConfigAssetReference` names as the managed configuration in user defaults, where the app reads it.
fn declarations(settings: &Map<String, Value>) -> io::Result<Value> {
    let asset = format!("{APP_ID}.settings");
    let data = plist(settings)?;
    Ok(json!({
        "Declarations": [
            {
                "Type": "com.apple.asset.data",
                "Identifier": asset,
                "Payload": { "Reference": { "DataURL": format!("https://mdm.example/{asset}.plist"), "ContentType": "application/plist" } }
            },
            {
                "Type": "com.apple.configuration.app.managed",
                "Identifier": format!("{APP_ID}.app"),
                "Payload": {
                    "BundleID": APP_ID,
                    "InstallBehavior": { "Install": "Required", "License": { "Assignment": "Device" } },
                    "LegacyAppConfigAssetReference": asset
                }
            }
        ],
        "Data": { asset.clone(): STANDARD.encode(data) }
    }))
}
