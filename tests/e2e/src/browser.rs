//! The system browser: Chromium, on the sandbox's display.

use std::mem::ManuallyDrop;

use serde_json::json;
use thirtyfour::prelude::*;

use crate::sandbox::Sandbox;
use crate::services::{Account, Services};
use crate::wait::until;
use crate::{Outcome, one_time_code};

/// A running browser with a new profile.
pub struct Browser {
    /// Never dropped, because its destructor waits for the answer of a driver that the sandbox has killed by then.
    driver: ManuallyDrop<WebDriver>,
    process: u32,
}

const CHROMIUM: &str = "/usr/bin/chromium";

impl Browser {
    /// Reports whether Chromium is installed here.
    #[must_use]
    pub fn is_installed() -> bool {
        std::path::Path::new(CHROMIUM).exists()
    }

    /// Starts the browser. It opens links of the app's scheme without asking if they come from the identity provider,
    /// as it does after the user has chosen "always allow".
    pub async fn start(sandbox: &mut Sandbox, services: &Services) -> Outcome<Self> {
        let port = free_port()?;
        let mut command = sandbox.command("chromedriver");
        command.arg(format!("--port={port}"));
        let process = sandbox.start(command, "chromedriver.log")?;
        let profile = sandbox.home().join("chromium");
        let profile = format!("--user-data-dir={}", profile.display());
        let args = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=900,780",
            "--window-position=0,0",
            &profile,
        ];
        let issuer = services.identity_origin()?;
        let prefs = json!({
            "protocol_handler": {"allowed_origin_protocol_pairs": {issuer: {"nl.kidskonnect.groep": true}}},
            "intl": {"accept_languages": "nl"},
        });
        let mut capabilities = Capabilities::new();
        capabilities.set("browserName", "chrome")?;
        capabilities.set(
            "goog:chromeOptions",
            json!({"binary": CHROMIUM, "args": args, "prefs": prefs}),
        )?;
        let driver = connect(port, &capabilities).await?;
        Ok(Self {
            driver: ManuallyDrop::new(driver),
            process,
        })
    }

    /// The `WebDriver` session, for what this type has no method for.
    #[must_use]
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Navigates to a URL.
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

    /// Waits until an element has text, and returns the text.
    pub async fn text(&self, css: &str) -> Outcome<String> {
        text(&self.driver, css).await
    }

    /// Signs in on the identity provider's page: user name, password, and the one-time code if the account has MFA.
    pub async fn sign_in(&self, account: &Account) -> Outcome {
        sign_in(&self.driver, account).await
    }

    /// Ends the session and kills the browser.
    pub async fn close(self, sandbox: &mut Sandbox) {
        let _ = (*self.driver).clone().quit().await;
        sandbox.kill(self.process);
    }
}

/// Waits until a driver listens on this port, and starts a session.
pub async fn connect(port: u16, capabilities: &Capabilities) -> Outcome<WebDriver> {
    // The HTTP client of the driver fails without a provider for TLS. An error means that another test has set it.
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

/// Returns a port that was free a moment ago.
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

/// Waits until an element has text, and returns the text.
pub async fn text(driver: &WebDriver, css: &str) -> Outcome<String> {
    until(&format!("to read {css}"), async || {
        let text = driver.find(By::Css(css)).await?.text().await?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    })
    .await
}

/// Signs in on the identity provider's pages, with the one-time code if the account has MFA.
pub async fn sign_in(driver: &WebDriver, account: &Account) -> Outcome {
    fill(driver, "#username", &account.username).await?;
    fill(driver, "#password", &account.password).await?;
    click(driver, "#login").await?;
    if let Some(secret) = &account.totp_secret {
        fill(driver, "#code", &one_time_code(secret)?).await?;
        click(driver, "#continue").await?;
    }
    Ok(())
}
