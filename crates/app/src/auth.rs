//! The session at the identity provider that the settings name. Answers with events of the state machine.

mod keep_alive;
mod transfer;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app_state::{AppError, DeviceCode, Event, KeystoreResult, SignedOutReason};
use error_codes::{ErrorCode, ErrorKind};
use session::{
    BoxFuture, Clock, Config, DeviceAuthorization, Error, Persistence, Session, SignedIn, SignedOut, StoreError,
};
use settings::{AccountType, Language, Resolved, SignInTarget};
use tokio::sync::Notify;
use url::Url;

use crate::background::Background;
use crate::diagnostics::log;
use crate::handle::Message;
use crate::organisation::{REDIRECT_URI, session_key};
use crate::{Device, Platform, qr};

/// The idle lifetime of a refresh token at the identity provider, in seconds. Only for display and for the wording of
/// "signed out": the tablet's clock never decides about a session.
const IDLE_LIFETIME: i64 = 60 * DAY;
/// In seconds.
pub(crate) const DAY: i64 = 24 * 3_600;
/// The pauses between attempts to revoke a token that could not be revoked when its session ended.
const FIRST_REVOCATION_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_REVOCATION_PAUSE: Duration = Duration::from_mins(30);
/// Namespaces of the keystore.
const KEYSTORE: &str = "nl.kidskonnect.groep";
const KEYSTORE_DEVELOPMENT: &str = "nl.kidskonnect.groep.development";

/// The session of the present settings.
pub(crate) struct Auth {
    platform: Platform,
    /// The session's clock: the tablet's, moved by the offset of a development environment.
    clock: Arc<OffsetClock>,
    current: Mutex<Current>,
    background: Background,
    /// The app came to the front, and [`Self::keep_alive`] has not seen that yet.
    resumed: AtomicBool,
    /// The last exchange failed, so that the session plans the next one with care.
    has_failed: AtomicBool,
    /// Held while a cookie of the site view is set or deleted.
    setting_cookie: tokio::sync::Mutex<()>,
    /// Held while the keystore is read and what is not this organisation's is removed: no sign-in may save a session meanwhile
    /// that the removal would take along.
    pub(crate) reading_keystore: tokio::sync::Mutex<()>,
    /// Held by the one [`Self::revoke_pending`] that runs.
    revoking: tokio::sync::Mutex<()>,
    revoke_again: Notify,
}

#[derive(Default)]
struct Current {
    config: Option<Config>,
    session: Option<Session>,
    /// The session of the previous settings, until it is signed out.
    previous: Option<Session>,
    /// The transfer token that the site view may still hold.
    transfer_cookie: Option<transfer::TransferCookie>,
    /// How many tokens the site view was given.
    transfer_cookies: u64,
    /// When the identity provider last refused a session transfer as such, in seconds since 1970 by the session's clock.
    transfer_refused: Option<i64>,
}

impl Auth {
    /// No session yet; [`Self::update`] opens one.
    pub(crate) fn new(platform: Platform, clock_offset: i64, device: Arc<dyn Device>) -> Self {
        let clock = Arc::new(OffsetClock {
            clock: platform.clock.clone(),
            offset: clock_offset,
        });
        Self {
            platform,
            clock,
            current: Mutex::default(),
            background: Background::new(device),
            resumed: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
            setting_cookie: tokio::sync::Mutex::default(),
            reading_keystore: tokio::sync::Mutex::default(),
            revoking: tokio::sync::Mutex::default(),
            revoke_again: Notify::new(),
        }
    }

