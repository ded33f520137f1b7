//! The device's functions on Android that need Tauri: the activity of the app's web view, and threads that may block.

use tauri::{AppHandle, Runtime};
use url::Url;

use super::activity::with_activity;
use super::context::{is_lock_task_on, service, string, with_context};
use super::{background_work, browser, feedback, intent, lock_task, web_view, window_flags};
use crate::{BackgroundWork, BrowserError, BrowserOutcome, DeviceError, DeviceInfo, Report};

/// `WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON` and `FLAG_SECURE`.
const FLAG_KEEP_SCREEN_ON: i32 = 0x80;
const FLAG_SECURE: i32 = 0x2000;

async fn flag<R: Runtime>(app: &AppHandle<R>, flag: i32, on: bool) -> Result<(), DeviceError> {
    with_activity(app, move |env, activity| window_flags::set(env, activity, flag, on)).await
}

pub(crate) async fn keep_screen_on<R: Runtime>(app: &AppHandle<R>, on: bool) -> Result<(), DeviceError> {
    flag(app, FLAG_KEEP_SCREEN_ON, on).await
}

pub(crate) async fn block_screenshots<R: Runtime>(app: &AppHandle<R>, on: bool) -> Result<(), DeviceError> {
    flag(app, FLAG_SECURE, on).await
}

/// Starts lock task, or ends the one that this app started.
pub(crate) async fn kiosk<R: Runtime>(app: &AppHandle<R>, on: bool) -> Result<(), DeviceError> {
    if with_activity(app, move |env, activity| lock_task::set(env, activity, on)).await? {
        Ok(())
    } else {
        Err(DeviceError::NotPermitted)
    }
}

pub(crate) async fn report<R: Runtime>(_: &AppHandle<R>, reports: Vec<Report>) -> Result<(), DeviceError> {
    let outcome = tokio::task::spawn_blocking(move || feedback::report(&reports)).await;
    outcome.unwrap_or_else(|error| Err(DeviceError::System(error.to_string())))
}

pub(crate) fn begin_background_work() -> Result<BackgroundWork, DeviceError> {
    background_work::begin()
}

pub(crate) async fn charging<R: Runtime>(_: &AppHandle<R>) -> Option<bool> {
    let read = || {
        with_context(|env, context| {
            let battery = service(env, context, "batterymanager")?;
            if battery.is_null() {
                return Ok(None);
            }
            env.call_method(&battery, "isCharging", "()Z", &[])?.z().map(Some)
        })
    };
    tokio::task::spawn_blocking(read).await.ok()?.ok()?
}

pub(crate) async fn info<R: Runtime>(_: &AppHandle<R>) -> DeviceInfo {
    let read = || {
        with_context(|env, context| {
            let [version, maker, model] = [
                ("android/os/Build$VERSION", "RELEASE"),
                ("android/os/Build", "MANUFACTURER"),
                ("android/os/Build", "MODEL"),
            ]
            .map(|(class, name)| {
                let text = env.get_static_field(class, name, "Ljava/lang/String;")?.l()?;
                string(env, text)
            });
            let model = maker.and_then(|maker| Ok(format!("{maker} {}", model?)))?;
            let engine = web_view::version(env)?;
            Ok(DeviceInfo {
                version: Some(version?),
                model: Some(model),
                engine,
                kiosk: is_lock_task_on(env, context)?,
                ..DeviceInfo::default()
            })
        })
    };
    let info = tokio::task::spawn_blocking(read).await;
    DeviceInfo {
        system: "Android".to_owned(),
        ..info.ok().and_then(Result::ok).unwrap_or_default()
    }
}

/// Opens a Custom Tab of the default browser. Which cookies it shares is the browser's choice; `private` is a request
/// that older browsers ignore.
pub(crate) async fn sign_in<R: Runtime>(
    app: &AppHandle<R>,
    url: &Url,
    _callback: &Url,
    private: bool,
) -> Result<BrowserOutcome, BrowserError> {
    browser::start(app, url, intent::Tab::Custom { private })
        .await
        .map(|()| BrowserOutcome::Opened)
}

pub(crate) async fn open_browser<R: Runtime>(app: &AppHandle<R>, url: &Url) -> Result<(), BrowserError> {
    browser::start(app, url, intent::Tab::Plain).await
}
