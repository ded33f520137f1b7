//! The JSON Schema of a settings file.

use serde_json::{Map, Value, json};

use crate::schema::{CONFIG_VERSION, KEYS, Key, Kind};

/// The schema (draft 2020-12). It allows keys that it does not name, because the app skips them.
#[must_use]
pub fn json_schema() -> Value {
    let properties: Map<String, Value> = KEYS.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Konnect Groep",
        "type": "object",
        "properties": properties,
        "additionalProperties": { "type": ["string", "boolean", "integer"] },
        "if": { "properties": { "environment": { "const": "custom" } }, "required": ["environment"] },
        "then": { "required": ["issuer", "client_id", "group_url"] },
        "else": { "properties": { "issuer": false, "client_id": false, "group_url": false, "audience": false } }
    })
}

fn property(key: &Key) -> Value {
    let mut property = match key.kind {
        Kind::Flag(default) => json!({ "enum": [true, false, "true", "false"], "default": default }),
        Kind::Number(least, most, default) => {
            json!({ "anyOf": [{ "type": "integer", "minimum": least, "maximum": most }, { "type": "string", "pattern": "^[0-9]{1,6}$" }], "default": default })
        }
        Kind::Choice(choices) => json!({ "enum": choices, "default": choices.first() }),
        Kind::Text(longest) => json!({ "type": "string", "maxLength": longest }),
        Kind::Tenant => json!({ "type": "string", "pattern": "^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$" }),
        Kind::Issuer => json!({ "type": "string", "pattern": "^https://[^/?#@:]+/?$" }),
        Kind::ClientId => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{8,128}$" }),
        Kind::Audience => json!({ "type": "string", "format": "uri", "maxLength": 200 }),
        Kind::GroupUrl => json!({ "type": "string", "pattern": "^https://[^#@]+$", "maxLength": 200 }),
        Kind::Hosts => json!({ "type": "string", "pattern": "^[A-Za-z0-9*.,; -]+$" }),
        Kind::Contact => json!({ "type": "string", "maxLength": 120 }),
        Kind::PublicKeys => {
            json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,32}:[A-Za-z0-9_-]{43}([,; ]+[A-Za-z0-9_-]{1,32}:[A-Za-z0-9_-]{43}){0,3}$" })
        }
    };
    if let Some(object) = property.as_object_mut() {
        object.insert("title".to_owned(), json!(key.title.en));
        object.insert("description".to_owned(), json!(key.description.en));
        if key.name == "config_version" {
            object.insert("examples".to_owned(), json!([CONFIG_VERSION]));
        }
    }
    property
}
