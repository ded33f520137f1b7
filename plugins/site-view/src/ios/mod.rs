//! iPad: the site in a `WKWebView` of its own over the app's, pop-ups over that.
//!
//! The web views have fresh configurations, without Tauri's scripts and message handlers, and the plugin's own scripts run
//! in a world that no page can reach, so a page has nothing to call. `rules::screen` decides what is on screen and which
//! dialog is answered, and `windows` carries it out. Everything lives on the main thread; calls from other threads are carried out there later, in order.

mod background_view;
mod delegate;
mod dialogs;
mod downloads;
mod navigation;
mod page_scripts;
mod popups;
mod questions;
mod text_size;
mod web_view;
mod windows;

use std::cell::RefCell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};

use block2::RcBlock;
use objc2::rc::Retained;
use objc2::{MainThreadMarker, Message};
use objc2_foundation::{NSArray, NSDate, NSDictionary, NSHTTPCookie, NSString, NSURL, NSURLRequest, ns_string};
use objc2_ui_kit::UIViewController;
use objc2_web_kit::{WKHTTPCookieStore, WKWebsiteDataStore};
use tauri::{AppHandle, Manager, Runtime, WebviewWindow};
use tokio::sync::oneshot;
use url::Url;

use crate::rules::cookie;
use crate::{Cookie, Error, Host, LoadError, SiteEvent};
use delegate::Site;

thread_local! {
    /// The open site. Its web views hold it weakly as their delegate, so this reference keeps it alive.
    static OPEN: RefCell<Option<Retained<Site>>> = const { RefCell::new(None) };
}

/// Guards the one observer of the system's text size.
static FOLLOW_TEXT_SIZE: Once = Once::new();

fn site() -> Option<Retained<Site>> {
    OPEN.with_borrow(Option::clone)
}

/// The site view of an app.
pub struct SiteView<R: Runtime> {
    app: AppHandle<R>,
    host: Arc<dyn Host>,
    open: AtomicBool,
}

impl<R: Runtime> SiteView<R> {
    pub(crate) fn new(app: AppHandle<R>, host: Arc<dyn Host>) -> Self {
        Self {
            app,
            host,
            open: AtomicBool::new(false),
        }
    }

    /// Loads a URL. If no site is open, this opens one, hidden. The host decides this navigation too.
    pub fn load(&self, url: &Url) -> Result<(), Error> {
        let shell = self.app.webview_windows().into_values().next().ok_or(Error::NotOpen)?;
        let (host, url) = (self.host.clone(), url.clone());
        shell.with_webview(move |shell| {
            let Some(mtm) = MainThreadMarker::new() else { return };
            let site = site().or_else(|| {
                // SAFETY: Tauri hands out the live controller of its web view.
                let controller = unsafe { shell.view_controller().cast::<UIViewController>().as_ref() }?;
                let site = Site::open(mtm, host.clone(), controller.retain())?;
                OPEN.set(Some(site.clone()));
                FOLLOW_TEXT_SIZE.call_once(text_size::follow);
                Some(site)
            });
            match (site, NSURL::URLWithString(&NSString::from_str(url.as_str()))) {
                (Some(site), Some(url)) => site.load(&NSURLRequest::requestWithURL(&url)),
                _ => host.on_event(SiteEvent::Failed(LoadError::Unreachable)),
            }
        })?;
        self.open.store(true, Ordering::Release);
        Ok(())
    }

    /// Shows the site and its pop-ups over the app's own page. Fails with [`Error::NotOpen`] if no site is open.
    pub fn show(&self) -> Result<(), Error> {
        self.with_site(|site| site.windows().show())
    }

    /// Hides the site and its pop-ups without unloading their pages. Fails with [`Error::NotOpen`] if no site is open.
    pub fn hide(&self) -> Result<(), Error> {
        self.with_site(|site| site.windows().hide())
    }

    /// Whether a site is open, shown or hidden.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Closes the site and its pop-ups. Does nothing if no site is open.
    pub fn close(&self) -> Result<(), Error> {
        if !self.open.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        Ok(self.app.run_on_main_thread(|| {
            if let Some(site) = OPEN.take() {
                site.windows().close();
            }
        })?)
    }

