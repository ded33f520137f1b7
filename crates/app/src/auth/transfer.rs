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
/// Lifetime of a transfer token whose `expires_in` is too large for a cookie, in seconds.
const TRANSFER_LIFETIME: i64 = 60;
/// How long after the end of the navigation its cookie goes. The page before may finish loading when the navigation has
/// only just begun, and the engine does not tell the two apart.
const COOKIE_GRACE: Duration = Duration::from_secs(5);

/// A transfer token that the site view holds in a cookie.
#[derive(Clone)]
pub(super) struct HandedOver {
    number: u64,
    /// The navigation that it was for.
    url: Url,
    cookie: String,
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
        let lifetime = i64::try_from(token.expires_in).unwrap_or(TRANSFER_LIFETIME);
        let cookie = Cookie {
            url: &navigation,
            name: &token.cookie,
            value: token.secret.expose(),
            // By the tablet's own clock, as the web engine sees it.
            expires_at: self.platform.clock.now().saturating_add(lifetime),
        };
        match site.set_cookie(cookie).await {
            Ok(()) => {
                let mut current = self.current();
                current.hand_overs += 1;
                current.handed_over = Some(HandedOver {
                    number: current.hand_overs,
                    url: navigation.clone(),
                    cookie: token.cookie.clone(),
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

    /// A page has loaded, or its load has failed: the navigation with the token is over. The cookie goes, because a token
    /// that was not used on the way would be sent along with the next request of any page. It would expire by itself within
    /// a minute, so a failure to delete it does no harm. Returns at once if no navigation has a token.
    pub(crate) async fn withdraw_cookie(&self, site: &dyn SiteView) {
        let Some(handed_over) = self.current().handed_over.take() else {
            return;
        };
        tokio::time::sleep(COOKIE_GRACE).await;
        // Another navigation has a token in the same cookie by now.
        if self.current().hand_overs != handed_over.number {
            return;
        }
        let expired = Cookie {
            url: &handed_over.url,
            name: &handed_over.cookie,
            value: "",
            expires_at: 0,
        };
        // The engine confirms that it does not keep the cookie, which is what was asked for.
        let _ = site.set_cookie(expired).await;
    }
}

#[cfg(test)]
mod tests;
