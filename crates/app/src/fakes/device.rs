//! A tablet's own functions, without a tablet.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use tauri_plugin_device::{
    BackgroundWork, BrowserError, BrowserOutcome, DeviceError, DeviceInfo, ManagedConfigError, Report,
};
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
/// The browser's answer to a sign-in. None while the browser's sheet is open.
type Browser = Box<dyn Fn(&Url) -> Option<Result<BrowserOutcome, BrowserError>> + Send>;

struct Behaviour {
    managed: Result<Map<String, Value>, ManagedConfigError>,
    /// `watch` and `read`, as the managed configuration was watched and read.
    managed_calls: Vec<&'static str>,
    calls: Vec<Call>,
    charging: Option<bool>,
    kiosk_error: Option<DeviceError>,
    report_error: Option<DeviceError>,
    browser: Browser,
    open_browser: Result<(), BrowserError>,
    on_managed_change: Option<ChangeListener>,
    refuses_background_work: bool,
}

/// The device.
pub(crate) struct FakeDevice {
    behaviour: Mutex<Behaviour>,
    open_sheets: AtomicUsize,
    /// Pieces of background work under way, and how many have begun in all.
    background_work: Arc<(AtomicUsize, AtomicUsize)>,
}

/// Counts a sheet of the browser for as long as it is open.
struct OpenSheet<'a>(&'a AtomicUsize);

impl Drop for OpenSheet<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl FakeDevice {
    /// A device with this managed configuration, an object.
    pub(crate) fn managed(config: &Value) -> Arc<Self> {
        Arc::new(Self {
            behaviour: Mutex::new(Behaviour {
                managed: Ok(config.as_object().cloned().unwrap_or_default()),
                managed_calls: vec![],
                calls: vec![],
                charging: None,
                kiosk_error: None,
                report_error: None,
                browser: Box::new(|_| Some(Ok(BrowserOutcome::Opened))),
                open_browser: Ok(()),
                on_managed_change: None,
                refuses_background_work: false,
            }),
            open_sheets: AtomicUsize::new(0),
            background_work: Arc::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Behaviour> {
        self.behaviour.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the managed configuration by this object and reports the change.
    pub(crate) fn manage(&self, config: &Value) {
        self.set_managed(Ok(config.as_object().cloned().unwrap_or_default()));
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

    pub(crate) fn refuse_reports(&self, error: Option<DeviceError>) {
        self.lock().report_error = error;
    }

    /// How the browser answers a sign-in, by its URL. None keeps its sheet open.
    pub(crate) fn set_browser(
        &self,
        answer: impl Fn(&Url) -> Option<Result<BrowserOutcome, BrowserError>> + Send + 'static,
    ) {
        self.lock().browser = Box::new(answer);
    }

    /// How many sheets of the browser are open.
    pub(crate) fn open_sheets(&self) -> usize {
        self.open_sheets.load(Ordering::SeqCst)
    }

    /// From now on, the system grants no time behind the screen.
    pub(crate) fn refuse_background_work(&self) {
        self.lock().refuses_background_work = true;
    }

    /// How many pieces of background work are under way, and how many have begun in all.
    pub(crate) fn background_work(&self) -> (usize, usize) {
        let (under_way, begun) = &*self.background_work;
        (under_way.load(Ordering::SeqCst), begun.load(Ordering::SeqCst))
    }

    /// `watch` and `read`, as the managed configuration was watched and read.
    pub(crate) fn managed_calls(&self) -> Vec<&'static str> {
        self.lock().managed_calls.clone()
    }

    /// How often the managed configuration was read.
    pub(crate) fn readings(&self) -> usize {
        self.managed_calls().iter().filter(|call| **call == "read").count()
    }

    pub(crate) fn set_open_browser(&self, answer: Result<(), BrowserError>) {
        self.lock().open_browser = answer;
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// What the MDM was told last.
    pub(crate) fn last_report(&self) -> Vec<Report> {
        let newest = self.calls().into_iter().rev().find_map(|call| match call {
            Call::Report(reports) => Some(reports),
            _ => None,
        });
        newest.unwrap_or_default()
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
        let mut behaviour = self.lock();
        behaviour.managed_calls.push("read");
        behaviour.managed.clone()
    }

    fn watch_managed_config(&self, changed: Box<dyn Fn() + Send + Sync>) {
        let mut behaviour = self.lock();
        behaviour.managed_calls.push("watch");
        behaviour.on_managed_change = Some(changed);
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
        let answer = self.lock().report_error.clone().map_or(Ok(()), Err);
        Box::pin(async move { answer })
    }

    fn charging(&self) -> BoxFuture<'_, Option<bool>> {
        let charging = self.lock().charging;
        Box::pin(async move { charging })
    }

    fn begin_background_work(&self) -> Result<BackgroundWork, DeviceError> {
        if self.lock().refuses_background_work {
            return Err(DeviceError::NotPermitted);
        }
        let count = self.background_work.clone();
        count.0.fetch_add(1, Ordering::SeqCst);
        count.1.fetch_add(1, Ordering::SeqCst);
        Ok(BackgroundWork::new(move || {
            count.0.fetch_sub(1, Ordering::SeqCst);
        }))
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
        Box::pin(async move {
            self.open_sheets.fetch_add(1, Ordering::SeqCst);
            let _sheet = OpenSheet(&self.open_sheets);
            let answer = (self.lock().browser)(url);
            match answer {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        })
    }

    fn open_browser<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<(), BrowserError>> {
        self.record(Call::OpenBrowser(url.clone()));
        let answer = self.lock().open_browser;
        Box::pin(async move { answer })
    }
}
