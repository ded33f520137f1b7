//! Settings, setup links and the keystore.

use super::Trigger;
use crate::{
    AppError, AppSettings, Effect, KeystoreResult, Phase, RememberedSession, RetryPace, SessionTransfer, SetupOffer,
    SignedIn, SignedOutReason, SiteLoad, State,
};

/// How missing settings, settings that stay invalid, or a keystore that does not answer are read again: at the longest
/// interval. A change of the managed configuration is read at once.
const SELDOM: Effect = Effect::RetryLater {
    attempt: u32::MAX,
    pace: RetryPace::Tablet,
};

impl State {
    pub(super) fn on_settings(&mut self, settings: AppSettings, remembered: RememberedSession) -> Vec<Effect> {
        if let Some(error) = settings.error {
            return self.block(error, settings, remembered);
        }
        let moved = self.moves(&settings);
        self.settings = settings;
        // A personal account leaves nothing to remember, so what is remembered is a group account's from before.
        let is_old = match remembered {
            RememberedSession::OtherOrganisation => true,
            RememberedSession::ThisOrganisation => self.settings.personal,
            RememberedSession::None => false,
        };
        match &mut self.phase {
            Phase::SignedIn(_) | Phase::Blocked { session: Some(_), .. } if moved => {
                let mut effects = self.end_session_of_old_settings();
                if self.organisation().is_none() {
                    effects.extend(self.show_set_up());
                }
                effects
            }
            Phase::SigningIn { .. } | Phase::SignedOut { .. } if moved => {
                let mut effects = vec![Effect::CancelSignIn, Effect::CloseSite];
                effects.extend(self.enter(None, false));
                effects
            }
            Phase::SignedIn(_) | Phase::SigningIn { .. } | Phase::SignedOut { .. } => vec![],
            Phase::Starting { .. }
                if self.settings.organisation.is_some()
                    && remembered == RememberedSession::ThisOrganisation
                    && !self.settings.personal =>
            {
                self.open(Box::default())
            }
            Phase::Starting { callback, .. } => {
                let callback = callback.take();
                self.enter(callback, is_old)
            }
            // A name that was just rejected stays on screen until the settings name an organisation.
            Phase::NotSetUp { .. } if self.settings.organisation.is_none() => {
                vec![SELDOM]
            }
            Phase::NotSetUp { .. } => self.enter(None, false),
            Phase::Blocked { session, .. } => match session.take() {
                Some(session) if self.settings.organisation.is_some() && session.confirmed => self.open(session),
                // The session was only remembered; the settings now say whose it is and for which account type.
                Some(session) if self.settings.organisation.is_some() && !self.settings.personal && !is_old => {
                    self.open(session)
                }
                Some(_) => self.enter(None, is_old),
                None => self.enter(None, false),
            },
        }
    }

    /// The settings changed, and the session belongs to the old ones.
    fn end_session_of_old_settings(&mut self) -> Vec<Effect> {
        let mut effects = self.sign_out(SignedOutReason::Changed, true);
        effects.push(Effect::CancelSignIn);
        effects
    }

    /// A security setting is invalid: no sign-in and no group view until it is corrected.
    fn block(&mut self, error: AppError, settings: AppSettings, remembered: RememberedSession) -> Vec<Effect> {
        let before = std::mem::replace(&mut self.settings, settings);
        let seldom = matches!(self.phase, Phase::Blocked { .. });
        let (session, mut effects) = match std::mem::take(&mut self.phase) {
            Phase::Starting { .. } => (
                (remembered != RememberedSession::None && !self.settings.personal && !before.personal)
                    .then(Box::default),
                vec![],
            ),
            Phase::Blocked { session, .. } => (session, vec![]),
            Phase::SignedIn(session) => (Some(session), vec![Effect::HideSite]),
            Phase::SigningIn { .. } => (None, vec![Effect::CancelSignIn, Effect::CloseSite]),
            Phase::NotSetUp { .. } | Phase::SignedOut { .. } => (None, vec![]),
        };
        // Keep the organisation that the session belongs to, so that correcting the setting brings the session back.
        if session.is_some() {
            self.settings.organisation = before.organisation;
            self.settings.personal = before.personal;
        }
        if session.as_ref().is_some_and(|session| session.unsaved.is_some()) {
            effects.push(Effect::SaveSession);
        }
        self.phase = Phase::Blocked { error, session };
        effects.push(if seldom {
            SELDOM
        } else {
            Effect::RetryLater {
                attempt: 0,
                pace: RetryPace::Tablet,
            }
        });
        effects
    }

