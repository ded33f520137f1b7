//! Signing out: remove the session here, revoke its refresh token (RFC 7009), and name the page that ends the user's
//! session at the provider (RP-Initiated Logout 1.0).

use url::Url;

use crate::client::Client;
use crate::discovery::Metadata;
use crate::error::Error;
use crate::outcome::SignedOut;
use crate::record::Unreadable;
use crate::secret::Secret;
use crate::token_endpoint;

impl Client {
    /// Begins a sign-out: from here on, no exchange and no sign-in that has begun stores a session. Returns what
    /// [`Client::sign_out`] needs to tell the pending sign-in of this moment from a later one.
    pub(crate) fn begin_sign_out(&self) -> u64 {
        self.begin_sign_out_epoch();
        self.begin_pending_epoch()
    }

    /// Signs out. The session here ends first, and ends whatever the provider or the network does (RP-Initiated Logout
    /// §2). `pending_epoch` is from [`Client::begin_sign_out`]: the user may begin the next sign-in while this runs.
    pub(crate) async fn sign_out(&self, pending_epoch: u64) -> SignedOut {
        let (record, forgotten) = {
            // If another process holds the lock for too long, the session is removed all the same.
            let _process = self.lock_across_processes().await;
            let record = self.record().await;
            self.forget_unsaved();
            (record, self.forget_stored(Unreadable::Remove).await)
        };
        self.clear_retry();
        let pending_forgotten = self.forget_pending(pending_epoch).await;
        let sid = match &record {
            Ok(Some(record)) => record.sid.clone(),
            Ok(None) | Err(_) => None,
        };
        let metadata = self.metadata().await;
        let revoked = match (record, &metadata) {
            (Err(error), _) => Err(error.into()),
            (Ok(None), _) => Err(Error::NoSession),
            (Ok(Some(_)), Err(error)) => Err(*error),
            (Ok(Some(record)), Ok(metadata)) => self.revoke(metadata, &record.refresh_token).await,
        };
        let end_session_url = metadata
            .ok()
            .and_then(|metadata| self.end_session_url(&metadata, sid.as_deref()));
        SignedOut {
            end_session_url,
            forgotten: forgotten.and(pending_forgotten),
            revoked,
        }
    }

    /// Revokes a refresh token at the provider (RFC 7009 §2.1). A response with status 200 confirms the revocation,
    /// whatever its body (RFC 7009 §2.2).
    pub(crate) async fn revoke(&self, metadata: &Metadata, refresh_token: &Secret) -> Result<(), Error> {
        let endpoint = metadata.revocation_endpoint.as_ref().map_err(|error| *error)?;
        let fields = [
            ("client_id", self.config.client_id.as_str()),
            ("token", refresh_token.expose()),
            ("token_type_hint", "refresh_token"),
        ];
        token_endpoint::post_form(&*self.http, endpoint, &fields)
            .await
            .map(drop)
            .map_err(|error| error.to_error())
    }

    /// The end-session request (RP-Initiated Logout §2). It names the client, and no page to return to. The session at the
    /// provider that is to end is named by `logout_hint` with the `sid` of the sign-in, so that the provider need not ask
    /// the user which one. An `id_token_hint` would put a token into the browser's history.
    fn end_session_url(&self, metadata: &Metadata, sid: Option<&str>) -> Option<Url> {
        let mut url = metadata.end_session_endpoint.clone().ok()?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("client_id", &self.config.client_id);
            if let Some(sid) = sid {
                query.append_pair("logout_hint", sid);
            }
        }
        Some(url)
    }
}
