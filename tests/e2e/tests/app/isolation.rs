//! No remote page can call a command of the app: not the group view, not a frame in it, not a pop-up.

use std::collections::BTreeSet;

use e2e::{App, Outcome, root, run_scenario, this_test, until};
use serde_json::Value;
use thirtyfour::prelude::*;

/// The name of every command in this build's access control list, as the bridge calls it.
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
    // The project's own plugins have no commands. An unknown command must be refused like any other.
    commands.extend(
        [
            "plugin:site-view|load",
            "plugin:device|managed_config",
            "no_such_command",
            "plugin:fs|read_file",
            "plugin:shell|open",
        ]
        .map(str::to_owned),
    );
    Ok(commands)
}

/// Requires that no command answers the page in the current window; `page` names it in messages.
async fn nothing_answers(app: &App, page: &str) -> Outcome {
    let commands = commands()?;
    assert!(
        commands.len() > 100 && commands.contains("dispatch") && commands.contains("plugin:deep-link|register"),
        "the list is complete"
    );
    for command in commands {
        let answer = app.invoke(&command).await?;
        let refusal = answer.expect_err(&format!("{command} answered in {page}"));
        // An error about arguments would mean that the request reached the command.
        assert!(
            refusal == "absent" || refusal.contains("not allowed") || refusal.contains("not found"),
            "{command} in {page}: {refusal}"
        );
    }
    // Below the bridge: a request to the app's own protocol, with a wrong key.
    for address in [
        "ipc://localhost/get_view",
        "http://ipc.localhost/get_view",
        "tauri://localhost/index.html",
    ] {
        let script = "const done = arguments[1]; \
            const headers = {'Tauri-Callback': '1', 'Tauri-Error': '2', 'Tauri-Invoke-Key': 'x'}; \
            const get = arguments[0].startsWith('tauri'); \
            fetch(arguments[0], {method: get ? 'GET' : 'POST', headers, body: get ? undefined : '{}'}) \
            .then(async (answer) => done({status: answer.status, text: await answer.text()}), \
            (error) => done({error: String(error)}))";
        let answer = app.driver().execute_async(script, vec![address.into()]).await?;
        let text = answer.json()["text"].as_str().unwrap_or_default();
        assert!(
            answer.json()["status"].as_u64() != Some(200) || !(text.contains("screen") || text.contains("html")),
            "{address} in {page}: {answer:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn no_remote_page_can_call_a_command_of_the_app_or_of_a_plugin() {
    run_scenario(this_test!("isolation"), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        nothing_answers(&app, "the group view").await?;

        // These pages have no content security policy, so only the app can refuse.
        app.driver()
            .goto(&format!("{}/zonnetje/no-policy", scenario.services.konnect()))
            .await?;
        app.site("/no-policy").await?;
        nothing_answers(&app, "a page without a policy").await?;
        // A frame of an untrusted host is refused, and the page around it stays.
        let script = "document.body.append(\
            Object.assign(document.createElement('iframe'), {src: 'http://127.0.0.9:8009/'}))";
        app.driver().execute(script, vec![]).await?;
        until("the frame to be refused", async || {
            Ok(scenario.sandbox.log("app.log").contains("127.0.0.9").then_some(()))
        })
        .await?;
        assert!(!scenario.sandbox.log("app.log").contains("redirected_away"));
        let frame = app.driver().find(By::Css("#frame")).await?;
        frame.enter_frame().await?;
        app.text("#free").await?;
        nothing_answers(&app, "a frame").await?;
        app.driver().enter_default_frame().await?;
        app.click("#open").await?;
        app.site(&format!("{}/no-policy", scenario.services.profile())).await?;
        nothing_answers(&app, "a pop-up").await?;

        // The app's own page still has the bridge.
        app.screen("group").await?;
        assert!(
            app.invoke("get_view").await?.is_ok(),
            "the app's own page has the bridge"
        );
        Ok(())
    })
    .await;
}
