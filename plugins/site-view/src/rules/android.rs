//! What the Kotlin half asks and tells, answered by the host: the same on every machine.

use std::time::{Duration, Instant};

use url::Url;

#[cfg(any(target_os = "android", test))]
use crate::{Cookie, Error};
use crate::{Decision, Host, LoadError, Permission, Refusal, Refused, SiteEvent};

/// May this address load? Whoever asks leaves the rest to the host: what is held or refused was told to it.
pub(crate) fn navigate(host: &dyn Host, address: &str, popup: bool, main_frame: bool) -> bool {
    let what = if popup {
        RefusedWhat::PopupNavigation
    } else {
        RefusedWhat::Navigation
    };
    let Some(url) = readable(host, address, what) else {
        return false;
    };
    match host.decide(&url, popup) {
        Decision::Allow => true,
        Decision::Hold => {
            host.on_event(SiteEvent::NavigationIntercepted(url));
            false
        }
        Decision::Refuse(refusal) => {
            host.on_event(SiteEvent::Refused {
                url: url.clone(),
                refusal,
                what,
            });
            if main_frame && !popup {
                host.on_event(SiteEvent::RedirectedAway {
                    url,
                    refusal,
                    link: false,
                });
            }
            false
        }
    }
}

/// May the page at `opener`, which has `open` pop-ups, open one to `target`?
pub(crate) fn may_open(host: &dyn Host, opener: &str, target: &str, open: usize) -> bool {
    let Some(url) = readable(host, target, RefusedWhat::Window) else {
        return false;
    };
    let Some(opener) = readable(host, opener, RefusedWhat::Window) else {
        return false;
    };
    match host.decide_popup(&opener, &url, open) {
        Decision::Allow => true,
        Decision::Hold => false,
        Decision::Refuse(refusal) => {
            host.on_event(SiteEvent::Refused {
                url,
                refusal,
                what: RefusedWhat::Window,
            });
            false
        }
    }
}

/// May the page at this address use what Android's `PermissionRequest` names so?
pub(crate) fn permits(host: &dyn Host, address: &str, resource: &str) -> bool {
    let what = match resource {
        "android.webkit.resource.VIDEO_CAPTURE" => Permission::Camera,
        "android.webkit.resource.AUDIO_CAPTURE" => Permission::Microphone,
        _ => return false,
    };
    Url::parse(address)
        .is_ok_and(|page| page.has_host() && host.decide(&page, false) == Decision::Allow && host.permits(&page, what))
}

/// May the page keep this file? `blob:` and `data:` are nothing that the system could fetch.
pub(crate) fn may_save(host: &dyn Host, page: &str, file: &str, popup: bool) -> bool {
    let what = if popup {
        RefusedWhat::PopupNavigation
    } else {
        RefusedWhat::Navigation
    };
    let Some(file) = readable(host, file, what) else {
        return false;
    };
    if let Decision::Refuse(refusal) = host.decide(&file, true) {
        host.on_event(SiteEvent::Refused {
            url: file,
            refusal,
            what,
        });
        return false;
    }
    // A pop-up made for nothing but the file has no page yet.
    let page = Url::parse(page).ok().filter(Url::has_host);
    file.has_host() && host.permits(page.as_ref().unwrap_or(&file), Permission::Download)
}

/// When somebody touched a page was last told.
#[derive(Debug, Default)]
pub(crate) struct Touches(Option<Instant>);

impl Touches {
    /// Is this one to be told? At most one a second is.
    pub(crate) fn tell(&mut self, now: Instant) -> bool {
        let tell = self
            .0
            .is_none_or(|last| now.duration_since(last) >= Duration::from_secs(1));
        if tell {
            self.0 = Some(now);
        }
        tell
    }
}

/// What the Kotlin half's number for a failed load says.
pub(crate) fn fault(status: i32) -> LoadError {
    match status {
        1 => LoadError::Insecure,
        500.. => LoadError::Server,
        _ => LoadError::Unreachable,
    }
}

