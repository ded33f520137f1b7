//! The device authorization grant (RFC 8628): the user signs in on another device with a short code.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use crate::client::Client;
use crate::discovery::is_loopback;
use crate::error::Error;
use crate::outcome::{DeviceAuthorization, SignedIn};
use crate::secret::Secret;
use crate::sign_in::SentParams;
use crate::token_endpoint::{self, NoResponse, TokenError};
use crate::traits::RetryAfter;

/// The polling interval, in seconds, if the response has none (RFC 8628 §3.2).
const DEFAULT_INTERVAL: u64 = 5;
/// How many seconds `slow_down` adds to the interval (RFC 8628 §3.5).
const SLOW_DOWN: u64 = 5;
/// The longest interval, in seconds, to which network faults increase it. The provider may ask for a longer one.
const MAX_BACKOFF: u64 = 60;
/// The longest lifetime, in seconds, that is believed.
const MAX_LIFETIME: u64 = 1_800;

impl Client {
    /// Requests a device code and a user code (RFC 8628 §3.1).
    pub(crate) async fn begin_device_flow(&self) -> Result<DeviceAuthorization, Error> {
        let metadata = self.metadata().await?;
        let endpoint = metadata
            .device_authorization_endpoint
            .as_ref()
            .map_err(|error| *error)?;
        let received = Instant::now();
        let params = self.request_params();
        let scope = params.scope();
        let mut fields = vec![("client_id", self.config.client_id.as_str()), ("scope", scope.as_str())];
        if let Some(audience) = &params.audience {
            fields.push(("audience", audience));
        }
        let response = token_endpoint::post_form(&*self.http, endpoint, &fields)
            .await
            .map_err(|error| error.to_error())?;
        let body = strict_json::parse_object(&response.body).map_err(|_| Error::NotJson)?;
        let text = |name: &str| {
            body.get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty() && text.len() <= 2_048)
        };
        // The page may be on any host, but a page without TLS could be replaced on the way.
        let page = |name: &str| {
            text(name).and_then(|text| Url::parse(text).ok()).filter(|url| {
                url.scheme() == "https" || (url.scheme() == "http" && self.config.loopback_http && is_loopback(url))
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
                .unwrap_or(DEFAULT_INTERVAL)
                .clamp(1, MAX_LIFETIME),
            received,
            device_code: Secret::new(text("device_code").ok_or(Error::TokenAnswer)?.to_owned()),
        })
    }

    /// Polls the token endpoint until the user has signed in, refused, or let the code expire.
    ///
    /// Dropping the future stops polling, unless the tokens have arrived: they are then stored in a detached task,
    /// because the device code cannot be used again. The lifetime is measured by the time slept, and by the time that
    /// passed since the code came if that is longer, so setting the clock meanwhile changes nothing. No request is sent
    /// after it (RFC 8628 §3.5).
    pub(crate) async fn await_device_flow(
        self: Arc<Self>,
        authorization: &DeviceAuthorization,
    ) -> Result<SignedIn, Error> {
        let epoch = self.sign_out_epoch();
        let metadata = self.metadata().await?;
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", self.config.client_id.as_str()),
            ("device_code", authorization.device_code.expose()),
        ];
        let mut interval = authorization.interval;
        let params = self.request_params();
        let (organization, owner) = (params.organization, params.owner);
        let mut waited = 0;
        loop {
            let passed = authorization.received.elapsed().as_secs().max(waited);
            let left = authorization.expires_in.saturating_sub(passed);
            self.clock.sleep(Duration::from_secs(interval.min(left))).await;
            if interval >= left {
                return Err(Error::DeviceCodeExpired);
            }
            waited += interval;
            match token_endpoint::request_token(&*self.http, &metadata.token_endpoint, &fields).await {
                Ok(response) => {
                    let (client, metadata) = (self.clone(), metadata.clone());
                    let establish = async move {
                        let sent = SentParams {
                            nonce: None,
                            max_age: None,
                            organization: organization.as_deref(),
                            owner: owner.as_deref(),
                        };
                        let keys = client.keys(&metadata).await;
                        client
                            .establish_session(response, &sent, (&metadata, keys), epoch)
                            .await
                    };
                    return Self::detached(establish, Err(Error::Unreachable)).await;
                }
                Err(TokenError::OAuth(error)) => match error.as_str() {
                    "authorization_pending" => {}
                    "slow_down" => interval += SLOW_DOWN,
                    "access_denied" => return Err(Error::DeviceCodeDenied),
                    "expired_token" => return Err(Error::DeviceCodeExpired),
                    _ => return Err(TokenError::OAuth(error).to_error()),
                },
                // After a network fault the client must poll less often (RFC 8628 §3.5).
                Err(TokenError::NoResponse(NoResponse { error, retry_after, .. })) if error.is_transient() => {
                    let requested = match retry_after {
                        Some(RetryAfter::Seconds(seconds)) => seconds.min(MAX_LIFETIME),
                        Some(RetryAfter::Until(_)) | None => 0,
                    };
                    interval = (interval * 2).min(MAX_BACKOFF).max(interval).max(requested);
                }
                Err(TokenError::NoReason) => interval = (interval * 2).min(MAX_BACKOFF).max(interval),
                Err(error @ TokenError::NoResponse(_)) => return Err(error.to_error()),
            }
        }
    }
}
