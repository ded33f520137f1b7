//! The Android code that needs no window, for a JVM that tests it on the machine that builds.
//!
//! Not for apps: on Android the functions at the root of this crate call the same code. The caller must have
//! initialised `ndk_context` with the JVM and an application.

use jni::JNIEnv;
use jni::objects::JObject;
use serde_json::{Map, Value};

use url::Url;

use crate::android::{background_work, context, feedback, intent, lock_task, web_view, window_flags};
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

/// `Device::kiosk`, as it is on Android. Returns false if the device administrator does not permit it.
pub fn kiosk(env: &mut JNIEnv<'_>, activity: &JObject<'_>, on: bool) -> Result<bool, DeviceError> {
    let done = lock_task::set(env, activity, on);
    context::clear_exception(env, done)
}

/// Sets or clears a flag of `WindowManager.LayoutParams`, as `Device::keep_screen_on` and `Device::block_screenshots` do.
pub fn set_window_flag(env: &mut JNIEnv<'_>, activity: &JObject<'_>, flag: i32, on: bool) -> Result<(), DeviceError> {
    let set = window_flags::set(env, activity, flag, on);
    context::clear_exception(env, set)
}

/// The version of the web view, as `Device::info` has it.
pub fn web_view_version(env: &mut JNIEnv<'_>) -> Result<Option<String>, DeviceError> {
    let version = web_view::version(env);
    context::clear_exception(env, version)
}

/// [`proxy`](crate::proxy), as it is on Android.
#[must_use]
pub fn proxy(url: &Url) -> Option<Url> {
    crate::android::proxy::of(url)
}
