//! Authorization code with PKCE (RFC 6749, 4.1; RFC 7636; RFC 8252; RFC 9207).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use url::Url;

use crate::client::Client;
use crate::discovery::Metadata;
use crate::id_token::{self, Expected, Nonce};
use crate::store::{self, Pending, Record, Slot, VERSION};
use crate::token_endpoint::{self, Answer};
use crate::traits;
use crate::{Error, IdTokenError, Secret, StoreError};

/// How long a sign-in may take, in seconds.
const LIFETIME: i64 = 600;
/// A callback is a few hundred bytes; codes of some providers are a few thousand.
const MAX_CALLBACK: usize = 16 * 1024;

/// A sign-in that waits for its callback.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The authorization request, to be opened in a browser.
    pub url: Url,
    /// It is in the keystore, or why it ends with the app.
    pub saved: Result<(), StoreError>,
}

/// The address holds `state` and `nonce`: it is not printed.
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("url", &format_args!("[redacted]"))
            .field("saved", &self.saved)
            .finish()
    }
}

/// A person signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The person, at this issuer.
    pub sub: String,
    /// The server gave a refresh token: the session can be kept alive. Without one nothing is kept, of the person
    /// before neither.
    pub refresh_token: bool,
    /// The session is in the keystore, or why it lives in memory only.
    pub saved: Result<(), StoreError>,
}

/// A sign-in that did not end with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInError {
    /// Why.
    pub error: Error,
    /// The sign-in under way is over. False: the callback was not its answer, and it waits for the right one.
    pub consumed: bool,
}

impl SignInError {
    fn ignored(error: Error) -> Self {
        Self { error, consumed: false }
    }

    fn over(error: Error) -> Self {
        Self { error, consumed: true }
    }
}

/// What the ID token of a sign-in must answer.
pub(crate) struct Asked<'a> {
    pub nonce: Option<&'a str>,
    pub max_age: Option<u64>,
    pub organization: Option<&'a str>,
}

/// What a callback said, once it is known to be ours.
enum Said {
    Code(Secret),
    Error(Error),
}

