//! Which answers of a server count as load errors, and how long the server asks to be left alone.

use std::time::{Duration, SystemTime};

use crate::LoadError;

/// Whether an answer for the site's main frame counts as a load error. `header` returns the value of the response header
/// with this name, and compares names without regard to case.
///
/// A page is for a person to read, whatever its status: a 404, or a 403 that says which right is missing. Nobody can do
/// anything about the answers that follow, except ask again later, which is what the host does with a load error:
///
/// - 5xx: the server failed.
/// - 408, 425 and 429: the server did not take the request, for a reason that passes by itself. Often a rate limiter in
///   front of the server sends them, with a page that has no way on.
/// - 403 with `Retry-After`: only a rate limiter sends these together, since a missing right does not pass. A 403
///   without it may be either. It counts as a page, because a person who lacks a right would otherwise see a false
///   reason, and because a firewall that blocks a device takes every further attempt as a reason to go on.
pub(crate) fn server_error(status: i64, header: impl Fn(&str) -> Option<String>) -> Option<LoadError> {
    let retry_after = || retry_after(status, &header, SystemTime::now());
    match status {
        408 | 425 | 429 | 500.. => Some(LoadError::Server {
            retry_after: retry_after(),
        }),
        403 => header("retry-after").map(|_| LoadError::Server {
            retry_after: retry_after(),
        }),
        _ => None,
    }
}

/// `Retry-After` (RFC 9110, section 10.2.3), as seconds or as a date. Without it, the moment in seconds since 1970 that
/// Auth0 sends with a 429 in `X-RateLimit-Reset`; Auth0 also sends that with ordinary answers, where it asks nothing.
fn retry_after(status: i64, header: impl Fn(&str) -> Option<String>, now: SystemTime) -> Option<Duration> {
    // A moment is one by the server's clock, which may differ from the device's.
    let server_now = || header("date").and_then(|date| http_date(&date)).unwrap_or(now);
    let until = |moment: SystemTime| moment.duration_since(server_now()).unwrap_or_default();
    let after = header("retry-after").and_then(|after| {
        seconds(&after)
            .map(Duration::from_secs)
            .or_else(|| http_date(&after).map(until))
    });
    after.or_else(|| {
        let reset = header("x-ratelimit-reset").filter(|_| status == 429)?;
        SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_secs(seconds(&reset)?))
            .map(until)
    })
}

/// Parses digits only. A number that is too large becomes the largest one.
fn seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

fn http_date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: (&str, &str) = ("date", "Mon, 05 Oct 2026 05:30:00 GMT");

    fn answered(status: i64, headers: &[(&str, &str)]) -> Option<LoadError> {
        server_error(status, |name| {
            headers
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    fn asked_to_wait(status: i64, headers: &[(&str, &str)]) -> Option<u64> {
        match answered(status, headers) {
            Some(LoadError::Server { retry_after }) => retry_after.map(|wait| wait.as_secs()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_server_that_failed_or_did_not_take_the_request_is_a_load_error() {
        for status in [408, 425, 429, 500, 502, 503, 504, 599] {
            assert_eq!(
                answered(status, &[]),
                Some(LoadError::Server { retry_after: None }),
                "{status}"
            );
        }
    }

    #[test]
    fn an_answer_that_a_person_can_read_and_act_on_is_a_page() {
        let moment = [("x-ratelimit-reset", "1800000000"), DATE];
        for status in [0, 200, 204, 302, 400, 401, 403, 404, 409, 410, 422, 451, 499] {
            assert_eq!(answered(status, &moment), None, "{status}");
        }
        for status in [200, 401, 404] {
            assert_eq!(answered(status, &[("retry-after", "60")]), None, "{status}");
        }
    }

    #[test]
    fn a_403_that_asks_to_come_back_later_comes_from_a_rate_limiter() {
        assert_eq!(asked_to_wait(403, &[("retry-after", "60")]), Some(60));
        assert_eq!(asked_to_wait(403, &[("retry-after", "soon")]), None);
    }

    #[test]
    fn the_wait_that_a_server_asks_for_is_read_as_seconds_or_as_a_date_by_its_own_clock() {
        let wait = |after| asked_to_wait(503, &[("retry-after", after), DATE]);
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait(" 0 "), Some(0));
        assert_eq!(wait("99999999999999999999"), Some(u64::MAX));
        assert_eq!(wait("Mon, 05 Oct 2026 05:45:00 GMT"), Some(900));
        assert_eq!(wait("Monday, 05-Oct-26 05:45:00 GMT"), Some(900), "RFC 850");
        assert_eq!(wait("Mon Oct  5 05:45:00 2026"), Some(900), "asctime");
        assert_eq!(wait("Mon, 05 Oct 2026 05:00:00 GMT"), Some(0), "already past");
        for unreadable in ["", "-1", "1.5", "soon", "+3"] {
            assert_eq!(wait(unreadable), None, "{unreadable:?}");
        }
    }

    #[test]
    fn a_date_without_the_servers_clock_is_read_by_the_devices() {
        let at = |moment: SystemTime| httpdate::fmt_http_date(moment);
        let in_an_hour = at(SystemTime::now() + Duration::from_hours(1));
        let wait = asked_to_wait(429, &[("retry-after", &in_an_hour)]).unwrap();
        assert!((3_590..=3_600).contains(&wait), "{wait}");
    }

    #[test]
    fn the_reset_of_a_rate_limit_counts_for_a_429_only_and_retry_after_comes_first() {
        // 2026-10-05 05:31:00 UTC.
        let reset = ("x-ratelimit-reset", "1791178260");
        assert_eq!(asked_to_wait(429, &[reset, DATE]), Some(60));
        assert_eq!(asked_to_wait(429, &[reset, DATE, ("retry-after", "5")]), Some(5));
        assert_eq!(asked_to_wait(503, &[reset, DATE]), None);
        assert_eq!(
            asked_to_wait(429, &[("x-ratelimit-reset", "18446744073709551615")]).map(|_| ()),
            None
        );
    }
}
