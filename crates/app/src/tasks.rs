//! Work beside the loop. A task that ends with an event puts it into the loop's inbox, behind everything that came before.
//!
//! The loop owns the tasks: when its future is dropped, every task is aborted. What must not be lost with a task (a
//! rotated refresh token and its save) the session runs detached.

use std::future::Future;
use std::sync::Arc;

use app_state::Event;
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, JoinSet};

use crate::handle::{Inbox, Message, SignInNumber};

/// The tasks beside the loop.
pub(crate) struct Tasks {
    running: JoinSet<()>,
    inbox: Inbox,
    /// The sign-in under way, which a cancel aborts.
    sign_in: Option<AbortHandle>,
    /// Numbers the sign-ins. The loop ignores events of all but the newest: a sign-in that was aborted may have put its
    /// event into the inbox a moment before.
    newest_sign_in: SignInNumber,
    /// How many cancels are under way. The next sign-in waits until there is none.
    cancels: watch::Sender<usize>,
    keep_alive: Option<AbortHandle>,
    /// Wakes the keep-alive task, so that it looks again when the next refresh is due.
    pub(crate) refresh_check: Arc<Notify>,
}

/// Where a sign-in sends its events.
pub(crate) struct SignInEvents {
    inbox: Inbox,
    number: SignInNumber,
}

impl SignInEvents {
    pub(crate) fn send(&self, event: Event) {
        self.inbox.send(Message::SignIn(self.number, event));
    }
}

impl Tasks {
    pub(crate) fn new(inbox: Inbox) -> Self {
        Self {
            running: JoinSet::new(),
            inbox,
            sign_in: None,
            newest_sign_in: 0,
            cancels: watch::Sender::default(),
            keep_alive: None,
            refresh_check: Arc::default(),
        }
    }

    /// Runs `work` beside the loop.
    pub(crate) fn spawn(&mut self, work: impl Future<Output = Option<Event>> + Send + 'static) -> AbortHandle {
        let inbox = self.inbox.clone();
        self.start(async move {
            if let Some(event) = work.await {
                inbox.event(event);
            }
        })
    }

    fn start(&mut self, work: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        // Lets go of the tasks that have ended.
        while self.running.try_join_next().is_some() {}
        self.running.spawn(work)
    }

    /// Runs a sign-in beside the loop. Aborts the previous sign-in and waits for pending cancels, because a late cancel
    /// would delete the new pending sign-in.
    pub(crate) fn spawn_sign_in<F>(&mut self, work: impl FnOnce(SignInEvents) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut cancels = self.cancels.subscribe();
        let work = work(self.next_sign_in());
        self.sign_in = Some(self.start(async move {
            // Fails only if the loop is gone, which aborts this task, too.
            let _ = cancels.wait_for(|count| *count == 0).await;
            work.await;
        }));
    }

    /// Like [`Self::spawn_sign_in`], for the browser of a sign-in that has begun: waits for no cancel.
    pub(crate) fn spawn_browser<F>(&mut self, work: impl FnOnce(SignInEvents) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let work = work(self.next_sign_in());
        self.sign_in = Some(self.start(work));
    }

    fn next_sign_in(&mut self) -> SignInEvents {
        self.abort_sign_in();
        SignInEvents {
            inbox: self.inbox.clone(),
            number: self.newest_sign_in,
        }
    }

    /// The event comes from the newest sign-in, so it counts.
    pub(crate) fn is_newest_sign_in(&self, number: SignInNumber) -> bool {
        number == self.newest_sign_in
    }

    /// Stops the sign-in under way. `cancel` makes the session forget it, beside the loop.
    pub(crate) fn cancel_sign_in(&mut self, cancel: impl Future<Output = ()> + Send + 'static) {
        self.abort_sign_in();
        let under_way = CancelUnderWay::new(self.cancels.clone());
        self.start(async move {
            let _under_way = under_way;
            cancel.await;
        });
    }

    fn abort_sign_in(&mut self) {
        self.newest_sign_in += 1;
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
        self.keep_alive = Some(self.spawn(work));
    }
}

