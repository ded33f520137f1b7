//! Redeems session transfer tokens as the web view of a tablet does, but without a browser: Konnect's own authorization
//! request, with the token in a cookie or in the address. The authorization code that comes back is thrown away.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use error_codes::ErrorCode;
use session::{Secret, Session, TransferOutcome, TransferToken};
use url::{Host, Url};

use crate::network::{Answer, Failure, Network};
use crate::report::{Report, Status};

/// How many redirects are followed at most, to the authorization request and from there to the callback.
const MAX_REDIRECTS: usize = 10;

/// How the token travels (Auth0: `session_transfer.allowed_authentication_methods`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Cookie,
    Query,
}

/// What the identity provider made of a token.
enum Redeemed {
    /// It sent the browser back to Konnect with an authorization code.
    SignedIn,
    /// It showed a page, or sent the browser back with an error.
    NotSignedIn,
    /// The session gave no further token, or the network failed.
    Unknown(ErrorCode, String),
}

/// What the checks need.
pub struct Redeemer<'a> {
    pub session: &'a Session,
    pub client_id: &'a str,
    pub group_url: &'a Url,
    /// The page that ends a session at the identity provider.
    pub end_session: Option<Url>,
    /// The ID token of the sign-in. It names the session that is to end.
    pub id_token: Option<Secret>,
    /// The servers are on this computer.
    pub loopback: bool,
}

impl Redeemer<'_> {
    /// Checks by which ways Konnect signs in with a token, and whether the token is tied to the address that asked for it.
    pub async fn check(&self, report: &mut Report) {
        let Some(endpoint) = self.session.authorization_endpoint() else {
            return unseen(report);
        };
        let network = match Network::new(None, self.loopback) {
            Ok(network) => network,
            Err(failure) => return report.bad(Status::Warning, "redeem-cookie", failure.code, failure.reason),
        };
        let Some(request) = site_request(&network, self.group_url, &endpoint).await else {
            return unseen(report);
        };
        let mut accepted = None;
        for (way, topic) in [(Way::Query, "redeem-query"), (Way::Cookie, "redeem-cookie")] {
            match self.redeem(&network, &request, way).await {
                Redeemed::SignedIn => {
                    accepted = Some(way);
                    report.ok(topic, "");
                }
                Redeemed::NotSignedIn => report.bad(Status::Warning, topic, ErrorCode::DoctorRedeem, ""),
                Redeemed::Unknown(code, detail) => report.bad(Status::Warning, topic, code, detail),
            }
        }
        let addresses = local_addresses(&endpoint).await;
        let (Some(way), true) = (accepted, addresses.len() > 1) else {
            return report.unseen("binding");
        };
        for address in &addresses {
            let outcome = match Network::new(Some(*address), self.loopback) {
                Ok(network) => self.redeem(&network, &request, way).await,
                Err(failure) => Redeemed::Unknown(failure.code, failure.reason),
            };
            match outcome {
                Redeemed::SignedIn => {}
                Redeemed::NotSignedIn => {
                    let detail = format!("{}, {}", addresses[0], addresses[1]);
                    return report.bad(Status::Warning, "binding", ErrorCode::DoctorDeviceBinding, detail);
                }
                Redeemed::Unknown(code, detail) => return report.bad(Status::Warning, "binding", code, detail),
            }
        }
        report.ok("binding", format!("{}, {}", addresses[0], addresses[1]));
    }

    /// Asks for a token and redeems it.
    async fn redeem(&self, network: &Network, request: &Url, way: Way) -> Redeemed {
        let token = match self.session.transfer().await {
            TransferOutcome::Token(token) => token,
            TransferOutcome::NoTransfer(error) | TransferOutcome::Kept(error) | TransferOutcome::SignedOut(error) => {
                return Redeemed::Unknown(error.code(), String::new());
            }
        };
        let mut jar = Jar::default();
        let outcome = present(network, request, &token, way, &mut jar).await;
        self.end_web_session(network, &jar).await;
        match outcome {
            Ok(true) => Redeemed::SignedIn,
            Ok(false) => Redeemed::NotSignedIn,
            Err(failure) => Redeemed::Unknown(failure.code, failure.reason),
        }
    }

    /// Asks the identity provider to end the web session that the token began (RP-Initiated Logout, section 2; with POST, so
    /// that the ID token is in no address). Its cookies were in memory only and go now, so nobody can use the session even
    /// if the identity provider does not answer.
    async fn end_web_session(&self, network: &Network, jar: &Jar) {
        let (Some(end_session), false) = (&self.end_session, jar.0.is_empty()) else {
            return;
        };
        let mut fields = vec![("client_id", self.client_id)];
        if let Some(id_token) = &self.id_token {
            fields.push(("id_token_hint", id_token.expose()));
        }
        let mut url = end_session.clone();
        url.set_query(None);
        let _ = network.post(url, &jar.header(None), &fields).await;
    }
}

