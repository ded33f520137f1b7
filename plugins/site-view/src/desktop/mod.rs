//! Desktop: the site in a second Tauri window, pop-ups in further ones.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tauri::webview::{DownloadEvent, NewWindowFeatures, NewWindowResponse, PageLoadEvent, cookie};
use tauri::{AppHandle, Manager, Runtime, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use url::Url;

use crate::{Cookie, Decision, Error, Host, Permission, Refusal, Refused, SITE, SiteEvent, SiteViewExt};

/// A pop-up opens pop-ups of its own at most this deep: a sign-in page in a pop-up may need one, a storm does not.
const MAX_POPUPS: usize = 3;

/// The site view of an app.
pub struct SiteView<R: Runtime> {
    app: AppHandle<R>,
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) host: Arc<dyn Host>,
    pages: Mutex<HashMap<String, Page>>,
    next: AtomicU32,
    /// Downloads under way: what, and where to.
    under_way: Mutex<Vec<(Url, PathBuf)>>,
}

/// What is known of a window's page.
struct Page {
    url: Url,
    opener: Option<String>,
    /// The load under way failed: its end is not a page on screen.
    failed: bool,
    /// The last address that was refused in this window, frames included.
    refused: Option<(Url, Refusal)>,
    /// The link under the pointer.
    link: Option<String>,
}

impl Shared {
    fn pages(&self) -> MutexGuard<'_, HashMap<String, Page>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn mark_failed(&self, label: &str) {
        if let Some(page) = self.pages().get_mut(label) {
            page.failed = true;
        }
    }

    pub(crate) fn point_at(&self, label: &str, link: Option<String>) {
        if let Some(page) = self.pages().get_mut(label) {
            page.link = link;
        }
    }

    /// The load of this address was stopped because it was refused: the page itself, not a frame in it.
    pub(crate) fn stopped(&self, label: &str, address: &str) {
        let refused = self.pages().get_mut(label).and_then(|page| page.refused.take());
        if let Some((url, refusal)) = refused.filter(|(url, _)| url.as_str() == address) {
            self.host.on_event(SiteEvent::RedirectedAway {
                url,
                refusal,
                link: false,
            });
        }
    }

    fn popups_of(&self, opener: Option<&str>) -> Vec<String> {
        let pages = self.pages();
        pages
            .iter()
            .filter(|(_, page)| page.opener.is_some() && (opener.is_none() || page.opener.as_deref() == opener))
            .map(|(label, _)| label.clone())
            .collect()
    }

    /// A place in the folder that no file has and no other download is on its way to: `list.csv`, `list (1).csv` and so
    /// on. The engine would take the file that is there away, and keep neither.
    fn free(&self, download: &Url, folder: &Path, name: &Path) -> PathBuf {
        let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let (stem, ending) = (
            part(name.file_stem()),
            name.extension()
                .map(|ending| format!(".{}", ending.to_string_lossy()))
                .unwrap_or_default(),
        );
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let mut place = folder.join(name);
        for number in 1.. {
            if !place.exists() && !under_way.iter().any(|(_, taken)| *taken == place) {
                break;
            }
            place = folder.join(format!("{stem} ({number}){ending}"));
        }
        under_way.push((download.clone(), place.clone()));
        place
    }

    /// A download has ended, well or not.
    fn arrived(&self, download: &Url) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = under_way.iter().position(|(url, _)| url == download) {
            under_way.remove(at);
        }
    }

    fn refused(&self, url: &Url, refusal: Refusal, what: Refused) {
        self.host.on_event(SiteEvent::Refused {
            url: url.clone(),
            refusal,
            what,
        });
    }

    /// Decides a navigation; true lets it load.
    fn navigate(&self, label: &str, url: &Url) -> bool {
        let popup = label != SITE;
        match self.host.decide(url, popup) {
            Decision::Allow => true,
            Decision::Refuse(refusal) => {
                let followed = self.pages().get_mut(label).is_some_and(|page| {
                    page.refused = Some((url.clone(), refusal));
                    page.link.as_deref() == Some(url.as_str())
                });
                self.refused(
                    url,
                    refusal,
                    if popup {
                        RefusedWhat::PopupNavigation
                    } else {
                        RefusedWhat::Navigation
                    },
                );
                // No load begins, so none is stopped. A frame that goes where the pointer is cannot be told apart.
                if followed && !popup {
                    self.host.on_event(SiteEvent::RedirectedAway {
                        url: url.clone(),
                        refusal,
                        link: true,
                    });
                }
                false
            }
            Decision::Hold => {
                self.host.on_event(SiteEvent::NavigationIntercepted(url.clone()));
                false
            }
        }
    }
}

impl<R: Runtime> SiteView<R> {
    pub(crate) fn new(app: AppHandle<R>, host: Arc<dyn Host>) -> Self {
        Self {
            app,
            shared: Arc::new(Shared {
                host,
                pages: Mutex::default(),
                next: AtomicU32::new(1),
                under_way: Mutex::default(),
            }),
        }
    }

