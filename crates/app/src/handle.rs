//! The way into the application: messages, and the handle that sends them.

use std::sync::{Arc, Mutex, PoisonError};

use app_state::{Action, AppError, Event, State, View};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use url::Url;

use crate::Ui;
use crate::deep_link::{self, DeepLink};
use crate::diagnostics::log;

/// What reaches the application's loop from outside.
#[derive(Debug)]
pub(crate) enum Message {
    /// Something that the state machine knows.
    Event(Event),
    /// The settings may have changed.
    ReadSettings,
    /// The system handed over a set-up link.
    SetupLink(String),
    /// The site view refused a window that the system browser may open instead.
    OpenExternally(Url),
    /// The app came to the front.
    CameToFront,
    /// Somebody touched the site or the shell's page.
    UserActivity,
    /// A daily refresh did not work this time.
    RefreshFailed(AppError),
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

/// What the shell's page shows now, and who hears that it changed.
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

    /// The system handed over a link. One that is not the app's own is logged and ignored.
    pub fn open_link(&self, link: &str) {
        match deep_link::classify(link) {
            Some(DeepLink::Callback(link)) => self.inbox.event(Event::Callback(link)),
            Some(DeepLink::Status) => self.inbox.event(Event::UserAction(Action::ShowStatus)),
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
