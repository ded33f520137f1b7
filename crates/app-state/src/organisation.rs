//! The organisation that a tablet is set up for, and what its site view may load.

use url::Url;

/// The organisation that a tablet is set up for, as far as sign-in and site view need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// The name to show.
    pub name: String,
    /// Identifies whose session belongs here: issuer, client, audience and group view in one string. Only ever compared.
    pub session_key: String,
    /// The URL of the group view.
    pub group_url: Url,
    /// The identity provider's authorization endpoint: navigations to it can get a session transfer.
    pub authorization_endpoint: Url,
    /// The redirect URI of a sign-in.
    pub redirect_uri: Url,
    /// Hosts that the site view may show, besides those of the group view and of the identity provider.
    pub trusted_hosts: Vec<HostRule>,
    /// Plain http to a loopback address is allowed (development only).
    pub loopback_http: bool,
}

impl Organisation {
    /// A session of the one, and the trust in its hosts, hold for the other. The name may differ, and so may the
    /// authorization endpoint, because the app learns it from the identity provider's metadata after it has started.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.session_key == other.session_key
            && self.group_url == other.group_url
            && self.redirect_uri == other.redirect_uri
            && self.trusted_hosts == other.trusted_hosts
            && self.loopback_http == other.loopback_http
    }
}

/// Which hosts are trusted: one exact origin, or every host below a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostRule {
    /// This scheme, host and port.
    Origin(Url),
    /// Any https host below this domain, which is written without its leading `*.`.
    Below(String),
}

/// What the site view may load at this moment. [`crate::State::navigation_policy`] derives it from the state; the
/// application layer decides each navigation and each pop-up by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NavigationPolicy {
    /// Nothing: no site is open.
    Closed,
    /// The identity provider's sign-in page, inside the app.
    SignIn {
        /// The organisation to sign in to.
        organisation: Organisation,
    },
    /// The group view.
    Group {
        /// The organisation whose group view it is.
        organisation: Organisation,
        /// Intercept the next authorization request for a session transfer.
        intercept_authorization: bool,
    },
}
