//! What an app passes to a session: time, randomness and HTTP. The keystore is [`Store`](crate::store::Store).

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;
use zeroize::Zeroizing;

/// A boxed future that can move between threads.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The device's clock.
pub trait Clock: Send + Sync + 'static {
    /// Seconds since 1970-01-01T00:00:00Z by the device's clock, which may be years off.
    fn now(&self) -> i64;
    /// Completes after `duration`, even if the clock is set meanwhile.
    fn sleep(&self, duration: Duration) -> BoxFuture<()>;
}

/// The operating system's clock: its time of day, and Tokio's timer for [`Clock::sleep`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
        }
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A cryptographically secure random number generator.
pub trait Random: Send + Sync + 'static {
    /// Fills the whole buffer with bytes that nobody can guess.
    fn fill(&self, buffer: &mut [u8]);
}

/// An HTTP client.
///
/// A session sends at most a few requests at a time and may drop the future of a request. [`ReqwestHttp`] is the
/// implementation for real networks.
///
/// [`ReqwestHttp`]: crate::ReqwestHttp
pub trait Http: Send + Sync + 'static {
    /// Sends one request and reads the whole response.
    ///
    /// An implementation never follows a redirect (RFC 9700 §4.12), never reads more than [`Request::limit`] bytes of
    /// the body, and completes within ten seconds. A response of any status is `Ok`.
    fn send(&self, request: Request) -> BoxFuture<Result<Response, HttpError>>;
}

/// A request: a POST of a form, or a GET.
#[derive(Clone, Debug)]
pub struct Request {
    /// The URL to send it to.
    pub url: Url,
    /// The form to post. `None` makes the request a GET.
    pub form: Option<Form>,
    /// The largest body, in bytes, that the response may have.
    pub limit: usize,
}

/// The encoded fields of a form. Prints as `[redacted]` and is overwritten when dropped.
#[derive(Clone)]
pub struct Form(Zeroizing<String>);

impl Form {
    pub(crate) fn new(fields: &[(&str, &str)]) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        Self(Zeroizing::new(form.finish()))
    }

    /// The request body, in `application/x-www-form-urlencoded`. It holds tokens: never log it.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A response.
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The `Date` header, in seconds since 1970; `None` if it is missing or does not parse.
    pub date: Option<i64>,
    /// `Retry-After`; without it, `X-RateLimit-Reset` if the status is 429. `None` if neither is there or parses.
    ///
    /// Auth0 sends `X-RateLimit-Reset` with ordinary responses too. There it says when the quota is full again, and not
    /// that the client should wait, so an implementation ignores it for every other status.
    pub retry_after: Option<RetryAfter>,
    /// The body, overwritten when dropped.
    pub body: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body", &format_args!("[redacted]"))
            .finish_non_exhaustive()
    }
}

/// How long the provider asks the client to wait (RFC 9110 §10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// A number of seconds from now.
    Seconds(u64),
    /// A moment in seconds since 1970. Use it only if the response has no `Date`: with one, the difference is
    /// [`RetryAfter::Seconds`], which does not depend on the device's clock.
    Until(i64),
}

/// Why there is no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// No connection, so that no byte of the request has left the device: the name was not resolved, the connection was
    /// refused, or it broke before the request. An implementation that cannot be sure returns
    /// [`HttpError::Unreachable`].
    NotSent,
    /// The connection broke before the response was complete. The server may have handled the request.
    Unreachable,
    /// The response was not complete in time. The server may have handled the request.
    Timeout,
    /// The body is larger than [`Request::limit`].
    TooLarge,
    /// The TLS handshake failed, so that no byte of the request has left the device.
    Tls,
}

impl HttpError {
    /// Whether the server may have received the request, and so may have done what it asks.
    pub(crate) fn may_have_arrived(self) -> bool {
        match self {
            Self::NotSent | Self::Tls => false,
            Self::Unreachable | Self::Timeout | Self::TooLarge => true,
        }
    }
}

/// The operating system's random number generator. Aborts the process if it fails, because a session without
/// randomness cannot protect a sign-in.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        if getrandom::fill(buffer).is_err() {
            std::process::abort();
        }
    }
}

/// 256 random bits in base64url: a `state`, a `nonce`, or a code verifier (RFC 7636 §4.1).
pub(crate) fn random_token(random: &dyn Random) -> String {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    random.fill(&mut *bytes);
    URL_SAFE_NO_PAD.encode(*bytes)
}

/// A random duration in `min..=max`.
pub(crate) fn random_between(random: &dyn Random, min: Duration, max: Duration) -> Duration {
    min + jitter(random, max.saturating_sub(min))
}

/// A random duration in `0..=max` ("full jitter").
pub(crate) fn jitter(random: &dyn Random, max: Duration) -> Duration {
    let mut bytes = [0_u8; 4];
    random.fill(&mut bytes);
    max.mul_f64(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}
