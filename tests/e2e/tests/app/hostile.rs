//! A trusted host was broken into: its pages, and its pop-ups, try everything. Nothing is reached, and the app goes on.

use std::collections::{BTreeMap, BTreeSet};

use e2e::{App, Desk, Outcome, Scene, scenario, until};
use serde_json::{Value, json};

/// Loads the page of an attack in the window that was gone to, and answers with what came of it.
async fn attack(scene: &Scene, app: &App, place: &str, what: &str) -> Outcome<BTreeMap<String, Value>> {
    app.driver().goto(&format!("{place}/vijandig/{what}")).await?;
    if what == "permissions" || what == "trap" {
        app.touch(&scene.desk, "#go").await?;
    }
    until(&format!("the end of {what}"), async || {
        Ok(app
            .driver()
            .execute("return window.finished === true", vec![])
            .await?
            .json()
            .as_bool()
            .filter(|done| *done))
    })
    .await?;
    let tried: BTreeMap<String, Value> = app.driver().execute("return window.tried", vec![]).await?.convert()?;
    assert_eq!(tried.get("failed"), None, "{what}");
    let here = app.driver().current_url().await?;
    assert!(here.as_str().starts_with(place), "{what} led to {here}");
    assert_ne!(app.driver().title().await?, "astray");
    nobody_got_out(scene)?;
    Ok(tried)
}

