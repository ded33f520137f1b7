//! The tablets' projects, held to what can be held without their SDKs.

mod android;
mod apple;
mod files;
mod generated;
#[cfg(test)]
mod tests;
mod workflows;

use std::path::PathBuf;

use crate::run::{Outcome, Steps, cargo, root, target};

/// Where the projects are, and where what is made of them goes.
pub struct Ground {
    root: PathBuf,
    work: PathBuf,
}

impl Ground {
    fn android(&self) -> PathBuf {
        self.root.join("src-tauri/gen/android/app/src/main")
    }

    fn tauri(&self) -> PathBuf {
        self.root.join("src-tauri")
    }
}

/// A gate: what it found wrong, one sentence each.
type Gate = fn(&Ground) -> Outcome<Vec<String>>;

/// The quick ones first: each reads files and nothing else.
const FILES: [(&str, Gate); 6] = [
    ("Compare what is generated", generated::drift),
    ("Check the versions", files::versions),
    ("Check the icons", files::icons),
    ("Check the Android project", files::android),
    ("Check the iPad's property lists", apple::lists),
    ("Check that actions are pinned", workflows::pinned),
];

/// How many steps [`run`] takes.
pub const STEPS: u32 = 11 + workflows::STEPS;

/// Writes what is generated.
pub fn write() -> Outcome {
    generated::write(&ground())
}

fn ground() -> Ground {
    Ground {
        root: root(),
        work: target().join("platform"),
    }
}

/// Runs every gate.
pub fn run(steps: &mut Steps) -> Outcome {
    let ground = ground();
    for (what, gate) in FILES {
        steps.loud(what);
        judged(&gate(&ground)?)?;
    }
    workflows::audited(&ground, steps)?;
    let (tools, merged, _) = assembled(&ground, steps)?;
    steps.loud("Lint the Android project");
    android::lint(&ground, &tools, &merged)?;
    let planted = [
        "test",
        "--package",
        "xtask",
        "--bin",
        "xtask",
        "--locked",
        "--",
        "--ignored",
        "--exact",
        "platform::tests::androids_own_tools_find_what_is_planted",
    ];
    steps.quiet("Plant faults for Android's tools", cargo().args(planted))
}

/// How many steps [`android_app`] takes.
pub const APP_STEPS: u32 = 3;

/// What a release build of the Android app would hold, and what shrinks it.
pub struct AndroidApp {
    /// Its merged manifest.
    pub manifest: PathBuf,
    /// Its linked resources.
    pub resources: PathBuf,
    /// The framework that it stands on.
    pub framework: PathBuf,
    /// R8.
    pub shrinker: PathBuf,
}

/// Puts it together.
pub fn android_app(steps: &mut Steps) -> Outcome<AndroidApp> {
    let (tools, manifest, resources) = assembled(&ground(), steps)?;
    Ok(AndroidApp {
        manifest,
        resources,
        framework: tools.framework(),
        shrinker: tools.shrinker(),
    })
}

fn assembled(ground: &Ground, steps: &mut Steps) -> Outcome<(android::Tools, PathBuf, PathBuf)> {
    let tools = android::Tools::fetched(steps)?;
    steps.loud("Merge the manifests");
    let merged = android::merged(ground, &tools)?;
    steps.loud("Link the resources");
    let resources = android::linked(ground, &tools, &merged)?;
    Ok((tools, merged, resources))
}

fn judged(faults: &[String]) -> Outcome {
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("\n").into())
    }
}
