//! Which lock task the app may end: only one that it started itself.
//!
//! Android reports the lock task of the whole device, not that of this app. A kiosk launcher, an MDM that locks the
//! device to one app and a person who pins an app all turn it on, and Android lets any app in the locked task turn it
//! off again. For an app that is not the first one in the locked task, that even ends its own activities.

/// What `ActivityManager.getLockTaskModeState` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockTask {
    Off,
    /// Only the apps that the device administrator names can come to the foreground.
    Locked,
    /// A person pinned an app to the screen.
    Pinned,
}

impl LockTask {
    /// The mode behind a constant of `ActivityManager`.
    pub(crate) fn from_state(state: i32) -> Self {
        match state {
            0 => Self::Off,
            2 => Self::Pinned,
            _ => Self::Locked,
        }
    }
}

/// What to do about lock task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Start lock task, and remember that this app started it.
    Start,
    /// End lock task, and forget that this app started it.
    End,
    /// Leave everything as it is.
    Leave,
}

/// What to do so that the app is in lock task, or no longer in a lock task of its own. `is_ours` says that this app
/// started the newest lock task that it knows of.
pub(crate) fn step(wanted: bool, now: LockTask, is_ours: bool) -> Step {
    match (wanted, now) {
        (true, LockTask::Off) => Step::Start,
        (false, LockTask::Locked) if is_ours => Step::End,
        // Nothing is on, somebody else started it, or a person pinned the app, which only that person ends.
        (false, LockTask::Off) | (_, LockTask::Locked | LockTask::Pinned) => Step::Leave,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_task_that_somebody_else_started_is_left_alone() {
        for now in [LockTask::Locked, LockTask::Pinned] {
            for wanted in [true, false] {
                assert_eq!(step(wanted, now, false), Step::Leave, "{wanted} {now:?}");
            }
        }
    }

    #[test]
    fn the_apps_own_lock_task_ends_and_one_that_a_person_pinned_meanwhile_does_not() {
        assert_eq!(step(true, LockTask::Off, false), Step::Start);
        assert_eq!(step(true, LockTask::Locked, true), Step::Leave);
        assert_eq!(step(false, LockTask::Locked, true), Step::End);
        assert_eq!(step(false, LockTask::Pinned, true), Step::Leave);
    }

    #[test]
    fn a_lock_task_that_ended_by_itself_needs_no_end_and_starts_again_where_it_is_wanted() {
        assert_eq!(step(false, LockTask::Off, true), Step::Leave);
        assert_eq!(step(true, LockTask::Off, true), Step::Start);
    }

    #[test]
    fn each_state_of_androids_is_known_and_a_new_one_counts_as_locked() {
        use LockTask::{Locked, Off, Pinned};
        assert_eq!([0, 1, 2, 3].map(LockTask::from_state), [Off, Locked, Pinned, Locked]);
    }
}
