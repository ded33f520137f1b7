//! The session on a terminal, for developers and helpdesks: one JSON object a line on standard output.
//!
//! Exit codes: 0 done, 1 refused or signed out, 2 usage, 3 kept (a passing fault: the session stays). Standard output
//! and standard error never hold a token, a code or a callback.

mod file_store;
mod system;

use std::io::{BufRead, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use serde::Serialize;
use session::store::{Slot, Store};
use session::{
    AuthorizationRequest, Config, Error, RefreshOutcome, ReqwestHttp, Session, SignInError, SystemRandom,
    TransferOutcome,
};
use url::Url;

use file_store::FileStore;
use system::SystemClock;

/// The longest callback line that is read.
const MAX_LINE: u64 = 64 * 1024;

/// Signs in at an OpenID provider and keeps the session in a file.
#[derive(Parser)]
#[command(name = "konnect-session")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints the authorization request, reads the callback from standard input, and signs in.
    SignIn {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        back: Back,
        /// Scopes instead of `openid profile offline_access`.
        #[arg(long)]
        scope: Option<String>,
        /// Seconds since the person last authenticated.
        #[arg(long)]
        max_age: Option<u64>,
        /// Auth0's organization.
        #[arg(long)]
        organization: Option<String>,
        /// End after the authorization request; the sign-in stays pending.
        #[arg(long)]
        detach: bool,
    },
    /// Reads the callback of a pending sign-in from standard input, and signs in.
    Resume {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        back: Back,
    },
    /// Uses the refresh token.
    Refresh {
        #[command(flatten)]
        at: At,
    },
    /// Exchanges the refresh token for a session transfer token.
    Transfer {
        #[command(flatten)]
        at: At,
    },
    /// Forgets the session and revokes it.
    SignOut {
        #[command(flatten)]
        at: At,
    },
    /// Says whether the file holds a session.
    Status {
        #[command(flatten)]
        kept: Kept,
    },
}

#[derive(Args)]
struct At {
    /// The issuer, to the letter.
    #[arg(long)]
    issuer: String,
    /// The client id.
    #[arg(long)]
    client_id: String,
    #[command(flatten)]
    kept: Kept,
}

#[derive(Args)]
struct Kept {
    /// The file that keeps session and pending sign-in.
    #[arg(long)]
    store: PathBuf,
    /// Moves the clock.
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    clock_offset: i64,
}

#[derive(Args)]
struct Back {
    /// Where the authorization response comes back to.
    #[arg(long)]
    redirect_uri: Url,
}

/// One line of output.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Authorize {
        url: String,
    },
    SignedIn {
        sub: String,
        refresh_token: bool,
    },
    Refused {
        code: &'static str,
        kind: &'static str,
    },
    Refreshed {
        rotated: bool,
    },
    Kept {
        code: &'static str,
        kind: &'static str,
    },
    SignedOut {
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<&'static str>,
        /// Of a sign-out: the server has revoked the refresh token.
        #[serde(skip_serializing_if = "Option::is_none")]
        revoked: Option<bool>,
    },
    Transfer {
        expires_in: u64,
    },
    NoTransfer {
        code: &'static str,
    },
    Status {
        signed_in: bool,
    },
}

