//! Signing out: remove the session here, revoke its refresh token (RFC 7009), and name the page that ends the user's
//! session at the provider (RP-Initiated Logout 1.0).

use url::Url;

use crate::client::Client;
use crate::config::Persistence;
use crate::discovery::Metadata;
use crate::error::{Error, StoreError};
use crate::outcome::SignedOut;
use crate::record::Unreadable;
use crate::revocation;
use crate::secret::Secret;
use crate::store::SessionRecord;
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
            if let Ok(Some(record)) = &record {
                // Before the session goes, because the process may end before the provider has answered. If the keystore
                // refuses, the token is revoked now or runs out.
                let _ = self.keep_for_revocation(record.clone()).await;
            }
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
            (Ok(Some(record)), Ok(metadata)) => {
                let revoked = self.revoke(metadata, &record.refresh_token).await;
                if revocation::is_settled(revoked) {
                    // What stays is sent once more, and the provider answers that it knows no such token.
                    let _ = self.forget_revocation(record.refresh_token).await;
                }
                revoked
            }
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

    /// Keeps the token of a session that is about to end, until it is revoked.
    pub(crate) async fn keep_for_revocation(&self, record: SessionRecord) -> Result<(), StoreError> {
        if self.config.persistence == Persistence::MemoryOnly {
            return Ok(());
        }
        let now = self.clock.now();
        let metadata = self.memory().metadata.clone();
        let endpoint = metadata.and_then(|(_, metadata)| metadata.revocation_endpoint.clone().ok());
        self.with_store(move |store| revocation::keep(store, &record, endpoint, now))
            .await
    }

    /// Revokes a refresh token at the provider.
    pub(crate) async fn revoke(&self, metadata: &Metadata, refresh_token: &Secret) -> Result<(), Error> {
        let endpoint = metadata.revocation_endpoint.as_ref().map_err(|error| *error)?;
        self.post_revocation(endpoint, &self.config.client_id, refresh_token)
            .await
    }

    /// The revocation request (RFC 7009 §2.1). A response with status 200 confirms the revocation, whatever its body
    /// (RFC 7009 §2.2).
    pub(crate) async fn post_revocation(
        &self,
        endpoint: &Url,
        client_id: &str,
        refresh_token: &Secret,
    ) -> Result<(), Error> {
        let fields = [
            ("client_id", client_id),
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
