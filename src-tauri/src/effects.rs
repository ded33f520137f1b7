//! What `app-state` wants done.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use app_state::{Action, Effect, Event, Facts, Fault, Problem, SignedOutWhy, Stage, State};
use settings::{Account, Tenant};
use tauri::{Manager, WebviewWindow, Wry};
use tauri_plugin_device::{Browsed, BrowserFault, TabletExt};
use tauri_plugin_site_view::{Cookie, SiteViewExt};
use tokio::task::AbortHandle;
use url::Url;

use crate::device;
use crate::identity::{Completed, HandOff, Kept};
use crate::log;
use crate::notes::{Noted, session_of};
use crate::shell::{MAIN, Shell};
use crate::sources::Read;

/// The longest wait before a retry: soon enough that the group view is back within ten seconds of the network.
const MAX_RETRY: Duration = Duration::from_secs(8);
/// How often a running app looks whether its session is due to be used.
const LOOK: Duration = Duration::from_hours(1);
/// How long a refresh that failed rests.
const LATER: Duration = Duration::from_mins(5);

impl Shell {
    // Effects, in order; whatever takes time goes on beside the loop and answers with an event.

    pub(crate) async fn carry_out(self: &Arc<Self>, state: &State, effect: Effect) {
        let site = self.app.site_view();
        let outcome = match &effect {
            Effect::LoadSite(url) => site.load(url).map_err(|error| error.to_string()),
            Effect::ShowSite => self.show_site(),
            Effect::HideSite => self.hide_site(),
            Effect::CloseSite => self
                .hide_site()
                .and_then(|()| site.close().map_err(|error| error.to_string())),
            Effect::ClearSite => match self.main() {
                Some(window) => site.clear(&window).await.map_err(|error| error.to_string()),
                None => Ok(()),
            },
            Effect::Note(signed_in) => {
                let whose = state.ground.place.as_ref().filter(|_| *signed_in).map(session_of);
                self.notes
                    .change(|noted| noted.signed_in = whose)
                    .map_err(|error| error.to_string())
            }
            Effect::SetTenant(typed) => {
                self.set_tenant(typed);
                Ok(())
            }
            Effect::UseLink => {
                let link = self.seen().link.take();
                let outcome = link.map_or(Ok(()), |link| self.notes.change(|noted| noted.take(&link)));
                self.settings();
                outcome.map_err(|error| error.to_string())
            }
            Effect::DropLink => {
                // A second link was never kept: the first is still being asked about.
                if state.offer.is_none() {
                    self.seen().link = None;
                }
                Ok(())
            }
            Effect::ForgetTenant => {
                let outcome = self.notes.change(Noted::forget_organisation);
                self.settings();
                outcome.map_err(|error| error.to_string())
            }
            Effect::ReadSettings => {
                self.settings();
                Ok(())
            }
            Effect::RetryLater { attempt } => {
                self.retry_later(*attempt);
                Ok(())
            }
            Effect::ReadFacts => {
                self.beside(|shell| async move { Some(Event::Facts(shell.facts().await)) });
                Ok(())
            }
            Effect::Settle => {
                self.beside(|_| async {
                    tokio::time::sleep(Duration::from_secs(30)).await;
                    Some(Event::Settled)
                });
                Ok(())
            }
            _ => {
                self.session_effect(state, effect.clone());
                Ok(())
            }
        };
        if let Err(error) = outcome {
            log::failed(&effect, &error);
        }
    }

