//! What is known of each window's page: the memory that Tauri's callbacks and the engine's signals share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Url;

use super::downloads::Downloads;
use crate::rules::{self, OpenPopups};
use crate::{Decision, Host, Navigation, RefusalReason, SITE, SiteEvent};

/// The windows of the site, by their labels, and the host that decides about them.
pub(crate) struct Pages {
    pub(crate) host: Arc<dyn Host>,
    pub(super) downloads: Downloads,
    windows: Mutex<HashMap<String, Page>>,
    next_popup: AtomicU32,
}

struct Page {
    url: Url,
    opener: Option<String>,
    /// The load in progress failed, so its end puts no page on screen.
    failed: bool,
    /// The last navigation that was refused in this window, in a frame or in the page itself.
    refused: Option<(Navigation, RefusalReason)>,
    /// The link under the mouse pointer.
    hovered_link: Option<String>,
}

impl Pages {
    pub(super) fn new(host: Arc<dyn Host>) -> Self {
        Self {
            host,
            downloads: Downloads::default(),
            windows: Mutex::default(),
            next_popup: AtomicU32::new(1),
        }
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<String, Page>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn insert(&self, label: &str, url: &Url, opener: Option<&str>) {
        self.windows().insert(
            label.to_owned(),
            Page {
                url: url.clone(),
                opener: opener.map(str::to_owned),
                failed: false,
                refused: None,
                hovered_link: None,
            },
        );
    }

    pub(super) fn remove(&self, label: &str) {
        self.windows().remove(label);
    }

    /// The URL in a window; `None` if the window is not one of the site's.
    pub(super) fn url(&self, label: &str) -> Option<Url> {
        self.windows().get(label).map(|page| page.url.clone())
    }

    /// A label that no window has had.
    pub(super) fn next_popup_label(&self) -> String {
        format!("popup-{}", self.next_popup.fetch_add(1, Ordering::Relaxed))
    }

    /// The labels of the pop-ups that `opener` opened, or of all pop-ups.
    pub(super) fn popups_of(&self, opener: Option<&str>) -> Vec<String> {
        self.windows()
            .iter()
            .filter(|(_, page)| page.opener.is_some() && (opener.is_none() || page.opener.as_deref() == opener))
            .map(|(label, _)| label.clone())
            .collect()
    }

    /// Asks the host whether the page in `opener` may open a pop-up to `target`.
    pub(super) fn may_open_popup(&self, opener: &str, target: &Url) -> bool {
        let Some(page) = self.url(opener) else { return false };
        let open = OpenPopups {
            by_opener: self.popups_of(Some(opener)).len(),
            in_total: self.popups_of(None).len(),
        };
        rules::may_open_popup(&*self.host, &page, target, open)
    }

    /// Asks the host about a navigation. Returns whether it may load.
    ///
    /// Tauri does not say which frame navigates, and WebKitGTK begins no load that is refused. So a refused navigation
    /// counts as one of the page itself in two cases only: here, if it goes where the link under the pointer goes (a
    /// frame with the same link cannot be told apart), or in [`Pages::on_load_stopped`], if the engine stops a redirect
    /// to it.
    pub(super) fn may_navigate(&self, label: &str, url: &Url) -> bool {
        let navigation = Navigation {
            url: url.clone(),
            popup: label != SITE,
        };
        let decision = rules::decide(&*self.host, &navigation);
        if let Decision::Refuse(reason) = decision {
            let followed_link = self.windows().get_mut(label).is_some_and(|page| {
                page.refused = Some((navigation.clone(), reason));
                page.hovered_link.as_deref() == Some(url.as_str())
            });
            if followed_link {
                rules::redirected_away(&*self.host, &navigation, reason, true);
            }
        }
        decision == Decision::Allow
    }

    /// The engine stopped the load of this URL because of the policy, so the refused navigation was the page's own.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only WebKitGTK reports this"))]
    pub(crate) fn on_load_stopped(&self, label: &str, url: &str) {
        let refused = self.windows().get_mut(label).and_then(|page| page.refused.take());
        if let Some((navigation, reason)) = refused.filter(|(navigation, _)| navigation.url.as_str() == url) {
            rules::redirected_away(&*self.host, &navigation, reason, false);
        }
    }

    /// The load in progress failed.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only WebKitGTK reports this"))]
    pub(crate) fn on_load_failed(&self, label: &str) {
        if let Some(page) = self.windows().get_mut(label) {
            page.failed = true;
        }
    }

    /// The mouse pointer moved onto a link, or off all links.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only WebKitGTK reports this"))]
    pub(crate) fn on_link_hovered(&self, label: &str, link: Option<String>) {
        if let Some(page) = self.windows().get_mut(label) {
            page.hovered_link = link;
        }
    }

    /// A page started to load. Returns whether the window left its origin, so that its pop-ups have lost their opener.
    pub(super) fn on_page_started(&self, label: &str, url: &Url) -> bool {
        self.windows().get_mut(label).is_some_and(|page| {
            let left = page.url.origin() != url.origin();
            page.url = url.clone();
            page.failed = false;
            page.hovered_link = None;
            left
        })
    }

    /// A page finished to load; reports it to the host if it is the site's own and did not fail.
    pub(super) fn on_page_finished(&self, label: &str, url: &Url) {
        let failed = self.windows().get_mut(label).is_some_and(|page| {
            page.url = url.clone();
            std::mem::take(&mut page.failed)
        });
        if label == SITE && !failed && url.as_str() != "about:blank" {
            self.host.on_event(SiteEvent::Loaded(url.clone()));
        }
    }
}
