//! Signing out: forget, revoke (RFC 7009), end the session at the identity server (RP-Initiated Logout 1.0).

use std::sync::atomic::Ordering;

use url::Url;

use crate::client::Client;
use crate::discovery::Metadata;
use crate::token_endpoint;
use crate::{Error, Secret, StoreError};

/// What remains to be done after a sign-out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOut {
    /// The page that ends the person's session at the identity server, to be opened where they signed in.
    pub end_session_url: Option<Url>,
    /// The keystore has forgotten the session, or why it may still hold it.
    pub forgotten: Result<(), StoreError>,
    /// The server has revoked the refresh token (RFC 7009, 2.2), or why it may live on there until it ends by itself:
    /// [`Error::NoSession`], there was none here; [`Error::Store`], the keystore did not give it; [`Error::Unsupported`],
    /// the server revokes none; another, it did not say that it has.
    pub revoked: Result<(), Error>,
}

impl Client {
    /// Ends the session here first and without fail, then tells the server as far as it can be reached.
    pub(crate) async fn sign_out(&self) -> SignedOut {
        // From here on no exchange and no sign-in under way brings a session back.
        self.sign_out_epoch.fetch_add(1, Ordering::SeqCst);
        let (record, forgotten) = {
            // Where another process cannot be kept away, the session goes all the same.
            let _guard = self.lock_across_processes().await;
            let record = self.record().await;
            self.forget_memory();
            (record, self.forget_stored().await)
        };
        let pending = self.forget_pending().await;
        let metadata = self.metadata().await;
        let revoked = match (record, &metadata) {
            (Err(fault), _) => Err(fault.into()),
            (Ok(None), _) => Err(Error::NoSession),
            (Ok(Some(_)), Err(error)) => Err(*error),
            (Ok(Some(record)), Ok(metadata)) => self.revoke(metadata, &record.refresh_token).await,
        };
        let end_session_url = metadata.ok().and_then(|metadata| self.end_session_url(&metadata));
        SignedOut {
            end_session_url,
            forgotten: forgotten.and(pending),
            revoked,
        }
    }

    /// Tells the server that a refresh token is not used any more.
    pub(crate) async fn revoke(&self, metadata: &Metadata, refresh_token: &Secret) -> Result<(), Error> {
        let endpoint = metadata.revocation_endpoint.as_ref().ok_or(Error::Unsupported)?;
        let fields = [
            ("client_id", self.config.client_id.as_str()),
            ("token", refresh_token.expose()),
            ("token_type_hint", "refresh_token"),
        ];
        token_endpoint::send(&*self.http, endpoint, &fields)
            .await
            .map(drop)
            .map_err(|failure| failure.error())
    }

    fn end_session_url(&self, metadata: &Metadata) -> Option<Url> {
        let mut url = metadata.end_session_endpoint.clone()?;
        url.query_pairs_mut().append_pair("client_id", &self.config.client_id);
        Some(url)
    }
}
