//! The rules in the words of Android's `WebView`: URLs as text, permissions by the names of `PermissionRequest`.

use url::Url;

use super::{Load, OpenPopups};
use crate::{Decision, Host, Labels, LoadError, Navigation, Permission, RefusalReason, RefusedWhat, SiteEvent};

/// Whether `address` may load. After `false` the host has the event and continues by itself.
pub(crate) fn may_navigate(host: &dyn Host, address: &str, popup: bool, main_frame: bool) -> bool {
    let Some(url) = parse(host, address, super::navigation_kind(popup)) else {
        return false;
    };
    // Android's engine does not say whether a person followed a link.
    let load = Load {
        main_frame,
        link: false,
    };
    super::navigate(host, &Navigation { url, popup }, load)
}

/// Whether the page at `opener` may open a pop-up to `target`.
pub(crate) fn may_open_popup(host: &dyn Host, opener: &str, target: &str, open: OpenPopups) -> bool {
    let Some(target) = parse(host, target, RefusedWhat::Window) else {
        return false;
    };
    let Some(opener) = parse(host, opener, RefusedWhat::Window) else {
        return false;
    };
    super::may_open_popup(host, &opener, &target, open)
}

/// Whether the page at `address` may use what a constant of Android's `PermissionRequest` names, or may `print`.
pub(crate) fn allows(host: &dyn Host, address: &str, resource: &str) -> bool {
    let what = match resource {
        "android.webkit.resource.VIDEO_CAPTURE" => Permission::Camera,
        "android.webkit.resource.AUDIO_CAPTURE" => Permission::Microphone,
        // One of the system's printers writes a file.
        "print" => Permission::Download,
        _ => return false,
    };
    Url::parse(address).is_ok_and(|page| page.has_host() && super::may_capture(host, &page, false, &[what]))
}

/// Whether a page that replaces another one, and is about to be drawn, may be shown. A navigation that the host holds was
/// let through before, so that the host has decided about it. While the host lets nothing load it does not show the site,
/// and a page that was on its way then is no stranger. After `false` the caller takes the page away, and then reports
/// [`LoadError::PageRefused`]: the page before is gone, so this is no [`SiteEvent::RedirectedAway`].
pub(crate) fn may_show(host: &dyn Host, address: &str, popup: bool) -> bool {
    let what = super::navigation_kind(popup);
    let Some(url) = parse(host, address, what) else {
        return false;
    };
    if url.as_str() == "about:blank" {
        return true;
    }
    let navigation = Navigation { url, popup };
    let reason = match host.decide(&navigation) {
        Decision::Allow | Decision::Hold | Decision::Refuse(RefusalReason::Closed) => return true,
        Decision::Refuse(reason) => reason,
    };
    super::refused(host, &navigation.url, reason, what);
    false
}

/// The schemes that a tap hands to another app. No others, because an `intent:` URL can start nearly anything.
const OTHER_APPS: [&str; 4] = ["tel", "mailto", "sms", "otpauth"];

/// Whether a person who taps a link to `address` wants another app for it.
pub(crate) fn is_for_other_app(host: &dyn Host, address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| {
        OTHER_APPS.contains(&url.scheme())
            && host.decide(&Navigation { url, popup: false }) == Decision::Refuse(RefusalReason::OtherApp)
    })
}

/// Whether the page may save this file. A file that a page made itself (`blob:`, `data:`) is its own; the URL of a `blob:`
/// names the page's origin, so that a frame of another host saves nothing.
pub(crate) fn may_download(host: &dyn Host, page: &str, file: &str, popup: bool) -> bool {
    let what = super::navigation_kind(popup);
    let Some(url) = parse(host, file, what) else {
        return false;
    };
    if matches!(url.scheme(), "blob" | "data") {
        let page = Url::parse(page).ok().filter(Url::has_host);
        let Some(page) = page.filter(|page| url.scheme() == "data" || url.origin() == page.origin()) else {
            super::refused(host, &url, RefusalReason::Scheme, what);
            return false;
        };
        return super::may_download(host, Some(&page), &url);
    }
    // As in a pop-up, so that the host does not intercept a download as if it were a sign-in.
    let navigation = Navigation { url, popup: true };
    if let Decision::Refuse(reason) = host.decide(&navigation) {
        super::refused(host, &navigation.url, reason, what);
        return false;
    }
    let page = Url::parse(page).ok().filter(Url::has_host);
    navigation.url.has_host() && super::may_download(host, page.as_ref(), &navigation.url)
}

