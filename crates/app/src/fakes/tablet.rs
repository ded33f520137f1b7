//! A tablet, and the application running on it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app_state::{Action, Screen, StatusInfo};
use serde_json::Value;
use session::Http;
use session::store::Store;
use session::store::memory::MemoryStore;
use settings::Environments;
use tokio::task::JoinHandle;
use url::Url;

use super::provider::ProviderHttp;
use super::{Call, FakeClock, FakeDevice, FakeProvider, FakeRandom, FakeSite, FakeUi, MemoryFile};
use crate::diagnostics::LogLevel;
use crate::settings_sources::tests::ENVIRONMENTS;
use crate::{App, AppHandle, Inbox, Parts, Platform, SavedStateStore, SettingsSources, SiteHost, channel};

/// What is there whether the app runs or not. Clones are the same tablet.
#[derive(Clone)]
pub(crate) struct Tablet {
    pub(crate) device: Arc<FakeDevice>,
    pub(crate) provider: Arc<FakeProvider>,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) random: Arc<FakeRandom>,
    pub(crate) file: MemoryFile,
    pub(crate) environments: Environments,
    pub(crate) log_level: LogLevel,
    /// Removing the app leaves its keystore as it is.
    pub(crate) keystore_outlives_app: bool,
    keystore: Arc<Mutex<HashMap<String, Arc<MemoryStore>>>>,
    has_roots: Arc<AtomicBool>,
}

impl Tablet {
    /// A new tablet with this managed configuration.
    pub(crate) fn managed(config: &Value) -> Self {
        Self {
            device: FakeDevice::managed(config),
            provider: FakeProvider::new(),
            clock: Arc::new(FakeClock::new()),
            random: Arc::default(),
            file: MemoryFile::default(),
            environments: Environments::from_toml(ENVIRONMENTS).unwrap(),
            log_level: LogLevel::default(),
            keystore_outlives_app: false,
            keystore: Arc::default(),
            has_roots: Arc::new(AtomicBool::new(true)),
        }
    }

    /// The keystore of a namespace.
    pub(crate) fn namespace(&self, name: &str) -> Arc<MemoryStore> {
        let mut keystore = self.keystore.lock().unwrap_or_else(PoisonError::into_inner);
        keystore.entry(name.to_owned()).or_default().clone()
    }

    /// The keystore of the environment `development`.
    pub(crate) fn store(&self) -> Arc<MemoryStore> {
        self.namespace("nl.kidskonnect.groep.development")
    }

    /// Whether the system's root certificates can be read.
    pub(crate) fn set_has_roots(&self, has_roots: bool) {
        self.has_roots.store(has_roots, Ordering::SeqCst);
    }

    pub(crate) fn sources(&self) -> SettingsSources {
        SettingsSources::new(self.environments.clone(), self.device.clone())
    }

    pub(crate) fn platform(&self) -> Platform {
        let (tablet, other) = (self.clone(), self.clone());
        Platform {
            clock: self.clock.clone(),
            random: self.random.clone(),
            http: Box::new(move |_| {
                let has_roots = tablet.has_roots.load(Ordering::SeqCst);
                has_roots.then(|| Arc::new(ProviderHttp(tablet.provider.clone())) as Arc<dyn Http>)
            }),
            store: Box::new(move |name| other.namespace(name) as Arc<dyn Store>),
            keystore_outlives_app: self.keystore_outlives_app,
        }
    }

    /// Starts the app and lets it do what it does at once.
    pub(crate) async fn start(&self) -> Running {
        self.start_after(|_| {}).await
    }

    /// Starts the app after something has happened.
    pub(crate) async fn start_after(&self, before: impl FnOnce(&AppHandle)) -> Running {
        let (inbox, messages) = channel();
        let site_host = Arc::new(SiteHost::new(inbox.clone()));
        let (site, ui) = (Arc::new(FakeSite::default()), Arc::new(FakeUi::default()));
        let app = App::new(Parts {
            inbox: inbox.clone(),
            messages,
            site_host: site_host.clone(),
            site: site.clone(),
            device: self.device.clone(),
            ui: ui.clone(),
            platform: self.platform(),
            sources: self.sources(),
            saved: SavedStateStore::open(self.file.clone()),
            log_level: self.log_level.clone(),
        });
        let handle = app.handle();
        before(&handle);
        let running = Running {
            tablet: self.clone(),
            handle,
            inbox,
            site_host,
            site,
            ui,
            task: tokio::spawn(app.run()),
        };
        running.settle().await;
        running
    }

    /// Starts the app and signs in.
    pub(crate) async fn start_signed_in(&self) -> Running {
        let app = self.start().await;
        app.sign_in().await;
        app
    }
}

/// The application on a tablet. Ends when dropped.
pub(crate) struct Running {
    pub(crate) tablet: Tablet,
    pub(crate) handle: AppHandle,
    pub(crate) inbox: Inbox,
    pub(crate) site_host: Arc<SiteHost>,
    pub(crate) site: Arc<FakeSite>,
    pub(crate) ui: Arc<FakeUi>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    /// Lets the app do everything that waits for no time. Takes one millisecond.
    pub(crate) async fn settle(&self) {
        self.pass(Duration::from_millis(1)).await;
    }

    /// Lets time pass.
    pub(crate) async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
        assert!(!self.task.is_finished(), "the app has ended");
    }

    /// Ends the app as a crash does: drops its future.
    pub(crate) async fn kill(self) {
        self.task.abort();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    pub(crate) fn screen(&self) -> Screen {
        self.handle.view().screen
    }

    /// A person presses a button.
    pub(crate) async fn act(&self, action: Action) {
        self.handle.dispatch(action);
        self.settle().await;
    }

    /// The system hands over a link.
    pub(crate) async fn open_link(&self, link: &str) {
        self.handle.open_link(link);
        self.settle().await;
    }

    /// The newest authorization request in the system browser.
    pub(crate) fn browser_url(&self) -> Url {
        let is_sign_in = |call: Call| match call {
            Call::SignIn { url, .. } => Some(url),
            _ => None,
        };
        let mut urls = self.tablet.device.calls().into_iter().filter_map(is_sign_in);
        urls.next_back()
            .unwrap_or_else(|| panic!("no browser: {:?}", self.screen()))
    }

    /// Signs in with the system browser, which opens the group view.
    pub(crate) async fn sign_in(&self) {
        self.act(Action::SignIn).await;
        let callback = self.tablet.provider.authorize(&self.browser_url());
        self.open_link(&callback).await;
        assert!(matches!(self.screen(), Screen::Group { .. }), "{:?}", self.screen());
    }

    /// A person signs out on the status page.
    pub(crate) async fn sign_out(&self) {
        for action in [Action::ShowStatus, Action::AskSignOut, Action::SignOut] {
            self.act(action).await;
        }
    }

    /// Opens the status page and reads it.
    pub(crate) async fn status(&self) -> StatusInfo {
        self.act(Action::ShowStatus).await;
        match self.screen() {
            Screen::Status { info: Some(info), .. } => info,
            other => panic!("{other:?}"),
        }
    }
}
