//! What the status page shows.

use app_state::{AppError, StatusInfo};
use settings::AccountType;
use tauri_plugin_device::DeviceInfo;

use crate::saved_state::SavedState;
use crate::settings_sources::Reading;

/// The environment that needs no mention.
const PRODUCTION: &str = "production";

/// Puts the page together. `reading` is None while the settings cannot be read.
pub(crate) fn info(
    reading: Option<&Reading>,
    saved: &SavedState,
    device: DeviceInfo,
    days_left: Option<u32>,
    recent_errors: Vec<AppError>,
) -> StatusInfo {
    let resolved = reading.map(|reading| &reading.resolved);
    let target = resolved.and_then(|resolved| resolved.target.as_ref().ok()?.as_ref());
    StatusInfo {
        personal: resolved.is_some_and(|resolved| resolved.account_type == AccountType::Personal),
        days_left,
        environment: target
            .map(|target| target.environment.clone())
            .filter(|name| name != PRODUCTION),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        device: device_words(device),
        recent_errors,
        support: resolved.and_then(|resolved| resolved.support_contact.clone()),
        settings: reading.map(|reading| reading.settings(saved)).unwrap_or_default(),
        invalid_settings: reading.map(Reading::invalid_settings).unwrap_or_default(),
    }
}

fn device_words(device: DeviceInfo) -> Vec<String> {
    let system = match device.version {
        Some(version) => format!("{} {version}", device.system),
        None => device.system,
    };
    let engine = device.engine.map(|version| format!("web view {version}"));
    let kiosk = device.kiosk.then(|| "kiosk".to_owned());
    [Some(system), device.model, engine, kiosk]
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_is_described_as_far_as_it_tells() {
        let bare = DeviceInfo {
            system: "Android".into(),
            ..DeviceInfo::default()
        };
        assert_eq!(device_words(bare.clone()), ["Android"]);
        let full = DeviceInfo {
            version: Some("14".into()),
            model: Some("Samsung SM-X200".into()),
            engine: Some("126.0".into()),
            kiosk: true,
            ..bare
        };
        assert_eq!(
            device_words(full),
            ["Android 14", "Samsung SM-X200", "web view 126.0", "kiosk"]
        );
    }

    #[test]
    fn without_a_reading_of_the_settings_the_page_still_shows_version_device_and_errors() {
        let error = AppError::from(error_codes::ErrorCode::ManagedUnreadable);
        let info = info(
            None,
            &SavedState::default(),
            DeviceInfo::default(),
            Some(59),
            vec![error],
        );
        assert_eq!(
            (info.days_left, info.recent_errors, info.settings.len()),
            (Some(59), vec![error], 0)
        );
        assert!(!info.version.is_empty() && !info.personal && info.environment.is_none());
    }
}
