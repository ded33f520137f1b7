//! What the site view may load and open: tables of addresses and answers.

mod tablet;

use app_state::{Decision, Held, HostRule, Navigation, Place, Policy, Refusal};
use tablet::{AUTHORIZE, CALLBACK, GROUP, REQUEST, place, url};

const ALLOW: Decision = Decision::Allow;
const HAND_OFF: Decision = Decision::Hold(Held::HandOff);

const fn no(why: Refusal) -> Decision {
    Decision::Refuse(why)
}

fn group(hand_off: bool) -> Policy {
    Policy::Group {
        place: place(),
        hand_off,
    }
}

fn sign_in() -> Policy {
    Policy::SignIn { place: place() }
}

#[track_caller]
fn table(policy: &Policy, popup: bool, rows: &[(&str, Decision)]) {
    for (address, expected) in rows {
        let navigation = Navigation {
            url: url(address),
            popup,
        };
        assert_eq!(policy.decide(&navigation), *expected, "{address}, pop-up: {popup}");
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
        // A fragment or a path is no host.
        ("https://evil.example/#zonnetje.ouderportaal.nl", no(Refusal::Host)),
        ("https://evil.example/zonnetje.ouderportaal.nl", no(Refusal::Host)),
        (
            "https://evil.example/?https://zonnetje.ouderportaal.nl",
            no(Refusal::Host),
        ),
        // A name that begins or ends alike.
        ("https://evil-ouderportaal.nl/", no(Refusal::Host)),
        ("https://evilouderportaal.nl/", no(Refusal::Host)),
        ("https://ouderportaal.nl.evil.example/", no(Refusal::Host)),
        ("https://zonnetje.ouderportaal.nl.evil.example/", no(Refusal::Host)),
        ("https://zonnetje.ouderportaal.nl./groep", no(Refusal::Host)),
        ("https://.ouderportaal.nl/", no(Refusal::Host)),
        ("https://ouderportaal.nl/", no(Refusal::Host)),
        ("https://sub.profiel.kidskonnect.example/", no(Refusal::Host)),
        ("https://login.kidskonnect.example.evil.example/", no(Refusal::Host)),
        // A name that looks alike: the Cyrillic o becomes punycode.
        ("https://zonnetje.\u{43e}uderportaal.nl/", no(Refusal::Host)),
        ("https://zonnetje.xn--uderportaal-9uf.nl/", no(Refusal::Host)),
        // Full-width letters are the same name, by the standard.
        ("https://zonnetje.\u{ff4f}uderportaal.nl/", ALLOW),
        // Another port is another server.
        ("https://zonnetje.ouderportaal.nl:8443/groep", no(Refusal::Host)),
        ("https://login.kidskonnect.example:444/", no(Refusal::Host)),
        ("https://127.0.0.1/", no(Refusal::Host)),
        ("https://[::1]/", no(Refusal::Host)),
        ("https://192.168.1.1/", no(Refusal::Host)),
    ];
    for popup in [false, true] {
        table(&group(false), popup, &rows);
        table(&sign_in(), popup, &rows);
    }
}

