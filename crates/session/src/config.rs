//! What a session is for.

use url::Url;

/// One app at one identity server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The issuer, to the letter: a trailing slash counts.
    pub issuer: String,
    /// The app's client id.
    pub client_id: String,
    /// Where the authorization response comes back to.
    pub redirect_uri: Url,
    /// The scopes; `openid` is added where it is missing.
    pub scopes: Vec<String>,
    /// The API that the access token is for.
    pub audience: Option<String>,
    /// Auth0's `organization`: an id (`org_…`) or a name; checked in the ID token.
    pub organization: Option<String>,
    /// Auth0's `connection`.
    pub connection: Option<String>,
    /// `login_hint`.
    pub login_hint: Option<String>,
    /// `ui_locales`, such as `nl`.
    pub ui_locales: Option<String>,
    /// Seconds since the person last authenticated; checked in the ID token.
    pub max_age: Option<u64>,
    /// `prompt`.
    pub prompt: Option<String>,
    /// Whose account it is.
    pub persistence: Persistence,
    /// The names of the session transfer.
    pub transfer: TransferNames,
    /// An http issuer is allowed on loopback. For development only.
    pub loopback_http: bool,
}

/// Whose account it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Persistence {
    /// A group's: kept for as long as the identity server allows.
    #[default]
    Stored,
    /// A person's: lives in memory, ends with the app.
    MemoryOnly,
}

/// The names that a provider gives its session transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferNames {
    /// The audience of the exchange; `{host}` stands for the issuer's host.
    pub audience: String,
    /// The cookie on the identity server's host.
    pub cookie: String,
    /// The parameter of the authorization request.
    pub parameter: String,
    /// `issued_token_type` of the answer.
    pub token_type: String,
}

impl Default for TransferNames {
    /// Auth0's.
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
    /// A group account's session with the usual scopes and nothing special.
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
            persistence: Persistence::Stored,
            transfer: TransferNames::default(),
            loopback_http: false,
        }
    }

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
