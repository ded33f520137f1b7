//! Signing in at the stand-in for the identity server as far as redirects, cookies and forms go: a tenth of the work of a
//! browser, for all that only needs somebody to be signed in.

use ureq::http::header::LOCATION;
use url::Url;

use crate::stack::Account;
use crate::{Outcome, code_for};

/// Between an authorization request and its callback.
const MOST_STEPS: usize = 20;

/// From the authorization request to the address of the callback.
pub fn sign_in(authorize: &str, account: &Account) -> Outcome<String> {
    let config = ureq::Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .build();
    let agent = ureq::Agent::new_with_config(config);
    let mut at = Url::parse(authorize)?;
    let mut answer = agent.get(at.as_str()).call()?;
    for _ in 0..MOST_STEPS {
        if let Some(next) = answer.headers().get(LOCATION) {
            at = at.join(next.to_str()?)?;
            if !at.scheme().starts_with("http") {
                return Ok(at.into());
            }
            answer = agent.get(at.as_str()).call()?;
            continue;
        }
        let page = answer.body_mut().read_to_string()?;
        let asked = |name: &str| page.contains(&format!("name=\"{name}\""));
        answer = if asked("password") {
            agent
                .post(at.as_str())
                .send_form([("username", account.username.as_str()), ("password", &account.password)])?
        } else if let Some(secret) = account.totp_secret.as_ref().filter(|_| asked("code")) {
            agent.post(at.as_str()).send_form([("code", code_for(secret)?)])?
        } else {
            return Err(format!("nothing to do on {at}: {page}").into());
        };
    }
    Err("the identity server goes round in circles".into())
}
