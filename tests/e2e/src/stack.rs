//! The stand-ins of `tests/fake-konnect`: identity server, Konnect, profile page, the organisation's own provider.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::Outcome;
use crate::desk::root;

/// A running stack; it ends when this is dropped.
pub struct Stack {
    ready: Ready,
    child: Child,
}

#[derive(Deserialize)]
struct Ready {
    issuer: String,
    client_id: String,
    konnect: String,
    group_url: String,
    profile: String,
    stranger: String,
    upstream: String,
    control: String,
    accounts: Vec<Account>,
}

/// Somebody who can sign in.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
    /// The e-mail address.
    pub email: String,
    /// The organisation.
    pub tenant: String,
    /// Signs in at the organisation's own provider, by e-mail address.
    pub upstream: bool,
    /// The secret of the authenticator app, where MFA is set up.
    pub totp_secret: Option<String>,
    /// The recovery code, where MFA is set up.
    pub recovery_code: Option<String>,
}

impl Stack {
    /// Starts it on free ports.
    pub fn start() -> Outcome<Self> {
        Self::start_with(&[])
    }

    /// Starts it where nobody goes by himself: each server but the control listens at [`behind`] its address, and is
    /// reached once something passes on what comes to that address.
    pub fn start_behind() -> Outcome<Self> {
        Self::start_with(&["--behind"])
    }

    fn start_with(args: &[&str]) -> Outcome<Self> {
        let folder = root().join("tests/fake-konnect");
        let node = folder.join("node_modules/.bin/node");
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(node)
            .arg(folder.join("src/main.mjs"))
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let ready = serde_json::from_str(&line).map_err(|error| format!("the stack did not start: {error}"))?;
        Ok(Self { ready, child })
    }

    /// The development file that sends the app to this stack.
    pub fn write_development(&self, file: &Path, clock_offset: i64) -> Outcome {
        let Ready {
            issuer,
            client_id,
            group_url,
            konnect,
            profile,
            ..
        } = &self.ready;
        let text = format!(
            "issuer = {issuer:?}\nclient_id = {client_id:?}\ngroup_url = {group_url:?}\nhosts = [{konnect:?}, {profile:?}]\nclock_offset_seconds = {clock_offset}\n"
        );
        Ok(std::fs::write(file, text)?)
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.ready.issuer
    }

    /// The client id of the app.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.ready.client_id
    }

    /// Konnect's origin.
    #[must_use]
    pub fn konnect(&self) -> &str {
        &self.ready.konnect
    }

    /// An origin that no list of trusted ones has.
    #[must_use]
    pub fn stranger(&self) -> &str {
        &self.ready.stranger
    }

    /// The profile page's origin.
    #[must_use]
    pub fn profile(&self) -> &str {
        &self.ready.profile
    }

    /// The origin of the organisation's own provider.
    #[must_use]
    pub fn upstream(&self) -> &str {
        &self.ready.upstream
    }

    /// The page with the mails.
    #[must_use]
    pub fn outbox(&self) -> String {
        format!("{}/outbox", self.ready.control)
    }

    /// The identity server's origin without a trailing slash.
    pub fn identity_origin(&self) -> Outcome<String> {
        Ok(Url::parse(&self.ready.issuer)?.origin().ascii_serialization())
    }

    /// Everybody who can sign in.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.ready.accounts
    }

    /// An account by user name.
    #[must_use]
    pub fn account(&self, username: &str) -> Account {
        self.ready
            .accounts
            .iter()
            .find(|account| account.username == username)
            .cloned()
            .expect("a known account")
    }

    /// Says something to the stack's control, such as `("/leeway", {"seconds": 180})`.
    pub fn say(&self, path: &str, body: Value) -> Outcome {
        ureq::post(format!("{}{path}", self.ready.control)).send_json(body)?;
        Ok(())
    }

    /// Stops answering at these servers (`identity`, `konnect`), and answers at all others.
    pub fn down(&self, servers: &[&str]) -> Outcome {
        self.say("/faults", json!({ "down": servers }))
    }

    /// What the control shows.
    pub fn state(&self) -> Outcome<Value> {
        Ok(ureq::get(format!("{}/state", self.ready.control))
            .call()?
            .body_mut()
            .read_json()?)
    }

    /// How often the identity server answered here.
    pub fn requests(&self, server: &str, path: &str) -> Outcome<u64> {
        Ok(self.state()?["counts"]["requests"][format!("{server} {path}")]
            .as_u64()
            .unwrap_or(0))
    }
}

/// Where a server listens that is reached at `origin`, both as host and port.
pub fn behind(origin: &str) -> Outcome<(String, String)> {
    let url = Url::parse(origin)?;
    let reached = format!("{}:{}", url.host_str().ok_or("no host")?, url.port().ok_or("no port")?);
    let listens = reached.replacen("127.0.0.", "127.0.1.", 1);
    Ok((reached, listens))
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