    /// The present session does not belong to the organisation and account type of these settings. If no organisation
    /// was known before (a start with an invalid setting), nothing can have changed.
    fn moves(&self, settings: &AppSettings) -> bool {
        match (&self.settings.organisation, &settings.organisation) {
            (Some(before), Some(now)) => !before.is_same(now) || self.settings.personal != settings.personal,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    /// Asks a person about a setup link. One at a time, and never during a sign-in, because another app may have sent
    /// the link.
    pub(super) fn on_setup_link_offered(&mut self, offer: SetupOffer) -> Vec<Effect> {
        if self.offer.is_some() || matches!(self.phase, Phase::SigningIn { .. }) {
            return vec![Effect::DropSetupLink];
        }
        self.offer = Some(offer);
        if matches!(self.phase, Phase::SignedIn(_)) {
            vec![Effect::HideSite]
        } else {
            vec![]
        }
    }

    /// Shows the error on the screens on which somebody may wait for a setup link. The group view stays undisturbed.
    pub(super) fn on_setup_link_refused(&mut self, refused: AppError) -> Vec<Effect> {
        if let Phase::NotSetUp { error, .. } | Phase::SignedOut { error, .. } = &mut self.phase
            && self.offer.is_none()
        {
            *error = Some(refused);
        }
        vec![]
    }

    /// Shows the set-up screen and keeps reading the settings, because an MDM may deliver the managed configuration minutes
    /// after it installed the app.
    fn show_set_up(&mut self) -> Vec<Effect> {
        self.phase = Phase::NotSetUp {
            typed: String::new(),
            error: None,
        };
        vec![SELDOM]
    }

    /// Starts from valid settings without a session: the keystore decides how to go on. With `changed`, the saved state
    /// remembers a session of other settings.
    pub(super) fn enter(&mut self, callback: Option<String>, changed: bool) -> Vec<Effect> {
        if self.organisation().is_none() {
            return self.show_set_up();
        }
        self.phase = Phase::Starting { callback, changed };
        vec![Effect::ReadKeystore]
    }

    /// Opens the group view with a session, and repeats what waited for an answer before.
    fn open(&mut self, mut session: Box<SignedIn>) -> Vec<Effect> {
        session.status = None;
        // A session transfer that waited for its answer, or for a retry, got lost.
        // Nobody looked after a sign-in page either, that was on screen by itself.
        let lost = session.on_sign_in_page
            || matches!(
                session.transfer,
                SessionTransfer::Requesting { .. } | SessionTransfer::Deferred
            );
        let mut effects = vec![];
        if session.site == SiteLoad::Waiting {
            // The load after the wait transfers the session.
            if matches!(session.transfer, SessionTransfer::Requesting { .. }) {
                session.transfer = SessionTransfer::Deferred;
            }
        } else if lost || session.site != SiteLoad::Loaded {
            session.error = None;
            session.transfer = SessionTransfer::Ready;
            effects.extend(
                self.organisation()
                    .map(|organisation| session.load_group_view(organisation)),
            );
        }
        effects.push(if session.covering_error().is_some() {
            Effect::HideSite
        } else {
            Effect::ShowSite
        });
        if session.loop_guards > 0 {
            session.loop_guards = 1;
            effects.push(Effect::StartLoopGuard);
        }
        self.phase = Phase::SignedIn(session);
        // Reads the keystore if it has not answered yet.
        effects.extend(self.try_again(Trigger::Timer));
        effects
    }

    pub(super) fn on_keystore_read(&mut self, result: KeystoreResult) -> Vec<Effect> {
        let personal = self.settings.personal;
        match (&mut self.phase, result) {
            // The settings are not known yet, so this answer belongs to other ones.
            (Phase::Starting { .. }, _) if self.settings.organisation.is_none() => vec![],
            (Phase::Starting { changed, .. }, KeystoreResult::Session) if !personal => {
                // A sign-in of these settings was the last, and the saved state did not take the note of it.
                let mut effects = if *changed { vec![Effect::ClearSite] } else { vec![] };
                let group = self.organisation().map(|organisation| organisation.group_url.clone());
                effects.extend(group.map(Effect::LoadSite));
                effects.extend([
                    Effect::ShowSite,
                    Effect::RememberSession(true),
                    Effect::KeepSessionAlive,
                ]);
                self.phase = Phase::SignedIn(Box::new(SignedIn {
                    confirmed: true,
                    ..SignedIn::default()
                }));
                effects
            }
            (Phase::Starting { callback, changed }, result) => {
                let (callback, changed) = (callback.take(), *changed || result == KeystoreResult::OtherOrganisation);
                let error = match result {
                    KeystoreResult::Unreadable(error) if !personal => Some(error),
                    _ => None,
                };
                let why = match (changed, personal) {
                    (true, _) => SignedOutReason::Changed,
                    (false, true) => SignedOutReason::Personal,
                    (false, false) => SignedOutReason::Never,
                };
                let mut effects = if changed {
                    vec![Effect::RememberSession(false)]
                } else {
                    vec![]
                };
                // Nobody is signed in, so whatever the web view still holds is another person's: a personal account's,
                // whose session ended with the last run of the app, or that of an organisation or account type used
                // before. While the keystore of this organisation cannot be read, its session may still be there, and so
                // its web data stays.
                if error.is_none() || changed {
                    effects.push(Effect::ClearSite);
                }
                self.phase = Phase::SignedOut { why, error };
                if let Some(link) = callback {
                    effects.extend(self.on_callback(link));
                }
                effects
            }
            (Phase::SignedIn(session), result) if !session.confirmed => match result {
                KeystoreResult::Session => {
                    session.confirmed = true;
                    vec![Effect::KeepSessionAlive]
                }
                KeystoreResult::Empty => self.sign_out(SignedOutReason::Ended, false),
                // A transfer may be under way with that session, and would store it again.
                KeystoreResult::OtherOrganisation => self.sign_out(SignedOutReason::Changed, true),
                KeystoreResult::Unreadable(_) => vec![SELDOM],
            },
            _ => vec![],
        }
    }
}
