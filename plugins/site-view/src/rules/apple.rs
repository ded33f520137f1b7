//! The rules in the words of Apple's `WKWebView`: error domains and numbers, origins in parts, response headers.

use url::Url;

use super::OpenPopups;
use crate::{Host, LoadError, Permission};

/// Decides a new window and returns the URL that it opens with. An engine that does not know the URL yet gives an empty
/// text, which opens `about:blank`.
pub(crate) fn may_open_popup(host: &dyn Host, opener: &str, target: &str, open: OpenPopups) -> Option<Url> {
    let opener = Url::parse(opener).ok()?;
    let target = Url::parse(if target.is_empty() { "about:blank" } else { target }).ok()?;
    super::may_open_popup(host, &opener, &target, open).then_some(target)
}

/// Whether the page of this origin (scheme, host, port) may use camera and microphone. Port 0 is the scheme's default.
pub(crate) fn may_capture(host: &dyn Host, origin: (&str, &str, isize), popup: bool, wanted: &[Permission]) -> bool {
    let (scheme, name, port) = origin;
    let address = if port == 0 {
        format!("{scheme}://{name}/")
    } else {
        format!("{scheme}://{name}:{port}/")
    };
    Url::parse(&address).is_ok_and(|page| super::may_capture(host, &page, popup, wanted))
}

/// Which load error an `NSError` stands for; `None` where the load was stopped on purpose.
pub(crate) fn load_error(domain: &str, code: isize) -> Option<LoadError> {
    match (domain, code) {
        // `NSURLErrorCancelled`: stopped by the host's decision, or replaced by a newer load.
        ("NSURLErrorDomain", -999) => None,
        // Secure connection failed, and all errors of certificates; App Transport Security demands TLS.
        ("NSURLErrorDomain", -1206..=-1200 | -1022) => Some(LoadError::Insecure),
        // Interrupted by a policy decision; taken over by a plug-in that plays it.
        ("WebKitErrorDomain", 102 | 204) => None,
        _ => Some(LoadError::Unreachable),
    }
}

/// The name under which the scripts' own world reaches the app.
#[cfg(target_os = "ios")]
pub(crate) const ACTIVITY_HANDLER: &str = "activity";

/// Tells the app of key presses: those on the screen's keyboard come through another window, which the app cannot see. A
/// page cannot make such an event count, because only the system's own events are trusted.
const TELL_OF_TYPING: &str = r#"for (const kind of ["keydown", "input"]) {
    addEventListener(kind, event => {
        if (event.isTrusted) webkit.messageHandlers.activity.postMessage(null);
    }, { capture: true, passive: true });
}"#;

/// Keeps WebKit from offering to save or share what a finger rests on, and from letting it be dragged into another app.
const KEEP_PICTURES: &str = r#"document.documentElement.style.setProperty("-webkit-touch-callout", "none", "important");
addEventListener("dragstart", event => event.preventDefault(), { capture: true });"#;

/// The scripts for each page.
pub(crate) fn page_scripts(may_save: bool) -> impl Iterator<Item = &'static str> {
    [Some(TELL_OF_TYPING), (!may_save).then_some(KEEP_PICTURES)]
        .into_iter()
        .flatten()
}

/// The zoom of a page for the system's text size, as a factor of the usual one. Bounded, because at the largest sizes for
/// low vision the buttons of a page no longer fit on its screen.
pub(crate) fn page_zoom(text_size: f64) -> f64 {
    if text_size.is_finite() {
        text_size.clamp(0.8, 2.0)
    } else {
        1.0
    }
}

/// Whether `Content-Disposition` says that the response is a file to save.
pub(crate) fn is_attachment(disposition: Option<&str>) -> bool {
    disposition.is_some_and(|text| {
        text.trim_start()
            .get(..10)
            .is_some_and(|word| word.eq_ignore_ascii_case("attachment"))
    })
}

/// The name under which a file is saved: the last part of a path, without control characters, at most 120 characters.
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

#[cfg(test)]
mod tests {
    use super::super::tests::{Recorder, refusal, url};
    use super::*;
    use crate::{RefusalReason, RefusedWhat};

    const NONE: OpenPopups = OpenPopups {
        by_opener: 0,
        in_total: 0,
    };

    #[test]
    fn a_window_without_a_url_is_a_blank_one() {
        let host = Recorder::default();
        assert_eq!(
            may_open_popup(&host, "https://ours.example/", "", NONE),
            Some(url("about:blank"))
        );
        assert!(host.take().is_empty());
    }

    #[test]
    fn a_refused_window_is_reported_and_one_without_a_page_behind_it_is_not() {
        let host = Recorder::default();
        for target in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "intent://x",
            "https://evil.example/",
        ] {
            assert_eq!(may_open_popup(&host, "https://ours.example/", target, NONE), None);
            assert_eq!(host.take(), [refusal(target, RefusalReason::Host, RefusedWhat::Window)]);
        }
        assert_eq!(may_open_popup(&host, "", "https://ours.example/", NONE), None);
        assert!(host.take().is_empty());
    }

    #[test]
    fn camera_and_microphone_are_for_admitted_pages_as_far_as_the_host_allows() {
        let host = Recorder::allowing(&[Permission::Camera]);
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
    fn a_failed_load_has_its_load_error_and_one_stopped_on_purpose_has_none() {
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
            assert_eq!(load_error(domain, code), meant, "{domain} {code}");
        }
    }

    #[test]
    fn pictures_can_be_kept_only_where_files_may_be_saved_and_typing_is_always_told() {
        let scripts = |may_save| page_scripts(may_save).collect::<Vec<_>>();
        assert_eq!(scripts(true), [TELL_OF_TYPING]);
        assert_eq!(scripts(false), [TELL_OF_TYPING, KEEP_PICTURES]);
        assert!(TELL_OF_TYPING.contains("event.isTrusted") && TELL_OF_TYPING.contains("messageHandlers.activity"));
        assert!(KEEP_PICTURES.contains("-webkit-touch-callout"));
    }

    #[test]
    fn the_zoom_follows_the_text_size_within_bounds() {
        for (text_size, zoom) in [
            (1.0, 1.0),
            (1.5, 1.5),
            (0.1, 0.8),
            (3.1, 2.0),
            (f64::NAN, 1.0),
            (f64::INFINITY, 1.0),
        ] {
            assert!((page_zoom(text_size) - zoom).abs() < f64::EPSILON, "{text_size}");
        }
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
}
