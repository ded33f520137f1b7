//! The network between the app and the servers, with faults: one toxiproxy for each server.
//!
//! What it does on a connection is told by toxiproxy's own manual, "Toxics".

use std::path::Path;

use serde_json::{Value, json};

use crate::browser::free_port;
use crate::stack::behind;
use crate::{Desk, Outcome, Stack, until};

/// What is wrong on the way to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Connections are refused.
    Down,
    /// Connections are taken and nothing ever comes.
    Silent,
    /// Connections are reset as soon as something is said.
    Reset,
    /// An answer ends after 300 bytes.
    Torn,
    /// Each answer takes up to four seconds longer.
    Slow,
    /// Two kilobytes a second.
    Narrow,
    /// Answers come in crumbs of a few bytes.
    Crumbs,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Down,
        Self::Silent,
        Self::Reset,
        Self::Torn,
        Self::Slow,
        Self::Narrow,
        Self::Crumbs,
    ];

    /// As a toxic of toxiproxy; `Down` is none.
    fn toxic(self) -> Option<Value> {
        let (kind, attributes) = match self {
            Self::Down => return None,
            Self::Silent => ("timeout", json!({"timeout": 0})),
            Self::Reset => ("reset_peer", json!({"timeout": 0})),
            Self::Torn => ("limit_data", json!({"bytes": 300})),
            Self::Slow => ("latency", json!({"latency": 2_500, "jitter": 1_500})),
            Self::Narrow => ("bandwidth", json!({"rate": 2})),
            Self::Crumbs => ("slicer", json!({"average_size": 8, "size_variation": 4, "delay": 500})),
        };
        Some(json!({"name": "fault", "type": kind, "stream": "downstream", "attributes": attributes}))
    }
}

/// The way to each server of a stack.
pub struct Network {
    control: String,
}

impl Network {
    /// Puts the network, run by this `toxiproxy`, between everybody and a stack that was started behind it. It ends with
    /// the desk.
    pub async fn between(desk: &mut Desk, stack: &Stack, toxiproxy: &Path) -> Outcome<Self> {
        let port = free_port()?;
        let mut command = desk.command(&toxiproxy.to_string_lossy());
        command.args(["-host", "127.0.0.1", "-port", &port.to_string()]);
        desk.start(command, "network.log")?;
        let network = Self {
            control: format!("http://127.0.0.1:{port}"),
        };
        until("the network", async || {
            Ok(Some(ureq::get(format!("{}/version", network.control)).call()?))
        })
        .await?;
        let identity = stack.identity_origin()?;
        let servers = [
            ("identity", identity.as_str()),
            ("konnect", stack.konnect()),
            ("profile", stack.profile()),
            ("upstream", stack.upstream()),
        ];
        for (name, origin) in servers {
            let (listen, upstream) = behind(origin)?;
            network.say(
                "/proxies",
                &json!({"name": name, "listen": listen, "upstream": upstream, "enabled": true}),
            )?;
        }
        Ok(network)
    }

    /// From now on this is wrong on the way to a server, for open connections too.
    pub fn fail(&self, server: &str, fault: Fault) -> Outcome {
        match fault.toxic() {
            Some(toxic) => self.say(&format!("/proxies/{server}/toxics"), &toxic),
            None => self.say(&format!("/proxies/{server}"), &json!({"enabled": false})),
        }
    }

    /// Everything works again.
    pub fn mend(&self) -> Outcome {
        self.say("/reset", &Value::Null)
    }

    fn say(&self, path: &str, body: &Value) -> Outcome {
        ureq::post(format!("{}{path}", self.control)).send_json(body)?;
        Ok(())
    }
}
