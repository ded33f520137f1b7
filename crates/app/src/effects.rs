//! Carries out what the state machine wants. One exhaustive match: a new effect does not compile until it has its place
//! here.

use std::sync::Arc;
use std::time::Duration;

use app_state::{AppError, Effect, Event, KeystoreResult, Phase, SignedOutReason};
use error_codes::{ErrorCode, ErrorKind};
use settings::{AccountType, Tenant, TenantError};
use tauri_plugin_device::{BrowserError, BrowserOutcome};
use tokio::time::Instant;
use url::Url;

use crate::auth::Auth;
use crate::diagnostics::log;
use crate::handle::Message;
use crate::organisation::REDIRECT_URI;
use crate::saved_state::{SavedState, SavedStateStore};
use crate::{App, Device, codes};

/// The pauses between attempts to empty a keystore that refuses.
const FIRST_EMPTYING_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_EMPTYING_PAUSE: Duration = Duration::from_mins(2);
/// How many characters of a rejected organisation name come back to the screen.
const MAX_TYPED: usize = 100;

impl App {
    /// Carries out one effect. Quick effects complete before this returns, in the order in which the state machine gave
    /// them. Effects that wait run as tasks and report an event.
    pub(crate) async fn carry_out(&mut self, effect: Effect) {
        let name = effect.name();
        match effect {
            Effect::LoadSite(url) => self.load_site(&url).await,
            Effect::ShowSite => log::failure(name, self.site.show()),
            Effect::HideSite => log::failure(name, self.site.hide()),
            Effect::CloseSite => log::failure(name, self.site.hide().and_then(|()| self.site.close())),
            Effect::ClearSite => log::failure(name, self.clear_site().await),
            Effect::RememberSession(is_signed_in) => log::failure(name, self.remember_session(is_signed_in)),
            Effect::SetTenant(typed) => log::failure(name, self.set_tenant(&typed)),
            Effect::ForgetTenant => log::failure(name, self.change_settings(SavedState::forget_organisation)),
            Effect::UseSetupLink => log::failure(name, self.use_setup_link()),
            Effect::DropSetupLink => {
                // A second link was never kept; the person is still asked about the first.
                if self.state.offer.is_none() {
                    self.setup_link = None;
                }
            }
            Effect::ReadSettings => self.inbox.send(Message::ReadSettings),
            Effect::RetryLater { attempt, pace } => {
                self.timers
                    .retry_later(Instant::now(), attempt, pace, self.auth.random());
            }
            Effect::WaitForSite { attempt, at_least } => {
                self.timers
                    .wait_for_site(self.now(), attempt, at_least, self.auth.random());
            }
            Effect::WatchSignInPage { attempt } => self.timers.watch_sign_in_page(self.now(), attempt),
            Effect::StartLoopGuard => self.timers.start_loop_guard(Instant::now()),
            Effect::ReadStatusInfo => self.read_status_info(),
            Effect::ReadKeystore => self.read_keystore(),
            Effect::BeginSignIn { fresh } => self.begin_sign_in(fresh).await,
            Effect::BeginDeviceFlow => self.begin_device_flow().await,
            Effect::CompleteSignIn(callback) => self.complete_sign_in(callback),
            Effect::CancelSignIn => {
                let auth = self.auth.clone();
                self.tasks.cancel_sign_in(async move { auth.cancel().await });
            }
            Effect::OpenBrowser(url) => self.open_browser(url),
            Effect::OpenExternally(url) => self.open_externally(url),
            Effect::RequestSessionTransfer(url) => {
                let (site, inbox, check) = (self.site.clone(), self.inbox.clone(), self.tasks.refresh_check.clone());
                self.spawn_auth(|auth| async move {
                    let event = auth.transfer(url, &*site, |message| inbox.send(message)).await;
                    // A lost answer makes a refresh due within seconds.
                    check.notify_one();
                    Some(event)
                });
            }
            Effect::KeepSessionAlive => self.keep_session_alive(),
            Effect::SaveSession => self.spawn_auth(|auth| async move { auth.save().await }),
            Effect::SignOut => self.sign_out(),
        }
    }

