//! A Custom Tab, without androidx: a plain intent that carries a session of nobody's.

use std::time::Duration;

use tauri::{AppHandle, Runtime};
use url::Url;

use super::context::locked;
use super::intent::{Tab, begin};
use super::with_activity;
use crate::{BrowserError, DeviceError, browser};

/// Nothing is thrown where a kiosk keeps a browser away: the app just stays in front. A browser is there by then.
const LOOK: Duration = Duration::from_millis(1_500);

pub(super) async fn start<R: Runtime>(app: &AppHandle<R>, url: &Url, tab: Tab) -> Result<(), BrowserError> {
    let address = url.to_string();
    let begun = with_activity(app, move |env, activity| {
        begin(env, activity, &address, tab)?;
        locked(env, activity)
    })
    .await;
    match begun {
        Ok(false) => Ok(()),
        Ok(true) => {
            tokio::time::sleep(LOOK).await;
            // An activity that is gone is not in front.
            let in_front = with_activity(app, |env, activity| {
                env.call_method(activity, "hasWindowFocus", "()Z", &[])?.z()
            })
            .await;
            browser::started(true, true, in_front.unwrap_or(false))
        }
        Err(DeviceError::NoWindow) => Err(BrowserError::NoBrowser),
        Err(_) => {
            let kiosk = with_activity(app, locked).await;
            browser::started(false, kiosk.unwrap_or(false), true)
        }
    }
}
