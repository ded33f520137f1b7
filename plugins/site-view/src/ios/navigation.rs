//! The site's delegate decides: which page loads, which response is a file, which pop-up opens.

use objc2::rc::Retained;
use objc2::runtime::ProtocolObject;
use objc2::{DefinedClass, MainThreadOnly, sel};
use objc2_core_foundation::CGRect;
use objc2_foundation::{NSError, NSHTTPURLResponse, NSString, ns_string};
use objc2_web_kit::{
    WKDownload, WKNavigationAction, WKNavigationActionPolicy, WKNavigationResponse, WKNavigationResponsePolicy,
    WKNavigationType, WKWebViewConfiguration,
};
use url::Url;

use super::background_view::BackgroundView;
use super::delegate::Site;
use super::page_scripts;
use super::popups::{CloseButton, Popup};
use super::web_view::{WKWebView, parse, url_of};
use crate::rules::{self, Load, apple};
use crate::{Navigation, SiteEvent};

impl Site {
    pub(super) fn decide_action(&self, view: &WKWebView, action: &WKNavigationAction) -> WKNavigationActionPolicy {
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
            popup: self.windows().is_popup(view),
        };
        let load = Load {
            main_frame,
            link: kind == WKNavigationType::LinkActivated,
        };
        if rules::navigate(&*self.ivars().host, &navigation, load) {
            if main_frame {
                // SAFETY: a plain read on the main thread.
                let scripts = unsafe { view.configuration().userContentController() };
                page_scripts::renew(self.mtm(), &scripts, &*self.ivars().host);
            }
            allow
        } else {
            cancel
        }
    }

    pub(super) fn decide_response(
        &self,
        view: &WKWebView,
        response: &WKNavigationResponse,
    ) -> WKNavigationResponsePolicy {
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
        if let Some(error) = error.filter(|_| main_frame && !self.windows().is_popup(view)) {
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

    pub(super) fn receive_download(&self, download: &WKDownload) {
        // SAFETY: the download holds its delegate weakly; the owner of the site keeps it until the views are detached.
        unsafe { download.setDelegate(Some(ProtocolObject::from_ref(self))) };
    }

    pub(super) fn on_committed(&self, view: &WKWebView) {
        let url = url_of(view);
        if self.windows().set_popup_host(view, url.as_ref()) {
            return;
        }
        let before = self.ivars().page.replace(url.clone());
        if before.is_some_and(|before| url.is_none_or(|url| url.origin() != before.origin())) {
            self.windows().page_gone(view);
        }
    }

    pub(super) fn on_failed(&self, view: &WKWebView, error: &NSError) {
        if self.windows().is_popup(view) {
            return;
        }
        if let Some(error) = apple::load_error(&error.domain().to_string(), error.code()) {
            self.ivars().host.on_event(SiteEvent::Failed(error));
        }
    }

    pub(super) fn open_popup(
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
        self.windows().page(opener)?;
        let open = self.windows().count(opener);
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
        // handlers are replaced by those of this plugin, so that a pop-up inherits no bridge.
        let view = unsafe {
            configuration.setUserContentController(&page_scripts::new(mtm, &ivars.host));
            WKWebView::initWithFrame_configuration(mtm.alloc(), CGRect::default(), configuration)
        };
        self.attach_delegates(&view);
        let close = CloseButton {
            label: ivars.host.labels().close,
            target: self,
            action: sel!(closeTop:),
        };
        let background = BackgroundView::new(mtm, ivars.host.clone());
        let popup = Popup::new(mtm, view.clone(), &background, url, &close);
        self.windows().open(opener, popup);
        view
    }
}
