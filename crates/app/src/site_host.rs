//! The application's side of the site view: answers its questions at once and reports its events to the loop.

use std::sync::{PoisonError, RwLock};

use app_state::{AppError, Event, NavigationPolicy};
use error_codes::{ErrorCode, ErrorKind};
use settings::{Language, Resolved};
use tauri_plugin_site_view::{
    Decision, Host, Labels, LoadError, Navigation, Permission, RefusalReason, RefusedWhat, SiteEvent,
};
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

    /// The page stays as it is, so the error is for the status page and the log.
    fn on_undone(&self, url: &Url, code: ErrorCode) {
        log::undone(url, code);
        self.inbox.send(Message::SiteViewFailed(code.into()));
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

    fn may_save_files(&self) -> bool {
        self.options().downloads
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
            SiteEvent::Failed(error) => self.inbox.event(site_failed(error)),
            SiteEvent::Crashed => self.inbox.event(Event::SiteFailed {
                error: ErrorCode::SiteCrashed.into(),
                retry_after: None,
            }),
            SiteEvent::NotSaved(url) => self.on_undone(&url, ErrorCode::NotSaved),
            SiteEvent::NoApp(url) => self.on_undone(&url, ErrorCode::NoAppForLink),
            SiteEvent::PopupOpened(url) => log::popup_opened(&url),
            SiteEvent::PopupClosed => log::step("popup_closed"),
            SiteEvent::UserActivity => self.inbox.send(Message::UserActivity),
            SiteEvent::WindowClosed => self.inbox.send(Message::Quit),
        }
    }
}

