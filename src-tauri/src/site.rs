//! The shell's side of the site view: answers from the policy that `app-state` gave, and reports as events.

use std::sync::{PoisonError, RwLock};

use app_state::{Decision, Event, Fault, Held, Navigation, Policy, Problem, Refusal};
use tauri_plugin_site_view::{self as site_view, LoadFault, Permission, Refused, SiteEvent};
use tokio::sync::mpsc::UnboundedSender;
use url::Url;

use crate::log;

/// What the site view asks and tells.
pub struct Site {
    policy: RwLock<Policy>,
    permits: RwLock<Permits>,
    events: UnboundedSender<Told>,
}

/// What the settings let the site use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permits {
    /// `allow_camera`
    pub camera: bool,
    /// `allow_microphone`
    pub microphone: bool,
    /// `allow_downloads`
    pub downloads: bool,
}

/// What reaches the shell's loop.
#[derive(Debug)]
pub enum Told {
    /// For `app-state`.
    Event(Event),
    /// The settings may have changed.
    Settings,
    /// A window was refused that a browser may open.
    Outside(Url),
    /// Somebody touched a page of the site.
    Touched,
    /// The system handed over a set-up link.
    Link(String),
    /// A person closed the site's window.
    Quit,
}

impl Site {
    /// Starts with nothing allowed.
    pub fn new(events: UnboundedSender<Told>) -> Self {
        Self {
            policy: RwLock::new(Policy::Closed),
            permits: RwLock::default(),
            events,
        }
    }

    /// What holds from now on.
    pub fn set_policy(&self, policy: Policy) {
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = policy;
    }

    /// What the site may use from now on.
    pub fn set_permits(&self, permits: Permits) {
        *self.permits.write().unwrap_or_else(PoisonError::into_inner) = permits;
    }

    fn ask(&self, url: &Url, popup: bool) -> Decision {
        self.policy
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .decide(&Navigation {
                url: url.clone(),
                popup,
            })
    }

    fn tell(&self, told: Told) {
        // The loop ends with the app only.
        let _ = self.events.send(told);
    }
}

impl site_view::Host for Site {
    fn decide(&self, url: &Url, popup: bool) -> site_view::Decision {
        translate(&self.ask(url, popup))
    }

    fn decide_popup(&self, opener: &Url, target: &Url, open: usize) -> site_view::Decision {
        translate(
            &self
                .policy
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .decide_popup(opener, target, open),
        )
    }

    fn permits(&self, page: &Url, what: Permission) -> bool {
        let permits = *self.permits.read().unwrap_or_else(PoisonError::into_inner);
        let wanted = match what {
            Permission::Camera => permits.camera,
            Permission::Microphone => permits.microphone,
            Permission::Download => permits.downloads,
        };
        // Only for pages that may be shown.
        let permitted = wanted && self.ask(page, false) == Decision::Allow;
        if !permitted {
            log::denied(page, what);
        }
        permitted
    }

    fn happened(&self, event: SiteEvent) {
        match event {
            SiteEvent::Held(url) => match self.ask(&url, false) {
                Decision::Hold(Held::Callback) => self.tell(Told::Event(Event::Callback(url.into()))),
                Decision::Hold(Held::HandOff) | Decision::Allow | Decision::Refuse(_) => {
                    self.tell(Told::Event(Event::Held(url)))
                }
            },
            SiteEvent::Refused { url, refusal, what } => {
                log::refused(&url, refusal.code, what);
                if what == Refused::Window && refusal.code == Refusal::Host.code() && url.scheme() == "https" {
                    self.tell(Told::Outside(url));
                }
            }
            SiteEvent::Astray { refusal, url, link }
                if [Refusal::Host.code(), Refusal::Insecure.code()].contains(&refusal.code) =>
            {
                self.tell(Told::Event(Event::SiteLedAstray {
                    fault: Fault::new(Problem::CaptivePortal, refusal.code),
                    to: url,
                    link,
                }));
            }
            SiteEvent::Astray { .. } => {}
            SiteEvent::Loaded(url) => self.tell(Told::Event(Event::SiteLoaded(url))),
            SiteEvent::Failed(fault) => self.tell(Told::Event(Event::SiteFailed(match fault {
                LoadFault::Unreachable => Fault::new(Problem::SiteUnreachable, "E501"),
                LoadFault::Server => Fault::new(Problem::SiteUnreachable, "E504"),
                LoadFault::Insecure => Fault::new(Problem::InsecureConnection, "E502"),
            }))),
            SiteEvent::Crashed => self.tell(Told::Event(Event::SiteFailed(Fault::new(Problem::SiteCrashed, "E503")))),
            SiteEvent::PopupOpened(url) => log::line("popup_opened", &[("host", url.host_str().unwrap_or_default())]),
            SiteEvent::PopupClosed => log::line("popup_closed", &[]),
            SiteEvent::Touched => self.tell(Told::Touched),
            SiteEvent::Closed => self.tell(Told::Quit),
        }
    }
}

fn translate(decision: &Decision) -> site_view::Decision {
    match decision {
        Decision::Allow => site_view::Decision::Allow,
        Decision::Refuse(why) => site_view::Decision::Refuse(site_view::Refusal { code: why.code() }),
        Decision::Hold(_) => site_view::Decision::Hold,
    }
}

#[cfg(test)]
mod tests {
    use app_state::{HostRule, Place};
    use site_view::Host;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_page_uses_what_the_settings_allow_and_only_where_it_may_be_shown() {
        let (events, _told) = tokio::sync::mpsc::unbounded_channel();
        let site = Site::new(events);
        let group = url("https://zonnetje.ouderportaal.nl/groep");
        let place = Place {
            organisation: "zonnetje".into(),
            session: String::new(),
            group: group.clone(),
            authorize: url("https://id.example/authorize"),
            callback: url("nl.kidskonnect.groep:/callback"),
            trusted: vec![HostRule::Below("ouderportaal.nl".into())],
            loopback: false,
        };
        let all = [Permission::Camera, Permission::Microphone, Permission::Download];
        site.set_policy(Policy::Group { place, hand_off: true });
        assert_eq!(all.map(|what| site.permits(&group, what)), [false; 3]);
        for (at, permits) in [
            Permits {
                camera: true,
                ..Permits::default()
            },
            Permits {
                microphone: true,
                ..Permits::default()
            },
            Permits {
                downloads: true,
                ..Permits::default()
            },
        ]
        .into_iter()
        .enumerate()
        {
            site.set_permits(permits);
            assert_eq!(
                all.map(|what| site.permits(&group, what)),
                [0, 1, 2].map(|what| what == at)
            );
            assert_eq!(
                all.map(|what| site.permits(&url("https://elsewhere.example/"), what)),
                [false; 3]
            );
        }
        site.set_policy(Policy::Closed);
        assert_eq!(all.map(|what| site.permits(&group, what)), [false; 3]);
    }
}