    /// Seconds since 1970, by the session's clock.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    pub(crate) fn random(&self) -> &dyn session::Random {
        &*self.platform.random
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self) -> Option<Session> {
        self.current().session.clone()
    }

    /// Takes over new settings. Parameters of the next sign-in change in place. If issuer, client or account type
    /// change, a session for the new settings opens, and the old one waits for [`Self::sign_out`]. Settings that name no
    /// valid target leave the session as it is.
    pub(crate) fn update(&self, resolved: &Resolved) {
        let target = resolved.target.as_ref().ok().and_then(Option::as_ref);
        let config = target.and_then(|target| config(target, resolved));
        let mut current = self.current();
        if config == current.config || (config.is_none() && resolved.target.is_err()) {
            return;
        }
        if let (Some(config), Some(session)) = (&config, &current.session)
            && session.update_request_params(config)
        {
            current.config = Some(config.clone());
            return;
        }
        current.transfer_refused = None;
        // Keep the old session until `sign_out`, which checks whether it holds a refresh token.
        if let Some(session) = current.session.take() {
            current.previous = Some(session);
        }
        current.session = config.as_ref().and_then(|config| self.open(config));
        // If no session could be opened, the next reading of the settings tries again.
        current.config = config.filter(|_| current.session.is_some());
    }

    fn open(&self, config: &Config) -> Option<Session> {
        let namespace = if config.loopback_http {
            KEYSTORE_DEVELOPMENT
        } else {
            KEYSTORE
        };
        let http = (self.platform.http)(config.loopback_http)?;
        let store = (self.platform.store)(namespace);
        Some(Session::new(
            config.clone(),
            http,
            self.clock.clone(),
            self.platform.random.clone(),
            store,
        ))
    }

    /// The session that the keystore holds. A personal account's own is in memory, so for its settings that is one of a group
    /// account from before.
    fn keystore_session(&self) -> Option<Session> {
        let config = self.current().config.clone();
        match config {
            Some(config) if is_in_memory(&config) => self.open(&Config {
                persistence: Persistence::Stored,
                ..config
            }),
            _ => self.session(),
        }
    }

    /// The keystore keeps its entries when the app is removed ([`Platform::keystore_outlives_app`]).
    pub(crate) fn keystore_outlives_app(&self) -> bool {
        self.platform.keystore_outlives_app
    }

    /// Removes whatever session the keystore still holds: of an installation of the app before this one, of other settings,
    /// or of a sign-out that the keystore refused. A session that the identity provider has accepted since `ended`, in
    /// seconds since 1970, stays. [`Self::revoke_pending`] then revokes its token if it is
    /// of the present issuer; that of another one runs out by itself.
    pub(crate) async fn empty_keystore(&self, ended: i64) -> Result<(), AppError> {
        let session = self.keystore_session().ok_or_else(not_set_up)?;
        let emptied = self.background.finish(session.forget_ended(ended)).await;
        emptied.map_err(|error| app_error(error.into()))
    }

    /// The session is a personal account's, of which the keystore holds nothing.
    pub(crate) fn is_in_memory(&self) -> bool {
        self.current().config.as_ref().is_some_and(is_in_memory)
    }

    /// Reads the keystore. `remembered` is whose session the saved state remembers; it counts for a session that does not
    /// say itself whose it is.
    pub(crate) async fn read_keystore(&self, remembered: Option<&str>) -> KeystoreResult {
        // Without a session there is no keystore to read, so report `Unreadable`, never `Empty`, which would sign out.
        let Some(session) = self.session() else {
            return KeystoreResult::Unreadable(not_set_up());
        };
        let owner = self.current().config.as_ref().and_then(|config| config.owner.clone());
        match session.stored().await {
            Ok(Some(stored))
                if stored
                    .owner
                    .as_deref()
                    .or(remembered)
                    .is_some_and(|is| Some(is) != owner.as_deref()) =>
            {
                KeystoreResult::OtherOrganisation
            }
            Ok(Some(_)) => KeystoreResult::Session,
            Ok(None) => KeystoreResult::Empty,
            Err(error) => KeystoreResult::Unreadable(app_error(error.into())),
        }
    }

    /// Builds an authorization request. `fresh` asks for credentials even if the browser has a session.
    pub(crate) async fn begin_sign_in(&self, fresh: bool) -> Event {
        let Some(session) = self.session() else {
            return Event::SignInFailed(not_set_up());
        };
        let request = if fresh {
            session.begin_fresh_sign_in().await
        } else {
            session.begin_sign_in().await
        };
        match request {
            Ok(request) => Event::AuthorizationRequestReady(request.url),
            Err(error) => Event::SignInFailed(app_error(error)),
        }
    }

    /// Checks a callback and redeems its code.
    pub(crate) async fn complete_sign_in(&self, callback: &str) -> Event {
        let Some(session) = self.session() else {
            return Event::CallbackIgnored;
        };
        match self.background.finish(session.complete_sign_in(callback)).await {
            Ok(signed_in) => {
                self.has_failed.store(false, Ordering::Relaxed);
                signed_in_event(&signed_in)
            }
            // A passing fault is shown, because the person waits for this answer, although the sign-in may still be
            // pending.
            Err(refused) if refused.consumed || refused.error.is_transient() => {
                Event::SignInFailed(app_error(refused.error))
            }
            Err(_) => Event::CallbackIgnored,
        }
    }

    /// Cancels the pending sign-in. If the keystore does not let it go, it expires after ten minutes by itself.
    pub(crate) async fn cancel(&self) {
        if let Some(session) = self.session() {
            let _ = session.cancel_sign_in().await;
        }
    }

    /// Signs in with a code on another device (RFC 8628). `show` gets the code as soon as it is there.
    pub(crate) async fn sign_in_with_code(&self, show: impl FnOnce(DeviceCode)) -> Event {
        let Some(session) = self.session() else {
            return Event::SignInFailed(not_set_up());
        };
        let authorization = match session.begin_device_flow().await {
            Ok(authorization) => authorization,
            Err(error) => return Event::SignInFailed(device_flow_error(error)),
        };
        show(device_code(&authorization));
        match session.await_device_flow(&authorization).await {
            Ok(signed_in) => signed_in_event(&signed_in),
            Err(error) => Event::SignInFailed(app_error(error)),
        }
    }

    /// A person asks to try again, so a request of the identity provider to wait holds no longer.
    pub(crate) fn clear_rate_limit(&self) {
        if let Some(session) = self.session() {
            session.clear_rate_limit();
        }
    }

    /// Tries again to save a session that the keystore refused. None while it still refuses.
    pub(crate) async fn save(&self) -> Option<Event> {
        match self.session() {
            Some(session) => self
                .background
                .finish(session.save())
                .await
                .is_ok()
                .then_some(Event::SessionSaved),
            None => Some(Event::SessionSaved),
        }
    }

    /// Signs out the present session and that of the previous settings, if there is one. With `settings_changed`, the
    /// keystore may hold the session of another issuer, which cannot be revoked any more and is deleted. Returns the URL
    /// that ends the browser's session at the identity provider, and whether the keystore has let go of every session.
    pub(crate) async fn sign_out(&self, settings_changed: bool) -> (Option<Url>, bool) {
        let (previous, session, is_in_memory) = {
            let mut current = self.current();
            let is_in_memory = current.config.as_ref().is_some_and(is_in_memory);
            (current.previous.take(), current.session.clone(), is_in_memory)
        };
        let sign_out_previous = async {
            match previous {
                Some(previous) => end_session_url(previous.sign_out().await).1,
                None => true,
            }
        };
        // A group account's session that was stored before the account became personal.
        let stored = (settings_changed && is_in_memory)
            .then(|| self.keystore_session())
            .flatten();
        let sign_out_stored = async {
            match stored {
                Some(stored) => end_session_url(stored.sign_out().await).1,
                None => true,
            }
        };
        let sign_out_present = async {
            let Some(session) = session else {
                return (None, true);
            };
            // Delete the foreign session before the first await on the network, so that a new sign-in cannot be deleted
            // instead.
            if settings_changed
                && matches!(session.stored().await, Ok(None))
                && let Err(error) = session.forget_any().await
            {
                log::failed_with("forget", Error::from(error).code());
            }
            end_session_url(session.sign_out().await)
        };
        let (previous, stored, (end_session, present)) = self
            .background
            .finish(Box::pin(async {
                tokio::join!(sign_out_previous, sign_out_stored, sign_out_present)
            }))
            .await;
        (end_session, previous && stored && present)
    }

    /// Revokes, at growing intervals, the tokens of sessions that ended while the identity provider could not be reached.
    /// Returns when none is left.
    ///
    /// Runs once at a time. A call while it runs makes it try again at once, and returns.
    pub(crate) async fn revoke_pending(&self) {
        let Ok(_running) = self.revoking.try_lock() else {
            self.revoke_again.notify_one();
            return;
        };
        let mut pause = FIRST_REVOCATION_PAUSE;
        while let Some(session) = self.session() {
            let is_done = matches!(self.background.finish(session.revoke_pending()).await, Ok(0));
            let wait = if is_done { Duration::ZERO } else { pause };
            let is_asked_again = tokio::time::timeout(wait, self.revoke_again.notified()).await.is_ok();
            if is_done && !is_asked_again {
                return;
            }
            pause = (pause * 2).min(LONGEST_REVOCATION_PAUSE);
        }
    }

    /// Whole days until the idle lifetime runs out, by the session's clock. None without a session, and if the clock
    /// stands before the last refresh.
    pub(crate) async fn days_left(&self) -> Option<u32> {
        let session = self.session()?;
        let age = self.clock.now() - last_success(&session).await?;
        let left = (IDLE_LIFETIME - age).max(0) / DAY;
        u32::try_from(left).ok().filter(|_| left <= IDLE_LIFETIME / DAY)
    }

    /// The authorization endpoint, once the metadata has been read.
    pub(crate) fn authorization_endpoint(&self) -> Option<Url> {
        self.session()?.authorization_endpoint()
    }

    /// The identity provider does not tell an expired session from a revoked one. The tablet's own memory of the last
    /// success does, and only the words on screen depend on it.
    fn ended_reason(&self, last_success: Option<i64>) -> SignedOutReason {
        match last_success {
            Some(last) if self.clock.now() - last >= IDLE_LIFETIME => SignedOutReason::Expired,
            _ => SignedOutReason::Ended,
        }
    }
}

