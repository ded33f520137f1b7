//! Every way in which a sign-in, a refresh, a session transfer or a sign-out can fail.
//!
//! Each error has a code of the register ([`Error::code`]) for helpdesks and screens, and a word in snake case
//! ([`Error::kind`]) for programs that read the output of `konnect-session`.
//!
//! | codes | about |
//! |---|---|
//! | E201–E207 | the callback of a sign-in |
//! | E210–E211 | the ID token |
//! | E220–E224 | the identity provider's metadata |
//! | E230–E233 | the responses of the token endpoint |
//! | E240–E244 | the stored session |
//! | E250–E251 | the device flow |
//! | E301–E308 | the connection to the identity provider |
//! | E401–E403 | the keystore |

use std::fmt;

use error_codes::ErrorCode;

use crate::traits::HttpError;

/// Why an operation of the session failed.
///
/// An error never holds a secret, nor text that a server sent: it can be logged as it is.
///
/// Only [`Error::SessionEnded`] and [`Error::NoSession`] mean that the user has to sign in again. After an error for
/// which [`Error::is_transient`] holds, the caller retries later; after any other error a retry gives the same result
/// until somebody changes the provider's settings, the app's settings, or the user's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Error {
    /// No sign-in waits for a callback. The user starts a new one.
    NoPending,
    /// The callback belongs to another app or another sign-in: its redirect URI or its `state` differs (RFC 6749
    /// §10.12). The sign-in still waits for its own callback.
    ForeignCallback,
    /// The callback cannot be parsed: a duplicate parameter, neither `code` nor `error`, or more than 16 KiB. The
    /// sign-in still waits for its own callback.
    MalformedCallback,
    /// More than ten minutes passed between the authorization request and the callback.
    PendingExpired,
    /// `iss` of the callback names another issuer, or is missing although the metadata announces it (RFC 9207 §2.4).
    CallbackIssuer,
    /// The authorization endpoint, or the token endpoint on a refresh, returned `access_denied`: the user, or a rule of
    /// the provider, refused.
    Denied,
    /// The authorization endpoint returned another `error`.
    AuthorizationFailed,
    /// The ID token failed this check.
    IdToken(IdTokenError),
    /// The user signed in with an account of another organisation than [`Config::organization`](crate::Config). On a
    /// refresh: the session belongs to another organisation than the settings ask for by now.
    WrongOrganization,
    /// The metadata or the key set lacks a required member, has a member of the wrong type, or names another issuer
    /// (OpenID Connect Discovery §4.3).
    Metadata,
    /// The configured issuer is not an https URL, and not an http URL on loopback where that is allowed.
    IssuerNotAllowed,
    /// An endpoint in the metadata is not https, or lies outside the issuer's registrable domain.
    EndpointOrigin,
    /// The metadata announces PKCE methods without `S256`.
    NoS256,
    /// The metadata has no endpoint for what was requested: device authorization or revocation.
    Unsupported,
    /// The response of the token endpoint is not what RFC 6749 §5.1 requires.
    TokenAnswer,
    /// The token endpoint returned `invalid_grant` for the authorization code or the device code.
    CodeRefused,
    /// The provider does not accept this client, or a parameter of its request. An administrator has to change the
    /// client's registration.
    ClientRefused,
    /// The provider needs the user, for example because it returned `mfa_required`.
    PersonNeeded,
    /// The token endpoint returned `invalid_grant` for the refresh token that is still the stored one. This is
    /// definitive, and the session has been removed from the keystore.
    SessionEnded,
    /// Neither the keystore nor memory holds a session of this issuer and client.
    NoSession,
    /// The provider issues no session transfer tokens to this client.
    NoTransfer,
    /// The response to a refresh is about another user than the stored session (`sub` differs). A foreign issuer or
    /// audience is [`IdTokenError::Issuer`] or [`IdTokenError::Audience`].
    OtherPerson,
    /// The user signed out while the operation ran. The error says nothing about the session that is stored now.
    Overtaken,
    /// The device code expired before the user entered the user code (RFC 8628 §3.5).
    DeviceCodeExpired,
    /// The user refused the sign-in on the other device (RFC 8628 §3.5).
    DeviceCodeDenied,
    /// No connection, or the connection broke before the response was complete.
    Unreachable,
    /// No complete response within the time limit of the [`Http`](crate::Http) implementation.
    Timeout,
    /// The provider reported a fault of its own: status 5xx, 408 or 425.
    ServerFault,
    /// The provider asked to wait: status 429.
    Busy,
    /// The response is a redirect. Redirects are never followed (RFC 9700 §4.12).
    Redirect,
    /// The response is larger than the limit.
    TooLarge,
    /// The TLS handshake failed: the certificate is not trusted, or the other side speaks no TLS.
    Tls,
    /// The response is not JSON. Often something between the app and the provider answered, such as the sign-in page
    /// of a guest network.
    NotJson,
    /// The keystore did not read or write.
    Store(StoreError),
}

