//! Why the device did not carry out a call, and why its managed configuration cannot be used.

use std::fmt;

/// Why the device did not carry out a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceError {
    /// This kind of device cannot do it. A second attempt is useless.
    Unsupported,
    /// The device's administrator has not allowed it. That may change while the app runs.
    NotPermitted,
    /// The app has no window at the moment.
    NoWindow,
    /// The system failed; the text is the system's own.
    System(String),
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => f.write_str("this device cannot do that"),
            Self::NotPermitted => f.write_str("the device's administrator has not allowed it"),
            Self::NoWindow => f.write_str("the app has no window"),
            Self::System(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for DeviceError {}

#[cfg(feature = "tauri")]
impl From<tauri::Error> for DeviceError {
    fn from(error: tauri::Error) -> Self {
        Self::System(error.to_string())
    }
}

/// Why the managed configuration cannot be used. A missing configuration is not an error but an empty one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagedConfigError {
    /// The system or the file cannot be read. The configuration may exist, so a caller must not treat it as empty.
    Unreadable,
    /// A user other than root owns the file or may write to it.
    NotProtected,
    /// The content is not one JSON object of at most 64 KiB.
    Malformed,
}

impl fmt::Display for ManagedConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "the managed configuration cannot be read",
            Self::NotProtected => "somebody other than an administrator may write the managed configuration",
            Self::Malformed => "the managed configuration is not a JSON object of at most 64 KiB",
        })
    }
}

impl std::error::Error for ManagedConfigError {}
