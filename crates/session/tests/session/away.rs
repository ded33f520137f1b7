//! A provider that is unreachable, slow or silent: the wait is bounded, the error has a code, and the session stays.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use session::{Error, Http, HttpError, RefreshOutcome, Request, ReqwestHttp};

use crate::common::Fixture;
use crate::common::provider::{Canned, Provider, WELL_KNOWN};

#[tokio::test]
async fn a_request_that_does_not_finish_times_out_and_a_refresh_retries_once() {
    let slow = |path: &'static str, canned: Canned| async move {
        let fixture = Fixture::new().await;
        // A code whose response is lost is sent once more.
        fixture.behave(|behaviour| behaviour.canned = vec![(path, canned.clone()), (path, canned)]);
        match fixture.session.begin_sign_in().await {
            Ok(begun) => {
                let callback = fixture.provider.authorize(begun.url.as_str()).await;
                fixture.session.complete_sign_in(&callback).await.unwrap_err().error
            }
            Err(error) => error,
        }
    };
    let sign_out = async {
        let fixture = Fixture::signed_in().await;
        fixture.behave(|behaviour| behaviour.canned = vec![("/revoke", Canned::Silence)]);
        fixture.session.sign_out().await.forgotten
    };
    let refresh = async {
        let fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        fixture.provider.clear_log();
        fixture.behave(|behaviour| behaviour.canned = vec![("/token", Canned::Silence), ("/token", Canned::Silence)]);
        assert_eq!(fixture.session.refresh().await, RefreshOutcome::Kept(Error::Timeout));
        assert_eq!((fixture.stored(), fixture.provider.hits("/token")), (before, 2));
    };
    let fast = async {
        let outcomes = tokio::join!(
            slow(WELL_KNOWN, Canned::Silence),
            slow(WELL_KNOWN, Canned::Drip),
            slow("/token", Canned::Silence),
            slow("/token", Canned::Drip),
            slow("/jwks", Canned::Silence),
            slow("/jwks", Canned::Drip),
            sign_out,
        );
        assert_eq!(
            outcomes,
            (
                Error::Timeout,
                Error::Timeout,
                Error::Timeout,
                Error::Timeout,
                Error::Timeout,
                Error::Timeout,
                Ok(())
            )
        );
    };
    tokio::join!(refresh, fast);
}

#[tokio::test]
async fn an_unreachable_provider_ends_no_session() {
    let rows = [
        (HttpError::Timeout, Error::Timeout, 2),
        (HttpError::Unreachable, Error::Unreachable, 3),
        (HttpError::NotSent, Error::Unreachable, 0),
        (HttpError::Tls, Error::Tls, 1),
        (HttpError::TooLarge, Error::TooLarge, 1),
    ];
    for (fault, expected, tries) in rows {
        let fixture = Fixture::signed_in().await;
        let before = fixture.stored();
        fixture.provider.clear_log();
        fixture.behave(|behaviour| behaviour.leeway = true);
        fixture.lose(&[fault; 3][..]);
        assert_eq!(fixture.session.refresh().await, RefreshOutcome::Kept(expected));
        assert_eq!(
            (fixture.stored(), fixture.provider.hits("/token")),
            (before, tries),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn a_session_survives_a_restart_while_the_provider_is_down() {
    let mut fixture = Fixture::signed_in().await;
    // Nothing listens on this port, so not even the metadata can be fetched.
    let gone = Provider::start().await.issuer.clone();
    let stored = fixture.stored().unwrap().replace(&fixture.provider.issuer, &gone);
    fixture.store.put(session::store::Slot::Session, &stored);
    fixture.config.issuer = gone;
    assert_eq!(
        fixture.refresh_after_restart().await,
        RefreshOutcome::Kept(Error::Unreachable)
    );
    assert_eq!(fixture.stored().unwrap(), stored);
}

/// Serves one connection over TLS, with a certificate for `localhost`.
fn over_tls(mut stream: TcpStream) {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("../common/keys/ec-other.crt")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../common/keys/ec-other.pem")).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let mut connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
    let mut tls = rustls::Stream::new(&mut connection, &mut stream);
    // A client that does not trust the certificate sends an alert instead of a request.
    if tls.read(&mut [0; 4096]).is_ok() {
        tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
            .unwrap();
    }
}

fn in_plain_text(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 4096]);
    stream
        .write_all(b"HTTP/1.1 302 Found\r\nlocation: http://guest.example/\r\n\r\n")
        .unwrap();
}

/// A fatal `handshake_failure` alert (RFC 8446 §6.2).
fn with_an_alert(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 4096]);
    stream.write_all(&[21, 3, 3, 0, 2, 2, 40]).unwrap();
}

