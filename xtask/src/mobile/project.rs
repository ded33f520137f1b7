//! The Gradle and Xcode projects, checked as far as that is possible without their SDKs.

use anyhow::Result;
use xshell::{Shell, cmd};

use super::android_tools::{Tools, link_resources, lint, merge_manifests};
use super::{generated, gradle_choice, ipad, libraries, none_of, project_files, property_lists};
use crate::paths::Paths;
use crate::steps::Step;
use crate::workflows;

/// A check that reads files and answers with what is wrong, one sentence each.
type Check = fn(&Paths) -> Result<Vec<String>>;

const CHECKS: [(&str, Check); 11] = [
    ("Compare the generated files with their sources", generated::stale),
    ("Check the versions", project_files::versions),
    ("Check the icons", project_files::icons),
    ("Check the Android project", project_files::android),
    ("Check the iPad's property lists", property_lists::problems),
    ("Look up the names that workflows ask for", workflows::hosted::problems),
    ("Run the scripts of the workflows", workflows::dry_run::problems),
    ("Check the iPad's frameworks", ipad::frameworks::missing),
    ("Check the iPad's project", ipad::project::problems),
    ("Compare the iPad's methods with Apple's", ipad::signatures::problems),
    ("Look for the scene delegate of tao", ipad::signatures::scene_delegate),
];

/// The checks that only read files come first, because they are quick.
pub fn steps<'a>(sh: &'a Shell, paths: &'a Paths) -> Result<Vec<Step<'a>>> {
    let mut steps: Vec<_> = CHECKS
        .into_iter()
        .map(|(title, check)| Step::function(title, move || none_of(&check(paths)?)))
        .collect();
    steps.extend(assemble(sh, paths)?);
    let tools = Tools::new()?;
    steps.push(Step::function("Run Android Lint", move || lint(sh, paths, &tools)));
    let test = "mobile::tests::androids_own_tools_find_an_injected_fault";
    steps.push(Step::command(
        "Inject faults for Android's tools",
        cmd!(
            sh,
            "cargo test --package xtask --bin xtask --locked -- --ignored --exact {test}"
        ),
    ));
    Ok(steps)
}

/// Fetches Android's tools and the app's libraries, and checks that these are the ones that Gradle would take.
pub fn fetch<'a>(sh: &'a Shell, paths: &'a Paths) -> Result<[Step<'a>; 2]> {
    let tools = Tools::new()?;
    Ok([
        tools.fetch(sh),
        Step::function("Compare the libraries with Gradle's choice", move || {
            none_of(&gradle_choice::problems(
                sh,
                paths,
                &libraries::listed()?,
                &tools.metadata(),
            )?)
        }),
    ])
}

/// Merges the manifests and links the resources that a release of the Android app holds.
pub fn assemble<'a>(sh: &'a Shell, paths: &'a Paths) -> Result<Vec<Step<'a>>> {
    let tools = Tools::new()?;
    let same = tools.clone();
    let mut steps = Vec::from(fetch(sh, paths)?);
    steps.extend([
        Step::function("Merge the manifests", move || merge_manifests(sh, paths, &tools)),
        Step::function("Link the resources", move || link_resources(sh, paths, &same)),
    ]);
    Ok(steps)
}
