//! The proxies that a system names for a URL, in the words of Java's `java.net.Proxy`.

use url::Url;

/// The URL of an HTTP proxy. `kind` is the name of a `Proxy.Type`. `None` stands for a direct connection, and for a
/// proxy that speaks another protocol than HTTP, because a device administrator can set no other.
pub(crate) fn url(kind: &str, host: &str, port: i32) -> Option<Url> {
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
    use super::*;

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