#[tokio::test]
async fn a_tls_error_differs_from_a_connection_error() {
    let trusted = CertificateDer::from_pem_slice(include_bytes!("../common/keys/ec-other.crt"))
        .unwrap()
        .to_vec();
    let http = ReqwestHttp::new(Some(&[trusted]), true).unwrap();
    let rows: [(&str, &str, fn(TcpStream), Result<u16, HttpError>); 5] = [
        ("the name that the certificate is for", "localhost", over_tls, Ok(200)),
        ("another name", "127.0.0.1", over_tls, Err(HttpError::Tls)),
        (
            "a guest network that answers in plain text",
            "localhost",
            in_plain_text,
            Err(HttpError::Tls),
        ),
        ("nothing in common", "localhost", with_an_alert, Err(HttpError::Tls)),
        (
            "one who hangs up before the request",
            "localhost",
            drop,
            Err(HttpError::NotSent),
        ),
    ];
    for (reason, host, server, expected) in rows {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || server(listener.accept().unwrap().0));
        let url = format!("https://{host}:{port}/").parse().unwrap();
        let answer = http
            .send(Request {
                url,
                form: None,
                limit: 1024,
            })
            .await;
        assert_eq!(answer.map(|answer| answer.status), expected, "{reason}");
    }
}

/// Reads the request and hangs up.
fn after_the_request(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 4096]);
}

async fn get(http: &ReqwestHttp, url: &str) -> Result<u16, HttpError> {
    let url = url.parse().unwrap();
    let (form, limit) = (None, 1024);
    http.send(Request { url, form, limit })
        .await
        .map(|response| response.status)
}

#[tokio::test]
async fn a_request_that_never_left_differs_from_one_whose_response_is_missing() {
    let http = ReqwestHttp::new(Some(&[]), true).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || after_the_request(listener.accept().unwrap().0));
    assert_eq!(
        get(&http, &format!("http://127.0.0.1:{port}/")).await,
        Err(HttpError::Unreachable),
        "the server has read the request"
    );
    server.join().unwrap();
    // Nobody listens any more.
    assert_eq!(
        get(&http, &format!("http://127.0.0.1:{port}/")).await,
        Err(HttpError::NotSent)
    );
    assert_eq!(
        get(&http, "http://no-such-host.invalid/").await,
        Err(HttpError::NotSent),
        "RFC 6761, 6.4"
    );
}

#[tokio::test]
async fn a_root_certificate_that_does_not_parse_costs_no_connection() {
    let trusted = CertificateDer::from_pem_slice(include_bytes!("../common/keys/ec-other.crt"))
        .unwrap()
        .to_vec();
    let mut cut = trusted.clone();
    cut.truncate(trusted.len() / 2);
    let roots = [vec![], b"junk".to_vec(), cut, trusted];
    let http = ReqwestHttp::new(Some(&roots), true).expect("a client in spite of the odd ones");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || over_tls(listener.accept().unwrap().0));
    assert_eq!(get(&http, &format!("https://localhost:{port}/")).await, Ok(200));
    assert!(ReqwestHttp::new(Some(&[b"junk".to_vec()]), true).is_ok());
}

#[tokio::test]
async fn a_proxy_that_the_system_names_is_asked_for_each_connection_and_loopback_needs_none() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    let named = Arc::new(std::sync::Mutex::new(Some(proxy)));
    let asked = named.clone();
    let http = ReqwestHttp::with_proxy(None, false, move |url| {
        assert_eq!(url.host_str(), Some("id.invalid"));
        asked.lock().unwrap().as_deref().map(|proxy| proxy.parse().unwrap())
    })
    .unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let length = stream.read(&mut request).unwrap();
        let _ = stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    assert_eq!(get(&http, "https://id.invalid/token").await, Err(HttpError::NotSent));
    let request = server.join().unwrap();
    assert!(request.starts_with("CONNECT id.invalid:443 "), "{request}");
    // The network has changed: no proxy, and no such host.
    *named.lock().unwrap() = None;
    assert_eq!(get(&http, "https://id.invalid/token").await, Err(HttpError::NotSent));

    let loopback = ReqwestHttp::with_proxy(None, true, |_| panic!("a proxy for the machine itself")).unwrap();
    assert_eq!(get(&loopback, "http://127.0.0.1:1/").await, Err(HttpError::NotSent));
}
