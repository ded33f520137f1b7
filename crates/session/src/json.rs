//! JSON as a security protocol needs it: one object, no member twice.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads one JSON object. A member that comes twice at any depth is an error: which of the two counts would be a
/// guess (RFC 8259, section 4; RFC 7515, section 4 demands it for JOSE headers).
pub fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice::<Unique>(bytes) {
        Ok(Unique(Value::Object(map))) => Some(map),
        _ => None,
    }
}

struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Unique;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON without a member twice")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_unit<E>(self) -> Result<Unique, E> {
                Ok(Unique(Value::Null))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
                let mut list = vec![];
                while let Some(Unique(item)) = items.next_element()? {
                    list.push(item);
                }
                Ok(Unique(Value::Array(list)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
                let mut map = Map::new();
                while let Some((name, Unique(value))) = members.next_entry::<String, Unique>()? {
                    if map.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("a member comes twice"));
                    }
                }
                Ok(Unique(Value::Object(map)))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_is_read_as_it_is() {
        let map = object(br#"{"a":[1,-2,0.5,null,true,"x"],"b":{"c":{}}}"#).unwrap();
        assert_eq!(
            Value::Object(map).to_string(),
            r#"{"a":[1,-2,0.5,null,true,"x"],"b":{"c":{}}}"#
        );
    }

    #[test]
    fn a_member_twice_is_refused_at_any_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[{"b":1,"b":2}]}"#,
            "{\"a\":1,\"\\u0061\":2}",
        ] {
            assert_eq!(object(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let deep = "[".repeat(100_000);
        for text in ["", "[]", "7", "null", "<html>", r#"{"a":1}{}"#, r#"{"a":1"#, &deep] {
            assert_eq!(object(text.as_bytes()), None);
        }
    }
}
