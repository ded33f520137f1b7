//! Where the lines of a log go so that a developer, or a helpdesk with the tablet on a cable, can read them.

use std::io::{self, Write};

/// Writes each call's text as one line: on an iPad to the system's log, because nobody sees an app's standard error there;
/// elsewhere to standard error.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLog;

impl Write for SystemLog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        #[cfg(target_os = "ios")]
        crate::apple::log::write(String::from_utf8_lossy(line).trim_end());
        #[cfg(not(target_os = "ios"))]
        io::stderr().write_all(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
