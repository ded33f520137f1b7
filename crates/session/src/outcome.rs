//! How the operations of a session end: what each public method returns when it succeeds.

use std::fmt;

use url::Url;

use crate::error::{Error, StoreError};
use crate::secret::Secret;

/// What is known about the stored session, without a request to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// The subject identifier of the user at this issuer.
    pub sub: String,
    /// When the provider last accepted the refresh token, in seconds since 1970 by the device's clock.
    pub last_success: i64,
    /// [`Config::owner`](crate::Config::owner) of the sign-in.
    pub owner: Option<String>,
}

/// An authorization request (RFC 6749 §4.1.1) that waits for its callback.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The URL to open in a browser.
    pub url: Url,
    /// `Ok`: the keystore holds the pending sign-in, so that another process can complete it. `Err`: the pending
    /// sign-in is in memory only and ends with this process.
    pub saved: Result<(), StoreError>,
}

/// The URL holds `state` and `nonce`, so it is not printed.
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("url", &format_args!("[redacted]"))
            .field("saved", &self.saved)
            .finish()
    }
}

/// The response of the device authorization endpoint (RFC 8628 §3.2).
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceAuthorization {
    /// The code that the user types on another device.
    pub user_code: String,
    /// The page where the user types the code.
    pub verification_uri: Url,
    /// The same page with the code filled in, for a QR code.
    pub verification_uri_complete: Option<Url>,
    /// For how many seconds, from the response on, the code can be used.
    pub expires_in: u64,
    /// How many seconds to wait between two requests to the token endpoint.
    pub(crate) interval: u64,
    /// When the response came.
    pub(crate) received: tokio::time::Instant,
    /// `device_code`, which is never shown (RFC 8628 §3.3).
    pub(crate) device_code: Secret,
}

/// Whoever reads the user code can use it, so only the lifetime is printed.
impl fmt::Debug for DeviceAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let redacted = format_args!("[redacted]");
        f.debug_struct("DeviceAuthorization")
            .field("user_code", &redacted)
            .field("expires_in", &self.expires_in)
            .field("device_code", &redacted)
            .finish_non_exhaustive()
    }
}

/// A completed sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The subject identifier of the user at this issuer.
    pub sub: String,
    /// Whether the provider issued a refresh token. If it did not, nothing is stored, and any session of a previously
    /// signed-in user is removed.
    ///
    /// `false` means that there is no session: the next refresh or transfer returns [`Error::NoSession`]. A caller that
    /// needs a lasting session, such as an app with an account per device, must treat `false` as a failed sign-in and
    /// say so, because a second sign-in gives the same result. An administrator has to allow the scope `offline_access`
    /// and the refresh token grant for this client. A caller that loads the web site instead, and signs in again when a
    /// transfer finds no session, sends its user around in a circle.
    pub refresh_token: bool,
    /// `Ok`: the keystore holds the session, or there is none to hold. `Err`: the session is in memory only.
    pub saved: Result<(), StoreError>,
}

/// A sign-in that did not end with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInError {
    /// The reason.
    pub error: Error,
    /// Whether the pending sign-in is over. If not, the callback changed nothing, and the sign-in still waits: for its own
    /// callback, or, after an error of the connection ([`Error::is_transient`]), for the same callback once more. The
    /// authorization code has not left the device then.
    pub consumed: bool,
}

impl fmt::Display for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for SignInError {}

/// How a refresh ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// The provider accepted the refresh token.
    Refreshed {
        /// Whether the provider issued a new refresh token.
        rotated: bool,
        /// `Ok`: the keystore holds the current refresh token. `Err`: it is in memory only; call
        /// [`Session::save`](crate::Session::save) later.
        saved: Result<(), StoreError>,
    },
    /// The refresh failed, and the session stays. [`Session::due_in`](crate::Session::due_in) says when to try again.
    ///
    /// After [`Error::IdToken`] or [`Error::WrongOrganization`] the provider has accepted the refresh token, and a rotated
    /// one is saved ([`Session::unsaved`](crate::Session::unsaved) tells if it is not). After any other error the stored
    /// refresh token is unchanged. [`Error::OtherPerson`]: the provider says that the session is another user's, and
    /// somebody should sign in. [`Error::Overtaken`]: the user signed out meanwhile, and what is stored now, if
    /// anything, is another session.
    Kept(Error),
    /// There is no session, or the provider has ended it. This is definitive: the user has to sign in.
    SignedOut(Error),
}

/// How a request for a session transfer token ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferOutcome {
    /// A token for one session transfer. The refresh token has been rotated as in a refresh;
    /// [`TransferToken::saved`] tells whether the keystore holds it.
    Token(TransferToken),
    /// The provider issued no transfer token; the session stays, and a rotated refresh token is saved.
    ///
    /// [`Error::NoTransfer`]: the provider does not transfer sessions for this client, and the caller need not ask again
    /// soon. [`Error::NotJson`]: a 4xx response without an OAuth error, perhaps from something between the app and the
    /// provider. [`Error::TokenAnswer`]: the token cannot be the value of a cookie. A later request may get a token.
    NoTransfer(Error),
    /// The request failed, and the session stays, as in [`RefreshOutcome::Kept`]. The caller may try again later.
    Kept(Error),
    /// There is no session, or the provider has ended it. This is definitive: the user has to sign in.
    SignedOut(Error),
}

/// A single-use token that signs the user in to the web on the provider's host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferToken {
    /// The token. It can be the value of a cookie as it is (RFC 6265 §4.1.1).
    pub secret: Secret,
    /// For how many seconds the token can be used.
    pub expires_in: u64,
    /// The name of the cookie, on the provider's host, that carries the token.
    pub cookie: String,
    /// The name of the authorization request parameter that carries the token where no cookie can be set.
    pub parameter: String,
    /// `Ok`: the keystore holds the current refresh token. `Err`: it is in memory only; call
    /// [`Session::save`](crate::Session::save) soon and until it succeeds.
    pub saved: Result<(), StoreError>,
}

/// What a sign-out did, and what remains to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOut {
    /// The page that ends the user's session at the provider (RP-Initiated Logout §2). The caller opens it in the
    /// browser in which the user signed in. `None` if the provider has no such page or cannot be reached.
    pub end_session_url: Option<Url>,
    /// `Ok`: the keystore holds neither session nor pending sign-in. `Err`: it may still hold one.
    pub forgotten: Result<(), StoreError>,
    /// `Ok`: the provider has revoked the refresh token (RFC 7009 §2.2). `Err`: the token may stay valid until it
    /// expires. [`Error::NoSession`]: there was no token to revoke. [`Error::Store`]: the keystore did not return it.
    /// [`Error::Unsupported`]: the provider has no revocation endpoint. Another error: the provider did not confirm.
    pub revoked: Result<(), Error>,
}
