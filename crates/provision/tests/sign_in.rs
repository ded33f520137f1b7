//! `provision doctor --sign-in` against a certified OpenID provider.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "test helpers")]

mod services;

use serde_json::json;
use services::Services;
use services::doctor::{Doctor, approve, line, visit};

#[test]
fn a_code_on_another_device_signs_in_refreshes_and_transfers_the_session() {
    let (services, folder) = (Services::start(), tempfile::tempdir().unwrap());
    let doctor = Doctor::start(folder.path(), &services, &[]);
    approve(&services, &doctor.url());
    let (exit, lines) = doctor.end(&services);
    assert_eq!(exit, 0, "{lines}");
    for topic in ["sign-in", "kept", "hand-off", "sign-out"] {
        assert_eq!(line(&lines, topic), Some(("ok", None)), "{topic}: {lines}");
    }
}

#[test]
fn a_browser_on_this_computer_signs_in_and_a_foreign_callback_changes_nothing() {
    let (services, folder) = (Services::start(), tempfile::tempdir().unwrap());
    services.configure("/transfer", &json!({ "mode": "refuse" }));
    services.configure("/faults", &json!({ "broken": ["identity/oauth/revoke"] }));
    let doctor = Doctor::start(folder.path(), &services, &["--port", "0"]);
    let callback = doctor.callback(&services);
    assert_eq!((callback.host_str(), callback.path()), (Some("127.0.0.1"), "/callback"));
    let origin = callback.origin().ascii_serialization();
    assert_eq!(visit(&format!("{origin}/favicon.ico")).status(), 404);
    assert_eq!(
        visit(&format!("{origin}/callback?state=other&code=other")).status(),
        404
    );
    let answer = visit(callback.as_str());
    assert_eq!(answer.status(), 200);
    let (exit, lines) = doctor.end(&services);
    assert_eq!(
        (exit, line(&lines, "sign-in"), line(&lines, "kept")),
        (0, Some(("ok", None)), Some(("ok", None))),
        "{lines}"
    );
    assert_eq!(line(&lines, "hand-off"), Some(("warning", Some("E187"))), "{lines}");
    assert_eq!(line(&lines, "sign-out"), Some(("warning", Some("E173"))), "{lines}");
}

#[test]
fn a_refused_sign_in_is_a_fault_with_its_fix() {
    let (services, folder) = (Services::start(), tempfile::tempdir().unwrap());
    let doctor = Doctor::start(folder.path(), &services, &["--port", "0"]);
    let url = url::Url::parse(&doctor.url()).unwrap();
    let value = |name: &str| {
        url.query_pairs()
            .find(|(known, _)| known == name)
            .unwrap()
            .1
            .into_owned()
    };
    let refused = format!("{}?error=access_denied&state={}", value("redirect_uri"), value("state"));
    visit(&refused);
    let (exit, lines) = doctor.end(&services);
    assert_eq!(
        (exit, line(&lines, "sign-in")),
        (1, Some(("fault", Some("E170")))),
        "{lines}"
    );
    assert_eq!(line(&lines, "kept"), None);
}