    /// Deletes what the site keeps of a person. Until that is reported done, the saved state says so: no sign-in begins,
    /// and the next start of the app deletes again.
    pub(crate) async fn clear_site(&self) -> Result<(), String> {
        let noted = self.saved.update(|saved| saved.site_uncleared = true);
        self.site.clear().await.map_err(text)?;
        let done = self.saved.update(|saved| saved.site_uncleared = false);
        noted.and(done).map_err(text)
    }

    /// Whether the site holds nothing of another person. Tries once more to delete it.
    async fn site_is_clear(&self) -> bool {
        if self.saved.get().site_uncleared {
            log::failure("clear_site", self.clear_site().await);
        }
        !self.saved.get().site_uncleared
    }

    /// No page opens over what another person left.
    async fn load_site(&self, url: &Url) {
        if self.site_is_clear().await {
            log::failure("load_site", self.site.load(url));
        } else {
            self.inbox.event(Event::SiteFailed {
                error: ErrorCode::SiteDataNotDeleted.into(),
                retry_after: None,
            });
        }
    }

    /// Whether a sign-in may begin: the site holds nothing of another person, and the app has on disk that it was
    /// installed anew. Reports the sign-in as failed otherwise: the next start would undo it.
    async fn may_sign_in(&self) -> bool {
        let code = if !self.site_is_clear().await {
            ErrorCode::SiteDataNotDeleted
        } else if self.auth.keystore_outlives_app() && !self.saved.is_ours_on_disk() {
            ErrorCode::StateNotSaved
        } else {
            return true;
        };
        self.inbox.event(Event::SignInFailed(code.into()));
        false
    }

    fn read_keystore(&mut self) {
        let (saved, inbox, owner) = (self.saved.clone(), self.inbox.clone(), self.session_owner());
        self.spawn_auth(|auth| async move {
            let result = {
                let _no_sign_in = auth.reading_keystore.lock().await;
                read_own_keystore(&auth, &saved).await
            };
            inbox.send(Message::KeystoreRead(owner, result));
            // What the last run of the app could not do.
            empty_keystore(&auth, &saved).await;
            auth.revoke_pending().await;
            None
        });
    }

    async fn begin_sign_in(&mut self, fresh: bool) {
        if self.may_sign_in().await {
            let auth = self.auth.clone();
            self.tasks
                .spawn_sign_in(|events| async move { events.send(auth.begin_sign_in(fresh).await) });
        }
    }

    fn complete_sign_in(&mut self, callback: String) {
        let saved = self.saved.clone();
        self.spawn_auth(|auth| async move {
            let _no_reading = auth.reading_keystore.lock().await;
            let event = auth.complete_sign_in(&callback).await;
            remember_authorization_endpoint(&event, &auth, &saved);
            Some(event)
        });
    }

    fn use_setup_link(&mut self) -> Result<(), String> {
        let link = self.setup_link.take();
        self.change_settings(|saved| {
            if let Some(link) = &link {
                saved.accept(link);
            }
        })
    }

    fn spawn_auth<F>(&mut self, work: impl FnOnce(Arc<Auth>) -> F)
    where
        F: Future<Output = Option<Event>> + Send + 'static,
    {
        self.tasks.spawn(work(self.auth.clone()));
    }

    fn remember_session(&self, is_signed_in: bool) -> Result<(), String> {
        let organisation = self.state.settings.organisation.as_ref().filter(|_| is_signed_in);
        let key = organisation.map(|organisation| organisation.session_key.clone());
        self.saved.update(|saved| saved.signed_in = key).map_err(text)
    }

    /// Changes the settings in the saved state and has all settings read again, also if the disk refused the change: it
    /// still holds in memory.
    fn change_settings(&self, change: impl FnOnce(&mut SavedState)) -> Result<(), String> {
        let written = self.saved.update(change);
        self.inbox.send(Message::ReadSettings);
        written.map_err(text)
    }

