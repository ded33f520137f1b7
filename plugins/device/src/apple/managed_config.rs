//! The managed configuration, from `UserDefaults`, under a key that Apple defines.

use std::ptr::NonNull;

use block2::RcBlock;
use objc2::encode::Encoding;
use objc2::rc::autoreleasepool;
use objc2::runtime::AnyObject;
use objc2_foundation::{
    NSArray, NSDictionary, NSNotification, NSNotificationCenter, NSNumber, NSString, NSUserDefaults,
    NSUserDefaultsDidChangeNotification,
};
use serde_json::{Map, Number, Value};

use crate::ManagedConfigError;

/// Values nested deeper become null.
const MAX_DEPTH: usize = 8;

const KEY: &str = "com.apple.configuration.managed";

/// Reads the managed configuration; empty on an iPad that is not managed. Any thread may call it.
pub(crate) fn read() -> Result<Map<String, Value>, ManagedConfigError> {
    // Frees what Foundation hands out, also on a thread without a pool of its own.
    autoreleasepool(|_| read_defaults())
}

fn read_defaults() -> Result<Map<String, Value>, ManagedConfigError> {
    let Some(found) = NSUserDefaults::standardUserDefaults().objectForKey(&NSString::from_str(KEY)) else {
        return Ok(Map::new());
    };
    match value(&found, 0) {
        Value::Object(map) => Ok(map),
        _ => Err(ManagedConfigError::Malformed),
    }
}

/// A value of a type that JSON does not have (a date, data) becomes null: present, and of the wrong type for every
/// setting.
fn value(object: &AnyObject, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return Value::Null;
    }
    if let Some(text) = object.downcast_ref::<NSString>() {
        return Value::String(text.to_string());
    }
    if let Some(given) = object.downcast_ref::<NSNumber>() {
        return number(given);
    }
    if let Some(items) = object.downcast_ref::<NSArray>() {
        return items.iter().map(|item| value(&item, depth + 1)).collect();
    }
    let Some(dictionary) = object.downcast_ref::<NSDictionary>() else {
        return Value::Null;
    };
    let (keys, values) = dictionary.to_vecs();
    let pairs = keys
        .iter()
        .zip(values)
        .filter_map(|(key, item)| Some((key.downcast_ref::<NSString>()?.to_string(), value(&item, depth + 1))));
    Value::Object(pairs.collect())
}

fn number(given: &NSNumber) -> Value {
    match given.encoding() {
        // `NSNumber` encodes booleans as characters.
        Encoding::Char | Encoding::Bool => Value::Bool(given.as_bool()),
        Encoding::Float | Encoding::Double => Number::from_f64(given.as_f64()).map_or(Value::Null, Value::Number),
        Encoding::ULongLong => Value::from(given.as_u64()),
        _ => Value::from(given.as_i64()),
    }
}

/// Calls `changed` on the main thread whenever this process hears of a change of any default. Changes by an MDM may come
/// without it, because Apple does not promise the notification for changes by other processes.
pub(crate) fn on_defaults_changed(changed: impl Fn() + Send + 'static) {
    let block = RcBlock::new(move |_: NonNull<NSNotification>| changed());
    // SAFETY: the name is Foundation's; the main queue calls the block on one thread, and what it captures is `Send`.
    let observer = unsafe {
        NSNotificationCenter::defaultCenter().addObserverForName_object_queue_usingBlock(
            Some(NSUserDefaultsDidChangeNotification),
            None,
            Some(&objc2_foundation::NSOperationQueue::mainQueue()),
            &block,
        )
    };
    // Observe for as long as the app runs.
    std::mem::forget(observer);
}
