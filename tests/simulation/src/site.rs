//! A model of Konnect's site in the tablet's web view: its web session, its way to the identity provider and back, and
//! what the network does to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::{BoxFuture, SiteHost, SiteView};
use tauri_plugin_site_view::{Cookie, Decision, Error, Host, LoadError, Navigation, SiteEvent};
use url::Url;

use crate::calendar::HOUR;
use crate::cookies::Cookies;
use crate::server::ISSUER;
use crate::world::{NetworkCondition, Process, World};

/// The group view.
pub const GROUP_URL: &str = "https://zonnetje.ouderportaal.nl/groep";
/// How long Konnect keeps a web session.
const WEB_SESSION: i64 = 12 * HOUR;
/// How long a person takes to fill in the login form that the site shows.
const FORM: Duration = Duration::from_mins(2);
/// More redirects than that are a loop.
const MAX_REDIRECTS: u32 = 8;

/// The site view of one process.
pub struct ModelSite {
    world: World,
    process: Process,
    host: Arc<SiteHost>,
    page: Mutex<Page>,
}

#[derive(Default)]
struct Page {
    is_open: bool,
    /// Counts navigations; an older one that is still loading is dropped.
    navigation: u64,
    draws: fastrand::Rng,
}

impl ModelSite {
    pub fn new(process: Process, host: Arc<SiteHost>, seed: u64) -> Arc<Self> {
        let page = Page {
            is_open: false,
            navigation: 0,
            draws: fastrand::Rng::with_seed(seed ^ 0x0b5e),
        };
        Arc::new(Self {
            world: process.world.clone(),
            process,
            host,
            page: Mutex::new(page),
        })
    }

    fn page(&self) -> MutexGuard<'_, Page> {
        self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Konnect's web session ends, and its page, if one is open, asks the identity provider for a sign-in.
    pub fn end_web_session(self: &Arc<Self>) {
        self.world.state().cookies.session_until = 0;
        if self.page().is_open {
            self.navigate(authorization_request());
        }
    }

    fn navigate(self: &Arc<Self>, url: Url) {
        let (navigation, travel) = {
            let mut page = self.page();
            page.navigation += 1;
            (page.navigation, page.draws.u64(30..300))
        };
        let site = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(travel)).await;
            site.follow(navigation, url).await;
        });
    }

    fn is_current(&self, navigation: u64) -> bool {
        let page = self.page();
        page.is_open && page.navigation == navigation && !self.process.dead()
    }

    fn report(&self, event: SiteEvent) {
        self.world.note(&format!("{event:?}"));
        self.host.on_event(event);
    }

    /// Follows a navigation through its redirects to a page, an error, or the app.
    async fn follow(&self, navigation: u64, mut url: Url) {
        for _ in 0..MAX_REDIRECTS {
            if !self.is_current(navigation) {
                return;
            }
            match self.host.decide(&Navigation {
                url: url.clone(),
                popup: false,
            }) {
                Decision::Refuse(reason) => {
                    return self.report(SiteEvent::RedirectedAway {
                        url,
                        reason,
                        link: false,
                    });
                }
                Decision::Hold => return self.report(SiteEvent::NavigationIntercepted(url)),
                Decision::Allow => {}
            }
            let at_identity_provider = url.as_str().starts_with(ISSUER);
            match self.world.condition() {
                Some(NetworkCondition::Away | NetworkCondition::Portal) => {
                    return self.report(SiteEvent::Failed(LoadError::Unreachable));
                }
                Some(NetworkCondition::Hangs) => {
                    tokio::time::sleep(Duration::from_secs(20)).await;
                    if self.is_current(navigation) {
                        self.report(SiteEvent::Failed(LoadError::Unreachable));
                    }
                    return;
                }
                Some(NetworkCondition::Redirects) => {
                    url = address("https://guest-network.example/welcome");
                    continue;
                }
                Some(NetworkCondition::Down) if at_identity_provider => {
                    return self.report(SiteEvent::Failed(LoadError::Server));
                }
                _ => {}
            }
            if !at_identity_provider {
                if self.world.state().cookies.session_until > self.world.now() {
                    return self.report(SiteEvent::Loaded(url));
                }
                url = authorization_request();
                continue;
            }
            if !self.redeem_transfer(&url) {
                self.report(SiteEvent::Loaded(url));
                tokio::time::sleep(FORM).await;
                if !self.is_current(navigation) {
                    return;
                }
                self.world.state().signed_in_on_the_site += 1;
            }
            self.world.state().cookies.session_until = self.world.now() + WEB_SESSION;
            url = address(GROUP_URL);
        }
        self.world.broken(|| "the site redirects in a loop".to_owned());
    }

    /// The identity provider's authorization endpoint looks for a transfer token: in the cookie, or in the query.
    fn redeem_transfer(&self, url: &Url) -> bool {
        let now = self.world.now();
        let mut state = self.world.state();
        let in_query = url.query_pairs().find(|(key, _)| key == "session_transfer_token");
        let token = in_query
            .map(|(_, token)| token.into_owned())
            .or_else(|| state.cookies.transfer.take());
        token.is_some_and(|token| state.server.redeem_transfer(&token, now))
    }
}

/// The application's port to the site.
pub struct SitePort(pub Arc<ModelSite>);

impl SiteView for SitePort {
    fn load(&self, url: &Url) -> Result<(), Error> {
        self.0.page().is_open = true;
        self.0.navigate(url.clone());
        Ok(())
    }

    fn show(&self) -> Result<(), Error> {
        if self.0.page().is_open {
            Ok(())
        } else {
            Err(Error::NotOpen)
        }
    }

    fn hide(&self) -> Result<(), Error> {
        Ok(())
    }

    fn close(&self) -> Result<(), Error> {
        self.0.page().is_open = false;
        Ok(())
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.0.world.state().cookies = Cookies::default();
        Box::pin(async { Ok(()) })
    }

    fn set_cookie<'a>(&'a self, cookie: Cookie<'a>) -> BoxFuture<'a, Result<(), Error>> {
        // Now and then the engine does not keep it, and the token goes into the query.
        let kept = self.0.page().draws.u8(0..20) != 0;
        if kept {
            self.0.world.state().cookies.transfer = Some(cookie.value.to_owned());
        }
        Box::pin(async move { if kept { Ok(()) } else { Err(Error::CookieNotKept) } })
    }
}

fn address(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn authorization_request() -> Url {
    address(&format!(
        "{ISSUER}authorize?client_id=konnect-web&response_type=code&state=s&redirect_uri={GROUP_URL}/callback"
    ))
}
