//! Which addresses the site view may load, and which windows it may open.
//!
//! One decision for all platforms. Hosts are compared whole, never by prefix; an origin that is given with its port
//! (development) is compared with its port.

use std::fmt;

use url::{Host, Url};

use crate::event::Place;

/// Hosts that are trusted: one exact origin, or every host below a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostRule {
    /// This scheme, host and port.
    Origin(Url),
    /// Any https host ending in this domain, which stands without its leading `*.`.
    Below(String),
}

impl HostRule {
    fn admits(&self, url: &Url) -> bool {
        match self {
            Self::Origin(origin) => origin.origin() == url.origin(),
            Self::Below(domain) => {
                url.scheme() == "https"
                    && url.port().is_none()
                    && matches!(url.host(), Some(Host::Domain(host)) if host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')))
            }
        }
    }
}

/// A page on its way into a web view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Navigation {
    /// Where to.
    pub url: Url,
    /// In a pop-up rather than in the site view itself.
    pub popup: bool,
}

/// Why a navigation is held instead of loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// It is the end of a sign-in: the shell takes the address.
    Callback,
    /// It asks the identity server for a sign-in that the tablet's session can answer.
    HandOff,
}

/// Why a navigation or a window is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// No site may be shown now.
    Closed,
    /// `javascript:`, `data:`, `file:` and the like never load.
    Scheme,
    /// For another app, such as `tel:` or `mailto:`.
    OtherApp,
    /// Plain http.
    Insecure,
    /// Name or password in the address.
    Credentials,
    /// A host that is not trusted.
    Host,
    /// The page that asked for a window is not trusted.
    Opener,
    /// There is a pop-up of that page already.
    SecondPopup,
}

impl Refusal {
    /// The code in logs and reports.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Closed => "E510",
            Self::Scheme => "E511",
            Self::OtherApp => "E512",
            Self::Insecure => "E513",
            Self::Credentials => "E514",
            Self::Host => "E515",
            Self::Opener => "E516",
            Self::SecondPopup => "E517",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "no site is open",
            Self::Scheme => "scheme never loads",
            Self::OtherApp => "for another app",
            Self::Insecure => "not https",
            Self::Credentials => "credentials in the address",
            Self::Host => "host is not trusted",
            Self::Opener => "the page that asks is not trusted",
            Self::SecondPopup => "one pop-up a page",
        })
    }
}

/// The answer to a navigation or a new window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Load it.
    Allow,
    /// Do not load it, and report why.
    Refuse(Refusal),
    /// Do not load it: the shell takes it from here.
    Hold(Held),
}

/// What the site view may do at this moment; taken from the state by [`crate::State::policy`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// No site is open.
    Closed,
    /// The sign-in page, inside the app.
    SignIn {
        /// The place to sign in to.
        place: Place,
    },
    /// The group view.
    Group {
        /// The place.
        place: Place,
        /// The next authorization request is held for the hand-off.
        hand_off: bool,
    },
}

impl Policy {
    /// Decides one navigation.
    #[must_use]
    pub fn decide(&self, navigation: &Navigation) -> Decision {
        let url = &navigation.url;
        let (place, hand_off) = match self {
            Self::Closed => return Decision::Refuse(Refusal::Closed),
            Self::SignIn { place } => (place, false),
            Self::Group { place, hand_off } => (place, *hand_off),
        };
        if is_callback(url, &place.callback) {
            return match (self, navigation.popup) {
                (Self::SignIn { .. }, false) => Decision::Hold(Held::Callback),
                // Nobody asked for it: a page that navigates here tries to inject an answer.
                _ => Decision::Refuse(Refusal::Scheme),
            };
        }
        if matches!(url.as_str(), "about:blank" | "about:srcdoc") {
            return Decision::Allow;
        }
        if let Err(why) = place.admits(url) {
            return Decision::Refuse(why);
        }
        if hand_off && !navigation.popup && is_authorization_request(url, &place.authorize) {
            return Decision::Hold(Held::HandOff);
        }
        Decision::Allow
    }

    /// Decides a new window that `opener` asks for while it has `open` windows already.
    #[must_use]
    pub fn decide_popup(&self, opener: &Url, target: &Url, open: usize) -> Decision {
        let (Self::SignIn { place } | Self::Group { place, .. }) = self else {
            return Decision::Refuse(Refusal::Closed);
        };
        if place.admits(opener).is_err() {
            return Decision::Refuse(Refusal::Opener);
        }
        if target.as_str() != "about:blank"
            && let Err(why) = place.admits(target)
        {
            return Decision::Refuse(why);
        }
        if open > 0 {
            return Decision::Refuse(Refusal::SecondPopup);
        }
        Decision::Allow
    }
}

impl Place {
    fn admits(&self, url: &Url) -> Result<(), Refusal> {
        match url.scheme() {
            "https" => {}
            "http" if self.loopback && is_loopback(url) => {}
            "http" => return Err(Refusal::Insecure),
            "tel" | "mailto" | "sms" => return Err(Refusal::OtherApp),
            _ => return Err(Refusal::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        let own = [&self.group, &self.authorize]
            .into_iter()
            .any(|home| home.origin() == url.origin());
        if own || self.trusted.iter().any(|rule| rule.admits(url)) {
            Ok(())
        } else {
            Err(Refusal::Host)
        }
    }
}

/// The redirect address itself, whatever its query: scheme, host, port and path are equal.
fn is_callback(url: &Url, callback: &Url) -> bool {
    let place = |url: &Url| {
        (
            url.scheme().to_owned(),
            url.host_str().map(str::to_owned),
            url.port_or_known_default(),
            url.path().to_owned(),
        )
    };
    place(url) == place(callback)
}

/// An authorization request that shows a page: a silent one (`prompt=none`, `response_mode=web_message`) comes from a
/// hidden frame and must not be moved to the top.
fn is_authorization_request(url: &Url, endpoint: &Url) -> bool {
    url.origin() == endpoint.origin()
        && url.path() == endpoint.path()
        && url.query_pairs().any(|(key, _)| key == "client_id")
        && !url.query_pairs().any(|(key, value)| {
            (key == "prompt" && value == "none") || (key == "response_mode" && value == "web_message")
        })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