/// The script that runs in each page. `token` begins what it says to the app.
pub(crate) fn page_script(token: &str) -> String {
    include_str!("page_script.js").replace("TOKEN", token)
}

/// Marks of direction and joiners, which no reader of a name sees.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// The longest file name in bytes, so that a number before it still fits where a name may have 255.
const MAX_NAME: usize = 200;

/// A name for a file that a server or a page calls `given`: the last part of a path, not hidden, not too long, and
/// without characters that let an ending look like another one.
pub(crate) fn file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last.chars().filter(|c| !c.is_control() && !is_invisible(*c)).collect();
    let name = shown.trim().trim_start_matches('.').trim();
    let (stem, ending) = match name.rfind('.') {
        Some(at) if name.len() - at <= 20 => name.split_at(at),
        _ => (name, ""),
    };
    let mut length = stem.len().min(MAX_NAME - ending.len());
    while !stem.is_char_boundary(length) {
        length -= 1;
    }
    let name = format!("{}{ending}", &stem[..length]);
    if name.is_empty() { "download".to_owned() } else { name }
}

/// The text that a constant of `NativeHost` stands for.
pub(crate) fn label(labels: &Labels, which: i32) -> &'static str {
    match which {
        1 => labels.saved,
        2 => labels.not_saved,
        3 => labels.no_app,
        4 => labels.not_read,
        _ => labels.close,
    }
}

/// The event that a reason of `NativeHost.onFailed` stands for.
pub(crate) fn failure(reason: i32) -> SiteEvent {
    match reason {
        1 => SiteEvent::Failed(LoadError::Insecure),
        2 => SiteEvent::Failed(LoadError::PageRefused),
        3 => SiteEvent::Crashed,
        _ => SiteEvent::Failed(LoadError::Unreachable),
    }
}

