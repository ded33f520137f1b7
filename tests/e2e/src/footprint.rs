//! Memory and open files of a running app: of its own process, and of the processes that the web engine starts for it.

use std::collections::{BTreeMap, BTreeSet};

use procfs::process::FDTarget;

use crate::processes::{app_processes, is_app, name};
use crate::{Outcome, Sandbox};

/// The number of open file descriptors by what they refer to: the process's name, then a path, or the kind of anything
/// that is not a file.
pub type Files = BTreeMap<String, usize>;

/// What the app uses at one moment.
#[derive(Clone, Debug, Default)]
pub struct Footprint {
    /// Proportional set size of the app's own process, in KiB.
    pub kib: u64,
    /// Proportional set size of the engine's processes, in KiB.
    pub engine_kib: u64,
    /// Open file descriptors of all these processes.
    pub files: Files,
}

impl Footprint {
    /// Measures the app in this sandbox. Fails if there is none.
    pub fn of(sandbox: &Sandbox) -> Outcome<Self> {
        let mut footprint = Self::default();
        for process in app_processes(sandbox.home())? {
            // A process that has exited since it was listed has neither.
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

    /// The median of one number over several moments.
    #[must_use]
    pub fn median(of: &[Self], number: impl Fn(&Self) -> u64) -> u64 {
        quantile(of.iter().map(number), 2)
    }

    /// The lower quartile of the number of open files over several moments. Connections come and go, so the median
    /// moves; a leaked file raises the lower quartile for good.
    #[must_use]
    pub fn open_files_lower_quartile(of: &[Self]) -> usize {
        quantile(of.iter().map(|one| one.files.values().sum()), 4)
    }

    /// Everything of which each of the `later` moments had more open than one of the `earlier` moments, and by how
    /// much.
    #[must_use]
    pub fn leaked(earlier: &[Self], later: &[Self]) -> Files {
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

/// The smallest value that at least one `part`th of the values stay below.
fn quantile<T: Ord + Copy + Default>(values: impl Iterator<Item = T>, part: usize) -> T {
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
