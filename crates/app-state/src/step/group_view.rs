//! With a session: the group view, the session transfer to it, and its errors.

use std::time::Duration;

use error_codes::{ErrorCode, ErrorKind};
use url::Url;

use super::Trigger;
use crate::{
    AppError, Effect, Event, Organisation, Phase, RetryPace, SessionTransfer, SignedIn, SiteLoad, State, UnsavedSession,
};

impl State {
    pub(super) fn on_group_view_event(&mut self, event: Event) -> Vec<Effect> {
        let personal = self.settings.personal;
        let (Phase::SignedIn(session), Some(organisation)) = (&mut self.phase, &self.settings.organisation) else {
            return vec![];
        };
        match event {
            Event::NavigationIntercepted(url) => session.on_navigation_intercepted(url),
            Event::SessionTransferReady(_) | Event::SessionTransferUnsupported | Event::SessionTransferDeferred(_) => {
                session.on_session_transfer(event)
            }
            // The session works, so nothing is shown. `try_again` saves it until that holds.
            Event::SessionUnsaved(error) => session.on_unsaved(error),
            Event::SignInPageUntouched => session.leave_sign_in_page(organisation),
            Event::SessionSaved => {
                let Some(unsaved) = session.unsaved.take() else {
                    return vec![];
                };
                let mut effects = vec![Effect::RememberSession(!personal)];
                if !unsaved.acknowledged {
                    effects.extend(session.show_site_unless_covered());
                }
                effects
            }
            Event::SessionAtRisk(code) => session.on_at_risk(code),
            Event::SiteLoaded(url) => session.on_site_loaded(&url, organisation),
            // The system kills the web view when memory is short. Reload once without an error screen.
            Event::SiteFailed { error, .. }
                if error.kind == ErrorKind::SiteCrashed && !session.crashed && session.error.is_none() =>
            {
                session.crashed = true;
                session.site = SiteLoad::Loading;
                let mut effects = vec![Effect::LoadSite(organisation.group_url.clone())];
                effects.extend(session.show_site_unless_covered());
                effects
            }
            Event::SiteFailed { error, retry_after } => session.cover_with(error, retry_after),
            Event::SiteWaitElapsed if session.site == SiteLoad::Waiting => vec![session.load_group_view(organisation)],
            Event::RedirectedAway {
                error, by_link: false, ..
            } if session.site != SiteLoad::Loaded => session.cover_with(error, None),
            // A followed link opens in the browser, as a link that asks for a new window does.
            Event::RedirectedAway { to, .. } if to.scheme() == "https" => vec![Effect::OpenExternally(to)],
            Event::StatusInfoRead(info) => {
                if let Some(page) = &mut session.status {
                    page.info = Some(info);
                }
                vec![]
            }
            Event::LoopGuardElapsed => {
                // A page that redirects in a loop, or crashes again and again, has started another timer meanwhile, so
                // only the last timer lifts the guard.
                let last = session.loop_guards == 1;
                session.loop_guards = session.loop_guards.saturating_sub(1);
                if last {
                    session.crashed = false;
                    if session.transfer == SessionTransfer::Used {
                        session.transfer = SessionTransfer::Ready;
                    }
                }
                vec![]
            }
            _ => vec![],
        }
    }

    /// Repeats what the present errors stopped. By itself the app lets a load under way finish, and leaves a server alone
    /// for as long as it asked for; a person who presses "try again" waits for neither.
    pub(super) fn try_again(&mut self, trigger: Trigger) -> Vec<Effect> {
        let (Phase::SignedIn(session), Some(organisation)) = (&mut self.phase, &self.settings.organisation) else {
            return vec![];
        };
        let mut effects = vec![];
        if let Some(unsaved) = &session.unsaved {
            effects.push(Effect::SaveSession);
            session.attempts = session.attempts.saturating_add(1);
            effects.push(save_later(unsaved.error, session.attempts));
        }
        if !session.confirmed {
            effects.push(Effect::ReadKeystore);
        }
        let may_load = match session.site {
            SiteLoad::Loading => trigger != Trigger::Timer,
            SiteLoad::Waiting => trigger == Trigger::Person,
            SiteLoad::Loaded | SiteLoad::Failed => true,
        };
        if session.error.is_some() && may_load {
            effects.push(session.load_group_view(organisation));
        }
        effects
    }
}

