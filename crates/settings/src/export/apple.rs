//! The `AppConfig` specfile. Its XML schema prescribes the order: version, bundleId, dict, presentation.

use std::io;

use error_codes::Text;
use quick_xml::events::BytesText;

use super::{APP_ID, Xml, document};
use crate::schema::{CONFIG_VERSION, KEYS, Key, Kind};

/// The specfile that declares all keys to MDM consoles.
pub fn specfile() -> io::Result<String> {
    document(|xml| {
        xml.create_element("managedAppConfiguration")
            .write_inner_content(|xml| {
                text(xml, "version", &CONFIG_VERSION.to_string())?;
                text(xml, "bundleId", APP_ID)?;
                xml.create_element("dict")
                    .write_inner_content(|xml| KEYS.iter().try_for_each(|key| value(xml, key)))?;
                xml.create_element("presentation")
                    .with_attribute(("defaultLocale", "en-US"))
                    .write_inner_content(|xml| KEYS.iter().try_for_each(|key| field(xml, key)))?;
                Ok(())
            })?;
        Ok(())
    })
}

fn text(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    xml.create_element(name)
        .write_text_content(BytesText::new(text))
        .map(drop)
}

fn value(xml: &mut Xml, key: &Key) -> io::Result<()> {
    let name = match key.kind {
        Kind::Flag(_) => "boolean",
        Kind::Number(..) => "integer",
        _ => "string",
    };
    let default = key.default_text();
    xml.create_element(name)
        .with_attribute(("keyName", key.name))
        .write_inner_content(|xml| {
            if !default.is_empty() {
                xml.create_element("defaultValue")
                    .write_inner_content(|xml| text(xml, "value", &default))?;
            }
            let constraint = xml.create_element("constraint").with_attribute(("nullable", "true"));
            match key.kind {
                Kind::Choice(choices) => constraint
                    .write_inner_content(|xml| {
                        xml.create_element("values")
                            .write_inner_content(|xml| choices.iter().try_for_each(|choice| text(xml, "value", choice)))
                            .map(drop)
                    })
                    .map(drop),
                Kind::Number(least, most, _) => constraint
                    .with_attributes([("min", least.to_string().as_str()), ("max", most.to_string().as_str())])
                    .write_empty()
                    .map(drop),
                _ => constraint.write_empty().map(drop),
            }
        })?;
    Ok(())
}

fn field(xml: &mut Xml, key: &Key) -> io::Result<()> {
    let kind = match key.kind {
        Kind::Flag(_) => "checkbox",
        Kind::Choice(_) => "select",
        _ => "input",
    };
    xml.create_element("field")
        .with_attributes([("keyName", key.name), ("type", kind)])
        .write_inner_content(|xml| {
            localized(xml, "label", key.title)?;
            localized(xml, "description", key.description)?;
            if let Kind::Choice(choices) = key.kind {
                xml.create_element("options").write_inner_content(|xml| {
                    choices.iter().try_for_each(|choice| {
                        let option = xml.create_element("option").with_attribute(("value", *choice));
                        option
                            .write_inner_content(|xml| languages(xml, Text { nl: choice, en: choice }))
                            .map(drop)
                    })
                })?;
            }
            Ok(())
        })?;
    Ok(())
}

fn localized(xml: &mut Xml, name: &str, text: Text) -> io::Result<()> {
    xml.create_element(name)
        .write_inner_content(|xml| languages(xml, text))
        .map(drop)
}

fn languages(xml: &mut Xml, text: Text) -> io::Result<()> {
    for (language, text) in [("en-US", text.en), ("nl-NL", text.nl)] {
        xml.create_element("language")
            .with_attribute(("value", language))
            .write_text_content(BytesText::new(text))?;
    }
    Ok(())
}
