//! Reads JSON in which no object has two members of the same name.
//!
//! RFC 8259 §4 leaves open what a reader does with a duplicate member: some take the first, some the last. Two programs
//! that read one signed text can then see two different values, so a duplicate in a token, in a provider's metadata or
//! in a setup link is refused. RFC 7515 §4 demands this of JOSE headers, RFC 7519 §4 allows it for claims.
//!
//! Names are compared after their escapes are decoded: `"a"` and `"\u0061"` are the same name. Nesting is limited to 128
//! levels, as in `serde_json`.
//!
//! ```
//! use strict_json::Error;
//!
//! let members = strict_json::parse_object(br#"{"alg": "ES256"}"#)?;
//! assert_eq!(members["alg"], "ES256");
//!
//! let duplicate = strict_json::parse(b"{\"alg\": \"ES256\",\n \"alg\": \"none\"}").unwrap_err();
//! assert_eq!(duplicate, Error::Duplicate { name: "alg".to_owned(), line: 2 });
//! # Ok::<(), Error>(())
//! ```
#![warn(missing_docs)]

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Why a text was refused.
///
/// `Duplicate` and `Syntax` quote the text: do not print them for a text that may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// An object, at any depth, has two members of this name. The text after the second name was not read.
    Duplicate {
        /// The name, with its escapes decoded.
        name: String,
        /// The line of the second name, counted from 1.
        line: usize,
    },
    /// The text is not JSON, or more text follows the value.
    Syntax {
        /// What `serde_json` says about the fault, with line and column.
        message: String,
        /// The line of the fault, counted from 1.
        line: usize,
    },
    /// The text is JSON, but the value is not an object. Returned by [`parse_object`] only.
    NotAnObject,
}

impl Error {
    /// The line of the fault, counted from 1; none if the fault is that of the whole text.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Duplicate { line, .. } | Self::Syntax { line, .. } => Some(*line),
            Self::NotAnObject => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { name, line } => write!(f, "duplicate member {name:?} at line {line}"),
            Self::Syntax { message, .. } => f.write_str(message),
            Self::NotAnObject => f.write_str("not an object"),
        }
    }
}

impl std::error::Error for Error {}

/// Reads one JSON value of any kind. White space may surround the value, nothing else may.
pub fn parse(text: &[u8]) -> Result<Value, Error> {
    let mut duplicate = None;
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = StrictValue {
        duplicate: &mut duplicate,
    }
    .deserialize(&mut reader)
    .and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| match duplicate {
        Some(name) => Error::Duplicate {
            name,
            line: error.line(),
        },
        None => Error::Syntax {
            line: error.line(),
            message: error.to_string(),
        },
    })
}

/// Reads one JSON object; a value of another kind is an error.
pub fn parse_object(text: &[u8]) -> Result<Map<String, Value>, Error> {
    match parse(text)? {
        Value::Object(members) => Ok(members),
        _ => Err(Error::NotAnObject),
    }
}

/// Reads a value. A `serde` error carries text only, so the name of a duplicate member leaves through `duplicate`.
struct StrictValue<'a> {
    duplicate: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for StrictValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StrictValue<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without duplicate members")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = vec![];
        while let Some(item) = access.next_element_seed(StrictValue {
            duplicate: &mut *self.duplicate,
        })? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            if members.contains_key(&name) {
                *self.duplicate = Some(name);
                return Err(A::Error::custom("duplicate member"));
            }
            let value = access.next_value_seed(StrictValue {
                duplicate: &mut *self.duplicate,
            })?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_read_as_it_is() {
        let members = parse_object(br#"{"a":[1,-2,0.5,null,true,"x"],"b":{"c":{}}}"#).unwrap();
        assert_eq!(
            Value::Object(members).to_string(),
            r#"{"a":[1,-2,0.5,null,true,"x"],"b":{"c":{}}}"#
        );
    }

    #[test]
    fn a_duplicate_member_is_refused_at_any_depth_and_named_with_its_line() {
        for (text, name, line) in [
            (r#"{"a":1,"a":1}"#, "a", 1),
            ("{\"a\":{\"b\":1,\n\"b\":2}}", "b", 2),
            (r#"{"a":[{"b":1,"b":2}]}"#, "b", 1),
            ("{\"a\":1,\n\n\"\\u0061\":2}", "a", 3),
            // Nothing after the second name is read, so a fault behind the duplicate stays unseen.
            (r#"{"a":1,"a""#, "a", 1),
        ] {
            let expected = Error::Duplicate {
                name: name.to_owned(),
                line,
            };
            assert_eq!(parse(text.as_bytes()), Err(expected.clone()), "{text}");
            assert_eq!(parse_object(text.as_bytes()), Err(expected), "{text}");
        }
    }

    #[test]
    fn the_same_name_in_two_objects_is_no_duplicate() {
        assert!(parse(br#"[{"a":1},{"a":{"a":1}}]"#).is_ok());
    }

    #[test]
    fn a_value_that_is_no_object_is_refused_where_an_object_is_expected() {
        for text in ["[]", "7", "null", "\"x\"", "true"] {
            assert!(parse(text.as_bytes()).is_ok(), "{text}");
            assert_eq!(parse_object(text.as_bytes()), Err(Error::NotAnObject), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_not_json_is_refused_with_the_line_of_the_fault() {
        let deep = "[".repeat(100_000);
        for (text, line) in [
            ("", 1),
            ("<html>", 1),
            (r#"{"a":1}{}"#, 1),
            ("{\"a\":1,\n\"b\"", 2),
            (deep.as_str(), 1),
        ] {
            let refused = parse(text.as_bytes()).unwrap_err();
            assert!(matches!(refused, Error::Syntax { .. }), "{refused}");
            assert_eq!(refused.line(), Some(line), "{refused}");
        }
    }
}
