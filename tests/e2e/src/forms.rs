//! Signs in at the identity provider of `tests/fake-konnect` without a browser, by redirects, cookies and forms. It
//! takes a tenth of a browser's work, for tests that only need a session.

use ureq::http::header::LOCATION;
use url::Url;

use crate::services::Account;
use crate::{Outcome, one_time_code};

/// Redirects and forms between an authorization request and the redirect URI.
const MAX_STEPS: usize = 20;

/// Answers the pages from an authorization request on, and returns the redirect URI with its parameters.
pub fn sign_in(authorize: &str, account: &Account) -> Outcome<String> {
    let config = ureq::Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .build();
    let agent = ureq::Agent::new_with_config(config);
    let mut at = Url::parse(authorize)?;
    let mut answer = agent.get(at.as_str()).call()?;
    for _ in 0..MAX_STEPS {
        if let Some(next) = answer.headers().get(LOCATION) {
            at = at.join(next.to_str()?)?;
            if !at.scheme().starts_with("http") {
                return Ok(at.into());
            }
            answer = agent.get(at.as_str()).call()?;
            continue;
        }
        let page = answer.body_mut().read_to_string()?;
        let has_field = |name: &str| page.contains(&format!("name=\"{name}\""));
        answer = if has_field("password") {
            agent
                .post(at.as_str())
                .send_form([("username", account.username.as_str()), ("password", &account.password)])?
        } else if let Some(secret) = account.totp_secret.as_ref().filter(|_| has_field("code")) {
            agent.post(at.as_str()).send_form([("code", one_time_code(secret)?)])?
        } else {
            return Err(format!("no known form on {at}: {page}").into());
        };
    }
    Err("the identity provider redirects without end".into())
}