fn is_in_memory(config: &Config) -> bool {
    config.persistence == Persistence::MemoryOnly
}

/// The keystore refused the new refresh token: the state machine has it saved until that holds.
fn report_unsaved(saved: Result<(), StoreError>, report: &impl Fn(Message)) {
    if let Err(error) = saved {
        report(Message::Event(Event::SessionUnsaved(app_error(error.into()))));
    }
}

async fn last_success(session: &Session) -> Option<i64> {
    session.stored().await.ok().flatten().map(|stored| stored.last_success)
}

fn signed_in_event(signed_in: &SignedIn) -> Event {
    // Without a refresh token there is no session to keep and none to transfer: the site would ask for a sign-in, and
    // the app would find the session over, again and again.
    if !signed_in.refresh_token {
        return Event::SignInFailed(ErrorCode::NoRefreshToken.into());
    }
    Event::SignedIn {
        unsaved: signed_in.saved.err().map(|error| app_error(error.into())),
    }
}

/// Logs a token that lives on at the identity provider. Returns the page that ends the browser's session, and whether the
/// keystore has let go of this one.
fn end_session_url(outcome: SignedOut) -> (Option<Url>, bool) {
    if let Err(error) = outcome.revoked
        && error != Error::NoSession
    {
        log::failed_with("revoke", error.code());
    }
    (outcome.end_session_url, outcome.forgotten.is_ok())
}

