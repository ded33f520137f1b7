//! A real process with a real refresh, killed at every step.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::common::provider::Provider;
use crate::common::{CLIENT, REDIRECT};

/// Where the process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Step {
    /// All is read, nothing is sent.
    BeforeRequest,
    /// The server has the request and has not worked on it.
    Sent,
    /// The server has rotated; the answer is in the process' hands.
    Answered,
    /// Half of the new file is written, beside the old one.
    Saving,
    /// The store has answered.
    Saved,
    /// The first caller knows.
    Answering,
}

pub const STEPS: [Step; 6] = [
    Step::BeforeRequest,
    Step::Sent,
    Step::Answered,
    Step::Saving,
    Step::Saved,
    Step::Answering,
];

/// The store's behaviour during the save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saves {
    Well,
    FailsOnce,
    FailsAlways,
    Locked,
    Slowly,
}

pub const SAVES: [Saves; 5] = [
    Saves::Well,
    Saves::FailsOnce,
    Saves::FailsAlways,
    Saves::Locked,
    Saves::Slowly,
];

/// Who else has the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    Nobody,
    /// A second instance of the app refreshes, too.
    Instance,
    /// A background process requests a session transfer token, which is a refresh.
    Background,
}

pub const BESIDE: [Beside; 3] = [Beside::Nobody, Beside::Instance, Beside::Background];

/// One cell of the matrix.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub step: Step,
    pub rotates: bool,
    /// 180 seconds, within which everything here happens; or none.
    pub leeway: bool,
    pub callers: usize,
    pub saves: Saves,
    pub beside: Beside,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            step,
            rotates,
            leeway,
            callers,
            saves,
            beside,
        } = self;
        write!(
            f,
            "{step:?}, rotation {rotates}, leeway {}, callers {callers}, saves {saves:?}, beside {beside:?}",
            if *leeway { 180 } else { 0 }
        )
    }
}

impl Cell {
    /// Why the protocol leaves no session: the server has rotated and rejects the old token, and the new token was not
    /// saved.
    pub fn lost_because(&self) -> Option<&'static str> {
        let on_disk = self.step >= Step::Saved && matches!(self.saves, Saves::Well | Saves::FailsOnce | Saves::Slowly);
        let rotated = self.rotates && self.step >= Step::Answered;
        if !rotated || self.leeway || on_disk {
            None
        } else if self.step >= Step::Saved {
            Some("the store took nothing, so the new token died with the process")
        } else {
            Some("the new token died with the process before it was saved")
        }
    }
}

/// Every cell.
pub fn matrix() -> Vec<Cell> {
    let mut cells = vec![];
    for step in STEPS {
        for rotates in [true, false] {
            for leeway in [false, true] {
                for callers in [1, 5] {
                    for saves in SAVES {
                        cells.extend(BESIDE.map(|beside| Cell {
                            step,
                            rotates,
                            leeway,
                            callers,
                            saves,
                            beside,
                        }));
                    }
                }
            }
        }
    }
    cells
}

/// What happened in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The session lived after a restart.
    pub signed_in: bool,
    /// What went wrong with the run itself, or a promise that was broken.
    pub broken: Option<String>,
}

/// The victims are run from this folder: that of the binary or of the tests beside it.
pub struct CrashRunner {
    victim: PathBuf,
}

impl CrashRunner {
    pub fn new(victim: PathBuf) -> Self {
        Self { victim }
    }

    fn victim(&self, provider: &Provider, store: &Path, what: &str, more: &[String]) -> std::io::Result<Child> {
        Command::new(&self.victim)
            .args([what, &provider.issuer, CLIENT, REDIRECT])
            .arg(store)
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }

