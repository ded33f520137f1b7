//! When the loop wakes by itself, and how often things may happen. Measures idle time, too.
//!
//! Plain values in the loop's own hands: no task and no lock. `Instant` is tokio's, so tests and the simulation let time
//! stand still.

use std::collections::VecDeque;
use std::time::Duration;

use app_state::Event;
use session::Random;
use tokio::time::Instant;

/// The longest wait before a retry. Short enough that the group view is back within ten seconds of the network.
const MAX_RETRY: Duration = Duration::from_secs(8);
/// The shortest wait before a retry.
const MIN_RETRY: Duration = Duration::from_millis(500);
/// How long a page that redirects in a loop is denied another session transfer.
const LOOP_GUARD: Duration = Duration::from_secs(30);
/// Coming to the front counts as a resume only this long after the last one.
const RESUME_PAUSE: Duration = Duration::from_mins(1);
/// A page can open the system browser at most this often, so that it cannot keep covering the app.
const EXTERNAL_OPEN_PAUSE: Duration = Duration::from_secs(5);

/// Everything that depends on time.
#[derive(Debug)]
pub(crate) struct Timers {
    retry: Option<Instant>,
    loop_guards: VecDeque<Instant>,
    last_resume: Instant,
    last_external_open: Option<Instant>,
    last_activity: Instant,
    /// After how long without a touch [`Event::IdleTimeout`] is due.
    idle_after: Option<Duration>,
}