/// Counts a cancel until it is dropped. If the cancel panics, the count still drops, because the next sign-in overwrites
/// the pending one.
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
    use crate::handle::{Messages, channel};

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

    /// Lets time pass, and counts the events that the loop would take meanwhile.
    async fn events(tasks: &Tasks, messages: &mut Messages, seconds: u64) -> usize {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let mut count = 0;
        while let Ok(message) = messages.0.try_recv() {
            count += usize::from(match message {
                Message::SignIn(number, _) => tasks.is_newest_sign_in(number),
                _ => true,
            });
        }
        count
    }

    fn new_tasks() -> (Tasks, Messages) {
        let (inbox, messages) = channel();
        (Tasks::new(inbox), messages)
    }

    /// A sign-in that ends with the event of this work.
    fn sign_in<F>(work: F) -> impl FnOnce(SignInEvents) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>
    where
        F: Future<Output = Option<Event>> + Send + 'static,
    {
        move |events| {
            Box::pin(async move {
                if let Some(event) = work.await {
                    events.send(event);
                }
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_in_that_ended_before_it_was_cancelled_sends_nothing_to_the_next() {
        let (mut tasks, mut messages) = new_tasks();
        tasks.spawn_sign_in(sign_in(Done::default().work("first", 1)));
        tokio::time::sleep(Duration::from_secs(2)).await;
        // Its event lies in the inbox now, and the loop has not taken it yet.
        tasks.cancel_sign_in(async {});
        tasks.spawn_sign_in(sign_in(std::future::pending()));
        assert_eq!(events(&tasks, &mut messages, 5).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_loop_gets_the_events_of_tasks_and_hears_nothing_of_those_without_one() {
        let (mut tasks, mut messages) = new_tasks();
        let done = Done::default();
        tasks.spawn(async { None });
        tasks.spawn(async { panic!("a task that panics") });
        tasks.spawn(done.work("event", 1));
        tasks.spawn(std::future::pending()).abort();
        assert_eq!(events(&tasks, &mut messages, 10).await, 1);
        assert_eq!(done.list(), ["event"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_sign_in_or_its_browser_stops_the_sign_in_under_way() {
        let (mut tasks, mut messages) = new_tasks();
        let done = Done::default();
        tasks.spawn_sign_in(sign_in(done.work("first", 5)));
        tasks.spawn_sign_in(sign_in(done.work("second", 5)));
        tasks.spawn_browser(sign_in(done.work("browser", 5)));
        assert_eq!(events(&tasks, &mut messages, 10).await, 1);
        assert_eq!(done.list(), ["browser"]);
        tasks.spawn_browser(sign_in(done.work("browser again", 5)));
        tasks.spawn_sign_in(sign_in(done.work("third", 5)));
        assert_eq!(events(&tasks, &mut messages, 10).await, 1);
        assert_eq!(done.list(), ["browser", "third"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_in_waits_for_every_cancel_under_way() {
        let (mut tasks, mut messages) = new_tasks();
        let done = Done::default();
        tasks.spawn_sign_in(sign_in(done.work("cancelled", 1)));
        tasks.cancel_sign_in(done.cancel("slow cancel", 9));
        // Waits for the slow cancel, and is cancelled itself.
        tasks.spawn_sign_in(sign_in(done.work("cancelled, too", 0)));
        tasks.cancel_sign_in(done.cancel("quick cancel", 1));
        tasks.spawn_sign_in(sign_in(done.work("sign-in", 0)));
        assert_eq!(events(&tasks, &mut messages, 8).await, 0);
        assert_eq!(done.list(), ["quick cancel"]);
        assert_eq!(events(&tasks, &mut messages, 2).await, 1);
        assert_eq!(done.list(), ["quick cancel", "slow cancel", "sign-in"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancel_that_panics_keeps_nobody_from_signing_in() {
        let (mut tasks, mut messages) = new_tasks();
        tasks.cancel_sign_in(async { panic!("a cancel that panics") });
        tasks.spawn_sign_in(sign_in(Done::default().work("sign-in", 1)));
        assert_eq!(events(&tasks, &mut messages, 2).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_browser_waits_for_no_cancel() {
        let (mut tasks, mut messages) = new_tasks();
        let done = Done::default();
        tasks.cancel_sign_in(done.cancel("cancel", 60));
        tasks.spawn_browser(sign_in(done.work("browser", 1)));
        assert_eq!(events(&tasks, &mut messages, 2).await, 1);
        assert_eq!(done.list(), ["browser"]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_daily_refresh_runs_once_looks_again_when_asked_and_can_start_anew() {
        let (mut tasks, mut messages) = new_tasks();
        let done = Done::default();
        tasks.keep_alive(done.work("first", 5));
        tasks.keep_alive(done.work("second", 0));
        let check = tasks.refresh_check.clone();
        assert!(
            tokio::time::timeout(Duration::from_secs(1), check.notified())
                .await
                .is_ok()
        );
        assert_eq!(events(&tasks, &mut messages, 10).await, 1);
        assert_eq!(done.list(), ["first"]);
        tasks.keep_alive(done.work("third", 5));
        assert!(
            tokio::time::timeout(Duration::from_secs(1), check.notified())
                .await
                .is_err()
        );
        assert_eq!(events(&tasks, &mut messages, 10).await, 1);
        assert_eq!(done.list(), ["first", "third"]);
    }

    #[tokio::test(start_paused = true)]
    async fn tasks_that_have_ended_take_no_memory() {
        let (mut tasks, _messages) = new_tasks();
        for _ in 0..100 {
            tasks.spawn(async { None });
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(tasks.running.len(), 1, "the last one, which nobody has replaced");
    }

    #[tokio::test(start_paused = true)]
    async fn no_task_outlives_the_loop() {
        let (mut tasks, _messages) = new_tasks();
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
                    2 => tasks.spawn_sign_in(|_| work),
                    3 => tasks.spawn_browser(|_| work),
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
