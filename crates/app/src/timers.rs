//! When the loop wakes by itself, and how often things may happen. Measures idle time, too.
//!
//! Plain values in the loop's own hands: no task and no lock. `Instant` is tokio's, so tests and the simulation let time
//! stand still.

use std::collections::VecDeque;
use std::time::Duration;

use app_state::{Event, RetryPace};
use error_codes::ErrorCode;
use session::Random;
use tokio::time::Instant;

/// The shortest wait before a retry.
const MIN_RETRY: Duration = Duration::from_millis(500);
/// The longest wait while the fault is young. Short enough that the group view is back within ten seconds of the network.
const MAX_EARLY_RETRY: Duration = Duration::from_secs(8);
/// The longest wait at all: one request in a minute or two for each tablet of a fleet, and back within two minutes.
const MAX_RETRY: Duration = Duration::from_secs(110);
/// How many attempts a fault of the tablet's own stays young: between two and three minutes.
const EARLY_ATTEMPTS: u32 = 30;
/// The longest time for which a site's server is left alone because it asked. A day's wait in a header is more often a
/// mistake than meant, and the group cannot work meanwhile.
const MAX_SITE_WAIT: Duration = Duration::from_hours(1);
/// How long a page that redirects in a loop is denied another session transfer.
const LOOP_GUARD: Duration = Duration::from_secs(30);
/// How long nobody may have touched a sign-in page that nobody asked for before the app leaves it.
const UNASKED_SIGN_IN_PAGE: Duration = Duration::from_secs(30);
/// The same after [`MANY_SIGN_IN_PAGES`] attempts to leave such a page, when only a person seems to help.
const REPEATED_SIGN_IN_PAGE: Duration = Duration::from_mins(30);
/// The same once somebody has touched the page: as long as a sign-in may take.
const USED_SIGN_IN_PAGE: Duration = Duration::from_mins(10);
/// Whoever has tried for so long does not get in this way. The app then leaves the page in the next pause.
const TRIED_SIGN_IN_PAGE: Duration = Duration::from_hours(1);
/// A pause of whoever is typing on a sign-in page.
const LEFT_SIGN_IN_PAGE: Duration = Duration::from_mins(1);
const MANY_SIGN_IN_PAGES: u32 = 2;
/// Nobody is in the middle of something on a tablet that was not touched for so long.
const QUIET: Duration = Duration::from_mins(1);
/// Coming to the front counts as a resume only this long after the last one.
const RESUME_PAUSE: Duration = Duration::from_mins(1);
/// A page can open the system browser at most this often, so that it cannot keep covering the app.
const EXTERNAL_OPEN_PAUSE: Duration = Duration::from_secs(5);

/// A moment by two clocks: tokio's, which stands still while the tablet sleeps, and the tablet's own, which goes on but
/// which somebody may set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) awake: Instant,
    /// Seconds since 1970.
    pub(crate) wall: i64,
}

impl Moment {
    /// How long ago `earlier` was, by the clock that says more. A clock that was set back does not shorten it.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        let wall = u64::try_from(self.wall.saturating_sub(earlier.wall)).unwrap_or(0);
        self.awake
            .saturating_duration_since(earlier.awake)
            .max(Duration::from_secs(wall))
    }
}

/// Everything that depends on time.
#[derive(Debug)]
pub(crate) struct Timers {
    retry: Option<Instant>,
    site_wait: Option<SiteWait>,
    loop_guards: VecDeque<Instant>,
    sign_in_page: Option<SignInPage>,
    /// What staff are to read as soon as nobody is using the tablet.
    notice: Option<ErrorCode>,
    settings: Option<Instant>,
    last_resume: Moment,
    last_external_open: Option<Instant>,
    /// Where idle time begins: the last touch, or the start of the app.
    last_activity: Moment,
    last_touch: Option<Moment>,
    /// After how long without a touch [`Event::IdleTimeout`] is due.
    idle_after: Option<Duration>,
}

/// A server asked to be left alone.
#[derive(Clone, Copy, Debug)]
struct SiteWait {
    since: Moment,
    wait: Duration,
}

/// A sign-in page that nobody asked for.
#[derive(Clone, Copy, Debug)]
struct SignInPage {
    since: Moment,
    attempt: u32,
}