impl Client {
    pub(crate) async fn begin(&self, prompt: Option<&str>) -> Result<AuthorizationRequest, Error> {
        let metadata = self.metadata().await?;
        let config = &self.asked();
        let pending = Pending {
            v: VERSION,
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            redirect_uri: config.redirect_uri.to_string(),
            state: Secret::new(traits::token(&*self.random)),
            nonce: Secret::new(traits::token(&*self.random)),
            verifier: Secret::new(traits::token(&*self.random)),
            started_at: self.clock.now(),
            max_age: config.max_age,
            organization: config.organization.clone(),
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(pending.verifier.expose().as_bytes()));
        let mut url = metadata.authorization_endpoint.clone();
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &config.client_id)
                .append_pair("redirect_uri", &pending.redirect_uri);
            query
                .append_pair("scope", &config.scope())
                .append_pair("state", pending.state.expose())
                .append_pair("nonce", pending.nonce.expose());
            query
                .append_pair("code_challenge", &challenge)
                .append_pair("code_challenge_method", "S256");
            let max_age = config.max_age.map(|seconds| seconds.to_string());
            let prompt = prompt.map(str::to_owned).or_else(|| config.prompt.clone());
            for (name, value) in [
                ("audience", &config.audience),
                ("organization", &config.organization),
                ("connection", &config.connection),
                ("login_hint", &config.login_hint),
                ("ui_locales", &config.ui_locales),
                ("prompt", &prompt),
                ("max_age", &max_age),
            ] {
                if let Some(value) = value {
                    query.append_pair(name, value);
                }
            }
        }
        let value = store::encode(&pending)?;
        let saved = self.blocking(move |store| store.save(Slot::Pending, &value)).await;
        // A tablet without a keystore signs in all the same, as long as the app lives.
        self.set_unsaved_pending(saved.is_err().then_some(pending));
        Ok(AuthorizationRequest { url, saved })
    }

    pub(crate) async fn cancel(&self) -> Result<(), StoreError> {
        if self.unsaved_pending().is_some() {
            // The store took nothing of it.
            self.set_unsaved_pending(None);
            return Ok(());
        }
        self.blocking(|store| store.remove(Slot::Pending)).await
    }

    /// Forgets the sign-in under way if it is this issuer's and client's, or damaged.
    pub(crate) async fn forget_pending(&self) -> Result<(), StoreError> {
        self.set_unsaved_pending(None);
        let (issuer, client_id) = (self.config.issuer.clone(), self.config.client_id.clone());
        self.blocking(
            move |store| match store.load(Slot::Pending)?.map(|text| store::decode::<Pending>(&text)) {
                None => Ok(()),
                Some(Some(pending)) if pending.issuer != issuer || pending.client_id != client_id => Ok(()),
                Some(_) => store.remove(Slot::Pending),
            },
        )
        .await
    }

    pub(crate) async fn complete(&self, callback: &str) -> Result<SignedIn, SignInError> {
        let sign_out_epoch = self.sign_out_epoch();
        let given = read(callback).map_err(SignInError::ignored)?;
        let pending = self.pending().await.map_err(SignInError::ignored)?;
        if !given.is_for(&pending.redirect_uri) {
            return Err(SignInError::ignored(Error::ForeignCallback));
        }
        if given.one("state") != Some(pending.state.expose()) {
            return Err(SignInError::ignored(Error::ForeignCallback));
        }
        // A sign-in that is too old is over whatever this is.
        if !(-LIFETIME..=LIFETIME).contains(&self.clock.now().saturating_sub(pending.started_at)) {
            self.take_pending(&pending).await.map_err(SignInError::over)?;
            return Err(SignInError::over(Error::PendingExpired));
        }
        let issuer = given.one("iss");
        if issuer.is_some_and(|issuer| issuer != self.config.issuer) {
            return Err(SignInError::ignored(Error::CallbackIssuer));
        }
        if issuer.is_none() && self.metadata().await.map_err(SignInError::ignored)?.announces_iss {
            return Err(SignInError::ignored(Error::CallbackIssuer));
        }
        let said = given.said().map_err(SignInError::ignored)?;
        // Fetched while the sign-in still waits: a server that cannot be reached just now costs nobody theirs.
        let metadata = match said {
            Said::Code(_) => Some(self.metadata().await.map_err(SignInError::ignored)?),
            Said::Error(_) => None,
        };
        // Used once: gone before the code is, whatever happens next.
        self.take_pending(&pending).await.map_err(SignInError::ignored)?;
        match (said, metadata) {
            (Said::Error(error), _) => Err(SignInError::over(error)),
            (Said::Code(code), Some(metadata)) => self
                .redeem(&pending, &code, &metadata, sign_out_epoch)
                .await
                .map_err(SignInError::over),
            (Said::Code(_), None) => Err(SignInError::over(Error::Metadata)),
        }
    }

    /// Takes the sign-in away, if it is still the one under way: of two callbacks at the same time, one gets it. A code
    /// that is sent twice makes the server revoke what the first was given (RFC 6749, 4.1.2).
    async fn take_pending(&self, pending: &Pending) -> Result<(), Error> {
        let _taking = self.callback_lock.lock().await;
        let _guard = self.lock_across_processes().await?;
        if self.pending().await? != *pending {
            return Err(Error::NoPending);
        }
        Ok(self.cancel().await?)
    }

    /// The sign-in under way for this issuer, client and redirect address.
    async fn pending(&self) -> Result<Pending, Error> {
        if let Some(pending) = self.unsaved_pending() {
            return Ok(pending);
        }
        let Some(text) = self.blocking(|store| store.load(Slot::Pending)).await? else {
            return Err(Error::NoPending);
        };
        let Some(pending) = store::decode::<Pending>(&text) else {
            self.cancel().await?;
            return Err(Error::NoPending);
        };
        let config = &self.config;
        let ours = pending.issuer == config.issuer
            && pending.client_id == config.client_id
            && pending.redirect_uri == config.redirect_uri.as_str();
        if ours { Ok(pending) } else { Err(Error::NoPending) }
    }

    async fn redeem(
        &self,
        pending: &Pending,
        code: &Secret,
        metadata: &Metadata,
        sign_out_epoch: u64,
    ) -> Result<SignedIn, Error> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.config.client_id),
            ("code", code.expose()),
            ("redirect_uri", &pending.redirect_uri),
            ("code_verifier", pending.verifier.expose()),
        ];
        let answer = token_endpoint::post(&*self.http, &metadata.token_endpoint, &fields)
            .await
            .map_err(|failure| failure.error())?;
        let asked = Asked {
            nonce: Some(pending.nonce.expose()),
            max_age: pending.max_age,
            organization: pending.organization.as_deref(),
        };
        self.admit(answer, &asked, metadata, sign_out_epoch).await
    }

    /// Takes in the tokens of a new sign-in once the ID token holds. It replaces the session before, whoever's that
    /// was, also where there is no refresh token to keep. `sign_out_epoch` is that of the sign-in's beginning.
    pub(crate) async fn admit(
        &self,
        answer: Answer,
        asked: &Asked<'_>,
        metadata: &Metadata,
        sign_out_epoch: u64,
    ) -> Result<SignedIn, Error> {
        if !answer.bearer {
            return Err(Error::TokenAnswer);
        }
        let token = answer.id_token.as_ref().ok_or(IdTokenError::Missing)?;
        let parsed = id_token::parse(token.expose())?;
        self.verify(&parsed, metadata, self.keys(metadata).await).await?;
        let person = parsed.check(&Expected {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            nonce: asked.nonce.map_or(Nonce::IfPresent(None), Nonce::Exactly),
            clocks: &self.clocks(answer.date),
            max_age: asked.max_age,
            organization: asked.organization,
            access_token: Some(&answer.access_token),
            same: None,
        })?;
        // No exchange of the session before may end in between and put the old one back.
        let _turn = self.exchange_lock.lock().await;
        let _guard = self.lock_across_processes().await;
        let saved = match &answer.refresh_token {
            _ if self.sign_out_epoch() != sign_out_epoch => Ok(()),
            Some(refresh_token) => {
                let record = Record {
                    v: VERSION,
                    issuer: self.config.issuer.clone(),
                    client_id: self.config.client_id.clone(),
                    sub: person.sub.clone(),
                    refresh_token: refresh_token.clone(),
                    last_success: self.clock.now(),
                    auth_time: person.auth_time,
                    nonce: asked.nonce.map(str::to_owned),
                };
                self.keep(record, sign_out_epoch).await
            }
            None => self.forget_any().await,
        };
        if self.sign_out_epoch() != sign_out_epoch {
            // Somebody signed out meanwhile: that goes for this sign-in, too.
            if let Some(refresh_token) = &answer.refresh_token {
                let _ = self.revoke(metadata, refresh_token).await;
            }
            return Err(Error::NoPending);
        }
        Ok(SignedIn {
            sub: person.sub,
            refresh_token: answer.refresh_token.is_some(),
            saved,
        })
    }
}

