//! Carries out the steps of [`Screen`] with `UIKit`: the site's own view, its pop-ups, and the dialogs of their pages.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;

use objc2::rc::Retained;
use objc2_ui_kit::UIViewController;

use super::background_view::BackgroundView;
use super::popups::Popup;
use super::web_view::WKWebView;
use crate::rules::OpenPopups;
use crate::rules::screen::{DialogId, Layer, PageId, SITE, Screen, Step};
use crate::{Host, SiteEvent};

/// A dialog that waits for its answer.
pub(crate) struct Asked {
    pub(crate) controller: Retained<UIViewController>,
    /// Answers as if nobody had pressed a button.
    pub(crate) give_up: Box<dyn FnOnce()>,
}

/// What lies over the app's own page. Main thread only.
pub(crate) struct Windows {
    host: Arc<dyn Host>,
    parent: Retained<UIViewController>,
    /// Covers the app's own page up to the edges of the screen, beyond the safe area that the web view keeps to.
    background: Retained<BackgroundView>,
    view: Retained<WKWebView>,
    screen: RefCell<Screen>,
    popups: RefCell<Vec<(PageId, Popup)>>,
    dialogs: RefCell<Vec<(DialogId, Asked)>>,
    /// Steps that are not carried out yet. A step may run a page or the host, which may cause the next steps.
    steps: RefCell<VecDeque<Step>>,
    is_carrying_out: Cell<bool>,
}

impl Windows {
    pub(crate) fn new(
        host: Arc<dyn Host>,
        parent: Retained<UIViewController>,
        background: Retained<BackgroundView>,
        view: Retained<WKWebView>,
    ) -> Self {
        background.setHidden(true);
        Self {
            host,
            parent,
            background,
            view,
            screen: RefCell::new(Screen::new()),
            popups: RefCell::default(),
            dialogs: RefCell::default(),
            steps: RefCell::default(),
            is_carrying_out: Cell::new(false),
        }
    }

    /// The site's own web view.
    pub(crate) fn view(&self) -> &Retained<WKWebView> {
        &self.view
    }

    pub(crate) fn show(&self) {
        let steps = self.screen.borrow_mut().show();
        self.carry_out(steps);
    }

    pub(crate) fn hide(&self) {
        let steps = self.screen.borrow_mut().hide();
        self.carry_out(steps);
    }

    /// Closes the pop-ups and takes the site's own view out of the app's page.
    pub(crate) fn close(&self) {
        let steps = self.screen.borrow_mut().close();
        self.carry_out(steps);
        detach_delegates(&self.view);
        self.background.removeFromSuperview();
    }

    /// The page in a web view; `None` for the web view of a pop-up that is closed.
    pub(crate) fn page(&self, view: &WKWebView) -> Option<PageId> {
        if std::ptr::eq(view, &raw const *self.view) {
            return Some(SITE);
        }
        let popups = self.popups.borrow();
        let found = popups
            .iter()
            .find(|(_, popup)| std::ptr::eq(&raw const *popup.view, view));
        found.map(|(page, _)| *page)
    }

    /// Whether this is any other web view than the site's own.
    pub(crate) fn is_popup(&self, view: &WKWebView) -> bool {
        self.page(view) != Some(SITE)
    }

    pub(crate) fn count(&self, opener: &WKWebView) -> OpenPopups {
        let (by_opener, in_total) = self
            .page(opener)
            .map_or((0, 0), |page| self.screen.borrow().count(page));
        OpenPopups { by_opener, in_total }
    }

    /// Adds a pop-up, and shows it if the site is on screen. Does nothing if its opener is gone.
    pub(crate) fn open(&self, opener: &WKWebView, popup: Popup) {
        let added = self
            .page(opener)
            .and_then(|page| self.screen.borrow_mut().open_popup(page));
        if let Some((page, steps)) = added {
            self.popups.borrow_mut().push((page, popup));
            self.carry_out(steps);
        }
    }

    pub(crate) fn close_popup(&self, view: &WKWebView) {
        if let Some(page) = self.page(view) {
            let steps = self.screen.borrow_mut().close_popup(page);
            self.carry_out(steps);
        }
    }

    pub(crate) fn close_newest(&self) {
        let newest = self.screen.borrow().newest();
        if let Some(page) = newest {
            let steps = self.screen.borrow_mut().close_popup(page);
            self.carry_out(steps);
        }
    }

    /// The page in this web view is another one now, or has no process any more.
    pub(crate) fn page_gone(&self, view: &WKWebView) {
        if let Some(page) = self.page(view) {
            let steps = self.screen.borrow_mut().page_gone(page);
            self.carry_out(steps);
        }
    }

    /// Puts the host's name above a pop-up. Returns whether this is the web view of one.
    pub(crate) fn set_popup_host(&self, view: &WKWebView, url: Option<&url::Url>) -> bool {
        let popups = self.popups.borrow();
        let found = popups
            .iter()
            .find(|(_, popup)| std::ptr::eq(&raw const *popup.view, view));
        if let Some((_, popup)) = found {
            popup.set_host(url);
        }
        found.is_some()
    }

