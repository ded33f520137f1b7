//! What an OAuth `error` of the token endpoint says about a refresh token, in one table.

use crate::error::Error;

/// What follows from an `error` that answers a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The refresh token is dead. The session ends if the token is still the stored one.
    SessionEnded,
    /// The provider does not do this for this client: a session transfer is not to be had. On a plain refresh the client's
    /// registration is wrong, and the session stays.
    NotForThisClient,
    /// The request failed for this reason. The session stays, and a later request may succeed.
    Kept(Error),
}

/// The errors that are known, where each is defined, and what follows.
///
/// Only the first row ends a session, and only the next four rule out session transfers. Each other row may be the work of
/// an hour: a deploy of a rule, a locked account, a second factor that is asked for, a provider in trouble.
const VERDICTS: [(&str, Verdict); 18] = [
    // RFC 6749 §5.2: the refresh token is invalid, expired, revoked, or was issued to another client.
    ("invalid_grant", Verdict::SessionEnded),
    // RFC 8707 §2 and RFC 8693 §2.2.2: the provider does not know the audience.
    ("invalid_target", Verdict::NotForThisClient),
    // RFC 6749 §5.2: this client may not use this grant.
    ("unauthorized_client", Verdict::NotForThisClient),
    // RFC 6749 §5.2: the scope is unknown, or exceeds what the user granted.
    ("invalid_scope", Verdict::NotForThisClient),
    // RFC 6749 §5.2: the provider does not support this grant.
    ("unsupported_grant_type", Verdict::NotForThisClient),
    // RFC 6749 §5.2: the client is unknown or may not authenticate like this.
    ("invalid_client", Verdict::Kept(Error::ClientRefused)),
    // RFC 6749 §5.2: the request is malformed.
    ("invalid_request", Verdict::Kept(Error::ClientRefused)),
    // Auth0: an Action threw or called `api.access.deny`, or the account is blocked.
    ("access_denied", Verdict::Kept(Error::Denied)),
    // Auth0: the tenant asks for a second factor on a refresh.
    ("mfa_required", Verdict::Kept(Error::PersonNeeded)),
    // OpenID Connect Core §3.1.2.6.
    ("interaction_required", Verdict::Kept(Error::PersonNeeded)),
    ("login_required", Verdict::Kept(Error::PersonNeeded)),
    ("account_selection_required", Verdict::Kept(Error::PersonNeeded)),
    ("consent_required", Verdict::Kept(Error::PersonNeeded)),
    // RFC 6749 §4.1.2.1, which defines these for the authorization endpoint.
    ("temporarily_unavailable", Verdict::Kept(Error::ServerFault)),
    ("server_error", Verdict::Kept(Error::ServerFault)),
    // Auth0: too many attempts for this account or address.
    ("too_many_attempts", Verdict::Kept(Error::Busy)),
    ("too_many_requests", Verdict::Kept(Error::Busy)),
    // RFC 8628 §3.5, which some providers use more widely.
    ("slow_down", Verdict::Kept(Error::Busy)),
];

/// What follows from `error`. An error that is not in the table proves nothing about the session, nor about transfers.
pub(crate) fn verdict(error: &str) -> Verdict {
    VERDICTS
        .iter()
        .find(|(known, _)| *known == error)
        .map_or(Verdict::Kept(Error::ClientRefused), |(_, verdict)| *verdict)
}
