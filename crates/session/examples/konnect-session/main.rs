//! The session on a terminal, for developers and helpdesks. Prints one JSON object per line on standard output.
//!
//! Exit codes: 0 done, 1 refused or signed out, 2 usage, 3 kept (a transient fault; the session stays). Standard output
//! and standard error never contain a token, a code or a callback. Programs drive this tool, so its flags, JSON members,
//! `kind` words, codes and exit codes are stable.

mod file_store;
mod system;

use std::io::{BufRead, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
use system::OffsetClock;

/// The longest callback line, in bytes, that is read.
const MAX_LINE: u64 = 64 * 1024;
/// The longest pause between two tries within the provider's leeway. A longer one says that the leeway is over, or that
/// something else failed.
const MAX_LEEWAY_PAUSE: Duration = Duration::from_secs(20);

/// Signs in at an OpenID provider and stores the session in a file.
#[derive(Parser)]
#[command(name = "konnect-session")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the authorization request, read the callback from standard input, and sign in.
    SignIn {
        #[command(flatten)]
        provider: Provider,
        #[command(flatten)]
        redirect: Redirect,
        /// Scopes, separated by spaces, instead of `openid profile offline_access`.
        #[arg(long)]
        scope: Option<String>,
        /// How many seconds ago the user may have authenticated at most.
        #[arg(long)]
        max_age: Option<u64>,
        /// The organization (Auth0) that the account must belong to.
        #[arg(long)]
        organization: Option<String>,
        /// End after the authorization request; the sign-in stays pending.
        #[arg(long)]
        detach: bool,
    },
    /// Read the callback of a pending sign-in from standard input, and sign in.
    Resume {
        #[command(flatten)]
        provider: Provider,
        #[command(flatten)]
        redirect: Redirect,
    },
    /// Refresh the session.
    Refresh {
        #[command(flatten)]
        provider: Provider,
    },
    /// Exchange the refresh token for a session transfer token, and print its lifetime.
    Transfer {
        #[command(flatten)]
        provider: Provider,
    },
    /// Remove the session from the file and revoke its refresh token.
    SignOut {
        #[command(flatten)]
        provider: Provider,
    },
    /// Print whether the file holds a session.
    Status {
        #[command(flatten)]
        storage: Storage,
    },
}

#[derive(Args)]
struct Provider {
    /// The issuer identifier, byte for byte as the metadata say it.
    #[arg(long)]
    issuer: String,
    /// The client id.
    #[arg(long)]
    client_id: String,
    /// For how many seconds the provider accepts a refresh token that it has rotated. `refresh` then repeats a request
    /// whose response was lost for up to this long; without the option it ends at once.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    leeway: u64,
    #[command(flatten)]
    storage: Storage,
}

#[derive(Args)]
struct Storage {
    /// The file that holds the session and the pending sign-in.
    #[arg(long)]
    store: PathBuf,
    /// Seconds to add to the computer's clock.
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    clock_offset: i64,
}

#[derive(Args)]
struct Redirect {
    /// The redirect URI that is registered for the client.
    #[arg(long)]
    redirect_uri: Url,
}