impl Timers {
    pub(crate) fn new(now: Moment) -> Self {
        Self {
            retry: None,
            site_wait: None,
            loop_guards: VecDeque::new(),
            sign_in_page: None,
            notice: None,
            settings: None,
            last_resume: now,
            last_external_open: None,
            last_activity: now,
            last_touch: None,
            idle_after: None,
        }
    }

    /// Sets the retry timer, replacing a pending one: exponential backoff with jitter.
    pub(crate) fn retry_later(&mut self, now: Instant, attempt: u32, pace: RetryPace, random: &dyn Random) {
        self.retry = Some(now + backoff(attempt, pace, random));
    }

    /// Leaves the site's server alone for at least as long as it asked, up to an hour, and longer after each attempt. A
    /// fleet that was asked to wait comes back over a quarter of that time.
    pub(crate) fn wait_for_site(&mut self, now: Moment, attempt: u32, at_least: Duration, random: &dyn Random) {
        let at_least = at_least.min(MAX_SITE_WAIT);
        let wait = backoff(attempt, RetryPace::Server, random).max(at_least + jitter(at_least / 4, random));
        self.site_wait = Some(SiteWait { since: now, wait });
    }

    /// For how much longer the site's server is left alone, if it asked for that.
    fn site_wait_left(&self, now: Moment) -> Option<Duration> {
        self.site_wait
            .map(|waiting| waiting.wait.saturating_sub(now.since(waiting.since)))
    }

    /// Adds a loop guard. Each one elapses separately.
    pub(crate) fn start_loop_guard(&mut self, now: Instant) {
        self.loop_guards.push_back(now + LOOP_GUARD);
    }

    /// A sign-in page that nobody asked for is on screen.
    pub(crate) fn watch_sign_in_page(&mut self, since: Moment, attempt: u32) {
        self.sign_in_page = Some(SignInPage { since, attempt });
    }

    /// Staff are to read that the session is not renewed, with this code, as soon as nobody has touched the tablet for a
    /// minute. None: no longer.
    pub(crate) fn notify_staff(&mut self, code: Option<ErrorCode>) {
        self.notice = code;
    }

    /// For how much longer the tablet has to be left alone until staff may read the notice, if there is one.
    fn notice_left(&self, now: Moment) -> Option<Duration> {
        self.notice.map(|_| QUIET.saturating_sub(now.since(self.last_activity)))
    }

    /// Sets when the settings are to be read again, whatever else happens; None for not.
    pub(crate) fn read_settings_after(&mut self, now: Instant, after: Option<Duration>) {
        self.settings = after.map(|after| now + after);
    }

    /// The settings are to be read now. Says so once.
    pub(crate) fn take_settings_due(&mut self, now: Instant) -> bool {
        self.settings.take_if(|at| *at <= now).is_some()
    }

    /// Somebody touched the app.
    pub(crate) fn touch(&mut self, now: Moment) {
        self.last_activity = now;
        self.last_touch = Some(now);
    }

    /// How long ago somebody last touched the app. [`Duration::MAX`] if nobody has since it started.
    pub(crate) fn untouched_for(&self, now: Moment) -> Duration {
        self.last_touch.map_or(Duration::MAX, |touch| now.since(touch))
    }

    /// Sets after how long without a touch a session ends; None for never.
    pub(crate) fn set_idle_after(&mut self, after: Option<Duration>) {
        self.idle_after = after;
    }

    /// The app came to the front. True if that counts as a resume.
    pub(crate) fn resume(&mut self, now: Moment) -> bool {
        let counts = now.since(self.last_resume) >= RESUME_PAUSE;
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
            .is_some_and(|last| now - last < EXTERNAL_OPEN_PAUSE || self.last_activity.awake < last);
        if !refused {
            self.last_external_open = Some(now);
        }
        !refused
    }

    fn idle_at(&self) -> Option<Instant> {
        self.idle_after.map(|after| self.last_activity.awake + after)
    }

    /// For how much longer the sign-in page may stay, if one is on screen.
    fn sign_in_page_left(&self, now: Moment) -> Option<Duration> {
        self.sign_in_page.map(|page| self.page_left(page, now))
    }