    /// Signs in, kills a process at the step, starts another one, and looks.
    pub async fn run(&self, cell: Cell) -> Ended {
        let broken = |what: String| Ended {
            signed_in: false,
            broken: Some(what),
        };
        let fixture = crate::common::Fixture::signed_in().await;
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("session.json");
        std::fs::write(&store, fixture.stored().unwrap()).unwrap();
        fixture.behave(|behaviour| {
            behaviour.rotates = cell.rotates;
            behaviour.leeway = cell.leeway;
            behaviour.latency = if cell.step == Step::Sent {
                Duration::from_mins(1)
            } else {
                Duration::ZERO
            };
        });
        fixture.provider.clear_log();
        let more = [
            format!("{:?}", cell.step),
            format!("{:?}", cell.saves),
            cell.callers.to_string(),
        ];
        let mut child = self.victim(&fixture.provider, &store, "die", &more).unwrap();
        if let Err(what) = until(&mut child, cell.step, &fixture.provider).await {
            return broken(what);
        }
        let asked = fixture.provider.hits("/token");
        let expected = usize::from(cell.step >= Step::Sent);
        if asked != expected {
            return broken(format!("{asked} exchanges before the kill instead of {expected}"));
        }
        // The other one waits for its turn by now, or begins while this one is killed.
        let other = match cell.beside {
            Beside::Nobody => None,
            Beside::Instance => Some(self.victim(&fixture.provider, &store, "refresh", &[]).unwrap()),
            Beside::Background => Some(self.victim(&fixture.provider, &store, "transfer", &[]).unwrap()),
        };
        if other.is_some() {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        // Callers are answered when the turn is over; until then nobody else has it.
        if cell.step < Step::Answering && fixture.provider.hits("/token") != asked {
            return broken("the other one did not wait for its turn".to_owned());
        }
        child.kill().await.unwrap();
        fixture.behave(|behaviour| behaviour.latency = Duration::ZERO);
        let other = match other {
            Some(child) => Some(said(child).await),
            None => None,
        };
        let again = said(self.victim(&fixture.provider, &store, "refresh", &[]).unwrap()).await;
        let once_more = said(self.victim(&fixture.provider, &store, "refresh", &[]).unwrap()).await;
        let first = other.as_deref().unwrap_or(&again).to_owned();
        let signed_in = first == "alive" && again == "alive" && once_more == "alive";
        let told = first == "over" && again == "over" && once_more == "over";
        if !signed_in && !told {
            return broken(format!("{other:?}, then {again}, then {once_more}"));
        }
        Ended {
            signed_in,
            broken: None,
        }
    }

    /// Kills at any moment, `after` the start. The old or the new token is on disk, whole.
    pub async fn at_any_moment(&self, after: Duration) -> Result<(), String> {
        let fixture = crate::common::Fixture::signed_in().await;
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("session.json");
        std::fs::write(&store, fixture.stored().unwrap()).unwrap();
        fixture.behave(|behaviour| behaviour.leeway = true);
        let mut child = self.victim(&fixture.provider, &store, "refresh", &[]).unwrap();
        tokio::time::sleep(after).await;
        child.kill().await.unwrap();
        let again = said(self.victim(&fixture.provider, &store, "refresh", &[]).unwrap()).await;
        if again == "alive" {
            Ok(())
        } else {
            Err(format!("killed after {after:?}: {again}"))
        }
    }
}

/// Waits until the process is at the step.
async fn until(child: &mut Child, step: Step, provider: &Provider) -> Result<(), String> {
    let reached = async {
        if step == Step::Sent {
            while provider.hits("/token") == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            return true;
        }
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        matches!(lines.next_line().await, Ok(Some(line)) if line == format!("at {step:?}"))
    };
    match tokio::time::timeout(Duration::from_mins(1), reached).await {
        Ok(true) => Ok(()),
        _ => Err(format!("never came to {step:?}")),
    }
}

/// The word with which a process ended.
async fn said(child: Child) -> String {
    match tokio::time::timeout(Duration::from_mins(1), child.wait_with_output()).await {
        Ok(Ok(output)) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        _ => "no end".to_owned(),
    }
}
