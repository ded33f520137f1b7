//! Everything that can go wrong, each with a code for the helpdesk and a kind for programs.
//!
//! | codes | about |
//! |---|---|
//! | E201–E207 | the callback of a sign-in |
//! | E210–E211 | the ID token |
//! | E220–E224 | the identity server's metadata |
//! | E230–E233 | the token endpoint's answers |
//! | E240–E244 | the stored session |
//! | E250–E251 | the code for another device |
//! | E301–E308 | the way to the identity server |
//! | E401–E403 | the keystore |

use std::fmt;

/// Why a sign-in, a refresh or a hand-off did not do what was asked. Holds no secret and no text of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Error {
    /// No sign-in is under way.
    NoPending,
    /// The callback is another's: wrong address or wrong `state` (RFC 6749, 10.12).
    ForeignCallback,
    /// The callback cannot be read: a parameter twice, a fragment, neither code nor error, or far too long.
    MalformedCallback,
    /// The sign-in is older than ten minutes.
    PendingExpired,
    /// `iss` of the callback is another issuer, or is missing where it was announced (RFC 9207, 2.4).
    CallbackIssuer,
    /// The identity server's `access_denied`, or another answer that a person gave it.
    Denied,
    /// Another `error` of the authorization endpoint.
    AuthorizationFailed,
    /// The ID token does not hold.
    IdToken(IdTokenError),
    /// The account belongs to another organisation.
    WrongOrganization,
    /// The metadata is not sound, or is another issuer's (OpenID Connect Discovery, 4.3).
    Metadata,
    /// The issuer is not https, or http elsewhere than on loopback.
    IssuerNotAllowed,
    /// An endpoint lies on a foreign origin or is not https.
    EndpointOrigin,
    /// The server announces PKCE without `S256`.
    NoS256,
    /// The server has no such endpoint.
    Unsupported,
    /// The token endpoint's answer is not what RFC 6749, 5.1 asks for.
    TokenAnswer,
    /// `invalid_grant` for the authorization code.
    CodeRefused,
    /// The server does not accept this client or what it asks for.
    ClientRefused,
    /// The server wants something that only a person can give, such as `mfa_required`.
    PersonNeeded,
    /// `invalid_grant` for the refresh token that is still the stored one: definitive.
    SessionEnded,
    /// Nothing is stored for this issuer and client.
    NoSession,
    /// The server gives no hand-off.
    NoTransfer,
    /// A refresh answered for another issuer, person or audience.
    OtherPerson,
    /// Somebody signed out while it was under way: it says nothing of the session that is kept now.
    Overtaken,
    /// The code for another device ran out (RFC 8628, 3.5).
    DeviceCodeExpired,
    /// The person refused on the other device.
    DeviceCodeDenied,
    /// No connection.
    Unreachable,
    /// No answer in time.
    Timeout,
    /// The server answered with a fault of its own (5xx).
    ServerFault,
    /// The server asks to wait (429).
    Busy,
    /// The server answered with a redirect, which is never followed.
    Redirect,
    /// The answer is larger than allowed.
    TooLarge,
    /// No safe connection.
    Tls,
    /// Something that is not the server answered, such as a guest network's page.
    NotJson,
    /// The keystore.
    Store(StoreError),
}

/// Which check of the ID token failed (OpenID Connect Core, 3.1.3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdTokenError {
    /// There is none.
    Missing,
    /// Not three sections of sound JSON, or a member twice.
    Malformed,
    /// An algorithm other than RS256 and ES256, or a critical header.
    Algorithm,
    /// No key of the server fits.
    NoKey,
    /// The signature is wrong.
    Signature,
    /// Another issuer.
    Issuer,
    /// Another audience, or an unknown one beside ours.
    Audience,
    /// `azp` is another client.
    AuthorizedParty,
    /// `sub` is missing or empty.
    Subject,
    /// `exp` is missing or past.
    Expired,
    /// `iat` is missing or in the future.
    IssuedAt,
    /// `nbf` is in the future.
    NotBefore,
    /// `nonce` is missing or another.
    Nonce,
    /// `at_hash` does not fit the access token.
    AccessTokenHash,
    /// `auth_time` is missing or older than asked for.
    AuthTime,
}

/// Why the keystore did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreError {
    /// There is none on this device.
    Absent,
    /// It is locked.
    Locked,
    /// It refused.
    Failed,
}

impl Error {
    /// The code, stable across versions.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// A short word in snake case.
    #[must_use]
    pub fn kind(self) -> &'static str {
        self.row().1
    }

    /// The fault passes by itself: the network, a busy or broken server, a keystore that does not answer now.
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

    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::NoPending => ("E201", "no_pending"),
            Self::ForeignCallback => ("E202", "foreign_callback"),
            Self::MalformedCallback => ("E203", "malformed_callback"),
            Self::PendingExpired => ("E204", "pending_expired"),
            Self::CallbackIssuer => ("E205", "callback_issuer"),
            Self::Denied => ("E206", "denied"),
            Self::AuthorizationFailed => ("E207", "authorization_failed"),
            Self::IdToken(fault) => ("E210", fault.kind()),
            Self::WrongOrganization => ("E211", "organization"),
            Self::Metadata => ("E220", "metadata"),
            Self::IssuerNotAllowed => ("E221", "issuer_not_allowed"),
            Self::EndpointOrigin => ("E222", "endpoint_origin"),
            Self::NoS256 => ("E223", "no_s256"),
            Self::Unsupported => ("E224", "unsupported"),
            Self::TokenAnswer => ("E230", "token_answer"),
            Self::CodeRefused => ("E231", "code_refused"),
            Self::ClientRefused => ("E232", "client_refused"),
            Self::PersonNeeded => ("E233", "person_needed"),
            Self::SessionEnded => ("E240", "session_ended"),
            Self::NoSession => ("E241", "no_session"),
            Self::NoTransfer => ("E242", "no_hand_off"),
            Self::OtherPerson => ("E243", "other_person"),
            Self::Overtaken => ("E244", "overtaken"),
            Self::DeviceCodeExpired => ("E250", "code_expired"),
            Self::DeviceCodeDenied => ("E251", "code_denied"),
            Self::Unreachable => ("E301", "unreachable"),
            Self::Timeout => ("E302", "timeout"),
            Self::ServerFault => ("E303", "server_fault"),
            Self::Busy => ("E304", "busy"),
            Self::Redirect => ("E305", "redirect"),
            Self::TooLarge => ("E306", "too_large"),
            Self::Tls => ("E307", "tls"),
            Self::NotJson => ("E308", "not_json"),
            Self::Store(StoreError::Absent) => ("E401", "keystore_absent"),
            Self::Store(StoreError::Locked) => ("E402", "keystore_locked"),
            Self::Store(StoreError::Failed) => ("E403", "keystore_failed"),
        }
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code(), self.kind())
    }
}

impl std::error::Error for Error {}

impl From<StoreError> for Error {
    fn from(fault: StoreError) -> Self {
        Self::Store(fault)
    }
}

impl From<IdTokenError> for Error {
    fn from(fault: IdTokenError) -> Self {
        Self::IdToken(fault)
    }
}