/// Which check the ID token failed (OpenID Connect Core §3.1.3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdTokenError {
    /// The token response holds no ID token.
    Missing,
    /// The token is not three sections of base64url, a section is not a JSON object without duplicate members, or
    /// `typ` says that it is another kind of token.
    Malformed,
    /// `alg` is neither RS256 nor ES256 or is not announced in the metadata, or the header asks for processing that
    /// is not supported (`crit`, `b64`, `enc`, `zip`).
    Algorithm,
    /// No key of the provider's key set fits the token's `alg` and `kid`.
    NoKey,
    /// A key fits, but the signature is wrong.
    Signature,
    /// `iss` is not the configured issuer.
    Issuer,
    /// `aud` is not exactly the configured client id.
    Audience,
    /// `azp` is another client id.
    AuthorizedParty,
    /// `sub` is missing, empty, or longer than 255 bytes.
    Subject,
    /// `exp` is missing or in the past.
    Expired,
    /// `iat` is missing or in the future.
    IssuedAt,
    /// `nbf` is not a number, or in the future.
    NotBefore,
    /// `nonce` is missing, or is not the one of the authorization request.
    Nonce,
    /// `at_hash` does not fit the access token.
    AccessTokenHash,
    /// `auth_time` is missing, or older than `max_age` allows.
    AuthTime,
}

/// Why the keystore did not read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreError {
    /// The device has no keystore, or the keystore cannot be opened.
    Absent,
    /// The keystore is locked, or waits for the user. A later call may succeed.
    Locked,
    /// The keystore refused the call. What it held before may still be there.
    Failed,
    /// The keystore holds a value that cannot be read: it is damaged, it does not parse, or another version of the app
    /// wrote it. The value stays where it is, because the fault may pass: some keystores report a passing failure as
    /// damage, and the newer app may be installed again. Only a person replaces it, with a new sign-in or a sign-out.
    Unreadable,
}

impl Error {
    /// The code of the register. Codes are stable across versions.
    #[must_use]
    pub fn code(self) -> ErrorCode {
        match self {
            Self::NoPending => ErrorCode::NoPending,
            Self::ForeignCallback => ErrorCode::ForeignCallback,
            Self::MalformedCallback => ErrorCode::MalformedCallback,
            Self::PendingExpired => ErrorCode::PendingExpired,
            Self::CallbackIssuer => ErrorCode::CallbackIssuer,
            Self::Denied => ErrorCode::Denied,
            Self::AuthorizationFailed => ErrorCode::AuthorizationFailed,
            Self::IdToken(_) => ErrorCode::IdToken,
            Self::WrongOrganization => ErrorCode::WrongOrganization,
            Self::Metadata => ErrorCode::Metadata,
            Self::IssuerNotAllowed => ErrorCode::IssuerNotAllowed,
            Self::EndpointOrigin => ErrorCode::EndpointOrigin,
            Self::NoS256 => ErrorCode::NoS256,
            Self::Unsupported => ErrorCode::Unsupported,
            Self::TokenAnswer => ErrorCode::TokenAnswer,
            Self::CodeRefused => ErrorCode::CodeRefused,
            Self::ClientRefused => ErrorCode::ClientRefused,
            Self::PersonNeeded => ErrorCode::PersonNeeded,
            Self::SessionEnded => ErrorCode::SessionEnded,
            Self::NoSession => ErrorCode::NoSession,
            Self::NoTransfer => ErrorCode::NoTransfer,
            Self::OtherPerson => ErrorCode::OtherPerson,
            Self::Overtaken => ErrorCode::Overtaken,
            Self::DeviceCodeExpired => ErrorCode::DeviceCodeExpired,
            Self::DeviceCodeDenied => ErrorCode::DeviceCodeDenied,
            Self::Unreachable => ErrorCode::Unreachable,
            Self::Timeout => ErrorCode::Timeout,
            Self::ServerFault => ErrorCode::ServerFault,
            Self::Busy => ErrorCode::Busy,
            Self::Redirect => ErrorCode::Redirect,
            Self::TooLarge => ErrorCode::TooLarge,
            Self::Tls => ErrorCode::Tls,
            Self::NotJson => ErrorCode::NotJson,
            Self::Store(StoreError::Absent) => ErrorCode::KeystoreAbsent,
            Self::Store(StoreError::Locked) => ErrorCode::KeystoreLocked,
            Self::Store(StoreError::Failed | StoreError::Unreadable) => ErrorCode::KeystoreFailed,
        }
    }