    /// Loads an address, in a new hidden window where there is none. The host is asked, as for any navigation.
    pub fn load(&self, url: &Url) -> Result<(), Error> {
        if let Some(window) = self.window() {
            return Ok(window.navigate(url.clone())?);
        }
        self.shared.pages().insert(
            SITE.to_owned(),
            Page {
                url: url.clone(),
                opener: None,
                failed: false,
                refused: None,
                link: None,
            },
        );
        let builder = WebviewWindowBuilder::new(&self.app, SITE, WebviewUrl::External(url.clone()));
        let window = browse(&self.app, &self.shared, builder, SITE)
            .title("Konnect")
            .inner_size(1280., 800.)
            .visible(false)
            .build()?;
        let shared = self.shared.clone();
        let app = self.app.clone();
        window.on_window_event(move |event| match event {
            WindowEvent::CloseRequested { .. } => shared.host.on_event(SiteEvent::WindowClosed),
            WindowEvent::Destroyed => forget(&app, &shared, SITE),
            _ => {}
        });
        #[cfg(target_os = "linux")]
        crate::linux::watch(&window, &self.shared)?;
        Ok(())
    }

    /// Shows the site over everything else of the app.
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

    /// Hides the site and its pop-ups; their pages stay as they are.
    pub fn hide(&self) -> Result<(), Error> {
        let window = self.window().ok_or(Error::NotOpen)?;
        for popup in self.popups() {
            popup.hide()?;
        }
        Ok(window.hide()?)
    }

    /// Decides about a download; true lets it happen. Every window of the app must ask this (`on_download`), those without
    /// the site too: WebKitGTK has the window that was built first answer for all, and one that asks nobody allows
    /// everything.
    #[must_use]
    pub fn download(&self, event: DownloadEvent<'_>) -> bool {
        let (url, destination) = match event {
            DownloadEvent::Requested { url, destination } => (url, destination),
            DownloadEvent::Finished { url, .. } => {
                self.shared.arrived(&url);
                return true;
            }
            _ => return true,
        };
        let page = self.shared.pages().get(SITE).map(|page| page.url.clone());
        let permitted = page.is_some_and(|page| self.shared.host.permits(&page, Permission::Download));
        if !permitted {
            return false;
        }
        let (Some(name), Ok(folder)) = (destination.file_name(), downloads(&self.app)) else {
            return false;
        };
        *destination = self.shared.free(&url, &folder, Path::new(name));
        true
    }

    fn popups(&self) -> Vec<WebviewWindow<R>> {
        self.shared
            .popups_of(None)
            .iter()
            .filter_map(|label| self.app.get_webview_window(label))
            .collect()
    }

    /// A site is open, shown or hidden.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.window().is_some()
    }

    /// Closes the site and its pop-ups. Does nothing where none is open.
    pub fn close(&self) -> Result<(), Error> {
        for label in self.shared.popups_of(None) {
            destroy(&self.app, &label)?;
        }
        destroy(&self.app, SITE)
    }

    /// Sets a cookie and makes sure that the engine has it before this returns. Never call it on the main thread.
    pub async fn set_cookie(&self, cookie: Cookie<'_>) -> Result<(), Error> {
        let window = self.window().ok_or(Error::NotOpen)?;
        let https = cookie.url.scheme() == "https";
        let expires = cookie::time::OffsetDateTime::from_unix_timestamp(cookie.expires_at)
            .map_err(|error| Error::Engine(error.to_string()))?;
        let built = cookie::Cookie::build((cookie.name.to_owned(), cookie.value.to_owned()))
            .domain(cookie.url.host_str().unwrap_or_default().to_owned())
            .path("/")
            .secure(https)
            .http_only(true)
            .same_site(if https {
                cookie::SameSite::None
            } else {
                cookie::SameSite::Lax
            })
            .expires(expires)
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

    /// Forgets cookies, storage and cache of all sites. `any` is a window of the app to do it in.
    pub async fn clear(&self, any: &WebviewWindow<R>) -> Result<(), Error> {
        #[cfg(target_os = "linux")]
        return crate::linux::clear(any).await;
        #[cfg(not(target_os = "linux"))]
        return Ok(any.clear_all_browsing_data()?);
    }

    fn window(&self) -> Option<WebviewWindow<R>> {
        self.app.get_webview_window(SITE)
    }
}

