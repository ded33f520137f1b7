//! What goes wrong around the app: a screen with a code and a way forward, and everything stays as it was.

use std::time::Duration;

use e2e::{App, Desk, Display, Keystore, Outcome, Scene, manage, scenario, until};
use serde_json::{Value, json};

const CALLBACK: &str = "nl.kidskonnect.groep:/callback";

#[tokio::test]
async fn links_of_strangers_change_nothing_while_somebody_signs_in() {
    scenario("links", "links of strangers", async |scene| {
        let app = scene.app().await?;
        app.set_up("zonnetje").await?;
        app.screen("sign_in").await?;
        // No sign-in is under way.
        scene.desk.open_link(&format!("{CALLBACK}?code=a&state=b"))?;
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        let address = scene.opened_after(0).await?;
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
            format!("{CALLBACK}?code=a&state={state}#x"),
            format!("nl.kidskonnect.groep://callback?code=a&state={state}"),
            format!("nl.kidskonnect.groep:/callback/?code=a&state={state}"),
            format!("nl.kidskonnect.groep:/setup#{long}"),
            format!("{CALLBACK}?code={long}&state={state}"),
            "nl.kidskonnect.groep:".to_owned(),
            "nl.kidskonnect.groep:/\u{0}".replace('\u{0}', "%00"),
        ] {
            let lines = |scene: &Scene| scene.desk.log("app.log").lines().count();
            let before = lines(scene);
            scene.desk.open_link(&link)?;
            until("a line about the link", async || {
                Ok((lines(scene) > before).then_some(()))
            })
            .await?;
        }
        app.screen("browser").await?;
        // The right one still counts, and counts once.
        let browser = scene.browser().await?;
        browser.open(&address).await?;
        browser.sign_in(&scene.stack.account("groep.vlinders")).await?;
        app.group("Vlinders").await?;
        let before = scene.stack.state()?["counts"]["requests"]["identity /oauth/token"].clone();
        scene.desk.open_link(&format!("{CALLBACK}?code=a&state={state}"))?;
        scene
            .desk
            .open_link(&format!("{CALLBACK}?error=login_required&state={state}"))?;
        app.group("Vlinders").await?;
        assert_eq!(
            scene.stack.state()?["counts"]["requests"]["identity /oauth/token"],
            before,
            "nothing was said to the identity server"
        );
        browser.close(&mut scene.desk).await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn without_a_keystore_the_tablet_says_so_and_work_goes_on() {
    scenario("keystore-absent", "no keystore", async |scene| {
        scene.desk = Desk::with(Keystore::Absent, Display::Virtual)?;
        let app = scene.app().await?;
        app.set_up("zonnetje").await?;
        app.screen("trouble").await?;
        let words = app.text("[data-screen]").await?;
        assert!(words.contains("E401"), "{words}");
        let opened = scene.desk.opened().len();
        app.press("sign_in").await?;
        let address = scene.opened_after(opened).await?;
        let browser = scene.browser().await?;
        browser.open(&address).await?;
        browser.sign_in(&scene.stack.account("groep.vlinders")).await?;
        app.screen("trouble").await?;
        let words = app.text("[data-screen]").await?;
        assert!(words.contains("E401"), "{words}");
        scene
            .desk
            .picture(&e2e::root().join("target/scenarios/keystore-absent-trouble.png"))?;
        app.press("open_group").await?;
        app.group("Vlinders").await?;
        browser.close(&mut scene.desk).await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_locked_keystore_does_not_keep_the_group_view_from_opening() {
    scenario("keystore-locked", "locked keystore", async |scene| {
        let app = scene.app().await?;
        scene.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        app.kill(&mut scene.desk);
        scene.desk.lock_keystore()?;
        let app = scene.app().await?;
        app.group("Vlinders").await?;
        until("the keystore to say that it is locked", async || {
            Ok(scene.desk.log("app.log").contains("E402").then_some(()))
        })
        .await?;
        app.group("Vlinders").await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn killed_at_the_group_view_and_without_an_identity_server_it_opens_again_at_once() {
    scenario("killed", "killed, and no identity server", async |scene| {
        let app = scene.app().await?;
        scene.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        let opened = scene.desk.opened().len();
        app.kill(&mut scene.desk);
        let app = scene.app().await?;
        app.group("Vlinders").await?;
        app.kill(&mut scene.desk);
        scene.stack.down(&["identity"])?;
        let app = scene.app().await?;
        app.group("Vlinders").await?;
        assert_eq!(scene.desk.opened().len(), opened, "nobody had to sign in");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_start_while_an_earlier_app_is_still_going_away_opens_the_app_all_the_same() {
    scenario("dying", "started while it was ending", async |scene| {
        let address = scene.desk.bus()?;
        // Holds the name of the app that runs, and answers nothing that is asked of it.
        let dying = move || {
            zbus::blocking::connection::Builder::address(address.as_str())?
                .name("nl.kidskonnect.groep.SingleInstance")?
                .build()
        };
        let dying = tokio::task::spawn_blocking(dying).await??;
        let (app, gone) = tokio::join!(scene.app(), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            tokio::task::spawn_blocking(move || drop(dying)).await
        });
        gone?;
        app?.screen("not_set_up").await?;
        assert!(scene.desk.log("app.log").contains("starts_again"), "it was in the way");
        Ok(())
    })
    .await;
}

/// Signs in where `zonnetje` is managed, closes the app, and opens it with other managed settings.
async fn closed_and_opened(scene: &mut Scene, managed: &Value) -> Outcome<App> {
    let app = App::start_with(&mut scene.desk, &scene.stack, &json!({"tenant": "zonnetje"}), 0).await?;
    scene.sign_in(&app, "groep.vlinders").await?;
    app.group("Vlinders").await?;
    app.kill(&mut scene.desk);
    App::start_with(&mut scene.desk, &scene.stack, managed, 0).await
}

#[tokio::test]
async fn settings_that_are_wrong_stop_with_a_code_and_the_session_is_kept() {
    scenario("settings", "wrong settings", async |scene| {
        let app = closed_and_opened(scene, &json!({"tenant": "de zon"})).await?;
        app.screen("trouble").await?;
        let words = app.text("[data-screen]").await?;
        assert!(words.contains("E106"), "{words}");
        manage(&scene.desk, &json!({"tenant": "zonnetje"}))?;
        app.group("Vlinders").await?;
        app.kill(&mut scene.desk);
        // An environment that this build knows by name only.
        let app = App::start_with(
            &mut scene.desk,
            &scene.stack,
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
async fn an_organisation_that_changed_while_the_app_was_closed_ends_the_session_with_a_word() {
    scenario(
        "moved",
        "the organisation changed while the app was closed",
        async |scene| {
            let app = closed_and_opened(scene, &json!({"tenant": "regenboog"})).await?;
            app.screen("sign_in").await?;
            let words = app.text("[data-screen]").await?;
            assert!(words.contains("regenboog") && words.contains("veranderd"), "{words}");
            // Nothing of the organisation before shows up in the new one's group view.
            scene.sign_in(&app, "groep.druppels").await?;
            app.group("Druppels").await
        },
    )
    .await;
}

#[tokio::test]
async fn signing_out_leaves_nothing_here_and_at_the_identity_server() {
    scenario("sign-out", "signing out", async |scene| {
        let app = scene.app().await?;
        // Another organisation was chosen before: what counts is who is signed in now.
        app.set_up("regenboog").await?;
        app.screen("sign_in").await?;
        app.press("change_organisation").await?;
        scene.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        assert!(scene.desk.keeps_session()?);
        // As the app's icon offers it.
        scene.desk.open_link("nl.kidskonnect.groep:/status")?;
        app.screen("status").await?;
        scene.desk.picture(&e2e::root().join("target/scenarios/status.png"))?;
        app.press("ask_sign_out").await?;
        app.press("sign_out").await?;
        app.screen("sign_in").await?;
        until("the keystore to forget", async || {
            Ok((!scene.desk.keeps_session()?).then_some(()))
        })
        .await?;
        let live = async || -> Outcome<bool> {
            let state = scene.stack.state()?;
            let accounts = state["accounts"].as_array().cloned().unwrap_or_default();
            Ok(accounts
                .iter()
                .any(|account| account["username"] == "groep.vlinders" && account["live_refresh_tokens"] != 0))
        };
        until("the identity server to hear of it", async || {
            Ok((!live().await?).then_some(()))
        })
        .await?;
        app.kill(&mut scene.desk);
        let app = scene.app().await?;
        app.screen("sign_in").await
    })
    .await;
}
