//! The delegate of all web views of the site, and the site's own view.

use std::cell::RefCell;
use std::sync::Arc;

use block2::DynBlock;
use objc2::rc::Retained;
use objc2::runtime::{AnyObject, Bool, NSObject, ProtocolObject};
use objc2::{DefinedClass, MainThreadMarker, MainThreadOnly, Message, define_class, msg_send, sel};
use objc2_core_foundation::CGRect;
use objc2_foundation::{
    NSData, NSError, NSHTTPURLResponse, NSObjectProtocol, NSString, NSURL, NSURLRequest, NSURLResponse, ns_string,
};
use objc2_ui_kit::UIViewController;
use objc2_web_kit::{
    WKDownload, WKDownloadDelegate, WKFrameInfo, WKMediaCaptureType, WKNavigation, WKNavigationAction,
    WKNavigationActionPolicy, WKNavigationDelegate, WKNavigationResponse, WKNavigationResponsePolicy, WKNavigationType,
    WKPermissionDecision, WKSecurityOrigin, WKUIDelegate, WKUserContentController, WKWebViewConfiguration,
    WKWindowFeatures,
};
use url::Url;

use super::background_view::BackgroundView;
use super::dialogs::{Dialog, PendingAnswer};
use super::downloads::{self, Downloads};
use super::popups::{CloseButton, Popup, Popups};
use super::web_view::WKWebView;
use crate::rules::{self, Load, apple};
use crate::{Host, Navigation, Permission, SiteEvent};

pub(crate) struct Ivars {
    host: Arc<dyn Host>,
    parent: Retained<UIViewController>,
    /// Covers the app's own page up to the edges of the screen, beyond the safe area that the web view keeps to.
    background: Retained<BackgroundView>,
    view: Retained<WKWebView>,
    popups: Popups,
    /// The page in the site's view. When its origin changes, its pop-ups have lost their opener.
    page: RefCell<Option<Url>>,
    downloads: Downloads,
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
            if let Some(newest) = self.ivars().popups.newest() {
                self.close_popup(&newest.view, true);
            }
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
            self.close_popup(view, true);
        }

        #[unsafe(method(webView:runJavaScriptAlertPanelWithMessage:initiatedByFrame:completionHandler:))]
        fn alert(&self, _view: &WKWebView, message: &NSString, frame: &WKFrameInfo, done: &DynBlock<dyn Fn()>) {
            let done = done.copy();
            let answer = PendingAnswer::new((), move |()| done.call(()));
            self.dialog(frame, message).alert(&self.top(), self.ivars().host.labels(), answer);
        }

        #[unsafe(method(webView:runJavaScriptConfirmPanelWithMessage:initiatedByFrame:completionHandler:))]
        fn confirm(&self, _view: &WKWebView, message: &NSString, frame: &WKFrameInfo, done: &DynBlock<dyn Fn(Bool)>) {
            let done = done.copy();
            let answer = PendingAnswer::new(false, move |yes| done.call((Bool::new(yes),)));
            self.dialog(frame, message).confirm(&self.top(), self.ivars().host.labels(), &answer);
        }

        #[unsafe(method(webView:runJavaScriptTextInputPanelWithPrompt:defaultText:initiatedByFrame:completionHandler:))]
        fn prompt(
            &self,
            _view: &WKWebView,
            message: &NSString,
            default: Option<&NSString>,
            frame: &WKFrameInfo,
            done: &DynBlock<dyn Fn(*mut NSString)>,
        ) {
            let done = done.copy();
            let answer = PendingAnswer::new(None, move |text: Option<Retained<NSString>>| {
                done.call((text.as_deref().map_or(std::ptr::null_mut(), |text| std::ptr::from_ref(text).cast_mut()),));
            });
            self.dialog(frame, message).prompt(&self.top(), self.ivars().host.labels(), default, &answer);
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
            let may = apple::may_capture(&*self.ivars().host, (&scheme, &host, port), self.is_popup(view), wanted);
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
            self.ivars().downloads.finish(self.mtm(), download, &self.top());
        }

        #[unsafe(method(download:didFailWithError:resumeData:))]
        fn download_failed(&self, download: &WKDownload, _error: &NSError, _resume: Option<&NSData>) {
            self.ivars().downloads.cancel(download);
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
            if let Some(url) = url_of(view).filter(|url| !self.is_popup(view) && url.as_str() != "about:blank") {
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
            if self.is_popup(view) {
                self.close_popup(view, false);
            } else {
                self.close_popups_of(view);
                self.ivars().host.on_event(SiteEvent::Crashed);
            }
        }
    }
);

/// The URL in a web view.
fn url_of(view: &WKWebView) -> Option<Url> {
    // SAFETY: a plain read on the main thread.
    parse(unsafe { view.URL() }.as_deref())
}

