//! The system browser, for signing in.

use std::process::Stdio;
use std::time::Duration;

use url::Url;

/// Why the browser did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowserFault {
    /// The address is not one for a browser.
    NotAnAddress,
    /// This device has no browser, or it did not start.
    NoBrowser,
}

impl BrowserFault {
    /// The code that helpdesk and screen name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnAddress => "E193",
            Self::NoBrowser => "E194",
        }
    }
}

/// Launchers report a missing browser at once; one that still runs after this has become the browser itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a web address in the system's own browser.
pub async fn open_browser(url: &Url) -> Result<(), BrowserFault> {
    if !matches!(url.scheme(), "https" | "http") {
        return Err(BrowserFault::NotAnAddress);
    }
    for command in open::commands(url.as_str()) {
        let mut command = tokio::process::Command::from(command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(mut launcher) = command.spawn() else { continue };
        match tokio::time::timeout(PATIENCE, launcher.wait()).await {
            Ok(Ok(status)) if !status.success() => {}
            _ => return Ok(()),
        }
    }
    Err(BrowserFault::NoBrowser)
}
