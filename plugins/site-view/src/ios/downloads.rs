//! Files that a page saves: downloaded into a temporary folder, then exported to where the person chooses.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};

use objc2::rc::Retained;
use objc2::runtime::ProtocolObject;
use objc2::{MainThreadMarker, MainThreadOnly};
use objc2_foundation::{NSArray, NSString, NSURL};
use objc2_ui_kit::{UIDocumentPickerDelegate, UIDocumentPickerViewController};
use objc2_web_kit::WKDownload;

use super::windows::Asked;
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

/// Deletes a temporary file, with the folder that was made for it.
fn delete(file: &Path) {
    if let Some(folder) = file.parent() {
        let _ = std::fs::remove_dir_all(folder);
    }
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

    /// A download finished: makes the sheet that asks the person where to put the file. Giving the sheet up
    /// deletes the file.
    pub(crate) fn finish(
        &self,
        mtm: MainThreadMarker,
        download: &WKDownload,
        delegate: &ProtocolObject<dyn UIDocumentPickerDelegate>,
    ) -> Option<Asked> {
        let file = self.take(download)?;
        let url = NSURL::fileURLWithPath(&NSString::from_str(file.to_str()?));
        let picker = UIDocumentPickerViewController::initForExportingURLs_asCopy(
            UIDocumentPickerViewController::alloc(mtm),
            &NSArray::from_retained_slice(&[url]),
            false,
        );
        // UIKit holds the delegate weakly.
        picker.setDelegate(Some(delegate));
        Some(Asked {
            controller: picker.into_super(),
            give_up: Box::new(move || delete(&file)),
        })
    }

    /// A download failed: deletes its temporary file.
    pub(crate) fn cancel(&self, download: &WKDownload) {
        if let Some(file) = self.take(download) {
            delete(&file);
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