/// A callback, read but not believed.
struct Callback {
    /// All before the query, as it came.
    address: String,
    parameters: Vec<(String, String)>,
}

fn read(callback: &str) -> Result<Callback, Error> {
    let callback = callback.trim_ascii();
    if callback.len() > MAX_CALLBACK
        || callback.contains(|c: char| c == '#' || c.is_control())
        || Url::parse(callback).is_err()
    {
        return Err(Error::MalformedCallback);
    }
    let (address, query) = callback.split_once('?').unwrap_or((callback, ""));
    let parameters: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let twice = parameters
        .iter()
        .enumerate()
        .any(|(at, (name, _))| parameters.iter().skip(at + 1).any(|(other, _)| other == name));
    if twice {
        Err(Error::MalformedCallback)
    } else {
        Ok(Callback {
            address: address.to_owned(),
            parameters,
        })
    }
}

impl Callback {
    fn one(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// The address is the redirect address to the letter, for a reader of addresses would take many others for the
    /// same (RFC 9700, 4.1.3); parameters of its own must be there too.
    fn is_for(&self, redirect_uri: &str) -> bool {
        let (address, query) = redirect_uri.split_once('?').unwrap_or((redirect_uri, ""));
        self.address == address
            && url::form_urlencoded::parse(query.as_bytes()).all(|(name, value)| self.one(&name) == Some(&*value))
    }

    fn said(&self) -> Result<Said, Error> {
        match (self.one("error"), self.one("code")) {
            (Some("access_denied"), _) => Ok(Said::Error(Error::Denied)),
            (Some(error), _) if !error.is_empty() => Ok(Said::Error(Error::AuthorizationFailed)),
            (None, Some(code)) if !code.is_empty() => Ok(Said::Code(Secret::new(code.to_owned()))),
            _ => Err(Error::MalformedCallback),
        }
    }
}
