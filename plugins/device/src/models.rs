//! What goes to the device and comes from it.

use std::fmt;

/// How severe a [`Report`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// For information.
    Info,
    /// An administrator must act.
    Error,
}

/// A report about one setting or feature, for the device's administrator, who reads it in the MDM console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What the report is about: the name of a setting, as a rule. Android passes on at most 100 UTF-16 units.
    pub key: String,
    /// How severe it is.
    pub severity: Severity,
    /// The text for the administrator; consoles show at most 1,000 characters. Must contain no secret and no personal
    /// data.
    pub message: String,
}

/// What this device is, for a status page or a helpdesk. Contains nothing that identifies one device among others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceInfo {
    /// `Android`, `iPadOS`, or Rust's name of the desktop's system.
    pub system: String,
    /// The system's version, where the system says.
    pub version: Option<String>,
    /// Maker and model, where the system says.
    pub model: Option<String>,
    /// The version of the web engine, where it says.
    pub engine: Option<String>,
    /// Whether a kiosk mode is on: the device lets no app but the permitted ones run.
    pub kiosk: bool,
}

/// How the system browser answered a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrowserOutcome {
    /// The browser is open. The redirect URI will reach the app as a deep link.
    Opened,
    /// The browser returned this redirect URI.
    Redirected(String),
}

/// Work during which the system lets the app run, also behind the screen. Ends when dropped.
#[must_use = "the work ends when this is dropped"]
pub struct BackgroundWork(Option<Box<dyn FnOnce() + Send>>);

impl BackgroundWork {
    /// Work that has begun; `end` ends it.
    pub fn new(end: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(end)))
    }
}

impl Drop for BackgroundWork {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}

impl fmt::Debug for BackgroundWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackgroundWork")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn background_work_ends_once_when_it_is_dropped() {
        let ended = Arc::new(AtomicUsize::new(0));
        let count = ended.clone();
        let work = BackgroundWork::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        assert_eq!(ended.load(Ordering::SeqCst), 0);
        drop(work);
        assert_eq!(ended.load(Ordering::SeqCst), 1);
    }
}
