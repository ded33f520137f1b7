//! What the site view may load and open: tables of URLs and answers.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use app::{InterceptReason, decide, decide_popup, intercept_reason};
use app_state::{HostRule, NavigationPolicy, Organisation};
use tauri_plugin_site_view::{Decision, Navigation, RefusalReason};
use url::Url;

const GROUP: &str = "https://zonnetje.ouderportaal.nl/groep";
const AUTHORIZE: &str = "https://login.kidskonnect.example/authorize";
const REQUEST: &str = "https://login.kidskonnect.example/authorize?client_id=konnect-web&response_type=code&state=1&redirect_uri=https%3A%2F%2Fzonnetje.ouderportaal.nl%2Fcallback";
const CALLBACK: &str = "nl.kidskonnect.groep:/callback";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Allow,
    Refuse(RefusalReason),
    Intercept(InterceptReason),
}

const ALLOW: Answer = Answer::Allow;
const TRANSFER: Answer = Answer::Intercept(InterceptReason::SessionTransfer);

const fn no(why: RefusalReason) -> Answer {
    Answer::Refuse(why)
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn organisation() -> Organisation {
    Organisation {
        name: "zonnetje".to_owned(),
        session_key: "https://login.kidskonnect.example/ app api".to_owned(),
        group_url: url(GROUP),
        authorization_endpoint: url(AUTHORIZE),
        redirect_uri: url(CALLBACK),
        trusted_hosts: vec![
            HostRule::Below("ouderportaal.nl".to_owned()),
            HostRule::Origin(url("https://profiel.kidskonnect.example")),
        ],
        loopback_http: false,
    }
}

fn group(intercept_authorization: bool) -> NavigationPolicy {
    NavigationPolicy::Group {
        organisation: organisation(),
        intercept_authorization,
    }
}

fn sign_in() -> NavigationPolicy {
    NavigationPolicy::SignIn {
        organisation: organisation(),
    }
}

fn answer(policy: &NavigationPolicy, navigation: &Navigation) -> Answer {
    match (decide(policy, navigation), intercept_reason(policy, navigation)) {
        (Decision::Allow, None) => Answer::Allow,
        (Decision::Refuse(reason), None) => Answer::Refuse(reason),
        (Decision::Hold, Some(reason)) => Answer::Intercept(reason),
        other => panic!("the two functions contradict each other: {other:?}"),
    }
}

#[track_caller]
fn table(policy: &NavigationPolicy, popup: bool, rows: &[(&str, Answer)]) {
    for (address, expected) in rows {
        let navigation = Navigation {
            url: url(address),
            popup,
        };
        assert_eq!(answer(policy, &navigation), *expected, "{address}, pop-up: {popup}");
    }
}

#[test]
fn only_pages_of_trusted_hosts_load() {
    let rows = [
        (GROUP, ALLOW),
        ("https://zonnetje.ouderportaal.nl/", ALLOW),
        ("https://ZONNETJE.OuderPortaal.NL/groep", ALLOW),
        ("https://zonnetje.ouderportaal.nl:443/groep", ALLOW),
        ("https://a.b.ouderportaal.nl/", ALLOW),
        ("https://login.kidskonnect.example/u/login", ALLOW),
        ("https://profiel.kidskonnect.example/mij?a=b#c", ALLOW),
        // A fragment or a path is not a host.
        (
            "https://evil.example/#zonnetje.ouderportaal.nl",
            no(RefusalReason::Host),
        ),
        ("https://evil.example/zonnetje.ouderportaal.nl", no(RefusalReason::Host)),
        (
            "https://evil.example/?https://zonnetje.ouderportaal.nl",
            no(RefusalReason::Host),
        ),
        // A name that begins or ends alike.
        ("https://evil-ouderportaal.nl/", no(RefusalReason::Host)),
        ("https://evilouderportaal.nl/", no(RefusalReason::Host)),
        ("https://ouderportaal.nl.evil.example/", no(RefusalReason::Host)),
        (
            "https://zonnetje.ouderportaal.nl.evil.example/",
            no(RefusalReason::Host),
        ),
        ("https://zonnetje.ouderportaal.nl./groep", no(RefusalReason::Host)),
        ("https://.ouderportaal.nl/", no(RefusalReason::Host)),
        ("https://ouderportaal.nl/", no(RefusalReason::Host)),
        ("https://sub.profiel.kidskonnect.example/", no(RefusalReason::Host)),
        (
            "https://login.kidskonnect.example.evil.example/",
            no(RefusalReason::Host),
        ),
        // A name that looks alike: the Cyrillic o becomes punycode.
        ("https://zonnetje.\u{43e}uderportaal.nl/", no(RefusalReason::Host)),
        ("https://zonnetje.xn--uderportaal-9uf.nl/", no(RefusalReason::Host)),
        // Full-width letters are the same name, by the standard.
        ("https://zonnetje.\u{ff4f}uderportaal.nl/", ALLOW),
        // Another port is another server.
        ("https://zonnetje.ouderportaal.nl:8443/groep", no(RefusalReason::Host)),
        ("https://login.kidskonnect.example:444/", no(RefusalReason::Host)),
        ("https://127.0.0.1/", no(RefusalReason::Host)),
        ("https://[::1]/", no(RefusalReason::Host)),
        ("https://192.168.1.1/", no(RefusalReason::Host)),
    ];
    for popup in [false, true] {
        table(&group(false), popup, &rows);
        table(&sign_in(), popup, &rows);
    }
}

#[test]
fn only_https_loads() {
    let rows = [
        ("javascript:alert(1)", no(RefusalReason::Scheme)),
        ("JavaScript:alert(1)", no(RefusalReason::Scheme)),
        ("data:text/html,<h1>x", no(RefusalReason::Scheme)),
        ("file:///etc/passwd", no(RefusalReason::Scheme)),
        ("file://zonnetje.ouderportaal.nl/groep", no(RefusalReason::Scheme)),
        ("blob:https://zonnetje.ouderportaal.nl/1b", no(RefusalReason::Scheme)),
        (
            "filesystem:https://zonnetje.ouderportaal.nl/temporary/x",
            no(RefusalReason::Scheme),
        ),
        ("intent://scan/#Intent;scheme=zxing;end", no(RefusalReason::Scheme)),
        ("content://media/1", no(RefusalReason::Scheme)),
        ("ftp://zonnetje.ouderportaal.nl/", no(RefusalReason::Scheme)),
        ("ws://zonnetje.ouderportaal.nl/", no(RefusalReason::Scheme)),
        ("tauri://localhost/", no(RefusalReason::Scheme)),
        (
            "view-source:https://zonnetje.ouderportaal.nl/",
            no(RefusalReason::Scheme),
        ),
        ("about:config", no(RefusalReason::Scheme)),
        ("about:blank", ALLOW),
        ("about:srcdoc", ALLOW),
        ("tel:+31201234567", no(RefusalReason::OtherApp)),
        ("mailto:juf@zonnetje.example", no(RefusalReason::OtherApp)),
        ("sms:+31612345678", no(RefusalReason::OtherApp)),
        ("otpauth://totp/Zonnetje?secret=JBSWY3DP", no(RefusalReason::OtherApp)),
        ("http://zonnetje.ouderportaal.nl/groep", no(RefusalReason::Insecure)),
        ("http://127.0.0.1/", no(RefusalReason::Insecure)),
        ("http://localhost/", no(RefusalReason::Insecure)),
    ];
    for popup in [false, true] {
        table(&group(true), popup, &rows);
        table(&sign_in(), popup, &rows);
    }
}

#[test]
fn a_url_with_a_user_name_or_a_password_never_loads() {
    let rows = [
        (
            "https://juf@zonnetje.ouderportaal.nl/groep",
            no(RefusalReason::Credentials),
        ),
        (
            "https://juf:geheim@zonnetje.ouderportaal.nl/groep",
            no(RefusalReason::Credentials),
        ),
        (
            "https://:geheim@zonnetje.ouderportaal.nl/groep",
            no(RefusalReason::Credentials),
        ),
        (
            "https://zonnetje.ouderportaal.nl@evil.example/",
            no(RefusalReason::Credentials),
        ),
        (
            "https://zonnetje.ouderportaal.nl%2f@evil.example/",
            no(RefusalReason::Credentials),
        ),
        // The standard reads a backslash as a slash: the host is the first name.
        (
            "https://evil.example\\@zonnetje.ouderportaal.nl/",
            no(RefusalReason::Host),
        ),
    ];
    table(&group(false), false, &rows);
    table(&sign_in(), true, &rows);
}

#[test]
fn loopback_is_for_development_and_for_its_own_ports() {
    let development = Organisation {
        group_url: url("http://127.0.0.1:4100/zonnetje/groep"),
        authorization_endpoint: url("http://127.0.0.1:4200/authorize"),
        trusted_hosts: vec![HostRule::Origin(url("http://127.0.0.1:4300"))],
        loopback_http: true,
        ..organisation()
    };
    let rows = [
        ("http://127.0.0.1:4100/zonnetje/groep", ALLOW),
        ("http://127.0.0.1:4200/u/login", ALLOW),
        ("http://127.0.0.1:4300/", ALLOW),
        ("http://127.0.0.1:4400/", no(RefusalReason::Host)),
        ("http://localhost:4100/", no(RefusalReason::Host)),
        ("http://[::1]:4100/", no(RefusalReason::Host)),
        ("http://127.0.0.1.evil.example/", no(RefusalReason::Insecure)),
        ("http://192.168.1.1/", no(RefusalReason::Insecure)),
        ("http://zonnetje.ouderportaal.nl/", no(RefusalReason::Insecure)),
        ("https://127.0.0.1:4100/", no(RefusalReason::Host)),
    ];
    table(
        &NavigationPolicy::Group {
            organisation: development,
            intercept_authorization: false,
        },
        false,
        &rows,
    );
}

#[test]
fn a_rule_for_a_domain_is_for_the_hosts_below_it_on_the_usual_port() {
    let rows = [
        ("https://x.kinder.example/", ALLOW),
        ("https://x.y.kinder.example/", ALLOW),
        ("https://kinder.example/", no(RefusalReason::Host)),
        ("https://x.kinder.example:8443/", no(RefusalReason::Host)),
        ("https://xkinder.example/", no(RefusalReason::Host)),
        ("https://x.kinder.example.evil.example/", no(RefusalReason::Host)),
        ("https://10.0.0.1/", no(RefusalReason::Host)),
    ];
    let organisation = Organisation {
        trusted_hosts: vec![HostRule::Below("kinder.example".to_owned())],
        ..organisation()
    };
    table(
        &NavigationPolicy::Group {
            organisation,
            intercept_authorization: false,
        },
        false,
        &rows,
    );
}

#[test]
fn the_redirect_uri_counts_during_a_sign_in_inside_the_app_only() {
    let intercepted = Answer::Intercept(InterceptReason::Callback);
    let ours = [
        (CALLBACK, intercepted),
        ("nl.kidskonnect.groep:/callback?code=1&state=2", intercepted),
        (
            "nl.kidskonnect.groep:/callback?error=access_denied&state=2",
            intercepted,
        ),
        ("NL.KidsKonnect.Groep:/callback?code=1", intercepted),
    ];
    table(&sign_in(), false, &ours);
    let refused: Vec<(&str, Answer)> = ours
        .iter()
        .map(|(address, _)| (*address, no(RefusalReason::Scheme)))
        .collect();
    // From a pop-up, or from a page of the group view that tries to inject an answer.
    table(&sign_in(), true, &refused);
    for popup in [false, true] {
        table(&group(true), popup, &refused);
        table(&group(false), popup, &refused);
    }
    let near_misses = [
        ("nl.kidskonnect.groep:callback", no(RefusalReason::Scheme)),
        ("nl.kidskonnect.groep:/callback/", no(RefusalReason::Scheme)),
        ("nl.kidskonnect.groep://callback", no(RefusalReason::Scheme)),
        ("nl.kidskonnect.groep:/Callback", no(RefusalReason::Scheme)),
        ("nl.kidskonnect.groep:/status", no(RefusalReason::Scheme)),
        ("nl.kidskonnect.groep.evil:/callback", no(RefusalReason::Scheme)),
    ];
    table(&sign_in(), false, &near_misses);
}

#[test]
fn a_claimed_https_link_is_a_callback_too() {
    let organisation = Organisation {
        redirect_uri: url("https://app.kidskonnect.example/groep/callback"),
        ..organisation()
    };
    let rows = [
        (
            "https://app.kidskonnect.example/groep/callback?code=1",
            Answer::Intercept(InterceptReason::Callback),
        ),
        (
            "https://app.kidskonnect.example:443/groep/callback",
            Answer::Intercept(InterceptReason::Callback),
        ),
        (
            "https://app.kidskonnect.example:444/groep/callback",
            no(RefusalReason::Host),
        ),
        (
            "https://app.kidskonnect.example./groep/callback",
            no(RefusalReason::Host),
        ),
        (
            "https://app.kidskonnect.example/groep/callback2",
            no(RefusalReason::Host),
        ),
        (
            "http://app.kidskonnect.example/groep/callback",
            no(RefusalReason::Insecure),
        ),
    ];
    table(&NavigationPolicy::SignIn { organisation }, false, &rows);
}

/// An authorization request with these parameters, whose answer goes to the group view's host.
fn request(parameters: &str) -> String {
    format!("{AUTHORIZE}?redirect_uri=https%3A%2F%2Fzonnetje.ouderportaal.nl%2Fcallback&{parameters}")
}

#[test]
fn an_authorization_request_of_the_site_is_intercepted_for_a_session_transfer() {
    let rows = [
        (REQUEST.to_owned(), TRANSFER),
        (request("state=2&client_id=other"), TRANSFER),
        (request("client_id=a&prompt=login"), TRANSFER),
        (request("client_id=a"), TRANSFER),
        (
            request("client_id=a&response_mode=query&nonce=web_message&state=none"),
            TRANSFER,
        ),
        // Silent requests come from a hidden frame and stay there.
        (request("client_id=a&prompt=none"), ALLOW),
        (request("client_id=a&response_mode=web_message"), ALLOW),
        (request("prompt=login&client_id=a&prompt=none"), ALLOW),
        // Not an authorization request, or not to that endpoint.
        (AUTHORIZE.to_owned(), ALLOW),
        (request("prompt=login"), ALLOW),
        (
            request("client_id=a").replace("/authorize?", "/authorize/resume?"),
            ALLOW,
        ),
        (request("client_id=a").replace("/authorize?", "/u/login?"), ALLOW),
        (
            "https://zonnetje.ouderportaal.nl/authorize?client_id=a".to_owned(),
            ALLOW,
        ),
        (
            "https://evil.example/authorize?client_id=a".to_owned(),
            no(RefusalReason::Host),
        ),
        (
            "http://login.kidskonnect.example/authorize?client_id=a".to_owned(),
            no(RefusalReason::Insecure),
        ),
    ];
    let rows: Vec<_> = rows.iter().map(|(url, answer)| (url.as_str(), *answer)).collect();
    table(&group(true), false, &rows);
    // It loads if the chain has had its transfer, while the app itself signs in, and in a pop-up.
    for policy in [group(false), sign_in()] {
        table(&policy, false, &[(REQUEST, ALLOW)]);
    }
    table(&group(true), true, &[(REQUEST, ALLOW)]);
}

#[test]
fn nothing_loads_while_no_site_is_open() {
    for address in [
        GROUP,
        REQUEST,
        CALLBACK,
        "about:blank",
        "javascript:1",
        "https://evil.example/",
    ] {
        for popup in [false, true] {
            table(
                &NavigationPolicy::Closed,
                popup,
                &[(address, no(RefusalReason::Closed))],
            );
        }
        assert_eq!(
            decide_popup(&NavigationPolicy::Closed, &url(GROUP), &url(address), 0),
            Decision::Refuse(RefusalReason::Closed)
        );
    }
}

fn popup_answer(policy: &NavigationPolicy, opener: &Url, target: &Url, open: usize) -> Answer {
    match decide_popup(policy, opener, target, open) {
        Decision::Allow => Answer::Allow,
        Decision::Refuse(reason) => Answer::Refuse(reason),
        Decision::Hold => panic!("a pop-up is never intercepted"),
    }
}

#[test]
fn a_trusted_page_opens_one_pop_up_to_a_trusted_url() {
    const ENROL: &str = "https://login.kidskonnect.example/mfa/enrol";
    let rows = [
        (GROUP, ENROL, 0, ALLOW),
        (GROUP, "about:blank", 0, ALLOW),
        ("https://profiel.kidskonnect.example/", ENROL, 0, ALLOW),
        // A pop-up may open one itself: its page is the opener.
        (ENROL, "https://zonnetje.ouderportaal.nl/hulp", 0, ALLOW),
        // A second pop-up of the same page.
        (GROUP, ENROL, 1, no(RefusalReason::SecondPopup)),
        (GROUP, "about:blank", 2, no(RefusalReason::SecondPopup)),
        // What may not load may not open either, for the same reason.
        (GROUP, "https://evil.example/", 0, no(RefusalReason::Host)),
        (GROUP, "https://evil.example/", 1, no(RefusalReason::Host)),
        (GROUP, "javascript:alert(1)", 0, no(RefusalReason::Scheme)),
        (GROUP, "data:text/html,x", 0, no(RefusalReason::Scheme)),
        (GROUP, "file:///etc/passwd", 0, no(RefusalReason::Scheme)),
        (
            GROUP,
            "blob:https://zonnetje.ouderportaal.nl/1b",
            0,
            no(RefusalReason::Scheme),
        ),
        (GROUP, "intent://x#Intent;end", 0, no(RefusalReason::Scheme)),
        (
            GROUP,
            "http://zonnetje.ouderportaal.nl/",
            0,
            no(RefusalReason::Insecure),
        ),
        (
            GROUP,
            "https://a:b@login.kidskonnect.example/",
            0,
            no(RefusalReason::Credentials),
        ),
        (GROUP, "mailto:juf@zonnetje.example", 0, no(RefusalReason::OtherApp)),
        (GROUP, CALLBACK, 0, no(RefusalReason::Scheme)),
        // An untrusted page opens nothing, wherever it is shown.
        ("https://evil.example/", GROUP, 0, no(RefusalReason::Opener)),
        ("https://evil.example/", "about:blank", 0, no(RefusalReason::Opener)),
        ("about:blank", GROUP, 0, no(RefusalReason::Opener)),
        ("data:text/html,x", GROUP, 0, no(RefusalReason::Opener)),
        ("http://zonnetje.ouderportaal.nl/", GROUP, 0, no(RefusalReason::Opener)),
    ];
    for policy in [group(true), group(false), sign_in()] {
        for (opener, target, open, expected) in &rows {
            assert_eq!(
                popup_answer(&policy, &url(opener), &url(target), *open),
                *expected,
                "{opener} opens {target} beside {open}"
            );
        }
    }
}

#[test]
fn the_shells_window_shows_the_apps_own_files_and_nothing_else() {
    for own in [
        "tauri://localhost/index.html",
        "http://tauri.localhost/",
        "http://tauri.localhost/index.html#x",
    ] {
        assert!(app::is_shell_page(&Url::parse(own).unwrap()), "{own}");
    }
    for other in [
        "https://tauri.localhost/",
        "http://tauri.localhost.evil.example/",
        "http://localhost/",
        "https://zonnetje.ouderportaal.nl/groep",
        "file:///etc/passwd",
        "about:blank",
        "data:text/html,x",
    ] {
        assert!(!app::is_shell_page(&Url::parse(other).unwrap()), "{other}");
    }
}

#[test]
fn an_authorization_request_of_another_client_than_konnects_gets_no_session_transfer() {
    let to = |redirect_uri: &str| format!("{AUTHORIZE}?client_id=a&response_type=code&redirect_uri={redirect_uri}");
    let rows = [
        // A host that the settings name in full.
        (to("https%3A%2F%2Fprofiel.kidskonnect.example%2Fback"), TRANSFER),
        // Anybody's page may live below a wildcard.
        (to("https%3A%2F%2Fx.trusted.example%2F"), ALLOW),
        (to("https%3A%2F%2Fevil.example%2F"), ALLOW),
        (to("https%3A%2F%2Fzonnetje.ouderportaal.nl.evil.example%2F"), ALLOW),
        (to("http%3A%2F%2Fzonnetje.ouderportaal.nl%2F"), ALLOW),
        (to("nl.kidskonnect.groep%3A%2Fcallback"), ALLOW),
        (to(""), ALLOW),
        // Two answers' addresses: whichever counts has to be Konnect's.
        (
            to("https%3A%2F%2Fzonnetje.ouderportaal.nl%2F&redirect_uri=https%3A%2F%2Fevil.example%2F"),
            ALLOW,
        ),
        // None at all.
        (format!("{AUTHORIZE}?client_id=a&response_type=code"), ALLOW),
        // A pushed request names none, and its client has authenticated itself.
        (
            format!("{AUTHORIZE}?client_id=a&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax"),
            TRANSFER,
        ),
    ];
    let rows: Vec<_> = rows.iter().map(|(url, answer)| (url.as_str(), *answer)).collect();
    let mut policy = group(true);
    if let NavigationPolicy::Group { organisation, .. } = &mut policy {
        organisation.trusted_hosts = vec![
            HostRule::Below("trusted.example".to_owned()),
            HostRule::Origin(Url::parse("https://profiel.kidskonnect.example").unwrap()),
        ];
    }
    table(&policy, false, &rows);
}
