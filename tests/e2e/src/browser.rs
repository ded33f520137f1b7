//! The tablet's system browser: Chromium, in a window of its own on the desk.

use std::mem::ManuallyDrop;

use serde_json::json;
use thirtyfour::prelude::*;

use crate::desk::Desk;
use crate::stack::{Account, Stack};
use crate::wait::until;
use crate::{Outcome, code_for};

/// A browser with a profile of its own.
pub struct Browser {
    /// Never dropped: that would wait for a session that the desk has ended.
    driver: ManuallyDrop<WebDriver>,
    process: u32,
}

const CHROMIUM: &str = "/usr/bin/chromium";

impl Browser {
    /// There is a browser here that can be driven.
    #[must_use]
    pub fn is_installed() -> bool {
        std::path::Path::new(CHROMIUM).exists()
    }

    /// Starts it on a desk. It hands links of the app's scheme over without asking when they come from `stack`'s
    /// identity server, as after the person has once said "always".
    pub async fn start(desk: &mut Desk, stack: &Stack) -> Outcome<Self> {
        let port = free_port()?;
        let mut command = desk.command("chromedriver");
        command.arg(format!("--port={port}"));
        let process = desk.start(command, "chromedriver.log")?;
        let profile = desk.home().join("chromium");
        let mut capabilities = Capabilities::new();
        capabilities.set("browserName", "chrome")?;
        capabilities.set(
            "goog:chromeOptions",
            json!({
                "binary": CHROMIUM,
                "args": ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                    "--disable-dev-shm-usage", "--window-size=900,780", "--window-position=0,0", format!("--user-data-dir={}", profile.display())],
                "prefs": {"protocol_handler": {"allowed_origin_protocol_pairs": {(stack.identity_origin()?): {"nl.kidskonnect.groep": true}}}, "intl": {"accept_languages": "nl"}},
            }),
        )?;
        let driver = connect(port, &capabilities).await?;
        Ok(Self {
            driver: ManuallyDrop::new(driver),
            process,
        })
    }

    /// The driver, for what is special.
    #[must_use]
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Goes to an address.
    pub async fn open(&self, url: &str) -> Outcome {
        Ok(self.driver.goto(url).await?)
    }

    /// Waits for an element and clicks it.
    pub async fn click(&self, css: &str) -> Outcome {
        click(&self.driver, css).await
    }

    /// Waits for a field and types into it.
    pub async fn fill(&self, css: &str, text: &str) -> Outcome {
        fill(&self.driver, css, text).await
    }

    /// Waits for an element and reads it.
    pub async fn text(&self, css: &str) -> Outcome<String> {
        text(&self.driver, css).await
    }

    /// User name, password, and the one-time code where the account has MFA.
    pub async fn sign_in(&self, account: &Account) -> Outcome {
        sign_in(&self.driver, account).await
    }

    /// Ends it.
    pub async fn close(self, desk: &mut Desk) {
        let _ = (*self.driver).clone().quit().await;
        desk.end(self.process);
    }
}

/// Connects as soon as the driver listens.
pub async fn connect(port: u16, capabilities: &Capabilities) -> Outcome<WebDriver> {
    // The client of the driver wants one, for https; whoever came first has set it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    until("a WebDriver session", async || {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            return Ok(None);
        }
        Ok(Some(
            WebDriver::new(&format!("http://127.0.0.1:{port}"), capabilities.clone()).await?,
        ))
    })
    .await
}

/// A port that nobody listens on.
pub fn free_port() -> Outcome<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Waits for an element and clicks it.
pub async fn click(driver: &WebDriver, css: &str) -> Outcome {
    until(&format!("to click {css}"), async || {
        driver.find(By::Css(css)).await?.click().await?;
        Ok(Some(()))
    })
    .await
}

/// Waits for a field and types into it.
pub async fn fill(driver: &WebDriver, css: &str, text: &str) -> Outcome {
    until(&format!("to fill {css}"), async || {
        let field = driver.find(By::Css(css)).await?;
        field.clear().await?;
        field.send_keys(text).await?;
        Ok(Some(()))
    })
    .await
}

/// Waits for an element and reads its text.
pub async fn text(driver: &WebDriver, css: &str) -> Outcome<String> {
    until(&format!("to read {css}"), async || {
        let text = driver.find(By::Css(css)).await?.text().await?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    })
    .await
}

/// Signs in on the identity server's pages.
pub async fn sign_in(driver: &WebDriver, account: &Account) -> Outcome {
    fill(driver, "#username", &account.username).await?;
    fill(driver, "#password", &account.password).await?;
    click(driver, "#login").await?;
    if let Some(secret) = &account.totp_secret {
        fill(driver, "#code", &code_for(secret)?).await?;
        click(driver, "#continue").await?;
    }
    Ok(())
}
