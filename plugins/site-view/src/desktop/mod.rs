//! Desktop: the site in a second Tauri window, pop-ups in further windows.

mod downloads;
#[cfg(target_os = "linux")]
mod linux;
mod pages;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tauri::webview::{DownloadEvent, NewWindowFeatures, NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, Manager, Runtime, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use url::Url;

use crate::rules::{self, cookie};
use crate::{Cookie, Error, Host, SITE, SiteEvent, SiteViewExt};
use pages::Pages;

/// The site view of an app.
pub struct SiteView<R: Runtime> {
    app: AppHandle<R>,
    pages: Arc<Pages>,
}

impl<R: Runtime> SiteView<R> {
    pub(crate) fn new(app: AppHandle<R>, host: Arc<dyn Host>) -> Self {
        Self {
            app,
            pages: Arc::new(Pages::new(host)),
        }
    }

    /// Loads a URL. If no site is open, this opens its window, hidden. The host decides this navigation too.
    pub fn load(&self, url: &Url) -> Result<(), Error> {
        if let Some(window) = self.window() {
            return Ok(window.navigate(url.clone())?);
        }
        self.pages.insert(SITE, url, None);
        let builder = WebviewWindowBuilder::new(&self.app, SITE, WebviewUrl::External(url.clone()));
        let window = with_policy(&self.app, &self.pages, builder, SITE)
            .title("Konnect")
            .inner_size(1280., 800.)
            .visible(false)
            .build()?;
        let (app, pages) = (self.app.clone(), self.pages.clone());
        window.on_window_event(move |event| match event {
            WindowEvent::CloseRequested { .. } => pages.host.on_event(SiteEvent::WindowClosed),
            WindowEvent::Destroyed => on_destroyed(&app, &pages, SITE),
            _ => {}
        });
        #[cfg(target_os = "linux")]
        linux::observe_site(&window, &self.pages)?;
        Ok(())
    }

    /// Shows the site's window and its pop-ups. Fails with [`Error::NotOpen`] if no site is open.
    pub fn show(&self) -> Result<(), Error> {
        let window = self.window().ok_or(Error::NotOpen)?;
        window.show()?;
        window.set_focus()?;
        for popup in self.popups() {
            popup.show()?;
            popup.set_focus()?;
        }
        Ok(())
    }

    /// Hides the site and its pop-ups without unloading their pages. Fails with [`Error::NotOpen`] if no site is open.
    pub fn hide(&self) -> Result<(), Error> {
        let window = self.window().ok_or(Error::NotOpen)?;
        for popup in self.popups() {
            popup.hide()?;
        }
        Ok(window.hide()?)
    }

    /// Decides a download; returns whether it may happen.
    ///
    /// Every window of the app must call this from its `on_download`, also the windows that do not show the site:
    /// WebKitGTK sends the downloads of all windows to the window that was built first, and a window without
    /// `on_download` allows every download.
    #[must_use]
    pub fn download(&self, event: DownloadEvent<'_>) -> bool {
        let (url, destination) = match event {
            DownloadEvent::Requested { url, destination } => (url, destination),
            DownloadEvent::Finished { url, .. } => {
                self.pages.downloads.finished(&url);
                return true;
            }
            _ => return true,
        };
        let page = self.pages.url(SITE);
        if !page.is_some_and(|page| rules::may_download(&*self.pages.host, Some(&page), &url)) {
            return false;
        }
        let (Some(name), Ok(folder)) = (destination.file_name(), download_folder(&self.app)) else {
            return false;
        };
        *destination = self.pages.downloads.reserve(&url, &folder, Path::new(name));
        true
    }

    fn popups(&self) -> Vec<WebviewWindow<R>> {
        self.pages
            .popups_of(None)
            .iter()
            .filter_map(|label| self.app.get_webview_window(label))
            .collect()
    }

    /// Whether a site is open, shown or hidden.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.window().is_some()
    }

    /// Closes the site and its pop-ups. Does nothing if no site is open.
    pub fn close(&self) -> Result<(), Error> {
        for label in self.pages.popups_of(None) {
            destroy(&self.app, &label)?;
        }
        destroy(&self.app, SITE)
    }

    /// Sets a cookie. When this returns `Ok`, the engine has the cookie. The engine answers through the main thread, so
    /// a caller that blocks the main thread on this waits forever.
    pub async fn set_cookie(&self, cookie: Cookie<'_>) -> Result<(), Error> {
        let window = self.window().ok_or(Error::NotOpen)?;
        let built = cookie::builder(&cookie)?
            .domain(cookie.url.host_str().unwrap_or_default().to_owned())
            .build();
        let (url, name, value) = (cookie.url.clone(), cookie.name.to_owned(), cookie.value.to_owned());
        tokio::task::spawn_blocking(move || {
            window.set_cookie(built)?;
            let kept = window
                .cookies_for_url(url)?
                .iter()
                .any(|kept| kept.name() == name && kept.value() == value);
            if kept { Ok(()) } else { Err(Error::CookieNotKept) }
        })
        .await
        .map_err(|error| Error::Engine(error.to_string()))?
    }

