//! The activity of the app's web view.

use jni::JNIEnv;
use jni::objects::JObject;
use tauri::{AppHandle, Manager, Runtime};
use tokio::sync::oneshot;

use super::context::{JniResult, clear_exception};
use crate::DeviceError;

/// Calls `act` with the activity, on the activity's thread.
pub(super) async fn with_activity<R: Runtime, T: Send + 'static>(
    app: &AppHandle<R>,
    act: impl FnOnce(&mut JNIEnv<'_>, &JObject<'_>) -> JniResult<T> + Send + 'static,
) -> Result<T, DeviceError> {
    let shell = app
        .webview_windows()
        .into_values()
        .next()
        .ok_or(DeviceError::NoWindow)?;
    let (sender, receiver) = oneshot::channel();
    shell.with_webview(move |shell| {
        shell.jni_handle().exec(move |env, activity, _| {
            let outcome = act(env, activity);
            let _ = sender.send(clear_exception(env, outcome));
        });
    })?;
    receiver.await.map_err(|_| DeviceError::NoWindow)?
}
