//! What people must be able to do, end to end: the real app, a real identity server, a real second browser.

use e2e::{App, Outcome, code_for, scenario, until};
use serde_json::json;
use thirtyfour::prelude::*;

#[tokio::test]
async fn s01_a_new_tablet_says_what_to_do_and_takes_the_organisations_name() {
    scenario("S1", "first start, tablet not set up", async |scene| {
        let app = scene.app().await?;
        app.screen("not_set_up").await?;
        for (typed, problem) in [
            ("juf@zonnetje.nl", "E113"),
            ("https://example.org/", "E112"),
            ("de zon", "E111"),
        ] {
            app.set_up(typed).await?;
            until(problem, async || {
                Ok(app.text("[data-screen]").await?.contains(problem).then_some(()))
            })
            .await?;
        }
        scene.desk.picture(&e2e_picture("S1-refused"))?;
        app.set_up("https://Zonnetje.ouderportaal.nl/groep").await?;
        app.screen("sign_in").await
    })
    .await;
}

#[tokio::test]
async fn s02_one_button_starts_a_sign_in_with_pkce_in_the_browser() {
    scenario("S2", "set up, not signed in", async |scene| {
        let app = scene.app().await?;
        app.set_up("zonnetje").await?;
        app.screen("sign_in").await?;
        scene.desk.picture(&e2e_picture("S2-button"))?;
        app.press("sign_in").await?;
        let address = url::Url::parse(&scene.opened_after(0).await?)?;
        let has = |name: &str, value: &str| address.query_pairs().any(|(n, v)| n == name && v == value);
        assert!(
            has("response_type", "code")
                && has("code_challenge_method", "S256")
                && has("redirect_uri", "nl.kidskonnect.groep:/callback")
        );
        app.screen("browser").await?;
        // Staff come to the sign-in form at once, never to the parents' choice.
        let browser = scene.browser().await?;
        browser.open(address.as_str()).await?;
        assert_eq!(browser.text("#login").await?, "Inloggen");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn s03_the_group_view_opens_again_at_once_with_no_sign_in() {
    scenario("S3", "signed in", async |scene| {
        let app = scene.app().await?;
        scene.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        app.kill(&mut scene.desk);
        let opened = scene.desk.opened().len();
        assert!(scene.desk.keeps_session()?, "the keystore has the session");
        let app = scene.app().await?;
        app.group("Vlinders").await?;
        assert_eq!(scene.desk.opened().len(), opened, "no browser was opened");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn s04_a_tablet_that_is_used_stays_signed_in_for_longer_than_sixty_days() {
    scenario("S4", "used at least once in 60 days", async |scene| {
        let app = scene.app().await?;
        scene.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        app.kill(&mut scene.desk);
        let opened = scene.desk.opened().len();
        // Each time the site's own session has run out, and the refresh token is what signs it in again.
        let mut app = None;
        for days in [45, 90, 135] {
            if let Some(before) = app.take() {
                App::kill(before, &mut scene.desk);
            }
            scene.stack.say("/clock", json!({"offset": days * 86_400}))?;
            let now = App::start_with(&mut scene.desk, &scene.stack, &serde_json::Value::Null, days * 86_400).await?;
            now.group("Vlinders").await?;
            app = Some(now);
        }
        let app = app.ok_or("no app")?;
        assert_eq!(scene.desk.opened().len(), opened, "no browser was opened");
        assert!(scene.stack.state()?["counts"]["refreshes"].as_u64() >= Some(3));
        // Opened for a moment after eight days, while the site's own session still holds: that counts as use, too.
        app.kill(&mut scene.desk);
        let before = scene.stack.state()?["counts"]["refreshes"].as_u64();
        scene.stack.say("/clock", json!({"offset": 143 * 86_400}))?;
        let app = App::start_with(&mut scene.desk, &scene.stack, &serde_json::Value::Null, 143 * 86_400).await?;
        app.group("Vlinders").await?;
        until("the session to be used", async || {
            Ok((scene.stack.state()?["counts"]["refreshes"].as_u64() > before).then_some(()))
        })
        .await?;
        assert!(!scene.desk.log("app.log").contains("session_over"));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn s05_after_sixty_days_unused_it_says_so_and_offers_sign_in() {
    scenario("S5", "unused for more than 60 days", async |scene| {
        let app = scene.app().await?;
        scene.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        app.kill(&mut scene.desk);
        scene.stack.say("/clock", json!({"offset": 61 * 86_400}))?;
        let app = App::start_with(&mut scene.desk, &scene.stack, &serde_json::Value::Null, 61 * 86_400).await?;
        app.screen("sign_in").await?;
        let words = app.text("[data-screen]").await?;
        assert!(words.contains("60 dagen") && words.contains("zonnetje"), "{words}");
        scene.desk.picture(&e2e_picture("S5-expired"))?;
        scene.sign_in(&app, "groep.vlinders").await?;
        app.group("Vlinders").await
    })
    .await;
}

#[tokio::test]
async fn s06_a_personal_account_is_not_kept() {
    scenario("S6", "personal account", async |scene| {
        let managed = json!({"tenant": "regenboog", "account_type": "personal"});
        let app = App::start_with(&mut scene.desk, &scene.stack, &managed, 0).await?;
        upstream(scene, &app).await?;
        app.site("/groep").await?;
        assert!(
            scene
                .desk
                .command("secret-tool")
                .args(["search", "--all", "service", "nl.kidskonnect.groep.development"])
                .output()?
                .stdout
                .is_empty(),
            "nothing is stored"
        );
        app.kill(&mut scene.desk);
        let app = App::start_with(&mut scene.desk, &scene.stack, &managed, 0).await?;
        app.screen("sign_in").await
    })
    .await;
}

#[tokio::test]
async fn s07_mfa_is_set_up_in_a_pop_up_that_tells_the_page_behind_it() {
    scenario("S7", "MFA set-up", async |scene| {
        let app = scene.app().await?;
        scene.to_group(&app, "groep.vlinders").await?;
        set_up_mfa(scene, &app).await?;
        assert_eq!(app.text("#done").await?, "MFA is ingesteld!");
        // What was typed on the page behind is still there.
        assert_eq!(
            app.driver()
                .find(By::Css("#remark"))
                .await?
                .prop("value")
                .await?
                .as_deref(),
            Some("blijft staan")
        );
        until("the pop-up to leave no window", async || {
            Ok((app.windows().await? == 2).then_some(()))
        })
        .await
    })
    .await;
}

#[tokio::test]
async fn s08_with_mfa_the_one_time_code_is_asked_for() {
    scenario("S8", "sign-in with MFA", async |scene| {
        let app = scene.app().await?;
        scene.to_group(&app, "groep.rupsen").await?;
        app.group("Rupsen").await
    })
    .await;
}

#[tokio::test]
async fn s09_a_lost_phone_is_no_end_with_the_recovery_code_and_a_new_one_is_shown() {
    scenario("S9", "phone lost, recovery code kept", async |scene| {
        let account = scene.stack.account("groep.rupsen");
        let app = scene.app().await?;
        app.set_up("zonnetje").await?;
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        let browser = scene.browser().await?;
        browser.open(&scene.opened_after(0).await?).await?;
        browser.fill("#username", &account.username).await?;
        browser.fill("#password", &account.password).await?;
        browser.click("#login").await?;
        browser.click("#use-recovery").await?;
        let code = account.recovery_code.ok_or("no recovery code")?;
        browser.fill("#recovery-code", &code).await?;
        browser.click("#continue").await?;
        assert_ne!(browser.text("#recovery").await?, code);
        scene.desk.picture(&e2e_picture("S9-new-code"))?;
        browser.click("#saved").await?;
        browser.click("#continue").await?;
        app.group("Rupsen").await?;
        browser.close(&mut scene.desk).await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn s10_after_a_reset_the_next_sign_in_asks_to_set_mfa_up_also_in_a_pop_up() {
    scenario("S10", "phone lost, no recovery code", async |scene| {
        scene
            .stack
            .say("/mfa", json!({"tenant": "zonnetje", "mandatory": true}))?;
        scene.stack.say("/enrol-in-popup", json!({"on": true}))?;
        // The application manager resets MFA in Konnect.
        let manager = scene.browser().await?;
        scene
            .stack
            .say("/mfa", json!({"tenant": "zonnetje", "mandatory": false}))?;
        manager
            .open(&format!("{}/zonnetje/beheer", scene.stack.konnect()))
            .await?;
        manager.sign_in(&scene.stack.account("beheer.zonnetje")).await?;
        manager.text("#mandatory").await?;
        manager
            .open(&format!(
                "{}/zonnetje/beheer?account=groep.rupsen",
                scene.stack.konnect()
            ))
            .await?;
        manager.click("#actions summary").await?;
        manager.click("#reset-mfa").await?;
        until("MFA to be off", async || {
            Ok((manager.text("#mfa").await? == "niet ingesteld").then_some(()))
        })
        .await?;
        manager.close(&mut scene.desk).await;
        scene
            .stack
            .say("/mfa", json!({"tenant": "zonnetje", "mandatory": true}))?;

        // Signing in inside the app: the pop-up opens over the sign-in page.
        let app = App::start_with(
            &mut scene.desk,
            &scene.stack,
            &json!({"tenant": "zonnetje", "login_method": "in_app"}),
            0,
        )
        .await?;
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        app.site("/u/").await?;
        let mut account = scene.stack.account("groep.rupsen");
        account.totp_secret = None;
        app.sign_in(&account).await?;
        app.click("#open").await?;
        app.site("/mfa/enrol").await?;
        app.scan().await?;
        app.click("#saved").await?;
        scene.desk.picture(&e2e_picture("S10-pop-up"))?;
        app.click("#continue").await?;
        app.group("Rupsen").await
    })
    .await;
}

#[tokio::test]
async fn s11_personal_accounts_sign_in_at_the_organisations_own_provider() {
    scenario("S11", "own SSO", async |scene| {
        let app = App::start_with(
            &mut scene.desk,
            &scene.stack,
            &json!({"tenant": "regenboog", "account_type": "personal"}),
            0,
        )
        .await?;
        upstream(scene, &app).await?;
        app.site("/groep").await?;
        assert!(app.text("main").await?.contains("anna"));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn s12_a_forgotten_password_is_set_anew_and_the_sign_in_goes_on() {
    scenario("S12", "password forgotten / new account", async |scene| {
        let mut account = scene.stack.account("groep.vlinders");
        let app = scene.app().await?;
        app.set_up("zonnetje").await?;
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        let browser = scene.browser().await?;
        browser.open(&scene.opened_after(0).await?).await?;
        browser.click("#forgot").await?;
        browser.fill("#email", &account.email).await?;
        browser.click("#send").await?;
        browser.text("h1").await?;
        browser.open(&scene.stack.outbox()).await?;
        browser.click("a.button").await?;
        browser.fill("#password", "Nieuw-2026!").await?;
        browser.click("#save").await?;
        browser.click("#back").await?;
        account.password = "Nieuw-2026!".to_owned();
        browser.sign_in(&account).await?;
        app.group("Vlinders").await?;
        browser.close(&mut scene.desk).await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn s14_a_group_account_that_was_signed_out_is_two_taps_from_the_form() {
    scenario(
        "S14",
        "group account signed out (by itself or an error)",
        async |scene| {
            let app = scene.app().await?;
            scene.to_group(&app, "groep.vlinders").await?;
            app.group("Vlinders").await?;
            app.kill(&mut scene.desk);
            // The identity server ends the session, and the site's own has run out.
            scene.stack.say("/revoke", json!({"username": "groep.vlinders"}))?;
            scene.stack.say("/clock", json!({"offset": 40 * 86_400}))?;
            let app = App::start_with(&mut scene.desk, &scene.stack, &serde_json::Value::Null, 40 * 86_400).await?;
            app.screen("sign_in").await?;
            let opened = scene.desk.opened().len();
            app.press("sign_in").await?;
            let browser = scene.browser().await?;
            browser.open(&scene.opened_after(opened).await?).await?;
            browser.text("#login").await?;
            browser.sign_in(&scene.stack.account("groep.vlinders")).await?;
            app.group("Vlinders").await?;
            browser.close(&mut scene.desk).await;
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn s15_no_network_signs_nobody_out_and_the_group_view_returns_by_itself() {
    scenario(
        "S15",
        "no internet, captive portal, identity server down",
        async |scene| {
            let app = scene.app().await?;
            scene.to_group(&app, "groep.vlinders").await?;
            app.group("Vlinders").await?;
            app.kill(&mut scene.desk);
            // The site's own session has run out too, so everything depends on the network.
            let ahead = 40 * 86_400;
            scene.stack.say("/clock", json!({"offset": ahead}))?;
            scene.stack.down(&["konnect", "identity"])?;
            let app = App::start_with(&mut scene.desk, &scene.stack, &serde_json::Value::Null, ahead).await?;
            app.screen("trouble").await?;
            scene.desk.picture(&e2e_picture("S15-no-network"))?;
            scene.stack.down(&["identity"])?;
            until("the identity server's trouble", async || {
                Ok(app.text("[data-screen]").await?.contains("E301").then_some(()))
            })
            .await?;
            scene.stack.down(&[])?;
            app.group("Vlinders").await?;
            // A guest network that sends everybody to its own page, until somebody has signed the tablet in there.
            app.kill(&mut scene.desk);
            scene.stack.say("/faults", json!({"portal": true}))?;
            let app = App::start_with(&mut scene.desk, &scene.stack, &serde_json::Value::Null, ahead).await?;
            app.screen("trouble").await?;
            let words = app.text("[data-screen]").await?;
            assert!(words.contains("wifi"), "{words}");
            scene.desk.picture(&e2e_picture("S15-guest-network"))?;
            scene.stack.say("/faults", json!({"portal": false}))?;
            app.group("Vlinders").await?;
            // Konnect's own server is broken.
            app.kill(&mut scene.desk);
            scene.stack.say("/faults", json!({"broken": ["konnect"]}))?;
            let app = App::start_with(&mut scene.desk, &scene.stack, &serde_json::Value::Null, ahead).await?;
            told(&app, "E504").await?;
            scene.stack.say("/faults", json!({"broken": []}))?;
            app.group("Vlinders").await?;
            // Something answers in the identity server's place, when the site's own session has run out.
            app.kill(&mut scene.desk);
            scene.stack.say("/clock", json!({"offset": 2 * ahead}))?;
            scene.stack.say("/faults", json!({"html200": ["identity"]}))?;
            let app = App::start_with(&mut scene.desk, &scene.stack, &serde_json::Value::Null, 2 * ahead).await?;
            told(&app, "E308").await?;
            scene.stack.say("/faults", json!({"html200": []}))?;
            app.group("Vlinders").await
        },
    )
    .await;
}

#[tokio::test]
async fn s16_pop_ups_are_allowed_for_trusted_hosts_and_for_no_others() {
    scenario("S16", "pop-ups \"not allowed\"", async |scene| {
        let app = scene.app().await?;
        scene.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        // A link that leads elsewhere is for the browser; the group view stays.
        let opened = scene.desk.opened().len();
        app.touch(&scene.desk, "#outside").await?;
        assert_eq!(scene.opened_after(opened).await?, "https://example.org/");
        app.group("Vlinders").await?;
        let open = async |address: &str| -> Outcome<bool> {
            let script = "return window.open(arguments[0], '_blank') !== null";
            Ok(app
                .driver()
                .execute(script, vec![address.into()])
                .await?
                .json()
                .as_bool()
                .unwrap_or_default())
        };
        for (address, code) in [
            ("https://example.org/", "E515"),
            ("data:text/html,x", "E511"),
            ("file:///etc/passwd", "E511"),
            ("http://127.0.0.9:1/", "E515"),
            ("https://user:x@example.org/", "E514"),
        ] {
            let before = scene.desk.log("app.log").matches(code).count();
            assert!(!open(address).await?, "{address} opened");
            until(address, async || {
                Ok((scene.desk.log("app.log").matches(code).count() > before).then_some(()))
            })
            .await?;
        }
        // The engine runs a script address in a window of the page's own, or nowhere; no window stays.
        let _ = open("javascript:document.title='x'").await;
        app.windows_are(2).await?;
        app.click("#inside-blank").await?;
        app.site("/info").await?;
        app.windows_are(3).await?;
        // One pop-up a page: the group view has its one, until that is closed.
        app.group("Vlinders").await?;
        assert!(!open("/zonnetje/info").await?, "a second pop-up opened");
        until("the second to be refused", async || {
            Ok(scene.desk.log("app.log").contains("E517").then_some(()))
        })
        .await?;
        app.windows_are(3).await
    })
    .await;
}

#[tokio::test]
async fn s18_without_a_browser_the_sign_in_is_inside_the_app() {
    scenario("S18-in-app", "kiosk tablet without a browser", async |scene| {
        // `auto`, and no launcher that works.
        std::fs::write(scene.desk.home().join("bin/xdg-open"), "#!/bin/sh\nexit 3\n")?;
        for name in ["gio", "gnome-open", "kde-open", "wslview"] {
            let shim = scene.desk.home().join("bin").join(name);
            std::fs::copy(scene.desk.home().join("bin/xdg-open"), &shim)?;
        }
        let app = scene.app().await?;
        app.set_up("zonnetje").await?;
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        app.site("/u/").await?;
        scene.desk.picture(&e2e_picture("S18-sign-in-inside"))?;
        app.sign_in(&scene.stack.account("groep.vlinders")).await?;
        app.group("Vlinders").await
    })
    .await;
}

#[tokio::test]
async fn s18_or_with_a_code_on_another_device() {
    scenario("S18-code", "kiosk tablet without a browser", async |scene| {
        let app = App::start_with(
            &mut scene.desk,
            &scene.stack,
            &json!({"tenant": "zonnetje", "login_method": "device_code"}),
            0,
        )
        .await?;
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        app.screen("code").await?;
        scene.desk.picture(&e2e_picture("S18-code-shown"))?;
        let code = app.text("#user-code").await?.replace(char::is_whitespace, "");
        let phone = scene.browser().await?;
        phone.open(&format!("{}activate", scene.stack.issuer())).await?;
        phone.fill("[name='user_code']", &code).await?;
        phone.click("#go").await?;
        phone.click("#confirm").await?;
        phone.sign_in(&scene.stack.account("groep.vlinders")).await?;
        app.group("Vlinders").await?;
        phone.close(&mut scene.desk).await;
        Ok(())
    })
    .await;
}

/// Signs Anna in through the organisation's own provider.
async fn upstream(scene: &mut e2e::Scene, app: &App) -> Outcome {
    let opened = scene.desk.opened().len();
    app.screen("sign_in").await?;
    app.press("sign_in").await?;
    let browser = scene.browser().await?;
    browser.open(&scene.opened_after(opened).await?).await?;
    browser.click("#microsoft").await?;
    browser.fill("#email", "anna@regenboog.example").await?;
    browser.fill("#password", "Anna-2026").await?;
    browser.click("#login").await?;
    app.site("/groep").await?;
    browser.close(&mut scene.desk).await;
    Ok(())
}

/// From the group view to *Mijn profiel* and through the pop-up.
async fn set_up_mfa(scene: &mut e2e::Scene, app: &App) -> Outcome {
    app.group("Vlinders").await?;
    app.click("#menu summary").await?;
    app.click("#my-profile").await?;
    app.site(scene.stack.profile()).await?;
    app.fill("#remark", "blijft staan").await?;
    app.click("#mfa-switch").await?;
    app.site("/mfa/enrol").await?;
    scene.desk.picture(&e2e_picture("S7-pop-up"))?;
    app.click("#trouble").await?;
    let shown = app.text("#secret").await?;
    app.fill("#code", &code_for(&shown)?).await?;
    app.click("#continue").await?;
    app.text("#recovery").await?;
    app.click("#saved").await?;
    app.click("#continue").await?;
    app.site(scene.stack.profile()).await
}

fn e2e_picture(name: &str) -> std::path::PathBuf {
    e2e::root().join("target/scenarios").join(format!("{name}.png"))
}

/// Waits until the shell's page tells this code.
async fn told(app: &App, code: &str) -> Outcome {
    until(code, async || {
        app.screen("trouble").await?;
        Ok(app.text("[data-screen]").await?.contains(code).then_some(()))
    })
    .await
}
