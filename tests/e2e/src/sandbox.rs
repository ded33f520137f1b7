//! A computer for the app: a display, a session bus, a keystore and a home directory of its own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, MOTION_NOTIFY_EVENT};
use x11rb::protocol::xtest::ConnectionExt;

use crate::Outcome;
use crate::processes::{app_processes, is_app};

/// An `xdg-open` that writes web addresses to a file, for the test to open in its browser. Other links go to the real
/// one.
const RECORD_URLS: &str = r#"#!/bin/sh
case "$1" in
  http://*|https://*) printf '%s\n' "$1" >> "$SANDBOX_HOME/opened" ;;
  *) exec /usr/bin/xdg-open "$1" ;;
esac
"#;

/// An `xdg-open` that opens web addresses in a browser with a new profile, so the demo leaves nothing in the user's
/// browser.
const OPEN_URLS: &str = r#"#!/bin/sh
case "$1" in
  http://*|https://*)
    [ "$(id -u)" = 0 ] && root=--no-sandbox
    command -v chromium >/dev/null && exec chromium $root --no-first-run --user-data-dir="$SANDBOX_HOME/browser" "$1" ;;
esac
exec /usr/bin/xdg-open "$1"
"#;

/// The entry of an installed app, which makes the app open the links of its scheme.
const DESKTOP_ENTRY: &str = "[Desktop Entry]\nType=Application\nName=Konnect Groep\nExec=BINARY %u\nMimeType=x-scheme-handler/nl.kidskonnect.groep;\n";
const DEFAULT_APPS: &str = "[Default Applications]\nx-scheme-handler/nl.kidskonnect.groep=konnect-groep.desktop\n";

/// A session bus that starts no service, so every process in a sandbox is one that the sandbox started.
const BUS: &str = r#"<busconfig><type>session</type><listen>unix:dir=HOME/run</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"#;

/// A sandbox. When it is dropped, its processes end and its home directory is removed.
pub struct Sandbox {
    home: tempfile::TempDir,
    env: Vec<(String, String)>,
    children: Vec<Child>,
}

/// Which keystore a sandbox has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keystore {
    /// An unlocked keystore.
    #[default]
    Open,
    /// No keystore.
    Absent,
}

/// Which display a sandbox has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Display {
    /// An X server without a screen.
    #[default]
    Virtual,
    /// The display of the user who started this program.
    Real,
}

impl Sandbox {
    /// Starts a sandbox with an unlocked keystore and a virtual display.
    pub fn new() -> Outcome<Self> {
        Self::with(Keystore::Open, Display::Virtual)
    }

    /// Starts a sandbox with this keystore and this display.
    pub fn with(keystore: Keystore, display: Display) -> Outcome<Self> {
        let home = tempfile::Builder::new().prefix("konnect-sandbox-").tempdir()?;
        let at = |name: &str| home.path().join(name).to_string_lossy().into_owned();
        for folder in ["bin", "run", "data", "config", "cache"] {
            fs::create_dir(home.path().join(folder))?;
        }
        fs::set_permissions(home.path().join("run"), fs::Permissions::from_mode(0o700))?;
        let shim = home.path().join("bin/xdg-open");
        fs::write(
            &shim,
            if display == Display::Virtual {
                RECORD_URLS
            } else {
                OPEN_URLS
            },
        )?;
        fs::set_permissions(&shim, fs::Permissions::from_mode(0o755))?;
        let applications = home.path().join("data/applications");
        fs::create_dir(&applications)?;
        fs::write(
            applications.join("konnect-groep.desktop"),
            DESKTOP_ENTRY.replace("BINARY", &app_binary()?.to_string_lossy()),
        )?;
        fs::write(home.path().join("config/mimeapps.list"), DEFAULT_APPS)?;
        fs::write(home.path().join("bus.conf"), BUS.replace("HOME", &at("")))?;
        let env = [
            ("HOME", at("")),
            ("SANDBOX_HOME", at("")),
            ("XDG_RUNTIME_DIR", at("run")),
            ("XDG_DATA_HOME", at("data")),
            ("XDG_CONFIG_HOME", at("config")),
            ("XDG_CACHE_HOME", at("cache")),
            ("PATH", format!("{}:{}", at("bin"), std::env::var("PATH")?)),
            ("NO_AT_BRIDGE", "1".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("LANGUAGE", "nl".to_owned()),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let mut sandbox = Self {
            home,
            env,
            children: vec![],
        };
        match display {
            Display::Virtual => sandbox.start_display()?,
            Display::Real => sandbox.share_display(),
        }
        sandbox.start_bus()?;
        if keystore == Keystore::Open {
            sandbox.start_keystore()?;
        }
        Ok(sandbox)
    }

    /// The home directory.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Sets an environment variable for the processes that start from now on.
    pub fn set_env(&mut self, name: &str, value: impl Into<String>) {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.into()));
    }

