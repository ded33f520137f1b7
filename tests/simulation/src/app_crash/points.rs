//! The points at which a run of the app can be killed, in order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::world::Process;

/// Counts the points that the app passes, and kills its process at one of them. Clones count together.
#[derive(Clone, Default)]
pub struct Points(Arc<Inner>);

#[derive(Default)]
struct Inner {
    counted: Mutex<Counted>,
    killed: Notify,
}

#[derive(Default)]
struct Counted {
    is_counting: bool,
    /// The names of the points of the present process, in order.
    names: Vec<String>,
    /// How many points each process passes before its death: the first is the next one to die.
    kills: Vec<usize>,
    /// Where processes were killed.
    deaths: Vec<String>,
}

impl Points {
    /// The first process is killed at the point with the first number, the process after it at the point with the second.
    pub fn killing_at(kills: &[usize]) -> Self {
        let points = Self::default();
        points.counted().kills = kills.to_vec();
        points
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts from now on, or no longer.
    pub fn count(&self, is_counting: bool) {
        self.counted().is_counting = is_counting;
    }

    /// The process is at a point. If it is to die here, nothing that it does from now on has an effect. Returns whether
    /// the process lives.
    pub fn at(&self, process: &Process, name: impl Into<String>) -> bool {
        if process.dead() {
            return false;
        }
        let name = name.into();
        let mut counted = self.counted();
        if !counted.is_counting {
            return true;
        }
        let number = counted.names.len();
        counted.names.push(name.clone());
        if counted.kills.first() != Some(&number) {
            return true;
        }
        counted.kills.remove(0);
        counted.names.clear();
        process.world.note(&format!("killed {name}"));
        counted.deaths.push(name);
        drop(counted);
        process.kill();
        self.0.killed.notify_one();
        false
    }

    /// Completes when a process was killed at its point.
    pub async fn killed(&self) {
        self.0.killed.notified().await;
    }

    /// Where processes were killed.
    pub fn deaths(&self) -> Vec<String> {
        self.counted().deaths.clone()
    }

    /// The names of the points that the last process passed.
    pub fn names(&self) -> Vec<String> {
        self.counted().names.clone()
    }
}