    /// Deletes cookies, storage and cache of all sites. `any` is any window of the app: the engine is reached through
    /// it.
    pub async fn clear(&self, any: &WebviewWindow<R>) -> Result<(), Error> {
        #[cfg(target_os = "linux")]
        return linux::clear(any).await;
        #[cfg(not(target_os = "linux"))]
        return Ok(any.clear_all_browsing_data()?);
    }

    fn window(&self) -> Option<WebviewWindow<R>> {
        self.app.get_webview_window(SITE)
    }
}

/// Gives a window of the site the host's policy on navigation, pop-ups and downloads.
fn with_policy<'a, R: Runtime>(
    app: &AppHandle<R>,
    pages: &Arc<Pages>,
    builder: WebviewWindowBuilder<'a, R, AppHandle<R>>,
    label: &str,
) -> WebviewWindowBuilder<'a, R, AppHandle<R>> {
    let [navigating, loading, opening] = [(); 3].map(|()| pages.clone());
    let (opener, label) = (label.to_owned(), label.to_owned());
    let app = app.clone();
    builder
        .on_navigation(move |url| navigating.may_navigate(&label, url))
        .on_page_load(move |window, payload| on_page_load(&window, &loading, payload.url(), payload.event()))
        .on_document_title_changed(|window, title| {
            // A pop-up's title starts with the host, so that a page cannot claim to be another site.
            let host = window
                .url()
                .ok()
                .and_then(|url| url.host_str().map(str::to_owned))
                .unwrap_or_default();
            let popup = window.label() != SITE;
            let _ = window.set_title(&if popup { format!("{host} – {title}") } else { title });
        })
        .on_new_window(move |url, features| open_popup(&app, &opening, &opener, &url, features))
        .on_download(|webview, event| webview.site_view().download(event))
}

/// The folder for this person's downloads; creates it if it is missing.
fn download_folder<R: Runtime>(app: &AppHandle<R>) -> Result<PathBuf, Error> {
    let folder = match app.path().download_dir() {
        Ok(folder) => folder,
        Err(_) => app.path().home_dir()?.join("Downloads"),
    };
    std::fs::create_dir_all(&folder).map_err(|error| Error::Engine(error.to_string()))?;
    Ok(folder)
}

fn on_page_load<R: Runtime>(window: &WebviewWindow<R>, pages: &Pages, url: &Url, event: PageLoadEvent) {
    let label = window.label();
    match event {
        PageLoadEvent::Started => {
            if pages.on_page_started(label, url) {
                destroy_popups_of(window.app_handle(), pages, label);
            }
        }
        PageLoadEvent::Finished => pages.on_page_finished(label, url),
    }
}

fn open_popup<R: Runtime>(
    app: &AppHandle<R>,
    pages: &Arc<Pages>,
    opener: &str,
    url: &Url,
    features: NewWindowFeatures,
) -> NewWindowResponse<R> {
    // The new window starts blank: the engine loads the URL itself, because only the engine can set the opener.
    let Ok(blank) = Url::parse("about:blank") else {
        return NewWindowResponse::Deny;
    };
    if !pages.may_open_popup(opener, url) {
        return NewWindowResponse::Deny;
    }
    let label = pages.next_popup_label();
    pages.insert(&label, url, Some(opener));
    let (width, height) = features.size().map_or((520., 760.), |size| (size.width, size.height));
    let builder = WebviewWindowBuilder::new(app, &label, WebviewUrl::External(blank));
    let built = with_policy(app, pages, builder, &label)
        .window_features(features)
        .inner_size(width, height)
        .title(url.host_str().unwrap_or_default())
        .build();
    let Ok(window) = built else {
        pages.remove(&label);
        return NewWindowResponse::Deny;
    };
    let (handle, remaining) = (app.clone(), pages.clone());
    window.on_window_event(move |event| {
        if matches!(event, WindowEvent::Destroyed) {
            on_destroyed(&handle, &remaining, &label);
            remaining.host.on_event(SiteEvent::PopupClosed);
        }
    });
    #[cfg(target_os = "linux")]
    if linux::observe_popup(&window, pages).is_err() {
        let _ = window.destroy();
        return NewWindowResponse::Deny;
    }
    pages.host.on_event(SiteEvent::PopupOpened(url.clone()));
    NewWindowResponse::Create { window }
}

/// A window is gone; its pop-ups have lost their opener and close too.
fn on_destroyed<R: Runtime>(app: &AppHandle<R>, pages: &Pages, label: &str) {
    pages.remove(label);
    destroy_popups_of(app, pages, label);
}

fn destroy_popups_of<R: Runtime>(app: &AppHandle<R>, pages: &Pages, opener: &str) {
    for popup in pages.popups_of(Some(opener)) {
        let _ = destroy(app, &popup);
    }
}

fn destroy<R: Runtime>(app: &AppHandle<R>, label: &str) -> Result<(), Error> {
    match app.get_webview_window(label) {
        Some(window) => Ok(window.destroy()?),
        None => Ok(()),
    }
}
