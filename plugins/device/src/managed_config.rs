//! Managed configuration: the settings that an administrator gave this app on this device through an MDM.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

use serde_json::{Map, Value};

use crate::ManagedConfigError;

/// The file with the managed configuration on Linux: one flat JSON object, owned by root and writable by root only.
pub const SYSTEM_FILE: &str = "/etc/konnect-groep/managed.json";

/// Larger files are [`ManagedConfigError::Malformed`].
const MAX_BYTES: u64 = 64 * 1024;

/// Reads the managed configuration of this device; empty if there is none. A value of a type that JSON does not have
/// becomes null, so that the settings' own validation refuses it. On Android it may be empty for some minutes after the
/// app was installed; [`watch`](crate::watch) reports when that changes.
pub fn managed_config() -> Result<Map<String, Value>, ManagedConfigError> {
    #[cfg(target_os = "android")]
    return crate::android::managed_config::read();
    #[cfg(target_os = "ios")]
    return crate::apple::managed_config::read();
    #[cfg(not(any(target_os = "android", target_os = "ios")))]
    return read(Path::new(SYSTEM_FILE), true);
}

/// The text for a console that keeps one text per key (iPad), cut to the 1,000 characters that consoles show.
#[cfg(any(all(feature = "tauri", target_os = "ios"), test))]
pub(crate) fn console_text(report: &crate::Report) -> String {
    let word = match report.severity {
        crate::Severity::Info => "info",
        crate::Severity::Error => "error",
    };
    format!("{word}: {}", report.message).chars().take(1_000).collect()
}

/// Reads the managed configuration from another file, whoever owns the file. For development.
pub fn managed_config_from(file: &Path) -> Result<Map<String, Value>, ManagedConfigError> {
    read(file, false)
}

fn read(file: &Path, protected: bool) -> Result<Map<String, Value>, ManagedConfigError> {
    let opened = match fs::File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Map::new()),
        Err(_) => return Err(ManagedConfigError::Unreadable),
    };
    let metadata = opened.metadata().map_err(|_| ManagedConfigError::Unreadable)?;
    if protected && !is_protected(&metadata) {
        return Err(ManagedConfigError::NotProtected);
    }
    let mut text = String::new();
    opened
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|_| ManagedConfigError::Malformed)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(ManagedConfigError::Malformed);
    }
    serde_json::from_str(&text).map_err(|_| ManagedConfigError::Malformed)
}

#[cfg(unix)]
fn is_protected(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.is_file() && metadata.uid() == 0 && metadata.mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn is_protected(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("managed.json");
        fs::write(&file, text).unwrap();
        (folder, file)
    }

    #[test]
    fn a_report_starts_with_its_severity_and_is_cut_to_what_a_console_takes() {
        let report = |message: String| crate::Report {
            key: "tenant".to_owned(),
            severity: crate::Severity::Error,
            message,
        };
        assert_eq!(console_text(&report("E103".to_owned())), "error: E103");
        assert_eq!(console_text(&report("é".repeat(2_000))).chars().count(), 1_000);
    }

    #[test]
    fn a_device_without_the_file_has_an_empty_configuration() {
        assert_eq!(managed_config_from(Path::new("/nowhere/managed.json")), Ok(Map::new()));
    }

    #[test]
    fn a_file_that_is_not_a_json_object_is_refused() {
        let huge = vec![b' '; 70_000];
        for text in [&b""[..], b"[]", b"7", b"{\"tenant\":", b"\xff\xfe", &huge] {
            let (_folder, file) = written(text);
            assert_eq!(managed_config_from(&file), Err(ManagedConfigError::Malformed));
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_root_may_own_and_write_the_systems_file() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let (_folder, file) = written(b"{\"tenant\":\"zonnetje\"}");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(read(&file, true), Err(ManagedConfigError::NotProtected));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let by_root = fs::metadata(&file).unwrap().uid() == 0;
        assert_eq!(read(&file, true).is_ok(), by_root);
    }
}
