//! `provision doctor --sign-in`: a real sign-in, with a code on another device or in a browser on this computer, then a
//! refresh, a session transfer and a sign-out. The tokens stay in memory and are never printed.

use std::sync::Arc;
use std::time::Duration;

use error_codes::ErrorCode;
use session::store::memory::MemoryStore;
use session::{
    Config, Error, RefreshOutcome, ReqwestHttp, Session, SignedIn, SystemClock, SystemRandom, TransferOutcome,
};
use settings::{Resolved, SignInTarget};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::context::Context;
use crate::report::{Report, Status};

/// How long to wait for the callback; the session crate allows a sign-in the same ten minutes.
const TIMEOUT: Duration = Duration::from_mins(10);
/// The longest request of a browser that is read, in bytes. An authorization response is far shorter.
const MAX_REQUEST: usize = 16 << 10;

/// Signs in and adds the result to the report: in a browser with its callback on `port` of 127.0.0.1 if a port is given,
/// otherwise with a code on another device.
pub fn sign_in(context: &Context, target: &SignInTarget, resolved: &Resolved, port: Option<u16>, report: &mut Report) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report.bad(Status::Fault, "sign-in", ErrorCode::DoctorSignIn, error.to_string()),
    };
    runtime.block_on(async {
        let signed_in = match port {
            Some(port) => in_browser(context, target, resolved, port).await,
            None => match with_code(context, target, resolved).await {
                // A sign-in in a browser needs a port that the administrator chooses, because most identity providers
                // compare the redirect URI exactly and so know one port only.
                Err(Error::Unsupported | Error::ClientRefused) => {
                    return report.bad(Status::Fault, "sign-in", ErrorCode::DoctorDevice, "--port PORT");
                }
                other => other,
            },
        };
        match signed_in {
            Ok((session, signed_in, method)) => {
                report.ok("sign-in", method);
                try_session(&session, &signed_in, report).await;
                match session.sign_out().await.revoked {
                    Ok(()) => report.ok("sign-out", ""),
                    // Without a refresh token, or with one that has ended, there is nothing to revoke. If the identity
                    // provider cannot revoke at all, the check of its metadata has reported that.
                    Err(Error::NoSession | Error::Unsupported) => {}
                    Err(error) => report.bad(Status::Warning, "sign-out", ErrorCode::DoctorSignOut, error.to_string()),
                }
            }
            Err(error) => {
                let code = if matches!(error, Error::Unreachable | Error::Timeout) {
                    ErrorCode::DoctorUnreachable
                } else {
                    ErrorCode::DoctorSignIn
                };
                report.bad(Status::Fault, "sign-in", code, error.to_string());
            }
        }
    });
}

/// Refreshes and transfers the session.
async fn try_session(session: &Session, signed_in: &SignedIn, report: &mut Report) {
    if !signed_in.refresh_token {
        return report.bad(Status::Fault, "kept", ErrorCode::DoctorRefresh, "");
    }
    match session.refresh().await {
        RefreshOutcome::Refreshed { rotated: true, .. } => report.ok("kept", ""),
        RefreshOutcome::Refreshed { rotated: false, .. } => {
            report.bad(Status::Warning, "kept", ErrorCode::DoctorRotation, "");
        }
        RefreshOutcome::Kept(error) | RefreshOutcome::SignedOut(error) => {
            return report.bad(Status::Fault, "kept", ErrorCode::DoctorKept, error.to_string());
        }
    }
    match session.transfer().await {
        TransferOutcome::Token(token) => report.ok("hand-off", format!("{} s", token.expires_in)),
        TransferOutcome::NoTransfer(error) | TransferOutcome::Kept(error) => report.bad(
            Status::Warning,
            "hand-off",
            ErrorCode::DoctorTransfer,
            error.to_string(),
        ),
        TransferOutcome::SignedOut(error) => {
            report.bad(Status::Fault, "hand-off", ErrorCode::DoctorKept, error.to_string());
        }
    }
}

