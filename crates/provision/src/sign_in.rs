//! `provision doctor --sign-in`: a real sign-in, with a code on another device or in a browser on this computer. What is
//! then done with the session is in `trial`. The tokens stay in memory and are never printed.

use std::sync::Arc;
use std::time::Duration;

use error_codes::ErrorCode;
use serde_json::{Map, Value};
use session::store::memory::MemoryStore;
use session::{Config, Error, ReqwestHttp, Session, SignedIn, SystemClock, SystemRandom};
use settings::{Resolved, SignInTarget};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::context::Context;
use crate::network::Network;
use crate::observed::ObservedHttp;
use crate::report::{Report, Status};
use crate::trial::{NEVER_SEEN, Trial};

/// How long to wait for the callback; the session crate allows a sign-in the same ten minutes.
const TIMEOUT: Duration = Duration::from_mins(10);
/// The longest request of a browser that is read, in bytes. An authorization response is far shorter.
const MAX_REQUEST: usize = 16 << 10;

/// What the command line says about the sign-in.
#[derive(Clone, Copy)]
pub struct Options {
    /// The port of 127.0.0.1 for the callback of a browser. Without it, a person signs in with a code on another device.
    pub port: Option<u16>,
    /// Waits to see whether the leeway is as long as the environment says.
    pub measures_leeway: bool,
}

/// Signs in, checks what a session shows, ends the session, and adds the results to the report. The session also ends if
/// a check fails, and if somebody presses Ctrl-C.
pub async fn sign_in(
    context: &Context,
    target: &SignInTarget,
    resolved: &Resolved,
    metadata: &Map<String, Value>,
    options: Options,
    report: &mut Report,
) {
    let prepared = match options.port {
        None => Ok((None, "http://127.0.0.1".to_owned())),
        Some(port) => listen(port).await,
    };
    let trial = prepared.and_then(|(listener, origin)| {
        let (session, observed) = session(context, target, resolved, &format!("{origin}/callback"))?;
        let trial = Trial {
            context,
            target,
            metadata,
            session,
            observed,
            ended_by_reuse: false,
        };
        Ok((trial, listener, origin))
    });
    let (mut trial, listener, origin) = match trial {
        Ok(prepared) => prepared,
        Err(error) => return report.bad(Status::Fault, "sign-in", ErrorCode::DoctorSignIn, error.to_string()),
    };
    let whole = tokio::select! {
        () = run(&mut trial, listener.as_ref(), &origin, options, report) => true,
        () = interruption() => false,
    };
    if !whole {
        report.interrupted();
    }
    tokio::select! {
        () = trial.end(whole, report) => {}
        // Somebody who presses Ctrl-C a second time does not want to wait for the identity provider.
        () = interruption() => report.bad(Status::Warning, "sign-out", ErrorCode::DoctorSignOut, ""),
    }
    if whole {
        for topic in NEVER_SEEN {
            report.unseen(topic);
        }
    }
}

async fn run(
    trial: &mut Trial<'_>,
    listener: Option<&TcpListener>,
    origin: &str,
    options: Options,
    report: &mut Report,
) {
    let (signed_in, method) = match listener {
        Some(listener) => (in_browser(trial, listener, origin).await, "browser"),
        None => match with_code(trial).await {
            // A sign-in in a browser needs a port that the administrator chooses, because most identity providers
            // compare the redirect URI exactly and so know one port only.
            Err(Error::Unsupported | Error::ClientRefused) => {
                return report.bad(Status::Fault, "sign-in", ErrorCode::DoctorDevice, "--port PORT");
            }
            other => (other, "device code"),
        },
    };
    match signed_in {
        Ok(signed_in) => {
            report.ok("sign-in", method);
            trial.check(&signed_in, options.measures_leeway, report).await;
        }
        Err(error) => trial.refused(error, report),
    }
}

/// Completes when somebody presses Ctrl-C, or asks the process to end. From the first call on, Ctrl-C no longer ends the
/// process by itself. Never completes if the system offers no such signal.
async fn interruption() {
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    let pressed = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = pressed => {}
        () = terminated => {}
    }
}

/// Listens for the callback. Returns the origin of the redirect URI, too.
async fn listen(port: u16) -> Result<(Option<TcpListener>, String), Error> {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|_| Error::Unreachable)?;
    let origin = format!("http://{}", listener.local_addr().map_err(|_| Error::Unreachable)?);
    Ok((Some(listener), origin))
}

fn session(
    context: &Context,
    target: &SignInTarget,
    resolved: &Resolved,
    redirect: &str,
) -> Result<(Session, ObservedHttp), Error> {
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
    let network = Network::new(None, target.development).map_err(|_| Error::Tls)?;
    let observed = ObservedHttp::new(http, network);
    let session = Session::new(
        config,
        Arc::new(observed.clone()),
        Arc::new(SystemClock),
        Arc::new(SystemRandom),
        Arc::new(MemoryStore::default()),
    );
    Ok((session, observed))
}

async fn with_code(trial: &Trial<'_>) -> Result<SignedIn, Error> {
    let code = trial.session.begin_device_flow().await?;
    let url = code
        .verification_uri_complete
        .as_ref()
        .unwrap_or(&code.verification_uri);
    eprintln!(
        "{}",
        trial
            .context
            .messages
            .with("sign-in-code", &[("url", url.as_str()), ("code", &code.user_code)])
    );
    trial.session.await_device_flow(&code).await
}

async fn in_browser(trial: &Trial<'_>, listener: &TcpListener, origin: &str) -> Result<SignedIn, Error> {
    let (session, messages) = (&trial.session, &trial.context.messages);
    let request = session.begin_sign_in().await?;
    eprintln!("{}", messages.with("sign-in-browser", &[("url", request.url.as_str())]));
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
            answer(&mut stream, status, &messages.get(id)).await;
            match outcome {
                Ok(signed_in) => return Ok(signed_in),
                Err(refused) if refused.consumed => return Err(refused.error),
                // Another request of the browser, for example for an icon.
                Err(_) => {}
            }
        }
    };
    tokio::time::timeout(TIMEOUT, waiting)
        .await
        .map_err(|_| Error::PendingExpired)?
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
