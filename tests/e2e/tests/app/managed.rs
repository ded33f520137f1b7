//! The device manager's settings, from the command line to the tablet: cards, managed settings that change while the
//! app runs, and what each key does.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use e2e::{App, Outcome, Scene, binary, manage, scenario, scene, until};
use serde_json::{Value, json};

/// Runs the device manager's command line in a folder: what it said, and how it ended.
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

/// A folder with the settings file of `zonnetje`.
fn prepared(extra: &[&str]) -> Outcome<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let (said, done) = provision(
        folder.path(),
        &[&["init", "--tenant", "zonnetje", "--out", "tablet.toml"], extra].concat(),
    )?;
    assert!(done, "{said}");
    Ok(folder)
}

/// Makes a card and reads its QR code with a decoder that is not ours.
fn card(folder: &Path, extra: &[&str]) -> Outcome<String> {
    let (said, done) = provision(folder, &[&["qr", "tablet.toml", "--out", "card.png"], extra].concat())?;
    assert!(done, "{said}");
    let read = Command::new("zbarimg")
        .args(["--quiet", "--raw", "card.png"])
        .current_dir(folder)
        .output()?;
    Ok(String::from_utf8(read.stdout)?.trim().to_owned())
}

async fn shows(app: &App, screen: &str, words: &str) -> Outcome {
    app.screen(screen).await?;
    until(words, async || {
        Ok(app.text("[data-screen]").await?.contains(words).then_some(()))
    })
    .await
}

