//! The way into the application: messages, and the handle that sends them.

use std::sync::{Arc, Mutex, PoisonError};

use app_state::{Action, AppError, Event, KeystoreResult, State, View};
use error_codes::ErrorCode;
use tauri_plugin_device::DeviceInfo;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use url::Url;

use crate::Ui;
use crate::deep_link::{self, DeepLink};
use crate::diagnostics::log;

/// Numbers the sign-ins of a run of the app.
pub(crate) type SignInNumber = u64;

/// Whose session the settings name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionOwner {
    /// The organisation's [`session_key`](app_state::Organisation), if the tablet is set up.
    pub(crate) session_key: Option<String>,
    /// The account is personal.
    pub(crate) personal: bool,
}

/// What reaches the application's loop from outside.
#[derive(Debug)]
pub(crate) enum Message {
    /// Something that the state machine knows.
    Event(Event),
    /// An event of a sign-in. The loop ignores it if a newer sign-in or a cancel has come between.
    SignIn(SignInNumber, Event),
    /// The keystore's answer for the session that the settings named when it was asked.
    KeystoreRead(SessionOwner, KeystoreResult),
    /// What the status page needs of session and tablet.
    StatusRead {
        /// Whole days until the idle lifetime runs out.
        days_left: Option<u32>,
        /// What this tablet is.
        device: DeviceInfo,
    },
    /// The settings may have changed.
    ReadSettings,
    /// The system handed over a setup link.
    SetupLink(String),
    /// The system handed over the link to the status page.
    StatusLink,
    /// The site view refused a window that the system browser may open instead.
    OpenExternally(Url),
    /// The app came to the front.
    CameToFront,
    /// Somebody touched the site or the shell's page.
    UserActivity,
    /// A daily refresh did not work this time.
    RefreshFailed(AppError),
    /// The site view could not do what a person asked of it.
    SiteViewFailed(AppError),
    /// The identity provider has refused for a day to renew the session, with this code; or it does so no longer.
    SessionAtRisk(Option<ErrorCode>),
    /// A person closed the site's window.
    Quit,
}

/// Sends to the application's loop. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Inbox(UnboundedSender<Message>);

/// The receiving end, for [`crate::App::new`].
#[derive(Debug)]
pub struct Messages(pub(crate) UnboundedReceiver<Message>);

/// Makes the two ends. The site view needs the first before there is a window, the application both.
#[must_use]
pub fn channel() -> (Inbox, Messages) {
    let (sender, receiver) = unbounded_channel();
    (Inbox(sender), Messages(receiver))
}

impl Inbox {
    /// Queues a message. If the loop has ended, the app is ending, and the message is dropped.
    pub(crate) fn send(&self, message: Message) {
        let _ = self.0.send(message);
    }

    pub(crate) fn event(&self, event: Event) {
        self.send(Message::Event(event));
    }
}

/// What the shell's page shows now, and the [`Ui`] to notify of a change.
pub(crate) struct CurrentView {
    view: Mutex<View>,
    ui: Arc<dyn Ui>,
}

impl CurrentView {
    pub(crate) fn new(ui: Arc<dyn Ui>) -> Self {
        Self {
            view: Mutex::new(State::default().view()),
            ui,
        }
    }

    pub(crate) fn get(&self) -> View {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps the view, and tells the page if it differs from the one before.
    pub(crate) fn publish(&self, view: View) {
        let changed = {
            let mut current = self.view.lock().unwrap_or_else(PoisonError::into_inner);
            let changed = *current != view;
            *current = view;
            changed
        };
        if changed {
            self.ui.view_changed();
        }
    }
}

/// Tells the running application what happens. Cheap to clone; every method returns at once and may be called from any
/// thread.
#[derive(Clone)]
pub struct AppHandle {
    pub(crate) inbox: Inbox,
    pub(crate) view: Arc<CurrentView>,
}

impl AppHandle {
    /// What the shell's page shows now.
    #[must_use]
    pub fn view(&self) -> View {
        self.view.get()
    }

