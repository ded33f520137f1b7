//! What only the device knows and does: managed configuration from an MDM, reports back to its console, sign-in in the
//! system browser, kiosk mode, the screen, and the root certificates that the device trusts.
//!
//! One interface for Android, iPad and the desktop. A device that cannot do something says so
//! ([`DeviceError::Unsupported`]).
//!
//! # How to use it
//!
//! Register the plugin with `tauri::Builder::plugin(tauri_plugin_device::init())`, and reach the device with
//! `app.device()` (from `DeviceExt`). Managed configuration needs no app:
//!
//! ```no_run
//! # fn main() -> Result<(), tauri_plugin_device::ManagedConfigError> {
//! let config = tauri_plugin_device::managed_config()?;
//! let kiosk = config.get("kiosk").and_then(serde_json::Value::as_bool) == Some(true);
//! tauri_plugin_device::watch(|| println!("read the managed configuration again"));
//! # let _ = kiosk;
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! `tauri` (default) is the plugin itself. Without it the crate offers [`managed_config`], [`watch`], [`roots`] and the
//! plain types, with no Tauri, GTK or WebKit among its dependencies. `jvm` builds the Android code that needs no
//! window, for a JVM that tests it.
#![warn(missing_docs)]

#[cfg(any(target_os = "android", feature = "jvm"))]
mod android;
#[cfg(target_os = "ios")]
mod apple;
mod browser;
#[cfg(all(feature = "tauri", not(any(target_os = "android", target_os = "ios"))))]
mod desktop;
#[cfg(feature = "tauri")]
mod device;
mod error;
#[cfg(feature = "jvm")]
pub mod jvm;
mod launch_links;
#[cfg(any(all(feature = "tauri", target_os = "ios"), test))]
mod link_queue;
#[cfg(any(feature = "jvm", all(feature = "tauri", target_os = "android"), test))]
mod lock_task;
mod managed_config;
mod models;
#[cfg(any(feature = "jvm", target_os = "android", test))]
mod proxy;
mod system_log;
mod watch;

#[cfg(all(feature = "tauri", target_os = "android"))]
use android::device as platform;
#[cfg(all(feature = "tauri", target_os = "ios"))]
use apple::device as platform;
#[cfg(all(feature = "tauri", not(any(target_os = "android", target_os = "ios"))))]
use desktop as platform;

pub use browser::BrowserError;
#[cfg(feature = "tauri")]
pub use device::{Device, DeviceExt};
pub use error::{DeviceError, ManagedConfigError};
pub use launch_links::on_launch_link;
pub use managed_config::{SYSTEM_FILE, managed_config, managed_config_from};
pub use models::{BackgroundWork, BrowserOutcome, DeviceInfo, Report, Severity};
pub use system_log::SystemLog;
pub use watch::{watch, watch_from};

/// The certificates that this device trusts, each in DER, where an app must pass them to its TLS library itself
/// (Android); `None` where TLS libraries can ask the system. Blocks for up to some hundred milliseconds, so call it
/// once, and not on the main thread.
pub fn roots() -> Result<Option<Vec<Vec<u8>>>, DeviceError> {
    #[cfg(target_os = "android")]
    return android::roots::read().map(Some);
    #[cfg(not(target_os = "android"))]
    Ok(None)
}

/// The HTTP proxy that this device's system uses for `url`, where TLS and HTTP libraries cannot ask the system
/// themselves (Android): that of the Wi-Fi network, or one that the device administrator sets. `None` means a direct
/// connection, which also follows after proxies that do not connect. Asks the system each time, because the network may
/// have changed. Blocks for up to five seconds, with a proxy script or a proxy that does not answer.
#[must_use]
pub fn proxy(url: &url::Url) -> Option<url::Url> {
    #[cfg(target_os = "android")]
    return android::proxy::of(url);
    #[cfg(not(target_os = "android"))]
    {
        let _ = url;
        None
    }
}

/// Makes the plugin.
#[cfg(feature = "tauri")]
#[must_use]
pub fn init<R: tauri::Runtime>() -> tauri::plugin::TauriPlugin<R> {
    tauri::plugin::Builder::new("device")
        .setup(|app, _| {
            #[cfg(target_os = "ios")]
            {
                apple::scene::watch_links()?;
                apple::background_work::prepare(app)?;
            }
            tauri::Manager::manage(app, Device { app: app.clone() });
            Ok(())
        })
        .build()
}
