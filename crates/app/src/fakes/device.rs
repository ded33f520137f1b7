//! Ports for tests: they keep what was asked of them and answer as told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use tauri_plugin_device::{BrowserError, BrowserOutcome, DeviceError, DeviceInfo, ManagedConfigError, Report};
use url::Url;

use crate::{BoxFuture, Device};

/// What was asked of the tablet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    KeepScreenOn(bool),
    BlockScreenshots(bool),
    Kiosk(bool),
    Report(Vec<Report>),
    SignIn { url: Url, private: bool },
    OpenBrowser(Url),
}

type ChangeListener = Box<dyn Fn() + Send + Sync>;

struct Behaviour {
    managed: Result<Map<String, Value>, ManagedConfigError>,
    calls: Vec<Call>,
    charging: Option<bool>,
    kiosk_error: Option<DeviceError>,
    sign_in: Result<BrowserOutcome, BrowserError>,
    open_browser: Result<(), BrowserError>,
    on_managed_change: Option<ChangeListener>,
}

/// A tablet.
pub(crate) struct FakeDevice(Mutex<Behaviour>);

impl FakeDevice {
    /// A tablet with this managed configuration, an object.
    pub(crate) fn managed(config: &Value) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Behaviour {
            managed: Ok(config.as_object().cloned().unwrap_or_default()),
            calls: vec![],
            charging: None,
            kiosk_error: None,
            sign_in: Ok(BrowserOutcome::Opened),
            open_browser: Ok(()),
            on_managed_change: None,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Behaviour> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the managed configuration and reports the change, as a system does.
    pub(crate) fn set_managed(&self, managed: Result<Map<String, Value>, ManagedConfigError>) {
        let mut behaviour = self.lock();
        behaviour.managed = managed;
        if let Some(changed) = &behaviour.on_managed_change {
            changed();
        }
    }

    pub(crate) fn set_charging(&self, charging: Option<bool>) {
        self.lock().charging = charging;
    }

    pub(crate) fn refuse_kiosk(&self, error: Option<DeviceError>) {
        self.lock().kiosk_error = error;
    }

    pub(crate) fn set_sign_in(&self, answer: Result<BrowserOutcome, BrowserError>) {
        self.lock().sign_in = answer;
    }

    pub(crate) fn set_open_browser(&self, answer: Result<(), BrowserError>) {
        self.lock().open_browser = answer;
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.lock().calls)
    }

    fn record(&self, call: Call) {
        self.lock().calls.push(call);
    }
}

impl Device for FakeDevice {
    fn managed_config(&self) -> Result<Map<String, Value>, ManagedConfigError> {
        self.lock().managed.clone()
    }

    fn watch_managed_config(&self, changed: Box<dyn Fn() + Send + Sync>) {
        self.lock().on_managed_change = Some(changed);
    }

    fn keep_screen_on(&self, on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        self.record(Call::KeepScreenOn(on));
        Box::pin(async { Ok(()) })
    }

    fn block_screenshots(&self, on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        self.record(Call::BlockScreenshots(on));
        Box::pin(async { Ok(()) })
    }

    fn kiosk(&self, on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        self.record(Call::Kiosk(on));
        let answer = self.lock().kiosk_error.clone().map_or(Ok(()), Err);
        Box::pin(async move { answer })
    }

    fn report(&self, reports: Vec<Report>) -> BoxFuture<'_, Result<(), DeviceError>> {
        self.record(Call::Report(reports));
        Box::pin(async { Ok(()) })
    }

    fn charging(&self) -> BoxFuture<'_, Option<bool>> {
        let charging = self.lock().charging;
        Box::pin(async move { charging })
    }

    fn info(&self) -> BoxFuture<'_, DeviceInfo> {
        Box::pin(async {
            DeviceInfo {
                system: "Test".to_owned(),
                ..DeviceInfo::default()
            }
        })
    }

    fn sign_in<'a>(
        &'a self,
        url: &'a Url,
        _redirect_uri: &'a Url,
        private: bool,
    ) -> BoxFuture<'a, Result<BrowserOutcome, BrowserError>> {
        self.record(Call::SignIn {
            url: url.clone(),
            private,
        });
        let answer = self.lock().sign_in.clone();
        Box::pin(async move { answer })
    }

    fn open_browser<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<(), BrowserError>> {
        self.record(Call::OpenBrowser(url.clone()));
        let answer = self.lock().open_browser;
        Box::pin(async move { answer })
    }
}
