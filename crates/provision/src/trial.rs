//! What `provision doctor --sign-in` does with its session: it uses each grant that the app relies on, reports what it saw
//! and what no answer shows, and ends the session.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use error_codes::ErrorCode;
use serde_json::{Map, Value};
use session::{Error, IdTokenError, RefreshOutcome, Session, SignedIn, TransferOutcome};
use settings::SignInTarget;
use url::Url;

use crate::context::Context;
use crate::network::Network;
use crate::observed::{ObservedHttp, Reuse};
use crate::redeem::Redeemer;
use crate::report::{Report, Status};

/// For how long a refresh token has to work without being used, in seconds: a summer holiday.
const IDLE_LIFETIME_SECS: u64 = 60 * 24 * 3_600;
/// An answer may name the lifetime that is left, which is a little less than the whole.
const LIFETIME_SLACK_SECS: u64 = 60;
/// Algorithms of ID tokens that a report may name (RFC 7518, section 3.1; RFC 8037). Any other text of a server stays out.
const KNOWN_ALGORITHMS: [&str; 14] = [
    "RS256", "ES256", "HS256", "HS384", "HS512", "RS384", "RS512", "ES384", "ES512", "PS256", "PS384", "PS512",
    "EdDSA", "none",
];

/// A session of this program, of an account that a person signed in with for the trial.
pub struct Trial<'a> {
    pub context: &'a Context,
    pub target: &'a SignInTarget,
    pub metadata: &'a Map<String, Value>,
    pub session: Session,
    pub observed: ObservedHttp,
    /// Whether the reuse of a replaced refresh token has ended the session, so that its revocation shows nothing.
    pub ended_by_reuse: bool,
}

