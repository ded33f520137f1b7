//! The scenarios of `docs/scenarios.md`, end to end: the real app, a real OpenID provider, a real system browser.
//! S13 and S17 are in `managed.rs`.

use e2e::{App, Outcome, Scenario, one_time_code, run_scenario, this_test, until};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

#[tokio::test]
async fn s01_a_new_tablet_says_what_to_do_and_takes_the_organisations_name() {
    run_scenario(this_test!(), async |scenario| {
        let app = scenario.app().await?;
        app.screen("not_set_up").await?;
        for (typed, code) in [
            ("juf@zonnetje.nl", "E113"),
            ("https://example.org/", "E112"),
            ("de zon", "E111"),
        ] {
            app.set_up(typed).await?;
            until(code, async || {
                Ok(app.text("[data-screen]").await?.contains(code).then_some(()))
            })
            .await?;
        }
        scenario.picture("refused")?;
        app.set_up("https://Zonnetje.ouderportaal.nl/groep").await?;
        app.screen("sign_in").await
    })
    .await;
}

#[tokio::test]
async fn s02_one_button_starts_a_sign_in_with_pkce_in_the_system_browser() {
    run_scenario(this_test!(), async |scenario| {
        let app = scenario.app().await?;
        app.set_up("zonnetje").await?;
        app.screen("sign_in").await?;
        scenario.picture("button")?;
        app.press("sign_in").await?;
        let address = url::Url::parse(&scenario.next_opened_url(0).await?)?;
        let has = |name: &str, value: &str| address.query_pairs().any(|(n, v)| n == name && v == value);
        assert!(
            has("response_type", "code")
                && has("code_challenge_method", "S256")
                && has("redirect_uri", "nl.kidskonnect.groep:/callback")
        );
        app.screen("browser").await?;
        // Staff see the sign-in form at once, never the choice between staff and parents.
        let browser = scenario.browser().await?;
        browser.open(address.as_str()).await?;
        assert_eq!(browser.text("#login").await?, "Inloggen");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn s03_the_group_view_opens_again_at_once_with_no_sign_in() {
    run_scenario(this_test!(), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        app.kill(&mut scenario.sandbox);
        let opened = scenario.sandbox.opened_urls().len();
        assert!(scenario.sandbox.has_stored_session()?, "the keystore has the session");
        let app = scenario.app().await?;
        app.group("Vlinders").await?;
        assert_eq!(scenario.sandbox.opened_urls().len(), opened, "no browser was opened");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn s04_a_tablet_that_is_used_stays_signed_in_for_longer_than_sixty_days() {
    run_scenario(this_test!(), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        app.kill(&mut scenario.sandbox);
        let opened = scenario.sandbox.opened_urls().len();
        // Each time the web session has expired, and the app's refresh token is what signs the site in again.
        let mut app = None;
        for days in [45, 90, 135] {
            if let Some(before) = app.take() {
                App::kill(before, &mut scenario.sandbox);
            }
            scenario.services.control("/clock", json!({"offset": days * 86_400}))?;
            let now = App::start_with(&mut scenario.sandbox, &scenario.services, &Value::Null, days * 86_400).await?;
            now.group("Vlinders").await?;
            app = Some(now);
        }
        let app = app.ok_or("no app")?;
        assert_eq!(scenario.sandbox.opened_urls().len(), opened, "no browser was opened");
        assert!(scenario.services.state()?["counts"]["refreshes"].as_u64() >= Some(3));
        // The app is opened for a moment after eight days, while the web session is still good. That is use of the
        // tablet too.
        app.kill(&mut scenario.sandbox);
        let before = scenario.services.state()?["counts"]["refreshes"].as_u64();
        scenario.services.control("/clock", json!({"offset": 143 * 86_400}))?;
        let app = App::start_with(&mut scenario.sandbox, &scenario.services, &Value::Null, 143 * 86_400).await?;
        app.group("Vlinders").await?;
        until("the session to be refreshed", async || {
            Ok((scenario.services.state()?["counts"]["refreshes"].as_u64() > before).then_some(()))
        })
        .await?;
        assert!(!scenario.sandbox.log("app.log").contains("session_ended"));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn s05_after_sixty_days_unused_it_says_so_and_offers_sign_in() {
    run_scenario(this_test!(), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        app.kill(&mut scenario.sandbox);
        scenario.services.control("/clock", json!({"offset": 61 * 86_400}))?;
        let app = App::start_with(&mut scenario.sandbox, &scenario.services, &Value::Null, 61 * 86_400).await?;
        app.screen("sign_in").await?;
        let words = app.text("[data-screen]").await?;
        assert!(words.contains("60 dagen") && words.contains("zonnetje"), "{words}");
        scenario.picture("expired")?;
        scenario.sign_in(&app, "groep.vlinders").await?;
        app.group("Vlinders").await
    })
    .await;
}

#[tokio::test]
async fn s06_the_session_of_a_personal_account_is_not_stored() {
    run_scenario(this_test!(), async |scenario| {
        let managed = json!({"tenant": "regenboog", "account_type": "personal"});
        let app = App::start_with(&mut scenario.sandbox, &scenario.services, &managed, 0).await?;
        sign_in_upstream(scenario, &app).await?;
        app.site("/groep").await?;
        assert!(
            scenario
                .sandbox
                .command("secret-tool")
                .args(["search", "--all", "service", "nl.kidskonnect.groep.development"])
                .output()?
                .stdout
                .is_empty(),
            "nothing is stored"
        );
        app.kill(&mut scenario.sandbox);
        let app = App::start_with(&mut scenario.sandbox, &scenario.services, &managed, 0).await?;
        app.screen("sign_in").await
    })
    .await;
}

#[tokio::test]
async fn s07_mfa_is_set_up_in_a_pop_up_that_reports_to_its_opener_and_closes() {
    run_scenario(this_test!(), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        set_up_mfa(scenario, &app).await?;
        assert_eq!(app.text("#done").await?, "MFA is ingesteld!");
        // The page that opened the pop-up still has what was typed.
        assert_eq!(
            app.driver()
                .find(By::Css("#remark"))
                .await?
                .prop("value")
                .await?
                .as_deref(),
            Some("blijft staan")
        );
        until("the pop-up to close", async || {
            Ok((app.windows().await? == 2).then_some(()))
        })
        .await
    })
    .await;
}

#[tokio::test]
async fn s08_with_mfa_the_one_time_code_is_asked_for() {
    run_scenario(this_test!(), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.rupsen").await?;
        app.group("Rupsen").await
    })
    .await;
}

#[tokio::test]
async fn s09_the_recovery_code_replaces_a_lost_phone_and_a_new_code_is_shown() {
    run_scenario(this_test!(), async |scenario| {
        let account = scenario.services.account("groep.rupsen");
        let app = scenario.app().await?;
        app.set_up("zonnetje").await?;
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        let browser = scenario.browser().await?;
        browser.open(&scenario.next_opened_url(0).await?).await?;
        browser.fill("#username", &account.username).await?;
        browser.fill("#password", &account.password).await?;
        browser.click("#login").await?;
        browser.click("#use-recovery").await?;
        let code = account.recovery_code.ok_or("no recovery code")?;
        browser.fill("#recovery-code", &code).await?;
        browser.click("#continue").await?;
        assert_ne!(browser.text("#recovery").await?, code);
        scenario.picture("new-code")?;
        browser.click("#saved").await?;
        browser.click("#continue").await?;
        app.group("Rupsen").await?;
        browser.close(&mut scenario.sandbox).await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn s10_after_a_reset_the_next_sign_in_sets_mfa_up_in_a_pop_up() {
    run_scenario(this_test!(), async |scenario| {
        scenario
            .services
            .control("/mfa", json!({"tenant": "zonnetje", "mandatory": true}))?;
        scenario.services.control("/enrol-in-popup", json!({"on": true}))?;
        // The application manager resets MFA in Konnect.
        let manager = scenario.browser().await?;
        scenario
            .services
            .control("/mfa", json!({"tenant": "zonnetje", "mandatory": false}))?;
        manager
            .open(&format!("{}/zonnetje/beheer", scenario.services.konnect()))
            .await?;
        manager.sign_in(&scenario.services.account("beheer.zonnetje")).await?;
        manager.text("#mandatory").await?;
        manager
            .open(&format!(
                "{}/zonnetje/beheer?account=groep.rupsen",
                scenario.services.konnect()
            ))
            .await?;
        manager.click("#actions summary").await?;
        manager.click("#reset-mfa").await?;
        until("MFA to be off", async || {
            Ok((manager.text("#mfa").await? == "niet ingesteld").then_some(()))
        })
        .await?;
        manager.close(&mut scenario.sandbox).await;
        scenario
            .services
            .control("/mfa", json!({"tenant": "zonnetje", "mandatory": true}))?;

        // The sign-in is inside the app, so the pop-up opens over the sign-in page.
        let app = App::start_with(
            &mut scenario.sandbox,
            &scenario.services,
            &json!({"tenant": "zonnetje", "login_method": "in_app"}),
            0,
        )
        .await?;
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        app.site("/u/").await?;
        let mut account = scenario.services.account("groep.rupsen");
        account.totp_secret = None;
        app.sign_in(&account).await?;
        app.click("#open").await?;
        app.site("/mfa/enrol").await?;
        app.enrol_mfa().await?;
        app.click("#saved").await?;
        scenario.picture("pop-up")?;
        app.click("#continue").await?;
        app.group("Rupsen").await
    })
    .await;
}

#[tokio::test]
async fn s11_personal_accounts_sign_in_at_the_organisations_own_provider() {
    run_scenario(this_test!(), async |scenario| {
        let app = App::start_with(
            &mut scenario.sandbox,
            &scenario.services,
            &json!({"tenant": "regenboog", "account_type": "personal"}),
            0,
        )
        .await?;
        sign_in_upstream(scenario, &app).await?;
        app.site("/groep").await?;
        assert!(app.text("main").await?.contains("anna"));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn s12_a_forgotten_password_is_reset_and_the_sign_in_goes_on() {
    run_scenario(this_test!(), async |scenario| {
        let mut account = scenario.services.account("groep.vlinders");
        let app = scenario.app().await?;
        app.set_up("zonnetje").await?;
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        let browser = scenario.browser().await?;
        browser.open(&scenario.next_opened_url(0).await?).await?;
        browser.click("#forgot").await?;
        browser.fill("#email", &account.email).await?;
        browser.click("#send").await?;
        browser.text("h1").await?;
        browser.open(&scenario.services.outbox()).await?;
        browser.click("a.button").await?;
        browser.fill("#password", "Nieuw-2026!").await?;
        browser.click("#save").await?;
        browser.click("#back").await?;
        account.password = "Nieuw-2026!".to_owned();
        browser.sign_in(&account).await?;
        app.group("Vlinders").await?;
        browser.close(&mut scenario.sandbox).await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn s14_a_group_account_that_was_signed_out_is_two_taps_from_the_form() {
    run_scenario(this_test!(), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        app.kill(&mut scenario.sandbox);
        // The identity provider revokes the refresh token, and the web session has expired.
        scenario
            .services
            .control("/revoke", json!({"username": "groep.vlinders"}))?;
        scenario.services.control("/clock", json!({"offset": 40 * 86_400}))?;
        let app = App::start_with(&mut scenario.sandbox, &scenario.services, &Value::Null, 40 * 86_400).await?;
        app.screen("sign_in").await?;
        let opened = scenario.sandbox.opened_urls().len();
        app.press("sign_in").await?;
        let browser = scenario.browser().await?;
        browser.open(&scenario.next_opened_url(opened).await?).await?;
        browser.text("#login").await?;
        browser.sign_in(&scenario.services.account("groep.vlinders")).await?;
        app.group("Vlinders").await?;
        browser.close(&mut scenario.sandbox).await;
        Ok(())
    })
    .await;
}

/// Long enough for the web session at Konnect to expire, and not the refresh token. In seconds.
const WEB_SESSION_OVER: i64 = 40 * 86_400;

/// Signs a group account in, kills the app, lets the web session expire, causes a fault at the servers (see
/// `tests/fake-konnect/src/faults.mjs`) and starts the app. Without its web session, Konnect needs the identity
/// provider, so everything depends on the network.
async fn started_during(scenario: &mut Scenario, faults: Value) -> Outcome<App> {
    let app = scenario.app().await?;
    scenario.to_group(&app, "groep.vlinders").await?;
    app.group("Vlinders").await?;
    app.kill(&mut scenario.sandbox);
    scenario
        .services
        .control("/clock", json!({"offset": WEB_SESSION_OVER}))?;
    scenario.services.control("/faults", faults)?;
    App::start_with(
        &mut scenario.sandbox,
        &scenario.services,
        &Value::Null,
        WEB_SESSION_OVER,
    )
    .await
}

/// Ends a fault, and requires that the group view returns by itself and that nobody was signed out or had to sign in.
async fn returns_by_itself(scenario: &Scenario, app: &App, faults: Value) -> Outcome {
    scenario.services.control("/faults", faults)?;
    app.group("Vlinders").await?;
    assert!(scenario.sandbox.has_stored_session()?, "the session is stored");
    assert!(!scenario.sandbox.log("app.log").contains("session_ended"));
    assert_eq!(
        scenario.sandbox.opened_urls().len(),
        1,
        "the first sign-in is the only one"
    );
    Ok(())
}

#[tokio::test]
async fn s15_without_internet_nobody_is_signed_out_and_the_group_view_returns_by_itself() {
    run_scenario(this_test!("no-internet"), async |scenario| {
        let app = started_during(scenario, json!({"down": ["konnect", "identity"]})).await?;
        app.screen("trouble").await?;
        scenario.picture("trouble")?;
        // The internet is back, and the identity provider is not.
        scenario.services.take_down(&["identity"])?;
        shows_error(&app, "E301").await?;
        returns_by_itself(scenario, &app, json!({"down": []})).await
    })
    .await;
}

#[tokio::test]
async fn s15_with_the_identity_provider_down_nobody_is_signed_out_and_the_group_view_returns_by_itself() {
    run_scenario(this_test!("identity-provider-down"), async |scenario| {
        let app = started_during(scenario, json!({"down": ["identity"]})).await?;
        shows_error(&app, "E301").await?;
        scenario.picture("trouble")?;
        returns_by_itself(scenario, &app, json!({"down": []})).await
    })
    .await;
}

#[tokio::test]
async fn s15_on_a_guest_network_nobody_is_signed_out_and_the_group_view_returns_by_itself() {
    // The network sends every request to its own page, until somebody has signed the tablet in there.
    run_scenario(this_test!("guest-network"), async |scenario| {
        let app = started_during(scenario, json!({"portal": true})).await?;
        app.screen("trouble").await?;
        let words = app.text("[data-screen]").await?;
        assert!(words.contains("wifi"), "{words}");
        scenario.picture("trouble")?;
        returns_by_itself(scenario, &app, json!({"portal": false})).await
    })
    .await;
}

#[tokio::test]
async fn s15_with_konnect_down_nobody_is_signed_out_and_the_group_view_returns_by_itself() {
    // A proxy in front of Konnect answers 502.
    run_scenario(this_test!("konnect-down"), async |scenario| {
        let app = started_during(scenario, json!({"broken": ["konnect"]})).await?;
        shows_error(&app, "E504").await?;
        returns_by_itself(scenario, &app, json!({"broken": []})).await
    })
    .await;
}

#[tokio::test]
async fn s15_a_foreign_page_in_place_of_the_identity_provider_signs_nobody_out_and_the_group_view_returns() {
    run_scenario(this_test!("foreign-page"), async |scenario| {
        let app = started_during(scenario, json!({"html200": ["identity"]})).await?;
        shows_error(&app, "E308").await?;
        scenario.picture("trouble")?;
        returns_by_itself(scenario, &app, json!({"html200": []})).await
    })
    .await;
}

#[tokio::test]
async fn s16_pop_ups_are_allowed_for_trusted_hosts_and_for_no_others() {
    run_scenario(this_test!(), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        // A link to an untrusted host opens in the system browser, and the group view stays.
        let opened = scenario.sandbox.opened_urls().len();
        app.touch(&scenario.sandbox, "#outside").await?;
        assert_eq!(scenario.next_opened_url(opened).await?, "https://example.org/");
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
            let before = scenario.sandbox.log("app.log").matches(code).count();
            assert!(!open(address).await?, "{address} opened");
            until(address, async || {
                Ok((scenario.sandbox.log("app.log").matches(code).count() > before).then_some(()))
            })
            .await?;
        }
        // The engine runs a `javascript:` address in an empty window of the page, or refuses it. No window is left.
        let _ = open("javascript:document.title='x'").await;
        app.wait_for_windows(2).await?;
        app.click("#inside-blank").await?;
        app.site("/info").await?;
        app.wait_for_windows(3).await?;
        // A page may have one pop-up at a time.
        app.group("Vlinders").await?;
        assert!(!open("/zonnetje/info").await?, "a second pop-up opened");
        until("the second pop-up to be refused", async || {
            Ok(scenario.sandbox.log("app.log").contains("E517").then_some(()))
        })
        .await?;
        app.wait_for_windows(3).await
    })
    .await;
}

#[tokio::test]
async fn s18_without_a_browser_the_sign_in_is_inside_the_app() {
    run_scenario(this_test!("in-app"), async |scenario| {
        // The sign-in method is `auto`, and no launcher works.
        std::fs::write(scenario.sandbox.home().join("bin/xdg-open"), "#!/bin/sh\nexit 3\n")?;
        for name in ["gio", "gnome-open", "kde-open", "wslview"] {
            let shim = scenario.sandbox.home().join("bin").join(name);
            std::fs::copy(scenario.sandbox.home().join("bin/xdg-open"), &shim)?;
        }
        let app = scenario.app().await?;
        app.set_up("zonnetje").await?;
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        app.site("/u/").await?;
        scenario.picture("sign-in-inside")?;
        app.sign_in(&scenario.services.account("groep.vlinders")).await?;
        app.group("Vlinders").await
    })
    .await;
}

#[tokio::test]
async fn s18_without_a_browser_a_code_on_another_device_signs_in() {
    run_scenario(this_test!("code"), async |scenario| {
        let app = App::start_with(
            &mut scenario.sandbox,
            &scenario.services,
            &json!({"tenant": "zonnetje", "login_method": "device_code"}),
            0,
        )
        .await?;
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        app.screen("code").await?;
        scenario.picture("code-shown")?;
        let code = app.text("#user-code").await?.replace(char::is_whitespace, "");
        let other_device = scenario.browser().await?;
        other_device
            .open(&format!("{}activate", scenario.services.issuer()))
            .await?;
        other_device.fill("[name='user_code']", &code).await?;
        other_device.click("#go").await?;
        other_device.click("#confirm").await?;
        other_device
            .sign_in(&scenario.services.account("groep.vlinders"))
            .await?;
        app.group("Vlinders").await?;
        other_device.close(&mut scenario.sandbox).await;
        Ok(())
    })
    .await;
}

/// Signs a personal account in through the organisation's own provider, as far as the site.
async fn sign_in_upstream(scenario: &mut Scenario, app: &App) -> Outcome {
    let opened = scenario.sandbox.opened_urls().len();
    app.screen("sign_in").await?;
    app.press("sign_in").await?;
    let browser = scenario.browser().await?;
    browser.open(&scenario.next_opened_url(opened).await?).await?;
    browser.click("#microsoft").await?;
    browser.fill("#email", "anna@regenboog.example").await?;
    browser.fill("#password", "Anna-2026").await?;
    browser.click("#login").await?;
    app.site("/groep").await?;
    browser.close(&mut scenario.sandbox).await;
    Ok(())
}

/// From the group view to *Mijn profiel*, and through the pop-up for MFA enrolment, with the secret copied by hand.
async fn set_up_mfa(scenario: &mut Scenario, app: &App) -> Outcome {
    app.group("Vlinders").await?;
    app.click("#menu summary").await?;
    app.click("#my-profile").await?;
    app.site(scenario.services.profile()).await?;
    app.fill("#remark", "blijft staan").await?;
    app.click("#mfa-switch").await?;
    app.site("/mfa/enrol").await?;
    scenario.picture("pop-up")?;
    app.click("#trouble").await?;
    let secret = app.text("#secret").await?;
    app.fill("#code", &one_time_code(&secret)?).await?;
    app.click("#continue").await?;
    app.text("#recovery").await?;
    app.click("#saved").await?;
    app.click("#continue").await?;
    app.site(scenario.services.profile()).await
}

/// Waits until the error screen shows this code.
async fn shows_error(app: &App, code: &str) -> Outcome {
    until(code, async || {
        app.screen("trouble").await?;
        Ok(app.text("[data-screen]").await?.contains(code).then_some(()))
    })
    .await
}