    fn page_left(&self, page: SignInPage, now: Moment) -> Duration {
        let left = |wait: Duration, since: Moment| wait.saturating_sub(now.since(since));
        let touched = self.last_activity;
        if touched.awake > page.since.awake {
            let tried = left(TRIED_SIGN_IN_PAGE, page.since).max(left(LEFT_SIGN_IN_PAGE, touched));
            left(USED_SIGN_IN_PAGE, touched).min(tried)
        } else if page.attempt < MANY_SIGN_IN_PAGES {
            left(UNASKED_SIGN_IN_PAGE, page.since)
        } else {
            left(REPEATED_SIGN_IN_PAGE, page.since)
        }
    }

    /// The app came to the front with a sign-in page that nobody is using. Whoever opens a tablet in the morning wants the
    /// group view, and not the page that was in its way the evening before: the page may stay no longer than a first one.
    pub(crate) fn take_old_sign_in_page(&mut self, now: Moment) -> Option<Event> {
        let page = self.sign_in_page?;
        let is_old = self.page_left(SignInPage { attempt: 0, ..page }, now).is_zero();
        is_old.then(|| {
            self.sign_in_page = None;
            Event::SignInPageUntouched
        })
    }

    /// When the next event is due, if one is.
    pub(crate) fn next(&self, now: Moment) -> Option<Instant> {
        [
            self.retry,
            self.loop_guards.front().copied(),
            self.site_wait_left(now).map(|left| now.awake + left),
            self.sign_in_page_left(now).map(|left| now.awake + left),
            self.notice_left(now).map(|left| now.awake + left),
            self.settings,
            self.idle_at(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Takes the events that are due. The loop calls it when [`Self::next`] has come, and whenever somebody touches the
    /// app or brings it to the front: after a sleep, time has passed that no timer has seen.
    pub(crate) fn take_due(&mut self, now: Moment) -> Vec<Event> {
        let mut due = vec![];
        if self
            .idle_after
            .is_some_and(|after| now.since(self.last_activity) >= after)
        {
            self.last_activity = now;
            due.push(Event::IdleTimeout);
        }
        if self.retry.is_some_and(|at| at <= now.awake) {
            self.retry = None;
            due.push(Event::RetryDue);
        }
        if self.site_wait_left(now).is_some_and(|left| left.is_zero()) {
            self.site_wait = None;
            due.push(Event::SiteWaitElapsed);
        }
        while self.loop_guards.front().is_some_and(|at| *at <= now.awake) {
            self.loop_guards.pop_front();
            due.push(Event::LoopGuardElapsed);
        }
        if self.sign_in_page_left(now).is_some_and(|left| left.is_zero()) {
            self.sign_in_page = None;
            due.push(Event::SignInPageUntouched);
        }
        if self.notice_left(now).is_some_and(|left| left.is_zero()) {
            due.push(Event::SessionAtRisk(self.notice.take()));
        }
        due
    }
}

/// How long to wait before the next attempt: exponential, with jitter.
fn backoff(attempt: u32, pace: RetryPace, random: &dyn Random) -> Duration {
    let max = match pace {
        RetryPace::Network | RetryPace::Tablet if attempt < EARLY_ATTEMPTS => MAX_EARLY_RETRY,
        RetryPace::Network | RetryPace::Tablet | RetryPace::Server => MAX_RETRY,
    };
    let longest = Duration::from_secs(1).saturating_mul(1 << attempt.min(8)).min(max);
    // Half of a long wait is fixed, so that a fleet asks half as often as with a wait from zero, and is spread as well.
    let shortest = if longest > MAX_EARLY_RETRY {
        longest / 2
    } else {
        MIN_RETRY
    };
    shortest + jitter(longest.saturating_sub(shortest), random)
}

/// A random duration from zero to `longest`, in milliseconds.
pub(crate) fn jitter(longest: Duration, random: &dyn Random) -> Duration {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    let span = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
    Duration::from_millis(u64::from_le_bytes(bytes) % span)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_mins(1);

    /// Fills with one byte: 0 gives the shortest wait.
    struct Fixed(u8);

    impl Random for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    /// A moment at which both clocks have gone on alike.
    fn after(start: Moment, awake: Duration) -> Moment {
        slept(start, awake, Duration::ZERO)
    }

    /// A moment before which the tablet was awake for one time and slept for another.
    fn slept(start: Moment, awake: Duration, asleep: Duration) -> Moment {
        Moment {
            awake: start.awake + awake,
            wall: start.wall + i64::try_from((awake + asleep).as_secs()).unwrap(),
        }
    }

    fn start() -> (Moment, Timers) {
        let now = Moment {
            awake: Instant::now(),
            wall: 1_800_000_000,
        };
        (now, Timers::new(now))
    }

    fn wait(attempt: u32, pace: RetryPace, random: &dyn Random) -> Duration {
        let (now, mut timers) = start();
        timers.retry_later(now.awake, attempt, pace, random);
        timers.next(now).unwrap() - now.awake
    }

    /// The shortest and the longest wait.
    fn waits(attempt: u32, pace: RetryPace) -> (Duration, Duration) {
        let all: Vec<_> = (0..=255).map(|byte| wait(attempt, pace, &Fixed(byte))).collect();
        (*all.iter().min().unwrap(), *all.iter().max().unwrap())
    }

    #[test]
    fn without_a_network_the_app_tries_every_few_seconds_for_two_minutes_and_then_every_minute_or_two() {
        for attempt in 0..EARLY_ATTEMPTS {
            let (shortest, longest) = waits(attempt, RetryPace::Network);
            assert_eq!(shortest, MIN_RETRY);
            assert!(
                longest <= Duration::from_secs(1 << attempt.min(3)),
                "{attempt}: {longest:?}"
            );
        }
        assert!(waits(9, RetryPace::Network).1 > 7 * SECOND);
        for attempt in [EARLY_ATTEMPTS, 1_000, u32::MAX] {
            let (shortest, longest) = waits(attempt, RetryPace::Network);
            assert_eq!(shortest, 55 * SECOND);
            assert!(longest > 100 * SECOND && longest <= 110 * SECOND, "{longest:?}");
        }
        let on_average = |attempt| {
            let waits = (0..=255).map(|byte| wait(attempt, RetryPace::Network, &Fixed(byte)));
            waits.sum::<Duration>() / 256
        };
        let early: Duration = (0..EARLY_ATTEMPTS).map(on_average).sum();
        assert!(early > 100 * SECOND && early < 150 * SECOND, "{early:?}");
    }

    #[test]
    fn a_server_that_fails_is_asked_half_as_often_after_each_attempt() {
        let most = [1, 2, 4, 8, 16, 32, 64, 110, 110];
        for (attempt, most) in (0..).zip(most) {
            let (shortest, longest) = waits(attempt, RetryPace::Server);
            assert!(
                longest <= most * SECOND && longest > most * SECOND * 9 / 10,
                "{attempt}: {longest:?}"
            );
            if most > 8 {
                assert_eq!(shortest, most * SECOND / 2, "{attempt}");
            }
        }
        let spread: std::collections::BTreeSet<_> =
            (0..=255).map(|byte| wait(9, RetryPace::Server, &Fixed(byte))).collect();
        assert!(spread.len() > 100);
    }

    #[test]
    fn a_new_retry_replaces_the_pending_one_and_comes_due_once() {
        let (now, mut timers) = start();
        timers.retry_later(now.awake, 0, RetryPace::Network, &Fixed(0));
        let later = after(now, 10 * SECOND);
        timers.retry_later(later.awake, 0, RetryPace::Network, &Fixed(0));
        assert!(timers.take_due(later).is_empty());
        assert_eq!(timers.take_due(after(later, MIN_RETRY)), [Event::RetryDue]);
        assert_eq!((timers.take_due(after(now, MINUTE)), timers.next(now)), (vec![], None));
    }

    #[test]
    fn a_site_is_left_alone_for_as_long_as_it_asked_up_to_an_hour_and_a_fleet_comes_back_spread_out() {
        let hour = 60 * MINUTE;
        for (asked, least, most) in [
            (Duration::ZERO, MIN_RETRY, SECOND),
            (2 * MINUTE, 2 * MINUTE, 2 * MINUTE + MINUTE / 2),
            (hour, hour, hour + 15 * MINUTE),
            (Duration::MAX, hour, hour + 15 * MINUTE),
        ] {
            let waits = (0..=255).map(|byte| {
                let (now, mut timers) = start();
                timers.wait_for_site(now, 0, asked, &Fixed(byte));
                timers.next(now).unwrap() - now.awake
            });
            let waits: Vec<_> = waits.collect();
            assert_eq!(*waits.iter().min().unwrap(), least, "{asked:?}");
            let longest = *waits.iter().max().unwrap();
            assert!(
                longest <= most && longest.saturating_sub(least) > most.saturating_sub(least) * 9 / 10,
                "{asked:?}: {longest:?}"
            );
        }
        let (now, mut timers) = start();
        timers.wait_for_site(now, 8, SECOND, &Fixed(0));
        assert_eq!(
            timers.next(now),
            Some(now.awake + 55 * SECOND),
            "a server that stays busy is asked less often"
        );
    }

    #[test]
    fn a_wait_for_the_site_is_over_once_and_time_asleep_counts() {
        let (now, mut timers) = start();
        timers.wait_for_site(now, 0, 10 * MINUTE, &Fixed(0));
        timers.retry_later(now.awake, 0, RetryPace::Tablet, &Fixed(0));
        assert_eq!(timers.take_due(after(now, 9 * MINUTE)), [Event::RetryDue]);
        let woken = slept(now, 9 * MINUTE, MINUTE);
        assert_eq!(timers.take_due(woken), [Event::SiteWaitElapsed]);
        assert_eq!((timers.take_due(woken), timers.next(woken)), (vec![], None));
    }

    #[test]
    fn each_loop_guard_elapses_after_thirty_seconds() {
        let (now, mut timers) = start();
        timers.start_loop_guard(now.awake);
        timers.start_loop_guard(now.awake + SECOND);
        assert!(timers.take_due(after(now, 29 * SECOND)).is_empty());
        assert_eq!(timers.take_due(after(now, 30 * SECOND)), [Event::LoopGuardElapsed]);
        assert_eq!(timers.next(now), Some(now.awake + 31 * SECOND));
        assert_eq!(timers.take_due(after(now, 31 * SECOND)), [Event::LoopGuardElapsed]);
    }

    #[test]
    fn a_sign_in_page_that_nobody_touches_is_left_after_half_a_minute_and_later_after_half_an_hour() {
        for (attempt, seconds) in [(0, 30), (1, 30), (2, 1_800), (9, 1_800)] {
            let (now, mut timers) = start();
            timers.watch_sign_in_page(now, attempt);
            assert!(
                timers.take_due(after(now, (seconds - 1) * SECOND)).is_empty(),
                "{attempt}"
            );
            let due = after(now, seconds * SECOND);
            assert_eq!(timers.next(now), Some(due.awake));
            assert_eq!(timers.take_due(due), [Event::SignInPageUntouched]);
            assert_eq!(timers.next(now), None);
        }
    }

    #[test]
    fn a_sign_in_page_that_somebody_uses_stays_until_ten_minutes_after_the_last_touch() {
        let (now, mut timers) = start();
        timers.watch_sign_in_page(now, 0);
        timers.touch(after(now, 20 * SECOND));
        timers.touch(after(now, 5 * MINUTE));
        assert!(timers.take_due(after(now, 14 * MINUTE)).is_empty());
        assert_eq!(timers.take_due(after(now, 15 * MINUTE)), [Event::SignInPageUntouched]);
    }

    #[test]
    fn a_sign_in_page_is_left_when_the_tablet_wakes_from_a_long_sleep() {
        let (now, mut timers) = start();
        timers.watch_sign_in_page(now, 9);
        assert_eq!(
            timers.take_due(slept(now, SECOND, 60 * MINUTE)),
            [Event::SignInPageUntouched]
        );
    }

    #[test]
    fn whoever_opens_the_tablet_does_not_get_a_sign_in_page_that_nobody_uses() {
        let left = [None, Some(Event::SignInPageUntouched)];
        for (touched_after, old_after) in [(None, 30 * SECOND), (Some(MINUTE), 11 * MINUTE)] {
            for (is_old, expected) in left.iter().enumerate() {
                let (now, mut timers) = start();
                timers.watch_sign_in_page(after(now, SECOND), 2);
                if let Some(touched) = touched_after {
                    timers.touch(after(now, SECOND + touched));
                }
                let opened = if is_old == 1 { SECOND + old_after } else { old_after };
                assert_eq!(
                    timers.take_old_sign_in_page(after(now, opened)),
                    *expected,
                    "{opened:?}"
                );
                assert_eq!(timers.take_old_sign_in_page(after(now, opened)), None, "once");
            }
        }
        let (now, mut timers) = start();
        assert_eq!(
            timers.take_old_sign_in_page(after(now, 60 * MINUTE)),
            None,
            "none is on screen"
        );
    }

    #[test]
    fn a_sign_in_page_that_somebody_has_tried_for_an_hour_is_left_in_the_next_pause() {
        let (now, mut timers) = start();
        timers.watch_sign_in_page(now, 0);
        timers.touch(after(now, 20 * SECOND));
        for minutes in (5..60).step_by(5) {
            assert!(timers.take_due(after(now, minutes * MINUTE)).is_empty(), "{minutes}");
            timers.touch(after(now, minutes * MINUTE));
        }
        timers.touch(after(now, 59 * MINUTE + 30 * SECOND));
        assert!(timers.take_due(after(now, 60 * MINUTE + 29 * SECOND)).is_empty());
        assert_eq!(
            timers.take_due(after(now, 60 * MINUTE + 30 * SECOND)),
            [Event::SignInPageUntouched]
        );
    }

    #[test]
    fn coming_to_the_front_counts_once_a_minute() {
        let (now, mut timers) = start();
        assert!(!timers.resume(after(now, 59 * SECOND)));
        assert!(timers.resume(after(now, 60 * SECOND)));
        assert!(!timers.resume(after(now, 119 * SECOND)));
        assert!(timers.resume(after(now, 120 * SECOND)));
    }

    #[test]
    fn coming_to_the_front_after_a_sleep_counts_however_short_the_tablet_was_awake() {
        let (now, mut timers) = start();
        assert!(timers.resume(slept(now, 40 * SECOND, Duration::from_hours(59 * 24))));
    }

    #[test]
    fn a_page_opens_the_browser_once_for_each_touch_and_not_again_within_five_seconds() {
        let (now, mut timers) = start();
        let opened = after(now, SECOND);
        let mut opens = |at: Moment, touched: Option<Moment>| {
            if let Some(touched) = touched {
                timers.touch(touched);
            }
            timers.may_open_externally(at.awake)
        };
        assert!(opens(opened, None));
        assert!(!opens(after(opened, 4 * SECOND), None));
        assert!(
            !opens(after(opened, 600 * SECOND), None),
            "nobody has touched the app since"
        );
        assert!(
            !opens(after(opened, 4 * SECOND), Some(after(opened, SECOND))),
            "touched, but too soon"
        );
        let again = after(opened, 5 * SECOND);
        assert!(opens(again, None));
        assert!(
            opens(after(again, 5 * SECOND), Some(again)),
            "touched at the moment of the opening"
        );
    }

    #[test]
    fn an_untouched_session_is_idle_after_the_time_that_the_settings_give() {
        let (now, mut timers) = start();
        timers.set_idle_after(Some(MINUTE));
        timers.touch(after(now, 30 * SECOND));
        assert!(timers.take_due(after(now, 89 * SECOND)).is_empty());
        assert_eq!(timers.next(now), Some(now.awake + 90 * SECOND));
        assert_eq!(timers.take_due(after(now, 90 * SECOND)), [Event::IdleTimeout]);
        assert_eq!(
            timers.next(now),
            Some(now.awake + 150 * SECOND),
            "counted anew, so that it is not due again at once"
        );
        timers.set_idle_after(None);
        assert_eq!(timers.next(now), None);
    }

    #[test]
    fn idle_time_goes_on_while_the_tablet_sleeps_and_a_clock_that_is_set_back_does_not_lengthen_it() {
        let (now, mut timers) = start();
        timers.set_idle_after(Some(15 * MINUTE));
        assert_eq!(timers.take_due(slept(now, SECOND, 15 * MINUTE)), [Event::IdleTimeout]);

        let (now, mut timers) = start();
        timers.set_idle_after(Some(15 * MINUTE));
        let set_back = Moment {
            wall: now.wall - 86_400,
            ..after(now, 15 * MINUTE)
        };
        assert_eq!(timers.take_due(set_back), [Event::IdleTimeout]);
    }
}
