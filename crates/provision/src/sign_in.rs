//! One sign-in for real: with a code on another device where the client may, else in a browser on this computer. Then
//! the session is refreshed, handed over, and ended again; nothing of it is kept or shown.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use error_codes::ErrorCode;
use session::store::memory::MemoryStore;
use session::{
    Boxed, Clock, Config, Error, RefreshOutcome, ReqwestHttp, Session, SignedIn, SystemRandom, TransferOutcome,
};
use settings::{Resolved, SignInTarget};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::Context;
use crate::doctor::{Report, Status};

/// As long as the session waits for a callback.
const PATIENCE: Duration = Duration::from_mins(10);
/// A request of a browser; an authorization response is far shorter.
const LARGEST: usize = 16 << 10;

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| i64::try_from(since.as_secs()).ok())
            .unwrap_or_default()
    }

    fn sleep(&self, time: Duration) -> Boxed<()> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// Signs in and tells what came of it. With a `port` it is the browser's turn, and the callback comes to that port.
pub fn sign_in(context: &Context, target: &SignInTarget, resolved: &Resolved, port: Option<u16>, lines: &mut Report) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return lines.bad(Status::Fault, "sign-in", ErrorCode::DoctorSignIn, error.to_string()),
    };
    runtime.block_on(async {
        let signed_in = match port {
            Some(port) => in_browser(context, target, resolved, port).await,
            None => match with_code(context, target, resolved).await {
                // The browser's turn needs a port that the server knows: most take a callback to the letter only.
                Err(Error::Unsupported | Error::ClientRefused) => {
                    return lines.bad(Status::Fault, "sign-in", ErrorCode::DoctorDevice, "--port PORT");
                }
                other => other,
            },
        };
        match signed_in {
            Ok((session, signed_in, way)) => {
                lines.ok("sign-in", way);
                use_it(&session, &signed_in, lines).await;
                match session.sign_out().await.revoked {
                    Ok(()) => lines.ok("sign-out", ""),
                    // There was no refresh token, or it has ended already. Where none can be revoked, the metadata said so.
                    Err(Error::NoSession | Error::Unsupported) => {}
                    Err(error) => lines.bad(Status::Warning, "sign-out", ErrorCode::DoctorSignOut, error.to_string()),
                }
            }
            Err(error) => {
                let code = if matches!(error, Error::Unreachable | Error::Timeout) {
                    ErrorCode::DoctorUnreachable
                } else {
                    ErrorCode::DoctorSignIn
                };
                lines.bad(Status::Fault, "sign-in", code, error.to_string());
            }
        }
    });
}

async fn use_it(session: &Session, signed_in: &SignedIn, lines: &mut Report) {
    if !signed_in.refresh_token {
        return lines.bad(Status::Fault, "kept", ErrorCode::DoctorRefresh, "");
    }
    match session.refresh().await {
        RefreshOutcome::Refreshed { rotated: true, .. } => lines.ok("kept", ""),
        RefreshOutcome::Refreshed { rotated: false, .. } => {
            lines.bad(Status::Warning, "kept", ErrorCode::DoctorRotation, "")
        }
        RefreshOutcome::Kept(error) | RefreshOutcome::SignedOut(error) => {
            return lines.bad(Status::Fault, "kept", ErrorCode::DoctorKept, error.to_string());
        }
    }
    match session.transfer().await {
        TransferOutcome::Token(token) => lines.ok("hand-off", format!("{} s", token.expires_in)),
        TransferOutcome::NoTransfer(error) | TransferOutcome::Kept(error) => lines.bad(
            Status::Warning,
            "hand-off",
            ErrorCode::DoctorTransfer,
            error.to_string(),
        ),
        TransferOutcome::SignedOut(error) => {
            lines.bad(Status::Fault, "hand-off", ErrorCode::DoctorKept, error.to_string())
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
    // Whom the browser knows already is not who is meant.
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

type Outcome = Result<(Session, SignedIn, &'static str), Error>;

async fn with_code(context: &Context, target: &SignInTarget, resolved: &Resolved) -> Outcome {
    let session = session(context, target, resolved, "http://127.0.0.1/callback")?;
    let code = session.begin_device().await?;
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
    let signed_in = session.await_device(&code).await?;
    Ok((session, signed_in, "device code"))
}

async fn in_browser(context: &Context, target: &SignInTarget, resolved: &Resolved, port: u16) -> Outcome {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|_| Error::Unreachable)?;
    let origin = format!("http://{}", listener.local_addr().map_err(|_| Error::Unreachable)?);
    let session = session(context, target, resolved, &format!("{origin}/callback"))?;
    let begun = session.begin_sign_in().await?;
    eprintln!(
        "{}",
        context.messages.with("sign-in-browser", &[("url", begun.url.as_str())])
    );
    let waiting = async {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else {
                return Err(Error::Unreachable);
            };
            // A browser that opens a connection and says nothing holds nobody up.
            let Ok(Some(path)) = tokio::time::timeout(Duration::from_secs(5), requested(&mut stream)).await else {
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
                // Something else of the browser's, such as its icon.
                Err(_) => {}
            }
        }
    };
    let signed_in = tokio::time::timeout(PATIENCE, waiting)
        .await
        .map_err(|_| Error::PendingExpired)??;
    Ok((session, signed_in, "browser"))
}

/// The path of a GET request.
async fn requested(stream: &mut TcpStream) -> Option<String> {
    let mut head = vec![];
    let mut part = [0; 1_024];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
        head.extend_from_slice(&part[..read]);
        if head.len() > LARGEST {
            return None;
        }
    }
    let line = String::from_utf8(head).ok()?.lines().next()?.to_owned();
    let path = line.strip_prefix("GET ")?.split(' ').next()?;
    path.starts_with('/').then(|| path.to_owned())
}

async fn answer(stream: &mut TcpStream, status: &str, text: &str) {
    let head = "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\nConnection: close";
    // A browser that went away has what it came for.
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
