//! What WebKitGTK reports through its own signals only.

use std::sync::Arc;
use std::time::Instant;

use gtk::gdk::EventType;
use gtk::glib::object::Cast;
use gtk::prelude::{WidgetExt, WidgetExtManual};
use tauri::{Runtime, WebviewWindow};
use url::Url;
use webkit2gtk::{
    HitTestResultExt, LoadEvent, NetworkError, PermissionRequestExt, PolicyError, SecurityManagerExt, SettingsExt,
    URIResponseExt, UserMediaPermissionRequest, UserMediaPermissionRequestExt, WebContextExt, WebResourceExt, WebView,
    WebViewExt, WebsiteDataManagerExtManual, WebsiteDataTypes,
};

use super::pages::Pages;
use crate::rules::{self, ActivityThrottle};
use crate::{Error, LoadError, Permission, SITE, SiteEvent};

/// Observes the site's own window: loads that fail, processes that end, input, and what a page asks for.
pub(super) fn observe_site<R: Runtime>(window: &WebviewWindow<R>, pages: &Arc<Pages>) -> Result<(), Error> {
    let [failed, broken, insecure, crashed, observed, hovered] = [(); 6].map(|()| pages.clone());
    Ok(window.with_webview(move |webview| {
        let view = webview.inner();
        leave_popups_to_the_host(&view);
        isolate_app_scheme(&view);
        view.connect_load_changed(move |view, event| {
            if event != LoadEvent::Committed {
                return;
            }
            let Some(response) = view.main_resource().and_then(|resource| resource.response()) else {
                return;
            };
            let headers = response.http_headers();
            let header = |name: &str| headers.as_ref()?.one(name).map(Into::into);
            if let Some(error) = rules::server_error(response.status_code().into(), header) {
                broken.on_load_failed(SITE);
                broken.host.on_event(SiteEvent::Failed(error));
            }
        });
        view.connect_load_failed(move |_, _, url, error| {
            failed.on_load_failed(SITE);
            let refused = error.matches(PolicyError::FrameLoadInterruptedByPolicyChange);
            if refused {
                failed.on_load_stopped(SITE, url);
            }
            // A load that the policy or a newer load stopped is not an error.
            if !refused && !error.matches(NetworkError::Cancelled) {
                failed.host.on_event(SiteEvent::Failed(LoadError::Unreachable));
            }
            // True keeps the engine's error page away, so that the page before stays on screen.
            true
        });
        view.connect_load_failed_with_tls_errors(move |_, _, _, _| {
            insecure.on_load_failed(SITE);
            insecure.host.on_event(SiteEvent::Failed(LoadError::Insecure));
            true
        });
        view.connect_mouse_target_changed(move |_, under, _| {
            hovered.on_link_hovered(SITE, under.link_uri().map(Into::into));
        });
        observe_input_and_permissions(&view, &observed, false);
        view.connect_web_process_terminated(move |_, _| crashed.host.on_event(SiteEvent::Crashed));
    })?)
}

/// Leaves the decision about pop-ups to the host. The engine would refuse a window without a recent click, but a page
/// that asks its own server first opens its pop-up long after the click.
fn leave_popups_to_the_host(view: &WebView) {
    if let Some(settings) = WebViewExt::settings(view) {
        settings.set_javascript_can_open_windows_automatically(true);
    }
}

/// Keeps the site from embedding the app's own pages as frames, scripts or pictures.
fn isolate_app_scheme(view: &WebView) {
    if let Some(manager) = view.context().and_then(|context| context.security_manager()) {
        manager.register_uri_scheme_as_display_isolated("tauri");
    }
}

/// Reports a person's input to the host, and answers what a page asks for.
fn observe_input_and_permissions(view: &WebView, pages: &Arc<Pages>, popup: bool) {
    view.add_events(
        gtk::gdk::EventMask::BUTTON_PRESS_MASK
            | gtk::gdk::EventMask::KEY_PRESS_MASK
            | gtk::gdk::EventMask::TOUCH_MASK
            | gtk::gdk::EventMask::SCROLL_MASK,
    );
    let (active, throttle) = (pages.clone(), ActivityThrottle::new());
    view.connect_event(move |_, event| {
        let kind = event.event_type();
        let input = matches!(
            kind,
            EventType::ButtonPress | EventType::KeyPress | EventType::TouchBegin | EventType::Scroll
        );
        if input && throttle.passes(Instant::now()) {
            active.host.on_event(SiteEvent::UserActivity);
        }
        gtk::glib::Propagation::Proceed
    });
    let pages = pages.clone();
    view.connect_permission_request(move |view, request| {
        let page = view.uri().and_then(|uri| Url::parse(&uri).ok());
        // A request for user media that is for neither device is one to record the screen, which no page may.
        let wanted: Vec<Permission> = request
            .downcast_ref::<UserMediaPermissionRequest>()
            .map(|media| {
                [
                    (media.is_for_video_device(), Permission::Camera),
                    (media.is_for_audio_device(), Permission::Microphone),
                ]
            })
            .into_iter()
            .flatten()
            .filter_map(|(wanted, what)| wanted.then_some(what))
            .collect();
        if page.is_some_and(|page| rules::may_capture(&*pages.host, &page, popup, &wanted)) {
            request.allow();
        } else {
            request.deny();
        }
        true
    });
}

/// Observes a pop-up's window. `window.close()` in the page destroys the GTK widget only and would leave an empty
/// window.
pub(super) fn observe_popup<R: Runtime>(window: &WebviewWindow<R>, pages: &Arc<Pages>) -> Result<(), Error> {
    let (closing, observed) = (window.clone(), pages.clone());
    Ok(window.with_webview(move |webview| {
        let view = webview.inner();
        leave_popups_to_the_host(&view);
        observe_input_and_permissions(&view, &observed, true);
        view.connect_destroy(move |_| {
            let _ = closing.destroy();
        });
    })?)
}

/// Deletes all website data. Returns when the engine has deleted it.
pub(super) async fn clear<R: Runtime>(window: &WebviewWindow<R>) -> Result<(), Error> {
    let (done, cleared) = tokio::sync::oneshot::channel();
    window.with_webview(move |webview| {
        let Some(data) = webview
            .inner()
            .context()
            .and_then(|context| context.website_data_manager())
        else {
            let _ = done.send(Err(Error::Engine("no website data".to_owned())));
            return;
        };
        data.clear(
            WebsiteDataTypes::ALL,
            gtk::glib::TimeSpan::from_seconds(0),
            None::<&gtk::gio::Cancellable>,
            move |result| {
                let _ = done.send(result.map_err(|error| Error::Engine(error.to_string())));
            },
        );
    })?;
    cleared.await.map_err(|_| Error::NotOpen)?
}
