//! The delegate of all web views of the site.

use std::cell::RefCell;
use std::sync::Arc;

use block2::DynBlock;
use objc2::rc::Retained;
use objc2::runtime::{AnyObject, Bool, NSObject, ProtocolObject};
use objc2::{DefinedClass, MainThreadMarker, MainThreadOnly, Message, define_class, msg_send};
use objc2_core_foundation::CGRect;
use objc2_foundation::{NSArray, NSData, NSError, NSObjectProtocol, NSString, NSURL, NSURLRequest, NSURLResponse};
use objc2_ui_kit::{UIDocumentPickerDelegate, UIDocumentPickerViewController, UIViewController};
use objc2_web_kit::{
    WKDownload, WKDownloadDelegate, WKFrameInfo, WKMediaCaptureType, WKNavigation, WKNavigationAction,
    WKNavigationActionPolicy, WKNavigationDelegate, WKNavigationResponse, WKNavigationResponsePolicy,
    WKPermissionDecision, WKSecurityOrigin, WKUIDelegate, WKWebViewConfiguration, WKWindowFeatures,
};
use url::Url;

use super::background_view::BackgroundView;
use super::dialogs::PendingAnswer;
use super::downloads::{self, Downloads};
use super::web_view::{WKWebView, url_of};
use super::windows::Windows;
use super::{page_scripts, text_size};
use crate::rules::apple;
use crate::rules::screen::SITE;
use crate::{Host, Permission, SiteEvent};

pub(crate) struct Ivars {
    pub(super) host: Arc<dyn Host>,
    windows: Windows,
    /// The page in the site's view. When its origin changes, its pop-ups have lost their opener.
    pub(super) page: RefCell<Option<Url>>,
    pub(super) downloads: Downloads,
}

