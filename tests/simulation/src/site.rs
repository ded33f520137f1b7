//! A model of Konnect's site in the tablet's web view: its web session, its way to the identity provider and back, and
//! what the network does to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::{BoxFuture, SiteHost, SiteView};
use tauri_plugin_site_view::{Cookie, Decision, Error, Host, LoadError, Navigation, SiteEvent};
use url::Url;

use crate::cookies::{Cookies, Owner};
use crate::faults::Fault;
use crate::server::ISSUER;
use crate::world::{Process, World};

/// The group view of every organisation.
pub const GROUP_URL: &str = "https://{tenant}.ouderportaal.nl/groep";
/// How long people wait before they sign in on a page that they did not ask for: somebody has to find the password.
const PATIENCE: std::ops::Range<u64> = 180..7_200;
/// If nothing has been in the way for so long, nobody has to sign in on the site's page, in seconds: the app tries again
/// every half hour, and sleep may come between.
const CLEAR: i64 = 130 * 60;
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
    /// The group view that was opened last.
    group_url: Option<Url>,
    /// Counts navigations; an older one that is still loading is dropped.
    navigation: u64,
}

impl ModelSite {
    pub fn new(process: Process, host: Arc<SiteHost>) -> Arc<Self> {
        Arc::new(Self {
            world: process.world.clone(),
            process,
            host,
            page: Mutex::default(),
        })
    }

    fn page(&self) -> MutexGuard<'_, Page> {
        self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Konnect's web session ends, and its page, if one is open, asks the identity provider for a sign-in.
    pub fn end_web_session(self: &Arc<Self>) {
        self.world.state().cookies.session = None;
        let group_url = self.page().group_url.clone();
        if let Some(group_url) = group_url.filter(|_| self.page().is_open) {
            self.navigate(authorization_request(&group_url));
        }
    }

    /// Somebody touches the page.
    pub fn touch(&self) {
        self.report(SiteEvent::UserActivity);
    }

    fn navigate(self: &Arc<Self>, url: Url) {
        let (navigation, travel) = {
            let mut page = self.page();
            page.navigation += 1;
            (page.navigation, self.world.draws(url.as_str()).u64(30..300))
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
            if !self.reaches(&url).await {
                if self.is_current(navigation) {
                    self.report(SiteEvent::Failed(LoadError::Unreachable));
                }
                return;
            }
            if self.world.is(Fault::PortalRedirect) {
                url = address("https://guest-network.example/welcome");
                continue;
            }
            let is_at_provider = url.as_str().starts_with(ISSUER);
            if is_at_provider && self.world.is(Fault::ProviderDown) {
                return self.report(SiteEvent::Failed(LoadError::Server { retry_after: None }));
            }
            if !is_at_provider {
                if let Some(owner) = self.web_session() {
                    self.report(SiteEvent::Loaded(url));
                    return self.is_seen(owner);
                }
                url = authorization_request(&url);
                continue;
            }
            let Some(owner) = self.sign_in(navigation, &url).await else {
                return;
            };
            let now = self.world.now();
            let mut state = self.world.state();
            state.cookies.session = Some((now + state.web_session, owner));
            drop(state);
            let Some(group_url) = self.page().group_url.clone() else {
                return;
            };
            url = group_url;
        }
        self.world.broken(|| "the site redirects in a loop".to_owned());
    }

    /// The network lets a request through.
    async fn reaches(&self, url: &Url) -> bool {
        let now = self.world.now();
        self.world.state().count_request(now);
        self.world.note(url.host_str().unwrap_or_default());
        if self.world.network_is_late()
            || self
                .world
                .first_of(|fault| matches!(fault, Fault::Offline | Fault::PortalPage))
                .is_some()
        {
            return false;
        }
        if self.world.is(Fault::Hangs) {
            tokio::time::sleep(Duration::from_secs(20)).await;
            return false;
        }
        true
    }

    /// Whose web session Konnect still has.
    fn web_session(&self) -> Option<Owner> {
        let now = self.world.now();
        let (until, owner) = self.world.state().cookies.session?;
        (until > now).then_some(owner)
    }

    /// The identity provider's page: passes on with a transfer token, or waits for a person who signs in.
    async fn sign_in(&self, navigation: u64, url: &Url) -> Option<Owner> {
        if let Some(owner) = self.redeem_transfer(url) {
            return Some(owner);
        }
        self.report(SiteEvent::Loaded(url.clone()));
        // Nobody signs in there at once: first they look whether it passes.
        let patience = self.world.draws("patience").u64(PATIENCE);
        tokio::time::sleep(Duration::from_secs(patience)).await;
        if !self.is_current(navigation) || self.world.state().is_alone {
            return None;
        }
        self.report(SiteEvent::UserActivity);
        tokio::time::sleep(FORM).await;
        if !self.is_current(navigation) || self.world.state().is_alone {
            return None;
        }
        if self.world.clear_for(CLEAR, |_| true) {
            self.world
                .broken(|| "somebody had to sign in on the site, with nothing in the way".to_owned());
        }
        let mut state = self.world.state();
        state.signed_in_on_the_site += 1;
        Some(state.owner)
    }

    /// A page of Konnect is on screen, with this person's day on it.
    fn is_seen(&self, owner: Owner) {
        let expected = self.world.state().owner;
        if owner != expected {
            self.world
                .broken(|| format!("a page of owner {owner} is on the tablet of owner {expected}"));
        }
    }

    /// The identity provider's authorization endpoint looks for a transfer token: in the cookie, or in the query.
    fn redeem_transfer(&self, url: &Url) -> Option<Owner> {
        let now = self.world.now();
        let in_query = url.query_pairs().find(|(key, _)| key == "session_transfer_token");
        let token = {
            let mut state = self.world.state();
            in_query
                .map(|(_, token)| token.into_owned())
                .or_else(|| state.cookies.transfer.take())?
        };
        if self.world.is(Fault::TransferNotTaken) {
            return None;
        }
        self.world.state().server.redeem_transfer(&token, now)
    }
}

/// The application's port to the site.
pub struct SitePort(pub Arc<ModelSite>);

impl SiteView for SitePort {
    fn load(&self, url: &Url) -> Result<(), Error> {
        {
            let mut page = self.0.page();
            page.is_open = true;
            if url.path() == "/groep" {
                page.group_url = Some(url.clone());
            }
        }
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
        let kept = self.0.world.draws("cookie").u8(0..20) != 0;
        if kept {
            // One that has expired, by the tablet's clock, is deleted.
            let true_time = self.0.world.now();
            let mut state = self.0.world.state();
            let is_fresh = cookie.expires_at > true_time.saturating_add(state.clock);
            state.cookies.transfer = is_fresh.then(|| cookie.value.to_owned());
        }
        Box::pin(async move { if kept { Ok(()) } else { Err(Error::CookieNotKept) } })
    }
}

fn address(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// What Konnect asks the identity provider when it has no web session.
fn authorization_request(site: &Url) -> Url {
    let host = site.host_str().unwrap_or_default();
    address(&format!(
        "{ISSUER}authorize?client_id=konnect-web&response_type=code&state=s&redirect_uri=https://{host}/callback"
    ))
}
