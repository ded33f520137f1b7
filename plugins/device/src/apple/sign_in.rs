//! Sign-in through `ASWebAuthenticationSession`, the system's own sheet over the app.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use block2::RcBlock;
use objc2::rc::Retained;
use objc2::runtime::{NSObject, ProtocolObject};
use objc2::{AnyThread, DefinedClass, MainThreadMarker, MainThreadOnly, define_class, msg_send};
use objc2_authentication_services::{
    ASWebAuthenticationPresentationContextProviding, ASWebAuthenticationSession, ASWebAuthenticationSessionCallback,
    ASWebAuthenticationSessionErrorCode, ASWebAuthenticationSessionErrorDomain,
};
use objc2_foundation::{NSError, NSObjectProtocol, NSString, NSURL};
use objc2_ui_kit::{UIAccessibilityIsGuidedAccessEnabled, UIWindow};
use tokio::sync::oneshot;
use url::Url;

use crate::BrowserError;
use crate::browser::sheet_error;

type SheetOutcome = Result<String, BrowserError>;

struct Ivars {
    window: Retained<UIWindow>,
}

define_class!(
    // SAFETY: NSObject demands nothing of its subclasses, and this one does not implement Drop.
    #[unsafe(super(NSObject))]
    #[thread_kind = MainThreadOnly]
    #[name = "DeviceSignInAnchor"]
    #[ivars = Ivars]
    struct Anchor;

    // SAFETY: every NSObject conforms.
    unsafe impl NSObjectProtocol for Anchor {}

    // SAFETY: the method has the documented type.
    unsafe impl ASWebAuthenticationPresentationContextProviding for Anchor {
        #[unsafe(method_id(presentationAnchorForWebAuthenticationSession:))]
        fn anchor(&self, _session: &ASWebAuthenticationSession) -> Retained<UIWindow> {
            self.ivars().window.clone()
        }
    }
);

/// A sheet on screen. The session holds its anchor weakly, so this keeps both.
struct OpenSheet {
    number: u64,
    session: Retained<ASWebAuthenticationSession>,
    _anchor: Retained<Anchor>,
}

thread_local! {
    static OPEN: RefCell<Option<OpenSheet>> = const { RefCell::new(None) };
}

/// Removes the sheet with this number from [`OPEN`]; a newer sheet stays.
fn take(number: u64) -> Option<OpenSheet> {
    OPEN.with_borrow_mut(|open| open.take_if(|sheet| sheet.number == number))
}

/// Closes the sheet with this number if it is still on screen, and releases it. Main thread only, and never inside the
/// sheet's own handler.
pub(super) fn close(number: u64) {
    if let Some(sheet) = take(number) {
        // SAFETY: on the main thread, where the sheet was opened. A session that has completed ignores it.
        unsafe { sheet.session.cancel() };
    }
}

fn outcome_of(url: *mut NSURL, error: *mut NSError) -> SheetOutcome {
    // SAFETY: the system passes live objects or null.
    let (url, error) = unsafe { (url.as_ref(), error.as_ref()) };
    if let Some(url) = url.and_then(NSURL::absoluteString) {
        return Ok(url.to_string());
    }
    // SAFETY: a constant of the framework.
    let session_error = error.filter(|error| &*error.domain() == unsafe { ASWebAuthenticationSessionErrorDomain });
    let cancelled =
        session_error.is_some_and(|error| error.code() == ASWebAuthenticationSessionErrorCode::CanceledLogin.0);
    Err(sheet_error(cancelled, UIAccessibilityIsGuidedAccessEnabled()))
}

pub(super) fn start(
    mtm: MainThreadMarker,
    window: Retained<UIWindow>,
    number: u64,
    url: &str,
    callback: &Url,
    private: bool,
    done: oneshot::Sender<SheetOutcome>,
) {
    let Some(url) = NSURL::URLWithString(&NSString::from_str(url)) else {
        let _ = done.send(Err(BrowserError::NotAnAddress));
        return;
    };
    let done = Rc::new(Cell::new(Some(done)));
    let in_block = done.clone();
    let completion = RcBlock::new(move |url: *mut NSURL, error: *mut NSError| {
        // The session stays in `OPEN`, because a session that is released inside its own handler can end the app. The
        // guard of whoever waits for the outcome closes it in a later turn of the main thread.
        if let Some(done) = in_block.take() {
            let _ = done.send(outcome_of(url, error));
        }
    });
    let Some(session) = session(&url, callback, &completion) else {
        if let Some(done) = done.take() {
            let _ = done.send(Err(BrowserError::NotAnAddress));
        }
        return;
    };
    let anchor = Anchor::alloc(mtm).set_ivars(Ivars { window });
    // SAFETY: the initializer of NSObject.
    let anchor: Retained<Anchor> = unsafe { msg_send![super(anchor), init] };
    // SAFETY: plain setters before the start; `OPEN` keeps the anchor for as long as the sheet is on screen.
    let started = unsafe {
        session.setPresentationContextProvider(Some(ProtocolObject::from_ref(&*anchor)));
        session.setPrefersEphemeralWebBrowserSession(private);
        OPEN.set(Some(OpenSheet {
            number,
            session: session.clone(),
            _anchor: anchor,
        }));
        session.start()
    };
    if !started {
        drop(take(number));
        if let Some(done) = done.take() {
            let _ = done.send(Err(sheet_error(false, UIAccessibilityIsGuidedAccessEnabled())));
        }
    }
}

/// Makes the session. Returns `None` for an https redirect URI without a host.
fn session(
    url: &NSURL,
    callback: &Url,
    completion: &RcBlock<dyn Fn(*mut NSURL, *mut NSError)>,
) -> Option<Retained<ASWebAuthenticationSession>> {
    // SAFETY: the session copies the block; the arguments have the documented types. The oldest system that the app runs
    // on, iPadOS 17.4, has both kinds of callback.
    unsafe {
        let matched = if callback.scheme() == "https" {
            let (host, path) = (callback.host_str()?, callback.path());
            ASWebAuthenticationSessionCallback::callbackWithHTTPSHost_path(
                &NSString::from_str(host),
                &NSString::from_str(path),
            )
        } else {
            ASWebAuthenticationSessionCallback::callbackWithCustomScheme(&NSString::from_str(callback.scheme()))
        };
        Some(ASWebAuthenticationSession::initWithURL_callback_completionHandler(
            ASWebAuthenticationSession::alloc(),
            url,
            &matched,
            RcBlock::as_ptr(completion),
        ))
    }
}
