//! The rules for settings that an administrator pastes into an MDM console.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::export::{APP_ID, MdmConsole};
use crate::schema::{Kind, key};

/// Checks settings against the format of a console.
#[must_use]
pub fn console(console: MdmConsole, text: &str) -> Vec<String> {
    let checked = match console {
        MdmConsole::Plist | MdmConsole::IntuneApple | MdmConsole::Jamf => property_list(console, text),
        _ => serde_json::from_str(text)
            .map_err(|error| error.to_string())
            .and_then(|value| match console {
                MdmConsole::Amapi => policy(&value),
                MdmConsole::IntuneAndroid | MdmConsole::Play => managed_configuration(&value),
                MdmConsole::Declarative => declarations(&value),
                _ => flat(value.as_object().ok_or("not an object")?),
            }),
    };
    checked.err().into_iter().collect()
}

/// Requires that every key is in the schema and that every value has the type of its key.
fn flat(settings: &Map<String, Value>) -> Result<(), String> {
    if settings.is_empty() {
        return Err("no settings".to_owned());
    }
    settings.iter().try_for_each(|(name, value)| typed(name, value))
}

fn typed(name: &str, value: &Value) -> Result<(), String> {
    let row = key(name).ok_or_else(|| format!("{name} is not a key"))?;
    let fits = match row.kind {
        Kind::Flag(_) => value.is_boolean(),
        Kind::Number(..) => value.is_i64(),
        _ => value.is_string(),
    };
    if fits {
        Ok(())
    } else {
        Err(format!("{name} is not of its type"))
    }
}

fn is(value: &Value, pointer: &str, wanted: &[&str]) -> Result<(), String> {
    match value.pointer(pointer).and_then(Value::as_str) {
        Some(text) if wanted.contains(&text) => Ok(()),
        other => Err(format!("{pointer} is {other:?}, not one of {wanted:?}")),
    }
}

/// A policy of the Android Management API.
fn policy(value: &Value) -> Result<(), String> {
    let applications = value
        .get("applications")
        .and_then(Value::as_array)
        .filter(|all| !all.is_empty())
        .ok_or("no applications")?;
    for application in applications {
        is(application, "/packageName", &[APP_ID])?;
        is(
            application,
            "/installType",
            &[
                "PREINSTALLED",
                "FORCE_INSTALLED",
                "AVAILABLE",
                "REQUIRED_FOR_SETUP",
                "KIOSK",
            ],
        )?;
        flat(
            application
                .get("managedConfiguration")
                .and_then(Value::as_object)
                .ok_or("no managedConfiguration")?,
        )?;
    }
    Ok(())
}

/// A managed configuration of Google Play's EMM API, which Intune accepts too.
fn managed_configuration(value: &Value) -> Result<(), String> {
    is(value, "/kind", &["androidenterprise#managedConfiguration"])?;
    is(value, "/productId", &[&format!("app:{APP_ID}")])?;
    let properties = value
        .get("managedProperty")
        .and_then(Value::as_array)
        .filter(|all| !all.is_empty())
        .ok_or("no managedProperty")?;
    let mut keys = vec![];
    for property in properties {
        let property = property.as_object().ok_or("a property is not an object")?;
        let name = property
            .get("key")
            .and_then(Value::as_str)
            .ok_or("a property without key")?;
        let [(field, value)] = property.iter().filter(|(field, _)| *field != "key").collect::<Vec<_>>()[..] else {
            return Err(format!("{name} has not one value"));
        };
        let fits = match field.as_str() {
            "valueString" => value.is_string(),
            "valueBool" => value.is_boolean(),
            "valueInteger" => value.is_i64(),
            _ => false,
        };
        if !fits || keys.contains(&name) {
            return Err(format!("{name}: {field} does not fit, or the key occurs twice"));
        }
        typed(name, value)?;
        keys.push(name);
    }
    Ok(())
}

/// A property list; for consoles that wrap it themselves, only its dictionary.
fn property_list(console: MdmConsole, text: &str) -> Result<(), String> {
    let bare = text.starts_with("<dict>") && text.trim_end().ends_with("</dict>");
    if bare != (console != MdmConsole::Plist) {
        return Err("not the part of a property list that this console takes".to_owned());
    }
    let whole = if bare {
        format!("<plist version=\"1.0\">{text}</plist>")
    } else {
        text.to_owned()
    };
    let read = plist::Value::from_reader_xml(whole.as_bytes()).map_err(|error| error.to_string())?;
    let dictionary = read.as_dictionary().ok_or("not a dictionary")?;
    let mut settings = Map::new();
    for (name, value) in dictionary {
        let value = match value {
            plist::Value::Boolean(flag) => Value::from(*flag),
            plist::Value::Integer(number) => Value::from(number.as_signed()),
            plist::Value::String(text) => Value::from(text.clone()),
            _ => return Err(format!("{name} is not a flat value")),
        };
        settings.insert(name.clone(), value);
    }
    if settings.len() != whole.matches("<key>").count() {
        return Err("a key occurs twice".to_owned());
    }
    flat(&settings)
}

/// Declarative management: an app, its asset, and the data that the asset refers to.
fn declarations(value: &Value) -> Result<(), String> {
    let all = value
        .get("Declarations")
        .and_then(Value::as_array)
        .ok_or("no Declarations")?;
    let of = |kind: &str| {
        all.iter()
            .find(|one| one.get("Type").and_then(Value::as_str) == Some(kind))
            .ok_or_else(|| format!("no {kind}"))
    };
    let (asset, app) = (of("com.apple.asset.data")?, of("com.apple.configuration.app.managed")?);
    let text = |value: &Value, pointer: &str| {
        value
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| format!("no {pointer}"))
    };
    let (name, other) = (text(asset, "/Identifier")?, text(app, "/Identifier")?);
    if name == other {
        return Err("two declarations of one identifier".to_owned());
    }
    if !text(asset, "/Payload/Reference/DataURL")?.starts_with("https://") {
        return Err("DataURL is not https".to_owned());
    }
    is(asset, "/Payload/Reference/ContentType", &["application/plist"])?;
    if ["AppStoreID", "BundleID", "ManifestURL"]
        .iter()
        .filter(|name| app["Payload"].get(name).is_some())
        .count()
        != 1
    {
        return Err("not one name of the app".to_owned());
    }
    is(app, "/Payload/BundleID", &[APP_ID])?;
    is(app, "/Payload/InstallBehavior/Install", &["Optional", "Required"])?;
    // What `AppConfig` names never reaches the app: that is for Apple's `ManagedApp` framework.
    is(app, "/Payload/LegacyAppConfigAssetReference", &[&name])?;
    let data = value
        .get("Data")
        .and_then(|data| data.get(&name))
        .and_then(Value::as_str)
        .ok_or("no data behind the asset")?;
    let data = STANDARD.decode(data).map_err(|error| error.to_string())?;
    property_list(
        MdmConsole::Plist,
        &String::from_utf8(data).map_err(|error| error.to_string())?,
    )
}
