//! A model of the tablet: its managed configuration, and the person at its browser.

use std::time::Duration;

use app::{BoxFuture, Device};
use serde_json::{Map, Value, json};
use settings::Environments;
use tauri_plugin_device::{
    BackgroundWork, BrowserError, BrowserOutcome, DeviceError, DeviceInfo, ManagedConfigError, Report,
};
use url::Url;

use crate::faults::Fault;
use crate::server::{CLIENT, ISSUER};
use crate::site::GROUP_URL;
use crate::world::Process;

/// How long a person takes to fill in the form in the browser.
const FORM: Duration = Duration::from_secs(30);
/// How often the tablet looks whether its managed configuration has changed.
const LOOK: Duration = Duration::from_mins(5);
/// After how many minutes without a touch a personal session ends.
pub const IDLE_LOCK_MINUTES: i64 = 15;

/// The environments that the app is built with. `leeway` is what they say of the identity provider, in seconds; what it
/// really has may be another.
pub(crate) fn environments(leeway: u64) -> Environments {
    let toml = format!(
        "[production]\nissuer = \"{ISSUER}\"\nclient_id = \"{CLIENT}\"\ngroup_url = \"{GROUP_URL}\"\n\
         tenant_suffix = \".ouderportaal.nl\"\nrotation_leeway_seconds = {leeway}\n"
    );
    Environments::from_toml(&toml).unwrap()
}

/// The tablet, as one process sees it.
pub struct ModelDevice(pub Process);

impl Device for ModelDevice {
    fn managed_config(&self) -> Result<Map<String, Value>, ManagedConfigError> {
        let world = &self.0.world;
        let fault = world.first_of(Fault::is_of_the_settings);
        let mut state = world.state();
        let assignment = state.assignment.clone();
        let mut config = json!({"tenant": assignment.tenant});
        if assignment.personal {
            config["account_type"] = "personal".into();
            config["idle_lock_minutes"] = IDLE_LOCK_MINUTES.into();
        }
        match fault {
            Some(Fault::SettingsEmpty) => return Ok(Map::new()),
            Some(Fault::SettingsUnreadable) => return Err(ManagedConfigError::Unreadable),
            Some(_) => config["allowed_hosts"] = "*.nl".into(),
            // From now on no session, page or cookie of the assignment before may be seen.
            None => state.read_assignment(),
        }
        Ok(config.as_object().cloned().unwrap_or_default())
    }

    fn watch_managed_config(&self, changed: Box<dyn Fn() + Send + Sync>) {
        let process = self.0.clone();
        let reading = move || {
            let world = &process.world;
            let now = world.now();
            let state = world.state();
            let fault = state.lasting(now).find(|fault| fault.is_of_the_settings());
            (!process.dead()).then(|| (state.assignment.clone(), fault))
        };
        let mut last = reading();
        tokio::spawn(async move {
            while let Some(before) = last {
                tokio::time::sleep(LOOK).await;
                last = reading();
                if last.as_ref().is_some_and(|now| *now != before) {
                    changed();
                }
            }
        });
    }

    fn keep_screen_on(&self, _on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(async { Ok(()) })
    }

    fn block_screenshots(&self, _on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(async { Ok(()) })
    }

    fn kiosk(&self, _on: bool) -> BoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(async { Ok(()) })
    }

    fn report(&self, _reports: Vec<Report>) -> BoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(async { Ok(()) })
    }

    fn charging(&self) -> BoxFuture<'_, Option<bool>> {
        Box::pin(async { None })
    }

    fn begin_background_work(&self) -> Result<BackgroundWork, DeviceError> {
        // Now and then the system has no time to give.
        if self.0.world.draws("background").u8(0..20) == 0 {
            return Err(DeviceError::Unsupported);
        }
        let (world, id) = (self.0.world.clone(), self.0.id);
        *world.state().background_work.entry(id).or_default() += 1;
        Ok(BackgroundWork::new(move || {
            if let Some(work) = world.state().background_work.get_mut(&id) {
                *work -= 1;
            }
        }))
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
            tokio::time::sleep(FORM).await;
            let world = &self.0.world;
            let is_in_the_way =
                |fault: Fault| fault.is_of_the_network() || matches!(fault, Fault::ProviderDown | Fault::RateLimited);
            // The browser shows an error, and the person closes it.
            if world.first_of(is_in_the_way).is_some() {
                return Err(BrowserError::Cancelled);
            }
            let mut state = world.state();
            let owner = state.owner;
            Ok(BrowserOutcome::Redirected(state.server.authorize(url, owner)))
        })
    }

    fn open_browser<'a>(&'a self, _url: &'a Url) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(async { Ok(()) })
    }
}
