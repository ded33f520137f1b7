//! The system's text size in the pages. `WKWebView` does not follow it by itself.

use std::ptr::NonNull;

use block2::RcBlock;
use objc2_foundation::{NSNotification, NSNotificationCenter, NSOperationQueue};
use objc2_ui_kit::{UIContentSizeCategoryDidChangeNotification, UIFontMetrics};

use super::web_view::WKWebView;
use crate::rules::apple;

/// Gives a web view the size that the person has chosen.
pub(crate) fn apply(view: &WKWebView) {
    let scaled = UIFontMetrics::defaultMetrics().scaledValueForValue(100.);
    // SAFETY: a plain setter on the main thread.
    unsafe { view.setPageZoom(apple::page_zoom(scaled / 100.)) };
}

/// Has the open site follow the system's text size, for as long as the app runs.
pub(crate) fn follow() {
    let changed = RcBlock::new(|_: NonNull<NSNotification>| {
        if let Some(site) = super::site() {
            site.windows().each_view(apply);
        }
    });
    // SAFETY: the name is UIKit's, and the main queue calls the block on the main thread.
    let observer = unsafe {
        NSNotificationCenter::defaultCenter().addObserverForName_object_queue_usingBlock(
            Some(UIContentSizeCategoryDidChangeNotification),
            None,
            Some(&NSOperationQueue::mainQueue()),
            &changed,
        )
    };
    std::mem::forget(observer);
}