    /// A page asks with a dialog: shows it, or gives it up at once if the page is not on screen.
    pub(crate) fn ask(&self, page: Option<PageId>, make: impl FnOnce(DialogId) -> Asked) {
        let (dialog, steps) = self.screen.borrow_mut().ask(page);
        self.dialogs.borrow_mut().push((dialog, make(dialog)));
        self.carry_out(steps);
    }

    /// A person answered a dialog: calls `answer` with it, unless it had its answer already.
    pub(crate) fn answered(&self, dialog: DialogId, answer: impl FnOnce(Asked)) {
        let Some(steps) = self.screen.borrow_mut().answered(dialog) else {
            return;
        };
        if let Some(asked) = self.take(dialog) {
            answer(asked);
        }
        self.carry_out(steps);
    }

    /// The dialog that this controller is.
    pub(crate) fn dialog(&self, controller: &UIViewController) -> Option<DialogId> {
        let dialogs = self.dialogs.borrow();
        let found = dialogs
            .iter()
            .find(|(_, asked)| std::ptr::eq(&raw const *asked.controller, controller));
        found.map(|(dialog, _)| *dialog)
    }

    /// Calls `act` with every web view of the site.
    pub(crate) fn each_view(&self, act: impl Fn(&WKWebView)) {
        act(&self.view);
        self.popups.borrow().iter().for_each(|(_, popup)| act(&popup.view));
    }

    fn take(&self, dialog: DialogId) -> Option<Asked> {
        let mut dialogs = self.dialogs.borrow_mut();
        let at = dialogs.iter().position(|(waiting, _)| *waiting == dialog)?;
        Some(dialogs.remove(at).1)
    }

    fn carry_out(&self, steps: Vec<Step>) {
        self.steps.borrow_mut().extend(steps);
        if self.is_carrying_out.replace(true) {
            // Whoever is at it now goes on with these.
            return;
        }
        while let Some(step) = self.next_step() {
            self.carry_out_one(step);
        }
        self.is_carrying_out.set(false);
    }

    fn next_step(&self) -> Option<Step> {
        self.steps.borrow_mut().pop_front()
    }

    fn carry_out_one(&self, step: Step) {
        match step {
            Step::Uncover => {
                self.background.setHidden(false);
                if let Some(below) = self.background.superview() {
                    below.bringSubviewToFront(&self.background);
                }
            }
            Step::Cover => {
                // SAFETY: on the main thread.
                self.each_view(|view| unsafe { view.closeAllMediaPresentationsWithCompletionHandler(None) });
                if self.parent.presentedViewController().is_some() {
                    self.parent.dismissViewControllerAnimated_completion(false, None);
                }
                self.background.setHidden(true);
            }
            Step::Dismiss(layer) => {
                if let Some(presenting) = self
                    .controller(layer)
                    .and_then(|layer| layer.presentingViewController())
                {
                    presenting.dismissViewControllerAnimated_completion(false, None);
                }
            }
            Step::Present(layer) => {
                if let Some(controller) = self.controller(layer) {
                    self.top()
                        .presentViewController_animated_completion(&controller, false, None);
                }
            }
            Step::AnswerDefault(dialog) => {
                if let Some(asked) = self.take(dialog) {
                    (asked.give_up)();
                }
            }
            Step::Forget(page) => {
                if let Some(popup) = self.take_popup(page) {
                    detach_delegates(&popup.view);
                    self.host.on_event(SiteEvent::PopupClosed);
                }
            }
        }
    }

    fn take_popup(&self, page: PageId) -> Option<Popup> {
        let mut popups = self.popups.borrow_mut();
        let at = popups.iter().position(|(open, _)| *open == page)?;
        Some(popups.remove(at).1)
    }

    fn controller(&self, layer: Layer) -> Option<Retained<UIViewController>> {
        match layer {
            Layer::Popup(page) => {
                let popups = self.popups.borrow();
                let found = popups.iter().find(|(open, _)| *open == page);
                found.map(|(_, popup)| popup.controller())
            }
            Layer::Dialog(dialog) => {
                let dialogs = self.dialogs.borrow();
                let found = dialogs.iter().find(|(waiting, _)| *waiting == dialog);
                found.map(|(_, asked)| asked.controller.clone())
            }
        }
    }

    /// The topmost controller, also if `WebKit` presented it.
    fn top(&self) -> Retained<UIViewController> {
        let mut top = self.parent.clone();
        while let Some(next) = top.presentedViewController().filter(|next| !next.isBeingDismissed()) {
            top = next;
        }
        top
    }
}

/// Ends a web view: it loads nothing more, and its delegate is called no more.
fn detach_delegates(view: &WKWebView) {
    // SAFETY: plain setters on the main thread.
    unsafe {
        view.stopLoading();
        view.setUIDelegate(None);
        view.setNavigationDelegate(None);
    }
}
