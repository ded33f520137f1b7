//! What the web views ask and tell, and the views themselves.

use std::cell::RefCell;
use std::sync::Arc;

use block2::DynBlock;
use objc2::rc::Retained;
use objc2::runtime::{AnyObject, Bool, NSObject, ProtocolObject};
use objc2::{DefinedClass, MainThreadMarker, MainThreadOnly, Message, define_class, msg_send, sel};
use objc2_core_foundation::CGRect;
use objc2_foundation::{
    NSArray, NSData, NSError, NSHTTPURLResponse, NSObjectProtocol, NSString, NSURL, NSURLRequest, NSURLResponse,
    ns_string,
};
use objc2_ui_kit::{
    UIBarButtonItem, UIBarButtonItemStyle, UIModalPresentationStyle, UINavigationController, UIViewController,
};
use objc2_web_kit::{
    WKDownload, WKDownloadDelegate, WKFrameInfo, WKMediaCaptureType, WKNavigation, WKNavigationAction,
    WKNavigationActionPolicy, WKNavigationDelegate, WKNavigationResponse, WKNavigationResponsePolicy, WKNavigationType,
    WKPermissionDecision, WKSecurityOrigin, WKUIDelegate, WKUserContentController, WKWebViewConfiguration,
    WKWindowFeatures,
};
use url::Url;

use super::dialogs::{Dialog, Waiting};
use super::background_view::BackgroundView;
use super::downloads::{self, Saving};
use super::web_view::WKWebView;
use crate::ios_rules::{self, Navigation};
use crate::{Host, Permission, SiteEvent};

/// A pop-up opens pop-ups of its own at most this deep: a sign-in page in a pop-up may need one, a storm does not.
const MAX_POPUPS: usize = 3;

/// A pop-up, over the page that opened it.
#[derive(Clone)]
struct Popup {
    view: Retained<WKWebView>,
    opener: Retained<WKWebView>,
    content: Retained<UIViewController>,
    navigation: Retained<UINavigationController>,
}

pub(crate) struct Ivars {
    host: Arc<dyn Host>,
    parent: Retained<UIViewController>,
    /// Behind the web view, up to the edges of the screen, so that nothing of the shell's page is seen beside it.
    ground: Retained<BackgroundView>,
    view: Retained<WKWebView>,
    popups: RefCell<Vec<Popup>>,
    /// The page that is in the site's view: where it changes hosts, its pop-ups are somebody else's.
    page: RefCell<Option<Url>>,
    saving: Saving,
}

