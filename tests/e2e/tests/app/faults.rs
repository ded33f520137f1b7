//! Faults around the app: it shows a screen with an error code and a button that leads on, and the session is kept.

use std::time::Duration;

use e2e::{App, Display, Keystore, Outcome, Sandbox, Scenario, run_scenario, set_managed_config, this_test, until};
use serde_json::{Value, json};

/// The redirect URI.
const CALLBACK: &str = "nl.kidskonnect.groep:/callback";

#[tokio::test]
async fn links_of_other_apps_change_nothing_during_a_sign_in() {
    run_scenario(this_test!("links"), async |scenario| {
        let app = scenario.app().await?;
        app.set_up("zonnetje").await?;
        app.screen("sign_in").await?;
        // No sign-in is in progress.
        scenario.sandbox.open_link(&format!("{CALLBACK}?code=a&state=b"))?;
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        let address = scenario.next_opened_url(0).await?;
        app.screen("browser").await?;
        let state = url::Url::parse(&address)?
            .query_pairs()
            .find(|(name, _)| name == "state")
            .ok_or("no state")?
            .1
            .into_owned();
        let long = "x".repeat(120_000);
        for link in [
            format!("{CALLBACK}?code=a&state=b"),
            format!("{CALLBACK}?error=access_denied&state=b"),
            format!("{CALLBACK}?error=access_denied"),
            format!("{CALLBACK}?code=a&code=b&state={state}"),
            format!("{CALLBACK}?code=a&state={state}&state={state}"),
            format!("{CALLBACK}?code=a&state=b#x"),
            format!("nl.kidskonnect.groep://callback?code=a&state={state}"),
            format!("nl.kidskonnect.groep:/callback/?code=a&state={state}"),
            format!("nl.kidskonnect.groep:/setup#{long}"),
            format!("{CALLBACK}?code={long}&state={state}"),
            "nl.kidskonnect.groep:".to_owned(),
            "nl.kidskonnect.groep:/\u{0}".replace('\u{0}', "%00"),
        ] {
            let lines = |scenario: &Scenario| scenario.sandbox.log("app.log").lines().count();
            let before = lines(scenario);
            scenario.sandbox.open_link(&link)?;
            until("a line about the link", async || {
                Ok((lines(scenario) > before).then_some(()))
            })
            .await?;
        }
        app.screen("browser").await?;
        // The right callback is accepted, and only once.
        let browser = scenario.browser().await?;
        browser.open(&address).await?;
        browser.sign_in(&scenario.services.account("groep.vlinders")).await?;
        app.group("Vlinders").await?;
        let before = scenario.services.state()?["counts"]["requests"]["identity /oauth/token"].clone();
        scenario
            .sandbox
            .open_link(&format!("{CALLBACK}?code=a&state={state}"))?;
        scenario
            .sandbox
            .open_link(&format!("{CALLBACK}?error=login_required&state={state}"))?;
        app.group("Vlinders").await?;
        assert_eq!(
            scenario.services.state()?["counts"]["requests"]["identity /oauth/token"],
            before,
            "a request was sent to the identity provider"
        );
        browser.close(&mut scenario.sandbox).await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn without_a_keystore_the_tablet_says_so_and_the_group_view_opens() {
    run_scenario(this_test!("keystore-absent"), async |scenario| {
        scenario.sandbox = Sandbox::with(Keystore::Absent, Display::Virtual)?;
        let app = scenario.app().await?;
        app.set_up("zonnetje").await?;
        app.screen("trouble").await?;
        let words = app.text("[data-screen]").await?;
        assert!(words.contains("E401"), "{words}");
        let opened = scenario.sandbox.opened_urls().len();
        app.press("sign_in").await?;
        let address = scenario.next_opened_url(opened).await?;
        let browser = scenario.browser().await?;
        browser.open(&address).await?;
        browser.sign_in(&scenario.services.account("groep.vlinders")).await?;
        app.screen("trouble").await?;
        let words = app.text("[data-screen]").await?;
        assert!(words.contains("E401"), "{words}");
        scenario.picture("trouble")?;
        app.press("open_group").await?;
        app.group("Vlinders").await?;
        browser.close(&mut scenario.sandbox).await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_locked_keystore_does_not_keep_the_group_view_from_opening() {
    run_scenario(this_test!("keystore-locked"), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        app.kill(&mut scenario.sandbox);
        scenario.sandbox.lock_keystore()?;
        let app = scenario.app().await?;
        app.group("Vlinders").await?;
        until("the error that the keystore is locked", async || {
            Ok(scenario.sandbox.log("app.log").contains("E402").then_some(()))
        })
        .await?;
        app.group("Vlinders").await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn killed_at_the_group_view_and_without_an_identity_provider_the_app_opens_the_group_view_at_once() {
    run_scenario(this_test!("killed"), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        let opened = scenario.sandbox.opened_urls().len();
        app.kill(&mut scenario.sandbox);
        let app = scenario.app().await?;
        app.group("Vlinders").await?;
        app.kill(&mut scenario.sandbox);
        scenario.services.take_down(&["identity"])?;
        let app = scenario.app().await?;
        app.group("Vlinders").await?;
        assert_eq!(scenario.sandbox.opened_urls().len(), opened, "nobody had to sign in");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_start_while_the_app_is_still_exiting_opens_the_app() {
    run_scenario(this_test!("exiting"), async |scenario| {
        let address = scenario.sandbox.bus()?;
        // Owns the name of the running app on the bus, and answers no call.
        let exiting = move || {
            zbus::blocking::connection::Builder::address(address.as_str())?
                .name("nl.kidskonnect.groep.SingleInstance")?
                .build()
        };
        let exiting = tokio::task::spawn_blocking(exiting).await??;
        let (app, gone) = tokio::join!(scenario.app(), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            tokio::task::spawn_blocking(move || drop(exiting)).await
        });
        gone?;
        app?.screen("not_set_up").await?;
        assert!(
            scenario.sandbox.log("app.log").contains("restarts"),
            "the start met the name of the app that exits"
        );
        Ok(())
    })
    .await;
}

/// Signs in with `zonnetje` in the managed configuration, kills the app, and starts it with another configuration.
async fn restarted_with(scenario: &mut Scenario, managed: &Value) -> Outcome<App> {
    let app = App::start_with(
        &mut scenario.sandbox,
        &scenario.services,
        &json!({"tenant": "zonnetje"}),
        0,
    )
    .await?;
    scenario.sign_in(&app, "groep.vlinders").await?;
    app.group("Vlinders").await?;
    app.kill(&mut scenario.sandbox);
    App::start_with(&mut scenario.sandbox, &scenario.services, managed, 0).await
}

#[tokio::test]
async fn invalid_settings_stop_with_an_error_code_and_keep_the_session() {
    run_scenario(this_test!("settings"), async |scenario| {
        let app = restarted_with(scenario, &json!({"tenant": "de zon"})).await?;
        app.screen("trouble").await?;
        let words = app.text("[data-screen]").await?;
        assert!(words.contains("E106"), "{words}");
        set_managed_config(&scenario.sandbox, &json!({"tenant": "zonnetje"}))?;
        app.group("Vlinders").await?;
        app.kill(&mut scenario.sandbox);
        // This build has no values for that environment.
        let app = App::start_with(
            &mut scenario.sandbox,
            &scenario.services,
            &json!({"tenant": "zonnetje", "environment": "acceptance"}),
            0,
        )
        .await?;
        app.screen("trouble").await?;
        let words = app.text("[data-screen]").await?;
        assert!(words.contains("E104"), "{words}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_organisation_that_changed_while_the_app_was_closed_ends_the_session_and_says_so() {
    run_scenario(this_test!("moved"), async |scenario| {
        let app = restarted_with(scenario, &json!({"tenant": "regenboog"})).await?;
        app.screen("sign_in").await?;
        let words = app.text("[data-screen]").await?;
        assert!(words.contains("regenboog") && words.contains("veranderd"), "{words}");
        // The group view shows nothing of the previous organisation.
        scenario.sign_in(&app, "groep.druppels").await?;
        app.group("Druppels").await
    })
    .await;
}

#[tokio::test]
async fn signing_out_removes_the_session_here_and_at_the_identity_provider() {
    run_scenario(this_test!("sign-out"), async |scenario| {
        let app = scenario.app().await?;
        // Another organisation was chosen first. The session of the last one is the one to end.
        app.set_up("regenboog").await?;
        app.screen("sign_in").await?;
        app.press("change_organisation").await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        assert!(scenario.sandbox.has_stored_session()?);
        scenario.open_status_page().await?;
        app.screen("status").await?;
        scenario.picture("status")?;
        app.press("ask_sign_out").await?;
        app.press("sign_out").await?;
        app.screen("sign_in").await?;
        until("the session to leave the keystore", async || {
            Ok((!scenario.sandbox.has_stored_session()?).then_some(()))
        })
        .await?;
        let has_refresh_token = async || -> Outcome<bool> {
            let state = scenario.services.state()?;
            let accounts = state["accounts"].as_array().cloned().unwrap_or_default();
            Ok(accounts
                .iter()
                .any(|account| account["username"] == "groep.vlinders" && account["live_refresh_tokens"] != 0))
        };
        until(
            "the identity provider to have no refresh token of the account",
            async || Ok((!has_refresh_token().await?).then_some(())),
        )
        .await?;
        app.kill(&mut scenario.sandbox);
        let app = scenario.app().await?;
        app.screen("sign_in").await
    })
    .await;
}
