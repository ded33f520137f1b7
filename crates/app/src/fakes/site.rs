//! The web view with the Konnect site and the shell's pages, without an engine.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tauri_plugin_site_view::{Cookie, Error};
use url::Url;

use crate::{BoxFuture, SiteView, Ui};

/// What was asked of the site view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SiteCall {
    Load(Url),
    Show,
    Hide,
    Close,
    Clear,
    /// The deletion that `Clear` began is complete.
    Cleared,
    SetCookie {
        host: String,
        name: String,
        value: String,
        expires_at: i64,
    },
}

#[derive(Default)]
struct Behaviour {
    calls: Vec<SiteCall>,
    refuses: bool,
    keeps_no_cookies: bool,
    clear_takes: Duration,
    cookie_takes: Duration,
}

/// A site view.
#[derive(Default)]
pub(crate) struct FakeSite(Mutex<Behaviour>);

impl FakeSite {
    fn lock(&self) -> MutexGuard<'_, Behaviour> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn calls(&self) -> Vec<SiteCall> {
        self.lock().calls.clone()
    }

    pub(crate) fn take_calls(&self) -> Vec<SiteCall> {
        std::mem::take(&mut self.lock().calls)
    }

    /// From now on, the engine carries out nothing.
    pub(crate) fn refuse(&self) {
        self.lock().refuses = true;
    }

    /// From now on, the engine keeps no cookie.
    pub(crate) fn keep_no_cookies(&self) {
        self.lock().keeps_no_cookies = true;
    }

    /// From now on, a deletion takes this long.
    pub(crate) fn set_clear_takes(&self, duration: Duration) {
        self.lock().clear_takes = duration;
    }

    /// From now on, it takes this long until the engine has confirmed a cookie.
    pub(crate) fn set_cookie_takes(&self, duration: Duration) {
        self.lock().cookie_takes = duration;
    }

    fn record(&self, call: SiteCall) -> Result<(), Error> {
        let mut behaviour = self.lock();
        behaviour.calls.push(call);
        if behaviour.refuses { Err(Error::NotOpen) } else { Ok(()) }
    }
}

impl SiteView for FakeSite {
    fn load(&self, url: &Url) -> Result<(), Error> {
        self.record(SiteCall::Load(url.clone()))
    }

    fn show(&self) -> Result<(), Error> {
        self.record(SiteCall::Show)
    }

    fn hide(&self) -> Result<(), Error> {
        self.record(SiteCall::Hide)
    }

    fn close(&self) -> Result<(), Error> {
        self.record(SiteCall::Close)
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            self.record(SiteCall::Clear)?;
            let takes = self.lock().clear_takes;
            tokio::time::sleep(takes).await;
            self.record(SiteCall::Cleared)
        })
    }

    fn set_cookie<'a>(&'a self, cookie: Cookie<'a>) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let takes = self.lock().cookie_takes;
            tokio::time::sleep(takes).await;
            self.record(SiteCall::SetCookie {
                host: cookie.url.host_str().unwrap_or_default().to_owned(),
                name: cookie.name.to_owned(),
                value: cookie.value.to_owned(),
                expires_at: cookie.expires_at,
            })?;
            if self.lock().keeps_no_cookies {
                Err(Error::CookieNotKept)
            } else {
                Ok(())
            }
        })
    }
}

/// The shell's pages.
#[derive(Default)]
pub(crate) struct FakeUi {
    changes: AtomicUsize,
    quits: AtomicUsize,
}

impl FakeUi {
    /// How often the page heard that the view changed.
    pub(crate) fn changes(&self) -> usize {
        self.changes.load(Ordering::SeqCst)
    }

    /// How often the app was asked to end.
    pub(crate) fn quits(&self) -> usize {
        self.quits.load(Ordering::SeqCst)
    }
}

impl Ui for FakeUi {
    fn view_changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    fn quit(&self) {
        self.quits.fetch_add(1, Ordering::SeqCst);
    }
}
