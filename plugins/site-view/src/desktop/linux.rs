//! What WebKitGTK tells only through its own signals.

use std::sync::Arc;
use std::time::{Duration, Instant};

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

use crate::desktop::Shared;
use crate::{Error, LoadError, Permission, SITE, SiteEvent};

/// Reports loads that fail and processes that die.
pub(crate) fn watch<R: Runtime>(window: &WebviewWindow<R>, shared: &Arc<Shared>) -> Result<(), Error> {
    let [failed, broken, insecure, crashed, attended, pointed] = [(); 6].map(|()| shared.clone());
    Ok(window.with_webview(move |webview| {
        let view = webview.inner();
        ask_for_every_window(&view);
        isolate_app_scheme(&view);
        view.connect_load_changed(move |view, event| {
            // A page that its server could not make is no page to work with.
            let status = view
                .main_resource()
                .and_then(|resource| resource.response())
                .map_or(0, |response| response.status_code());
            if event == LoadEvent::Committed && status >= 500 {
                broken.mark_failed(SITE);
                broken.host.on_event(SiteEvent::Failed(LoadError::Server));
            }
        });
        view.connect_load_failed(move |_, _, address, error| {
            failed.mark_failed(SITE);
            if error.matches(PolicyError::FrameLoadInterruptedByPolicyChange) {
                failed.stopped(SITE, address);
            }
            // A load that our own policy or a newer load stopped is no fault.
            let stopped = error.matches(PolicyError::FrameLoadInterruptedByPolicyChange)
                || error.matches(NetworkError::Cancelled);
            if !stopped {
                failed.host.on_event(SiteEvent::Failed(LoadError::Unreachable));
            }
            // True: no error page of the engine takes the place of what is there.
            true
        });
        view.connect_load_failed_with_tls_errors(move |_, _, _, _| {
            insecure.mark_failed(SITE);
            insecure.host.on_event(SiteEvent::Failed(LoadError::Insecure));
            true
        });
        view.connect_mouse_target_changed(move |_, under, _| pointed.point_at(SITE, under.link_uri().map(Into::into)));
        observe_input_and_permissions(&view, &attended);
        view.connect_web_process_terminated(move |_, _| crashed.host.on_event(SiteEvent::Crashed));
    })?)
}

/// The host decides about windows, not the engine's guess whether a finger was on the screen: a page that first asks its
/// own server opens its pop-up long after the tap.
fn ask_for_every_window(view: &WebView) {
    if let Some(settings) = WebViewExt::settings(view) {
        settings.set_javascript_can_open_windows_automatically(true);
    }
}

/// The shell's own pages are no script and no picture of a site's.
fn isolate_app_scheme(view: &WebView) {
    if let Some(manager) = view.context().and_then(|context| context.security_manager()) {
        manager.register_uri_scheme_as_display_isolated("tauri");
    }
}

/// Touches are told, and what a page asks for is answered.
fn observe_input_and_permissions(view: &WebView, shared: &Arc<Shared>) {
    view.add_events(
        gtk::gdk::EventMask::BUTTON_PRESS_MASK
            | gtk::gdk::EventMask::KEY_PRESS_MASK
            | gtk::gdk::EventMask::TOUCH_MASK
            | gtk::gdk::EventMask::SCROLL_MASK,
    );
    let (touched, last) = (shared.clone(), std::cell::Cell::new(None::<Instant>));
    view.connect_event(move |_, event| {
        let kind = event.event_type();
        let touch = matches!(
            kind,
            EventType::ButtonPress | EventType::KeyPress | EventType::TouchBegin | EventType::Scroll
        );
        if touch && last.get().is_none_or(|last| last.elapsed() >= Duration::from_secs(1)) {
            last.set(Some(Instant::now()));
            touched.host.on_event(SiteEvent::UserActivity);
        }
        gtk::glib::Propagation::Proceed
    });
    let asked = shared.clone();
    view.connect_permission_request(move |view, request| {
        let page = view.uri().and_then(|uri| Url::parse(&uri).ok());
        let permits = |what| page.as_ref().is_some_and(|page| asked.host.permits(page, what));
        let permitted = request
            .downcast_ref::<UserMediaPermissionRequest>()
            .is_some_and(|media| {
                let (video, audio) = (media.is_for_video_device(), media.is_for_audio_device());
                // Both are asked about, so that each refusal is told. What is for neither is the screen itself.
                let camera = !video || permits(Permission::Camera);
                let microphone = !audio || permits(Permission::Microphone);
                (video || audio) && camera && microphone
            });
        if permitted {
            request.allow();
        } else {
            request.deny();
        }
        true
    });
}

/// What a pop-up needs. `window.close()` destroys the widget only and would leave an empty window behind.
pub(crate) fn prepare_popup<R: Runtime>(window: &WebviewWindow<R>, shared: &Arc<Shared>) -> Result<(), Error> {
    let (closing, attended) = (window.clone(), shared.clone());
    Ok(window.with_webview(move |webview| {
        let view = webview.inner();
        ask_for_every_window(&view);
        observe_input_and_permissions(&view, &attended);
        view.connect_destroy(move |_| {
            let _ = closing.destroy();
        });
    })?)
}

/// Clears all website data and waits until the engine has done so.
pub(crate) async fn clear<R: Runtime>(window: &WebviewWindow<R>) -> Result<(), Error> {
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