/// What every window of the site gets: the host's policy on navigation, pop-ups and downloads.
fn browse<'a, R: Runtime>(
    app: &AppHandle<R>,
    shared: &Arc<Shared>,
    builder: WebviewWindowBuilder<'a, R, AppHandle<R>>,
    label: &str,
) -> WebviewWindowBuilder<'a, R, AppHandle<R>> {
    let on_navigation = shared.clone();
    let on_load = shared.clone();
    let on_window = shared.clone();
    let (opener, navigating) = (label.to_owned(), label.to_owned());
    let app = app.clone();
    builder
        .on_navigation(move |url| on_navigation.navigate(&navigating, url))
        .on_page_load(move |window, payload| page_load(&window, &on_load, payload.url(), payload.event()))
        .on_document_title_changed(|window, title| {
            // A pop-up says whose page it is.
            let host = window
                .url()
                .ok()
                .and_then(|url| url.host_str().map(str::to_owned))
                .unwrap_or_default();
            let popup = window.label() != SITE;
            let _ = window.set_title(&if popup { format!("{host} – {title}") } else { title });
        })
        .on_new_window(move |url, features| new_window(&app, &on_window, &opener, &url, features))
        .on_download(|webview, event| webview.site_view().download(event))
}

/// The folder where this person's downloads go.
fn downloads<R: Runtime>(app: &AppHandle<R>) -> Result<PathBuf, Error> {
    let folder = match app.path().download_dir() {
        Ok(folder) => folder,
        Err(_) => app.path().home_dir()?.join("Downloads"),
    };
    std::fs::create_dir_all(&folder).map_err(|error| Error::Engine(error.to_string()))?;
    Ok(folder)
}

fn page_load<R: Runtime>(window: &WebviewWindow<R>, shared: &Arc<Shared>, url: &Url, event: PageLoadEvent) {
    let label = window.label();
    match event {
        PageLoadEvent::Started => {
            let left = match shared.pages().get_mut(label) {
                Some(page) => {
                    let left = page.url.origin() != url.origin();
                    page.url = url.clone();
                    page.failed = false;
                    page.link = None;
                    left
                }
                None => false,
            };
            // Whoever opened them is gone.
            if left {
                for popup in shared.popups_of(Some(label)) {
                    let _ = destroy(window.app_handle(), &popup);
                }
            }
        }
        PageLoadEvent::Finished => {
            let failed = shared.pages().get_mut(label).is_some_and(|page| {
                page.url = url.clone();
                std::mem::take(&mut page.failed)
            });
            if label == SITE && !failed && url.as_str() != "about:blank" {
                shared.host.on_event(SiteEvent::Loaded(url.clone()));
            }
        }
    }
}

fn new_window<R: Runtime>(
    app: &AppHandle<R>,
    shared: &Arc<Shared>,
    opener: &str,
    url: &Url,
    features: NewWindowFeatures,
) -> NewWindowResponse<R> {
    let Some(page) = shared.pages().get(opener).map(|page| page.url.clone()) else {
        return NewWindowResponse::Deny;
    };
    let mut open = shared.popups_of(Some(opener)).len();
    if shared.popups_of(None).len() >= MAX_POPUPS {
        open = open.max(1);
    }
    match shared.host.decide_popup(&page, url, open) {
        Decision::Allow => {}
        Decision::Refuse(refusal) => {
            shared.refused(url, refusal, RefusedWhat::Window);
            return NewWindowResponse::Deny;
        }
        Decision::Hold => return NewWindowResponse::Deny,
    }
    let label = format!("popup-{}", shared.next.fetch_add(1, Ordering::Relaxed));
    shared.pages().insert(
        label.clone(),
        Page {
            url: url.clone(),
            opener: Some(opener.to_owned()),
            failed: false,
            refused: None,
            link: None,
        },
    );
    let (width, height) = features.size().map_or((520., 760.), |size| (size.width, size.height));
    // The engine loads the address itself, with the opener in place.
    let Ok(blank) = Url::parse("about:blank") else {
        return NewWindowResponse::Deny;
    };
    let builder = WebviewWindowBuilder::new(app, &label, WebviewUrl::External(blank));
    let built = browse(app, shared, builder, &label)
        .window_features(features)
        .inner_size(width, height)
        .title(url.host_str().unwrap_or_default())
        .build();
    let Ok(window) = built else {
        shared.pages().remove(&label);
        return NewWindowResponse::Deny;
    };
    let (closed, forgetful) = (shared.clone(), app.clone());
    window.on_window_event(move |event| {
        if matches!(event, WindowEvent::Destroyed) {
            forget(&forgetful, &closed, &label);
            closed.host.on_event(SiteEvent::PopupClosed);
        }
    });
    #[cfg(target_os = "linux")]
    if crate::linux::prepare_popup(&window, shared).is_err() {
        let _ = window.destroy();
        return NewWindowResponse::Deny;
    }
    shared.host.on_event(SiteEvent::PopupOpened(url.clone()));
    NewWindowResponse::Create { window }
}

/// A window is gone: so are the pop-ups it opened.
fn forget<R: Runtime>(app: &AppHandle<R>, shared: &Shared, label: &str) {
    shared.pages().remove(label);
    for popup in shared.popups_of(Some(label)) {
        let _ = destroy(app, &popup);
    }
}

fn destroy<R: Runtime>(app: &AppHandle<R>, label: &str) -> Result<(), Error> {
    match app.get_webview_window(label) {
        Some(window) => Ok(window.destroy()?),
        None => Ok(()),
    }
}