/// No request of any kind came to the stranger's host.
fn nobody_got_out(scene: &Scene) -> Outcome {
    let requests = scene.stack.state()?["counts"]["requests"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let out: Vec<_> = requests.keys().filter(|name| name.starts_with("stranger ")).collect();
    assert!(out.is_empty(), "{out:?}");
    Ok(())
}

/// The group view opens and does its work, and the shell answers as ever.
async fn goes_on(scene: &Scene, app: &App) -> Outcome {
    app.windows_are(2).await?;
    app.site("").await?;
    app.driver()
        .goto(&format!("{}/zonnetje/groep", scene.stack.konnect()))
        .await?;
    app.group("Vlinders").await?;
    app.click(".child").await?;
    assert_eq!(app.text(".child[aria-pressed='true']").await?, "Aanwezig");
    app.screen("group").await?;
    assert!(app.invoke("shown").await?.is_ok(), "the shell's own page may ask");
    nobody_got_out(scene)?;
    app.group("Vlinders").await
}

/// What every window of the site is tried with, the group view's and a pop-up's.
async fn nothing_is_reached(scene: &Scene, app: &App, place: &str) -> Outcome {
    let (windows, said) = (app.windows().await?, |word: &str| {
        scene.desk.log("app.log").matches(word).count()
    });
    let before = (said("\"person\""), said("\"callback\""));
    assert_eq!(
        attack(scene, app, place, "schemes").await?,
        BTreeMap::new(),
        "an address that never loads did"
    );
    assert_eq!(app.windows().await?, windows);
    for (code, least) in [("E511", 20), ("E513", 2), ("E514", 2), ("E515", 2)] {
        assert!(said(code) >= least, "{code}: the app refuses, not chance");
    }
    assert_eq!(
        attack(scene, app, place, "bridge").await?,
        BTreeMap::new(),
        "the bridge answered"
    );
    app.windows_are(windows).await?;
    let asked = attack(scene, app, place, "permissions").await?;
    for what in [
        "camera",
        "microphone",
        "screen",
        "place",
        "notices",
        "clipboard",
        "pointer",
    ] {
        assert_eq!(asked[what], "refused", "{what}");
    }
    assert!(
        asked.values().all(|answer| answer == "refused" || answer == "absent"),
        "{asked:?}"
    );
    attack(scene, app, place, "downloads").await?;
    // By the app, not by chance; a click that comes too soon after another is lost.
    until("downloads to be refused", async || {
        Ok((said("\"what\":\"download\"") >= 20).then_some(()))
    })
    .await?;
    for name in ["Downloads", "weg.txt", ".profile", "weg.desktop", "lijst.csv"] {
        assert!(!scene.desk.home().join(name).exists(), "{name} was written");
    }
    assert_eq!(
        (said("\"person\""), said("\"callback\"")),
        before,
        "nobody spoke to the shell"
    );
    Ok(())
}

#[tokio::test]
async fn a_trusted_page_that_was_broken_into_reaches_nothing_and_the_app_goes_on() {
    scenario("hostile", "a trusted page that was broken into", async |scene| {
        let app = scene.app().await?;
        scene.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        let place = format!("{}/zonnetje", scene.stack.konnect());
        nothing_is_reached(scene, &app, &place).await?;
        goes_on(scene, &app).await?;

        let opened = scene.desk.opened().len();
        assert_eq!(
            attack(scene, &app, &place, "storm").await?["opened"],
            1,
            "one pop-up a page"
        );
        app.windows_are(3).await?;
        scene.opened_after(opened).await?;
        assert_eq!(
            scene.desk.opened().len(),
            opened + 1,
            "the browser is not stormed: {:?}",
            scene.desk.opened()
        );
        app.site("/vijandig/stil").await?;
        app.driver().close_window().await?;
        goes_on(scene, &app).await?;

        attack(scene, &app, &place, "trap").await?;
        // As the app's icon offers it.
        scene.desk.open_link("nl.kidskonnect.groep:/status")?;
        app.screen("status").await?;
        app.press("open_group").await?;
        app.site("/vijandig/trap").await?;
        goes_on(scene, &app).await?;
        // It left a pop-up, as it may; whoever closes that is rid of it.
        app.site("/vijandig/trap").await?;
        app.driver().close_window().await?;
        goes_on(scene, &app).await
    })
    .await;
}

#[tokio::test]
async fn redirects_without_end_and_to_where_no_page_may_lead_end_at_the_group_view() {
    scenario("hostile-redirects", "redirects without end", async |scene| {
        let app = scene.app().await?;
        scene.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        let place = format!("{}/zonnetje", scene.stack.konnect());
        let lead_to = async |way: &str| app.driver().goto(&format!("{place}/vijandig/{way}")).await;
        for way in [
            "kring",
            "omleiding?n=50&naar=/zonnetje/info",
            "omleiding?n=3&naar=data:text/html,x",
            "omleiding?n=0&naar=nl.kidskonnect.groep:/callback?code=a%26state=b",
            &format!("omleiding?n=0&naar={}/vijandig/stil", scene.stack.stranger()),
        ] {
            let _ = lead_to(way).await;
            goes_on(scene, &app).await?;
        }
        // For this the engine ends the page's process, and the driver with it; the app loads the group view anew.
        let _ = lead_to("omleiding?n=3&naar=file:///etc/hostname").await;
        let ended_and_back = async || {
            let log = scene.desk.log("app.log");
            Ok(log
                .split_once("E503")
                .is_some_and(|(_, after)| after.contains("site_loaded"))
                .then_some(()))
        };
        until("the group view to be loaded anew", ended_and_back).await?;
        assert!(scene.desk.keeps_session()?);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_pop_up_that_was_broken_into_reaches_nothing_and_leads_the_page_behind_it_nowhere() {
    scenario("hostile-popup", "a pop-up that was broken into", async |scene| {
        let app = scene.app().await?;
        scene.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        let behind = format!("{}/zonnetje/vrij", scene.stack.konnect());
        let place = scene.stack.profile().to_owned();
        app.driver().goto(&behind).await?;
        app.click("#open").await?;
        app.site(&format!("{place}/vrij")).await?;
        nothing_is_reached(scene, &app, &place).await?;
        assert_eq!(
            attack(scene, &app, &place, "opener").await?["opener"],
            "there",
            "a pop-up has its opener"
        );
        app.site(&behind).await?;
        app.site(&format!("{place}/vijandig")).await?;
        assert_eq!(
            attack(scene, &app, &place, "storm").await?["opened"],
            1,
            "a pop-up's own pop-up"
        );
        // Whoever opened them leaves.
        app.site(&behind).await?;
        app.driver().goto(&format!("{place}/vrij")).await?;
        goes_on(scene, &app).await
    })
    .await;
}

#[tokio::test]
async fn a_page_that_asks_computes_or_fills_the_screen_without_end_leaves_the_way_out() {
    scenario("hostile-endless", "a page without end", async |scene| {
        let app = scene.app().await?;
        scene.to_group(&app, "groep.vlinders").await?;
        let place = format!("{}/zonnetje", scene.stack.konnect());
        for what in ["screen", "questions", "busy"] {
            app.group("Vlinders").await?;
            attack(scene, &app, &place, what).await?;
            if what == "screen" {
                app.click("#go").await?;
                let full = async || {
                    Ok(app
                        .driver()
                        .execute("return window.tried.full", vec![])
                        .await?
                        .json()
                        .as_bool())
                };
                until("an answer about the full screen", full).await?;
            }
            app.driver()
                .execute("if (window.go) setTimeout(window.go, 50)", vec![])
                .await?;
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            // As the app's icon offers it.
            let opened = scene.desk.opened().len();
            scene.desk.open_link("nl.kidskonnect.groep:/status")?;
            app.screen("status").await?;
            scene
                .desk
                .picture(&e2e::root().join(format!("target/scenarios/hostile-{what}.png")))?;
            app.press("ask_sign_out").await?;
            app.press("sign_out").await?;
            app.screen("sign_in").await?;
            app.windows_are(1).await?;
            // The identity server's own session ends in the browser.
            scene.opened_after(opened).await?;
            scene.sign_in(&app, "groep.vlinders").await?;
        }
        goes_on(scene, &app).await
    })
    .await;
}

#[tokio::test]
async fn files_that_the_settings_allow_stay_in_their_folder_and_replace_nothing() {
    scenario("hostile-files", "files with names that lead elsewhere", async |scene| {
        let app = App::start_with(
            &mut scene.desk,
            &scene.stack,
            &json!({"tenant": "zonnetje", "allow_downloads": true}),
            0,
        )
        .await?;
        scene.sign_in(&app, "groep.vlinders").await?;
        let folder = scene.desk.home().join("Downloads");
        std::fs::create_dir(&folder)?;
        std::fs::write(folder.join("lijst.csv"), "van gisteren")?;
        let outside = |desk: &Desk| -> Outcome<BTreeSet<_>> {
            Ok(std::fs::read_dir(desk.home())?
                .map(|entry| entry.map(|entry| entry.file_name()))
                .collect::<Result<_, _>>()?)
        };
        let before = outside(&scene.desk)?;
        attack(scene, &app, &format!("{}/zonnetje", scene.stack.konnect()), "downloads").await?;
        for number in 1..=5 {
            let another = folder.join(format!("lijst ({number}).csv"));
            until("each new file, with a name of its own", async || {
                Ok((std::fs::read_to_string(&another)? == "weg").then_some(()))
            })
            .await?;
        }
        assert_eq!(outside(&scene.desk)?, before, "nothing beside the folder");
        assert_eq!(std::fs::read_to_string(folder.join("lijst.csv"))?, "van gisteren");
        goes_on(scene, &app).await
    })
    .await;
}
