//! Remote pages reach no command of the app: not the group view, not a frame in it, not a pop-up.

use std::collections::BTreeSet;

use e2e::{App, Outcome, root, scenario, until};
use serde_json::Value;
use thirtyfour::prelude::*;

/// Every command that this build's access control list knows, as the bridge calls it.
fn commands() -> Outcome<BTreeSet<String>> {
    let file = root().join("src-tauri/gen/schemas/acl-manifests.json");
    let manifests: Value = serde_json::from_slice(&std::fs::read(file)?)?;
    let mut commands = BTreeSet::new();
    for (plugin, manifest) in manifests.as_object().ok_or("no manifests")? {
        let plugin = plugin.strip_prefix("core:").unwrap_or(plugin);
        let permissions = manifest["permissions"]
            .as_object()
            .into_iter()
            .flat_map(|permissions| permissions.values());
        let names = permissions.flat_map(|permission| permission["commands"]["allow"].as_array().into_iter().flatten());
        for name in names.filter_map(Value::as_str) {
            commands.insert(if plugin == "__app-acl__" {
                name.to_owned()
            } else {
                format!("plugin:{plugin}|{name}")
            });
        }
    }
    // Plugins of our own have no commands; a name that nobody knows must not fare better.
    commands.extend(
        [
            "plugin:site-view|load",
            "plugin:tablet|managed",
            "shown_not",
            "plugin:fs|read_file",
            "plugin:shell|open",
        ]
        .map(str::to_owned),
    );
    Ok(commands)
}

async fn nothing_answers(app: &App, place: &str) -> Outcome {
    let commands = commands()?;
    assert!(
        commands.len() > 100 && commands.contains("act") && commands.contains("plugin:deep-link|register"),
        "the list is whole"
    );
    for command in commands {
        let answer = app.invoke(&command).await?;
        let refusal = answer.expect_err(&format!("{command} answered in {place}"));
        // Refused before it is looked at: a complaint about arguments would mean that the command was reached.
        assert!(
            refusal == "absent" || refusal.contains("not allowed") || refusal.contains("not found"),
            "{command} in {place}: {refusal}"
        );
    }
    // The way under the bridge: a request to the app's own protocol, with a key that nobody was given.
    for address in [
        "ipc://localhost/shown",
        "http://ipc.localhost/shown",
        "tauri://localhost/index.html",
    ] {
        let script = "const done = arguments[1]; \
            fetch(arguments[0], {method: arguments[0].startsWith('tauri') ? 'GET' : 'POST', headers: {'Tauri-Callback': '1', 'Tauri-Error': '2', 'Tauri-Invoke-Key': 'x'}, body: arguments[0].startsWith('tauri') ? undefined : '{}'}) \
            .then(async (answer) => done({status: answer.status, text: await answer.text()}), (error) => done({error: String(error)}))";
        let answer = app.driver().execute_async(script, vec![address.into()]).await?;
        let text = answer.json()["text"].as_str().unwrap_or_default();
        assert!(
            answer.json()["status"].as_u64() != Some(200) || !(text.contains("screen") || text.contains("html")),
            "{address} in {place}: {answer:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn no_remote_page_reaches_a_command_of_the_app_or_of_a_plugin() {
    scenario("lockdown", "remote pages reach nothing", async |scene| {
        let app = scene.app().await?;
        scene.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        nothing_answers(&app, "the group view").await?;

        // Pages without a policy of their own, so that only the app stands in the way.
        app.driver().goto(&format!("{}/zonnetje/vrij", scene.stack.konnect())).await?;
        app.site("/vrij").await?;
        nothing_answers(&app, "a page without a policy").await?;
        // A frame from elsewhere is refused, and is no reason to take the page away.
        app.driver().execute("document.body.append(Object.assign(document.createElement('iframe'), {src: 'http://127.0.0.9:8009/'}))", vec![]).await?;
        until("the frame to be refused", async || Ok(scene.desk.log("app.log").contains("127.0.0.9").then_some(()))).await?;
        assert!(!scene.desk.log("app.log").contains("site_led_astray"));
        let frame = app.driver().find(By::Css("#frame")).await?;
        frame.enter_frame().await?;
        app.text("#free").await?;
        nothing_answers(&app, "a frame").await?;
        app.driver().enter_default_frame().await?;
        app.click("#open").await?;
        app.site(&format!("{}/vrij", scene.stack.profile())).await?;
        nothing_answers(&app, "a pop-up").await?;

        // The app is still its own.
        app.screen("group").await?;
        assert!(app.invoke("shown").await?.is_ok(), "the shell's own page may ask");
        Ok(())
    })
    .await;
}
