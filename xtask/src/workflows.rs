//! The checks of the hosted workflows: names that exist, pinned actions, scripts that run, syntax, security.

pub mod dry_run;
pub mod hosted;
mod steps;

use std::fs;

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::paths::Paths;
use crate::steps::Step;
use crate::tools::{ACTIONLINT, SHELLCHECK, ZIZMOR};

/// Checks every workflow.
pub fn checks<'a>(sh: &'a Shell, paths: &'a Paths) -> Result<Vec<Step<'a>>> {
    let mut steps: Vec<_> = READING
        .into_iter()
        .map(|(title, check)| {
            Step::function(title, move || {
                let problems = check(paths)?;
                if problems.is_empty() {
                    return Ok(());
                }
                bail!(problems.join("\n"))
            })
        })
        .collect();
    steps.extend(audits(sh, paths)?);
    Ok(steps)
}

/// A check that answers with what is wrong, one sentence each.
type Check = fn(&Paths) -> Result<Vec<String>>;

const READING: [(&str, Check); 3] = [
    ("Check that actions are pinned", unpinned),
    ("Look up the names that workflows ask for", hosted::problems),
    ("Run the scripts of the workflows", dry_run::problems),
];

/// What is wrong with each workflow, one sentence each. An action must be named by the hash of a commit, because a tag
/// can be moved. The head of a workflow must say that nobody could run it where this project is developed.
fn unpinned(paths: &Paths) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for file in fs::read_dir(paths.workflows())? {
        let path = file?.path();
        let name = path.file_name().unwrap_or_default().display();
        let text = fs::read_to_string(&path)?;
        if !text.starts_with('#') || !text.contains("docs/device-checks.md") {
            problems.push(format!(
                "{name}: its head must say that it has not been run, and point to docs/device-checks.md"
            ));
        }
        for action in text
            .lines()
            .filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: "))
            .filter(|action| !action.starts_with("./"))
        {
            let commit = action.split(['@', ' ']).nth(1).unwrap_or_default();
            if commit.len() != 40 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                problems.push(format!("{name}: {action} is not pinned by the hash of a commit"));
            }
        }
    }
    problems.sort();
    Ok(problems)
}

/// actionlint for syntax and zizmor for security.
fn audits<'a>(sh: &'a Shell, paths: &Paths) -> Result<Vec<Step<'a>>> {
    let (actionlint, shellcheck, zizmor) = (ACTIONLINT.path()?, SHELLCHECK.path()?, ZIZMOR.path()?);
    let folder = paths.workflows();
    let mut workflows = fs::read_dir(&folder)?
        .map(|file| Ok(file?.path()))
        .collect::<Result<Vec<_>>>()?;
    workflows.sort();
    Ok(vec![
        ACTIONLINT.install()?,
        SHELLCHECK.install()?,
        // actionlint would call any shellcheck and pyflakes that a machine has. With one version of the first and without
        // the other, every machine finds the same.
        Step::command(
            "Check the syntax of workflows",
            cmd!(
                sh,
                "{actionlint} -no-color -shellcheck {shellcheck} -pyflakes= {workflows...}"
            ),
        ),
        ZIZMOR.install()?,
        Step::command(
            "Audit the security of workflows",
            cmd!(sh, "{zizmor} --offline --no-progress --persona regular {folder}"),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps;
    use crate::workspace_copy::{copy, inject, refuses};

    #[test]
    fn an_action_without_the_hash_of_a_commit_is_refused() {
        refuses(
            unpinned,
            ".github/workflows/ci.yml",
            "@08c6903cd8c0fde910a37f88322edcfb5dd907a8",
            "@v5",
            "is not pinned",
        );
        refuses(
            unpinned,
            ".github/workflows/ios.yml",
            "docs/device-checks.md",
            "elsewhere",
            "its head must say",
        );
    }

    #[test]
    fn the_audits_find_an_injected_fault() {
        let audit = |paths: &Paths| {
            let sh = Shell::new().unwrap();
            steps::run(audits(&sh, paths).unwrap())
        };
        let (_folder, paths) = copy();
        audit(&paths).unwrap();
        let unsafe_one = (
            "ci.yml",
            "run: cargo xtask ci --yes",
            "run: echo '${{ github.ref_name }}'",
            "zizmor",
        );
        let badly_quoted = (
            "android.yml",
            "rm -f \"$RUNNER_TEMP",
            "rm -f $RUNNER_TEMP",
            "actionlint",
        );
        let wrong_one = (
            "release.yml",
            "needs: [android, ios]",
            "needs: [android, apple]",
            "actionlint",
        );
        for (name, from, to, finder) in [unsafe_one, badly_quoted, wrong_one] {
            let (_folder, paths) = copy();
            inject(&paths, &format!(".github/workflows/{name}"), from, to);
            let message = audit(&paths).unwrap_err().to_string();
            assert!(message.contains(finder), "{name}: {message}");
        }
    }
}
