//! The tablet's own files that reach Android through JNI and need no window of Tauri's, as they are.

#[path = "../../../../plugins/device/src/android/context.rs"]
mod context;
#[path = "../../../../plugins/device/src/android/feedback.rs"]
mod feedback;
#[path = "../../../../plugins/device/src/android/intent.rs"]
mod intent;
#[path = "../../../../plugins/device/src/android/managed_config.rs"]
mod managed;
#[path = "../../../../plugins/device/src/android/roots.rs"]
mod roots;

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};

use jni::JNIEnv;
use jni::objects::{JClass, JObject, JString, JValue};
use jni::sys::{jboolean, jobjectArray, jstring};

use self::context::JniResult;
use crate::{Report, Severity};

static HELD: AtomicBool = AtomicBool::new(false);

/// What tao does when the app starts: each test has an application of its own.
fn hold(env: &JNIEnv<'_>, application: &JObject<'_>) -> JniResult<()> {
    let held = env.new_global_ref(application)?;
    let vm = env.get_java_vm()?.get_java_vm_pointer();
    // SAFETY: the VM lives as long as the process, and so does the reference, which is given away below.
    unsafe {
        if HELD.swap(true, Ordering::AcqRel) {
            ndk_context::release_android_context();
        }
        ndk_context::initialize_android_context(vm.cast(), held.as_raw().cast::<c_void>());
    }
    std::mem::forget(held);
    Ok(())
}

/// `Device.managed`: the managed configuration as JSON, or what went wrong.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_managed")]
pub extern "system" fn managed(env: JNIEnv<'_>, _: JClass<'_>, application: JObject<'_>) -> jstring {
    let read = hold(&env, &application)
        .map_err(|error| error.to_string())
        .and_then(|()| managed::read().map_err(|fault| format!("{fault:?}")));
    let text = read.map_or_else(|fault| fault, |map| serde_json::Value::Object(map).to_string());
    env.new_string(text).map_or(std::ptr::null_mut(), JString::into_raw)
}

/// `Device.roots`: the certificates that the device trusts; null where they cannot be read.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_roots")]
pub extern "system" fn roots(mut env: JNIEnv<'_>, _: JClass<'_>, application: JObject<'_>) -> jobjectArray {
    let Ok(roots) = hold(&env, &application)
        .map_err(drop)
        .and_then(|()| roots::read().map_err(drop))
    else {
        return std::ptr::null_mut();
    };
    array(&mut env, &roots).map_or(std::ptr::null_mut(), JObject::into_raw)
}

fn array<'local>(env: &mut JNIEnv<'local>, roots: &[Vec<u8>]) -> JniResult<JObject<'local>> {
    let list = env.new_object("java/util/ArrayList", "()V", &[])?;
    for root in roots {
        let bytes = env.byte_array_from_slice(root)?;
        env.call_method(&list, "add", "(Ljava/lang/Object;)Z", &[JValue::Object(&bytes)])?;
    }
    env.call_method(&list, "toArray", "()[Ljava/lang/Object;", &[])?.l()
}

/// `Device.report`: tells the device manager, from a thread of Rust's, of reports a line each: key, severity, message. What
/// went wrong, or nothing.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_report")]
pub extern "system" fn report(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    application: JObject<'_>,
    lines: JString<'_>,
) -> jstring {
    let lines: String = env.get_string(&lines).map(String::from).unwrap_or_default();
    let reports = lines.lines().filter_map(|line| {
        let [key, severity, message] = line.splitn(3, '\t').collect::<Vec<_>>().try_into().ok()?;
        let severity = if severity == "error" {
            Severity::Error
        } else {
            Severity::Info
        };
        Some(Report {
            key: String::from(key),
            severity,
            message: String::from(message),
        })
    });
    let reports: Vec<_> = reports.collect();
    let told = hold(&env, &application)
        .map_err(|error| error.to_string())
        .and_then(|()| {
            let thread = std::thread::spawn(move || feedback::tell(&reports).map_err(|fault| format!("{fault:?}")));
            thread.join().unwrap_or_else(|_| Err("panicked".to_owned()))
        });
    env.new_string(told.err().unwrap_or_default())
        .map_or(std::ptr::null_mut(), JString::into_raw)
}

/// `Device.tab`: starts a browser from this activity; what went wrong, or nothing.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_tab")]
pub extern "system" fn tab(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    activity: JObject<'_>,
    address: JString<'_>,
    custom: jboolean,
    private: jboolean,
) -> jstring {
    let address: String = env.get_string(&address).map(String::from).unwrap_or_default();
    let tab = if custom != 0 {
        intent::Tab::Custom { private: private != 0 }
    } else {
        intent::Tab::Plain
    };
    let begun = intent::begin(&mut env, &activity, &address, tab);
    let text = context::settled(&mut env, begun).map_or_else(|fault| format!("{fault:?}"), |()| String::new());
    env.new_string(text).map_or(std::ptr::null_mut(), JString::into_raw)
}

/// `Device.locked`: lock task is on.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_locked")]
pub extern "system" fn locked(mut env: JNIEnv<'_>, _: JClass<'_>, activity: JObject<'_>) -> jboolean {
    context::locked(&mut env, &activity).unwrap_or(false).into()
}
