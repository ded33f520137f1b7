//! What a page asks the person through the delegate: its dialogs, and where a saved file goes.

use objc2::{DefinedClass, MainThreadOnly};
use objc2_foundation::NSString;
use objc2_ui_kit::UIDocumentPickerViewController;
use objc2_web_kit::WKFrameInfo;

use super::delegate::Site;
use super::dialogs::Dialog;
use super::web_view::WKWebView;
use super::windows::Asked;
use crate::Labels;

impl Site {
    /// Shows a dialog of the page in this web view, or gives it up if the page is not on screen.
    pub(super) fn ask(
        &self,
        view: &WKWebView,
        frame: &WKFrameInfo,
        message: &NSString,
        make: impl FnOnce(Dialog, Labels) -> Asked,
    ) {
        // SAFETY: plain reads on the main thread.
        let host = unsafe { frame.securityOrigin().host() };
        let page = self.windows().page(view);
        self.windows().ask(page, |id| {
            make(Dialog::new(self.mtm(), id, &host, message), self.ivars().host.labels())
        });
    }

    /// The sheet for a saved file is gone. A file that nobody wants is deleted; any other the system has taken or is taking.
    pub(super) fn picker_done(&self, picker: &UIDocumentPickerViewController, is_taken: bool) {
        if let Some(dialog) = self.windows().dialog(picker) {
            self.windows().answered(dialog, |asked| {
                if !is_taken {
                    (asked.give_up)();
                }
            });
        }
    }
}
