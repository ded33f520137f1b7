//! Desktop: the default browser and the battery. Kiosk mode and the rest are for tablets.

use std::future::{Ready, ready};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tauri::{AppHandle, Runtime};
use url::Url;

use crate::{BackgroundWork, BrowserError, BrowserOutcome, DeviceError, DeviceInfo, Report};

/// A launcher that finds no browser fails at once. A launcher that still runs after this time has become the browser.
const LAUNCH_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) async fn open_browser<R: Runtime>(_: &AppHandle<R>, url: &Url) -> Result<(), BrowserError> {
    for command in open::commands(url.as_str()) {
        let mut command = tokio::process::Command::from(command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(mut launcher) = command.spawn() else { continue };
        match tokio::time::timeout(LAUNCH_TIMEOUT, launcher.wait()).await {
            Ok(Ok(status)) if !status.success() => {}
            _ => return Ok(()),
        }
    }
    Err(BrowserError::NoBrowser)
}

/// No desktop offers a common way to open a private session, so `_private` is ignored.
pub(crate) async fn sign_in<R: Runtime>(
    app: &AppHandle<R>,
    url: &Url,
    _callback: &Url,
    _private: bool,
) -> Result<BrowserOutcome, BrowserError> {
    open_browser(app, url).await.map(|()| BrowserOutcome::Opened)
}

pub(crate) fn keep_screen_on<R: Runtime>(_: &AppHandle<R>, _on: bool) -> Ready<Result<(), DeviceError>> {
    ready(Err(DeviceError::Unsupported))
}

pub(crate) fn block_screenshots<R: Runtime>(_: &AppHandle<R>, _on: bool) -> Ready<Result<(), DeviceError>> {
    ready(Err(DeviceError::Unsupported))
}

pub(crate) fn kiosk<R: Runtime>(_: &AppHandle<R>, _on: bool) -> Ready<Result<(), DeviceError>> {
    ready(Err(DeviceError::Unsupported))
}

pub(crate) fn report<R: Runtime>(_: &AppHandle<R>, _reports: Vec<Report>) -> Ready<Result<(), DeviceError>> {
    ready(Err(DeviceError::Unsupported))
}

/// A desktop lets every process run.
#[expect(clippy::unnecessary_wraps, reason = "tablets may refuse")]
pub(crate) fn begin_background_work() -> Result<BackgroundWork, DeviceError> {
    Ok(BackgroundWork::new(|| {}))
}

/// Whether no battery discharges; a desktop without a battery counts as charging.
pub(crate) fn charging<R: Runtime>(_: &AppHandle<R>) -> Ready<Option<bool>> {
    ready(charging_from(Path::new("/sys/class/power_supply")))
}

fn charging_from(supplies: &Path) -> Option<bool> {
    let states = std::fs::read_dir(supplies).ok()?.flatten().filter_map(|supply| {
        let kind = std::fs::read_to_string(supply.path().join("type")).ok()?;
        if kind.trim() == "Battery" {
            std::fs::read_to_string(supply.path().join("status")).ok()
        } else {
            None
        }
    });
    Some(states.into_iter().all(|state| state.trim() != "Discharging"))
}

pub(crate) fn info<R: Runtime>(_: &AppHandle<R>) -> Ready<DeviceInfo> {
    ready(DeviceInfo {
        system: std::env::consts::OS.to_owned(),
        engine: tauri::webview_version().ok(),
        ..DeviceInfo::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discharging_battery_is_not_charging_and_a_machine_without_one_counts_as_charging() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(charging_from(folder.path()), Some(true));
        for (name, kind, status, charging) in [
            ("AC", "Mains\n", None, true),
            ("BAT0", "Battery\n", Some("Charging\n"), true),
            ("BAT0", "Battery\n", Some("Full\n"), true),
            ("BAT0", "Battery\n", Some("Discharging\n"), false),
        ] {
            let supply = folder.path().join(name);
            std::fs::create_dir_all(&supply).unwrap();
            std::fs::write(supply.join("type"), kind).unwrap();
            if let Some(status) = status {
                std::fs::write(supply.join("status"), status).unwrap();
            }
            assert_eq!(charging_from(folder.path()), Some(charging), "{name} {status:?}");
        }
        assert_eq!(charging_from(&folder.path().join("none")), None);
    }
}
