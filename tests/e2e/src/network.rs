//! The network between the app and the servers: a toxiproxy in front of each server, which makes connections fail.
//!
//! The section "Toxics" of toxiproxy's README says what each kind does to a connection.

use std::path::Path;

use serde_json::{Value, json};

use crate::browser::free_port;
use crate::services::listen_address;
use crate::{Outcome, Sandbox, Services, until};

/// How the connections to a server fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkCondition {
    /// Connections are refused.
    Down,
    /// Connections are accepted and never answered.
    Silent,
    /// Connections are reset when data is sent.
    Reset,
    /// Connections are closed after 300 bytes of the answer.
    Truncated,
    /// Each answer takes one to four seconds longer.
    Slow,
    /// Answers arrive at two kilobytes a second.
    LowBandwidth,
    /// Answers arrive in pieces of a few bytes.
    Fragmented,
}

impl NetworkCondition {
    /// Every condition.
    pub const ALL: [Self; 7] = [
        Self::Down,
        Self::Silent,
        Self::Reset,
        Self::Truncated,
        Self::Slow,
        Self::LowBandwidth,
        Self::Fragmented,
    ];

    /// The toxic of toxiproxy that causes this. `Down` has none: it switches the proxy off.
    fn toxic(self) -> Option<Value> {
        let (kind, attributes) = match self {
            Self::Down => return None,
            Self::Silent => ("timeout", json!({"timeout": 0})),
            Self::Reset => ("reset_peer", json!({"timeout": 0})),
            Self::Truncated => ("limit_data", json!({"bytes": 300})),
            Self::Slow => ("latency", json!({"latency": 2_500, "jitter": 1_500})),
            Self::LowBandwidth => ("bandwidth", json!({"rate": 2})),
            Self::Fragmented => ("slicer", json!({"average_size": 8, "size_variation": 4, "delay": 500})),
        };
        Some(json!({"name": "condition", "type": kind, "stream": "downstream", "attributes": attributes}))
    }
}

/// The proxies in front of the servers.
pub struct Network {
    control: String,
}

impl Network {
    /// Starts this `toxiproxy` program in front of services that [`Services::start_behind_proxy`] started. It ends with
    /// the sandbox.
    pub async fn between(sandbox: &mut Sandbox, services: &Services, toxiproxy: &Path) -> Outcome<Self> {
        let port = free_port()?;
        let mut command = sandbox.command(&toxiproxy.to_string_lossy());
        command.args(["-host", "127.0.0.1", "-port", &port.to_string()]);
        sandbox.start(command, "network.log")?;
        let network = Self {
            control: format!("http://127.0.0.1:{port}"),
        };
        until("the network", async || {
            Ok(Some(ureq::get(format!("{}/version", network.control)).call()?))
        })
        .await?;
        let identity = services.identity_origin()?;
        let servers = [
            ("identity", identity.as_str()),
            ("konnect", services.konnect()),
            ("profile", services.profile()),
            ("upstream", services.upstream()),
        ];
        for (name, origin) in servers {
            let (listen, upstream) = listen_address(origin)?;
            network.post(
                "/proxies",
                &json!({"name": name, "listen": listen, "upstream": upstream, "enabled": true}),
            )?;
        }
        Ok(network)
    }

    /// Makes the connections to a server fail like this from now on, open connections too.
    pub fn set_condition(&self, server: &str, condition: NetworkCondition) -> Outcome {
        match condition.toxic() {
            Some(toxic) => self.post(&format!("/proxies/{server}/toxics"), &toxic),
            None => self.post(&format!("/proxies/{server}"), &json!({"enabled": false})),
        }
    }

    /// Makes all connections work again.
    pub fn restore(&self) -> Outcome {
        self.post("/reset", &Value::Null)
    }

    fn post(&self, path: &str, body: &Value) -> Outcome {
        ureq::post(format!("{}{path}", self.control)).send_json(body)?;
        Ok(())
    }
}
