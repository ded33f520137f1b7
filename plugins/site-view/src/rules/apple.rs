//! What the iPad's web view tells, in the words of this crate: the same on every machine.

use tauri::webview::cookie;
use url::Url;

use crate::{Cookie, Decision, Error, Host, LoadError, Permission, Refused, SiteEvent};

/// What the host is asked about a navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Navigation {
    /// In a pop-up.
    pub popup: bool,
    /// The page itself, not a frame in it.
    pub main_frame: bool,
    /// A person followed a link: what was on screen is where the person still is.
    pub link: bool,
}

/// Decides a navigation and tells the host what came of it; true lets it load.
pub(crate) fn navigate(host: &dyn Host, url: &Url, navigation: Navigation) -> bool {
    match host.decide(url, navigation.popup) {
        Decision::Allow => true,
        Decision::Hold => {
            host.on_event(SiteEvent::NavigationIntercepted(url.clone()));
            false
        }
        Decision::Refuse(refusal) => {
            let what = if navigation.popup {
                RefusedWhat::PopupNavigation
            } else {
                RefusedWhat::Navigation
            };
            host.on_event(SiteEvent::Refused {
                url: url.clone(),
                refusal,
                what,
            });
            if navigation.main_frame && !navigation.popup {
                host.on_event(SiteEvent::RedirectedAway {
                    url: url.clone(),
                    refusal,
                    link: navigation.link,
                });
            }
            false
        }
    }
}

/// Decides a new window; true opens it. An engine that knows no address yet gives an empty one.
pub(crate) fn may_open(host: &dyn Host, opener: &str, target: &str, open: usize) -> Option<Url> {
    let opener = Url::parse(opener).ok()?;
    let target = Url::parse(if target.is_empty() { "about:blank" } else { target }).ok()?;
    match host.decide_popup(&opener, &target, open) {
        Decision::Allow => Some(target),
        Decision::Hold => None,
        Decision::Refuse(refusal) => {
            host.on_event(SiteEvent::Refused {
                url: target,
                refusal,
                what: RefusedWhat::Window,
            });
            None
        }
    }
}

/// May the page of this origin use camera and microphone? Port 0 is the scheme's own.
pub(crate) fn may_capture(host: &dyn Host, origin: (&str, &str, isize), popup: bool, wanted: &[Permission]) -> bool {
    let (scheme, name, port) = origin;
    let address = if port == 0 {
        format!("{scheme}://{name}/")
    } else {
        format!("{scheme}://{name}:{port}/")
    };
    let Ok(url) = Url::parse(&address) else { return false };
    !wanted.is_empty()
        && host.decide(&url, popup) == Decision::Allow
        && wanted.iter().all(|what| host.permits(&url, *what))
}

/// What a load that failed means; none where it was stopped on purpose.
pub(crate) fn fault(domain: &str, code: isize) -> Option<LoadError> {
    match (domain, code) {
        // Cancelled: by our policy, or by a newer load.
        ("NSURLErrorDomain", -999) => None,
        // Secure connection failed, and all that is wrong with a certificate; or no TLS where it is demanded.
        ("NSURLErrorDomain", -1206..=-1200 | -1022) => Some(LoadError::Insecure),
        // Interrupted by a policy; taken over by something that plays it.
        ("WebKitErrorDomain", 102 | 204) => None,
        _ => Some(LoadError::Unreachable),
    }
}

/// Pages of a server that could not make them are no pages to work with.
pub(crate) fn is_broken(status: isize) -> bool {
    status >= 500
}

/// What the server sends is a file to save, by its own word.
pub(crate) fn is_attachment(disposition: Option<&str>) -> bool {
    disposition.is_some_and(|text| {
        text.trim_start()
            .get(..10)
            .is_some_and(|word| word.eq_ignore_ascii_case("attachment"))
    })
}

/// The name of a file to save: never a path.
pub(crate) fn file_name(suggested: &str) -> String {
    let name: String = suggested
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|letter| !letter.is_control())
        .take(120)
        .collect();
    if name.trim_matches(['.', ' ']).is_empty() {
        "download".to_owned()
    } else {
        name
    }
}

