//! The view behind a web view of the site: it fills the screen, also outside the safe area, and observes touches.

use std::sync::Arc;
use std::time::Instant;

use objc2::rc::Retained;
use objc2::{DefinedClass, MainThreadMarker, MainThreadOnly, define_class, msg_send};
use objc2_core_foundation::{CGPoint, CGRect};
use objc2_foundation::NSObjectProtocol;
use objc2_ui_kit::{UIColor, UIEvent, UIResponder, UIView};

use super::web_view::WKWebView;
use crate::rules::ActivityThrottle;
use crate::{Host, SiteEvent};

pub(crate) struct Ivars {
    host: Arc<dyn Host>,
    throttle: ActivityThrottle,
}

define_class!(
    // SAFETY: UIView demands nothing of its subclasses but its initializer, and this one does not implement Drop.
    #[unsafe(super(UIView, UIResponder, objc2::runtime::NSObject))]
    #[thread_kind = MainThreadOnly]
    #[name = "SiteViewBackground"]
    #[ivars = Ivars]
    pub(crate) struct BackgroundView;

    // SAFETY: every NSObject conforms.
    unsafe impl NSObjectProtocol for BackgroundView {}

    impl BackgroundView {
        /// UIKit calls this for each touch on the page, before it delivers the touch.
        #[unsafe(method_id(hitTest:withEvent:))]
        fn hit_test(&self, point: CGPoint, event: Option<&UIEvent>) -> Option<Retained<UIView>> {
            let ivars = self.ivars();
            if event.is_some() && ivars.throttle.passes(Instant::now()) {
                ivars.host.on_event(SiteEvent::UserActivity);
            }
            // SAFETY: the same message, to the superclass.
            unsafe { msg_send![super(self), hitTest: point, withEvent: event] }
        }
    }
);

impl BackgroundView {
    pub(crate) fn new(mtm: MainThreadMarker, host: Arc<dyn Host>) -> Retained<Self> {
        let this = Self::alloc(mtm).set_ivars(Ivars {
            host,
            throttle: ActivityThrottle::new(),
        });
        // SAFETY: the initializer of UIView.
        let this: Retained<Self> = unsafe { msg_send![super(this), initWithFrame: CGRect::default()] };
        this.setBackgroundColor(Some(&UIColor::systemBackgroundColor()));
        this
    }

    /// Adds a web view: inside the safe area, and above the keyboard while one is shown.
    pub(crate) fn carry(&self, view: &WKWebView) {
        view.setTranslatesAutoresizingMaskIntoConstraints(false);
        self.addSubview(view);
        let (safe, keyboard) = (self.safeAreaLayoutGuide(), self.keyboardLayoutGuide());
        for side in [
            view.topAnchor().constraintEqualToAnchor(&safe.topAnchor()),
            view.leadingAnchor().constraintEqualToAnchor(&safe.leadingAnchor()),
            view.trailingAnchor().constraintEqualToAnchor(&safe.trailingAnchor()),
            view.bottomAnchor().constraintEqualToAnchor(&keyboard.topAnchor()),
        ] {
            side.setActive(true);
        }
    }

    /// Adds this view to `over`, as large as `over`.
    pub(crate) fn cover(&self, over: &UIView) {
        self.setTranslatesAutoresizingMaskIntoConstraints(false);
        over.addSubview(self);
        for side in [
            self.topAnchor().constraintEqualToAnchor(&over.topAnchor()),
            self.leadingAnchor().constraintEqualToAnchor(&over.leadingAnchor()),
            self.trailingAnchor().constraintEqualToAnchor(&over.trailingAnchor()),
            self.bottomAnchor().constraintEqualToAnchor(&over.bottomAnchor()),
        ] {
            side.setActive(true);
        }
    }
}
