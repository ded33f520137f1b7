//! The scripts that every page of the site gets, in a world of their own that no page can reach: they tell of key presses,
//! and keep pictures off the iPad where the host allows no downloads.

use std::sync::Arc;
use std::time::Instant;

use objc2::rc::Retained;
use objc2::runtime::{NSObject, ProtocolObject};
use objc2::{DefinedClass, MainThreadMarker, MainThreadOnly, define_class, msg_send};
use objc2_foundation::{NSObjectProtocol, NSString, ns_string};
use objc2_web_kit::{
    WKContentWorld, WKScriptMessage, WKScriptMessageHandler, WKUserContentController, WKUserScript,
    WKUserScriptInjectionTime,
};

use crate::rules::{ActivityThrottle, apple};
use crate::{Host, SiteEvent};

struct Ivars {
    host: Arc<dyn Host>,
    throttle: ActivityThrottle,
}

define_class!(
    // SAFETY: NSObject demands nothing of its subclasses, and this one does not implement Drop.
    #[unsafe(super(NSObject))]
    #[thread_kind = MainThreadOnly]
    #[name = "SiteViewActivity"]
    #[ivars = Ivars]
    struct Activity;

    // SAFETY: every NSObject conforms.
    unsafe impl NSObjectProtocol for Activity {}

    // SAFETY: the method has the documented type.
    unsafe impl WKScriptMessageHandler for Activity {
        #[unsafe(method(userContentController:didReceiveScriptMessage:))]
        fn received(&self, _scripts: &WKUserContentController, _message: &WKScriptMessage) {
            let ivars = self.ivars();
            if ivars.throttle.passes(Instant::now()) {
                ivars.host.on_event(SiteEvent::UserActivity);
            }
        }
    }
);

fn world(mtm: MainThreadMarker) -> Retained<WKContentWorld> {
    // SAFETY: on the main thread; the same name gives the same world.
    unsafe { WKContentWorld::worldWithName(ns_string!("site-view"), mtm) }
}

/// Makes the scripts of a new web view.
pub(crate) fn new(mtm: MainThreadMarker, host: &Arc<dyn Host>) -> Retained<WKUserContentController> {
    let this = Activity::alloc(mtm).set_ivars(Ivars {
        host: host.clone(),
        throttle: ActivityThrottle::new(),
    });
    // SAFETY: the initializer of NSObject.
    let handler: Retained<Activity> = unsafe { msg_send![super(this), init] };
    // SAFETY: on the main thread. The controller keeps the handler, which keeps nothing of WebKit's.
    let scripts = unsafe {
        let scripts = WKUserContentController::new(mtm);
        let name = NSString::from_str(apple::ACTIVITY_HANDLER);
        scripts.addScriptMessageHandler_contentWorld_name(ProtocolObject::from_ref(&*handler), &world(mtm), &name);
        scripts
    };
    renew(mtm, &scripts, &**host);
    scripts
}

/// Replaces the scripts by those that the host's present answer asks for. They run from the next page on.
pub(crate) fn renew(mtm: MainThreadMarker, scripts: &WKUserContentController, host: &dyn Host) {
    // SAFETY: on the main thread.
    unsafe {
        scripts.removeAllUserScripts();
        for source in apple::page_scripts(host.may_save_files()) {
            let script = WKUserScript::initWithSource_injectionTime_forMainFrameOnly_inContentWorld(
                mtm.alloc(),
                &NSString::from_str(source),
                WKUserScriptInjectionTime::AtDocumentStart,
                false,
                &world(mtm),
            );
            scripts.addUserScript(&script);
        }
    }
}