fn config(target: &SignInTarget, resolved: &Resolved) -> Option<Config> {
    let redirect_uri = Url::parse(REDIRECT_URI).ok()?;
    let mut config = Config::new(target.issuer.clone(), target.client_id.clone(), redirect_uri);
    config.audience.clone_from(&target.audience);
    config.organization.clone_from(&resolved.organization);
    config.connection.clone_from(&resolved.connection);
    config.owner = Some(session_key(target));
    config.login_hint.clone_from(&resolved.login_hint);
    config.ui_locales = Some(if resolved.language == Language::En { "en" } else { "nl" }.to_owned());
    config.persistence = match resolved.account_type {
        AccountType::Group => Persistence::Stored,
        AccountType::Personal => Persistence::MemoryOnly,
    };
    config.rotation_leeway = Duration::from_secs(target.rotation_leeway_seconds);
    config.loopback_http = target.development;
    Some(config)
}

fn not_set_up() -> AppError {
    ErrorCode::UnsoundEnvironment.into()
}

/// What a person sees of an error of the session: the register's kind for its code.
fn app_error(error: Error) -> AppError {
    error.code().into()
}

/// An identity provider that knows no device flow, or refuses it to this client, is set up well for everything else.
fn device_flow_error(error: Error) -> AppError {
    match error {
        Error::Unsupported | Error::ClientRefused => AppError::new(ErrorKind::CodeUnavailable, error.code()),
        other => app_error(other),
    }
}

fn device_code(authorization: &DeviceAuthorization) -> DeviceCode {
    let with_code = authorization.verification_uri_complete.as_ref();
    DeviceCode {
        user_code: authorization.user_code.clone(),
        address: authorization.verification_uri.to_string(),
        qr: qr::draw(with_code.unwrap_or(&authorization.verification_uri).as_str()),
    }
}

/// The tablet's clock, moved.
struct OffsetClock {
    clock: Arc<dyn Clock>,
    offset: i64,
}

impl Clock for OffsetClock {
    fn now(&self) -> i64 {
        self.clock.now().saturating_add(self.offset)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<()> {
        self.clock.sleep(duration)
    }
}

#[cfg(test)]
mod tests;
