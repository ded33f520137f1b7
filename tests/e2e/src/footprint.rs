//! What a running app takes: memory and open files, of its own process and of those that the web engine starts for it.

use std::collections::{BTreeMap, BTreeSet};

use procfs::process::{FDTarget, Process, all_processes};

use crate::{Desk, Outcome};

/// How many are open of each thing: a file by its path, anything else by its kind, after whose it is.
pub type Files = BTreeMap<String, usize>;

/// At one moment.
#[derive(Clone, Debug, Default)]
pub struct Footprint {
    /// Proportional set size of the app's own process, in KiB.
    pub kib: u64,
    /// The same of the engine's processes.
    pub engine_kib: u64,
    /// Open file descriptors of all of them, by what they are.
    pub files: Files,
}

impl Footprint {
    /// Of the app on this desk.
    pub fn of(desk: &Desk) -> Outcome<Self> {
        let mut footprint = Self::default();
        for process in app_processes(desk)? {
            // One that ends meanwhile has neither.
            let (Ok(maps), Ok(files)) = (process.smaps_rollup(), process.fd()) else {
                continue;
            };
            let bytes: u64 = maps
                .memory_map_rollup
                .iter()
                .filter_map(|map| map.extension.map.get("Pss"))
                .sum();
            *(if is_app(&process) {
                &mut footprint.kib
            } else {
                &mut footprint.engine_kib
            }) += bytes / 1024;
            let whose = name(&process);
            for file in files.flatten() {
                *footprint
                    .files
                    .entry(format!("{whose}: {}", kind(file.target)))
                    .or_default() += 1;
            }
        }
        if footprint.kib == 0 {
            Err("there is no app to measure".into())
        } else {
            Ok(footprint)
        }
    }

    /// The median of a figure.
    #[must_use]
    pub fn median(of: &[Self], figure: impl Fn(&Self) -> u64) -> u64 {
        ranked(of.iter().map(figure), 2)
    }

    /// How many files were open in the calmest quarter of these moments: the lower quartile. Connections come and go, and
    /// a file that is never given back raises this for good.
    #[must_use]
    pub fn calm(of: &[Self]) -> usize {
        ranked(of.iter().map(|one| one.files.values().sum()), 4)
    }

    /// What was open more often at each of the `later` moments than at one of the `earlier` ones, and by how much.
    #[must_use]
    pub fn more(earlier: &[Self], later: &[Self]) -> Files {
        let fewest = |of: &[Self], thing: &String| {
            of.iter()
                .map(|one| one.files.get(thing).copied().unwrap_or_default())
                .min()
                .unwrap_or_default()
        };
        let things: BTreeSet<&String> = later.iter().flat_map(|one| one.files.keys()).collect();
        let more = |thing: &String| fewest(later, thing).saturating_sub(fewest(earlier, thing));
        things
            .into_iter()
            .map(|thing| (thing.clone(), more(thing)))
            .filter(|(_, more)| *more > 0)
            .collect()
    }
}

/// The value that one in `part` of these stay below.
fn ranked<T: Ord + Copy + Default>(values: impl Iterator<Item = T>, part: usize) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.get(values.len() / part).copied().unwrap_or_default()
}

fn kind(target: FDTarget) -> String {
    match target {
        FDTarget::Path(path) => path.display().to_string(),
        FDTarget::Socket(_) | FDTarget::Net(_) => "socket".to_owned(),
        FDTarget::Pipe(_) => "pipe".to_owned(),
        FDTarget::AnonInode(kind) | FDTarget::MemFD(kind) | FDTarget::Other(kind, _) | FDTarget::Unknown(kind, _) => {
            kind
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
    process
        .exe()
        .ok()
        .and_then(|exe| Some(exe.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_default()
}

/// The app's processes on this desk: its own, and the engine's.
pub fn app_processes(desk: &Desk) -> Outcome<Vec<Process>> {
    let home = desk.home();
    let ours = |process: &Process| {
        (is_app(process) || is_engine(process))
            && process.environ().is_ok_and(|env| {
                env.get(std::ffi::OsStr::new("DESK_HOME"))
                    .is_some_and(|at| std::path::Path::new(at) == home)
            })
    };
    Ok(all_processes()?.flatten().filter(ours).collect())
}
