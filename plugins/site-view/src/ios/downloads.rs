//! Files that a page saves: downloaded into a temporary folder, then exported to where the person chooses.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;

use objc2::rc::Retained;
use objc2::{MainThreadMarker, MainThreadOnly};
use objc2_foundation::{NSArray, NSString, NSURL};
use objc2_ui_kit::{UIDocumentPickerViewController, UIViewController};
use objc2_web_kit::WKDownload;

use crate::rules::apple;

/// The downloads in progress, each with its temporary file.
#[derive(Default)]
pub(crate) struct Downloads {
    files: RefCell<Vec<(Retained<WKDownload>, PathBuf)>>,
    count: Cell<u32>,
}

fn folder() -> PathBuf {
    std::env::temp_dir().join("saving")
}

/// Deletes all temporary files.
pub(crate) fn delete_leftovers() {
    let _ = std::fs::remove_dir_all(folder());
}

impl Downloads {
    /// Returns the temporary file for a new download; `None` if its folder cannot be made.
    pub(crate) fn begin(&self, download: Retained<WKDownload>, suggested: &NSString) -> Option<Retained<NSURL>> {
        self.count.set(self.count.get().wrapping_add(1));
        let folder = folder().join(self.count.get().to_string());
        std::fs::create_dir_all(&folder).ok()?;
        let file = folder.join(apple::file_name(&suggested.to_string()));
        let url = NSURL::fileURLWithPath(&NSString::from_str(file.to_str()?));
        self.files.borrow_mut().push((download, file));
        Some(url)
    }

    /// A download finished: asks the person where to put the file.
    pub(crate) fn finish(&self, mtm: MainThreadMarker, download: &WKDownload, over: &UIViewController) {
        let Some(file) = self.take(download) else { return };
        let Some(path) = file.to_str() else { return };
        let url = NSURL::fileURLWithPath(&NSString::from_str(path));
        let picker = UIDocumentPickerViewController::initForExportingURLs_asCopy(
            UIDocumentPickerViewController::alloc(mtm),
            &NSArray::from_retained_slice(&[url]),
            false,
        );
        over.presentViewController_animated_completion(&picker, true, None);
    }

    /// A download failed: deletes its temporary file.
    pub(crate) fn cancel(&self, download: &WKDownload) {
        if let Some(folder) = self.take(download).as_deref().and_then(std::path::Path::parent) {
            let _ = std::fs::remove_dir_all(folder);
        }
    }

    fn take(&self, download: &WKDownload) -> Option<PathBuf> {
        let mut files = self.files.borrow_mut();
        let at = files
            .iter()
            .position(|(known, _)| std::ptr::eq(&raw const **known, download))?;
        Some(files.remove(at).1)
    }
}
