//! The real app, driven through `WebKitWebDriver`.

use std::mem::ManuallyDrop;

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use url::Url;

use crate::browser::{click, connect, fill, free_port, sign_in, text};
use crate::desk::{Desk, app_binary};
use crate::stack::{Account, Stack};
use crate::wait::until;
use crate::{Outcome, code_for, secret_in_qr};

/// The file with the app's own log lines.
pub const LOG: &str = "app.log";

/// Lays out what the app reads when it starts: the way to the stack, and managed settings.
pub fn lay_out(desk: &mut Desk, stack: &Stack, managed: &Value, clock_offset: i64) -> Outcome {
    let development = desk.home().join("development.toml");
    stack.write_development(&development, clock_offset)?;
    desk.set("KONNECT_GROEP_DEVELOPMENT", development.to_string_lossy());
    let file = desk.home().join("managed.json");
    if !managed.is_null() {
        std::fs::write(&file, managed.to_string())?;
    }
    desk.set("KONNECT_GROEP_MANAGED", file.to_string_lossy());
    Ok(())
}

/// Changes the managed settings, as device management does while the app runs.
pub fn manage(desk: &Desk, managed: &Value) -> Outcome {
    let (file, new) = (desk.home().join("managed.json"), desk.home().join("managed.new"));
    std::fs::write(&new, managed.to_string())?;
    Ok(std::fs::rename(new, file)?)
}

/// A driver that has not answered by then will not.
const ANSWER: std::time::Duration = std::time::Duration::from_secs(15);

/// A window that does not answer by then has closed: the driver never answers for one that closes meanwhile.
const CLOSING: std::time::Duration = std::time::Duration::from_secs(3);

/// A running app.
pub struct App {
    /// Never dropped: that would wait for a session that the desk has ended.
    driver: ManuallyDrop<WebDriver>,
    process: u32,
    shell: WindowHandle,
}

impl App {
    /// Starts the app against a stack, as a person does by its icon.
    pub async fn start(desk: &mut Desk, stack: &Stack) -> Outcome<Self> {
        Self::start_with(desk, stack, &Value::Null, 0).await
    }

    /// Starts it with managed settings and with a clock that is so many seconds ahead.
    pub async fn start_with(desk: &mut Desk, stack: &Stack, managed: &Value, clock_offset: i64) -> Outcome<Self> {
        lay_out(desk, stack, managed, clock_offset)?;
        Self::launch(desk, &[]).await
    }

    /// Starts it by a link that the system hands over, as a camera app does with a scanned card.
    pub async fn start_by_link(desk: &mut Desk, stack: &Stack, link: &str) -> Outcome<Self> {
        lay_out(desk, stack, &Value::Null, 0)?;
        Self::launch(desk, &[link]).await
    }

    async fn launch(desk: &mut Desk, args: &[&str]) -> Outcome<Self> {
        desk.set("TAURI_WEBVIEW_AUTOMATION", "true");
        let port = free_port()?;
        let mut command = desk.command("WebKitWebDriver");
        command.arg(format!("--port={port}"));
        let process = desk.start(command, LOG)?;
        let mut capabilities = Capabilities::new();
        capabilities.set(
            "webkitgtk:browserOptions",
            json!({"binary": app_binary()?, "args": args}),
        )?;
        let driver = connect(port, &capabilities).await?;
        let shell = go_to(&driver, None, "the shell's window", |address| {
            address.scheme() == "tauri"
        })
        .await?;
        Ok(Self {
            driver: ManuallyDrop::new(driver),
            process,
            shell,
        })
    }

    /// The driver, for what is special.
    #[must_use]
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Ends the app at once, with all its processes, as a crash or the system does.
    pub fn kill(self, desk: &mut Desk) {
        desk.end(self.process);
        desk.await_end_of_app();
    }

    // The shell's page

    /// Waits until the shell's page shows this screen.
    pub async fn screen(&self, name: &str) -> Outcome {
        until(&format!("the screen {name}"), async || {
            self.driver.switch_to_window(self.shell.clone()).await?;
            self.driver.find(By::Css(format!("[data-screen='{name}']"))).await?;
            Ok(Some(()))
        })
        .await
    }

    /// Presses a button of the shell's page. One that hides the page may leave the driver without an answer; what comes of
    /// it is awaited in any case.
    pub async fn press(&self, action: &str) -> Outcome {
        self.driver.switch_to_window(self.shell.clone()).await?;
        let button = format!("[data-action='{action}']");
        tokio::time::timeout(ANSWER, click(&self.driver, &button))
            .await
            .unwrap_or(Ok(()))
    }

