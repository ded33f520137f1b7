//! The web view that the system has chosen for all apps.

use jni::JNIEnv;

use super::context::{JniResult, string};

/// The version of the web view; `None` if the device has none. Needs no activity, in contrast to
/// `tauri::webview_version`, which waits for one.
pub(crate) fn version(env: &mut JNIEnv<'_>) -> JniResult<Option<String>> {
    let package = env
        .call_static_method(
            "android/webkit/WebView",
            "getCurrentWebViewPackage",
            "()Landroid/content/pm/PackageInfo;",
            &[],
        )?
        .l()?;
    if package.is_null() {
        return Ok(None);
    }
    let version = env.get_field(&package, "versionName", "Ljava/lang/String;")?.l()?;
    if version.is_null() {
        return Ok(None);
    }
    string(env, version).map(Some)
}