/// What cannot be seen if Konnect sends no authorization request that this program understands, for example because a
/// script of its page does it.
fn unseen(report: &mut Report) {
    report.unseen("redeem");
    report.unseen("binding");
}

/// The cookies of the identity provider. They are sent with every request to it, whatever path they were set for.
#[derive(Default)]
struct Jar(Vec<(String, String)>);

impl Jar {
    fn take(&mut self, answer: &Answer) {
        for (name, value) in &answer.cookies {
            self.0.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.0.push((name.clone(), value.clone()));
            }
        }
    }

    /// The header `Cookie`, with one more cookie.
    fn header(&self, more: Option<(&str, &str)>) -> String {
        let own = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<String> = own.chain(more).map(|(name, value)| format!("{name}={value}")).collect();
        all.join("; ")
    }
}

/// Opens the group view and follows its redirects up to the request to the authorization endpoint. `None` if they lead
/// elsewhere. Sends no token and no cookie.
async fn site_request(network: &Network, group_url: &Url, endpoint: &Url) -> Option<Url> {
    let mut at = group_url.clone();
    for _ in 0..MAX_REDIRECTS {
        let answer = network.get(at, "").await.ok()?;
        let next = answer.location.filter(|_| (300..400).contains(&answer.status))?;
        if next.origin() == endpoint.origin() && next.path() == endpoint.path() {
            return Some(next);
        }
        at = next;
    }
    None
}

/// Sends the authorization request with the token. `true` if the identity provider answers with a code for Konnect.
async fn present(
    network: &Network,
    request: &Url,
    token: &TransferToken,
    way: Way,
    jar: &mut Jar,
) -> Result<bool, Failure> {
    let origin = request.origin();
    let mut at = request.clone();
    if way == Way::Query {
        at.query_pairs_mut()
            .append_pair(&token.parameter, token.secret.expose());
    }
    let cookie = (way == Way::Cookie).then(|| (token.cookie.as_str(), token.secret.expose()));
    for _ in 0..MAX_REDIRECTS {
        let answer = network.get(at, &jar.header(cookie)).await?;
        jar.take(&answer);
        let next = answer.location.as_ref().filter(|_| (300..400).contains(&answer.status));
        match next {
            Some(next) if next.origin() == origin => at = next.clone(),
            Some(next) => return Ok(has_code(next)),
            // With `response_mode=form_post`, the code is in a form that a browser sends on by itself.
            None => return Ok(answer.is_success() && String::from_utf8_lossy(&answer.body).contains("name=\"code\"")),
        }
    }
    Ok(false)
}

/// Whether a callback carries an authorization code, in its query or in its fragment.
fn has_code(callback: &Url) -> bool {
    let fragment = callback.fragment().unwrap_or_default();
    callback
        .query_pairs()
        .chain(url::form_urlencoded::parse(fragment.as_bytes()))
        .any(|(name, value)| name == "code" && !value.is_empty())
}

/// Two addresses of this computer from which the identity provider can be reached: one of IPv4 and one of IPv6, as an app
/// and a web view may take. A server on this computer is reached from every loopback address. Fewer than two if this
/// computer or the server has no second one.
async fn local_addresses(endpoint: &Url) -> Vec<IpAddr> {
    let (Some(host), Some(port)) = (endpoint.host(), endpoint.port_or_known_default()) else {
        return vec![];
    };
    let name = match host {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    };
    let Ok(servers) = tokio::net::lookup_host((name, port)).await else {
        return vec![];
    };
    let servers: Vec<_> = servers.collect();
    let mut all: Vec<IpAddr> = [true, false]
        .into_iter()
        .filter_map(|v4| servers.iter().find(|server| server.is_ipv4() == v4))
        .filter_map(|server| {
            // Connecting a UDP socket sends nothing; the system only chooses the route.
            let any = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let socket = UdpSocket::bind(any).ok()?;
            socket.connect(server).ok()?;
            Some(socket.local_addr().ok()?.ip())
        })
        .collect();
    let second = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 77));
    if let [only] = all[..]
        && only.is_loopback()
        && only.is_ipv4()
        && UdpSocket::bind((second, 0)).is_ok()
    {
        all.push(second);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_counts_in_the_query_and_in_the_fragment_and_an_error_does_not() {
        let code = |url: &str| has_code(&Url::parse(url).expect("a URL"));
        assert!(code("https://konnect.example/callback?state=a&code=b"));
        assert!(code("https://konnect.example/callback#code=b"));
        assert!(!code("https://konnect.example/callback?error=login_required"));
        assert!(!code("https://konnect.example/callback?code="));
    }
}