/// Whether an answer for the site's main frame counts as a load error, and reports it if so. `headers` has one header
/// per line, as `name: value`.
pub(crate) fn on_http_error(host: &dyn Host, status: i32, headers: &str) -> bool {
    let header = |name: &str| {
        headers.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let error = super::server_error(status.into(), header);
    if let Some(error) = error {
        host.on_event(SiteEvent::Failed(error));
    }
    error.is_some()
}

/// Parses a URL; one that does not parse is refused and reported as `about:unreadable`.
fn parse(host: &dyn Host, address: &str, what: RefusedWhat) -> Option<Url> {
    let url = Url::parse(address).ok();
    if url.is_none()
        && let Ok(url) = Url::parse("about:unreadable")
    {
        super::refused(host, &url, RefusalReason::Scheme, what);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Recorder, refusal};
    use super::*;

    const NONE: OpenPopups = OpenPopups {
        by_opener: 0,
        in_total: 0,
    };

    #[test]
    fn a_url_that_does_not_parse_is_refused_and_reported() {
        let host = Recorder::default();
        for address in ["", "no address", "https://", "http://[", "\u{0}"] {
            assert!(!may_navigate(&host, address, false, true));
            assert!(!may_open_popup(&host, "https://ours.example/", address, NONE));
            assert!(!may_open_popup(&host, address, "https://ours.example/", NONE));
            assert!(!may_download(&host, "https://ours.example/", address, false));
            assert!(!allows(&host, address, "android.webkit.resource.VIDEO_CAPTURE"));
        }
        let events = host.take();
        assert_eq!(events.len(), 20);
        assert_eq!(
            events[0],
            refusal("about:unreadable", RefusalReason::Scheme, RefusedWhat::Navigation)
        );
    }

    #[test]
    fn camera_and_microphone_are_for_pages_that_may_load_and_for_what_the_host_allows() {
        let able = Recorder::allowing(&[Permission::Camera]);
        let camera = "android.webkit.resource.VIDEO_CAPTURE";
        assert!(allows(&able, "https://ours.example/", camera));
        assert!(!allows(&able, "https://portal.example/", camera));
        assert!(!allows(&able, "about:blank", camera));
        assert!(!allows(
            &able,
            "https://ours.example/",
            "android.webkit.resource.AUDIO_CAPTURE"
        ));
        assert!(!allows(
            &able,
            "https://ours.example/",
            "android.webkit.resource.MIDI_SYSEX"
        ));
        assert!(!allows(&Recorder::default(), "https://ours.example/", camera));
    }

    #[test]
    fn a_file_is_saved_for_a_page_that_may_save_files_and_from_where_pages_may_load() {
        let (able, unable) = (Recorder::allowing(&[Permission::Download]), Recorder::default());
        let (page, file) = ("https://ours.example/", "https://ours.example/x.pdf");
        assert!(may_download(&able, page, file, false));
        assert!(may_download(&able, "about:blank", file, true));
        assert!(!may_download(&able, "https://portal.example/", file, false));
        assert!(!may_download(&able, page, "https://portal.example/x.pdf", false));
        assert!(!may_download(&able, page, "file:///x", true));
        assert!(!may_download(&unable, page, file, false));
        let refused = |address, what| refusal(address, RefusalReason::Host, what);
        assert_eq!(
            able.take(),
            [
                refused("https://portal.example/x.pdf", RefusedWhat::Navigation),
                refused("file:///x", RefusedWhat::PopupNavigation),
            ]
        );
        assert_eq!(unable.take(), []);
    }

    #[test]
    fn a_file_that_a_page_made_itself_is_saved_for_that_page_alone() {
        let (able, unable) = (Recorder::allowing(&[Permission::Download]), Recorder::default());
        let page = "https://ours.example/";
        let (blob, data) = ("blob:https://ours.example/1", "data:text/csv,x");
        for file in [blob, data] {
            assert!(may_download(&able, page, file, false));
            assert!(!may_download(&unable, page, file, false));
            assert!(!may_download(&able, "https://portal.example/", file, false));
        }
        able.take();
        for (page, file) in [
            (page, "blob:https://portal.example/1"),
            (page, "blob:null/1"),
            ("about:blank", blob),
            ("about:blank", data),
        ] {
            assert!(!may_download(&able, page, file, true));
            let refused = refusal(file, RefusalReason::Scheme, RefusedWhat::PopupNavigation);
            assert_eq!(able.take(), [refused]);
        }
    }

    #[test]
    fn a_page_that_came_unannounced_is_shown_only_if_it_may_load() {
        let host = Recorder::default();
        for address in [
            "https://ours.example/",
            "https://ours.example/authorize?x=1",
            "about:blank",
        ] {
            assert!(may_show(&host, address, false), "{address}");
        }
        assert_eq!(host.take(), [], "what was held was decided before");
        let foreign = "https://portal.example/";
        assert!(!may_show(&host, foreign, false));
        let refused = refusal(foreign, RefusalReason::Host, RefusedWhat::Navigation);
        assert_eq!(host.take(), [refused], "no page stayed that was led away");
        assert!(!may_show(&host, foreign, true));
        assert_eq!(
            host.take(),
            [refusal(foreign, RefusalReason::Host, RefusedWhat::PopupNavigation)]
        );
        assert!(!may_show(&host, "", false));
    }

    #[test]
    fn telephone_mail_and_one_time_codes_are_for_other_apps_where_the_host_says_so_and_nothing_else_is() {
        struct OtherApps(RefusalReason);
        impl Host for OtherApps {
            fn decide(&self, _: &Navigation) -> Decision {
                Decision::Refuse(self.0)
            }
            fn decide_popup(&self, _: &Url, _: &Url, _: usize) -> Decision {
                Decision::Hold
            }
            fn allows(&self, _: &Url, _: Permission) -> bool {
                false
            }
            fn on_event(&self, _: SiteEvent) {}
        }
        let wanted = ["tel:112", "mailto:a@b.example", "sms:1", "otpauth://totp/x?secret=A"];
        let closed = OtherApps(RefusalReason::Closed);
        assert!(may_show(&closed, "https://x.example/", false), "nothing is shown");
        for address in wanted {
            assert!(
                is_for_other_app(&OtherApps(RefusalReason::OtherApp), address),
                "{address}"
            );
            assert!(
                !is_for_other_app(&OtherApps(RefusalReason::Closed), address),
                "{address}"
            );
        }
        for address in [
            "intent://x#Intent;end",
            "market://details?id=x",
            "https://x.example/",
            "file:///x",
            "",
        ] {
            assert!(
                !is_for_other_app(&OtherApps(RefusalReason::OtherApp), address),
                "{address}"
            );
        }
    }

    #[test]
    fn each_reason_of_a_failed_load_has_its_event() {
        use LoadError::{Insecure, PageRefused, Unreachable};
        let failed = [Unreachable, Insecure, PageRefused].map(SiteEvent::Failed);
        assert_eq!([0, 1, 2].map(failure), failed);
        assert_eq!(
            [3, -1].map(failure),
            [SiteEvent::Crashed, SiteEvent::Failed(Unreachable)]
        );
    }

    #[test]
    fn a_page_prints_only_where_it_may_save_files() {
        let page = "https://ours.example/";
        assert!(allows(&Recorder::allowing(&[Permission::Download]), page, "print"));
        assert!(!allows(&Recorder::allowing(&[Permission::Camera]), page, "print"));
    }

    #[test]
    fn a_file_gets_a_visible_name_of_bounded_length_that_is_no_path() {
        for (given, name) in [
            ("rooster.csv", "rooster.csv"),
            ("../../x.pdf", "x.pdf"),
            ("..\\.hidden.csv", "hidden.csv"),
            ("roo\u{202e}fdp.exe", "roofdp.exe"),
            ("a\u{200f}\u{2066}\u{0}\n.pdf", "a.pdf"),
            ("..", "download"),
            ("\u{202e}.\u{202e}", "download"),
            ("", "download"),
        ] {
            assert_eq!(file_name(given), name, "{given:?}");
        }
        let long = file_name(&format!("{}.pdf", "\u{e9}".repeat(300)));
        assert_eq!((long.len(), long.ends_with("\u{e9}.pdf")), (MAX_NAME, true));
        assert!(file_name(&format!("a.{}", "b".repeat(300))).len() <= MAX_NAME);
    }

    #[test]
    fn the_script_of_a_page_has_its_token_and_no_other() {
        let script = page_script("7f");
        assert!(script.trim_end().ends_with("})('7f');") && !script.contains("TOKEN"));
    }

    #[test]
    fn each_text_has_its_number() {
        let labels = Labels::DUTCH;
        let expected = [
            labels.close,
            labels.saved,
            labels.not_saved,
            labels.no_app,
            labels.not_read,
        ];
        assert_eq!([0, 1, 2, 3, 4].map(|which| label(&labels, which)), expected);
    }

    #[test]
    fn the_headers_of_a_failed_load_are_found_whatever_their_case() {
        let host = Recorder::default();
        for (headers, seconds) in [
            ("", None),
            ("Content-Type: text/html\nRetry-After: 30", Some(30)),
            ("retry-after:30\r\nserver: x", Some(30)),
            ("x-retry-after: 30\nno colon", None),
        ] {
            assert!(on_http_error(&host, 429, headers), "{headers:?}");
            let retry_after = seconds.map(std::time::Duration::from_secs);
            let failed = SiteEvent::Failed(LoadError::Server { retry_after });
            assert_eq!(host.take(), [failed], "{headers:?}");
        }
        assert!(!on_http_error(&host, 404, "Retry-After: 30"));
        assert_eq!(host.take(), []);
    }
}
