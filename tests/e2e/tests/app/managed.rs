//! The device administrator's settings, from the command line to the tablet: setup cards, managed configuration that
//! changes while the app runs, and what each key does.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use e2e::{App, Outcome, Scenario, binary, run_scenario, set_managed_config, this_test, until};
use serde_json::{Value, json};

/// Runs `provision` in a folder. Returns its output, and whether it succeeded.
fn provision(folder: &Path, args: &[&str]) -> Outcome<(String, bool)> {
    let done = Command::new(binary("provision")?)
        .args(args)
        .current_dir(folder)
        .env("LANG", "nl_NL.UTF-8")
        .output()?;
    Ok((
        format!(
            "{}{}",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        ),
        done.status.success(),
    ))
}

/// Returns a folder with a settings file for `zonnetje`.
fn settings_folder(extra: &[&str]) -> Outcome<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let (output, success) = provision(
        folder.path(),
        &[&["init", "--tenant", "zonnetje", "--out", "tablet.toml"], extra].concat(),
    )?;
    assert!(success, "{output}");
    Ok(folder)
}

/// Makes a setup card and returns the link in its QR code, as another decoder reads it.
fn card(folder: &Path, extra: &[&str]) -> Outcome<String> {
    let (output, success) = provision(folder, &[&["qr", "tablet.toml", "--out", "card.png"], extra].concat())?;
    assert!(success, "{output}");
    let read = Command::new("zbarimg")
        .args(["--quiet", "--raw", "card.png"])
        .current_dir(folder)
        .output()?;
    Ok(String::from_utf8(read.stdout)?.trim().to_owned())
}

/// Waits until the app shows this screen with this text.
async fn shows(app: &App, screen: &str, words: &str) -> Outcome {
    app.screen(screen).await?;
    until(words, async || {
        Ok(app.text("[data-screen]").await?.contains(words).then_some(()))
    })
    .await
}

#[tokio::test]
async fn s13_provision_and_app_advise_one_account_for_each_device() {
    run_scenario(this_test!(), async |scenario| {
        let folder = settings_folder(&[])?;
        std::fs::write(
            folder.path().join("devices.csv"),
            "device_label,login_hint\nBlauw 1,groep.blauw\nBlauw 2,groep.blauw\n",
        )?;
        let (output, success) = provision(folder.path(), &["key", "new", "--out", "key.pem"])?;
        assert!(success, "{output}");
        let (output, success) = provision(
            folder.path(),
            &[
                "bulk",
                "devices.csv",
                "--template",
                "tablet.toml",
                "--sign",
                "key.pem",
                "--out",
                "cards",
            ],
        )?;
        assert!(success && output.contains("E166"), "{output}");

        let app = scenario.app().await?;
        app.set_up("zonnetje").await?;
        shows(&app, "sign_in", "eigen groepsaccount").await
    })
    .await;
}

