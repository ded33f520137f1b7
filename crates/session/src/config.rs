//! What a session is for: the provider, the client, and the parameters of its authorization requests.

use std::time::Duration;

use url::Url;

/// One client at one identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The issuer identifier. It is compared byte for byte, so a trailing slash counts (OpenID Connect Discovery §4.3).
    pub issuer: String,
    /// The client id of this public client (RFC 6749 §2.2).
    pub client_id: String,
    /// The redirect URI (RFC 6749 §3.1.2). Callbacks are compared with it byte for byte.
    pub redirect_uri: Url,
    /// The scopes to request. The session adds `openid` if it is missing.
    pub scopes: Vec<String>,
    /// `audience`: the API that the access token is for (Auth0).
    pub audience: Option<String>,
    /// `organization` (Auth0): an id (`org_…`) or a name. The ID token of the sign-in must carry it.
    pub organization: Option<String>,
    /// `connection` (Auth0).
    pub connection: Option<String>,
    /// `login_hint` (OpenID Connect Core §3.1.2.1).
    pub login_hint: Option<String>,
    /// `ui_locales`, such as `nl`.
    pub ui_locales: Option<String>,
    /// `max_age`: how many seconds ago the user may have authenticated at most. The ID token's `auth_time` must fit.
    pub max_age: Option<u64>,
    /// `prompt`.
    pub prompt: Option<String>,
    /// Whose session a sign-in begins, in words of the app's own, such as the organisation that the device serves. It is
    /// stored with the session, is never sent, and comes back from [`Session::stored`](crate::Session::stored), so that
    /// after a change of its settings an app can tell whether the session it finds is from before or from after.
    pub owner: Option<String>,
    /// Whether the session outlives the process.
    pub persistence: Persistence,
    /// The provider's names for the session transfer.
    pub transfer: TransferNames,
    /// For how long the provider accepts a refresh token that it has rotated already, so that a request whose response
    /// was lost can be repeated (Auth0: rotation overlap period, or leeway). Zero if the provider has no leeway, or if
    /// nobody knows.
    ///
    /// Within the leeway [`Session::due_in`](crate::Session::due_in) asks for a retry every few seconds, and the moment of
    /// sending is kept in the keystore, so that a restarted app retries too.
    pub rotation_leeway: Duration,
    /// Accepts an http issuer on loopback. For development only.
    pub loopback_http: bool,
}

/// Whether a session outlives the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Persistence {
    /// The refresh token is saved in the keystore, and the session lives for as long as the provider allows.
    #[default]
    Stored,
    /// The refresh token stays in memory, and the session ends with the process.
    MemoryOnly,
}

/// The names that a provider gives to its session transfer. The default is Auth0's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferNames {
    /// The `audience` of the exchange; `{host}` stands for the issuer's host.
    pub audience: String,
    /// The cookie, on the provider's host, that carries the token.
    pub cookie: String,
    /// The parameter of the authorization request that carries the token where no cookie can be set.
    pub parameter: String,
    /// The `issued_token_type` of the token response (RFC 8693 §2.2.1).
    pub token_type: String,
}

impl Default for TransferNames {
    fn default() -> Self {
        Self {
            audience: "urn:{host}:session_transfer".to_owned(),
            cookie: "auth0_session_transfer_token".to_owned(),
            parameter: "session_transfer_token".to_owned(),
            token_type: "urn:auth0:params:oauth:token-type:session_transfer_token".to_owned(),
        }
    }
}

impl Config {
    /// A stored session with the scopes `openid profile offline_access` and no optional parameter. No
    /// rotation leeway.
    #[must_use]
    pub fn new(issuer: String, client_id: String, redirect_uri: Url) -> Self {
        Self {
            issuer,
            client_id,
            redirect_uri,
            scopes: ["openid", "profile", "offline_access"].map(str::to_owned).to_vec(),
            audience: None,
            organization: None,
            connection: None,
            login_hint: None,
            ui_locales: None,
            max_age: None,
            prompt: None,
            owner: None,
            persistence: Persistence::Stored,
            transfer: TransferNames::default(),
            rotation_leeway: Duration::ZERO,
            loopback_http: false,
        }
    }

    /// The value of the `scope` parameter: the scopes, with `openid` first if it was missing.
    pub(crate) fn scope(&self) -> String {
        let mut scopes: Vec<&str> = self
            .scopes
            .iter()
            .map(String::as_str)
            .filter(|scope| !scope.is_empty())
            .collect();
        if !scopes.contains(&"openid") {
            scopes.insert(0, "openid");
        }
        scopes.join(" ")
    }
}
