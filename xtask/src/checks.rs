//! The checks that run no test: formatters, linters, documentation, dependencies, spelling.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::paths::ui;
use crate::setup::npm;
use crate::steps::Step;
use crate::tools::{CARGO_DENY, KTLINT, TYPOS};

/// Every Kotlin file and Gradle script, but none that a build writes.
const KOTLIN: [&str; 9] = [
    "plugins/**/*.kt",
    "plugins/**/*.kts",
    "src-tauri/gen/android/**/*.kt",
    "src-tauri/gen/android/**/*.kts",
    "tests/android/**/*.kt",
    "!**/.tauri/**",
    "!**/build/**",
    "!**/generated/**",
    "!**/target/**",
];

/// The quickest check of all, so it comes before anything is built.
pub fn rust_formatting(sh: &Shell) -> Step<'_> {
    Step::command("Check the formatting of Rust", cmd!(sh, "cargo fmt --all --check"))
}

/// All other checks. They need the Node packages of the pages.
pub fn all(sh: &Shell) -> Result<Vec<Step<'_>>> {
    let (deny, typos, ktlint) = (CARGO_DENY.path()?, TYPOS.path()?, KTLINT.path()?);
    Ok(vec![
        Step::command(
            "Lint Rust",
            cmd!(sh, "cargo clippy --workspace --all-targets --locked -- -D warnings"),
        ),
        Step::command(
            "Build the documentation of Rust",
            cmd!(sh, "cargo doc --workspace --no-deps --locked").env("RUSTDOCFLAGS", "-D warnings"),
        ),
        Step::command(
            "Check the formatting of TypeScript and lint it",
            npm(sh, &ui()).args(["run", "lint"]),
        ),
        KTLINT.install()?,
        // An .editorconfig in src-tauri/gen/android exempts the files of Tauri's template.
        Step::command(
            "Check the formatting of Kotlin and lint it",
            cmd!(sh, "java -jar {ktlint} --relative {KOTLIN...}"),
        ),
        CARGO_DENY.install()?,
        // Advisories are not among these: their database is on the network, and it changes without a commit here.
        Step::command(
            "Check bans, licences and sources of dependencies",
            cmd!(sh, "{deny} --locked check bans licenses sources"),
        ),
        TYPOS.install()?,
        Step::command("Check the spelling", cmd!(sh, "{typos}")),
    ])
}

/// Looks the dependencies up in the database of [RustSec](https://rustsec.org), which it fetches.
pub fn advisories(sh: &Shell) -> Result<Vec<Step<'_>>> {
    let deny = CARGO_DENY.path()?;
    Ok(vec![
        CARGO_DENY.install()?,
        Step::function("Look up the advisories of dependencies", move || {
            Ok(cmd!(sh, "{deny} --locked check advisories").quiet().run()?)
        }),
    ])
}
