//! A model of the tablet: its managed configuration, and the person at its browser.

use std::time::Duration;

use app::{BoxFuture, Device};
use serde_json::{Map, Value};
use tauri_plugin_device::{BrowserError, BrowserOutcome, DeviceError, DeviceInfo, ManagedConfigError, Report};
use url::Url;

use crate::world::{NetworkCondition, Process};

/// How long a person takes to fill in the form in the browser.
const FORM: Duration = Duration::from_secs(30);

/// The tablet, as one process sees it.
pub struct ModelDevice(pub Process);

impl Device for ModelDevice {
    fn managed_config(&self) -> Result<Map<String, Value>, ManagedConfigError> {
        Ok(Map::from_iter([("tenant".to_owned(), Value::from("zonnetje"))]))
    }

    fn watch_managed_config(&self, _changed: Box<dyn Fn() + Send + Sync>) {}

    fn keep_screen_on(&self, _on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(async { Ok(()) })
    }

    fn block_screenshots(&self, _on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(async { Ok(()) })
    }

    fn kiosk(&self, _on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(async { Ok(()) })
    }

    fn report(&self, _reports: Vec<Report>) -> BoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(async { Ok(()) })
    }

    fn charging(&self) -> BoxFuture<'_, Option<bool>> {
        Box::pin(async { None })
    }

    fn info(&self) -> BoxFuture<'_, DeviceInfo> {
        Box::pin(async { DeviceInfo::default() })
    }

    fn sign_in<'a>(
        &'a self,
        url: &'a Url,
        _redirect_uri: &'a Url,
        _private: bool,
    ) -> BoxFuture<'a, Result<BrowserOutcome, BrowserError>> {
        Box::pin(async move {
            tokio::time::sleep(FORM).await;
            match self.0.world.condition() {
                // The browser shows an error, and the person closes it.
                Some(
                    NetworkCondition::Away
                    | NetworkCondition::Hangs
                    | NetworkCondition::Portal
                    | NetworkCondition::Redirects
                    | NetworkCondition::Down
                    | NetworkCondition::Storm,
                ) => Err(BrowserError::Cancelled),
                Some(NetworkCondition::Locked | NetworkCondition::Full) | None => {
                    Ok(BrowserOutcome::Redirected(self.0.world.state().server.authorize(url)))
                }
            }
        })
    }

    fn open_browser<'a>(&'a self, _url: &'a Url) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(async { Ok(()) })
    }
}