impl Timers {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            retry: None,
            loop_guards: VecDeque::new(),
            last_resume: now,
            last_external_open: None,
            last_activity: now,
            idle_after: None,
        }
    }

    /// Sets the retry timer, replacing a pending one: exponential backoff with full jitter.
    pub(crate) fn retry_later(&mut self, now: Instant, attempt: u32, random: &dyn Random) {
        let longest = Duration::from_secs(1)
            .saturating_mul(1 << attempt.min(8))
            .min(MAX_RETRY);
        self.retry = Some(now + MIN_RETRY + jitter(longest.saturating_sub(MIN_RETRY), random));
    }

    /// Adds a loop guard. Each one elapses separately.
    pub(crate) fn start_loop_guard(&mut self, now: Instant) {
        self.loop_guards.push_back(now + LOOP_GUARD);
    }

    /// Somebody touched the app.
    pub(crate) fn touch(&mut self, now: Instant) {
        self.last_activity = now;
    }

    /// Sets after how long without a touch a session ends; None for never.
    pub(crate) fn set_idle_after(&mut self, after: Option<Duration>) {
        self.idle_after = after;
    }

    /// The app came to the front. True if that counts as a resume.
    pub(crate) fn resume(&mut self, now: Instant) -> bool {
        let counts = now - self.last_resume >= RESUME_PAUSE;
        if counts {
            self.last_resume = now;
        }
        counts
    }

    /// A page wants to open the system browser. True if it may: not within five seconds of the last time, and once for
    /// each touch, so that a page which nobody touches cannot open it again and again.
    pub(crate) fn may_open_externally(&mut self, now: Instant) -> bool {
        let refused = self
            .last_external_open
            .is_some_and(|last| now - last < EXTERNAL_OPEN_PAUSE || self.last_activity < last);
        if !refused {
            self.last_external_open = Some(now);
        }
        !refused
    }

    fn idle_at(&self) -> Option<Instant> {
        self.idle_after.map(|after| self.last_activity + after)
    }

    /// When the next event is due, if one is.
    pub(crate) fn next(&self) -> Option<Instant> {
        [self.retry, self.loop_guards.front().copied(), self.idle_at()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Takes the events that are due.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<Event> {
        let mut due = vec![];
        if self.retry.is_some_and(|at| at <= now) {
            self.retry = None;
            due.push(Event::RetryDue);
        }
        while self.loop_guards.front().is_some_and(|at| *at <= now) {
            self.loop_guards.pop_front();
            due.push(Event::LoopGuardElapsed);
        }
        if self.idle_at().is_some_and(|at| at <= now) {
            self.last_activity = now;
            due.push(Event::IdleTimeout);
        }
        due
    }
}

/// A random duration from zero to `longest`, in milliseconds.
fn jitter(longest: Duration, random: &dyn Random) -> Duration {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    let span = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
    Duration::from_millis(u64::from_le_bytes(bytes) % span)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Fills with one byte: 0 gives the shortest wait.
    struct Fixed(u8);

    impl Random for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    fn wait(attempt: u32, random: &dyn Random) -> Duration {
        let now = Instant::now();
        let mut timers = Timers::new(now);
        timers.retry_later(now, attempt, random);
        timers.next().unwrap() - now
    }

    #[test]
    fn a_retry_waits_half_a_second_at_least_and_eight_seconds_at_most() {
        for attempt in [0, 1, 2, 3, 4, 9, u32::MAX] {
            assert_eq!(wait(attempt, &Fixed(0)), MIN_RETRY);
            for byte in 0..=255 {
                let most = Duration::from_secs(1 << attempt.min(3));
                let waits = wait(attempt, &Fixed(byte));
                assert!((MIN_RETRY..=most).contains(&waits), "{attempt}: {waits:?}");
            }
        }
        let spread: std::collections::BTreeSet<_> = (0..=255).map(|byte| wait(9, &Fixed(byte))).collect();
        assert!(spread.len() > 100 && *spread.last().unwrap() > 7 * SECOND);
    }

    #[test]
    fn a_new_retry_replaces_the_pending_one_and_comes_due_once() {
        let now = Instant::now();
        let mut timers = Timers::new(now);
        timers.retry_later(now, 0, &Fixed(0));
        timers.retry_later(now + 10 * SECOND, 0, &Fixed(0));
        assert!(timers.take_due(now + 10 * SECOND).is_empty());
        assert_eq!(timers.take_due(now + 10 * SECOND + MIN_RETRY), [Event::RetryDue]);
        assert_eq!((timers.take_due(now + 60 * SECOND), timers.next()), (vec![], None));
    }

    #[test]
    fn each_loop_guard_elapses_after_thirty_seconds() {
        let now = Instant::now();
        let mut timers = Timers::new(now);
        timers.start_loop_guard(now);
        timers.start_loop_guard(now + SECOND);
        assert!(timers.take_due(now + 29 * SECOND).is_empty());
        assert_eq!(timers.take_due(now + 30 * SECOND), [Event::LoopGuardElapsed]);
        assert_eq!(timers.next(), Some(now + 31 * SECOND));
        assert_eq!(timers.take_due(now + 31 * SECOND), [Event::LoopGuardElapsed]);
    }

    #[test]
    fn coming_to_the_front_counts_once_a_minute() {
        let now = Instant::now();
        let mut timers = Timers::new(now);
        assert!(!timers.resume(now + 59 * SECOND));
        assert!(timers.resume(now + 60 * SECOND));
        assert!(!timers.resume(now + 119 * SECOND));
        assert!(timers.resume(now + 120 * SECOND));
    }

    #[test]
    fn a_page_opens_the_browser_once_for_each_touch_and_not_again_within_five_seconds() {
        let start = Instant::now();
        let mut timers = Timers::new(start);
        let opened = start + SECOND;
        assert!(timers.may_open_externally(opened));
        assert!(!timers.may_open_externally(opened + 4 * SECOND));
        assert!(
            !timers.may_open_externally(opened + 600 * SECOND),
            "nobody has touched the app since"
        );
        timers.touch(opened + SECOND);
        assert!(
            !timers.may_open_externally(opened + 4 * SECOND),
            "touched, but too soon"
        );
        let again = opened + 5 * SECOND;
        assert!(timers.may_open_externally(again));
        timers.touch(again);
        assert!(
            timers.may_open_externally(again + 5 * SECOND),
            "touched at the moment of the opening"
        );
    }

    #[test]
    fn an_untouched_session_is_idle_after_the_time_that_the_settings_give() {
        let now = Instant::now();
        let mut timers = Timers::new(now);
        timers.set_idle_after(Some(60 * SECOND));
        timers.touch(now + 30 * SECOND);
        assert!(timers.take_due(now + 89 * SECOND).is_empty());
        assert_eq!(timers.next(), Some(now + 90 * SECOND));
        assert_eq!(timers.take_due(now + 90 * SECOND), [Event::IdleTimeout]);
        assert_eq!(
            timers.next(),
            Some(now + 150 * SECOND),
            "counted anew, so that it is not due again at once"
        );
        timers.set_idle_after(None);
        assert_eq!(timers.next(), None);
    }
}