define_class!(
    // SAFETY: NSObject demands nothing of its subclasses, and this one does not implement Drop.
    #[unsafe(super(NSObject))]
    #[thread_kind = MainThreadOnly]
    #[name = "SiteViewDelegate"]
    #[ivars = Ivars]
    pub(crate) struct Site;

    // SAFETY: every NSObject conforms.
    unsafe impl NSObjectProtocol for Site {}

    impl Site {
        #[unsafe(method(closeTop:))]
        fn close_top(&self, _sender: Option<&AnyObject>) {
            self.windows().close_newest();
        }
    }

    // SAFETY: the methods have the documented types.
    unsafe impl WKUIDelegate for Site {
        #[unsafe(method_id(webView:createWebViewWithConfiguration:forNavigationAction:windowFeatures:))]
        fn create(
            &self,
            view: &WKWebView,
            configuration: &WKWebViewConfiguration,
            action: &WKNavigationAction,
            _features: &WKWindowFeatures,
        ) -> Option<Retained<WKWebView>> {
            self.open_popup(view, configuration, action)
        }

        #[unsafe(method(webViewDidClose:))]
        fn did_close(&self, view: &WKWebView) {
            self.windows().close_popup(view);
        }

        #[unsafe(method(webView:runJavaScriptAlertPanelWithMessage:initiatedByFrame:completionHandler:))]
        fn alert(&self, view: &WKWebView, message: &NSString, frame: &WKFrameInfo, done: &DynBlock<dyn Fn()>) {
            let done = done.copy();
            let answer = PendingAnswer::new((), move |()| done.call(()));
            self.ask(view, frame, message, |dialog, labels| dialog.alert(labels, answer));
        }

        #[unsafe(method(webView:runJavaScriptConfirmPanelWithMessage:initiatedByFrame:completionHandler:))]
        fn confirm(&self, view: &WKWebView, message: &NSString, frame: &WKFrameInfo, done: &DynBlock<dyn Fn(Bool)>) {
            let done = done.copy();
            let answer = PendingAnswer::new(false, move |yes| done.call((Bool::new(yes),)));
            self.ask(view, frame, message, |dialog, labels| dialog.confirm(labels, answer));
        }

        #[unsafe(method(webView:runJavaScriptTextInputPanelWithPrompt:defaultText:initiatedByFrame:completionHandler:))]
        fn prompt(
            &self,
            view: &WKWebView,
            message: &NSString,
            default: Option<&NSString>,
            frame: &WKFrameInfo,
            done: &DynBlock<dyn Fn(*mut NSString)>,
        ) {
            let done = done.copy();
            let answer = PendingAnswer::new(None, move |text: Option<Retained<NSString>>| {
                done.call((text.as_deref().map_or(std::ptr::null_mut(), |text| std::ptr::from_ref(text).cast_mut()),));
            });
            self.ask(view, frame, message, |dialog, labels| dialog.prompt(labels, default, answer));
        }

        #[unsafe(method(webView:requestMediaCapturePermissionForOrigin:initiatedByFrame:type:decisionHandler:))]
        fn capture(
            &self,
            view: &WKWebView,
            origin: &WKSecurityOrigin,
            _frame: &WKFrameInfo,
            wanted: WKMediaCaptureType,
            decided: &DynBlock<dyn Fn(WKPermissionDecision)>,
        ) {
            let wanted: &[Permission] = match wanted {
                WKMediaCaptureType::Camera => &[Permission::Camera],
                WKMediaCaptureType::Microphone => &[Permission::Microphone],
                WKMediaCaptureType::CameraAndMicrophone => &[Permission::Camera, Permission::Microphone],
                _ => &[],
            };
            // SAFETY: plain reads of a live origin.
            let (scheme, host, port) = unsafe { (origin.protocol().to_string(), origin.host().to_string(), origin.port()) };
            let may = apple::may_capture(&*self.ivars().host, (&scheme, &host, port), self.windows().is_popup(view), wanted);
            // After `Grant` the system still asks the person, once for the app.
            decided.call((if may { WKPermissionDecision::Grant } else { WKPermissionDecision::Deny },));
        }
    }

    // SAFETY: the methods have the documented types.
    unsafe impl WKDownloadDelegate for Site {
        #[unsafe(method(download:decideDestinationUsingResponse:suggestedFilename:completionHandler:))]
        fn destination(&self, download: &WKDownload, _response: &NSURLResponse, suggested: &NSString, decided: &DynBlock<dyn Fn(*mut NSURL)>) {
            let url = self.ivars().downloads.begin(download.retain(), suggested);
            decided.call((url.as_deref().map_or(std::ptr::null_mut(), |url| std::ptr::from_ref(url).cast_mut()),));
        }

        #[unsafe(method(downloadDidFinish:))]
        fn download_finished(&self, download: &WKDownload) {
            let picker = self.ivars().downloads.finish(self.mtm(), download, ProtocolObject::from_ref(self));
            if let Some(picker) = picker {
                self.windows().ask(Some(SITE), |_| picker);
            }
        }

        #[unsafe(method(download:didFailWithError:resumeData:))]
        fn download_failed(&self, download: &WKDownload, _error: &NSError, _resume: Option<&NSData>) {
            self.ivars().downloads.cancel(download);
        }
    }

    // SAFETY: the methods have the documented types.
    unsafe impl UIDocumentPickerDelegate for Site {
        #[unsafe(method(documentPicker:didPickDocumentsAtURLs:))]
        fn picked(&self, picker: &UIDocumentPickerViewController, _urls: &NSArray<NSURL>) {
            self.picker_done(picker, true);
        }

        #[unsafe(method(documentPickerWasCancelled:))]
        fn picker_cancelled(&self, picker: &UIDocumentPickerViewController) {
            self.picker_done(picker, false);
        }
    }

    // SAFETY: the methods have the documented types.
    unsafe impl WKNavigationDelegate for Site {
        #[unsafe(method(webView:decidePolicyForNavigationAction:decisionHandler:))]
        fn policy_for_action(&self, view: &WKWebView, action: &WKNavigationAction, decided: &DynBlock<dyn Fn(WKNavigationActionPolicy)>) {
            decided.call((self.decide_action(view, action),));
        }

        #[unsafe(method(webView:decidePolicyForNavigationResponse:decisionHandler:))]
        fn policy_for_response(&self, view: &WKWebView, response: &WKNavigationResponse, decided: &DynBlock<dyn Fn(WKNavigationResponsePolicy)>) {
            decided.call((self.decide_response(view, response),));
        }

        #[unsafe(method(webView:navigationAction:didBecomeDownload:))]
        fn action_became_download(&self, _view: &WKWebView, _action: &WKNavigationAction, download: &WKDownload) {
            self.receive_download(download);
        }

        #[unsafe(method(webView:navigationResponse:didBecomeDownload:))]
        fn response_became_download(&self, _view: &WKWebView, _response: &WKNavigationResponse, download: &WKDownload) {
            self.receive_download(download);
        }

        #[unsafe(method(webView:didCommitNavigation:))]
        fn did_commit(&self, view: &WKWebView, _navigation: Option<&WKNavigation>) {
            self.on_committed(view);
        }

        #[unsafe(method(webView:didFinishNavigation:))]
        fn did_finish(&self, view: &WKWebView, _navigation: Option<&WKNavigation>) {
            if let Some(url) = url_of(view).filter(|url| !self.windows().is_popup(view) && url.as_str() != "about:blank") {
                self.ivars().host.on_event(SiteEvent::Loaded(url));
            }
        }

        #[unsafe(method(webView:didFailProvisionalNavigation:withError:))]
        fn did_fail_early(&self, view: &WKWebView, _navigation: Option<&WKNavigation>, error: &NSError) {
            self.on_failed(view, error);
        }

        #[unsafe(method(webView:didFailNavigation:withError:))]
        fn did_fail(&self, view: &WKWebView, _navigation: Option<&WKNavigation>, error: &NSError) {
            self.on_failed(view, error);
        }

        #[unsafe(method(webViewWebContentProcessDidTerminate:))]
        fn process_terminated(&self, view: &WKWebView) {
            if self.windows().is_popup(view) {
                self.windows().close_popup(view);
            } else {
                self.windows().page_gone(view);
                self.ivars().host.on_event(SiteEvent::Crashed);
            }
        }
    }
);

