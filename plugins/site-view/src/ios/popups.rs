//! The pop-ups that are open, each in a full-screen controller with the host's name and a close button above its page.

use std::cell::RefCell;

use objc2::rc::Retained;
use objc2::runtime::{AnyObject, Sel};
use objc2::{MainThreadMarker, Message};
use objc2_foundation::{NSArray, NSString};
use objc2_ui_kit::{
    UIBarButtonItem, UIBarButtonItemStyle, UIModalPresentationStyle, UINavigationController, UIViewController,
};
use url::Url;

use super::background_view::BackgroundView;
use super::web_view::WKWebView;
use crate::rules::OpenPopups;

/// A pop-up, over the page that opened it.
#[derive(Clone)]
pub(crate) struct Popup {
    pub(crate) view: Retained<WKWebView>,
    opener: Retained<WKWebView>,
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
        opener: &WKWebView,
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
        navigation.setModalPresentationStyle(UIModalPresentationStyle::FullScreen);
        let popup = Self {
            view,
            opener: opener.retain(),
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

    /// Shows the pop-up over a controller. Does nothing if it is shown already.
    pub(crate) fn present_over(&self, top: &UIViewController) {
        if self.navigation.presentingViewController().is_none() {
            top.presentViewController_animated_completion(&self.navigation, false, None);
        }
    }

    /// Takes the pop-up off the screen; its page stays loaded.
    pub(crate) fn dismiss(&self, animated: bool) {
        if let Some(presenting) = self.navigation.presentingViewController() {
            presenting.dismissViewControllerAnimated_completion(animated, None);
        }
    }
}

/// The open pop-ups, the oldest first. Web views are compared by identity.
#[derive(Default)]
pub(crate) struct Popups(RefCell<Vec<Popup>>);

impl Popups {
    pub(crate) fn push(&self, popup: Popup) {
        self.0.borrow_mut().push(popup);
    }

    /// All pop-ups. A copy, because a caller may close some of them meanwhile.
    pub(crate) fn all(&self) -> Vec<Popup> {
        self.0.borrow().clone()
    }

    pub(crate) fn newest(&self) -> Option<Popup> {
        self.0.borrow().last().cloned()
    }

    pub(crate) fn find(&self, view: &WKWebView) -> Option<Popup> {
        self.0
            .borrow()
            .iter()
            .find(|popup| std::ptr::eq(&raw const *popup.view, view))
            .cloned()
    }

    pub(crate) fn opened_by(&self, opener: &WKWebView) -> Vec<Popup> {
        let mut popups = self.all();
        popups.retain(|popup| std::ptr::eq(&raw const *popup.opener, opener));
        popups
    }

    pub(crate) fn count(&self, opener: &WKWebView) -> OpenPopups {
        OpenPopups {
            by_opener: self.opened_by(opener).len(),
            in_total: self.0.borrow().len(),
        }
    }

    pub(crate) fn remove(&self, view: &WKWebView) -> Option<Popup> {
        let mut popups = self.0.borrow_mut();
        let at = popups
            .iter()
            .position(|popup| std::ptr::eq(&raw const *popup.view, view))?;
        Some(popups.remove(at))
    }
}