    /// A person did something on the shell's page.
    pub fn dispatch(&self, action: Action) {
        self.inbox.send(Message::UserActivity);
        self.inbox.event(Event::UserAction(action));
    }

    /// Handles a link of the app's own that the system handed over. Logs and ignores any other link (E140).
    pub fn open_link(&self, link: &str) {
        match deep_link::classify(link) {
            Some(DeepLink::Callback(link)) => self.inbox.event(Event::Callback(link)),
            Some(DeepLink::Status) => self.inbox.send(Message::StatusLink),
            Some(DeepLink::Setup(link)) => self.inbox.send(Message::SetupLink(link)),
            Some(DeepLink::SignedOut) => {}
            None => log::link_ignored(),
        }
    }

    /// The app came to the front.
    pub fn came_to_front(&self) {
        self.inbox.send(Message::CameToFront);
    }
}

#[cfg(test)]
mod tests {
    use app_state::Screen;

    use super::*;
    use crate::fakes::FakeUi;

    /// A handle, the loop's end of its messages, and the page.
    fn handle() -> (AppHandle, Messages, Arc<FakeUi>) {
        let (inbox, messages) = channel();
        let ui = Arc::new(FakeUi::default());
        let view = Arc::new(CurrentView::new(ui.clone()));
        (AppHandle { inbox, view }, messages, ui)
    }

    fn sent(messages: &mut Messages) -> Vec<String> {
        std::iter::from_fn(|| messages.0.try_recv().ok())
            .map(|message| format!("{message:?}"))
            .collect()
    }

    #[test]
    fn each_of_the_apps_own_links_is_sent_as_what_it_counts_as() {
        let (handle, mut messages, _) = handle();
        for link in [
            "nl.kidskonnect.groep:/callback?code=a&state=b",
            "nl.kidskonnect.groep:/status",
            "nl.kidskonnect.groep:/setup#tenant=zonnetje",
            "https://groep.example/groep/setup#a.b.c",
        ] {
            handle.open_link(link);
        }
        assert_eq!(
            sent(&mut messages),
            [
                r#"Event(Callback("nl.kidskonnect.groep:/callback?code=a&state=b"))"#,
                "StatusLink",
                r#"SetupLink("nl.kidskonnect.groep:/setup#tenant=zonnetje")"#,
                r#"SetupLink("https://groep.example/groep/setup#a.b.c")"#,
            ]
        );
    }

    #[test]
    fn the_page_after_a_sign_out_and_links_of_other_apps_send_nothing() {
        let (handle, mut messages, _) = handle();
        let log = crate::diagnostics::capture::LogLines::keep();
        handle.open_link("nl.kidskonnect.groep:/signed-out");
        assert!(log.with("link_ignored").is_empty());
        handle.open_link("https://elsewhere.example/groep/setup/x");
        assert_eq!(log.with("link_ignored").len(), 1);
        assert!(sent(&mut messages).is_empty());
    }

    #[test]
    fn whoever_presses_a_button_has_touched_the_app() {
        let (handle, mut messages, _) = handle();
        handle.dispatch(Action::SignIn);
        handle.came_to_front();
        assert_eq!(
            sent(&mut messages),
            ["UserActivity", "Event(UserAction(SignIn))", "CameToFront"]
        );
    }

    #[test]
    fn after_the_end_of_the_loop_messages_are_dropped() {
        let (handle, messages, _) = handle();
        drop(messages);
        handle.dispatch(Action::SignIn);
        handle.came_to_front();
    }

    #[test]
    fn the_page_hears_of_a_view_only_when_it_changes_and_then_gets_the_newest() {
        let (handle, _messages, ui) = handle();
        let first = handle.view();
        assert_eq!(first.screen, Screen::Starting);
        handle.view.publish(first.clone());
        assert_eq!(ui.changes(), 0);
        let second = View {
            screen: Screen::Finishing,
            ..first
        };
        handle.view.publish(second.clone());
        handle.view.publish(second.clone());
        assert_eq!((ui.changes(), handle.view()), (1, second));
    }
}
