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

/// The outcome of a request to start or end the kiosk mode of an iPad, which `did` or did not what was asked. The system
/// refuses to end a mode that the administrator's console has started for the whole tablet. The app has none of its own
/// then, which is all that "off" asks for; to ask again every few seconds would change nothing.
#[cfg(any(all(feature = "tauri", target_os = "ios"), test))]
pub(crate) fn kiosk_outcome(on: bool, did: bool) -> Result<(), DeviceError> {
    if on && !did {
        Err(DeviceError::NotPermitted)
    } else {
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kiosk_that_the_console_keeps_up_counts_as_off_and_one_that_does_not_start_is_not_permitted() {
        assert_eq!(kiosk_outcome(false, false), Ok(()));
        assert_eq!(kiosk_outcome(true, false), Err(DeviceError::NotPermitted));
        assert_eq!(kiosk_outcome(true, true), Ok(()));
        assert_eq!(kiosk_outcome(false, true), Ok(()));
    }
}