    /// A word in snake case for programs. Words are stable across versions, and finer than the codes: each failed
    /// check of the ID token has its own.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::NoPending => "no_pending",
            Self::ForeignCallback => "foreign_callback",
            Self::MalformedCallback => "malformed_callback",
            Self::PendingExpired => "pending_expired",
            Self::CallbackIssuer => "callback_issuer",
            Self::Denied => "denied",
            Self::AuthorizationFailed => "authorization_failed",
            Self::IdToken(error) => error.kind(),
            Self::WrongOrganization => "organization",
            Self::Metadata => "metadata",
            Self::IssuerNotAllowed => "issuer_not_allowed",
            Self::EndpointOrigin => "endpoint_origin",
            Self::NoS256 => "no_s256",
            Self::Unsupported => "unsupported",
            Self::TokenAnswer => "token_answer",
            Self::CodeRefused => "code_refused",
            Self::ClientRefused => "client_refused",
            Self::PersonNeeded => "person_needed",
            Self::SessionEnded => "session_ended",
            Self::NoSession => "no_session",
            Self::NoTransfer => "no_hand_off",
            Self::OtherPerson => "other_person",
            Self::Overtaken => "overtaken",
            Self::DeviceCodeExpired => "code_expired",
            Self::DeviceCodeDenied => "code_denied",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::ServerFault => "server_fault",
            Self::Busy => "busy",
            Self::Redirect => "redirect",
            Self::TooLarge => "too_large",
            Self::Tls => "tls",
            Self::NotJson => "not_json",
            Self::Store(StoreError::Absent) => "keystore_absent",
            Self::Store(StoreError::Locked) => "keystore_locked",
            Self::Store(StoreError::Failed) => "keystore_failed",
            Self::Store(StoreError::Unreadable) => "keystore_unreadable",
        }
    }

    /// Whether the cause may go away by itself, so that a later retry is worthwhile: the network, a busy or broken
    /// provider, or a keystore that does not answer now.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::Timeout
                | Self::ServerFault
                | Self::Busy
                | Self::Redirect
                | Self::TooLarge
                | Self::Tls
                | Self::NotJson
                | Self::Store(_)
        )
    }
}

impl IdTokenError {
    fn kind(self) -> &'static str {
        match self {
            Self::Missing => "id_token_missing",
            Self::Malformed => "id_token_malformed",
            Self::Algorithm => "id_token_algorithm",
            Self::NoKey => "id_token_no_key",
            Self::Signature => "id_token_signature",
            Self::Issuer => "id_token_issuer",
            Self::Audience => "id_token_audience",
            Self::AuthorizedParty => "id_token_authorized_party",
            Self::Subject => "id_token_subject",
            Self::Expired => "id_token_expired",
            Self::IssuedAt => "id_token_issued_at",
            Self::NotBefore => "id_token_not_before",
            Self::Nonce => "id_token_nonce",
            Self::AccessTokenHash => "id_token_at_hash",
            Self::AuthTime => "id_token_auth_time",
        }
    }
}

/// The code and the kind, such as `E304 busy`.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code().number(), self.kind())
    }
}

impl std::error::Error for Error {}

impl fmt::Display for IdTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Error::IdToken(*self).fmt(f)
    }
}

impl std::error::Error for IdTokenError {}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Error::Store(*self).fmt(f)
    }
}

impl std::error::Error for StoreError {}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Error::from(*self).fmt(f)
    }
}

