//! Signing in with a code on another device (RFC 8628).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::client::Client;
use crate::sign_in::{Asked, SignedIn};
use crate::token_endpoint::{self, Failure};
use crate::traits::RetryAfter;
use crate::{Error, Secret, json};

/// What RFC 8628 says where the server says nothing (3.2), in seconds.
const INTERVAL: u64 = 5;
/// What `slow_down` adds (3.5).
const SLOWER: u64 = 5;
/// The longest pause after a fault of the network, if the server asks for none that is longer.
const MAX_PAUSE: u64 = 60;
/// A code that would live longer is asked for anew.
const MAX_LIFETIME: u64 = 1_800;

/// A code to type on another device.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceAuthorization {
    /// What to type.
    pub user_code: String,
    /// Where to type it.
    pub verification_uri: Url,
    /// The same with the code in it, for a QR code.
    pub verification_uri_complete: Option<Url>,
    /// How long it can be used, in seconds from now.
    pub expires_in: u64,
    interval: u64,
    secret: Secret,
}

/// Whoever reads the short code can use it: only the time is printed.
impl fmt::Debug for DeviceAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let redacted = format_args!("[redacted]");
        f.debug_struct("DeviceAuthorization")
            .field("user_code", &redacted)
            .field("expires_in", &self.expires_in)
            .field("secret", &redacted)
            .finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) async fn begin_device_flow(&self) -> Result<DeviceAuthorization, Error> {
        let metadata = self.metadata().await?;
        let endpoint = metadata
            .device_authorization_endpoint
            .as_ref()
            .ok_or(Error::Unsupported)?;
        let asked = self.asked();
        let scope = asked.scope();
        let mut fields = vec![("client_id", self.config.client_id.as_str()), ("scope", scope.as_str())];
        if let Some(audience) = &asked.audience {
            fields.push(("audience", audience));
        }
        let answer = token_endpoint::send(&*self.http, endpoint, &fields)
            .await
            .map_err(|failure| failure.error())?;
        let body = json::object(&answer.body).ok_or(Error::NotJson)?;
        let text = |name: &str| {
            body.get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty() && text.len() <= 2_048)
        };
        let page = |name: &str| {
            text(name).and_then(|text| Url::parse(text).ok()).filter(|url| {
                url.scheme() == "https"
                    || (url.scheme() == "http" && self.config.loopback_http && crate::discovery::is_loopback(url))
            })
        };
        Ok(DeviceAuthorization {
            user_code: text("user_code")
                .filter(|code| code.len() <= 40)
                .ok_or(Error::TokenAnswer)?
                .to_owned(),
            verification_uri: page("verification_uri").ok_or(Error::TokenAnswer)?,
            verification_uri_complete: page("verification_uri_complete"),
            expires_in: body
                .get("expires_in")
                .and_then(Value::as_u64)
                .filter(|seconds| *seconds > 0)
                .ok_or(Error::TokenAnswer)?
                .min(MAX_LIFETIME),
            interval: body
                .get("interval")
                .and_then(Value::as_u64)
                .unwrap_or(INTERVAL)
                .clamp(1, MAX_LIFETIME),
            secret: Secret::new(text("device_code").ok_or(Error::TokenAnswer)?.to_owned()),
        })
    }

    /// Asks the token endpoint until the person is done, at the pace that the server sets. Dropping the future stops
    /// asking. Its time is what it has waited, so a clock that is set meanwhile changes nothing.
    pub(crate) async fn await_device_flow(self: Arc<Self>, code: &DeviceAuthorization) -> Result<SignedIn, Error> {
        let sign_out_epoch = self.sign_out_epoch();
        let metadata = self.metadata().await?;
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", self.config.client_id.as_str()),
            ("device_code", code.secret.expose()),
        ];
        let mut interval = code.interval;
        let mut waited = 0;
        loop {
            if waited >= code.expires_in {
                return Err(Error::DeviceCodeExpired);
            }
            self.clock.sleep(Duration::from_secs(interval)).await;
            waited += interval;
            match token_endpoint::post(&*self.http, &metadata.token_endpoint, &fields).await {
                Ok(answer) => {
                    // The code is used up now: from here on nobody cancels it.
                    let (inner, metadata) = (self.clone(), metadata.clone());
                    let admission = async move {
                        let asked = Asked {
                            nonce: None,
                            max_age: None,
                            organization: inner.config.organization.as_deref(),
                        };
                        inner.admit(answer, &asked, &metadata, sign_out_epoch).await
                    };
                    return Self::detached(admission, Err(Error::Unreachable)).await;
                }
                Err(Failure::Refused(error)) => match error.as_str() {
                    "authorization_pending" => {}
                    "slow_down" => interval += SLOWER,
                    "access_denied" => return Err(Error::DeviceCodeDenied),
                    "expired_token" => return Err(Error::DeviceCodeExpired),
                    _ => return Err(Failure::Refused(error).error()),
                },
                // The network fell away, or the server asks to wait: ask less often, and go on (3.5).
                Err(Failure::Fault(error, wait)) if error.is_transient() => {
                    let asked = if let Some(RetryAfter::Seconds(seconds)) = wait {
                        seconds.min(MAX_LIFETIME)
                    } else {
                        0
                    };
                    interval = (interval * 2).min(MAX_PAUSE).max(interval).max(asked);
                }
                Err(Failure::Unread) => interval = (interval * 2).min(MAX_PAUSE).max(interval),
                Err(failure @ Failure::Fault(..)) => return Err(failure.error()),
            }
        }
    }
}
