//! Starts the system browser and finds out whether a kiosk mode blocked it.

use std::time::Duration;

use tauri::{AppHandle, Runtime};
use url::Url;

use super::activity::with_activity;
use super::context::is_lock_task_on;
use super::intent::{self, Tab};
use crate::{BrowserError, DeviceError, browser};

/// Android throws nothing when a kiosk mode blocks a browser: the app just keeps the focus. A browser that may start
/// has the focus after this time.
const FOCUS_DELAY: Duration = Duration::from_millis(1_500);

pub(super) async fn start<R: Runtime>(app: &AppHandle<R>, url: &Url, tab: Tab) -> Result<(), BrowserError> {
    let address = url.to_string();
    let lock_task = with_activity(app, move |env, activity| {
        intent::start(env, activity, &address, tab)?;
        is_lock_task_on(env, activity)
    })
    .await;
    match lock_task {
        Ok(false) => Ok(()),
        Ok(true) => {
            tokio::time::sleep(FOCUS_DELAY).await;
            let in_front = with_activity(app, |env, activity| {
                env.call_method(activity, "hasWindowFocus", "()Z", &[])?.z()
            })
            .await;
            // Without an activity the app is not in front.
            browser::start_outcome(true, true, in_front.unwrap_or(false))
        }
        Err(DeviceError::NoWindow) => Err(BrowserError::NoBrowser),
        Err(_) => {
            let kiosk = with_activity(app, is_lock_task_on).await;
            browser::start_outcome(false, kiosk.unwrap_or(false), true)
        }
    }
}