impl Site {
    /// Makes a hidden site over the view of `parent`. Returns `None` if `parent` has no view yet.
    pub(crate) fn open(
        mtm: MainThreadMarker,
        host: Arc<dyn Host>,
        parent: Retained<UIViewController>,
    ) -> Option<Retained<Self>> {
        let below = parent.view()?;
        // Files of an earlier run that no person put anywhere.
        downloads::delete_leftovers();
        let background = BackgroundView::new(mtm, host.clone());
        background.cover(&below);
        // SAFETY: a fresh configuration, on the main thread.
        let view = unsafe {
            let configuration = WKWebViewConfiguration::new(mtm);
            configuration.setUserContentController(&page_scripts::new(mtm, &host));
            // Leaves the decision about pop-ups to the host. The engine would refuse a window without a recent touch,
            // but a page that asks its own server first opens its pop-up long after the touch.
            let preferences = configuration.preferences();
            preferences.setJavaScriptCanOpenWindowsAutomatically(true);
            preferences.setElementFullscreenEnabled(true);
            WKWebView::initWithFrame_configuration(mtm.alloc(), CGRect::default(), &configuration)
        };
        background.carry(&view);
        let ivars = Ivars {
            windows: Windows::new(host.clone(), parent, background, view),
            host,
            page: RefCell::default(),
            downloads: Downloads::default(),
        };
        let this = Self::alloc(mtm).set_ivars(ivars);
        // SAFETY: the initializer of NSObject.
        let this: Retained<Self> = unsafe { msg_send![super(this), init] };
        this.attach_delegates(this.windows().view());
        // SAFETY: a plain setter on the main thread.
        unsafe { this.windows().view().setAllowsBackForwardNavigationGestures(true) };
        Some(this)
    }

    pub(super) fn attach_delegates(&self, view: &WKWebView) {
        // SAFETY: the view holds both delegates weakly; the owner of the site keeps it until the views are detached.
        unsafe {
            view.setUIDelegate(Some(ProtocolObject::from_ref(self)));
            view.setNavigationDelegate(Some(ProtocolObject::from_ref(self)));
            view.setAllowsLinkPreview(false);
        }
        text_size::apply(view);
    }

    pub(crate) fn load(&self, request: &NSURLRequest) {
        // SAFETY: on the main thread.
        unsafe { self.windows().view().loadRequest(request) };
    }

    /// What is on screen.
    pub(crate) fn windows(&self) -> &Windows {
        &self.ivars().windows
    }
}