/// The `Set-Cookie` line for a cookie at this moment.
#[cfg(any(target_os = "android", test))]
pub(crate) fn cookie_line(cookie: &Cookie<'_>, now: i64) -> Result<String, Error> {
    let plain = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte))
    };
    if cookie.name.is_empty() || cookie.name.contains('=') || !plain(cookie.name) || !plain(cookie.value) {
        return Err(Error::CookieNotKept);
    }
    let seconds = cookie.expires_at.saturating_sub(now);
    let same_site = if cookie.url.scheme() == "https" {
        "Secure; SameSite=None"
    } else {
        "SameSite=Lax"
    };
    Ok(format!(
        "{}={}; Path=/; HttpOnly; Max-Age={seconds}; {same_site}",
        cookie.name, cookie.value
    ))
}

/// An address that nobody can read leads nowhere; the host is told of it under a name that says so.
fn readable(host: &dyn Host, address: &str, what: Refused) -> Option<Url> {
    let url = Url::parse(address).ok();
    if url.is_none()
        && let Ok(url) = Url::parse("about:unreadable")
    {
        host.on_event(SiteEvent::Refused {
            url,
            refusal: Refusal { code: "E511" },
            what,
        });
    }
    url
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Allows one host, holds `/authorize` there, and writes down what it is told.
    #[derive(Default)]
    struct Seen {
        told: Mutex<Vec<SiteEvent>>,
        able: bool,
    }

    impl Host for Seen {
        fn decide(&self, url: &Url, _: bool) -> Decision {
            match (url.host_str(), url.path()) {
                (Some("a.example"), "/authorize") => Decision::Hold,
                (Some("a.example"), _) => Decision::Allow,
                _ => Decision::Refuse(Refusal { code: "no" }),
            }
        }
        fn decide_popup(&self, opener: &Url, target: &Url, open: usize) -> Decision {
            if open > 0 {
                Decision::Hold
            } else if self.decide(opener, false) == Decision::Allow {
                self.decide(target, true)
            } else {
                Decision::Refuse(Refusal { code: "opener" })
            }
        }
        fn permits(&self, page: &Url, _: Permission) -> bool {
            self.able && page.host_str() == Some("a.example")
        }
        fn on_event(&self, event: SiteEvent) {
            self.told.lock().unwrap().push(event);
        }
    }

    impl Seen {
        fn take(&self) -> Vec<SiteEvent> {
            std::mem::take(&mut self.told.lock().unwrap())
        }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    const NO: Refusal = Refusal { code: "no" };

    #[test]
    fn what_is_allowed_is_told_to_nobody() {
        let host = Seen::default();
        assert!(navigate(&host, "https://a.example/", false, true));
        assert!(may_open(&host, "https://a.example/", "https://a.example/x", 0));
        assert_eq!(host.take(), []);
    }

    #[test]
    fn what_is_held_does_not_load_and_the_host_goes_on_with_it() {
        let host = Seen::default();
        assert!(!navigate(&host, "https://a.example/authorize", false, true));
        assert_eq!(host.take(), [SiteEvent::NavigationIntercepted(url("https://a.example/authorize"))]);
        assert!(!may_open(&host, "https://a.example/", "https://a.example/authorize", 0));
        assert_eq!(host.take(), []);
    }

    #[test]
    fn only_the_page_itself_goes_astray() {
        let refused = |what| SiteEvent::Refused {
            url: url("https://b.example/"),
            refusal: NO,
            what,
        };
        let host = Seen::default();
        assert!(!navigate(&host, "https://b.example/", false, true));
        assert_eq!(
            host.take(),
            [
                refused(RefusedWhat::Navigation),
                SiteEvent::RedirectedAway {
                    url: url("https://b.example/"),
                    refusal: NO,
                    link: false
                }
            ]
        );
        assert!(!navigate(&host, "https://b.example/", false, false));
        assert_eq!(host.take(), [refused(RefusedWhat::Navigation)]);
        assert!(!navigate(&host, "https://b.example/", true, true));
        assert_eq!(host.take(), [refused(RefusedWhat::PopupNavigation)]);
        assert!(!may_open(&host, "https://a.example/", "https://b.example/", 0));
        assert_eq!(host.take(), [refused(RefusedWhat::Window)]);
    }

    #[test]
    fn an_address_that_cannot_be_read_is_refused_and_reported() {
        let host = Seen::default();
        for address in ["", "no address", "https://", "http://[", "\u{0}"] {
            assert!(!navigate(&host, address, false, true));
            assert!(!may_open(&host, "https://a.example/", address, 0));
            assert!(!may_open(&host, address, "https://a.example/", 0));
            assert!(!may_save(&host, "https://a.example/", address, false));
            assert!(!permits(&host, address, "android.webkit.resource.VIDEO_CAPTURE"));
        }
        assert_eq!(host.take().len(), 20);
    }

    #[test]
    fn a_device_is_for_pages_that_may_load_and_for_what_the_host_permits() {
        let able = Seen {
            able: true,
            ..Seen::default()
        };
        let camera = "android.webkit.resource.VIDEO_CAPTURE";
        assert!(permits(&able, "https://a.example/", camera));
        assert!(!permits(&able, "https://b.example/", camera));
        assert!(!permits(&able, "about:blank", camera));
        assert!(!permits(
            &able,
            "https://a.example/",
            "android.webkit.resource.MIDI_SYSEX"
        ));
        assert!(!permits(&Seen::default(), "https://a.example/", camera));
    }

    #[test]
    fn a_file_is_kept_for_a_page_that_may_keep_files_and_from_where_pages_may_load() {
        let (able, unable) = (
            Seen {
                able: true,
                ..Seen::default()
            },
            Seen::default(),
        );
        let (page, file) = ("https://a.example/", "https://a.example/x.pdf");
        assert!(may_save(&able, page, file, false));
        assert!(may_save(&able, "about:blank", file, true));
        assert!(!may_save(&able, "https://b.example/", file, false));
        assert!(!may_save(&able, page, "https://b.example/x.pdf", false));
        assert!(!may_save(&able, page, "data:text/plain,x", true));
        assert!(!may_save(&unable, page, file, false));
        let refused = |address, what| SiteEvent::Refused {
            url: url(address),
            refusal: NO,
            what,
        };
        let told = [
            refused("https://b.example/x.pdf", RefusedWhat::Navigation),
            refused("data:text/plain,x", RefusedWhat::PopupNavigation),
        ];
        assert_eq!((able.take(), unable.take()), (told.to_vec(), Vec::new()));
    }

    #[test]
    fn a_touch_is_told_at_most_once_a_second() {
        let (start, mut touches) = (Instant::now(), Touches::default());
        let told = [0, 1, 999, 1_000, 1_001, 1_999, 2_000].map(|at| touches.tell(start + Duration::from_millis(at)));
        assert_eq!(told, [true, false, false, true, false, false, true]);
    }

    #[test]
    fn each_number_of_a_failed_load_has_its_fault() {
        assert_eq!([0, 1, 500, 599, -1, i32::MAX].map(fault), {
            use LoadError::{Insecure, Server, Unreachable};
            [Unreachable, Insecure, Server, Server, Unreachable, Server]
        });
    }

    #[test]
    fn a_cookie_is_for_its_host_alone_and_for_as_long_as_it_lasts() {
        let (https, http) = (url("https://a.example/x"), url("http://127.0.0.1/"));
        let cookie = |url, value| Cookie {
            url,
            name: "t",
            value,
            expires_at: 100,
        };
        assert_eq!(
            cookie_line(&cookie(&https, "v"), 40).unwrap(),
            "t=v; Path=/; HttpOnly; Max-Age=60; Secure; SameSite=None"
        );
        assert_eq!(
            cookie_line(&cookie(&http, "v"), 40).unwrap(),
            "t=v; Path=/; HttpOnly; Max-Age=60; SameSite=Lax"
        );
        for bad in ["a;Domain=example", "a b", "a\n", "é"] {
            assert!(matches!(
                cookie_line(&cookie(&https, bad), 40),
                Err(Error::CookieNotKept)
            ));
        }
    }
}
