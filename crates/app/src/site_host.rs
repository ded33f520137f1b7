//! The application's side of the site view: answers its questions at once and reports its events to the loop.

use std::sync::{PoisonError, RwLock};

use app_state::{AppError, Event, NavigationPolicy};
use error_codes::{ErrorCode, ErrorKind};
use settings::{Language, Resolved};
use tauri_plugin_site_view::{Decision, Host, Labels, Navigation, Permission, RefusalReason, RefusedWhat, SiteEvent};
use url::Url;

use crate::codes;
use crate::diagnostics::log;
use crate::handle::{Inbox, Message};
use crate::navigation::{self, InterceptReason};

/// Answers the site view from the newest navigation policy and settings. The site view calls it on the main thread, so
/// it only ever reads what the loop has prepared.
pub struct SiteHost {
    policy: RwLock<NavigationPolicy>,
    options: RwLock<SiteOptions>,
    inbox: Inbox,
}

/// What the settings decide for the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SiteOptions {
    camera: bool,
    microphone: bool,
    downloads: bool,
    labels: Labels,
}

impl SiteHost {
    /// Allows nothing until the settings have been read.
    #[must_use]
    pub fn new(inbox: Inbox) -> Self {
        let options = SiteOptions {
            camera: false,
            microphone: false,
            downloads: false,
            labels: Labels::ENGLISH,
        };
        Self {
            policy: RwLock::new(NavigationPolicy::Closed),
            options: RwLock::new(options),
            inbox,
        }
    }

    pub(crate) fn set_policy(&self, policy: NavigationPolicy) {
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = policy;
    }

    pub(crate) fn apply(&self, resolved: &Resolved) {
        *self.options.write().unwrap_or_else(PoisonError::into_inner) = SiteOptions {
            camera: resolved.allow_camera,
            microphone: resolved.allow_microphone,
            downloads: resolved.allow_downloads,
            labels: if resolved.language == Language::En {
                Labels::ENGLISH
            } else {
                Labels::DUTCH
            },
        };
    }

    fn with_policy<T>(&self, ask: impl FnOnce(&NavigationPolicy) -> T) -> T {
        ask(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn options(&self) -> SiteOptions {
        *self.options.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn on_intercepted(&self, url: Url) {
        let navigation = Navigation { url, popup: false };
        let reason = self.with_policy(|policy| navigation::intercept_reason(policy, &navigation));
        let url = navigation.url;
        self.inbox.event(match reason {
            Some(InterceptReason::Callback) => Event::Callback(url.into()),
            // The policy may have changed since the site view asked. The state machine then loads the URL as it is.
            Some(InterceptReason::SessionTransfer) | None => Event::NavigationIntercepted(url),
        });
    }

    fn on_refused(&self, url: Url, reason: RefusalReason, what: RefusedWhat) {
        log::refused(&url, codes::of_refusal(reason), what);
        if what == RefusedWhat::Window && reason == RefusalReason::Host && url.scheme() == "https" {
            self.inbox.send(Message::OpenExternally(url));
        }
    }

    fn on_redirected_away(&self, url: Url, reason: RefusalReason, by_link: bool) {
        if matches!(reason, RefusalReason::Host | RefusalReason::Insecure) {
            let error = AppError::new(ErrorKind::CaptivePortal, codes::of_refusal(reason));
            self.inbox.event(Event::RedirectedAway {
                error,
                to: url,
                by_link,
            });
        }
    }
}

impl Host for SiteHost {
    fn decide(&self, navigation: &Navigation) -> Decision {
        self.with_policy(|policy| navigation::decide(policy, navigation))
    }

    fn decide_popup(&self, opener: &Url, target: &Url, open: usize) -> Decision {
        self.with_policy(|policy| navigation::decide_popup(policy, opener, target, open))
    }

    fn allows(&self, page: &Url, what: Permission) -> bool {
        let options = self.options();
        let by_settings = match what {
            Permission::Camera => options.camera,
            Permission::Microphone => options.microphone,
            Permission::Download => options.downloads,
        };
        // A page that may not be shown may not use anything either.
        let allowed = by_settings
            && self.decide(&Navigation {
                url: page.clone(),
                popup: false,
            }) == Decision::Allow;
        if !allowed {
            log::permission_denied(page, what);
        }
        allowed
    }

    fn labels(&self) -> Labels {
        self.options().labels
    }

    fn on_event(&self, event: SiteEvent) {
        match event {
            SiteEvent::NavigationIntercepted(url) => self.on_intercepted(url),
            SiteEvent::Refused { url, reason, what } => self.on_refused(url, reason, what),
            SiteEvent::RedirectedAway { url, reason, link } => self.on_redirected_away(url, reason, link),
            SiteEvent::Loaded(url) => self.inbox.event(Event::SiteLoaded(url)),
            SiteEvent::Failed(error) => self.inbox.event(Event::SiteFailed(codes::of_load(error).into())),
            SiteEvent::Crashed => self.inbox.event(Event::SiteFailed(ErrorCode::SiteCrashed.into())),
            SiteEvent::PopupOpened(url) => log::popup_opened(&url),
            SiteEvent::PopupClosed => log::step("popup_closed"),
            SiteEvent::UserActivity => self.inbox.send(Message::UserActivity),
            SiteEvent::WindowClosed => self.inbox.send(Message::Quit),
        }
    }
}
