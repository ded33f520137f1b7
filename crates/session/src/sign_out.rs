//! Signing out: remove the session here, revoke its refresh token (RFC 7009), and name the page that ends the user's
//! session at the provider (RP-Initiated Logout 1.0).

use url::Url;

use crate::client::Client;
use crate::discovery::Metadata;
use crate::error::Error;
use crate::outcome::SignedOut;
use crate::secret::Secret;
use crate::token_endpoint;

impl Client {
    /// Signs out. The session here ends first, and ends whatever the provider or the network does (RP-Initiated Logout
    /// §2).
    pub(crate) async fn sign_out(&self) -> SignedOut {
        // From here on, no exchange and no sign-in that has begun stores a session.
        self.begin_sign_out_epoch();
        let (record, forgotten) = {
            // If another process holds the lock for too long, the session is removed all the same.
            let _process = self.lock_across_processes().await;
            let record = self.record().await;
            self.forget_unsaved();
            (record, self.forget_stored().await)
        };
        let pending_forgotten = self.forget_pending().await;
        let metadata = self.metadata().await;
        let revoked = match (record, &metadata) {
            (Err(error), _) => Err(error.into()),
            (Ok(None), _) => Err(Error::NoSession),
            (Ok(Some(_)), Err(error)) => Err(*error),
            (Ok(Some(record)), Ok(metadata)) => self.revoke(metadata, &record.refresh_token).await,
        };
        let end_session_url = metadata.ok().and_then(|metadata| self.end_session_url(&metadata));
        SignedOut {
            end_session_url,
            forgotten: forgotten.and(pending_forgotten),
            revoked,
        }
    }

    /// Revokes a refresh token at the provider (RFC 7009 §2.1). A response with status 200 confirms the revocation,
    /// whatever its body (RFC 7009 §2.2).
    pub(crate) async fn revoke(&self, metadata: &Metadata, refresh_token: &Secret) -> Result<(), Error> {
        let endpoint = metadata.revocation_endpoint.as_ref().ok_or(Error::Unsupported)?;
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

    /// The end-session request. It names the client, and no page to return to.
    fn end_session_url(&self, metadata: &Metadata) -> Option<Url> {
        let mut url = metadata.end_session_endpoint.clone()?;
        url.query_pairs_mut().append_pair("client_id", &self.config.client_id);
        Some(url)
    }
}
