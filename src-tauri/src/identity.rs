//! The session at the identity server, as the settings say, in the words of `app-state`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use app_state::{DeviceCode, Fault, Found, Problem, Qr, SignedOutWhy};
use qrcode::{Color, QrCode};
use session::store::KeyringStore;
use session::{
    Account, Boxed, Clock, Config, Error, IdTokenFault, RefreshOutcome, ReqwestHttp, Secret, Session, SignedOut,
    StoreFault, SystemRandom, TransferOutcome,
};
use settings::Resolved;
use url::Url;

use crate::ground::CALLBACK;
use crate::log;

/// The idle lifetime of the refresh token: only shown, never acted on.
const IDLE_DAYS: i64 = 60;
const DAY: i64 = 24 * 3_600;

/// The session of the moment.
pub struct Identity {
    clock: Arc<DeviceClock>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    config: Option<Config>,
    session: Option<Session>,
    /// The session of the settings before, until it is signed out.
    before: Option<Session>,
}

/// How the check of a callback ended.
pub enum Completed {
    /// It was not ours.
    Ignored,
    /// The sign-in is over: with a session (and why it could not be kept), or without.
    Done(Result<Option<Fault>, Fault>),
}

/// How a request for a hand-off ended.
pub enum HandOff {
    /// A token for one.
    Token(Token),
    /// The identity server gives none.
    None,
    /// Not now.
    Kept(Fault),
    /// The session is over.
    Over(SignedOutWhy),
}

/// How a refresh ended.
pub enum Kept {
    /// Used.
    Fresh,
    /// Not now.
    Later(Fault),
    /// The session is over.
    Over(SignedOutWhy),
}

/// A hand-off for one navigation.
pub struct Token {
    secret: Secret,
    /// The cookie's name.
    pub cookie: String,
    parameter: String,
    /// Seconds since 1970, by the device's clock.
    pub expires_at: i64,
}

impl Token {
    /// The value to hand over.
    pub fn secret(&self) -> &str {
        self.secret.expose()
    }

    /// The navigation with the token as a parameter, for where no cookie can be set.
    pub fn as_parameter(&self, mut held: Url) -> Url {
        held.query_pairs_mut()
            .append_pair(&self.parameter, self.secret.expose());
        held
    }
}

impl Identity {
    /// Nothing is held yet. `clock_offset` moves the clock, in development.
    pub fn new(clock_offset: i64) -> Self {
        Self {
            clock: Arc::new(DeviceClock { offset: clock_offset }),
            held: Mutex::default(),
        }
    }

