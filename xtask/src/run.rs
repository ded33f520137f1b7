//! Running commands, with progress.

use std::collections::VecDeque;
use std::error::Error;
use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// What a task ends with.
pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Lines of a failed command that are shown.
const TAIL: usize = 40;

/// The workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(|| ".".into(), Path::to_path_buf)
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The shell's pages.
pub fn ui() -> PathBuf {
    root().join("ui")
}

/// The stand-ins for identity server and Konnect.
pub fn stand_ins() -> PathBuf {
    root().join("tests/fake-konnect")
}

/// Cargo, in the workspace.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// `cargo test`. One more test at a time than there are processors: some only wait.
pub fn cargo_test() -> Command {
    let mut command = cargo();
    command.arg("test");
    if std::env::var_os("RUST_TEST_THREADS").is_none() {
        let threads = std::thread::available_parallelism().map_or(2, usize::from) + 1;
        command.env("RUST_TEST_THREADS", threads.to_string());
    }
    command
}

/// npm in a folder; what it runs gets the Node that the stand-ins bring along.
pub fn npm(folder: &Path) -> Command {
    let mut path = OsString::from(stand_ins().join("node_modules/node/bin"));
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new("npm");
    command.current_dir(folder).env("PATH", path);
    command
}

/// Runs a command that speaks for itself.
pub fn inherit(command: &mut Command) -> Outcome {
    let status = command
        .status()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} failed ({status})", words(command)).into())
    }
}

fn words(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The steps of a task, numbered.
pub struct Steps {
    done: u32,
    total: u32,
}

impl Steps {
    /// So many are to come.
    pub fn new(total: u32) -> Self {
        Self { done: 0, total }
    }

    fn next(&mut self, what: &str) -> String {
        self.done += 1;
        format!("[{}/{}] {what}", self.done, self.total)
    }

    /// Announces a step whose commands speak for themselves.
    pub fn loud(&mut self, what: &str) {
        eprintln!("{}", self.next(what));
    }

    /// A step with nothing to do.
    pub fn nothing(&mut self, what: &str) {
        eprintln!("{}: nothing to do", self.next(what));
    }

    /// Runs a command behind a progress line; its output is shown only if it fails.
    pub fn quiet(&mut self, what: &str, command: &mut Command) -> Outcome {
        let heading = self.next(what);
        let start = Instant::now();
        let bar = ProgressBar::new_spinner().with_message(heading.clone());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed} {prefix:.dim}") {
            bar.set_style(style);
        }
        if bar.is_hidden() {
            eprintln!("{heading}");
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        let (status, log, tail) = captured(command, self.done, &bar)?;
        bar.finish_and_clear();
        if status.success() {
            if !bar.is_hidden() {
                eprintln!("{heading} ({} s)", start.elapsed().as_secs());
            }
            return Ok(());
        }
        for line in tail {
            eprintln!("    {line}");
        }
        Err(format!(
            "{heading}: {} failed; all it said is in {}",
            words(command),
            log.display()
        )
        .into())
    }
}

/// Runs a command into a log; its last lines come back.
fn captured(
    command: &mut Command,
    step: u32,
    bar: &ProgressBar,
) -> Outcome<(std::process::ExitStatus, PathBuf, VecDeque<String>)> {
    let folder = target().join("xtask");
    fs::create_dir_all(&folder)?;
    let log = folder.join(format!("{step:02}.log"));
    let mut file = File::create(&log)?;
    let (reader, writer) = std::io::pipe()?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .spawn()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    // Our own ends of the pipe, or it would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut tail = VecDeque::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).trim_end().to_owned();
        writeln!(file, "{line}")?;
        bar.set_prefix(line.chars().take(60).collect::<String>());
        tail.push_back(line);
        if tail.len() > TAIL {
            tail.pop_front();
        }
    }
    Ok((child.wait()?, log, tail))
}

/// That something long has passed on exactly these sources: then it need not run once more.
pub struct Passed(PathBuf);

impl Passed {
    /// What passed is known by `name`. The sources are all that git has or would take below these places.
    pub fn of(name: &str, places: &[&str]) -> Outcome<Self> {
        let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"];
        let listed = Command::new("git")
            .current_dir(root())
            .args(list)
            .args(places)
            .output()?;
        if !listed.status.success() {
            return Err("git does not tell what the sources are".into());
        }
        let mut hasher = DefaultHasher::new();
        for file in listed.stdout.split(|byte| *byte == 0).filter(|file| !file.is_empty()) {
            (file, fs::read(root().join(String::from_utf8_lossy(file).as_ref())).ok()).hash(&mut hasher);
        }
        Ok(Self(
            target().join("xtask").join(format!("{name}-{:016x}", hasher.finish())),
        ))
    }

    /// Forgets every pass that is known by `name`.
    pub fn forget(name: &str) -> Outcome {
        for file in fs::read_dir(target().join("xtask"))?.flatten() {
            if file.file_name().to_string_lossy().starts_with(&format!("{name}-")) {
                fs::remove_file(file.path())?;
            }
        }
        Ok(())
    }

    pub fn already(&self) -> bool {
        self.0.exists()
    }

    pub fn note(&self) -> Outcome {
        fs::create_dir_all(target().join("xtask"))?;
        Ok(fs::write(&self.0, "")?)
    }
}
