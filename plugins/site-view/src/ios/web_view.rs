//! `WKWebView` on an iPad. `objc2-web-kit` declares the class for the Mac only, where it is another kind of view.
#![allow(non_snake_case)] // as Apple names them

use block2::DynBlock;
use objc2::rc::{Allocated, Retained};
use objc2::runtime::ProtocolObject;
use objc2::{MainThreadOnly, extern_class, extern_methods};
use objc2_core_foundation::{CGFloat, CGRect};
use objc2_foundation::{NSObject, NSObjectProtocol, NSURL, NSURLRequest};
use objc2_ui_kit::{UIResponder, UIView};
use objc2_web_kit::{WKNavigation, WKNavigationDelegate, WKUIDelegate, WKWebViewConfiguration};
use url::Url;

extern_class!(
    #[unsafe(super(UIView, UIResponder, NSObject))]
    #[thread_kind = MainThreadOnly]
    #[derive(Debug, PartialEq, Eq, Hash)]
    pub(crate) struct WKWebView;
);

// SAFETY: every NSObject conforms.
unsafe impl NSObjectProtocol for WKWebView {}

impl WKWebView {
    extern_methods!(
        #[unsafe(method(initWithFrame:configuration:))]
        #[unsafe(method_family = init)]
        pub(crate) unsafe fn initWithFrame_configuration(
            this: Allocated<Self>,
            frame: CGRect,
            configuration: &WKWebViewConfiguration,
        ) -> Retained<Self>;

        #[unsafe(method(setUIDelegate:))]
        pub(crate) unsafe fn setUIDelegate(&self, delegate: Option<&ProtocolObject<dyn WKUIDelegate>>);

        #[unsafe(method(setNavigationDelegate:))]
        pub(crate) unsafe fn setNavigationDelegate(&self, delegate: Option<&ProtocolObject<dyn WKNavigationDelegate>>);

        #[unsafe(method(setAllowsBackForwardNavigationGestures:))]
        pub(crate) unsafe fn setAllowsBackForwardNavigationGestures(&self, allows: bool);

        #[unsafe(method(setAllowsLinkPreview:))]
        pub(crate) unsafe fn setAllowsLinkPreview(&self, allows: bool);

        #[unsafe(method(loadRequest:))]
        pub(crate) unsafe fn loadRequest(&self, request: &NSURLRequest) -> Option<Retained<WKNavigation>>;

        #[unsafe(method(stopLoading))]
        pub(crate) unsafe fn stopLoading(&self);

        #[unsafe(method(configuration))]
        pub(crate) unsafe fn configuration(&self) -> Retained<WKWebViewConfiguration>;

        #[unsafe(method(setPageZoom:))]
        pub(crate) unsafe fn setPageZoom(&self, zoom: CGFloat);

        #[unsafe(method(closeAllMediaPresentationsWithCompletionHandler:))]
        pub(crate) unsafe fn closeAllMediaPresentationsWithCompletionHandler(&self, done: Option<&DynBlock<dyn Fn()>>);

        #[unsafe(method(URL))]
        pub(crate) unsafe fn URL(&self) -> Option<Retained<NSURL>>;
    );
}

/// The URL in a web view.
pub(crate) fn url_of(view: &WKWebView) -> Option<Url> {
    // SAFETY: a plain read on the main thread.
    parse(unsafe { view.URL() }.as_deref())
}

pub(crate) fn parse(url: Option<&NSURL>) -> Option<Url> {
    Url::parse(&url?.absoluteString()?.to_string()).ok()
}