    /// Seconds since 1970, by the device's clock.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self) -> Option<Session> {
        self.held().session.clone()
    }

    /// Takes the settings; a session of other settings waits for its sign-out.
    pub fn set(&self, resolved: Option<&Resolved>) {
        // Settings that cannot be read leave everything as it was.
        let Some(resolved) = resolved else { return };
        let config = resolved
            .target
            .as_ref()
            .ok()
            .and_then(Option::as_ref)
            .and_then(|target| config(target, resolved));
        let mut held = self.held();
        if config == held.config || (config.is_none() && resolved.target.is_err()) {
            return;
        }
        if let (Some(config), Some(session)) = (&config, &held.session)
            && session.retune(config)
        {
            held.config = Some(config.clone());
            return;
        }
        // Whether anybody was signed in there is for the sign-out to find.
        if let Some(session) = held.session.take() {
            held.before = Some(session);
        }
        held.session = config.as_ref().and_then(|config| self.open(config));
        // What could not be opened is tried again with the next reading.
        held.config = config.filter(|_| held.session.is_some());
    }

    fn open(&self, config: &Config) -> Option<Session> {
        // A build for development never sees the session of a real one.
        let service = if config.loopback_http {
            "nl.kidskonnect.groep.development"
        } else {
            "nl.kidskonnect.groep"
        };
        let roots = tauri_plugin_device::roots().ok()?;
        let http = ReqwestHttp::new(roots.as_deref(), config.loopback_http).ok()?;
        let store = Arc::new(KeyringStore::system(service.to_owned()));
        Some(Session::new(
            config.clone(),
            Arc::new(http),
            self.clock.clone(),
            Arc::new(SystemRandom),
            store,
        ))
    }

    /// What the keystore holds.
    pub async fn stored(&self) -> Found {
        match self.session() {
            // Not an answer of the keystore: nothing can be asked without a session to ask for.
            None => Found::Unreadable(not_set_up()),
            Some(session) => match session.stored().await {
                Ok(Some(_)) => Found::Session,
                Ok(None) => Found::Nothing,
                Err(fault) => Found::Unreadable(fault_of(fault.into())),
            },
        }
    }

    /// Starts a sign-in; a fresh one asks also where the browser still knows somebody.
    pub async fn begin(&self, fresh: bool) -> Result<Url, Fault> {
        let session = self.session().ok_or_else(not_set_up)?;
        (if fresh {
            session.begin_fresh_sign_in().await
        } else {
            session.begin_sign_in().await
        })
        .map(|begun| begun.url)
        .map_err(fault_of)
    }

    /// Checks a callback.
    pub async fn complete(&self, callback: &str) -> Completed {
        let Some(session) = self.session() else {
            return Completed::Ignored;
        };
        match session.complete_sign_in(callback).await {
            Ok(signed_in) => Completed::Done(Ok(signed_in.saved.err().map(|fault| fault_of(fault.into())))),
            // A fault that passes is told: the person waits for this answer. The sign-in itself may still be there.
            Err(refused) if refused.consumed || refused.error.passes() => Completed::Done(Err(fault_of(refused.error))),
            Err(_) => Completed::Ignored,
        }
    }

    /// Forgets the sign-in under way.
    pub async fn cancel(&self) {
        if let Some(session) = self.session() {
            // A pending sign-in that stays is worth nothing after ten minutes.
            let _ = session.cancel_sign_in().await;
        }
    }

    /// Signs in with a code on another device; `show` gets the code.
    pub async fn with_code(&self, show: impl FnOnce(DeviceCode)) -> Result<Option<Fault>, Fault> {
        let session = self.session().ok_or_else(not_set_up)?;
        let code = session.begin_device().await.map_err(|error| match error {
            Error::Unsupported | Error::ClientRefused => Fault::new(Problem::CodeUnavailable, error.code()),
            other => fault_of(other),
        })?;
        let link = code
            .verification_uri_complete
            .as_ref()
            .unwrap_or(&code.verification_uri);
        show(DeviceCode {
            user_code: code.user_code.clone(),
            address: code.verification_uri.to_string(),
            qr: qr(link.as_str()),
        });
        let signed_in = session.await_device(&code).await.map_err(fault_of)?;
        Ok(signed_in.saved.err().map(|fault| fault_of(fault.into())))
    }

    /// Exchanges the refresh token for a hand-off.
    pub async fn hand_off(&self) -> HandOff {
        let Some(session) = self.session() else {
            return HandOff::None;
        };
        let last_success = self.last_success(&session).await;
        match session.transfer().await {
            TransferOutcome::Token(token) => HandOff::Token(Token {
                expires_at: DeviceClock::real_now() + i64::try_from(token.expires_in).unwrap_or(60),
                secret: token.secret,
                cookie: token.cookie,
                parameter: token.parameter,
            }),
            TransferOutcome::NoTransfer(Error::NoHandOff) => HandOff::None,
            // Perhaps the word of something on the way there: not for this page, but asked again for the next one.
            TransferOutcome::NoTransfer(error) => HandOff::Kept(Fault::new(Problem::SignInRejected, error.code())),
            TransferOutcome::Kept(error) => HandOff::Kept(fault_of(error)),
            TransferOutcome::SignedOut(_) => HandOff::Over(self.why(last_success)),
        }
    }

    /// How long until the session is to be used; none if it is not due.
    pub async fn due_in(&self) -> Option<Duration> {
        self.session()?.due_in().await
    }

    /// Uses the session.
    pub async fn refresh(&self) -> Kept {
        let Some(session) = self.session() else {
            return Kept::Fresh;
        };
        let last_success = self.last_success(&session).await;
        match session.refresh().await {
            RefreshOutcome::Refreshed { .. } => Kept::Fresh,
            RefreshOutcome::Kept(error) => Kept::Later(fault_of(error)),
            RefreshOutcome::SignedOut(_) => Kept::Over(self.why(last_success)),
        }
    }

    /// Tries once more to save the session.
    pub async fn save(&self) -> Result<(), StoreFault> {
        match self.session() {
            Some(session) => session.save().await,
            None => Ok(()),
        }
    }

    /// Signs out the session of now, and that of the settings before, if there is one. `moved` = the settings changed:
    /// whatever the keystore holds is of before. Answers with the page that ends the session at the identity server.
    pub async fn sign_out(&self, moved: bool) -> Option<Url> {
        let (before, session) = {
            let mut held = self.held();
            (held.before.take(), held.session.clone())
        };
        let of_before = async {
            if let Some(before) = before {
                signed_out(before.sign_out().await);
            }
        };
        let of_now = async {
            let session = session?;
            // What another issuer's session left behind: nobody can be told, but it goes. At once, before anybody signs in.
            if moved
                && matches!(session.stored().await, Ok(None))
                && let Err(fault) = session.forget_any().await
            {
                log::line("failed", &[("effect", "forget"), ("code", Error::from(fault).code())]);
            }
            signed_out(session.sign_out().await)
        };
        tokio::join!(of_before, of_now).1
    }

    /// Whole days until the idle lifetime runs out.
    pub async fn days_left(&self) -> Option<u32> {
        let session = self.session()?;
        let age = self.clock.now() - self.last_success(&session).await?;
        u32::try_from((IDLE_DAYS * DAY - age).max(0) / DAY)
            .ok()
            .filter(|days| i64::from(*days) <= IDLE_DAYS)
    }

    /// The authorization endpoint, once learnt.
    pub fn authorization_endpoint(&self) -> Option<Url> {
        self.session()?.authorization_endpoint()
    }

    async fn last_success(&self, session: &Session) -> Option<i64> {
        session
            .stored()
            .await
            .ok()
            .flatten()
            .map(|summary| summary.last_success)
    }

    /// The server does not tell expired from revoked; the tablet's own memory of its last success does, for the words.
    fn why(&self, last_success: Option<i64>) -> SignedOutWhy {
        match last_success {
            Some(last) if self.clock.now() - last >= IDLE_DAYS * DAY => SignedOutWhy::Expired,
            _ => SignedOutWhy::Ended,
        }
    }
}

