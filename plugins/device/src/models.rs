//! What goes to the device and comes from it.

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
