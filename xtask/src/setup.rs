//! What a bare Debian or Ubuntu lacks.

use std::collections::BTreeSet;
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::Command;

use crate::run::{Outcome, Passed, Steps, npm, ui};

/// For building the app, for showing it on a display, a session bus and a keystore of its own, and for checking the
/// tablets' projects without their SDKs.
const PACKAGES: [&str; 19] = [
    "build-essential",
    "clang",
    "dbus-daemon",
    "default-jdk-headless",
    "fonts-dejavu-core",
    "gnome-keyring",
    "imagemagick",
    "libgtk-3-dev",
    "librsvg2-dev",
    "libsecret-tools",
    "libwebkit2gtk-4.1-dev",
    "lld",
    "llvm",
    "maven",
    "pkg-config",
    "webkit2gtk-driver",
    "xdg-utils",
    "xvfb",
    "zbar-tools",
];

/// The second browser. Ubuntu has it as a snap only, which cannot be driven from a folder of our own: there the walk
/// signs in inside the app.
const BROWSER: [&str; 2] = ["chromium", "chromium-driver"];

/// Installs the system packages that are missing, after asking.
pub fn system_packages(steps: &mut Steps, yes: bool) -> Outcome {
    let what = "Install system packages";
    let missing = missing()?;
    if missing.is_empty() {
        steps.nothing(what);
        return Ok(());
    }
    let list = missing.iter().cloned().collect::<Vec<_>>().join(" ");
    eprintln!("This needs packages of your system: {list}");
    if !yes && !agreed()? {
        return Err(
            format!("Nothing was installed. Install these yourself, or add --yes:\n  apt-get install {list}").into(),
        );
    }
    // The lists of a new machine are empty or old.
    let mut script = as_root("sh");
    script
        .args([
            "-c",
            "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \"$@\"",
            "apt",
        ])
        .args(&missing);
    steps.quiet(what, &mut script)
}

fn missing() -> Outcome<BTreeSet<String>> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let ubuntu = release.lines().any(|line| line == "ID=ubuntu");
    let mut wanted: Vec<&str> = PACKAGES.to_vec();
    if !ubuntu {
        wanted.extend(BROWSER);
    }
    if Command::new("npm").arg("--version").output().is_err() {
        wanted.push("npm");
    }
    let listed = Command::new("dpkg-query").args(["-W", "-f=${Package} ${db:Status-Status}\n"]).args(&wanted).output().map_err(|_| {
        format!("This runs on Debian and Ubuntu. Elsewhere, install what these packages hold, and a dpkg-query that knows them: {}", wanted.join(" "))
    })?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let installed = |package: &str| listed.lines().any(|line| line == format!("{package} installed"));
    Ok(wanted
        .into_iter()
        .filter(|package| !installed(package))
        .map(str::to_owned)
        .collect())
}

fn agreed() -> Outcome<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    eprint!("May they be installed with apt-get? [Y/n] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(
        answer.trim().to_lowercase().as_str(),
        "" | "y" | "yes" | "j" | "ja"
    ))
}

fn as_root(program: &str) -> Command {
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|answer| answer.stdout.trim_ascii() == b"0");
    if root {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}

/// Installs the Node packages of a folder as its lock file says. The stand-ins bring Node 22 along.
pub fn node_packages(what: &str, folder: &Path, steps: &mut Steps) -> Outcome {
    if is_behind(folder).unwrap_or(true) {
        steps.quiet(what, npm(folder).args(["ci", "--no-audit", "--no-fund"]))
    } else {
        steps.nothing(what);
        Ok(())
    }
}

/// Builds the pages, unless they are built from exactly these sources: what is built from them would be built anew.
pub fn build_pages(steps: &mut Steps) -> Outcome {
    let (what, built) = ("Build the pages", Passed::of("dist", &["ui", "locales"])?);
    if built.already() && ui().join("dist/index.html").exists() {
        steps.nothing(what);
        return Ok(());
    }
    steps.quiet(what, npm(&ui()).args(["run", "build"]))?;
    // Another version's would be taken for this one's.
    Passed::forget("dist")?;
    built.note()
}

/// The lock file is newer than what was installed from it.
fn is_behind(folder: &Path) -> std::io::Result<bool> {
    let changed = |name: &str| fs::metadata(folder.join(name))?.modified();
    Ok(changed("package-lock.json")? > changed("node_modules/.package-lock.json")?)
}
