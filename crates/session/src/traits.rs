//! What the session is given: time, randomness and HTTP.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use crate::Error;

/// A future that can be sent between threads.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Time.
pub trait Clock: Send + Sync + 'static {
    /// Seconds since 1970 by the device, which may be years off.
    fn now(&self) -> i64;
    /// Waits.
    fn sleep(&self, time: Duration) -> BoxFuture<()>;
}

/// Randomness fit for secrets.
pub trait Random: Send + Sync + 'static {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// One HTTP exchange.
pub trait Http: Send + Sync + 'static {
    /// Sends a request and reads the whole answer. Never follows a redirect, never takes more than
    /// [`Request::limit`] bytes, answers or fails within ten seconds.
    fn send(&self, request: Request) -> BoxFuture<Result<Response, HttpError>>;
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where to.
    pub url: Url,
    /// The fields of a form to post; none makes it a GET.
    pub form: Option<Form>,
    /// The most bytes that the answer may have.
    pub limit: usize,
}

/// Fields of a form, encoded; prints as `[redacted]`.
#[derive(Clone)]
pub struct Form(Zeroizing<String>);

impl Form {
    pub(crate) fn new(fields: &[(&str, &str)]) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        Self(Zeroizing::new(form.finish()))
    }

    /// The body to send, `application/x-www-form-urlencoded`.
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

/// An answer.
pub struct Response {
    /// The status.
    pub status: u16,
    /// `Date`, in seconds since 1970.
    pub date: Option<i64>,
    /// `Retry-After` in seconds, or else what `X-RateLimit-Reset` (seconds since 1970) leaves.
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

/// How long a server asks to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// For so many seconds.
    Seconds(u64),
    /// Until so many seconds since 1970, by the server's clock.
    Until(i64),
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// No connection, or it broke before the end of the answer.
    Unreachable,
    /// Too slow.
    Timeout,
    /// Too large.
    TooLarge,
    /// No safe connection.
    Tls,
}

impl From<HttpError> for Error {
    fn from(fault: HttpError) -> Self {
        match fault {
            HttpError::Unreachable => Self::Unreachable,
            HttpError::Timeout => Self::Timeout,
            HttpError::TooLarge => Self::TooLarge,
            HttpError::Tls => Self::Tls,
        }
    }
}

/// Randomness of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        // A system without randomness cannot keep a secret: there is nothing sensible to go on with.
        if getrandom::fill(buffer).is_err() {
            std::process::abort();
        }
    }
}

/// 256 random bits as base64url: a `state`, `nonce` or verifier.
pub(crate) fn token(random: &dyn Random) -> String {
    use base64::Engine;
    let mut bytes = Zeroizing::new([0_u8; 32]);
    random.fill(&mut *bytes);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(*bytes)
}

/// A random moment in `0..=most`: full jitter.
pub(crate) fn jitter(random: &dyn Random, most: Duration) -> Duration {
    let mut bytes = [0_u8; 4];
    random.fill(&mut bytes);
    most.mul_f64(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}
