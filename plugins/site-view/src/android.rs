//! Android: the site in a web view of its own over the app's; the Kotlin half does the work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::{Value, json};
use tauri::plugin::{PluginApi, PluginHandle};
use tauri::{Runtime, WebviewWindow};
use url::Url;

use crate::{Cookie, Error, Host, android_jni, android_rules};

/// The site view of an app. Its functions wait for the main thread: never call them there.
pub struct SiteView<R: Runtime> {
    kotlin: PluginHandle<R>,
    open: AtomicBool,
}

#[derive(Deserialize)]
struct Set {
    kept: bool,
}

impl<R: Runtime> SiteView<R> {
    pub(crate) fn new(api: &PluginApi<R, ()>, host: Arc<dyn Host>) -> Result<Self, Error> {
        android_jni::answer_with(host);
        let kotlin = api
            .register_android_plugin("nl.kidskonnect.groep.site", "SitePlugin")
            .map_err(engine)?;
        Ok(Self {
            kotlin,
            open: AtomicBool::new(false),
        })
    }

    /// Loads an address, in a new hidden view where there is none. The host is asked, as for any navigation.
    pub fn load(&self, url: &Url) -> Result<(), Error> {
        self.run("load", json!({ "url": url }))?;
        self.open.store(true, Ordering::Release);
        Ok(())
    }

    /// Shows the site over everything else of the app.
    pub fn show(&self) -> Result<(), Error> {
        self.where_open("show")
    }

    /// Hides the site and its pop-ups; their pages stay as they are.
    pub fn hide(&self) -> Result<(), Error> {
        self.where_open("hide")
    }

    /// A site is open, shown or hidden.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Closes the site and its pop-ups. Does nothing where none is open.
    pub fn close(&self) -> Result<(), Error> {
        self.open.store(false, Ordering::Release);
        self.run("close", Value::Null)
    }

    /// Sets a cookie and makes sure that the engine has it, on storage too, before this returns.
    pub async fn set_cookie(&self, cookie: Cookie<'_>) -> Result<(), Error> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
        let line = android_rules::cookie_line(&cookie, now)?;
        let set: Set = self
            .kotlin
            .run_mobile_plugin_async("setCookie", json!({ "url": cookie.url, "line": line }))
            .await
            .map_err(engine)?;
        if set.kept { Ok(()) } else { Err(Error::CookieNotKept) }
    }

    /// Forgets cookies, storage and cache of all sites. All web views of an Android app share them: `any` is not needed.
    pub async fn clear(&self, any: &WebviewWindow<R>) -> Result<(), Error> {
        let _ = any;
        self.kotlin
            .run_mobile_plugin_async("clear", Value::Null)
            .await
            .map_err(engine)
    }

    fn where_open(&self, command: &str) -> Result<(), Error> {
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
