//! Every URL that a page can name, mutated: whatever may load is trusted. `cargo xtask fuzz` runs millions of mutations;
//! the ordinary test runs simple ones every time.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use app::{InterceptReason, decide, decide_popup, intercept_reason};
use app_state::{HostRule, NavigationPolicy, Organisation};
use fuzz_support::FuzzTarget;
use tauri_plugin_site_view::{Decision, Navigation};
use url::Url;

const DICTIONARY: &[&str] = &[
    "http://",
    "https://",
    "HTTPS://",
    "file:///",
    "data:",
    "javascript:",
    "blob:",
    "about:blank",
    "intent:",
    "tel:",
    "//",
    "\\",
    "/",
    "..",
    ".",
    "@",
    ":",
    ":443",
    ":0",
    "user:pw@",
    "?",
    "#",
    "%",
    "%00",
    "%2e",
    "%2f",
    "%40",
    "\t",
    "\n",
    "\0",
    " ",
    "\u{7f}",
    "\u{ff0e}",
    "\u{3002}",
    "ß",
    "xn--",
    "[::1]",
    "127.0.0.1",
    "0x7f.1",
    "2130706433",
    "localhost",
    "evil.example",
    "zonnetje.example.nl",
    "trusted.example",
    "client_id=",
    "redirect_uri=https%3A%2F%2Fzonnetje.example.nl%2F",
    "prompt=none",
    "&",
    "=",
    "nl.example.groep",
    "app/callback",
];

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn organisation() -> Organisation {
    Organisation {
        name: "Zonnetje".to_owned(),
        session_key: "session".to_owned(),
        group_url: url("https://zonnetje.example.nl/groep"),
        authorization_endpoint: url("https://id.example/authorize"),
        redirect_uri: url("nl.example.groep://app/callback"),
        trusted_hosts: vec![
            HostRule::Origin(url("https://profile.example")),
            HostRule::Below("trusted.example".to_owned()),
        ],
        loopback_http: false,
    }
}

/// The rules once more, written independently of the code under test.
fn is_trusted(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let whole = ["zonnetje.example.nl", "id.example", "profile.example"].contains(&host);
    let below = host
        .strip_suffix(".trusted.example")
        .is_some_and(|name| !name.is_empty());
    url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && (whole || below)
}

fn check_url(mutated: &[u8]) {
    let Ok(url) = Url::parse(&String::from_utf8_lossy(mutated)) else {
        return;
    };
    let blank = ["about:blank", "about:srcdoc"].contains(&url.as_str());
    for policy in [
        NavigationPolicy::Closed,
        NavigationPolicy::SignIn {
            organisation: organisation(),
        },
        NavigationPolicy::Group {
            organisation: organisation(),
            intercept_authorization: true,
        },
        NavigationPolicy::Group {
            organisation: organisation(),
            intercept_authorization: false,
        },
    ] {
        for popup in [false, true] {
            let navigation = Navigation {
                url: url.clone(),
                popup,
            };
            match (decide(&policy, &navigation), intercept_reason(&policy, &navigation)) {
                (Decision::Allow, None) => assert!(
                    policy != NavigationPolicy::Closed && (blank || is_trusted(&url)),
                    "{url}"
                ),
                (Decision::Hold, Some(InterceptReason::Callback)) => {
                    assert!(matches!(policy, NavigationPolicy::SignIn { .. }) && !popup, "{url}");
                    assert!(
                        url.scheme() == "nl.example.groep"
                            && url.host_str() == Some("app")
                            && url.path() == "/callback",
                        "{url}"
                    );
                }
                (Decision::Hold, Some(InterceptReason::SessionTransfer)) => {
                    assert!(
                        matches!(
                            policy,
                            NavigationPolicy::Group {
                                intercept_authorization: true,
                                ..
                            }
                        ) && !popup,
                        "{url}"
                    );
                    assert!(
                        is_trusted(&url) && url.host_str() == Some("id.example") && url.path() == "/authorize",
                        "{url}"
                    );
                }
                (Decision::Refuse(_), None) => {
                    assert!(policy == NavigationPolicy::Closed || !is_trusted(&url), "{url}");
                }
                other => panic!("{url}: {other:?}"),
            }
        }
        let open = decide_popup(&policy, &organisation().group_url, &url, 0);
        assert!(
            open != Decision::Allow || url.as_str() == "about:blank" || is_trusted(&url),
            "{url}"
        );
        let from = decide_popup(&policy, &url, &organisation().group_url, 0);
        assert!(from != Decision::Allow || is_trusted(&url), "{url}");
    }
}

fn target() -> FuzzTarget<'static> {
    let seeds = [
        "https://zonnetje.example.nl/groep?dag=1",
        "https://id.example/authorize?client_id=web&redirect_uri=https%3A%2F%2Fzonnetje.example.nl%2F&prompt=login",
        "https://a.b.trusted.example/x",
        "nl.example.groep://app/callback?code=1&state=2",
        "https://evil.example/?u=https://zonnetje.example.nl",
    ];
    FuzzTarget {
        name: "addresses",
        seeds: seeds.map(|seed| seed.as_bytes().to_vec()).to_vec(),
        dictionary: DICTIONARY,
        run: check_url,
    }
}

#[test]
fn simple_mutations_of_a_url_never_make_an_untrusted_page_load() {
    target().run_simple_mutations(40);
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_addresses() {
    target().fuzz();
}