fn parse(url: Option<&NSURL>) -> Option<Url> {
    Url::parse(&url?.absoluteString()?.to_string()).ok()
}

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
        background.setHidden(true);
        background.cover(&below);
        // SAFETY: a fresh configuration, on the main thread.
        let view = unsafe {
            let configuration = WKWebViewConfiguration::new(mtm);
            // Leaves the decision about pop-ups to the host. The engine would refuse a window without a recent touch,
            // but a page that asks its own server first opens its pop-up long after the touch.
            configuration
                .preferences()
                .setJavaScriptCanOpenWindowsAutomatically(true);
            WKWebView::initWithFrame_configuration(mtm.alloc(), CGRect::default(), &configuration)
        };
        background.carry(&view);
        let ivars = Ivars {
            host,
            parent,
            background,
            view,
            popups: Popups::default(),
            page: RefCell::default(),
            downloads: Downloads::default(),
        };
        let this = Self::alloc(mtm).set_ivars(ivars);
        // SAFETY: the initializer of NSObject.
        let this: Retained<Self> = unsafe { msg_send![super(this), init] };
        this.attach_delegates(&this.ivars().view);
        // SAFETY: a plain setter on the main thread.
        unsafe { this.ivars().view.setAllowsBackForwardNavigationGestures(true) };
        Some(this)
    }

    fn attach_delegates(&self, view: &WKWebView) {
        // SAFETY: the view holds both delegates weakly; the owner of the site keeps it until the views are detached.
        unsafe {
            view.setUIDelegate(Some(ProtocolObject::from_ref(self)));
            view.setNavigationDelegate(Some(ProtocolObject::from_ref(self)));
            view.setAllowsLinkPreview(false);
        }
    }

    pub(crate) fn load(&self, request: &NSURLRequest) {
        // SAFETY: on the main thread.
        unsafe { self.ivars().view.loadRequest(request) };
    }

    pub(crate) fn show(&self) {
        let ivars = self.ivars();
        ivars.background.setHidden(false);
        if let Some(below) = ivars.background.superview() {
            below.bringSubviewToFront(&ivars.background);
        }
        for popup in ivars.popups.all() {
            popup.present_over(&self.top());
        }
    }

    pub(crate) fn hide(&self) {
        for popup in self.ivars().popups.all().iter().rev() {
            popup.dismiss(false);
        }
        self.ivars().background.setHidden(true);
    }

    pub(crate) fn close(&self) {
        self.close_popups_of(&self.ivars().view);
        detach_delegates(&self.ivars().view);
        self.ivars().background.removeFromSuperview();
    }

    fn is_popup(&self, view: &WKWebView) -> bool {
        !std::ptr::eq(view, &raw const *self.ivars().view)
    }

    /// The topmost controller; dialogs and pop-ups are presented over it.
    fn top(&self) -> Retained<UIViewController> {
        let mut top = self.ivars().parent.clone();
        while let Some(next) = top.presentedViewController().filter(|next| !next.isBeingDismissed()) {
            top = next;
        }
        top
    }

    fn dialog(&self, frame: &WKFrameInfo, message: &NSString) -> Dialog {
        // SAFETY: plain reads on the main thread.
        let host = unsafe { frame.securityOrigin().host() };
        Dialog::new(self.mtm(), &host, message)
    }

    fn decide_action(&self, view: &WKWebView, action: &WKNavigationAction) -> WKNavigationActionPolicy {
        let (allow, cancel) = (WKNavigationActionPolicy::Allow, WKNavigationActionPolicy::Cancel);
        // SAFETY: plain reads on the main thread.
        let (request, target, kind, is_download) = unsafe {
            (
                action.request(),
                action.targetFrame(),
                action.navigationType(),
                action.shouldPerformDownload(),
            )
        };
        let Some(url) = parse(request.URL().as_deref()) else {
            // A new window without a URL is decided in `open_popup`.
            return if target.is_none() { allow } else { cancel };
        };
        if is_download {
            return if self.may_download(view, &url) {
                WKNavigationActionPolicy::Download
            } else {
                cancel
            };
        }
        // An action without a target frame is a new window, which `open_popup` decides.
        // SAFETY: a plain read on the main thread.
        let Some(main_frame) = target.map(|frame| unsafe { frame.isMainFrame() }) else {
            return allow;
        };
        let navigation = Navigation {
            url,
            popup: self.is_popup(view),
        };
        let load = Load {
            main_frame,
            link: kind == WKNavigationType::LinkActivated,
        };
        if rules::navigate(&*self.ivars().host, &navigation, load) {
            allow
        } else {
            cancel
        }
    }

    fn decide_response(&self, view: &WKWebView, response: &WKNavigationResponse) -> WKNavigationResponsePolicy {
        let (allow, cancel) = (WKNavigationResponsePolicy::Allow, WKNavigationResponsePolicy::Cancel);
        // SAFETY: plain reads on the main thread.
        let (main_frame, can_show, response) = unsafe {
            (
                response.isForMainFrame(),
                response.canShowMIMEType(),
                response.response(),
            )
        };
        let http = response.downcast_ref::<NSHTTPURLResponse>();
        // The page before a load error stays on screen.
        let error = http.and_then(|http| {
            let header = |name: &str| {
                http.valueForHTTPHeaderField(&NSString::from_str(name))
                    .map(|text| text.to_string())
            };
            rules::server_error(i64::try_from(http.statusCode()).ok()?, header)
        });
        if let Some(error) = error.filter(|_| main_frame && !self.is_popup(view)) {
            self.ivars().host.on_event(SiteEvent::Failed(error));
            return cancel;
        }
        let disposition = http.and_then(|http| http.valueForHTTPHeaderField(ns_string!("Content-Disposition")));
        if can_show && !apple::is_attachment(disposition.map(|text| text.to_string()).as_deref()) {
            return allow;
        }
        if parse(response.URL().as_deref()).is_some_and(|url| self.may_download(view, &url)) {
            WKNavigationResponsePolicy::Download
        } else {
            cancel
        }
    }

    fn may_download(&self, view: &WKWebView, file: &Url) -> bool {
        let page = url_of(view).filter(|page| page.as_str() != "about:blank");
        rules::may_download(&*self.ivars().host, page.as_ref(), file)
    }

    fn receive_download(&self, download: &WKDownload) {
        // SAFETY: the download holds its delegate weakly; the owner of the site keeps it until the views are detached.
        unsafe { download.setDelegate(Some(ProtocolObject::from_ref(self))) };
    }

    fn on_committed(&self, view: &WKWebView) {
        let url = url_of(view);
        if let Some(popup) = self.ivars().popups.find(view) {
            popup.set_host(url.as_ref());
            return;
        }
        let before = self.ivars().page.replace(url.clone());
        if before.is_some_and(|before| url.is_none_or(|url| url.origin() != before.origin())) {
            self.close_popups_of(view);
        }
    }

    fn on_failed(&self, view: &WKWebView, error: &NSError) {
        if self.is_popup(view) {
            return;
        }
        if let Some(error) = apple::load_error(&error.domain().to_string(), error.code()) {
            self.ivars().host.on_event(SiteEvent::Failed(error));
        }
    }

    fn open_popup(
        &self,
        opener: &WKWebView,
        configuration: &WKWebViewConfiguration,
        action: &WKNavigationAction,
    ) -> Option<Retained<WKWebView>> {
        let host = &*self.ivars().host;
        // SAFETY: a plain read on the main thread.
        let target = unsafe { action.request() }
            .URL()
            .and_then(|url| url.absoluteString())
            .map(|url| url.to_string());
        let open = self.ivars().popups.count(opener);
        let url = apple::may_open_popup(host, url_of(opener)?.as_str(), &target.unwrap_or_default(), open)?;
        let view = self.present(opener, configuration, &url);
        host.on_event(SiteEvent::PopupOpened(url));
        Some(view)
    }

    /// Makes and shows a pop-up without loading it: the engine loads it, because only the engine can set the opener.
    fn present(&self, opener: &WKWebView, configuration: &WKWebViewConfiguration, url: &Url) -> Retained<WKWebView> {
        let mtm = self.mtm();
        let ivars = self.ivars();
        // SAFETY: the configuration is the one that the engine gave, as the engine demands. Its scripts and message
        // handlers are replaced by none, so that a pop-up inherits no bridge.
        let view = unsafe {
            configuration.setUserContentController(&WKUserContentController::new(mtm));
            WKWebView::initWithFrame_configuration(mtm.alloc(), CGRect::default(), configuration)
        };
        self.attach_delegates(&view);
        let close = CloseButton {
            label: ivars.host.labels().close,
            target: self,
            action: sel!(closeTop:),
        };
        let background = BackgroundView::new(mtm, ivars.host.clone());
        let popup = Popup::new(mtm, opener, view.clone(), &background, url, &close);
        if !ivars.background.isHidden() {
            popup.present_over(&self.top());
        }
        ivars.popups.push(popup);
        view
    }

    fn close_popups_of(&self, opener: &WKWebView) {
        for popup in self.ivars().popups.opened_by(opener) {
            self.close_popup(&popup.view, false);
        }
    }

    fn close_popup(&self, view: &WKWebView, animated: bool) {
        self.close_popups_of(view);
        if let Some(popup) = self.ivars().popups.remove(view) {
            detach_delegates(&popup.view);
            popup.dismiss(animated);
            self.ivars().host.on_event(SiteEvent::PopupClosed);
        }
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
