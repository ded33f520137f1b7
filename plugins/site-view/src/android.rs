//! Android: calls the Kotlin half, which holds the web views.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::{Value, json};
use tauri::plugin::{PluginApi, PluginHandle};
use tauri::{Runtime, WebviewWindow};
use url::Url;

use crate::rules::cookie;
use crate::{Cookie, Error, Host, android_jni};

/// The site view of an app. Every function waits for the main thread, so a call on the main thread would never return.
pub struct SiteView<R: Runtime> {
    kotlin: PluginHandle<R>,
    open: AtomicBool,
}

#[derive(Deserialize)]
struct SetCookieAnswer {
    kept: bool,
}

impl<R: Runtime> SiteView<R> {
    pub(crate) fn new(api: &PluginApi<R, ()>, host: Arc<dyn Host>) -> Result<Self, Error> {
        android_jni::set_host(host);
        let kotlin = api
            .register_android_plugin("nl.kidskonnect.groep.site", "SitePlugin")
            .map_err(engine)?;
        Ok(Self {
            kotlin,
            open: AtomicBool::new(false),
        })
    }

    /// Loads a URL. If no site is open, this opens one, hidden. The host decides this navigation too.
    pub fn load(&self, url: &Url) -> Result<(), Error> {
        self.run("load", json!({ "url": url }))?;
        self.open.store(true, Ordering::Release);
        Ok(())
    }

    /// Shows the site and its pop-ups over the app's own page. Fails with [`Error::NotOpen`] if no site is open.
    pub fn show(&self) -> Result<(), Error> {
        self.run_if_open("show")
    }

    /// Hides the site and its pop-ups without unloading their pages. Fails with [`Error::NotOpen`] if no site is open.
    pub fn hide(&self) -> Result<(), Error> {
        self.run_if_open("hide")
    }

    /// Whether a site is open, shown or hidden.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Closes the site and its pop-ups. Does nothing if no site is open.
    pub fn close(&self) -> Result<(), Error> {
        self.open.store(false, Ordering::Release);
        self.run("close", Value::Null)
    }

    /// Sets a cookie. When this returns `Ok`, the engine has the cookie, on storage too.
    pub async fn set_cookie(&self, cookie: Cookie<'_>) -> Result<(), Error> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
        let line = cookie::line_with_max_age(&cookie, now)?;
        let answer: SetCookieAnswer = self
            .kotlin
            .run_mobile_plugin_async("setCookie", json!({ "url": cookie.url, "line": line }))
            .await
            .map_err(engine)?;
        if answer.kept { Ok(()) } else { Err(Error::CookieNotKept) }
    }

    /// Deletes cookies, storage and cache of all sites. All web views of an Android app share them, so `any` is not
    /// used.
    pub async fn clear(&self, any: &WebviewWindow<R>) -> Result<(), Error> {
        let _ = any;
        self.kotlin
            .run_mobile_plugin_async("clear", Value::Null)
            .await
            .map_err(engine)
    }

    fn run_if_open(&self, command: &str) -> Result<(), Error> {
        if self.is_open() {
            self.run(command, Value::Null)
        } else {
            Err(Error::NotOpen)
        }
    }

    fn run(&self, command: &str, arguments: Value) -> Result<(), Error> {
        self.kotlin.run_mobile_plugin(command, arguments).map_err(engine)
    }
}

fn engine(error: impl std::fmt::Display) -> Error {
    Error::Engine(error.to_string())
}
