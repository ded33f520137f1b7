//! The processes of a running app: its own, and those that the web engine starts for it.

use std::path::Path;

use procfs::process::{Process, all_processes};

use crate::Outcome;

const APP: &str = "konnect-groep";

/// Reports whether this is the app's own process, not a process of the engine.
#[must_use]
pub fn is_app(process: &Process) -> bool {
    name(process) == APP
}

pub(crate) fn is_engine(process: &Process) -> bool {
    let name = name(process);
    name.starts_with("WebKit") && name.ends_with("Process")
}

/// The file name of the program, or an empty string if the process has exited.
pub(crate) fn name(process: &Process) -> String {
    process
        .exe()
        .ok()
        .and_then(|exe| Some(exe.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_default()
}

/// Lists the processes of the app in the sandbox with this home folder: its own and the engine's.
pub fn app_processes(home: &Path) -> Outcome<Vec<Process>> {
    let ours = |process: &Process| {
        (is_app(process) || is_engine(process))
            && process.environ().is_ok_and(|env| {
                env.get(std::ffi::OsStr::new("SANDBOX_HOME"))
                    .is_some_and(|at| Path::new(at) == home)
            })
    };
    Ok(all_processes()?.flatten().filter(ours).collect())
}
