//! A managed configuration that changes while the app runs.

use std::path::Path;
use std::time::Duration;

/// A look costs a call or two into the system, so that it may be had often.
const PAUSE: Duration = Duration::from_secs(if cfg!(target_os = "android") { 15 } else { 1 });

/// Calls `changed` whenever the managed configuration of this device may have changed, for as long as the app runs.
/// Whoever is called reads it again. Calls come on any thread.
pub fn watch(changed: impl Fn() + Send + Sync + 'static) {
    #[cfg(target_os = "ios")]
    crate::apple::managed_config::watch(changed);
    #[cfg(target_os = "android")]
    every_so_often(crate::android::managed_config::read, changed);
    #[cfg(not(any(target_os = "android", target_os = "ios")))]
    watch_from(Path::new(crate::SYSTEM_FILE), changed);
}

/// The same for another file: for development.
pub fn watch_from(file: &Path, changed: impl Fn() + Send + Sync + 'static) {
    let file = file.to_owned();
    every_so_often(move || stamp(&file), changed);
}

fn stamp(file: &Path) -> Option<(std::time::SystemTime, u64)> {
    let about = std::fs::metadata(file).ok()?;
    Some((about.modified().ok()?, about.len()))
}

/// Looks every [`PAUSE`], on a thread of its own, and calls where what it sees differs from before.
fn every_so_often<T: PartialEq + Send + 'static>(
    look: impl Fn() -> T + Send + 'static,
    changed: impl Fn() + Send + 'static,
) {
    let mut before = look();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(PAUSE);
            if differs(&mut before, look()) {
                changed();
            }
        }
    });
}

/// Takes what is seen now; true where it is something else than before.
fn differs<T: PartialEq>(before: &mut T, now: T) -> bool {
    let differs = *before != now;
    *before = now;
    differs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_appears_changes_or_goes_is_told_once_each() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("managed.json");
        let mut before = stamp(&file);
        assert!(!differs(&mut before, stamp(&file)));
        for step in [Some("{}"), Some("{\"tenant\":\"zonnetje\"}"), None] {
            match step {
                Some(text) => std::fs::write(&file, text).unwrap(),
                None => std::fs::remove_file(&file).unwrap(),
            }
            assert!(differs(&mut before, stamp(&file)), "{step:?}");
            assert!(!differs(&mut before, stamp(&file)), "{step:?}");
        }
    }

    #[test]
    fn whoever_watches_a_file_is_called_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("managed.json");
        let (told, heard) = std::sync::mpsc::channel();
        watch_from(&file, move || told.send(()).unwrap());
        std::fs::write(&file, "{}").unwrap();
        assert!(heard.recv_timeout(Duration::from_mins(1)).is_ok());
    }
}
