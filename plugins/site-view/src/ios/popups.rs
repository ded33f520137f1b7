//! A pop-up, in a full-screen controller with the host's name and a close button above its page.

use objc2::MainThreadMarker;
use objc2::rc::Retained;
use objc2::runtime::{AnyObject, Sel};
use objc2_foundation::{NSArray, NSString};
use objc2_ui_kit::{
    UIBarButtonItem, UIBarButtonItemStyle, UIModalPresentationStyle, UINavigationController, UIViewController,
};
use url::Url;

use super::background_view::BackgroundView;
use super::web_view::WKWebView;

/// A pop-up, over the page that opened it.
pub(crate) struct Popup {
    pub(crate) view: Retained<WKWebView>,
    content: Retained<UIViewController>,
    navigation: Retained<UINavigationController>,
}

/// The button that closes a pop-up: its text, and what it calls.
pub(crate) struct CloseButton<'a> {
    pub(crate) label: &'a str,
    /// `UIKit` holds the target weakly.
    pub(crate) target: &'a AnyObject,
    pub(crate) action: Sel,
}

impl Popup {
    /// Makes a pop-up that shows nothing yet. `background` carries the web view.
    pub(crate) fn new(
        mtm: MainThreadMarker,
        view: Retained<WKWebView>,
        background: &BackgroundView,
        url: &Url,
        close: &CloseButton<'_>,
    ) -> Self {
        let content = UIViewController::new(mtm);
        background.carry(&view);
        content.setView(Some(background));
        // SAFETY: UIKit holds the target weakly, and the target has the method.
        let button = unsafe {
            UIBarButtonItem::initWithTitle_style_target_action(
                mtm.alloc(),
                Some(&NSString::from_str(close.label)),
                UIBarButtonItemStyle::Plain,
                Some(close.target),
                Some(close.action),
            )
        };
        content
            .navigationItem()
            .setLeftBarButtonItems(Some(&NSArray::from_retained_slice(&[button])));
        let navigation = UINavigationController::initWithRootViewController(mtm.alloc(), &content);
        // Over, because `FullScreen` takes the opener out of the window, and WebKit throttles a page that is in none.
        navigation.setModalPresentationStyle(UIModalPresentationStyle::OverFullScreen);
        let popup = Self {
            view,
            content,
            navigation,
        };
        popup.set_host(Some(url));
        popup
    }

    /// Shows the host of this URL above the page, so that a page cannot claim to be another site.
    pub(crate) fn set_host(&self, url: Option<&Url>) {
        let host = url.and_then(Url::host_str).map(NSString::from_str);
        self.content.setTitle(host.as_deref());
    }

    /// What is presented.
    pub(crate) fn controller(&self) -> Retained<UIViewController> {
        self.navigation.clone().into_super()
    }
}
