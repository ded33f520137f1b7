//! Sign-in through `ASWebAuthenticationSession`, the system's own sheet over the app.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use block2::RcBlock;
use objc2::rc::Retained;
use objc2::runtime::{NSObject, ProtocolObject};
use objc2::{AnyThread, DefinedClass, MainThreadMarker, MainThreadOnly, available, define_class, msg_send};
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

/// Closes the sheet with this number if it is still on screen. Main thread only.
pub(super) fn close(number: u64) {
    if let Some(sheet) = take(number) {
        // SAFETY: on the main thread, where the sheet was opened.
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
        if let Some(done) = in_block.take() {
            let _ = done.send(outcome_of(url, error));
        }
        drop(take(number));
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

/// Makes the session. Returns `None` for an https redirect URI before iOS 17.4, which only supports custom schemes.
fn session(
    url: &NSURL,
    callback: &Url,
    completion: &RcBlock<dyn Fn(*mut NSURL, *mut NSError)>,
) -> Option<Retained<ASWebAuthenticationSession>> {
    let https = callback.scheme() == "https";
    // SAFETY: the session copies the block; the arguments have the documented types.
    unsafe {
        let new = ASWebAuthenticationSession::alloc();
        let scheme = NSString::from_str(callback.scheme());
        if available!(ios = 17.4) {
            let matched = if https {
                let host = NSString::from_str(callback.host_str()?);
                ASWebAuthenticationSessionCallback::callbackWithHTTPSHost_path(
                    &host,
                    &NSString::from_str(callback.path()),
                )
            } else {
                ASWebAuthenticationSessionCallback::callbackWithCustomScheme(&scheme)
            };
            Some(ASWebAuthenticationSession::initWithURL_callback_completionHandler(
                new,
                url,
                &matched,
                RcBlock::as_ptr(completion),
            ))
        } else if https {
            None
        } else {
            #[allow(deprecated)] // the only way before iOS 17.4
            let session = ASWebAuthenticationSession::initWithURL_callbackURLScheme_completionHandler(
                new,
                url,
                Some(&scheme),
                RcBlock::as_ptr(completion),
            );
            Some(session)
        }
    }
}