impl Trial<'_> {
    /// Looks at everything that a session can show. `measures`: waits to see whether the leeway is long enough.
    pub async fn check(&mut self, signed_in: &SignedIn, measures: bool, report: &mut Report) {
        self.id_token(report);
        if !signed_in.refresh_token {
            return report.bad(Status::Fault, "kept", ErrorCode::DoctorRefresh, "");
        }
        match self.session.refresh().await {
            RefreshOutcome::Refreshed { rotated, .. } => {
                report.ok("kept", "");
                report.expect(rotated, Status::Warning, "rotation", ErrorCode::DoctorRotation);
            }
            RefreshOutcome::Kept(error) | RefreshOutcome::SignedOut(error) => {
                return report.bad(Status::Fault, "kept", ErrorCode::DoctorKept, error.to_string());
            }
        }
        self.lifetimes(report);
        match self.session.transfer().await {
            TransferOutcome::Token(_) => {
                self.transfer_token(report);
                self.redeemer().check(report).await;
            }
            TransferOutcome::NoTransfer(error) | TransferOutcome::Kept(error) => {
                report.bad(
                    Status::Warning,
                    "hand-off",
                    ErrorCode::DoctorTransfer,
                    error.to_string(),
                );
                report.unseen("redeem");
                report.unseen("binding");
            }
            TransferOutcome::SignedOut(error) => {
                return report.bad(Status::Fault, "hand-off", ErrorCode::DoctorKept, error.to_string());
            }
        }
        // Last, because a provider without a leeway ends the session at the reuse.
        self.leeway(measures, report).await;
    }

    /// The algorithm of the ID token. The session has verified everything else about it.
    fn id_token(&self, report: &mut Report) {
        report.ok("id-token", self.algorithm().unwrap_or_default());
    }

    /// `alg` of the ID token, if it is one that the report may name.
    fn algorithm(&self) -> Option<&'static str> {
        let token = self.observed.id_token()?;
        let header = URL_SAFE_NO_PAD.decode(token.expose().split('.').next()?).ok()?;
        let header = strict_json::parse_object(&header).ok()?;
        let named = header.get("alg")?.as_str()?;
        KNOWN_ALGORITHMS.into_iter().find(|known| *known == named)
    }

    /// Reports why the sign-in did not succeed.
    pub fn refused(&self, error: Error, report: &mut Report) {
        match error {
            Error::Unreachable | Error::Timeout => {
                report.bad(
                    Status::Fault,
                    "sign-in",
                    ErrorCode::DoctorUnreachable,
                    error.to_string(),
                );
            }
            Error::IdToken(IdTokenError::Algorithm | IdTokenError::Issuer | IdTokenError::Audience) => {
                let detail = match error {
                    Error::IdToken(IdTokenError::Issuer) => "iss",
                    Error::IdToken(IdTokenError::Audience) => "aud",
                    _ => self.algorithm().unwrap_or("alg"),
                };
                report.bad(Status::Fault, "id-token", ErrorCode::DoctorIdToken, detail);
            }
            _ => report.bad(Status::Fault, "sign-in", ErrorCode::DoctorSignIn, error.to_string()),
        }
    }

    fn lifetimes(&self, report: &mut Report) {
        let answer = self.observed.last_answer();
        match answer.expires_in {
            Some(seconds) => report.ok("access-lifetime", format!("{seconds} s")),
            None => report.unseen("access-lifetime"),
        }
        match answer.refresh_token_expires_in {
            None => report.unseen("idle-lifetime"),
            Some(seconds) if seconds >= IDLE_LIFETIME_SECS - LIFETIME_SLACK_SECS => {
                report.ok("idle-lifetime", format!("{seconds} s"));
            }
            Some(seconds) => {
                let detail = format!("{seconds} s");
                report.bad(Status::Warning, "idle-lifetime", ErrorCode::DoctorLifetime, detail);
            }
        }
    }

    fn transfer_token(&self, report: &mut Report) {
        let answer = self.observed.last_answer();
        // Anything but Auth0's own type would have been no transfer token, so the text may be shown.
        let kind = answer.issued_token_type.unwrap_or_default();
        match answer.expires_in {
            Some(seconds) => report.ok("hand-off", format!("{kind} {seconds} s").trim().to_owned()),
            None => report.ok("hand-off", kind),
        }
    }

    fn redeemer(&self) -> Redeemer<'_> {
        Redeemer {
            session: &self.session,
            client_id: &self.target.client_id,
            group_url: &self.target.group_url,
            end_session: self.own_endpoint("end_session_endpoint"),
            id_token: self.observed.id_token(),
            loopback: self.target.development,
        }
    }

    /// An endpoint of the metadata, if it is on the origin of the token endpoint.
    fn own_endpoint(&self, name: &str) -> Option<Url> {
        let url = Url::parse(self.metadata.get(name)?.as_str()?).ok()?;
        self.observed.is_on_token_origin(&url).then_some(url)
    }

    /// Uses a refresh token of this session a second time, right after its rotation, as a tablet does whose answer got
    /// lost. Without a leeway, the identity provider ends the refresh tokens that descend from this sign-in, and no others.
    async fn leeway(&mut self, measures: bool, report: &mut Report) {
        let expected = self.target.rotation_leeway_seconds;
        let before = self.observed.refresh_tokens();
        let replaced = match (self.session.refresh().await, before.last()) {
            (RefreshOutcome::Refreshed { rotated: true, .. }, Some(token)) => token.clone(),
            // Without rotation there is nothing to reuse.
            (RefreshOutcome::Refreshed { .. }, _) => return report.unseen("leeway"),
            (RefreshOutcome::Kept(error) | RefreshOutcome::SignedOut(error), _) => {
                return report.bad(Status::Warning, "leeway", error.code(), "");
            }
        };
        match self.observed.refresh(&self.target.client_id, &replaced).await {
            Reuse::Accepted => report.ok("leeway", ""),
            Reuse::Unclear(error) => return report.bad(Status::Warning, "leeway", error.code(), ""),
            Reuse::Refused => {
                self.ended_by_reuse = true;
                return if expected == 0 {
                    report.ok("leeway", "0 s");
                } else {
                    report.bad(
                        Status::Warning,
                        "leeway",
                        ErrorCode::DoctorNoLeeway,
                        format!("{expected} s"),
                    );
                };
            }
        }
        if measures && expected > 0 {
            self.measure(expected, report).await;
        } else {
            report.unseen("leeway-length");
        }
    }

    /// Uses a replaced refresh token shortly before the leeway that the app expects is over.
    async fn measure(&mut self, expected: u64, report: &mut Report) {
        // The answer of the provider has to arrive within the leeway, too.
        let wait = expected - (expected / 10).clamp(1, 5);
        let client_id = &self.target.client_id;
        let Some(token) = self.observed.refresh_tokens().pop() else {
            return report.unseen("leeway-length");
        };
        if let Reuse::Unclear(error) = self.observed.refresh(client_id, &token).await {
            return report.bad(Status::Warning, "leeway-length", error.code(), "");
        }
        let (seconds, minutes) = (wait.to_string(), wait.div_ceil(60).to_string());
        eprintln!(
            "{}",
            self.context
                .messages
                .with("sign-in-measures", &[("seconds", &seconds), ("count", &minutes)])
        );
        tokio::time::sleep(Duration::from_secs(wait)).await;
        match self.observed.refresh(client_id, &token).await {
            Reuse::Accepted => report.ok("leeway-length", format!("≥ {wait} s")),
            Reuse::Refused => {
                self.ended_by_reuse = true;
                let detail = format!("< {wait} s, {expected} s");
                report.bad(Status::Warning, "leeway-length", ErrorCode::DoctorShortLeeway, detail);
            }
            Reuse::Unclear(error) => report.bad(Status::Warning, "leeway-length", error.code(), ""),
        }
    }

    /// Ends the session: revokes every refresh token that was issued to it, and lets the identity provider's own page end
    /// what is left. `checks`: also tries a revoked token.
    pub async fn end(&self, checks: bool, report: &mut Report) {
        self.observed.settle().await;
        if self.observed.refresh_tokens().is_empty() {
            return;
        }
        let endpoint = self.own_endpoint("revocation_endpoint");
        let signed_out = self.session.sign_out().await;
        // A request that the sign-out overtook may bring one more token.
        self.observed.settle().await;
        let revoked = self.revoke_all(endpoint.as_ref()).await;
        match revoked {
            Ok(()) => report.ok("sign-out", ""),
            Err(error) => report.bad(Status::Warning, "sign-out", ErrorCode::DoctorSignOut, error.to_string()),
        }
        if checks && revoked.is_ok() {
            self.revocation(endpoint.as_ref(), report).await;
        }
        if let Some(page) = signed_out.end_session_url {
            if checks {
                self.end_session_page(page.clone(), report).await;
            }
            eprintln!(
                "{}",
                self.context
                    .messages
                    .with("sign-in-browser-end", &[("url", page.as_str())])
            );
        }
    }

    /// Revokes every refresh token that was issued to the trial, all at the same time, so that an identity provider that does
    /// not answer costs the time of one request. The session has revoked the one that it knew; twice does no harm.
    async fn revoke_all(&self, endpoint: Option<&Url>) -> Result<(), Error> {
        let mut requests = tokio::task::JoinSet::new();
        for token in self.observed.refresh_tokens() {
            let (observed, endpoint) = (self.observed.clone(), endpoint.cloned());
            let client_id = self.target.client_id.clone();
            requests.spawn(async move { observed.revoke(endpoint.as_ref(), &client_id, &token).await });
        }
        let outcomes = requests.join_all().await;
        outcomes.into_iter().collect()
    }

    /// Tries the newest refresh token, which has been revoked.
    async fn revocation(&self, endpoint: Option<&Url>, report: &mut Report) {
        let Some(token) = self.observed.refresh_tokens().pop().filter(|_| !self.ended_by_reuse) else {
            return report.unseen("revoked");
        };
        match self.observed.refresh(&self.target.client_id, &token).await {
            Reuse::Refused => report.ok("revoked", ""),
            Reuse::Unclear(error) => report.bad(Status::Warning, "revoked", error.code(), ""),
            Reuse::Accepted => {
                report.bad(Status::Warning, "revoked", ErrorCode::DoctorRevoked, "");
                if let Some(token) = self.observed.refresh_tokens().pop() {
                    // The report says that revocation does not work; this is one more try.
                    let _ = self.observed.revoke(endpoint, &self.target.client_id, &token).await;
                }
            }
        }
    }

    /// Opens the page that ends a session, as a browser without a session of its own.
    async fn end_session_page(&self, page: Url, report: &mut Report) {
        let answer = match Network::new(None, self.target.development) {
            Ok(network) => network.get(page, "").await,
            Err(failure) => Err(failure),
        };
        match answer {
            Ok(answer) if answer.status < 400 => report.ok("end-session", ""),
            Ok(answer) => report.bad(
                Status::Warning,
                "end-session",
                ErrorCode::DoctorEndSession,
                answer.status.to_string(),
            ),
            Err(failure) => report.bad(Status::Warning, "end-session", failure.code, failure.reason),
        }
    }
}

/// The settings that no answer shows, whatever the identity provider does.
pub const NEVER_SEEN: [&str; 4] = ["absolute-lifetime", "mfa", "grant-deletion", "cascade"];
