//! The real app, driven through `WebKitWebDriver`.

use std::mem::ManuallyDrop;

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use url::Url;

use crate::browser::{click, connect, fill, free_port, sign_in, text};
use crate::sandbox::{Sandbox, app_binary};
use crate::services::{Account, Services};
use crate::wait::until;
use crate::{Outcome, one_time_code, secret_in_qr};

/// The file in the sandbox's home with the log lines of the app.
pub const LOG: &str = "app.log";

/// Writes the files that the app reads when it starts: the environment `development`, which points to the services, and
/// the managed configuration, unless it is null. `clock_offset` is how far the app's clock is ahead, in seconds.
pub fn write_config(sandbox: &mut Sandbox, services: &Services, managed: &Value, clock_offset: i64) -> Outcome {
    let development = sandbox.home().join("development.toml");
    services.write_development(&development, clock_offset)?;
    sandbox.set_env("KONNECT_GROEP_DEVELOPMENT", development.to_string_lossy());
    let file = sandbox.home().join("managed.json");
    if !managed.is_null() {
        std::fs::write(&file, managed.to_string())?;
    }
    sandbox.set_env("KONNECT_GROEP_MANAGED", file.to_string_lossy());
    Ok(())
}

/// Replaces the managed configuration, as an MDM does while the app runs.
pub fn set_managed_config(sandbox: &Sandbox, managed: &Value) -> Outcome {
    let (file, new) = (sandbox.home().join("managed.json"), sandbox.home().join("managed.new"));
    std::fs::write(&new, managed.to_string())?;
    Ok(std::fs::rename(new, file)?)
}

/// For how long a press waits for the driver's answer: see [`App::press`].
const PRESS_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(15);

/// For how long a window may take to answer. If a window closes during a request, the driver never answers.
const WINDOW_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(3);

/// A running app.
pub struct App {
    /// Never dropped, because its destructor waits for the answer of a driver that the sandbox has killed by then.
    driver: ManuallyDrop<WebDriver>,
    process: u32,
    /// The window with the app's own pages.
    shell: WindowHandle,
}

impl App {
    /// Starts the app without managed configuration, as the user does from its icon.
    pub async fn start(sandbox: &mut Sandbox, services: &Services) -> Outcome<Self> {
        Self::start_with(sandbox, services, &Value::Null, 0).await
    }

    /// Starts the app with this managed configuration, and with its clock that many seconds ahead.
    pub async fn start_with(
        sandbox: &mut Sandbox,
        services: &Services,
        managed: &Value,
        clock_offset: i64,
    ) -> Outcome<Self> {
        write_config(sandbox, services, managed, clock_offset)?;
        Self::launch(sandbox, &[]).await
    }

    /// Starts the app with a link, as the operating system does after a camera app has scanned a setup card.
    pub async fn start_with_link(sandbox: &mut Sandbox, services: &Services, link: &str) -> Outcome<Self> {
        write_config(sandbox, services, &Value::Null, 0)?;
        Self::launch(sandbox, &[link]).await
    }

    async fn launch(sandbox: &mut Sandbox, args: &[&str]) -> Outcome<Self> {
        sandbox.set_env("TAURI_WEBVIEW_AUTOMATION", "true");
        let port = free_port()?;
        let mut command = sandbox.command("WebKitWebDriver");
        command.arg(format!("--port={port}"));
        let process = sandbox.start(command, LOG)?;
        let mut capabilities = Capabilities::new();
        capabilities.set(
            "webkitgtk:browserOptions",
            json!({"binary": app_binary()?, "args": args}),
        )?;
        let driver = connect(port, &capabilities).await?;
        let shell = go_to(&driver, None, "the app's own window", |address| {
            address.scheme() == "tauri"
        })
        .await?;
        Ok(Self {
            driver: ManuallyDrop::new(driver),
            process,
            shell,
        })
    }

    /// The `WebDriver` session, for what this type has no method for.
    #[must_use]
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Kills the app with all its processes, and waits until they have exited.
    pub fn kill(self, sandbox: &mut Sandbox) {
        sandbox.kill(self.process);
        sandbox.wait_until_app_exits();
    }

    // The app's own pages

    /// Switches to the app's own window and waits until it shows this screen.
    pub async fn screen(&self, name: &str) -> Outcome {
        until(&format!("the screen {name}"), async || {
            self.driver.switch_to_window(self.shell.clone()).await?;
            self.driver.find(By::Css(format!("[data-screen='{name}']"))).await?;
            Ok(Some(()))
        })
        .await
    }

    /// Presses a button on the app's own page. If the button hides the page, then the driver may never answer, so a
    /// press without an answer counts: every test waits for what the press leads to.
    pub async fn press(&self, action: &str) -> Outcome {
        self.driver.switch_to_window(self.shell.clone()).await?;
        let button = format!("[data-action='{action}']");
        tokio::time::timeout(PRESS_TIMEOUT, click(&self.driver, &button))
            .await
            .unwrap_or(Ok(()))
    }