/// One line of output. `event` comes first.
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
        /// After `sign-out` only: whether the provider has revoked the refresh token.
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
    fn print(&self) {
        let line = serde_json::to_string(self).unwrap_or_default();
        let mut out = std::io::stdout().lock();
        // If the reader of our output has exited, the work is done all the same.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }

    fn refused(error: Error) -> Self {
        Self::Refused {
            code: error.code().number(),
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
    // The message of a panic may quote a secret, so it is replaced.
    std::panic::set_hook(Box::new(|_| {
        let _ = writeln!(std::io::stderr(), "konnect-session: internal fault");
    }));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let (event, exit) = run(cli.command).await;
    event.print();
    ExitCode::from(exit)
}

/// Reports a usage error. Never repeats an argument, because a callback or a token may be among them.
fn usage(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // If the reader of our output has exited, there is nobody to help.
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
            provider,
            redirect,
            scope,
            max_age,
            organization,
            detach,
        } => {
            let mut config = config(&provider, redirect.redirect_uri);
            if let Some(scope) = scope {
                config.scopes = scope.split_whitespace().map(str::to_owned).collect();
            }
            config.max_age = max_age;
            config.organization = organization;
            match open(config, &provider.storage) {
                Ok(session) => sign_in(&session, detach).await,
                Err(error) => (Event::refused(error), REFUSED),
            }
        }
        Command::Resume { provider, redirect } => {
            match open(config(&provider, redirect.redirect_uri), &provider.storage) {
                Ok(session) => complete(&session).await,
                Err(error) => (Event::refused(error), REFUSED),
            }
        }
        Command::Refresh { provider } => match config_without_redirect(&provider)
            .and_then(|config| open(config, &provider.storage))
        {
            Ok(session) => match refresh(&session, Duration::from_secs(provider.leeway)).await {
                RefreshOutcome::Refreshed { rotated, .. } => ensure_saved(&session, Event::Refreshed { rotated }).await,
                RefreshOutcome::Kept(error) => kept(error),
                RefreshOutcome::SignedOut(error) => signed_out(error),
            },
            Err(error) => kept(error),
        },
        Command::Transfer { provider } => {
            match config_without_redirect(&provider).and_then(|config| open(config, &provider.storage)) {
                Ok(session) => match session.transfer().await {
                    TransferOutcome::Token(token) => {
                        ensure_saved(
                            &session,
                            Event::Transfer {
                                expires_in: token.expires_in,
                            },
                        )
                        .await
                    }
                    TransferOutcome::NoTransfer(error) => {
                        ensure_saved(
                            &session,
                            Event::NoTransfer {
                                code: error.code().number(),
                            },
                        )
                        .await
                    }
                    TransferOutcome::Kept(error) => kept(error),
                    TransferOutcome::SignedOut(error) => signed_out(error),
                },
                Err(error) => kept(error),
            }
        }
        Command::SignOut { provider } => {
            let (forgotten, revoked) =
                match config_without_redirect(&provider).and_then(|config| open(config, &provider.storage)) {
                    Ok(session) => {
                        let signed_out = session.sign_out().await;
                        (signed_out.forgotten, signed_out.revoked.is_ok())
                    }
                    // The issuer is not allowed, so nothing can be sent. The file is emptied all the same.
                    Err(_) => {
                        let store = FileStore::new(provider.storage.store.clone());
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
                Err(error) => kept(error.into()),
            }
        }
        Command::Status { storage } => {
            // `status` accepts the option like every command, and needs no clock.
            let _ = storage.clock_offset;
            (
                Event::Status {
                    signed_in: FileStore::new(storage.store).holds_session(),
                },
                DONE,
            )
        }
    }
}

/// Refreshes, and repeats a request whose response was lost for as long as the leeway lasts.
async fn refresh(session: &Session, leeway: Duration) -> RefreshOutcome {
    let since = Instant::now();
    loop {
        let outcome = session.refresh().await;
        let RefreshOutcome::Kept(error) = &outcome else {
            return outcome;
        };
        match session.due_in().await {
            Some(pause)
                if error.is_transient()
                    && pause <= MAX_LEEWAY_PAUSE
                    && since.elapsed().saturating_add(pause) < leeway =>
            {
                tokio::time::sleep(pause).await;
            }
            _ => return outcome,
        }
    }
}

/// Prints the authorization request and waits for its callback. With `detach`, ends before the callback.
async fn sign_in(session: &Session, detach: bool) -> (Event, u8) {
    let authorize = match session.begin_sign_in().await {
        Ok(AuthorizationRequest { url, saved: Ok(()) }) => Event::Authorize { url: url.into() },
        // Another process may have to complete the sign-in, so one that is in memory only is a refusal.
        Ok(AuthorizationRequest { saved: Err(error), .. }) => return (Event::refused(error.into()), REFUSED),
        Err(error) => return (Event::refused(error), REFUSED),
    };
    if detach {
        return (authorize, DONE);
    }
    authorize.print();
    complete(session).await
}

/// Ends with `event`, or with `kept` if the rotated refresh token cannot be saved: it then ends with this process.
async fn ensure_saved(session: &Session, event: Event) -> (Event, u8) {
    match session.save().await {
        Ok(()) => (event, DONE),
        Err(error) => kept(error.into()),
    }
}

fn kept(error: Error) -> (Event, u8) {
    (
        Event::Kept {
            code: error.code().number(),
            kind: error.kind(),
        },
        KEPT,
    )
}

fn signed_out(error: Error) -> (Event, u8) {
    (
        Event::SignedOut {
            code: Some(error.code().number()),
            revoked: None,
        },
        REFUSED,
    )
}

fn config(provider: &Provider, redirect_uri: Url) -> Config {
    let mut config = Config::new(provider.issuer.clone(), provider.client_id.clone(), redirect_uri);
    config.loopback_http = true;
    config.rotation_leeway = Duration::from_secs(provider.leeway);
    config
}

/// The configuration of a session that starts no sign-in. The redirect URI is required but never sent, so the issuer's
/// URL takes its place.
fn config_without_redirect(provider: &Provider) -> Result<Config, Error> {
    let issuer = Url::parse(&provider.issuer).map_err(|_| Error::IssuerNotAllowed)?;
    Ok(config(provider, issuer))
}

fn open(config: Config, storage: &Storage) -> Result<Session, Error> {
    let http = ReqwestHttp::new(None, true)?;
    let clock = OffsetClock::new(storage.clock_offset);
    Ok(Session::new(
        config,
        Arc::new(http),
        Arc::new(clock),
        Arc::new(SystemRandom),
        Arc::new(FileStore::new(storage.store.clone())),
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
            Err(error) => (Event::refused(error.into()), REFUSED),
        },
        Err(failed) => (Event::refused(failed.error), REFUSED),
    }
}
