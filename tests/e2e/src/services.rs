//! The servers of `tests/fake-konnect`: identity provider, Konnect, profile page, the organisation's own provider.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::Outcome;
use crate::sandbox::root;

/// The running servers. They end when this is dropped.
pub struct Services {
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
    untrusted: String,
    upstream: String,
    control: String,
    accounts: Vec<Account>,
}

/// An account of the identity provider.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
    /// The e-mail address.
    pub email: String,
    /// The organisation's name in Konnect's addresses.
    pub tenant: String,
    /// Whether the account signs in at the organisation's own provider, by e-mail address.
    pub upstream: bool,
    /// The secret of the authenticator app, if the account has MFA.
    pub totp_secret: Option<String>,
    /// The recovery code, if the account has MFA.
    pub recovery_code: Option<String>,
}

impl Services {
    /// Starts the servers on free ports.
    pub fn start() -> Outcome<Self> {
        Self::start_with(&[])
    }

    /// Starts the servers behind proxies that the caller starts: each server but the control server listens on another
    /// address than the one that it is reached at, see [`listen_address`].
    pub fn start_behind_proxy() -> Outcome<Self> {
        Self::start_with(&["--behind-proxy"])
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
        let ready = serde_json::from_str(&line).map_err(|error| format!("fake-konnect did not start: {error}"))?;
        Ok(Self { ready, child })
    }

    /// Writes the environment `development` for the app: these servers, and how far the app's clock is ahead, in
    /// seconds.
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

    /// The app's client id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.ready.client_id
    }

    /// Konnect's origin.
    #[must_use]
    pub fn konnect(&self) -> &str {
        &self.ready.konnect
    }

    /// An origin that the app does not trust.
    #[must_use]
    pub fn untrusted(&self) -> &str {
        &self.ready.untrusted
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

    /// The page with every e-mail that the identity provider has sent.
    #[must_use]
    pub fn outbox(&self) -> String {
        format!("{}/outbox", self.ready.control)
    }

    /// The identity provider's origin, without the issuer's trailing slash.
    pub fn identity_origin(&self) -> Outcome<String> {
        Ok(Url::parse(&self.ready.issuer)?.origin().ascii_serialization())
    }

    /// Every account.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.ready.accounts
    }

    /// The account with this user name. Panics if there is none.
    #[must_use]
    pub fn account(&self, username: &str) -> Account {
        self.ready
            .accounts
            .iter()
            .find(|account| account.username == username)
            .cloned()
            .expect("a known account")
    }

    /// Posts to the control server, for example `("/leeway", {"seconds": 180})`. `src/control.mjs` has every path.
    pub fn control(&self, path: &str, body: Value) -> Outcome {
        ureq::post(format!("{}{path}", self.ready.control)).send_json(body)?;
        Ok(())
    }

    /// Makes these servers (`identity`, `konnect`, ...) refuse connections, and all others answer again.
    pub fn take_down(&self, servers: &[&str]) -> Outcome {
        self.control("/faults", json!({ "down": servers }))
    }

    /// The state of the control server: accounts, counts, and every token that was issued.
    pub fn state(&self) -> Outcome<Value> {
        Ok(ureq::get(format!("{}/state", self.ready.control))
            .call()?
            .body_mut()
            .read_json()?)
    }

    /// How many requests a server has had for a path of at most two segments.
    pub fn requests(&self, server: &str, path: &str) -> Outcome<u64> {
        Ok(self.state()?["counts"]["requests"][format!("{server} {path}")]
            .as_u64()
            .unwrap_or(0))
    }
}

/// For a server behind a proxy that is reached at `origin`: where the proxy listens, and where the server listens, each
/// as host and port.
pub fn listen_address(origin: &str) -> Outcome<(String, String)> {
    let url = Url::parse(origin)?;
    let proxy = format!("{}:{}", url.host_str().ok_or("no host")?, url.port().ok_or("no port")?);
    let server = proxy.replacen("127.0.0.", "127.0.1.", 1);
    Ok((proxy, server))
}

impl Drop for Services {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