    /// Sets a cookie. When this returns `Ok`, the engine has the cookie. The engine answers on the main thread, so a
    /// caller that blocks the main thread on this waits forever.
    pub async fn set_cookie(&self, cookie: Cookie<'_>) -> Result<(), Error> {
        if !self.is_open() {
            return Err(Error::NotOpen);
        }
        let line = cookie::builder(&cookie)?.build().to_string();
        let (url, name, value) = (cookie.url.to_string(), cookie.name.to_owned(), cookie.value.to_owned());
        let (done, kept) = oneshot::channel();
        self.app
            .run_on_main_thread(move || store_cookie(&line, &url, (name, value), done))?;
        if kept.await.map_err(|_| Error::CookieNotKept)? {
            Ok(())
        } else {
            Err(Error::CookieNotKept)
        }
    }

    /// Deletes cookies, storage and cache of all sites. `any` is any window of the app: the main thread is reached
    /// through it.
    pub async fn clear(&self, any: &WebviewWindow<R>) -> Result<(), Error> {
        let (done, cleared) = oneshot::channel();
        any.run_on_main_thread(move || {
            let Some(mtm) = MainThreadMarker::new() else { return };
            downloads::delete_leftovers();
            let done = RefCell::new(Some(done));
            let completion = RcBlock::new(move || {
                if let Some(done) = done.take() {
                    let _ = done.send(());
                }
            });
            // SAFETY: the engine's own store and types, on the main thread; the store keeps the block until it has
            // called it.
            unsafe {
                let types = WKWebsiteDataStore::allWebsiteDataTypes(mtm);
                WKWebsiteDataStore::defaultDataStore(mtm).removeDataOfTypes_modifiedSince_completionHandler(
                    &types,
                    &NSDate::distantPast(),
                    &completion,
                );
            }
        })?;
        cleared
            .await
            .map_err(|_| Error::Engine("nothing was cleared".to_owned()))
    }

    fn with_site(&self, act: impl FnOnce(&Site) + Send + 'static) -> Result<(), Error> {
        if !self.is_open() {
            return Err(Error::NotOpen);
        }
        Ok(self.app.run_on_main_thread(move || {
            if let Some(site) = site() {
                act(&site);
            }
        })?)
    }
}

/// Sets a cookie from its `Set-Cookie` line, then sends whether the store has it.
fn store_cookie(line: &str, url: &str, (name, value): (String, String), done: oneshot::Sender<bool>) {
    let Some(mtm) = MainThreadMarker::new() else { return };
    let Some(url) = NSURL::URLWithString(&NSString::from_str(url)) else {
        return;
    };
    let fields = NSDictionary::from_slices(&[ns_string!("Set-Cookie")], &[&*NSString::from_str(line)]);
    let Some(cookie) = NSHTTPCookie::cookiesWithResponseHeaderFields_forURL(&fields, &url).firstObject() else {
        return;
    };
    // SAFETY: on the main thread.
    let store = unsafe { WKWebsiteDataStore::defaultDataStore(mtm).httpCookieStore() };
    let (done, reader) = (RefCell::new(Some(done)), store.clone());
    let set = RcBlock::new(move || {
        if let Some(done) = done.take() {
            verify_cookie(&reader, (name.clone(), value.clone()), done);
        }
    });
    // SAFETY: the store keeps the block until it has called it.
    unsafe { store.setCookie_completionHandler(&cookie, Some(&set)) };
}

/// Sends whether the store has a cookie of this name and value.
fn verify_cookie(store: &WKHTTPCookieStore, (name, value): (String, String), done: oneshot::Sender<bool>) {
    let done = RefCell::new(Some(done));
    let all = RcBlock::new(move |cookies: NonNull<NSArray<NSHTTPCookie>>| {
        // SAFETY: the store hands over a live array.
        let kept = unsafe { cookies.as_ref() }
            .iter()
            .any(|cookie| cookie.name().to_string() == name && cookie.value().to_string() == value);
        if let Some(done) = done.take() {
            let _ = done.send(kept);
        }
    });
    // SAFETY: the store keeps the block until it has called it.
    unsafe { store.getAllCookies(&all) };
}
