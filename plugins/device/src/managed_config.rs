//! Managed configuration: what an administrator has set for this app on this device.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

use serde_json::{Map, Value};

/// Where an administrator puts the configuration on Linux: one flat JSON object.
pub const SYSTEM_FILE: &str = "/etc/konnect-groep/managed.json";

/// Larger files are no configuration.
const MAX_BYTES: u64 = 64 * 1024;

/// Why the managed configuration cannot be used. An absent file is no fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagedConfigError {
    /// It cannot be read.
    Unreadable,
    /// Somebody else than an administrator may write it.
    NotProtected,
    /// Not one JSON object of at most 64 KiB.
    Malformed,
}

impl ManagedConfigError {
    /// The code that helpdesk and screen name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "E190",
            Self::NotProtected => "E191",
            Self::Malformed => "E192",
        }
    }
}

/// The managed configuration of this device; empty where there is none. A value of a type that no setting has comes as
/// null, for the settings to refuse.
pub fn managed_config() -> Result<Map<String, Value>, ManagedConfigError> {
    #[cfg(target_os = "android")]
    return crate::android::managed_config::read();
    #[cfg(target_os = "ios")]
    return crate::apple::managed_config::read();
    #[cfg(not(any(target_os = "android", target_os = "ios")))]
    return read(Path::new(SYSTEM_FILE), true);
}

/// What a console shows of a report: it has one text for each key, and cuts long ones.
#[cfg(any(target_os = "ios", test))]
pub(crate) fn feedback(report: &crate::Report) -> String {
    let word = match report.severity {
        crate::Severity::Info => "info",
        crate::Severity::Error => "error",
    };
    format!("{word}: {}", report.message).chars().take(1_000).collect()
}

/// The same from another file, with no demand on who owns it: for development.
pub fn managed_config_from(file: &Path) -> Result<Map<String, Value>, ManagedConfigError> {
    read(file, false)
}

fn read(file: &Path, protected: bool) -> Result<Map<String, Value>, ManagedConfigError> {
    let opened = match fs::File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Map::new()),
        Err(_) => return Err(ManagedConfigError::Unreadable),
    };
    let about = opened.metadata().map_err(|_| ManagedConfigError::Unreadable)?;
    if protected && !is_protected(&about) {
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
fn is_protected(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    about.is_file() && about.uid() == 0 && about.mode() & 0o022 == 0
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
    fn a_report_says_how_bad_it_is_and_is_cut_where_a_console_would_refuse_it() {
        let report = |message: String| crate::Report {
            key: "tenant".to_owned(),
            severity: crate::Severity::Error,
            message,
        };
        assert_eq!(feedback(&report("E103".to_owned())), "error: E103");
        assert_eq!(feedback(&report("é".repeat(2_000))).chars().count(), 1_000);
    }

    #[test]
    fn a_device_without_a_file_is_not_managed() {
        assert_eq!(managed_config_from(Path::new("/nowhere/managed.json")), Ok(Map::new()));
    }

    #[test]
    fn a_file_that_is_no_json_object_is_refused() {
        let huge = vec![b' '; 70_000];
        for text in [&b""[..], b"[]", b"7", b"{\"tenant\":", b"\xff\xfe", &huge] {
            let (_folder, file) = written(text);
            assert_eq!(managed_config_from(&file), Err(ManagedConfigError::Malformed));
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_systems_file_must_be_an_administrators_alone() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let (_folder, file) = written(b"{\"tenant\":\"zonnetje\"}");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(read(&file, true), Err(ManagedConfigError::NotProtected));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let by_root = fs::metadata(&file).unwrap().uid() == 0;
        assert_eq!(read(&file, true).is_ok(), by_root);
    }
}
