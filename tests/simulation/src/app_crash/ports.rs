//! The application's ports, each with a point before and after what it does to the world.
//!
//! A dead process does nothing any more: a call that is not asynchronous returns without effect, and the future of any
//! other never completes.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use app::{BoxFuture, Device, SiteView, Ui};
use serde_json::{Map, Value};
use session::store::{Slot, Store};
use session::{Http, HttpError, Request, Response, Secret, StoreError};
use tauri_plugin_device::{
    BackgroundWork, BrowserError, BrowserOutcome, DeviceError, DeviceInfo, ManagedConfigError, Report,
};
use tauri_plugin_site_view::{Cookie, Error as SiteError};
use tokio::sync::Notify;
use url::Url;
use zeroize::Zeroizing;

use super::points::Points;
use super::surroundings::{Browser, InjectedFault, Surroundings};
use crate::server::{ISSUER, METADATA, ModelResponse, TOKEN, index_of};
use crate::site::SitePort;
use crate::world::{Exchange, Process};

const DEVICE_AUTHORIZATION: &str = "/oauth/device/code";
const DEVICE_CODE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How often the sheet of the browser looks whether the person is done.
const LOOK: Duration = Duration::from_millis(100);

/// One process with everything that it sees of the world.
#[derive(Clone)]
pub struct Ports {
    pub around: Arc<Surroundings>,
    pub process: Process,
    pub points: Points,
}

impl Ports {
    fn at(&self, name: impl Into<String>) -> bool {
        self.points.at(&self.process, name)
    }

    /// Does `effect` between two points. None if the process died before it, or dies after it.
    fn between<T>(&self, name: &str, effect: impl FnOnce() -> T) -> Option<T> {
        if !self.at(format!("before {name}")) {
            return None;
        }
        let result = effect();
        self.at(format!("after {name}")).then_some(result)
    }

    /// Waits for ever if the process is dead.
    async fn alive<T>(&self, result: Option<T>) -> T {
        match result {
            Some(result) => result,
            None => pending().await,
        }
    }
}

/// The site view.
pub struct KillableSite {
    pub ports: Ports,
    pub site: SitePort,
}

impl KillableSite {
    fn between(&self, name: &str, effect: impl FnOnce() -> Result<(), SiteError>) -> Result<(), SiteError> {
        self.ports.between(name, effect).unwrap_or(Err(SiteError::NotOpen))
    }
}

impl SiteView for KillableSite {
    fn load(&self, url: &Url) -> Result<(), SiteError> {
        self.between("the site loads", || self.site.load(url))
    }

    fn show(&self) -> Result<(), SiteError> {
        self.between("the site is shown", || self.site.show())
    }

    fn hide(&self) -> Result<(), SiteError> {
        self.between("the site is hidden", || self.site.hide())
    }

    fn close(&self) -> Result<(), SiteError> {
        self.between("the site is closed", || self.site.close())
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), SiteError>> {
        Box::pin(async move {
            let begun = self.ports.between("a part of the site's data is deleted", || {
                self.ports.process.world.state().cookies.transfer = None;
            });
            self.ports.alive(begun).await;
            if self.ports.around.injected == Some(InjectedFault::SiteKeepsItsData) {
                return Ok(());
            }
            // The engine deletes on a thread of its own, and reports when it is done.
            tokio::time::sleep(Duration::from_millis(20)).await;
            let cleared = self
                .ports
                .between("the rest of the site's data is deleted", || self.site.clear());
            self.ports.alive(cleared).await.await
        })
    }

    fn set_cookie<'a>(&'a self, cookie: Cookie<'a>) -> BoxFuture<'a, Result<(), SiteError>> {
        Box::pin(async move {
            let set = self.ports.between("the cookie is set", || self.site.set_cookie(cookie));
            self.ports.alive(set).await.await
        })
    }
}

/// The tablet.
pub struct KillableDevice(pub Ports);

impl KillableDevice {
    fn done(&self, name: &'static str) -> BoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(async move {
            let done = self.0.between(name, || ());
            self.0.alive(done).await;
            Ok(())
        })
    }
}

