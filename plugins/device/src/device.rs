//! The device as a Tauri app uses it.

use tauri::{AppHandle, Manager, Runtime};
use url::Url;

use crate::{BackgroundWork, BrowserError, BrowserOutcome, DeviceError, DeviceInfo, Report, browser, platform};

/// The device that the app runs on. The functions may be called from any thread.
pub struct Device<R: Runtime> {
    pub(crate) app: AppHandle<R>,
}

impl<R: Runtime> Device<R> {
    /// Keeps the screen on while the app is in the foreground, or lets the system decide again.
    pub async fn keep_screen_on(&self, on: bool) -> Result<(), DeviceError> {
        platform::keep_screen_on(&self.app, on).await
    }

    /// Blocks screenshots and the app's picture in the list of recent apps, or allows both again. An iPad lets no app
    /// block screenshots; there only the picture in the list of recent apps is covered.
    pub async fn block_screenshots(&self, on: bool) -> Result<(), DeviceError> {
        platform::block_screenshots(&self.app, on).await
    }

    /// Starts or ends the system's kiosk mode: lock task on Android, autonomous single app mode on an iPad. Fails with
    /// [`DeviceError::NotPermitted`] unless the device's administrator has permitted it for this app.
    pub async fn kiosk(&self, on: bool) -> Result<(), DeviceError> {
        platform::kiosk(&self.app, on).await
    }

    /// Sends reports to the device's administrator. They replace all earlier reports: a key that is not among them
    /// counts as resolved. Success says that the system took the reports, not that anybody received them.
    pub async fn report(&self, reports: Vec<Report>) -> Result<(), DeviceError> {
        platform::report(&self.app, reports).await
    }

    /// Asks the system to let the app run until the result is dropped, also if the app leaves the screen meanwhile: for
    /// work of seconds that must not be interrupted. An iPad allows about half a minute behind the screen, Android a few
    /// minutes; then the work is on its own, as it is if the system refuses. A desktop lets every process run.
    pub fn begin_background_work(&self) -> Result<BackgroundWork, DeviceError> {
        platform::begin_background_work()
    }

    /// Whether the device is charging; `None` if it does not say.
    pub async fn charging(&self) -> Option<bool> {
        platform::charging(&self.app).await
    }

    /// What this device is.
    pub async fn info(&self) -> DeviceInfo {
        platform::info(&self.app).await
    }

    /// Opens `url` in the system browser for a sign-in that ends at the redirect URI `callback`.
    ///
    /// `private` asks for a session without earlier cookies, where the browser supports one. On an iPad this returns
    /// when the browser's sheet closes, and dropping the future closes the sheet; elsewhere it returns once the browser
    /// is open.
    pub async fn sign_in(&self, url: &Url, callback: &Url, private: bool) -> Result<BrowserOutcome, BrowserError> {
        browser::check_url(url)?;
        platform::sign_in(&self.app, url, callback, private).await
    }

    /// Opens an http or https URL in the system browser.
    pub async fn open_browser(&self, url: &Url) -> Result<(), BrowserError> {
        browser::check_url(url)?;
        platform::open_browser(&self.app, url).await
    }
}

/// Gives access to the device from an app handle, a window or a web view.
pub trait DeviceExt<R: Runtime> {
    /// The device that the app runs on. Panics if the plugin is not registered.
    fn device(&self) -> &Device<R>;
}

impl<R: Runtime, M: Manager<R>> DeviceExt<R> for M {
    fn device(&self) -> &Device<R> {
        self.state::<Device<R>>().inner()
    }
}
