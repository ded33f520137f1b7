//! `res/xml/app_restrictions.xml` and its string resources.

use std::io;

use quick_xml::events::BytesText;

use super::document;
use crate::schema::{KEYS, Key, Kind};

const ANDROID: &str = "http://schemas.android.com/apk/res/android";

/// The declaration of all keys, which Google Play and MDM consoles read from the APK.
pub fn restrictions() -> io::Result<String> {
    document(|xml| {
        xml.create_element("restrictions")
            .with_attribute(("xmlns:android", ANDROID))
            .write_inner_content(|xml| {
                for key in KEYS {
                    let (title, description) = (
                        format!("@string/setting_{}_title", key.name),
                        format!("@string/setting_{}_description", key.name),
                    );
                    let default = key.default_text();
                    let mut element = xml.create_element("restriction").with_attributes([
                        ("android:key", key.name),
                        ("android:title", &title),
                        ("android:description", &description),
                        ("android:restrictionType", kind(key)),
                    ]);
                    if let Kind::Choice(_) = key.kind {
                        let array = format!("@array/setting_{}", key.name);
                        element = element.with_attributes([
                            ("android:entries", array.as_str()),
                            ("android:entryValues", array.as_str()),
                        ]);
                    }
                    if !default.is_empty() {
                        element = element.with_attribute(("android:defaultValue", default.as_str()));
                    }
                    element.write_empty()?;
                }
                Ok(())
            })?;
        Ok(())
    })
}

fn kind(key: &Key) -> &'static str {
    match key.kind {
        Kind::Flag(_) => "bool",
        Kind::Number(..) => "integer",
        Kind::Choice(_) => "choice",
        _ => "string",
    }
}

/// The titles and descriptions in a language (`nl`, anything else is English). The English file holds the default
/// resources, so it also holds the lists of choices, which are not translated.
pub fn strings(language: &str) -> io::Result<String> {
    document(|xml| {
        xml.create_element("resources").write_inner_content(|xml| {
            for key in KEYS {
                for (part, text) in [("title", key.title), ("description", key.description)] {
                    let name = format!("setting_{}_{part}", key.name);
                    let text = escaped(text.in_language(language));
                    xml.create_element("string")
                        .with_attribute(("name", name.as_str()))
                        .write_text_content(BytesText::new(&text))?;
                }
            }
            for key in KEYS.iter().filter(|_| language != "nl") {
                let Kind::Choice(choices) = key.kind else { continue };
                let name = format!("setting_{}", key.name);
                xml.create_element("string-array")
                    .with_attributes([("name", name.as_str()), ("translatable", "false")])
                    .write_inner_content(|xml| {
                        for choice in choices {
                            xml.create_element("item").write_text_content(BytesText::new(choice))?;
                        }
                        Ok(())
                    })?;
            }
            Ok(())
        })?;
        Ok(())
    })
}

/// Escapes what Android interprets in string resources: apostrophes, quotes, backslashes, and a leading `@` or `?`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, character) in text.chars().enumerate() {
        if matches!(character, '\'' | '"' | '\\') || (at == 0 && matches!(character, '@' | '?')) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