    /// What the session or the browser does.
    fn session_effect(self: &Arc<Self>, state: &State, effect: Effect) {
        match effect {
            Effect::ReadKeystore => {
                self.beside(|shell| async move { Some(Event::Keystore(shell.identity.stored().await)) })
            }
            Effect::BeginSignIn { fresh } => self.wait(move |shell| async move {
                shell.cancelled().await;
                Some(match shell.identity.begin(fresh).await {
                    Ok(url) => Event::AuthorizeReady(url),
                    Err(fault) => Event::SignInFailed(fault),
                })
            }),
            Effect::BeginCode => self.wait(|shell| async move {
                shell.cancelled().await;
                let shown = shell.clone();
                let done = shell
                    .identity
                    .with_code(move |code| shown.tell(Event::CodeReady(code)))
                    .await;
                Some(shell.signed_in(done))
            }),
            Effect::Complete(callback) => self.beside(|shell| async move {
                Some(match shell.identity.complete(&callback).await {
                    Completed::Ignored => Event::CallbackIgnored,
                    Completed::Done(done) => shell.signed_in(done),
                })
            }),
            Effect::CancelSignIn => {
                self.stop_waiting();
                let shell = self.clone();
                let cancel = tokio::spawn(async move { shell.identity.cancel().await });
                self.seen().cancelling.push(cancel);
            }
            Effect::OpenOutside(url) => self.outside(url),
            // A sheet of the system's own goes when nobody waits for it any more.
            Effect::OpenBrowser(url) => self.wait(|shell| async move {
                let callback = Url::parse(crate::ground::CALLBACK).ok()?;
                // A personal account's browser forgets it, where it can: somebody else is next.
                let private = shell
                    .seen()
                    .read
                    .as_ref()
                    .is_some_and(|read| read.resolved.account == Account::Personal);
                match shell.app.tablet().sign_in(&url, &callback, private).await {
                    Ok(Browsed::Opened) => None,
                    Ok(Browsed::CameBack(link)) => Some(Event::Callback(link)),
                    Err(BrowserFault::Cancelled) => Some(Event::Person(Action::Cancel)),
                    Err(fault) => Some(Event::BrowserFailed(Fault::new(Problem::NoBrowser, fault.code()))),
                }
            }),
            Effect::HandOff(url) => self.beside(|shell| async move { Some(shell.hand_off(url).await) }),
            Effect::KeepAlive => self.keep_alive(),
            Effect::Save => self.beside(|shell| async move { shell.identity.save().await.ok().map(|()| Event::Saved) }),
            Effect::SignOut => {
                let by_person = matches!(
                    state.stage,
                    Stage::SignedOut {
                        why: SignedOutWhy::Person,
                        ..
                    }
                );
                let moved = !by_person;
                self.beside(move |shell| async move {
                    let end = shell.identity.sign_out(moved).await?;
                    if by_person && let Err(fault) = shell.app.tablet().open_browser(&end).await {
                        log::line("failed", &[("effect", "end_session"), ("code", fault.code())]);
                    }
                    None
                });
            }
            Effect::SetTenant(_)
            | Effect::ForgetTenant
            | Effect::UseLink
            | Effect::DropLink
            | Effect::ReadSettings
            | Effect::LoadSite(_)
            | Effect::ShowSite
            | Effect::HideSite
            | Effect::CloseSite
            | Effect::ClearSite
            | Effect::Note(_)
            | Effect::ReadFacts
            | Effect::Settle
            | Effect::RetryLater { .. } => {}
        }
    }

    /// Runs beside the loop and answers with an event, or with nothing.
    fn beside<F>(self: &Arc<Self>, work: impl FnOnce(Arc<Self>) -> F)
    where
        F: Future<Output = Option<Event>> + Send + 'static,
    {
        drop(self.start(work));
    }

    fn start<F>(self: &Arc<Self>, work: impl FnOnce(Arc<Self>) -> F) -> AbortHandle
    where
        F: Future<Output = Option<Event>> + Send + 'static,
    {
        let shell = self.clone();
        let work = work(self.clone());
        tokio::spawn(async move {
            if let Some(event) = work.await {
                shell.tell(event);
            }
        })
        .abort_handle()
    }

    /// Runs beside the loop like [`Self::beside`], until a person cancels it.
    fn wait<F>(self: &Arc<Self>, work: impl FnOnce(Arc<Self>) -> F)
    where
        F: Future<Output = Option<Event>> + Send + 'static,
    {
        self.stop_waiting();
        let handle = self.start(work);
        self.seen().waiting = Some(handle);
    }

    /// Waits for every cancel that was asked for: it would take the new sign-in for the old one.
    async fn cancelled(&self) {
        let cancelling = std::mem::take(&mut self.seen().cancelling);
        for cancel in cancelling {
            // One that failed has cancelled nothing, which a new sign-in replaces.
            let _ = cancel.await;
        }
    }

    fn stop_waiting(&self) {
        if let Some(waiting) = self.seen().waiting.take() {
            waiting.abort();
        }
    }

    // Windows

    fn main(&self) -> Option<WebviewWindow<Wry>> {
        self.app.get_webview_window(MAIN)
    }

    /// One of the two is on screen: the site, or the shell's page.
    fn show_site(&self) -> Result<(), String> {
        self.app.site_view().show().map_err(|error| error.to_string())?;
        // On a tablet the site is in the shell's own window, over its page.
        self.main()
            .filter(|_| cfg!(desktop))
            .map_or(Ok(()), |window| window.hide())
            .map_err(|error| error.to_string())
    }

    fn hide_site(&self) -> Result<(), String> {
        if let Some(window) = self.main() {
            window
                .show()
                .and_then(|()| window.set_focus())
                .map_err(|error| error.to_string())?;
        }
        let site = self.app.site_view();
        if site.is_open() {
            site.hide().map_err(|error| error.to_string())
        } else {
            Ok(())
        }
    }

    // Settings, time, facts

