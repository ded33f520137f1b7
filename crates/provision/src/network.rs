//! The HTTP requests that `provision doctor` sends itself: no redirect is followed, and each has a limit of time and size.

use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};

use error_codes::ErrorCode;
use reqwest::header::{COOKIE, DATE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use serde_json::{Map, Value};
use session::HttpError;
use url::Url;

/// The longest answer that is read, in bytes. A metadata document has a few kilobytes.
const MAX_ANSWER: usize = 1 << 20;
/// How long a server may take, from the connection to the last byte of its answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An HTTP client.
#[derive(Clone)]
pub struct Network(reqwest::Client);

/// Why there is no answer.
#[derive(Debug)]
pub struct Failure {
    pub code: ErrorCode,
    /// What the system says about it. Holds no address, because an address may hold a secret.
    pub reason: String,
}

/// An answer of any status.
pub struct Answer {
    pub status: u16,
    /// The target of a redirect.
    pub location: Option<Url>,
    /// Names and values of the cookies that the answer sets.
    pub cookies: Vec<(String, String)>,
    /// The header `Date`, in seconds since 1970.
    pub date: Option<i64>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, if it is one JSON object in which no member occurs twice.
    pub fn json(&self) -> Option<Map<String, Value>> {
        strict_json::parse_object(&self.body).ok()
    }
}

impl Network {
    /// `local_address`: the address of this computer that the connections leave from. `loopback`: the servers are on this
    /// computer, so the proxies of the environment do not apply.
    pub fn new(local_address: Option<IpAddr>, loopback: bool) -> Result<Self, Failure> {
        // Fails only if a provider is installed already, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .local_address(local_address)
            .user_agent(concat!("provision/", env!("CARGO_PKG_VERSION")));
        if loopback {
            builder = builder.no_proxy();
        }
        builder.build().map(Self).map_err(|error| Failure::from(&error))
    }

    pub async fn get(&self, url: Url, cookies: &str) -> Result<Answer, Failure> {
        let request = self.0.get(url.clone());
        read(&url, with_cookies(request, cookies)).await
    }

    /// Posts a form.
    pub async fn post(&self, url: Url, cookies: &str, fields: &[(&str, &str)]) -> Result<Answer, Failure> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self
            .0
            .post(url.clone())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(body);
        read(&url, with_cookies(request, cookies)).await
    }
}

fn with_cookies(request: reqwest::RequestBuilder, cookies: &str) -> reqwest::RequestBuilder {
    if cookies.is_empty() {
        request
    } else {
        request.header(COOKIE, cookies)
    }
}

async fn read(url: &Url, request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
    let mut response = request.send().await.map_err(|error| Failure::from(&error))?;
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let date = text(DATE)
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .and_then(|date| date.duration_since(UNIX_EPOCH).ok())
        .and_then(|since| i64::try_from(since.as_secs()).ok());
    let location = text(LOCATION).and_then(|target| url.join(target).ok());
    let cookies = set_cookies(response.headers());
    let status = response.status().as_u16();
    let mut body = vec![];
    while let Some(chunk) = response.chunk().await.map_err(|error| Failure::from(&error))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(Failure {
                code: ErrorCode::DoctorUnreachable,
                reason: format!("> {MAX_ANSWER} B"),
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        location,
        cookies,
        date,
        body,
    })
}

fn set_cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let line = |value: &reqwest::header::HeaderValue| {
        let (name, value) = value.to_str().ok()?.split(';').next()?.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    headers.get_all(SET_COOKIE).iter().filter_map(line).collect()
}

impl From<&reqwest::Error> for Failure {
    fn from(error: &reqwest::Error) -> Self {
        // The last cause is the system's; the ones before it repeat the address of the request.
        let last = std::iter::successors(std::error::Error::source(error), |&cause| cause.source()).last();
        let code = if HttpError::from(error) == HttpError::Tls {
            ErrorCode::DoctorTls
        } else {
            ErrorCode::DoctorUnreachable
        };
        Self {
            code,
            reason: last.map(ToString::to_string).unwrap_or_default(),
        }
    }
}
