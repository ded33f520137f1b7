//! Refresh tokens that outlived their session here: the user signed out while the provider could not be reached. They are
//! kept in the keystore until the provider has revoked them, so that a sign-out on a train is one at the provider too.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::client::Client;
use crate::error::{Error, StoreError};
use crate::secret::Secret;
use crate::store::{self, SessionRecord, Slot, Store};

/// How many tokens wait at most. The oldest gives way: it is the nearest to its own end.
const MAX_TOKENS: usize = 8;
/// How long a token waits at most, in seconds: longer than a provider keeps an unused one.
const MAX_AGE_SECS: i64 = 90 * 24 * 3_600;

/// The content of [`Slot::Revocations`], in format version 1.
#[derive(Serialize, Deserialize)]
struct Revocations {
    v: u8,
    tokens: Vec<Revocation>,
}

/// A refresh token to revoke.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Revocation {
    issuer: String,
    client_id: String,
    token: Secret,
    /// Where, if that was known: a session of another issuer cannot look it up any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint: Option<Url>,
    /// In seconds since 1970 by the device's clock.
    since: i64,
}

fn load(store: &dyn Store) -> Result<Vec<Revocation>, StoreError> {
    match store::load::<Revocations>(store, Slot::Revocations) {
        Ok(revocations) => Ok(revocations.map(|revocations| revocations.tokens).unwrap_or_default()),
        // Nobody can revoke what nobody can read.
        Err(StoreError::Unreadable) => Ok(vec![]),
        Err(error) => Err(error),
    }
}

fn save(store: &dyn Store, tokens: Vec<Revocation>) -> Result<(), StoreError> {
    if tokens.is_empty() {
        return store.remove(Slot::Revocations);
    }
    let value = store::encode(&Revocations {
        v: store::VERSION,
        tokens,
    })?;
    store.save(Slot::Revocations, &value)
}

/// Keeps the refresh token of a record that is about to be removed from the keystore.
pub(crate) fn keep(
    store: &dyn Store,
    record: &SessionRecord,
    endpoint: Option<Url>,
    now: i64,
) -> Result<(), StoreError> {
    let mut tokens = load(store)?;
    tokens.retain(|kept| kept.token != record.refresh_token);
    if tokens.len() >= MAX_TOKENS {
        tokens.remove(0);
    }
    tokens.push(Revocation {
        issuer: record.issuer.clone(),
        client_id: record.client_id.clone(),
        token: record.refresh_token.clone(),
        endpoint,
        since: now,
    });
    save(store, tokens)
}

impl Client {
    /// The provider has revoked this token, or never will: it need not be kept.
    pub(crate) async fn forget_revocation(&self, token: Secret) -> Result<(), StoreError> {
        self.with_store(move |store| {
            let mut tokens = load(store)?;
            let before = tokens.len();
            tokens.retain(|kept| kept.token != token);
            if tokens.len() == before {
                return Ok(());
            }
            save(store, tokens)
        })
        .await
    }

    /// Revokes what waits. Returns how many tokens still wait for an answer. Those of another issuer whose endpoint nobody
    /// knows are not among them: they wait for a session of that issuer. A session that is kept in memory only does this too:
    /// the account before may have been another.
    pub(crate) async fn revoke_pending(&self) -> Result<usize, StoreError> {
        let tokens = self.with_store(load).await?;
        let mut waiting = 0;
        for revocation in tokens {
            let age = self.clock.now().saturating_sub(revocation.since);
            if age <= MAX_AGE_SECS {
                match self.revoke_kept(&revocation).await {
                    None => continue,
                    Some(revoked) if !is_settled(revoked) => {
                        waiting += 1;
                        continue;
                    }
                    Some(_) => {}
                }
            }
            self.forget_revocation(revocation.token).await?;
        }
        Ok(waiting)
    }

    /// Asks the provider to revoke the token. None if this session does not know where to ask.
    async fn revoke_kept(&self, revocation: &Revocation) -> Option<Result<(), Error>> {
        let is_own = revocation.issuer == self.config.issuer && revocation.client_id == self.config.client_id;
        let endpoint = match &revocation.endpoint {
            Some(endpoint) => Ok(endpoint.clone()),
            None if is_own => match self.metadata().await {
                Ok(metadata) => metadata.revocation_endpoint.clone(),
                Err(error) => Err(error),
            },
            None => return None,
        };
        Some(match endpoint {
            Ok(endpoint) => {
                self.post_revocation(&endpoint, &revocation.client_id, &revocation.token)
                    .await
            }
            Err(error) => Err(error),
        })
    }
}

/// The provider has revoked the token, or has answered that it does not.
pub(crate) fn is_settled(revoked: Result<(), Error>) -> bool {
    match revoked {
        Ok(()) => true,
        Err(error) => matches!(
            error,
            Error::ClientRefused | Error::Denied | Error::SessionEnded | Error::Unsupported | Error::NoSession
        ),
    }
}