impl Device for KillableDevice {
    fn begin_background_work(&self) -> Result<BackgroundWork, DeviceError> {
        Ok(BackgroundWork::new(|| {}))
    }

    fn managed_config(&self) -> Result<Map<String, Value>, ManagedConfigError> {
        self.0
            .between("the managed configuration is read", || self.0.around.managed_config())
            .ok_or(ManagedConfigError::Unreadable)
    }

    fn watch_managed_config(&self, changed: Box<dyn Fn() + Send + Sync>) {
        self.0.around.watch(changed);
    }

    fn keep_screen_on(&self, _on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        self.done("the screen is kept on")
    }

    fn block_screenshots(&self, _on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        self.done("screenshots are blocked")
    }

    fn kiosk(&self, _on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        self.done("kiosk mode is set")
    }

    fn report(&self, _reports: Vec<Report>) -> BoxFuture<'_, Result<(), DeviceError>> {
        self.done("a report to the MDM")
    }

    fn charging(&self) -> BoxFuture<'_, Option<bool>> {
        Box::pin(async { Some(true) })
    }

    fn info(&self) -> BoxFuture<'_, DeviceInfo> {
        Box::pin(async { DeviceInfo::default() })
    }

    fn sign_in<'a>(
        &'a self,
        url: &'a Url,
        _redirect_uri: &'a Url,
        _private: bool,
    ) -> BoxFuture<'a, Result<BrowserOutcome, BrowserError>> {
        Box::pin(async move {
            let around = &self.0.around;
            let opened = self
                .0
                .between("the browser opens", || around.open_page(url, self.0.process.id));
            self.0.alive(opened).await;
            if around.browser != Browser::Sheet {
                return Ok(BrowserOutcome::Opened);
            }
            loop {
                tokio::time::sleep(LOOK).await;
                if let Some(callback) = around.take_answer_of_sheet() {
                    let answered = self.0.between("the sheet answers", || callback);
                    return Ok(BrowserOutcome::Redirected(self.0.alive(answered).await));
                }
            }
        })
    }

    fn open_browser<'a>(&'a self, _url: &'a Url) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(async move {
            let opened = self.0.between("the browser opens a page of the provider", || ());
            self.0.alive(opened).await;
            Ok(())
        })
    }
}

/// The shell's page.
pub struct KillableUi {
    pub ports: Ports,
    /// Tells the person that something else is on screen.
    pub changed: Arc<Notify>,
}

impl Ui for KillableUi {
    fn view_changed(&self) {
        if self.ports.at("another screen is shown") {
            self.changed.notify_one();
        }
    }

    fn quit(&self) {}
}

/// The keystore.
pub struct KillableStore(pub Ports);

impl KillableStore {
    fn between<T>(
        &self,
        name: &str,
        slot: Slot,
        effect: impl FnOnce(&Process) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let name = format!("the keystore {name} `{}`", slot.name());
        self.0
            .between(&name, || effect(&self.0.process))
            .unwrap_or(Err(StoreError::Failed))
    }
}

impl Store for KillableStore {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError> {
        // Nothing changes, so one point is enough.
        if !self.0.at(format!("before the keystore reads `{}`", slot.name())) {
            return Err(StoreError::Failed);
        }
        Store::load(&self.0.process, slot)
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        let token = (slot == Slot::Session).then(|| index_of(value.expose())).flatten();
        let is_injected = self.0.around.injected == Some(InjectedFault::KeystoreSavesNothing);
        self.between("saves", slot, |process| {
            if is_injected && slot == Slot::Session {
                self.0.around.on_saved(process, token);
                return Ok(());
            }
            Store::save(process, slot, value)?;
            self.0.around.on_saved(process, token);
            Ok(())
        })
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        self.between("removes", slot, |process| Store::remove(process, slot))
    }

    fn may_block(&self) -> bool {
        false
    }

    fn lock_across_processes(&self) -> Result<Box<dyn Send>, StoreError> {
        self.0.process.lock_across_processes()
    }
}

