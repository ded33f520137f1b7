//! The managed configuration, from `RestrictionsManager`.

use jni::JNIEnv;
use jni::objects::{JObject, JObjectArray};
use serde_json::{Map, Number, Value};

use super::context::{JniResult, service, string, with_context};
use crate::ManagedConfigError;

/// Values nested deeper become null.
const MAX_DEPTH: usize = 8;

/// Reads the managed configuration; empty on a device that is not managed, and for some minutes after the app was
/// installed.
pub(crate) fn read() -> Result<Map<String, Value>, ManagedConfigError> {
    let read = with_context(|env, context| {
        let restrictions = service(env, context, "restrictions")?;
        if restrictions.is_null() {
            return Ok(Map::new());
        }
        let bundle = env
            .call_method(
                &restrictions,
                "getApplicationRestrictions",
                "()Landroid/os/Bundle;",
                &[],
            )?
            .l()?;
        map(env, &bundle, 0)
    });
    read.map_err(|_| ManagedConfigError::Unreadable)
}

fn map(env: &mut JNIEnv<'_>, bundle: &JObject<'_>, depth: usize) -> JniResult<Map<String, Value>> {
    let mut map = Map::new();
    if bundle.is_null() {
        return Ok(map);
    }
    let keys = env.call_method(bundle, "keySet", "()Ljava/util/Set;", &[])?.l()?;
    let keys = JObjectArray::from(env.call_method(&keys, "toArray", "()[Ljava/lang/Object;", &[])?.l()?);
    for at in 0..env.get_array_length(&keys)? {
        let (key, value) = env.with_local_frame(8, |env| {
            let key = env.get_object_array_element(&keys, at)?;
            let found = env
                .call_method(
                    bundle,
                    "get",
                    "(Ljava/lang/String;)Ljava/lang/Object;",
                    &[(&key).into()],
                )?
                .l()?;
            let value = value(env, &found, depth)?;
            Ok::<_, jni::errors::Error>((string(env, key)?, value))
        })?;
        map.insert(key, value);
    }
    Ok(map)
}

/// A value of a type that JSON does not have becomes null: present, and of the wrong type for every setting.
fn value(env: &mut JNIEnv<'_>, found: &JObject<'_>, depth: usize) -> JniResult<Value> {
    if found.is_null() || depth > MAX_DEPTH {
        return Ok(Value::Null);
    }
    if env.is_instance_of(found, "java/lang/String")? {
        let text = env.new_local_ref(found)?;
        return string(env, text).map(Value::String);
    }
    if env.is_instance_of(found, "java/lang/Boolean")? {
        return Ok(Value::Bool(env.call_method(found, "booleanValue", "()Z", &[])?.z()?));
    }
    if env.is_instance_of(found, "java/lang/Float")? || env.is_instance_of(found, "java/lang/Double")? {
        return Ok(
            Number::from_f64(env.call_method(found, "doubleValue", "()D", &[])?.d()?)
                .map_or(Value::Null, Value::Number),
        );
    }
    if env.is_instance_of(found, "java/lang/Number")? {
        return Ok(Value::from(env.call_method(found, "longValue", "()J", &[])?.j()?));
    }
    if env.is_instance_of(found, "android/os/Bundle")? {
        return map(env, found, depth + 1).map(Value::Object);
    }
    if env.is_instance_of(found, "[Ljava/lang/Object;")? {
        let items = JObjectArray::from(env.new_local_ref(found)?);
        let mut values = vec![];
        for at in 0..env.get_array_length(&items)? {
            let item = env.with_local_frame(4, |env| {
                let item = env.get_object_array_element(&items, at)?;
                value(env, &item, depth + 1)
            });
            values.push(item?);
        }
        return Ok(Value::Array(values));
    }
    Ok(Value::Null)
}