    /// Waits for the screen of a tablet that is not set up, types the organisation's name and continues.
    pub async fn set_up(&self, typed: &str) -> Outcome {
        self.screen("not_set_up").await?;
        fill(&self.driver, "#tenant", typed).await?;
        self.press("set_tenant").await
    }

    // The site

    /// Waits for a window of the site whose address contains this text, and switches to it.
    pub async fn site(&self, address: &str) -> Outcome {
        go_to(
            &self.driver,
            Some(&self.shell),
            &format!("the site at {address}"),
            |now| now.as_str().contains(address),
        )
        .await
        .map(drop)
    }

    /// Switches to the group view and waits until it shows this group.
    pub async fn group(&self, name: &str) -> Outcome {
        self.site("/groep").await?;
        until(&format!("the group {name}"), async || {
            let heading = self.driver.find(By::Css("#group")).await?.text().await?;
            Ok(heading.contains(name).then_some(()))
        })
        .await
    }

    /// Waits until the current window has painted two frames, for at most two seconds: a hidden window paints none.
    pub async fn wait_for_paint(&self) {
        let script = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()));";
        let _ = tokio::time::timeout(
            std::time::Duration::from_secs(2),
            self.driver.execute_async(script, vec![]),
        )
        .await;
    }

    /// Waits until this many windows are open, the app's own included.
    pub async fn wait_for_windows(&self, number: usize) -> Outcome {
        until(&format!("{number} windows"), async || {
            Ok((self.windows().await? == number).then_some(()))
        })
        .await
    }

    /// Counts the open windows, the app's own included.
    pub async fn windows(&self) -> Outcome<usize> {
        Ok(self.driver.windows().await?.len())
    }

    /// Waits for an element of the current window and clicks it.
    pub async fn click(&self, css: &str) -> Outcome {
        click(&self.driver, css).await
    }

    /// Clicks an element of the current window through the display server, so that the engine sees a user's gesture.
    pub async fn touch(&self, sandbox: &Sandbox, css: &str) -> Outcome {
        let script = "const element = document.querySelector(arguments[0]); element.scrollIntoView({block: 'center'}); \
            const box = element.getBoundingClientRect(); \
            return [screenX + box.x + box.width / 2, screenY + box.y + box.height / 2].map(Math.round);";
        let [x, y]: [i16; 2] = self.driver.execute(script, vec![css.into()]).await?.convert()?;
        sandbox.touch(x, y)
    }

    /// Waits for a field of the current window and types into it.
    pub async fn fill(&self, css: &str, text: &str) -> Outcome {
        fill(&self.driver, css, text).await
    }

    /// Waits until an element of the current window has text, and returns the text.
    pub async fn text(&self, css: &str) -> Outcome<String> {
        text(&self.driver, css).await
    }

    /// Signs in on the identity provider's page in the current window.
    pub async fn sign_in(&self, account: &Account) -> Outcome {
        sign_in(&self.driver, account).await
    }

    /// On the page for MFA enrolment: reads the secret from the QR code, types the one-time code, and returns the
    /// secret.
    pub async fn enrol_mfa(&self) -> Outcome<String> {
        let source = until("the QR code", async || {
            Ok(self.driver.find(By::Css("#qr")).await?.attr("src").await?)
        })
        .await?;
        let secret = secret_in_qr(&source)?;
        self.fill("#code", &one_time_code(&secret)?).await?;
        self.click("#continue").await?;
        Ok(secret)
    }

    /// Calls a command of Tauri's bridge from the page in the current window. Returns the command's answer as JSON, or
    /// the reason of the refusal: `absent` if the page has no bridge.
    pub async fn invoke(&self, command: &str) -> Outcome<Result<String, String>> {
        let script = "const done = arguments[1], bridge = window.__TAURI_INTERNALS__; \
            if (!bridge) return done({no: 'absent'}); \
            bridge.invoke(arguments[0], {}) \
            .then((value) => done({yes: JSON.stringify(value) ?? 'done'}), (error) => done({no: String(error)}));";
        let answer = self.driver.execute_async(script, vec![command.into()]).await?;
        Ok(match answer.json().get("yes").and_then(Value::as_str) {
            Some(value) => Ok(value.to_owned()),
            None => Err(answer.json()["no"].as_str().unwrap_or_default().to_owned()),
        })
    }
}

/// Waits for a window whose address `fits`, and switches to it. Never switches to the window `except`.
async fn go_to(
    driver: &WebDriver,
    except: Option<&WindowHandle>,
    what: &str,
    fits: impl Fn(&Url) -> bool,
) -> Outcome<WindowHandle> {
    until(what, async || {
        let mut last = Ok(None);
        for window in driver.windows().await? {
            if Some(&window) == except {
                continue;
            }
            let there = async {
                driver.switch_to_window(window.clone()).await?;
                driver.current_url().await
            };
            match tokio::time::timeout(WINDOW_TIMEOUT, there).await {
                Ok(Ok(address)) if fits(&address) => return Ok(Some(window)),
                // If a window could not load anything, it has no address.
                Ok(Ok(_)) => {}
                Ok(Err(error)) => last = Err(error.into()),
                Err(late) => last = Err(late.into()),
            }
        }
        last
    })
    .await
}