#[test]
fn only_https_loads() {
    let rows = [
        ("javascript:alert(1)", no(Refusal::Scheme)),
        ("JavaScript:alert(1)", no(Refusal::Scheme)),
        ("data:text/html,<h1>x", no(Refusal::Scheme)),
        ("file:///etc/passwd", no(Refusal::Scheme)),
        ("file://zonnetje.ouderportaal.nl/groep", no(Refusal::Scheme)),
        ("blob:https://zonnetje.ouderportaal.nl/1b", no(Refusal::Scheme)),
        (
            "filesystem:https://zonnetje.ouderportaal.nl/temporary/x",
            no(Refusal::Scheme),
        ),
        ("intent://scan/#Intent;scheme=zxing;end", no(Refusal::Scheme)),
        ("content://media/1", no(Refusal::Scheme)),
        ("ftp://zonnetje.ouderportaal.nl/", no(Refusal::Scheme)),
        ("ws://zonnetje.ouderportaal.nl/", no(Refusal::Scheme)),
        ("tauri://localhost/", no(Refusal::Scheme)),
        ("view-source:https://zonnetje.ouderportaal.nl/", no(Refusal::Scheme)),
        ("about:config", no(Refusal::Scheme)),
        ("about:blank", ALLOW),
        ("about:srcdoc", ALLOW),
        ("tel:+31201234567", no(Refusal::OtherApp)),
        ("mailto:juf@zonnetje.example", no(Refusal::OtherApp)),
        ("sms:+31612345678", no(Refusal::OtherApp)),
        ("http://zonnetje.ouderportaal.nl/groep", no(Refusal::Insecure)),
        ("http://127.0.0.1/", no(Refusal::Insecure)),
        ("http://localhost/", no(Refusal::Insecure)),
    ];
    for popup in [false, true] {
        table(&group(true), popup, &rows);
        table(&sign_in(), popup, &rows);
    }
}

#[test]
fn an_address_with_a_name_or_a_password_never_loads() {
    let rows = [
        ("https://juf@zonnetje.ouderportaal.nl/groep", no(Refusal::Credentials)),
        (
            "https://juf:geheim@zonnetje.ouderportaal.nl/groep",
            no(Refusal::Credentials),
        ),
        (
            "https://:geheim@zonnetje.ouderportaal.nl/groep",
            no(Refusal::Credentials),
        ),
        (
            "https://zonnetje.ouderportaal.nl@evil.example/",
            no(Refusal::Credentials),
        ),
        (
            "https://zonnetje.ouderportaal.nl%2f@evil.example/",
            no(Refusal::Credentials),
        ),
        // The standard reads a backslash as a slash: the host is the first name.
        ("https://evil.example\\@zonnetje.ouderportaal.nl/", no(Refusal::Host)),
    ];
    table(&group(false), false, &rows);
    table(&sign_in(), true, &rows);
}