fn session(context: &Context, target: &SignInTarget, resolved: &Resolved, redirect: &str) -> Result<Session, Error> {
    let redirect = Url::parse(redirect).map_err(|_| Error::MalformedCallback)?;
    let mut config = Config::new(target.issuer.clone(), target.client_id.clone(), redirect);
    config.audience.clone_from(&target.audience);
    config.organization.clone_from(&resolved.organization);
    config.connection.clone_from(&resolved.connection);
    config.login_hint.clone_from(&resolved.login_hint);
    config.ui_locales = Some(context.messages.language.to_owned());
    // The browser may have a session of the administrator; the trial is for the account of a tablet.
    config.prompt = Some("login".to_owned());
    config.loopback_http = target.development;
    let http = ReqwestHttp::new(None, target.development)?;
    Ok(Session::new(
        config,
        Arc::new(http),
        Arc::new(SystemClock),
        Arc::new(SystemRandom),
        Arc::new(MemoryStore::default()),
    ))
}

type SignInResult = Result<(Session, SignedIn, &'static str), Error>;

async fn with_code(context: &Context, target: &SignInTarget, resolved: &Resolved) -> SignInResult {
    let session = session(context, target, resolved, "http://127.0.0.1/callback")?;
    let code = session.begin_device_flow().await?;
    let url = code
        .verification_uri_complete
        .as_ref()
        .unwrap_or(&code.verification_uri);
    eprintln!(
        "{}",
        context
            .messages
            .with("sign-in-code", &[("url", url.as_str()), ("code", &code.user_code)])
    );
    let signed_in = session.await_device_flow(&code).await?;
    Ok((session, signed_in, "device code"))
}

async fn in_browser(context: &Context, target: &SignInTarget, resolved: &Resolved, port: u16) -> SignInResult {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|_| Error::Unreachable)?;
    let origin = format!("http://{}", listener.local_addr().map_err(|_| Error::Unreachable)?);
    let session = session(context, target, resolved, &format!("{origin}/callback"))?;
    let request = session.begin_sign_in().await?;
    eprintln!(
        "{}",
        context
            .messages
            .with("sign-in-browser", &[("url", request.url.as_str())])
    );
    let waiting = async {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else {
                return Err(Error::Unreachable);
            };
            // Browsers open connections in advance and may send nothing on them.
            let Ok(Some(path)) = tokio::time::timeout(Duration::from_secs(5), request_path(&mut stream)).await else {
                continue;
            };
            let outcome = session.complete_sign_in(&format!("{origin}{path}")).await;
            let (status, id) = match &outcome {
                Ok(_) => ("200 OK", "sign-in-done"),
                Err(refused) if refused.consumed => ("200 OK", "sign-in-refused"),
                Err(_) => ("404 Not Found", "sign-in-refused"),
            };
            answer(&mut stream, status, &context.messages.get(id)).await;
            match outcome {
                Ok(signed_in) => return Ok(signed_in),
                Err(refused) if refused.consumed => return Err(refused.error),
                // Another request of the browser, for example for an icon.
                Err(_) => {}
            }
        }
    };
    let signed_in = tokio::time::timeout(TIMEOUT, waiting)
        .await
        .map_err(|_| Error::PendingExpired)??;
    Ok((session, signed_in, "browser"))
}

/// Reads a GET request and returns its path and query.
async fn request_path(stream: &mut TcpStream) -> Option<String> {
    let mut head = vec![];
    let mut part = [0; 1_024];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
        head.extend_from_slice(&part[..read]);
        if head.len() > MAX_REQUEST {
            return None;
        }
    }
    let line = String::from_utf8(head).ok()?.lines().next()?.to_owned();
    let path = line.strip_prefix("GET ")?.split(' ').next()?;
    path.starts_with('/').then(|| path.to_owned())
}

/// Answers with a page of plain text.
async fn answer(stream: &mut TcpStream, status: &str, text: &str) {
    let head = "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\nConnection: close";
    // If the browser has closed the connection, nobody reads the answer.
    let _ = stream
        .write_all(
            format!(
                "HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {}\r\n\r\n{text}",
                text.len()
            )
            .as_bytes(),
        )
        .await;
    let _ = stream.shutdown().await;
}
