//! How a cookie is written for each engine. All engines get the same attributes; see [`Cookie`].

use crate::{Cookie, Error};

/// Checks name and value, and returns whether the cookie is `Secure`. A separator in name or value could end the pair
/// and add attributes, for example a `Domain` that sends the cookie to other hosts.
fn is_secure(cookie: &Cookie<'_>) -> Result<bool, Error> {
    let plain = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte))
    };
    if cookie.name.is_empty() || cookie.name.contains('=') || !plain(cookie.name) || !plain(cookie.value) {
        return Err(Error::CookieNotKept);
    }
    Ok(cookie.url.scheme() == "https")
}

/// The `Set-Cookie` line for Android, where `now` is in seconds since 1970.
///
/// `Max-Age` counts from the moment when the engine takes the cookie.
#[cfg(any(target_os = "android", test))]
pub(crate) fn line_with_max_age(cookie: &Cookie<'_>, now: i64) -> Result<String, Error> {
    let same_site = if is_secure(cookie)? {
        "Secure; SameSite=None"
    } else {
        "SameSite=Lax"
    };
    let seconds = cookie.expires_at.saturating_sub(now);
    Ok(format!(
        "{}={}; Path=/; HttpOnly; Max-Age={seconds}; {same_site}",
        cookie.name, cookie.value
    ))
}

/// The cookie for engines that take a structure (desktop) or a line with `Expires` (iPad). The builder has no domain
/// yet, so that what it prints is host-only.
#[cfg(all(feature = "tauri", any(not(target_os = "android"), test)))]
pub(crate) fn builder(cookie: &Cookie<'_>) -> Result<tauri::webview::cookie::CookieBuilder<'static>, Error> {
    use tauri::webview::cookie::{Cookie as Built, SameSite, time::OffsetDateTime};

    let secure = is_secure(cookie)?;
    let expires =
        OffsetDateTime::from_unix_timestamp(cookie.expires_at).map_err(|error| Error::Engine(error.to_string()))?;
    Ok(Built::build((cookie.name.to_owned(), cookie.value.to_owned()))
        .path("/")
        .secure(secure)
        .http_only(true)
        .same_site(if secure { SameSite::None } else { SameSite::Lax })
        .expires(expires))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_cookie_line_is_for_its_host_alone_and_lasts_until_it_expires() {
        let (https, http) = (url("https://a.example/x"), url("http://127.0.0.1/"));
        let cookie = |url, value| Cookie {
            url,
            name: "t",
            value,
            expires_at: 100,
        };
        assert_eq!(
            line_with_max_age(&cookie(&https, "v"), 40).unwrap(),
            "t=v; Path=/; HttpOnly; Max-Age=60; Secure; SameSite=None"
        );
        assert_eq!(
            line_with_max_age(&cookie(&http, "v"), 40).unwrap(),
            "t=v; Path=/; HttpOnly; Max-Age=60; SameSite=Lax"
        );
        for bad in ["a;Domain=example", "a b", "a\n", "é"] {
            assert!(matches!(
                line_with_max_age(&cookie(&https, bad), 40),
                Err(Error::CookieNotKept)
            ));
        }
    }

    #[cfg(feature = "tauri")]
    #[test]
    fn a_built_cookie_is_for_its_host_alone_and_brings_no_attributes_of_its_own() {
        let line = |cookie: &Cookie<'_>| builder(cookie).map(|built| built.build().to_string());
        let https = url("https://id.example/authorize");
        let text = line(&Cookie {
            url: &https,
            name: "transfer",
            value: "abc",
            expires_at: 1_800_000_000,
        })
        .unwrap();
        let (pair, attributes) = text.split_once("; ").unwrap();
        assert_eq!(pair, "transfer=abc");
        for attribute in [
            "HttpOnly",
            "SameSite=None",
            "Secure",
            "Path=/",
            "Expires=Fri, 15 Jan 2027 08:00:00 GMT",
        ] {
            assert!(
                attributes.split("; ").any(|part| part == attribute),
                "{attribute} in {text}"
            );
        }
        assert!(!text.contains("Domain"));
        let http = url("http://127.0.0.1:4000/");
        let text = line(&Cookie {
            url: &http,
            name: "transfer",
            value: "abc",
            expires_at: 1_800_000_000,
        })
        .unwrap();
        assert!(text.contains("SameSite=Lax") && !text.contains("Secure"));
        for (name, value) in [("a", "b; Domain=example"), ("a=b", "c"), ("", "c"), ("a", "b\r\nc")] {
            assert!(
                line(&Cookie {
                    url: &https,
                    name,
                    value,
                    expires_at: 0
                })
                .is_err()
            );
        }
    }
}