/// A server that says how long it wants to be left alone is busy; one that does not say is down.
fn site_failed(error: LoadError) -> Event {
    let code = codes::of_load(error);
    match error {
        LoadError::Server {
            retry_after: Some(wait),
        } => Event::SiteFailed {
            error: AppError::new(ErrorKind::ServerBusy, code),
            retry_after: Some(wait),
        },
        LoadError::Unreachable
        | LoadError::Insecure
        | LoadError::Server { retry_after: None }
        | LoadError::PageRefused => Event::SiteFailed {
            error: code.into(),
            retry_after: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use app_state::{HostRule, Organisation};
    use serde_json::json;

    use super::*;
    use crate::fakes::url;
    use crate::handle::{Messages, channel};
    use crate::settings_sources::tests::resolve;

    const GROUP: &str = "https://zonnetje.ouderportaal.nl/groep";
    const AUTHORIZE: &str =
        "https://id.example/authorize?client_id=web&redirect_uri=https%3A%2F%2Fzonnetje.ouderportaal.nl%2Fcallback";
    const ALL: [Permission; 3] = [Permission::Camera, Permission::Microphone, Permission::Download];

    fn organisation() -> Organisation {
        Organisation {
            name: "zonnetje".to_owned(),
            session_key: String::new(),
            group_url: url(GROUP),
            authorization_endpoint: url("https://id.example/authorize"),
            redirect_uri: url("nl.kidskonnect.groep:/callback"),
            trusted_hosts: vec![HostRule::Below("ouderportaal.nl".to_owned())],
            loopback_http: false,
        }
    }

    fn group() -> NavigationPolicy {
        NavigationPolicy::Group {
            organisation: organisation(),
            intercept_authorization: true,
        }
    }

    fn host() -> (SiteHost, Messages) {
        let (inbox, messages) = channel();
        (SiteHost::new(inbox), messages)
    }

    /// What the loop hears of an event.
    fn heard(policy: NavigationPolicy, event: SiteEvent) -> Vec<String> {
        let (host, mut messages) = host();
        host.set_policy(policy);
        host.on_event(event);
        std::iter::from_fn(|| messages.0.try_recv().ok())
            .map(|message| format!("{message:?}"))
            .collect()
    }

    fn event(event: &Event) -> Vec<String> {
        vec![format!("Event({event:?})")]
    }

    fn navigation(to: &str, popup: bool) -> Navigation {
        Navigation { url: url(to), popup }
    }

    #[test]
    fn before_the_settings_are_read_nothing_loads_and_nothing_is_allowed() {
        let (host, _messages) = host();
        let closed = Decision::Refuse(RefusalReason::Closed);
        assert_eq!(host.decide(&navigation(GROUP, false)), closed);
        assert_eq!(host.decide_popup(&url(GROUP), &url(GROUP), 0), closed);
        host.set_policy(group());
        assert_eq!(ALL.map(|what| host.allows(&url(GROUP), what)), [false; 3]);
        assert_eq!(host.labels(), Labels::ENGLISH);
    }

    #[test]
    fn navigations_and_pop_ups_are_decided_by_the_newest_policy() {
        let (host, _messages) = host();
        host.set_policy(group());
        assert_eq!(host.decide(&navigation(GROUP, false)), Decision::Allow);
        assert_eq!(host.decide(&navigation(AUTHORIZE, false)), Decision::Hold);
        assert_eq!(host.decide(&navigation(AUTHORIZE, true)), Decision::Allow);
        assert_eq!(host.decide_popup(&url(GROUP), &url(AUTHORIZE), 0), Decision::Allow);
        let second = Decision::Refuse(RefusalReason::SecondPopup);
        assert_eq!(host.decide_popup(&url(GROUP), &url(AUTHORIZE), 1), second);
        host.set_policy(NavigationPolicy::Closed);
        let closed = Decision::Refuse(RefusalReason::Closed);
        assert_eq!(host.decide(&navigation(GROUP, false)), closed);
    }

    #[test]
    fn a_page_uses_what_the_settings_allow_and_only_where_it_may_be_shown() {
        let (host, _messages) = host();
        let log = crate::diagnostics::capture::LogLines::keep();
        host.set_policy(group());
        for (at, key) in ["allow_camera", "allow_microphone", "allow_downloads"]
            .iter()
            .enumerate()
        {
            let mut settings = json!({"allow_camera": false, "allow_microphone": false, "allow_downloads": false});
            settings[*key] = true.into();
            host.apply(&resolve(&settings));
            let expected = [0, 1, 2].map(|other| other == at);
            assert_eq!(ALL.map(|what| host.allows(&url(GROUP), what)), expected);
            let elsewhere = url("https://elsewhere.example/");
            assert_eq!(ALL.map(|what| host.allows(&elsewhere, what)), [false; 3]);
            // A page that is intercepted is not shown.
            assert_eq!(ALL.map(|what| host.allows(&url(AUTHORIZE), what)), [false; 3]);
        }
        assert_eq!(
            log.with("\"denied\"").len(),
            3 * (2 + 3 + 3),
            "only refusals are logged"
        );
        host.set_policy(NavigationPolicy::Closed);
        assert_eq!(ALL.map(|what| host.allows(&url(GROUP), what)), [false; 3]);
    }

    #[test]
    fn the_site_views_own_controls_speak_the_language_of_the_settings() {
        let (host, _messages) = host();
        for (language, labels) in [
            ("en", Labels::ENGLISH),
            ("nl", Labels::DUTCH),
            ("system", Labels::DUTCH),
        ] {
            host.apply(&resolve(&json!({"language": language})));
            assert_eq!(host.labels(), labels, "{language}");
        }
    }

    #[test]
    fn an_intercepted_redirect_uri_is_a_callback_during_a_sign_in_only() {
        let callback = "nl.kidskonnect.groep:/callback?code=a&state=b";
        let intercepted = || SiteEvent::NavigationIntercepted(url(callback));
        let sign_in = NavigationPolicy::SignIn {
            organisation: organisation(),
        };
        assert_eq!(
            heard(sign_in, intercepted()),
            event(&Event::Callback(callback.to_owned()))
        );
        let navigation = Event::NavigationIntercepted(url(callback));
        assert_eq!(heard(group(), intercepted()), event(&navigation));
    }

    #[test]
    fn an_intercepted_authorization_request_is_for_the_state_machine_even_if_the_policy_has_changed() {
        for policy in [group(), NavigationPolicy::Closed] {
            assert_eq!(
                heard(policy, SiteEvent::NavigationIntercepted(url(AUTHORIZE))),
                event(&Event::NavigationIntercepted(url(AUTHORIZE)))
            );
        }
    }

    #[test]
    fn the_browser_may_open_a_refused_https_window_of_another_host_and_nothing_else() {
        let refused = |to: &str, reason, what| {
            let refused = SiteEvent::Refused {
                url: url(to),
                reason,
                what,
            };
            heard(group(), refused)
        };
        let elsewhere = "https://elsewhere.example/";
        assert_eq!(
            refused(elsewhere, RefusalReason::Host, RefusedWhat::Window),
            [format!("OpenExternally({:?})", url(elsewhere))]
        );
        let nothing: [&str; 0] = [];
        for (to, reason, what) in [
            ("http://elsewhere.example/", RefusalReason::Host, RefusedWhat::Window),
            (elsewhere, RefusalReason::Opener, RefusedWhat::Window),
            (elsewhere, RefusalReason::Host, RefusedWhat::Navigation),
            (elsewhere, RefusalReason::Host, RefusedWhat::PopupNavigation),
        ] {
            assert_eq!(refused(to, reason, what), nothing, "{to} {reason:?} {what:?}");
        }
    }

    #[test]
    fn a_page_led_away_to_another_host_or_to_plain_http_looks_like_a_guest_network() {
        for reason in RefusalReason::ALL {
            let away = SiteEvent::RedirectedAway {
                url: url("http://portal.example/"),
                reason,
                link: true,
            };
            let expected = match reason {
                RefusalReason::Host | RefusalReason::Insecure => event(&Event::RedirectedAway {
                    error: AppError::new(ErrorKind::CaptivePortal, codes::of_refusal(reason)),
                    to: url("http://portal.example/"),
                    by_link: true,
                }),
                _ => vec![],
            };
            assert_eq!(heard(group(), away), expected);
        }
    }

    #[test]
    fn what_happens_to_the_page_is_an_event_of_the_state_machine() {
        let failed_for = |kind, code, retry_after| {
            let error = AppError::new(kind, code);
            event(&Event::SiteFailed { error, retry_after })
        };
        let failed = |kind, code| failed_for(kind, code, None);
        let minute = Some(Duration::from_mins(1));
        for (happened, expected) in [
            (SiteEvent::Loaded(url(GROUP)), event(&Event::SiteLoaded(url(GROUP)))),
            (
                SiteEvent::Failed(LoadError::Unreachable),
                failed(ErrorKind::SiteUnreachable, ErrorCode::SiteUnreachable),
            ),
            (
                SiteEvent::Failed(LoadError::Server { retry_after: None }),
                failed(ErrorKind::ServerDown, ErrorCode::SiteServerFault),
            ),
            (
                SiteEvent::Failed(LoadError::Server { retry_after: minute }),
                failed_for(ErrorKind::ServerBusy, ErrorCode::SiteServerFault, minute),
            ),
            (
                SiteEvent::Failed(LoadError::Insecure),
                failed(ErrorKind::InsecureConnection, ErrorCode::SiteInsecure),
            ),
            (
                SiteEvent::Failed(LoadError::PageRefused),
                failed(ErrorKind::CaptivePortal, ErrorCode::HostNotTrusted),
            ),
            (
                SiteEvent::Crashed,
                failed(ErrorKind::SiteCrashed, ErrorCode::SiteCrashed),
            ),
            (SiteEvent::UserActivity, vec!["UserActivity".to_owned()]),
            (SiteEvent::WindowClosed, vec!["Quit".to_owned()]),
            (
                SiteEvent::NotSaved(url(GROUP)),
                vec![format!("SiteViewFailed({:?})", AppError::from(ErrorCode::NotSaved))],
            ),
            (
                SiteEvent::NoApp(url("tel:112")),
                vec![format!("SiteViewFailed({:?})", AppError::from(ErrorCode::NoAppForLink))],
            ),
            (SiteEvent::PopupOpened(url(GROUP)), vec![]),
            (SiteEvent::PopupClosed, vec![]),
        ] {
            assert_eq!(heard(group(), happened.clone()), expected, "{happened:?}");
        }
    }
}