/// A session that the keystore refused is saved until that holds, whatever the error offers to a person.
fn save_later(refused: AppError, attempt: u32) -> Effect {
    Effect::RetryLater {
        attempt,
        pace: refused.recovery().retry.unwrap_or(RetryPace::Tablet),
    }
}

impl SignedIn {
    /// The keystore refused a session that goes on from memory.
    pub(super) fn on_unsaved(&mut self, error: AppError) -> Vec<Effect> {
        if self.unsaved.is_some() {
            return vec![];
        }
        self.unsaved = Some(UnsavedSession {
            error,
            acknowledged: true,
        });
        vec![save_later(error, 0)]
    }

    /// Loads the group view anew. That begins a navigation chain, so the site may have another session transfer.
    pub(super) fn load_group_view(&mut self, organisation: &Organisation) -> Effect {
        if matches!(self.transfer, SessionTransfer::Used | SessionTransfer::Deferred) {
            self.transfer = SessionTransfer::Ready;
        }
        self.site = SiteLoad::Loading;
        self.on_sign_in_page = false;
        Effect::LoadSite(organisation.group_url.clone())
    }

    fn on_navigation_intercepted(&mut self, url: Url) -> Vec<Effect> {
        // The page behind the error screen goes on by itself, to a server that asked to be left alone.
        if self.site == SiteLoad::Waiting {
            return vec![];
        }
        match &mut self.transfer {
            SessionTransfer::Ready => {
                self.transfer = SessionTransfer::Requesting {
                    requested_for: url.clone(),
                    newest: url.clone(),
                };
                vec![Effect::RequestSessionTransfer(url)]
            }
            // A second navigation while the token for the first is requested: the person waits for the newest.
            SessionTransfer::Requesting { newest, .. } => {
                *newest = url;
                vec![]
            }
            // The page behind the error screen may keep retrying. Ignore it; the scheduled retry reloads the group view.
            SessionTransfer::Deferred => vec![],
            SessionTransfer::Used => vec![Effect::LoadSite(url)],
        }
    }

    fn on_session_transfer(&mut self, event: Event) -> Vec<Effect> {
        // A transfer renews the session as a refresh does.
        let uncovered = if matches!(event, Event::SessionTransferReady(_)) {
            self.on_at_risk(None)
        } else {
            vec![]
        };
        // The site failed meanwhile, and its server asked to be left alone. The load after the wait transfers the session.
        if self.site == SiteLoad::Waiting && matches!(self.transfer, SessionTransfer::Requesting { .. }) {
            self.transfer = SessionTransfer::Deferred;
            return uncovered;
        }
        let SessionTransfer::Requesting { requested_for, newest } = &self.transfer else {
            return uncovered;
        };
        let (transfer, url) = match event {
            // A token in a cookie holds for every navigation, a token in the query only for the one it was added to.
            Event::SessionTransferReady(url) => (
                SessionTransfer::Used,
                if url == *requested_for { newest.clone() } else { url },
            ),
            Event::SessionTransferDeferred(error) if error.recovery().retry.is_some() => {
                self.transfer = SessionTransfer::Deferred;
                return self.cover_with(error, None);
            }
            // A retry would not help, so nothing may keep staff from the site. If it shows its own sign-in page, whoever
            // signs in there is signed in for the site.
            _ => (SessionTransfer::Used, newest.clone()),
        };
        self.transfer = transfer;
        self.site = SiteLoad::Loading;
        std::iter::once(Effect::LoadSite(url)).chain(uncovered).collect()
    }

