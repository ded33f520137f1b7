//! Which URLs the site view may load, and which pop-ups it may open.
//!
//! One decision for all platforms. Hosts are compared whole, never by prefix; an origin that the settings give with its
//! port (development) is compared with its port.

use std::borrow::Cow;

use app_state::{HostRule, NavigationPolicy, Organisation};
use tauri_plugin_site_view::{Decision, Navigation, RefusalReason};
use url::{Host, Url};

/// Why a navigation is intercepted rather than loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterceptReason {
    /// It goes to the redirect URI: the sign-in is over, and the app takes the answer.
    Callback,
    /// It asks the identity provider for a sign-in that the app's session can answer by a session transfer.
    SessionTransfer,
}

/// Decides one navigation.
#[must_use]
pub fn decide(policy: &NavigationPolicy, navigation: &Navigation) -> Decision {
    match admit(policy, navigation) {
        Ok(None) => Decision::Allow,
        Ok(Some(_)) => Decision::Hold,
        Err(reason) => Decision::Refuse(reason),
    }
}

/// Why [`decide`] intercepts this navigation, or None if it does not.
#[must_use]
pub fn intercept_reason(policy: &NavigationPolicy, navigation: &Navigation) -> Option<InterceptReason> {
    admit(policy, navigation).ok().flatten()
}

fn admit(policy: &NavigationPolicy, navigation: &Navigation) -> Result<Option<InterceptReason>, RefusalReason> {
    let url = &navigation.url;
    let (organisation, intercept_authorization) = match policy {
        NavigationPolicy::Closed => return Err(RefusalReason::Closed),
        NavigationPolicy::SignIn { organisation } => (organisation, false),
        NavigationPolicy::Group {
            organisation,
            intercept_authorization,
        } => (organisation, *intercept_authorization),
    };
    if is_redirect_uri(url, &organisation.redirect_uri) {
        return match (policy, navigation.popup) {
            (NavigationPolicy::SignIn { .. }, false) => Ok(Some(InterceptReason::Callback)),
            // No sign-in is under way here, so a page that navigates to the redirect URI tries to inject an answer.
            _ => Err(RefusalReason::Scheme),
        };
    }
    if matches!(url.as_str(), "about:blank" | "about:srcdoc") {
        return Ok(None);
    }
    trust(organisation, url)?;
    let intercept = intercept_authorization && !navigation.popup && is_authorization_request(url, organisation);
    Ok(intercept.then_some(InterceptReason::SessionTransfer))
}

/// The window of the shell shows the app's own files only; Android serves them over `http://tauri.localhost`.
#[must_use]
pub fn is_shell_page(url: &Url) -> bool {
    url.scheme() == "tauri" || (url.scheme() == "http" && url.host_str() == Some("tauri.localhost"))
}

/// Allows or refuses (blocks) a pop-up: a new window to `target` that the page at `opener` asks for while it has `open`
/// pop-ups already.
#[must_use]
pub fn decide_popup(policy: &NavigationPolicy, opener: &Url, target: &Url, open: usize) -> Decision {
    let (NavigationPolicy::SignIn { organisation } | NavigationPolicy::Group { organisation, .. }) = policy else {
        return Decision::Refuse(RefusalReason::Closed);
    };
    if trust(organisation, opener).is_err() {
        return Decision::Refuse(RefusalReason::Opener);
    }
    if target.as_str() != "about:blank"
        && let Err(reason) = trust(organisation, target)
    {
        return Decision::Refuse(reason);
    }
    if open > 0 {
        return Decision::Refuse(RefusalReason::SecondPopup);
    }
    Decision::Allow
}

/// Checks scheme, credentials and host of a page.
fn trust(organisation: &Organisation, url: &Url) -> Result<(), RefusalReason> {
    match url.scheme() {
        "https" => {}
        "http" if organisation.loopback_http && is_loopback(url) => {}
        "http" => return Err(RefusalReason::Insecure),
        "tel" | "mailto" | "sms" | "otpauth" => return Err(RefusalReason::OtherApp),
        _ => return Err(RefusalReason::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RefusalReason::Credentials);
    }
    let own = [&organisation.group_url, &organisation.authorization_endpoint];
    let is_trusted = own.into_iter().any(|home| home.origin() == url.origin())
        || organisation.trusted_hosts.iter().any(|rule| matches(rule, url));
    if is_trusted { Ok(()) } else { Err(RefusalReason::Host) }
}

fn matches(rule: &HostRule, url: &Url) -> bool {
    match rule {
        HostRule::Origin(origin) => origin.origin() == url.origin(),
        HostRule::Below(domain) => {
            let Some(Host::Domain(host)) = url.host() else {
                return false;
            };
            let subdomain = host.strip_suffix(domain.as_str());
            url.scheme() == "https"
                && url.port().is_none()
                && subdomain.is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        }
    }
}

/// Compares the redirect URI itself: scheme, host, port and path are equal, whatever the query. Later, `session`'s
/// `matches_redirect_uri` (`crates/session/src/callback.rs`) compares the callback byte for byte.
fn is_redirect_uri(url: &Url, redirect_uri: &Url) -> bool {
    let parts = |url: &Url| {
        (
            url.scheme().to_owned(),
            url.host_str().map(str::to_owned),
            url.port_or_known_default(),
            url.path().to_owned(),
        )
    };
    parts(url) == parts(redirect_uri)
}

/// An authorization request of Konnect's own that shows a page. A silent one (`prompt=none`, `response_mode=web_message`)
/// comes from a hidden frame and must not move to the top level.
///
/// A page of any trusted host can navigate to the authorization endpoint and name any client of the tenant there. The
/// answer goes to the redirect URI, so this one says whose request it is: the group view's, or that of a host which the
/// settings name. Below a wildcard anybody's page may live. A pushed request (RFC 9126) shows no redirect URI, but its
/// client has authenticated itself.
fn is_authorization_request(url: &Url, organisation: &Organisation) -> bool {
    let endpoint = &organisation.authorization_endpoint;
    if url.origin() != endpoint.origin() || url.path() != endpoint.path() {
        return false;
    }
    let values = |name: &'static str| {
        url.query_pairs()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value)
    };
    let is_silent =
        values("prompt").any(|value| value == "none") || values("response_mode").any(|value| value == "web_message");
    let is_named = |uri: Cow<'_, str>| Url::parse(&uri).is_ok_and(|uri| is_named_origin(organisation, &uri));
    let is_konnects =
        values("redirect_uri").all(is_named) && values("redirect_uri").chain(values("request_uri")).next().is_some();
    values("client_id").next().is_some() && is_konnects && !is_silent
}

/// The group view's origin, or one that the settings name in full.
fn is_named_origin(organisation: &Organisation, url: &Url) -> bool {
    let is_named = |rule: &HostRule| matches!(rule, HostRule::Origin(_)) && matches(rule, url);
    organisation.group_url.origin() == url.origin() || organisation.trusted_hosts.iter().any(is_named)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