    /// Prepares a command with the environment of this sandbox, in a new process group. The process is killed when the
    /// thread that spawns it ends.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", program]);
        command
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .process_group(0);
        command
    }

    /// Starts a command that ends with the sandbox. Its output is appended to the file `log` in the home directory.
    /// Returns its process id.
    pub fn start(&mut self, mut command: Command, log: &str) -> Outcome<u32> {
        let file = File::options().create(true).append(true).open(self.home().join(log))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()?;
        let id = child.id();
        self.children.push(child);
        Ok(id)
    }

    /// Kills a process that this sandbox started, with its process group.
    pub fn kill(&mut self, id: u32) {
        if let Some(at) = self.children.iter().position(|child| child.id() == id) {
            let mut child = self.children.remove(at);
            end_group(&mut child);
        }
    }

    /// Waits until no process of the app is left in this sandbox. Until then the app owns its name on the bus, and a
    /// second start would hand its link over to it.
    pub fn wait_until_app_exits(&self) {
        let is_alive = || app_processes(self.home()).is_ok_and(|processes| processes.iter().any(is_app));
        let start = std::time::Instant::now();
        while is_alive() && start.elapsed() < crate::DEADLINE {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// Reports whether a process that this sandbox started still runs.
    pub fn is_running(&mut self, id: u32) -> Outcome<bool> {
        match self.children.iter_mut().find(|child| child.id() == id) {
            Some(child) => Ok(child.try_wait()?.is_none()),
            None => Ok(false),
        }
    }

    /// The address of the session bus.
    pub fn bus(&self) -> Outcome<String> {
        let found = self.env.iter().find(|(name, _)| name == "DBUS_SESSION_BUS_ADDRESS");
        found
            .map(|(_, address)| address.clone())
            .ok_or_else(|| "there is no session bus".into())
    }

    /// The output of a command that [`Self::start`] started, or an empty string.
    #[must_use]
    pub fn log(&self, name: &str) -> String {
        fs::read(self.home().join(name))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Reports whether the keystore holds a session of the app.
    pub fn has_stored_session(&self) -> Outcome<bool> {
        let found = self
            .command("secret-tool")
            .args([
                "search",
                "--all",
                "service",
                "nl.kidskonnect.groep.development",
                "username",
                "session",
            ])
            .output()?;
        Ok(!found.stdout.is_empty())
    }

    /// Locks the keystore. Its prompt for the password is never answered.
    pub fn lock_keystore(&self) -> Outcome {
        let call = [
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
        ];
        let done = self
            .command("dbus-send")
            .args(call)
            .arg("array:objpath:/org/freedesktop/secrets/collection/login")
            .stdout(Stdio::null())
            .status()?;
        if done.success() {
            Ok(())
        } else {
            Err("the keystore was not locked".into())
        }
    }

    /// Opens a link with the app, as the operating system does.
    pub fn open_link(&self, link: &str) -> Outcome {
        let status = self
            .command(&app_binary()?.to_string_lossy())
            .arg(link)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the second start ended with {status}").into())
        }
    }

    /// The URLs that the app has opened in the system browser, oldest first.
    #[must_use]
    pub fn opened_urls(&self) -> Vec<String> {
        self.log("opened").lines().map(str::to_owned).collect()
    }

    /// Clicks at this position of the display, with the X server's own pointer.
    pub fn touch(&self, x: i16, y: i16) -> Outcome {
        let display = self
            .env
            .iter()
            .find(|(name, _)| name == "DISPLAY")
            .map(|(_, value)| value.as_str());
        let (connection, screen) = x11rb::connect(display)?;
        let root = connection.setup().roots[screen].root;
        for (kind, button) in [
            (MOTION_NOTIFY_EVENT, 0),
            (BUTTON_PRESS_EVENT, 1),
            (BUTTON_RELEASE_EVENT, 1),
        ] {
            connection
                .xtest_fake_input(kind, button, x11rb::CURRENT_TIME, root, x, y, 0)?
                .check()?;
            // The page has to handle each event before the next one, so that the press hits what is under the pointer.
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Ok(())
    }

    /// Takes a picture of the whole display, once two in a row are the same and not of one colour. After three seconds,
    /// takes the display as it is. Fails if the display is still of one colour then.
    pub fn picture(&self, file: &Path) -> Outcome {
        fs::create_dir_all(file.parent().ok_or("no folder")?)?;
        let mut before = vec![];
        let mut content = Ok(());
        for _ in 0..12 {
            let done = self
                .command("import")
                .args(["-window", "root"])
                .arg(file)
                .stderr(Stdio::null())
                .status()?;
            if !done.success() {
                return Err("no picture".into());
            }
            let pixels = image::open(file)?.to_rgb8().into_raw();
            let blank = pixels.chunks(3).all(|pixel| pixels.starts_with(pixel));
            if !blank && pixels == before {
                return Ok(());
            }
            if blank {
                content = Err("the display is of one colour".into());
            } else {
                content = Ok(());
            }
            before = pixels;
            std::thread::sleep(std::time::Duration::from_millis(250));
        }
        content
    }

    fn start_display(&mut self) -> Outcome {
        let mut command = self.command("Xvfb");
        // Without `-noreset` the server restarts when its last window closes, and refuses clients at that moment.
        command.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x800x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        self.children.push(child);
        self.set_env("DISPLAY", format!(":{}", line.trim()));
        self.set_env("GDK_BACKEND", "x11");
        self.set_env("LIBGL_ALWAYS_SOFTWARE", "1");
        // Shared by all sandboxes, because compiling the shaders for every web view was a third of all work.
        self.set_env(
            "MESA_SHADER_CACHE_DIR",
            root().join("target/tmp/shaders").to_string_lossy(),
        );
        // Without a graphics card, painting on the CPU takes half the work of emulating a card.
        self.set_env("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1");
        Ok(())
    }

    fn share_display(&mut self) {
        let var = |name: &str| std::env::var(name).ok();
        if let Some(display) = var("DISPLAY") {
            self.set_env("DISPLAY", display);
            let cookies = var("XAUTHORITY").or_else(|| var("HOME").map(|home| format!("{home}/.Xauthority")));
            self.set_env("XAUTHORITY", cookies.unwrap_or_default());
        }
        if let (Some(display), Some(folder)) = (var("WAYLAND_DISPLAY"), var("XDG_RUNTIME_DIR")) {
            self.set_env("WAYLAND_DISPLAY", Path::new(&folder).join(display).to_string_lossy());
        }
    }

    fn start_bus(&mut self) -> Outcome {
        let mut command = self.command("dbus-daemon");
        command
            .arg(format!("--config-file={}", self.home().join("bus.conf").display()))
            .args(["--nofork", "--print-address=1"]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        self.children.push(child);
        self.set_env("DBUS_SESSION_BUS_ADDRESS", line.trim());
        Ok(())
    }

    fn start_keystore(&mut self) -> Outcome {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        child.stdin.take().ok_or("no input")?.write_all(b"sandbox")?;
        // The first line comes once the keystore is unlocked.
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        self.children.push(child);
        // It is on the bus when this call gives no error.
        let start = std::time::Instant::now();
        while start.elapsed() < crate::DEADLINE {
            let asked = self
                .command("secret-tool")
                .args(["lookup", "sandbox", "ready"])
                .stderr(Stdio::piped())
                .output()?;
            if asked.stderr.is_empty() {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Err("the keystore does not answer".into())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            end_group(child);
        }
    }
}

fn end_group(child: &mut Child) {
    let _ = Command::new("kill")
        .args(["-KILL", "--", &format!("-{}", child.id())])
        .stderr(Stdio::null())
        .status();
    let _ = child.kill();
    let _ = child.wait();
}

/// The app to test: `KONNECT_GROEP_BIN`, or the debug build of this workspace.
pub fn app_binary() -> Outcome<PathBuf> {
    if let Some(named) = std::env::var_os("KONNECT_GROEP_BIN") {
        return Ok(named.into());
    }
    binary("konnect-groep")
}

/// The debug build of a binary of this workspace. Fails if it was not built.
pub fn binary(name: &str) -> Outcome<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let binary = target.join("debug").join(name);
    if binary.exists() {
        Ok(binary)
    } else {
        Err(format!("build the workspace first: {} is missing", binary.display()).into())
    }
}

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
