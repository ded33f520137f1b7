//! The rules of the site view that hold on every platform: pure functions over a [`Host`], tested on the machine that
//! builds.
//!
//! The platforms differ in what their engines say about a navigation, not in what follows from it. Each platform's code
//! collects what its engine says and calls this module; `android` and `apple` translate the words of those engines.

#[cfg(any(target_os = "android", feature = "jvm", test))]
pub(crate) mod android;
#[cfg(any(target_os = "ios", test))]
pub(crate) mod apple;
#[cfg(any(feature = "tauri", test))]
pub(crate) mod cookie;
mod response;
#[cfg(any(target_os = "ios", test))]
pub(crate) mod screen;

use std::cell::Cell;
use std::time::{Duration, Instant};

use url::Url;

use crate::{Decision, Host, Navigation, Permission, RefusalReason, RefusedWhat, SiteEvent};
pub(crate) use response::server_error;

/// From this many on, the host is told that the opener already has a pop-up. A sign-in page in a pop-up may need a pop-up of its own, and that one
/// another; a page that opens pop-ups in a loop must not fill the screen.
const MAX_POPUPS: usize = 3;

/// What an engine says about a load, beside its URL.
#[cfg(any(target_os = "android", target_os = "ios", feature = "jvm", test))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Load {
    /// The load is for the page itself, not for a frame in it.
    pub main_frame: bool,
    /// A person followed a link.
    pub link: bool,
}

/// Asks the host about a navigation and reports the outcome to it, for engines that say which frame navigates. Returns
/// whether the page may load; after `false` the host continues by itself.
#[cfg(any(target_os = "android", target_os = "ios", feature = "jvm", test))]
pub(crate) fn navigate(host: &dyn Host, navigation: &Navigation, load: Load) -> bool {
    let decision = decide(host, navigation);
    if let Decision::Refuse(reason) = decision
        && load.main_frame
    {
        redirected_away(host, navigation, reason, load.link);
    }
    decision == Decision::Allow
}

/// Asks the host about a navigation and reports a refusal or an interception to it. An engine that does not say which
/// frame navigates calls [`redirected_away`] itself once it knows.
pub(crate) fn decide(host: &dyn Host, navigation: &Navigation) -> Decision {
    let decision = host.decide(navigation);
    match decision {
        Decision::Allow => {}
        Decision::Hold => host.on_event(SiteEvent::NavigationIntercepted(navigation.url.clone())),
        Decision::Refuse(reason) => refused(host, &navigation.url, reason, navigation_kind(navigation.popup)),
    }
    decision
}

/// Reports that the page itself, not a frame in it, was on its way to a refused URL. A pop-up that is refused reports
/// nothing here, because the site's own page stays what it is.
pub(crate) fn redirected_away(host: &dyn Host, navigation: &Navigation, reason: RefusalReason, link: bool) {
    if !navigation.popup {
        host.on_event(SiteEvent::RedirectedAway {
            url: navigation.url.clone(),
            reason,
            link,
        });
    }
}

/// The pop-ups that exist when a page asks for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenPopups {
    /// Opened by the page that asks.
    pub by_opener: usize,
    /// Opened by any page.
    pub in_total: usize,
}

impl OpenPopups {
    /// The number for the host: from [`MAX_POPUPS`] in total on, at least 1.
    fn reported(self) -> usize {
        if self.in_total >= MAX_POPUPS {
            self.by_opener.max(1)
        } else {
            self.by_opener
        }
    }
}

/// Asks the host whether the page at `opener` may open a pop-up to `target`, and reports a refusal to it.
pub(crate) fn may_open_popup(host: &dyn Host, opener: &Url, target: &Url, open: OpenPopups) -> bool {
    match host.decide_popup(opener, target, open.reported()) {
        Decision::Allow => true,
        Decision::Hold => false,
        Decision::Refuse(reason) => {
            refused(host, target, reason, RefusedWhat::Window);
            false
        }
    }
}

/// Whether a page may use all of these. The host is asked about each one, so that it can record every refusal. The page
/// must also be one that may load at all, because an engine reports the origin of the frame that asks.
pub(crate) fn may_capture(host: &dyn Host, page: &Url, popup: bool, wanted: &[Permission]) -> bool {
    let navigation = Navigation {
        url: page.clone(),
        popup,
    };
    !wanted.is_empty()
        && host.decide(&navigation) == Decision::Allow
        && wanted.iter().filter(|what| host.allows(page, **what)).count() == wanted.len()
}

