//! Notices that the managed configuration changes while the app runs.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often the configuration is compared. Android and iPads read it through the system's services; elsewhere it is one
/// `stat`.
const INTERVAL: Duration = Duration::from_secs(if cfg!(any(target_os = "android", target_os = "ios")) {
    15
} else {
    1
});

/// Calls `changed` whenever the managed configuration of this device may have changed, for as long as the app runs. The
/// callback must read the configuration again. The calls come on any thread: within 15 seconds on a tablet, within one
/// second elsewhere. An iPad often tells the app at once, but not when another process made the change, as an MDM's does.
pub fn watch(changed: impl Fn() + Send + Sync + 'static) {
    #[cfg(target_os = "ios")]
    {
        let compare = std::sync::Arc::new(comparison(crate::apple::managed_config::read, changed));
        let told = compare.clone();
        crate::apple::managed_config::on_defaults_changed(move || told());
        every_interval(move || compare());
    }
    #[cfg(target_os = "android")]
    poll(crate::android::managed_config::read, changed);
    #[cfg(not(any(target_os = "android", target_os = "ios")))]
    watch_from(Path::new(crate::SYSTEM_FILE), changed);
}

/// Watches another file instead. For development.
pub fn watch_from(file: &Path, changed: impl Fn() + Send + Sync + 'static) {
    let file = file.to_owned();
    poll(move || fingerprint(&file), changed);
}

fn fingerprint(file: &Path) -> Option<(std::time::SystemTime, u64)> {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Calls `read` every [`INTERVAL`] on a new thread, and `changed` whenever the answer differs from the one before.
fn poll<T: PartialEq + Send + 'static>(read: impl Fn() -> T + Send + 'static, changed: impl Fn() + Send + 'static) {
    every_interval(comparison(read, changed));
}

/// Calls `compare` every [`INTERVAL`] on a new thread.
fn every_interval(compare: impl Fn() + Send + 'static) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(INTERVAL);
            compare();
        }
    });
}

/// A function that calls `changed` if the answer of `read` differs from the one at the call before, whoever calls.
fn comparison<T: PartialEq>(read: impl Fn() -> T, changed: impl Fn()) -> impl Fn() {
    let before = Mutex::new(read());
    move || {
        let now = read();
        if differs(&mut *before.lock().unwrap_or_else(PoisonError::into_inner), now) {
            changed();
        }
    }
}

/// Replaces `before` by `now`; returns whether they differ.
fn differs<T: PartialEq>(before: &mut T, now: T) -> bool {
    let differs = *before != now;
    *before = now;
    differs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_appears_changes_or_disappears_differs_once_each() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("managed.json");
        let mut before = fingerprint(&file);
        assert!(!differs(&mut before, fingerprint(&file)));
        for step in [Some("{}"), Some("{\"tenant\":\"zonnetje\"}"), None] {
            match step {
                Some(text) => std::fs::write(&file, text).unwrap(),
                None => std::fs::remove_file(&file).unwrap(),
            }
            assert!(differs(&mut before, fingerprint(&file)), "{step:?}");
            assert!(!differs(&mut before, fingerprint(&file)), "{step:?}");
        }
    }

    #[test]
    fn a_change_that_the_system_tells_of_is_not_told_again_by_the_next_comparison() {
        let (value, calls) = (Mutex::new(1), Mutex::new(0));
        let compare = comparison(|| *value.lock().unwrap(), || *calls.lock().unwrap() += 1);
        compare();
        assert_eq!(*calls.lock().unwrap(), 0);
        *value.lock().unwrap() = 2;
        // The system's notification, then two turns of the clock.
        compare();
        compare();
        compare();
        assert_eq!(*calls.lock().unwrap(), 1);
    }

    #[test]
    fn the_callback_runs_when_the_watched_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("managed.json");
        let (called, calls) = std::sync::mpsc::channel();
        watch_from(&file, move || called.send(()).unwrap());
        std::fs::write(&file, "{}").unwrap();
        assert!(calls.recv_timeout(Duration::from_mins(1)).is_ok());
    }
}
