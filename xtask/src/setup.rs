//! Installs what a bare Debian or Ubuntu lacks, and builds the pages that are compiled into the app.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xshell::{Cmd, Shell, cmd};

use crate::paths::{fake_konnect, ui};
use crate::stamp::Stamp;
use crate::steps::Step;

/// For building the app, for showing it on a display with its own session bus and keystore, and for checking the
/// tablets' projects, building an APK without their SDKs, and running the scripts of the workflows.
const PACKAGES: [&str; 24] = [
    "apksigner",
    "build-essential",
    "clang",
    "dbus-daemon",
    "default-jdk-headless",
    "dexdump",
    "fonts-dejavu-core",
    "gnome-keyring",
    "imagemagick",
    "jq",
    "libgtk-3-dev",
    "librsvg2-dev",
    "libsecret-tools",
    "libwebkit2gtk-4.1-dev",
    "lld",
    "llvm",
    "maven",
    "mawk",
    "pkg-config",
    "unzip",
    "webkit2gtk-driver",
    "xdg-utils",
    "xvfb",
    "zbar-tools",
];

/// The second browser. Ubuntu has Chromium as a snap only, and a snap cannot be driven from a profile in a temporary
/// folder. On Ubuntu, the demo's walk signs in inside the app instead.
const BROWSER: [&str; 2] = ["chromium", "chromium-driver"];

/// What every run of the real app needs: system packages, Node packages, pages, binaries. With `tests`, the binaries are
/// built for the tests too: these use more features of some packages than the app does, so one build for both at once
/// is quicker than two.
pub fn prepare(sh: &Shell, yes: bool, tests: bool) -> Vec<Step<'_>> {
    let targets = tests.then_some("--all-targets");
    let mut steps = vec![system_packages(sh, yes)];
    steps.extend(node_packages(sh));
    steps.push(build_pages(sh));
    steps.push(Step::command(
        "Build the app",
        cmd!(sh, "cargo build --workspace --locked {targets...}"),
    ));
    steps
}

/// Installs the system packages that are missing, after asking.
pub fn system_packages(sh: &Shell, yes: bool) -> Step<'_> {
    Step::command_from("Install system packages", move || {
        let missing = missing(sh)?;
        let list = missing.iter().cloned().collect::<Vec<_>>().join(" ");
        eprintln!("These packages of your system are missing: {list}");
        if !yes && !confirmed()? {
            bail!("Nothing was installed. Install these packages yourself, or add --yes:\n  apt-get install {list}");
        }
        let sudo = if cmd!(sh, "id -u").read()? == "0" {
            None
        } else {
            Some("sudo")
        };
        // The package lists of a new machine are empty or old, so they are fetched first.
        let script =
            "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \"$@\"";
        Ok(cmd!(sh, "env {sudo...} sh -c {script} apt {missing...}").into())
    })
    .skip_if(|| Ok(missing(sh)?.is_empty()))
}

fn missing(sh: &Shell) -> Result<BTreeSet<String>> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let ubuntu = release.lines().any(|line| line == "ID=ubuntu");
    let mut wanted: Vec<&str> = PACKAGES.to_vec();
    if !ubuntu {
        wanted.extend(BROWSER);
    }
    if cmd!(sh, "npm --version").ignore_status().output().is_err() {
        wanted.push("npm");
    }
    let format = "-f=${Package} ${db:Status-Status}\n";
    // dpkg-query fails if it has never heard of one of them.
    let names = &wanted;
    let listed = cmd!(sh, "dpkg-query -W {format} {names...}").ignore_status().output();
    let listed = listed.with_context(|| {
        format!(
            "This runs on Debian and Ubuntu. Elsewhere, install what these packages hold, and a dpkg-query that knows them: {}",
            wanted.join(" ")
        )
    })?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let installed = |package: &str| listed.lines().any(|line| line == format!("{package} installed"));
    Ok(wanted
        .into_iter()
        .filter(|package| !installed(package))
        .map(str::to_owned)
        .collect())
}

fn confirmed() -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    eprint!("Install them with apt-get? [Y/n] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(
        answer.trim().to_lowercase().as_str(),
        "" | "y" | "yes" | "j" | "ja"
    ))
}

/// npm in a folder. Its scripts run on the Node that tests/fake-konnect pins, not on the system's.
pub fn npm<'a>(sh: &'a Shell, folder: &Path) -> Cmd<'a> {
    let mut path = OsString::from(fake_konnect().join("node_modules/node/bin"));
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    cmd!(sh, "npm --prefix {folder}").env("PATH", path)
}

/// Installs the Node packages of the fake Konnect and of the pages, as their lock files say. Node itself comes with the
/// first, so the order matters.
pub fn node_packages(sh: &Shell) -> [Step<'_>; 2] {
    let install = |title, folder: PathBuf| {
        let cmd = npm(sh, &folder).args(["ci", "--no-audit", "--no-fund"]);
        Step::command(title, cmd).skip_if(move || Ok(is_installed(&folder).unwrap_or(false)))
    };
    [
        install("Install Node packages of the fake Konnect", fake_konnect()),
        install("Install Node packages of the pages", ui()),
    ]
}

/// What is installed is as new as the lock file.
fn is_installed(folder: &Path) -> std::io::Result<bool> {
    let changed = |name: &str| fs::metadata(folder.join(name))?.modified();
    Ok(changed("node_modules/.package-lock.json")? >= changed("package-lock.json")?)
}

/// Builds the pages, unless they were built from exactly these sources. The skip matters because cargo rebuilds the app
/// whenever the built pages change.
pub fn build_pages(sh: &Shell) -> Step<'_> {
    let stamp = || Stamp::of(sh, "dist", &["ui", "locales"]);
    Step::command("Build the pages", npm(sh, &ui()).args(["run", "build"]))
        .skip_if(move || Ok(stamp()?.exists() && ui().join("dist/index.html").exists()))
        .then(move || {
            // There is one dist folder, so a stamp of other sources no longer holds.
            let stamp = stamp()?;
            Stamp::remove_all("dist")?;
            stamp.write()
        })
}
