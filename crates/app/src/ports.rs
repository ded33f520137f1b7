//! What the application needs from outside, as traits that the shell, the tests and the simulation implement.
//!
//! The ports use the plugins' own plain types: this module adds no vocabulary of its own.

use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Map, Value};
use session::store::Store;
use session::{Clock, Http, Random};
use tauri_plugin_device::{
    BackgroundWork, BrowserError, BrowserOutcome, DeviceError, DeviceInfo, ManagedConfigError, Report,
};
use tauri_plugin_site_view::{Cookie, Error as SiteViewError};
use url::Url;

/// A future that a port returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The web view with the Konnect site. One of two is in front: the site, or the shell's own page.
pub trait SiteView: Send + Sync + 'static {
    /// Loads `url`. Creates the view, hidden, if there is none.
    fn load(&self, url: &Url) -> Result<(), SiteViewError>;
    /// Brings the site to the front.
    fn show(&self) -> Result<(), SiteViewError>;
    /// Brings the shell's page to the front. The site stays loaded, if one is open.
    fn hide(&self) -> Result<(), SiteViewError>;
    /// Closes the site and its pop-ups.
    fn close(&self) -> Result<(), SiteViewError>;
    /// Deletes all cookies and data of the site. Works without an open site, too.
    fn clear(&self) -> BoxFuture<'_, Result<(), SiteViewError>>;
    /// Sets a cookie. Returns `Ok` only after the engine has confirmed that it keeps the cookie.
    fn set_cookie<'a>(&'a self, cookie: Cookie<'a>) -> BoxFuture<'a, Result<(), SiteViewError>>;
}

/// Device functions: managed configuration, browser, screen, kiosk. Each method states in [`tauri_plugin_device`] what it does on which system.
pub trait Device: Send + Sync + 'static {
    /// The managed configuration. Empty if the tablet is not managed.
    fn managed_config(&self) -> Result<Map<String, Value>, ManagedConfigError>;
    /// Calls `changed`, from any thread, whenever the managed configuration may have changed.
    fn watch_managed_config(&self, changed: Box<dyn Fn() + Send + Sync>);
    /// Keeps the screen on, or lets the system decide again.
    fn keep_screen_on(&self, on: bool) -> BoxFuture<'_, Result<(), DeviceError>>;
    /// Keeps the app's content out of screenshots, or no longer.
    fn block_screenshots(&self, on: bool) -> BoxFuture<'_, Result<(), DeviceError>>;
    /// Enters kiosk mode if the MDM permits it, or leaves it.
    fn kiosk(&self, on: bool) -> BoxFuture<'_, Result<(), DeviceError>>;
    /// Sends feedback to the MDM. Replaces all feedback sent before.
    fn report(&self, reports: Vec<Report>) -> BoxFuture<'_, Result<(), DeviceError>>;
    /// Whether the tablet is charging. `None` if the system does not report it.
    fn charging(&self) -> BoxFuture<'_, Option<bool>>;
    /// Asks the system to let the app run until the result is dropped, also behind the screen. Does not block for long.
    fn begin_background_work(&self) -> Result<BackgroundWork, DeviceError>;
    /// What this tablet is.
    fn info(&self) -> BoxFuture<'_, DeviceInfo>;
    /// Signs in with the system browser. `private` asks the browser to forget the person afterwards. Dropping the future
    /// closes a sheet that the system shows for this sign-in.
    fn sign_in<'a>(
        &'a self,
        url: &'a Url,
        redirect_uri: &'a Url,
        private: bool,
    ) -> BoxFuture<'a, Result<BrowserOutcome, BrowserError>>;
    /// Opens a URL in the system browser.
    fn open_browser<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<(), BrowserError>>;
}

/// The shell's own pages.
pub trait Ui: Send + Sync + 'static {
    /// The view changed. The page asks for it with [`crate::AppHandle::view`]; because it always takes the answer to its
    /// newest question, answers cannot overtake each other.
    fn view_changed(&self);
    /// Ends the app.
    fn quit(&self);
}

/// Makes the HTTP client of a session. `loopback_http` allows plain http to loopback addresses (development only).
/// None if the system's root certificates cannot be read now; the app tries again at the next reading of the settings.
pub type HttpFactory = Box<dyn Fn(bool) -> Option<Arc<dyn Http>> + Send + Sync>;

/// Makes the keystore of a session. The argument names the namespace, which differs between development and production
/// so that a build for development never sees the session of a real one.
pub type StoreFactory = Box<dyn Fn(&str) -> Arc<dyn Store> + Send + Sync>;

/// Clock, randomness, HTTP and keystore.
pub struct Platform {
    /// The tablet's clock, which may be wrong.
    pub clock: Arc<dyn Clock>,
    /// Randomness for tokens and for jitter.
    pub random: Arc<dyn Random>,
    /// The HTTP client.
    pub http: HttpFactory,
    /// The keystore.
    pub store: StoreFactory,
    /// The system keeps the keystore's entries when the app is removed, as Apple's keychain does. An app that was removed
    /// and installed again then starts signed out.
    pub keystore_outlives_app: bool,
}
