//! Signing in through `ASWebAuthenticationSession`, the system's own sheet.

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

type Answer = Result<String, BrowserError>;

struct Ivars {
    window: Retained<UIWindow>,
}

define_class!(
    // SAFETY: NSObject demands nothing of its subclasses, and this one does not implement Drop.
    #[unsafe(super(NSObject))]
    #[thread_kind = MainThreadOnly]
    #[name = "KonnectGroepAnchor"]
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

/// A sheet that is up. It knows its window only weakly: this keeps both.
struct Up {
    number: u64,
    session: Retained<ASWebAuthenticationSession>,
    _anchor: Retained<Anchor>,
}

thread_local! {
    static UP: RefCell<Option<Up>> = const { RefCell::new(None) };
}

/// Forgets this sheet; a later one stays.
fn down(number: u64) -> Option<Up> {
    UP.with_borrow_mut(|up| up.take_if(|up| up.number == number))
}

/// Takes this sheet down, where it is still up.
pub(super) fn take_down(number: u64) {
    if let Some(up) = down(number) {
        // SAFETY: on the main thread, where the sheet was put up.
        unsafe { up.session.cancel() };
    }
}

fn answer(url: *mut NSURL, error: *mut NSError) -> Answer {
    // SAFETY: the system hands over live objects, or none.
    let (url, error) = unsafe { (url.as_ref(), error.as_ref()) };
    if let Some(url) = url.and_then(NSURL::absoluteString) {
        return Ok(url.to_string());
    }
    // SAFETY: a constant of the framework.
    let ours = error.filter(|error| &*error.domain() == unsafe { ASWebAuthenticationSessionErrorDomain });
    let cancelled = ours.is_some_and(|error| error.code() == ASWebAuthenticationSessionErrorCode::CanceledLogin.0);
    Err(crate::browser::why(cancelled, UIAccessibilityIsGuidedAccessEnabled()))
}

pub(super) fn start(
    mtm: MainThreadMarker,
    window: Retained<UIWindow>,
    number: u64,
    url: &str,
    callback: &Url,
    private: bool,
    done: oneshot::Sender<Answer>,
) {
    let Some(url) = NSURL::URLWithString(&NSString::from_str(url)) else {
        let _ = done.send(Err(BrowserError::NotAnAddress));
        return;
    };
    let done = Rc::new(Cell::new(Some(done)));
    let in_block = done.clone();
    let completion = RcBlock::new(move |url: *mut NSURL, error: *mut NSError| {
        if let Some(done) = in_block.take() {
            let _ = done.send(answer(url, error));
        }
        drop(down(number));
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
    // SAFETY: plain setters before the start; the anchor is kept for as long as the sheet is up.
    let started = unsafe {
        session.setPresentationContextProvider(Some(ProtocolObject::from_ref(&*anchor)));
        session.setPrefersEphemeralWebBrowserSession(private);
        UP.set(Some(Up {
            number,
            session: session.clone(),
            _anchor: anchor,
        }));
        session.start()
    };
    if !started {
        drop(down(number));
        if let Some(done) = done.take() {
            let _ = done.send(Err(crate::browser::why(false, UIAccessibilityIsGuidedAccessEnabled())));
        }
    }
}

/// A claimed https address needs iOS 17.4; there is none for an older one, where the app's own scheme is to be used.
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
            let back = if https {
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
                &back,
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