#[test]
fn loopback_is_for_development_and_for_its_own_ports() {
    let development = Place {
        group: url("http://127.0.0.1:4100/zonnetje/groep"),
        authorize: url("http://127.0.0.1:4200/authorize"),
        trusted: vec![HostRule::Origin(url("http://127.0.0.1:4300"))],
        loopback: true,
        ..place()
    };
    let rows = [
        ("http://127.0.0.1:4100/zonnetje/groep", ALLOW),
        ("http://127.0.0.1:4200/u/login", ALLOW),
        ("http://127.0.0.1:4300/", ALLOW),
        ("http://127.0.0.1:4400/", no(Refusal::Host)),
        ("http://localhost:4100/", no(Refusal::Host)),
        ("http://[::1]:4100/", no(Refusal::Host)),
        ("http://127.0.0.1.evil.example/", no(Refusal::Insecure)),
        ("http://192.168.1.1/", no(Refusal::Insecure)),
        ("http://zonnetje.ouderportaal.nl/", no(Refusal::Insecure)),
        ("https://127.0.0.1:4100/", no(Refusal::Host)),
    ];
    table(
        &Policy::Group {
            place: development,
            hand_off: false,
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
        ("https://kinder.example/", no(Refusal::Host)),
        ("https://x.kinder.example:8443/", no(Refusal::Host)),
        ("https://xkinder.example/", no(Refusal::Host)),
        ("https://x.kinder.example.evil.example/", no(Refusal::Host)),
        ("https://10.0.0.1/", no(Refusal::Host)),
    ];
    let place = Place {
        trusted: vec![HostRule::Below("kinder.example".to_owned())],
        ..place()
    };
    table(&Policy::Group { place, hand_off: false }, false, &rows);
}

#[test]
fn the_callback_is_for_a_sign_in_inside_the_app_and_for_nobody_else() {
    let held = Decision::Hold(Held::Callback);
    let ours = [
        (CALLBACK, held.clone()),
        ("nl.kidskonnect.groep:/callback?code=1&state=2", held.clone()),
        (
            "nl.kidskonnect.groep:/callback?error=access_denied&state=2",
            held.clone(),
        ),
        ("NL.KidsKonnect.Groep:/callback?code=1", held),
    ];
    table(&sign_in(), false, &ours);
    let refused: Vec<(&str, Decision)> = ours
        .iter()
        .map(|(address, _)| (*address, no(Refusal::Scheme)))
        .collect();
    // From a pop-up, or from a page of the group view that tries to inject an answer.
    table(&sign_in(), true, &refused);
    for popup in [false, true] {
        table(&group(true), popup, &refused);
        table(&group(false), popup, &refused);
    }
    let near_misses = [
        ("nl.kidskonnect.groep:callback", no(Refusal::Scheme)),
        ("nl.kidskonnect.groep:/callback/", no(Refusal::Scheme)),
        ("nl.kidskonnect.groep://callback", no(Refusal::Scheme)),
        ("nl.kidskonnect.groep:/Callback", no(Refusal::Scheme)),
        ("nl.kidskonnect.groep:/status", no(Refusal::Scheme)),
        ("nl.kidskonnect.groep.evil:/callback", no(Refusal::Scheme)),
    ];
    table(&sign_in(), false, &near_misses);
}

#[test]
fn a_claimed_https_link_is_a_callback_too() {
    let place = Place {
        callback: url("https://app.kidskonnect.example/groep/callback"),
        ..place()
    };
    let rows = [
        (
            "https://app.kidskonnect.example/groep/callback?code=1",
            Decision::Hold(Held::Callback),
        ),
        (
            "https://app.kidskonnect.example:443/groep/callback",
            Decision::Hold(Held::Callback),
        ),
        ("https://app.kidskonnect.example:444/groep/callback", no(Refusal::Host)),
        ("https://app.kidskonnect.example./groep/callback", no(Refusal::Host)),
        ("https://app.kidskonnect.example/groep/callback2", no(Refusal::Host)),
        ("http://app.kidskonnect.example/groep/callback", no(Refusal::Insecure)),
    ];
    table(&Policy::SignIn { place }, false, &rows);
}

#[test]
fn a_sign_in_request_of_the_site_is_held_for_the_hand_off() {
    let rows = [
        (REQUEST, HAND_OFF),
        (
            "https://login.kidskonnect.example/authorize?state=2&client_id=other",
            HAND_OFF,
        ),
        (
            "https://login.kidskonnect.example/authorize?client_id=a&prompt=login",
            HAND_OFF,
        ),
        ("https://login.kidskonnect.example/authorize?client_id=a", HAND_OFF),
        (
            "https://login.kidskonnect.example/authorize?client_id=a&response_mode=query&nonce=web_message&state=none",
            HAND_OFF,
        ),
        // Silent ones come from a hidden frame and stay there.
        (
            "https://login.kidskonnect.example/authorize?client_id=a&prompt=none",
            ALLOW,
        ),
        (
            "https://login.kidskonnect.example/authorize?client_id=a&response_mode=web_message",
            ALLOW,
        ),
        (
            "https://login.kidskonnect.example/authorize?prompt=login&client_id=a&prompt=none",
            ALLOW,
        ),
        // No request, or not to that endpoint.
        (AUTHORIZE, ALLOW),
        ("https://login.kidskonnect.example/authorize?prompt=login", ALLOW),
        ("https://login.kidskonnect.example/authorize/resume?client_id=a", ALLOW),
        ("https://login.kidskonnect.example/u/login?client_id=a", ALLOW),
        ("https://zonnetje.ouderportaal.nl/authorize?client_id=a", ALLOW),
        ("https://evil.example/authorize?client_id=a", no(Refusal::Host)),
        (
            "http://login.kidskonnect.example/authorize?client_id=a",
            no(Refusal::Insecure),
        ),
    ];
    table(&group(true), false, &rows);
    // Where the chain had its one, where the app itself signs in, and in a pop-up, it passes.
    for policy in [group(false), sign_in()] {
        table(&policy, false, &[(REQUEST, ALLOW)]);
    }
    table(&group(true), true, &[(REQUEST, ALLOW)]);
}

#[test]
fn nothing_loads_where_no_site_is_open() {
    for address in [
        GROUP,
        REQUEST,
        CALLBACK,
        "about:blank",
        "javascript:1",
        "https://evil.example/",
    ] {
        for popup in [false, true] {
            table(&Policy::Closed, popup, &[(address, no(Refusal::Closed))]);
        }
        assert_eq!(
            Policy::Closed.decide_popup(&url(GROUP), &url(address), 0),
            no(Refusal::Closed)
        );
    }
}

#[test]
fn a_trusted_page_opens_one_window_to_a_trusted_address() {
    const ENROL: &str = "https://login.kidskonnect.example/mfa/enrol";
    let rows = [
        (GROUP, ENROL, 0, ALLOW),
        (GROUP, "about:blank", 0, ALLOW),
        ("https://profiel.kidskonnect.example/", ENROL, 0, ALLOW),
        // A pop-up asks for one of its own: its page is the opener.
        (ENROL, "https://zonnetje.ouderportaal.nl/hulp", 0, ALLOW),
        // The second of the same page.
        (GROUP, ENROL, 1, no(Refusal::SecondPopup)),
        (GROUP, "about:blank", 2, no(Refusal::SecondPopup)),
        // What may not load may not open either, and says the same.
        (GROUP, "https://evil.example/", 0, no(Refusal::Host)),
        (GROUP, "https://evil.example/", 1, no(Refusal::Host)),
        (GROUP, "javascript:alert(1)", 0, no(Refusal::Scheme)),
        (GROUP, "data:text/html,x", 0, no(Refusal::Scheme)),
        (GROUP, "file:///etc/passwd", 0, no(Refusal::Scheme)),
        (
            GROUP,
            "blob:https://zonnetje.ouderportaal.nl/1b",
            0,
            no(Refusal::Scheme),
        ),
        (GROUP, "intent://x#Intent;end", 0, no(Refusal::Scheme)),
        (GROUP, "http://zonnetje.ouderportaal.nl/", 0, no(Refusal::Insecure)),
        (
            GROUP,
            "https://a:b@login.kidskonnect.example/",
            0,
            no(Refusal::Credentials),
        ),
        (GROUP, "mailto:juf@zonnetje.example", 0, no(Refusal::OtherApp)),
        (GROUP, CALLBACK, 0, no(Refusal::Scheme)),
        // A page that is not trusted opens nothing, wherever it is shown.
        ("https://evil.example/", GROUP, 0, no(Refusal::Opener)),
        ("https://evil.example/", "about:blank", 0, no(Refusal::Opener)),
        ("about:blank", GROUP, 0, no(Refusal::Opener)),
        ("data:text/html,x", GROUP, 0, no(Refusal::Opener)),
        ("http://zonnetje.ouderportaal.nl/", GROUP, 0, no(Refusal::Opener)),
    ];
    for policy in [group(true), group(false), sign_in()] {
        for (opener, target, open, expected) in &rows {
            assert_eq!(
                policy.decide_popup(&url(opener), &url(target), *open),
                *expected,
                "{opener} opens {target} beside {open}"
            );
        }
    }
}

#[test]
fn each_refusal_has_a_code_and_a_reason_of_its_own() {
    let all = [
        Refusal::Closed,
        Refusal::Scheme,
        Refusal::OtherApp,
        Refusal::Insecure,
        Refusal::Credentials,
        Refusal::Host,
        Refusal::Opener,
        Refusal::SecondPopup,
    ];
    let codes: std::collections::BTreeSet<&str> = all.iter().map(|refusal| refusal.code()).collect();
    let reasons: std::collections::BTreeSet<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!((codes.len(), reasons.len()), (8, 8));
    assert!(codes.iter().all(|code| code.len() == 4 && code.starts_with("E51")));
}