impl std::error::Error for HttpError {}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<IdTokenError> for Error {
    fn from(error: IdTokenError) -> Self {
        Self::IdToken(error)
    }
}

impl From<HttpError> for Error {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::NotSent | HttpError::Unreachable => Self::Unreachable,
            HttpError::Timeout => Self::Timeout,
            HttpError::TooLarge => Self::TooLarge,
            HttpError::Tls => Self::Tls,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Helpdesks know the numbers, and programs that drive `konnect-session` know the words.
    #[test]
    fn numbers_and_kinds_are_what_outsiders_rely_on() {
        for (error, printed) in [
            (Error::NoPending, "E201 no_pending"),
            (Error::ForeignCallback, "E202 foreign_callback"),
            (Error::MalformedCallback, "E203 malformed_callback"),
            (Error::PendingExpired, "E204 pending_expired"),
            (Error::CallbackIssuer, "E205 callback_issuer"),
            (Error::Denied, "E206 denied"),
            (Error::AuthorizationFailed, "E207 authorization_failed"),
            (Error::IdToken(IdTokenError::Missing), "E210 id_token_missing"),
            (Error::IdToken(IdTokenError::Malformed), "E210 id_token_malformed"),
            (Error::IdToken(IdTokenError::Algorithm), "E210 id_token_algorithm"),
            (Error::IdToken(IdTokenError::NoKey), "E210 id_token_no_key"),
            (Error::IdToken(IdTokenError::Signature), "E210 id_token_signature"),
            (Error::IdToken(IdTokenError::Issuer), "E210 id_token_issuer"),
            (Error::IdToken(IdTokenError::Audience), "E210 id_token_audience"),
            (
                Error::IdToken(IdTokenError::AuthorizedParty),
                "E210 id_token_authorized_party",
            ),
            (Error::IdToken(IdTokenError::Subject), "E210 id_token_subject"),
            (Error::IdToken(IdTokenError::Expired), "E210 id_token_expired"),
            (Error::IdToken(IdTokenError::IssuedAt), "E210 id_token_issued_at"),
            (Error::IdToken(IdTokenError::NotBefore), "E210 id_token_not_before"),
            (Error::IdToken(IdTokenError::Nonce), "E210 id_token_nonce"),
            (Error::IdToken(IdTokenError::AccessTokenHash), "E210 id_token_at_hash"),
            (Error::IdToken(IdTokenError::AuthTime), "E210 id_token_auth_time"),
            (Error::WrongOrganization, "E211 organization"),
            (Error::Metadata, "E220 metadata"),
            (Error::IssuerNotAllowed, "E221 issuer_not_allowed"),
            (Error::EndpointOrigin, "E222 endpoint_origin"),
            (Error::NoS256, "E223 no_s256"),
            (Error::Unsupported, "E224 unsupported"),
            (Error::TokenAnswer, "E230 token_answer"),
            (Error::CodeRefused, "E231 code_refused"),
            (Error::ClientRefused, "E232 client_refused"),
            (Error::PersonNeeded, "E233 person_needed"),
            (Error::SessionEnded, "E240 session_ended"),
            (Error::NoSession, "E241 no_session"),
            (Error::NoTransfer, "E242 no_hand_off"),
            (Error::OtherPerson, "E243 other_person"),
            (Error::Overtaken, "E244 overtaken"),
            (Error::DeviceCodeExpired, "E250 code_expired"),
            (Error::DeviceCodeDenied, "E251 code_denied"),
            (Error::Unreachable, "E301 unreachable"),
            (Error::Timeout, "E302 timeout"),
            (Error::ServerFault, "E303 server_fault"),
            (Error::Busy, "E304 busy"),
            (Error::Redirect, "E305 redirect"),
            (Error::TooLarge, "E306 too_large"),
            (Error::Tls, "E307 tls"),
            (Error::NotJson, "E308 not_json"),
            (Error::Store(StoreError::Absent), "E401 keystore_absent"),
            (Error::Store(StoreError::Locked), "E402 keystore_locked"),
            (Error::Store(StoreError::Failed), "E403 keystore_failed"),
            (Error::Store(StoreError::Unreadable), "E403 keystore_unreadable"),
        ] {
            assert_eq!(error.to_string(), printed);
        }
    }
}