/// The `Set-Cookie` line: no domain, so that it is for this host only.
pub(crate) fn cookie_line(cookie: &Cookie<'_>) -> Result<String, Error> {
    let plain = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte))
    };
    if cookie.name.is_empty() || cookie.name.contains('=') || !plain(cookie.name) || !plain(cookie.value) {
        return Err(Error::CookieNotKept);
    }
    let https = cookie.url.scheme() == "https";
    let expires = cookie::time::OffsetDateTime::from_unix_timestamp(cookie.expires_at)
        .map_err(|error| Error::Engine(error.to_string()))?;
    let built = cookie::Cookie::build((cookie.name, cookie.value))
        .path("/")
        .secure(https)
        .http_only(true)
        .same_site(if https {
            cookie::SameSite::None
        } else {
            cookie::SameSite::Lax
        })
        .expires(expires);
    Ok(built.build().to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::Refusal;

    /// Allows one host, holds `/authorize` there, and permits the camera.
    #[derive(Default)]
    struct Strict(Mutex<Vec<SiteEvent>>);

    impl Strict {
        fn told(&self) -> Vec<SiteEvent> {
            std::mem::take(&mut self.0.lock().unwrap())
        }
    }

    const FOREIGN: Refusal = Refusal { code: "E511" };

    impl Host for Strict {
        fn decide(&self, url: &Url, _: bool) -> Decision {
            match (url.scheme(), url.host_str(), url.path()) {
                ("https", Some("ours.example"), "/authorize") => Decision::Hold,
                ("https", Some("ours.example"), _) => Decision::Allow,
                _ => Decision::Refuse(FOREIGN),
            }
        }

        fn decide_popup(&self, opener: &Url, target: &Url, open: usize) -> Decision {
            if open > 0 || target.as_str() == "about:blank" {
                self.decide(opener, false)
            } else {
                self.decide(target, true)
            }
        }

        fn permits(&self, _page: &Url, what: Permission) -> bool {
            what == Permission::Camera
        }

        fn on_event(&self, event: SiteEvent) {
            self.0.lock().unwrap().push(event);
        }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn what_is_allowed_loads_and_is_not_told() {
        let host = Strict::default();
        assert!(navigate(
            &host,
            &url("https://ours.example/group"),
            Navigation {
                popup: false,
                main_frame: true,
                link: false
            }
        ));
        assert!(host.told().is_empty());
    }

    #[test]
    fn what_is_held_does_not_load_and_the_host_goes_on_from_there() {
        let host = Strict::default();
        let held = url("https://ours.example/authorize?x=1");
        assert!(!navigate(
            &host,
            &held,
            Navigation {
                popup: false,
                main_frame: true,
                link: false
            }
        ));
        assert_eq!(host.told(), [SiteEvent::NavigationIntercepted(held)]);
    }

    #[test]
    fn only_the_sites_own_page_goes_astray_and_it_is_told_whether_by_a_link() {
        let host = Strict::default();
        for (popup, main_frame, link, astray) in [
            (false, true, false, true),
            (false, true, true, true),
            (false, false, false, false),
            (true, true, false, false),
        ] {
            let foreign = url("https://portal.example/");
            assert!(!navigate(
                &host,
                &foreign,
                Navigation {
                    popup,
                    main_frame,
                    link
                }
            ));
            let told = host.told();
            let what = if popup {
                RefusedWhat::PopupNavigation
            } else {
                RefusedWhat::Navigation
            };
            assert_eq!(
                told[0],
                SiteEvent::Refused {
                    url: foreign.clone(),
                    refusal: FOREIGN,
                    what
                }
            );
            assert_eq!(
                told.get(1),
                astray.then_some(&SiteEvent::RedirectedAway {
                    url: foreign,
                    refusal: FOREIGN,
                    link
                })
            );
        }
    }

    #[test]
    fn a_window_without_an_address_is_a_blank_one() {
        let host = Strict::default();
        assert_eq!(
            may_open(&host, "https://ours.example/", "", 0),
            Some(url("about:blank"))
        );
        assert!(host.told().is_empty());
    }

    #[test]
    fn a_window_that_is_refused_is_told_and_one_without_a_page_behind_it_is_nothing() {
        let host = Strict::default();
        for target in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "intent://x",
            "https://evil.example/",
        ] {
            assert_eq!(may_open(&host, "https://ours.example/", target, 0), None);
            assert_eq!(
                host.told(),
                [SiteEvent::Refused {
                    url: url(target),
                    refusal: FOREIGN,
                    what: RefusedWhat::Window
                }]
            );
        }
        assert_eq!(may_open(&host, "", "https://ours.example/", 0), None);
        assert!(host.told().is_empty());
    }

    #[test]
    fn camera_and_microphone_are_for_admitted_pages_as_far_as_the_host_permits() {
        let host = Strict::default();
        let ours = ("https", "ours.example", 0);
        assert!(may_capture(&host, ours, false, &[Permission::Camera]));
        assert!(!may_capture(
            &host,
            ours,
            false,
            &[Permission::Camera, Permission::Microphone]
        ));
        assert!(!may_capture(&host, ours, false, &[]));
        assert!(!may_capture(
            &host,
            ("https", "evil.example", 443),
            false,
            &[Permission::Camera]
        ));
        assert!(!may_capture(&host, ("", "", 0), false, &[Permission::Camera]));
    }

    #[test]
    fn a_failed_load_is_told_by_what_it_means_and_one_stopped_on_purpose_is_none() {
        for (domain, code, meant) in [
            ("NSURLErrorDomain", -999, None),
            ("NSURLErrorDomain", -1009, Some(LoadError::Unreachable)),
            ("NSURLErrorDomain", -1001, Some(LoadError::Unreachable)),
            ("NSURLErrorDomain", -1003, Some(LoadError::Unreachable)),
            ("NSURLErrorDomain", -1199, Some(LoadError::Unreachable)),
            ("NSURLErrorDomain", -1200, Some(LoadError::Insecure)),
            ("NSURLErrorDomain", -1202, Some(LoadError::Insecure)),
            ("NSURLErrorDomain", -1206, Some(LoadError::Insecure)),
            ("NSURLErrorDomain", -1022, Some(LoadError::Insecure)),
            ("WebKitErrorDomain", 102, None),
            ("WebKitErrorDomain", 204, None),
            ("WebKitErrorDomain", 101, Some(LoadError::Unreachable)),
            ("SomethingNew", 1, Some(LoadError::Unreachable)),
        ] {
            assert_eq!(fault(domain, code), meant, "{domain} {code}");
        }
        assert!(is_broken(503) && !is_broken(404) && !is_broken(0));
    }

    #[test]
    fn a_file_to_save_is_known_by_its_header() {
        for text in ["attachment", "Attachment; filename=a.pdf", "  ATTACHMENT;x"] {
            assert!(is_attachment(Some(text)), "{text}");
        }
        for text in [None, Some("inline"), Some(""), Some("attach"), Some("ééééééé")] {
            assert!(!is_attachment(text), "{text:?}");
        }
    }

    #[test]
    fn a_file_to_save_gets_a_name_and_never_a_path() {
        for (suggested, name) in [
            ("rooster.pdf", "rooster.pdf"),
            ("../../Library/Preferences/nl.plist", "nl.plist"),
            ("C:\\groep\\rooster.pdf", "rooster.pdf"),
            ("a\u{0}b\n.pdf", "ab.pdf"),
            ("..", "download"),
            ("", "download"),
            ("/", "download"),
        ] {
            assert_eq!(file_name(suggested), name, "{suggested:?}");
        }
        assert_eq!(file_name(&"é".repeat(500)).chars().count(), 120);
    }

    #[test]
    fn a_cookie_is_for_its_host_alone_and_brings_no_attributes_of_its_own() {
        let https = url("https://id.example/authorize");
        let line = cookie_line(&Cookie {
            url: &https,
            name: "transfer",
            value: "abc",
            expires_at: 1_800_000_000,
        })
        .unwrap();
        let (pair, attributes) = line.split_once("; ").unwrap();
        assert_eq!(pair, "transfer=abc");
        for attribute in [
            "HttpOnly",
            "SameSite=None",
            "Secure",
            "Path=/",
            "Expires=Fri, 15 Jan 2027 08:00:00 GMT",
        ] {
            assert!(
                attributes.split("; ").any(|part| part == attribute),
                "{attribute} in {line}"
            );
        }
        assert!(!line.contains("Domain"));
        let http = url("http://127.0.0.1:4000/");
        let line = cookie_line(&Cookie {
            url: &http,
            name: "transfer",
            value: "abc",
            expires_at: 1_800_000_000,
        })
        .unwrap();
        assert!(line.contains("SameSite=Lax") && !line.contains("Secure"));
        for (name, value) in [("a", "b; Domain=example"), ("a=b", "c"), ("", "c"), ("a", "b\r\nc")] {
            assert!(
                cookie_line(&Cookie {
                    url: &https,
                    name,
                    value,
                    expires_at: 0
                })
                .is_err()
            );
        }
    }
}
