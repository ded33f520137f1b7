//! Pages and pop-ups of a trusted host after a break-in: they attack the app, reach nothing, and the app goes on
//! working. The attacks are in `tests/fake-konnect/src/hostile.mjs`.

use std::collections::{BTreeMap, BTreeSet};

use e2e::{App, Outcome, Sandbox, Scenario, run_scenario, this_test, until};
use serde_json::{Value, json};

/// Loads the page of an attack from `base` in the current window, and returns what the attack achieved.
async fn attack(scenario: &Scenario, app: &App, base: &str, what: &str) -> Outcome<BTreeMap<String, Value>> {
    app.driver().goto(&format!("{base}/hostile/{what}")).await?;
    if what == "permissions" || what == "trap" {
        app.touch(&scenario.sandbox, "#go").await?;
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
    let results: BTreeMap<String, Value> = app.driver().execute("return window.results", vec![]).await?.convert()?;
    assert_eq!(results.get("failed"), None, "{what}");
    let here = app.driver().current_url().await?;
    assert!(here.as_str().starts_with(base), "{what} led to {here}");
    assert_ne!(app.driver().title().await?, "astray");
    no_request_left(scenario)?;
    Ok(results)
}

/// Requires that the host that the app does not trust has had no request of any kind.
fn no_request_left(scenario: &Scenario) -> Outcome {
    let requests = scenario.services.state()?["counts"]["requests"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let out: Vec<_> = requests.keys().filter(|name| name.starts_with("untrusted ")).collect();
    assert!(out.is_empty(), "{out:?}");
    Ok(())
}

/// Requires that the group view opens and works, and that the app's own page still has the bridge.
async fn still_works(scenario: &Scenario, app: &App) -> Outcome {
    app.wait_for_windows(2).await?;
    app.site("").await?;
    app.driver()
        .goto(&format!("{}/zonnetje/groep", scenario.services.konnect()))
        .await?;
    app.group("Vlinders").await?;
    app.click(".child").await?;
    assert_eq!(app.text(".child[aria-pressed='true']").await?, "Aanwezig");
    app.screen("group").await?;
    assert!(
        app.invoke("get_view").await?.is_ok(),
        "the app's own page has the bridge"
    );
    no_request_left(scenario)?;
    app.group("Vlinders").await
}

/// Runs the attacks that any window can try, the group view or a pop-up, and requires that they reach nothing.
async fn nothing_is_reached(scenario: &Scenario, app: &App, base: &str) -> Outcome {
    let (windows, logged) = (app.windows().await?, |word: &str| {
        scenario.sandbox.log("app.log").matches(word).count()
    });
    let before = (logged("\"user_action\""), logged("\"callback\""));
    assert_eq!(
        attack(scenario, app, base, "schemes").await?,
        BTreeMap::new(),
        "an address that never loads was loaded"
    );
    assert_eq!(app.windows().await?, windows);
    for (code, least) in [("E511", 20), ("E513", 2), ("E514", 2), ("E515", 2)] {
        assert!(
            logged(code) >= least,
            "{code}: the app refused less than the page tried"
        );
    }
    assert_eq!(
        attack(scenario, app, base, "bridge").await?,
        BTreeMap::new(),
        "the bridge answered"
    );
    app.wait_for_windows(windows).await?;
    let permissions = attack(scenario, app, base, "permissions").await?;
    for what in [
        "camera",
        "microphone",
        "screen",
        "location",
        "notifications",
        "clipboard",
        "pointer",
    ] {
        assert_eq!(permissions[what], "refused", "{what}");
    }
    assert!(
        permissions
            .values()
            .all(|answer| answer == "refused" || answer == "absent"),
        "{permissions:?}"
    );
    attack(scenario, app, base, "downloads").await?;
    // The engine drops a click that comes too soon after another, so not every download reaches the app's refusal.
    until("downloads to be refused", async || {
        Ok((logged("\"what\":\"download\"") >= 20).then_some(()))
    })
    .await?;
    for name in ["Downloads", "weg.txt", ".profile", "weg.desktop", "lijst.csv"] {
        assert!(!scenario.sandbox.home().join(name).exists(), "{name} was written");
    }
    assert_eq!(
        (logged("\"user_action\""), logged("\"callback\"")),
        before,
        "an action or a callback reached the app"
    );
    Ok(())
}

#[tokio::test]
async fn a_trusted_page_that_was_broken_into_reaches_nothing_and_the_app_still_works() {
    run_scenario(this_test!("hostile"), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        let base = format!("{}/zonnetje", scenario.services.konnect());
        nothing_is_reached(scenario, &app, &base).await?;
        still_works(scenario, &app).await?;

        let opened = scenario.sandbox.opened_urls().len();
        assert_eq!(
            attack(scenario, &app, &base, "storm").await?["opened"],
            1,
            "one pop-up a page"
        );
        app.wait_for_windows(3).await?;
        scenario.next_opened_url(opened).await?;
        assert_eq!(
            scenario.sandbox.opened_urls().len(),
            opened + 1,
            "the system browser was opened more than once: {:?}",
            scenario.sandbox.opened_urls()
        );
        app.site("/hostile/idle").await?;
        app.driver().close_window().await?;
        still_works(scenario, &app).await?;

        attack(scenario, &app, &base, "trap").await?;
        scenario.open_status_page().await?;
        app.screen("status").await?;
        app.press("open_group").await?;
        app.site("/hostile/trap").await?;
        still_works(scenario, &app).await?;
        // The page has left its one pop-up, which the user closes.
        app.site("/hostile/trap").await?;
        app.driver().close_window().await?;
        still_works(scenario, &app).await
    })
    .await;
}

#[tokio::test]
async fn endless_and_forbidden_redirects_end_at_the_group_view() {
    run_scenario(this_test!("hostile-redirects"), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        let base = format!("{}/zonnetje", scenario.services.konnect());
        let navigate = async |path: &str| app.driver().goto(&format!("{base}/hostile/{path}")).await;
        for path in [
            "loop",
            "redirect?n=50&to=/zonnetje/info",
            "redirect?n=3&to=data:text/html,x",
            "redirect?n=0&to=nl.kidskonnect.groep:/callback?code=a%26state=b",
            &format!("redirect?n=0&to={}/hostile/idle", scenario.services.untrusted()),
        ] {
            let _ = navigate(path).await;
            still_works(scenario, &app).await?;
        }
        // For a redirect to a file, the engine kills the page's process and the driver's session with it. The app
        // reloads the group view.
        let _ = navigate("redirect?n=3&to=file:///etc/hostname").await;
        let was_reloaded = async || {
            let log = scenario.sandbox.log("app.log");
            Ok(log
                .split_once("E503")
                .is_some_and(|(_, after)| after.contains("site_loaded"))
                .then_some(()))
        };
        until("the group view to be reloaded", was_reloaded).await?;
        assert!(scenario.sandbox.has_stored_session()?);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_hostile_pop_up_reaches_nothing_and_cannot_navigate_its_opener() {
    run_scenario(this_test!("hostile-popup"), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        let opener = format!("{}/zonnetje/no-policy", scenario.services.konnect());
        let base = scenario.services.profile().to_owned();
        app.driver().goto(&opener).await?;
        app.click("#open").await?;
        app.site(&format!("{base}/no-policy")).await?;
        nothing_is_reached(scenario, &app, &base).await?;
        assert_eq!(
            attack(scenario, &app, &base, "opener").await?["opener"],
            "there",
            "a pop-up has its opener"
        );
        app.site(&opener).await?;
        app.site(&format!("{base}/hostile")).await?;
        assert_eq!(
            attack(scenario, &app, &base, "storm").await?["opened"],
            1,
            "one pop-up for a pop-up"
        );
        // The page that opened them navigates away.
        app.site(&opener).await?;
        app.driver().goto(&format!("{base}/no-policy")).await?;
        still_works(scenario, &app).await
    })
    .await;
}

#[tokio::test]
async fn a_page_with_endless_dialogs_or_scripts_or_in_full_screen_leaves_the_app_usable() {
    run_scenario(this_test!("hostile-endless"), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        let base = format!("{}/zonnetje", scenario.services.konnect());
        for what in ["screen", "questions", "busy"] {
            app.group("Vlinders").await?;
            attack(scenario, &app, &base, what).await?;
            if what == "screen" {
                app.click("#go").await?;
                let full = async || {
                    Ok(app
                        .driver()
                        .execute("return window.results.full", vec![])
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
            let opened = scenario.sandbox.opened_urls().len();
            scenario.open_status_page().await?;
            app.screen("status").await?;
            scenario.picture(what)?;
            app.press("ask_sign_out").await?;
            app.press("sign_out").await?;
            app.screen("sign_in").await?;
            app.wait_for_windows(1).await?;
            // The browser opens to end the session at the identity provider.
            scenario.next_opened_url(opened).await?;
            scenario.sign_in(&app, "groep.vlinders").await?;
        }
        still_works(scenario, &app).await
    })
    .await;
}

#[tokio::test]
async fn downloads_that_the_settings_allow_stay_in_their_folder_and_replace_nothing() {
    run_scenario(this_test!("hostile-files"), async |scenario| {
        let app = App::start_with(
            &mut scenario.sandbox,
            &scenario.services,
            &json!({"tenant": "zonnetje", "allow_downloads": true}),
            0,
        )
        .await?;
        scenario.sign_in(&app, "groep.vlinders").await?;
        let folder = scenario.sandbox.home().join("Downloads");
        std::fs::create_dir(&folder)?;
        std::fs::write(folder.join("lijst.csv"), "van gisteren")?;
        let outside = |sandbox: &Sandbox| -> Outcome<BTreeSet<_>> {
            Ok(std::fs::read_dir(sandbox.home())?
                .map(|entry| entry.map(|entry| entry.file_name()))
                .collect::<Result<_, _>>()?)
        };
        let before = outside(&scenario.sandbox)?;
        attack(
            scenario,
            &app,
            &format!("{}/zonnetje", scenario.services.konnect()),
            "downloads",
        )
        .await?;
        for number in 1..=5 {
            let another = folder.join(format!("lijst ({number}).csv"));
            until("each new file under a new name", async || {
                Ok((std::fs::read_to_string(&another)? == "weg").then_some(()))
            })
            .await?;
        }
        assert_eq!(outside(&scenario.sandbox)?, before, "a file outside the folder");
        assert_eq!(std::fs::read_to_string(folder.join("lijst.csv"))?, "van gisteren");
        still_works(scenario, &app).await
    })
    .await;
}
