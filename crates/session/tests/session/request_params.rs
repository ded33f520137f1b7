//! Parameters of the next sign-in that change while there is a session.

use session::{Config, Persistence};

use crate::common::{Fixture, is_refreshed};

async fn asks_for(fixture: &Fixture, name: &str) -> Option<String> {
    let url = fixture.session.begin_sign_in().await.unwrap().url;
    url.query_pairs()
        .find(|(param, _)| param == name)
        .map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn updated_params_apply_to_the_next_sign_in_and_the_session_goes_on() {
    let changes: &[(&str, &str, fn(&mut Config))] = &[
        ("ui_locales", "en", |config| config.ui_locales = Some("en".to_owned())),
        ("login_hint", "groep.blauw", |config| {
            config.login_hint = Some("groep.blauw".to_owned());
        }),
        ("organization", "org_zon", |config| {
            config.organization = Some("org_zon".to_owned());
        }),
        ("connection", "groepen", |config| {
            config.connection = Some("groepen".to_owned());
        }),
        ("audience", "https://api.example/", |config| {
            config.audience = Some("https://api.example/".to_owned());
        }),
        ("scope", "openid email", |config| {
            config.scopes = vec!["email".to_owned()];
        }),
        ("max_age", "300", |config| config.max_age = Some(300)),
        ("prompt", "login", |config| config.prompt = Some("login".to_owned())),
    ];
    for (name, value, change) in changes {
        let fixture = Fixture::signed_in().await;
        let mut config = fixture.config.clone();
        change(&mut config);
        assert_ne!(asks_for(&fixture, name).await.as_deref(), Some(*value));
        assert!(fixture.session.update_request_params(&config), "{name}");
        assert_eq!(asks_for(&fixture, name).await.as_deref(), Some(*value));
        assert!(is_refreshed(&fixture.session.refresh().await), "{name}");
    }
}

#[tokio::test]
async fn the_config_of_another_session_changes_nothing() {
    let changes: &[(&str, fn(&mut Config))] = &[
        ("issuer", |config| config.issuer += "x"),
        ("client", |config| config.client_id += "x"),
        ("redirect address", |config| config.redirect_uri.set_path("/elsewhere")),
        ("account", |config| config.persistence = Persistence::MemoryOnly),
        ("transfer", |config| config.transfer.cookie += "x"),
        ("loopback", |config| config.loopback_http = false),
    ];
    for (name, change) in changes {
        let fixture = Fixture::signed_in().await;
        let mut config = fixture.config.clone();
        config.ui_locales = Some("en".to_owned());
        change(&mut config);
        assert!(!fixture.session.update_request_params(&config), "{name}");
        assert_eq!(asks_for(&fixture, "ui_locales").await, None, "{name}");
        assert!(is_refreshed(&fixture.session.refresh().await), "{name}");
    }
}