define_class!(
    // SAFETY: NSObject demands nothing of its subclasses, and this one does not implement Drop.
    #[unsafe(super(NSObject))]
    #[thread_kind = MainThreadOnly]
    #[name = "KonnectGroepSite"]
    #[ivars = Ivars]
    pub(crate) struct Site;

    // SAFETY: every NSObject conforms.
    unsafe impl NSObjectProtocol for Site {}

    impl Site {
        #[unsafe(method(closeTop:))]
        fn close_top(&self, _sender: Option<&AnyObject>) {
            let top = self.ivars().popups.borrow().last().map(|popup| popup.view.clone());
            if let Some(view) = top {
                self.close_popup(&view, true);
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
            self.new_window(view, configuration, action)
        }

        #[unsafe(method(webViewDidClose:))]
        fn did_close(&self, view: &WKWebView) {
            self.close_popup(view, true);
        }

        #[unsafe(method(webView:runJavaScriptAlertPanelWithMessage:initiatedByFrame:completionHandler:))]
        fn alert(&self, _view: &WKWebView, message: &NSString, frame: &WKFrameInfo, done: &DynBlock<dyn Fn()>) {
            let done = done.copy();
            let waiting = Waiting::new((), move |()| done.call(()));
            self.dialog(frame, message).tell(&self.top(), self.ivars().host.labels(), waiting);
        }

        #[unsafe(method(webView:runJavaScriptConfirmPanelWithMessage:initiatedByFrame:completionHandler:))]
        fn confirm(&self, _view: &WKWebView, message: &NSString, frame: &WKFrameInfo, done: &DynBlock<dyn Fn(Bool)>) {
            let done = done.copy();
            let waiting = Waiting::new(false, move |yes| done.call((Bool::new(yes),)));
            self.dialog(frame, message).confirm(&self.top(), self.ivars().host.labels(), &waiting);
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
            let waiting = Waiting::new(None, move |text: Option<Retained<NSString>>| {
                done.call((text.as_deref().map_or(std::ptr::null_mut(), |text| std::ptr::from_ref(text).cast_mut()),));
            });
            self.dialog(frame, message).prompt(&self.top(), self.ivars().host.labels(), default, &waiting);
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
            let asked: &[Permission] = match wanted {
                WKMediaCaptureType::Camera => &[Permission::Camera],
                WKMediaCaptureType::Microphone => &[Permission::Microphone],
                WKMediaCaptureType::CameraAndMicrophone => &[Permission::Camera, Permission::Microphone],
                _ => &[],
            };
            // SAFETY: plain reads of a live origin.
            let (scheme, host, port) = unsafe { (origin.protocol().to_string(), origin.host().to_string(), origin.port()) };
            let may = ios_rules::may_capture(&*self.ivars().host, (&scheme, &host, port), self.is_popup(view), asked);
            // The system itself asks the person once for the app.
            decided.call((if may { WKPermissionDecision::Grant } else { WKPermissionDecision::Deny },));
        }
    }

    // SAFETY: the methods have the documented types.
    unsafe impl WKDownloadDelegate for Site {
        #[unsafe(method(download:decideDestinationUsingResponse:suggestedFilename:completionHandler:))]
        fn destination(&self, download: &WKDownload, _response: &NSURLResponse, suggested: &NSString, decided: &DynBlock<dyn Fn(*mut NSURL)>) {
            let url = self.ivars().saving.begin(download.retain(), suggested);
            decided.call((url.as_deref().map_or(std::ptr::null_mut(), |url| std::ptr::from_ref(url).cast_mut()),));
        }

        #[unsafe(method(downloadDidFinish:))]
        fn saved(&self, download: &WKDownload) {
            self.ivars().saving.finish(self.mtm(), download, &self.top());
        }

        #[unsafe(method(download:didFailWithError:resumeData:))]
        fn not_saved(&self, download: &WKDownload, _error: &NSError, _resume: Option<&NSData>) {
            self.ivars().saving.forget(download);
        }
    }

    // SAFETY: the methods have the documented types.
    unsafe impl WKNavigationDelegate for Site {
        #[unsafe(method(webView:decidePolicyForNavigationAction:decisionHandler:))]
        fn decide(&self, view: &WKWebView, action: &WKNavigationAction, decided: &DynBlock<dyn Fn(WKNavigationActionPolicy)>) {
            decided.call((self.may_load(view, action),));
        }

        #[unsafe(method(webView:decidePolicyForNavigationResponse:decisionHandler:))]
        fn decide_response(&self, view: &WKWebView, response: &WKNavigationResponse, decided: &DynBlock<dyn Fn(WKNavigationResponsePolicy)>) {
            decided.call((self.may_show(view, response),));
        }

        #[unsafe(method(webView:navigationAction:didBecomeDownload:))]
        fn action_saves(&self, _view: &WKWebView, _action: &WKNavigationAction, download: &WKDownload) {
            self.save(download);
        }

        #[unsafe(method(webView:navigationResponse:didBecomeDownload:))]
        fn response_saves(&self, _view: &WKWebView, _response: &WKNavigationResponse, download: &WKDownload) {
            self.save(download);
        }

        #[unsafe(method(webView:didCommitNavigation:))]
        fn did_commit(&self, view: &WKWebView, _navigation: Option<&WKNavigation>) {
            self.committed(view);
        }

        #[unsafe(method(webView:didFinishNavigation:))]
        fn did_finish(&self, view: &WKWebView, _navigation: Option<&WKNavigation>) {
            if let Some(url) = address(view).filter(|url| !self.is_popup(view) && url.as_str() != "about:blank") {
                self.ivars().host.on_event(SiteEvent::Loaded(url));
            }
        }

        #[unsafe(method(webView:didFailProvisionalNavigation:withError:))]
        fn did_fail_early(&self, view: &WKWebView, _navigation: Option<&WKNavigation>, error: &NSError) {
            self.failed(view, error);
        }

        #[unsafe(method(webView:didFailNavigation:withError:))]
        fn did_fail(&self, view: &WKWebView, _navigation: Option<&WKNavigation>, error: &NSError) {
            self.failed(view, error);
        }

        #[unsafe(method(webViewWebContentProcessDidTerminate:))]
        fn died(&self, view: &WKWebView) {
            if self.is_popup(view) {
                self.close_popup(view, false);
            } else {
                self.close_popups_of(view);
                self.ivars().host.on_event(SiteEvent::Crashed);
            }
        }
    }
);

/// The address in a web view.
fn address(view: &WKWebView) -> Option<Url> {
    // SAFETY: a plain read on the main thread.
    parsed(unsafe { view.URL() }.as_deref())
}

fn parsed(url: Option<&NSURL>) -> Option<Url> {
    Url::parse(&url?.absoluteString()?.to_string()).ok()
}

impl Site {
    /// A hidden site over the view of `parent`.
    pub(crate) fn open(
        mtm: MainThreadMarker,
        host: Arc<dyn Host>,
        parent: Retained<UIViewController>,
    ) -> Option<Retained<Self>> {
        let below = parent.view()?;
        // Of an earlier run.
        downloads::clear();
        let ground = BackgroundView::new(mtm, host.clone());
        ground.setHidden(true);
        ground.cover(&below);
        // SAFETY: a fresh configuration, on the main thread.
        let view = unsafe {
            let configuration = WKWebViewConfiguration::new(mtm);
            // The host decides about windows, not the engine's guess whether a finger was on the screen.
            configuration
                .preferences()
                .setJavaScriptCanOpenWindowsAutomatically(true);
            WKWebView::initWithFrame_configuration(mtm.alloc(), CGRect::default(), &configuration)
        };
        ground.carry(&view);
        let ivars = Ivars {
            host,
            parent,
            ground,
            view,
            popups: RefCell::default(),
            page: RefCell::default(),
            saving: Saving::default(),
        };
        let this = Self::alloc(mtm).set_ivars(ivars);
        // SAFETY: the initializer of NSObject.
        let this: Retained<Self> = unsafe { msg_send![super(this), init] };
        this.listen(&this.ivars().view);
        // SAFETY: a plain setter on the main thread.
        unsafe { this.ivars().view.setAllowsBackForwardNavigationGestures(true) };
        Some(this)
    }

    fn listen(&self, view: &WKWebView) {
        // SAFETY: both are weak; whoever holds the site keeps it until the views are let go of.
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
        ivars.ground.setHidden(false);
        if let Some(below) = ivars.ground.superview() {
            below.bringSubviewToFront(&ivars.ground);
        }
        for popup in self.popups() {
            if popup.navigation.presentingViewController().is_none() {
                self.top()
                    .presentViewController_animated_completion(&popup.navigation, false, None);
            }
        }
    }

    pub(crate) fn hide(&self) {
        for popup in self.popups().iter().rev() {
            dismiss(popup, false);
        }
        self.ivars().ground.setHidden(true);
    }

    pub(crate) fn close(&self) {
        self.close_popups_of(&self.ivars().view);
        detach_delegates(&self.ivars().view);
        self.ivars().ground.removeFromSuperview();
    }

    fn popups(&self) -> Vec<Popup> {
        self.ivars().popups.borrow().clone()
    }

    fn is_popup(&self, view: &WKWebView) -> bool {
        !std::ptr::eq(view, &raw const *self.ivars().view)
    }

    /// What is on top of everything, to show something over.
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

    fn may_load(&self, view: &WKWebView, action: &WKNavigationAction) -> WKNavigationActionPolicy {
        let (allow, cancel) = (WKNavigationActionPolicy::Allow, WKNavigationActionPolicy::Cancel);
        // SAFETY: plain reads on the main thread.
        let (request, target, kind, save) = unsafe {
            (
                action.request(),
                action.targetFrame(),
                action.navigationType(),
                action.shouldPerformDownload(),
            )
        };
        let Some(url) = parsed(request.URL().as_deref()) else {
            // A new window without an address is decided about where it is made.
            return if target.is_none() { allow } else { cancel };
        };
        if save {
            return if self.may_save(view, &url) {
                WKNavigationActionPolicy::Download
            } else {
                cancel
            };
        }
        // SAFETY: a plain read on the main thread.
        let Some(main_frame) = target.map(|frame| unsafe { frame.isMainFrame() }) else {
            return allow;
        };
        let link = kind == WKNavigationType::LinkActivated;
        let navigation = Navigation {
            popup: self.is_popup(view),
            main_frame,
            link,
        };
        if ios_rules::navigate(&*self.ivars().host, &url, navigation) {
            allow
        } else {
            cancel
        }
    }

    fn may_show(&self, view: &WKWebView, response: &WKNavigationResponse) -> WKNavigationResponsePolicy {
        let (allow, cancel) = (WKNavigationResponsePolicy::Allow, WKNavigationResponsePolicy::Cancel);
        // SAFETY: plain reads on the main thread.
        let (main_frame, shows, response) = unsafe {
            (
                response.isForMainFrame(),
                response.canShowMIMEType(),
                response.response(),
            )
        };
        let http = response.downcast_ref::<NSHTTPURLResponse>();
        // A page that its server could not make is no page to work with: the one before it stays.
        if main_frame && !self.is_popup(view) && http.is_some_and(|http| ios_rules::is_broken(http.statusCode())) {
            self.ivars().host.on_event(SiteEvent::Failed(crate::LoadError::Server));
            return cancel;
        }
        let disposition = http.and_then(|http| http.valueForHTTPHeaderField(ns_string!("Content-Disposition")));
        if shows && !ios_rules::is_attachment(disposition.map(|text| text.to_string()).as_deref()) {
            return allow;
        }
        let may = parsed(response.URL().as_deref()).is_some_and(|url| self.may_save(view, &url));
        if may {
            WKNavigationResponsePolicy::Download
        } else {
            cancel
        }
    }

    /// May the page keep this file? A pop-up made for nothing but the file has no page yet.
    fn may_save(&self, view: &WKWebView, file: &Url) -> bool {
        let page = address(view).filter(|page| page.as_str() != "about:blank");
        self.ivars()
            .host
            .permits(page.as_ref().unwrap_or(file), Permission::Download)
    }

    fn save(&self, download: &WKDownload) {
        // SAFETY: weak; whoever holds the site keeps it until the views are let go of.
        unsafe { download.setDelegate(Some(ProtocolObject::from_ref(self))) };
    }

    fn committed(&self, view: &WKWebView) {
        let url = address(view);
        if let Some(popup) = self
            .popups()
            .iter()
            .find(|popup| std::ptr::eq(&raw const *popup.view, view))
        {
            let host = url.as_ref().and_then(Url::host_str).map(NSString::from_str);
            popup.content.setTitle(host.as_deref());
            return;
        }
        let before = self.ivars().page.replace(url.clone());
        // Whoever opened them is gone.
        if before.is_some_and(|before| url.is_none_or(|url| url.origin() != before.origin())) {
            self.close_popups_of(view);
        }
    }

    fn failed(&self, view: &WKWebView, error: &NSError) {
        if self.is_popup(view) {
            return;
        }
        if let Some(fault) = ios_rules::fault(&error.domain().to_string(), error.code()) {
            self.ivars().host.on_event(SiteEvent::Failed(fault));
        }
    }

    fn new_window(
        &self,
        opener: &WKWebView,
        configuration: &WKWebViewConfiguration,
        action: &WKNavigationAction,
    ) -> Option<Retained<WKWebView>> {
        let popups = self.popups();
        let mut open = popups
            .iter()
            .filter(|popup| std::ptr::eq(&raw const *popup.opener, opener))
            .count();
        if popups.len() >= MAX_POPUPS {
            open = open.max(1);
        }
        let host = &*self.ivars().host;
        // SAFETY: a plain read on the main thread.
        let target = unsafe { action.request() }
            .URL()
            .and_then(|url| url.absoluteString())
            .map(|url| url.to_string());
        let url = ios_rules::may_open(host, address(opener)?.as_str(), &target.unwrap_or_default(), open)?;
        let view = self.present(opener, configuration, &url);
        host.on_event(SiteEvent::PopupOpened(url));
        Some(view)
    }

    /// Shows a pop-up, unloaded: the engine loads it, with the opener in place.
    fn present(&self, opener: &WKWebView, configuration: &WKWebViewConfiguration, url: &Url) -> Retained<WKWebView> {
        let mtm = self.mtm();
        // SAFETY: the configuration is the one that the engine handed over, as it demands, without whatever scripts and
        // handlers it may have inherited.
        let view = unsafe {
            configuration.setUserContentController(&WKUserContentController::new(mtm));
            WKWebView::initWithFrame_configuration(mtm.alloc(), CGRect::default(), configuration)
        };
        self.listen(&view);
        let content = UIViewController::new(mtm);
        let ground = BackgroundView::new(mtm, self.ivars().host.clone());
        ground.carry(&view);
        content.setView(Some(&ground));
        content.setTitle(url.host_str().map(NSString::from_str).as_deref());
        let label = NSString::from_str(self.ivars().host.labels().close);
        // SAFETY: the target is held weakly, and has the method.
        let close = unsafe {
            UIBarButtonItem::initWithTitle_style_target_action(
                mtm.alloc(),
                Some(&label),
                UIBarButtonItemStyle::Plain,
                Some(self),
                Some(sel!(closeTop:)),
            )
        };
        content
            .navigationItem()
            .setLeftBarButtonItems(Some(&NSArray::from_retained_slice(&[close])));
        let navigation = UINavigationController::initWithRootViewController(mtm.alloc(), &content);
        navigation.setModalPresentationStyle(UIModalPresentationStyle::FullScreen);
        if !self.ivars().ground.isHidden() {
            self.top()
                .presentViewController_animated_completion(&navigation, false, None);
        }
        let popup = Popup {
            view: view.clone(),
            opener: opener.retain(),
            content,
            navigation,
        };
        self.ivars().popups.borrow_mut().push(popup);
        view
    }

    fn close_popups_of(&self, opener: &WKWebView) {
        for popup in self.popups() {
            if std::ptr::eq(&raw const *popup.opener, opener) {
                self.close_popup(&popup.view, false);
            }
        }
    }

    fn close_popup(&self, view: &WKWebView, animated: bool) {
        self.close_popups_of(view);
        let popup = {
            let mut popups = self.ivars().popups.borrow_mut();
            let at = popups
                .iter()
                .position(|popup| std::ptr::eq(&raw const *popup.view, view));
            at.map(|at| popups.remove(at))
        };
        if let Some(popup) = popup {
            detach_delegates(&popup.view);
            dismiss(&popup, animated);
            self.ivars().host.on_event(SiteEvent::PopupClosed);
        }
    }
}

/// Ends a web view: nobody hears of it any more.
fn detach_delegates(view: &WKWebView) {
    // SAFETY: plain setters on the main thread.
    unsafe {
        view.stopLoading();
        view.setUIDelegate(None);
        view.setNavigationDelegate(None);
    }
}

fn dismiss(popup: &Popup, animated: bool) {
    if let Some(presenting) = popup.navigation.presentingViewController() {
        presenting.dismissViewControllerAnimated_completion(animated, None);
    }
}
