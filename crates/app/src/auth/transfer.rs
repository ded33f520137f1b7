//! The session transfer: the site's navigation to the identity provider takes the app's session along.

use std::sync::atomic::Ordering;
use std::time::Duration;

use app_state::{AppError, Event};
use error_codes::ErrorKind;
use session::{Error, TransferOutcome, TransferToken};
use tauri_plugin_site_view::Cookie;
use url::Url;

use super::{Auth, app_error, last_success, report_unsaved};
use crate::SiteView;
use crate::diagnostics::log;
use crate::handle::Message;

/// How long the app takes an identity provider's word that this client gets no session transfer, in seconds. Its
/// administrator may change that while the app runs, and a tablet on a wall runs for weeks.
const NO_TRANSFER: i64 = 3_600;
/// The longest time for which the site view keeps a transfer token, in seconds. Its navigation takes a moment.
const LONGEST_COOKIE: u64 = 60;
/// How long after the end of the navigation its cookie goes. The page before may finish loading when the navigation has
/// only just begun, and the engine does not tell the two apart.
const COOKIE_GRACE: Duration = Duration::from_secs(5);

/// The cookie with a transfer token in it.
pub(super) struct TransferCookie {
    /// Counts the tokens, from 1.
    number: u64,
    /// The navigation that the token was for.
    url: Url,
    name: String,
}

impl Auth {
    /// Exchanges the refresh token for a session transfer token and puts that where the intercepted navigation finds it:
    /// in a cookie, or in the query if the engine keeps no cookie.
    pub(crate) async fn transfer(&self, navigation: Url, site: &dyn SiteView, report: impl Fn(Message)) -> Event {
        let Some(session) = self.session() else {
            return Event::SessionTransferUnsupported;
        };
        let refused = self.current().transfer_refused;
        // A time in the future means that the clock was set back since.
        if refused.is_some_and(|refused| (0..NO_TRANSFER).contains(&(self.now() - refused))) {
            return Event::SessionTransferUnsupported;
        }
        let last_success = last_success(&session).await;
        match self.background.finish(session.transfer()).await {
            TransferOutcome::Token(token) => {
                self.has_failed.store(false, Ordering::Relaxed);
                report_unsaved(token.saved, &report);
                Event::SessionTransferReady(self.hand_over(&token, navigation, site).await)
            }
            TransferOutcome::NoTransfer(Error::NoTransfer) => {
                self.current().transfer_refused = Some(self.now());
                Event::SessionTransferUnsupported
            }
            // A proxy may have answered, or the provider refuses only temporarily. Load this page without a transfer;
            // the next navigation requests one.
            TransferOutcome::NoTransfer(error) => {
                Event::SessionTransferDeferred(AppError::new(ErrorKind::SignInRejected, error.code()))
            }
            TransferOutcome::Kept(error) => {
                self.has_failed.store(true, Ordering::Relaxed);
                Event::SessionTransferDeferred(app_error(error))
            }
            TransferOutcome::SignedOut(_) => Event::SessionEnded(self.ended_reason(last_success)),
        }
    }

    async fn hand_over(&self, token: &TransferToken, mut navigation: Url, site: &dyn SiteView) -> Url {
        let lifetime = token.expires_in.min(LONGEST_COOKIE).cast_signed();
        let cookie = Cookie {
            url: &navigation,
            name: &token.cookie,
            value: token.secret.expose(),
            // By the tablet's own clock, as the web engine sees it.
            expires_at: self.platform.clock.now().saturating_add(lifetime),
        };
        // From now on, the end of the navigation before deletes nothing.
        let number = {
            let mut current = self.current();
            current.transfer_cookies += 1;
            current.transfer_cookies
        };
        let set = {
            let _one_at_a_time = self.setting_cookie.lock().await;
            site.set_cookie(cookie).await
        };
        match set {
            Ok(()) => {
                self.current().transfer_cookie = Some(TransferCookie {
                    number,
                    url: navigation.clone(),
                    name: token.cookie.clone(),
                });
            }
            Err(error) => {
                log::failed("request_session_transfer", &error);
                navigation
                    .query_pairs_mut()
                    .append_pair(&token.parameter, token.secret.expose());
            }
        }
        navigation
    }

    /// The navigation with the token is over, or will not begin. The cookie goes, because a token that was not used on the
    /// way would be sent along with the next request of any page. It would expire by itself within a minute, so a failure to
    /// delete it does no harm. Returns at once if no navigation has a token.
    pub(crate) async fn withdraw_cookie(&self, site: &dyn SiteView) {
        let Some(transfer_cookie) = self.current().transfer_cookie.take() else {
            return;
        };
        tokio::time::sleep(COOKIE_GRACE).await;
        let _one_at_a_time = self.setting_cookie.lock().await;
        // Another navigation has a token by now, as a rule in the same cookie.
        if self.current().transfer_cookies != transfer_cookie.number {
            return;
        }
        let expired = Cookie {
            url: &transfer_cookie.url,
            name: &transfer_cookie.name,
            value: "",
            expires_at: 0,
        };
        // The engine confirms that it does not keep the cookie, which is what was asked for.
        let _ = site.set_cookie(expired).await;
    }
}

#[cfg(test)]
mod tests;