/// Whether a page may save a file. A pop-up that was opened only for the file has no page yet; the file's own URL then
/// stands for the page.
pub(crate) fn may_download(host: &dyn Host, page: Option<&Url>, file: &Url) -> bool {
    host.allows(page.unwrap_or(file), Permission::Download)
}

/// What kind of navigation was refused.
pub(crate) fn navigation_kind(popup: bool) -> RefusedWhat {
    if popup {
        RefusedWhat::PopupNavigation
    } else {
        RefusedWhat::Navigation
    }
}

/// Reports a refusal.
pub(crate) fn refused(host: &dyn Host, url: &Url, reason: RefusalReason, what: RefusedWhat) {
    host.on_event(SiteEvent::Refused {
        url: url.clone(),
        reason,
        what,
    });
}

/// Lets at most one report of a person's activity per second through.
#[derive(Debug, Default)]
pub(crate) struct ActivityThrottle(Cell<Option<Instant>>);

impl ActivityThrottle {
    /// A throttle that lets the first report through.
    pub(crate) const fn new() -> Self {
        Self(Cell::new(None))
    }

    /// Whether activity at `now` is to be reported.
    pub(crate) fn passes(&self, now: Instant) -> bool {
        let passes = self
            .0
            .get()
            .is_none_or(|last| now.duration_since(last) >= Duration::from_secs(1));
        if passes {
            self.0.set(Some(now));
        }
        passes
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Allows one host over https, intercepts `/authorize` there, and records events.
    #[derive(Default)]
    pub(crate) struct Recorder {
        events: Mutex<Vec<SiteEvent>>,
        asked: Mutex<Vec<Permission>>,
        pub(crate) allowed: Vec<Permission>,
    }

    impl Host for Recorder {
        fn decide(&self, navigation: &Navigation) -> Decision {
            let url = &navigation.url;
            match (url.scheme(), url.host_str(), url.path()) {
                ("https", Some("ours.example"), "/authorize") => Decision::Hold,
                ("https", Some("ours.example"), _) => Decision::Allow,
                _ => Decision::Refuse(RefusalReason::Host),
            }
        }

        fn decide_popup(&self, opener: &Url, target: &Url, open: usize) -> Decision {
            let navigation = |url: &Url, popup| Navigation {
                url: url.clone(),
                popup,
            };
            if self.decide(&navigation(opener, false)) != Decision::Allow {
                Decision::Refuse(RefusalReason::Opener)
            } else if open > 0 {
                Decision::Refuse(RefusalReason::SecondPopup)
            } else if target.as_str() == "about:blank" {
                Decision::Allow
            } else {
                self.decide(&navigation(target, true))
            }
        }

        fn allows(&self, page: &Url, what: Permission) -> bool {
            self.asked.lock().unwrap().push(what);
            // Of captures the page's own navigation decides, so that the tests see the rule that asks for it.
            let admitted = what != Permission::Download || page.host_str() == Some("ours.example");
            admitted && self.allowed.contains(&what)
        }

        fn on_event(&self, event: SiteEvent) {
            self.events.lock().unwrap().push(event);
        }
    }

    impl Recorder {
        pub(crate) fn allowing(allowed: &[Permission]) -> Self {
            Self {
                allowed: allowed.to_vec(),
                ..Self::default()
            }
        }

        pub(crate) fn take(&self) -> Vec<SiteEvent> {
            std::mem::take(&mut self.events.lock().unwrap())
        }
    }

    pub(crate) fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    pub(crate) fn refusal(address: &str, reason: RefusalReason, what: RefusedWhat) -> SiteEvent {
        SiteEvent::Refused {
            url: url(address),
            reason,
            what,
        }
    }

    fn to(address: &str, popup: bool) -> Navigation {
        Navigation {
            url: url(address),
            popup,
        }
    }

    const MAIN: Load = Load {
        main_frame: true,
        link: false,
    };
    const NONE: OpenPopups = OpenPopups {
        by_opener: 0,
        in_total: 0,
    };

    #[test]
    fn an_allowed_navigation_or_pop_up_is_not_reported() {
        let host = Recorder::default();
        assert!(navigate(&host, &to("https://ours.example/group", false), MAIN));
        assert!(may_open_popup(
            &host,
            &url("https://ours.example/"),
            &url("https://ours.example/x"),
            NONE
        ));
        assert_eq!(host.take(), []);
    }

    #[test]
    fn an_intercepted_navigation_does_not_load_and_is_reported_with_its_url() {
        let host = Recorder::default();
        let intercepted = "https://ours.example/authorize?x=1";
        assert!(!navigate(&host, &to(intercepted, false), MAIN));
        assert_eq!(host.take(), [SiteEvent::NavigationIntercepted(url(intercepted))]);
        assert!(!may_open_popup(
            &host,
            &url("https://ours.example/"),
            &url(intercepted),
            NONE
        ));
        assert_eq!(host.take(), []);
    }

    #[test]
    fn only_the_sites_own_page_is_redirected_away_and_the_event_says_whether_by_a_link() {
        let host = Recorder::default();
        let foreign = "https://portal.example/";
        for (popup, main_frame, link, away) in [
            (false, true, false, true),
            (false, true, true, true),
            (false, false, false, false),
            (true, true, false, false),
        ] {
            assert!(!navigate(&host, &to(foreign, popup), Load { main_frame, link }));
            let events = host.take();
            assert_eq!(events[0], refusal(foreign, RefusalReason::Host, navigation_kind(popup)));
            assert_eq!(
                events.get(1),
                away.then_some(&SiteEvent::RedirectedAway {
                    url: url(foreign),
                    reason: RefusalReason::Host,
                    link
                })
            );
            assert!(events.len() <= 2);
        }
    }

    #[test]
    fn a_refused_pop_up_is_reported_as_a_window() {
        let host = Recorder::default();
        let (ours, foreign) = (url("https://ours.example/"), url("https://portal.example/"));
        assert!(!may_open_popup(&host, &ours, &foreign, NONE));
        assert!(!may_open_popup(&host, &foreign, &ours, NONE));
        assert_eq!(
            host.take(),
            [
                refusal("https://portal.example/", RefusalReason::Host, RefusedWhat::Window),
                refusal("https://ours.example/", RefusalReason::Opener, RefusedWhat::Window),
            ]
        );
    }

    #[test]
    fn at_three_pop_ups_in_total_every_page_counts_as_one_that_has_a_pop_up() {
        for (by_opener, in_total, reported) in [
            (0, 0, 0),
            (0, 2, 0),
            (1, 1, 1),
            (2, 2, 2),
            (0, 3, 1),
            (1, 3, 1),
            (2, 3, 2),
            (0, usize::MAX, 1),
        ] {
            assert_eq!(OpenPopups { by_opener, in_total }.reported(), reported);
        }
        let host = Recorder::default();
        let ours = url("https://ours.example/");
        for (in_total, opens) in [(2, true), (3, false)] {
            let open = OpenPopups { by_opener: 0, in_total };
            assert_eq!(may_open_popup(&host, &ours, &ours, open), opens);
        }
        assert_eq!(
            host.take(),
            [refusal(
                "https://ours.example/",
                RefusalReason::SecondPopup,
                RefusedWhat::Window
            )]
        );
    }

    #[test]
    fn a_page_captures_only_where_it_may_load_and_the_host_is_asked_about_each_device() {
        use Permission::{Camera, Microphone};
        let host = Recorder::allowing(&[Camera]);
        let ours = url("https://ours.example/");
        assert!(may_capture(&host, &ours, false, &[Camera]));
        assert!(!may_capture(&host, &ours, false, &[]));
        assert!(!may_capture(&host, &url("https://portal.example/"), false, &[Camera]));
        host.asked.lock().unwrap().clear();
        assert!(!may_capture(&host, &ours, true, &[Microphone, Camera]));
        assert_eq!(*host.asked.lock().unwrap(), [Microphone, Camera]);
    }

    #[test]
    fn a_file_is_saved_for_the_page_or_for_its_own_url_where_no_page_is_there_yet() {
        let host = Recorder::allowing(&[Permission::Download]);
        let (ours, foreign) = (url("https://ours.example/x.pdf"), url("https://portal.example/"));
        assert!(may_download(&host, None, &ours));
        assert!(!may_download(&host, None, &foreign));
        assert!(!may_download(&host, Some(&foreign), &ours));
        assert!(may_download(&host, Some(&ours), &foreign));
    }

    #[test]
    fn activity_is_reported_at_most_once_a_second() {
        let (start, throttle) = (Instant::now(), ActivityThrottle::new());
        let passed =
            [0, 1, 999, 1_000, 1_001, 1_999, 2_000].map(|at| throttle.passes(start + Duration::from_millis(at)));
        assert_eq!(passed, [true, false, false, true, false, false, true]);
    }
}
