//! The application's ports, by Tauri and its plugins.

use std::path::PathBuf;
use std::sync::Arc;

use app::diagnostics::log;
use app::{BoxFuture, Device, Platform, SiteView, Ui};
use serde_json::{Map, Value};
use session::store::{KeyringStore, Store};
use session::{Http, ReqwestHttp, SystemClock, SystemRandom};
use tauri::{AppHandle, Emitter, Manager, WebviewWindow, Wry};
use tauri_plugin_device::{
    BackgroundWork, BrowserError, BrowserOutcome, DeviceError, DeviceExt, DeviceInfo, ManagedConfigError, Report,
};
use tauri_plugin_site_view::{Cookie, Error as SiteViewError, SiteViewExt};
use url::Url;

use crate::MAIN;

fn main_window(app: &AppHandle<Wry>) -> Option<WebviewWindow<Wry>> {
    app.get_webview_window(MAIN)
}

/// The site view. On the desktop, site and shell are two windows of which one is visible. On a tablet the site lies over
/// the shell's page in the same window.
pub struct SiteViewAdapter(pub AppHandle<Wry>);

impl SiteView for SiteViewAdapter {
    fn load(&self, url: &Url) -> Result<(), SiteViewError> {
        self.0.site_view().load(url)
    }

    fn show(&self) -> Result<(), SiteViewError> {
        self.0.site_view().show()?;
        if let Some(window) = main_window(&self.0).filter(|_| cfg!(desktop)) {
            window.hide()?;
        }
        Ok(())
    }

    fn hide(&self) -> Result<(), SiteViewError> {
        if let Some(window) = main_window(&self.0) {
            window.show()?;
            window.set_focus()?;
        }
        let site = self.0.site_view();
        if site.is_open() { site.hide() } else { Ok(()) }
    }

    fn close(&self) -> Result<(), SiteViewError> {
        self.0.site_view().close()
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), SiteViewError>> {
        Box::pin(async move {
            match main_window(&self.0) {
                Some(window) => self.0.site_view().clear(&window).await,
                None => Ok(()),
            }
        })
    }

    fn set_cookie<'a>(&'a self, cookie: Cookie<'a>) -> BoxFuture<'a, Result<(), SiteViewError>> {
        Box::pin(self.0.site_view().set_cookie(cookie))
    }
}

/// The tablet. A development build may read the managed configuration from a file.
pub struct DeviceAdapter {
    app: AppHandle<Wry>,
    managed_config_file: Option<PathBuf>,
}

impl DeviceAdapter {
    pub fn new(app: AppHandle<Wry>, managed_config_file: Option<PathBuf>) -> Self {
        Self {
            app,
            managed_config_file,
        }
    }
}

impl Device for DeviceAdapter {
    fn managed_config(&self) -> Result<Map<String, Value>, ManagedConfigError> {
        match &self.managed_config_file {
            Some(file) => tauri_plugin_device::managed_config_from(file),
            None => tauri_plugin_device::managed_config(),
        }
    }

    fn watch_managed_config(&self, changed: Box<dyn Fn() + Send + Sync>) {
        match &self.managed_config_file {
            Some(file) => tauri_plugin_device::watch_from(file, changed),
            None => tauri_plugin_device::watch(changed),
        }
    }

    fn keep_screen_on(&self, on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(self.app.device().keep_screen_on(on))
    }

    fn block_screenshots(&self, on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(self.app.device().block_screenshots(on))
    }

    fn kiosk(&self, on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(self.app.device().kiosk(on))
    }

    fn report(&self, reports: Vec<Report>) -> BoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(self.app.device().report(reports))
    }

    fn charging(&self) -> BoxFuture<'_, Option<bool>> {
        Box::pin(self.app.device().charging())
    }

    fn begin_background_work(&self) -> Result<BackgroundWork, DeviceError> {
        self.app.device().begin_background_work()
    }

    fn info(&self) -> BoxFuture<'_, DeviceInfo> {
        Box::pin(self.app.device().info())
    }

    fn sign_in<'a>(
        &'a self,
        url: &'a Url,
        redirect_uri: &'a Url,
        private: bool,
    ) -> BoxFuture<'a, Result<BrowserOutcome, BrowserError>> {
        Box::pin(self.app.device().sign_in(url, redirect_uri, private))
    }

    fn open_browser<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(self.app.device().open_browser(url))
    }
}

/// The shell's pages.
pub struct UiAdapter(pub AppHandle<Wry>);

impl Ui for UiAdapter {
    fn view_changed(&self) {
        if let Err(error) = self.0.emit_to(MAIN, "view-changed", ()) {
            log::failed("view_changed", &error);
        }
    }

    fn quit(&self) {
        self.0.exit(0);
    }
}

/// Clock, randomness, HTTP and keystore of this system.
pub fn platform() -> Platform {
    Platform {
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        http: Box::new(|loopback_http| {
            let roots = tauri_plugin_device::roots().ok()?;
            let roots = roots.as_deref();
            let http = if cfg!(target_os = "android") {
                ReqwestHttp::with_proxy(roots, loopback_http, tauri_plugin_device::proxy)
            } else {
                ReqwestHttp::new(roots, loopback_http)
            };
            Some(Arc::new(http.ok()?) as Arc<dyn Http>)
        }),
        keystore_outlives_app: cfg!(target_os = "ios"),
        store: Box::new(|namespace| Arc::new(KeyringStore::system(namespace.to_owned())) as Arc<dyn Store>),
    }
}