    /// Shows an error over the group view. The page behind it stays loaded, with everything typed into it.
    fn cover_with(&mut self, error: AppError, retry_after: Option<Duration>) -> Vec<Effect> {
        let mut effects = vec![Effect::HideSite];
        if let Some(at_least) = retry_after {
            effects.extend(self.wait_for_site(error, at_least));
            return effects;
        }
        self.error = Some(error);
        // While the app waits it loads nothing, so this is a failure of the page behind, and the wait goes on.
        if self.site == SiteLoad::Waiting {
            return effects;
        }
        let attempt = self.attempts;
        self.attempts = self.attempts.saturating_add(1);
        self.site = SiteLoad::Failed;
        if let Some(pace) = error.recovery().retry {
            effects.push(Effect::RetryLater { attempt, pace });
        }
        effects
    }

    /// The site's server asked to be left alone.
    pub(super) fn wait_for_site(&mut self, error: AppError, at_least: Duration) -> Vec<Effect> {
        let attempt = self.attempts;
        self.attempts = self.attempts.saturating_add(1);
        self.error = Some(error);
        self.site = SiteLoad::Waiting;
        vec![Effect::WaitForSite { attempt, at_least }]
    }

    /// The identity provider does not renew the session, or does so again.
    fn on_at_risk(&mut self, code: Option<ErrorCode>) -> Vec<Effect> {
        let was_covered = self.covering_error().is_some();
        self.at_risk = code;
        match (was_covered, self.covering_error().is_some()) {
            (false, true) => vec![Effect::HideSite],
            (true, false) => self.show_site_unless_covered(),
            _ => vec![],
        }
    }

    /// The session transfer did not take the site past the identity provider's sign-in page, and nobody signs in there.
    /// The first attempt goes without a token, because one that is refused spoils a web session which would do alone;
    /// every later one asks for a new token.
    fn leave_sign_in_page(&mut self, organisation: &Organisation) -> Vec<Effect> {
        if self.error.is_some() {
            // The next sign-in page is another one, and is watched anew.
            self.on_sign_in_page = false;
        }
        if !self.on_sign_in_page {
            return vec![];
        }
        let load = self.load_group_view(organisation);
        if self.sign_in_pages_left == 0 {
            self.transfer = SessionTransfer::Used;
        }
        self.sign_in_pages_left = self.sign_in_pages_left.saturating_add(1);
        vec![load]
    }

    fn show_site_unless_covered(&self) -> Vec<Effect> {
        if self.status.is_none() && self.covering_error().is_none() {
            vec![Effect::ShowSite]
        } else {
            vec![]
        }
    }

    fn on_site_loaded(&mut self, url: &Url, organisation: &Organisation) -> Vec<Effect> {
        // The page that asked for the session transfer may finish loading after the transfer failed. It is about to be
        // replaced, so it must not remove the error screen.
        if self.transfer == SessionTransfer::Deferred {
            return vec![];
        }
        let mut effects = vec![];
        self.site = SiteLoad::Loaded;
        let is_group_view = url.origin() == organisation.group_url.origin();
        let was_on_sign_in_page = self.on_sign_in_page;
        self.on_sign_in_page = !is_group_view && url.origin() == organisation.authorization_endpoint.origin();
        if is_group_view {
            self.sign_in_pages_left = 0;
        }
        // From its first page on: one that shows itself again and again must not stay for ever.
        if self.on_sign_in_page && !was_on_sign_in_page {
            effects.push(Effect::WatchSignInPage {
                attempt: self.sign_in_pages_left,
            });
        }
        if is_group_view && (self.crashed || self.transfer == SessionTransfer::Used) {
            self.loop_guards = self.loop_guards.saturating_add(1);
            effects.push(Effect::StartLoopGuard);
        }
        self.attempts = 0;
        if self.error.take().is_some() {
            effects.extend(self.show_site_unless_covered());
        }
        effects
    }
}
