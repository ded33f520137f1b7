//! Checks of what only the iPad's build has: what the library links, and what Xcode's project is made from.

pub mod frameworks;
pub mod link;
pub mod project;
pub mod signatures;
mod stubs;

use std::sync::OnceLock;

use anyhow::Result;
use serde_json::Value;
use xshell::{Shell, cmd};

use crate::paths::root;

/// What Cargo says of the packages, their folders and their dependencies, at the locked versions, for an iPad.
fn metadata() -> Result<&'static Value> {
    static ASKED: OnceLock<Value> = OnceLock::new();
    if let Some(metadata) = ASKED.get() {
        return Ok(metadata);
    }
    let sh = Shell::new()?;
    let manifest = root().join("Cargo.toml");
    let metadata = cmd!(
        sh,
        "cargo metadata --locked --format-version 1 --filter-platform aarch64-apple-ios --manifest-path {manifest}"
    )
    .quiet()
    .ignore_stderr()
    .read()?;
    let metadata = serde_json::from_str(&metadata)?;
    Ok(ASKED.get_or_init(|| metadata))
}
