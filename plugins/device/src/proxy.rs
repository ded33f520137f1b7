//! The proxies that a system names for a URL, in the words of Java's `java.net.Proxy`.

use std::net::TcpStream;
use std::time::Duration;

use url::Url;

/// One answer of the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proxy {
    Http(Url),
    Direct,
    /// Speaks another protocol than HTTP, or has no usable address.
    Unusable,
}

impl Proxy {
    /// `kind` is the name of a `Proxy.Type`.
    pub(crate) fn named(kind: &str, host: &str, port: i32) -> Self {
        match url(kind, host, port) {
            Some(url) => Self::Http(url),
            None if kind == "DIRECT" => Self::Direct,
            None => Self::Unusable,
        }
    }
}

/// The first proxy that `connects`; `None` for a direct connection, which comes where the system says so or after all
/// proxies.
pub(crate) fn choose(named: Vec<Proxy>, connects: impl Fn(&Url) -> bool) -> Option<Url> {
    for proxy in named {
        match proxy {
            Proxy::Http(url) if connects(&url) => return Some(url),
            Proxy::Direct => return None,
            Proxy::Http(_) | Proxy::Unusable => {}
        }
    }
    None
}

/// Whether something accepts connections at this proxy.
pub(crate) fn connects(proxy: &Url) -> bool {
    proxy.socket_addrs(|| None).is_ok_and(|addresses| {
        addresses
            .iter()
            .any(|address| TcpStream::connect_timeout(address, Duration::from_secs(2)).is_ok())
    })
}

/// The URL of an HTTP proxy; `None` for any other.
fn url(kind: &str, host: &str, port: i32) -> Option<Url> {
    let port = u16::try_from(port).ok().filter(|port| *port != 0)?;
    if kind != "HTTP" || host.is_empty() {
        return None;
    }
    // Java gives an IPv6 address without brackets.
    let host = if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let url = Url::parse(&format!("http://{host}:{port}/")).ok()?;
    // A host with a path or credentials in it is none.
    (url.path() == "/" && url.username().is_empty() && url.query().is_none() && url.fragment().is_none()).then_some(url)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_first_proxy_that_connects_is_used_and_a_direct_connection_where_none_does() {
        let proxy = |host: &str| Proxy::named("HTTP", host, 80);
        let (dead, alive) = (proxy("dead.example"), proxy("alive.example"));
        let socks = Proxy::named("SOCKS", "alive.example", 1080);
        let direct = Proxy::named("DIRECT", "", 0);
        let found = Some("alive.example");
        for (named, expected) in [
            (vec![&alive], found),
            (vec![&dead, &alive], found),
            (vec![&socks, &alive, &direct], found),
            (vec![&dead, &direct, &alive], None),
            (vec![&direct, &alive], None),
            (vec![&dead], None),
            (vec![&dead, &socks], None),
            (vec![], None),
        ] {
            let chosen = choose(named.into_iter().cloned().collect(), |url| {
                url.host_str() == Some("alive.example")
            });
            assert_eq!(chosen.as_ref().and_then(Url::host_str), expected);
        }
    }

    #[test]
    fn a_proxy_connects_while_something_listens_there() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        assert!(connects(&proxy));
        drop(listener);
        assert!(!connects(&proxy));
        assert!(!connects(&Url::parse("http://no-such-host.invalid:80/").unwrap()));
    }

    #[test]
    fn an_http_proxy_has_a_url_and_every_other_answer_is_a_direct_connection() {
        for (kind, host, port, expected) in [
            (
                "HTTP",
                "proxy.school.example",
                8080,
                Some("http://proxy.school.example:8080/"),
            ),
            ("HTTP", "10.0.0.1", 80, Some("http://10.0.0.1/")),
            ("HTTP", "fd00::1", 3128, Some("http://[fd00::1]:3128/")),
            ("HTTP", "[fd00::1]", 3128, Some("http://[fd00::1]:3128/")),
            ("DIRECT", "", 0, None),
            ("SOCKS", "proxy.school.example", 1080, None),
            ("HTTP", "", 8080, None),
            ("HTTP", "proxy.school.example", 0, None),
            ("HTTP", "proxy.school.example", -1, None),
            ("HTTP", "proxy.school.example", 65_536, None),
            ("HTTP", "user@proxy.school.example", 8080, None),
            ("HTTP", "proxy.school.example/x", 8080, None),
            ("HTTP", "no host", 8080, None),
        ] {
            let found = url(kind, host, port);
            assert_eq!(found.as_ref().map(Url::as_str), expected, "{kind} {host} {port}");
        }
    }
}