impl Event {
    fn say(&self) {
        let line = serde_json::to_string(self).unwrap_or_default();
        let mut out = std::io::stdout().lock();
        // Whoever started us may have gone; the work is done all the same.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }

    fn refused(error: Error) -> Self {
        Self::Refused {
            code: error.code(),
            kind: error.kind(),
        }
    }
}

const DONE: u8 = 0;
const REFUSED: u8 = 1;
const USAGE: u8 = 2;
const KEPT: u8 = 3;

#[tokio::main]
async fn main() -> ExitCode {
    // A panic message might quote what it choked on.
    std::panic::set_hook(Box::new(|_| {
        let _ = writeln!(std::io::stderr(), "konnect-session: internal fault");
    }));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let (event, exit) = run(cli.command).await;
    event.say();
    ExitCode::from(exit)
}

/// Says what is wrong with the arguments, and never what they were: a callback or a token may be among them.
fn usage(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Whoever asked may have gone.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let _ = writeln!(
        std::io::stderr(),
        "konnect-session: {}; see --help",
        error.kind().as_str().unwrap_or("the arguments cannot be read")
    );
    ExitCode::from(USAGE)
}

async fn run(command: Command) -> (Event, u8) {
    match command {
        Command::SignIn {
            at,
            back,
            scope,
            max_age,
            organization,
            detach,
        } => {
            let mut config = config(&at, back.redirect_uri);
            if let Some(scope) = scope {
                config.scopes = scope.split_whitespace().map(str::to_owned).collect();
            }
            config.max_age = max_age;
            config.organization = organization;
            let session = match open(config, &at.kept) {
                Ok(session) => session,
                Err(error) => return (Event::refused(error), REFUSED),
            };
            let authorize = match session.begin_sign_in().await {
                Ok(AuthorizationRequest { url, saved: Ok(()) }) => Event::Authorize { url: url.into() },
                // What is said to wait must be there for the next command.
                Ok(AuthorizationRequest { saved: Err(fault), .. }) => return (Event::refused(fault.into()), REFUSED),
                Err(error) => return (Event::refused(error), REFUSED),
            };
            if detach {
                return (authorize, DONE);
            }
            authorize.say();
            complete(&session).await
        }
        Command::Resume { at, back } => match open(config(&at, back.redirect_uri), &at.kept) {
            Ok(session) => complete(&session).await,
            Err(error) => (Event::refused(error), REFUSED),
        },
        Command::Refresh { at } => match kept_config(&at).and_then(|config| open(config, &at.kept)) {
            Ok(session) => match session.refresh().await {
                RefreshOutcome::Refreshed { rotated, .. } => saved(&session, Event::Refreshed { rotated }).await,
                RefreshOutcome::Kept(error) => kept(error),
                RefreshOutcome::SignedOut(error) => signed_out(error),
            },
            Err(error) => kept(error),
        },
        Command::Transfer { at } => match kept_config(&at).and_then(|config| open(config, &at.kept)) {
            Ok(session) => match session.transfer().await {
                TransferOutcome::Token(token) => {
                    saved(
                        &session,
                        Event::Transfer {
                            expires_in: token.expires_in,
                        },
                    )
                    .await
                }
                TransferOutcome::NoTransfer(error) => saved(&session, Event::NoTransfer { code: error.code() }).await,
                TransferOutcome::Kept(error) => kept(error),
                TransferOutcome::SignedOut(error) => signed_out(error),
            },
            Err(error) => kept(error),
        },
        Command::SignOut { at } => {
            let (forgotten, revoked) = match kept_config(&at).and_then(|config| open(config, &at.kept)) {
                Ok(session) => {
                    let done = session.sign_out().await;
                    (done.forgotten, done.revoked.is_ok())
                }
                // Nothing was sent, but what is here goes all the same.
                Err(_) => {
                    let store = FileStore::new(at.kept.store.clone());
                    (store.remove(Slot::Session).and(store.remove(Slot::Pending)), false)
                }
            };
            match forgotten {
                Ok(()) => (
                    Event::SignedOut {
                        code: None,
                        revoked: Some(revoked),
                    },
                    DONE,
                ),
                Err(fault) => kept(fault.into()),
            }
        }
        Command::Status { kept } => {
            let _ = kept.clock_offset;
            (
                Event::Status {
                    signed_in: FileStore::new(kept.store).holds_session(),
                },
                DONE,
            )
        }
    }
}

/// A rotated token that is in memory only ends with this process: then the word is not done but kept.
async fn saved(session: &Session, event: Event) -> (Event, u8) {
    match session.save().await {
        Ok(()) => (event, DONE),
        Err(fault) => kept(fault.into()),
    }
}

fn kept(error: Error) -> (Event, u8) {
    (
        Event::Kept {
            code: error.code(),
            kind: error.kind(),
        },
        KEPT,
    )
}

fn signed_out(error: Error) -> (Event, u8) {
    (
        Event::SignedOut {
            code: Some(error.code()),
            revoked: None,
        },
        REFUSED,
    )
}

fn config(at: &At, redirect_uri: Url) -> Config {
    let mut config = Config::new(at.issuer.clone(), at.client_id.clone(), redirect_uri);
    config.loopback_http = true;
    config
}

/// A session that starts no sign-in needs no redirect address; the issuer's stands in and is never sent.
fn kept_config(at: &At) -> Result<Config, Error> {
    let issuer = Url::parse(&at.issuer).map_err(|_| Error::IssuerNotAllowed)?;
    Ok(config(at, issuer))
}

fn open(config: Config, kept: &Kept) -> Result<Session, Error> {
    let http = ReqwestHttp::new(None, true)?;
    let clock = SystemClock::new(kept.clock_offset);
    Ok(Session::new(
        config,
        Arc::new(http),
        Arc::new(clock),
        Arc::new(SystemRandom),
        Arc::new(FileStore::new(kept.store.clone())),
    ))
}

async fn complete(session: &Session) -> (Event, u8) {
    let line = tokio::task::spawn_blocking(|| {
        let mut line = Vec::new();
        std::io::stdin()
            .lock()
            .take(MAX_LINE)
            .read_until(b'\n', &mut line)
            .map(|_| line)
    })
    .await;
    let outcome = match line.map(|read| read.map(String::from_utf8)) {
        Ok(Ok(Ok(line))) => session.complete_sign_in(line.trim_end_matches(['\r', '\n'])).await,
        _ => Err(SignInError {
            error: Error::MalformedCallback,
            consumed: false,
        }),
    };
    match outcome {
        Ok(signed_in) => match signed_in.saved {
            Ok(()) => (
                Event::SignedIn {
                    sub: signed_in.sub,
                    refresh_token: signed_in.refresh_token,
                },
                DONE,
            ),
            Err(fault) => (Event::refused(fault.into()), REFUSED),
        },
        Err(refused) => (Event::refused(refused.error), REFUSED),
    }
}
