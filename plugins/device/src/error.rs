//! Why the device did not carry out a call.

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
