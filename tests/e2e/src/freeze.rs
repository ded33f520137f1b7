//! Processes that stand still for a while, as a tablet's do in its sleep.

use std::process::Command;

use crate::processes::{app_processes, is_app};
use crate::{Outcome, Sandbox};

/// Whose processes stand still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frozen {
    /// The app's own process. The web engine's go on.
    App,
    /// The web engine's processes. The app goes on.
    Engine,
    /// All of them.
    Everything,
}

impl Frozen {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::App, Self::Engine, Self::Everything];
}

/// Processes that stand still until this is dropped.
pub struct Freeze(Vec<i32>);

impl Freeze {
    /// Stops the processes of the app in this sandbox. Fails if there are none.
    pub fn of(sandbox: &Sandbox, whose: Frozen) -> Outcome<Self> {
        let processes = app_processes(sandbox.home())?
            .into_iter()
            .filter(|process| match whose {
                Frozen::App => is_app(process),
                Frozen::Engine => !is_app(process),
                Frozen::Everything => true,
            });
        Self::of_processes(processes.map(|process| process.pid()).collect())
    }

    fn of_processes(ids: Vec<i32>) -> Outcome<Self> {
        if ids.is_empty() {
            return Err("there is no process to stop".into());
        }
        let freeze = Self(ids);
        freeze.signal("-STOP")?;
        Ok(freeze)
    }

    /// Lets the processes go on.
    pub fn end(self) -> Outcome {
        self.signal("-CONT")
    }

    fn signal(&self, signal: &str) -> Outcome {
        let ids = self.0.iter().map(ToString::to_string);
        let done = Command::new("kill").args([signal, "--"]).args(ids).status()?;
        if done.success() {
            Ok(())
        } else {
            Err(format!("a process of the app has gone: kill {signal} ended with {done}").into())
        }
    }
}

impl Drop for Freeze {
    fn drop(&mut self) {
        // Processes that go on already ignore it.
        let _ = self.signal("-CONT");
    }
}

#[cfg(test)]
mod tests {
    use std::process::Child;

    use procfs::process::Process;

    use super::*;

    fn sleeper() -> Child {
        Command::new("sleep").arg("60").spawn().unwrap()
    }

    /// Waits until the process is in this state of `/proc/<pid>/stat`.
    fn wait_for(child: &Child, state: char) {
        let process = Process::new(child.id().cast_signed()).unwrap();
        for _ in 0..100 {
            if process.stat().unwrap().state == state {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("never in state {state}");
    }

    #[test]
    fn a_frozen_process_stands_still_until_the_freeze_ends_or_is_dropped() {
        let mut child = sleeper();
        let id = child.id().cast_signed();
        let freeze = Freeze::of_processes(vec![id]).unwrap();
        wait_for(&child, 'T');
        freeze.end().unwrap();
        wait_for(&child, 'S');
        let freeze = Freeze::of_processes(vec![id]).unwrap();
        wait_for(&child, 'T');
        drop(freeze);
        wait_for(&child, 'S');
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn freezing_nothing_is_an_error() {
        assert!(Freeze::of_processes(vec![]).is_err());
    }
}
