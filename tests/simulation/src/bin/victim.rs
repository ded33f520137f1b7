//! An app that does nothing but refresh, and stops where it is told to, to be killed there.
//!
//! `konnect-victim die ISSUER CLIENT REDIRECT FILE STEP SAVES CALLERS`, or `refresh` / `transfer` with the first four:
//! then it says `alive`, `over` or `kept`.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use session::store::{Slot, Store};
use session::{
    BoxFuture, Config, Http, HttpError, RefreshOutcome, Request, ReqwestHttp, Response, Secret, Session, StoreError,
    SystemClock, SystemRandom, TransferOutcome,
};

/// Where to stop and how to save; nothing for an app that lives.
#[derive(Clone, Default)]
struct Fate {
    step: String,
    saves: String,
}

impl Fate {
    /// Says where it is, and goes no further.
    fn at(&self, step: &str) {
        if self.step == step {
            println!("at {step}");
            std::io::stdout().flush().unwrap();
            std::thread::sleep(Duration::from_mins(10));
        }
    }
}

struct Way {
    real: ReqwestHttp,
    fate: Fate,
}

impl Http for Way {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, HttpError>> {
        let (fate, exchange, real) = (self.fate.clone(), request.form.is_some(), self.real.clone());
        Box::pin(async move {
            if exchange {
                fate.at("BeforeRequest");
            }
            let answer = real.send(request).await;
            if exchange {
                fate.at("Answered");
            }
            answer
        })
    }
}

/// One file, replaced as a whole; a lock keeps other processes out.
struct OneFile {
    file: PathBuf,
    fate: Fate,
    failed: AtomicBool,
}

impl OneFile {
    fn write(&self, value: &Secret) -> std::io::Result<()> {
        let beside = self.file.with_extension("new");
        let mut new = File::create(&beside)?;
        let (first, rest) = value.expose().split_at(value.expose().len() / 2);
        new.write_all(first.as_bytes())?;
        new.sync_all()?;
        self.fate.at("Saving");
        new.write_all(rest.as_bytes())?;
        new.sync_all()?;
        std::fs::rename(&beside, &self.file)
    }
}

impl Store for OneFile {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError> {
        if slot == Slot::Pending {
            return Ok(None);
        }
        match std::fs::read_to_string(&self.file) {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(_) => Err(StoreError::Failed),
        }
    }

    fn save(&self, _: Slot, value: &Secret) -> Result<(), StoreError> {
        let fault = match self.fate.saves.as_str() {
            "FailsOnce" if !self.failed.swap(true, Ordering::SeqCst) => return Err(StoreError::Failed),
            "FailsAlways" => Some(StoreError::Failed),
            "Locked" => Some(StoreError::Locked),
            "Slowly" => {
                std::thread::sleep(Duration::from_millis(300));
                None
            }
            _ => None,
        };
        let outcome = match fault {
            Some(fault) => {
                self.fate.at("Saving");
                Err(fault)
            }
            None => self.write(value).map_err(|_| StoreError::Failed),
        };
        self.fate.at("Saved");
        outcome
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        if slot == Slot::Session && self.file.exists() {
            std::fs::remove_file(&self.file).map_err(|_| StoreError::Failed)
        } else {
            Ok(())
        }
    }

    fn lock_across_processes(&self) -> Result<Box<dyn Send>, StoreError> {
        let lock = File::create(self.file.with_extension("lock")).map_err(|_| StoreError::Failed)?;
        let since = Instant::now();
        while lock.try_lock().is_err() {
            if since.elapsed() > Duration::from_mins(1) {
                return Err(StoreError::Locked);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Box::new(lock))
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, issuer, client, redirect, file, more @ ..] = arguments.as_slice() else {
        panic!("see the source")
    };
    let (fate, callers) = match more {
        [step, saves, callers] => (
            Fate {
                step: step.clone(),
                saves: saves.clone(),
            },
            callers.parse().unwrap(),
        ),
        _ => (Fate::default(), 1),
    };
    let mut config = Config::new(issuer.clone(), client.clone(), redirect.parse().unwrap());
    config.loopback_http = true;
    let http = Way {
        real: ReqwestHttp::new(Some(&[]), true).unwrap(),
        fate: fate.clone(),
    };
    let store = OneFile {
        file: file.into(),
        fate: fate.clone(),
        failed: AtomicBool::new(false),
    };
    let session = Session::new(
        config,
        Arc::new(http),
        Arc::new(SystemClock),
        Arc::new(SystemRandom),
        Arc::new(store),
    );
    let word = if what == "transfer" {
        match session.transfer().await {
            TransferOutcome::Token(_) | TransferOutcome::NoTransfer(_) => "alive",
            TransferOutcome::Kept(_) => "kept",
            TransferOutcome::SignedOut(_) => "over",
        }
    } else {
        let mut callers: Vec<_> = (0..callers).map(|_| Box::pin(session.refresh())).collect();
        let mut word = "none";
        while !callers.is_empty() {
            let (outcome, _, rest) = futures_util::future::select_all(callers).await;
            fate.at("Answering");
            word = match outcome {
                RefreshOutcome::Refreshed { .. } => "alive",
                RefreshOutcome::Kept(_) => "kept",
                RefreshOutcome::SignedOut(_) => "over",
            };
            callers = rest;
        }
        word
    };
    println!("{word}");
}
