//! Files that a page has to save: fetched into a folder of their own, then the person says where each goes.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;

use objc2::rc::Retained;
use objc2::{MainThreadMarker, MainThreadOnly};
use objc2_foundation::{NSArray, NSString, NSURL};
use objc2_ui_kit::{UIDocumentPickerViewController, UIViewController};
use objc2_web_kit::WKDownload;

use crate::ios_rules;

/// The files on their way.
#[derive(Default)]
pub(crate) struct Saving {
    files: RefCell<Vec<(Retained<WKDownload>, PathBuf)>>,
    count: Cell<u32>,
}

fn folder() -> PathBuf {
    std::env::temp_dir().join("saving")
}

/// Removes what nobody put anywhere.
pub(crate) fn clear() {
    let _ = std::fs::remove_dir_all(folder());
}

impl Saving {
    /// Where a download goes for now; none where there is no room for it.
    pub(crate) fn begin(&self, download: Retained<WKDownload>, suggested: &NSString) -> Option<Retained<NSURL>> {
        self.count.set(self.count.get().wrapping_add(1));
        let folder = folder().join(self.count.get().to_string());
        std::fs::create_dir_all(&folder).ok()?;
        let file = folder.join(ios_rules::file_name(&suggested.to_string()));
        let url = NSURL::fileURLWithPath(&NSString::from_str(file.to_str()?));
        self.files.borrow_mut().push((download, file));
        Some(url)
    }

    /// A download is done: asks the person where to put it.
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

    /// A download came to nothing.
    pub(crate) fn forget(&self, download: &WKDownload) {
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
