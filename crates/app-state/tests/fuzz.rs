//! Every address that a page can name, damaged in every way: what may load is trusted.
//! `cargo xtask fuzz` runs millions; the test beside it takes simple damage on every run.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use app_state::{Decision, Held, HostRule, Navigation, Place, Policy};
use fuzz_support::Target;
use url::Url;

const PIECES: &[&str] = &[
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
    "prompt=none",
    "&",
    "=",
    "nl.example.groep",
    "app/callback",
];

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn place() -> Place {
    Place {
        organisation: "Zonnetje".to_owned(),
        session: "session".to_owned(),
        group: url("https://zonnetje.example.nl/groep"),
        authorize: url("https://id.example/authorize"),
        callback: url("nl.example.groep://app/callback"),
        trusted: vec![
            HostRule::Origin(url("https://profile.example")),
            HostRule::Below("trusted.example".to_owned()),
        ],
        loopback: false,
    }
}

/// By the rules' own words, and not by their code.
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

fn addresses(damaged: &[u8]) {
    let Ok(url) = Url::parse(&String::from_utf8_lossy(damaged)) else {
        return;
    };
    let blank = ["about:blank", "about:srcdoc"].contains(&url.as_str());
    for policy in [
        Policy::Closed,
        Policy::SignIn { place: place() },
        Policy::Group {
            place: place(),
            hand_off: true,
        },
        Policy::Group {
            place: place(),
            hand_off: false,
        },
    ] {
        for popup in [false, true] {
            match policy.decide(&Navigation {
                url: url.clone(),
                popup,
            }) {
                Decision::Allow => assert!(policy != Policy::Closed && (blank || is_trusted(&url)), "{url}"),
                Decision::Hold(Held::Callback) => {
                    assert!(matches!(policy, Policy::SignIn { .. }) && !popup, "{url}");
                    assert!(
                        url.scheme() == "nl.example.groep"
                            && url.host_str() == Some("app")
                            && url.path() == "/callback",
                        "{url}"
                    );
                }
                Decision::Hold(Held::HandOff) => {
                    assert!(
                        matches!(policy, Policy::Group { hand_off: true, .. }) && !popup,
                        "{url}"
                    );
                    assert!(
                        is_trusted(&url) && url.host_str() == Some("id.example") && url.path() == "/authorize",
                        "{url}"
                    );
                }
                Decision::Refuse(_) => assert!(policy == Policy::Closed || !is_trusted(&url), "{url}"),
            }
        }
        let open = policy.decide_popup(&place().group, &url, 0);
        assert!(
            open != Decision::Allow || url.as_str() == "about:blank" || is_trusted(&url),
            "{url}"
        );
        let from = policy.decide_popup(&url, &place().group, 0);
        assert!(from != Decision::Allow || is_trusted(&url), "{url}");
    }
}

fn target() -> Target<'static> {
    let seeds = [
        "https://zonnetje.example.nl/groep?dag=1",
        "https://id.example/authorize?client_id=web&response_type=code&prompt=login",
        "https://a.b.trusted.example/x",
        "nl.example.groep://app/callback?code=1&state=2",
        "https://evil.example/?u=https://zonnetje.example.nl",
    ];
    Target {
        name: "addresses",
        seeds: seeds.map(|seed| seed.as_bytes().to_vec()).to_vec(),
        pieces: PIECES,
        asked: addresses,
    }
}

#[test]
fn simple_damage_is_withstood() {
    target().simply(40);
}

#[test]
#[ignore = "cargo xtask fuzz"]
fn fuzz_addresses() {
    target().fuzz();
}
