//! What the Kotlin tests call to run the device plugin's Android code (`object Device` in `DeviceTest.kt`).

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use jni::JNIEnv;
use jni::objects::{JClass, JObject, JString, JValue};
use jni::sys::{jboolean, jint, jobjectArray, jstring};
use tauri_plugin_device::{BackgroundWork, Report, Severity, jvm};
use url::Url;

type JniResult<T> = Result<T, jni::errors::Error>;

static INITIALIZED: AtomicBool = AtomicBool::new(false);
static WORK: Mutex<Vec<BackgroundWork>> = Mutex::new(Vec::new());

/// Stores the application in `ndk_context`, as tao does when an app starts. Robolectric makes a new application for
/// each test, so this replaces the one before.
pub(crate) fn set_application(env: &JNIEnv<'_>, application: &JObject<'_>) -> JniResult<()> {
    let reference = env.new_global_ref(application)?;
    let vm = env.get_java_vm()?.get_java_vm_pointer();
    // SAFETY: the VM lives as long as the process. So does the reference, because `forget` below leaks it.
    unsafe {
        if INITIALIZED.swap(true, Ordering::AcqRel) {
            ndk_context::release_android_context();
        }
        ndk_context::initialize_android_context(vm.cast(), reference.as_raw().cast::<c_void>());
    }
    std::mem::forget(reference);
    Ok(())
}

pub(crate) fn text(env: &JNIEnv<'_>, text: &str) -> jstring {
    env.new_string(text).map_or(std::ptr::null_mut(), JString::into_raw)
}

/// `Device.managedConfig`: the managed configuration as JSON, or the error.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_managedConfig")]
pub extern "system" fn managed_config(env: JNIEnv<'_>, _: JClass<'_>, application: JObject<'_>) -> jstring {
    let read = set_application(&env, &application)
        .map_err(|error| error.to_string())
        .and_then(|()| jvm::managed_config().map_err(|error| format!("{error:?}")));
    text(
        &env,
        &read.map_or_else(|error| error, |map| serde_json::Value::Object(map).to_string()),
    )
}

/// `Device.roots`: the certificates that the device trusts; null if they cannot be read.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_roots")]
pub extern "system" fn roots(mut env: JNIEnv<'_>, _: JClass<'_>, application: JObject<'_>) -> jobjectArray {
    let Ok(roots) = set_application(&env, &application)
        .map_err(drop)
        .and_then(|()| jvm::roots().map_err(drop))
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

/// `Device.report`: sends reports from a thread that Rust started. `lines` has one report per line: key, severity,
/// message, separated by tabs. Returns the error, or an empty text.
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
    let outcome = set_application(&env, &application)
        .map_err(|error| error.to_string())
        .and_then(|()| {
            let thread = std::thread::spawn(move || jvm::report(&reports).map_err(|error| format!("{error:?}")));
            thread.join().unwrap_or_else(|_| Err("panicked".to_owned()))
        });
    text(&env, &outcome.err().unwrap_or_default())
}

/// `Device.beginWork`: begins a piece of background work on a thread that Rust started. Returns the error, or an empty
/// text.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_beginWork")]
pub extern "system" fn begin_work(env: JNIEnv<'_>, _: JClass<'_>, application: JObject<'_>) -> jstring {
    let outcome = set_application(&env, &application)
        .map_err(|error| error.to_string())
        .and_then(|()| {
            let thread = std::thread::spawn(|| jvm::begin_background_work().map_err(|error| format!("{error:?}")));
            thread.join().unwrap_or_else(|_| Err("panicked".to_owned()))
        });
    let outcome = outcome.map(|work| WORK.lock().unwrap_or_else(PoisonError::into_inner).push(work));
    text(&env, &outcome.err().unwrap_or_default())
}

/// `Device.endWork`: ends the newest piece of background work.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_endWork")]
pub extern "system" fn end_work(_: JNIEnv<'_>, _: JClass<'_>) {
    let newest = WORK.lock().unwrap_or_else(PoisonError::into_inner).pop();
    drop(newest);
}

/// `Device.startBrowser`: starts a browser from this activity. Returns the error, or an empty text.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_startBrowser")]
pub extern "system" fn start_browser(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    activity: JObject<'_>,
    url: JString<'_>,
    custom_tab: jboolean,
    private: jboolean,
) -> jstring {
    let url: String = env.get_string(&url).map(String::from).unwrap_or_default();
    let custom_tab = (custom_tab != 0).then_some(private != 0);
    let outcome = jvm::start_browser(&mut env, &activity, &url, custom_tab);
    text(
        &env,
        &outcome.map_or_else(|error| format!("{error:?}"), |()| String::new()),
    )
}

/// `Device.isLockTaskOn`: whether lock task is on.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_isLockTaskOn")]
pub extern "system" fn is_lock_task_on(mut env: JNIEnv<'_>, _: JClass<'_>, activity: JObject<'_>) -> jboolean {
    jvm::is_lock_task_on(&mut env, &activity).unwrap_or(false).into()
}

/// `Device.setKiosk`: starts lock task, or ends the app's own. Returns the error, or an empty text.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_setKiosk")]
pub extern "system" fn set_kiosk(mut env: JNIEnv<'_>, _: JClass<'_>, activity: JObject<'_>, on: jboolean) -> jstring {
    let outcome = match jvm::kiosk(&mut env, &activity, on != 0) {
        Ok(true) => String::new(),
        Ok(false) => "NotPermitted".to_owned(),
        Err(error) => format!("{error:?}"),
    };
    text(&env, &outcome)
}

/// `Device.webViewVersion`: the version of the web view; null if the device has none.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_webViewVersion")]
pub extern "system" fn web_view_version(mut env: JNIEnv<'_>, _: JClass<'_>) -> jstring {
    match jvm::web_view_version(&mut env) {
        Ok(Some(version)) => text(&env, &version),
        _ => std::ptr::null_mut(),
    }
}

/// `Device.proxy`: the proxy of the system for this URL; null for a direct connection.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_proxy")]
pub extern "system" fn proxy(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    application: JObject<'_>,
    url: JString<'_>,
) -> jstring {
    let url: String = env.get_string(&url).map(String::from).unwrap_or_default();
    let proxy = set_application(&env, &application)
        .ok()
        .and_then(|()| jvm::proxy(&Url::parse(&url).ok()?));
    proxy.map_or(std::ptr::null_mut(), |proxy| text(&env, proxy.as_str()))
}

/// `Device.setWindowFlag`: sets or clears a flag of the app's windows. Returns the error, or an empty text.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Device_setWindowFlag")]
pub extern "system" fn set_window_flag(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    activity: JObject<'_>,
    flag: jint,
    on: jboolean,
) -> jstring {
    let outcome = jvm::set_window_flag(&mut env, &activity, flag, on != 0);
    text(
        &env,
        &outcome.map_or_else(|error| format!("{error:?}"), |()| String::new()),
    )
}
