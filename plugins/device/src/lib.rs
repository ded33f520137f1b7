//! What only the device knows and does: its managed configuration, its browser for signing in, its screen, its kiosk.
//!
//! One small interface for Android, iPad and the desktop. What a device cannot do it says ([`DeviceError::Unsupported`]).
#![warn(missing_docs)]

#[cfg(target_os = "android")]
mod android;
mod browser;
#[cfg(not(any(target_os = "android", target_os = "ios")))]
mod desktop;
mod managed_config;
mod watch;

use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager, Runtime};
use url::Url;

#[cfg(target_os = "android")]
use android as platform;
#[cfg(not(any(target_os = "android", target_os = "ios")))]
use desktop as platform;
#[cfg(target_os = "ios")]
mod apple;
#[cfg(target_os = "ios")]
use apple as platform;

pub use browser::BrowserError;
pub use managed_config::{ManagedConfigError, SYSTEM_FILE, managed_config, managed_config_from};
pub use watch::{watch, watch_from};

/// Why the device did not do as told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceError {
    /// This device has no such thing.
    Unsupported,
    /// The device's owner has not allowed it.
    NotPermitted,
    /// There is no window of the app to do it in.
    NoWindow,
    /// The system failed, in its own words.
    System(String),
}

impl std::fmt::Display for DeviceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unsupported => f.write_str("this device has no such thing"),
            Self::NotPermitted => f.write_str("the device's owner has not allowed it"),
            Self::NoWindow => f.write_str("there is no window"),
            Self::System(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for DeviceError {}

impl From<tauri::Error> for DeviceError {
    fn from(error: tauri::Error) -> Self {
        Self::System(error.to_string())
    }
}

/// How bad what is reported is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// For information.
    Info,
    /// Somebody is to act on it.
    Error,
}

/// What the app tells the device manager about one thing; an administrator reads it in the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What it is about: the name of a setting, mostly.
    pub key: String,
    /// How bad it is.
    pub severity: Severity,
    /// In words, with the code. Never a secret, never anybody's name.
    pub message: String,
}

/// What this device is, for the status page and the helpdesk. Nothing that tells one tablet from another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceInfo {
    /// `Android`, `iPadOS` or the desktop's system.
    pub system: String,
    /// Its version, where it tells.
    pub version: Option<String>,
    /// Maker and model, where it tells.
    pub model: Option<String>,
    /// The web engine and its version, where it tells.
    pub engine: Option<String>,
    /// The device lets nothing but this app run now.
    pub kiosk: bool,
}

/// A browser's answer to a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrowserOutcome {
    /// The browser is open; where it comes back to reaches the app as a link.
    Opened,
    /// The browser came back, by this address.
    Redirected(String),
}

/// The device that the app runs on.
pub struct Device<R: Runtime> {
    app: AppHandle<R>,
}

impl<R: Runtime> Device<R> {
    /// Keeps the screen on, or lets the system decide again. Of value while the app is in front.
    pub async fn keep_screen_on(&self, on: bool) -> Result<(), DeviceError> {
        platform::keep_screen_on(&self.app, on).await
    }

    /// Keeps the screen out of pictures and of the list of recent apps, or no longer.
    pub async fn block_screenshots(&self, on: bool) -> Result<(), DeviceError> {
        platform::block_screenshots(&self.app, on).await
    }

    /// Lets nothing but this app run, where the device manager has permitted that, or no longer.
    pub async fn kiosk(&self, on: bool) -> Result<(), DeviceError> {
        platform::kiosk(&self.app, on).await
    }

    /// Tells the device manager how things are. Replaces what was told before: a key that is not among them is well again.
    pub async fn report(&self, reports: Vec<Report>) -> Result<(), DeviceError> {
        platform::report(&self.app, reports).await
    }

    /// The device is being charged; none where it does not tell.
    pub async fn charging(&self) -> Option<bool> {
        platform::charging(&self.app).await
    }

    /// What this device is.
    pub async fn info(&self) -> DeviceInfo {
        platform::info(&self.app).await
    }

    /// Signs in with the system's own browser at `url`, which sends the person back to `callback`. `private` keeps the
    /// browser from knowing anybody from before, where it can.
    pub async fn sign_in(&self, url: &Url, callback: &Url, private: bool) -> Result<BrowserOutcome, BrowserError> {
        browser::is_address(url)?;
        platform::sign_in(&self.app, url, callback, private).await
    }

    /// Opens a web address in the system's own browser.
    pub async fn open_browser(&self, url: &Url) -> Result<(), BrowserError> {
        browser::is_address(url)?;
        platform::open_browser(&self.app, url).await
    }
}

/// The certificates that this device trusts, in DER, where the app must bring them to its connections itself (Android);
/// none where the system's own check is asked. Takes a moment: call it off the main thread, once.
pub fn roots() -> Result<Option<Vec<Vec<u8>>>, DeviceError> {
    #[cfg(target_os = "android")]
    return android::roots::read().map(Some);
    #[cfg(not(target_os = "android"))]
    Ok(None)
}

/// Access to the device.
pub trait DeviceExt<R: Runtime> {
    /// The device that the app runs on.
    fn device(&self) -> &Device<R>;
}

impl<R: Runtime, M: Manager<R>> DeviceExt<R> for M {
    fn device(&self) -> &Device<R> {
        self.state::<Device<R>>().inner()
    }
}

/// The plugin.
#[must_use]
pub fn init<R: Runtime>() -> TauriPlugin<R> {
    tauri::plugin::Builder::new("device")
        .setup(|app, _| {
            app.manage(Device { app: app.clone() });
            Ok(())
        })
        .build()
}
