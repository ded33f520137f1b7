//! Where downloads go on the desktop.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use url::Url;

/// The downloads in progress, each with the file that it will become.
#[derive(Default)]
pub(super) struct Downloads(Mutex<Vec<(Url, PathBuf)>>);

impl Downloads {
    fn in_progress(&self) -> MutexGuard<'_, Vec<(Url, PathBuf)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves a path in `folder` that no file has and that no other download will become: `list.csv`, then `list
    /// (1).csv` and so on. WebKitGTK deletes a file that is in the way, and when the download then fails, both are
    /// gone.
    pub(super) fn reserve(&self, download: &Url, folder: &Path, name: &Path) -> PathBuf {
        let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let stem = text(name.file_stem());
        let extension = name
            .extension()
            .map(|extension| format!(".{}", extension.to_string_lossy()))
            .unwrap_or_default();
        let mut in_progress = self.in_progress();
        let mut path = folder.join(name);
        for number in 1.. {
            if !path.exists() && !in_progress.iter().any(|(_, taken)| *taken == path) {
                break;
            }
            path = folder.join(format!("{stem} ({number}){extension}"));
        }
        in_progress.push((download.clone(), path.clone()));
        path
    }

    /// Releases the path of a download that ended, successfully or not.
    pub(super) fn finished(&self, download: &Url) {
        let mut in_progress = self.in_progress();
        if let Some(at) = in_progress.iter().position(|(url, _)| url == download) {
            in_progress.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_gets_a_path_that_no_file_and_no_other_download_has() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let url = |text| Url::parse(text).unwrap();
        let (first, second) = (url("https://site.example/1"), url("https://site.example/2"));
        let downloads = Downloads::default();
        std::fs::write(folder.join("list.csv"), "x").unwrap();
        assert_eq!(
            downloads.reserve(&first, folder, Path::new("list.csv")),
            folder.join("list (1).csv")
        );
        assert_eq!(
            downloads.reserve(&second, folder, Path::new("list.csv")),
            folder.join("list (2).csv")
        );
        downloads.finished(&first);
        assert_eq!(
            downloads.reserve(&first, folder, Path::new("list.csv")),
            folder.join("list (1).csv")
        );
        assert_eq!(
            downloads.reserve(&first, folder, Path::new("list")),
            folder.join("list")
        );
    }
}
