//! Work beside the loop. A task returns an event, or nothing, when it is done.
//!
//! The loop owns the tasks: when its future is dropped, every task is aborted. What must not be lost with a task (a
//! rotated refresh token and its save) the session runs detached.

use std::future::Future;
use std::sync::Arc;

use app_state::Event;
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, JoinSet};

/// The tasks beside the loop.
#[derive(Default)]
pub(crate) struct Tasks {
    running: JoinSet<Option<Event>>,
    /// The sign-in under way, which a cancel aborts.
    sign_in: Option<AbortHandle>,
    /// How many cancels are under way. The next sign-in waits until there is none.
    cancels: watch::Sender<usize>,
    keep_alive: Option<AbortHandle>,
    /// Wakes the keep-alive task, so that it looks again when the next refresh is due.
    pub(crate) refresh_check: Arc<Notify>,
}

impl Tasks {
    /// Runs `work` beside the loop.
    pub(crate) fn spawn(&mut self, work: impl Future<Output = Option<Event>> + Send + 'static) -> AbortHandle {
        self.running.spawn(work)
    }

    /// Runs a sign-in beside the loop, after every cancel under way, and in the place of a sign-in under way: a cancel
    /// that ran later would take the new sign-in for the old one.
    pub(crate) fn spawn_sign_in(&mut self, work: impl Future<Output = Option<Event>> + Send + 'static) {
        self.abort_sign_in();
        let mut cancels = self.cancels.subscribe();
        self.sign_in = Some(self.running.spawn(async move {
            // Fails only if the loop is gone, which aborts this task, too.
            let _ = cancels.wait_for(|count| *count == 0).await;
            work.await
        }));
    }

    /// Like [`Self::spawn_sign_in`], for the browser of a sign-in that has begun: waits for no cancel.
    pub(crate) fn spawn_browser(&mut self, work: impl Future<Output = Option<Event>> + Send + 'static) {
        self.abort_sign_in();
        self.sign_in = Some(self.running.spawn(work));
    }

    /// Stops the sign-in under way. `cancel` makes the session forget it, beside the loop.
    pub(crate) fn cancel_sign_in(&mut self, cancel: impl Future<Output = ()> + Send + 'static) {
        self.abort_sign_in();
        let under_way = CancelUnderWay::new(self.cancels.clone());
        self.running.spawn(async move {
            let _under_way = under_way;
            cancel.await;
            None
        });
    }

    fn abort_sign_in(&mut self) {
        if let Some(sign_in) = self.sign_in.take() {
            sign_in.abort();
        }
    }

    /// Starts the daily refresh. If it runs already, it looks again when the next refresh is due; a refresh under way
    /// goes on, because its answer may be the definitive one.
    pub(crate) fn keep_alive(&mut self, work: impl Future<Output = Option<Event>> + Send + 'static) {
        if self.keep_alive.as_ref().is_some_and(|running| !running.is_finished()) {
            self.refresh_check.notify_one();
            return;
        }
        self.keep_alive = Some(self.running.spawn(work));
    }