    fn set_tenant(&self, typed: &str) {
        let suffix = self
            .seen()
            .read
            .as_ref()
            .map(|read| read.resolved.suffix.clone())
            .unwrap_or_default();
        match Tenant::from_typed(typed, &suffix) {
            Ok(tenant) => {
                if let Err(error) = self
                    .notes
                    .change(|noted| drop(noted.set_up.insert("tenant".to_owned(), tenant.to_string().into())))
                {
                    log::line("failed", &[("effect", "set_tenant"), ("error", &error.to_string())]);
                }
                self.settings();
            }
            Err(fault) => {
                let problem = match fault {
                    settings::TenantFault::Empty => Problem::TenantEmpty,
                    settings::TenantFault::Invalid => Problem::TenantInvalid,
                    settings::TenantFault::Foreign => Problem::TenantForeign,
                    settings::TenantFault::Email => Problem::TenantEmail,
                };
                let typed = typed.chars().take(100).collect();
                self.tell(Event::TenantRefused {
                    typed,
                    fault: Fault::new(problem, fault.code()),
                });
            }
        }
    }

    /// Exponential backoff with full jitter; only the newest timer comes due.
    fn retry_later(self: &Arc<Self>, attempt: u32) {
        let mine = self.timer.fetch_add(1, Ordering::Relaxed) + 1;
        let longest = Duration::from_secs(1)
            .saturating_mul(1 << attempt.min(8))
            .min(MAX_RETRY);
        let wait = Duration::from_millis(rand::random_range(
            500..=u64::try_from(longest.as_millis()).unwrap_or(8_000),
        ));
        self.beside(move |shell| async move {
            tokio::time::sleep(wait).await;
            (shell.timer.load(Ordering::Relaxed) == mine).then_some(Event::RetryDue)
        });
    }

    async fn facts(&self) -> Facts {
        let days_left = self.identity.days_left().await;
        let device = self.app.tablet().facts().await;
        let noted = self.notes.read();
        let seen = self.seen();
        let read = seen.read.as_ref();
        let resolved = read.map(|read| &read.resolved);
        let environment = resolved
            .and_then(|resolved| resolved.target.as_ref().ok()?.as_ref())
            .map(|target| target.environment.clone());
        Facts {
            personal: resolved.is_some_and(|resolved| resolved.account == Account::Personal),
            days_left,
            environment: environment.filter(|name| name != "production"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            device: device::words(device),
            faults: seen.faults.clone(),
            support: resolved.and_then(|resolved| resolved.support_contact.clone()),
            settings: read.map(|read| read.settings(&noted)).unwrap_or_default(),
            wrong: read.map(Read::wrong).unwrap_or_default(),
        }
    }

    // Session

    fn signed_in(&self, done: Result<Option<Fault>, Fault>) -> Event {
        if let Some(endpoint) = self.identity.authorization_endpoint()
            && let Err(error) = self.notes.change(|noted| noted.authorize = Some(endpoint))
        {
            log::line("failed", &[("effect", "authorize"), ("error", &error.to_string())]);
        }
        match done {
            Ok(unsaved) => Event::SignedIn { unsaved },
            Err(fault) => Event::SignInFailed(fault),
        }
    }

    /// Exchanges the refresh token and puts the transfer token where the held navigation finds it.
    async fn hand_off(&self, held: Url) -> Event {
        match self.identity.hand_off().await {
            HandOff::Token(token) => {
                let cookie = Cookie {
                    url: &held,
                    name: &token.cookie,
                    value: token.secret(),
                    expires_at: token.expires_at,
                };
                match self.app.site_view().set_cookie(cookie).await {
                    Ok(()) => Event::HandOffReady(held),
                    Err(error) => {
                        log::line("failed", &[("effect", "hand_off"), ("error", &error.to_string())]);
                        Event::HandOffReady(token.as_parameter(held))
                    }
                }
            }
            HandOff::None => Event::HandOffMissing,
            HandOff::Kept(fault) => Event::HandOffKept(fault),
            HandOff::Over(why) => Event::SessionOver(why),
        }
    }

    /// Uses the session once a day, at a moment of its own in the fleet, as long as the app runs. Asked again, it looks
    /// again at once; what is under way goes on, for its answer may be the definitive one.
    fn keep_alive(self: &Arc<Self>) {
        let mut seen = self.seen();
        if seen.alive.as_ref().is_some_and(|running| !running.is_finished()) {
            self.look.notify_one();
            return;
        }
        let shell = self.clone();
        let task = tokio::spawn(async move {
            loop {
                let due = shell.identity.due_in().await;
                let looked = tokio::time::timeout(due.unwrap_or(LOOK), shell.look.notified()).await;
                // Another look may find that less time is left than was waited for.
                if looked.is_ok() || due.is_none() {
                    continue;
                }
                match shell.identity.refresh().await {
                    Kept::Fresh => log::line("refreshed", &[]),
                    Kept::Later(fault) => {
                        log::line("refresh_kept", &[("code", &fault.code)]);
                        shell.remember(fault);
                        tokio::time::sleep(LATER).await;
                    }
                    Kept::Over(why) => return shell.tell(Event::SessionOver(why)),
                }
            }
        });
        seen.alive = Some(task.abort_handle());
    }
}
