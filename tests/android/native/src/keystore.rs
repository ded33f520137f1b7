//! What the Kotlin tests call to run the app's keystore (`object Keystore` in `KeystoreTest.kt`).

use jni::JNIEnv;
use jni::objects::{JClass, JObject, JString};
use jni::sys::jstring;
use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};

use crate::device::{set_application, text};

const SERVICE: &str = "nl.kidskonnect.groep";

/// Calls the credential of this user with `context` as the application's, and returns the result or the error.
fn call(
    env: &mut JNIEnv<'_>,
    context: &JObject<'_>,
    user: &JString<'_>,
    act: impl FnOnce(&Entry) -> Result<String, Error>,
) -> jstring {
    let user: String = env.get_string(user).map(String::from).unwrap_or_default();
    let outcome = set_application(env, context)
        .map_err(|error| error.to_string())
        .and_then(|()| {
            let entry = android_keystore::Store::new().build(SERVICE, &user, None);
            entry
                .and_then(|entry| act(&entry))
                .map_err(|error| format!("{error:?}"))
        });
    let pending = env.exception_check().unwrap_or(true);
    let outcome = outcome.unwrap_or_else(|error| error);
    if pending {
        return std::ptr::null_mut();
    }
    text(env, &outcome)
}

/// `Keystore.save`: returns the error, or an empty text.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Keystore_save")]
pub extern "system" fn save(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    context: JObject<'_>,
    user: JString<'_>,
    secret: JString<'_>,
) -> jstring {
    let secret: String = env.get_string(&secret).map(String::from).unwrap_or_default();
    call(&mut env, &context, &user, |entry| {
        entry.set_password(&secret).map(|()| String::new())
    })
}

/// `Keystore.load`: returns the secret after an equals sign, or the error.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Keystore_load")]
pub extern "system" fn load(mut env: JNIEnv<'_>, _: JClass<'_>, context: JObject<'_>, user: JString<'_>) -> jstring {
    call(&mut env, &context, &user, |entry| {
        entry.get_password().map(|secret| format!("={secret}"))
    })
}

/// `Keystore.remove`: returns the error, or an empty text.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Keystore_remove")]
pub extern "system" fn remove(mut env: JNIEnv<'_>, _: JClass<'_>, context: JObject<'_>, user: JString<'_>) -> jstring {
    call(&mut env, &context, &user, |entry| {
        entry.delete_credential().map(|()| String::new())
    })
}