/// The page that ends the session at the identity server. A token that lives on there is told of.
fn signed_out(outcome: SignedOut) -> Option<Url> {
    if let Err(error) = outcome.revoked
        && error != Error::NoSession
    {
        log::line("failed", &[("effect", "revoke"), ("code", error.code())]);
    }
    outcome.end_session_url
}

fn config(target: &settings::Target, resolved: &Resolved) -> Option<Config> {
    let mut config = Config::new(
        target.issuer.clone(),
        target.client_id.clone(),
        Url::parse(CALLBACK).ok()?,
    );
    config.audience.clone_from(&target.audience);
    config.organization.clone_from(&resolved.organization);
    config.connection.clone_from(&resolved.connection);
    config.login_hint.clone_from(&resolved.login_hint);
    config.ui_locales = Some(
        if resolved.language == settings::Language::En {
            "en"
        } else {
            "nl"
        }
        .to_owned(),
    );
    config.account = match resolved.account {
        settings::Account::Group => Account::Group,
        settings::Account::Personal => Account::Personal,
    };
    config.loopback_http = target.development;
    Some(config)
}

fn not_set_up() -> Fault {
    Fault::new(Problem::SettingsInvalid, "E105")
}

/// What a person is told about an error of the session.
fn fault_of(error: Error) -> Fault {
    let problem = match error {
        Error::Denied => Problem::SignInDenied,
        Error::NoPending | Error::PendingExpired => Problem::SignInExpired,
        Error::Foreign
        | Error::MalformedCallback
        | Error::CallbackIssuer
        | Error::AuthorizationFailed
        | Error::CodeRefused
        | Error::PersonNeeded
        | Error::TokenAnswer
        | Error::OtherPerson
        | Error::SessionEnded
        | Error::NoSession
        | Error::Overtaken
        | Error::NoHandOff
        | Error::IdToken(
            IdTokenFault::Missing
            | IdTokenFault::Malformed
            | IdTokenFault::Algorithm
            | IdTokenFault::NoKey
            | IdTokenFault::Signature
            | IdTokenFault::Issuer
            | IdTokenFault::Audience
            | IdTokenFault::AuthorizedParty
            | IdTokenFault::Subject
            | IdTokenFault::Expired
            | IdTokenFault::IssuedAt
            | IdTokenFault::NotBefore
            | IdTokenFault::Nonce
            | IdTokenFault::AccessTokenHash
            | IdTokenFault::AuthTime,
        ) => Problem::SignInRejected,
        Error::Organization => Problem::WrongOrganisation,
        Error::Metadata
        | Error::IssuerNotAllowed
        | Error::EndpointOrigin
        | Error::NoS256
        | Error::Unsupported
        | Error::ClientRefused => Problem::NotAllowed,
        Error::CodeExpired => Problem::CodeExpired,
        Error::CodeDenied => Problem::SignInDenied,
        Error::Unreachable => Problem::NoNetwork,
        Error::Timeout | Error::ServerFault => Problem::ServerDown,
        Error::Busy => Problem::ServerBusy,
        Error::Redirect | Error::TooLarge | Error::NotJson => Problem::CaptivePortal,
        Error::Tls => Problem::InsecureConnection,
        Error::Store(StoreFault::Absent) => Problem::KeystoreAbsent,
        Error::Store(StoreFault::Locked) => Problem::KeystoreLocked,
        Error::Store(StoreFault::Failed) => Problem::KeystoreFailed,
    };
    Fault::new(problem, error.code())
}

/// A QR code with its quiet zone of four modules (ISO/IEC 18004, 6.3.8). Empty for a text that is too long for one.
fn qr(text: &str) -> Qr {
    let Ok(code) = QrCode::new(text.as_bytes()) else {
        return Qr {
            size: 0,
            path: String::new(),
        };
    };
    let width = code.width();
    let dark = code
        .to_colors()
        .into_iter()
        .enumerate()
        .filter(|(_, color)| *color == Color::Dark);
    let path = dark
        .map(|(at, _)| format!("M{} {}h1v1h-1z", at % width + 4, at / width + 4))
        .collect::<Vec<_>>()
        .concat();
    Qr {
        size: u32::try_from(width + 8).unwrap_or(0),
        path,
    }
}

/// The device's own clock.
struct DeviceClock {
    offset: i64,
}

impl DeviceClock {
    fn real_now() -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
        }
    }
}

impl Clock for DeviceClock {
    fn now(&self) -> i64 {
        Self::real_now().saturating_add(self.offset)
    }

    fn sleep(&self, time: Duration) -> Boxed<()> {
        Box::pin(tokio::time::sleep(time))
    }
}