    fn set_tenant(&self, typed: &str) -> Result<(), String> {
        let suffix = &self.state.settings.domain_suffix;
        match Tenant::from_typed(typed, suffix) {
            Ok(tenant) => self.change_settings(|saved| {
                saved.set_up.insert("tenant".to_owned(), tenant.to_string().into());
            }),
            Err(error) => {
                let typed = typed.chars().take(MAX_TYPED).collect();
                self.inbox.event(Event::TenantRejected {
                    typed,
                    error: tenant_error(error),
                });
                Ok(())
            }
        }
    }

    async fn begin_device_flow(&mut self) {
        if !self.may_sign_in().await {
            return;
        }
        let (auth, saved) = (self.auth.clone(), self.saved.clone());
        self.tasks.spawn_sign_in(|events| async move {
            // The person takes minutes, so wait only for a reading under way.
            drop(auth.reading_keystore.lock().await);
            let event = auth
                .sign_in_with_code(|code| events.send(Event::DeviceCodeReady(code)))
                .await;
            remember_authorization_endpoint(&event, &auth, &saved);
            events.send(event);
        });
    }

    /// The sheet that some systems show for a sign-in closes when a cancel drops the task.
    fn open_browser(&mut self, url: Url) {
        let device = self.device.clone();
        // A personal account's browser forgets the person if it can, because somebody else uses the tablet next.
        let private = self
            .reading
            .as_ref()
            .is_some_and(|reading| reading.resolved.account_type == AccountType::Personal);
        self.tasks.spawn_browser(|events| async move {
            let Ok(redirect_uri) = Url::parse(REDIRECT_URI) else {
                return;
            };
            match device.sign_in(&url, &redirect_uri, private).await {
                Ok(BrowserOutcome::Opened) => {}
                Ok(BrowserOutcome::Redirected(callback)) => events.send(Event::Callback(callback)),
                Err(BrowserError::Cancelled) => events.send(Event::BrowserClosed),
                Err(error) => {
                    let code = codes::of_browser(error);
                    events.send(Event::BrowserFailed(AppError::new(ErrorKind::NoBrowser, code)));
                }
            }
        });
    }

    /// Opens a URL that the site may not show in the system browser, if a page may do that now.
    pub(crate) fn open_externally(&mut self, url: Url) {
        if self.timers.may_open_externally(Instant::now()) {
            let device = self.device.clone();
            self.tasks.spawn(async move {
                open_or_log(&*device, &url, "open_externally").await;
                None
            });
        }
    }

    fn keep_session_alive(&mut self) {
        let (auth, inbox, check) = (self.auth.clone(), self.inbox.clone(), self.tasks.refresh_check.clone());
        self.tasks
            .keep_alive(async move { Some(auth.keep_alive(&check, |message| inbox.send(message)).await) });
    }

    fn sign_out(&mut self) {
        // After a change of settings the keystore may hold a session that nobody can sign out any more.
        let by_person = matches!(
            self.state.phase,
            Phase::SignedOut {
                why: SignedOutReason::Person,
                ..
            }
        );
        // In one write, because a start after a kill between two of them would open the group view of whoever has signed out.
        let forget_site = |saved: &mut SavedState| {
            saved.signed_in = None;
            saved.site_uncleared = true;
        };
        // A personal account has nothing in the keystore, and what is noted of a group account's session stays noted.
        let ended = if by_person && self.auth.is_in_memory() {
            log::failure("sign_out", self.saved.update(forget_site));
            None
        } else {
            Some(note_ended(&self.auth, &self.saved, "sign_out", forget_site))
        };
        let (device, saved) = (self.device.clone(), self.saved.clone());
        self.spawn_auth(|auth| async move {
            let (end_session, is_forgotten) = auth.sign_out(!by_person).await;
            if let Some(end_session) = end_session.filter(|_| by_person) {
                open_or_log(&*device, &end_session, "end_session").await;
            }
            if is_forgotten && let Some(ended) = ended {
                note_emptied(&saved, ended);
            }
            // What the keystore refused, now or before.
            empty_keystore(&auth, &saved).await;
            auth.revoke_pending().await;
            None
        });
    }

