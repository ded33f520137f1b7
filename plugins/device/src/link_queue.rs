//! Links on their way from the system to the app, which may not listen yet.

use std::sync::{Mutex, PoisonError};

use url::Url;

type Listener = Box<dyn Fn(Url) + Send>;

/// Links on their way to the one listener. A link that comes before there is a listener waits for it.
pub(crate) struct LaunchLinks(Mutex<State>);

enum State {
    Waiting(Vec<Url>),
    Heard(Listener),
}

impl LaunchLinks {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(State::Waiting(Vec::new())))
    }

    /// Delivers a link. What does not parse as a URL is no link.
    pub(crate) fn deliver(&self, link: &str) {
        let Ok(link) = Url::parse(link) else { return };
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Waiting(links) => links.push(link),
            State::Heard(listener) => listener(link),
        }
    }

    pub(crate) fn listen(&self, listener: Listener) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Waiting(links) = &mut *state {
            links.drain(..).for_each(&listener);
        }
        *state = State::Heard(listener);
    }
}

/// The links of this app.
#[cfg(target_os = "ios")]
pub(crate) static LINKS: LaunchLinks = LaunchLinks::new();

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_link_that_starts_the_app_waits_for_the_listener_and_reaches_it_once() {
        let links = LaunchLinks::new();
        links.deliver("nl.example.app:/setup#tenant=a");
        links.deliver("https://groep.example/groep/setup");
        links.deliver("no link");
        let (heard, arrived) = channel();
        links.listen(Box::new(move |link| heard.send(link.to_string()).unwrap()));
        links.deliver("nl.example.app:/status");
        let arrived: Vec<_> = arrived.try_iter().collect();
        assert_eq!(
            arrived,
            [
                "nl.example.app:/setup#tenant=a",
                "https://groep.example/groep/setup",
                "nl.example.app:/status"
            ]
        );
    }

    #[test]
    fn a_later_listener_hears_no_link_for_the_second_time() {
        let links = LaunchLinks::new();
        links.deliver("nl.example.app:/status");
        links.listen(Box::new(|_| {}));
        let (heard, arrived) = channel();
        links.listen(Box::new(move |link| heard.send(link).unwrap()));
        assert_eq!(arrived.try_iter().count(), 0);
    }
}
