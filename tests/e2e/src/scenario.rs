//! A scenario: a desk, a stack, a picture of what a person sees at the end, and a line in the table of results.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;

use futures_util::FutureExt;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::desk::{Desk, root};
use crate::stack::Stack;
use crate::{App, Browser, Outcome, forms};

/// What a scenario works with.
pub struct Scene {
    /// The desk.
    pub desk: Desk,
    /// The servers.
    pub stack: Stack,
}

/// A fresh desk and a fresh stack.
pub fn scene() -> Outcome<Scene> {
    Ok(Scene {
        desk: Desk::new()?,
        stack: Stack::start()?,
    })
}

impl Scene {
    /// Starts the app.
    pub async fn app(&mut self) -> Outcome<App> {
        App::start(&mut self.desk, &self.stack).await
    }

    /// Starts the system browser.
    pub async fn browser(&mut self) -> Outcome<Browser> {
        Browser::start(&mut self.desk, &self.stack).await
    }

    /// Waits for the next address that the app gives to the system browser, `before` having been there.
    pub async fn opened_after(&self, before: usize) -> Outcome<String> {
        crate::until("the app to open the browser", async || {
            Ok(self.desk.opened().get(before).cloned())
        })
        .await
    }

    /// Sets the tablet up and signs an account in as [`Self::sign_in`] does, to the open group view.
    pub async fn to_group(&mut self, app: &App, username: &str) -> Outcome {
        let account = self.stack.account(username);
        app.set_up(&account.tenant).await?;
        self.sign_in(app, username).await
    }

    /// Signs an account in from the sign-in screen, where the system browser is beside the point: what it would say to
    /// the identity server is said, and the link that it would open is opened.
    pub async fn sign_in(&mut self, app: &App, username: &str) -> Outcome {
        let account = self.stack.account(username);
        let before = self.desk.opened().len();
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        let address = self.opened_after(before).await?;
        self.desk.open_link(&forms::sign_in(&address, &account)?)?;
        app.site("/groep").await
    }
}

/// Where results and pictures go.
fn folder() -> PathBuf {
    root().join("target/scenarios")
}

/// Runs a scenario and notes its result as `<name>.json` with a picture of the whole screen. `name` starts with the
/// scenario's number: `S18-code` counts for S18.
pub async fn scenario(name: &str, title: &str, test: impl AsyncFnOnce(&mut Scene) -> Outcome) {
    // Three desks at a time: much of a scenario is waiting, and more of them would wait for each other.
    static DESKS: Semaphore = Semaphore::const_new(3);
    let _desk = DESKS.acquire().await;
    let id = name.split('-').next().unwrap_or(name);
    let picture = folder().join(format!("{name}.png"));
    let (outcome, log) = match scene() {
        Ok(mut scene) => {
            let outcome = AssertUnwindSafe(test(&mut scene))
                .catch_unwind()
                .await
                .unwrap_or_else(|panic| Err(words_of(&*panic).into()));
            if let Err(error) = scene.desk.picture(&picture) {
                eprintln!("{name}: {error}");
            }
            (outcome, scene.desk.log(crate::app::LOG))
        }
        Err(error) => (Err(error), String::new()),
    };
    let result = if outcome.is_ok() { "passed" } else { "failed" };
    let note = outcome.as_ref().err().map(ToString::to_string);
    let line = json!({"id": id, "title": title, "result": result, "picture": format!("target/scenarios/{name}.png"), "note": note});
    std::fs::create_dir_all(folder()).expect("a folder for results");
    std::fs::write(folder().join(format!("{name}.json")), line.to_string()).expect("a result");
    if let Err(error) = outcome {
        panic!("{name}: {error}\n{log}");
    }
}

/// What a failed assertion said.
fn words_of(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()))
        .unwrap_or_else(|| "a panic".to_owned())
}