/// The way to the identity provider. Each request can die before it leaves, on its way, and with its answer at hand; a
/// request on its way arrives, whoever has died.
pub struct KillableHttp(pub Ports);

impl Http for KillableHttp {
    fn send(&self, request: Request) -> session::BoxFuture<Result<Response, HttpError>> {
        let ports = self.0.clone();
        Box::pin(async move {
            let path = request.url.path().to_owned();
            let body = request.form.as_ref().map_or("", |form| form.body());
            let is_grant = path == TOKEN && body.contains("grant_type=refresh_token");
            let name = if is_grant && body.contains("session_transfer") {
                "session transfer".to_owned()
            } else if is_grant {
                "refresh".to_owned()
            } else {
                path.clone()
            };
            let mut draws = ports.process.world.draws(&format!("{path} {body}"));
            let travel = Duration::from_millis(draws.u64(20..400));
            let is_there = ports.at(format!("before the request {name}")).then_some(());
            ports.alive(is_there).await;
            let _exchange = is_grant.then(|| Exchange::begin(&ports.process));
            let there = tokio::spawn(arrive(ports.clone(), request, travel, draws));
            // Everything that the process does beside the request at this moment, it has done.
            tokio::time::sleep(Duration::from_millis(1)).await;
            let sent = ports.at(format!("the request {name} is on its way")).then_some(());
            ports.alive(sent).await;
            let response = there.await;
            tokio::time::sleep(travel).await;
            let answered = ports.at(format!("the answer to {name} is at hand")).then_some(());
            ports.alive(answered).await;
            let response = response.map_err(|_| HttpError::Unreachable)?;
            Ok(Response {
                status: response.status,
                date: Some(ports.process.world.now()),
                retry_after: None,
                body: Zeroizing::new(response.body),
            })
        })
    }
}

/// The provider's end of a request.
async fn arrive(ports: Ports, request: Request, travel: Duration, draws: fastrand::Rng) -> ModelResponse {
    tokio::time::sleep(travel).await;
    let world = &ports.process.world;
    let now = world.now();
    world.note(request.url.path());
    let mut response = match answer_to_device(&ports, &request, now, &draws) {
        Some(response) => response,
        None => {
            let mut state = world.state();
            let saved = state.saved;
            state.server.answer(&request, now, saved, false, draws)
        }
    };
    if request.url.path() == METADATA
        && let Ok(mut metadata) = serde_json::from_slice::<Value>(&response.body)
    {
        metadata["device_authorization_endpoint"] = format!("{ISSUER}{}", &DEVICE_AUTHORIZATION[1..]).into();
        response.body = metadata.to_string().into_bytes();
    }
    let issued = index_of(&String::from_utf8_lossy(&response.body));
    if ports.process.dead() {
        world.state().server.lost(issued);
    }
    ports.around.on_issued(&ports.process, issued);
    if let Some(broken) = response.broken.take() {
        world.broken(|| broken);
    }
    if response.definitive {
        world.state().definitive += 1;
    }
    response
}

/// The provider's answer if the request belongs to a sign-in on another device.
fn answer_to_device(ports: &Ports, request: &Request, now: i64, draws: &fastrand::Rng) -> Option<ModelResponse> {
    if request.url.path() == DEVICE_AUTHORIZATION {
        let code = ports.around.issue_device_code(ports.process.id);
        return Some(ModelResponse::new(200, &code));
    }
    let form = request.form.as_ref()?.body();
    let field = |name: &str| {
        url::form_urlencoded::parse(form.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    if field("grant_type").as_deref() != Some(DEVICE_CODE_GRANT) {
        return None;
    }
    let error = |error: &str| ModelResponse::new(400, &serde_json::json!({ "error": error }));
    Some(match ports.around.redeem_device_code(&field("device_code")?) {
        Some(Some(owner)) => {
            let mut world = ports.process.world.state();
            world.server.redeem_device_code(owner, now, draws.clone())
        }
        Some(None) => error("authorization_pending"),
        None => error("expired_token"),
    })
}
