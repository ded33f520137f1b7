//! A wrong clock for the app and the web engine: libfaketime moves their time of day. Timers and timeouts go by the
//! monotonic clock, which stays as it is.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Outcome, Sandbox};

/// Where Debian's package `libfaketime` has the library for programs with threads.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// The time of day of the processes that start in a sandbox.
pub struct WrongClock(PathBuf);

impl WrongClock {
    /// Makes the clock of every process that starts from now on in this sandbox a wrong one. It is right until
    /// [`Self::set`]. None if the library is not installed.
    pub fn in_sandbox(sandbox: &mut Sandbox) -> Outcome<Option<Self>> {
        if !Path::new(LIBRARY).exists() {
            return Ok(None);
        }
        let clock = Self(sandbox.home().join("clock"));
        clock.set(0)?;
        sandbox.set_env("LD_PRELOAD", LIBRARY);
        sandbox.set_env("FAKETIME_TIMESTAMP_FILE", clock.0.to_string_lossy());
        sandbox.set_env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        // The library reads the file again after so many seconds.
        sandbox.set_env("FAKETIME_CACHE_DURATION", "1");
        Ok(Some(clock))
    }

    /// Moves the clock to so many seconds before or after the true time. Running processes follow within a second.
    pub fn set(&self, seconds: i64) -> Outcome {
        let new = self.0.with_extension("new");
        fs::write(&new, format!("{seconds:+}\n"))?;
        Ok(fs::rename(new, &self.0)?)
    }
}
