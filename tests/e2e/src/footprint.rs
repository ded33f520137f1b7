//! What a running app takes: memory and open files, of its own process and of those that the web engine starts for it.

use procfs::process::{Process, all_processes};

use crate::{Desk, Outcome};

/// At one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Footprint {
    /// Proportional set size of the app's own process, in KiB.
    pub kib: u64,
    /// The same of the engine's processes.
    pub engine_kib: u64,
    /// Open file descriptors of all of them.
    pub files: usize,
}

impl Footprint {
    /// Of the app on this desk.
    pub fn of(desk: &Desk) -> Outcome<Self> {
        let mut footprint = Self::default();
        for process in app_processes(desk)? {
            // One that ends meanwhile has neither.
            let (Ok(maps), Ok(files)) = (process.smaps_rollup(), process.fd_count()) else { continue };
            let bytes: u64 = maps.memory_map_rollup.iter().filter_map(|map| map.extension.map.get("Pss")).sum();
            *(if is_app(&process) { &mut footprint.kib } else { &mut footprint.engine_kib }) += bytes / 1024;
            footprint.files += files;
        }
        if footprint.kib == 0 { Err("there is no app to measure".into()) } else { Ok(footprint) }
    }

    /// The median of each figure.
    #[must_use]
    pub fn median(of: &[Self]) -> Self {
        fn middle<T: Ord + Copy + Default>(values: impl Iterator<Item = T>) -> T {
            let mut values: Vec<T> = values.collect();
            values.sort();
            values.get(values.len() / 2).copied().unwrap_or_default()
        }
        Self {
            kib: middle(of.iter().map(|one| one.kib)),
            engine_kib: middle(of.iter().map(|one| one.engine_kib)),
            files: middle(of.iter().map(|one| one.files)),
        }
    }
}

const APP: &str = "konnect-groep";

/// This is the app's own process, not one of the engine's.
#[must_use]
pub fn is_app(process: &Process) -> bool {
    name(process) == APP
}

fn is_engine(process: &Process) -> bool {
    let name = name(process);
    name.starts_with("WebKit") && name.ends_with("Process")
}

/// The program's name; nothing, where the process has ended.
fn name(process: &Process) -> String {
    process.exe().ok().and_then(|exe| Some(exe.file_name()?.to_string_lossy().into_owned())).unwrap_or_default()
}

/// The app's processes on this desk: its own, and the engine's.
pub fn app_processes(desk: &Desk) -> Outcome<Vec<Process>> {
    let home = desk.home();
    let ours = |process: &Process| {
        (is_app(process) || is_engine(process))
            && process.environ().is_ok_and(|env| env.get(std::ffi::OsStr::new("DESK_HOME")).is_some_and(|at| std::path::Path::new(at) == home))
    };
    Ok(all_processes()?.flatten().filter(ours).collect())
}