#[tokio::test]
async fn s17_a_setup_card_starts_the_app_and_managed_configuration_applies_while_it_runs() {
    run_scenario(this_test!(), async |scenario| {
        let folder = settings_folder(&["--name", "Kinderopvang Zonnetje"])?;
        let text = std::fs::read_to_string(folder.path().join("tablet.toml"))?;
        assert!(text.contains("zonnetje"), "{text}");
        let link = card(folder.path(), &[])?;

        // A camera app opens the link, which starts the app.
        let app = App::start_with_link(&mut scenario.sandbox, &scenario.services, &link).await?;
        // Anybody can make an unsigned card, so it does not name the organisation that it leads to.
        shows(&app, "set_up_link", "zonnetje").await?;
        shows(
            &app,
            "set_up_link",
            url::Url::parse(scenario.services.konnect())?
                .host_str()
                .ok_or("no host")?,
        )
        .await?;
        scenario.picture("card")?;
        app.press("use_link").await?;
        shows(&app, "sign_in", "Kinderopvang Zonnetje").await?;
        scenario.sign_in(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;

        // A changed comfort key leaves the session alone. A changed security key ends the session, and the app says so.
        set_managed_config(
            &scenario.sandbox,
            &json!({"organisation_name": "Zonnetje BV", "support_contact": "tel:+31201234567"}),
        )?;
        scenario.open_status_page().await?;
        shows(&app, "status", "Zonnetje BV").await?;
        app.press("open_group").await?;
        app.group("Vlinders").await?;

        let changed = Instant::now();
        set_managed_config(&scenario.sandbox, &json!({"tenant": "regenboog"}))?;
        shows(
            &app,
            "sign_in",
            "Je organisatie heeft de instellingen van deze tablet veranderd",
        )
        .await?;
        eprintln!("a managed change was on screen after {:?}", changed.elapsed());
        shows(&app, "sign_in", "regenboog").await
    })
    .await;
}

#[tokio::test]
async fn a_setup_link_is_used_only_after_a_yes_and_an_invalid_one_is_explained() {
    let mut scenario = Scenario::new().unwrap();
    let link = async |scenario: &mut Scenario| -> Outcome {
        let app = scenario.app().await?;
        app.screen("not_set_up").await?;
        scenario
            .sandbox
            .open_link("nl.kidskonnect.groep:/setup#tenant=regenboog")?;
        shows(&app, "set_up_link", "regenboog").await?;
        // A second link, from another app, is ignored while the first is on screen.
        scenario
            .sandbox
            .open_link("nl.kidskonnect.groep:/setup#tenant=anders")?;
        until("the second link to be logged", async || {
            Ok((scenario.sandbox.log("app.log").matches("setup_link_offered").count() == 2).then_some(()))
        })
        .await?;
        shows(&app, "set_up_link", "regenboog").await?;
        app.press("cancel").await?;
        app.screen("not_set_up").await?;
        for (invalid, code) in [
            ("client_id=abcdefgh1234", "E148"),
            ("tenant=de%20zon", "E106"),
            ("a.b.c", "E142"),
            ("language=en", "E106"),
        ] {
            scenario
                .sandbox
                .open_link(&format!("nl.kidskonnect.groep:/setup#{invalid}"))?;
            shows(&app, "not_set_up", code).await?;
        }
        app.set_up("zonnetje").await?;
        app.screen("sign_in").await
    };
    link(&mut scenario).await.unwrap();
}

#[tokio::test]
async fn a_signed_setup_card_works_only_on_a_tablet_that_has_its_key() {
    let mut scenario = Scenario::new().unwrap();
    let signed = async |scenario: &mut Scenario| -> Outcome {
        let folder = settings_folder(&[])?;
        let text = std::fs::read_to_string(folder.path().join("tablet.toml"))? + "\nlogin_method = \"device_code\"\n";
        std::fs::write(folder.path().join("tablet.toml"), text)?;
        assert!(provision(folder.path(), &["key", "new", "--out", "key.pem"])?.1);
        let (public, success) = provision(folder.path(), &["key", "public", "key.pem"])?;
        assert!(success, "{public}");
        let key = public
            .lines()
            .map(str::trim)
            .find(|line| is_public_key(line))
            .ok_or(public.clone())?
            .to_owned();
        let link = card(folder.path(), &["--sign", "key.pem"])?;

        let app = scenario.app().await?;
        app.screen("not_set_up").await?;
        scenario.sandbox.open_link(&link)?;
        shows(&app, "not_set_up", "E144").await?;
        set_managed_config(&scenario.sandbox, &json!({ "provisioning_keys": key }))?;
        until("the link to be accepted", async || {
            scenario.sandbox.open_link(&link)?;
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            Ok(app.text("[data-screen='set_up_link']").await.ok())
        })
        .await?;
        app.press("use_link").await?;
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        app.screen("code").await
    };
    signed(&mut scenario).await.unwrap();
}

/// Reports whether a line of `provision key public` is the public key itself, as `id:key`.
fn is_public_key(line: &str) -> bool {
    line.split_once(':')
        .is_some_and(|(kid, key)| !kid.contains(' ') && key.len() == 43)
}

#[tokio::test]
async fn where_manual_setup_is_off_the_app_waits_for_managed_configuration_and_applies_it() {
    let mut scenario = Scenario::new().unwrap();
    let late = async |scenario: &mut Scenario| -> Outcome {
        let app = App::start_with(
            &mut scenario.sandbox,
            &scenario.services,
            &json!({"allow_manual_setup": false, "language": "en"}),
            0,
        )
        .await?;
        shows(&app, "not_set_up", "The app keeps looking for the settings").await?;
        scenario
            .sandbox
            .open_link("nl.kidskonnect.groep:/setup#tenant=regenboog")?;
        shows(&app, "not_set_up", "E128").await?;
        set_managed_config(
            &scenario.sandbox,
            &json!({"allow_manual_setup": false, "tenant": "zonnetje"}),
        )?;
        shows(&app, "sign_in", "zonnetje").await
    };
    late(&mut scenario).await.unwrap();
}

#[tokio::test]
async fn the_status_page_shows_the_source_of_each_setting_and_what_is_invalid() {
    let mut scenario = Scenario::new().unwrap();
    let status = async |scenario: &mut Scenario| -> Outcome {
        let managed = json!({
            "device_label": "Blauw 1",
            "location_id": "loc-12",
            "support_contact": "tel:+31201234567",
            "keep_screen_on": "soms",
            "allow_sign_out": "false",
        });
        let app = App::start_with(&mut scenario.sandbox, &scenario.services, &managed, 0).await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        scenario.open_status_page().await?;
        shows(&app, "status", "wordt beheerd door je organisatie").await?;
        shows(&app, "status", "+31201234567").await?;
        shows(&app, "status", "Uitloggen kan hier niet").await?;
        shows(&app, "status", "linux").await?;
        app.click("[data-screen='status'] summary").await?;
        for words in [
            "Blauw 1 (beheersysteem)",
            "loc-12 (beheersysteem)",
            "zonnetje (op deze tablet gekozen)",
            "keep_screen_on E108",
        ] {
            shows(&app, "status", words).await?;
        }
        Ok(())
    };
    status(&mut scenario).await.unwrap();
}

#[tokio::test]
async fn screen_and_kiosk_policy_reach_the_device_and_invalid_settings_are_reported_to_the_mdm() {
    let mut scenario = Scenario::new().unwrap();
    let policy = async |scenario: &mut Scenario| -> Outcome {
        let app = App::start_with(
            &mut scenario.sandbox,
            &scenario.services,
            &json!({"tenant": "zonnetje"}),
            0,
        )
        .await?;
        app.screen("sign_in").await?;
        assert!(
            !scenario.sandbox.log("app.log").contains(r#""value":"true""#),
            "a policy is on without a setting"
        );
        let all = json!({
            "tenant": "zonnetje",
            "keep_screen_on": "always",
            "block_screenshots": true,
            "kiosk": "if_permitted",
            "language": "fr",
        });
        set_managed_config(&scenario.sandbox, &all)?;
        for line in [
            r#""keep_screen_on","value":"true""#,
            r#""block_screenshots","value":"true""#,
            r#""kiosk","value":"true""#,
            r#""report","value":"1""#,
        ] {
            until(line, async || {
                Ok(scenario.sandbox.log("app.log").contains(line).then_some(()))
            })
            .await?;
        }
        set_managed_config(&scenario.sandbox, &json!({"tenant": "zonnetje"}))?;
        for line in [
            r#""keep_screen_on","value":"false""#,
            r#""block_screenshots","value":"false""#,
            r#""kiosk","value":"false""#,
            r#""report","value":"0""#,
        ] {
            until(line, async || {
                Ok(scenario.sandbox.log("app.log").contains(line).then_some(()))
            })
            .await?;
        }
        Ok(())
    };
    policy(&mut scenario).await.unwrap();
}

#[tokio::test]
async fn unreadable_managed_configuration_leaves_the_kiosk_as_it_is_until_it_can_be_read() {
    let mut scenario = Scenario::new().unwrap();
    let start = async |scenario: &mut Scenario| -> Outcome {
        App::start_with(&mut scenario.sandbox, &scenario.services, &json!("no settings"), 0).await?;
        let logged = async |line: &str| {
            until(line, async || {
                Ok(scenario.sandbox.log("app.log").contains(line).then_some(()))
            })
            .await
        };
        logged(r#""report","value":"1""#).await?;
        let log = scenario.sandbox.log("app.log");
        assert!(
            !["kiosk", "block_screenshots", "keep_screen_on"]
                .iter()
                .any(|policy| log.contains(&format!(r#""asked":"{policy}""#))),
            "{log}"
        );
        set_managed_config(
            &scenario.sandbox,
            &json!({"tenant": "zonnetje", "kiosk": "if_permitted"}),
        )?;
        logged(r#""kiosk","value":"true""#).await?;
        assert!(!scenario.sandbox.log("app.log").contains(r#""kiosk","value":"false""#));
        Ok(())
    };
    start(&mut scenario).await.unwrap();
}

#[tokio::test]
async fn downloads_are_refused_unless_the_settings_allow_them() {
    for allowed in [false, true] {
        let mut scenario = Scenario::new().unwrap();
        let download = async |scenario: &mut Scenario| -> Outcome {
            let app = App::start_with(
                &mut scenario.sandbox,
                &scenario.services,
                &json!({ "allow_downloads": allowed }),
                0,
            )
            .await?;
            scenario.to_group(&app, "groep.vlinders").await?;
            app.group("Vlinders").await?;
            app.click("#menu summary").await?;
            app.click("#list").await?;
            let kept = scenario.sandbox.home().join("Downloads/lijst.csv");
            if allowed {
                until("the file", async || Ok(kept.exists().then_some(()))).await?;
            } else {
                until("the refusal", async || {
                    Ok(scenario
                        .sandbox
                        .log("app.log")
                        .contains("\"what\":\"download\"")
                        .then_some(()))
                })
                .await?;
                assert!(!kept.exists());
            }
            // Nor in the directory that the app was started from.
            assert!(!Path::new("lijst.csv").exists());
            app.group("Vlinders").await
        };
        let outcome = download(&mut scenario).await;
        assert!(outcome.is_ok(), "{outcome:?}\n{}", scenario.sandbox.log("app.log"));
    }
}

#[tokio::test]
async fn an_idle_personal_session_ends_after_its_minutes() {
    let mut scenario = Scenario::new().unwrap();
    let idle = async |scenario: &mut Scenario| -> Outcome {
        let managed: Value = json!({"tenant": "zonnetje", "account_type": "personal", "idle_lock_minutes": "1"});
        let app = App::start_with(&mut scenario.sandbox, &scenario.services, &managed, 0).await?;
        scenario.sign_in(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        // The session ends after a minute without a touch, which is longer than `until` waits.
        tokio::time::sleep(std::time::Duration::from_secs(45)).await;
        app.group("Vlinders").await?;
        shows(&app, "sign_in", "persoonlijk account").await
    };
    idle(&mut scenario).await.unwrap();
}