    /// The event of the next task that ends with one. Waits for ever if no task runs, so that the caller can select on
    /// it. Cancel-safe.
    pub(crate) async fn next_event(&mut self) -> Event {
        loop {
            match self.running.join_next().await {
                Some(Ok(Some(event))) => return event,
                // Done without an event, aborted, or panicked.
                Some(Ok(None) | Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }
}

/// Counts a cancel until it is dropped. A cancel that panicked has cancelled nothing; it counts no longer, because the
/// new sign-in replaces the old one anyway.
struct CancelUnderWay(watch::Sender<usize>);

impl CancelUnderWay {
    fn new(count: watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for CancelUnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::*;

    /// Notes which work was done, in order.
    #[derive(Clone, Default)]
    struct Done(Arc<Mutex<Vec<&'static str>>>);

    impl Done {
        fn list(&self) -> Vec<&'static str> {
            self.0.lock().unwrap().clone()
        }

        /// Work that takes this many seconds.
        fn work(&self, name: &'static str, seconds: u64) -> impl Future<Output = Option<Event>> + Send + 'static {
            let done = self.0.clone();
            async move {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                done.lock().unwrap().push(name);
                Some(Event::Resumed)
            }
        }

        fn cancel(&self, name: &'static str, seconds: u64) -> impl Future<Output = ()> + Send + 'static {
            let work = self.work(name, seconds);
            async move { drop(work.await) }
        }
    }

    /// Lets time pass, and takes the events that tasks return meanwhile.
    async fn events(tasks: &mut Tasks, seconds: u64) -> usize {
        let mut count = 0;
        let end = tokio::time::Instant::now() + Duration::from_secs(seconds);
        while tokio::time::timeout_at(end, tasks.next_event()).await.is_ok() {
            count += 1;
        }
        count
    }

    #[tokio::test(start_paused = true)]
    async fn the_loop_gets_the_events_of_tasks_and_hears_nothing_of_those_without_one() {
        let mut tasks = Tasks::default();
        let done = Done::default();
        tasks.spawn(async { None });
        tasks.spawn(async { panic!("a task that panics") });
        tasks.spawn(done.work("event", 1));
        tasks.spawn(std::future::pending()).abort();
        assert_eq!(events(&mut tasks, 10).await, 1);
        assert_eq!(done.list(), ["event"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_sign_in_or_its_browser_stops_the_sign_in_under_way() {
        let mut tasks = Tasks::default();
        let done = Done::default();
        tasks.spawn_sign_in(done.work("first", 5));
        tasks.spawn_sign_in(done.work("second", 5));
        tasks.spawn_browser(done.work("browser", 5));
        assert_eq!(events(&mut tasks, 10).await, 1);
        assert_eq!(done.list(), ["browser"]);
        tasks.spawn_browser(done.work("browser again", 5));
        tasks.spawn_sign_in(done.work("third", 5));
        assert_eq!(events(&mut tasks, 10).await, 1);
        assert_eq!(done.list(), ["browser", "third"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_in_waits_for_every_cancel_under_way() {
        let mut tasks = Tasks::default();
        let done = Done::default();
        tasks.spawn_sign_in(done.work("cancelled", 1));
        tasks.cancel_sign_in(done.cancel("slow cancel", 9));
        // Waits for the slow cancel, and is cancelled itself.
        tasks.spawn_sign_in(done.work("cancelled, too", 0));
        tasks.cancel_sign_in(done.cancel("quick cancel", 1));
        tasks.spawn_sign_in(done.work("sign-in", 0));
        assert_eq!(events(&mut tasks, 8).await, 0);
        assert_eq!(done.list(), ["quick cancel"]);
        assert_eq!(events(&mut tasks, 2).await, 1);
        assert_eq!(done.list(), ["quick cancel", "slow cancel", "sign-in"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancel_that_panics_keeps_nobody_from_signing_in() {
        let mut tasks = Tasks::default();
        tasks.cancel_sign_in(async { panic!("a cancel that panics") });
        tasks.spawn_sign_in(Done::default().work("sign-in", 1));
        assert_eq!(events(&mut tasks, 2).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_browser_waits_for_no_cancel() {
        let mut tasks = Tasks::default();
        let done = Done::default();
        tasks.cancel_sign_in(done.cancel("cancel", 60));
        tasks.spawn_browser(done.work("browser", 1));
        assert_eq!(events(&mut tasks, 2).await, 1);
        assert_eq!(done.list(), ["browser"]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_daily_refresh_runs_once_looks_again_when_asked_and_can_start_anew() {
        let mut tasks = Tasks::default();
        let done = Done::default();
        tasks.keep_alive(done.work("first", 5));
        tasks.keep_alive(done.work("second", 0));
        let check = tasks.refresh_check.clone();
        assert!(
            tokio::time::timeout(Duration::from_secs(1), check.notified())
                .await
                .is_ok()
        );
        assert_eq!(events(&mut tasks, 10).await, 1);
        assert_eq!(done.list(), ["first"]);
        tasks.keep_alive(done.work("third", 5));
        assert!(
            tokio::time::timeout(Duration::from_secs(1), check.notified())
                .await
                .is_err()
        );
        assert_eq!(events(&mut tasks, 10).await, 1);
        assert_eq!(done.list(), ["first", "third"]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_task_outlives_the_loop() {
        let mut tasks = Tasks::default();
        let ended: Vec<_> = (0..5)
            .map(|kind| {
                let (alive, ended) = oneshot::channel::<()>();
                let work = async move {
                    std::future::pending::<()>().await;
                    drop(alive);
                };
                match kind {
                    0 => tasks.cancel_sign_in(work),
                    1 => tasks.keep_alive(async move {
                        work.await;
                        None
                    }),
                    2 => tasks.spawn_sign_in(async move {
                        work.await;
                        None
                    }),
                    3 => tasks.spawn_browser(async move {
                        work.await;
                        None
                    }),
                    _ => drop(tasks.spawn(async move {
                        work.await;
                        None
                    })),
                }
                ended
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(tasks);
        for ended in ended {
            assert!(tokio::time::timeout(Duration::from_secs(1), ended).await.is_ok());
        }
    }
}
