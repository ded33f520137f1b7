//! The Android code that needs no window, for a JVM that tests it on the machine that builds.
//!
//! Not for apps: on Android the functions at the root of this crate call the same code. The caller must have
//! initialised `ndk_context` with the JVM and an application.

use jni::JNIEnv;
use jni::objects::JObject;
use serde_json::{Map, Value};

use crate::android::{background_work, context, feedback, intent};
use crate::{BackgroundWork, DeviceError, ManagedConfigError, Report};

/// [`managed_config`](crate::managed_config), as it is on Android.
pub fn managed_config() -> Result<Map<String, Value>, ManagedConfigError> {
    crate::android::managed_config::read()
}

/// [`roots`](crate::roots), as it is on Android.
pub fn roots() -> Result<Vec<Vec<u8>>, DeviceError> {
    crate::android::roots::read()
}

/// `Device::report`, as it is on Android; blocks.
pub fn report(reports: &[Report]) -> Result<(), DeviceError> {
    feedback::report(reports)
}

/// `Device::begin_background_work`, as it is on Android.
pub fn begin_background_work() -> Result<BackgroundWork, DeviceError> {
    background_work::begin()
}

/// Starts a browser from `activity`: a Custom Tab, private or not, or with `None` the browser itself.
pub fn start_browser(
    env: &mut JNIEnv<'_>,
    activity: &JObject<'_>,
    url: &str,
    custom_tab: Option<bool>,
) -> Result<(), DeviceError> {
    let tab = custom_tab.map_or(intent::Tab::Plain, |private| intent::Tab::Custom { private });
    let started = intent::start(env, activity, url, tab);
    context::clear_exception(env, started)
}

/// Whether lock task (Android's kiosk mode) is on.
pub fn is_lock_task_on(env: &mut JNIEnv<'_>, activity: &JObject<'_>) -> Result<bool, DeviceError> {
    let on = context::is_lock_task_on(env, activity);
    context::clear_exception(env, on)
}