    fn read_status_info(&mut self) {
        let (auth, device, inbox) = (self.auth.clone(), self.device.clone(), self.inbox.clone());
        self.tasks.spawn(async move {
            let days_left = auth.days_left().await;
            let device = device.info().await;
            inbox.send(Message::StatusRead { days_left, device });
            None
        });
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn tenant_error(error: TenantError) -> AppError {
    error.code().into()
}

async fn open_or_log(device: &dyn Device, url: &Url, effect: &'static str) {
    if let Err(error) = device.open_browser(url).await {
        log::failed_with(effect, codes::of_browser(error));
    }
}

/// Reads the keystore, after removing what is not this organisation's: the session of an installation of the app before
/// this one, of other settings, of a group account while the account is personal, or of a sign-out that was not complete.
async fn read_own_keystore(auth: &Auth, saved: &SavedStateStore) -> KeystoreResult {
    let is_foreign = auth.keystore_outlives_app() && saved.is_known() && !saved.get().keystore_is_ours;
    if is_foreign {
        note_ended(auth, saved, "read_keystore", |_| {});
    }
    let state = saved.get();
    if let Some(ended) = state.keystore_to_empty {
        let at_most = if is_foreign { i64::MAX } else { ended };
        if let Err(error) = auth.empty_keystore(at_most).await {
            return KeystoreResult::Unreadable(error);
        }
        note_emptied(saved, ended);
    }
    let read = if auth.is_in_memory() {
        KeystoreResult::Empty
    } else {
        auth.read_keystore(state.signed_in.as_deref()).await
    };
    // Empty means that nothing there is of this issuer and client.
    if matches!(read, KeystoreResult::OtherOrganisation | KeystoreResult::Empty)
        && let Err(error) = auth.empty_keystore(i64::MAX).await
    {
        note_ended(auth, saved, "read_keystore", |_| {});
        log::failed_with("read_keystore", error.code);
    }
    read
}

/// Notes that whatever session the keystore holds now has ended, and returns when. Before anything is asked of the keystore,
/// because it may refuse, and the process may end.
fn note_ended(auth: &Auth, saved: &SavedStateStore, effect: &'static str, also: impl FnOnce(&mut SavedState)) -> i64 {
    let ended = auth.now();
    let noted = saved.update(|saved| {
        saved.keystore_to_empty = Some(ended);
        saved.keystore_is_ours = true;
        also(saved);
    });
    log::failure(effect, noted);
    ended
}

/// Tries, at growing intervals, to empty the keystore of a session that has ended here. Ends when somebody has signed in,
/// because that replaces it.
async fn empty_keystore(auth: &Auth, saved: &SavedStateStore) {
    let mut pause = FIRST_EMPTYING_PAUSE;
    while saved.get().keystore_to_empty.is_some() {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_EMPTYING_PAUSE);
        if let Some(ended) = saved.get().keystore_to_empty
            && auth.empty_keystore(ended).await.is_ok()
        {
            note_emptied(saved, ended);
        }
    }
}

/// What ended then is gone. A note of another sign-out stays.
fn note_emptied(saved: &SavedStateStore, ended: i64) {
    let noted = saved.update(|saved| {
        saved.keystore_to_empty.take_if(|noted| *noted == ended);
    });
    log::failure("sign_out", noted);
}

/// A sign-in has read the metadata, so the authorization endpoint is known: keep it for the next start, when the site
/// may ask for a session transfer before the metadata has been read again.
fn remember_authorization_endpoint(event: &Event, auth: &Auth, saved: &SavedStateStore) {
    if matches!(event, Event::CallbackIgnored) {
        return;
    }
    if let Some(endpoint) = auth.authorization_endpoint() {
        let written = saved.update(|saved| saved.authorize = Some(endpoint));
        log::failure("remember_authorization_endpoint", written);
    }
}

#[cfg(test)]
mod patience_tests;
#[cfg(test)]
mod sign_in_tests;
#[cfg(test)]
mod tests;
