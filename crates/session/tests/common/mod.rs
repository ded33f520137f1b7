//! What the tests share: a provider over real HTTP, a clock that tests set, and a session between them. Each test binary
//! uses a part of this module.
#![allow(dead_code)]

pub mod keys;
pub mod provider;
pub mod terminal;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use session::store::memory::MemoryStore;
use session::store::{Slot, Store};
use session::{
    BoxFuture, Clock, Config, Http, HttpError, RefreshOutcome, Request, ReqwestHttp, Response, Session, SignInError,
    SignedIn, SystemRandom,
};
use url::Url;

use provider::{Behaviour, Provider};

pub const CLIENT: &str = "client";
pub const REDIRECT: &str = "nl.example.app:/callback";

pub fn real_now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// The computer's clock, or a frozen one. Tests move it; each sleep moves it too, and takes no time.
#[derive(Default)]
pub struct TestClock {
    frozen_at: Mutex<Option<i64>>,
    offset: AtomicI64,
    slept: Mutex<Vec<Duration>>,
}

impl TestClock {
    pub fn advance(&self, seconds: i64) {
        self.offset.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn set(&self, now: i64) {
        *self.frozen_at.lock().unwrap() = None;
        self.offset.store(now - real_now(), Ordering::SeqCst);
    }

    /// From now on, only tests and sleeps move the clock.
    pub fn freeze(&self, at: i64) {
        *self.frozen_at.lock().unwrap() = Some(at);
        self.offset.store(0, Ordering::SeqCst);
    }

    pub fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap().clone()
    }
}

impl Clock for TestClock {
    fn now(&self) -> i64 {
        self.frozen_at.lock().unwrap().unwrap_or_else(real_now) + self.offset.load(Ordering::SeqCst)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<()> {
        self.slept.lock().unwrap().push(duration);
        self.advance(i64::try_from(duration.as_secs()).unwrap());
        Box::pin(tokio::task::yield_now())
    }
}

/// Real HTTP that loses responses to POST requests: the server has handled the request, and the client gets an error. With
/// [`HttpError::NotSent`] the server gets no request.
pub struct LossyHttp {
    real: ReqwestHttp,
    errors: Mutex<Vec<HttpError>>,
}

impl Http for LossyHttp {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, HttpError>> {
        let lost = if request.form.is_some() {
            self.errors.lock().unwrap().pop()
        } else {
            None
        };
        if lost == Some(HttpError::NotSent) {
            return Box::pin(std::future::ready(Err(HttpError::NotSent)));
        }
        let answer = self.real.send(request);
        Box::pin(async move {
            let answer = answer.await;
            lost.map_or(answer, Err)
        })
    }
}

/// A session with the provider, store, clock and HTTP around it.
pub struct Fixture {
    pub provider: Provider,
    pub store: Arc<MemoryStore>,
    pub clock: Arc<TestClock>,
    pub http: Arc<LossyHttp>,
    pub config: Config,
    pub session: Session,
}

impl Fixture {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let provider = Provider::start().await;
        let mut config = Config::new(
            provider.issuer.clone(),
            CLIENT.to_owned(),
            Url::parse(REDIRECT).unwrap(),
        );
        config.loopback_http = true;
        change(&mut config);
        let (store, clock) = (Arc::new(MemoryStore::default()), Arc::new(TestClock::default()));
        // No root certificates: these tests use no TLS, and reading the system's takes longer than a test.
        let http = Arc::new(LossyHttp {
            real: ReqwestHttp::new(Some(&[]), true).unwrap(),
            errors: Mutex::default(),
        });
        let session = Session::new(
            config.clone(),
            http.clone(),
            clock.clone(),
            Arc::new(SystemRandom),
            store.clone(),
        );
        Self {
            provider,
            store,
            clock,
            http,
            config,
            session,
        }
    }

    /// The same app after a restart, or another process of it: a session without this one's memory.
    pub fn restarted(&self) -> Session {
        self.over(self.store.clone())
    }

    /// The same with another store.
    pub fn over(&self, store: Arc<dyn Store>) -> Session {
        Session::new(
            self.config.clone(),
            self.http.clone(),
            self.clock.clone(),
            Arc::new(SystemRandom),
            store,
        )
    }

    /// Makes the next POST requests end with these errors, after the provider has handled them.
    pub fn lose(&self, errors: &[HttpError]) {
        *self.http.errors.lock().unwrap() = errors.iter().rev().copied().collect();
    }

    pub fn behave<T>(&self, change: impl FnOnce(&mut Behaviour) -> T) -> T {
        self.provider.behave(change)
    }

    /// Starts a sign-in, lets the user approve, and returns the callback.
    pub async fn callback(&self) -> String {
        let url = self.session.begin_sign_in().await.unwrap().url;
        self.provider.authorize(url.as_str()).await
    }

    pub async fn sign_in(&self) -> Result<SignedIn, SignInError> {
        let callback = self.callback().await;
        self.session.complete_sign_in(&callback).await
    }

    /// A fixture with a completed sign-in.
    pub async fn signed_in() -> Self {
        let fixture = Self::new().await;
        assert!(fixture.sign_in().await.unwrap().refresh_token);
        fixture
    }

    /// The same, with a provider whose rotation leeway the settings name.
    pub async fn signed_in_with_leeway(leeway: Duration) -> Self {
        let fixture = Self::with(|config| config.rotation_leeway = leeway).await;
        fixture.sign_in().await.unwrap();
        fixture.clock.freeze(real_now());
        fixture.provider.clear_log();
        fixture
    }

    pub fn stored(&self) -> Option<String> {
        self.store.get(Slot::Session)
    }

    pub fn pending(&self) -> bool {
        self.store.get(Slot::Pending).is_some()
    }

    /// A refresh in a restarted app.
    pub async fn refresh_after_restart(&self) -> RefreshOutcome {
        self.restarted().refresh().await
    }
}

pub fn is_refreshed(outcome: &RefreshOutcome) -> bool {
    matches!(outcome, RefreshOutcome::Refreshed { saved: Ok(()), .. })
}