    /// Types the organisation's name and goes on.
    pub async fn set_up(&self, typed: &str) -> Outcome {
        self.screen("not_set_up").await?;
        fill(&self.driver, "#tenant", typed).await?;
        self.press("set_tenant").await
    }

    // The site

    /// Goes to the window of the site, once there is one with this in its address.
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

    /// Waits for the group view of this group.
    pub async fn group(&self, name: &str) -> Outcome {
        self.site("/groep").await?;
        until(&format!("the group {name}"), async || {
            let heading = self.driver.find(By::Css("#group")).await?.text().await?;
            Ok(heading.contains(name).then_some(()))
        })
        .await
    }

    /// Waits until the window that was gone to has drawn what it shows: two frames. One that is hidden draws none.
    pub async fn drawn(&self) {
        let script = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()));";
        let _ = tokio::time::timeout(
            std::time::Duration::from_secs(2),
            self.driver.execute_async(script, vec![]),
        )
        .await;
    }

    /// Waits until there are so many windows, the shell's own included.
    pub async fn windows_are(&self, number: usize) -> Outcome {
        until(&format!("{number} windows"), async || {
            Ok((self.windows().await? == number).then_some(()))
        })
        .await
    }

    /// How many windows there are, the shell's own included.
    pub async fn windows(&self) -> Outcome<usize> {
        Ok(self.driver.windows().await?.len())
    }

    /// Waits for an element of the window that was gone to, and clicks it.
    pub async fn click(&self, css: &str) -> Outcome {
        click(&self.driver, css).await
    }

    /// Touches an element of the window that was gone to where it is on the display, past the driver.
    pub async fn touch(&self, desk: &Desk, css: &str) -> Outcome {
        let script = "const element = document.querySelector(arguments[0]); element.scrollIntoView({block: 'center'}); \
            const place = element.getBoundingClientRect(); \
            return [screenX + place.x + place.width / 2, screenY + place.y + place.height / 2].map(Math.round);";
        let [x, y]: [i16; 2] = self.driver.execute(script, vec![css.into()]).await?.convert()?;
        desk.touch(x, y)
    }

    /// Waits for a field of the window that was gone to, and types into it.
    pub async fn fill(&self, css: &str, text: &str) -> Outcome {
        fill(&self.driver, css, text).await
    }

    /// Waits for an element of the window that was gone to, and reads it.
    pub async fn text(&self, css: &str) -> Outcome<String> {
        text(&self.driver, css).await
    }

    /// Signs in on the identity server's page in the window that was gone to.
    pub async fn sign_in(&self, account: &Account) -> Outcome {
        sign_in(&self.driver, account).await
    }

    /// In the pop-up: reads the QR code with a phone, types the code, and answers with the secret.
    pub async fn scan(&self) -> Outcome<String> {
        let source = until("the QR code", async || {
            Ok(self.driver.find(By::Css("#qr")).await?.attr("src").await?)
        })
        .await?;
        let secret = secret_in_qr(&source)?;
        self.fill("#code", &code_for(&secret)?).await?;
        self.click("#continue").await?;
        Ok(secret)
    }

    /// Invokes a command of Tauri's bridge from the page that was gone to: what it answered, or why not.
    pub async fn invoke(&self, command: &str) -> Outcome<Result<String, String>> {
        let script = "const done = arguments[1], bridge = window.__TAURI_INTERNALS__; \
            if (!bridge) return done({no: 'absent'}); \
            bridge.invoke(arguments[0], {}).then((value) => done({yes: JSON.stringify(value) ?? 'done'}), (error) => done({no: String(error)}));";
        let answer = self.driver.execute_async(script, vec![command.into()]).await?;
        Ok(match answer.json().get("yes").and_then(Value::as_str) {
            Some(value) => Ok(value.to_owned()),
            None => Err(answer.json()["no"].as_str().unwrap_or_default().to_owned()),
        })
    }
}

/// Waits for a window whose address fits, any `but` one, and stays in it.
async fn go_to(
    driver: &WebDriver,
    but: Option<&WindowHandle>,
    what: &str,
    fits: impl Fn(&Url) -> bool,
) -> Outcome<WindowHandle> {
    until(what, async || {
        let mut last = Ok(None);
        for window in driver.windows().await? {
            if Some(&window) == but {
                continue;
            }
            let there = async {
                driver.switch_to_window(window.clone()).await?;
                driver.current_url().await
            };
            match tokio::time::timeout(CLOSING, there).await {
                Ok(Ok(address)) if fits(&address) => return Ok(Some(window)),
                // A window that could load nothing has no address.
                Ok(Ok(_)) => {}
                Ok(Err(error)) => last = Err(error.into()),
                Err(late) => last = Err(late.into()),
            }
        }
        last
    })
    .await
}