#[tokio::test]
async fn s13_tool_and_app_advise_one_account_for_each_device() {
    scenario("S13", "one group account on several tablets", async |scene| {
        let folder = prepared(&[])?;
        std::fs::write(
            folder.path().join("devices.csv"),
            "device_label,login_hint\nBlauw 1,groep.blauw\nBlauw 2,groep.blauw\n",
        )?;
        let (said, done) = provision(folder.path(), &["key", "new", "--out", "key.pem"])?;
        assert!(done, "{said}");
        let (said, done) = provision(
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
        assert!(done && said.contains("E166"), "{said}");

        let app = scene.app().await?;
        app.set_up("zonnetje").await?;
        shows(&app, "sign_in", "eigen groepsaccount").await
    })
    .await;
}

#[tokio::test]
async fn s17_a_card_starts_the_app_and_managed_settings_hold_while_it_runs() {
    scenario("S17", "device manager provisions a fleet", async |scene| {
        let folder = prepared(&["--name", "Kinderopvang Zonnetje"])?;
        let text = std::fs::read_to_string(folder.path().join("tablet.toml"))?;
        assert!(text.contains("zonnetje"), "{text}");
        let link = card(folder.path(), &[])?;

        // The camera app opens the link, which starts the app.
        let app = App::start_by_link(&mut scene.desk, &scene.stack, &link).await?;
        shows(&app, "set_up_link", "Kinderopvang Zonnetje").await?;
        shows(
            &app,
            "set_up_link",
            url::Url::parse(scene.stack.konnect())?.host_str().ok_or("no host")?,
        )
        .await?;
        scene.desk.picture(&e2e::root().join("target/scenarios/S17-card.png"))?;
        app.press("use_link").await?;
        shows(&app, "sign_in", "Kinderopvang Zonnetje").await?;
        scene.sign_in(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;

        // A comfort key changes nothing for the person at work; a security key ends the session with a word.
        manage(
            &scene.desk,
            &json!({"organisation_name": "Zonnetje BV", "support_contact": "tel:+31201234567"}),
        )?;
        scene.desk.open_link("nl.kidskonnect.groep:/status")?;
        shows(&app, "status", "Zonnetje BV").await?;
        app.press("open_group").await?;
        app.group("Vlinders").await?;

        let changed = Instant::now();
        manage(&scene.desk, &json!({"tenant": "regenboog"}))?;
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
async fn a_link_is_never_used_without_a_yes_and_a_bad_one_is_explained() {
    let mut scene = scene().unwrap();
    let link = async |scene: &mut Scene| -> Outcome {
        let app = scene.app().await?;
        app.screen("not_set_up").await?;
        scene.desk.open_link("nl.kidskonnect.groep:/setup#tenant=regenboog")?;
        shows(&app, "set_up_link", "regenboog").await?;
        // A second one, from another app, is not even looked at.
        scene.desk.open_link("nl.kidskonnect.groep:/setup#tenant=anders")?;
        until("the second link", async || {
            Ok((scene.desk.log("app.log").matches("link_offered").count() == 2).then_some(()))
        })
        .await?;
        shows(&app, "set_up_link", "regenboog").await?;
        app.press("cancel").await?;
        app.screen("not_set_up").await?;
        for (bad, code) in [
            ("client_id=abcdefgh1234", "E148"),
            ("tenant=de%20zon", "E106"),
            ("a.b.c", "E142"),
            ("language=en", "E106"),
        ] {
            scene.desk.open_link(&format!("nl.kidskonnect.groep:/setup#{bad}"))?;
            shows(&app, "not_set_up", code).await?;
        }
        app.set_up("zonnetje").await?;
        app.screen("sign_in").await
    };
    link(&mut scene).await.unwrap();
}

#[tokio::test]
async fn a_signed_card_works_on_a_tablet_that_knows_the_key_and_on_no_other() {
    let mut scene = scene().unwrap();
    let signed = async |scene: &mut Scene| -> Outcome {
        let folder = prepared(&[])?;
        let text = std::fs::read_to_string(folder.path().join("tablet.toml"))? + "\nlogin_method = \"device_code\"\n";
        std::fs::write(folder.path().join("tablet.toml"), text)?;
        assert!(provision(folder.path(), &["key", "new", "--out", "key.pem"])?.1);
        let (public, done) = provision(folder.path(), &["key", "public", "key.pem"])?;
        assert!(done, "{public}");
        let key = public
            .lines()
            .map(str::trim)
            .find(|line| settings_key(line))
            .ok_or(public.clone())?
            .to_owned();
        let link = card(folder.path(), &["--sign", "key.pem"])?;

        let app = scene.app().await?;
        app.screen("not_set_up").await?;
        scene.desk.open_link(&link)?;
        shows(&app, "not_set_up", "E144").await?;
        manage(&scene.desk, &json!({ "provisioning_keys": key }))?;
        until("the link to be accepted", async || {
            scene.desk.open_link(&link)?;
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            Ok(app.text("[data-screen='set_up_link']").await.ok())
        })
        .await?;
        app.press("use_link").await?;
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        app.screen("code").await
    };
    signed(&mut scene).await.unwrap();
}

fn settings_key(line: &str) -> bool {
    line.split_once(':')
        .is_some_and(|(kid, key)| !kid.contains(' ') && key.len() == 43)
}

#[tokio::test]
async fn where_setting_up_by_hand_is_off_the_app_waits_for_its_settings_and_takes_them_when_they_come() {
    let mut scene = scene().unwrap();
    let late = async |scene: &mut Scene| -> Outcome {
        let app = App::start_with(
            &mut scene.desk,
            &scene.stack,
            &json!({"allow_manual_setup": false, "language": "en"}),
            0,
        )
        .await?;
        shows(&app, "not_set_up", "The app keeps looking for the settings").await?;
        scene.desk.open_link("nl.kidskonnect.groep:/setup#tenant=regenboog")?;
        shows(&app, "not_set_up", "E128").await?;
        manage(&scene.desk, &json!({"allow_manual_setup": false, "tenant": "zonnetje"}))?;
        shows(&app, "sign_in", "zonnetje").await
    };
    late(&mut scene).await.unwrap();
}

#[tokio::test]
async fn the_status_page_tells_each_setting_its_source_and_what_is_wrong() {
    let mut scene = scene().unwrap();
    let told = async |scene: &mut Scene| -> Outcome {
        let managed = json!({"device_label": "Blauw 1", "location_id": "loc-12", "support_contact": "tel:+31201234567", "keep_screen_on": "soms", "allow_sign_out": "false"});
        let app = App::start_with(&mut scene.desk, &scene.stack, &managed, 0).await?;
        scene.to_group(&app, "groep.vlinders").await?;
        scene.desk.open_link("nl.kidskonnect.groep:/status")?;
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
    told(&mut scene).await.unwrap();
}

#[tokio::test]
async fn the_tablet_is_asked_for_screen_and_kiosk_and_its_manager_is_told_what_is_wrong() {
    let mut scene = scene().unwrap();
    let asked = async |scene: &mut Scene| -> Outcome {
        let app = App::start_with(&mut scene.desk, &scene.stack, &json!({"tenant": "zonnetje"}), 0).await?;
        app.screen("sign_in").await?;
        assert!(
            !scene.desk.log("app.log").contains(r#""value":"true""#),
            "nothing is on by itself"
        );
        let all = json!({"tenant": "zonnetje", "keep_screen_on": "always", "block_screenshots": true, "kiosk": "if_permitted", "language": "fr"});
        manage(&scene.desk, &all)?;
        for line in [
            r#""keep_screen_on","value":"true""#,
            r#""block_screenshots","value":"true""#,
            r#""kiosk","value":"true""#,
            r#""report","value":"1""#,
        ] {
            until(line, async || {
                Ok(scene.desk.log("app.log").contains(line).then_some(()))
            })
            .await?;
        }
        manage(&scene.desk, &json!({"tenant": "zonnetje"}))?;
        for line in [
            r#""keep_screen_on","value":"false""#,
            r#""block_screenshots","value":"false""#,
            r#""kiosk","value":"false""#,
            r#""report","value":"0""#,
        ] {
            until(line, async || {
                Ok(scene.desk.log("app.log").contains(line).then_some(()))
            })
            .await?;
        }
        Ok(())
    };
    asked(&mut scene).await.unwrap();
}

#[tokio::test]
async fn settings_that_cannot_be_read_at_the_start_leave_the_kiosk_alone_until_they_can() {
    let mut scene = scene().unwrap();
    let start = async |scene: &mut Scene| -> Outcome {
        App::start_with(&mut scene.desk, &scene.stack, &json!("no settings"), 0).await?;
        let told = async |line: &str| {
            until(line, async || {
                Ok(scene.desk.log("app.log").contains(line).then_some(()))
            })
            .await
        };
        told(r#""report","value":"1""#).await?;
        let log = scene.desk.log("app.log");
        assert!(
            !["kiosk", "block_screenshots", "keep_screen_on"]
                .iter()
                .any(|asked| log.contains(&format!(r#""asked":"{asked}""#))),
            "{log}"
        );
        manage(&scene.desk, &json!({"tenant": "zonnetje", "kiosk": "if_permitted"}))?;
        told(r#""kiosk","value":"true""#).await?;
        assert!(!scene.desk.log("app.log").contains(r#""kiosk","value":"false""#));
        Ok(())
    };
    start(&mut scene).await.unwrap();
}

#[tokio::test]
async fn downloads_are_refused_unless_the_settings_allow_them() {
    for allowed in [false, true] {
        let mut scene = scene().unwrap();
        let download = async |scene: &mut Scene| -> Outcome {
            let app = App::start_with(&mut scene.desk, &scene.stack, &json!({ "allow_downloads": allowed }), 0).await?;
            scene.to_group(&app, "groep.vlinders").await?;
            app.group("Vlinders").await?;
            app.click("#menu summary").await?;
            app.click("#list").await?;
            let kept = scene.desk.home().join("Downloads/lijst.csv");
            if allowed {
                until("the file", async || Ok(kept.exists().then_some(()))).await?;
            } else {
                until("the refusal", async || {
                    Ok(scene
                        .desk
                        .log("app.log")
                        .contains("\"what\":\"download\"")
                        .then_some(()))
                })
                .await?;
                assert!(!kept.exists());
            }
            // Nor where the app was started from.
            assert!(!Path::new("lijst.csv").exists());
            app.group("Vlinders").await
        };
        let outcome = download(&mut scene).await;
        assert!(outcome.is_ok(), "{outcome:?}\n{}", scene.desk.log("app.log"));
    }
}

#[tokio::test]
async fn a_personal_session_that_nobody_touches_ends_after_its_minutes() {
    let mut scene = scene().unwrap();
    let idle = async |scene: &mut Scene| -> Outcome {
        let managed: Value = json!({"tenant": "zonnetje", "account_type": "personal", "idle_lock_minutes": "1"});
        let app = App::start_with(&mut scene.desk, &scene.stack, &managed, 0).await?;
        scene.sign_in(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        // Longer than any other wait: a minute without a touch.
        tokio::time::sleep(std::time::Duration::from_secs(45)).await;
        app.group("Vlinders").await?;
        shows(&app, "sign_in", "persoonlijk account").await
    };
    idle(&mut scene).await.unwrap();
}
