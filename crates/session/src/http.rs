//! HTTP over the network, with reqwest and rustls.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use rustls::pki_types::CertificateDer;
use url::Url;
use zeroize::Zeroizing;

use crate::traits::{BoxFuture, Http, HttpError, Request, Response, RetryAfter};

/// The time limit of a whole exchange, from the connection to the last byte of the body.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The time limit of name lookup, connection and TLS handshake. Shorter than [`TIMEOUT`], so that a connection that never
/// came about is told apart from a response that never came.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// An HTTP client for real networks.
///
/// It follows no redirects, keeps no cookies and has a time limit of ten seconds. Each request says
/// `accept-encoding: identity`, because a request without that header allows any compression (RFC 9110 §12.5.3).
#[derive(Clone, Debug)]
pub struct ReqwestHttp(reqwest::Client);

impl ReqwestHttp {
    /// Builds a client. Fails with [`HttpError::Tls`] if TLS cannot be set up.
    ///
    /// `roots` are the root certificates to trust, in DER; a certificate that rustls cannot use is skipped, because one odd
    /// certificate on a device must not cost it all connections. `None` means the
    /// operating system's, which Android does not offer to native code. `loopback` ignores the proxies of the
    /// environment.
    pub fn new(roots: Option<&[Vec<u8>]>, loopback: bool) -> Result<Self, HttpError> {
        Self::build(roots, loopback, None)
    }

    /// Builds a client as [`ReqwestHttp::new`] does, which asks `proxy` for the HTTP proxy of each connection instead of the
    /// environment: on Android, no environment names the proxy of the network. `None` means a direct connection.
    pub fn with_proxy(
        roots: Option<&[Vec<u8>]>,
        loopback: bool,
        proxy: impl Fn(&Url) -> Option<Url> + Send + Sync + 'static,
    ) -> Result<Self, HttpError> {
        Self::build(roots, loopback, Some(reqwest::Proxy::custom(move |url| proxy(url))))
    }

    fn build(roots: Option<&[Vec<u8>]>, loopback: bool, proxy: Option<reqwest::Proxy>) -> Result<Self, HttpError> {
        // A process has one default crypto provider. An error means that one is set already, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("KonnectGroep/", env!("CARGO_PKG_VERSION")));
        if loopback {
            builder = builder.no_proxy();
        } else if let Some(proxy) = proxy {
            builder = builder.proxy(proxy);
        }
        if let Some(roots) = roots {
            let roots = roots
                .iter()
                .filter(|der| is_usable_root(der))
                .filter_map(|der| reqwest::Certificate::from_der(der).ok());
            builder = builder.tls_certs_only(roots);
        }
        builder.build().map(Self).map_err(|_| HttpError::Tls)
    }
}

/// Whether rustls accepts this certificate as a root. `reqwest::Certificate::from_der` does not parse, and a certificate
/// that rustls refuses makes the whole client fail to build.
fn is_usable_root(der: &[u8]) -> bool {
    rustls::RootCertStore::empty().add(CertificateDer::from(der)).is_ok()
}

impl Http for ReqwestHttp {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, HttpError>> {
        let client = self.0.clone();
        Box::pin(async move {
            let builder = match &request.form {
                Some(form) => client
                    .post(request.url)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(form.body().to_owned()),
                None => client.get(request.url),
            };
            let response = builder
                .header("accept", "application/json")
                .header("accept-encoding", "identity")
                .send()
                .await
                .map_err(|error| HttpError::from(&error))?;
            read(response, request.limit).await
        })
    }
}

async fn read(mut response: reqwest::Response, limit: usize) -> Result<Response, HttpError> {
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(HttpError::TooLarge);
    }
    let status = response.status().as_u16();
    let date = response
        .headers()
        .get(DATE)
        .and_then(|value| value.to_str().ok())
        .and_then(http_date);
    let retry_after = retry_after(status, response.headers(), date);
    // Allocates the buffer at its final size if the length is known. A buffer that grows leaves copies of tokens behind in
    // memory that nobody overwrites.
    let mut body = Zeroizing::new(Vec::with_capacity(
        response
            .content_length()
            .map_or(16 * 1024, |length| usize::try_from(length).unwrap_or(limit))
            .min(limit),
    ));
    while let Some(chunk) = response.chunk().await.map_err(|error| HttpError::from(&error))? {
        if body.len() + chunk.len() > limit {
            return Err(HttpError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response {
        status,
        date,
        retry_after,
        body,
    })
}

fn http_date(text: &str) -> Option<i64> {
    let time = httpdate::parse_http_date(text).ok()?;
    i64::try_from(time.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs()).ok()
}

fn retry_after(status: u16, headers: &HeaderMap, date: Option<i64>) -> Option<RetryAfter> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    // A moment is meant by the provider's clock. If the response has a `Date`, the difference is a duration, which does
    // not depend on the device's clock.
    let until = |moment: i64| {
        date.map_or(RetryAfter::Until(moment), |now| {
            RetryAfter::Seconds(u64::try_from(moment.saturating_sub(now)).unwrap_or(0))
        })
    };
    let after = text(RETRY_AFTER.as_str()).and_then(|after| {
        seconds(after)
            .map(RetryAfter::Seconds)
            .or_else(|| http_date(after).map(until))
    });
    after.or_else(|| {
        text("x-ratelimit-reset")
            .filter(|_| status == 429)
            .and_then(|reset| reset.parse().ok())
            .map(until)
    })
}

/// Parses `delay-seconds`, which is digits only (RFC 9110 §10.2.3). A number that is too large becomes the largest one.
fn seconds(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

impl From<&reqwest::Error> for HttpError {
    fn from(error: &reqwest::Error) -> Self {
        // A fault while connecting comes before the first byte of the request, the TLS handshake included.
        if error.is_connect() {
            let tls = std::iter::successors(error.source(), |&cause| cause.source()).any(is_tls);
            return if tls { Self::Tls } else { Self::NotSent };
        }
        if error.is_timeout() {
            Self::Timeout
        } else {
            Self::Unreachable
        }
    }
}

/// Whether an error is a TLS error, or an I/O error around one. `source` of an I/O error skips the error that it wraps,
/// so that error is looked at separately.
fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>() || wrapped.is_some_and(|inner| is_tls(inner))
}

/// For [`Session::new`](crate::Session::new).
impl From<ReqwestHttp> for Arc<dyn Http> {
    fn from(http: ReqwestHttp) -> Self {
        Arc::new(http)
    }
}
