//! The numbered steps of a command. xshell builds and runs the processes; this module numbers them, shows progress, and
//! keeps a command's output for the case that it fails.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use xshell::Cmd;

use crate::paths::target;

/// How many lines of a failed command's output are printed. All of it stays in a log.
const TAIL: usize = 40;

/// One numbered step of a command.
pub struct Step<'a> {
    title: String,
    up_to_date: Option<Box<dyn FnOnce() -> Result<bool> + 'a>>,
    work: Work<'a>,
    afterwards: Option<Box<dyn FnOnce() -> Result<()> + 'a>>,
}

enum Work<'a> {
    Command(Box<dyn FnOnce() -> Result<CommandLine> + 'a>),
    Function(Box<dyn FnOnce() -> Result<()> + 'a>),
}

/// A process to start, and how an error message spells it.
pub struct CommandLine {
    command: Command,
    text: String,
}

/// Takes the working directory and the environment from the shell as they are now.
impl From<Cmd<'_>> for CommandLine {
    fn from(cmd: Cmd<'_>) -> Self {
        Self {
            text: cmd.to_string(),
            command: cmd.into(),
        }
    }
}

impl<'a> Step<'a> {
    /// Runs a command behind a progress line. Its output is printed only if it fails.
    pub fn command(title: impl Into<String>, cmd: Cmd<'_>) -> Self {
        let line = CommandLine::from(cmd);
        Self::new(title, Work::Command(Box::new(|| Ok(line))))
    }

    /// Like [`Step::command`], for a command that is known only when earlier steps are done.
    pub fn command_from(title: impl Into<String>, make: impl FnOnce() -> Result<CommandLine> + 'a) -> Self {
        Self::new(title, Work::Command(Box::new(make)))
    }

    /// Calls a function that prints for itself, or that is done at once.
    pub fn function(title: impl Into<String>, work: impl FnOnce() -> Result<()> + 'a) -> Self {
        Self::new(title, Work::Function(Box::new(work)))
    }

    fn new(title: impl Into<String>, work: Work<'a>) -> Self {
        Self {
            title: title.into(),
            up_to_date: None,
            work,
            afterwards: None,
        }
    }

    /// Skips the step if there is nothing to do. The condition is looked at when the step's turn comes.
    pub fn skip_if(mut self, up_to_date: impl FnOnce() -> Result<bool> + 'a) -> Self {
        self.up_to_date = Some(Box::new(up_to_date));
        self
    }

    /// Also calls this function, once the step's own work has succeeded.
    pub fn then(mut self, afterwards: impl FnOnce() -> Result<()> + 'a) -> Self {
        self.afterwards = Some(Box::new(afterwards));
        self
    }

    fn run(self, number: usize, total: usize) -> Result<()> {
        let heading = format!("[{number}/{total}] {}", self.title);
        if let Some(up_to_date) = self.up_to_date
            && up_to_date()?
        {
            eprintln!("{heading}: nothing to do");
            return Ok(());
        }
        match self.work {
            Work::Command(make) => run_behind_progress_line(&heading, make()?, &log(number)?)?,
            Work::Function(work) => {
                eprintln!("{heading}");
                work()?;
            }
        }
        self.afterwards.map_or(Ok(()), |afterwards| afterwards())
    }
}

/// Runs the steps in order, up to the first that fails.
pub fn run(steps: Vec<Step<'_>>) -> Result<()> {
    let total = steps.len();
    for (number, step) in (1..).zip(steps) {
        step.run(number, total)?;
    }
    Ok(())
}

/// Runs a command without progress and without output. Its output becomes the error if it fails.
pub fn run_silently(cmd: Cmd<'_>) -> Result<()> {
    let output = cmd.ignore_status().output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    bail!("{}", String::from_utf8_lossy(&text).trim())
}

fn log(number: usize) -> Result<PathBuf> {
    let folder = target().join("xtask");
    fs::create_dir_all(&folder)?;
    Ok(folder.join(format!("{number:02}.log")))
}

fn run_behind_progress_line(heading: &str, line: CommandLine, log: &Path) -> Result<()> {
    let start = Instant::now();
    let bar = ProgressBar::new_spinner().with_message(heading.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed} {prefix:.dim}") {
        bar.set_style(style);
    }
    // Without a terminal there is no progress line to see, so the heading comes first.
    if bar.is_hidden() {
        eprintln!("{heading}");
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    let CommandLine { command, text } = line;
    let (status, tail) = run_logged(command, log, |line| {
        bar.set_prefix(line.chars().take(60).collect::<String>());
    })
    .with_context(|| text.clone())?;
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
    bail!(
        "{heading}: {text} failed ({status}); its whole output is in {}",
        log.display()
    );
}

/// Writes both output streams of a command to a log, line by line, and hands each line to `on_line`. Returns the last
/// [`TAIL`] lines.
fn run_logged(mut command: Command, log: &Path, on_line: impl Fn(&str)) -> Result<(ExitStatus, VecDeque<String>)> {
    let mut log = File::create(log)?;
    let (reader, writer) = std::io::pipe()?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .spawn()?;
    // The command holds this process's own ends of the pipe. While they are open, the reader never sees the end.
    drop(command);
    let mut tail = VecDeque::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).trim_end().to_owned();
        writeln!(log, "{line}")?;
        on_line(&line);
        tail.push_back(line);
        if tail.len() > TAIL {
            tail.pop_front();
        }
    }
    Ok((child.wait()?, tail))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use xshell::{Shell, cmd};

    use super::*;

    #[test]
    fn steps_run_in_order_up_to_the_first_that_fails() {
        let done = RefCell::new(Vec::new());
        let note = |name: &'static str| {
            done.borrow_mut().push(name);
            Ok(())
        };
        let failed = run(vec![
            Step::function("first", || note("first")).then(|| note("after the first")),
            Step::function("skipped", || note("skipped"))
                .skip_if(|| Ok(true))
                .then(|| note("after the skipped")),
            Step::function("failing", || bail!("no")).then(|| note("after the failing")),
            Step::function("never", || note("never")),
        ]);
        assert_eq!(failed.unwrap_err().to_string(), "no");
        assert_eq!(*done.borrow(), ["first", "after the first"]);
    }

    #[test]
    fn a_failed_command_leaves_its_last_lines_and_a_log_of_both_streams() {
        let (sh, folder) = (Shell::new().unwrap(), tempfile::tempdir().unwrap());
        let log = folder.path().join("log");
        let script = "seq 50; echo the reason >&2; exit 3";
        let CommandLine { command, text } = cmd!(sh, "sh -c {script}").into();
        let (status, tail) = run_logged(command, &log, |_| {}).unwrap();
        assert_eq!((status.code(), tail.len()), (Some(3), TAIL));
        assert_eq!(tail.back().map(String::as_str), Some("the reason"));
        assert!(fs::read_to_string(&log).unwrap().starts_with("1\n2\n"));
        assert!(text.starts_with("sh -c "), "{text}");
    }
}
